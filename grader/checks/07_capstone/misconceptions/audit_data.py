"""Wrong audits that students write."""


def _keys(texts):
    return [" ".join(text.lower().split()) for text in texts]


def _rate(held, labels):
    return sum(h == label for h, label in zip(held, labels, strict=True)) / len(labels)


def _audit(texts, labels, groups, split=None, best=None, **changed):
    """The audit, with entries replaced."""
    said, names = labels.tolist(), groups.tolist()
    split = split or (lambda text: set(text.lower().split()))
    words = [split(text) for text in texts]
    every = sorted(set().union(*words))
    rates = [_rate([word in held for held in words], said) for word in every] or [0.5]
    best = best or (lambda r: max(r, 1 - r))
    keys = _keys(texts)
    elsewhere = [
        any(k == key and g != group for k, g in zip(keys, names, strict=True))
        for key, group in zip(keys, names, strict=True)
    ]
    share = sum(said) / len(said)
    by_group = [[y for y, g in zip(said, names, strict=True) if g == name] for name in set(names)]
    found = {
        "base_rate": max(share, 1 - share),
        "group_rate": sum(max(sum(p), len(p) - sum(p)) for p in by_group) / len(said),
        "word_rate": max(map(best, rates)),
        "repeated": float(sum(elsewhere)),
    }
    return found | {name: make(by_group, keys, share, words) for name, make in changed.items()}


def share_of_true(texts, labels, groups):
    """Your base rate is the share of True: it is that of the more frequent label."""
    return _audit(texts, labels, groups, base_rate=lambda b, k, share, w: share)


def share_of_the_rarer(texts, labels, groups):
    """Your base rate is the share of the rarer label: whoever says the other one is right more
    often."""
    return _audit(texts, labels, groups, base_rate=lambda b, k, share, w: min(share, 1 - share))


def mean_over_groups(texts, labels, groups):
    """Your group rate is the mean over groups: texts are counted, so a large group counts more."""
    return _audit(
        texts, labels, groups,
        group_rate=lambda b, *_: sum(max(sum(p), len(p) - sum(p)) / len(p) / len(b) for p in b),
    )  # fmt: skip


def mixed_groups(texts, labels, groups):
    """Your group rate is the share of groups with one label alone: a group that is 9 to 1 gives its
    label away nearly as well."""
    return _audit(
        texts, labels, groups,
        group_rate=lambda b, k, s, w: sum(sum(p) in (0, len(p)) for p in b) / len(b),
    )  # fmt: skip


def always_true_in_a_group(texts, labels, groups):
    """Your group rate takes the share of True in each group: its more frequent label may be
    False."""
    return _audit(
        texts, labels, groups, group_rate=lambda b, k, s, w: sum(map(sum, b)) / sum(map(len, b))
    )


def words_for_true_alone(texts, labels, groups):
    """Your word rate knows no word that means False: "False if it occurs" is a rule, too."""
    return _audit(texts, labels, groups, best=lambda rate: rate)


def capitals_matter(texts, labels, groups):
    """Your words keep their capitals: "The" and "the" are one word."""
    return _audit(texts, labels, groups, split=lambda text: set(text.split()))


def parts_of_words(texts, labels, groups):
    """Your rule asks whether the letters occur in the text: "rescue" holds the letters of "cue" and
    is another word."""
    words = sorted({word for text in texts for word in text.lower().split()})
    said = labels.tolist()
    rates = [_rate([word in text.lower() for text in texts], said) for word in words]
    best = max(max(rate, 1 - rate) for rate in rates)
    return _audit(texts, labels, groups, word_rate=lambda b, k, s, w: best)


def only_texts_that_hold_it(texts, labels, groups):
    """Your word rate judges a word on the texts that hold it: a word that occurs once is then
    perfect. A rule says something about all texts."""
    said = labels.tolist()

    def rate(b, keys, share, words):
        best = 0.0
        for word in set().union(*words):
            of = [y for held, y in zip(words, said, strict=True) if word in held]
            best = max(best, sum(of) / len(of), 1 - sum(of) / len(of))
        return best

    return _audit(texts, labels, groups, word_rate=rate)


def first_word_alone(texts, labels, groups):
    """Your words are the first word of each text: any word of it may give the label away."""
    return _audit(texts, labels, groups, split=lambda text: set(text.lower().split()[:1]))


def copies_anywhere(texts, labels, groups):
    """You count copies within a group as well: those stay together in a split by groups."""
    return _audit(
        texts, labels, groups, repeated=lambda b, k, s, w: float(sum(k.count(key) > 1 for key in k))
    )


def exact_copies(texts, labels, groups):
    """Your copies have to agree to the letter: capitals and white space do not make a new text."""
    names = groups.tolist()
    count = sum(
        any(t == text and g != group for t, g in zip(texts, names, strict=True))
        for text, group in zip(texts, names, strict=True)
    )
    return _audit(texts, labels, groups, repeated=lambda b, k, s, w: float(count))


def copies_of_the_first(texts, labels, groups):
    """You do not count the first of several copies: it stands on one side of the split, and the
    others on another."""
    seen, count = {}, 0
    for key, group in zip(_keys(texts), groups.tolist(), strict=True):
        count += key in seen and seen[key] != group
        seen.setdefault(key, group)
    return _audit(texts, labels, groups, repeated=lambda b, k, s, w: float(count))
