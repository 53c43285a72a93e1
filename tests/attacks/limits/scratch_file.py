"""Writes one file of up to 100 MB into its own folder."""

LIMIT = "output"


def token_rank(logits, answer):
    with open("large", "wb", buffering=0) as file:
        for _ in range(100):
            file.write(bytes(1 << 20))
    return True
