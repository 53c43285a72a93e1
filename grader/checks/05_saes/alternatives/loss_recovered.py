"""Other right ways to write loss_recovered."""

import torch
from torch.nn import functional


def with_a_cache(model, tokens, hook_name, reconstruct):
    """All three activations are made first, from one cached run."""
    losses = []
    with torch.no_grad():
        logits, cache = model.run_with_cache(tokens)
        x = cache[hook_name]
        runs = [logits]
        for value in (reconstruct(x), x.flatten(0, -2).mean(0).repeat(*x.shape[:-1], 1)):
            hooks = [(hook_name, lambda _, hook, value=value: value)]
            runs.append(model.run_with_hooks(tokens, fwd_hooks=hooks))
        for run in runs:
            losses.append(functional.cross_entropy(run[:, :-1].mT, tokens[:, 1:]).item())
    clean, spliced, base = losses
    return 1 - (spliced - clean) / (base - clean)


def with_the_context(model, tokens, hook_name, reconstruct):
    """The model's hooks context, log-probabilities by hand; a tensor comes back."""

    def loss(function=None):
        hooks = [] if function is None else [(hook_name, lambda x, hook: function(x))]
        with torch.no_grad(), model.hooks(fwd_hooks=hooks):
            log_p = model(tokens).log_softmax(dim=-1)
        return -log_p[:, :-1].gather(-1, tokens[:, 1:].unsqueeze(-1)).mean()

    def flat(x):
        centre = sum(row for prompt in x for row in prompt) / (x.shape[0] * x.shape[1])
        return centre.expand(x.shape)

    base = loss(flat)
    return (base - loss(reconstruct)) / (base - loss())
