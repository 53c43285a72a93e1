"""Wrong integrated gradients that students write."""

import torch


def _difference(logits, correct, wrong):
    return logits[:, -1, correct] - logits[:, -1, wrong]


def _map(
    model, tokens, baseline, correct, wrong, steps, *, metric=_difference,
    fractions=lambda n: (torch.arange(n, dtype=torch.float64) + 0.5) / n,
    put=lambda change, slope, x: (change * slope.mean(0)).sum(-1), place="hook_embed",
):  # fmt: skip
    """The right map, with a place for each mistake."""
    x = model.W_E[tokens].detach()
    at = fractions(steps)
    points = (baseline + at[:, None, None] * (x - baseline)).requires_grad_()
    logits = model.run_with_hooks(
        tokens.expand(len(at), -1), fwd_hooks=[(place, lambda embed, hook: points)]
    )
    (slope,) = torch.autograd.grad(metric(logits, correct, wrong).sum(), points)
    return put(x - baseline, slope, x)


def gradient_at_the_input(model, tokens, baseline, correct, wrong, steps):
    """You take the gradient at the input only: it is averaged over the way from the baseline."""
    return _map(
        model, tokens, baseline, correct, wrong, steps, fractions=lambda n: torch.ones(1).double()
    )


def gradient_at_the_baseline(model, tokens, baseline, correct, wrong, steps):
    """You take the gradient at the baseline only: it is averaged over the way to the input."""
    return _map(
        model, tokens, baseline, correct, wrong, steps, fractions=lambda n: torch.zeros(1).double()
    )


def left_ends(model, tokens, baseline, correct, wrong, steps):
    """Your points are the beginnings of the steps (0, 1/n, ...): take their middles."""
    return _map(
        model, tokens, baseline, correct, wrong, steps,
        fractions=lambda n: torch.arange(n).double() / n,
    )  # fmt: skip


def right_ends(model, tokens, baseline, correct, wrong, steps):
    """Your points are the ends of the steps (1/n, ..., 1): take their middles."""
    return _map(
        model, tokens, baseline, correct, wrong, steps,
        fractions=lambda n: (torch.arange(n).double() + 1) / n,
    )  # fmt: skip


def not_divided_by_the_steps(model, tokens, baseline, correct, wrong, steps):
    """You sum the gradients over the steps: take their mean, or the map grows with the steps."""
    return _map(
        model, tokens, baseline, correct, wrong, steps,
        put=lambda change, slope, x: (change * slope.sum(0)).sum(-1),
    )  # fmt: skip


def change_left_out(model, tokens, baseline, correct, wrong, steps):
    """You return the mean gradient: it is multiplied by the input minus the baseline."""
    return _map(
        model, tokens, baseline, correct, wrong, steps,
        put=lambda change, slope, x: slope.mean(0).sum(-1),
    )  # fmt: skip


def times_the_input(model, tokens, baseline, correct, wrong, steps):
    """You multiply by the input: by the input minus the baseline."""
    return _map(
        model, tokens, baseline, correct, wrong, steps,
        put=lambda change, slope, x: (x * slope.mean(0)).sum(-1),
    )  # fmt: skip


def length_of_the_product(model, tokens, baseline, correct, wrong, steps):
    """You take the length over d_model: sum it, with signs, or the map does not add up."""
    return _map(
        model, tokens, baseline, correct, wrong, steps,
        put=lambda change, slope, x: (change * slope.mean(0)).norm(dim=-1),
    )  # fmt: skip


def mean_over_d_model(model, tokens, baseline, correct, wrong, steps):
    """You take the mean over d_model: sum over it."""
    return _map(
        model, tokens, baseline, correct, wrong, steps,
        put=lambda change, slope, x: (change * slope.mean(0)).mean(-1),
    )  # fmt: skip


def sign_reversed(model, tokens, baseline, correct, wrong, steps):
    """Your sign is reversed: the way goes from the baseline to the input."""
    return -_map(model, tokens, baseline, correct, wrong, steps)


def zero_baseline(model, tokens, baseline, correct, wrong, steps):
    """You start at zero: the baseline is given."""
    return _map(model, tokens, torch.zeros_like(baseline), correct, wrong, steps)


def correct_logit_only(model, tokens, baseline, correct, wrong, steps):
    """Your metric is the correct token's logit alone: it is the difference of two."""
    return _map(
        model, tokens, baseline, correct, wrong, steps,
        metric=lambda logits, correct, wrong: logits[:, -1, correct],
    )  # fmt: skip


def all_positions_of_the_output(model, tokens, baseline, correct, wrong, steps):
    """You sum the metric over all positions: only the last one's counts."""
    return _map(
        model, tokens, baseline, correct, wrong, steps,
        metric=lambda logits, correct, wrong: logits[..., correct] - logits[..., wrong],
    )  # fmt: skip
