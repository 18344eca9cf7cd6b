"""Which hosts mean this machine."""

from __future__ import annotations

import pytest

from qa_bot.guard import host_name, is_loopback


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("localhost:7860", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]:7860", "::1"),
        ("::1", "::1"),
        ("", ""),
    ],
)
def test_a_host_header_is_read_without_its_port(header: str, name: str) -> None:
    """Brackets of an IPv6 address are dropped too."""
    assert host_name(header) == name


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.8.8.8", "::1"])
def test_this_machine_is_recognised(host: str) -> None:
    """Every loopback address counts."""
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "192.168.1.4", "localhost.example.org", "a b"])
def test_other_machines_are_not(host: str) -> None:
    """A name that only begins like ours is another's."""
    assert not is_loopback(host)
