"""Other right ways to write TunedLens."""

import logit_lens_helpers as helpers
import torch
from torch import nn
from torch.nn import functional


class _Given(nn.Module):
    """What the exercise gives."""

    def __init__(self, model):
        super().__init__()
        n_layers, d_model = model.cfg.n_layers, model.cfg.d_model
        gamma, beta, eps = helpers.norm_weights(model)
        W_U, b_U = helpers.unembedding(model)
        self.delta = nn.Parameter(torch.zeros(n_layers, d_model, d_model, dtype=W_U.dtype))
        self.bias = nn.Parameter(torch.zeros(n_layers, d_model, dtype=W_U.dtype))
        self.register_buffer("gamma", gamma.detach().clone())
        self.register_buffer("beta", None if beta is None else beta.detach().clone())
        self.register_buffer("W_U", W_U.detach().clone())
        self.register_buffer("b_U", b_U.detach().clone())
        self.eps = eps


class BuiltIn(_Given):
    """torch's linear layer and norms."""

    def forward(self, h, layer):
        eye = torch.eye(h.shape[-1], dtype=h.dtype)
        x = functional.linear(h, eye + self.delta[layer], self.bias[layer])
        if self.beta is None:
            x = functional.rms_norm(x, x.shape[-1:], self.gamma, self.eps)
        else:
            x = functional.layer_norm(x, x.shape[-1:], self.gamma, self.beta, self.eps)
        return functional.linear(x, self.W_U.t(), self.b_U)


class EinsumInSinglePrecision(_Given):
    """einsum over named axes, in float32."""

    def forward(self, h, layer):
        h = h.float()
        x = h + torch.einsum("oi,...i->...o", self.delta[layer].float(), h)
        x = x + self.bias[layer].float()
        if self.beta is not None:
            x = x - x.mean(-1, keepdim=True)
        x = x * torch.rsqrt((x * x).mean(-1, keepdim=True) + self.eps) * self.gamma.float()
        if self.beta is not None:
            x = x + self.beta.float()
        return torch.einsum("...d,dv->...v", x, self.W_U.float()) + self.b_U.float()


class Columns(_Given):
    """Every vector as a column: (I + delta) @ h, with the rest folded into the unembedding."""

    def forward(self, h, layer):
        translator = torch.eye(h.shape[-1], dtype=h.dtype) + self.delta[layer]
        x = (translator @ h.unsqueeze(-1)).squeeze(-1) + self.bias[layer]
        readout, shift = self.gamma.unsqueeze(-1) * self.W_U, self.b_U
        if self.beta is None:
            size = x.pow(2).mean(-1, keepdim=True)
        else:
            x = x - x.mean(-1, keepdim=True)
            size = x.var(-1, keepdim=True, correction=0)
            shift = shift + self.beta @ self.W_U
        return (x @ readout) / torch.sqrt(size + self.eps) + shift


class LayerObjects(_Given):
    """nn.Linear objects that share the given parameters, chosen by a tensor index."""

    def forward(self, h, layer):
        index = torch.tensor([layer])
        delta = self.delta.index_select(0, index)[0]
        flat = h.reshape(-1, h.shape[-1])
        flat = torch.addmm(flat + self.bias[index], flat, delta.t())
        norm = nn.RMSNorm(flat.shape[-1], eps=self.eps)
        if self.beta is not None:
            norm = nn.LayerNorm(flat.shape[-1], eps=self.eps)
            norm.bias = None
        norm.weight = None
        flat = norm(flat) * self.gamma + (0 if self.beta is None else self.beta)
        return (flat @ self.W_U + self.b_U).reshape(*h.shape[:-1], -1)
