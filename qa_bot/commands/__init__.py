"""The commands of ``qa-bot``, one module a family."""

BEFORE = "qa_bot.before"
"""Where click keeps the options that stood before a command's name."""
