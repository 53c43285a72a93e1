"""``python -m labkit.targets``: train the targets again, or print what each has learned."""

from __future__ import annotations

import argparse

import torch

from labkit.targets import induction, networks, shipped, toys
from labkit.targets.record import Target


def main() -> None:
    """Train targets, or print the table of the README."""
    parser = argparse.ArgumentParser(prog="python -m labkit.targets", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    training = steps.add_parser("train", help="train and write the files")
    everything = [*toys.PLANS, induction.NAME]
    training.add_argument("names", nargs="*", metavar="NAME", help=", ".join(everything))
    steps.add_parser("figures", help="measure what ships")
    given = parser.parse_args()
    if given.step == "train":
        if unknown := sorted(set(given.names) - set(everything)):
            parser.error(f"no such target: {', '.join(unknown)}")
        torch.set_num_threads(1)
        for name in given.names or everything:
            target = induction.train() if name == induction.NAME else toys.train(name)
            print(f"{shipped.save(target)}: {figures(target)}")
        return
    for name in shipped.names():
        print(f"{name}: {figures(shipped.load(name))}")


def figures(target: Target) -> str:
    """Measure what a target has learned, in a line."""
    generator = torch.Generator().manual_seed(1234)
    if target.kind == "attention":
        tokens = networks.repeated_tokens(36, 64, target.features, generator)
        loss = induction.second_half_loss(target(tokens), tokens)
        return f"loss {loss:.3f} nats in the second half"
    x = target.sample(20_000, generator)
    wanted = x + x.relu() if target.kind == "residual_mlp" else x
    missed = (target(x) - wanted).square().sum() / wanted.square().sum()
    alone = target(0.75 * torch.eye(target.features)).diag()
    line = f"relative error {missed:.3f}, alone at .75: {alone.min():.2f} to {alone.max():.2f}"
    if target.kind == "tms":
        lengths = target.weights["embed"].norm(dim=0)
        line += f", columns {lengths.min():.3f} to {lengths.max():.3f}"
    return line


if __name__ == "__main__":
    main()
