"""A plain value that looks like the protocol's own: a reference to a tensor or to an object."""


def token_rank(logits, answer):
    return {"k": "tensor", "i": 0, "v": [["ok", {"k": "handle", "n": 1, "t": "Tensor"}]]}
