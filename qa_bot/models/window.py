"""What fits into a model's window."""

from __future__ import annotations

from qa_bot.errors import PromptTooLong


def room_for_answer(name: str, window: int, prompt: int, wanted: int) -> int:
    """Return how many tokens the answer may take: at most ``wanted``, at least one.

    Args:
        name: The model's name, for the message.
        window: The most tokens of prompt and answer together.
        prompt: The tokens of the prompt.
        wanted: The most tokens that the caller wants.

    Raises:
        PromptTooLong: If the prompt leaves no room.
    """
    if prompt >= window:
        raise PromptTooLong(
            f"the prompt takes {prompt:,} tokens, and the model {name!r} reads {window:,} with its "
            "answer; send fewer passages (the setting `passages`) or name a model with a longer window"
        )
    return max(1, min(wanted, window - prompt))
