"""Other right ways to write edit_scores."""

import statistics

import torch


def prompt_by_prompt(rewrite, paraphrases, neighbours, new, old):
    """Count in loops, with probabilities; the library's harmonic mean (0 where a part is 0)."""

    def share(rows, winner, loser):
        won = 0
        for row in rows:
            chances = torch.softmax(row, dim=-1)
            if float(chances[winner]) > float(chances[loser]):
                won += 1
        return won / len(rows)

    efficacy = share(rewrite, new, old)
    paraphrase = share(paraphrases, new, old)
    neighbourhood = share(neighbours, old, new)
    return {
        "score": statistics.harmonic_mean([efficacy, paraphrase, neighbourhood]),
        "neighbourhood": neighbourhood,
        "paraphrase": paraphrase,
        "efficacy": efficacy,
    }


def by_the_sign(rewrite, paraphrases, neighbours, new, old):
    """The sign of the difference; the harmonic mean by products, with a guard against 0."""
    result = {}
    for name, rows, winner, loser in (
        ("efficacy", rewrite, new, old),
        ("paraphrase", paraphrases, new, old),
        ("neighbourhood", neighbours, old, new),
    ):
        difference = rows[:, winner] - rows[:, loser]
        result[name] = difference.sign().clamp(min=0).mean().item()
    e, p, n = result.values()
    below = e * p + e * n + p * n
    result["score"] = 3 * e * p * n / below if below > 0 else 0.0
    return result
