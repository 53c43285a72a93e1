"""Hidden checks for acdc: planted edges, each decision tried again, and the ends of tau."""

import torch
from labkit import models, native
from labkit.headgraph import HeadGraph
from labkit.planted import greater_than, switch
from torch import Tensor
from torch.nn import functional
from transformer_lens.model_bridge import TransformerBridge

from grader.assertions import close, holds, unchanged

N_VOCAB = 17
Edges = set[tuple[int, int]]


def _draw(seed: int, rng: torch.Generator) -> tuple[TransformerBridge, Tensor, Tensor]:
    model = models.random(
        seed, n_layers=2, n_heads=2, d_model=10, d_head=3, d_vocab=N_VOCAB, attn_only=True,
        normalization_type=None, dtype=torch.float64,
    )  # fmt: skip
    # Far apart, so that what one cut costs depends on the others, and on the KL's direction.
    native.parameters(model)["head.weight"].data.mul_(2)
    clean, corrupted = torch.randint(N_VOCAB, (2, 3, 4), generator=rng)
    return model, clean, corrupted


def _kept(result: object, graph: HeadGraph) -> Edges:
    """The edges that stay, from a mask of truth values."""
    shape = tuple(graph.is_edge.shape)
    mask = isinstance(result, Tensor) and result.dtype == torch.bool and result.shape == shape
    holds(mask, "A mask of truth values, [node, node], is asked for.")
    edges = {(source, target) for source, target in result.nonzero().tolist()}
    holds(edges <= set(graph.edges), "The mask is True at a pair of nodes that is no edge.")
    return edges


class Trial:
    """Runs a model with edges cut, and measures how far the output has moved."""

    def __init__(self, model: TransformerBridge, clean: Tensor, corrupted: Tensor) -> None:
        self.graph = HeadGraph(model)
        self.start = self.graph.embed(clean)
        self.other, _ = self.graph.run(self.graph.embed(corrupted))
        self.log_p = self.graph.run(self.start)[1].log_softmax(-1)

    def cost(self, cut: Tensor) -> float:
        """The mean KL(model || cut model), by torch's own function."""
        log_q = self.graph.run(self.start, cut=cut, instead=self.other)[1].log_softmax(-1)
        return float(functional.kl_div(log_q, self.log_p, reduction="batchmean", log_target=True))

    def steps(self, kept: Edges) -> list[tuple[tuple[int, int], float]]:
        """For each edge, last to first, what cutting it costs after the cuts that ``kept`` says."""
        cut, before, found = torch.zeros_like(self.graph.is_edge), 0.0, []
        for edge in reversed(self.graph.edges):
            cut[edge] = True
            now = self.cost(cut)
            found.append((edge, now - before))
            if edge in kept:
                cut[edge] = False
            else:
                before = now
        return found

    def walk(self, edges: list[tuple[int, int]], tau: float, *, forgetful: bool = False) -> Edges:
        """The edges that stay when they are tried in this order.

        Args:
            forgetful: charge an edge that stays to nobody, a mistake.
        """
        cut, before, kept = torch.zeros_like(self.graph.is_edge), 0.0, set()
        for edge in edges:
            cut[edge] = True
            now = self.cost(cut)
            stays = now - before >= tau
            if forgetful or not stays:
                before = now
            if stays:
                cut[edge] = False
                kept.add(edge)
        return kept


def test_recovers_the_planted_circuit(student, seed, rng):
    """In the greater-than model exactly the planted edges stay, for a small tau and for a larger
    one, although one head says the same on every prompt and would be missed if it said nothing."""
    planted = greater_than.build(seed)
    graph = HeadGraph(planted.model)
    tau = 10 ** (-3 + float(torch.rand((), generator=rng)))
    result, after = student.after("acdc", planted.model, planted.clean, planted.corrupted, tau)
    found = _kept(result, graph)
    holds(planted.edges <= found, "An edge of the planted circuit is cut.")
    holds(found <= planted.edges, "An edge stays that does nothing.")
    unchanged(after[1:3], (planted.clean, planted.corrupted))


def test_every_decision_stands_on_those_before_it(student, seed, rng):
    """Walking from the last edge to the first, an edge is cut just when it costs less than tau
    beyond what the edges cut before it cost already."""
    model, *_ = _draw(seed, rng)
    kept_model = student.keep(model)
    # Where the costs are large they depend on each other most; other prompts for each tau.
    for place in (9, 10, 9):
        trial, tau, clean, corrupted = _where_walks_part(model, place, rng)
        kept = _kept(student.acdc(kept_model, clean, corrupted, tau), trial.graph)
        for edge, cost in trial.steps(kept):
            if abs(cost - tau) > 1e-6:  # rounding decides nothing
                holds((cost >= tau) == (edge in kept), "Some edge is not decided by its own cost.")


