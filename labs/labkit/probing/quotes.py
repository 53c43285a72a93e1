"""Quotes: is a quotation open at this place in the text?

The one feature here that comes and goes inside a text. Twins have the same words in the same
order; in the one the quotation is closed in the middle, in the other it goes on to the end, so the
words after the middle stand outside in the one and inside in the other. No text begins with its
opening mark: a probe of ``smollm2`` that reads it elsewhere misses it there (lab 04 shows that).
"""

from __future__ import annotations

from random import Random

from labkit.probing.record import Span
from labkit.probing.twins import Twins, pick

NAMES = ("outside", "inside")
MARK = '"'

TEMPLATES = (
    '{who} said, "{first},{mark} and {then}',
    'Last night {who} wrote to me, "{first},{mark} but {then}',
    'Near the gate {who} told us, "{first},{mark} while {then}',
    'When the door opened, {who} whispered, "{first},{mark} so {then}',
    'The note on the table began, "{first},{mark} although {then}',
    'It was late. "{first},{mark} and then {then}',
    'There was a sign above the shop: "{first}.{mark} As always, {then}',
    'I asked why, and {who} answered, "{first},{mark} because {then}',
    'Then {who} read out the first line: "{first}.{mark} Meanwhile {then}',
    'On the phone {who} only repeated, "{first}!{mark} Outside, {then}',
)

_WHO = (
    "Anna", "the doctor", "my brother", "a stranger", "Peter", "the old clerk", "her aunt",
    "Maria", "the captain", "our neighbor", "Daniel", "a young woman",
)  # fmt: skip

_CLAUSES = (
    "the train was late", "the soup is cold", "nobody came to the meeting", "the lamp is broken",
    "rain fell on the garden", "the children were asleep", "the bread is on the shelf",
    "the key was under the mat", "a dog ran over the bridge", "the shop closes at noon",
    "the river is high this year", "two boats left the harbor", "the music stopped",
    "the letter never arrived", "winter came early", "the horse knows the way",
    "the bell rang twice", "the road is closed", "the tea was too hot", "a car stood by the gate",
    "the old clock is wrong", "the windows were open", "snow covered the field",
    "the price of milk went up",
)  # fmt: skip


def twins(rng: Random, template: int) -> Twins:
    """Draw a speaker and two clauses, of which the first is said."""
    filler, first = pick(rng, _CLAUSES)
    then = rng.choice([clause for clause in _CLAUSES if clause != first])
    rest = {"who": rng.choice(_WHO), "first": first, "then": then}
    return Twins({"mark": MARK, **rest}, {"mark": "", **rest}, filler)


def spans(text: str) -> tuple[Span, ...]:
    """Return where a quotation is open: from its opening mark up to its closing one.

    A quotation that is never closed goes on to the end of the text.
    """
    marks = [place for place, character in enumerate(text) if character == MARK]
    ends = [*marks[1::2], len(text)] if len(marks) % 2 else marks[1::2]
    return tuple(zip(marks[::2], ends, strict=True))
