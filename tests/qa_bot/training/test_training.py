"""Training the reader: the loss falls, and a killed run ends where an undisturbed one ends."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from safetensors.numpy import load_file, save_file

from knowledge_base.encoders.bundled import bundled_folder
from knowledge_base.encoders.transformer import TransformerEncoder
from qa_bot.cli import group
from qa_bot.errors import ReaderError
from qa_bot.evaluation.scores import auroc, exact_match, f1
from qa_bot.readers.network import ReaderModel
from qa_bot.training.data import (
    DataError,
    Example,
    ExampleStream,
    Question,
    hold_out,
    read_questions,
)
from qa_bot.training.negatives import mine
from qa_bot.training.swaps import unanswerable

ROOT = Path(__file__).parents[3]
THINGS = ["kettle", "lamp", "chair", "printer", "heater", "camera", "radio", "mixer"]
PLACES = ["Cork", "Galway", "Derry", "Sligo", "Ennis", "Naas", "Trim", "Kells"]


@pytest.fixture(scope="module")
def squad_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write 64 questions of our own in SQuAD's form, a quarter without an answer."""
    articles = []
    for number, thing in enumerate(THINGS):
        paragraphs = []
        for at, place in enumerate(PLACES):
            price = 10 * number + at + 1
            context = (
                f"The {thing} of the {place} store costs {price} EUR. "
                f"It was first sold in {1950 + number + at} and is made of oak."
            )
            answer = f"{price} EUR"
            impossible = at % 4 == 3
            asked = (
                f"Who designed the {thing} of {place}?"
                if impossible
                else f"What does the {thing} cost in {place}?"
            )
            answers = (
                [] if impossible else [{"text": answer, "answer_start": context.index(answer)}]
            )
            paragraphs.append(
                {
                    "context": context,
                    "qas": [{"question": asked, "answers": answers, "is_impossible": impossible}],
                }
            )
        articles.append({"title": thing, "paragraphs": paragraphs})
    path = tmp_path_factory.mktemp("data") / "shop.json"
    path.write_text(json.dumps({"data": articles}))
    return path


def test_articles_are_held_out_whole(squad_file: Path) -> None:
    """By article, never by question."""
    kept, held = hold_out(read_questions(squad_file), 0.2, 1)
    assert len(kept) + len(held) == len(THINGS)
    assert not set(kept) & set(held)
    assert len(held) == 2


def test_a_cropped_passage_still_holds_its_answer(squad_file: Path) -> None:
    """A few sentences of each passage, the answer at its place, and questions without one cropped too."""
    articles = list(read_questions(squad_file).values())
    whole, cropped = (
        [
            example
            for group in ExampleStream(articles, "3", cropped=share).epoch(0)
            for example in group
        ]
        for share in (0.0, 1.0)
    )
    for example in cropped:
        if example.start >= 0:
            assert re.fullmatch(r"\d+ EUR", example.passage[example.start : example.end])

    def length(examples: list[Example], answered: bool) -> float:
        return float(np.mean([len(e.passage) for e in examples if (e.start >= 0) == answered]))

    for answered in (True, False):
        assert length(cropped, answered) < 0.9 * length(whole, answered)


def test_examples_come_in_an_order_of_the_seed_alone(squad_file: Path) -> None:
    """With wrong passages that do not hold the answer."""
    articles = list(read_questions(squad_file).values())
    first, again = (list(ExampleStream(articles, 3).epoch(1)) for _ in range(2))
    assert first == again
    for own, *others in first:
        assert own.relevant
        assert all(other.question == own.question for other in others)
        if own.start >= 0:
            assert own.passage[own.start : own.end].endswith("EUR")
    wrong = [other for group in first for other in group[1:]]
    assert wrong
    assert all(example.start == -1 and not example.relevant for example in wrong)


def test_a_question_of_lines_is_answered_by_its_whole_passage(tmp_path: Path) -> None:
    """It has no span, and the loss leaves the span out."""
    line = {"question": "How do I descale it?", "passage": "Fill the tank. Wait.", "topic": "care"}
    (tmp_path / "x.jsonl").write_text(json.dumps(line) + "\n")
    articles = read_questions(tmp_path / "x.jsonl")
    assert articles["care"][0].answerable
    ((example,),) = ExampleStream(list(articles.values()), 1).epoch(0)
    assert (example.whole, example.start, example.relevant) == (True, -1, True)


def test_a_swapped_question_is_another_one() -> None:
    """With a number, a name or a word of the context that it did not have."""
    context = "The lamp of Cork costs 40 EUR. The lamp of Derry was first sold in 1950."
    draw = random.Random(1)
    made = {
        unanswerable("When was the lamp of Derry first sold?", context, "", draw) for _ in "ab" * 20
    }
    assert made - {None}
    assert "When was the lamp of Derry first sold?" not in made
    assert "When was the lamp of Cork first sold?" in made


