"""Other right ways to write lens_is_not_cause."""

import logit_lens_helpers as helpers
import torch


def cache_and_replay(model, tokens, layer, direction, token):
    """Take the stream from a cache, edit it, and put it back whole; tensors come back."""
    place = f"blocks.{layer}.hook_resid_pre"
    clean, cache = model.run_with_cache(tokens)
    stream = cache[place].clone()
    away = torch.outer(direction, direction) / (direction @ direction)
    edited = stream.clone()
    edited[:, -1] = edited[:, -1] - edited[:, -1] @ away
    ablated = model.run_with_hooks(tokens, fwd_hooks=[(place, lambda x, hook: edited)])
    lens = model.unembed(model.ln_final(torch.stack([stream, edited])))[:, :, -1, token]
    output = (clean - ablated)[:, -1, token].mean()
    return lens[0].mean() - lens[1].mean(), output


@torch.no_grad()
def hooks_in_a_with_block(model, tokens, layer, direction, token):
    """Edit in place inside a `with model.hooks(...)` block, in einsum."""
    unit = direction / torch.linalg.vector_norm(direction)
    gamma, beta, eps = helpers.norm_weights(model)
    W_U, b_U = helpers.unembedding(model)
    before = {}

    def take_out(resid, hook):
        before["x"] = resid[:, -1].clone()
        resid[:, -1, :] -= torch.einsum("bd,d,e->be", resid[:, -1, :], unit, unit)
        before["y"] = resid[:, -1].clone()
        return resid

    def lens(x):
        if beta is not None:
            x = x - x.mean(-1, keepdim=True)
        x = x / torch.sqrt(x.pow(2).mean(-1, keepdim=True) + eps) * gamma
        x = x if beta is None else x + beta
        return (x @ W_U[:, token] + b_U[token]).mean()

    clean = model(tokens)[:, -1, token].mean()
    with model.hooks(fwd_hooks=[(f"blocks.{layer}.hook_resid_pre", take_out)]):
        ablated = model(tokens)[:, -1, token].mean()
    return (lens(before["x"]) - lens(before["y"])).item(), (clean - ablated).item()


def prompt_by_prompt_with_torch_hooks(model, tokens, layer, direction, token):
    """One prompt at a time, with a permanent hook that is removed at the end, in float32."""
    direction = direction.float()
    effects = []

    def take_out(resid, hook):
        x = resid[:, -1].float()
        share = (x * direction).sum(-1, keepdim=True) / direction.square().sum()
        seen["clean"], seen["edited"] = x, x - share * direction
        return torch.cat([resid[:, :-1], seen["edited"][:, None].to(resid.dtype)], dim=1)

    for prompt in tokens:
        seen = {}
        with torch.no_grad():
            clean = model(prompt[None])[0, -1, token]
            model.add_hook(f"blocks.{layer}.hook_resid_pre", take_out)
            try:
                ablated = model(prompt[None])[0, -1, token]
            finally:
                model.reset_hooks()
            dtype = model.W_U.dtype
            lens = [
                model.unembed(model.ln_final(seen[key].to(dtype)[None]))[0, 0, token]
                for key in ("clean", "edited")
            ]
        effects.append((float(lens[0] - lens[1]), float(clean - ablated)))
    return (
        sum(effect[0] for effect in effects) / len(effects),
        sum(effect[1] for effect in effects) / len(effects),
    )
