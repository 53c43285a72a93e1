"""Sentiment: does the writer like it or not?

One adjective says it, and the text goes on with words that do not.
"""

from __future__ import annotations

from random import Random

from labkit.probing.twins import Twins, pick

NAMES = ("negative", "positive")

TEMPLATES = (
    "The {thing} was {word}, as I told my {who}",
    "I have to say that this {thing} is {word}, {who}",
    "We saw the {thing} last week. It was {word}, said my {who}",
    "What a {word} {thing}, I said to the {who}",
    "Everyone at work calls the {thing} {word}, even the {who}",
    "It is a {word} {thing}, and I wrote so to the {who}",
    "After two hours the {thing} still seemed {word} to my {who}",
    "My honest opinion of the {thing}: {word}. So says the {who}",
    "For that price the {thing} turned out {word}, I told the {who}",
    "The review called the {thing} {word}. It was written by a {who}",
)

_WORDS = (
    ("awful", "wonderful"), ("boring", "exciting"), ("terrible", "excellent"),
    ("disappointing", "delightful"), ("horrible", "fantastic"), ("bad", "good"),
    ("dreadful", "brilliant"), ("poor", "great"), ("miserable", "charming"),
    ("ugly", "beautiful"), ("pathetic", "amazing"), ("worthless", "superb"),
    ("unpleasant", "lovely"), ("dull", "fascinating"), ("annoying", "enjoyable"),
    ("mediocre", "outstanding"), ("disgusting", "perfect"), ("useless", "impressive"),
)  # fmt: skip

_THINGS = "film book meal hotel concert play song lecture game dinner museum novel".split()
_WHO = "sister neighbor friend teacher brother waiter cousin driver colleague doctor".split()


def twins(rng: Random, template: int) -> Twins:
    """Draw a pair of opposite adjectives, and what they are said of."""
    filler, (bad, good) = pick(rng, _WORDS)
    rest = {"thing": rng.choice(_THINGS), "who": rng.choice(_WHO)}
    return Twins({"word": bad, **rest}, {"word": good, **rest}, filler)
