"""Other right ways to write verdict."""

import math


def step_by_step(evidence):
    """One question after the other, with a function for what is known."""

    def above(name):
        low, other = evidence.get("low"), evidence.get(name)
        return low is not None and other is not None and low > other

    def rare(name):
        p = evidence.get(name)
        return p is not None and not math.isnan(p) and p <= 0.05

    failed = []
    if not above("base_rate"):
        failed.append("base rate")
    if not above("give_away"):
        failed.append("give-away")
    if not above("control"):
        failed.append("control")
    word = "neither" if failed else "used"
    for name in ("ablation", "steering"):
        if not rare(f"p_{name}"):
            failed.append(name)
            word = "present" if word == "used" else word
    return word, failed


def with_infinities(evidence):
    """What is missing becomes the number that fails."""

    def known(name, worst):
        value = evidence.get(name)
        return worst if value is None or value != value else float(value)

    low = known("low", -math.inf)
    margins = {
        "base rate": low - known("base_rate", math.inf),
        "give-away": low - known("give_away", math.inf),
        "control": low - known("control", math.inf),
    }
    read = [name for name, margin in margins.items() if not margin > 0]
    effects = [name for name in ("ablation", "steering") if known(f"p_{name}", 1.0) > 0.05]
    word = ("neither",) if read else ("present",) if effects else ("used",)
    return word[0], [*read, *effects]
