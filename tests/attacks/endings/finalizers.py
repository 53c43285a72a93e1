"""Objects whose `__del__` writes a second reply while the first is on its way, and raises."""

import json
import os
import struct

SPOILS = True


class _Dying(str):
    def __del__(self):
        header = json.dumps([{"ok": {"k": "list", "v": []}}, []]).encode()
        for descriptor in range(3, 16):
            try:
                os.write(descriptor, struct.pack(">QQ", len(header), 0) + header)
            except OSError:
                continue
        raise SystemExit(0)


def token_rank(logits, answer):
    return [_Dying("a"), _Dying("b")]
