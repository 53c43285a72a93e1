"""Wrong path patching that students write."""

import patching_helpers as helpers
import torch


def _path(
    model, base, source, sender, receiver, *, freeze=("attn", "mlp"), first_mlp=0, first_attn=1,
    to="base", whole_sender=False, whole_receiver=False, last_only=False, keep_sending=False,
    stop_early=False, note_from=None,
):  # fmt: skip
    """The right path patch, with a place for each mistake."""
    n_layers = model.cfg.n_layers
    with torch.no_grad():
        _, base_cache = model.run_with_cache(base[None])
        _, source_cache = model.run_with_cache(source[None])
    held = base_cache if to == "base" else source_cache
    noted = {}

    def put(place, value, whole, last=False):
        def hook_function(z, hook):
            z = z.clone()
            heads = slice(None) if whole else slice(place[1], place[1] + 1)
            where = slice(-1, None) if last else slice(None)
            z[:, where, heads] = value[:, where, heads]
            return z

        return helpers.site("z", place[0]), hook_function

    def frozen(kind, layer):
        name = helpers.site(kind, layer)
        return name, lambda out, hook: held[name]

    send = put(sender, source_cache[helpers.site("z", sender[0])], whole_sender, last_only)
    hooks = [send]
    if "attn" in freeze:
        hooks += [frozen("attn", i) for i in range(sender[0] + first_attn, n_layers)]
    if "mlp" in freeze and not model.cfg.attn_only:
        hooks += [frozen("mlp", i) for i in range(sender[0] + first_mlp, n_layers)]
    if receiver is not None:
        name = helpers.site("z", receiver[0])
        if receiver[0] > sender[0]:
            hooks.append((name, lambda z, hook: noted.update(z=z.clone())))
        else:
            noted["z"] = base_cache[name]
        if note_from == "source":
            noted["z"] = source_cache[name]
            hooks = hooks[:-1] if receiver[0] > sender[0] else hooks
    with torch.no_grad():
        logits = model.run_with_hooks(base[None], fwd_hooks=hooks)
        if receiver is None or stop_early:
            return logits[0]
        last = [put(receiver, noted["z"], whole_receiver)]
        if keep_sending:
            last = [send, *last]
        return model.run_with_hooks(base[None], fwd_hooks=last)[0]


def plain_patch(model, base, source, sender, receiver):
    """You patch the sender and let everything respond: that is its total effect, along all paths
    at once."""
    return _path(model, base, source, sender, None, freeze=())


def nothing_frozen(model, base, source, sender, receiver):
    """You note the receiver in a run where nothing is frozen: the change reaches it through the
    heads and MLPs in between as well."""
    return _path(model, base, source, sender, receiver, freeze=())


def mlps_not_frozen(model, base, source, sender, receiver):
    """You freeze attention only: the MLPs between sender and receiver pass the change on, too."""
    return _path(model, base, source, sender, receiver, freeze=("attn",))


def attention_not_frozen(model, base, source, sender, receiver):
    """You freeze the MLPs only: the heads between sender and receiver pass the change on, too."""
    return _path(model, base, source, sender, receiver, freeze=("mlp",))


def own_mlp_not_frozen(model, base, source, sender, receiver):
    """You freeze from the layer after the sender's on: its own layer has an MLP behind it, which
    reads what the sender wrote."""
    return _path(model, base, source, sender, receiver, first_mlp=1)


def sender_frozen_too(model, base, source, sender, receiver):
    """You freeze `attn_out` of the sender's own layer as well: that overwrites what the sender
    writes, and nothing arrives."""
    return _path(model, base, source, sender, receiver, first_attn=0)


def frozen_to_the_source(model, base, source, sender, receiver):
    """You freeze the others at what they did in the source run: they keep doing what they did in
    the base run."""
    return _path(model, base, source, sender, receiver, to="source")


def prompts_exchanged(model, base, source, sender, receiver):
    """You exchanged base and source: the base prompt is run, the sender alone comes from the
    source."""
    return _path(model, source, base, sender, receiver)


def receiver_from_the_source_run(model, base, source, sender, receiver):
    """You give the receiver what it did in the source run: it is to hear of the sender's change
    and of no other."""
    return _path(model, base, source, sender, receiver, note_from="source")


def whole_layer_sends(model, base, source, sender, receiver):
    """You replace all heads of the sender's layer: the sender is one head."""
    return _path(model, base, source, sender, receiver, whole_sender=True)


def whole_layer_receives(model, base, source, sender, receiver):
    """You replace all heads of the receiver's layer in the last run: the receiver is one head."""
    return _path(model, base, source, sender, receiver, whole_receiver=True)


def last_position_only(model, base, source, sender, receiver):
    """You send at the last position only: the sender is replaced at all positions."""
    return _path(model, base, source, sender, receiver, last_only=True)


def sender_still_replaced(model, base, source, sender, receiver):
    """In the last run your sender is still replaced: there only the receiver is, or the sender's
    change takes all the other paths again."""
    return _path(model, base, source, sender, receiver, keep_sending=True)


def frozen_run_returned(model, base, source, sender, receiver):
    """You return the logits of the frozen run: with a head as receiver one more run is needed, in
    which what it does reaches the output."""
    return _path(model, base, source, sender, receiver, stop_early=True)


def change_of_the_logits(model, base, source, sender, receiver):
    """You subtract the base prompt's logits: asked for are the logits themselves."""
    with torch.no_grad():
        plain = model(base[None])[0]
    return _path(model, base, source, sender, receiver) - plain
