"""Wrong attribution patching that students write."""

import patching_helpers as helpers
import torch


def _logit_difference(logits, correct, wrong):
    return logits[0, -1, correct] - logits[0, -1, wrong]


def _estimate(
    model, clean, corrupted, correct, wrong, kind="resid", *, site=helpers.site,
    metric=_logit_difference, at="corrupted",
    part=lambda there, here, slope: ((there - here) * slope).sum(-1)[0],
):  # fmt: skip
    """The right estimate, with a place for each mistake."""
    names = [site(kind, layer) for layer in range(model.cfg.n_layers)]

    def run(tokens):
        states = []
        hooks = [(name, lambda x, hook: states.append(x)) for name in names]
        logits = model.run_with_hooks(tokens[None], fwd_hooks=hooks)
        return torch.autograd.grad(metric(logits, correct, wrong), states), states

    slopes_clean, there = run(clean)
    slopes_corrupted, here = run(corrupted)
    slopes = slopes_corrupted if at == "corrupted" else slopes_clean
    if at == "both":
        slopes = [(a + b) / 2 for a, b in zip(slopes_clean, slopes_corrupted, strict=True)]
    rows = [part(a, b, slope) for a, b, slope in zip(there, here, slopes, strict=True)]
    return torch.stack(rows).detach()


def sign_reversed(model, clean, corrupted, correct, wrong, kind="resid"):
    """You subtract clean from corrupted: the patch goes from the corrupted state to the clean
    one."""
    return -_estimate(model, clean, corrupted, correct, wrong, kind)


def gradient_at_the_clean_run(model, clean, corrupted, correct, wrong, kind="resid"):
    """You take the gradient at the clean run: the patch starts in the corrupted run, and so does
    the tangent."""
    return _estimate(model, clean, corrupted, correct, wrong, kind, at="clean")


def gradient_averaged(model, clean, corrupted, correct, wrong, kind="resid"):
    """You average the gradients of both runs: often better, but asked for is the tangent at the
    corrupted run."""
    return _estimate(model, clean, corrupted, correct, wrong, kind, at="both")


def prompts_exchanged(model, clean, corrupted, correct, wrong, kind="resid"):
    """You exchanged clean and corrupted: this is the map for patching the corrupted state into
    the clean run."""
    return _estimate(model, corrupted, clean, correct, wrong, kind)


def gradient_times_clean(model, clean, corrupted, correct, wrong, kind="resid"):
    """You multiply the gradient with the clean state itself: with the difference of clean and
    corrupted."""
    return _estimate(
        model, clean, corrupted, correct, wrong, kind,
        part=lambda there, here, slope: (there * slope).sum(-1)[0],
    )  # fmt: skip


def gradient_times_corrupted(model, clean, corrupted, correct, wrong, kind="resid"):
    """You multiply the gradient with the corrupted state: with the difference of clean and
    corrupted."""
    return _estimate(
        model, clean, corrupted, correct, wrong, kind,
        part=lambda there, here, slope: (here * slope).sum(-1)[0],
    )  # fmt: skip


def length_of_the_gradient(model, clean, corrupted, correct, wrong, kind="resid"):
    """You return the length of the gradient: that is saliency. How far and in which direction the
    state would move counts, too."""
    return _estimate(
        model, clean, corrupted, correct, wrong, kind,
        part=lambda there, here, slope: slope.norm(dim=-1)[0],
    )  # fmt: skip


def gradient_left_out(model, clean, corrupted, correct, wrong, kind="resid"):
    """You sum the difference of the states without the gradient: how much they differ says
    nothing about what that does."""
    return _estimate(
        model, clean, corrupted, correct, wrong, kind,
        part=lambda there, here, slope: (there - here).sum(-1)[0],
    )  # fmt: skip


def sizes_only(model, clean, corrupted, correct, wrong, kind="resid"):
    """You take absolute values: a patch that hurts has a negative effect."""
    return _estimate(model, clean, corrupted, correct, wrong, kind).abs()


def products_in_absolute_value(model, clean, corrupted, correct, wrong, kind="resid"):
    """You take absolute values before the sum over d_model: a dot product lets terms cancel."""
    return _estimate(
        model, clean, corrupted, correct, wrong, kind,
        part=lambda there, here, slope: ((there - here) * slope).abs().sum(-1)[0],
    )  # fmt: skip


def mean_over_d_model(model, clean, corrupted, correct, wrong, kind="resid"):
    """You take the mean over d_model: a dot product sums."""
    return _estimate(
        model, clean, corrupted, correct, wrong, kind,
        part=lambda there, here, slope: ((there - here) * slope).mean(-1)[0],
    )  # fmt: skip


def one_position_early(model, clean, corrupted, correct, wrong, kind="resid"):
    """You read the logits at position -2: the metric stands at the last position."""
    return _estimate(
        model, clean, corrupted, correct, wrong, kind,
        metric=lambda logits, correct, wrong: logits[0, -2, correct] - logits[0, -2, wrong],
    )  # fmt: skip


def summed_over_positions(model, clean, corrupted, correct, wrong, kind="resid"):
    """You sum the logit difference over all positions: only the last one's counts."""
    return _estimate(
        model, clean, corrupted, correct, wrong, kind,
        metric=lambda logits, correct, wrong: (logits[0, :, correct] - logits[0, :, wrong]).sum(),
    )  # fmt: skip


def correct_logit_only(model, clean, corrupted, correct, wrong, kind="resid"):
    """Your metric is the correct token's logit alone: it is the difference of two."""
    return _estimate(
        model, clean, corrupted, correct, wrong, kind,
        metric=lambda logits, correct, wrong: logits[0, -1, correct],
    )  # fmt: skip


def difference_of_probabilities(model, clean, corrupted, correct, wrong, kind="resid"):
    """Your metric is a difference of probabilities: take that of the logits."""
    return _estimate(
        model, clean, corrupted, correct, wrong, kind,
        metric=lambda logits, correct, wrong: _logit_difference(
            logits.softmax(-1), correct, wrong
        ),
    )  # fmt: skip


def after_the_block(model, clean, corrupted, correct, wrong, kind="resid"):
    """You take the stream after each block: "resid" is the stream before it."""

    def site(kind, layer):
        return f"blocks.{layer}.hook_resid_post" if kind == "resid" else helpers.site(kind, layer)

    return _estimate(model, clean, corrupted, correct, wrong, kind, site=site)


def kind_ignored(model, clean, corrupted, correct, wrong, kind="resid"):
    """You always take the stream: `kind` says which state it is."""
    return _estimate(model, clean, corrupted, correct, wrong, "resid")


def layers_reversed(model, clean, corrupted, correct, wrong, kind="resid"):
    """Your layers come last first, as a backward hook sees them: row 0 is layer 0."""
    return _estimate(model, clean, corrupted, correct, wrong, kind).flip(0)


def d_model_not_summed(model, clean, corrupted, correct, wrong, kind="resid"):
    """You return the products: sum them over d_model, so that every position gets one number."""
    return _estimate(
        model, clean, corrupted, correct, wrong, kind,
        part=lambda there, here, slope: ((there - here) * slope)[0],
    )  # fmt: skip
