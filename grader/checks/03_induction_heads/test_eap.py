"""Hidden checks for eap: edges cut where all is linear, finite differences, planted edges."""

import torch
from labkit import models, native
from labkit.headgraph import HeadGraph
from labkit.planted import greater_than
from torch import Tensor

from grader.assertions import close, holds, tensor, unchanged

# Finite differences of a smooth function in float64.
SMOOTH = {"atol": 1e-5, "rtol": 1e-3}
PLANTED = {"atol": 1e-3, "rtol": 1e-3}  # float32
N_ROWS, N_POS, N_VOCAB = 4, 5, 17


def _draw(seed: int, rng: torch.Generator, linear: bool = False):
    """Draw a model and prompts; a linear one looks everywhere alike, whatever it reads."""
    model = models.random(
        seed, n_layers=2, n_heads=2, d_model=10, d_head=3, d_vocab=N_VOCAB, attn_only=True,
        normalization_type=None, dtype=torch.float64,
    )  # fmt: skip
    if linear:
        weights = native.parameters(model)
        with torch.no_grad():
            for layer in range(2):
                weights[f"layers.{layer}.attn.q.weight"].zero_()
                weights[f"layers.{layer}.attn.q.bias"].zero_()
    clean, corrupted = torch.randint(N_VOCAB, (2, N_ROWS, N_POS), generator=rng)
    correct = torch.randint(N_VOCAB, (N_ROWS,), generator=rng)
    wrong = (correct + 1 + torch.randint(N_VOCAB - 1, (N_ROWS,), generator=rng)) % N_VOCAB
    return model, clean, corrupted, correct, wrong


def _metric(logits: Tensor, correct: Tensor, wrong: Tensor) -> Tensor:
    rows = torch.arange(len(logits))
    return (logits[rows, correct] - logits[rows, wrong]).mean()


class Cutter:
    """Runs a model with some share of an edge cut, and measures."""

    def __init__(self, model, clean, corrupted, correct, wrong) -> None:
        self.graph = HeadGraph(model)
        self.tokens = correct, wrong
        self.start = self.graph.embed(clean)
        self.other, _ = self.graph.run(self.graph.embed(corrupted))

    def metric(self, edge: tuple[int, int], share: float) -> Tensor:
        cut = torch.zeros(self.graph.is_edge.shape, dtype=self.start.dtype)
        cut[edge] = share
        _, logits = self.graph.run(self.start, cut=cut, instead=self.other)
        return _metric(logits, *self.tokens)


def test_is_what_cutting_does_where_all_is_linear(student, seed, rng):
    """In a model whose attention never moves, a score is exactly what the mean logit difference
    gains when that edge alone carries the corrupted message; where there is no edge it is 0."""
    drawn = _draw(seed, rng, linear=True)
    cutter = Cutter(*drawn)
    truth = torch.zeros(cutter.graph.is_edge.shape, dtype=torch.float64)
    for edge in cutter.graph.edges:
        truth[edge] = cutter.metric(edge, 1.0) - cutter.metric(edge, 0.0)
    result, after = student.after("eap", *drawn)
    close(result, truth, **SMOOTH, because="the scores")
    unchanged(after[1:], drawn[1:])


def test_is_the_first_order_of_a_cut(student, seed, rng):
    """In any model a score is the slope with which the metric starts to change when the edge is
    cut a little (compared with finite differences), measured at the clean prompts."""
    drawn = _draw(seed, rng)
    cutter = Cutter(*drawn)
    scores = student.eap(*drawn)
    shape = tuple(cutter.graph.is_edge.shape)
    found, truth = tensor(scores, shape, "the scores"), torch.zeros(shape, dtype=torch.float64)
    for edge in cutter.graph.edges:
        truth[edge] = (cutter.metric(edge, 1e-4) - cutter.metric(edge, -1e-4)) / 2e-4
    close(found, truth, **SMOOTH, because="the scores")


def test_finds_the_planted_edges(student, seed, rng):
    """In the greater-than model the edges of the circuit get large scores and all other edges
    almost none."""
    planted = greater_than.build(seed)
    told = (planted.clean, planted.corrupted, planted.correct, planted.wrong)
    shape = tuple(HeadGraph(planted.model).is_edge.shape)
    scores = tensor(student.eap(planted.model, *told), shape, "the scores")
    found = {(s, t) for s, t in (scores.abs() > 0.01).nonzero().tolist()}
    holds(planted.edges <= found, "An edge of the planted circuit gets no score.")
    holds(found <= planted.edges, "An edge outside of the planted circuit gets a score.")
    into_output = scores[:, -1].sum()
    close(into_output, scores[0].sum(), **PLANTED, because="what goes in and what comes out")


def test_turns_with_the_question_and_is_a_mean(student, seed, rng):
    """Exchanging the two tokens turns the signs; the batch twice over gives the same scores; and
    a prompt that is its own corrupted twin adds nothing."""
    model, clean, corrupted, correct, wrong = _draw(seed, rng)
    kept = student.keep(model)
    shape = tuple(HeadGraph(model).is_edge.shape)
    scores = tensor(student.eap(kept, clean, corrupted, correct, wrong), shape, "the scores")
    holds(bool((scores.abs() > 1e-6).any()), "All scores are zero.")
    turned = student.eap(kept, clean, corrupted, wrong, correct)
    close(turned, -scores, **SMOOTH, because="the scores with the tokens exchanged")
    twice = [torch.cat([part, part]) for part in (clean, corrupted, correct, wrong)]
    close(student.eap(kept, *twice), scores, **SMOOTH, because="the scores of the batch twice over")
    still = (clean, clean, correct, wrong)  # rows that do not differ from their twins
    drawn = (clean, corrupted, correct, wrong)
    more = [torch.cat([one, two]) for one, two in zip(drawn, still, strict=True)]
    half = student.eap(kept, *more)
    close(half, scores / 2, **SMOOTH, because="the scores with as many rows that do not differ")
