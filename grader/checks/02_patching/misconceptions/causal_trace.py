"""Wrong causal traces that students write."""

import patching_helpers as helpers
import torch


def _window(layer, window, n_layers):
    first = layer - window // 2
    return [near for near in range(first, first + window) if 0 <= near < n_layers]


def _chance(logits, answer):
    return logits[:, -1].softmax(-1)[:, answer]


def _trace(
    model, tokens, corrupted, answer, kind, layers, window=1, *, inside=_window, site=helpers.site,
    measure=_chance, everywhere=False, baseline=None, states=None, noise=True, mean=True,
    score=lambda restored, noisy, clean: restored - noisy,
):  # fmt: skip
    """The right trace, with a place for each mistake."""
    n_samples, n_pos, _ = corrupted.shape
    rows = torch.arange(n_samples * n_pos)
    at = rows % n_pos
    with torch.no_grad():
        clean_logits, clean = model.run_with_cache(tokens[None])
    states = states or clean

    def run(embeddings, hooks):
        start = [("hook_embed", lambda x, hook: embeddings)] if noise else []
        with torch.no_grad():
            logits = model.run_with_hooks(
                tokens.expand(len(embeddings), -1), fwd_hooks=[*start, *hooks]
            )
        return measure(logits, answer)

    def restorer(name):
        def restore(state, hook):
            state = state.clone()
            if everywhere:
                state[:] = states[name][0]
            else:
                state[rows, at] = states[name][0, at]
            return state

        return name, restore

    noisy = run(corrupted, []).mean()
    effects = []
    for layer in layers:
        near = inside(layer, window, model.cfg.n_layers)
        hooks = [restorer(site(kind, number)) for number in near]
        restored = run(corrupted.repeat_interleave(n_pos, dim=0), hooks)
        restored = restored.reshape(n_samples, n_pos)
        restored = restored.mean(0) if mean else restored.sum(0)
        effects.append(score(restored, noisy, measure(clean_logits, answer)[0]))
    return torch.stack(effects)


def window_wraps_around(model, tokens, corrupted, answer, kind, layers, window=1):
    """At the edges your window goes on at the other end of the model (negative indices count from
    the end): layers that are not there are left out."""

    def inside(layer, window, n_layers):
        first = layer - window // 2
        return sorted({near % n_layers for near in range(first, first + window)})

    return _trace(model, tokens, corrupted, answer, kind, layers, window, inside=inside)


