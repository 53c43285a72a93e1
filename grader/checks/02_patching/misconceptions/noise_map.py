"""Wrong noising maps that students write."""

import torch


def _sweep(model, source, into, metric, name="hook_resid_pre", edit=None, copies=None, read=None):
    """The right sweep, with a place for each mistake."""
    n_pos = len(into)
    rows = torch.arange(n_pos)

    def diagonal(x, value):
        x = x.clone()
        x[rows, rows] = value
        return x

    edit, read = edit or diagonal, read or metric
    lines = []
    with torch.no_grad():
        _, cache = model.run_with_cache(source[None])
        for layer in range(model.cfg.n_layers):
            site = f"blocks.{layer}.{name}"
            hooks = [(site, lambda x, hook, value=cache[site][0]: edit(x, value))]
            logits = model.run_with_hooks(into.repeat(n_pos, 1), fwd_hooks=hooks)
            lines.append(read(logits))
    return torch.stack(lines)


def reversed_direction(model, clean, corrupted, metric):
    """You denoise instead of noising: the clean prompt runs, the corrupted run gives the values."""
    return _sweep(model, clean, corrupted, metric)


def clean_cache(model, clean, corrupted, metric):
    """You take the values from the clean run, where they are already: nothing changes. They come
    from the corrupted run's cache."""
    return _sweep(model, clean, clean, metric)


def after_the_block(model, clean, corrupted, metric):
    """You patch the stream after each block (`hook_resid_post`): the one before it is asked for,
    `hook_resid_pre`."""
    return _sweep(model, corrupted, clean, metric, "hook_resid_post")


def in_the_middle_of_the_block(model, clean, corrupted, metric):
    """You patch inside the block, what the MLP reads or adds (`hook_resid_mid`, `hook_mlp_out`):
    the stream before the block is asked for, `hook_resid_pre`."""
    return _sweep(model, corrupted, clean, metric, "hook_resid_mid")


def what_attention_adds(model, clean, corrupted, metric):
    """You patch attention's output: the residual stream is asked for, `hook_resid_pre`."""
    return _sweep(model, corrupted, clean, metric, "hook_attn_out")


def all_positions_at_once(model, clean, corrupted, metric):
    """All your entries are the corrupted run: you run the corrupted prompt, or you patch all
    positions in every row (`x[:, positions] = ...` does that). Row p has position p patched alone,
    `x[rows, positions]`."""
    return _sweep(model, corrupted, clean, metric, edit=lambda x, value: value.expand_as(x).clone())


def up_to_the_position(model, clean, corrupted, metric):
    """You patch all positions up to p: only p is patched in row p."""

    def edit(x, value):
        here = torch.ones(len(value), len(value)).tril().bool()
        return torch.where(here[..., None], value, x)

    return _sweep(model, corrupted, clean, metric, edit=edit)


def from_the_position_on(model, clean, corrupted, metric):
    """You patch all positions from p on: only p is patched in row p."""

    def edit(x, value):
        here = torch.ones(len(value), len(value)).triu().bool()
        return torch.where(here[..., None], value, x)

    return _sweep(model, corrupted, clean, metric, edit=edit)


def last_position_into_all(model, clean, corrupted, metric):
    """You put the corrupted run's last position everywhere: position p gets its own
    value."""

    def edit(x, value):
        x = x.clone()
        rows = torch.arange(len(value))
        x[rows, rows] = value[-1]
        return x

    return _sweep(model, corrupted, clean, metric, edit=edit)


def set_to_zero(model, clean, corrupted, metric):
    """You set each place to zero: it gets the corrupted run's value."""

    def edit(x, value):
        x = x.clone()
        rows = torch.arange(len(value))
        x[rows, rows] = 0
        return x

    return _sweep(model, corrupted, clean, metric, edit=edit)


