"""Training lab 03's two-layer attention-only transformer, which comes to continue repetitions."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional
from tqdm.auto import tqdm

from labkit.targets import networks
from labkit.targets.record import Target

NAME = "induction"
BLOCKS, WIDTH, VOCAB, LONGEST = 2, 64, 72, 81
STEPS, BATCH, LR = 600, 32, 5e-3
"""As lab 03 trains it: 600 batches of 32 sequences, halves of 16 to 40 tokens, Adam."""


def untrained(seed: int) -> Target:
    """Draw the network that training starts from, as lab 03's helper does; biases are 0."""
    dice = torch.Generator().manual_seed(seed)
    weights, constants = {}, {}

    def draw(rows: int, columns: int, size: float) -> Tensor:
        return size * torch.randn(rows, columns, generator=dice)

    for block in range(BLOCKS):
        for name in "qkvo":
            weights[f"{name}{block}"] = draw(WIDTH, WIDTH, WIDTH**-0.5)
            constants[f"{name}{block}.bias"] = torch.zeros(WIDTH)
    constants["embed"] = draw(VOCAB, WIDTH, 0.3)
    constants["pos"] = draw(LONGEST, WIDTH, 0.3)
    constants["unembed"] = draw(VOCAB, WIDTH, WIDTH**-0.5)
    constants["unembed.bias"] = torch.zeros(VOCAB)
    return Target(NAME, "attention", weights, constants)


def train(seed: int = 0, steps: int = STEPS) -> Target:
    """Train it on the losses of the second half, on one thread, in about 20 s."""
    target = untrained(seed)
    trained = [*target.weights.values(), *target.constants.values()]
    for tensor in trained:
        tensor.requires_grad_()
    adam = torch.optim.Adam(trained, lr=LR)
    generator = torch.Generator().manual_seed(seed + 1)
    for _ in tqdm(range(steps), desc=NAME, leave=False, mininterval=1):
        n = int(torch.randint(16, 41, (), generator=generator))
        tokens = networks.repeated_tokens(n, BATCH, VOCAB, generator)
        adam.zero_grad()
        second_half_loss(target.forward(tokens, target.layers()), tokens).backward()  # type: ignore[no-untyped-call]
        adam.step()
    for tensor in trained:
        tensor.requires_grad_(False)
    return target


def second_half_loss(logits: Tensor, tokens: Tensor) -> Tensor:
    """Return the mean of -ln p of the second half's tokens but the first, in nats."""
    n = tokens.shape[1] // 2
    return functional.cross_entropy(
        logits[:, n + 1 : -1].flatten(0, 1), tokens[:, n + 2 :].flatten()
    )
