"""Given code of lab 07: the model's answer to a question, while its stream is changed.

What stands before the changed layer is the same under every change, so it runs once; only the
blocks from there on run again. Nothing here answers an exercise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from capstone_helpers import Answers
from jaxtyping import Float, Int
from labkit.errors import LabError
from torch import Tensor, nn
from tqdm.auto import tqdm
from transformer_lens.model_bridge import TransformerBridge

Change = Callable[[Float[Tensor, "batch pos d"]], Float[Tensor, "batch pos d"]]
LogitDiff = Callable[[Tensor, Tensor, Tensor], Tensor]


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
        rows: which texts of the data set they are.
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
        """Return how much rather each text goes on as if the feature held, in logits."""
        logits = self.logits(change, copies)
        answers = [
            self.logit_diff(logits, right.expand(len(logits)), wrong.expand(len(logits)))
            for right, wrong in zip(self.if_true, self.if_false, strict=True)
        ]
        return torch.stack(answers).mean(0).unflatten(0, (copies, -1))


def question(
    model: TransformerBridge, texts: Sequence[str], rows: Sequence[int], answers: Answers,
    layer: int, logit_diff: LogitDiff, most: int = 12,
) -> Question:  # fmt: skip
    """Choose texts of one length (in twins, rows 2i and 2i + 1, where both are there) and run them.

    Raises:
        LabError: the question's words are not single tokens, or not as many on either side.
    """
    if len(answers.if_true) != len(answers.if_false):
        raise LabError("give as many words for True as for False: they are compared in pairs")
    ids = {row: model.to_tokens(texts[row] + answers.suffix)[0] for row in rows}
    pairs = [(row, row + 1) for row in rows if row % 2 == 0 and row + 1 in ids]
    pairs = [pair for pair in pairs if len(ids[pair[0]]) == len(ids[pair[1]])]
    lengths = [len(ids[first]) for first, _ in pairs]
    if not pairs:
        raise LabError("no two neighbouring texts have the same number of tokens: write twins")
    usual = max(set(lengths), key=lengths.count)
    chosen = [row for pair in pairs if len(ids[pair[0]]) == usual for row in pair][:most]
    name = f"blocks.{layer}.hook_resid_pre"
    with torch.no_grad():
        tokens = torch.stack([ids[row] for row in chosen])
        stream = model.run_with_cache(tokens, names_filter=name)[1][name]
    true, false = (word_ids(model, words) for words in (answers.if_true, answers.if_false))
    return Question(model, layer, chosen, stream, true, false, logit_diff)


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
