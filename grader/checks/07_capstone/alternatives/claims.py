"""Other correct ways to hand in claims: another order, whole numbers, a negative result."""


def _claim(about, sentence, number, low, high, control, tried):
    return {
        "stands": low > control, "tried": tried, "side": "test", "control": control, "high": high,
        "low": low, "number": number, "claim": sentence, "about": about,
    }  # fmt: skip


def a_feature_that_is_not_there(challenge):
    """Nothing stands: a result like any other. Effects may be 0, an interval may reach below it."""
    return (
        _claim("latent", "No latent tells the texts apart", 0.5, 0.41, 0.6, 0.64, 8192),
        _claim("reading", "No layer holds the feature", 0.52, 0.4, 0.63, 0.5, 31),
        _claim("memory", "Nor is it learnt by heart", 0.52, 0.4, 0.63, 0.55, 31),
        _claim("ablation", "Without it nothing changes much", 0.1, -0.2, 0.4, 1.0, 4),
        _claim("steering", "No step moves the answer", 0, -0.3, 0.2, 2, 4),
    )


def all_of_it(challenge):
    """Everything stands, in lists, with further notes."""
    claims = [
        _claim("memory", "A coin for each token is harder", 1.0, 1.0, 1.0, 0.48, 7),
        _claim("steering", "Steps move what it says next", 3.5, 2.9, 4.4, 0.3, 2),
        _claim("ablation", "Its answer needs the direction", 6, 5, 7, 0.2, 2),
        _claim("reading", "The stream after block 9 holds it", 1.0, 1.0, 1.0, 0.6, 7),
        _claim("latent", "Latent 3 fires where it holds", 1.0, 0.98, 1.0, 0.71, 400),
    ]
    return [claim | {"note": "as printed"} for claim in claims]


def effects_that_were_not_measured(challenge):
    """Own texts without twins: no numbers for the two effects, and neither of them stands."""
    nothing = dict.fromkeys(("number", "low", "high", "control")) | {"stands": False}
    return [
        claim | nothing if claim["about"] in ("ablation", "steering") else claim
        for claim in all_of_it(challenge)
    ]
