"""Numbers and units in one form: ``5 million``, ``5,000,000`` and ``500万`` are the same amount."""

from __future__ import annotations

import re
from decimal import Decimal

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
).split()

WORD_NUMBERS: dict[str, int] = {
    **{word: number for number, word in enumerate(_ONES) if word not in ("zero", "one")},
    **{word: 10 * (number + 2) for number, word in enumerate(_TENS)},
    **{
        f"{ten}-{one}": 10 * (place + 2) + number
        for place, ten in enumerate(_TENS)
        for number, one in enumerate(_ONES[1:10], 1)
    },
    **{word: number for number, word in enumerate(_ORDINALS, 1)},
    "twice": 2,
    "dozen": 12,
}
"""English words for numbers. "One" is left out: it is a pronoun more often than a number."""

SCALES = re.compile(
    r"[ -]?(?:hundred|thousand|million|billion|trillion)\b|\s?(?:万亿|亿|万|千|百)(?!米|克)"
)
"""What a number may be followed by that multiplies it."""

_SCALE = {
    "hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12,
    "百": 2, "千": 3, "万": 4, "亿": 8, "万亿": 12,
}  # fmt: skip

_DIGITS = {**dict(zip("〇零一二三四五六七八九", (0, 0, *range(1, 10)), strict=True)), "两": 2}
_PLACES = {"十": 10, "百": 100, "千": 1000}
_MEASURES = (
    "个位名次年月日号天周小时分秒种台部岁元块角人条张"
    "件项级层楼章篇本册座辆架艘只家所间届世纪代倍成折度米里公"
)
CHINESE_NUMERAL = re.compile(
    rf"第?[一二三四五六七八九十百千万亿两零〇]{{2,}}|第[一二三四五六七八九十](?!天)|"
    rf"(?<!第)[二三四五六七八九十两](?=[{_MEASURES}])"
)
"""Chinese numbers: of two characters, ordinal, or before a measure word (one alone is an article)."""

_UNITS: dict[str, str] = {
    form: unit
    for unit, forms in {
        "%": "% percent per-cent percentage％",
        "km": "km kilometre kilometres kilometer kilometers 公里 千米",
        "m": "m metre metres meter meters 米",
        "cm": "cm centimetre centimetres centimeter centimeters 厘米",
        "mm": "mm millimetre millimetres millimeter millimeters 毫米",
        "mile": "mi mile miles 英里",
        "foot": "ft foot feet 英尺",
        "inch": "in. inch inches 英寸",
        "kg": "kg kilogram kilograms kilo kilos 公斤 千克",
        "g": "g gram grams 克",
        "mg": "mg milligram milligrams 毫克",
        "pound": "lb lbs pound pounds 磅",
        "tonne": "ton tons tonne tonnes 吨",
        "l": "l litre litres liter liters 升",
        "ml": "ml millilitre millilitres milliliter milliliters 毫升",
        "second": "s sec second seconds 秒",
        "minute": "min mins minute minutes 分钟",
        "hour": "h hr hrs hour hours 小时",
        "day": "day days 天",
        "week": "week weeks 周 星期",
        "month": "month months 个月",
        "year": "year years 年",
        "century": "century centuries 世纪",
        "am": "am a.m. a.m",
        "pm": "pm p.m. p.m",
        "kb": "kb kilobytes",
        "mb": "mb megabytes",
        "gb": "gb gigabytes",
        "tb": "tb terabytes",
        "hz": "hz hertz 赫兹",
        "w": "w watt watts 瓦",
        "v": "v volt volts 伏",
        "degree": "° degrees degree 度",
        "usd": "usd dollar dollars 美元 $",
        "eur": "eur euro euros 欧元 €",
        "gbp": "gbp £",
        "cny": "cny rmb yuan 元 人民币 ¥ ￥",
    }.items()
    for form in forms.split()
}
_AFTER = re.compile(
    rf"[ -]?({'|'.join(sorted(map(re.escape, _UNITS), key=len, reverse=True))})(?![A-Za-z])", re.I
)
_BEFORE = re.compile(r"([$€£¥￥]|\b(?:USD|EUR|GBP|CNY|RMB))\s?$")


def digits_value(digits: str, scale: str = "") -> str:
    """Return the plain form of a number: no separators, no needless zeros."""
    number = Decimal(digits.replace(",", "")).scaleb(_SCALE.get(scale.lower().strip(" -"), 0))
    return f"{number.normalize():f}"


def chinese_value(numeral: str) -> str:
    """Return the plain digits of a Chinese numeral (``一百二十`` is 120, ``二〇二六`` is 2026)."""
    characters = numeral.removeprefix("第")
    if all(character in _DIGITS for character in characters):
        return str(int("".join(str(_DIGITS[character]) for character in characters)))
    total, section, digit = 0, 0, 0
    for character in characters:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character in _PLACES:
            section += (digit or 1) * _PLACES[character]
            digit = 0
        else:
            section = (section + digit or 1) * 10 ** _SCALE[character]
            total, section, digit = total + section, 0, 0
    return str(total + section + digit)


def unit_after(text: str, end: int) -> tuple[str, int]:
    """Return the unit that follows a number, by its one name, and where it ends."""
    match = _AFTER.match(text, end)
    return (_UNITS[match[1].lower()], match.end()) if match else ("", end)


def unit_before(text: str, start: int) -> str:
    """Return the currency that stands before a number."""
    match = _BEFORE.search(text[max(0, start - 5) : start])
    return _UNITS[match[1].lower()] if match else ""
