"""The knowledge base's own sentences, said in the page's language.

The knowledge base speaks English, in a form that suits every face. What is known here is said anew;
any other sentence stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from qa_bot.ui.texts import Texts

_SENTENCES: Mapping[str, str] = {
    # the found of a trace's stages
    r"no indexed document matches this source": "said_missing",
    r"1 document, (?P<passages>\d+) passages": "said_counted_one",
    r"(?P<documents>\d+) documents?, (?P<passages>\d+) passages": "said_counted",
    r"(?P<passing>\d+) of its (?P<total>\d+) passages pass the filter": "said_passes",
    r"(?P<share>\d+%) of the query is unknown to the encoder": "said_unknown",
    r"terms in common: none": "said_common_none",
    r"terms in common: (?P<terms>.+)": "said_common",
    r"in no passage at all: (?P<terms>.+)": "said_nowhere",
    r"dense weight (?P<weight>[\d.]+)": "said_weight",
    r"(?P<shown>\d+) hits shown, (?P<k>\d+) asked for; the first (?P<head>\d+) are put in order by "
    r"the reader": "said_shown",
    # its remedies
    r"ingest it: .+": "said_ingest",
    r"search without the filter, or with another": "said_unfilter",
    r"ask for more: from -k (?P<k>\d+) on it would be among the fused hits": "said_more",
    r"by meaning alone it would be number (?P<rank>\d+): move the weight": "said_alone_dense",
    r"by words alone it would be number (?P<rank>\d+): move the weight": "said_alone_lexical",
    r"the query shares no word with it \(it begins: (?P<_>['\"])(?P<head>.*)(?P=_)\); use its "
    r"words, .+": "said_no_word",
    r"the encoder does not know the query's words; use a multilingual encoder": "said_encoder",
    r"other passages match better; name what only this document says": "said_better",
    # the notes of a retrieval
    r"(?P<share>\d+%) of the question is unknown to the encoder: words count more": (
        "said_words_more"
    ),
    r"the glossary reads (?P<_>['\"])(?P<term>.*)(?P=_) as (?P<names>.+) too": "said_glossary",
    # errors
    r"(since|until) must be a day such as [\d-]+, got (?P<_>['\"])(?P<day>.*)(?P=_)": "said_day",
    r"no document matches (?P<_>['\"])(?P<source>.*)(?P=_); .+": "said_no_document",
    r"(?P<count>\d+) documents match (?P<_>['\"])(?P<source>.*)(?P=_); .+": "said_many_documents",
    r"no passage has the id .+": "said_no_passage",
    r"there is no knowledge base .+": "said_no_base",
}
_PATTERNS = [(re.compile(pattern, re.DOTALL), key) for pattern, key in _SENTENCES.items()]


def spoken(sentence: str, t: Texts) -> str:
    """Return a sentence of the knowledge base in the page's language, as it is where it is unknown.

    It may consist of several, with a semicolon between.
    """
    whole = _said(sentence, t)
    if whole is not None:
        return whole
    parts = [_said(part, t) for part in sentence.split("; ")]
    if any(part is None for part in parts):
        return sentence
    return " · ".join(part for part in parts if part is not None)


def _said(sentence: str, t: Texts) -> str | None:
    for pattern, key in _PATTERNS:
        found = pattern.fullmatch(sentence)
        if found is not None:
            return t(key, **found.groupdict())
    return None
