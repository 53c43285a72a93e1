"""Other right ways to write causal_trace."""

import patching_helpers as helpers
import torch


@torch.inference_mode()
def all_layers_in_one_batch(model, tokens, corrupted, answer, kind, layers, window=1):
    """One single forward pass: layers, positions and samples are all rows of one batch, and masks
    say what is restored where. The noisy runs themselves are its first rows."""
    n_samples, n_pos, _ = corrupted.shape
    _, clean = model.run_with_cache(tokens.unsqueeze(0))
    n_rows = n_samples * (1 + len(layers) * n_pos)
    # masks[layer, row, pos]
    masks = torch.zeros(model.cfg.n_layers, n_rows, n_pos, dtype=torch.bool)
    for i, layer in enumerate(layers):
        for near in range(model.cfg.n_layers):
            if layer - window // 2 <= near < layer - window // 2 + window:
                for pos in range(n_pos):
                    start = n_samples * (1 + i * n_pos + pos)
                    masks[near, start : start + n_samples, pos] = True
    batch = corrupted.repeat(1 + len(layers) * n_pos, 1, 1)

    def hook_for(layer):
        name = helpers.site(kind, layer)
        return name, lambda x, hook: torch.where(masks[layer][..., None], clean[name], x)

    hooks = [("hook_embed", lambda x, hook: batch)]
    hooks += [hook_for(layer) for layer in range(model.cfg.n_layers) if masks[layer].any()]
    logits = model.run_with_hooks(tokens.repeat(n_rows, 1), fwd_hooks=hooks)
    chances = logits[:, -1].softmax(-1)[:, answer].reshape(-1, n_samples).mean(1)
    return (chances[1:] - chances[0]).reshape(len(layers), n_pos)


def sample_by_sample(model, tokens, corrupted, answer, kind, layers, window=1):
    """One sample at a time, all positions in a batch; hooks are added and reset."""
    n_pos = len(tokens)
    with torch.no_grad():
        cache = model.run_with_cache(tokens[None])[1]
    pos = torch.arange(n_pos)
    traces = []
    for noisy in corrupted:
        rows = []
        for layer in [None, *layers]:
            model.add_hook("hook_embed", lambda x, hook, noisy=noisy: noisy.expand(n_pos, -1, -1))
            for step in range(window if layer is not None else 0):
                near = layer - window // 2 + step
                if 0 <= near < model.cfg.n_layers:
                    value = cache[helpers.site(kind, near)][0]

                    def restore(x, hook, value=value):
                        x = x.clone()
                        x[pos, pos] = value
                        return x

                    model.add_hook(helpers.site(kind, near), restore)
            try:
                with torch.no_grad():
                    logits = model(tokens.expand(n_pos, -1))
            finally:
                model.reset_hooks()
            rows.append(logits[:, -1].exp()[:, answer] / logits[:, -1].exp().sum(-1))
        traces.append(torch.stack(rows[1:]) - rows[0])
    return torch.stack(traces).mean(0)


def cell_by_cell(model, tokens, corrupted, answer, kind, layers, window=1):
    """One run for each cell, with an in-place hook inside a `with` block; floats collected."""
    n_samples, n_pos, _ = corrupted.shape
    prompts = tokens.repeat(n_samples, 1)
    with torch.no_grad():
        clean = model.run_with_cache(tokens[None])[1]

    def put_noise(embed, hook):
        embed[:] = corrupted
        return embed

    def probability(extra):
        with torch.no_grad(), model.hooks(fwd_hooks=[("hook_embed", put_noise), *extra]):
            logits = model(prompts)
        return float(torch.softmax(logits[:, -1, :], dim=-1)[:, answer].mean())

    base = probability([])
    effects = torch.zeros(len(layers), n_pos)
    for row, layer in enumerate(layers):
        low = max(0, layer - window // 2)
        high = min(model.cfg.n_layers, layer - window // 2 + window)
        for pos in range(n_pos):

            def restore(state, hook, pos=pos):
                state[:, pos, :] = clean[hook.name][:, pos, :]
                return state

            extra = [(helpers.site(kind, near), restore) for near in range(low, high)]
            effects[row, pos] = probability(extra) - base
    return effects
