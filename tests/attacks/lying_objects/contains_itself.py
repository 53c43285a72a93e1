"""Lists and dicts that contain themselves, and a tuple a thousand deep."""


def token_rank(logits, answer):
    ring = []
    ring.append({"inside": ring})
    return ring


def kl_to_final(lens_logits):
    deep = ()
    for _ in range(1000):
        deep = (deep,)
    return deep
