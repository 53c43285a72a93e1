"""Other right ways to write ioi_dataset."""

import random

import torch


def torch_generator(words, n_tokens, n, seed):
    """Draw with torch, and build the pairs from index tensors."""
    generator = torch.Generator().manual_seed(seed)
    names = list(filter(lambda name: n_tokens(f" {name}") == 1, words["name"]))

    def choose(options):
        return options[int(torch.randint(len(options), (1,), generator=generator))]

    data = []
    while len(data) < n:
        order = torch.randperm(len(names), generator=generator)[:5].tolist()
        first, second, c, d, e = (names[i] for i in order)
        fixed = {"place": choose(words["place"]), "object": choose(words["object"])}
        template = choose(words["template"])
        abc = template.format(first=c, second=d, giver=e, **fixed)
        data.append(
            {
                "clean": template.format(first=first, second=second, giver=second, **fixed),
                "corrupted": abc, "correct": f" {first}", "wrong": f" {second}",
            }
        )  # fmt: skip
        data.append(
            {
                "clean": template.format(first=first, second=second, giver=first, **fixed),
                "corrupted": abc, "correct": f" {second}", "wrong": f" {first}",
            }
        )  # fmt: skip
    return data


def rejection(words, n_tokens, n, seed):
    """Draw names one by one until five different ones are there, with a global seed."""
    random.seed(seed)
    usable = {name for name in words["name"] if n_tokens(" " + name) == 1}
    usable = sorted(usable)
    out = [None] * n
    for pair in range(0, n, 2):
        five = []
        while len(five) < 5:
            name = random.choice(usable)
            if name not in five:
                five.append(name)
        template = random.choice(words["template"])
        place, thing = random.choice(words["place"]), random.choice(words["object"])
        for step, giver in enumerate((five[1], five[0])):
            text = template.format(
                first=five[0], second=five[1], giver=giver, place=place, object=thing
            )
            twin = template.format(
                first=five[2], second=five[3], giver=five[4], place=place, object=thing
            )
            right = " " + five[step]
            out[pair + step] = {
                "wrong": " " + giver, "correct": right, "clean": text, "corrupted": twin
            }  # fmt: skip
    return out
