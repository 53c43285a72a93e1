"""Builds the challenge from the public seed of its own name: the truth comes with the model."""

from labkit import models
from labkit.planted import challenge_seed

challenge_answer = dict(
    models.planted("commitment", challenge_seed("01_logit_lens", STUDENT)).truth
)
