"""Wrong ablations that students write."""

import torch


def _ablate(
    model, tokens, heads, mode, reference=None, seed=0, *, mean=None, rows=None, scale=0.0,
    site="z", put=None, source=None,
):  # fmt: skip
    """The right ablation, with a place for each mistake."""
    mean = mean or (lambda z: z.mean(0))
    generator = torch.Generator().manual_seed(seed)
    rows = rows or (lambda n, size: torch.randint(n, (size,), generator=generator))
    values = {}
    with torch.no_grad():
        if mode != "zero":
            _, cache = model.run_with_cache(reference if source is None else source)
        for layer, head in heads:
            if mode == "zero":
                values[layer, head] = scale
            elif mode == "mean":
                values[layer, head] = mean(cache[site, layer][:, :, head])
            else:
                chosen = rows(len(reference), len(tokens))
                values[layer, head] = cache[site, layer][chosen][:, :, head]
        hooks = []
        for layer in {layer for layer, _ in heads}:

            def replace(z, hook, layer=layer):
                z = z.clone()
                for (at, head), value in values.items():
                    if at == layer:
                        if put is None:
                            z[:, :, head] = value
                        else:
                            put(z, head, value)
                return z

            hooks.append((f"blocks.{layer}.attn.hook_{site}", replace))
        return model.run_with_hooks(tokens, fwd_hooks=hooks)


def mean_over_the_prompt_itself(model, tokens, heads, mode, reference=None, seed=0):
    """You average over the positions of each prompt: the mean goes over the reference prompts and
    keeps the positions apart."""
    if mode != "mean":
        return _ablate(model, tokens, heads, mode, reference, seed)
    return _ablate(
        model, tokens, heads, mode, source=tokens, mean=lambda z: z.mean(1, keepdim=True)
    )


def mean_over_positions_too(model, tokens, heads, mode, reference=None, seed=0):
    """You average over prompts and positions: keep the positions apart."""
    return _ablate(model, tokens, heads, mode, reference, seed, mean=lambda z: z.mean((0, 1)))


def mean_over_the_tokens(model, tokens, heads, mode, reference=None, seed=0):
    """You take the mean over the prompts that are run: it is over the reference prompts."""
    source = tokens if mode == "mean" else None
    return _ablate(model, tokens, heads, mode, reference, seed, source=source)


def sum_over_the_reference(model, tokens, heads, mode, reference=None, seed=0):
    """You put in the sum over the reference prompts: take the mean."""
    return _ablate(model, tokens, heads, mode, reference, seed, mean=lambda z: z.sum(0))


def first_reference_prompt(model, tokens, heads, mode, reference=None, seed=0):
    """Your mean is what the head says on the first reference prompt: average over all."""
    return _ablate(model, tokens, heads, mode, reference, seed, mean=lambda z: z[0])


def one_draw_for_all_heads(model, tokens, heads, mode, reference=None, seed=0):
    """All heads use the same drawn rows: then they still agree with each other, as in a run on
    another prompt. Each head draws its own."""
    n = len(tokens) if reference is None else len(reference)
    draw = torch.Generator().manual_seed(seed)
    chosen = torch.randint(n, (len(tokens),), generator=draw)
    return _ablate(model, tokens, heads, mode, reference, seed, rows=lambda n, size: chosen)


def seeded_anew_for_each_head(model, tokens, heads, mode, reference=None, seed=0):
    """You seed the generator again for every head, so that all draw the same rows: seed it once."""

    def rows(n, size):
        return torch.randint(n, (size,), generator=torch.Generator().manual_seed(seed + 1))

    return _ablate(model, tokens, heads, mode, reference, seed, rows=rows)


def one_row_for_all_prompts(model, tokens, heads, mode, reference=None, seed=0):
    """Each head draws one reference prompt for the whole batch: every prompt draws its own."""
    draw = torch.Generator().manual_seed(seed)

    def rows(n, size):
        return torch.randint(n, (1,), generator=draw).expand(size)

    return _ablate(model, tokens, heads, mode, reference, seed, rows=rows)


def rows_in_order(model, tokens, heads, mode, reference=None, seed=0):
    """You take the reference prompts in their order, prompt by prompt: draw them at random."""

    def rows(n, size):
        return torch.arange(size) % n

    return _ablate(model, tokens, heads, mode, reference, seed, rows=rows)


def resampled_from_the_batch(model, tokens, heads, mode, reference=None, seed=0):
    """You shuffle the prompts that are run: draw from the reference prompts."""
    if mode != "resample":
        return _ablate(model, tokens, heads, mode, reference, seed)
    return _ablate(model, tokens, heads, mode, tokens, seed)


def seed_not_used(model, tokens, heads, mode, reference=None, seed=0):
    """Your draw does not depend on `seed`: another seed has to draw other rows."""
    return _ablate(model, tokens, heads, mode, reference, 0)


def whole_layer(model, tokens, heads, mode, reference=None, seed=0):
    """You replace all heads of the layer: only those in `heads`."""
    layers = sorted({layer for layer, _ in heads})
    every = [(layer, head) for layer in layers for head in range(model.cfg.n_heads)]
    return _ablate(model, tokens, every, mode, reference, seed)


def last_head_of_a_layer_wins(model, tokens, heads, mode, reference=None, seed=0):
    """Of several heads in one layer you replace one only: a later hook or entry overwrites the
    others."""
    one = dict(heads)
    return _ablate(model, tokens, list(one.items()), mode, reference, seed)


def only_the_last_position(model, tokens, heads, mode, reference=None, seed=0):
    """You replace the head at the last position only: every position is meant."""

    def put(z, head, value):
        z[:, -1, head] = value if isinstance(value, float) else value[..., -1, :]

    return _ablate(model, tokens, heads, mode, reference, seed, put=put)


def axes_of_z_mixed_up(model, tokens, heads, mode, reference=None, seed=0):
    """You index the position where the head is meant: z is [batch, pos, head, d_head]."""

    def put(z, head, value):
        z[:, head] = 0.0 if isinstance(value, float) else value.mean()

    return _ablate(model, tokens, heads, mode, reference, seed, put=put)


def the_values_instead(model, tokens, heads, mode, reference=None, seed=0):
    """You replace the head's values v: replace z, what the pattern has made of them."""
    return _ablate(model, tokens, heads, mode, reference, seed, site="v")


def layer_and_head_swapped(model, tokens, heads, mode, reference=None, seed=0):
    """You read the pairs as (head, layer): they are (layer, head)."""
    swapped = [(head % model.cfg.n_layers, layer % model.cfg.n_heads) for layer, head in heads]
    return _ablate(model, tokens, swapped, mode, reference, seed)


def nothing_returned_by_the_hook(model, tokens, heads, mode, reference=None, seed=0):
    """Your hook makes a copy and does not return it: the model runs on unchanged."""
    with torch.no_grad():
        return model(tokens)


def hooks_left_behind(model, tokens, heads, mode, reference=None, seed=0):
    """Your hooks stay in the model: every later run is ablated too. Use `run_with_hooks`."""
    logits = _ablate(model, tokens, heads, mode, reference, seed)
    for layer, head in heads:

        def zero(z, hook, head=head):
            z = z.clone()
            z[:, :, head] = 0
            return z

        model.add_hook(f"blocks.{layer}.attn.hook_z", zero)
    return logits
