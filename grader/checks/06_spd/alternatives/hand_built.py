"""Other right ways to write hand_built."""

import torch


def in_another_gauge(weights, bias, inputs):
    """Sizes in V, signs turned, the components in the opposite order."""
    n = len(bias)
    turned = -torch.eye(n).flip(0)
    embed = weights["embed"]
    length = embed.norm(dim=0)
    parts = {
        "embed": ((-embed / length).flip(1), turned * length),
        "unembed": (turned.mT, -weights["unembed"].flip(0)),
    }
    g = {
        "embed": (inputs["embed"] > 0).float().flip(1),
        "unembed": (inputs["unembed"] @ weights["unembed"].mT + bias > 0).float().flip(1),
    }
    return parts, g


def feature_by_feature(weights, bias, inputs):
    """Loops over features, from lists."""
    n = len(bias)
    U1, V1, U2, V2, open1, open2 = [], [], [], [], [], []
    for j in range(n):
        unit = torch.zeros(n, dtype=bias.dtype)
        unit[j] = 1.0
        U1.append(weights["embed"][:, j])
        V1.append(unit)
        U2.append(unit)
        V2.append(weights["unembed"][j])
        open1.append(inputs["embed"][:, j] != 0)
        open2.append(inputs["unembed"] @ weights["unembed"][j] > -bias[j])
    return (
        {
            "unembed": (torch.stack(U2, 1), torch.stack(V2)),
            "embed": (torch.stack(U1, 1), torch.stack(V1)),
        },
        {
            "unembed": torch.stack(open2, 1).double(),
            "embed": torch.stack(open1, 1).double(),
        },
    )


def gates_from_the_output(weights, bias, inputs):
    """A gate of unembed is open where the target's own output is above 0: its sign."""
    eye = torch.diag(torch.ones_like(bias))
    out = torch.relu(torch.addmm(bias, inputs["unembed"], weights["unembed"].mT))
    parts = {"embed": (weights["embed"].clone(), eye), "unembed": (eye, weights["unembed"])}
    return parts, {"embed": inputs["embed"].sign(), "unembed": out.sign()}
