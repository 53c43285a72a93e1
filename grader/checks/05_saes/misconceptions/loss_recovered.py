"""Wrong measurements of the loss recovered that students write."""

import saes_helpers as helpers
import torch


def _loss(model, tokens, hook_name, replace):
    with torch.no_grad():
        logits = model.run_with_hooks(tokens, fwd_hooks=[(hook_name, lambda x, hook: replace(x))])
    return helpers.next_token_loss(logits, tokens)


def _mean(x):
    return x.mean(dim=(0, 1)).expand_as(x)


def _losses(model, tokens, hook_name, reconstruct, flat=_mean):
    same = _loss(model, tokens, hook_name, lambda x: x)
    return (
        same, _loss(model, tokens, hook_name, reconstruct), _loss(model, tokens, hook_name, flat),
    )  # fmt: skip


def zeros_for_the_mean(model, tokens, hook_name, reconstruct):
    """You replace by zeros for the comparison: replace by the mean, which is a better guess, so
    the figure is lower and more honest."""
    clean, spliced, base = _losses(model, tokens, hook_name, reconstruct, torch.zeros_like)
    return ((base - spliced) / (base - clean)).item()


def mean_of_each_prompt(model, tokens, hook_name, reconstruct):
    """You take each prompt's own mean: it is over all prompts and positions."""

    def flat(x):
        return x.mean(dim=1, keepdim=True).expand_as(x)

    clean, spliced, base = _losses(model, tokens, hook_name, reconstruct, flat)
    return ((base - spliced) / (base - clean)).item()


def mean_at_each_position(model, tokens, hook_name, reconstruct):
    """You take each position's own mean: it is over all prompts and positions."""

    def flat(x):
        return x.mean(dim=0, keepdim=True).expand_as(x)

    clean, spliced, base = _losses(model, tokens, hook_name, reconstruct, flat)
    return ((base - spliced) / (base - clean)).item()


def mean_over_dimensions(model, tokens, hook_name, reconstruct):
    """You take one number for all dimensions: the mean is a vector."""

    def flat(x):
        return x.mean().expand_as(x)

    clean, spliced, base = _losses(model, tokens, hook_name, reconstruct, flat)
    return ((base - spliced) / (base - clean)).item()


def lost(model, tokens, hook_name, reconstruct):
    """You return the share that is lost: what is asked for is the share that is kept."""
    clean, spliced, base = _losses(model, tokens, hook_name, reconstruct)
    return ((spliced - clean) / (base - clean)).item()


def ratio_of_losses(model, tokens, hook_name, reconstruct):
    """You divide the model's loss by the spliced one: the share is of the way from the mean's loss
    to the model's own."""
    clean, spliced, _ = _losses(model, tokens, hook_name, reconstruct)
    return (clean / spliced).item()


def difference(model, tokens, hook_name, reconstruct):
    """You return a difference in nats: divide by that between the mean's loss and the model's."""
    _, spliced, base = _losses(model, tokens, hook_name, reconstruct)
    return (base - spliced).item()


def upside_down(model, tokens, hook_name, reconstruct):
    """You divide the other way round."""
    clean, spliced, base = _losses(model, tokens, hook_name, reconstruct)
    return ((base - clean) / (base - spliced + 1e-9)).item()


def never_spliced(model, tokens, hook_name, reconstruct):
    """Your hook returns nothing, so the model runs on with its own activations."""
    clean, _, base = _losses(model, tokens, hook_name, reconstruct)
    spliced = _loss(model, tokens, hook_name, lambda x: x)
    return ((base - spliced) / (base - clean)).item()


def first_prompt_only(model, tokens, hook_name, reconstruct):
    """You splice into the first prompt only: into all of them."""

    def first(x):
        out = x.clone()
        out[0] = reconstruct(x)[0]
        return out

    clean, spliced, base = _losses(model, tokens, hook_name, first)
    return ((base - spliced) / (base - clean)).item()


def first_position_kept(model, tokens, hook_name, reconstruct):
    """You leave the first position as it is: every position is replaced."""

    def rest(x):
        out = reconstruct(x).clone()
        out[:, 0] = x[:, 0]
        return out

    clean, spliced, base = _losses(model, tokens, hook_name, rest)
    return ((base - spliced) / (base - clean)).item()


def added_to_the_stream(model, tokens, hook_name, reconstruct):
    """You add the reconstruction to the activations: it takes their place."""
    clean, spliced, base = _losses(model, tokens, hook_name, lambda x: x + reconstruct(x))
    return ((base - spliced) / (base - clean)).item()


def hook_left_on(model, tokens, hook_name, reconstruct):
    """You leave a hook on the model (`add_hook` without `reset_hooks`): every later run is
    changed. `run_with_hooks` takes its hooks off again."""
    clean, spliced, base = _losses(model, tokens, hook_name, reconstruct)
    model.add_hook(hook_name, lambda x, hook: x * 0.5)
    return ((base - spliced) / (base - clean)).item()


def same_token(model, tokens, hook_name, reconstruct):
    """You score the token that stands at a position: the loss is that of the token that comes
    next."""

    def loss(replace):
        with torch.no_grad():
            hooks = [(hook_name, lambda x, hook: replace(x))]
            logits = model.run_with_hooks(tokens, fwd_hooks=hooks)
        return -logits.log_softmax(-1).gather(-1, tokens[..., None]).mean()

    clean, spliced, base = (loss(f) for f in (lambda x: x, reconstruct, _mean))
    return ((base - spliced) / (base - clean)).item()


def clamped(model, tokens, hook_name, reconstruct):
    """You cut the share at 0: a reconstruction may be worse than the mean."""
    clean, spliced, base = _losses(model, tokens, hook_name, reconstruct)
    return max(((base - spliced) / (base - clean)).item(), 0.0)
