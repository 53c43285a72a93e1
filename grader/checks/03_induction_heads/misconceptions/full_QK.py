"""Wrong QK tables that students write."""

import induction_heads_helpers as helpers
import torch


def _right(model, head):
    W_Q, W_K, _, _ = helpers.head_weights(model, head)
    W_E, _ = helpers.embeddings(model)
    return (W_E @ W_Q) @ (W_E @ W_K).mT / W_Q.shape[-1] ** 0.5


def rows_and_columns_swapped(model, head):
    """Your rows are the keys: rows are the query's tokens, columns the key's."""
    return _right(model, head).mT


def scale_left_out(model, head):
    """You do not divide by the root of d_head: the model's scores are."""
    W_Q, _, _, _ = helpers.head_weights(model, head)
    return _right(model, head) * W_Q.shape[-1] ** 0.5


def divided_by_d_head(model, head):
    """You divide by d_head: it is its square root."""
    W_Q, _, _, _ = helpers.head_weights(model, head)
    return _right(model, head) / W_Q.shape[-1] ** 0.5


def root_of_d_model(model, head):
    """You divide by the root of d_model: it is the root of d_head."""
    W_Q, _, _, _ = helpers.head_weights(model, head)
    return _right(model, head) * (W_Q.shape[-1] / W_Q.shape[0]) ** 0.5


def keys_unembedded(model, head):
    """You use W_U for the keys: tokens enter as queries and as keys through W_E."""
    W_Q, W_K, _, _ = helpers.head_weights(model, head)
    W_E, W_U = helpers.embeddings(model)
    return (W_E @ W_Q) @ (W_K.mT @ W_U) / W_Q.shape[-1] ** 0.5


def queries_unembedded(model, head):
    """You use W_U for the queries: tokens enter as queries and as keys through W_E."""
    W_Q, W_K, _, _ = helpers.head_weights(model, head)
    W_E, W_U = helpers.embeddings(model)
    return (W_U.mT @ W_Q) @ (W_E @ W_K).mT / W_Q.shape[-1] ** 0.5


def queries_with_queries(model, head):
    """You multiply queries by queries: the other side are the keys, through W_K."""
    W_Q, _, _, _ = helpers.head_weights(model, head)
    W_E, _ = helpers.embeddings(model)
    queries = W_E @ W_Q
    return queries @ queries.mT / W_Q.shape[-1] ** 0.5


def keys_with_keys(model, head):
    """You multiply keys by keys: the other side are the queries, through W_Q."""
    _, W_K, _, _ = helpers.head_weights(model, head)
    W_E, _ = helpers.embeddings(model)
    keys = W_E @ W_K
    return keys @ keys.mT / W_K.shape[-1] ** 0.5


def values_and_outputs_instead(model, head):
    """You use W_V and W_O: they decide what is moved. Where the head looks is in W_Q and W_K."""
    _, _, W_V, W_O = helpers.head_weights(model, head)
    W_E, W_U = helpers.embeddings(model)
    return W_E @ W_V @ W_O @ W_U


def probabilities(model, head):
    """You apply a softmax: the table holds scores."""
    return _right(model, head).softmax(-1)


def masked(model, head):
    """You mask the table as if it were a pattern: its axes are tokens, not positions."""
    return _right(model, head).tril()


def whole_layer(model, head):
    """You add up all heads of the layer: the table is one head's."""
    heads = len(model.blocks[head[0]].attn.W_Q)
    return sum(_right(model, (head[0], index)) for index in range(heads))


def always_the_first_layer(model, head):
    """You take the head of layer 0: the head is named (layer, index)."""
    return _right(model, (0, head[1]))


def always_the_first_head(model, head):
    """You take head 0 of the layer: the head is named (layer, index)."""
    return _right(model, (head[0], 0))


def index_before_layer(model, head):
    """You read the head's name as (index, layer): the layer comes first."""
    return _right(model, head[::-1])


def not_embedded(model, head):
    """You leave the table in the stream, d_model by d_model: embed the tokens on both sides."""
    W_Q, W_K, _, _ = helpers.head_weights(model, head)
    return W_Q @ W_K.mT / W_Q.shape[-1] ** 0.5


def cosines(model, head):
    """You normalise queries and keys to length 1: scores are plain products."""
    W_Q, W_K, _, _ = helpers.head_weights(model, head)
    W_E, _ = helpers.embeddings(model)
    queries, keys = (torch.nn.functional.normalize(W_E @ W, dim=-1) for W in (W_Q, W_K))
    return queries @ keys.mT / W_Q.shape[-1] ** 0.5
