"""Other right ways to write noise_map."""

import torch


def all_in_one_batch(model, clean, corrupted, metric):
    """One pass for all layers and positions: a hook at each layer that changes its own rows."""
    n_layers, n_pos = model.cfg.n_layers, len(corrupted)
    with torch.no_grad():
        _, cache = model.run_with_cache(corrupted.unsqueeze(0))

        def patch(layer):
            def put(x, hook):
                for pos in range(n_pos):
                    x[layer * n_pos + pos, pos] = cache["resid_pre", layer][0, pos]
                return x

            return put

        hooks = [(f"blocks.{layer}.hook_resid_pre", patch(layer)) for layer in range(n_layers)]
        logits = model.run_with_hooks(clean.repeat(n_layers * n_pos, 1), fwd_hooks=hooks)
    return metric(logits).reshape(n_layers, n_pos)


def masks_and_where(model, clean, corrupted, metric):
    """The corrupted stream collected with hooks, and a diagonal mask."""
    streams = {}

    def keep(x, hook):
        streams[hook.name] = x.detach().clone()

    names = [f"blocks.{layer}.hook_resid_pre" for layer in range(model.cfg.n_layers)]
    model.run_with_hooks(corrupted[None], fwd_hooks=[(name, keep) for name in names])
    streams = list(streams.values())
    here = torch.eye(len(corrupted), dtype=torch.bool)[..., None]
    result = torch.zeros(len(names), len(corrupted), dtype=torch.float64)
    for layer, name in enumerate(names):

        def put(x, hook, layer=layer):
            return torch.where(here, streams[layer], x)

        with model.hooks(fwd_hooks=[(name, put)]):
            result[layer] = metric(model(clean[None].expand(len(corrupted), -1))).detach()
    return result


@torch.inference_mode()
def added_differences(model, clean, corrupted, metric):
    """Both runs in one batch; the difference is added where it is wanted."""
    _, cache = model.run_with_cache(torch.stack([corrupted, clean]))
    n_pos = corrupted.shape[0]
    lines = []
    for layer in range(model.cfg.n_layers):
        x = cache["resid_pre", layer]
        change = torch.diag_embed((x[0] - x[1]).T).permute(1, 2, 0)
        name = f"blocks.{layer}.hook_resid_pre"
        logits = model.run_with_hooks(
            clean.expand(n_pos, n_pos),
            fwd_hooks=[(name, lambda a, hook, change=change: a + change)],
        )
        lines.append(metric(logits))
    return torch.stack(lines)
