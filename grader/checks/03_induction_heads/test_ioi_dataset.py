"""Hidden checks for ioi_dataset: prompts taken apart again, with made-up words and token counts."""

import re

import torch

from grader.assertions import holds, items

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_TEMPLATE = "{{first}} {0} {{second}} {1} {{place}} {2} {{giver}} {3} {{object}} {4}"
_OTHER = "{{second}} {0} {{first}} {1} {{giver}} {2} {{object}} {3} {{place}} {4}"


def _word(rng: torch.Generator, length: int) -> str:
    letters = [_LETTERS[i] for i in torch.randint(26, (length,), generator=rng).tolist()]
    return "".join(letters)


class World:
    """Made-up words, and how they are told from each other in a prompt.

    Names begin with N, places with P, objects with O, templates' own words with t and a number.
    """

    def __init__(self, rng: torch.Generator) -> None:
        def draw(letter: str, count: int, length: int) -> list[str]:
            return [letter + str(i) + _word(rng, length) for i in range(count)]

        # A name's length decides how many tokens it is; without a space before it, other ones are.
        self.short, self.long = draw("N", 7, 4), draw("Nx", 3, 9)
        self.lone = draw("Ny", 3, 5)  # one token at the start of a text, two in a sentence
        names = [*self.short, *self.long, *self.lone]
        order = torch.randperm(len(names), generator=rng).tolist()
        self.templates = [
            form.format(*[f"t{number}{_word(rng, 3)}" for _ in range(5)])
            for number, form in enumerate((_TEMPLATE, _OTHER, _TEMPLATE))
        ]
        self.words = {
            "template": self.templates, "place": draw("P", 3, 4), "object": draw("O", 4, 4),
            "name": [names[i] for i in order],
        }  # fmt: skip

    def n_tokens(self, text: str) -> int:
        name = text.strip()
        if name in self.short:
            return 1 if text.startswith(" ") else 2
        return 1 if name in self.lone and not text.startswith(" ") else 2


def _ask(student, world: World, n: int, seed: int) -> list[dict[str, str]]:
    result = items(student.ioi_dataset(world.words, world.n_tokens, n, seed), n, "the prompts")
    for prompt in result:
        whole = isinstance(prompt, dict) and set(prompt) == {
            "clean", "corrupted", "correct", "wrong"
        }  # fmt: skip
        holds(whole, "A prompt is not a dictionary with the four keys that are asked for.")
        texts = all(type(value) is str for value in prompt.values())
        holds(texts, "Some entry of a prompt is no text.")
    return result


def _parts(world: World, text: str) -> tuple[int, list[str]]:
    """Return the number of the template and [first, second, giver, place, object]."""
    for number, template in enumerate(world.templates):
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>\\w+)", re.escape(template))
        if match := re.fullmatch(pattern, text):
            return number, [match[k] for k in ("first", "second", "giver", "place", "object")]
    holds(False, "Some text is no template with its five places filled.")
    raise AssertionError


def _draw(rng: torch.Generator) -> int:
    return int(torch.randint(1 << 30, (), generator=rng))


def test_correct_is_the_name_that_is_not_repeated(student, seed, rng):
    """Each clean prompt is a filled template with two names, one of which gives; `wrong` is the
    giver and `correct` the other one, both with a space before them."""
    world = World(rng)
    for prompt in _ask(student, world, 24, _draw(rng)):
        _, (first, second, giver, place, thing) = _parts(world, prompt["clean"])
        holds(first != second and giver in (first, second), "The giver is not one of two names.")
        other = second if giver == first else first
        right = prompt["correct"] == " " + other and prompt["wrong"] == " " + giver
        holds(right, "`correct` and `wrong` are not receiver and giver, each with a space before.")
        known = place in world.words["place"] and thing in world.words["object"]
        holds(known, "A place or an object stands where the other belongs.")


def test_pairs_differ_in_the_giver_alone(student, seed, rng):
    """Prompts come in pairs with the same template, place, object and names in the same order:
    the first is ABBA (the second name gives), the second BABA (the first name gives)."""
    world = World(rng)
    prompts = _ask(student, world, 30, _draw(rng))
    for one, two in zip(prompts[::2], prompts[1::2], strict=True):
        (form, (x, y, gives, *rest)), (form_2, (x_2, y_2, gives_2, *rest_2)) = (
            _parts(world, prompt["clean"]) for prompt in (one, two)
        )
        same = (form, x, y, rest) == (form_2, x_2, y_2, rest_2)
        holds(same, "The two prompts of a pair differ in more than the giver.")
        holds((gives, gives_2) == (y, x), "A pair is not ABBA, then BABA.")


def test_names_are_one_token_inside_a_sentence(student, seed, rng):
    """Only names are used that are one token with a space before them, in the clean prompts and in
    the corrupted ones."""
    world = World(rng)
    used = set()
    for prompt in _ask(student, world, 60, _draw(rng)):
        for kind in ("clean", "corrupted"):
            used |= set(_parts(world, prompt[kind])[1][:3])
    holds(used <= set(world.short), "A name is used that is several tokens in a sentence.")


def test_the_corrupted_twin_has_the_form_and_no_answer(student, seed, rng):
    """The corrupted text of a pair is one and the same, with the pair's template, place and object
    and three names that differ from each other and from the two of the pair."""
    world = World(rng)
    prompts = _ask(student, world, 30, _draw(rng))
    for one, two in zip(prompts[::2], prompts[1::2], strict=True):
        holds(one["corrupted"] == two["corrupted"], "The two of a pair have different twins.")
        form, (x, y, _, *rest) = _parts(world, one["clean"])
        form_2, (*three, place, thing) = _parts(world, one["corrupted"])
        same = (form, rest) == (form_2, [place, thing])
        holds(same, "The corrupted text has another template, place or object.")
        holds(len(set(three)) == 3, "The corrupted text repeats a name.")
        holds(not set(three) & {x, y}, "A name of the pair is in its corrupted text.")


def test_everything_varies_and_the_seed_decides(student, seed, rng):
    """Over many prompts every template, place, object and usable name occurs, each name as the
    first and as the second and in the corrupted texts; the same seed gives the same prompts,
    another seed others."""
    world, number = World(rng), _draw(rng)
    prompts = _ask(student, world, 200, number)
    parts = [_parts(world, prompt["clean"]) for prompt in prompts]
    seen = [{names[place] for _, names in parts} for place in range(5)]
    holds(len({form for form, _ in parts}) == 3, "Some template is never used.")
    # Missing one of 7 names in 100 draws has a chance of one in a million.
    varied = seen[0] == seen[1] == set(world.short)
    holds(varied, "Some name that could be used is never first, or never second.")
    holds(seen[3] == set(world.words["place"]), "Some place is never used.")
    holds(seen[4] == set(world.words["object"]), "Some object is never used.")
    twins = [_parts(world, prompt["corrupted"])[1] for prompt in prompts]
    holds(
        all({names[place] for names in twins} == set(world.short) for place in range(3)),
        "The corrupted texts draw from some of the names only.",
    )
    together = {(names[3], names[4]) for _, names in parts}
    holds(len(together) > 4, "Place and object always go together: draw each by itself.")
    holds(_ask(student, world, 200, number) == prompts, "The same seed gives other prompts.")
    holds(_ask(student, world, 200, number + 1) != prompts, "Another seed gives the same prompts.")
