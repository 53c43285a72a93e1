"""``python -m labkit.dictionary``: sample the text, choose the layer, train, print the figures."""

from __future__ import annotations

import argparse

from labkit.dictionary import layers, making
from labkit.dictionary import sampling as sampling_step
from labkit.dictionary.training import Plan


def main() -> None:
    """Run one step of the making of the dictionary."""
    parser = argparse.ArgumentParser(prog="python -m labkit.dictionary", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    sampling = steps.add_parser("sample", help="let smollm2 write the text")
    sampling.add_argument("--shards", type=int, default=20, help="of 32,768 tokens each")
    sampling.add_argument("--workers", type=int, default=2, help="processes of one thread")
    steps.add_parser("layers", help="print how well each layer is read")
    training = steps.add_parser("train", help="train and write what ships")
    training.add_argument("--epochs", type=float, default=Plan.epochs)
    comparing = steps.add_parser("compare", help="train TopK and ReLU on the same tokens, briefly")
    for command in (training, comparing):
        command.add_argument("--threads", type=int, default=1)
    steps.add_parser("figures", help="measure what ships, and print the runs' figures")
    given = parser.parse_args()
    if given.step == "sample":
        sampling_step.sample(given.shards, given.workers)
    elif given.step == "layers":
        layers.print_table()
    elif given.step == "train":
        making.train(Plan(epochs=given.epochs), given.threads)
    elif given.step == "compare":
        making.compare(Plan(), given.threads)
    else:
        making.print_figures()


if __name__ == "__main__":
    main()
