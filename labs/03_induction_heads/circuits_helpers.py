"""Given code for parts 6 to 8 of lab 03: words for IOI prompts, attributions on smollm2, pictures.

Nothing here answers an exercise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from einops import einsum
from jaxtyping import Bool, Float, Int
from labkit import data
from torch import Tensor
from tqdm.auto import tqdm
from transformer_lens.model_bridge import TransformerBridge

Head = tuple[int, int]
Score = Callable[[Tensor], float]  # from a mask [layer, head] of the heads that work

IOI_WORDS: dict[str, list[str]] = {
    # All of 14 tokens for smollm2, each name at the same position; the last four names are longer.
    "template": [
        "When {first} and {second} went to the {place}, {giver} gave a {object} to",
        "While {first} and {second} worked at the {place}, {giver} gave a {object} to",
        "After {first} and {second} came to the {place}, {giver} handed a {object} to",
        "When {first} and {second} met at the {place}, {giver} offered a {object} to",
        "Once {first} and {second} got to the {place}, {giver} gave the {object} to",
        "As {first} and {second} walked to the {place}, {giver} passed a {object} to",
    ],
    "place": "store garden school station office hospital restaurant library beach market".split(),
    "object": "drink book ring present letter ticket basket bottle key map".split(),
    "name": (
        "Mary John Tom James Dan Sarah Anna Alice Paul Mark Peter Kate Emma David Laura Jack Lucy "
        "Simon Henry Susan Rachel Kevin Amy Ruth Martin Jessica Michael Lisa Robert Bartholomew "
        "Guinevere Aoife Siobhan"
    ).split(),
}


@dataclass(frozen=True, eq=False)
class Pairs:
    """Prompts as tokens, row by row with their corrupted twins and the two names.

    Attributes:
        clean, corrupted: [batch, pos].
        correct, wrong: [batch].
    """

    clean: Int[Tensor, "batch pos"]
    corrupted: Int[Tensor, "batch pos"]
    correct: Int[Tensor, " batch"]
    wrong: Int[Tensor, " batch"]

    def split(self, size: int) -> list[Pairs]:
        """Cut into parts of ``size`` rows."""
        columns = (self.clean, self.corrupted, self.correct, self.wrong)
        return [Pairs(*part) for part in zip(*(c.split(size) for c in columns), strict=True)]


def as_tokens(model: TransformerBridge, prompts: Sequence[Mapping[str, str]]) -> Pairs:
    """Turn the prompts of exercise 12 into tokens; all must be of one length."""
    texts = [torch.cat([model.to_tokens(p[k]) for p in prompts]) for k in ("clean", "corrupted")]
    names = [[data.single_token(model, p[k]) for p in prompts] for k in ("correct", "wrong")]
    return Pairs(*texts, *map(torch.tensor, names))


def logit_difference(
    logits: Float[Tensor, "batch *pos vocab"],
    correct: Int[Tensor, " batch"],
    wrong: Int[Tensor, " batch"],
) -> Float[Tensor, " batch"]:
    """Return correct minus wrong at the last position; logits may be of that position alone."""
    last = logits if logits.dim() == 2 else logits[:, -1]
    rows = torch.arange(len(last))
    return last[rows, correct] - last[rows, wrong]


def read_out(
    model: TransformerBridge, stream: Float[Tensor, "... d_model"]
) -> Float[Tensor, "... vocab"]:
    """Return the logits that the model would give for a final residual stream: norm, unembed."""
    logits: Tensor = model.unembed(model.ln_final(stream))
    return logits


def z_names(model: TransformerBridge) -> list[str]:
    """Return the name of each layer's z, in order."""
    return [f"blocks.{layer}.attn.hook_z" for layer in range(model.cfg.n_layers)]


def top_heads(values: Float[Tensor, "layer head"], k: int) -> list[Head]:
    """Return the k heads with the largest absolute values, the largest first."""
    order = values.abs().flatten().argsort(descending=True)[:k].tolist()
    return [divmod(i, values.shape[1]) for i in order]


def mask_of(model: TransformerBridge, heads: Sequence[Head]) -> Bool[Tensor, "layer head"]:
    """Return a mask that is True at these heads."""
    mask = torch.zeros(model.cfg.n_layers, model.cfg.n_heads, dtype=torch.bool)
    for layer, head in heads:
        mask[layer, head] = True
    return mask


def heads_in(mask: Bool[Tensor, "layer head"]) -> list[Head]:
    """Return the heads where a mask is True, in order."""
    return [(layer, head) for layer, head in mask.nonzero().tolist()]


