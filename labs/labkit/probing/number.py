"""Number: is the subject of the sentence one thing or several?

Each text breaks off after a second noun, whose own number is drawn apart from the subject's, so
the last word says nothing: agreement across an attractor, the setting of Linzen, Dupoux and
Goldberg 2016 (arXiv 1611.01368).
"""

from __future__ import annotations

from random import Random

from labkit.probing.twins import Twins, pick

NAMES = ("singular", "plural")

TEMPLATES = (
    "The {subject} behind the {other}",
    "On Monday the {subject} near the {other}",
    "Everybody knew that the {subject} beside the {other}",
    "It was clear that the old {subject} in front of the {other}",
    "She wrote in her letter that the {subject} from the {other}",
    "After a long winter the {subject} across from the {other}",
    "As far as we could see, the {subject} next to the {other}",
    "The small {subject} that I noticed by the {other}",
    "In the photograph the {subject} to the left of the {other}",
    "He asked us why the {subject} under the {other}",
)

_SUBJECTS = (
    ("dog", "dogs"), ("boy", "boys"), ("girl", "girls"), ("teacher", "teachers"),
    ("farmer", "farmers"), ("horse", "horses"), ("bird", "birds"), ("guard", "guards"),
    ("student", "students"), ("doctor", "doctors"), ("singer", "singers"), ("driver", "drivers"),
    ("man", "men"), ("woman", "women"), ("child", "children"), ("mouse", "mice"),
    ("goose", "geese"), ("cousin", "cousins"), ("neighbor", "neighbors"), ("sailor", "sailors"),
)  # fmt: skip

_OTHERS = (
    ("house", "houses"), ("tree", "trees"), ("car", "cars"), ("wall", "walls"),
    ("gate", "gates"), ("table", "tables"), ("tower", "towers"), ("shop", "shops"),
    ("bridge", "bridges"), ("box", "boxes"), ("fence", "fences"), ("window", "windows"),
)  # fmt: skip


def twins(rng: Random, template: int) -> Twins:
    """Draw a subject, and a second noun of whatever number."""
    filler, (one, several) = pick(rng, _SUBJECTS)
    other = rng.choice(rng.choice(_OTHERS))
    return Twins({"subject": one, "other": other}, {"subject": several, "other": other}, filler)
