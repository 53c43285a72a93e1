"""Other right ways to write run_with_patch."""

import torch


def a_loop_in_the_hook(model, tokens, site, pos, value):
    """A loop over the rows, in place: the activation is the model's own, nobody else's."""
    if site not in model.hook_dict:
        raise ValueError(site)

    def put(activation, hook):
        for row in range(activation.shape[0]):
            activation[row, int(pos[row])] = value[row]
        return activation

    with torch.no_grad():
        return model.run_with_hooks(tokens, fwd_hooks=[(site, put)])


def hooks_context_and_where(model, tokens, site, pos, value):
    """torch.where with a mask, in a with block."""
    assert site in model.hook_dict, f"no {site}"

    def put(activation, hook):
        here = torch.arange(activation.shape[1])[None] == pos[:, None]
        here = here.reshape(*here.shape, *[1] * (activation.dim() - 2))
        return torch.where(here, value[:, None], activation)

    with model.hooks(fwd_hooks=[(site, put)]):
        return model(tokens)


@torch.inference_mode()
def one_row_at_a_time(model, tokens, site, pos, value):
    """A run for each row; add_hook, which refuses unknown names by itself, and reset_hooks."""
    logits = []
    for row, at, new in zip(tokens, pos.tolist(), value, strict=True):

        def put(activation, hook, at=at, new=new):
            before, after = activation[:, :at], activation[:, at + 1 :]
            return torch.cat([before, new[None, None], after], dim=1)

        model.add_hook(site, put)
        try:
            logits.append(model(row[None])[0])
        finally:
            model.reset_hooks()
    return torch.stack(logits)


def scattered(model, tokens, site, pos, value):
    """index_put, and the hook point itself."""
    point = model.hook_dict[site]
    rows = torch.arange(tokens.shape[0])
    point.add_hook(lambda activation, hook: activation.index_put((rows, pos), value))
    try:
        return model(tokens).detach()
    finally:
        point.remove_hooks()