def window_moved_to_fit(model, tokens, corrupted, answer, kind, layers, window=1):
    """At the edges you move the window so that all of it fits: it gets smaller there."""

    def inside(layer, window, n_layers):
        first = min(max(0, layer - window // 2), n_layers - window)
        return list(range(first, first + window))

    return _trace(model, tokens, corrupted, answer, kind, layers, window, inside=inside)


def window_ahead(model, tokens, corrupted, answer, kind, layers, window=1):
    """Your window starts at the layer: half of it lies below."""

    def inside(layer, window, n_layers):
        return list(range(layer, min(layer + window, n_layers)))

    return _trace(model, tokens, corrupted, answer, kind, layers, window, inside=inside)


def window_behind(model, tokens, corrupted, answer, kind, layers, window=1):
    """Your window ends at the layer: half of it lies above."""

    def inside(layer, window, n_layers):
        return list(range(max(0, layer - window + 1), layer + 1))

    return _trace(model, tokens, corrupted, answer, kind, layers, window, inside=inside)


def window_symmetric(model, tokens, corrupted, answer, kind, layers, window=1):
    """Your window is as long below as above: one of an even number of layers comes out too long.
    It holds `window` layers, the first of them window // 2 below."""

    def inside(layer, window, n_layers):
        half = window // 2
        return list(range(max(0, layer - half), min(n_layers, layer + half + 1)))

    return _trace(model, tokens, corrupted, answer, kind, layers, window, inside=inside)


def window_ignored(model, tokens, corrupted, answer, kind, layers, window=1):
    """You restore the one layer only: all layers of the window are restored together."""
    return _trace(model, tokens, corrupted, answer, kind, layers, 1)


def still_missing(model, tokens, corrupted, answer, kind, layers, window=1):
    """You report what is still missing, p_clean - p_restored: the indirect effect is what came
    back, p_restored - p_corrupted."""
    return _trace(
        model, tokens, corrupted, answer, kind, layers, window,
        score=lambda restored, noisy, clean: clean - restored,
    )  # fmt: skip


def total_effect(model, tokens, corrupted, answer, kind, layers, window=1):
    """You report the total effect, p_clean - p_corrupted, in every cell: the indirect effect of a
    state is p_restored - p_corrupted."""
    return _trace(
        model, tokens, corrupted, answer, kind, layers, window,
        score=lambda restored, noisy, clean: (clean - noisy) + 0 * restored,
    )  # fmt: skip


def no_baseline(model, tokens, corrupted, answer, kind, layers, window=1):
    """You return the restored probability: subtract that of the noisy run."""
    return _trace(
        model, tokens, corrupted, answer, kind, layers, window,
        score=lambda restored, noisy, clean: restored,
    )  # fmt: skip


def sign_reversed(model, tokens, corrupted, answer, kind, layers, window=1):
    """Your sign is reversed: p_restored minus p_corrupted, so that help is positive."""
    return _trace(
        model, tokens, corrupted, answer, kind, layers, window,
        score=lambda restored, noisy, clean: noisy - restored,
    )  # fmt: skip


def share_of_the_total(model, tokens, corrupted, answer, kind, layers, window=1):
    """You divide by the total effect: the indirect effect is a difference of probabilities."""
    return _trace(
        model, tokens, corrupted, answer, kind, layers, window,
        score=lambda restored, noisy, clean: (restored - noisy) / (clean - noisy),
    )  # fmt: skip


def all_positions_restored(model, tokens, corrupted, answer, kind, layers, window=1):
    """You restore every position at once: each cell restores one."""
    return _trace(model, tokens, corrupted, answer, kind, layers, window, everywhere=True)


def logit_of_the_answer(model, tokens, corrupted, answer, kind, layers, window=1):
    """You compare logits: the effect is a difference of probabilities, take the softmax."""
    return _trace(
        model, tokens, corrupted, answer, kind, layers, window,
        measure=lambda logits, answer: logits[:, -1, answer],
    )  # fmt: skip


def one_position_early(model, tokens, corrupted, answer, kind, layers, window=1):
    """You read the probability at position -2: the answer follows the last position."""
    return _trace(
        model, tokens, corrupted, answer, kind, layers, window,
        measure=lambda logits, answer: logits[:, -2].softmax(-1)[:, answer],
    )  # fmt: skip


def after_the_block(model, tokens, corrupted, answer, kind, layers, window=1):
    """You restore the stream after the block: "resid" is the stream before it,
    `hook_resid_pre`."""

    def site(kind, layer):
        return f"blocks.{layer}.hook_resid_post" if kind == "resid" else helpers.site(kind, layer)

    return _trace(model, tokens, corrupted, answer, kind, layers, window, site=site)


def kind_ignored(model, tokens, corrupted, answer, kind, layers, window=1):
    """You always restore the stream: `kind` says which state it is."""
    return _trace(model, tokens, corrupted, answer, "resid", layers, window)


def noise_left_out(model, tokens, corrupted, answer, kind, layers, window=1):
    """You never put the noisy embeddings in: without them nothing is lost and nothing comes
    back."""
    return _trace(model, tokens, corrupted, answer, kind, layers, window, noise=False)


def first_sample_only(model, tokens, corrupted, answer, kind, layers, window=1):
    """You use the first sample only: average over all of them."""
    return _trace(model, tokens, corrupted[:1], answer, kind, layers, window)


def summed_over_samples(model, tokens, corrupted, answer, kind, layers, window=1):
    """You sum the restored probabilities over the samples: take the mean."""
    return _trace(model, tokens, corrupted, answer, kind, layers, window, mean=False)


def layers_counted_from_zero(model, tokens, corrupted, answer, kind, layers, window=1):
    """You trace the first `len(layers)` layers: trace the layers you are asked for, in their
    order."""
    return _trace(model, tokens, corrupted, answer, kind, list(range(len(layers))), window)
