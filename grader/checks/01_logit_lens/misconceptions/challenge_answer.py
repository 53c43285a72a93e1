"""Wrong answers to the challenge that students give; each is a function of the challenge."""

import torch


def _top(challenge, norm=True, pos=-1):
    """The lens's top token, [layer, batch], and the rank of each prompt's answer there."""
    model = challenge.model
    with torch.no_grad():
        _, cache = model.run_with_cache(challenge.tokens)
        n_layers = model.cfg.n_layers
        stack = [cache["resid_pre", 0]] + [cache["resid_post", i] for i in range(n_layers)]
        x = torch.stack(stack)[:, :, pos]
        logits = model.unembed(model.ln_final(x)) if norm else x @ model.W_U + model.b_U
    own = logits.gather(-1, challenge.answers[None, :, None].expand(len(logits), -1, 1))
    return logits.argmax(-1), (logits > own).sum(-1)


def first_hit(challenge):
    """Your commit layer is the first at which the answer is on top: it loses the top again. Look
    for the layer from which it stays."""
    _, ranks = _top(challenge)
    first = int((ranks == 0).all(1).int().argmax())
    return challenge.truth | {"commit_layer": first}


def block_for_stack_index(challenge):
    """Your commit layer is the block that commits: entry i of the stack is the stream before block
    i, so what a block writes shows one entry later."""
    return challenge.truth | {"commit_layer": challenge.truth["commit_layer"] - 1}


def one_layer_late(challenge):
    """Your commit layer is one too late: entry 0 of the stack holds the embeddings, so counting
    starts at 0."""
    return challenge.truth | {"commit_layer": challenge.truth["commit_layer"] + 1}


def heads_by_stack_index(challenge):
    """Your heads are one layer too late: a head in block i writes between entries i and i + 1 of
    the stack, and is called (i, head)."""
    late = {
        key: (challenge.truth[key][0] + 1, challenge.truth[key][1]) for key in ("writer", "eraser")
    }
    return challenge.truth | late


def head_before_layer(challenge):
    """You name a head as (head, layer): the layer comes first."""
    swapped = {key: challenge.truth[key][::-1] for key in ("writer", "eraser")}
    return challenge.truth | swapped


def writer_and_eraser_swapped(challenge):
    """You took the writer for the eraser and the eraser for the writer: without the eraser the
    model says the decoy, without the writer it says something else."""
    truth = challenge.truth
    return truth | {"writer": truth["eraser"], "eraser": truth["writer"]}


def eraser_puts_the_decoy_there(challenge):
    """Your eraser is the head that writes the decoy: the eraser takes it out again, later."""
    return challenge.truth | {"eraser": _strongest(challenge, challenge.truth["decoy_token"], 1)}


def _strongest(challenge, token, sign):
    """The head whose output adds most to a token's logit over the mean token (or takes most)."""
    model = challenge.model
    with torch.no_grad():
        _, cache = model.run_with_cache(challenge.tokens)
        direction = model.ln_final.weight * (model.W_U[:, token] - model.W_U.mean(1))
        shares = {}
        for layer in range(model.cfg.n_layers):
            z = cache["z", layer][:, -1]
            written = torch.einsum("bhe,hed->bhd", z, model.blocks[layer].attn.W_O) @ direction
            for head in range(model.cfg.n_heads):
                shares[layer, head] = float(written[:, head].mean())
    return max(shares, key=lambda place: sign * shares[place])


def answer_for_decoy(challenge):
    """Your decoy is the model's answer to one of the prompts: the decoy is what the lens shows
    before it and the model never says."""
    return challenge.truth | {"decoy_token": int(challenge.answers[0])}


def decoy_at_the_embeddings(challenge):
    """Your decoy is what the lens shows at the embeddings: there it only reads the last token of
    the prompt back. The decoy comes later, and is the same for all prompts."""
    top, _ = _top(challenge)
    return challenge.truth | {"decoy_token": int(top[0, 0])}


def as_text(challenge):
    """Write plain numbers and pairs of numbers, without quotes."""
    return {key: str(value) for key, value in challenge.truth.items()}
