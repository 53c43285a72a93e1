"""Wrong scores of an edit that students write."""


def _share(logits, winner, loser):
    return (logits[:, winner] > logits[:, loser]).double().mean().item()


def _harmonic(parts):
    return 3 / sum(1 / part for part in parts) if min(parts) > 0 else 0.0


def _scores(rewrite, paraphrases, neighbours, new, old, share=_share, mean=_harmonic, kept=None):
    stays = (kept or share)(neighbours, old, new)
    parts = [share(rewrite, new, old), share(paraphrases, new, old), stays]
    names = ("efficacy", "paraphrase", "neighbourhood")
    return {**dict(zip(names, parts, strict=True)), "score": mean(parts)}


def neighbours_want_the_new_answer(rewrite, paraphrases, neighbours, new, old):
    """You count the neighbours that follow the edit: they should keep the old answer."""
    return _scores(
        rewrite, paraphrases, neighbours, new, old, kept=lambda rows, a, b: _share(rows, b, a)
    )


def answers_exchanged(rewrite, paraphrases, neighbours, new, old):
    """You exchanged the new answer and the old one."""
    return _scores(rewrite, paraphrases, neighbours, old, new)


def new_answer_on_top(rewrite, paraphrases, neighbours, new, old):
    """You ask whether the answer is the top token (`argmax`): asked for is whether it beats the
    other of the two."""

    def share(logits, winner, loser):
        return (logits.argmax(-1) == winner).double().mean().item()

    return _scores(rewrite, paraphrases, neighbours, new, old, share)


def mean_probability(rewrite, paraphrases, neighbours, new, old):
    """You average probabilities: count the prompts on which one is larger than the other."""

    def share(logits, winner, loser):
        return logits.softmax(-1)[:, winner].mean().item()

    return _scores(rewrite, paraphrases, neighbours, new, old, share)


def mean_difference(rewrite, paraphrases, neighbours, new, old):
    """You average the differences of the logits: count the prompts on which one is larger."""

    def share(logits, winner, loser):
        return (logits[:, winner] - logits[:, loser]).mean().item()

    return _scores(rewrite, paraphrases, neighbours, new, old, share)


def means_compared(rewrite, paraphrases, neighbours, new, old):
    """You compare the averages over the prompts: each prompt is compared by itself."""

    def share(logits, winner, loser):
        mean = logits.mean(0)
        return float(mean[winner] > mean[loser])

    return _scores(rewrite, paraphrases, neighbours, new, old, share)


def ties_count(rewrite, paraphrases, neighbours, new, old):
    """You count ties as success (`>=`): equally likely is not likelier."""

    def share(logits, winner, loser):
        return (logits[:, winner] >= logits[:, loser]).double().mean().item()

    return _scores(rewrite, paraphrases, neighbours, new, old, share)


def neighbours_by_what_is_left(rewrite, paraphrases, neighbours, new, old):
    """You take 1 minus the share that follows the edit: a tie then counts as kept."""
    return _scores(
        rewrite, paraphrases, neighbours, new, old, kept=lambda rows, a, b: 1 - _share(rows, b, a)
    )


def arithmetic_mean(rewrite, paraphrases, neighbours, new, old):
    """Your score is the arithmetic mean: in the harmonic one a failure cannot be bought off."""
    return _scores(rewrite, paraphrases, neighbours, new, old, mean=lambda parts: sum(parts) / 3)


def geometric_mean(rewrite, paraphrases, neighbours, new, old):
    """Your score is the geometric mean: take the harmonic one."""

    def mean(parts):
        return (parts[0] * parts[1] * parts[2]) ** (1 / 3)

    return _scores(rewrite, paraphrases, neighbours, new, old, mean=mean)


def worst_of_the_three(rewrite, paraphrases, neighbours, new, old):
    """Your score is the smallest of the three: take their harmonic mean."""
    return _scores(rewrite, paraphrases, neighbours, new, old, mean=min)


def harmonic_without_the_three(rewrite, paraphrases, neighbours, new, old):
    """You leave out the 3: a harmonic mean is the number of parts over the sum of reciprocals."""
    return _scores(
        rewrite, paraphrases, neighbours, new, old, mean=lambda parts: _harmonic(parts) / 3
    )


def division_by_zero(rewrite, paraphrases, neighbours, new, old):
    """You divide by a share that can be 0: the score is then 0."""
    return _scores(
        rewrite, paraphrases, neighbours, new, old,
        mean=lambda parts: 3 / sum(1 / part for part in parts),
    )  # fmt: skip


def counts(rewrite, paraphrases, neighbours, new, old):
    """You return numbers of prompts: shares are asked for, from 0 to 1."""

    def share(logits, winner, loser):
        return float((logits[:, winner] > logits[:, loser]).sum())

    return _scores(rewrite, paraphrases, neighbours, new, old, share)


def in_percent(rewrite, paraphrases, neighbours, new, old):
    """Your shares are in percent: they lie between 0 and 1."""

    def share(logits, winner, loser):
        return 100 * _share(logits, winner, loser)

    return _scores(rewrite, paraphrases, neighbours, new, old, share)
