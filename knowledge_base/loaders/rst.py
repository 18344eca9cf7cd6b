"""reStructuredText, by way of the HTML that docutils makes of it."""

from __future__ import annotations

from pathlib import PurePosixPath

from docutils.core import publish_parts
from docutils.utils import SystemMessage

from knowledge_base.errors import LoadError
from knowledge_base.loaders.builder import DocumentBuilder
from knowledge_base.loaders.encoding import decode
from knowledge_base.loaders.html import add_html
from knowledge_base.types import Document

_SETTINGS = {
    "file_insertion_enabled": False,  # a document must not read other files
    "raw_enabled": False,
    "report_level": 5,
    "halt_level": 5,
    "syntax_highlight": "none",
    "embed_stylesheet": False,
    "stylesheet_path": None,
    "doctitle_xform": True,
    "initial_header_level": 2,
    "math_output": "LaTeX",
}

# docutils lets what its transforms stumble over through as it is
_PARSE_ERRORS = (
    SystemMessage,
    ValueError,
    AttributeError,
    IndexError,
    KeyError,
    TypeError,
    AssertionError,
)


def load_rst(data: bytes, source: str) -> Document:
    """Return a reStructuredText as a document.

    Raises:
        LoadError: If docutils cannot make sense of it.
    """
    name = PurePosixPath(source).name
    text = decode(data, name)
    try:
        parts = publish_parts(text, writer="html5", settings_overrides=_SETTINGS)
    except _PARSE_ERRORS as error:
        raise LoadError(f"{name}: not valid reStructuredText ({error}); mend it") from error
    builder = DocumentBuilder(source, name, "text/x-rst")
    add_html(builder, f"<body>{parts['html_title']}{parts['html_subtitle']}{parts['body']}</body>")
    return builder.build(title=parts["title"] or None, empty="the file has no visible text")
