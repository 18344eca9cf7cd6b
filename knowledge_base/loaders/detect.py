"""Which loader reads a file: by its content where that is certain, by its name otherwise."""

from __future__ import annotations

import importlib
import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import cast

from knowledge_base.errors import EmptyDocument, EncryptedFile, LoadError, UnsupportedFile
from knowledge_base.loaders.archive import check_container
from knowledge_base.protocols import Loader
from knowledge_base.types import Document

SUFFIXES: Mapping[str, str] = {
    **dict.fromkeys((".txt", ".text", ".log"), "text"),
    **dict.fromkeys((".md", ".markdown", ".mdown", ".mkd"), "markdown"),
    **dict.fromkeys((".html", ".htm", ".xhtml"), "html"),
    ".pdf": "pdf",
    **dict.fromkeys((".docx", ".docm"), "docx"),
    **dict.fromkeys((".pptx", ".pptm"), "pptx"),
    **dict.fromkeys((".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), "sheets"),
    **dict.fromkeys((".csv", ".tsv"), "delimited"),
    **dict.fromkeys((".json", ".jsonl", ".ndjson"), "records"),
    ".epub": "epub",
    ".eml": "mail",
    **dict.fromkeys((".rst", ".rest"), "rst"),
}
"""The family of formats that a file's ending names."""

LOADERS: Mapping[str, str] = {
    "text": "knowledge_base.loaders.text:load_text",
    "markdown": "knowledge_base.loaders.markdown:load_markdown",
    "html": "knowledge_base.loaders.html:load_html",
    "pdf": "knowledge_base.loaders.pdf:load_pdf",
    "docx": "knowledge_base.loaders.word:load_docx",
    "pptx": "knowledge_base.loaders.slides:load_pptx",
    "sheets": "knowledge_base.loaders.sheets:load_sheets",
    "delimited": "knowledge_base.loaders.delimited:load_delimited",
    "records": "knowledge_base.loaders.records:load_records",
    "epub": "knowledge_base.loaders.epub:load_epub",
    "mail": "knowledge_base.loaders.mail:load_mail",
    "rst": "knowledge_base.loaders.rst:load_rst",
}
"""Where each family is read."""

SUPPORTED = frozenset(SUFFIXES)
"""The endings of files that can be read, archives apart."""

REMEDIES: Mapping[str, str] = {
    ".doc": "save it as .docx",
    ".rtf": "save it as .docx",
    ".odt": "save it as .docx",
    ".ppt": "save it as .pptx",
    ".odp": "save it as .pptx",
    ".msg": "save it as .eml",
    ".mobi": "convert it to .epub",
}

_BINARY = (
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"BM", "an image"),
    (b"II*\0", "an image"),
    (b"MM\0*", "an image"),
    (b"RIFF", "a media file"),
    (b"ID3", "a sound file"),
    (b"OggS", "a media file"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"\x1f\x8b", "a gzip file"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HTML = re.compile(
    rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html[\s>])", re.I | re.S
)


def load_bytes(data: bytes, name: str, source: str) -> Document:
    """Return the document that a file's bytes hold.

    Args:
        data: The whole file.
        name: The file's name; its ending says what it claims to be.
        source: The document's source.

    Raises:
        LoadError: If it cannot be read; the message is one sentence for the user.
    """
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise EmptyDocument(f"{name}: the file is empty; there is nothing to index")
    family = _family(data, name)
    module, _, function = LOADERS[family].partition(":")
    loader = cast(Loader, getattr(importlib.import_module(module), function))
    try:
        return loader(data, source)
    except RecursionError as error:
        raise LoadError(f"{name}: the file is nested too deeply to be read; simplify it") from error


def _family(data: bytes, name: str) -> str:
    suffix = PurePosixPath(name).suffix.lower()
    claimed = SUFFIXES.get(suffix)
    found = _by_content(data, name)
    if found is not None:
        return found
    if claimed is None:
        remedy = REMEDIES.get(suffix, "convert it to PDF, DOCX, HTML, Markdown or plain text")
        raise UnsupportedFile(
            f"{name}: no loader reads {suffix or 'a file without an ending'}; {remedy}"
        )
    if claimed in ("pdf", "docx", "pptx", "epub") or (claimed == "sheets" and suffix != ".xls"):
        raise LoadError(
            f"{name}: the content is not that of a {suffix} file; "
            "it may be damaged or mislabelled, save it again"
        )
    if claimed == "text" and _HTML.match(data[:2000]):
        return "html"
    return claimed


def _by_content(data: bytes, name: str) -> str | None:
    """Return the family that the first bytes tell for certain, or None."""
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if data.startswith(b"PK\x03\x04"):
        return _zip_family(data, name)
    if data.startswith(_OLE):
        return _ole_family(data, name)
    if data.startswith(b"{\\rtf"):
        raise UnsupportedFile(f"{name}: this is a rich text file (RTF); save it as .docx")
    for magic, kind in _BINARY:
        if data.startswith(magic) and (b"\0" in data[:1024] or magic[0] > 127):
            raise UnsupportedFile(f"{name}: this is {kind}; only files with text can be indexed")
    return None


def _zip_family(data: bytes, name: str) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            check_container(archive, name)
            names = set(archive.namelist())
            kind = (
                archive.read("mimetype")[:80].decode("ascii", "replace")
                if "mimetype" in names
                else ""
            )
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, ValueError, OSError) as error:
        raise LoadError(
            f"{name}: the file is damaged ({error}); save or download it again"
        ) from error
    if "word/document.xml" in names:
        return "docx"
    if "ppt/presentation.xml" in names:
        return "pptx"
    if names & {"xl/workbook.xml", "xl/workbook.bin"} or "opendocument.spreadsheet" in kind:
        return "sheets"
    if "epub" in kind or "META-INF/container.xml" in names:
        return "epub"
    raise UnsupportedFile(f"{name}: a package of an unknown kind; save it as .docx, .xlsx or .pdf")


def _ole_family(data: bytes, name: str) -> str:
    def has(stream: str) -> bool:
        return stream.encode("utf-16-le") in data

    if has("EncryptedPackage"):
        raise EncryptedFile(f"{name}: the file is protected by a password; save it without one")
    if not has("WordDocument") and (has("Workbook\0") or has("Book\0")):
        return "sheets"
    raise UnsupportedFile(
        f"{name}: this is an old binary office file; save it as .docx, .pptx or .eml"
    )
