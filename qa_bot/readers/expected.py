"""What kind of answer a question wants: an amount, a date, a number to call, a place, ..."""

from __future__ import annotations

import re
from dataclasses import dataclass

from knowledge_base.indexes.analysis import simplified
from knowledge_base.types import Span

_NUMBER = r"\d[\d.,]*"
_DIGITS = r"[\d一二两三四五六七八九十百千半]"
_WORDS = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty|half an?|an?)"


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a kind of answer is asked for, and what it looks like; ``span`` settles the question."""

    asked: re.Pattern[str]
    found: re.Pattern[str]
    span: bool = True


def _kind(asked: str, found: str, span: bool = True) -> _Kind:
    return _Kind(re.compile(asked, re.IGNORECASE), re.compile(found, re.IGNORECASE), span)


_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
)
_PERIOD = r"(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?)"
_CHINESE_PERIOD = r"(?:秒|分钟|个?小时|个?工作日|天|日|周|个?星期|个?月|年)"

_KINDS = (
    _kind(r"\be-?mail|邮箱|电子邮件", r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    _kind(
        r"\b(?:tele)?phone\b|\bhotline|\bcall\b.*\bnumber|电话|热线|号码",
        r"\+?\d[\d\s()/-]{5,}\d",
    ),
    _kind(
        r"\bhow heavy|\bweigh|重量|多重|几公斤|多少公斤",
        rf"{_NUMBER}\s?(?:kg|g|kilos?|kilogram(?:me)?s?|grams?|lbs?|pounds?)\b|"
        rf"{_NUMBER}\s?(?:千克|公斤|克)",
    ),
    _kind(
        r"\bhow (?:loud|noisy)|\bnoise|噪音|多响", rf"{_NUMBER}\s?(?:dB(?:\(A\))?|decibels?|分贝)"
    ),
    _kind(
        r"\bhow (?:tall|high|wide|deep|big|large|far)\b|\bdimensions?\b|多高|多宽|多远|尺寸|面积|距离",
        rf"{_NUMBER}(?:\s?[x×]\s?{_NUMBER})*\s?(?:(?:mm|cm|km|m|inch(?:es)?|metres?|miles?)\b|"
        r"m²|平方米|厘米|毫米|千米|公里|米|英寸)",
    ),
    _kind(
        r"\bpercent|\bwhat share|\bdiscount|折扣|百分|几折|打折",
        rf"{_NUMBER}\s?(?:%|percent\b)|百分之[\d一二三四五六七八九十]+|{_DIGITS}(?:\.\d)?\s?折",
    ),
    _kind(
        r"\bhow much\b(?!\s+(?:time|longer|water|energy|power|memory|space|weight))|\bprices?\b|"
        r"\bcosts?\b|\bfees?\b|\bworth\b|\b(?:amount|deducted|pay)\b|"
        r"多少钱|价格|费用|运费|售价|收费|金额|几块|几元|多少元",
        rf"(?:EUR|USD|GBP|CNY|€|\$|£|¥|￥)\s?{_NUMBER}|"
        rf"{_NUMBER}\s?(?:(?:EUR|USD|GBP|CNY|euros?|dollars?|pounds?|cents?)\b|€|£|万?元)|"
        r"\bfree(?: of charge)?\b|免费|免运费|包邮",
    ),
    _kind(
        r"\bwhat time|\bat which time|\bopen(?:s|ing)?\b|\bclos(?:e|es|ing)\b|"
        r"几点|营业时间|开门|关门",
        r"\b\d{1,2}(?::\d\d)?\s?(?:[–-]|to)\s?\d{1,2}(?::\d\d)?(?:\s?[ap]\.?m\b\.?)?|"
        r"\b\d{1,2}(?::\d\d|\s?[ap]\.?m\b\.?)|\d{1,2}\s?[点时]|\bclosed\b|休息",
    ),
    _kind(
        r"\bhow (?:long|soon|quickly|fast|often)\b|\brun ?time\b|\bdeadline|\bwithin\b|"
        r"\bhow many (?:seconds|minutes|hours|days|weeks|months|years)\b|"
        r"\bwhen\b.*\b(?:refund|arrive|deliver|expire|delete|get)|"
        r"多久|多长|几天|几个?月|(?<!元)几年|几小时|几分钟|多少天|期限|时长|什么时候.*(?:到|发|过期)",
        rf"(?:\b{_WORDS}|{_NUMBER}(?:\s?(?:[–-]|to)\s?{_NUMBER})?)[\s-]?"
        rf"(?:(?:further|working|business|calendar)\s)?{_PERIOD}\b|"
        rf"{_DIGITS}+(?:\s?(?:[–-]|至|到)\s?{_DIGITS}+)?\s?{_CHINESE_PERIOD}",
    ),
    _kind(
        r"\bwhen\b|\b(?:what|which) (?:date|day|year|month)|\b(?:until|by|since) when\b|"
        r"什么时候|何[时年]|哪一?[天年日]|元几年|几[号月]|日期",
        rf"\b\d{{1,2}}(?:st|nd|rd|th)?\s{_MONTH}(?:\s\d{{4}})?|"
        rf"\b{_MONTH}\s\d{{1,2}}(?:,?\s\d{{4}})?|\b(?:in|since|by)\s\d{{4}}\b|\d{{4}}-\d\d-\d\d|"
        r"\d{4}\s?年(?:\s?\d{1,2}\s?月)?(?:\s?\d{1,2}\s?日)?|\d{1,2}\s?月\s?\d{1,2}\s?日|"
        r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?\b|(?:周|星期)[一二三四五六日天]|除夕",
    ),
    _kind(
        r"\bhow (?:many|much|old|large|big)\b|\bnumber of\b|\b(?:max|maximum|minimum)\b|"
        r"\bat (?:most|least)\b|多少|多大|几[个种次岁块张件台]?",
        rf"{_NUMBER}|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|once|twice|none)\b|"
        rf"{_DIGITS}",
        span=False,
    ),
    _kind(
        r"\b(?:who|whom|whose)\b|谁|哪位",
        r"(?-i:(?<=[a-z,:] )[A-Z][a-z]+(?:\s[A-Z][a-z]+)*)|经理|客服|[部员]",
        span=False,
    ),
    _kind(
        r"\bwhere\b|\bwhich (?:city|town|country|street)|\baddress|哪里|哪儿|地址|在哪",
        r"(?-i:\b(?:in|at|on|near|to)\s(?:the\s)?[A-Z0-9])|"
        r"\b(?:street|road|avenue|store|floor|website|page|app)\b|[路街号楼区市省店]",
        span=False,
    ),
)
"""From the narrowest kind to the widest; the first that a question asks for counts."""


def fits(question: str, sentence: str) -> float:
    """Return 1 where a sentence has what the question wants, 0 where not, 0.5 where that is unknown."""
    kind = _kind_of(question)
    if kind is None:
        return 0.5
    return 1.0 if kind.found.search(simplified(sentence)) else 0.0


def short_span(question: str, sentence: str, start: int = 0) -> Span | None:
    """Return where in a sentence the words stand that settle the question, if that is clear.

    It is clear where just one stretch of the sentence looks like the answer that is wanted.

    Args:
        question: The question.
        sentence: The sentence that answers it.
        start: Where the sentence begins; the span counts from the same beginning.
    """
    kind = _kind_of(question)
    if kind is None or not kind.span:
        return None
    asked = simplified(question)
    found = [
        match for match in kind.found.finditer(simplified(sentence)) if match.group() not in asked
    ]
    if len({match.group().lower() for match in found}) != 1:
        return None
    text = sentence[found[0].start() : found[0].end()].rstrip(" .,")
    return Span(start + found[0].start(), start + found[0].start() + len(text))


def _kind_of(question: str) -> _Kind | None:
    asked = simplified(question)
    return next((kind for kind in _KINDS if kind.asked.search(asked)), None)
