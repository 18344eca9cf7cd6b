"""Links and images of an answer: none loads or leads where the cited documents do not.

A document can make a model write a picture whose address carries what was asked to a stranger. So
pictures of other hosts are never left working, and a link only where its host occurs in the cited
documents. What is made harmless stays readable and keeps its length: marks and spans of the text
hold. The page loads nothing in any case; this is for everything else that renders Markdown.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterable
from urllib.parse import unquote

HARMLESS = str.maketrans({"[": "⟦", "]": "⟧", "(": "❨", ")": "❩", "<": "‹", ">": "›", ":": "∶"})
"""What the characters that make a link become; none is folded back by normalisation."""

LONGEST = 2000
"""Characters that one link may take; while streaming, what a link is held back for at the most."""

_HOST = r"(?:[^\s/?#()<>\[\]\"'`|\\^{}]{1,255})"
_SCHEME = r"(?:[a-z][a-z0-9+.-]{1,20}\s*:\s*(?://|\\\\)?|//)"
_URL = re.compile(rf"{_SCHEME}(?:[^\s/@]{{0,64}}@)?(?P<host>{_HOST})", re.IGNORECASE)
_TEXT = r"(?:[^\[\]]|\[[^\[\]]*\]){0,1000}"
_IMAGE = re.compile(rf"!\[{_TEXT}\]\s?(?:\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^\[\]\n]{{0,200}}\])?")
_LINK = re.compile(rf"(?<!!)\[{_TEXT}\]\((?P<target>[^()\n]*(?:\([^()\n]*\)[^()\n]*)*)\)")
_DEFINITION = re.compile(
    r"^[ \t>]{0,6}\[(?![0-9]{1,2}\])[^\[\]\n]{1,200}\]:[ \t]*\n?[ \t]*(?P<target>\S+)", re.M
)
_AUTOLINK = re.compile(r"<(?P<target>[a-z][a-z0-9+.-]{1,30}:[^<>\s]{1,1500})>", re.IGNORECASE)
_BARE = re.compile(
    r"(?:\b(?:https?|ftp|wss?)://|\bwww\.)[^\s<>\"'`\]）】。，、；]{1,1500}", re.IGNORECASE
)
_SCHEMELESS = re.compile(r"(?<=\]\()\s*<?\s*(?P<target>[/\\]{2}[^\s()<>]{1,300})")
"""What is left of a link whose text is longer than any honest one."""

_TAG = re.compile(
    r"</?(?:img|a|iframe|object|embed|link|script|video|audio|source|svg|form|base|meta|style|input|image)"
    r"\b[^<>]{0,1500}>?",
    re.IGNORECASE,
)
_SAFE_TARGET = re.compile(r"#|mailto:|tel:", re.IGNORECASE)
_HOSTED = re.compile(
    r"(?:https?://|www\.|//)(?P<host>[a-z0-9.-]+\.[a-z]{2,24}|[0-9.]{7,15}|localhost)", re.I
)
_NAMED = re.compile(r"\b(?:[a-z0-9-]+\.)+[a-z]{2,24}\b", re.IGNORECASE)


def hosts_in(texts: Iterable[str]) -> frozenset[str]:
    """Return the hosts that texts name, in addresses or alone (``example.org``), in lower case."""
    return frozenset(
        _plain_host(match.group()) for text in texts for match in _NAMED.finditer(text)
    ) | frozenset(_plain_host(match["host"]) for text in texts for match in _HOSTED.finditer(text))


def harmless(text: str, hosts: Collection[str]) -> str:
    """Return a text whose images do not load and whose links lead to these hosts alone.

    The length stays, and so does every character that is not part of such a link. Applying it again
    changes nothing.

    Args:
        text: An answer, as Markdown.
        hosts: As ``hosts_in`` gives them.
    """
    text = _IMAGE.sub(lambda match: _disarmed(match.group()), text)
    text = _TAG.sub(lambda match: _disarmed(match.group()), text)
    for pattern in (_LINK, _DEFINITION, _AUTOLINK):
        text = pattern.sub(
            lambda match: (
                match.group() if _leads_to(match["target"], hosts) else _disarmed(match.group())
            ),
            text,
        )
    text = _BARE.sub(
        lambda match: (
            match.group() if _leads_to(match.group(), hosts) else _unlinked(match.group())
        ),
        text,
    )
    return _SCHEMELESS.sub(
        lambda match: (
            match.group()
            if _leads_to(match["target"], hosts)
            else match.group().replace("/", "⧸").replace("\\", "⧵")
        ),
        text,
    )


def open_end(text: str) -> int:
    """Return where a text ends that may be shown while more comes: before a link that is unfinished."""
    start = max(0, len(text) - LONGEST)
    found = _UNFINISHED.search(text, start)
    return found.start() if found else len(text)


_UNFINISHED = re.compile(
    rf"!?\[{_TEXT}\]?\s?(?:\([^()\n]*(?:\([^()\n]*\)?[^()\n]*)*\)?)?$|!$|<(?:[a-z/][^<>]{{0,1500}}>?)?$|"
    r"(?:\b(?:https?|ftp|wss?):?/{0,2}|\bwww\.)\S*$|\b(?:h|ht|htt|f|ft|w|ws|ww|www)$",
    re.IGNORECASE,
)


def _leads_to(target: str, hosts: Collection[str]) -> bool:
    """Tell whether a link's target stays on the page or on one of these hosts."""
    plain = unquote(html.unescape(target)).strip().strip("<>")
    plain = re.sub(r"[\x00-\x20\\]+", "", plain.split(' "')[0])
    if _SAFE_TARGET.match(plain):
        return True
    if plain.lower().startswith("www."):
        plain = f"//{plain}"
    found = _URL.match(plain)
    if found is None:
        return re.match(r"[a-z][a-z0-9+.-]*:", plain, re.IGNORECASE) is None
    return (
        plain.lower().startswith(("http:", "https:", "//")) and _plain_host(found["host"]) in hosts
    )


def _plain_host(host: str) -> str:
    name = host.lower().rstrip(".,;")
    name = name.partition(":")[0]
    return name.removeprefix("www.")


def _disarmed(text: str) -> str:
    return _unlinked(text.translate(HARMLESS))


def _unlinked(text: str) -> str:
    """Return an address that nothing makes a link of."""
    return re.sub(r"(?i)\b(www)\.", r"\1·", text.replace(":", "∶"))
