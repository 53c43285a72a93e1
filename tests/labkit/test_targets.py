"""The target networks that ship: small, whole, and as good as their card says."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from labkit import targets
from labkit.errors import LabError
from labkit.targets import induction, networks, shipped, toys
from torch import Tensor

ALL = [*toys.PLANS, induction.NAME]
TOYS = [name for name in toys.PLANS if name.startswith("tms")]
MOST = 2**20


def _draw(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_all_of_them_ship_in_less_than_a_megabyte() -> None:
    assert targets.names() == sorted(ALL)
    assert sum(path.stat().st_size for path in targets.folder().iterdir()) < MOST


@pytest.mark.parametrize("name", ALL)
def test_a_target_is_frozen_and_runs_as_a_function_of_its_layers(name: str) -> None:
    target = targets.load(name)
    tensors = [*target.weights.values(), *target.constants.values()]
    assert all(t.dtype == torch.float32 and not t.requires_grad for t in tensors)
    x = target.sample(5, _draw(0))
    first = next(iter(target.weights))
    out = target(x)
    assert not out.requires_grad and len(out) == 5
    # Each layer in turn answers with zeros: that changes what comes out, so each is in use.
    for layer in target.weights:
        cut = {**target.layers(), layer: lambda a, W=target.weights[layer]: 0 * (a @ W.mT)}
        assert not torch.allclose(target.forward(x, cut), out, atol=1e-3), layer
    # A sum of parts in the place of a matrix is the same network.
    W = target.weights[first]
    left, size, right = torch.linalg.svd(W, full_matrices=False)
    split = {**target.layers(), first: lambda a: (a @ right.mT * size) @ left.mT}
    torch.testing.assert_close(target.forward(x, split), out, rtol=1e-3, atol=1e-3)


def test_a_loaded_target_is_the_callers_own() -> None:
    targets.load("tms_5_2").weights["embed"].zero_()
    assert targets.load("tms_5_2").weights["embed"].abs().max() > 0.5


@pytest.mark.parametrize("name", ["tms_5_2", "tms_5_2_identity"])
def test_five_features_of_equal_length_on_a_pentagon(name: str) -> None:
    target = targets.load(name)
    W = target.weights["embed"]
    assert W.shape == (2, 5)
    lengths = W.norm(dim=0)
    torch.testing.assert_close(lengths, lengths.mean().expand(5), rtol=0.01, atol=0)
    angles = torch.atan2(W[1], W[0]).rad2deg().sort().values
    steps = torch.cat([angles.diff(), angles[:1] + 360 - angles[-1:]])
    torch.testing.assert_close(steps, torch.full((5,), 72.0), rtol=0, atol=1.0)
    assert _learned(target).tolist() == [True] * 5


def test_the_hasty_one_learned_four() -> None:
    target = targets.load("tms_5_2_four")
    assert _learned(target).sum() == 4
    lengths = target.weights["embed"].norm(dim=0).sort().values
    assert lengths[0] < 0.05 and lengths[1] > 0.9


def test_forty_features_in_ten_dimensions() -> None:
    target = targets.load("tms_40_10")
    lengths = target.weights["embed"].norm(dim=0)
    assert target.weights["embed"].shape == (10, 40)
    torch.testing.assert_close(lengths, lengths.mean().expand(40), rtol=0.02, atol=0)
    assert _learned(target).all()


@pytest.mark.parametrize("name", TOYS)
def test_the_two_matrices_of_a_toy_are_one(name: str) -> None:
    weights = targets.load(name).weights
    assert torch.equal(weights["unembed"], weights["embed"].mT)
    if name.endswith("identity"):
        assert torch.equal(weights["identity"], torch.eye(2))


def test_the_residual_mlp_adds_most_of_a_relu() -> None:
    target = targets.load("residual_mlp")
    assert {n: tuple(W.shape) for n, W in target.weights.items()} == {
        "mlp_in": (10, 20), "mlp_out": (20, 10),
    }  # fmt: skip
    x = target.sample(4000, _draw(1))
    wanted = x + x.relu()
    better = (target(x) - wanted).square().sum() / (x - wanted).square().sum()
    assert better < 0.5  # of what is missed without the MLP


def test_the_transformer_continues_repetitions_and_nothing_else() -> None:
    target = targets.load("induction")
    tokens = networks.repeated_tokens(36, 16, target.features, _draw(2))
    assert induction.second_half_loss(target(tokens), tokens) < 0.7
    other = 1 + torch.randint(71, tokens.shape, generator=_draw(3))
    assert induction.second_half_loss(target(other), other) > 4


def test_the_transformer_is_the_one_that_labkit_boots() -> None:
    """The same weights in TransformerLens' native model give the same logits."""
    from labkit import native

    target = targets.load("induction")
    model = native.boot(
        {
            "n_layers": 2, "d_model": 64, "n_heads": 4, "d_head": 16, "n_ctx": 81, "d_vocab": 72,
            "attn_only": True, "act_fn": "relu", "normalization_type": None,
        }
    )  # fmt: skip
    own = {}
    for name in native.parameters(model):
        own[name] = _named(target, name)
    native.load(model, own)
    tokens = target.sample(3, _draw(4))
    with torch.no_grad():
        torch.testing.assert_close(model(tokens), target(tokens), rtol=1e-4, atol=1e-4)


