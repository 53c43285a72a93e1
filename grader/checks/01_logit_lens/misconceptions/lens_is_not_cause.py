"""Wrong interventions that students write."""

import logit_lens_helpers as helpers
import torch


def _lens(model, x, token, scale_of=None):
    gamma, beta, eps = helpers.norm_weights(model)
    W_U, b_U = helpers.unembedding(model)
    if beta is not None:
        x = x - x.mean(-1, keepdim=True)
    size = x if scale_of is None else scale_of
    x = x / (size.square().mean(-1, keepdim=True) + eps).sqrt() * gamma
    return ((x if beta is None else x + beta) @ W_U + b_U)[..., token]


def _project(x, direction):
    unit = direction / direction.norm()
    return x - (x @ unit)[..., None] * unit


def _at_last_position(project):
    return lambda resid, direction: torch.cat(
        [resid[:, :-1], project(resid[:, -1], direction)[:, None]], dim=1
    )


def _measure(
    model, tokens, layer, direction, token, project=_project, edit=None, place=None, read=_lens,
    at=-1,
):  # fmt: skip
    """The right measurement, with a place for each mistake; returns effects for each prompt."""
    edit = edit or _at_last_position(project)
    place = place or f"blocks.{layer}.hook_resid_pre"
    seen = []

    def hook(resid, hook):
        seen.extend([resid[:, at], edit(resid, direction)[:, at]])
        return edit(resid, direction)

    with torch.no_grad():
        clean = model(tokens)[:, at, token]
        ablated = model.run_with_hooks(tokens, fwd_hooks=[(place, hook)])[:, at, token]
        return read(model, seen[0], token) - read(model, seen[1], token), clean - ablated


def _means(effects):
    return tuple(effect.mean().item() for effect in effects)


def direction_not_normalised(model, tokens, layer, direction, token):
    """You project with the direction as it is: divide it by its length first, or its length is
    taken out as well, squared."""

    def project(x, direction):
        return x - (x @ direction)[..., None] * direction

    return _means(_measure(model, tokens, layer, direction, token, project=project))


def divided_by_the_length_once(model, tokens, layer, direction, token):
    """You divide by the direction's length once: the direction stands twice in the projection, so
    its squared length is divided out."""

    def project(x, direction):
        return x - (x @ direction)[..., None] * direction / direction.norm()

    return _means(_measure(model, tokens, layer, direction, token, project=project))


def direction_subtracted(model, tokens, layer, direction, token):
    """You subtract the direction itself: take out the stream's component along it, (x . u) u."""

    def project(x, direction):
        return x - direction / direction.norm()

    return _means(_measure(model, tokens, layer, direction, token, project=project))


def reflected(model, tokens, layer, direction, token):
    """You take the component out twice, so that it points the other way: once is enough."""

    def project(x, direction):
        return 2 * _project(x, direction) - x

    return _means(_measure(model, tokens, layer, direction, token, project=project))


def only_the_direction_kept(model, tokens, layer, direction, token):
    """You keep the component along the direction and take out everything else: it is the other
    way round."""

    def project(x, direction):
        return x - _project(x, direction)

    return _means(_measure(model, tokens, layer, direction, token, project=project))


def whole_stream_zeroed(model, tokens, layer, direction, token):
    """You set the whole stream to zero: only its component along the direction is taken out."""

    def project(x, direction):
        return torch.zeros_like(x)

    return _means(_measure(model, tokens, layer, direction, token, project=project))


def at_all_positions(model, tokens, layer, direction, token):
    """You take the direction out at every position: only the last one is meant, others reach the
    output through attention."""
    return _means(_measure(model, tokens, layer, direction, token, edit=_project))


def at_the_first_position(model, tokens, layer, direction, token):
    """You edit position 0: the last position is meant, index -1."""

    def edit(resid, direction):
        resid = resid.clone()
        resid[:, 0] = _project(resid[:, 0], direction)
        return resid

    return _means(_measure(model, tokens, layer, direction, token, edit=edit))


def one_block_late(model, tokens, layer, direction, token):
    """You edit the stream after block `layer`: stack index `layer` is the stream before it,
    `hook_resid_pre`."""
    place = f"blocks.{layer}.hook_resid_post"
    return _means(_measure(model, tokens, layer, direction, token, place=place))


def between_attention_and_mlp(model, tokens, layer, direction, token):
    """You edit `hook_resid_mid`, inside the block: stack index `layer` is the stream before it,
    `hook_resid_pre`."""
    place = f"blocks.{layer}.hook_resid_mid"
    return _means(_measure(model, tokens, layer, direction, token, place=place))


