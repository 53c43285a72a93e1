"""Wrong patches that students write."""

import torch


def _run(model, tokens, site, put):
    if site not in model.hook_dict:
        raise ValueError(f"no site {site}")
    with torch.no_grad():
        return model.run_with_hooks(tokens, fwd_hooks=[(site, put)])


def _put(activation, pos, value):
    patched = activation.clone()
    patched[torch.arange(len(pos)), pos] = value
    return patched


def at_all_positions(model, tokens, site, pos, value):
    """You put the value at every position: row b is patched at `pos[b]` only."""

    def put(activation, hook):
        return value[:, None].expand_as(activation).clone()

    return _run(model, tokens, site, put)


def every_position_in_every_row(model, tokens, site, pos, value):
    """`activation[:, pos] = value` patches all the positions in every row: index rows and positions
    side by side, `activation[rows, pos]`."""

    def put(activation, hook):
        patched = activation.clone()
        patched[:, pos] = value
        return patched

    return _run(model, tokens, site, put)


def first_position_for_all_rows(model, tokens, site, pos, value):
    """You patch all rows at the first row's position: row b has `pos[b]`."""
    return _run(model, tokens, site, lambda a, hook: _put(a, pos[:1].expand_as(pos), value))


def first_value_for_all_rows(model, tokens, site, pos, value):
    """You give all rows the first row's value: row b has `value[b]`."""
    return _run(model, tokens, site, lambda a, hook: _put(a, pos, value[:1].expand_as(value)))


def always_the_last_position(model, tokens, site, pos, value):
    """You patch the last position in every row, whatever `pos` says."""
    return _run(model, tokens, site, lambda a, hook: _put(a, torch.full_like(pos, -1), value))


def one_position_late(model, tokens, site, pos, value):
    """You patch one position late: positions count from 0."""
    return _run(model, tokens, site, lambda a, hook: _put(a, pos + 1, value))


def one_position_early(model, tokens, site, pos, value):
    """You patch one position early: positions count from 0."""
    return _run(model, tokens, site, lambda a, hook: _put(a, pos - 1, value))


def up_to_the_position(model, tokens, site, pos, value):
    """You patch all positions up to `pos[b]`: only that one is meant."""

    def put(activation, hook):
        patched = activation.clone()
        for row in range(len(pos)):
            patched[row, : pos[row] + 1] = value[row]
        return patched

    return _run(model, tokens, site, put)


def from_the_position_on(model, tokens, site, pos, value):
    """You patch all positions from `pos[b]` on: only that one is meant."""

    def put(activation, hook):
        patched = activation.clone()
        for row in range(len(pos)):
            patched[row, pos[row] :] = value[row]
        return patched

    return _run(model, tokens, site, put)


def first_row_only(model, tokens, site, pos, value):
    """You patch the first row only: every row has a patch of its own."""

    def put(activation, hook):
        patched = activation.clone()
        patched[0, pos[0]] = value[0]
        return patched

    return _run(model, tokens, site, put)


def hook_returns_nothing(model, tokens, site, pos, value):
    """Your hook changes a copy and does not return it: the model goes on unpatched. Return the
    copy."""
    return _run(model, tokens, site, lambda a, hook: None)


def added(model, tokens, site, pos, value):
    """You add the value to what is there: it takes its place."""

    def put(activation, hook):
        patched = activation.clone()
        patched[torch.arange(len(pos)), pos] += value
        return patched

    return _run(model, tokens, site, put)


def ablated(model, tokens, site, pos, value):
    """You set the site to zero there: the given value takes its place."""
    return _run(model, tokens, site, lambda a, hook: _put(a, pos, torch.zeros_like(value)))


def others_zeroed(model, tokens, site, pos, value):
    """You set all other positions to zero: they keep what they had. Copy the activation, do not
    make one of zeros."""
    return _run(model, tokens, site, lambda a, hook: _put(torch.zeros_like(a), pos, value))


def half_way(model, tokens, site, pos, value):
    """You average the value with what was there: it takes its place entirely."""

    def put(activation, hook):
        own = activation[torch.arange(len(pos)), pos]
        return _put(activation, pos, (own + value) / 2)

    return _run(model, tokens, site, put)


def unknown_sites_ignored(model, tokens, site, pos, value):
    """A site that the model does not have is silently ignored: `run_with_hooks` skips names it does
    not know. Compare with `model.hook_dict` and raise a ValueError."""
    with torch.no_grad():
        return model.run_with_hooks(tokens, fwd_hooks=[(site, lambda a, hook: _put(a, pos, value))])


def unknown_sites_give_the_plain_run(model, tokens, site, pos, value):
    """For an unknown site you return the unpatched run's logits, or zeros: raise a ValueError, so
    that nobody takes it for a finding."""
    if site not in model.hook_dict:
        return torch.zeros(*tokens.shape, model.cfg.d_vocab)
    return _run(model, tokens, site, lambda a, hook: _put(a, pos, value))


def hook_left_behind(model, tokens, site, pos, value):
    """Your hook stays in the model: every later run is patched too. Use `run_with_hooks`, or a
    `with model.hooks(...)` block."""
    model.add_hook(site, lambda a, hook: _put(a, pos, value))
    with torch.no_grad():
        return model(tokens)


def probabilities(model, tokens, site, pos, value):
    """You return probabilities: the logits are asked for."""
    return _run(model, tokens, site, lambda a, hook: _put(a, pos, value)).softmax(-1)


def last_position_only(model, tokens, site, pos, value):
    """You return the logits of the last position only: all positions are asked for."""
    return _run(model, tokens, site, lambda a, hook: _put(a, pos, value))[:, -1]


def logits_at_the_patch(model, tokens, site, pos, value):
    """You return the logits at the patched positions only: all positions are asked for."""
    logits = _run(model, tokens, site, lambda a, hook: _put(a, pos, value))
    return logits[torch.arange(len(pos)), pos]


def change_of_the_logits(model, tokens, site, pos, value):
    """You return the change that the patch makes: the patched run's logits are asked for."""
    with torch.no_grad():
        plain = model(tokens)
    return _run(model, tokens, site, lambda a, hook: _put(a, pos, value)) - plain


def value_overwritten(model, tokens, site, pos, value):
    """You write the old activation into the caller's `value`, as a swap would: work on copies."""

    def put(activation, hook):
        old = activation[torch.arange(len(pos)), pos].clone()
        patched = _put(activation, pos, value)
        value.copy_(old)
        return patched

    return _run(model, tokens, site, put)


def first_head_only(model, tokens, site, pos, value):
    """Where the site has heads you patch the first one only: the whole activation at that position
    is replaced."""

    def put(activation, hook):
        if activation.dim() == 4:
            patched = activation.clone()
            patched[torch.arange(len(pos)), pos, 0] = value[:, 0]
            return patched
        return _put(activation, pos, value)

    return _run(model, tokens, site, put)
