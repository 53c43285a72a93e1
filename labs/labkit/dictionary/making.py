"""The steps of ``python -m labkit.dictionary`` after the text: train, compare, print figures."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from labkit import models
from labkit.dictionary import shipped
from labkit.dictionary.activations import harvest
from labkit.dictionary.gradients import Parameters
from labkit.dictionary.measuring import (
    Autoencoder,
    Fidelity,
    Losses,
    fidelity,
    held_out_stream,
    losses,
)
from labkit.dictionary.shipping import HELD_OUT, held_out, save, save_held_out
from labkit.dictionary.training import Plan, Trained, train_relu, train_topk

FIDELITY_TEXTS, LOSS_TEXTS = 100, 24
"""Held-out texts that the figures are measured on, so that it takes a minute."""
COMPARED_EPOCHS = 1.0
"""Of the two runs that are compared: a ReLU step costs three times a TopK step."""
_HERE = Path(__file__).parent


def train(plan: Plan, threads: int = 1) -> None:
    """Train the dictionary on all shards not held out and write everything that ships.

    On one thread the same shards give the same dictionary, bit for bit.
    """
    torch.set_num_threads(threads)
    acts = _training_activations()
    trained = train_topk(acts, plan)
    save(trained.parameters, shipped.folder(), k=plan.k, layer=shipped.LAYER)
    save_held_out(held_out(), _HERE / "held_out.gz")
    command = f"python -m labkit.dictionary train --epochs {plan.epochs:g}"
    _note("dictionary", command, plan, trained, len(acts))


def compare(plan: Plan, threads: int = 1) -> None:
    """Train TopK and ReLU on the same tokens for `COMPARED_EPOCHS` and store their figures.

    The ReLU one is not shipped: it would double the package's size.
    """
    torch.set_num_threads(threads)
    acts = _training_activations()
    short = replace(plan, epochs=COMPARED_EPOCHS)
    runs = {"topk_short": train_topk(acts, short), "relu_short": train_relu(acts, short)}
    coders = [_topk(runs["topk_short"].parameters), _relu(runs["relu_short"].parameters)]
    measured, loss = _measure(coders)
    for name, trained in runs.items():
        _note(
            name, "python -m labkit.dictionary compare", short, trained, len(acts),
            held_out=asdict(measured[name]), losses=asdict(loss),
        )  # fmt: skip


def print_figures() -> None:
    """Measure the shipped dictionary and an untrained one; print them beside the stored runs."""
    parts = shipped.weights()
    coders = [
        Autoencoder("shipped", shipped.encode, parts["W_dec"], parts["b_dec"]),
        _untrained(parts),
    ]
    measured, loss = _measure(coders)
    print(f"{shipped.HOOK}, {len(parts['W_dec'])} latents, held-out text\n")
    print(f"loss: {loss.clean:.3f} nats; mean ablated {loss.mean:.3f}, zeros {loss.zero:.3f}\n")
    print(_HEADER)
    for name, found in measured.items():
        print(_row(name, found, loss))
    stored = shipped.figures()
    for name in ("topk_short", "relu_short"):
        if name in stored:
            run = stored[name]
            print(_row(name, Fidelity(**run["held_out"]), Losses(**run["losses"])))
    print()
    for name, run in stored.items():
        print(
            f"{name}: `{run['command']}`, {run['tokens']:,} tokens x {run['plan']['epochs']:g} "
            f"epochs; in training FVU {run['fvu']:.3f}, L0 {run['l0']:.1f}, dead {run['dead']:.1%} "
            f"(none of the last {run['plan']['window']:,} tokens)"
        )


_HEADER = (
    f"{'':12}{'L0':>8}{'FVU':>8}{'explained':>11}{'loss':>8}"
    f"{'recovered/mean':>16}{'recovered/zero':>16}{'silent':>9}"
)


def _row(name: str, found: Fidelity, loss: Losses) -> str:
    return (
        f"{name:12}{found.l0:8.1f}{found.fvu:8.3f}{1 - found.fvu:11.3f}{loss.spliced[name]:8.3f}"
        f"{loss.recovered(name, loss.mean):16.3f}{loss.recovered(name, loss.zero):16.3f}"
        f"{found.silent:9.1%}"
    )


def _measure(coders: list[Autoencoder]) -> tuple[dict[str, Fidelity], Losses]:
    model = models.load("smollm2")
    tokens = shipped.tokens()
    x = held_out_stream(model, tokens[:FIDELITY_TEXTS], shipped.LAYER)
    measured = {coder.name: fidelity(coder, x) for coder in coders}
    return measured, losses(model, tokens[:LOSS_TEXTS], shipped.LAYER, coders, x.mean(dim=0))


def _topk(p: Parameters) -> Autoencoder:
    parts = {"W_enc": p.encoder.T, "b_enc": p.b_enc, "W_dec": p.decoder, "b_dec": p.b_dec}
    return Autoencoder("topk_short", lambda x: shipped.encode(x, parts), p.decoder, p.b_dec)


def _relu(p: Parameters) -> Autoencoder:
    def encode(x: Tensor) -> Tensor:
        return torch.relu((x - p.b_dec) @ p.encoder.T + p.b_enc)

    return Autoencoder("relu_short", encode, p.decoder, p.b_dec)


def _untrained(parts: dict[str, Tensor]) -> Autoencoder:
    """Return random directions that read what they write, as training begins."""
    generator = torch.Generator().manual_seed(0)
    decoder = torch.randn(parts["W_dec"].shape, generator=generator)
    decoder = torch.nn.functional.normalize(decoder, dim=1)
    p = Parameters(decoder, torch.zeros(len(decoder)), decoder, parts["b_dec"])
    return replace(_topk(p), name="untrained")


def _training_activations() -> Tensor:
    files = harvest(models.load("smollm2"), shipped.LAYER)
    kept = [file for file in files if int(file.stem.partition("_")[2]) not in HELD_OUT]
    acts = torch.cat([load_file(file)["acts"] for file in kept])
    return acts[shipped.ordinary(acts)]


def _note(name: str, command: str, plan: Plan, trained: Trained, tokens: int, **more: Any) -> None:
    """Write a run's figures into ``figures.json``, beside those of the other runs."""
    file = _HERE / "figures.json"
    stored = json.loads(file.read_text()) if file.exists() else {}
    run = {"fvu": trained.fvu, "l0": trained.l0, "dead": trained.dead, "steps": trained.steps}
    stored[name] = {"command": command, "tokens": tokens, "plan": asdict(plan), **run, **more}
    file.write_text(json.dumps(stored, indent=1) + "\n")