def what_attention_reads(model, tokens, layer, direction, token):
    """You edit what the attention reads (after the norm): the stream itself goes on with the
    direction in it. Edit `hook_resid_pre`."""
    lens, _ = _measure(model, tokens, layer, direction, token)
    place = f"blocks.{layer}.ln1.hook_out"
    _, output = _measure(model, tokens, layer, direction, token, place=place)
    return _means((lens, output))


def hook_returns_nothing(model, tokens, layer, direction, token):
    """Your hook makes a new tensor and does not return it: the model runs on unchanged, and the
    output effect is always 0. Return the edited stream."""
    lens, output = _measure(model, tokens, layer, direction, token)
    return lens.mean().item(), 0.0 * output.mean().item()


def ablated_minus_clean(model, tokens, layer, direction, token):
    """Your sign is the wrong way round: clean minus ablated, so that a lost logit is a positive
    effect."""
    effects = _measure(model, tokens, layer, direction, token)
    return _means([-effect for effect in effects])


def absolute_values(model, tokens, layer, direction, token):
    """You take absolute values: an effect has a sign, taking something out can help a token."""
    effects = _measure(model, tokens, layer, direction, token)
    return _means([effect.abs() for effect in effects])


def summed_over_the_batch(model, tokens, layer, direction, token):
    """You sum over the prompts: take the mean."""
    effects = _measure(model, tokens, layer, direction, token)
    return tuple(effect.sum().item() for effect in effects)


def first_prompt_only(model, tokens, layer, direction, token):
    """You measure the first prompt only: take the mean over the batch."""
    effects = _measure(model, tokens, layer, direction, token)
    return tuple(effect[0].item() for effect in effects)


def in_the_other_order(model, tokens, layer, direction, token):
    """You return the output effect first: the lens effect comes first."""
    lens, output = _means(_measure(model, tokens, layer, direction, token))
    return output, lens


def output_twice(model, tokens, layer, direction, token):
    """Your lens effect is read from the final logits: read it with the lens, from the stream at
    `layer`."""
    _, output = _means(_measure(model, tokens, layer, direction, token))
    return output, output


def lens_without_norm(model, tokens, layer, direction, token):
    """Your lens skips the final norm."""

    def read(model, x, token):
        W_U, b_U = helpers.unembedding(model)
        return (x @ W_U + b_U)[..., token]

    return _means(_measure(model, tokens, layer, direction, token, read=read))


def lens_with_frozen_scale(model, tokens, layer, direction, token):
    """You read the ablated stream with the clean stream's scale: the lens takes its norm afresh,
    and without the direction the stream is shorter."""
    seen = []

    def read(model, x, token):
        seen.append(x)
        return _lens(model, x, token, scale_of=seen[0])

    return _means(_measure(model, tokens, layer, direction, token, read=read))


def probabilities(model, tokens, layer, direction, token):
    """You measure probabilities: logits are asked for, in both places."""
    place = f"blocks.{layer}.hook_resid_pre"
    edit = _at_last_position(_project)
    gamma, _, eps = helpers.norm_weights(model)
    W_U, b_U = helpers.unembedding(model)
    seen = []

    def hook(resid, hook):
        seen.extend([resid[:, -1], edit(resid, direction)[:, -1]])
        return edit(resid, direction)

    def said(x):
        x = x / (x.square().mean(-1, keepdim=True) + eps).sqrt() * gamma
        return (x @ W_U + b_U).softmax(-1)[:, token]

    with torch.no_grad():
        clean = model(tokens)[:, -1].softmax(-1)[:, token]
        ablated = model.run_with_hooks(tokens, fwd_hooks=[(place, hook)])[:, -1]
    effects = said(seen[0]) - said(seen[1]), clean - ablated.softmax(-1)[:, token]
    return _means(effects)


def hooks_left_behind(model, tokens, layer, direction, token):
    """Your hook stays in the model: every later run is ablated too. Use `run_with_hooks` or a
    `with model.hooks(...)` block, which take hooks away again."""
    effects = _measure(model, tokens, layer, direction, token)
    edit = _at_last_position(_project)
    model.add_hook(f"blocks.{layer}.hook_resid_pre", lambda resid, hook: edit(resid, direction))
    return _means(effects)


def direction_normalised_in_place(model, tokens, layer, direction, token):
    """You normalise the caller's direction in place (`/=`): make a new tensor."""
    direction /= direction.norm()
    return _means(_measure(model, tokens, layer, direction, token))
