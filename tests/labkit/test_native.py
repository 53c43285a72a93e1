"""Models of one shape come from one mould: nothing done to one of them may show in another."""

from __future__ import annotations

import gc
import types
from collections.abc import Callable
from typing import Any

import pytest
import torch
from labkit import models, native
from torch import nn
from transformer_lens.model_bridge import TransformerBridge

CONFIG = native.config_of(models.random(0, n_layers=2))
TOKENS = torch.arange(10).view(2, 5)


def _fresh() -> TransformerBridge:
    weights = native.parameters(models.random(3, n_layers=2))
    return native.boot(CONFIG, {name: p.detach() for name, p in weights.items()})


def _hook(model: TransformerBridge) -> None:
    model.add_hook("blocks.0.hook_resid_pre", lambda x, hook: x * 0)


def _torch_hook(model: TransformerBridge) -> None:
    model.ln_final.register_forward_hook(lambda module, args, out: out * 0)


def _weights(model: TransformerBridge) -> None:
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()


def _no_grad(model: TransformerBridge) -> None:
    model.requires_grad_(False)


def _training(model: TransformerBridge) -> None:
    model.train()


def _gradients(model: TransformerBridge) -> None:
    model(TOKENS).sum().backward()


def _config(model: TransformerBridge) -> None:
    model.cfg.eps, model.cfg.n_layers = 9.0, 7


def _wider(model: TransformerBridge) -> None:
    model.to(torch.float64)


def _taken_apart(model: TransformerBridge) -> None:
    model.unembed = nn.Identity()
    del model.blocks[1]


def _compatible(model: TransformerBridge) -> None:
    model.enable_compatibility_mode()


def _run_inside(model: TransformerBridge) -> None:
    with model.hooks(fwd_hooks=[("blocks.0.hook_resid_pre", lambda x, hook: x * 0)]):
        model.run_with_cache(TOKENS)
    model.run_with_hooks(TOKENS, fwd_hooks=[("hook_embed", lambda x, hook: x * 0)])


CHANGES = [
    _hook, _torch_hook, _weights, _no_grad, _training, _gradients, _config, _wider, _taken_apart,
    _compatible, _run_inside,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: str(change.__name__))
def test_a_change_of_one_model_shows_in_no_other(
    change: Callable[[TransformerBridge], None],
) -> None:
    # The oracle is a model that TransformerLens built itself, outside the mould.
    weights = {name: p.detach().clone() for name, p in native.parameters(_fresh()).items()}
    built = native._build(CONFIG, torch.float32)
    native.load(built, weights)
    names = set(dict(built.named_modules()))
    expected, cache = built.run_with_cache(TOKENS)
    earlier = _fresh()
    change(_fresh())
    for model in (earlier, _fresh()):
        assert set(dict(model.named_modules())) == names
        assert native.config_of(model) == CONFIG
        assert all(p.requires_grad and p.grad is None for p in model.parameters())
        assert not any(module.training for module in model.modules())
        assert not any(module._forward_hooks for module in model.modules())
        logits, own = model.run_with_cache(TOKENS)
        assert torch.equal(logits, expected)
        assert set(own) == set(cache)
        assert all(torch.equal(own[name], cache[name]) for name in cache)
        logits.sum().backward()
        built.zero_grad(set_to_none=True)
        built(TOKENS).sum().backward()
        pairs = zip(model.parameters(), built.parameters(), strict=True)
        assert all(torch.equal(a.grad, b.grad) for a, b in pairs)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "config",
    [
        {"normalization_type": norm, "attn_only": attn_only, "positional_embedding_type": where}
        for norm in ("RMS", "LN", None)
        for attn_only in (True, False)
        for where in ("standard", "rotary")
    ],
    ids=lambda config: "-".join(map(str, config.values())),
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_no_changing_object_is_in_two_models(config: dict[str, Any], dtype: torch.dtype) -> None:
    """Whatever can be reached from one model, through closures too, is not reached from others."""
    one, other = (models.random(0, dtype=dtype, n_layers=1, **config) for _ in range(2))
    for model in (one, other):
        model.run_with_cache(TOKENS)
    reached = _reached(one)
    both = [reached[number] for number in reached.keys() & _reached(other).keys()]
    assert len(reached) > 1000
    assert not [thing for thing in both if isinstance(thing, nn.Module | torch.Tensor)]
    assert not [thing for thing in both if isinstance(thing, list | dict | set) and thing]


