"""Wrong head patches that students write."""

import torch


def _sweep(model, source, into, metric, edit=None, name="attn.hook_z"):
    """The right sweep, with a place for each mistake."""
    n_heads = model.cfg.n_heads

    def one_head(z, value):
        z = z.clone()
        for head in range(n_heads):
            z[head, :, head] = value[:, head]
        return z

    edit = edit or one_head
    lines = []
    with torch.no_grad():
        _, cache = model.run_with_cache(source[None])
        for layer in range(model.cfg.n_layers):
            site = f"blocks.{layer}.{name}"
            hooks = [(site, lambda z, hook, value=cache[site][0]: edit(z, value))]
            lines.append(metric(model.run_with_hooks(into.repeat(n_heads, 1), fwd_hooks=hooks)))
    return torch.stack(lines)


def after_w_o(model, clean, corrupted, metric):
    """You patch all the heads in every row, and all your columns are alike: you patch attention's
    whole output, behind W_O, or `z[:, :, heads] = ...`. In row h, head h is patched alone."""
    return _sweep(
        model, clean, corrupted, metric, lambda x, value: value.expand_as(x).clone(),
        "hook_attn_out",
    )  # fmt: skip


def position_for_head(model, clean, corrupted, metric):
    """You index the axis of positions with the head's number: z is [batch, pos, head, d_head]."""

    def edit(z, value):
        z = z.clone()
        for row in range(len(z)):
            z[row, row % z.shape[1]] = value[row % z.shape[1]]
        return z

    return _sweep(model, clean, corrupted, metric, edit)


def last_position_only(model, clean, corrupted, metric):
    """You patch the last position only: a head is patched at all positions."""

    def edit(z, value):
        z = z.clone()
        for head in range(len(z)):
            z[head, -1, head] = value[-1, head]
        return z

    return _sweep(model, clean, corrupted, metric, edit)


def last_position_everywhere(model, clean, corrupted, metric):
    """You put the last position's z at every position: each position gets its own."""

    def edit(z, value):
        z = z.clone()
        for head in range(len(z)):
            z[head, :, head] = value[-1, head]
        return z

    return _sweep(model, clean, corrupted, metric, edit)


def reversed_direction(model, clean, corrupted, metric):
    """You run the clean prompt with corrupted heads: the corrupted prompt is the one that runs."""
    return _sweep(model, corrupted, clean, metric)


def corrupted_cache(model, clean, corrupted, metric):
    """You take z from the corrupted run, where it is already: nothing changes. It comes from the
    clean run."""
    return _sweep(model, corrupted, corrupted, metric)


def head_set_to_zero(model, clean, corrupted, metric):
    """You silence each head instead of patching it: its z comes from the clean run."""
    return _sweep(
        model, clean, corrupted, metric,
        lambda z, value: z * (1 - torch.eye(len(z), dtype=z.dtype))[:, None, :, None],
    )  # fmt: skip


def all_heads_but_one(model, clean, corrupted, metric):
    """You patch all the heads but one: in row h, head h is patched and no other."""

    def edit(z, value):
        patched = value.expand_as(z).clone()
        for head in range(len(z)):
            patched[head, :, head] = z[head, :, head]
        return patched

    return _sweep(model, clean, corrupted, metric, edit)


def heads_up_to_this_one(model, clean, corrupted, metric):
    """Your patches pile up: row h has the heads 0 to h patched. Start from the corrupted z in each
    row."""

    def edit(z, value):
        z = z.clone()
        for head in range(len(z)):
            z[head, :, : head + 1] = value[:, : head + 1]
        return z

    return _sweep(model, clean, corrupted, metric, edit)


def first_head_in_every_row(model, clean, corrupted, metric):
    """You patch head 0 in every row: row h has head h patched."""

    def edit(z, value):
        z = z.clone()
        z[:, :, 0] = value[:, 0]
        return z

    return _sweep(model, clean, corrupted, metric, edit)


def z_of_another_head(model, clean, corrupted, metric):
    """You put the first head's clean z into every head: head h gets its own."""

    def edit(z, value):
        z = z.clone()
        for head in range(len(z)):
            z[head, :, head] = value[:, 0]
        return z

    return _sweep(model, clean, corrupted, metric, edit)


def queries(model, clean, corrupted, metric):
    """You patch the queries (`hook_q`): they say where a head looks. What it has gathered is at
    `hook_z`."""
    return _sweep(model, clean, corrupted, metric, name="attn.hook_q")


def transposed(model, clean, corrupted, metric):
    """Your map is [head, layer]: the layers come first."""
    return _sweep(model, clean, corrupted, metric).T


def layers_from_the_top(model, clean, corrupted, metric):
    """Your first line is the last layer: line 0 belongs to block 0."""
    return _sweep(model, clean, corrupted, metric).flip(0)


def effect_over_the_corrupted_run(model, clean, corrupted, metric):
    """You subtract the corrupted run's value: the metric itself is asked for, as it is."""
    with torch.no_grad():
        base = metric(model(corrupted[None]))
    return _sweep(model, clean, corrupted, metric) - base


def hooks_left_behind(model, clean, corrupted, metric):
    """Your hook stays in the model, so that later runs are patched or fail."""
    result = _sweep(model, clean, corrupted, metric)
    model.add_hook("blocks.0.attn.hook_z", lambda z, hook: 0 * z)
    return result


def one_pass_for_each_head(model, clean, corrupted, metric):
    """You run the model once for each head: put the heads into the rows of one batch, and a layer
    is one forward pass."""
    entries = []
    with torch.no_grad():
        _, cache = model.run_with_cache(clean[None])
        for layer in range(model.cfg.n_layers):
            for head in range(model.cfg.n_heads):

                def put(z, hook, layer=layer, head=head):
                    z = z.clone()
                    z[:, :, head] = cache["z", layer][:, :, head]
                    return z

                hooks = [(f"blocks.{layer}.attn.hook_z", put)]
                entries.append(metric(model.run_with_hooks(corrupted[None], fwd_hooks=hooks)))
    return torch.cat(entries).view(model.cfg.n_layers, model.cfg.n_heads)
