"""Prompts and sentences for the labs, written for this course and checked on ``smollm2``.

An answer is one token with its leading space, and the one ``smollm2`` finds most likely. The
sentences are for training and judging a tuned lens: the two halves share none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from labkit.errors import LabError
from labkit.sentences import TRAIN, VALID

__all__ = [
    "EIFFEL", "FACTS", "TRAIN_SENTENCES", "VALID_SENTENCES", "Batch", "Prompt", "batches",
    "single_token", "token_rows",
]  # fmt: skip


@dataclass(frozen=True)
class Prompt:
    """A text and the token that should follow it, leading space included."""

    text: str
    answer: str


EIFFEL = Prompt("The Eiffel Tower is located in the city of", " Paris")
"""The course's running example: ``smollm2`` gives the answer a probability of 0.70."""

FACTS: tuple[Prompt, ...] = (
    EIFFEL,
    Prompt("The Colosseum is located in the city of", " Rome"),
    Prompt("The Acropolis is located in the city of", " Athens"),
    Prompt("The Louvre is located in the city of", " Paris"),
    Prompt("The Kremlin is located in the city of", " Moscow"),
    Prompt("The Golden Gate Bridge is located in the city of San", " Francisco"),
    Prompt("The Statue of Liberty is located in the city of New", " York"),
    Prompt("The capital of France is the city of", " Paris"),
    Prompt("The capital of Italy is the city of", " Rome"),
    Prompt("The capital of Germany is the city of", " Berlin"),
    Prompt("The capital of Japan is the city of", " Tokyo"),
    Prompt("The capital of England is the city of", " London"),
    Prompt("The Great Pyramid of Giza is located in the country of", " Egypt"),
    Prompt("The Taj Mahal is located in the country of", " India"),
    Prompt("The Great Wall is located in the country of", " China"),
    Prompt("The Sydney Opera House is located in the country of", " Australia"),
    Prompt("The Nile is a river in", " Africa"),
    Prompt("The Amazon is a river in South", " America"),
    Prompt("The opposite of hot is", " cold"),
    Prompt("The opposite of up is", " down"),
    Prompt("The author of Romeo and Juliet is William", " Shakespeare"),
    Prompt("The theory of relativity was developed by Albert", " Einstein"),
    Prompt("The first president of the United States was George", " Washington"),
    Prompt("The chemical symbol for gold is", " Au"),
)
"""Plain facts, the Eiffel prompt first; ``smollm2`` gives each answer at least 0.4."""

TRAIN_SENTENCES: tuple[str, ...] = TRAIN
VALID_SENTENCES: tuple[str, ...] = VALID


@dataclass(frozen=True, eq=False)
class Batch:
    """Prompts of equal length, as tokens.

    Attributes:
        prompts: the texts and answers, in the order of the rows.
        tokens: as ``model.to_tokens`` makes them; no padding.
        answers: the answers' token ids.
    """

    prompts: tuple[Prompt, ...]
    tokens: Int[Tensor, "batch pos"]
    answers: Int[Tensor, " batch"]


def single_token(model: TransformerBridge, text: str) -> int:
    """Return the id of a text that is one token.

    Raises:
        LabError: the model's tokenizer makes several tokens of it, or none.
    """
    ids = model.to_tokens(text, prepend_bos=False)[0].tolist()
    if len(ids) != 1:
        raise LabError(f"{text!r} is {len(ids)} tokens for {model.cfg.model_name}, not one")
    return int(ids[0])


def batches(model: TransformerBridge, prompts: Sequence[Prompt]) -> list[Batch]:
    """Put prompts of equally many tokens together, shortest first; nothing is padded.

    Raises:
        LabError: an answer that is not one token.
    """
    rows: dict[int, list[tuple[Prompt, Tensor]]] = {}
    for prompt in prompts:
        tokens = model.to_tokens(prompt.text)[0]
        rows.setdefault(len(tokens), []).append((prompt, tokens))
    made = []
    for _, group in sorted(rows.items()):
        answers = [single_token(model, prompt.answer) for prompt, _ in group]
        made.append(
            Batch(
                tuple(prompt for prompt, _ in group),
                torch.stack([tokens for _, tokens in group]),
                torch.tensor(answers, device=group[0][1].device),
            )
        )
    return made


def token_rows(
    model: TransformerBridge, texts: Sequence[str], length: int = 16
) -> Int[Tensor, "batch pos"]:
    """Run texts together into rows of equal length, without padding.

    Each row opens with what the model's prompts open with: BOS, or nothing for ``smollm2``. The
    last tokens, too few for a row, are left out.

    Args:
        model: gives the tokenizer.
        texts: in order; a space goes between them.
        length: of a row, in tokens, BOS included.

    Raises:
        LabError: the texts do not fill one row.
    """
    stream = model.to_tokens(" ".join(texts), prepend_bos=False, truncate=False)[0]
    opening = model.to_tokens("a")[0, :-1]
    content = length - len(opening)
    if content < 1 or len(stream) < content:
        raise LabError(f"{len(stream)} tokens do not fill a row of {length}")
    rows = stream[: len(stream) // content * content].unflatten(0, (-1, content))
    return torch.cat([opening.expand(len(rows), -1), rows], dim=1)
