"""Sleeps for a second while it is defined and dies with every call: as slow as the limits on
waiting for one call allow, once for each call of each check."""

import os
import time


class _Sleeps:
    time.sleep(1)


def token_rank(logits, answer):
    os._exit(3)


kl_to_final = direct_logit_attribution = token_rank
