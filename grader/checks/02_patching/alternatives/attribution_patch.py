"""Other right ways to write attribution_patch."""

import patching_helpers as helpers
import torch


def cache_and_zeros_added(model, clean, corrupted, correct, wrong, kind="resid"):
    """Add a tensor of zeros at every site of the corrupted run and differentiate with respect to
    that; both runs' states come from caches."""
    with torch.no_grad():
        _, there = model.run_with_cache(clean.unsqueeze(0))
        _, here = model.run_with_cache(corrupted.unsqueeze(0))
    names = [helpers.site(kind, layer) for layer in range(model.cfg.n_layers)]
    nudges = {name: torch.zeros_like(here[name]).requires_grad_() for name in names}

    def adder(name):
        return name, lambda state, hook: state + nudges[name]

    with torch.enable_grad():
        logits = model.run_with_hooks(
            corrupted.unsqueeze(0), fwd_hooks=[adder(name) for name in names]
        )
        (logits[0, -1, correct] - logits[0, -1, wrong]).backward()
    model.zero_grad()
    products = [(there[name] - here[name]) * nudges[name].grad for name in names]
    return torch.cat([torch.einsum("bpd->bp", product) for product in products])


def retained_gradients(model, clean, corrupted, correct, wrong, kind="resid"):
    """`retain_grad` on the states and one call of backward; the history stays on the result."""
    states = {}

    def keeper(key, retain):
        def keep(state, hook):
            states[key] = state
            if retain:
                state.retain_grad()

        return keep

    def run(which, tokens, retain):
        hooks = [
            (helpers.site(kind, layer), keeper((which, layer), retain))
            for layer in range(model.cfg.n_layers)
        ]
        return model.run_with_hooks(tokens[None, :], fwd_hooks=hooks)

    run("clean", clean, False)
    last = run("corrupted", corrupted, True)[0, -1]
    last[[correct, wrong]].sub(last[wrong]).sum().backward()
    rows = []
    for layer in range(model.cfg.n_layers):
        change = states["clean", layer][0] - states["corrupted", layer][0]
        rows.append((change * states["corrupted", layer].grad[0]).sum(1))
    return torch.stack(rows)


def layer_by_layer(model, clean, corrupted, correct, wrong, kind="resid"):
    """A run for each layer: the derivative along the difference, position by position, by asking
    for the slope of a patch's strength at 0; float32 comes back."""
    n_layers, n_pos = model.cfg.n_layers, len(clean)
    with torch.no_grad():
        cache = model.run_with_cache(torch.stack([clean, corrupted]))[1]
    estimate = torch.zeros(n_layers, n_pos)
    for layer in range(n_layers):
        name = helpers.site(kind, layer)
        there, here = cache[name]
        strength = torch.zeros(n_pos, 1, dtype=there.dtype, requires_grad=True)
        mixed = here + strength * (there - here)
        with torch.enable_grad():
            logits = model.run_with_hooks(
                corrupted[None], fwd_hooks=[(name, lambda x, hook, mixed=mixed: mixed[None])]
            )
            metric = logits[0, -1, correct] - logits[0, -1, wrong]
            (slope,) = torch.autograd.grad(metric, strength)
        estimate[layer] = slope[:, 0]
    return estimate
