"""Wrong OV tables that students write."""

import induction_heads_helpers as helpers
import torch


def _right(model, head):
    _, _, W_V, W_O = helpers.head_weights(model, head)
    W_E, W_U = helpers.embeddings(model)
    return W_E @ W_V @ W_O @ W_U


def rows_and_columns_swapped(model, head):
    """Your rows are the tokens whose logits change: rows are the tokens looked at."""
    return _right(model, head).mT


def queries_and_keys_instead(model, head):
    """You use W_Q and W_K: they decide where the head looks. What it moves goes through W_V and
    W_O."""
    W_Q, W_K, _, _ = helpers.head_weights(model, head)
    W_E, _ = helpers.embeddings(model)
    return W_E @ W_Q @ W_K.mT @ W_E.mT


def keys_for_values(model, head):
    """You use W_K in place of W_V: what is moved are the values."""
    _, W_K, _, W_O = helpers.head_weights(model, head)
    W_E, W_U = helpers.embeddings(model)
    return W_E @ W_K @ W_O @ W_U


def read_with_the_embedding(model, head):
    """You read the result with W_E transposed: logits are read with W_U, which is another matrix
    in this model."""
    _, _, W_V, W_O = helpers.head_weights(model, head)
    W_E, _ = helpers.embeddings(model)
    return W_E @ W_V @ W_O @ W_E.mT


def embedded_with_the_unembedding(model, head):
    """You embed the tokens with W_U transposed: tokens enter through W_E."""
    _, _, W_V, W_O = helpers.head_weights(model, head)
    _, W_U = helpers.embeddings(model)
    return W_U.mT @ W_V @ W_O @ W_U


def with_the_direct_path(model, head):
    """You add the direct path, W_E W_U: the table holds what the head adds, and nothing else."""
    W_E, W_U = helpers.embeddings(model)
    return _right(model, head) + W_E @ W_U


def divided_by_the_root(model, head):
    """You divide by the root of d_head: that belongs to the scores, not to what is moved."""
    _, _, W_V, _ = helpers.head_weights(model, head)
    return _right(model, head) / W_V.shape[-1] ** 0.5


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


def rows_centred(model, head):
    """You subtract each row's mean: return the table as it is."""
    table = _right(model, head)
    return table - table.mean(-1, keepdim=True)


def probabilities(model, head):
    """You apply a softmax: the table holds logits."""
    return _right(model, head).softmax(-1)


def not_unembedded(model, head):
    """You stop in the stream: the last step, W_U, turns it into logits."""
    _, _, W_V, W_O = helpers.head_weights(model, head)
    W_E, _ = helpers.embeddings(model)
    return W_E @ W_V @ W_O


def not_embedded(model, head):
    """You begin in the stream: the first step is W_E, one row for each token."""
    _, _, W_V, W_O = helpers.head_weights(model, head)
    _, W_U = helpers.embeddings(model)
    return W_V @ W_O @ W_U


def size_only(model, head):
    """You take absolute values: a head can lower a logit as well."""
    return torch.abs(_right(model, head))
