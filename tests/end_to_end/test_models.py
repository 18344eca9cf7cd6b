"""``qa-bot models`` lists what can be named, without loading any of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from qa_bot.bootstrap import open_app
from qa_bot.cli import group
from qa_bot.config import Config
from qa_bot.evaluation.model_trial import SAMPLE


def test_the_bundled_encoder_is_listed_with_its_facts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Window in tokens, width, metric, licence, size; readers by name."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "none"))
    done = CliRunner().invoke(group, ["models", "--json"])
    found = json.loads(done.stdout)
    first = found["encoders"][0]
    assert (first["name"], first["window"], first["dimension"]) == ("minilm", 256, 384)
    assert (first["metric"], first["licence"]) == ("cosine", "Apache-2.0")
    assert first["size"] > 80_000_000
    assert "trained" in found["readers"]
    assert "minilm" in CliRunner().invoke(group, ["models"]).output


@pytest.mark.slow
def test_a_model_is_tried_on_three_questions(tmp_path: Path) -> None:
    """The echo says the passages again: supported, not cited; the report says both."""
    done = CliRunner().invoke(group, ["models", "test", "echo", "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["model"], found["window"]) == ("echo", 4096)
    assert [one["outcome"] for one in found["questions"]] == ["answered"] * 3
    for one in found["questions"]:
        assert 0 < one["supported"] <= one["sentences"]
        assert (one["cited"], one["in_form"]) == (0, False)
        assert one["prompt_tokens"] > 100
        assert one["tokens_per_second"] > 0
    assert not (tmp_path / "default-home").exists()


def test_what_a_model_is_tried_on_is_the_sample_bases_own() -> None:
    """Copies that ship with the package."""
    examples = Path(__file__).parents[2] / "examples" / "support"
    copies = list(SAMPLE.iterdir())
    assert len(copies) == 3
    for copy in copies:
        assert copy.read_bytes() == (examples / copy.name).read_bytes()


@pytest.mark.slow
def test_a_server_that_is_not_there_is_a_failure_in_part() -> None:
    """The passages were quoted; the report says why."""
    done = CliRunner().invoke(
        group, ["models", "test", "any", "--base-url", "http://127.0.0.1:9/v1", "--json"]
    )
    assert done.exit_code == 1
    for one in json.loads(done.stdout)["questions"]:
        assert one["outcome"] == "failed"
        assert "Connection refused" in one["error"]
        assert "[1]" in one["answer"]


def test_a_server_alone_stands_for_its_first_model(tmp_path: Path) -> None:
    """It has a name in the list of models, and the bot is the settings' own."""
    app = open_app(Config(home=str(tmp_path / "home"), base_url="http://127.0.0.1:9/v1"))
    try:
        assert app.models() == ["http://127.0.0.1:9/v1", "quote"]
        assert app.bot() is app.bot(model="http://127.0.0.1:9/v1")
        assert app.generator is not None
        assert app.generator.name == "the first model at http://127.0.0.1:9/v1"
    finally:
        app.close()