def layers_pile_up(model, clean, corrupted, metric):
    """Your hooks pile up: when a layer's turn comes, the layers before it are patched too. Take
    each hook off before the next, as `run_with_hooks` does."""
    rows, lines, hooks = torch.arange(len(clean)), [], []

    def put(value):
        def hook_function(x, hook):
            x = x.clone()
            x[rows, rows] = value
            return x

        return hook_function

    with torch.no_grad():
        _, cache = model.run_with_cache(corrupted[None])
        for layer in range(model.cfg.n_layers):
            site = f"blocks.{layer}.hook_resid_pre"
            hooks.append((site, put(cache[site][0])))
            lines.append(metric(model.run_with_hooks(clean.repeat(len(rows), 1), fwd_hooks=hooks)))
    return torch.stack(lines)


def hooks_left_behind(model, clean, corrupted, metric):
    """Your last hook stays in the model, so that later runs are patched or fail."""
    result = _sweep(model, corrupted, clean, metric)
    model.add_hook("blocks.0.hook_resid_pre", lambda x, hook: 0 * x)
    return result


def effect_over_the_clean_run(model, clean, corrupted, metric):
    """You subtract the clean run's value: the metric itself is asked for, as it is."""
    with torch.no_grad():
        base = metric(model(clean[None]))
    return _sweep(model, corrupted, clean, metric) - base


def share_of_the_way(model, clean, corrupted, metric):
    """You put the map on the scale from corrupted to clean yourself: return what the metric gives,
    as it is. It may be on that scale already."""
    with torch.no_grad():
        top, base = metric(model(clean[None])), metric(model(corrupted[None]))
    return (_sweep(model, corrupted, clean, metric) - base) / (top - base)


def mean_of_the_rows(model, clean, corrupted, metric):
    """You average the metric over the rows: each row is one position of the map."""

    def read(logits):
        return metric(logits).mean().expand(len(logits))

    return _sweep(model, corrupted, clean, metric, read=read)


def transposed(model, clean, corrupted, metric):
    """Your map is [pos, layer]: the layers come first."""
    return _sweep(model, corrupted, clean, metric).T


def layers_from_the_top(model, clean, corrupted, metric):
    """Your first line is the last layer: line 0 belongs to block 0."""
    return _sweep(model, corrupted, clean, metric).flip(0)


def positions_from_the_end(model, clean, corrupted, metric):
    """Your columns run from the last position to the first: column p belongs to position p."""
    return _sweep(model, corrupted, clean, metric).flip(1)


def probabilities_for_logits(model, clean, corrupted, metric):
    """You give the metric probabilities: it takes logits."""
    return _sweep(model, corrupted, clean, metric, read=lambda logits: metric(logits.softmax(-1)))


def one_pass_for_each_site(model, clean, corrupted, metric):
    """You run the model once for each layer and position: put the positions into the rows of one
    batch, and a layer is one forward pass."""
    lines = []
    with torch.no_grad():
        _, cache = model.run_with_cache(corrupted[None])
        for layer in range(model.cfg.n_layers):
            site = f"blocks.{layer}.hook_resid_pre"
            for pos in range(len(clean)):

                def put(x, hook, site=site, pos=pos):
                    x = x.clone()
                    x[:, pos] = cache[site][:, pos]
                    return x

                lines.append(metric(model.run_with_hooks(clean[None], fwd_hooks=[(site, put)])))
    return torch.cat(lines).reshape(model.cfg.n_layers, len(clean))


def one_minus_denoising(model, clean, corrupted, metric):
    """You turn the denoising map upside down: what is needed is not what is enough. Run the clean
    prompt with corrupted values."""
    with torch.no_grad():
        ends = metric(model(torch.stack([clean, corrupted])))
    return ends.sum() - _sweep(model, clean, corrupted, metric)


def whole_run_minus_denoising(model, clean, corrupted, metric):
    """You subtract the denoising map from the clean run's value: run the clean prompt with
    corrupted values instead."""
    with torch.no_grad():
        top = metric(model(clean[None]))
    return top - _sweep(model, clean, corrupted, metric)


def drop_from_the_clean_run(model, clean, corrupted, metric):
    """You return how far the metric falls: the metric itself is asked for, as it is."""
    with torch.no_grad():
        top = metric(model(clean[None]))
    return top - _sweep(model, corrupted, clean, metric)
