"""The few sentences that the bot says itself, in the language of the question."""

from __future__ import annotations

from collections.abc import Mapping

from knowledge_base.loaders.language import language_of

PHRASES: Mapping[str, Mapping[str, str]] = {
    "abstention": {
        "en": "This is not in these documents.",
        "zh": "这些文档中没有找到答案。",
    },
    "doubt": {
        "en": "There is no sure answer in these documents.",
        "zh": "这些文档中没有确定的答案。",
    },
    "no_passages": {
        "en": "No passage matches the question.",
        "zh": "没有与问题相符的段落。",
    },
    "no_documents": {
        "en": "There are no documents yet.",
        "zh": "还没有任何文档。",
    },
    "weak_evidence": {
        "en": "The nearest passages do not answer the question.",
        "zh": "最接近的段落没有回答这个问题。",
    },
    "doubtful": {
        "en": "The nearest passages may hold one, but that is not certain enough to say.",
        "zh": "最接近的段落中可能有答案，但把握不够大。",
    },
    "missing_terms": {
        "en": "No passage that was found mentions: {terms}.",
        "zh": "找到的段落都没有提到:{terms}。",
    },
    "model_declined": {
        "en": "The model found no answer in the passages.",
        "zh": "模型在这些段落中没有找到答案。",
    },
    "unsupported": {
        "en": "The model's answer was not supported by the passages.",
        "zh": "模型的回答没有得到这些段落的支持。",
    },
    "model_failed": {
        "en": "The model did not finish, so the passages are quoted instead: {why}",
        "zh": "模型未能完成回答，以下直接引用原文：{why}",
    },
    "yes": {"en": "Yes", "zh": "是"},
    "no": {"en": "No", "zh": "否"},
    "said": {"en": "{word}: {sentence}", "zh": "{word}：{sentence}"},
}
"""Each phrase in each language."""


def phrase(name: str, question: str, **values: str) -> str:
    """Return a phrase in the question's language, Chinese or else English."""
    language = "zh" if language_of(question) == "zh" else "en"
    return PHRASES[name][language].format(**values)


def abstention(question: str, *, doubtful: bool = False) -> str:
    """Return the sentence that says that the documents hold no answer, or none that is sure."""
    return phrase("doubt" if doubtful else "abstention", question)
