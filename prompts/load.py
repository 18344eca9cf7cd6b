"""Templates from files: a header that says what they are for and what they take, then their parts.

::

    ---
    purpose: Give a conversation its title.
    variables:
      question: the first question
    ---
    <!-- system -->
    You name conversations.
    <!-- user -->
    {{ question }}

A file is called ``NAME.LANGUAGE.md``. Parts are told apart before anything is put in, so that no
value can begin a part of its own. A folder of the user's own goes before the files shipped here: its
files may leave variables out, but cannot ask for others.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import yaml

from prompts.errors import TemplateInvalid, TemplateNotFound

LANGUAGES = ("en", "zh")
"""The languages of the templates; the first serves where a question is in another."""

ROLES = ("system", "user", "assistant")
"""What a part can be."""

_HEADER = re.compile(r"\A---[ \t]*\n(?P<header>.*?)\n---[ \t]*\n(?P<body>.*)\Z", re.DOTALL)
_PART = re.compile(r"^<!--[ \t]*(?P<role>[a-z]+)[ \t]*-->[ \t]*$", re.MULTILINE)
_FILE = re.compile(r"^(?P<name>[a-z_]+)\.(?P<language>[a-z]{2})\.md$")


@dataclass(frozen=True, slots=True)
class Template:
    """A template before anything is put in.

    ``variables`` says what each is, by its name; ``parts`` are pairs of a role and its Jinja2
    source; ``origin`` is the file.
    """

    name: str
    language: str
    purpose: str
    variables: Mapping[str, str]
    parts: tuple[tuple[str, str], ...]
    origin: str


def names() -> tuple[str, ...]:
    """Return the names of the shipped templates."""
    found = (_FILE.match(file.name) for file in files("prompts").joinpath("templates").iterdir())
    return tuple(sorted({match["name"] for match in found if match}))


def shipped(name: str, language: str) -> Template:
    """Return the template of this name that is shipped.

    Raises:
        TemplateNotFound: If there is none.
    """
    file = files("prompts").joinpath("templates", f"{name}.{language}.md")
    if not file.is_file():
        raise TemplateNotFound(_unknown(f"{name}.{language}.md"))
    return parse(file.read_text(encoding="utf-8"), f"{name}.{language}.md")


def overriding(folder: Path) -> dict[tuple[str, str], Template]:
    """Return a user's own templates by name and language.

    Raises:
        TemplateNotFound: If the folder is not there, or a file is called as no template is.
        TemplateInvalid: If a file cannot be read, or takes what the shipped one does not.
    """
    if not folder.is_dir():
        raise TemplateNotFound(
            f"there is no folder of prompts {folder}; make it or unset `prompts`"
        )
    found = {}
    for file in sorted(folder.glob("*.md")):
        match = _FILE.match(file.name)
        if match is None or match["name"] not in names() or match["language"] not in LANGUAGES:
            raise TemplateNotFound(f"{file}: {_unknown(file.name)}")
        try:
            template = parse(file.read_text(encoding="utf-8"), str(file))
        except (OSError, UnicodeDecodeError) as error:
            raise TemplateInvalid(f"{file} cannot be read as UTF-8: {error}; mend it") from error
        original = shipped(template.name, template.language)
        foreign = sorted(set(template.variables) - set(original.variables))
        if foreign:
            raise TemplateInvalid(
                f"{file} asks for {', '.join(foreign)}, which {template.name} is not given; "
                f"it may use: {', '.join(original.variables)}"
            )
        found[template.name, template.language] = template
    return found


def parse(text: str, origin: str) -> Template:
    """Return the template that a file holds.

    Args:
        text: The whole file.
        origin: The file's name or path, which names the template.

    Raises:
        TemplateInvalid: If the header or the parts are not as they must be.
    """
    match = _HEADER.match(text.replace("\r\n", "\n").lstrip("\ufeff"))
    file = _FILE.match(Path(origin).name)
    if match is None or file is None:
        raise TemplateInvalid(
            f"{origin} must be called NAME.LANGUAGE.md and begin with a header between two lines "
            "of ---; give it one"
        )
    purpose, variables = _header(match["header"], origin)
    marks = list(_PART.finditer(match["body"]))
    unknown = [mark["role"] for mark in marks if mark["role"] not in ROLES]
    if not marks or unknown or match["body"][: marks[0].start()].strip():
        raise TemplateInvalid(
            f"{origin} must have its text under lines such as <!-- system --> or <!-- user -->, "
            f"each one of {', '.join(ROLES)}; found {unknown or 'text before the first'}"
        )
    ends = [*(mark.start() for mark in marks[1:]), len(match["body"])]
    parts = tuple(
        (mark["role"], match["body"][mark.end() : end].strip())
        for mark, end in zip(marks, ends, strict=True)
    )
    return Template(file["name"], file["language"], purpose, variables, parts, origin)


def _header(text: str, origin: str) -> tuple[str, Mapping[str, str]]:
    try:
        header = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise TemplateInvalid(f"the header of {origin} is not YAML: {error}; mend it") from error
    if not isinstance(header, dict) or set(header) != {"purpose", "variables"}:
        found = sorted(map(str, header)) if isinstance(header, dict) else header
        raise TemplateInvalid(
            f"the header of {origin} must have purpose and variables, found {found!r}; mend it"
        )
    variables = header["variables"] or {}
    if not isinstance(variables, dict):
        raise TemplateInvalid(
            f"variables of {origin} must say what each is, NAME: WORDS, found {variables!r}"
        )
    return str(header["purpose"]), {str(key): str(value) for key, value in variables.items()}


def _unknown(name: str) -> str:
    known = [f"{name}.{language}.md" for name in names() for language in LANGUAGES]
    near = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
    return f"there is no template {name!r}; {hint}"
