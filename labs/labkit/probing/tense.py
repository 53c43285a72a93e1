"""Tense: does the sentence speak of the present or of the past?

The verb says it, in the middle; what stands before and after is the same in both twins.
"""

from __future__ import annotations

from random import Random

from labkit.probing.twins import Twins, pick

NAMES = ("present", "past")

TEMPLATES = (
    "The {who} {verb} the {what}",
    "My {who} {verb} a very old {what}",
    "In this story a {who} {verb} the {what}",
    "I am told that the {who} {verb} the heavy {what}",
    "Beside the river the {who} {verb} one {what}",
    "Without a word the {who} {verb} the broken {what}",
    "Here the young {who} {verb} every {what}",
    "Far from home, our {who} {verb} the same {what}",
    "The {who} from the village {verb} that {what}",
    "With both hands the {who} {verb} the little {what}",
)

_VERBS = (
    ("opens", "opened"), ("carries", "carried"), ("paints", "painted"), ("moves", "moved"),
    ("sells", "sold"), ("finds", "found"), ("brings", "brought"), ("holds", "held"),
    ("breaks", "broke"), ("loses", "lost"), ("keeps", "kept"), ("buys", "bought"),
    ("cleans", "cleaned"), ("touches", "touched"), ("takes", "took"), ("watches", "watched"),
    ("steals", "stole"), ("hides", "hid"), ("repairs", "repaired"), ("draws", "drew"),
)  # fmt: skip

_WHO = "farmer sister doctor teacher king student baker driver sailor painter judge nurse".split()
_WHAT = "box door clock chair lamp table basket letter stone map picture bottle".split()


def twins(rng: Random, template: int) -> Twins:
    """Draw a verb, and who does it to what."""
    filler, (now, then) = pick(rng, _VERBS)
    rest = {"who": rng.choice(_WHO), "what": rng.choice(_WHAT)}
    return Twins({"verb": now, **rest}, {"verb": then, **rest}, filler)
