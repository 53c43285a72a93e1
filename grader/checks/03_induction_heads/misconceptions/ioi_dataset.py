"""Wrong data sets that students write."""

import random


def _dataset(
    words, n_tokens, n, seed, *, usable=None, orders=None, twin=None, entry=None, draw=None,
    pick=None,
):  # fmt: skip
    """The right data set, with a place for each mistake."""
    draw = draw or random.Random(seed)
    usable = usable or (lambda name: n_tokens(" " + name) == 1)
    names = [name for name in words["name"] if usable(name)]
    pick = pick or (lambda: draw.sample(names, 5))
    orders = orders or (lambda x, y: [(x, y, y), (x, y, x)])
    prompts = []
    for _ in range(n // 2):
        template = draw.choice(words["template"])
        filling = {"place": draw.choice(words["place"]), "object": draw.choice(words["object"])}
        x, y, *others = pick()

        def fill(names, template=template, filling=filling):
            keys = ("first", "second", "giver")
            return template.format(**dict(zip(keys, names, strict=True)), **filling)

        shared = fill(others) if twin is None else None
        for first, second, giver in orders(x, y):
            receiver = second if giver == first else first
            prompt = {
                "clean": fill((first, second, giver)),
                "corrupted": shared
                if twin is None
                else twin(fill, first, second, giver, others, names, draw),
                "correct": " " + receiver,
                "wrong": " " + giver,
            }
            prompts.append(prompt if entry is None else entry(prompt))
    return prompts


def abba_only(words, n_tokens, n, seed):
    """All your prompts have the answer as the first name: "say the first name" is always right."""
    return _dataset(words, n_tokens, n, seed, orders=lambda x, y: [(x, y, y)] * 2)


def baba_first(words, n_tokens, n, seed):
    """You put BABA before ABBA: prompt 2i is ABBA, the second name gives."""
    return _dataset(words, n_tokens, n, seed, orders=lambda x, y: [(x, y, x), (x, y, y)])


def names_turned_and_not_the_giver(words, n_tokens, n, seed):
    """Your pairs turn the order of the names and keep the giver: then the answer is the same name
    twice, and what the model likes anyway does not cancel."""
    return _dataset(words, n_tokens, n, seed, orders=lambda x, y: [(x, y, y), (y, x, y)])


def giver_and_receiver_confused(words, n_tokens, n, seed):
    """You take the giver for the right answer: right is the name that is not repeated."""

    def entry(prompt):
        return {**prompt, "correct": prompt["wrong"], "wrong": prompt["correct"]}

    return _dataset(words, n_tokens, n, seed, entry=entry)


def names_without_a_space(words, n_tokens, n, seed):
    """`correct` and `wrong` have no space before the name: in the sentence they have one."""

    def entry(prompt):
        return {**prompt, "correct": prompt["correct"].strip(), "wrong": prompt["wrong"].strip()}

    return _dataset(words, n_tokens, n, seed, entry=entry)


def names_not_filtered(words, n_tokens, n, seed):
    """You use all names: some are several tokens."""
    return _dataset(words, n_tokens, n, seed, usable=lambda name: True)


def counted_without_the_space(words, n_tokens, n, seed):
    """You count the tokens of the bare name: in a sentence there is a space before it, and the
    count is another."""
    return _dataset(words, n_tokens, n, seed, usable=lambda name: n_tokens(name) == 1)


def long_names_kept(words, n_tokens, n, seed):
    """You keep the names that are several tokens, and throw out the others."""
    return _dataset(words, n_tokens, n, seed, usable=lambda name: n_tokens(" " + name) > 1)


def two_twins(words, n_tokens, n, seed):
    """The two prompts of a pair have different corrupted texts: they share one."""

    def twin(fill, first, second, giver, others, names, draw):
        return fill(draw.sample([m for m in names if m not in (first, second)], 3))

    return _dataset(words, n_tokens, n, seed, twin=twin)


def a_random_giver_only(words, n_tokens, n, seed):
    """Your corrupted text keeps the two names and changes the giver only: all three are others."""

    def twin(fill, first, second, giver, others, names, draw):
        return fill((first, second, others[0]))

    return _dataset(words, n_tokens, n, seed, twin=twin)


def the_other_giver(words, n_tokens, n, seed):
    """Your corrupted text lets the other name give: that is the other prompt of the pair, with an
    answer of its own."""

    def twin(fill, first, second, giver, others, names, draw):
        return fill((first, second, second if giver == first else first))

    return _dataset(words, n_tokens, n, seed, twin=twin)


def other_names_with_a_repeat(words, n_tokens, n, seed):
    """Your corrupted text repeats one of the new names: that is an IOI prompt with another answer;
    the three are all different."""

    def twin(fill, first, second, giver, others, names, draw):
        return fill((others[0], others[1], others[1]))

    return _dataset(words, n_tokens, n, seed, twin=twin)


def corrupted_from_all_the_names(words, n_tokens, n, seed):
    """The names of your corrupted texts may be those of the pair: draw five different names."""
    draw = random.Random(seed)
    names = [name for name in words["name"] if n_tokens(" " + name) == 1]

    def pick():
        return [*draw.sample(names, 2), *draw.sample(names, 3)]

    return _dataset(words, n_tokens, n, seed, draw=draw, pick=pick)


def two_of_the_same_name(words, n_tokens, n, seed):
    """The two names of a pair can be the same: draw them without replacement."""
    draw = random.Random(seed)
    names = [name for name in words["name"] if n_tokens(" " + name) == 1]

    def pick():
        return [draw.choice(names) for _ in range(5)]

    return _dataset(words, n_tokens, n, seed, draw=draw, pick=pick)


def names_in_the_list_s_order(words, n_tokens, n, seed):
    """Your first name always stands before the second one in the list: draw the order as well."""
    draw = random.Random(seed)
    names = [name for name in words["name"] if n_tokens(" " + name) == 1]

    def pick():
        five = draw.sample(names, 5)
        return [*sorted(five[:2], key=names.index), *five[2:]]

    return _dataset(words, n_tokens, n, seed, draw=draw, pick=pick)


def one_template(words, n_tokens, n, seed):
    """You use the first template only: draw one for each pair."""
    return _dataset({**words, "template": words["template"][:1]}, n_tokens, n, seed)


def one_pair_again_and_again(words, n_tokens, n, seed):
    """You seed the generator anew for each pair: all pairs are the same."""
    return _dataset(words, n_tokens, 2, seed) * (n // 2)


def seed_not_used(words, n_tokens, n, seed):
    """Your draws do not depend on `seed`: another seed has to give other prompts."""
    return _dataset(words, n_tokens, n, 0)


def n_pairs(words, n_tokens, n, seed):
    """You make n pairs: n is the number of prompts."""
    return _dataset(words, n_tokens, 2 * n, seed)
