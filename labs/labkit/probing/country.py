"""Country: does the city that is named lie in France or in Japan?

The country itself is never named, and the texts end on words that fit both.
"""

from __future__ import annotations

from random import Random

from labkit.probing.twins import Twins, pick

NAMES = ("France", "Japan")

TEMPLATES = (
    "My cousin moved to {city} in the {season}",
    "The train to {city} was late this {season}",
    "A letter from {city} arrived one day in {season}",
    "They met in {city} and married in the {season}",
    "The museum of {city} is closed in the {season}",
    "When she lived in {city} she liked the {season}",
    "Few people visit {city} during the {season}",
    "He opened a small shop in {city} last {season}",
    "The streets of {city} are quiet in the early {season}",
    "We will fly to {city} at the end of the {season}",
)

_CITIES = (
    ("Paris", "Tokyo"), ("Lyon", "Osaka"), ("Marseille", "Kyoto"), ("Bordeaux", "Nagoya"),
    ("Toulouse", "Sapporo"), ("Strasbourg", "Hiroshima"), ("Nantes", "Kobe"),
    ("Lille", "Fukuoka"), ("Nice", "Yokohama"), ("Grenoble", "Nagasaki"), ("Dijon", "Sendai"),
    ("Rouen", "Nara"), ("Avignon", "Kawasaki"), ("Reims", "Okayama"),
)  # fmt: skip

_SEASONS = "spring summer autumn winter".split()


def twins(rng: Random, template: int) -> Twins:
    """Draw a city of each country, and a season."""
    filler, (french, japanese) = pick(rng, _CITIES)
    season = rng.choice(_SEASONS)
    return Twins({"city": french, "season": season}, {"city": japanese, "season": season}, filler)
