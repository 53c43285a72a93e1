"""Wrong residual stacks that students write."""

import torch


def without_the_embeddings(cache):
    """Your stack starts after block 0: entry 0 must be the stream before any block has written,
    so there is one entry more than there are blocks."""
    return torch.stack([cache["resid_post", i] for i in range(cache.model.cfg.n_layers)])


def without_the_last_block(cache):
    """Your stack ends before the last block has written: add the last block's `resid_post`."""
    return torch.stack([cache["resid_pre", i] for i in range(cache.model.cfg.n_layers)])


def stops_after_attention(cache):
    """You read `resid_mid`, the stream between attention and MLP: a whole block ends at
    `resid_post`."""
    n_layers = cache.model.cfg.n_layers
    entries = [cache["resid_pre", 0]] + [cache["resid_mid", i] for i in range(n_layers)]
    return torch.stack(entries)


def two_entries_a_block(cache):
    """Your stack has two entries for each block (`resid_mid` and `resid_post`): one per block is
    wanted."""
    entries = [cache["resid_pre", 0]]
    for i in range(cache.model.cfg.n_layers):
        entries += [cache["resid_mid", i], cache["resid_post", i]]
    return torch.stack(entries)


def no_positions_in_entry_0(cache):
    """Your entry 0 is the token embedding alone: the stream starts as token plus position."""
    n_layers = cache.model.cfg.n_layers
    entries = [cache["hook_embed"]] + [cache["resid_post", i] for i in range(n_layers)]
    return torch.stack(entries)


def what_the_blocks_read(cache):
    """Your entries are normalised (`ln1`): the stack holds the raw stream; the norm is the lens's
    work."""
    n_layers = cache.model.cfg.n_layers
    entries = [cache[f"blocks.{i}.ln1.hook_out"] for i in range(n_layers)]
    return torch.stack([*entries, cache["ln_final.hook_out"]])


def last_entry_normalised(cache):
    """Your last entry comes after the final norm: the stack holds the stream before it."""
    n_layers = cache.model.cfg.n_layers
    entries = [cache["resid_pre", i] for i in range(n_layers)]
    return torch.stack([*entries, cache["ln_final.hook_out"]])


def writes_not_added_up(cache):
    """Your entries are what each block writes: the stream is the running sum of the writes."""
    n_layers = cache.model.cfg.n_layers
    entries = [cache["attn_out", i] + cache["mlp_out", i] for i in range(n_layers)]
    return torch.stack([cache["resid_pre", 0], *entries])


def attention_forgotten(cache):
    """Your running sum adds up the MLPs alone: a block's attention writes into the stream too."""
    entries = [cache["resid_pre", 0]]
    for i in range(cache.model.cfg.n_layers):
        entries.append(entries[-1] + cache["mlp_out", i])
    return torch.stack(entries)


def biggest_first(cache):
    """Your stack runs from the last block to the first: entry 0 is the earliest."""
    n_layers = cache.model.cfg.n_layers
    entries = [cache["resid_post", i] for i in reversed(range(n_layers))]
    return torch.stack([*entries, cache["resid_pre", 0]])


def same_tensor_every_time(cache):
    """`x += write` changes one tensor in place, so every entry of your list is that same tensor,
    and the cache is changed with it: write `x = x + write`."""
    stream = cache["resid_pre", 0]
    entries = [stream]
    for i in range(cache.model.cfg.n_layers):
        stream += cache["attn_out", i]
        stream += cache["mlp_out", i]
        entries.append(stream)
    return torch.stack(entries)


def writes_into_the_cache(cache):
    """`x += write` on a tensor of the cache changes the cache: whoever reads it next finds a
    different model. Write `x = x + write`."""
    stream = cache["resid_pre", 0]
    entries = [stream.clone()]
    for i in range(cache.model.cfg.n_layers):
        stream += cache["attn_out", i] + cache["mlp_out", i]
        entries.append(stream.clone())
    return torch.stack(entries)


def layers_on_the_second_axis(cache):
    """Your stack has the batch first: stack along a new first axis, `[layer + 1, batch, ...]`."""
    n_layers = cache.model.cfg.n_layers
    entries = [cache["resid_pre", 0]] + [cache["resid_post", i] for i in range(n_layers)]
    return torch.stack(entries, dim=1)
