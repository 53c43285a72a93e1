"""Hidden checks for eap_ig: the sum rule, slopes on the way, a saturated head, a linear model."""

import torch
from labkit import models, native
from labkit.headgraph import HeadGraph
from labkit.planted import switch
from torch import Tensor

from grader.assertions import close, holds, tensor, unchanged

SMOOTH = {"atol": 1e-5, "rtol": 1e-3}  # finite differences of a smooth function in float64
N_ROWS, N_POS, N_VOCAB = 3, 4, 17


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


def _whole_change(model, clean, corrupted, correct, wrong) -> Tensor:
    graph = HeadGraph(model)
    ends = [graph.run(graph.embed(tokens))[1] for tokens in (clean, corrupted)]
    return _metric(ends[1], correct, wrong) - _metric(ends[0], correct, wrong)


def test_edges_out_of_the_input_add_up_to_the_whole_change(student, seed, rng):
    """With many steps the scores of the edges out of the input sum to the metric on the corrupted
    prompts minus that on the clean ones."""
    drawn = _draw(seed, rng)
    result, after = student.after("eap_ig", *drawn, 24)
    scores = tensor(result, tuple(HeadGraph(drawn[0]).is_edge.shape), "the scores")
    # The midpoint rule's error falls with the square of the steps; ends alone miss by far more.
    close(scores[0].sum(), _whole_change(*drawn), atol=0.02, rtol=0.02, because="their sum")
    unchanged(after[1:5], drawn[1:])


def test_is_the_mean_slope_at_the_middles_of_the_steps(student, seed, rng):
    """A score is the source's change from clean to corrupted times the mean gradient at what the
    target reads, taken at the middle of each step between the embeddings; 0 without an edge."""
    model, clean, corrupted, correct, wrong = drawn = _draw(seed, rng)
    graph = HeadGraph(model)
    start, end = graph.embed(clean), graph.embed(corrupted)
    change = graph.run(end)[0] - graph.run(start)[0]
    for steps in (1, 3):
        scores = tensor(student.eap_ig(*drawn, steps), tuple(graph.is_edge.shape), "the scores")
        holds(bool((scores[~graph.is_edge] == 0).all()), "There is a score where no edge is.")
        for i in torch.randperm(len(graph.edges), generator=rng)[:4].tolist():
            source, target = graph.edges[i]
            slopes = []
            for k in range(steps):
                at = start + (k + 0.5) / steps * (end - start)
                nudge = torch.zeros(len(graph.nodes), *start.shape, dtype=start.dtype)
                nudge[target] = 1e-4 * change[source]
                ahead, behind = (graph.run(at, nudge=sign * nudge)[1] for sign in (1, -1))
                difference = _metric(ahead, correct, wrong) - _metric(behind, correct, wrong)
                slopes.append(difference / 2e-4)
            truth = torch.stack(slopes).mean()
            close(scores[source, target], truth, **SMOOTH, because="the score of an edge")


def test_a_saturated_head_comes_to_light(student, seed, rng):
    """Where attention is saturated at both ends, the edge into that head gets the size of what
    cutting it does, though the gradient at either end is zero."""
    planted = switch.build(seed)
    told = (planted.clean, planted.corrupted, planted.correct, planted.wrong)
    scores = student.eap_ig(planted.model, *told, 24)
    shape = tuple(HeadGraph(planted.model).is_edge.shape)
    scores = tensor(scores, shape, "the scores")
    whole = _whole_change(planted.model, *told)
    head = 1 + planted.truth["switch"][1]
    # 24 steps over a turn that is a fourteenth of the way long.
    close(scores[0, head], whole, atol=0.0, rtol=0.1, because="the edge into the head")
    close(scores[head, -1], whole, atol=0.0, rtol=0.1, because="the edge out of the head")
    found = {(s, t) for s, t in (scores.abs() > 0.05).nonzero().tolist()}
    holds(found == set(planted.edges), "Other edges than those of the circuit get a score.")


def test_the_number_of_steps_does_not_matter_where_all_is_linear(student, seed, rng):
    """In a model whose attention never moves the scores are what cutting each edge does, with one
    step as with several."""
    drawn = _draw(seed, rng, linear=True)
    model, clean, corrupted, correct, wrong = drawn
    graph = HeadGraph(model)
    start, (other, _) = graph.embed(clean), graph.run(graph.embed(corrupted))
    before = _metric(graph.run(start)[1], correct, wrong)
    truth = torch.zeros(graph.is_edge.shape, dtype=torch.float64)
    for edge in graph.edges:
        cut = torch.zeros_like(graph.is_edge)
        cut[edge] = True
        _, logits = graph.run(start, cut=cut, instead=other)
        truth[edge] = _metric(logits, correct, wrong) - before
    kept = student.keep(model)
    for steps in (1, 4):
        result = student.eap_ig(kept, *drawn[1:], steps)
        close(result, truth, **SMOOTH, because=f"the scores with {steps} steps")
