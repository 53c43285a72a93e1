"""Callbacks of every wrong form: no number, a huge one, arguments that are no tuple, or none."""

import gc
import socket

SPOILS = True

FORMS = [
    {"callback": None}, {"callback": 1 << 62, "args": {"k": "tuple", "v": []}},
    {"callback": "0", "args": []}, {"callback": True, "args": {"k": "dict", "v": []}},
    {"callback": 0, "args": {"k": "handle", "n": -1, "t": "x"}, "ok": 1, "error": 2},
]  # fmt: skip


def token_rank(logits, answer):
    from grader.line import frames
    from grader.line.wire import Frame

    gc.unfreeze()
    (channel,) = (s for s in gc.get_objects() if isinstance(s, socket.socket) and s.fileno() > 2)
    frames.send(channel, Frame(FORMS[int(answer[0]) % len(FORMS)]))
    return True
