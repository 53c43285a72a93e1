"""A BaseException whose text, name and place do harm when somebody looks at them."""

import os


class _Meta(type):
    @property
    def __name__(cls):
        return "x" * 30_000_000


class _Nasty(BaseException, metaclass=_Meta):
    def __str__(self):
        with open(CANARY_FILE, "a") as canary:
            canary.write("read")
        raise KeyboardInterrupt(os.environ)

    __repr__ = __format__ = __str__


def token_rank(logits, answer):
    raise _Nasty
