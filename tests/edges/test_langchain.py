"""What LangChain's own suites ask of a retriever and of embeddings, and the bot as a runnable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.embeddings import Embeddings
from langchain_tests.integration_tests import RetrieversIntegrationTests
from langchain_tests.integration_tests.embeddings import EmbeddingsIntegrationTests

from knowledge_base.encoders.hashing import HashingEncoder
from knowledge_base.home import Home
from knowledge_base.knowledge_base import KnowledgeBase
from knowledge_base.langchain import LangChainEmbeddings, LangChainRetriever
from qa_bot.bootstrap import open_app
from qa_bot.config import Config
from qa_bot.langchain import as_runnable


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    home = Home(tmp_path_factory.mktemp("home"))
    encoder = HashingEncoder()
    base = KnowledgeBase(home, home.create("kb", encoder), encoder)
    folder = tmp_path_factory.mktemp("documents")
    for number in range(6):
        (folder / f"{number}.md").write_text(
            f"# Part {number}\n\nAn example query, number {number}."
        )
    base.sync([folder])
    TestRetriever.base = base
    yield base
    base.close()
    home.close()


@pytest.mark.usefixtures("filled")
class TestRetriever(RetrieversIntegrationTests):
    """LangChain's suite for retrievers."""

    base: KnowledgeBase

    @property
    def retriever_constructor(self) -> type[LangChainRetriever]:
        return LangChainRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, object]:
        return {"retriever": self.base}

    @property
    def retriever_query_example(self) -> str:
        return "example query"


class HashingEmbeddings(LangChainEmbeddings):
    """Without arguments, as the suite makes them."""

    def __init__(self) -> None:
        super().__init__(HashingEncoder())


class TestEmbeddings(EmbeddingsIntegrationTests):
    """LangChain's suite for embeddings."""

    @property
    def embeddings_class(self) -> type[Embeddings]:
        return HashingEmbeddings


def test_a_retrieved_document_carries_its_place_and_score(filled: KnowledgeBase) -> None:
    """In the metadata, where LangChain looks."""
    document = LangChainRetriever(retriever=filled, k=1).invoke("number 3")[0]
    passage = filled.passage(str(document.id))
    assert document.page_content == passage.text
    assert document.metadata["source"] == passage.source
    assert document.metadata["score"] is not None


def test_the_bot_is_a_runnable(folder: Path, tmp_path: Path) -> None:
    """From a question to the answer's JSON."""
    app = open_app(Config(home=str(tmp_path / "home"), reader="similarity", encoder="hashing"))
    app.bot().knowledge_base.sync([folder])
    answer = as_runnable(app.bot()).invoke("How long may goods be returned?")
    app.close()
    assert answer["question"] == "How long may goods be returned?"
    assert answer["passages"]
