"""Given code of lab 02, parts 5 to 8: runs from noisy embeddings, an edit's target, figures.

Nothing here answers an exercise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float, Int
from labkit import plots
from labkit.plots.figure import Figure, drawing
from labkit.plots.grids import colour_map
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

KIND_NAMES = {"resid": "stream before the block", "mlp": "MLPs", "attn": "attention"}


def probability_from(
    model: TransformerBridge,
    tokens: Int[Tensor, " pos"],
    embeddings: Float[Tensor, "sample pos d_model"],
    answer: int,
) -> Float[Tensor, " sample"]:
    """Run a prompt with other embeddings; return the answer's probability at the last position."""
    with torch.no_grad():
        logits: Tensor = model.run_with_hooks(
            tokens.expand(len(embeddings), -1),
            fwd_hooks=[("hook_embed", lambda embed, hook: embeddings)],
        )
    return logits[:, -1].softmax(dim=-1)[:, answer]


def trace_figure(
    traces: Mapping[str, Float[Tensor, "layer pos"]],
    layers: Mapping[str, Sequence[int]],
    words: Sequence[str],
    windows: Mapping[str, int],
) -> Figure:
    """Draw causal traces side by side on one scale of colours, positions downwards."""
    reach = max(float(trace.abs().max()) for trace in traces.values())
    labels = plots.labels(words)
    with drawing(4.2 * len(traces) + 1.2, 0.9 + 0.32 * len(words)) as fig:
        panels = fig.subplots(1, len(traces), sharey=True, squeeze=False)[0]
        for panel, (kind, trace) in zip(panels, traces.items(), strict=True):
            mesh = panel.imshow(
                trace.T.numpy(), cmap=colour_map(diverging=True), vmin=-reach, vmax=reach,
                aspect="auto", interpolation="nearest",
            )  # fmt: skip
            own = [str(layer) for layer in layers[kind]]
            panel.set_xticks(range(len(own)), labels=own)
            size = windows.get(kind, 1)
            around = f", {size} layers together" if size > 1 else ""
            panel.set(title=KIND_NAMES.get(kind, kind) + around, xlabel="layer")
        panels[0].set_yticks(range(len(words)), labels=labels)
        bar = fig.colorbar(mesh, ax=list(panels), pad=0.01, fraction=0.03, label="indirect effect")
        bar.outline.set_visible(False)
    told = []
    for kind, trace in traces.items():
        row, column = divmod(int(trace.argmax()), trace.shape[1])
        told.append(
            f"{KIND_NAMES.get(kind, kind)}: largest {trace[row, column]:+.2f} at layer "
            f"{layers[kind][row]}, {labels[column]}"
        )
    fig.alt = "Causal traces, layer by position. " + "; ".join(told) + "."
    return fig


def patched_change(
    model: TransformerBridge,
    clean: Int[Tensor, " pos"],
    corrupted: Int[Tensor, " pos"],
    correct: int,
    wrong: int,
    layers: Sequence[int],
) -> Float[Tensor, "layer pos"]:
    """Patch the clean stream into the corrupted run, cell by cell; return the metric's change."""
    n_pos = len(clean)
    every = torch.arange(n_pos)
    rows = []
    with torch.no_grad():
        _, cache = model.run_with_cache(clean[None])
        before = model(corrupted[None])[0, -1]
        for layer in layers:
            name = f"blocks.{layer}.hook_resid_pre"
            here = torch.eye(n_pos, dtype=torch.bool)[..., None]
            logits = model.run_with_hooks(
                corrupted.expand(n_pos, -1),
                fwd_hooks=[(name, _putting(cache[name], here))],
            )
            change = logits[every, -1] - before
            rows.append(change[:, correct] - change[:, wrong])
    return torch.stack(rows)


def _putting(value: Tensor, where: Tensor) -> object:
    return lambda state, hook: torch.where(where, value, state)


def head_write_change(
    model: TransformerBridge,
    base: Int[Tensor, " pos"],
    source: Int[Tensor, " pos"],
    head: tuple[int, int],
) -> Float[Tensor, "pos d_model"]:
    """Return what a head writes in the source run minus what it writes in the base run."""
    layer, index = head
    with torch.no_grad():
        written = [
            model.run_with_cache(tokens[None])[1]["z", layer][0, :, index]
            for tokens in (base, source)
        ]
        change: Tensor = (written[1] - written[0]) @ model.blocks[layer].attn.W_O[index]
    return change


def attention_response(
    linear_model: TransformerBridge, change: Float[Tensor, "pos d_model"], layer: int = 1
) -> Float[Tensor, "pos d_model"]:
    """Return by how much a linear model's attention answers a change of the stream it reads.

    All heads of such a model attend evenly to what they may see, without a norm before.
    """
    with torch.no_grad():
        attn = linear_model.blocks[layer].attn
        values = torch.einsum("pd,hde->phe", change, attn.W_V)
        seen = torch.arange(1, len(change) + 1, dtype=change.dtype)[:, None, None]
        return torch.einsum("phe,hed->pd", values.cumsum(0) / seen, attn.W_O)


def estimate_figure(
    estimated: Mapping[str, Float[Tensor, "layer pos"]],
    real: Mapping[str, Float[Tensor, "layer pos"]],
) -> Figure:
    """Draw estimated against real effects, a panel for each model, with the diagonal."""
    with drawing(3.6 * len(real), 3.7) as fig:
        panels = fig.subplots(1, len(real), squeeze=False)[0]
        for panel, name in zip(panels, real, strict=True):
            across, up = real[name].flatten().tolist(), estimated[name].flatten().tolist()
            reach = [min(*across, *up), max(*across, *up)]
            panel.plot(reach, reach, color="#8a929b", linewidth=1.2, linestyle="--")
            panel.scatter(across, up, s=36, color="#0072B2", edgecolor="white", linewidth=0.6)
            panel.set(title=name, xlabel="real patch: change of logit difference")
            panel.spines[["top", "right"]].set_visible(False)
        panels[0].set_ylabel("estimate")
    worst = {name: f"{float((estimated[name] - real[name]).abs().max()):.2g}" for name in real}
    fig.alt = "Estimated against real effects of patches; on the dashed diagonal they agree. " + (
        " ".join(f"{name}: largest error {error} logits." for name, error in worst.items())
    )
    return fig