def direct_effects(model: TransformerBridge, pairs: Pairs) -> Float[Tensor, "layer head"]:
    """Return what the logit difference gains when only a head's path to the logits is corrupted.

    Two forward passes in all: the last stream with one head's write exchanged is a sum.
    """
    last = f"blocks.{model.cfg.n_layers - 1}.hook_resid_post"
    wanted = {*z_names(model), last}
    with torch.no_grad():
        caches = [
            model.run_with_cache(tokens, names_filter=lambda name: name in wanted)[1]
            for tokens in (pairs.clean, pairs.corrupted)
        ]
        stream = caches[0][last][:, -1]
        # The two columns alone: the whole unembedding, 270 times, would take longer than the runs.
        columns = (model.W_U[:, pairs.correct] - model.W_U[:, pairs.wrong]).mT
        bias = (model.b_U[pairs.correct] - model.b_U[pairs.wrong]).mean()
        base = (model.ln_final(stream) * columns).sum(dim=-1).mean() + bias
        rows = []
        for layer, name in enumerate(z_names(model)):
            z = caches[1][name][:, -1] - caches[0][name][:, -1]
            W_O = model.blocks[layer].attn.W_O
            change = einsum(z, W_O, "batch head d_head, head d_head d_model -> head batch d_model")
            for edited in stream + change:
                rows.append((model.ln_final(edited) * columns).sum(dim=-1).mean() + bias - base)
    return torch.stack(rows).unflatten(0, (model.cfg.n_layers, -1))


def node_attribution(model: TransformerBridge, pairs: Pairs) -> Float[Tensor, "layer head"]:
    """Return (z corrupted - z clean) . gradient for each head: EAP, summed over a head's edges out.

    All that reads a head reads it from the stream, so the gradient at its z is the sum of the
    gradients at its readers. Two forward passes and one backward, whatever the number of heads.
    """
    kept: dict[str, Tensor] = {}

    def keep(name: str) -> Callable[..., Tensor]:
        def hook(z: Tensor, hook: object) -> Tensor:
            kept[name] = z
            if z.requires_grad:
                z.retain_grad()
            return z

        return hook

    def start(stream: Tensor, hook: object) -> Tensor:
        return stream.detach().requires_grad_(True)

    hooks = [(name, keep(name)) for name in z_names(model)]
    with torch.no_grad():
        model.run_with_hooks(pairs.corrupted, fwd_hooks=hooks)
    corrupted = dict(kept)
    with torch.enable_grad(), frozen(model):
        logits = model.run_with_hooks(
            pairs.clean, fwd_hooks=[("blocks.0.hook_resid_pre", start), *hooks]
        )
        logit_difference(logits, pairs.correct, pairs.wrong).mean().backward()
    rows = []
    for name in z_names(model):
        gradient = kept[name].grad
        assert gradient is not None
        rows.append(((corrupted[name] - kept[name].detach()) * gradient).sum(dim=(0, 1, 3)))
    return torch.stack(rows)


def head_patching(
    model: TransformerBridge, pairs: Pairs, layers: Sequence[int]
) -> Float[Tensor, "layer head"]:
    """Return what the logit difference gains when a head's z is that of the corrupted prompt.

    One forward pass for each layer: its heads are patched in different rows of one batch.
    """
    n_heads, n_rows = model.cfg.n_heads, len(pairs.clean)
    wanted = set(z_names(model))
    found = []
    with torch.no_grad():
        logits = model(pairs.clean)
        base = logit_difference(logits, pairs.correct, pairs.wrong).mean()
        _, cache = model.run_with_cache(pairs.corrupted, names_filter=lambda name: name in wanted)
        for layer in tqdm(layers, desc="patching, layer by layer"):
            name = z_names(model)[layer]

            def patch(z: Tensor, hook: object, other: Tensor = cache[name]) -> Tensor:
                z = z.unflatten(0, (n_heads, n_rows)).clone()
                for head in range(n_heads):
                    z[head, :, :, head] = other[:, :, head]
                return z.flatten(0, 1)

            logits = model.run_with_hooks(pairs.clean.repeat(n_heads, 1), fwd_hooks=[(name, patch)])
            rows = logit_difference(
                logits, pairs.correct.repeat(n_heads), pairs.wrong.repeat(n_heads)
            )
            found.append(rows.unflatten(0, (n_heads, n_rows)).mean(dim=1) - base)
    return torch.stack(found)


def rank_correlation(one: Tensor, other: Tensor) -> float:
    """Return Spearman's correlation: that of the ranks."""
    ranks = torch.stack([v.flatten().argsort().argsort().double() for v in (one, other)])
    return float(torch.corrcoef(ranks)[0, 1])


@contextmanager
def frozen(model: TransformerBridge) -> Iterator[None]:
    """Within this context no weight asks for a gradient: a backward pass skips them."""
    asking = [p for p in model.parameters() if p.requires_grad]
    model.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in asking:
            parameter.requires_grad_(True)


def remembered(score: Score) -> Score:
    """Return the score with a memory: a mask that came before costs no forward pass."""
    known: dict[tuple[bool, ...], float] = {}

    def ask(mask: Tensor) -> float:
        key = tuple(mask.flatten().tolist())
        if key not in known:
            known[key] = score(mask)
        return known[key]

    return ask


def counted(score: Score, calls: int, what: str) -> Score:
    """Return the score with a progress bar over so many calls."""
    bar = tqdm(total=calls, desc=what)

    def ask(mask: Tensor) -> float:
        bar.update()
        return score(mask)

    return ask
