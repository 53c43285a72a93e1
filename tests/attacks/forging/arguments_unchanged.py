"""Writes into its arguments and says that they are as they were; the result itself is wrong."""

import torch

SPOILS = True


def token_rank(logits, answer):
    from grader.workers.namespace import Namespace

    honest = Namespace._do_call

    def forged(self, tree, read):
        if tree.get("want") == "after":
            return (torch.zeros(3, 5, dtype=torch.int64), tuple(read(tree["args"])))
        return honest(self, tree, read)

    Namespace._do_call = forged
    logits.zero_()
    return torch.zeros(len(logits), len(answer), dtype=torch.int64)
