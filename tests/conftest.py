"""What every test can ask for: a clean environment, small documents, a real encoder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from knowledge_base.encoders.bundled import bundled_encoder
from knowledge_base.encoders.hashing import HashingEncoder
from knowledge_base.encoders.transformer import TransformerEncoder
from knowledge_base.home import Home
from knowledge_base.knowledge_base import KnowledgeBase

SHARED_DATA = Path(
    os.environ.get("QA_BOT_SHARED_DATA") or Path(__file__).parents[1].parent / "shared" / "data"
)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take away settings of the machine; models stay in the cache that is there."""
    for name in list(os.environ):
        if name.startswith("QA_BOT_") and name not in ("QA_BOT_CACHE", "QA_BOT_SHARED_DATA"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("QA_BOT_HOME", str(tmp_path / "default-home"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of shared data; tests that need it skip where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the folder of shared data is not here (set QA_BOT_SHARED_DATA)")
    return SHARED_DATA


@pytest.fixture(scope="session")
def minilm() -> TransformerEncoder:
    """Return the bundled encoder, opened once."""
    return bundled_encoder()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """Return an owned home folder."""
    opened = Home(tmp_path / "home")
    yield opened
    opened.close()


@pytest.fixture
def base(home: Home) -> Iterator[KnowledgeBase]:
    """Return an empty knowledge base over the hashing encoder: real stores, no model."""
    encoder = HashingEncoder()
    opened = KnowledgeBase(home, home.create("test", encoder), encoder)
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of three small documents."""
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "returns.md").write_text(
        "# Returns\n\nGoods may be returned within 30 days.\n\n"
        "## Refunds\n\nThe refund is paid within five days. A fee of 4 EUR is deducted.\n"
    )
    (documents / "delivery.txt").write_text(
        "Delivery takes two days.\n\nExpress delivery costs 9 EUR and takes one day.\n"
    )
    (documents / "hours.html").write_text(
        "<html><body><nav>Home Help</nav><main><h1>Opening hours</h1>"
        "<p>The shop is open from nine to five.</p></main></body></html>"
    )
    return documents
