"""The parts that planted models are put together from, and how they are kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import safetensors
import torch
from labkit import models, native, planted
from labkit.errors import LabError
from labkit.planted import Planted
from labkit.planted.blueprint import Blueprint
from labkit.planted.heads import always, carry, look, match
from labkit.planted.subspaces import Subspaces, rotation


@pytest.fixture
def draw() -> torch.Generator:
    return torch.Generator().manual_seed(7)


def blueprint(draw: torch.Generator, rms: bool) -> Blueprint:
    return Blueprint(
        draw, n_layers=2, n_heads=3, d_model=20, d_head=6, n_ctx=5, d_vocab=9, rms=rms
    )  # fmt: skip


def test_a_rotation_keeps_lengths_and_leaves_no_axis_alone(draw: torch.Generator) -> None:
    q = rotation(12, draw)
    torch.testing.assert_close(q @ q.T, torch.eye(12, dtype=torch.float64))
    assert q.abs().max() < 0.99


def test_subspaces_are_orthogonal_and_run_out(draw: torch.Generator) -> None:
    spaces = Subspaces(8, draw)
    both = torch.cat([spaces.take(3), spaces.take(5)])
    torch.testing.assert_close(both @ both.T, torch.eye(8, dtype=torch.float64))
    with pytest.raises(ValueError, match="0 of the 1"):
        spaces.take(1)


@pytest.mark.parametrize("rms", [True, False])
def test_the_bridge_computes_what_the_blueprint_does(draw: torch.Generator, rms: bool) -> None:
    plan = blueprint(draw, rms)
    rows = torch.randn(30, 20, generator=draw, dtype=torch.float64)
    plan.embed, plan.pos, plan.unembed = rows[:9], rows[9:14], rows[14:23]
    plan.b_U = torch.randn(9, generator=draw, dtype=torch.float64)
    plan.write(0, 1, look(rows[9:14], {4: 2, 3: 3}, 2.0) | carry(rows[23:25], rows[25:27]))
    plan.write(1, 0, match(rows[:4], rows[4:8], 1.5) | always(rows[27]) | always(rows[28]))
    tokens = torch.randint(9, (4, 5), generator=draw)
    stream = plan.start(tokens)
    for layer in range(2):
        stream = plan.block(stream, layer)
    with torch.no_grad():
        logits = plan.bridge()(tokens).double()
    torch.testing.assert_close(logits, plan.logits(stream), atol=1e-3, rtol=1e-4)


def test_a_head_looks_where_it_is_told(draw: torch.Generator) -> None:
    plan = blueprint(draw, rms=False)
    spaces = Subspaces(20, draw)
    plan.pos, read, write = spaces.take(5), spaces.take(1), spaces.take(1)
    plan.embed = torch.arange(9.0, dtype=torch.float64)[:, None] * read
    plan.write(0, 2, look(plan.pos, {4: 1}, 40.0) | carry(read, 3 * write))
    tokens = torch.tensor([[2, 5, 0, 0, 7]])
    written = (plan.block(plan.start(tokens), 0) @ write[0])[0]
    # Three times the token at 1 from the last position, and at 0, the default, from the others.
    torch.testing.assert_close(written, torch.tensor([6.0, 6, 6, 6, 15], dtype=torch.float64))


def test_what_does_not_fit_a_head_is_refused(draw: torch.Generator) -> None:
    plan = blueprint(draw, rms=True)
    rows = torch.eye(20, dtype=torch.float64)
    with pytest.raises(ValueError, match="more than 6"):
        plan.write(0, 0, carry(rows[:6], rows[:6]) | always(rows[0]))
    plan.write(0, 0, carry(rows[:6], rows[:6]))
    with pytest.raises(ValueError, match="already"):
        plan.write(0, 0, carry(rows[:2], rows[:2]))


@pytest.mark.parametrize("kind", planted.KINDS)
def test_a_weights_file_gives_the_model_back_and_not_the_truth(kind: str, tmp_path: Path) -> None:
    made = models.planted(kind, 20250607)
    made.save(tmp_path / "a.safetensors")
    models.planted(kind, 20250607).save(tmp_path / "b.safetensors")
    content = (tmp_path / "a.safetensors").read_bytes()
    assert content == (tmp_path / "b.safetensors").read_bytes()
    with safetensors.safe_open(tmp_path / "a.safetensors", framework="pt") as file:
        metadata = file.metadata()
        assert set(metadata) == {"config"}
        assert set(json.loads(metadata["config"])) == set(native.FIELDS)
        kept = {name for name in file.keys() if not name.startswith("weight:")}  # noqa: SIM118
    # What a student is given beside the model is no truth: the notebook shows it, too.
    assert kept == {"tokens", "answers"} | {f"beside:{name}" for name in made.beside}

    back = Planted.load(tmp_path / "a.safetensors")
    assert back.truth is None
    assert torch.equal(back.tokens, made.tokens)
    assert torch.equal(back.answers, made.answers)
    with torch.no_grad():
        assert torch.equal(back.model(back.tokens), made.model(made.tokens))
    assert "truth" not in repr(made)


@pytest.mark.parametrize("content", [b"", b"no safetensors at all", None])
def test_a_damaged_weights_file_is_one_line(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LabError, match="weights file") as caught:
        Planted.load(path)
    assert "\n" not in str(caught.value)


def test_a_name_is_the_same_however_it_is_typed() -> None:
    seed = planted.challenge_seed("01_logit_lens", "Zoë Müller")
    assert seed == planted.challenge_seed("01_logit_lens", "  zoe\u0308   MÜLLER ")
    assert 0 <= seed < 1 << 63
    assert seed != planted.challenge_seed("01_logit_lens", "Zoe Muller")
    assert seed != planted.challenge_seed("02_patching", "Zoë Müller")
    assert planted.challenge_file("A b") == planted.challenge_file(" a  B")
    assert len(planted.challenge_file("A b")) == 16 + len(".safetensors")
    for empty in ("", "  \t"):
        with pytest.raises(LabError, match="your name"):
            planted.challenge_seed("01_logit_lens", empty)


def test_an_unknown_kind_is_one_line() -> None:
    with pytest.raises(LabError, match="commitment, induction"):
        models.planted("and_gate", 0)
