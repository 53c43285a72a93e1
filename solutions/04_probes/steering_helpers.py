"""Given code of lab 04's part II: probes by scikit-learn, and a model that is steered as it
runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Bool, Float, Int
from labkit.planted import readouts
from labkit.plots.figure import Figure, drawing
from torch import Tensor, nn
from transformer_lens.model_bridge import TransformerBridge

Change = Callable[[Float[Tensor, "batch pos d_model"]], Float[Tensor, "batch pos d_model"]]
Hook = tuple[str, Callable[..., Tensor]]

PLEASED = (" good", " great", " wonderful", " excellent", " amazing")
PROMPTS = (
    "My brother lent me this novel and it is",
    "They played for two hours and the music was",
    "I stayed in that hotel once and it was",
)
"""Of one length in tokens; they say neither good nor bad of anything."""

OPENING = "I saw the new film last night and it was"

DISPLEASED = (" bad", " terrible", " awful", " poor", " disappointing")


def probe(
    X: Float[Tensor, "n d_model"], y: Bool[Tensor, " n"], C: float = 1.0
) -> tuple[Float[Tensor, " d_model"], Float[Tensor, ""]]:
    """Fit scikit-learn's logistic regression to raw activations; weights and bias, float64.

    Args:
        C: the inverse of the strength of the l2 penalty, as in scikit-learn.
    """
    from sklearn.linear_model import LogisticRegression

    # Centred, and in units of their spread, the same minimum is found in far fewer steps: one scale
    # for all features, and a penalty that follows it, change nothing else.
    mean = X.double().mean(0)
    spread = float((X.double() - mean).std())
    model = LogisticRegression(C=C * spread**2, max_iter=5000, tol=1e-8)
    model.fit(((X.double() - mean) / spread).numpy(), y.numpy())
    w = torch.from_numpy(model.coef_[0]).double() / spread
    return w, torch.tensor(float(model.intercept_[0])) - w @ mean


def accuracy(
    w: Float[Tensor, " d_model"],
    b: Tensor | float,
    X: Float[Tensor, "n d_model"],
    y: Bool[Tensor, " n"],
) -> float:
    """Return how often the sign of the probe's score is right."""
    return float(((X.double() @ w + b > 0) == y).double().mean())


def between_the_means(
    X: Float[Tensor, "n d_model"], y: Bool[Tensor, " n"]
) -> tuple[Float[Tensor, " d_model"], float]:
    """Return the unit vector from the one class mean to the other, and how far it is."""
    gap = X[y].mean(0) - X[~y].mean(0)
    return gap / gap.norm(), float(gap.norm())


def at_layer(layer: int, change: Change) -> list[Hook]:
    """Return hooks that change the stream before a block, at every position but the first.

    The first is where heads rest: its activation is enormous, and no direction means anything
    there.
    """

    def put(x: Tensor, hook: object) -> Tensor:
        return torch.cat([x[:, :1], change(x[:, 1:])], dim=1)

    return [(f"blocks.{layer}.hook_resid_pre", put)]


def word_ids(model: TransformerBridge, words: Sequence[str]) -> Int[Tensor, " word"]:
    """Return the token of each word.

    Raises:
        ValueError: a word that is several tokens.
    """
    ids = [model.to_tokens(word)[0].tolist() for word in words]
    if long := [word for word, parts in zip(words, ids, strict=True) if len(parts) != 1]:
        raise ValueError(f"not a single token: {', '.join(long)}")
    return torch.tensor([parts[0] for parts in ids])


def praise_from(
    model: TransformerBridge, tokens: Int[Tensor, "batch pos"], layer: int
) -> Callable[[Change], Float[Tensor, " batch"]]:
    """Return a function: a change of the stream before a block -> praise less blame, at the end.

    That is the mean logit of five words of praise less that of five of blame. What stands before
    the block is the same under every change, so it runs once, here, and only the blocks from there
    on run again: a hundred directions in a third of the time, to the same numbers. The first
    position is left as it is, as in :func:`at_layer`.
    """
    name = f"blocks.{layer}.hook_resid_pre"
    with torch.no_grad():
        stream = model.run_with_cache(tokens, names_filter=name)[1][name]
    praised, blamed = (word_ids(model, words) for words in (PLEASED, DISPLEASED))
    native = model.original_model  # the bridge itself always begins at the first block

    def praise(change: Change) -> Float[Tensor, " batch"]:
        blocks = native.model.layers
        native.model.layers = nn.ModuleList(list(blocks)[layer:])
        try:
            with torch.no_grad():
                x = torch.cat([stream[:, :1], change(stream[:, 1:])], dim=1)
                last = native(inputs_embeds=x, use_cache=False, logits_to_keep=1).logits[:, -1]
        finally:
            native.model.layers = blocks
        gap: Tensor = last[:, praised].mean(1) - last[:, blamed].mean(1)
        return gap

    return praise


def continuation(
    model: TransformerBridge, prompt: str, hooks: Sequence[Hook] = (), length: int = 12
) -> str:
    """Return what the model says next, always its likeliest token, with hooks in place."""
    tokens = model.to_tokens(prompt)
    start = tokens.shape[1]
    with torch.no_grad():
        for _ in range(length):
            logits = model.run_with_hooks(tokens, fwd_hooks=list(hooks))
            tokens = torch.cat([tokens, logits[:, -1:].argmax(-1)], dim=1)
    return str(model.to_string(tokens[0, start:]))


def against_chance(
    found: dict[str, float], null: Float[Tensor, " n"], unit: str, title: str
) -> Figure:
    """Draw the effects of random directions as a histogram, and found ones as named lines."""
    with drawing(8.6, 3.6) as fig:
        axes = fig.subplots()
        axes.hist(null.tolist(), bins=21, color="#c9ced4", label=f"{len(null)} random directions")
        axes.axvline(0, color="#4a525b", linewidth=0.8)
        top = axes.get_ylim()[1]
        styles = ("-", "--", "-.", (0, (6, 2, 1, 2, 1, 2)), ":")
        colours = ("#0072B2", "#D55E00", "#009E73", "#000000", "#882255")
        for number, (name, value) in enumerate(sorted(found.items(), key=lambda item: -item[1])):
            axes.plot(
                [value] * 2, [0, top], color=colours[number % 5], linestyle=styles[number % 5],
                linewidth=2.2, label=f"{name}: {value:+.2f}",
            )  # fmt: skip
        axes.set(title=title, xlabel=unit, ylabel="random directions")
        axes.legend(fontsize=8)
    fig.alt = (
        f"{title}. {len(null)} random directions between {null.min():+.2f} and {null.max():+.2f}; "
        + ", ".join(f"{name} {value:+.2f}" for name, value in found.items())
        + f" ({unit})."
    )
    return fig


def two_features(
    seed: int,
) -> tuple[Float[Tensor, "n d_model"], dict[str, Bool[Tensor, " n"]], Callable[[Tensor], Tensor]]:
    """Draw a planted pair: activations, labels of features "A" and "B", and the output's function.

    The output uses one of the two; the seed decides which.
    """
    pair = readouts.build(seed)
    names = ("used", "unused") if seed % 2 else ("unused", "used")
    return pair.x, dict(zip("AB", (pair.labels[name] for name in names), strict=True)), pair.output
