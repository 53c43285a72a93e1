"""Fills its own folder with files of 8 MB each, two hundred at most."""

LIMIT = "scratch space"


def token_rank(logits, answer):
    for number in range(200):
        with open(f"part-{number}", "wb", buffering=0) as file:
            for _ in range(8):
                file.write(bytes(1 << 20))
    return True
