"""Truth: is a simple statement true?

Twins share the subject; the false one has the attribute of another subject. An attribute is as
often right as wrong, so no word gives the answer away: only subject and attribute together do.
After the curated true and false statements of Marks and Tegmark 2023 (arXiv 2310.06824).
"""

from __future__ import annotations

from random import Random

from labkit.probing.twins import Twins, capital, pick

NAMES = ("false", "true")

_CITIES = {
    "Paris": "France", "Tokyo": "Japan", "Berlin": "Germany", "Rome": "Italy", "Madrid": "Spain",
    "Cairo": "Egypt", "Moscow": "Russia", "Beijing": "China", "London": "England",
    "Athens": "Greece", "Delhi": "India", "Lisbon": "Portugal", "Vienna": "Austria",
    "Toronto": "Canada",
}  # fmt: skip

_KINDS = {
    "dog": "animal", "rose": "flower", "hammer": "tool", "violin": "musical instrument",
    "carrot": "vegetable", "apple": "fruit", "salmon": "fish", "eagle": "bird", "gold": "metal",
    "oak": "tree", "soccer": "sport", "French": "language", "red": "color", "ant": "insect",
}  # fmt: skip

_OPPOSITES = {
    "hot": "cold", "up": "down", "big": "small", "fast": "slow", "rich": "poor", "open": "closed",
    "early": "late", "full": "empty", "heavy": "light", "old": "young", "wet": "dry",
    "strong": "weak", "long": "short", "dark": "bright",
}  # fmt: skip

# Template -> the facts it states.
_STATEMENTS = {
    "The city of {subject} is in {attribute}.": _CITIES,
    "{subject} is a city in {attribute}.": _CITIES,
    "If you visit {subject}, you are in {attribute}.": _CITIES,
    "People who live in {subject} live in {attribute}.": _CITIES,
    "The word {subject} names a kind of {attribute}.": _KINDS,
    "We call {subject} a kind of {attribute}.": _KINDS,
    "An example of a kind of {attribute} is {subject}.": _KINDS,
    "The opposite of {subject} is {attribute}.": _OPPOSITES,
    "What is not {subject} is {attribute}.": _OPPOSITES,
    "{subject} and {attribute} are opposites.": _OPPOSITES,
}

TEMPLATES = tuple(_STATEMENTS)
_FACTS = tuple(_STATEMENTS.values())
# A subject has the same number in each template that uses it.
_NUMBER = {
    subject: number
    for number, subject in enumerate([*_CITIES, *_KINDS, *_OPPOSITES])
}  # fmt: skip


def twins(rng: Random, template: int) -> Twins:
    """Draw a subject, with its own attribute and with another subject's."""
    facts = _FACTS[template]
    _, subject = pick(rng, list(facts))
    other = rng.choice([attribute for attribute in facts.values() if attribute != facts[subject]])
    starts = TEMPLATES[template].startswith("{subject}")
    words = capital(subject) if starts else subject
    return Twins(
        {"subject": words, "attribute": other},
        {"subject": words, "attribute": facts[subject]},
        _NUMBER[subject],
    )
