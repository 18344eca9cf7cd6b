"""Personal data is taken out, numbers that are none stay, and logs are held to the same."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_bot.redaction import MASK, redact_logs, redacted


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("Write to jane.doe+x@mail.example.org.", "jane.doe+x@mail.example.org"),
        ("Call +49 30 901820 now.", "49 30 901820"),
        ("Call (650) 253-0000.", "650) 253-0000"),
        ("手机13812345678，勿外传。", "13812345678"),
        ("总机 010-62785001", "010-62785001"),
        ("Card 4111 1111 1111 1111.", "4111 1111 1111 1111"),
        ("Card 5500000000000004.", "5500000000000004"),
        ("SSN 536-90-4399.", "536-90-4399"),
        ("身份证11010519491231002X。", "11010519491231002X"),
        ("IBAN DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 00"),
    ],
)
def test_personal_data_becomes_unreadable_in_its_place(text: str, data: str) -> None:
    made = redacted(text)
    at = text.index(data)
    assert len(made) == len(text)
    assert made[:at] == text[:at]
    assert not any(c.isalnum() for c in made[at : at + len(data)])
    assert made[at + len(data) :] == text[at + len(data) :]


@pytest.mark.parametrize(
    "text",
    [
        "On 2026-11-24 the KX-200 cost 1,299 EUR.",
        "Order 4111 1111 1111 1112 and ISBN 978-3-16-148410-0.",
        "Version 1.2.3.4 at 192.168.100.200 from 10:30 to 12:45.",
        "Follow @example, see section 4.2.1, page 1234567.",
        "保修期24个月，订单号20261124001。",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert redacted(text) == text


@given(st.text(max_size=120))
def test_the_length_stays_and_a_second_time_changes_nothing(text: str) -> None:
    made = redacted(text)
    assert len(made) == len(text)
    assert all(d in (c, MASK) for c, d in zip(text, made, strict=True))


@pytest.fixture
def restored() -> Iterator[None]:
    factory = logging.getLogRecordFactory()
    yield
    logging.setLogRecordFactory(factory)


@pytest.mark.usefixtures("restored")
def test_logs_lose_it_in_messages_arguments_and_exceptions(
    caplog: pytest.LogCaptureFixture,
) -> None:
    redact_logs()
    log = logging.getLogger("a.library")
    log.warning("mail from %s about %d items", "jane@example.org", 3)
    try:
        raise ValueError("no account jane@example.org")
    except ValueError:
        log.exception("failed")
    assert "jane" not in caplog.text
    assert "about 3 items" in caplog.text
    assert "ValueError" in caplog.text
