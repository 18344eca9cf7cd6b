"""The models that the settings name."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge_base.errors import UnknownComponent
from qa_bot.bootstrap import open_app
from qa_bot.config import Config
from qa_bot.named_models import QUOTING, NamedModels


def test_without_a_model_there_is_nothing_to_choose() -> None:
    """Other models alone are none: they stand beside the settings' own."""
    assert NamedModels(Config(other_models="echo")).names() == []
    assert NamedModels(Config()).own is None


def test_the_settings_own_model_comes_first_and_quoting_last() -> None:
    """Each once; a server alone stands for its first model."""
    named = NamedModels(Config(model="echo", other_models="echo, b@http://127.0.0.1:9/v1"))
    assert named.names() == ["echo", "b@http://127.0.0.1:9/v1", QUOTING]
    assert NamedModels(Config(base_url="http://127.0.0.1:9/v1")).names()[0].startswith("http")


def test_a_model_is_the_same_for_every_base() -> None:
    """And is looked after once; one that cannot be is refused by name."""
    named = NamedModels(Config(model="echo"))
    assert named.get("echo") is named.get("echo")
    assert named.health() == []
    with pytest.raises(UnknownComponent):
        named.get("no such model")


def test_every_base_is_read_by_one_reader(tmp_path: Path) -> None:
    """Its network is in memory once."""
    app = open_app(Config(home=str(tmp_path), reader="similarity"))
    app.create("other")
    assert app.bot().reader is app.bot("other").reader
    app.close()
