"""Other right ways to write random_direction_baseline."""

import random

import torch


def one_after_another(effect, w, n, seed):
    """A loop with one generator, drawn in float32 and brought to w's dtype."""
    generator = torch.Generator().manual_seed(seed)
    effects = torch.zeros(n)
    for i in range(n):
        v = torch.randn(len(w), generator=generator)
        effects[i] = float(effect((v / v.norm()).to(w.dtype) * w.norm()))
    return effects


def python_s_own_random(effect, w, n, seed):
    """Python's Gaussian numbers, and torch's normalize."""
    draw = random.Random(seed)
    effects = []
    for _ in range(n):
        v = torch.tensor([draw.gauss(0, 1) for _ in w], dtype=torch.float64)
        effects.append(effect((torch.nn.functional.normalize(v, dim=0) * w.norm()).to(w.dtype)))
    return torch.tensor([float(e) for e in effects])


def first_column_of_a_rotation(effect, w, n, seed):
    """The given direction itself, turned by a random rotation."""
    generator = torch.Generator().manual_seed(seed)
    effects = []
    for _ in range(n):
        q, r = torch.linalg.qr(
            torch.randn(len(w), len(w), generator=generator, dtype=torch.float64)
        )
        turned = (q * r.diagonal().sign()) @ w.double()
        effects.append(float(effect(turned.to(w.dtype))))
    return torch.tensor(effects, dtype=torch.float64)
