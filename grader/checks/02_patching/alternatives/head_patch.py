"""Other right ways to write head_patch."""

import torch


def index_tensors(model, clean, corrupted, metric):
    """Two index tensors with a colon between: the indexed axis comes first."""
    heads = torch.arange(model.cfg.n_heads)
    with torch.no_grad():
        _, cache = model.run_with_cache(clean[None])
        lines = []
        for layer in range(model.cfg.n_layers):
            value = cache["z", layer][0].transpose(0, 1)

            def put(z, hook, value=value):
                z[heads, :, heads] = value
                return z

            name = f"blocks.{layer}.attn.hook_z"
            copies = corrupted.repeat(len(heads), 1)
            lines.append(metric(model.run_with_hooks(copies, fwd_hooks=[(name, put)])))
    return torch.stack(lines)


def masks(model, clean, corrupted, metric):
    """A mask [row, 1, head, 1], clean z collected by hooks, with model.hooks."""
    n_heads, seen = model.cfg.n_heads, []
    names = [f"blocks.{layer}.attn.hook_z" for layer in range(model.cfg.n_layers)]
    collect = [(name, lambda z, hook: seen.append(z.detach().clone())) for name in names]
    model.run_with_hooks(clean.unsqueeze(0), fwd_hooks=collect)
    own = torch.eye(n_heads)[:, None, :, None]
    result = torch.empty(len(names), n_heads)
    for layer, name in enumerate(names):
        patch = [(name, lambda z, hook, layer=layer: z * (1 - own) + seen[layer] * own)]
        with model.hooks(fwd_hooks=patch):
            result[layer] = metric(model(corrupted.expand(n_heads, -1))).detach()
    return result


@torch.inference_mode()
def everything_in_one_batch(model, clean, corrupted, metric):
    """All layers and heads as rows of one pass."""
    n_layers, n_heads = model.cfg.n_layers, model.cfg.n_heads
    _, cache = model.run_with_cache(clean[None])

    def patch(layer):
        def put(z, hook):
            z = z.clone()
            for head in range(n_heads):
                z[layer * n_heads + head, :, head] = cache["z", layer][0, :, head]
            return z

        return put

    hooks = [(f"blocks.{layer}.attn.hook_z", patch(layer)) for layer in range(n_layers)]
    rows = corrupted.repeat(n_layers * n_heads, 1)
    return metric(model.run_with_hooks(rows, fwd_hooks=hooks)).view(n_layers, n_heads)