def _reached(root: object) -> dict[int, object]:
    found: dict[int, object] = {}
    waiting: list[object] = [root]
    while waiting:
        thing = waiting.pop()
        if id(thing) in found or isinstance(thing, type | types.ModuleType | types.CodeType):
            continue
        found[id(thing)] = thing
        if isinstance(thing, types.FunctionType):
            waiting += [cell.cell_contents for cell in thing.__closure__ or ()]
        else:
            waiting += gc.get_referents(thing)
    return found


def test_a_shape_is_built_once_whatever_its_config_leaves_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(native, "_moulds", {})
    monkeypatch.setattr(native, "_shapes", {})
    built = []
    build = native._build
    monkeypatch.setattr(native, "_build", lambda *args: built.append(args) or build(*args))
    first = models.random(0, n_layers=1)
    models.random(1, n_layers=1)
    native.boot(native.config_of(first))
    assert len(built) == 1
    native.boot(native.config_of(first), dtype=torch.float64)
    models.random(1, n_layers=1, eps=0.5)
    assert len(built) == 3
    full = native.config_of(first)
    assert native.booted() == [
        (full, "float32"), (full, "float64"), ({**full, "eps": 0.5}, "float32")
    ]  # fmt: skip

    told = native.booted()
    native._moulds.clear()
    native._shapes.clear()
    native.warm([*told, *told])
    assert len(built) == 6
    assert native.booted() == told
    native.boot(full)
    assert len(built) == 6


def test_moulds_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "_moulds", {})
    monkeypatch.setattr(native, "_shapes", {})
    monkeypatch.setattr(native, "_MOST", 4)
    for size in range(3, 9):
        model = models.random(0, n_layers=1, d_vocab=size)
        assert model.cfg.d_vocab == size
    assert len(native._moulds) <= 4
    assert [config["d_vocab"] for config, _ in native.booted()] == [7, 8]


def test_booting_leaves_the_random_state() -> None:
    native.boot({**CONFIG, "d_vocab": 11})
    state = torch.random.get_rng_state()
    native.boot({**CONFIG, "d_vocab": 12})
    native.boot({**CONFIG, "d_vocab": 12})
    assert torch.equal(state, torch.random.get_rng_state())


@pytest.mark.parametrize(
    "config",
    [{}, {"normalization_type": "LN", "attn_only": True}, {"gated_mlp": True, "n_layers": 1}],
    ids=str,
)
def test_parameters_are_torchs_own_without_the_bridges_names(config: dict[str, Any]) -> None:
    model = models.random(0, **config)
    torchs = {
        name.replace("._original_component", ""): parameter
        for name, parameter in model.original_model.named_parameters()
    }
    ours = native.parameters(model)
    assert list(ours) == list(torchs)
    assert all(ours[name] is torchs[name] for name in torchs)


def test_what_was_made_flat_pours_back() -> None:
    model, other = models.random(1, n_layers=2), models.random(2, n_layers=2)
    weights = native.flat(model)
    assert weights.shape == (sum(p.numel() for p in model.parameters()),)
    native.pour(other, weights)
    assert torch.equal(other(TOKENS), model(TOKENS))
    weights.zero_()  # a copy: neither hears of it
    assert torch.equal(other(TOKENS), model(TOKENS))
    assert model(TOKENS).any()
    for wrong in (weights[1:], torch.cat([weights, weights[:1]]), weights[None]):
        with pytest.raises(ValueError, match="does not fit"):
            native.pour(other, wrong)
