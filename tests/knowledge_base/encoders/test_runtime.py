"""Which runtime is chosen, and why."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from knowledge_base.encoders import agreement, processor, runtime
from knowledge_base.encoders.agreement import Agreement
from knowledge_base.encoders.bundled import bundled_encoder
from knowledge_base.encoders.pooling import Floats
from knowledge_base.encoders.probes import probe_texts
from knowledge_base.encoders.tokens import Ints
from knowledge_base.errors import EncoderError
from qa_bot.cli import group

CPUINFO = "processor\t: 0\nflags\t\t: fpu sse2 {}\nbugs\t\t: spectre\n"


@pytest.mark.parametrize(
    ("flags", "instructions"),
    [
        ("avx2 avx512_vnni amx_int8", "AMX"),
        ("avx2 avx_vnni", "VNNI"),
        ("avx avx2", "AVX2"),
        ("avx", None),
    ],
)
def test_the_best_instructions_are_read_from_the_processors_flags(
    flags: str, instructions: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From what Linux says of the first processor."""
    found = frozenset(CPUINFO.format(flags).splitlines()[1].partition(":")[2].split())
    monkeypatch.setattr(processor, "_flags", lambda: found)
    assert processor.int8_instructions.__wrapped__() == instructions


def test_int8_serves_where_it_is_faster_and_true(monkeypatch: pytest.MonkeyPatch) -> None:
    """Float32 otherwise, and the note says which of the two failed."""
    monkeypatch.setattr(runtime, "int8_instructions", lambda: None)
    plain = bundled_encoder()
    assert plain.runtime == "onnx-fp32"
    assert "no fast instructions" in plain.runtime_note
    monkeypatch.setattr(runtime, "int8_instructions", lambda: "VNNI")
    monkeypatch.setattr(runtime, "_agreement", lambda *_: Agreement(0.95, 1.0))
    refused = bundled_encoder()
    assert refused.runtime == "onnx-fp32"
    assert "was left: mean cosine 0.9500" in refused.runtime_note
    monkeypatch.setattr(runtime, "_agreement", lambda *_: Agreement(0.995, 0.97))
    assert bundled_encoder().runtime == "onnx-int8"


def test_no_core_is_kept_busy_between_questions() -> None:
    """Threads wait in a busy loop within a question, where sleep costs more, and never after it."""
    encoder = bundled_encoder("onnx-fp32")
    busy = 0.0
    for number in range(10):
        encoder.encode_queries([f"how long may device {number} be sent back"])
        before = time.process_time()
        time.sleep(0.02)
        busy += time.process_time() - before
    assert busy < 0.1


def test_a_runtime_that_is_unknown_is_refused_with_the_known_ones() -> None:
    """By the encoder and on the command line."""
    with pytest.raises(EncoderError, match="choose one of auto, onnx-int8"):
        bundled_encoder("tensorrt")
    result = CliRunner().invoke(group, ["status", "--runtime", "tensorrt"])
    assert result.exit_code == 2


def test_status_shows_the_runtime_and_the_flag_forces_it(tmp_path: Path) -> None:
    """With the reason."""
    result = CliRunner().invoke(
        group, ["status", "--home", str(tmp_path), "--runtime", "onnx-fp32"]
    )
    assert "runtime    onnx-fp32 (asked for)" in result.output


def test_the_probes_are_two_hundred_different_texts() -> None:
    """Short and long ones."""
    texts = probe_texts()
    assert len(set(texts)) == len(texts) == 200
    assert min(map(len, texts)) < 40
    assert max(map(len, texts)) > 300


def test_agreement_tells_noise_from_loss() -> None:
    """A little noise holds; much of it changes the neighbours and the cosine."""
    draw = np.random.default_rng(0)
    table = draw.normal(size=(50, 64)).astype(np.float32)
    rows = [[int(token) for token in draw.integers(0, 50, 6)] for _ in range(60)]

    def exact(ids: Ints, mask: Ints) -> Floats:
        return np.asarray(table[ids], np.float32)

    def noisy(scale: float) -> agreement.States:
        def run(ids: Ints, mask: Ints) -> Floats:
            noise = np.random.default_rng(1).normal(size=(*ids.shape, 64))
            return np.asarray(table[ids] + scale * noise, np.float32)

        return run

    same = agreement.agreement(exact, exact, rows, "mean")
    assert (same.cosine, same.overlap) == (pytest.approx(1.0), 1.0)
    assert agreement.agreement(noisy(0.02), exact, rows, "mean").holds
    bad = agreement.agreement(noisy(0.8), exact, rows, "mean")
    assert not bad.holds
    assert bad.overlap < 0.9
