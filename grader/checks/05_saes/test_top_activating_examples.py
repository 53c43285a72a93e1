"""Hidden checks for top_activating_examples: which places, in which order, and which never."""

import torch
from torch import Tensor

from grader.assertions import close, holds, number, unchanged


def _activations(rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw activations of one latent, all different, mostly silent, and texts of all lengths.

    The largest values of all stand where no token counts: position 0 and behind the end.
    """
    texts, pos = int(torch.randint(8, 12, (), generator=rng)), 13
    acts = torch.rand(texts, pos, generator=rng) + 0.1
    acts = acts * (torch.rand(texts, pos, generator=rng) < 0.5)
    length = torch.randint(5, pos - 1, (texts,), generator=rng)
    here = torch.arange(pos)
    valid = (here > 0) & (here < length[:, None])
    acts[:, 0] = 50 + torch.rand(texts, generator=rng)
    acts[torch.arange(texts), length] = 9 + torch.rand(texts, generator=rng)
    # Two texts with several loud places: each still counts once.
    acts[2, 1:5] = torch.tensor([3.0, 3.7, 3.2, 3.5]) + 0.1 * torch.rand(1, generator=rng)
    acts[4, 1:4] = torch.tensor([3.1, 4.3, 3.6]) + 0.02 * torch.rand(1, generator=rng)
    return acts, valid


def _places(student, acts: Tensor, valid: Tensor, k: int) -> list[tuple[int, int]]:
    """What came back, as pairs of whole numbers inside the table."""
    places = []
    for item in student.top_activating_examples(acts, valid, k):
        holds(isinstance(item, list | tuple) and len(item) == 2, "An entry is not a pair.")
        pair = tuple(int(number(part, "a place")) for part in item)
        inside = 0 <= pair[0] < acts.shape[0] and 0 <= pair[1] < acts.shape[1]
        holds(inside, "An entry is not a pair (text, position) inside the table.")
        places.append(pair)
    return places


def test_the_loudest_places_in_order(student, rng):
    """The places come as (text, position), the loudest first; no text that is left out is louder
    at any token than the last one named; and the tables are left as they are."""
    acts, valid = _activations(rng)
    k = 4
    _, after = student.after("top_activating_examples", acts, valid, k)
    unchanged(after, (acts, valid, k))
    places = _places(student, acts, valid, k)
    holds(len(places) == k, "There are enough texts in which the latent fires, and not k places.")
    values = [float(acts[place]) for place in places]
    holds(values == sorted(values, reverse=True), "The places are not in order, loudest first.")
    best = (acts * valid).amax(1)
    top = best.sort(descending=True).values[:k]
    close(torch.tensor(values), top, because="the activations at these places")


def test_a_text_counts_once(student, rng):
    """Each text is named once at most, at its own loudest token; or one long text could fill the
    whole list."""
    acts, valid = _activations(rng)
    places = _places(student, acts, valid, 5)
    texts = [text for text, _ in places]
    holds(len(set(texts)) == len(texts), "A text is named twice.")
    holds({2, 4} <= set(texts), "A text with one of the loudest tokens is missing.")
    for text, pos in places:
        row = acts[text].where(valid[text], torch.tensor(-1.0))
        close(acts[text, pos], row.max(), atol=0, rtol=0, because="the activation of a named text")


def test_only_tokens_that_count(student, rng):
    """A place is where `valid` says that a token counts: padding and position 0 never."""
    acts, valid = _activations(rng)
    places = _places(student, acts, valid, 6)
    holds(len(places) > 0, "There is no place at all.")
    holds(all(bool(valid[place]) for place in places), "A place is not a token that counts.")
    # Not every mask is a beginning of the text: here only every second position counts.
    valid = torch.arange(acts.shape[1]).expand(len(acts), -1) % 2 == 1
    places = _places(student, acts, valid, 3)
    best = (acts * valid).amax(1).sort(descending=True).values[:3]
    found = torch.tensor([float(acts[place]) for place in places])
    close(found, best, because="the activations where every second position counts")


def test_silence_is_no_example(student, rng):
    """A text in which the latent never fires is no example of it: with few texts that fire the
    list is shorter than k, and with none it is empty."""
    acts, valid = _activations(rng)
    loud = acts * valid
    keep = loud.amax(1).argsort(descending=True)[:3]
    quiet = torch.zeros_like(acts)
    quiet[keep] = loud[keep]
    places = _places(student, quiet, valid, len(acts))
    holds(len(places) == 3, "It should name the three texts that fire, and no other.")
    holds({text for text, _ in places} == set(keep.tolist()), "These are not the texts that fire.")
    places = _places(student, torch.zeros_like(acts), valid, 3)
    holds(places == [], "Where nothing fires there is no example.")
    places = _places(student, acts, valid, 10 * len(acts))
    fires = int((loud.amax(1) > 0).sum())
    holds(len(places) == fires, "With a large k it should name every text that fires, once.")
