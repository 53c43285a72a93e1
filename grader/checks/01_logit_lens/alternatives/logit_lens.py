"""Other right ways to write logit_lens."""

import logit_lens_helpers as helpers
import torch
from torch.nn import functional


def the_models_own_modules(stack, model):
    """The model's own final norm and unembedding, layer by layer."""
    with torch.no_grad():
        return torch.stack([model.unembed(model.ln_final(layer)) for layer in stack])


def built_in_norms(stack, model):
    """torch's norms and a linear layer, with gradients left on."""
    gamma, beta, eps = helpers.norm_weights(model)
    W_U, b_U = helpers.unembedding(model)
    size = gamma.shape
    if beta is None:
        normalised = functional.rms_norm(stack, size, gamma, eps)
    else:
        normalised = functional.layer_norm(stack, size, gamma, beta, eps)
    return functional.linear(normalised, W_U.transpose(0, 1), b_U)


@torch.inference_mode()
def folded_and_in_single_precision(stack, model):
    """gamma and beta folded into the unembedding, einsum, all in float32."""
    gamma, beta, eps = helpers.norm_weights(model)
    W_U, b_U = helpers.unembedding(model)
    x = stack.float()
    if beta is not None:
        x = x - x.mean(dim=-1, keepdim=True)
        b_U = b_U + beta @ W_U
    x = x * (x.pow(2).mean(dim=-1, keepdim=True) + eps).rsqrt()
    folded = (gamma[:, None] * W_U).float()
    return torch.einsum("lbsd,dv->lbsv", x, folded) + b_U.float()


def through_the_model_with_hooks(stack, model):
    """Put each layer where the last block ends and let the model go on from there."""
    tokens = torch.zeros(stack.shape[1:3], dtype=torch.int64)
    name = f"blocks.{model.cfg.n_layers - 1}.hook_resid_post"
    layers = []
    for layer in stack:
        hooks = [(name, lambda resid, hook, layer=layer: layer)]
        layers.append(model.run_with_hooks(tokens, fwd_hooks=hooks).detach())
    return torch.stack(layers)
