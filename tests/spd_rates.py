"""How often lab 06's live decomposition is right: ``python -m tests.spd_rates``.

It trains the toy model's decomposition from many seeds with the lab's own functions, as the live
cell of part II does (crowded layers are renewed along the way), and prints how many runs are right,
how many are after the one restart that a run calls for itself by `diagnose`, which seeds fail and
how, the seconds of a run on one thread, and the table beside the paper's. "Right" uses the truth:
in every matrix that is decomposed five live components, five different winners, least cosine above
.95, mean length ratio within .1 of 1; and under adversarial masks a relative error below .06.
Nothing here can fail: rates are measured, not tested.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import time
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any

import torch
from labkit import targets
from rich.console import Console
from rich.table import Table
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from grader.judging import reference

LAB = "06_spd"
COMPONENTS, STEPS, BATCH = 100, 2500, 128
COEFFICIENT = (4e-3, 4e-3)
EMBED_STEPS = 1500
"""With two-sided gates of four units and the coefficient that `train_spd` has by default."""
RESTART = 10_000
"""What a restart adds to the seed."""
RENEWAL = 2000
"""What is added to the seed for the dice of renewed components."""

LEAST_COSINE, LENGTHS, WORST = 0.95, 0.1, 0.06

PAPER = {"embed": (1.000, 0.993)}
"""MMCS and ML2R of TMS 5-2 as Bushnaq et al. 2025 print them, without saying how many runs."""


@dataclass(frozen=True)
class Run:
    """One run, judged with the truth and by itself.

    Attributes:
        faults: what is wrong with it, by the truth; empty where it is right.
        content: whether `diagnose` calls it right.
        mmcs, ml2r: by layer, over the live components.
        live: live components by layer.
        seconds: of this thread's CPU.
    """

    seed: int
    faults: tuple[str, ...]
    content: bool
    mmcs: dict[str, float]
    ml2r: dict[str, float]
    live: dict[str, int]
    adversarial: float
    seconds: float


def main() -> None:
    """Train, judge, and print the rates, the failures and the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.spd_rates")
    parser.add_argument("--seeds", type=int, default=40, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--layers", choices=["embed", "both"], default="both")
    parser.add_argument("--jobs", type=int, default=1, help="processes of one thread each")
    asked = parser.parse_args()
    work = [(seed, asked.layers) for seed in range(asked.first, asked.first + asked.seeds)]
    with multiprocessing.get_context("spawn").Pool(asked.jobs) as pool:
        done = []
        for pair in tqdm(pool.imap(_with_restart, work), total=len(work), mininterval=5):
            done.append(pair)
            tqdm.write("; then ".join(_line(run) for run in pair if run is not None))
    report([first for first, _ in done], [second for _, second in done])


def _line(run: Run) -> str:
    verdict = "right" if not run.faults else ", ".join(run.faults)
    itself = "content" if run.content else "calls for a restart"
    return f"seed {run.seed}: {verdict} ({itself}; adversarial {run.adversarial:.3f})"


def report(firsts: list[Run], seconds: list[Run | None]) -> None:
    """Print what `main` promises, of first runs and the restarts that they called for."""
    say = Console(highlight=False, soft_wrap=True).print
    finals = [second or first for first, second in zip(firsts, seconds, strict=True)]
    n = len(firsts)
    say(f"right, without a restart: {sum(not r.faults for r in firsts)} of {n}")
    say(f"right, with the one restart: {sum(not r.faults for r in finals)} of {n}")
    called = [r for r in firsts if not r.content]
    say(f"restarts called for: {len(called)}, of them after a right run: "
        f"{sum(not r.faults for r in called)}")  # fmt: skip
    every = [*firsts, *filter(None, seconds)]
    say(f"wrong runs that diagnose calls right: {sum(bool(r.faults) and r.content for r in every)}")
    spent = [r.seconds for r in every]
    say(f"CPU seconds a run, one thread: {statistics.median(spent):.1f}, at most {max(spent):.1f}")
    for title, runs in (("first runs", firsts), ("after the restart", finals)):
        for run in (r for r in runs if r.faults):
            say(f"  fails, {title}: seed {run.seed}: {'; '.join(run.faults)}")
    table = Table("TMS 5-2, right runs", "MMCS", "ML2R", "live")
    for layer in firsts[0].live:
        right = [r for r in finals if not r.faults]
        if layer in PAPER:
            table.add_row(f"{layer}, paper", *(f"{value:.3f}" for value in PAPER[layer]), "5")
        if right:
            table.add_row(
                f"{layer}, here",
                _spread([r.mmcs[layer] for r in right]),
                _spread([r.ml2r[layer] for r in right]),
                "5",
            )
    say(table)


def _spread(values: list[float]) -> str:
    return f"{statistics.mean(values):.3f} ({min(values):.3f} to {max(values):.3f})"


def _with_restart(job: tuple[int, str]) -> tuple[Run, Run | None]:
    torch.set_num_threads(1)
    seed, layers = job
    first = decompose(seed, layers)
    return first, None if first.content else decompose(seed + RESTART, layers)


@cache
def _lab() -> tuple[SimpleNamespace, Any]:
    """Return the solution's functions and the lab's helpers of part II."""
    lab = reference.solution(LAB)
    return lab, lab.training


def decompose(seed: int, layers: str) -> Run:
    """Decompose TMS 5-2 from a seed as the notebook does, and judge what comes out."""
    lab, training = _lab()
    target = targets.load("tms_5_2")
    forward = lab.tms(target.bias)
    chosen = {n: W for n, W in target.weights.items() if layers == "both" or n == layers}
    begun = time.process_time()
    generator = lab.dice(seed)
    both = layers == "both"
    start = {"hidden": 1, "one_sided": True} if both else {}
    settings: dict[str, Any] = {"coefficient": COEFFICIENT} if both else {}
    parts, gates = training.random_start(chosen, COMPONENTS, generator, **start)
    steps = STEPS if both else EMBED_STEPS
    probes = 0.75 * torch.eye(5)
    batches = training.sparse_batches(steps, BATCH, 5, target.probability, generator)

    def alone(parts: Any, gates: Any) -> dict[str, Tensor]:
        found: dict[str, Tensor] = lab.open_gates(forward, target.weights, parts, gates, probes)
        return found

    if both:
        settings["look"] = training.Renewing(alone, target.weights, steps, lab.dice(seed + RENEWAL))
    parts, gates, _ = lab.train_spd(
        forward, target.weights, parts, gates, batches, seed=seed, **settings
    )
    seconds = time.process_time() - begun
    x = torch.cat(training.sparse_batches(4, 128, 5, target.probability, lab.dice(1000)))
    told = lab.diagnose(forward, target.weights, parts, gates, probes, x, lab.dice(0))
    open_ = alone(parts, gates)
    faults, mmcs, ml2r, live = [], {}, {}, {}
    for layer, found in lab.active_components(open_).items():
        live[layer] = len(found)
        W, U, V = target.weights[layer], parts[layer][0][:, found], parts[layer][1][found]
        if layer == "unembed":
            W, U, V = W.mT, V.mT, U.mT
        if live[layer] != 5:
            faults.append(f"{layer}: {live[layer]} live")
        if not live[layer]:
            mmcs[layer] = ml2r[layer] = 0.0
            continue
        mmcs[layer], ml2r[layer] = lab.mmcs(W, U, V), lab.ml2r(W, U, V)
        cosines, winners = _matches(W, U, V)
        if min(cosines) <= LEAST_COSINE:
            faults.append(f"{layer}: least cosine {min(cosines):.2f}")
        if len(set(winners)) != 5:
            faults.append(f"{layer}: {len(set(winners))} winners")
        if abs(ml2r[layer] - 1) >= LENGTHS:
            faults.append(f"{layer}: ML2R {ml2r[layer]:.2f}")
    if told["adversarial"] >= WORST:
        faults.append(f"adversarial error {told['adversarial']:.3f}")
    return Run(seed, tuple(faults), told["right"], mmcs, ml2r, live, told["adversarial"], seconds)


def _matches(W: Tensor, U: Tensor, V: Tensor) -> tuple[list[float], list[int]]:
    """Return for each column of W the best cosine among the components, and whose it is."""
    columns = torch.einsum("oc,ci->cio", U, V)
    best = functional.cosine_similarity(columns, W.mT, dim=-1).max(dim=0)
    return best.values.tolist(), best.indices.tolist()


if __name__ == "__main__":
    main()
