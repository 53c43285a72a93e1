"""`Labelled`: texts, what is true of them, and what they share: templates and words."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Bool, Int
from torch import Tensor

Span = tuple[int, int]
"""Characters from ``start`` up to, but not including, ``stop``."""


@dataclass(frozen=True, eq=False)
class Labelled:
    """Texts of one feature, in twins: rows 2i and 2i + 1 differ in the feature alone.

    Attributes:
        feature: its name, such as ``"number"``.
        names: what False and True mean, such as ``("singular", "plural")``.
        texts: no two are equal.
        labels: what holds at the end of each text; False and True in turn.
        groups: the template each text was made from. Two texts of one template share most of their
            words and all of their form: a fair split keeps them on one side.
        fillers: the word (or pair of words) that carries the label. To ask whether a probe knows
            the feature or only these words, split by fillers.
        spans: where in each text the feature holds, for a feature that comes and goes inside a
            text; None for one that belongs to the text as a whole.
    """

    feature: str
    names: tuple[str, str]
    texts: tuple[str, ...]
    labels: Bool[Tensor, " text"]
    groups: Int[Tensor, " text"]
    fillers: Int[Tensor, " text"]
    spans: tuple[tuple[Span, ...], ...] | None = None

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def per_token(self) -> bool:
        """Whether each token has a label of its own, and not only the last one."""
        return self.spans is not None
