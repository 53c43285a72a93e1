"""Given code of lab 07: the model's answer to a question, while its stream is changed.

What stands before the changed layer is the same under every change, so it runs once; only the
blocks from there on run again. Nothing here answers an exercise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from capstone_helpers import Answers
from jaxtyping import Bool, Float, Int
from labkit.errors import LabError
from labkit.probing import Labelled
from torch import Tensor, nn
from tqdm.auto import tqdm
from transformer_lens.model_bridge import TransformerBridge

Change = Callable[[Float[Tensor, "batch pos d"]], Float[Tensor, "batch pos d"]]
LogitDiff = Callable[[Tensor, Tensor, Tensor], Tensor]

LEAST_PAIRS = 2
"""Twins below which no effect is measured: an interval over one pair has no width."""


def word_ids(model: TransformerBridge, words: Sequence[str]) -> Int[Tensor, " word"]:
    """Return the token of each word.

    Raises:
        LabError: a word that is several tokens.
    """
    ids = [model.to_tokens(word)[0].tolist() for word in words]
    if long := [word for word, parts in zip(words, ids, strict=True) if len(parts) != 1]:
        raise LabError(f"not a single token of this model: {', '.join(map(repr, long))}")
    return torch.tensor([parts[0] for parts in ids])


@dataclass(frozen=True, eq=False)
class Question:
    """Texts of equal length with a question behind them, ready to be run from one layer on.

    Attributes:
        rows: which texts of the data set they are, in twins; none where nothing can be measured.
        stream: what stands before block ``layer``.
    """

    model: TransformerBridge
    layer: int
    rows: list[int]
    stream: Float[Tensor, "batch pos d"]
    if_true: Int[Tensor, " word"]
    if_false: Int[Tensor, " word"]
    logit_diff: LogitDiff

    def logits(self, change: Change, copies: int = 1) -> Float[Tensor, "batch 1 vocab"]:
        """Return the logits at the end, under a change of all positions but the first.

        Args:
            change: gets ``copies`` of the stream one below the other, and returns as many.
        """
        if not self.rows:
            return torch.zeros(0, 1, self.model.cfg.d_vocab)
        native = self.model.original_model  # the bridge itself always begins at the first block
        blocks = native.model.layers
        native.model.layers = nn.ModuleList(list(blocks)[self.layer :])
        stream = self.stream.repeat(copies, 1, 1)
        try:
            with torch.no_grad():
                x = torch.cat([stream[:, :1], change(stream[:, 1:]).to(stream.dtype)], dim=1)
                out: Tensor = native(inputs_embeds=x, use_cache=False, logits_to_keep=1).logits
        finally:
            native.model.layers = blocks
        return out

    def ask(self, change: Change, copies: int = 1) -> Float[Tensor, "copy batch"]:
        """Return how much rather each text goes on as if the feature held, in logits.

        Without texts it is an empty table, and every mean over it is nan: not measured.
        """
        if not self.rows:
            return torch.zeros(copies, 0)
        logits = self.logits(change, copies)
        answers = [
            self.logit_diff(logits, right.expand(len(logits)), wrong.expand(len(logits)))
            for right, wrong in zip(self.if_true, self.if_false, strict=True)
        ]
        return torch.stack(answers).mean(0).unflatten(0, (copies, -1))


def twins(
    model: TransformerBridge, data: Labelled, rows: Sequence[int], suffix: str
) -> dict[int, list[int]]:
    """Find twins: rows 2i and 2i + 1, of opposite labels and with the same number of tokens.

    Returns:
        For each number of tokens the rows that have it, a pair behind the other.
    """
    there = set(rows)
    found: dict[int, list[int]] = {}
    for row in sorted(there):
        pair = (row, row + 1)
        if row % 2 or row + 1 not in there or bool(data.labels[row] == data.labels[row + 1]):
            continue
        first, second = (len(model.to_tokens(data.texts[one] + suffix)[0]) for one in pair)
        if first == second:
            found.setdefault(first, []).extend(pair)
    return found


def report_twins(
    model: TransformerBridge, data: Labelled, answers: Answers, test: Bool[Tensor, " text"]
) -> None:
    """Print how many twins there are, and what of part III can be measured on the test side.

    Raises:
        LabError: the question's words are not single tokens, or not as many on either side.
    """
    _answer_ids(model, answers)
    everywhere = twins(model, data, range(len(data)), answers.suffix)
    on_test = twins(model, data, test.nonzero()[:, 0].tolist(), answers.suffix)
    usual = max(map(len, on_test.values()), default=0) // 2
    opposite = int((data.labels[:-1:2] != data.labels[1::2]).sum())
    print(
        f"Rows 2i and 2i + 1: {opposite} of {len(data) // 2} pairs have opposite labels,", end=" "
    )
    print(
        f"{sum(map(len, everywhere.values())) // 2} of these as many tokens on both sides (twins)"
    )
    print(
        f"Twins on the test side of the first split: {sum(map(len, on_test.values())) // 2};",
        end=" ",
    )
    print(f"{usual} of one length")
    if usual < LEAST_PAIRS:
        print(
            f"PART III CANNOT BE MEASURED on these data: it needs {LEAST_PAIRS} twins of one length"
        )
        print("on the test side. Its effects will be nan, its claims None: not measured.")
    elif usual < 4:
        print("That is little for part III: its intervals will rest on these few pairs.")


def _answer_ids(
    model: TransformerBridge, answers: Answers
) -> tuple[Int[Tensor, " word"], Int[Tensor, " word"]]:
    if len(answers.if_true) != len(answers.if_false):
        raise LabError("give as many words for True as for False: they are compared in pairs")
    return word_ids(model, answers.if_true), word_ids(model, answers.if_false)


def question(
    model: TransformerBridge, data: Labelled, rows: Sequence[int], answers: Answers, layer: int,
    logit_diff: LogitDiff, most: int = 12,
) -> Question:  # fmt: skip
    """Choose twins of one length among the rows, the length that most of them have, and run them.

    Where there are fewer than ``LEAST_PAIRS``, the question has no texts: nothing is measured.

    Args:
        layer: 0 to the number of blocks; the last one is the stream after all blocks.

    Raises:
        LabError: the question's words are not single tokens, or not as many on either side.
    """
    true, false = _answer_ids(model, answers)
    chosen = max(twins(model, data, rows, answers.suffix).values(), key=len, default=[])[:most]
    if len(chosen) < 2 * LEAST_PAIRS:
        nothing = torch.zeros(0, 1, model.cfg.d_model)
        return Question(model, layer, [], nothing, true, false, logit_diff)
    last = layer == model.cfg.n_layers
    name = f"blocks.{layer - 1}.hook_resid_post" if last else f"blocks.{layer}.hook_resid_pre"
    with torch.no_grad():
        tokens = torch.stack(
            [model.to_tokens(data.texts[row] + answers.suffix)[0] for row in chosen]
        )
        stream = model.run_with_cache(tokens, names_filter=name)[1][name]
    return Question(model, layer, chosen, stream, true, false, logit_diff)


def over_pairs(by_pair: Float[Tensor, " pair"], resamples: int = 2000) -> list[float]:
    """Return the ends of a 95% interval for a mean over pairs drawn anew; nan without pairs."""
    if not len(by_pair):
        return [math.nan, math.nan]
    draw = torch.Generator().manual_seed(0)
    draws = torch.randint(len(by_pair), (resamples, len(by_pair)), generator=draw)
    means = by_pair[draws].mean(1)
    return [float(means.quantile(q)) for q in (0.025, 0.975)]


def same(x: Float[Tensor, "batch pos d"]) -> Float[Tensor, "batch pos d"]:
    """The stream as it is."""
    return x


def written_words(model: TransformerBridge, direction: Float[Tensor, " d"], n: int = 6) -> str:
    """Return the tokens that a direction raises most, straight through the unembedding."""
    scaled = direction.float() * model.ln_final.weight.detach()
    tokens = (scaled @ model.W_U.detach()).topk(n).indices.tolist()
    return " ".join(repr(model.to_string([token])) for token in tokens)


def progress(steps: int) -> Any:
    """Return a progress bar for directions."""
    return tqdm(total=steps, desc="control directions", leave=False)


def stacked(kinds: Mapping[str, Sequence[Tensor]]) -> dict[str, Float[Tensor, "control effect"]]:
    """Return the effects of each kind of control directions as one table."""
    return {kind: torch.stack(list(found)) for kind, found in kinds.items()}
