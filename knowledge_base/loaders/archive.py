"""What is allowed inside a zip: bounded sizes, names that stay inside."""

from __future__ import annotations

import stat
import zipfile
from pathlib import PurePosixPath

from knowledge_base.errors import EncryptedFile, FileTooLarge, LoadError, UnsafeArchive

MOST_MEMBERS = 50_000
"""Members of one archive."""

MOST_BYTES = 4_000_000_000
"""Bytes that one archive may unpack to."""

MOST_CONTAINER_BYTES = 1_000_000_000
"""Bytes that one office file may unpack to."""

HIGHEST_RATIO = 300
"""Unpacked bytes for each packed one, above 10 MB."""

SMALL = 10_000_000
"""Bytes up to which any ratio is harmless."""


def check_container(archive: zipfile.ZipFile, name: str) -> None:
    """Raise unless an office file unpacks to a sensible size.

    Raises:
        UnsafeArchive: If it would unpack to too much.
        EncryptedFile: If a member needs a password.
    """
    infos = archive.infolist()
    total = sum(info.file_size for info in infos)
    packed = max(1, sum(info.compress_size for info in infos))
    if total > MOST_CONTAINER_BYTES or (total > SMALL and total / packed > HIGHEST_RATIO):
        raise UnsafeArchive(
            f"{name}: it would unpack to {total / 1e6:,.0f} MB, {total / packed:,.0f} times its "
            "size, and looks like a zip bomb; check where it comes from"
        )
    if any(info.flag_bits & 1 for info in infos):
        raise EncryptedFile(f"{name}: the file is protected by a password; save it without one")


def check_archive(archive: zipfile.ZipFile, name: str) -> None:
    """Raise unless a zip archive has a sensible number of members and size.

    Raises:
        UnsafeArchive: If it has too many members, or would unpack to too much.
    """
    infos = archive.infolist()
    total = sum(info.file_size for info in infos)
    if len(infos) > MOST_MEMBERS:
        raise UnsafeArchive(
            f"{name}: the archive has {len(infos):,} members; the most is {MOST_MEMBERS:,}, split it"
        )
    if total > MOST_BYTES:
        raise UnsafeArchive(
            f"{name}: the archive would unpack to {total / 1e9:,.1f} GB; "
            f"the most is {MOST_BYTES / 1e9:,.0f} GB, split it"
        )


def check_member(info: zipfile.ZipInfo, name: str, max_bytes: float) -> None:
    """Raise unless a member may be read.

    Raises:
        UnsafeArchive: If its name points outside, it is a link, or it expands out of proportion.
        EncryptedFile: If it needs a password.
        FileTooLarge: If it is over the limit.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise UnsafeArchive(f"{name}: the name points outside the archive; it was not read")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise UnsafeArchive(f"{name}: the member is a link; it was not followed")
    if info.flag_bits & 1:
        raise EncryptedFile(f"{name}: the member is protected by a password; pack it without one")
    check_size(info.file_size, name, max_bytes)
    if info.file_size > SMALL and info.file_size / max(1, info.compress_size) > HIGHEST_RATIO:
        raise UnsafeArchive(
            f"{name}: it would unpack to {info.file_size / 1e6:,.0f} MB from "
            f"{info.compress_size / 1e3:,.0f} kB and looks like a zip bomb; it was not read"
        )


def check_size(size: int, name: str, max_bytes: float) -> None:
    """Raise if a file is over the limit.

    Raises:
        FileTooLarge: Names its size and the limit.
    """
    if size > max_bytes:
        raise FileTooLarge(
            f"{name}: {size / 1e6:,.1f} MB is over the limit of {max_bytes / 1e6:,.0f} MB; "
            "raise --max-file-mb or split the file"
        )


def read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> bytes:
    """Return a member's bytes, never more than its header says.

    Raises:
        LoadError: If it is damaged.
        UnsafeArchive: If it holds more than its header says.
    """
    try:
        with archive.open(info) as member:
            data = member.read(info.file_size + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise LoadError(
            f"{name}: the member cannot be unpacked ({error}); pack it again"
        ) from error
    except ValueError as error:
        raise LoadError(f"{name}: the member is damaged ({error}); pack it again") from error
    if len(data) > info.file_size:
        raise UnsafeArchive(f"{name}: it holds more than the archive says; it was not read")
    return data
