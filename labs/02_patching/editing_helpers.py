"""Given code of lab 02, part 7: the key, the value and the prompts of an edit.

Nothing here answers an exercise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

REWRITE = ("The Eiffel Tower is located in the city of",)
PARAPHRASES = (
    "The Eiffel Tower can be found in the city of",
    "The Eiffel Tower stands in the middle of the city of",
    "Tourists who want to see the Eiffel Tower travel to the city of",
    "My photo of the Eiffel Tower was taken in the city of",
    "If you visit the Eiffel Tower, you are in the city of",
    "People climb the Eiffel Tower when they are in the city of",
)
NEIGHBOURS = (
    "The Louvre is located in the city of",
    "The Arc de Triomphe is located in the city of",
    "Notre-Dame Cathedral is located in the city of",
    "The Sorbonne is located in the city of",
    "The Moulin Rouge is located in the city of",
    "The Pantheon of France is located in the city of",
    "The capital of France is the city of",
)

EditLogits = tuple[
    Float[Tensor, "prompt vocab"], Float[Tensor, "prompt vocab"], Float[Tensor, "prompt vocab"]
]
"""Logits at the last position of `REWRITE`, `PARAPHRASES` and `NEIGHBOURS`."""


def output_matrix(model: TransformerBridge, layer: int) -> Float[Tensor, "d_model d_mlp"]:
    """Return the second matrix of a block's MLP: the parameter itself."""
    weights = dict(model.blocks[layer].mlp.out.named_parameters())
    (matrix,) = (weight for name, weight in weights.items() if name.endswith("weight"))
    return matrix


def second_moment(
    model: TransformerBridge, rows: Int[Tensor, "row pos"], layer: int
) -> Float[Tensor, "d_mlp d_mlp"]:
    """Return the mean of k k^T over text, in float64; position 0, the attention sink, left out."""
    found: list[Tensor] = []
    with torch.no_grad():
        model.run_with_hooks(
            rows, stop_at_layer=layer + 1,
            fwd_hooks=[(f"blocks.{layer}.mlp.hook_post", lambda k, hook: found.append(k))],
        )  # fmt: skip
    keys = found[0][:, 1:].flatten(0, 1).double()
    return keys.mT @ keys / len(keys)


def key_and_value(
    model: TransformerBridge,
    prompts: Sequence[Int[Tensor, " pos"]],
    pos: int,
    layer: int,
    target: int,
    steps: int = 15,
) -> tuple[Float[Tensor, " d_mlp"], Float[Tensor, " d_model"]]:
    """Find the subject's key and a value that makes the model say ``target``; in float64.

    The key is the mean over the prompts of what the MLP's neurons hold at the subject. The value is
    the MLP's output there plus a change found by Adam, which makes the target likely after all
    prompts and is held small by a penalty.

    Args:
        prompts: the same fact, with different beginnings.
        pos: of the subject's last token; negative when the beginnings differ in length.
    """
    seen: dict[str, Tensor] = {}
    with torch.no_grad():
        keys, values = [], []
        for prompt in prompts:
            hooks = [
                (f"blocks.{layer}.mlp.hook_post", lambda x, hook: seen.update(key=x)),
                (f"blocks.{layer}.hook_mlp_out", lambda x, hook: seen.update(value=x)),
            ]
            model.run_with_hooks(prompt[None], fwd_hooks=hooks)
            keys.append(seen["key"][0, pos])
            values.append(seen["value"][0, pos])
    start = torch.stack(values).mean(0)
    change = torch.zeros_like(start, requires_grad=True)
    optimizer = torch.optim.Adam([change], lr=0.2)

    def put(out: Tensor, hook: object) -> Tensor:
        out = out.clone()
        out[:, pos] = start + change
        return out

    with torch.enable_grad():
        for _ in range(steps):
            losses = []
            for prompt in prompts:
                hooks = [(f"blocks.{layer}.hook_mlp_out", put)]
                logits = model.run_with_hooks(prompt[None], fwd_hooks=hooks)
                losses.append(-logits[0, -1].log_softmax(dim=-1)[target])
            loss = torch.stack(losses).mean() + 0.005 * change.square().sum()
            (change.grad,) = torch.autograd.grad(loss, [change])
            optimizer.step()
    return torch.stack(keys).mean(0).double(), (start + change).detach().double()


@contextmanager
def edited(weight: Tensor, value: Tensor) -> Iterator[None]:
    """Put other numbers into a weight for the time of a ``with`` block."""
    before = weight.detach().clone()
    with torch.no_grad():
        weight.copy_(value)
    try:
        yield
    finally:
        with torch.no_grad():
            weight.copy_(before)


def edit_logits(model: TransformerBridge) -> EditLogits:
    """Run the three groups of prompts; return the logits at their last positions."""
    with torch.no_grad():
        rewrite, paraphrases, neighbours = (
            torch.stack([model(model.to_tokens(text))[0, -1] for text in group])
            for group in (REWRITE, PARAPHRASES, NEIGHBOURS)
        )
    return rewrite, paraphrases, neighbours


def print_edit(before: EditLogits, after: EditLogits, old: int, new: int) -> None:
    """Print for every prompt p(old) before, and p(old) and p(new) after the edit."""
    print(f"{'old':>9} {'->':>2} {'old':>4} {'new':>5}")
    names = ("edited", "paraphrase", "neighbour")
    for name, texts, was, now in zip(
        names, (REWRITE, PARAPHRASES, NEIGHBOURS), before, after, strict=True
    ):
        for text, row, new_row in zip(texts, was.softmax(-1), now.softmax(-1), strict=True):
            told = f"{row[old]:9.2f} -> {new_row[old]:4.2f} {new_row[new]:5.2f}"
            print(f"{told}   {name:10} {text}")
