"""Trains the dictionary, and the ReLU baseline beside it, on activations kept by `activations`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor
from tqdm import tqdm

from labkit.dictionary.gradients import Parameters, Step, relu_step, strongest, topk_step

Take = Callable[[Tensor, Parameters], Step]


@dataclass(frozen=True)
class Plan:
    """The settings of a run; a step is a batch, and counts of tokens are turned into steps.

    Attributes:
        latents: size of the dictionary.
        k: latents a token, exactly (TopK) or on average (ReLU, whose penalty is steered to it).
        epochs: passes over the activations.
        batch: tokens of a step.
        rate: Adam's largest step size, for activations scaled to mean square 1 a coordinate.
        warm_up, decay: share of the steps in which the rate rises from 0, falls to 0.
        window: a latent that fired for none of so many tokens is dead.
        revive: how many dead latents a token is given to explain what the others leave, and
        pull: how much that counts (Gao et al. 2024, arXiv 2406.04093, section 2.4, has 1/32).
        seed: of the decoder's directions and of the order of tokens.
    """

    latents: int = 8192
    k: int = 32
    epochs: float = 4
    batch: int = 1024
    rate: float = 1e-3
    warm_up: float = 0.05
    decay: float = 0.4
    window: int = 200_000
    revive: int = 64
    pull: float = 1 / 32
    seed: int = 0


@dataclass(frozen=True)
class Trained:
    """What came out: parameters for activations as they are, and what the end of the run showed.

    Attributes:
        parameters: decoder rows have norm 1, so a latent's value is a length in the stream.
        fvu: of the training tokens, over the last tenth of the run.
        l0: likewise.
        dead: share of latents that fired for none of the last ``window`` tokens.
        steps: number of batches.
    """

    parameters: Parameters
    fvu: float
    l0: float
    dead: float
    steps: int


def train_topk(acts: Float[Tensor, "token d_model"], plan: Plan) -> Trained:
    """Train a TopK autoencoder: |x - x_hat|^2, and the auxiliary loss for dead latents."""

    def take(x: Tensor, p: Parameters) -> Step:
        return topk_step(x, p, strongest(x, p, plan.k))

    return _train(acts, plan, take)


def train_relu(acts: Float[Tensor, "token d_model"], plan: Plan) -> Trained:
    """Train a ReLU autoencoder with an L1 penalty that is steered until L0 is ``plan.k``."""
    penalty = 1.0

    def take(x: Tensor, p: Parameters) -> Step:
        nonlocal penalty
        step = relu_step(x, p, penalty)
        # A factor of at most 1.02 a step: fast enough for a run, too slow to follow one batch.
        penalty *= min(max((step.l0 / plan.k) ** 0.02, 0.98), 1.02)
        return step

    # Half of the latents fire at first: together they are to write x once, not many times over.
    gain = min(1.0, 2 * acts.shape[1] / plan.latents)
    return _train(acts, replace(plan, revive=0), take, gain)


def _train(acts: Tensor, plan: Plan, take: Take, gain: float = 1.0) -> Trained:
    generator = torch.Generator().manual_seed(plan.seed)
    mean, scale = _moments(acts)
    p = _start(plan, mean / scale, generator)
    p.encoder *= gain
    adam = torch.optim.Adam(p.tensors(), lr=plan.rate, betas=(0.9, 0.999), fused=True)
    batches = len(acts) // plan.batch
    steps = int(batches * plan.epochs)
    rate = torch.optim.lr_scheduler.LambdaLR(adam, lambda step: _rate(step / steps, plan))
    silent = torch.zeros(plan.latents, dtype=torch.long)  # tokens since it fired
    order = torch.empty(0, dtype=torch.long)
    error = variance = l0 = 0.0
    late = 0
    bar = tqdm(range(steps), desc="train", unit="step", mininterval=1)
    for number in bar:
        if number % batches == 0:
            order = torch.randperm(len(acts), generator=generator)
        rows = order[(number % batches) * plan.batch :][: plan.batch]
        x = acts[rows].float() / scale
        step = take(x, p)
        silent = torch.where(step.fired, 0, silent + plan.batch)
        dead = silent >= plan.window
        if plan.revive and dead.any():
            _add_revival(x, p, step, dead, plan)
        for parameter, gradient in zip(p.tensors(), step.gradients.tensors(), strict=True):
            parameter.grad = gradient
        _keep_tangent(p.decoder)
        adam.step()
        rate.step()
        torch.nn.functional.normalize(p.decoder, dim=1, out=p.decoder)
        if number % 50 == 0 or number >= int(0.9 * steps):
            share = (step.error.pow(2).sum() / (x - mean / scale).pow(2).sum()).item()
            bar.set_postfix(fvu=f"{share:.3f}", l0=f"{step.l0:.1f}", dead=int(dead.sum()))
        if number >= int(0.9 * steps):
            late += 1
            error += step.error.pow(2).sum().item()
            variance += (x - mean / scale).pow(2).sum().item()
            l0 += step.l0
    for parameter in p.tensors():
        parameter.grad = None
    folded = replace(p, b_enc=p.b_enc * scale, b_dec=p.b_dec * scale)
    return Trained(folded, error / variance, l0 / late, dead.float().mean().item(), steps)


def _moments(acts: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean and the root mean square of a coordinate about it."""
    total, square = torch.zeros(acts.shape[1]), torch.zeros(acts.shape[1])
    for part in torch.split(acts, 65536):
        total += part.float().sum(dim=0)
    mean = total / len(acts)
    for part in torch.split(acts, 65536):
        square += (part.float() - mean).pow(2).sum(dim=0)
    return mean, (square / len(acts)).mean().sqrt()


def _start(plan: Plan, b_dec: Tensor, generator: torch.Generator) -> Parameters:
    """Begin with random directions, and each latent reading the direction that it writes."""
    decoder = torch.randn(plan.latents, len(b_dec), generator=generator)
    decoder = torch.nn.functional.normalize(decoder, dim=1)
    return Parameters(decoder.clone(), torch.zeros(plan.latents), decoder, b_dec.clone())


def _rate(done: float, plan: Plan) -> float:
    return max(0.0, min(1.0, done / plan.warm_up if plan.warm_up else 1.0, (1 - done) / plan.decay))


def _add_revival(x: Tensor, p: Parameters, step: Step, dead: Tensor, plan: Plan) -> None:
    """Let dead latents learn what the living leave over; their gradients are all this adds."""
    among = dead.nonzero()[:, 0]
    chosen = strongest(x, p, min(plan.revive, len(among)), among)
    revived = topk_step(x, p, chosen, target=-step.error)
    for gradient, more in zip(step.gradients.tensors(), revived.gradients.tensors(), strict=True):
        gradient.add_(more, alpha=plan.pull)


def _keep_tangent(decoder: Tensor) -> None:
    """Take out of the gradient what would change the norm of a row, which is set to 1 anyway."""
    assert decoder.grad is not None
    decoder.grad -= (decoder.grad * decoder).sum(dim=1, keepdim=True) * decoder
