"""Wrong lenses that students write."""

import logit_lens_helpers as helpers
import torch


def _norm(x, gamma, beta, eps):
    if beta is None:
        return x / (x.square().mean(-1, keepdim=True) + eps).sqrt() * gamma
    x = x - x.mean(-1, keepdim=True)
    return x / (x.square().mean(-1, keepdim=True) + eps).sqrt() * gamma + beta


def _lens(stack, model):
    W_U, b_U = helpers.unembedding(model)
    return _norm(stack, *helpers.norm_weights(model)) @ W_U + b_U


def no_norm(stack, model):
    """Your lens skips the final norm: the unembedding was trained to read normalised vectors, so
    early layers come out as junk."""
    W_U, b_U = helpers.unembedding(model)
    return stack @ W_U + b_U


def last_layers_scale_for_all(stack, model):
    """You divide every layer by the last layer's scale (the one in the cache): right at the last
    layer only. Take the norm of each layer afresh."""
    gamma, beta, eps = helpers.norm_weights(model)
    W_U, b_U = helpers.unembedding(model)
    centred = stack if beta is None else stack - stack.mean(-1, keepdim=True)
    scale = (centred[-1].square().mean(-1, keepdim=True) + eps).sqrt()
    normalised = centred / scale * gamma
    return (normalised if beta is None else normalised + beta) @ W_U + b_U


def statistics_over_the_layers(stack, model):
    """You take the norm's statistics over the layers: each vector is normalised over d_model."""
    gamma, beta, eps = helpers.norm_weights(model)
    W_U, b_U = helpers.unembedding(model)
    centred = stack if beta is None else stack - stack.mean(0, keepdim=True)
    normalised = centred / (centred.square().mean(0, keepdim=True) + eps).sqrt() * gamma
    return (normalised if beta is None else normalised + beta) @ W_U + b_U


def gamma_dropped(stack, model):
    """You leave out the norm's `gamma`: it weighs the coordinates before the unembedding."""
    gamma, beta, eps = helpers.norm_weights(model)
    W_U, b_U = helpers.unembedding(model)
    return _norm(stack, torch.ones_like(gamma), beta, eps) @ W_U + b_U


def beta_dropped(stack, model):
    """You leave out `beta`, the shift of a LayerNorm model's final norm."""
    gamma, beta, eps = helpers.norm_weights(model)
    W_U, b_U = helpers.unembedding(model)
    shift = None if beta is None else torch.zeros_like(beta)
    return _norm(stack, gamma, shift, eps) @ W_U + b_U


def always_rms_norm(stack, model):
    """You use RMSNorm for every model: a model with a `beta` has a LayerNorm, which subtracts the
    mean and adds `beta`."""
    gamma, _, eps = helpers.norm_weights(model)
    W_U, b_U = helpers.unembedding(model)
    return _norm(stack, gamma, None, eps) @ W_U + b_U


def always_layer_norm(stack, model):
    """You subtract the mean for every model: an RMSNorm model (no `beta`) does not."""
    gamma, beta, eps = helpers.norm_weights(model)
    W_U, b_U = helpers.unembedding(model)
    shift = torch.zeros_like(gamma) if beta is None else beta
    return _norm(stack, gamma, shift, eps) @ W_U + b_U


def eps_of_ones_own(stack, model):
    """You use an eps of your own: take the model's, `helpers.norm_weights` returns it."""
    gamma, beta, _ = helpers.norm_weights(model)
    W_U, b_U = helpers.unembedding(model)
    return _norm(stack, gamma, beta, 1e-5) @ W_U + b_U


def normalised_twice(stack, model):
    """You apply the final norm twice."""
    weights = helpers.norm_weights(model)
    W_U, b_U = helpers.unembedding(model)
    return _norm(_norm(stack, *weights), *weights) @ W_U + b_U


def unembedding_transposed(stack, model):
    """You transpose `W_U`: it is stored as [d_model, vocab], so `normalised @ W_U` is right."""
    W_U, b_U = helpers.unembedding(model)
    return _norm(stack, *helpers.norm_weights(model)) @ W_U.T + b_U


def embedding_for_unembedding(stack, model):
    """You unembed with the embedding matrix: in this model the two are not tied, use `W_U`."""
    _, b_U = helpers.unembedding(model)
    return _norm(stack, *helpers.norm_weights(model)) @ model.W_E.T + b_U


def bias_of_the_unembedding_dropped(stack, model):
    """You leave out `b_U`, the unembedding's bias."""
    W_U, _ = helpers.unembedding(model)
    return _norm(stack, *helpers.norm_weights(model)) @ W_U


def probabilities(stack, model):
    """You return probabilities: the lens gives logits, before any softmax."""
    return _lens(stack, model).softmax(-1)


def log_probabilities(stack, model):
    """You return log-probabilities: the lens gives logits, before any softmax."""
    return _lens(stack, model).log_softmax(-1)


def softmax_over_positions(stack, model):
    """You apply a softmax over the positions: the lens gives logits, and a softmax would run over
    the vocabulary."""
    return _lens(stack, model).softmax(-2)


def final_logits_at_every_layer(stack, model):
    """Every layer of your lens is the last one: unembed `stack[layer]`, not `stack[-1]`."""
    return _lens(stack[-1], model).expand(len(stack), -1, -1, -1)


def embeddings_left_out(stack, model):
    """You leave out the stack's entry 0: the lens reads every entry, the embeddings too."""
    return _lens(stack[1:], model)


def what_each_block_adds(stack, model):
    """You read what each block adds: the lens reads the whole stream up to there."""
    return _lens(torch.cat([stack[:1], stack.diff(dim=0)]), model)


def normalises_in_place(stack, model):
    """You normalise the stack in place: the caller's residual stream is lost. Make a new
    tensor."""
    gamma, beta, eps = helpers.norm_weights(model)
    W_U, b_U = helpers.unembedding(model)
    if beta is not None:
        stack -= stack.mean(-1, keepdim=True)
    stack /= (stack.square().mean(-1, keepdim=True) + eps).sqrt()
    return (stack * gamma if beta is None else stack * gamma + beta) @ W_U + b_U


def gamma_folded_into_the_model(stack, model):
    """You multiply `gamma` into the model's own `W_U` in place: the model is a different one
    afterwards. Work on a copy."""
    gamma, beta, eps = helpers.norm_weights(model)
    W_U, b_U = helpers.unembedding(model)
    with torch.no_grad():
        shift = b_U if beta is None else b_U + beta @ W_U
        W_U *= gamma[:, None]
    ones = torch.ones_like(gamma)
    return _norm(stack, ones, None if beta is None else 0 * ones, eps) @ W_U + shift
