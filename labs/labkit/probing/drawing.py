"""`labelled`: fill the templates of a feature with words, in twins."""

from __future__ import annotations

import importlib
from random import Random

import torch

from labkit.errors import LabError
from labkit.probing.record import Labelled
from labkit.probing.twins import Feature, capital

FEATURES = ("quotes", "sentiment", "number", "tense", "country", "truth")
"""What there is to probe for; each is a module of this package with its templates and words."""

_TRIES = 200  # draws in a row that give nothing new, before a template counts as used up


def labelled(feature: str, pairs: int = 10, seed: int = 0) -> Labelled:
    """Make texts in which one feature varies and all else is balanced.

    Every template gives ``pairs`` pairs of twins: one text without the feature, one with it, and
    no other difference. So each template, and each word that is not the feature's own, is as
    often on one side as on the other.

    Args:
        feature: one of `FEATURES`.
        pairs: of twins, from each template.
        seed: decides the words; equal arguments give equal texts.

    Returns:
        ``2 * pairs * templates`` texts, a template after the other.

    Raises:
        LabError: no such feature, or more pairs than a template can give.
    """
    module = _module(feature)
    rng = Random(f"{feature} {seed}")
    texts: list[str] = []
    groups: list[int] = []
    fillers: list[int] = []
    for group, template in enumerate(module.TEMPLATES):
        seen: set[str] = set()
        failed = 0
        while len(seen) < 2 * pairs:
            twins = module.twins(rng, group)
            pair = (
                capital(template.format(**twins.without)),
                capital(template.format(**twins.having)),
            )
            failed = 0 if seen.isdisjoint(pair) else failed + 1
            if failed > _TRIES:
                raise LabError(
                    f"template {group} of {feature!r} gives no more than {len(seen) // 2} pairs: "
                    f"ask for fewer than {pairs}"
                )
            if not failed:
                seen.update(pair)
                texts += pair
                groups += [group, group]
                fillers += [twins.filler, twins.filler]
    spans = getattr(module, "spans", None)
    return Labelled(
        feature,
        module.NAMES,
        tuple(texts),
        torch.arange(len(texts)) % 2 == 1,
        torch.tensor(groups),
        torch.tensor(fillers),
        None if spans is None else tuple(spans(text) for text in texts),
    )


def _module(feature: str) -> Feature:
    if feature not in FEATURES:
        raise LabError(f"there is no feature {feature!r}: choose from {', '.join(FEATURES)}")
    module: Feature = importlib.import_module(f"labkit.probing.{feature}")
    return module
