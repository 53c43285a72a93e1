"""Wrong verdicts that students write."""

import math

NAMES = ("base rate", "give-away", "control", "ablation", "steering")


def _known(evidence, **missing):
    names = ("low", "base_rate", "give_away", "control", "p_ablation", "p_steering")
    return {n: float("nan") if evidence.get(n) is None else evidence[n] for n in names}


def _taken(k):
    return [k["low"] > k["base_rate"], k["low"] > k["give_away"], k["low"] > k["control"],
            k["p_ablation"] <= 0.05, k["p_steering"] <= 0.05]  # fmt: skip


def _word(failed):
    if not failed:
        return "used"
    return "present" if {*failed} <= {"ablation", "steering"} else "neither"


def _verdict(taken, word=_word):
    failed = [name for name, ok in zip(NAMES, taken, strict=True) if not ok]
    return word(failed), failed


def one_effect_is_enough(evidence):
    """One of the two effects is enough for "used" with you: both hurdles have to be taken."""

    def word(failed):
        reading = [f for f in failed if f in NAMES[:3]]
        return "neither" if reading else "present" if len(failed) == 2 else "used"

    return _verdict(_taken(_known(evidence)), word)


def effect_without_reading(evidence):
    """An effect makes it "used" with you, whether or not it can be read: what cannot be read is not
    your feature."""

    def word(failed):
        return "used" if not {"ablation", "steering"} & {*failed} else _word(failed)

    return _verdict(_taken(_known(evidence)), word)


def one_reading_hurdle_is_enough(evidence):
    """With one of the three reading hurdles taken it is present with you: all three have to be."""

    def word(failed):
        missed = [f for f in failed if f in NAMES[:3]]
        return "neither" if len(missed) == 3 else "used" if not failed else "present"

    return _verdict(_taken(_known(evidence)), word)


def above_the_base_rate_is_enough(evidence):
    """You ask of "present" the base rate alone: words and a control task can explain the score, as
    well."""

    def word(failed):
        return "neither" if "base rate" in failed else "used" if not failed else "present"

    return _verdict(_taken(_known(evidence)), word)


def one_effect_for_present(evidence):
    """With both effects missing it is "neither" with you: what is read and has no effect at all is
    present, too."""

    def word(failed):
        return "neither" if {"ablation", "steering"} <= {*failed} else _word(failed)

    return _verdict(_taken(_known(evidence)), word)


def no_present(evidence):
    """You know only "used" and "neither": what is read and not used is present."""
    return _verdict(_taken(_known(evidence)), lambda failed: "neither" if failed else "used")


def equal_is_above(evidence):
    """Equal to a control counts as above it with you."""
    k = _known(evidence)
    return _verdict([k["low"] >= k[n] for n in ("base_rate", "give_away", "control")]
                    + _taken(k)[3:])  # fmt: skip


def equal_to_the_base_rate(evidence):
    """Equal to the base rate counts as above it with you: above was the rule."""
    k = _known(evidence)
    return _verdict([k["low"] >= k["base_rate"], *_taken(k)[1:]])


def equal_to_the_control(evidence):
    """Equal to the control task counts as above it with you: above was the rule."""
    k = _known(evidence)
    return _verdict([*_taken(k)[:2], k["low"] >= k["control"], *_taken(k)[3:]])


def below_the_level_only(evidence):
    """A p of exactly .05 does not count with you: at most .05 was the rule."""
    k = _known(evidence)
    return _verdict([*_taken(k)[:3], k["p_ablation"] < 0.05, k["p_steering"] < 0.05])


def a_laxer_level(evidence):
    """Your level is .1: it was to be .05, and it is put down before the result."""
    k = _known(evidence)
    return _verdict([*_taken(k)[:3], k["p_ablation"] <= 0.1, k["p_steering"] <= 0.1])


def p_the_wrong_way(evidence):
    """You take a large p for an effect: a small one says that random directions do less."""
    k = _known(evidence)
    return _verdict([*_taken(k)[:3], k["p_ablation"] >= 0.05, k["p_steering"] >= 0.05])


def missing_is_taken(evidence):
    """What was not measured counts as taken with you, as every comparison with nan is false: ask
    whether a hurdle is taken, not whether it is missed."""
    k = _known(evidence)
    missed = [k["low"] <= k["base_rate"], k["low"] <= k["give_away"], k["low"] <= k["control"],
              k["p_ablation"] > 0.05, k["p_steering"] > 0.05]  # fmt: skip
    return _verdict([not m for m in missed])


def missing_is_zero(evidence):
    """You put 0 for what is missing: a p of 0, and a control that everything beats."""
    k = {name: 0.0 if math.isnan(value) else value for name, value in _known(evidence).items()}
    return _verdict(_taken(k))


def missing_raises(evidence):
    """A number that is missing raises with you: it fails its hurdle, and nothing may raise."""
    return _verdict(_taken(evidence))


def hurdles_that_were_taken(evidence):
    """You name the hurdles that were taken: name those that were not."""
    taken = _taken(_known(evidence))
    word, _ = _verdict(taken)
    return word, [name for name, ok in zip(NAMES, taken, strict=True) if ok]


def first_one_only(evidence):
    """You name only the first hurdle that was not taken: all of them are asked for."""
    word, failed = _verdict(_taken(_known(evidence)))
    return word, failed[:1]


def in_the_order_of_the_alphabet(evidence):
    """Your hurdles are in another order than the table's."""
    word, failed = _verdict(_taken(_known(evidence)))
    return word, sorted(failed)


def by_their_keys(evidence):
    """You name hurdles by the keys of the evidence: the table gives their names."""
    word, failed = _verdict(_taken(_known(evidence)))
    keys = dict(zip(NAMES, ("base_rate", "give_away", "control", "p_ablation", "p_steering"),
                    strict=True))  # fmt: skip
    return word, [keys[name] for name in failed]
