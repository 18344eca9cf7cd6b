"""E-books (EPUB): the chapters in reading order."""

from __future__ import annotations

import io
import posixpath
import zipfile
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from lxml import etree

from knowledge_base.errors import EncryptedFile, LoadError
from knowledge_base.loaders.builder import DocumentBuilder
from knowledge_base.loaders.encoding import decode
from knowledge_base.loaders.html import add_html
from knowledge_base.types import Document

# a book must not read other files nor expand entities without end
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=False)


def load_epub(data: bytes, source: str) -> Document:
    """Return an e-book, chapter by chapter.

    Raises:
        LoadError: If it is damaged or protected.
    """
    name = PurePosixPath(source).name
    builder = DocumentBuilder(source, name, "application/epub+zip")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if "META-INF/rights.xml" in archive.namelist():
                raise EncryptedFile(f"{name}: the book is protected (DRM) and cannot be read")
            package_name = _package(archive)
            package = _xml(archive.read(package_name))
            for member in _spine(package, posixpath.dirname(package_name)):
                if member in archive.namelist():
                    add_html(builder, decode(archive.read(member), member, markup=True))
    except (zipfile.BadZipFile, KeyError, etree.LxmlError, RuntimeError, ValueError) as error:
        if isinstance(error, LoadError):
            raise
        raise LoadError(f"{name}: the book is damaged ({error}); download it again") from error
    return builder.build(
        title=_first(package, "title"),
        metadata={
            "author": _first(package, "creator") or "",
            "date": _first(package, "date") or "",
        },
        empty="the book has no text",
    )


def _xml(data: bytes) -> Any:
    root = etree.fromstring(data, _PARSER)
    if root is None:
        raise ValueError("a part of it is not XML")
    return root


def _package(archive: zipfile.ZipFile) -> str:
    container = _xml(archive.read("META-INF/container.xml"))
    for node in container.iter("{*}rootfile"):
        path = node.get("full-path")
        if path:
            return unquote(str(path))
    raise KeyError("no package file is named")


def _spine(package: Any, folder: str) -> list[str]:
    items = {item.get("id"): item.get("href") or "" for item in package.iter("{*}item")}
    order = [items.get(reference.get("idref"), "") for reference in package.iter("{*}itemref")]
    return [posixpath.normpath(posixpath.join(folder, unquote(href))) for href in order if href]


def _first(package: Any, tag: str) -> str | None:
    for node in package.iter(f"{{http://purl.org/dc/elements/1.1/}}{tag}"):
        if node.text and node.text.strip():
            return str(node.text).strip()
    return None
