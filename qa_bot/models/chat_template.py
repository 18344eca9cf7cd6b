"""Messages into a model's tokens, by its own chat template or a plain one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from qa_bot.errors import GeneratorFailed
from qa_bot.models.thoughts import OPENING
from qa_bot.types import Message

PLAIN = (
    "{% for message in messages %}{{ message['role'] | capitalize }}: {{ message['content'] }}\n\n"
    "{% endfor %}{% if add_generation_prompt %}Assistant:{% endif %}"
)
"""For causal models without a chat template: role and content, a paragraph each."""

BARE = "{{ messages | map(attribute='content') | join('\n\n') }}"
"""For sequence-to-sequence models without one: what they read has no roles."""


class ChatTemplate:
    """Frames messages as a model was trained to read them."""

    def __init__(self, tokenizer: Any, name: str, *, seq2seq: bool = False) -> None:
        """Take the tokenizer's template, or a plain one where it has none."""
        self._tokenizer, self._name = tokenizer, name
        self._own = bool(tokenizer.chat_template)
        self._template = None if self._own else (BARE if seq2seq else PLAIN)
        self._markers = _markers(tokenizer)

    @cached_property
    def opens_thoughts(self) -> bool:
        """Whether the prompt ends inside a block of thoughts, which the answer then only closes."""
        return self._text([{"role": "user", "content": "?"}]).rstrip().endswith(OPENING)

    def tokens(self, messages: Sequence[Message]) -> list[int]:
        """Return the ids of the prompt, up to where the answer begins.

        Markers of the template inside a message are broken by a space: nothing in a document can
        end its message or begin another. A template that knows no system role gets it at the head
        of the first user message.

        Raises:
            GeneratorFailed: If the template refuses the messages.
        """
        from jinja2 import TemplateError

        plain = [{"role": one.role, "content": self._defused(one.content)} for one in messages]
        try:
            return self._framed(plain)
        except TemplateError:
            try:
                return self._framed(_folded(plain))
            except TemplateError as error:
                raise GeneratorFailed(
                    f"the chat template of {self._name!r} refuses the messages ({error}); mend its "
                    "chat_template, or remove it to have a plain one"
                ) from error

    def _framed(self, messages: list[dict[str, str]]) -> list[int]:
        text = self._text(messages)
        # a template of the model's own writes its special tokens itself
        # whether it fits is told elsewhere: the tokenizer need not warn
        found = self._tokenizer(text, add_special_tokens=not self._own, verbose=False)["input_ids"]
        return [int(token) for token in found]

    def _text(self, messages: list[dict[str, str]]) -> str:
        framed = self._tokenizer.apply_chat_template(
            messages,
            chat_template=self._template,
            tokenize=False,
            add_generation_prompt=True,
            enable_thinking=False,  # templates that do not know it pass it over
        )
        return str(framed)

    def _defused(self, text: str) -> str:
        for marker in self._markers:
            if marker in text:
                text = text.replace(marker, f"{marker[0]} {marker[1:]}")
        return text


def _markers(tokenizer: Any) -> tuple[str, ...]:
    """Return the texts that the tokenizer reads as one of its special tokens, longest first."""
    found = set(tokenizer.all_special_tokens)
    found |= {
        str(token.content)
        for token in tokenizer.added_tokens_decoder.values()
        if token.special or token.content.startswith(("<", "["))
    }
    return tuple(sorted((one for one in found if len(one) > 1), key=len, reverse=True))


def _folded(messages: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return user and assistant in turn: system messages before what follows, equals joined."""
    turns: list[dict[str, str]] = []
    for message in messages:
        role = "assistant" if message["role"] == "assistant" else "user"
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += "\n\n" + message["content"]
        else:
            turns.append({"role": role, "content": message["content"]})
    return turns
