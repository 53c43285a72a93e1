"""Other right ways to write residual_stack."""

import torch


def running_sum(cache):
    """Add up what the components write."""
    stream = cache["hook_embed"] + cache["hook_pos_embed"]
    entries = [stream]
    for block in range(cache.model.cfg.n_layers):
        stream = stream + cache[f"blocks.{block}.hook_attn_out"]
        stream = stream + cache[f"blocks.{block}.hook_mlp_out"]
        entries.append(stream)
    return torch.stack(entries)


def what_the_blocks_take_in(cache):
    """Read what each block and the final norm take in."""
    n_layers = cache.model.cfg.n_layers
    names = [f"blocks.{block}.hook_in" for block in range(n_layers)] + ["ln_final.hook_in"]
    return torch.cat([cache[name].unsqueeze(0) for name in names], dim=0)


def the_library_does_it(cache):
    """TransformerLens has a method for it."""
    return cache.accumulated_resid(layer=-1, incl_mid=False)


def filled_in_place_in_single_precision(cache):
    """Fill a tensor entry by entry, in float32, laid out with the batch first."""
    n_layers = cache.model.cfg.n_layers
    batch, n_pos, d_model = cache["resid_pre", 0].shape
    stack = torch.empty(batch, n_layers + 1, n_pos, d_model).transpose(0, 1)
    for block in range(n_layers):
        stack[block] = cache["resid_pre", block]
    stack[n_layers] = cache["resid_post", n_layers - 1]
    return stack
