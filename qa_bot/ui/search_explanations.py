"""Why a passage stands where it stands, as HTML: its stages, the sum, its terms, its tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from urllib.parse import urlencode

from knowledge_base.types import Explanation, Remark, ScoredPassage, TokenShare
from qa_bot.ui.texts import Texts

MOST_TERMS = 12
"""Terms of a hit that are shown; the rest add little."""

FAINT = 0.04
"""A token with less than this share of the largest is not shaded."""


def why_html(hit: ScoredPassage, number: int, query: str, kb: str, t: Texts) -> str:
    """Return the whole explanation of a hit; the shading of its tokens is fetched when it is opened.

    Args:
        hit: With its explanation.
        number: Its place among the hits, from 1.
        query: What was searched for.
        kb: The knowledge base.
        t: The reader's texts.
    """
    shading = escape(f"search/shading?{urlencode({'kb': kb, 'id': hit.passage.id, 'q': query})}")
    return (
        '<div class="why-columns">'
        f"<section><h4>{escape(t('why_stages'))}</h4>{_stages_html(hit, number, t)}</section>"
        f"<section><h4>{escape(t('why_sum'))}</h4>{_sum_html(hit, t)}</section>"
        f"<section><h4>{escape(t('why_terms'))}</h4>{_terms_html(hit.explain.terms, t)}</section>"
        f'</div><section><h4>{escape(t("why_shading"))}</h4><div class="shading"'
        f' data-load="{shading}"></div></section>'
    )


def shading_html(text: str, shares: Sequence[TokenShare], t: Texts) -> str:
    """Return a passage with each token shaded by what it adds to the cosine.

    Args:
        text: The passage's.
        shares: In the order of the text, without overlaps; none where the encoder cannot tell.
        t: The reader's texts.
    """
    if not shares:
        return f'<p class="hint">{escape(t("why_no_shading"))}</p>'
    strongest = max(abs(share.share) for share in shares) or 1.0
    out, at = [], 0
    for share in shares:
        out.append(escape(text[at : share.start]))
        out.append(_token_html(text[share.start : share.end], share.share, strongest))
        at = share.end
    total = number(sum(share.share for share in shares), 3)
    return (
        f'<p class="tokens">{"".join(out)}{escape(text[at:])}</p>'
        f'<p class="hint"><span class="legend"><i class="less"></i>{escape(t("why_shading_less"))}'
        f'<i class="more"></i>{escape(t("why_shading_more"))}</span>'
        f"{escape(t('why_shading_sum', shown=total))}</p>"
    )


def said(remark: str, t: Texts) -> str:
    """Return a sentence of the knowledge base in the reader's language, where it can be said so."""
    if not isinstance(remark, Remark) or not remark.key:
        return remark
    sentence = t(f"said_{remark.key}", **remark.values)
    nowhere = remark.values.get("nowhere")
    return f"{sentence}; {t('said_nowhere', terms=nowhere)}" if nowhere else sentence


def number(value: float, digits: int = 2) -> str:
    """Return a number with a real minus sign; nothing is told as minus nothing."""
    text = f"{value:.{digits}f}"
    return text.replace("-", "−") if float(text) else text.lstrip("-")


def bar_html(value: float, most: float) -> str:
    """Return a bar from the middle of its box to the right, or to the left for a loss."""
    share = min(1.0, abs(value) / most) if most else 0.0
    kind = "less" if value < 0 else "more"
    bar = f'<i class="{kind}" style="--share:{share:.3f}"></i>'
    return f'<span class="bar-box" aria-hidden="true">{bar}</span>'


def _token_html(text: str, share: float, strongest: float) -> str:
    depth = abs(share) / strongest
    if depth < FAINT:
        return f'<span title="{number(share, 4)}">{escape(text)}</span>'
    kind = "less" if share < 0 else "more"
    return (
        f'<span class="{kind}" style="--depth:{depth:.2f}" title="{number(share, 4)}">'
        f"{escape(text)}</span>"
    )


def _stages_html(hit: ScoredPassage, place: int, t: Texts) -> str:
    explain = hit.explain
    absent, unread = t("why_not_among"), t("why_not_read")
    rows = (
        ("dense", explain.dense_score, 3, explain.dense_rank, absent),
        ("lexical", explain.lexical_score, 2, explain.lexical_rank, absent),
        ("fused", explain.fused_score, 2, explain.fused_rank, absent),
        ("reader", explain.relevance, 2, None, unread if explain.relevance is None else ""),
        ("shown", hit.score, 2, place, ""),
    )
    cells = "".join(
        f'<tr><th scope="row">{escape(t(f"why_{name}"))}</th>'
        f"<td>{'' if score is None else number(score, digits)}</td>"
        f"<td{'' if rank or not missing else ' class=missing'}>{rank or escape(missing)}</td></tr>"
        for name, score, digits, rank, missing in rows
    )
    heads = "".join(
        f'<th scope="col">{escape(t(key))}</th>' for key in ("why_stage", "why_score", "why_rank")
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{cells}</tbody></table>"


def _sum_html(hit: ScoredPassage, t: Texts) -> str:
    explain = hit.explain
    fused = explain.fused_score or 0.0
    parts = [
        ("why_sum_meaning", explain.dense_share or 0.0),
        ("why_sum_words", explain.lexical_share or 0.0),
    ]
    if explain.wordings_share is not None:
        parts.append(("why_sum_wordings", explain.wordings_share))
    totals = [("why_sum_total", fused)]
    if explain.relevance is not None:
        totals += [("why_sum_reader", hit.score - fused), ("why_shown", hit.score)]
    most = max(abs(value) for _, value in (*parts, *totals))
    last = totals[-1][0]
    rows = "".join(
        f'<tr{_kind(name, last)}><th scope="row">{escape(t(name))}</th>'
        f"<td>{_signed(value, name, last)}</td><td>{bar_html(value, most)}</td></tr>"
        for name, value in (*parts, *totals)
    )
    return f'<table class="sum"><tbody>{rows}</tbody></table>{_weights_html(explain, t)}'


def _kind(name: str, last: str) -> str:
    return ' class="total"' if name in ("why_sum_total", last) else ""


def _signed(value: float, name: str, last: str) -> str:
    shown = number(value)
    return shown if name in ("why_sum_total", last) or value < 0 else f"+{shown}"


def _weights_html(explain: Explanation, t: Texts) -> str:
    if explain.dense_weight is None:
        return ""
    dense, lexical = number(explain.dense_weight), number(1.0 - explain.dense_weight)
    return f'<p class="hint">{escape(t("why_sum_weight", dense=dense, lexical=lexical))}</p>'


def _terms_html(terms: Mapping[str, float], t: Texts) -> str:
    if not terms:
        return f'<p class="hint">{escape(t("why_no_terms"))}</p>'
    most = max(abs(share) for share in terms.values())
    rows = "".join(
        f'<tr><th scope="row">{escape(term or t("why_like_spelling"))}</th>'
        f"<td>{number(share)}</td><td>{bar_html(share, most)}</td></tr>"
        for term, share in list(terms.items())[:MOST_TERMS]
    )
    return f'<table class="sum"><tbody>{rows}</tbody></table>'
