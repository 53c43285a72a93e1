"""Leaves changed modules: torch, labkit, the lab's helpers, builtins, torch's default dtype."""

import builtins
import sys

import logit_lens_helpers as helpers
import torch


def token_rank(logits, answer):
    torch.interp_attack = builtins.interp_attack = helpers.interp_attack = True
    sys.modules["interp_attack"] = torch
    torch.set_default_dtype(torch.float16)
    torch.set_grad_enabled(False)
    raise ValueError("all is changed")
