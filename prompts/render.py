"""Templates with their values put in: the messages that a model is sent.

Jinja2 in its sandbox: a template can neither call into the program nor change what it is given, and
a variable that is not there is an error. Values are data: they are put into parts that are already
told apart, and whatever a template puts in, asked for or not, has its markers taken out: tags of
frames (``<passage ...>``), those of chat templates, roles, calls of tools (see ``escaping``).
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, meta
from jinja2 import Template as Compiled
from jinja2.sandbox import ImmutableSandboxedEnvironment

from prompts.errors import TemplateInvalid, WrongVariables
from prompts.escaping import neutralised
from prompts.load import LANGUAGES, Template, overriding, shipped


@dataclass(frozen=True, slots=True)
class Part:
    """One rendered part; ``role`` is ``system``, ``user`` or ``assistant``."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class _Ready:
    """A template with its parts compiled; ``takes`` are the variables that must be given."""

    template: Template
    parts: tuple[tuple[str, Compiled], ...]
    takes: frozenset[str]


class Prompts:
    """Renders templates, a user's own before the shipped ones. Safe to use from many threads."""

    def __init__(self, folder: Path | None = None) -> None:
        """Read and check a user's own templates.

        Args:
            folder: Where they are; None for the shipped ones alone.

        Raises:
            TemplateNotFound: If the folder is not there, or a file is called as no template is.
            TemplateInvalid: If one of them is not as it must be.
        """
        self._environment = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            autoescape=False,
            finalize=framed,
        )
        self._environment.filters["data"] = framed
        self._environment.filters["attribute"] = attribute
        self._lock = threading.Lock()
        self._ready: dict[tuple[str, str], _Ready] = {}
        for key, template in ({} if folder is None else overriding(folder)).items():
            takes = shipped(template.name, template.language).variables
            self._ready[key] = self._compiled(template, frozenset(takes))

    def render(self, name: str, language: str, **values: object) -> tuple[Part, ...]:
        """Return the parts of a template with its values put in.

        Args:
            name: The template.
            language: ``en`` or ``zh``; any other reads English.
            values: What the header of the shipped template lists, all of it.

        Raises:
            TemplateNotFound: If there is no template of this name.
            WrongVariables: If a variable is missing or unknown.
            TemplateInvalid: If a value does not have what the template asks of it.
        """
        ready = self._of(name, language if language in LANGUAGES else LANGUAGES[0])
        missing = sorted(ready.takes - set(values))
        unknown = sorted(set(values) - ready.takes)
        if missing or unknown:
            wrong = [f"without {', '.join(missing)}"] if missing else []
            wrong += [f"with {', '.join(unknown)}, which it does not take"] if unknown else []
            raise WrongVariables(
                f"the template {name} was given its values {' and '.join(wrong)}; "
                f"it takes: {', '.join(sorted(ready.takes))}"
            )
        try:
            return tuple(Part(role, part.render(values).strip()) for role, part in ready.parts)
        except TemplateError as error:
            raise TemplateInvalid(
                f"{ready.template.origin} cannot be filled in: {error.message}; mend it"
            ) from error

    def _of(self, name: str, language: str) -> _Ready:
        with self._lock:
            if (name, language) not in self._ready:
                template = shipped(name, language)
                takes = frozenset(template.variables)
                self._ready[name, language] = self._compiled(template, takes)
            return self._ready[name, language]

    def _compiled(self, template: Template, takes: frozenset[str]) -> _Ready:
        parts = []
        for role, source in template.parts:
            try:
                used = meta.find_undeclared_variables(self._environment.parse(source))
                parts.append((role, self._environment.from_string(source)))
            except TemplateSyntaxError as error:
                raise TemplateInvalid(
                    f"{template.origin}, {role}, line {error.lineno}: {error.message}; mend it"
                ) from error
            undeclared = sorted(used - set(template.variables))
            if undeclared:
                raise TemplateInvalid(
                    f"{template.origin} uses {', '.join(undeclared)}, which its header does not "
                    f"list; it lists: {', '.join(template.variables) or 'nothing'}"
                )
        return _Ready(template, tuple(parts), takes)


def framed(text: object) -> str:
    """Return a text for the inside of a frame: nothing in it ends the frame or speaks as another."""
    return _neutralised(str(text))


def attribute(text: object) -> str:
    """Return a text for an attribute of a frame's tag: one line, without quotes and brackets."""
    return re.sub(r"[\"<>]", "'", " ".join(_neutralised(str(text)).split()))


@lru_cache(maxsize=2048)  # the same passages are tried in a prompt again and again, until it fits
def _neutralised(text: str) -> str:
    return neutralised(text)
