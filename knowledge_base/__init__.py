"""Files in, ranked passages out. This package knows nothing of chat, prompts or answers."""