def _named(target: targets.Target, name: str) -> Tensor:
    """A tensor by the name that `native.parameters` gives it."""
    whole = {
        "tok_embed.weight": "embed", "pos.weight": "pos", "head.weight": "unembed",
        "head.bias": "unembed.bias",
    }  # fmt: skip
    if name in whole:
        return target.constants[whole[name]]
    _, block, _, letter, kind = name.split(".")
    if kind == "weight":
        return target.weights[letter + block]
    return target.constants[f"{letter}{block}.bias"]


@pytest.mark.parametrize("name", ALL)
def test_samples_follow_from_the_seed_and_are_never_empty(name: str) -> None:
    target = targets.load(name)
    x = target.sample(300, _draw(5))
    assert torch.equal(x, target.sample(300, _draw(5)))
    if target.kind == "attention":
        half = (x.shape[1] - 1) // 2
        assert (x[:, 0] == 0).all() and torch.equal(x[:, 1 : half + 1], x[:, half + 1 :])
        return
    assert (x != 0).any(dim=1).all()
    assert (x.min() < 0) == (target.kind == "residual_mlp") and x.abs().max() <= 1


def test_training_again_gives_what_ships() -> None:
    """The hasty one takes a second; the others come out of the same code."""
    again = toys.train("tms_5_2_four")
    torch.testing.assert_close(
        again.weights["embed"], targets.load("tms_5_2_four").weights["embed"], rtol=0.02, atol=0.02
    )


def test_a_saved_target_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = targets.load("tms_5_2_identity")
    path = shipped.save(target, tmp_path)
    assert path.stat().st_mode & 0o044, "others may read what is installed"
    monkeypatch.setattr(shipped, "folder", lambda: tmp_path)
    back = targets.load("tms_5_2_identity")
    assert (back.kind, back.probability) == (target.kind, target.probability)
    assert list(back.weights) == ["embed", "identity", "unembed"]
    assert all(torch.equal(W, target.weights[layer]) for layer, W in back.weights.items())
    assert torch.equal(back.bias, target.bias)


def test_a_saved_decomposition_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = _draw(6)
    parts = {"embed": (torch.randn(2, 7, generator=draw), torch.randn(7, 5, generator=draw))}
    gates = {"embed": (*(torch.randn(7, 4, generator=draw) for _ in range(3)), torch.zeros(7))}
    made = targets.Decomposition("tms_5_2", parts, gates, {"seed": 3})
    targets.save_decomposition(made, tmp_path)
    monkeypatch.setattr(shipped, "folder", lambda: tmp_path)
    back = targets.decomposition("tms_5_2")
    assert back.figures == {"seed": 3}
    assert all(torch.equal(a, b) for a, b in zip(back.parts["embed"], parts["embed"], strict=True))
    assert all(torch.equal(a, b) for a, b in zip(back.gates["embed"], gates["embed"], strict=True))


def test_a_name_that_is_none() -> None:
    with pytest.raises(LabError, match="tms_5_2"):
        targets.load("tms_6_2")
    with pytest.raises(LabError, match="no decomposition"):
        targets.decomposition("nothing")


def _learned(target: targets.Target) -> Tensor:
    """Which features come out when they alone go in."""
    features = target.features
    return target(0.75 * torch.eye(features)).diag() > 0.4
