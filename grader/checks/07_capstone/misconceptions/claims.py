"""Claims that do not say what they should; each is wrong for its own reason."""


def _claim(about, sentence, number, low, high, control, tried, **changed):
    return {
        "about": about, "claim": sentence, "number": number, "low": low, "high": high,
        "control": control, "side": "test", "tried": tried, "stands": low > control,
    } | changed  # fmt: skip


def _good():
    return [
        _claim("reading", "Layer 12 holds the feature", 0.91, 0.84, 0.97, 0.62, 31),
        _claim("memory", "It is not learnt by heart", 0.91, 0.84, 0.97, 0.55, 31),
        _claim("ablation", "Without it the answer changes", 3.1, 2.2, 4.0, 0.8, 2),
        _claim("steering", "A step moves the answer", 1.2, 0.4, 2.0, 0.5, 2),
        _claim("latent", "Latent 17 fires with it", 0.88, 0.79, 0.95, 0.7, 8192),
    ]


def _all(**changed):
    return [claim | changed for claim in _good()]


def no_controls(challenge):
    """Your claims have no control: the number that could have sunk each of them is missing."""
    return _all(control=None)


def control_of_zero(challenge):
    """You put 0 for the controls: everything beats that. Measure them."""
    return [claim | {"control": 0.0, "stands": True} for claim in _good()]


def validation_side(challenge):
    """Your numbers are from the validation side, on which you have chosen."""
    return _all(side="valid")


def score_against_control(challenge):
    """You compare the number with its control: the low end of the interval has to be above it."""
    return [claim | {"stands": claim["number"] > claim["control"]} for claim in _good()]


def all_stand(challenge):
    """You say of all claims that they stand, also of one whose number is below its
    control."""
    good = _all(stands=True)
    good[4] |= {"number": 0.68, "low": 0.6, "high": 0.77}
    return good


def in_percent(challenge):
    """Your shares are in percent: give them from 0 to 1."""
    scale = {"reading": 100, "memory": 100, "latent": 100}
    return [
        claim | {k: claim[k] * scale.get(claim["about"], 1)
                 for k in ("number", "low", "high", "control")}
        for claim in _good()
    ]  # fmt: skip


def without_an_interval(challenge):
    """Your claims have no interval: a number alone does not say how far it could be off."""
    return _all(low=None, high=None)


def ends_exchanged(challenge):
    """Low and high are exchanged in your intervals."""
    return [
        claim
        | {"low": claim["high"], "high": claim["low"], "stands": claim["high"] > claim["control"]}
        for claim in _good()
    ]  # fmt: skip


def only_what_worked(challenge):
    """You list only the claims that stand: one about each of the five is asked for."""
    return [claim for claim in _good() if claim["stands"]]


def nothing_was_tried(challenge):
    """You say that nothing was chosen out of several: the layer was, and the latent out of
    thousands."""
    return _all(tried=1)


def numbers_as_text(challenge):
    """Your numbers are text: write plain numbers, without quotes."""
    return [
        claim | {k: str(claim[k]) for k in ("number", "low", "high", "control", "tried")}
        for claim in _good()
    ]  # fmt: skip


def stands_as_text(challenge):
    """You write "yes" and "no": True and False are asked for."""
    return [claim | {"stands": "yes" if claim["stands"] else "no"} for claim in _good()]


def one_control_for_all(challenge):
    """Your controls are the numbers themselves."""
    return [claim | {"control": claim["number"], "stands": False} for claim in _good()]


def effects_with_signs(challenge):
    """Your effects keep their signs: their sizes are compared with the sizes of the controls."""
    good = _good()
    good[2] |= {"number": -3.1, "low": -4.0, "high": -2.2, "stands": False}
    return good


def sentences_missing(challenge):
    """Your claims have no sentences of yours."""
    return _all(claim="...")


def stands_without_numbers(challenge):
    """You say of effects that were not measured that they stand."""
    good = _good()
    nothing = dict.fromkeys(("number", "low", "high", "control")) | {"stands": True}
    return [claim | nothing if claim["about"] in ("ablation", "steering") else claim
            for claim in good]  # fmt: skip


def nothing_measured(challenge):
    """You give no numbers at all: only the two effects can be impossible to measure."""
    return _all(number=None, low=None, high=None, control=None, stands=False)
