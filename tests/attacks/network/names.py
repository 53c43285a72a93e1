"""Asks for the address of a name: with DNS alone a secret can leave. The name is one that no
server knows."""

import socket


def token_rank(logits, answer):
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            if socket.getaddrinfo("localhost", CANARY_PORT, family, socket.SOCK_STREAM):
                with socket.create_connection(("localhost", CANARY_PORT), timeout=2):
                    return WON
        except OSError:
            continue
    return socket.getaddrinfo("canary.invalid", 80)
