"""From paths to files: folders walked, archives opened, each problem named and none raised."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from knowledge_base.errors import LoadError
from knowledge_base.loaders.archive import check_archive, check_member, check_size, read_member
from knowledge_base.loaders.detect import SUPPORTED
from knowledge_base.types import Failure

DEEPEST = 3
"""How deep archives may stand in archives."""

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file to be read: ``source`` names the document, ``name`` is the file's own name."""

    source: str
    name: str
    size: int
    mtime_ns: int
    read: Callable[[], bytes]


def expand(path: Path, *, max_file_mb: float = 100.0) -> Iterator[SourceFile | Failure]:
    """Give the files of a path: itself, a folder's, or a zip archive's, in a stable order.

    In folders and archives hidden files and those of unknown kinds are passed over; a file that is
    named itself is always given.

    Args:
        path: A file, a folder or a zip archive.
        max_file_mb: Larger files become failures; in units of 1,000,000 bytes.
    """
    path = path.expanduser().absolute()
    limit = max_file_mb * MEGABYTE
    if path.is_dir():
        for file in _walked(path):
            yield from _file(file, limit)
    elif path.is_file():
        yield from _file(path, limit)
    else:
        yield Failure(path.as_posix(), "there is no such file or folder; check the path")


def _walked(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if _wanted(name):
                yield Path(root) / name


def _wanted(name: str) -> bool:
    hidden = name.startswith((".", "~$")) or name == "Thumbs.db"
    return not hidden and (_suffix(name) in SUPPORTED or _suffix(name) == ".zip")


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _file(path: Path, limit: float) -> Iterator[SourceFile | Failure]:
    source = path.as_posix()
    try:
        facts = path.stat()
        if _suffix(path.name) == ".zip":
            yield from _zip_file(path, source, facts.st_mtime_ns, limit)
            return
        check_size(facts.st_size, path.name, limit)
    except LoadError as error:
        yield Failure(source, str(error))
        return
    except OSError as error:
        yield Failure(source, f"the file cannot be read: {error.strerror}; check its permissions")
        return
    yield SourceFile(source, path.name, facts.st_size, facts.st_mtime_ns, path.read_bytes)


def _zip_file(
    path: Path, source: str, mtime_ns: int, limit: float
) -> Iterator[SourceFile | Failure]:
    def reopened(info: zipfile.ZipInfo, name: str) -> Callable[[], bytes]:
        def read() -> bytes:
            with zipfile.ZipFile(path) as archive:
                return read_member(archive, info, name)

        return read

    try:
        with zipfile.ZipFile(path) as archive:
            yield from _members(archive, source, mtime_ns, limit, 1, reopened)
    except zipfile.BadZipFile as error:
        yield Failure(source, f"{path.name}: the archive is damaged ({error}); pack it again")


def _members(
    archive: zipfile.ZipFile,
    source: str,
    mtime_ns: int,
    limit: float,
    depth: int,
    reader: Callable[[zipfile.ZipInfo, str], Callable[[], bytes]],
) -> Iterator[SourceFile | Failure]:
    try:
        check_archive(archive, PurePosixPath(source).name)
    except LoadError as error:
        yield Failure(source, str(error))
        return
    seen: set[str] = set()
    for info in sorted(archive.infolist(), key=lambda info: info.filename):
        name = _member_name(info)
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if info.is_dir() or not parts or "__MACOSX" in parts or name in seen:
            continue
        seen.add(name)
        inside = f"{source}/{name}"
        try:
            # a name that points outside is told even where its kind would be passed over
            check_member(info, name, limit)
        except LoadError as error:
            yield Failure(inside, str(error))
            continue
        if not _wanted(parts[-1]):
            continue
        if _suffix(parts[-1]) == ".zip":
            yield from _nested(reader(info, name), inside, mtime_ns, limit, depth)
        else:
            # the checksum stands in for a time: a member that changed is noticed by it
            yield SourceFile(inside, parts[-1], info.file_size, info.CRC, reader(info, name))


def _nested(
    read: Callable[[], bytes], source: str, mtime_ns: int, limit: float, depth: int
) -> Iterator[SourceFile | Failure]:
    name = PurePosixPath(source).name
    if depth >= DEEPEST:
        yield Failure(source, f"{name}: archives are nested more than {DEEPEST} deep; unpack them")
        return
    try:
        data = read()
        with zipfile.ZipFile(io.BytesIO(data)) as archive:

            def reopened(info: zipfile.ZipInfo, member: str) -> Callable[[], bytes]:
                def again() -> bytes:
                    with zipfile.ZipFile(io.BytesIO(read())) as inner:
                        return read_member(inner, info, member)

                return again

            yield from _members(archive, source, mtime_ns, limit, depth + 1, reopened)
    except zipfile.BadZipFile as error:
        yield Failure(source, f"{name}: the archive is damaged ({error}); pack it again")
    except LoadError as error:
        yield Failure(source, str(error))


def _member_name(info: zipfile.ZipInfo) -> str:
    """Return a member's name; old archives write Chinese names in GBK without saying so."""
    if info.flag_bits & 0x800 or info.filename.isascii():
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename
