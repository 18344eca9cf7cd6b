"""The bot as LangChain sees it: a runnable from a question to an answer."""

from __future__ import annotations

from typing import Any

from langchain_core.runnables import Runnable, RunnableLambda

from qa_bot.bot import QABot
from qa_bot.faces import answer_json


def as_runnable(bot: QABot) -> Runnable[str | dict[str, Any], dict[str, Any]]:
    """Return a runnable over a bot.

    It takes a question, or ``{"question": ..., "conversation_id": ...}``, and gives the answer in
    the form of ``ask --json``.
    """

    def ask(given: str | dict[str, Any]) -> dict[str, Any]:
        asked = {"question": given} if isinstance(given, str) else given
        answer = bot.ask(asked["question"], conversation_id=asked.get("conversation_id"))
        return answer_json(answer)

    return RunnableLambda(ask, name="qa-bot")