def test_mined_passages_are_near_and_do_not_hold_the_answer(minilm: TransformerEncoder) -> None:
    """The question's own paragraph is not among them."""
    paragraphs = [
        "A card refund takes 5 days.",
        "A bank refund takes some days more.",
        "In Cork a refund is paid within 5 days.",
        "The sun is a star.",
    ]
    asked = Question("How long does a refund take?", "", paragraphs[0], 21, ("5 days",))
    assert mine([asked], paragraphs, minilm, 2) == [[1, 3]]


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    """With what is expected."""
    (tmp_path / "x.json").write_text("[1, 2]")
    with pytest.raises(DataError, match="SQuAD's JSON form"):
        read_questions(tmp_path / "x.json")


def test_measures_are_those_of_the_field() -> None:
    """EM and F1 with SQuAD's normalisation; AUROC with ties."""
    assert exact_match("The Cat!", ["cat"]) == 1
    assert f1("the black cat", ["black cat sat"]) == pytest.approx(0.8)
    assert f1("dog", ["cat"]) == 0
    assert auroc([0.1, 0.4, 0.35, 0.8], [False, False, True, True]) == pytest.approx(0.75)
    assert auroc([0.5, 0.5], [True, False]) == pytest.approx(0.5)
    assert auroc([0.1, 0.9], [0, 1]) == pytest.approx(1)


def train(data: Path, out: Path) -> subprocess.Popen[str]:
    code = (
        "import torch; torch.set_num_threads(1)\n"
        "from qa_bot.training.trainer import TrainConfig, train_reader\n"
        f"train_reader(TrainConfig(data=({str(data)!r},), out={str(out)!r}, steps=24, budget=700,"
        " hold_out=0.0, save_every=4, rate=4e-4, precision='no'))\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )


def progress(out: Path) -> dict[str, float]:
    found: dict[str, float] = json.loads((out / "progress.json").read_text())
    return found


@pytest.mark.slow
def test_the_loss_falls_and_a_killed_run_resumes_to_the_same_weights(
    squad_file: Path, tmp_path: Path
) -> None:
    """Killed after its first checkpoint, run again, compared with one that was left alone."""
    calm, disturbed = tmp_path / "calm", tmp_path / "disturbed"
    process = train(squad_file, disturbed)
    while not (disturbed / "progress.json").exists():
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.05)
    early = progress(disturbed)
    process.kill()
    process.communicate()
    for out in (disturbed, calm):
        done = train(squad_file, out)
        _, errors = done.communicate(timeout=240)
        assert done.returncode == 0, errors
    assert early["step"] < 24
    assert progress(calm)["loss"] < early["loss"]
    first, second = (load_file(out / "reader.safetensors") for out in (calm, disturbed))
    assert set(first) == set(second)
    for name, tensor in first.items():
        np.testing.assert_allclose(tensor, second[name], atol=2e-3, err_msg=name)


@pytest.mark.slow
def test_the_runtime_says_what_torch_says() -> None:
    """The shipped weights: float32 to three digits in the logits, the same spans."""
    import torch

    from knowledge_base.encoders.bundled import bundled_folder
    from qa_bot.readers.network import WEIGHTS
    from qa_bot.training.network import ReaderNetwork

    network = ReaderNetwork(bundled_folder()).eval()
    tensors = load_file(WEIGHTS / "reader.safetensors")
    named = {
        name if name.startswith(("span.", "cls.")) else f"bert.{name}": torch.from_numpy(
            t.astype(np.float32)
        )
        for name, t in tensors.items()
    }
    network.load_state_dict(named, strict=False)
    model = ReaderModel(runtime="onnx-fp32")
    passage = "The kettle costs 44.90 EUR. It was first sold in 1961 and is made of steel."
    encoding = model.tokens.encode_pairs([("What does the kettle cost?", passage)])[0]
    with torch.no_grad():
        spans, heads = network(
            *(
                torch.tensor([row])
                for row in (encoding.ids, encoding.attention_mask, encoding.type_ids)
            )
        )
    score = model.score("What does the kettle cost?", [passage])[0]
    assert score.answerable == pytest.approx(float(heads[0, 0]), abs=5e-3)
    assert score.relevant == pytest.approx(float(heads[0, 1]), abs=5e-3)
    assert "44.90" in passage[score.best.start : score.best.end]
    assert torch.isfinite(spans).all()


def test_a_share_of_the_former_weights_is_kept(tmp_path: Path) -> None:
    """A quarter of the former and three of the new; without a former reader it is refused."""
    import torch

    from qa_bot.training.network import ReaderNetwork, as_arrays

    network = ReaderNetwork(bundled_folder())
    save_file(as_arrays(network), tmp_path / "former.safetensors")
    former = network.span.weight.detach().clone()
    with torch.no_grad():
        network.span.weight.add_(1.0)
    network.move_back(tmp_path / "former.safetensors", 0.25)
    assert torch.allclose(network.span.weight, former + 0.75, atol=1e-3)
    refused = CliRunner().invoke(
        group, ["train", "reader", "--data", __file__, "--out", str(tmp_path), "--keep", "0.5"]
    )
    assert refused.exit_code == 2
    assert "--keep needs --start" in refused.output


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    """Before they are used, with the remedy."""
    from qa_bot.readers.network import WEIGHTS

    (tmp_path / "reader.json").write_text((WEIGHTS / "reader.json").read_text())
    (tmp_path / "reader.safetensors").write_bytes(b"damaged")
    with pytest.raises(ReaderError, match="reinstall qa-bot"):
        ReaderModel(tmp_path)