def _where_walks_part(
    model: TransformerBridge, place: int, rng: torch.Generator
) -> tuple[Trial, float, Tensor, Tensor]:
    """Draw prompts and a tau for which two wrong walks give another circuit, if some do."""
    for _ in range(8):
        clean, corrupted = torch.randint(N_VOCAB, (2, 3, 4), generator=rng)
        trial = Trial(model, clean, corrupted)
        sizes = sorted(abs(cost) for _, cost in trial.steps(set()))
        tau = sizes[place] * 1.001
        walk = list(reversed(trial.graph.edges))
        wrong = (trial.walk(sorted(walk, reverse=True), tau), trial.walk(walk, tau, forgetful=True))
        if trial.walk(walk, tau) not in wrong:
            break
    return trial, tau, clean, corrupted


def test_a_cut_that_brings_the_output_back_is_welcome(student, seed, rng):
    """Three heads that say the same and one that says three times the opposite cancel out: walking
    back, each of the three costs little enough beyond the one before, and cutting the fourth brings
    the output back to where it was, so that nothing stays."""
    model = models.random(
        seed, n_layers=1, n_heads=4, d_model=12, d_head=3, d_vocab=N_VOCAB, attn_only=True,
        normalization_type=None, dtype=torch.float64,
    )  # fmt: skip
    weights = native.parameters(model)
    with torch.no_grad():
        for name in "qkv":
            for kind in ("weight", "bias"):
                parts = weights[f"layers.0.attn.{name}.{kind}"].unflatten(0, (4, 3))
                parts.copy_(parts[3:].expand_as(parts).clone())
        shares = torch.tensor([-3.0, 1.0, 1.0, 1.0])[:, None]
        out = weights["layers.0.attn.o.weight"].unflatten(1, (4, 3))
        out.copy_(0.2 * out[:, 3:] * shares)
    clean, corrupted = torch.randint(N_VOCAB, (2, 3, 4), generator=rng)
    corrupted[:, -1] = clean[:, -1]  # the input's own way to the output brings nothing new
    trial = Trial(model, clean, corrupted)
    costs = [cost for _, cost in trial.steps(set())]
    # About 1, 3 and 5 parts, then -9: the KL grows with the square.
    tau = (max(costs[:3]) + sum(costs[:3])) / 2
    kept = _kept(student.acdc(model, clean, corrupted, tau), trial.graph)
    holds(not kept, "An edge stays though no cut costs tau beyond those before it.")


def test_more_is_cut_as_tau_grows(student, seed, rng):
    """A negative tau cuts nothing that costs anything and a huge one cuts everything; in between
    the planted model's circuits lie one within the other as tau grows."""
    planted = switch.build(seed)
    graph, kept_model = HeadGraph(planted.model), student.keep(planted.model)
    circuits = [
        _kept(student.acdc(kept_model, planted.clean, planted.corrupted, tau), graph)
        for tau in (-100.0, 0.01, 100.0)
    ]
    holds(circuits[0] == set(graph.edges), "A tau below every cost does not keep all edges.")
    holds(circuits[0] > circuits[1] > circuits[2], "A larger tau keeps an edge that a smaller cut.")
    holds(circuits[1] == set(planted.edges), "In between it is not the planted circuit.")
    holds(not circuits[2], "A huge tau keeps an edge.")


def test_nothing_is_needed_where_nothing_differs(student, seed, rng):
    """Prompts that are their own corrupted twins need no edge at all; and each row of the batch
    counts the same: the batch twice over keeps the same edges."""
    model, clean, corrupted = _draw(seed, rng)
    trial = Trial(model, clean, corrupted)
    kept_model = student.keep(model)
    none = _kept(student.acdc(kept_model, clean, clean, 1e-9), trial.graph)
    holds(not none, "An edge stays though cutting it changes nothing.")
    costs = sorted(cost for _, cost in trial.steps(set()))
    tau = costs[len(costs) // 2] + 1e-4
    once = _kept(student.acdc(kept_model, clean, corrupted, tau), trial.graph)
    twice = (torch.cat([clean, clean]), torch.cat([corrupted, corrupted]))
    again = _kept(student.acdc(kept_model, *twice, tau), trial.graph)
    holds(once == again, "The batch twice over keeps other edges.")
    left = torch.tensor([cost for edge, cost in trial.steps(once) if edge in once])
    close((left >= tau - 1e-6).double(), torch.ones(len(left)), because="what each kept edge costs")
