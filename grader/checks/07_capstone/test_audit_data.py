"""Hidden checks for audit_data: what labelled texts give away without a model."""

import torch

from grader.assertions import close, holds, unchanged

SHARES = {"atol": 1e-5, "rtol": 0.0}  # counts over a count, once in float32


def _below(n: int, rng: torch.Generator, least: int = 0) -> int:
    return int(torch.randint(least, n, (), generator=rng))


def _entry(found: object, name: str) -> object:
    holds(isinstance(found, dict), "The result should be a dict.")
    holds(name in found, f"There is no entry {name!r} in the result.")
    return found[name]


def _texts(n: int, rng: torch.Generator) -> list[str]:
    """Texts of words of their own: none occurs in a second one."""
    return [
        f"{'abcdefgh'[_below(8, rng)]}{row} {'stuvwxyz'[_below(8, rng)]}{row}" for row in range(n)
    ]


def _labels(n: int, rng: torch.Generator, least: int = 3) -> torch.Tensor:
    """Labels with fewer True than False, or the other way about; never half."""
    few = _below(n // 2 - 1, rng, least=least)
    labels = torch.randperm(n, generator=rng) < few
    return labels if _below(2, rng) else ~labels


def _groups(n: int, count: int, rng: torch.Generator) -> torch.Tensor:
    """Group names of any kind, groups of different sizes; each occurs."""
    names = torch.randperm(60, generator=rng)[:count] - 30
    extra = torch.randint(count, (n - count,), generator=rng)
    place = torch.cat([torch.arange(count), extra])[torch.randperm(n, generator=rng)]
    return names[place]


def test_base_rate(student, rng):
    """The base rate is the share of the more frequent label, whichever that is, and what you are
    given is left as it is."""
    for _ in range(2):
        n = _below(30, rng, least=17)
        texts, labels, groups = _texts(n, rng), _labels(n, rng), _groups(n, 4, rng)
        found, after = student.after("audit_data", texts, labels, groups)
        more = max(int(labels.sum()), int((~labels).sum()))
        close(_entry(found, "base_rate"), more / n, **SHARES, because="base_rate")
        unchanged(after, (texts, labels, groups))
        mirrored = student.audit_data(texts, ~labels, groups)
        close(_entry(mirrored, "base_rate"), more / n, **SHARES, because="base_rate, mirrored")


def test_group_rate(student, rng):
    """Whoever knows the group and says its more frequent label is right in so many *texts*: groups
    count by their size, and each has a more frequent label of its own."""
    for _ in range(2):
        sizes = torch.randperm(6, generator=rng)[:4] + 3
        good = [_below(int(size) + 1, rng) for size in sizes]
        good[0], good[1] = 1, int(sizes[1]) - 1
        labels = torch.cat(
            [torch.arange(int(size)) < g for size, g in zip(sizes, good, strict=True)]
        )
        names = torch.randperm(50, generator=rng)[:4] - 25
        groups = names.repeat_interleave(sizes)
        order = torch.randperm(len(labels), generator=rng)
        right = sum(max(g, int(size) - g) for size, g in zip(sizes, good, strict=True))
        found = student.audit_data(_texts(len(labels), rng), labels[order], groups[order])
        close(_entry(found, "group_rate"), right / len(labels), **SHARES, because="group_rate")


def test_word_rate(student, rng):
    """The best one-word rule may be a word that means False as well as one that means True; it is
    judged on all texts, a word counts once in a text, capitals do not matter, and a part of a word
    is no word."""
    n = _below(30, rng, least=22)
    labels = _labels(n, rng, least=7)  # so that no word of one text makes as good a rule
    wrong = torch.randperm(n, generator=rng)[:2]
    for sign in (True, False):
        held = (labels == sign).clone()
        held[wrong] = ~held[wrong]
        texts = _texts(n, rng)
        for number, row in enumerate(held.nonzero().flatten().tolist()):
            word = ("Cue", "cue", "CUE")[number % 3]
            texts[row] = f"{word} {texts[row]} {word}" if _below(2, rng) else f"{texts[row]} {word}"
        for row in (~held).nonzero().flatten().tolist():
            texts[row] = f"cues{row} {texts[row]} rescue{row}"
        found = student.audit_data(texts, labels, _groups(n, 4, rng))
        close(_entry(found, "word_rate"), (n - 2) / n, **SHARES, because="word_rate")


def test_word_rate_of_twins(student, rng):
    """In twins, where every common word is as often in True as in False texts, no rule of one word
    does much better than half."""
    n = 2 * _below(14, rng, least=9)
    words = [f"w{_below(1000, rng)}x{row}" for row in range(n)]
    texts = [f"the {words[2 * (row // 2)]} is {words[row]}" for row in range(n)]
    labels = torch.arange(n) % 2 == 1
    found = student.audit_data(texts, labels, _groups(n, 5, rng))
    close(_entry(found, "word_rate"), (n / 2 + 1) / n, **SHARES, because="word_rate")


def test_repeated(student, rng):
    """A text counts as repeated if a copy, but for capitals and white space, stands in another
    group; all such texts count, and copies within one group do not."""
    n = _below(24, rng, least=18)
    texts, groups = _texts(n, rng), torch.arange(n) % 5 * 3 - 4
    copies = torch.randperm(n, generator=rng)[:3].tolist()
    source = _texts(1, rng)[0] + " once more"
    for number, row in enumerate(copies):
        texts[row] = (source, f"  {source.upper()}", source.replace(" ", "   "))[number]
    groups[copies[0]], groups[copies[1]], groups[copies[2]] = 11, 12, 12
    inside = [row for row in range(n) if row not in copies and groups[row] == -4]
    texts[inside[0]] = texts[inside[1]]
    labels = _labels(n, rng)
    found = student.audit_data(texts, labels, groups)
    close(_entry(found, "repeated"), 3.0, **SHARES, because="repeated")
    groups[copies[0]] = 12
    alone = student.audit_data(texts, labels, groups)
    close(_entry(alone, "repeated"), 0.0, **SHARES, because="repeated, all copies in one group")
