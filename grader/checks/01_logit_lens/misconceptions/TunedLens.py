"""Wrong tuned lenses that students write; only `forward` is theirs."""

import logit_lens_helpers as helpers
import torch
from torch import nn


class _Lens(nn.Module):
    """What the exercise gives: the parameters, the buffers, and a norm."""

    def __init__(self, model):
        super().__init__()
        n_layers, d_model = model.cfg.n_layers, model.cfg.d_model
        gamma, beta, eps = helpers.norm_weights(model)
        W_U, b_U = helpers.unembedding(model)
        self.delta = nn.Parameter(torch.zeros(n_layers, d_model, d_model, dtype=W_U.dtype))
        self.bias = nn.Parameter(torch.zeros(n_layers, d_model, dtype=W_U.dtype))
        for name, value in (("gamma", gamma), ("beta", beta), ("W_U", W_U), ("b_U", b_U)):
            self.register_buffer(name, None if value is None else value.detach().clone())
        self.eps = eps

    def _norm(self, x):
        if self.beta is None:
            return x / (x.square().mean(-1, keepdim=True) + self.eps).sqrt() * self.gamma
        x = x - x.mean(-1, keepdim=True)
        normalised = x / (x.square().mean(-1, keepdim=True) + self.eps).sqrt()
        return normalised * self.gamma + self.beta

    def _translate(self, h, layer):
        return h + h @ self.delta[layer].T + self.bias[layer]

    def _unembed(self, x):
        return x @ self.W_U + self.b_U


class TranslatorAfterTheNorm(_Lens):
    """You translate after the final norm: the translator comes first, so that the norm sees what
    the last layer would have held."""

    def forward(self, h, layer):
        return self._unembed(self._translate(self._norm(h), layer))


class BiasAfterTheNorm(_Lens):
    """You add the translator's bias after the final norm: it belongs to the translated vector,
    before the norm."""

    def forward(self, h, layer):
        return self._unembed(self._norm(h + h @ self.delta[layer].T) + self.bias[layer])


class OneTranslatorForAll(_Lens):
    """You use the first layer's translator for every layer: each layer has its own,
    `delta[layer]` and `bias[layer]`."""

    def forward(self, h, layer):
        return self._unembed(self._norm(self._translate(h, 0)))


class LayerBefore(_Lens):
    """You use the translator of the layer before: `stack[layer]` goes with `delta[layer]`."""

    def forward(self, h, layer):
        return self._unembed(self._norm(self._translate(h, layer - 1)))


class MatrixTransposed(_Lens):
    """Your translator is transposed: `h @ delta` multiplies from the wrong side. The vectors are
    rows here, so (delta h) is `h @ delta.T`."""

    def forward(self, h, layer):
        h = h + h @ self.delta[layer] + self.bias[layer]
        return self._unembed(self._norm(h))


class IdentityLeftOut(_Lens):
    """You leave out the identity: A = I + delta, so h itself stays in the sum."""

    def forward(self, h, layer):
        return self._unembed(self._norm(h @ self.delta[layer].T + self.bias[layer]))


class IdentityTwice(_Lens):
    """You add h twice: A = I + delta holds it already."""

    def forward(self, h, layer):
        return self._unembed(self._norm(h + self._translate(h, layer)))


class BiasLeftOut(_Lens):
    """You leave out the translator's bias: A h + bias."""

    def forward(self, h, layer):
        return self._unembed(self._norm(h + h @ self.delta[layer].T))


class BiasSubtracted(_Lens):
    """You subtract the translator's bias: it is added."""

    def forward(self, h, layer):
        return self._unembed(self._norm(h + h @ self.delta[layer].T - self.bias[layer]))


class BiasTranslatedToo(_Lens):
    """You add the bias before you multiply: A h + bias, not A (h + bias)."""

    def forward(self, h, layer):
        h = h + self.bias[layer]
        return self._unembed(self._norm(h + h @ self.delta[layer].T))


class TranslatorIgnored(_Lens):
    """Your lens never uses `delta` and `bias`: it stays the logit lens however long it trains."""

    def forward(self, h, layer):
        return self._unembed(self._norm(h))


class NoNorm(_Lens):
    """Your tuned lens skips the final norm: translate, then norm, then unembed."""

    def forward(self, h, layer):
        return self._unembed(self._translate(h, layer))


class GammaLeftOut(_Lens):
    """You leave out the norm's `gamma`."""

    def forward(self, h, layer):
        x = self._translate(h, layer)
        if self.beta is not None:
            x = x - x.mean(-1, keepdim=True)
        x = x / (x.square().mean(-1, keepdim=True) + self.eps).sqrt()
        return self._unembed(x if self.beta is None else x + self.beta)


class AlwaysRmsNorm(_Lens):
    """You use RMSNorm for every model: where there is a `beta` it is a LayerNorm, which subtracts
    the mean and adds `beta`."""

    def forward(self, h, layer):
        x = self._translate(h, layer)
        x = x / (x.square().mean(-1, keepdim=True) + self.eps).sqrt()
        return self._unembed(x * self.gamma)


class BetaLeftOut(_Lens):
    """You leave out `beta`, the shift of a LayerNorm."""

    def forward(self, h, layer):
        x = self._norm(self._translate(h, layer))
        return self._unembed(x if self.beta is None else x - self.beta)


class EpsOfOnesOwn(_Lens):
    """You use an eps of your own: `self.eps` is the model's."""

    def forward(self, h, layer):
        self.eps = 1e-5
        return self._unembed(self._norm(self._translate(h, layer)))


class BiasOfTheUnembeddingLeftOut(_Lens):
    """You leave out `b_U`, the unembedding's bias."""

    def forward(self, h, layer):
        return self._norm(self._translate(h, layer)) @ self.W_U


class LogProbabilities(_Lens):
    """You return log-probabilities: a lens gives logits, the loss takes the softmax."""

    def forward(self, h, layer):
        return self._unembed(self._norm(self._translate(h, layer))).log_softmax(-1)
