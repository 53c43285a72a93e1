"""The models of the labs: random ones, challenges, and the real one with its measured facts."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
import torch
from labkit import data, models, native, planted
from labkit.errors import LabError
from transformer_lens.model_bridge import TransformerBridge

CONFIGS: list[dict[str, Any]] = [
    {},
    {"normalization_type": "LN"},
    {"normalization_type": None, "attn_only": True},
    {"n_key_value_heads": 2, "gated_mlp": True, "act_fn": "silu"},
    {"positional_embedding_type": "rotary", "n_layers": 1, "eps": 1e-2},
]


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_a_random_model_has_nothing_left_at_its_initialisation(config: dict[str, Any]) -> None:
    model = models.random(3, **config)
    for name, parameter in native.parameters(model).items():
        if parameter.dim() == 1:
            assert parameter.abs().min() > 0.09, name
            if name.endswith("weight"):
                assert (parameter - 1).abs().min() > 0.19, name
        assert len(parameter.unique()) == parameter.numel(), name
    assert model.unembed.b_U.abs().min() > 0.09


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_a_random_model_follows_from_its_seed(config: dict[str, Any]) -> None:
    state = torch.random.get_rng_state()
    one, same, wide, other = (
        models.random(seed, dtype=dtype, **config)
        for seed, dtype in [(1, torch.float32), (1, torch.float32), (1, torch.float64),
                            (2, torch.float32)]
    )  # fmt: skip
    assert torch.equal(state, torch.random.get_rng_state())
    tokens = torch.arange(12).view(2, 6)
    with torch.no_grad():
        assert torch.equal(one(tokens), same(tokens))
        assert wide(tokens).dtype == torch.float64
        torch.testing.assert_close(wide(tokens).float(), one(tokens), atol=1e-4, rtol=1e-4)
        assert not torch.allclose(one(tokens), other(tokens), atol=0.1)


@pytest.mark.parametrize("norm", ["RMS", "LN"])
def test_float64_is_exact_enough_for_invariants(norm: str) -> None:
    model = models.random(0, dtype=torch.float64, normalization_type=norm)
    tokens = torch.arange(10).view(2, 5)
    with torch.no_grad():
        logits, cache = model.run_with_cache(tokens)
        again = model.unembed(model.ln_final(7 * cache["resid_post", 2]))
    # Scale invariant but for eps: float32 anywhere would be seven digits worse.
    torch.testing.assert_close(again, logits, atol=1e-4, rtol=0)
    x = cache["resid_post", 2]
    x = x - x.mean(-1, keepdim=True) if norm == "LN" else x
    x = x / (x.square().mean(-1, keepdim=True) + model.cfg.eps).sqrt() * model.ln_final.weight
    x = x + model.ln_final.bias if norm == "LN" else x
    torch.testing.assert_close(x @ model.W_U + model.b_U, logits, atol=1e-12, rtol=0)


def test_a_misspelled_setting_is_refused() -> None:
    with pytest.raises(ValueError, match="n_layer;"):
        models.random(0, n_layer=2)


def test_weights_that_do_not_fit_are_refused() -> None:
    model = models.random(0)
    weights = dict(native.parameters(models.random(0, d_mlp=8)))
    with pytest.raises(ValueError, match="fit"):
        native.load(model, weights)
    weights.pop("head.bias")
    with pytest.raises(ValueError, match=r"head\.bias"):
        native.load(model, weights)


def test_a_challenge_comes_from_the_roster_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab, folder = "01_logit_lens", tmp_path / "labs" / "01_logit_lens"
    (folder / "challenges").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    own = models.challenge(lab, "commitment", "Ada")
    seed = planted.challenge_seed(lab, "ada")
    assert own.truth is None
    assert torch.equal(own.tokens, models.planted("commitment", seed).tokens)

    given = models.planted("commitment", 99)
    given.save(folder / "challenges" / planted.challenge_file("ada"))
    for here in (tmp_path, folder):
        monkeypatch.chdir(here)
        mine = models.challenge(lab, "commitment", " ADA")
        assert mine.truth is None
        assert torch.equal(mine.tokens, given.tokens)
        assert not torch.equal(models.challenge(lab, "commitment", "Bo").tokens, given.tokens)
    with pytest.raises(LabError):
        models.challenge(lab, "commitment", " ")


def test_an_unknown_name_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any) -> None:
        raise OSError("no network in tests")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(LabError, match="nobody/no-such-model") as caught:
        models.load("nobody/no-such-model")
    assert "\n" not in str(caught.value)
    assert caught.value._render_traceback_() == [f"LabError: {caught.value}"]


def test_smollm2_loads_without_network_or_randomness(
    smollm2: TransformerBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    state = torch.random.get_rng_state()
    model = models.load("smollm2")
    assert torch.equal(state, torch.random.get_rng_state())
    assert (model.cfg.n_layers, model.cfg.n_heads, model.cfg.d_model) == (30, 9, 576)
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert {p.device.type for p in model.parameters()} == {"cpu"}


def test_smollm2_says_what_was_measured(smollm2: TransformerBridge) -> None:
    tokens = smollm2.to_tokens(data.EIFFEL.text)
    assert smollm2.to_str_tokens(tokens[0])[0] == "The", "no BOS by default"
    assert smollm2.to_tokens(data.EIFFEL.text, prepend_bos=True)[0, 0] == 1
    paris = data.single_token(smollm2, data.EIFFEL.answer)
    with torch.no_grad():
        logits, cache = smollm2.run_with_cache(tokens)
        torch.testing.assert_close(smollm2(data.EIFFEL.text), logits)
        stack = [cache["resid_pre", 0], *(cache["resid_post", i] for i in range(30))]
        lens = smollm2.unembed(smollm2.ln_final(torch.stack(stack)[:, 0, -1]))
    log_p = lens.log_softmax(-1)
    ranks = (lens > lens[:, paris, None]).sum(-1).tolist()
    kl = (log_p[-1].exp() * (log_p[-1] - log_p)).sum(-1)
    # After block 0 it is far down, after block 27 and from then on first; figures of LABS.md.
    assert abs(ranks[1] - 13_616) < 50
    assert ranks.index(0) == 28
    assert ranks[28:] == [0, 0, 0]
    assert float(log_p[28, paris].exp()) == pytest.approx(0.46, abs=0.01)
    assert float(log_p[-1, paris].exp()) == pytest.approx(0.70, abs=0.01)
    assert float(kl[1]) == pytest.approx(25, abs=0.5)
    assert float(kl[-1]) == 0
