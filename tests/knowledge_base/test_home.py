"""One process owns a home folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge_base.encoders.hashing import HashingEncoder
from knowledge_base.errors import HomeLocked, InvalidName, KnowledgeBaseNotFound
from knowledge_base.home import Home, safe_folder


def test_a_second_owner_is_refused_with_the_first_ones_pid(home: Home) -> None:
    """One clear line names the owner and the remedy."""
    import os

    with pytest.raises(HomeLocked, match=rf"process {os.getpid()}.*--home"):
        Home(home.path)


def test_a_reader_needs_no_lock(home: Home) -> None:
    """Lists can be read beside the owner."""
    home.create("kb", HashingEncoder())
    reader = Home(home.path, exclusive=False)
    assert [info.name for info in reader.bases()] == ["kb"]
    assert "process" in (reader.owner() or "")
    reader.close()


def test_a_closed_home_can_be_owned_again(tmp_path: Path) -> None:
    """The lock goes with its owner."""
    Home(tmp_path).close()
    again = Home(tmp_path)
    assert again.owner() is not None
    again.close()


@pytest.mark.parametrize("name", ["", "  ", "a" * 101, "a\nb", "a\x1fb"])
def test_impossible_names_are_refused(home: Home, name: str) -> None:
    """The message says what is allowed."""
    with pytest.raises(InvalidName, match="printable"):
        home.create(name, HashingEncoder())


def test_an_unknown_base_names_the_known_ones(home: Home) -> None:
    """And how to make one."""
    home.create("support", HashingEncoder())
    with pytest.raises(KnowledgeBaseNotFound, match=r"there: support.*qa-bot ingest"):
        home.base("sales")


def test_folders_are_safe_and_differ() -> None:
    """Names of any language become names that every file system and Chroma take."""
    made = {safe_folder(name) for name in ("售后", "客服", "Sales", "sales", "a/b", "a b")}
    assert len(made) == 6
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for name in made)
