"""The bundled checker on a few passages: what is said, what is changed, what is nowhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from knowledge_base.encoders.bundled import bundled_encoder
from qa_bot.errors import ReaderError
from qa_bot.support.checker import BundledSupportChecker, Calibration, bundled_checker

SHOP = [
    "Goods may be returned within 30 days. The refund is paid within five days. "
    "A fee of 4 EUR is deducted.",
    "Express delivery costs 9 EUR and takes one day. Delivery takes two days. "
    "We do not deliver on Sundays.",
    "Jane Miller founded the shop in Hamburg in 1998. Her brother Tom joined in 2003.",
]
SHOP_ZH = [
    "商品可在30天内退货，退款在五个工作日内到账，扣除4元手续费。",
    "快递费用为9元，一天送达。周日不送货。",
    "张小明于1998年在上海创办了这家店。",
]


@pytest.fixture(scope="module")
def checker() -> BundledSupportChecker:
    return bundled_checker(bundled_encoder())


@pytest.mark.parametrize(
    ("sentence", "passage"),
    [
        ("You can return goods within thirty days.", 0),
        ("Refunds are paid within 5 days.", 0),
        ("The shop was founded by Jane Miller in 1998.", 2),
        ("Express delivery takes one day and costs 9 euros.", 1),
        ("商品可以在30天内退货。", 0),
        ("周日不送货。", 1),
        ("这家店由张小明于1998年创办。", 2),
    ],
)
def test_what_is_said_in_other_words_is_supported(
    checker: BundledSupportChecker, sentence: str, passage: int
) -> None:
    support = checker.check(sentence, SHOP_ZH if sentence[-1] == "。" else SHOP)
    assert support.supported
    assert support.passage == passage


@pytest.mark.parametrize(
    "sentence",
    [
        "You can return goods within 14 days.",
        "The refund is paid within 30 days.",
        "Delivery takes place on Sundays.",
        "The shop was founded by Tom Miller in 1998.",
        "Jane Miller founded the shop in 2003.",
        "商品可以在14天内退货。",
        "周日送货。",
        "张小明在2003年创办了这家店。",
    ],
)
def test_a_changed_number_date_name_or_negation_is_not_supported(
    checker: BundledSupportChecker, sentence: str
) -> None:
    assert not checker.check(sentence, SHOP_ZH if sentence[-1] == "。" else SHOP).supported


def test_what_the_evidence_lacks_is_named_as_it_is_written(checker: BundledSupportChecker) -> None:
    assert checker.check("Goods may be returned within 14 days.", SHOP).conflicts == ("14 days",)
    assert "deliver" in checker.check("We deliver on Mondays and Sundays.", SHOP).conflicts


def test_a_calibration_of_other_features_is_refused(tmp_path: Path) -> None:
    fit = {"bias": 0.0, "weights": {"charm": 1.0}, "threshold": 0.5}
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps({"read": fit, "lexical": fit}))
    with pytest.raises(ReaderError, match="weighs other features"):
        Calibration.from_file(path)


def test_a_missing_calibration_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match="cannot be read"):
        Calibration.from_file(tmp_path / "none.json")
