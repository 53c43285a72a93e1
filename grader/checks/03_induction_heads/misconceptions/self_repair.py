"""Wrong measures of self-repair that students write."""

import circuits_helpers as circuits
import torch


def _effects(
    model, tokens, correct, wrong, head, *, wrote=None, read=None, silence=None, at=-1,
    measure=None, place=None,
):  # fmt: skip
    """The right measurement, with a place for each mistake."""
    layer, index = head
    read = read or (lambda stream, cache: circuits.read_out(model, stream))
    measure = measure or circuits.logit_difference

    def zero(z, hook):
        z = z.clone()
        z[:, :, index] = 0
        return z

    with torch.no_grad():
        logits, cache = model.run_with_cache(tokens)
        stream = cache["resid_post", model.cfg.n_layers - 1][:, at]
        if wrote is None:
            own = cache["z", layer][:, at, index] @ model.blocks[layer].attn.W_O[index]
        else:
            own = wrote(cache)
        hooks = [(place or f"blocks.{layer}.attn.hook_z", silence or zero)]
        ablated = model.run_with_hooks(tokens, fwd_hooks=hooks)
        clean = measure(logits[:, at], correct, wrong)
        without = measure(read(stream - own, cache), correct, wrong)
        after = measure(ablated[:, at], correct, wrong)
    return clean - without, clean - after


def direct_only(model, tokens, correct, wrong, head):
    """Your total effect is the direct effect again: run the model with the head silenced."""
    direct, _ = _effects(model, tokens, correct, wrong, head)
    return direct, direct


def total_only(model, tokens, correct, wrong, head):
    """Your direct effect is the total effect again: take the head's write out of the final stream
    of the clean run."""
    _, total = _effects(model, tokens, correct, wrong, head)
    return total, total


def in_the_other_order(model, tokens, correct, wrong, head):
    """You return the total effect first: the direct effect comes first."""
    direct, total = _effects(model, tokens, correct, wrong, head)
    return total, direct


def repair_second(model, tokens, correct, wrong, head):
    """Your second value is the repair, direct minus total: return the total effect itself."""
    direct, total = _effects(model, tokens, correct, wrong, head)
    return direct, direct - total


def ablated_minus_clean(model, tokens, correct, wrong, head):
    """Your signs are the wrong way round: an effect is what is lost, clean minus ablated."""
    direct, total = _effects(model, tokens, correct, wrong, head)
    return -direct, -total


def what_is_left(model, tokens, correct, wrong, head):
    """You return the differences that are left: subtract them from the clean one."""
    direct, total = _effects(model, tokens, correct, wrong, head)
    with torch.no_grad():
        clean = circuits.logit_difference(model(tokens), correct, wrong)
    return clean - direct, clean - total


def mean_over_the_batch(model, tokens, correct, wrong, head):
    """You average over the prompts: one number for each."""
    effects = _effects(model, tokens, correct, wrong, head)
    return tuple(effect.mean().expand(len(tokens)).clone() for effect in effects)


def correct_token_only(model, tokens, correct, wrong, head):
    """You measure the correct token's logit: the difference of the two is asked for."""

    def measure(logits, correct, wrong):
        return logits[torch.arange(len(logits)), correct]

    return _effects(model, tokens, correct, wrong, head, measure=measure)


def probabilities(model, tokens, correct, wrong, head):
    """You take probabilities: a difference of logits is asked for."""

    def measure(logits, correct, wrong):
        return circuits.logit_difference(logits.softmax(-1), correct, wrong)

    return _effects(model, tokens, correct, wrong, head, measure=measure)


def norm_left_out(model, tokens, correct, wrong, head):
    """You read the direct effect off without the final norm: the stream goes through it first."""

    def no_norm(stream):
        return stream @ model.W_U + model.b_U

    with torch.no_grad():
        _, cache = model.run_with_cache(tokens)
        layer, index = head
        own = cache["z", layer][:, -1, index] @ model.blocks[layer].attn.W_O[index]
        direct = circuits.logit_difference(no_norm(own) - model.b_U, correct, wrong)
    return direct, _effects(model, tokens, correct, wrong, head)[1]


def norm_frozen(model, tokens, correct, wrong, head):
    """You divide by the clean run's scale: here the norm is taken afresh on the shortened
    stream."""

    def read(stream, cache):
        scale = cache["ln_final.hook_scale"][:, -1] if "ln_final.hook_scale" in cache else 1.0
        if model.cfg.normalization_type == "LN":
            stream = stream - stream.mean(-1, keepdim=True)
        weight = getattr(model.ln_final, "weight", 1.0)
        shift = getattr(model.ln_final, "bias", None)
        normed = stream / scale * (1.0 if weight is None else weight)
        return (normed if shift is None else normed + shift) @ model.W_U + model.b_U

    return _effects(model, tokens, correct, wrong, head, read=read)


def whole_layer(model, tokens, correct, wrong, head):
    """You take the write of the whole attention layer out of the stream: only the head's."""
    return _effects(
        model, tokens, correct, wrong, head, wrote=lambda cache: cache["attn_out", head[0]][:, -1]
    )


def output_matrix_of_head_0(model, tokens, correct, wrong, head):
    """You use the output matrix of head 0: each head has its own, `W_O[head]`."""
    layer, index = head

    def wrote(cache):
        return cache["z", layer][:, -1, index] @ model.blocks[layer].attn.W_O[0]

    return _effects(model, tokens, correct, wrong, head, wrote=wrote)


def at_the_first_position(model, tokens, correct, wrong, head):
    """You read position 0: the last position is meant, index -1."""
    return _effects(model, tokens, correct, wrong, head, at=0)


def silenced_at_the_last_position(model, tokens, correct, wrong, head):
    """You silence the head at the last position only: at every position."""

    def silence(z, hook):
        z = z.clone()
        z[:, -1, head[1]] = 0
        return z

    return _effects(model, tokens, correct, wrong, head, silence=silence)


def mean_ablated(model, tokens, correct, wrong, head):
    """You put the mean over the batch in the head's place: here it is zero."""

    def silence(z, hook):
        z = z.clone()
        z[:, :, head[1]] = z[:, :, head[1]].mean(0)
        return z

    return _effects(model, tokens, correct, wrong, head, silence=silence)


def layer_silenced(model, tokens, correct, wrong, head):
    """You silence all heads of the layer: only one."""
    return _effects(model, tokens, correct, wrong, head, silence=lambda z, hook: 0 * z)


def stream_after_the_own_layer(model, tokens, correct, wrong, head):
    """You take the write out of the stream behind the head's own layer: the last layer's stream
    is read by the unembedding."""
    layer, index = head
    _, total = _effects(model, tokens, correct, wrong, head)
    with torch.no_grad():
        _, cache = model.run_with_cache(tokens)
        stream = cache["resid_post", layer][:, -1]
        own = cache["z", layer][:, -1, index] @ model.blocks[layer].attn.W_O[index]
        with_it, without = (
            circuits.logit_difference(circuits.read_out(model, x), correct, wrong)
            for x in (stream, stream - own)
        )
    return with_it - without, total


def hooks_left_behind(model, tokens, correct, wrong, head):
    """Your hook stays in the model: every later run lacks the head. Use `run_with_hooks`."""
    effects = _effects(model, tokens, correct, wrong, head)

    def silence(z, hook):
        z = z.clone()
        z[:, :, head[1]] = 0
        return z

    model.add_hook(f"blocks.{head[0]}.attn.hook_z", silence)
    return effects
