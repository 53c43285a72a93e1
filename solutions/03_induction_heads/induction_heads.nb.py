# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 03: induction heads and circuits
#
# Show a language model fifty random words, in no order at all, and then the same fifty again. The
# first time it is helpless. The second time it knows nearly every word before it comes. **Nothing
# in its training data told it that sequence. So what inside it has just learned?**
#
# The answer is two attention heads, one behind the other. You will see them at work, build them by
# hand, read them off the weights, cut them out, watch them come into being in a model that you
# train yourself, and find them in a model where they were hidden among doubles. On the way you
# learn what the field means by a **circuit**, and how to tell a circuit from a nice story.
#
# | part | you ask | exercises |
# |---|---|---|
# | 1 | What can a model do with tokens that mean nothing? | 1 |
# | 2 | What does one attention head compute? | 2 |
# | 3 | Which heads of a real model look where? | 3 to 5 |
# | 4 | How do two heads make one algorithm? | 6 |
# | 5 | Can the weights alone tell what a head does? | 7 to 10 |
# | 6 | What does the model lose without a head? | 11 |
# | 7 | When is a set of heads *the* circuit? | 12 to 16 |
# | 8 | Can a computer find it? | 17 to 19 |
# | 9 | Where does it come from? | 20 |
# | 10 | The planted challenge: find the circuit in *your* model | 21 |
# | 11 | The headline figure, made by your functions | |
#
# **Short of time?** With 45 minutes do exercises 1 to 5, and the atlas of part 3. With 90 minutes
# do 1 to 6, 11, and part 11. All of it takes five to six hours: the README says what to leave for a
# second sitting. You need to know PyTorch and what a transformer is; lab 01 helps and is not
# needed.

# %% [markdown]
# ## How this notebook works
#
# **Before each exercise** stand the idea, the formula, and three hints that give away more and
# more. **After each exercise** stands a check: it tries your function on small inputs and says in a
# sentence what holds and what does not. Checks test *properties*, so any correct solution passes;
# none needs one of your earlier functions. **Before each result** you are asked for a prediction:
# replace `None` by a guess before you run the cell below it.
#
# **When your work is graded**, only imports, definitions and constants written out in the notebook
# are kept. A function must get everything it needs through its arguments or from imported modules;
# the checks warn you when one leans on a variable of an experiment.
#
# Words that come up all the time. A **head** is named `(layer, head)`, both counted from 0, and
# L18H6 for short. The **attention pattern** of a head is a table: row = *query*, the position that
# looks; column = *key*, the position that is looked at; each row sums to 1. Sequences in this lab
# often have the form **BOS, $n$ random tokens, the same $n$ again**, so $1 + 2n$ positions: BOS
# (*beginning of sequence*; the sentences of part 7 have none) at 0, the first half at $1 \dots n$,
# the second half at $n + 1 \dots 2n$.

# %%
import math
import random
from collections.abc import Callable

import torch
from einops import einsum
from IPython.display import display
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from tqdm.auto import tqdm
from transformer_lens.model_bridge import TransformerBridge

from labkit import check, models, plots
from labkit.headgraph import HeadGraph
from labkit.planted import backup, greater_than, switch

import circuits_helpers as circuits
import atlas_helpers as figures
import induction_heads_helpers as helpers
import training_helpers as training

torch.set_num_threads(1)  # the models of this lab are small: more threads make it slower

# %% [markdown]
# ## Part 1: a task with no knowledge in it
#
# To study what a model does *in context*, take away all that it could know beforehand. Draw $n$
# tokens at random, uniformly from the vocabulary. No grammar, no facts: nothing helps to predict
# them, and a model that spreads its probability evenly loses $\ln(\text{vocabulary})$ nats a token,
# 10.8 for 49,152 tokens. Then repeat the same $n$ tokens. Whatever the model gains in the second
# half, it gains from the first.
#
# ```text
# position    0    1   2   3  ...  n    n+1  n+2  n+3 ...  2n
# token      BOS   a   b   c  ...  z     a    b    c  ...   z
#            └─┘   └── random ────┘     └── the same again ──┘
# ```

# %% [markdown]
# ### Exercise 1: repeated_tokens
#
# difficulty 2/5 · importance 5/5 · 10 min
#
# Make such sequences. Each of the `batch` rows is `bos`, then `n` tokens drawn **independently and
# uniformly from all tokens of the vocabulary except `bos`** (a token may well be drawn twice in one
# row), then the same `n` tokens in the same order. Every row gets tokens of its own. The draw
# follows from `seed` alone: equal seeds, equal tokens; other seeds, other tokens.
#
# $$t_0 = \mathrm{bos}, \qquad t_{n+i} = t_i \sim \mathrm{uniform}(\{0 \dots V-1\} \setminus
# \{\mathrm{bos}\}) \quad \text{for}\ i = 1 \dots n$$
#
# `bos` can be any token, not only 0.
#
# <details><summary>Hint 1: nudge</summary>
#
# There are $V - 1$ allowed tokens. Draw from so many numbers, and think about how to step over the
# forbidden one without making any other token more likely.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# The half is `[batch, n]`, the BOS column `[batch, 1]`; `torch.cat` along axis 1 gives
# `[batch, 1 + 2 * n]`. `torch.randint(high, size, generator=...)` draws from 0 to `high - 1`; a
# generator of your own is `torch.Generator().manual_seed(seed)`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# half = whole numbers from 0 to vocab - 2, as many as rows times n, drawn with the seed
# every number that is bos or larger: one up
# put together along the positions: a column of bos, half, half
# ```
#
# </details>


# %% exercise="repeated_tokens"
def repeated_tokens(
    n: int, batch: int, vocab: int, seed: int, bos: int = 0
) -> Int[Tensor, "batch one_plus_2n"]:
    """Return rows of bos, n random tokens, and the same n tokens again.

    Args:
        n: the length of a half.
        batch: the number of rows, each with its own tokens.
        vocab: the tokens are 0 to vocab - 1; all but ``bos`` are equally likely.
        seed: what the draw follows from.
        bos: the token at position 0, and nowhere else.
    """
    ### BEGIN SOLUTION
    generator = torch.Generator().manual_seed(seed)
    half = torch.randint(vocab - 1, (batch, n), generator=generator)
    half = half + (half >= bos)
    return torch.cat([torch.full((batch, 1), bos), half, half], dim=1)
    ### END SOLUTION


# %% check="repeated_tokens" points=2
with check(repeated_tokens) as c:
    tokens = c.call(n=200, batch=3, vocab=9, seed=1, bos=4)
    c.true(tokens.shape == (3, 401), "a row has 1 + 2n tokens")
    c.true((tokens[:, 0] == 4).all(), "BOS comes first")
    c.true((tokens[:, 1:201] == tokens[:, 201:]).all(), "the second half repeats the first")
    used = tokens[:, 1:].unique().tolist()
    c.true(used == [0, 1, 2, 3, 5, 6, 7, 8], "all tokens but BOS are drawn, and BOS is not")
    c.true((tokens[0] != tokens[1]).any(), "every row has tokens of its own")
    again = c.call(n=200, batch=3, vocab=9, seed=1, bos=4)
    c.true((again == tokens).all(), "the same seed gives the same tokens")
    other = c.call(n=200, batch=3, vocab=9, seed=2, bos=4)
    c.true((other != tokens).any(), "another seed gives other tokens")
    many = c.call(n=3000, batch=2, vocab=5, seed=3, bos=1)[:, 1:3001]
    shares = torch.stack([(many == token).float().mean(dim=1) for token in (0, 2, 3, 4)])
    c.close(shares, torch.full((4, 2), 0.25), "all tokens but BOS are equally likely", atol=0.05)
    c.true((many[0] == many[1]).float().mean() < 0.4, "the rows are drawn independently")

# %% [markdown]
# ### What does a real model make of it?
#
# `smollm2` is SmolLM2-135M-Instruct: 30 layers of 9 heads, 49,152 tokens. Its loss at a position is
# $-\ln p$ of the token that really came next.
#
# **Predict.** With $n = 50$ and four sequences: what is the mean loss in the first half? (Knowing
# nothing, and knowing it, costs 10.8.) And in the second half, when all has been seen once?

# %%
my_loss_in_the_first_half = None
my_loss_in_the_second_half = None

# %%
smollm2 = models.load("smollm2")
N = 50
repeats = repeated_tokens(N, 4, smollm2.cfg.d_vocab, seed=0, bos=smollm2.tokenizer.bos_token_id)
with torch.no_grad():
    repeat_losses = helpers.token_losses(smollm2(repeats), repeats).mean(dim=0)

first, second = repeat_losses[:N].mean().item(), repeat_losses[N + 1 :].mean().item()
helpers.versus(my_loss_in_the_first_half, round(first, 1), "Loss in the first half, nats")
helpers.versus(my_loss_in_the_second_half, round(second, 1), "Loss in the second half, nats")
plots.lines(
    {"loss at the next token": repeat_losses},
    verticals={"the repetition begins": N},
    levels={"knowing nothing: ln 49,152": math.log(smollm2.cfg.d_vocab)},
    xlabel="position",
    ylabel="nats",
    title="smollm2 on 50 random tokens, twice",
)

# %% [markdown]
# In the first half the model does *worse* than knowing nothing: it expects language. Within a few
# tokens of the repetition it understands what is going on, and from then on it predicts words that
# nobody could predict. (The first token of the second half is as surprising as any other: nothing
# says that a repetition begins. It belongs to neither mean.)
#
# No weight changed while it read. Learning something from the context, without training, is called
# **in-context learning**, and this is its simplest kind: *after a comes b, because it did so
# before.* To do it at position $n + 1$, which holds an `a` again, the model must look at what came
# *after* the earlier `a`. Attention can look back; but it looks for keys that fit its query, and
# the `b` it needs is not like `a` in any way. How can it be found?

# %% [markdown]
# ## Part 2: one attention head, by hand
#
# To answer that, be precise about what a head does. Each head has four matrices. For the stream
# $x_i$ at each position $i$ (a row of $d_\text{model}$ numbers):
#
# $$q_i = x_i W_Q, \quad k_i = x_i W_K, \quad v_i = x_i W_V, \qquad
# s_{ij} = \frac{q_i \cdot k_j}{\sqrt{d_\text{head}}} .$$
#
# The score $s_{ij}$ says how much position $i$ wants to look at position $j$. Looking ahead is
# forbidden, so $j$ may be at most $i$ (and $j = i$ is allowed: a head may look at its own
# position). A softmax over the allowed keys makes weights, and the head writes the weighted mean of
# the values, through $W_O$, back into the stream:
#
# $$A_{ij} = \frac{e^{s_{ij}}}{\sum_{j' \le i} e^{s_{ij'}}} \ \ (j \le i), \qquad
# \mathrm{out}_i = \sum_{j \le i} A_{ij}\, v_j W_O .$$
#
# Two questions are kept apart here, and the whole lab lives on it. **Where** does the head look?
# Only $W_Q$ and $W_K$ decide that. **What** does it move when it looks there? Only $W_V$ and $W_O$
# decide that.

# %% [markdown]
# ### Exercise 2: causal_attention
#
# difficulty 3/5 · importance 5/5 · 15 min
#
# Write an attention layer with several heads and no biases. Return what all its heads together
# write (their sum), and the pattern of each.
#
# One trap in the mask: position $i$ sees $j \le i$, itself included. (Some lecture slides have
# $j < i$; then position 0 sees nothing at all, and its softmax is not a number.)
#
# <details><summary>Hint 1: nudge</summary>
#
# A forbidden score must have no weight *after* the softmax, and the allowed ones must still sum to
# 1. So what must the forbidden score be *before* it?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `q`, `k`, `v` are `[batch, head, pos, d_head]`, scores and pattern `[batch, head, query, key]`,
# the softmax runs over the last axis. `torch.ones(pos, pos, dtype=torch.bool).triu(1)` is true
# above the diagonal, where key > query. `einsum` with words for axes keeps you out of trouble.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# q, k, v = x times each head's matrix
# scores  = for every query and key: product over d_head, divided by the root of d_head
# scores where the key comes after the query: minus infinity
# pattern = softmax over the keys
# z       = for every query: the values, weighted with the pattern's row
# out     = z times W_O, summed over d_head and over the heads
# ```
#
# </details>


# %% exercise="causal_attention"
def causal_attention(
    x: Float[Tensor, "batch pos d_model"],
    W_Q: Float[Tensor, "head d_model d_head"],
    W_K: Float[Tensor, "head d_model d_head"],
    W_V: Float[Tensor, "head d_model d_head"],
    W_O: Float[Tensor, "head d_head d_model"],
) -> tuple[Float[Tensor, "batch pos d_model"], Float[Tensor, "batch head query key"]]:
    """Return what an attention layer writes, summed over its heads, and each head's pattern."""
    ### BEGIN SOLUTION
    into_head = "batch pos d_model, head d_model d_head -> batch head pos d_head"
    q, k, v = (einsum(x, W, into_head) for W in (W_Q, W_K, W_V))
    scores = q @ k.mT / q.shape[-1] ** 0.5
    future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    pattern = scores.masked_fill(future, -torch.inf).softmax(dim=-1)
    out_of_head = "batch head pos d_head, head d_head d_model -> batch pos d_model"
    return einsum(pattern @ v, W_O, out_of_head), pattern
    ### END SOLUTION


# %% check="causal_attention" points=3
with check(causal_attention) as c:
    draw = torch.Generator().manual_seed(2)
    x = torch.randn(2, 5, 12, generator=draw)
    W_Q, W_K, W_V = torch.randn(3, 3, 12, 4, generator=draw)
    W_O = torch.randn(3, 4, 12, generator=draw)
    out, pattern = c.call(x, W_Q, W_K, W_V, W_O)
    c.true(pattern.shape == (2, 3, 5, 5), "the pattern has a row for each query, in each head")
    c.close(pattern.sum(dim=-1), torch.ones(2, 3, 5), "each query's weights sum to 1")
    c.true((pattern.triu(1) == 0).all(), "no query looks ahead")
    later = x.clone()
    later[:, 3:] = torch.randn(2, 2, 12, generator=draw)
    c.close(c.call(later, W_Q, W_K, W_V, W_O)[0][:, :3], out[:, :3], "the past ignores the future")
    parts = [[(row @ W[h]) for W in (W_Q, W_K, W_V)] for row in x for h in range(3)]
    z = [nn.functional.scaled_dot_product_attention(*qkv, is_causal=True) for qkv in parts]
    truth = torch.stack([sum(z[3 * b + h] @ W_O[h] for h in range(3)) for b in range(2)])
    c.close(out, truth, "together the heads write what torch's own attention gives", atol=1e-4)

# %% [markdown]
# ## Part 3: three stripes, and an atlas of heads
#
# On a repeated sequence, heads with a simple job draw a stripe into their pattern, parallel to the
# diagonal. Three of them matter here. For a query $q$ in a sequence of BOS, $n$ tokens, the same
# $n$ tokens:
#
# | a head that looks at | key | draws | is called |
# |---|---|---|---|
# | the position before this one | $q - 1$ | one below the diagonal | previous-token head |
# | the earlier copy of this token | $q - n$ | $n$ below | duplicate-token head |
# | what came *after* the earlier copy | $q - (n - 1)$ | $n - 1$ below | induction head |
#
# ```text
#   key      BOS  a  b  c  a  b  c            n = 3; the query is the second b, position 5:
# query BOS   .
#       a     .  .                             P  previous token                key 4 = 5 - 1
#       b     .  .  .                          D  the earlier b                 key 2 = 5 - 3
#       c     .  .  .  .                       I  what came after it: c         key 3 = 5 - 2
#       a     .  .  .  .  .
#       b     .  .  D  I  P  .
#       c     .  .  .  .  .  .  .
# ```
#
# A head that looks at `I` and copies what it sees there predicts `c`: that *is* the answer. The
# off-by-one between `D` and `I` is the whole difference between "this token was here before" and
# "I know what comes next".
#
# The **score** of a head is the mean weight that it puts on its stripe: 1 if it looks nowhere else,
# 0 if never there. Only queries that *have* such a key count, and for the last two only queries of
# the second half, $n + 1 \dots 2n$, where there is an earlier copy.

# %% [markdown]
# ### Exercise 3: prev_token_score
#
# difficulty 1/5 · importance 4/5 · 5 min
#
# For each head, the weight that queries $1 \dots L - 1$ put on the position before them, averaged
# over these $L - 1$ queries and over the batch ($L$ is the number of positions; query 0 has no
# position before it):
#
# $$\mathrm{score}_h = \underset{b}{\mathrm{mean}}\ \underset{q = 1 \dots L-1}{\mathrm{mean}}\
# A_{b,h}[q,\, q - 1].$$
#
# Any sequence will do for this one; it need not be repeated.
#
# <details><summary>Hint 1: nudge</summary>
#
# The entries $[q, q - 1]$ of a matrix lie on one of its diagonals. Torch can take it out.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `pattern.diagonal(offset, dim1, dim2)` removes two axes and puts the diagonal last: from
# `[batch, head, query, key]` to `[batch, head, diagonal]`. A negative offset is below the main
# diagonal, where key < query. What is left at the end is `[head]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# stripe = the diagonal one below the main one, of the query and key axes
# mean of the stripe over the batch and along the diagonal; the heads stay
# ```
#
# </details>


# %% exercise="prev_token_score"
def prev_token_score(pattern: Float[Tensor, "batch head query key"]) -> Float[Tensor, " head"]:
    """Return each head's mean weight on the position before the query."""
    ### BEGIN SOLUTION
    return pattern.diagonal(-1, dim1=-2, dim2=-1).mean(dim=(0, -1))
    ### END SOLUTION


# %% check="prev_token_score" points=1
with check(prev_token_score) as c:
    at = torch.arange(1, 7)
    stripes = torch.zeros(2, 3, 7, 7)  # two sequences, three heads
    stripes[:, 0, at, at - 1] = 1.0  # head 0 looks at the previous token
    # Head 1 does so half of the time, and in the first sequence only.
    stripes[0, 1, at, at - 1] = torch.tensor([1.0, 0.2, 0.3, 0.4, 0.5, 0.6])
    stripes[:, 2, at, at] = 1.0  # head 2 at the token itself
    yours = c.call(stripes)
    c.close(yours, [1.0, 0.25, 0.0], "the stripe scores 1, a quarter of it .25, its neighbour 0")

# %% [markdown]
# ### Exercise 4: duplicate_score
#
# difficulty 2/5 · importance 3/5 · 5 min
#
# On sequences of BOS, $n$ tokens and the same $n$ again, with $L = 1 + 2n$ positions: the weight
# that the queries of the second half put on the earlier copy of their token,
#
# $$\mathrm{score}_h = \underset{b}{\mathrm{mean}}\ \underset{q = n+1 \dots 2n}{\mathrm{mean}}\
# A_{b,h}[q,\, q - n].$$
#
# Mind the ends: the whole diagonal has one entry more than the second half has queries.
#
# <details><summary>Hint 1: nudge</summary>
#
# You get $n$ from the shape of the pattern. Which query and key does the *first* entry of the
# diagonal $n$ below belong to, and is there a copy of anything?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# Of `[batch, head, query, key]` you need $n$ entries for each sequence and head. Either a slice of
# a diagonal, or indexing with two index tensors of length $n$, `pattern[:, :, queries, keys]`,
# which gives `[batch, head, n]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# n = half of the number of positions without BOS
# queries = n + 1 to 2n, keys = the queries minus n
# mean of the pattern's entries there, over the batch and the queries
# ```
#
# </details>


# %% exercise="duplicate_score"
def duplicate_score(pattern: Float[Tensor, "batch head query key"]) -> Float[Tensor, " head"]:
    """Return each head's mean weight, in the second half, on the earlier copy of the token."""
    ### BEGIN SOLUTION
    n = (pattern.shape[-1] - 1) // 2
    queries = torch.arange(n + 1, 2 * n + 1)
    return pattern[:, :, queries, queries - n].mean(dim=(0, -1))
    ### END SOLUTION


# %% check="duplicate_score" points=1
with check(duplicate_score) as c:
    at = torch.arange(5, 9)  # n = 4: the second half is 5, 6, 7, 8
    stripes = torch.zeros(2, 4, 9, 9)
    stripes[:, 0, at, at - 4] = 1.0
    stripes[0, 1, at[:2], at[:2] - 4] = 1.0  # one sequence, and half of the queries there
    stripes[:, 2, at, at - 3] = 1.0  # what came after the copy: induction
    stripes[:, 3, 4, 0] = 1.0  # the last token of the first half looks at BOS
    yours = c.call(stripes)
    c.close(yours, [1.0, 0.25, 0.0, 0.0], "only the second half's looks at the earlier copy count")

# %% [markdown]
# ### Exercise 5: induction_score
#
# difficulty 2/5 · importance 5/5 · 10 min
#
# The same, for what came **after** the earlier copy:
#
# $$\mathrm{score}_h = \underset{b}{\mathrm{mean}}\ \underset{q = n+1 \dots 2n}{\mathrm{mean}}\
# A_{b,h}[q,\, q - (n - 1)].$$
#
# <details><summary>Hint 1: nudge</summary>
#
# Write down, for $n = 3$, the query and the key of each of the three looks that count. How far
# apart are they?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# Again $n$ entries for each sequence and head, `[batch, head, n]`, and `[head]` in the end. The
# whole diagonal has $n + 2$ entries here: two too many.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# n = half of the number of positions without BOS
# queries = n + 1 to 2n
# keys = one position after the earlier copies of the queries' tokens
# mean of the pattern's entries there, over the batch and the queries
# ```
#
# </details>


# %% exercise="induction_score"
def induction_score(pattern: Float[Tensor, "batch head query key"]) -> Float[Tensor, " head"]:
    """Return each head's mean weight, in the second half, on what came after the earlier copy."""
    ### BEGIN SOLUTION
    n = (pattern.shape[-1] - 1) // 2
    queries = torch.arange(n + 1, 2 * n + 1)
    return pattern[:, :, queries, queries - (n - 1)].mean(dim=(0, -1))
    ### END SOLUTION


# %% check="induction_score" points=2
with check(induction_score) as c:
    at = torch.arange(5, 9)  # n = 4: the second half is 5, 6, 7, 8
    stripes = torch.zeros(2, 5, 9, 9)
    stripes[:, 0, at, at - 3] = 1.0
    stripes[0, 1, at[:2], at[:2] - 3] = 1.0  # one sequence, and half of the queries there
    stripes[:, 2, at, at - 4] = 1.0  # the earlier copy itself
    stripes[:, 3, at, at - 2] = 1.0  # one too far
    stripes[:, 4, 3:5, 0:2] = torch.eye(2)  # the same diagonal, in the first half
    yours = c.call(stripes)
    c.close(yours, [1.0, 0.25, 0.0, 0.0, 0.0], "the look at what came after the copy, in half two")

# %% [markdown]
# ### The atlas of smollm2
#
# Now score all 270 heads of the real model, on the sequences of part 1, and draw them as a map:
# layers upwards, heads to the right.
#
# **Predict.** In which third of the thirty layers will the strongest induction head be: early,
# middle or late? Will the previous-token heads lie *before* or *after* it? And how many of the 270
# heads will have an induction score above 0.3?

# %%
my_third_of_the_induction_head = None  # "early", "middle" or "late"
my_place_of_previous_token_heads = None  # "before" or "after"
my_number_of_induction_heads = None

# %%
patterns = helpers.patterns(smollm2, repeats)
atlas = {
    "previous token": torch.stack([prev_token_score(pattern) for pattern in patterns]),
    "duplicate": torch.stack([duplicate_score(pattern) for pattern in patterns]),
    "induction": torch.stack([induction_score(pattern) for pattern in patterns]),
}
for name, scores in atlas.items():
    print(f"{name:15}" + "   ".join(helpers.strongest(scores, 6)))
strongest_layer = int(atlas["induction"].amax(dim=1).argmax())
helpers.versus(my_third_of_the_induction_head, f"layer {strongest_layer} of 30", "Its place")
previous_layers = sorted((atlas["previous token"] > 0.6).nonzero()[:, 0].tolist())
helpers.versus(
    my_place_of_previous_token_heads, f"layers {previous_layers}", "Previous-token heads above .6"
)
helpers.versus(
    my_number_of_induction_heads, int((atlas["induction"] > 0.3).sum()), "Induction heads above .3"
)
figures.atlas(atlas, title="Where the heads of smollm2 look on repeated random tokens")

# %%
del patterns
figures.show_patterns(
    smollm2,
    repeated_tokens(20, 1, smollm2.cfg.d_vocab, seed=3, bos=smollm2.tokenizer.bos_token_id),
    [(16, 0), (8, 0), (18, 6)],
    title="L16H0 previous token, L8H0 duplicate, L18H6 induction, on 20 random tokens, twice",
)

# %% [markdown]
# Three kinds of head, in plain sight. Most previous-token heads lie *before* the induction heads,
# and that is no accident: part 4 says why. (L19H3 is one that comes too late for L18H6.) Look at
# the first half of the induction head's pattern as well: with nothing to find, it rests on BOS.
#
# A score is a description of where a head looks *on this kind of text*. It does not say what the
# head writes, or that the model needs it.

# %% [markdown] question="what_a_score_says" points=2
# ### Question A: what does a stripe prove?
#
# A colleague finds a head with an induction score of 0.9 in another model and writes: "This head
# performs in-context copying of the repeated sequence." (1) What has been measured, and what are
# the two claims in that sentence that have not? (2) For each of the two, name an experiment of
# this lab (or one that you would make) and the outcome that would refute the claim. (3) Why were
# the tokens random, and what could go wrong with repeated English text?
#
# ### BEGIN SOLUTION
# **Model answer.** (1) Measured: where the head looks, on repeated random tokens. Not measured:
# that it *copies*, that is, what it writes when it looks there (it could write anything, even the
# negative of the token); and that the model's prediction of the repetition *depends* on it. (2)
# Copying: look at its OV circuit, for example the copying score or its direct effect on the
# logits; a negative score, or a logit of the attended token that does not rise, refutes it.
# Dependence: ablate the head; if the loss on the second half does not change, the claim falls (or
# other heads stand in for it). (3) With random tokens nothing but the context predicts the next
# token, so grammar and memorised phrases can neither produce nor hide a stripe; in English text
# the next word can be guessed without the repetition, and tokens occur several times, so that "the
# earlier copy" is not one position.
#
# **Rubric.** Half a point: the score is about where it looks. Half a point: what it writes and
# whether it is used are named as the two open claims. Half a point: an experiment with a refuting
# outcome for each. Half a point: the reason for random tokens.
# ### END SOLUTION

# %% [markdown]
# ## Part 4: build the circuit yourself
#
# Back to the riddle of part 1. At the second `a`, a head should look at `b`. But nothing in the
# embedding of `b` says that it stands behind an `a`. The first thing needed is therefore a head
# that *writes that down*: a **previous-token head** looks one position back and copies what it
# finds there into a part of the stream of its own. After it, the stream at `b` says: *here is b,
# and before me came a*.
#
# Now a head in a **later layer** can do it. Its query at the second `a` says *I look for places
# whose previous token is a*; its keys read the previous-token part; so it looks at `b`, and copies
# `b`, as it is. That is the **induction head**:
#
# ```text
#   position            1: a            2: b              4: a (again)
#   ───────────────────────────────────────────────────────────────────────
#   after embedding     token a         token b           token a
#                          │ copied by the
#   head (0, 0)            └─ previous-token head ─┐
#                                                  ▼
#   after layer 0       token a         token b           token a
#                       previous BOS    previous a        previous ...
#                                          ▲                 │
#   head (1, 0)                        key: previous  =  query: token
#                                          │
#                                          └──── token b ───► copied: next is b
# ```
#
# The second head reads, **as its keys**, what the first one wrote. That is called
# **K-composition** (Q- and V-composition exist as well), and it is why one layer is not enough: a
# head cannot read what its own layer is only about to write.

# %% [markdown]
# ### Exercise 6: build_induction_model
#
# difficulty 4/5 · importance 5/5 · 30 min
#
# Write these two heads down, number by number, in a model with nothing else: two layers with one
# head each, no MLPs, no norm, no biases. `helpers.empty_model(vocab, n_ctx)` gives you all the
# weights as zeros; fill them in and return them. It leaves room in the stream for three subspaces,
# side by side:
#
# ```text
# columns    the first vocab    the next n_ctx    the last vocab       d_model = 2 vocab + n_ctx
#            the token          the position      the previous token
# ```
#
# The stream starts as `W_E[token] + W_pos[position]`, vectors are rows, and each layer adds what
# exercise 2 computes, with `W_Q[layer]` and so on. The logits are the final stream times `W_U`.
#
# $$\underbrace{A^{0}_{q,\,q-1} \approx 1}_{\text{previous-token head}}, \qquad
# \underbrace{A^{1}_{q,k} \approx 1 \ \text{where the token before}\ k\ \text{is the token at}\
# q}_{\text{induction head}}$$
#
# What is asked for: on BOS (token 0), $n$ different tokens, and the same $n$ again, for every $n$
# that fits into `n_ctx` positions: head (0, 0) puts at least 0.9 of its attention on the position
# before each query from 1 on; head (1, 0) puts at least 0.9 on its stripe in the second half; and
# at each position of the second half but the last the largest logit is that of the token that
# comes next. Without either head this must fail. Any numbers that do this are right. (The shapes
# may differ from those of `empty_model`, as long as they fit together, with two layers of one
# head.)
#
# <details><summary>Hint 1: nudge</summary>
#
# With one-hot vectors, everything is an identity matrix put in the right block: "read subspace A,
# write it into subspace B". Start with `W_E`, `W_pos` and `W_U`. Then for each head first ask where
# it looks (what must the query at position $p$ equal?), then what it moves. A softmax over scores
# of 1 and 0 is nearly even: how large must they be?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `W_Q[0]` is `[d_model, d_head]`; only its rows of the position subspace are filled. `torch.eye`
# has ones on the diagonal, `torch.diag(torch.ones(m - 1), -1)` one below: row $p$, column $p - 1$.
# `d_head` is the larger of `vocab` and `n_ctx`, so fill the first columns. Scores are divided by
# $\sqrt{d_\text{head}}$, and a sharp look needs a lead of 10 or more after that. In the end the
# token that is *present* has a logit, too: what the induction head copies must beat it.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# name the three blocks of rows: token, position, previous
# embedding: each token its own unit vector in the token block; positions likewise in theirs
# unembedding: reads the token block
# layer 0: the query of position p is (large times) the unit vector of p - 1
#          the key of position p is the unit vector of p
#          values read the token block, the output writes into the previous block
# layer 1: queries read the token block (large), keys read the previous block
#          values read the token block, the output writes into the token block, more than once over
# ```
#
# </details>


# %% exercise="build_induction_model"
def build_induction_model(vocab: int, n_ctx: int) -> dict[str, Tensor]:
    """Return the weights of a two-layer model that continues repeated sequences of tokens.

    Returns:
        W_E [vocab, d_model], W_pos [n_ctx, d_model], W_Q, W_K, W_V [2, d_model, d_head],
        W_O [2, d_head, d_model], W_U [d_model, vocab]; see ``helpers.empty_model``.
    """
    ### BEGIN SOLUTION
    weights = helpers.empty_model(vocab, n_ctx)
    token, position = slice(0, vocab), slice(vocab, vocab + n_ctx)
    previous = slice(vocab + n_ctx, 2 * vocab + n_ctx)
    each_token, each_position = torch.eye(vocab), torch.eye(n_ctx)
    sharp = 20 * max(vocab, n_ctx) ** 0.5  # a lead of 20 once it is divided by the root of d_head
    weights["W_E"][:, token] = each_token
    weights["W_pos"][:, position] = each_position
    weights["W_U"][token] = each_token

    one_back = torch.diag(torch.ones(n_ctx - 1), -1)
    weights["W_Q"][0, position, :n_ctx] = sharp * one_back
    weights["W_K"][0, position, :n_ctx] = each_position
    weights["W_V"][0, token, :vocab] = each_token
    weights["W_O"][0, :vocab, previous] = each_token

    weights["W_Q"][1, token, :vocab] = sharp * each_token
    weights["W_K"][1, previous, :vocab] = each_token
    weights["W_V"][1, token, :vocab] = each_token
    weights["W_O"][1, :vocab, token] = 3 * each_token  # the present token is there once
    return weights
    ### END SOLUTION


# %% check="build_induction_model" points=4
with check(build_induction_model) as c:
    weights = c.call(vocab=14, n_ctx=23)
    c.true(set(weights) == set(helpers.empty_model(14, 23)), "the weights have their seven names")
    built = helpers.boot(weights)
    halves = torch.stack([torch.randperm(13)[:9] + 1 for _ in range(8)])
    rows = torch.cat([torch.zeros(8, 1, dtype=torch.long), halves, halves], dim=1)
    look = [pattern[:, 0] for pattern in helpers.patterns(built, rows)]
    c.true((look[0].diagonal(-1, -2, -1) > 0.9).all(), "head (0, 0) looks at the previous token")
    stripe = look[1].diagonal(-8, -2, -1)[:, 2:]  # n = 9
    c.true((stripe > 0.9).all(), "head (1, 0) looks at what came after the earlier copy")
    said = built(rows)[:, 10:-1].argmax(dim=-1)
    c.true((said == rows[:, 11:]).all(), "in the second half the largest logit is the next token's")
    for layer in (0, 1):
        keep = torch.ones(2, 1, 1)
        keep[layer] = 0
        without = helpers.boot({**weights, "W_O": weights["W_O"] * keep})
        hits = (without(rows)[:, 10:-1].argmax(dim=-1) == rows[:, 11:]).float().mean()
        c.true(hits < 0.2, f"without head ({layer}, 0) it cannot do it")

# %% [markdown]
# ### Your model at work
#
# It has never been trained, and every sequence is new to it.
#
# **Predict.** What will its induction head do at the positions of the *first* half, where there is
# no earlier copy? Guess before you look at its pattern.

# %%
my_guess_for_the_first_half = None  # in a few words

# %%
handmade = helpers.boot(build_induction_model(vocab=60, n_ctx=40))
handmade_rows = repeated_tokens(14, 1, 60, seed=5)
figures.show_patterns(
    handmade, handmade_rows, [(0, 0), (1, 0)], title="The model that you wrote, on 14 tokens twice"
)

# %% [markdown]
# Where no key fits, all scores are equal and the attention is spread evenly over everything so far.
# A trained head rests on BOS instead, whose value it can make small. That difference aside, it
# is the picture of L18H6. And where a token comes twice in a half, your head looks at *both*
# places: a repetition is ambiguous, and so is its answer.

# %% [markdown]
# ## Part 5: read the circuit off the weights
#
# In your own model you know what each matrix is for. Can one read it off the weights of a model
# that somebody else made, without running it once?
#
# A head's four matrices never act one by one. $W_Q$ and $W_K$ only meet in the score, as the
# product
# $W_Q W_K^\top$; $W_V$ and $W_O$ only act one after the other, as $W_V W_O$. Put the embedding and
# the unembedding around them and both become tables of *tokens against tokens*, which can be read
# (Elhage and others, 2021):
#
# | circuit | formula | entry $[a, b]$ says |
# |---|---|---|
# | full OV | $W_E\, W_V W_O\, W_U$ | looking at $a$ adds so much to the logit of $b$ |
# | full QK | $W_E\, W_Q W_K^\top W_E^\top / \sqrt{d_\text{head}}$ | query $a$ scores key $b$ |
#
# Norms, biases and positions are left out: these tables tell what the head does with what stands in
# the *embeddings*. `helpers.head_weights(model, head)` returns `(W_Q, W_K, W_V, W_O)` of a head
# `(layer, index)`, the first three `[d_model, d_head]`, the last `[d_head, d_model]`;
# `helpers.embeddings(model)` returns `W_E` `[vocab, d_model]` and `W_U` `[d_model, vocab]`.

# %% [markdown]
# ### Exercise 7: full_OV
#
# difficulty 2/5 · importance 5/5 · 10 min
#
# $$\mathrm{OV}[a, b] = \bigl(W_E\, W_V\, W_O\, W_U\bigr)[a, b]$$
#
# with the token that is looked at ($a$) along the rows and the token whose logit changes ($b$)
# along the columns.
#
# Multiply $W_V$ by any invertible matrix $R$ and $W_O$ by $R^{-1}$: the head does the same as
# before. The single matrices have no meaning that survives this; their product has.
#
# <details><summary>Hint 1: nudge</summary>
#
# Vectors are rows, so a product is read from left to right: embed, value, output, unembed.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `[vocab, d_model] @ [d_model, d_head] @ [d_head, d_model] @ [d_model, vocab]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# get the head's value and output matrices, and the two embeddings
# multiply the four in the order in which a token passes through them
# ```
#
# </details>


# %% exercise="full_OV"
def full_OV(model: TransformerBridge, head: tuple[int, int]) -> Float[Tensor, "vocab_in vocab_out"]:
    """Return what looking at each token adds to each token's logit, for head (layer, index)."""
    ### BEGIN SOLUTION
    _, _, W_V, W_O = helpers.head_weights(model, head)  # given
    W_E, W_U = helpers.embeddings(model)  # given
    return W_E @ W_V @ W_O @ W_U
    ### END SOLUTION


# %% check="full_OV" points=2
with check(full_OV) as c:
    tiny = models.random(seed=7, n_layers=2, d_vocab=13, attn_only=True, normalization_type=None)
    yours = c.call(tiny, (1, 2))
    c.true(yours.shape == (13, 13), "it is a table of tokens against tokens")
    W_V, W_O = tiny.blocks[1].attn.W_V[2], tiny.blocks[1].attn.W_O[2]
    looked_at = tiny.W_E[5] @ W_V  # a head that looks at token 5 and nowhere else
    c.close(yours[5], looked_at @ W_O @ tiny.W_U, "row 5 is what looking at token 5 does")
    with torch.no_grad():
        turn = torch.linalg.qr(torch.randn(6, 6))[0] * 2
        W_V.copy_(W_V @ turn)
        W_O.copy_(turn.inverse() @ W_O)
    c.close(c.call(tiny, (1, 2)), yours, "another basis inside the head changes nothing", atol=1e-4)

# %% [markdown]
# ### Exercise 8: full_QK
#
# difficulty 2/5 · importance 4/5 · 10 min
#
# $$\mathrm{QK}[a, b] =
# \frac{\bigl(W_E\, W_Q\, W_K^\top\, W_E^\top\bigr)[a, b]}{\sqrt{d_\text{head}}}$$
#
# with the query's token ($a$) along the rows and the key's ($b$) along the columns: the score as
# the model computes it, so with the root, and before mask and softmax.
#
# <details><summary>Hint 1: nudge</summary>
#
# Both ends are embedded: each token becomes a query on one side and a key on the other.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# Queries and keys of all tokens are both `[vocab, d_head]`; their products `[vocab, vocab]`. `.mT`
# transposes.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# queries = every token's embedding through the head's query matrix
# keys    = every token's embedding through its key matrix
# every query times every key, divided by the root of d_head
# ```
#
# </details>


# %% exercise="full_QK"
def full_QK(model: TransformerBridge, head: tuple[int, int]) -> Float[Tensor, "vocab_q vocab_k"]:
    """Return the score that each query token gives each key token, for head (layer, index)."""
    ### BEGIN SOLUTION
    W_Q, W_K, _, _ = helpers.head_weights(model, head)  # given
    W_E, _ = helpers.embeddings(model)  # given
    return (W_E @ W_Q) @ (W_E @ W_K).mT / W_Q.shape[-1] ** 0.5
    ### END SOLUTION


# %% check="full_QK" points=2
with check(full_QK) as c:
    tiny = models.random(seed=8, n_layers=2, d_vocab=13, attn_only=True, normalization_type=None)
    yours = c.call(tiny, (1, 2))
    c.true(yours.shape == (13, 13), "it is a table of tokens against tokens")
    W_Q, W_K = tiny.blocks[1].attn.W_Q[2], tiny.blocks[1].attn.W_K[2]
    score = (tiny.W_E[3] @ W_Q) @ (tiny.W_E[9] @ W_K) / 6**0.5
    c.close(yours[3, 9], score, "query token 3 gives key token 9 its score")
    with torch.no_grad():
        turn = torch.linalg.qr(torch.randn(6, 6))[0] * 2
        W_Q.copy_(W_Q @ turn)
        W_K.copy_(W_K @ turn.inverse().mT)
    c.close(c.call(tiny, (1, 2)), yours, "another basis inside the head changes nothing", atol=1e-4)

# %% [markdown]
# ### Two tables of a planted model
#
# `models.planted("induction", seed)` is a model like yours, written by hand among decoys: three
# layers of four heads, 25 tokens, in a randomly rotated basis, so that no weight looks like
# anything. This one comes with its truth. Here are the tables of its induction head.
#
# **Predict.** Which of the two tables will show a clear diagonal: OV, QK, both or none?

# %%
my_tables_with_a_diagonal = None  # "OV", "QK", "both" or "none"

# %%
known = models.planted("induction", 4)
print("the truth:", known.truth)
with torch.no_grad():
    display(
        plots.heatmap(
            full_OV(known.model, known.truth["induction"]), center=0, origin="upper", unit="logits",
            xlabel="token whose logit changes", ylabel="token looked at",
            title="Full OV of the induction head",
        )
    )  # fmt: skip
    picture = plots.heatmap(
        full_QK(known.model, known.truth["induction"]), center=0, origin="upper", unit="score",
        xlabel="key's token", ylabel="query's token", title="Full QK of the induction head",
    )  # fmt: skip
picture

# %% [markdown]
# OV is a diagonal: whatever token the head looks at, it says that token. (All but BOS, token 0.)
# QK, in the *embeddings*, shows nothing of the kind (look at its scale), and that is the point:
# this head's keys are not in the embeddings. They were written by another head. Put that head's OV
# in between, and the diagonal appears:

# %%
with torch.no_grad():
    W_Q, W_K, _, _ = helpers.head_weights(known.model, known.truth["induction"])
    _, _, W_V, W_O = helpers.head_weights(known.model, known.truth["previous_token"])
    W_E, _ = helpers.embeddings(known.model)
    written_by_previous = W_E @ W_V @ W_O  # what the previous-token head says about each token
    composed = (W_E @ W_Q) @ (written_by_previous @ W_K).mT / W_Q.shape[-1] ** 0.5
plots.heatmap(
    composed, center=0, origin="upper", unit="score", xlabel="token before the key",
    ylabel="query's token", title="The same QK, with the keys that the previous-token head wrote",
)  # fmt: skip

# %% [markdown]
# ### Exercise 9: copying_score
#
# difficulty 3/5 · importance 4/5 · 15 min
#
# "OV is a diagonal" should be a number. Looking at the diagonal alone would miss heads that copy
# *groups* of tokens (looking at "cat" raises "cats" as well). Use the **eigenvalues** $\lambda_i$:
# a positive one belongs to a mixture of tokens that raises its own logits. The score is
#
# $$\mathrm{copying} = \frac{\sum_i \mathrm{Re}\,\lambda_i}{\sum_i |\lambda_i|} \in [-1, 1],$$
#
# 1 for a head that copies, $-1$ for one that lowers what it sees, about 0 for one that turns
# tokens into unrelated others. (OV is not symmetric, so eigenvalues are complex; $|\lambda|$ is
# the modulus.)
#
# <details><summary>Hint 1: nudge</summary>
#
# Torch has several eigenvalue routines. Which of them takes a matrix that is *not* symmetric?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `torch.linalg.eigvals` returns a complex tensor `[vocab]`; `.real` is its real part, `.abs()` the
# modulus. The result is one number.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# all eigenvalues of the matrix
# sum of their real parts, divided by the sum of their absolute values
# ```
#
# </details>


# %% exercise="copying_score"
def copying_score(OV: Float[Tensor, "n n"]) -> float:
    """Return the sum of the eigenvalues' real parts over the sum of their absolute values."""
    ### BEGIN SOLUTION
    eigenvalues = torch.linalg.eigvals(OV)
    return (eigenvalues.real.sum() / eigenvalues.abs().sum()).item()
    ### END SOLUTION


# %% check="copying_score" points=2
with check(copying_score) as c:
    c.close(c.call(torch.eye(7)), 1.0, "the identity copies: 1")
    c.close(c.call(-2 * torch.eye(7)), -1.0, "its negative does the opposite: -1")
    quarter_turn = torch.tensor([[0.0, 1.0], [-1.0, 0.0]])
    c.close(c.call(quarter_turn), 0.0, "a rotation by a quarter turn does neither: 0")
    mixed = torch.block_diag(quarter_turn * 2, torch.tensor([[3.0]]), torch.tensor([[-1.0]]))
    c.close(c.call(mixed), 2 / 8, "eigenvalues 2i, -2i, 3 and -1 give (3 - 1) / (2 + 2 + 3 + 1)")
    change = torch.randn(4, 4) + 3 * torch.eye(4)
    c.close(c.call(change @ mixed @ change.inverse()), 2 / 8, "in any basis", atol=1e-3)

# %% [markdown]
# For `smollm2` the table would have 49,152 rows and as many columns, 10 gigabytes. There is a way
# around: for any two matrices, $AB$ and $BA$ have the same eigenvalues but for zeros. So instead of
# $(W_E W_V)(W_O W_U)$ take $(W_O W_U)(W_E W_V)$, which is `[d_head, d_head]`, 64 by 64.
# `helpers.small_OV(model, heads)` does so for several heads at once.
#
# **Predict.** Among the five heads with the highest induction scores, how many have a copying score
# above 0.4? And what will the mean over 60 heads drawn at random be?

# %%
my_number_of_copying_induction_heads = None  # out of 5
my_mean_over_random_heads = None

# %%
best_induction = helpers.best_heads(atlas["induction"], 5)
draw = torch.Generator().manual_seed(1)
at_random = [divmod(int(i), 9) for i in torch.randperm(270, generator=draw)[:60]]
small = helpers.small_OV(smollm2, [*best_induction, *at_random])
copying = [copying_score(matrix) for matrix in small]
for head, value in zip(best_induction, copying, strict=False):
    print(f"L{head[0]}H{head[1]}: induction {atlas['induction'][head]:.2f}, copying {value:+.2f}")
helpers.versus(
    my_number_of_copying_induction_heads, sum(v > 0.4 for v in copying[:5]), "Above 0.4, of five"
)
helpers.versus(
    my_mean_over_random_heads, round(sum(copying[5:]) / 60, 2), "Mean over 60 heads at random"
)

# %% [markdown]
# Four of the five copy, more than heads in general do (about 0.5 to 0.6, where 60 heads at random
# average 0.3: most heads of a language model raise what they look at a little). And L17H4, with an
# induction score of 0.77, does *not*: it looks at the right place and writes something else. Where
# a head looks and what it moves are two questions. (The table leaves out the norms and whatever
# earlier layers have added to the embedding, so 0.6 is not "60% of a copy".)

# %% [markdown]
# ### Exercise 10: composition_score
#
# difficulty 3/5 · importance 4/5 · 15 min
#
# Which heads talk to each other? Let $A$ be what an early head *writes* (its $W_V W_O$) and $B$
# what a later head *reads* with (for K-composition $W_K W_Q^\top$). If $A$ writes where $B$ reads,
# the product $AB$ is large:
#
# $$\mathrm{composition}(A, B) = \frac{\lVert A B \rVert_F}{\lVert A \rVert_F\, \lVert B \rVert_F},
# \qquad \lVert M \rVert_F = \sqrt{\textstyle\sum_{ij} M_{ij}^2} .$$
#
# It lies between 0 (the second reads nothing of what the first writes) and 1. As vectors are rows,
# the head that acts first stands on the left.
#
# <details><summary>Hint 1: nudge</summary>
#
# Three norms, all of the same kind. Which one does torch take of a matrix if you do not say?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `A` is `[m, d_model]`, `B` is `[d_model, n]`, `A @ B` is `[m, n]`. The result is one number.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# the product, first head first
# its Frobenius norm, divided by the product of the Frobenius norms of the two
# ```
#
# </details>


# %% exercise="composition_score"
def composition_score(A: Float[Tensor, "m d_model"], B: Float[Tensor, "d_model n"]) -> float:
    """Return the Frobenius norm of AB over the norms of A (which acts first) and of B."""
    ### BEGIN SOLUTION
    return ((A @ B).norm() / (A.norm() * B.norm())).item()
    ### END SOLUTION


# %% check="composition_score" points=2
with check(composition_score) as c:
    u, v, w = torch.linalg.qr(torch.randn(6, 6))[0][:3]  # unit vectors at right angles
    c.close(c.call(torch.outer(v, u), torch.outer(u, w)), 1.0, "written along u, read along u: 1")
    c.close(c.call(torch.outer(v, u), torch.outer(v, w)), 0.0, "written along u, read along v: 0")
    A, B = torch.randn(4, 6), torch.randn(6, 3)
    yours = c.call(A, B)
    c.close(c.call(3 * A, -2 * B), yours, "the size of A and of B does not matter")
    turn = torch.linalg.qr(torch.randn(6, 6))[0]
    c.close(c.call(A @ turn, turn.mT @ B), yours, "in a rotated stream it is the same")
    squares = (A @ B).square().sum() / A.square().sum() / B.square().sum()
    c.close(yours, squares.sqrt(), "root of the squares' sum: the Frobenius norm of all three")

# %% [markdown]
# Apply it to the planted model: every head of an earlier layer with the *keys* of every head of a
# later one. For two heads that have nothing to do with each other, drawn at random, the score would
# be something like $1 / \sqrt{d_\text{model}}$, 0.11 here; in a trained model that is the level to
# beat. Even a perfect fit does not reach 1: if $r$ directions are written and read with equal
# strength, the score is $1 / \sqrt r$, about 0.2 for the 24 tokens of this model.
#
# **Predict.** How many of the 48 pairs will stand out?

# %%
my_number_of_pairs = None

# %%
places = [(layer, head) for layer in range(3) for head in range(4)]
early, late = [p for p in places if p[0] < 2], [p for p in places if p[0] > 0]
table = torch.full((len(early), len(late)), torch.nan)
with torch.no_grad():
    for i, first in enumerate(early):
        _, _, W_V, W_O = helpers.head_weights(known.model, first)
        for j, then in enumerate(late):
            W_Q, W_K, _, _ = helpers.head_weights(known.model, then)
            if first[0] < then[0]:
                table[i, j] = composition_score(W_V @ W_O, W_K @ W_Q.mT)
helpers.versus(my_number_of_pairs, int((table > 0.11).sum()), "Pairs above 0.11")
print("the truth:", known.truth)
plots.heatmap(
    table, x=[f"L{a}H{b}" for a, b in late], y=[f"L{a}H{b}" for a, b in early], unit="composition",
    xlabel="the later head, its keys", ylabel="the earlier head", title="K-composition",
)  # fmt: skip

# %% [markdown]
# ### Spot the bug
#
# A friend computes K-composition with the code below, on random matrices first, to know the level
# of chance. "It must be right", they say: "it never leaves the interval from 0 to 1, it does not
# care about the sizes of A and B, and on random matrices it gives about the same as yours."
#
# ```python
# def composition(A, B):
#     return (torch.linalg.matrix_norm(B @ A) / (A.norm() * B.norm())).item()
# ```

# %% [markdown] question="spot_the_bug" points=2
# ### Question B: spot the bug
#
# (1) What is wrong, and what does the friend's number measure? (2) Why do neither the bounds, nor
# the scale, nor random matrices betray it? (3) Which property in a check of this lab would, and
# which shapes would?
#
# ### BEGIN SOLUTION
# **Model answer.** (1) The product is taken in the wrong order: vectors are rows, so the head that
# acts first stands on the left, AB. BA asks whether what the *later* matrix gives out is read by
# the *earlier* head, which never happens in a forward pass. (2) The Frobenius norm of a product is
# at most the product of the norms in either order, scale cancels in either order, and for random
# square matrices AB and BA have the same distribution. (3) A planted pair: A writes along u what
# it reads along v, B reads along u: AB gives 1, BA gives 0 (and rotating the stream, A R and R^T
# B, leaves AB as it is and changes BA). Shapes: with A [m, d] and B [d, n], m not n, the product
# BA does not exist.
#
# **Rubric.** 1 point for the order and what it means. Half a point for why the three observations
# do not see it. Half a point for a property or shapes that do.
# ### END SOLUTION

# %% [markdown]
# ## Part 6: take a head away
#
# So far you have *read* the model: patterns, weights, scores. Reading gives suspicions. To find out
# what a head is *for*, take it away and look what breaks: an **ablation**.
#
# "Away" needs a choice, though. A head writes something at every position, and something has to
# stand there instead:
#
# | mode | what stands there instead | what speaks against it |
# |---|---|---|
# | zero | nothing | later layers may count on a constant that the head always adds |
# | mean | its mean over other prompts, at each position | a mean may be like none of them |
# | resample | what it said on another prompt, drawn at random | noisy: draw several times |
#
# Zero asks what happens if the head does not exist, mean if it says what it usually says, resample
# if it knows nothing of *this* prompt.
#
# The three can disagree by a lot, so a paper that says "we ablated the head" has not yet said what
# it did.
#
# ### Exercise 11: ablate
#
# difficulty 3/5 · importance 5/5 · 20 min
#
# Run the model on `tokens` with the heads in `heads`, pairs `(layer, head)`, taken away all at
# once, and return its logits. What you replace is `z`, the head's output before $W_O$:
#
# $$z_h[b, i] \leftarrow \begin{cases} 0 & \text{zero} \\
# \frac1R \sum_{r} z_h^{\mathrm{ref}}[r, i] & \text{mean} \\
# z_h^{\mathrm{ref}}[r_{h,b},\, i] & \text{resample} \end{cases}$$
#
# - `reference` are $R$ other prompts of the same length; $z^{\mathrm{ref}}$ is what the *unablated*
#   model computes on them. The mean goes over the prompts and keeps the positions apart.
# - In `"resample"` every head $h$ and every prompt $b$ draws a row $r_{h,b}$ of its own, uniformly
#   and with replacement. (With one row for all heads you would put in a *coherent* other run, in
#   which the heads still agree with each other.) The same `seed` gives the same draw.
# - The model must be as before afterwards: no hook may stay.
#
# `blocks.{layer}.attn.hook_z` is `[batch, pos, head, d_head]`.
#
# <details><summary>Hint 1: nudge</summary>
#
# Two runs: one on the reference, whose `z` you keep, and one on the tokens, with a hook on each
# layer that has heads to replace. A hook gets the activation and returns the new one.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# One head of one layer is `z[:, :, head]`, `[batch, pos, d_head]`. The reference's mean over its
# first axis is `[pos, d_head]` and broadcasts into it. For "resample" you need row numbers of shape
# `[batch]`, whole numbers from 0 to `len(reference) - 1`; indexing the reference's z with them
# gives `[batch, pos, d_head]`. `torch.randint` takes a `generator`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# unless the mode is zero: run the reference with a cache
# for every head: work out its replacement (nothing, the mean over the rows, or drawn rows)
# for every layer with such heads, a hook:
#     copy z, put each replacement in at its head, return the copy
# run the tokens with these hooks, for this run only
# ```
#
# </details>


# %% exercise="ablate"
def ablate(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch pos"],
    heads: list[tuple[int, int]],
    mode: str,
    reference: Int[Tensor, "ref pos"] | None = None,
    seed: int = 0,
) -> Float[Tensor, "batch pos vocab"]:
    """Run the model with some heads taken away, all at once, and return its logits.

    Args:
        heads: pairs (layer, head).
        mode: "zero", "mean" (over the reference prompts, position by position), or "resample"
            (each head, for each prompt, takes its z from a reference prompt drawn at random).
        reference: prompts of the same length as tokens; "zero" does not need them.
        seed: of the draws of "resample".
    """
    ### BEGIN SOLUTION
    layers = sorted({layer for layer, _ in heads})
    names = {layer: f"blocks.{layer}.attn.hook_z" for layer in layers}
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        if mode != "zero":
            wanted = set(names.values())
            _, cache = model.run_with_cache(reference, names_filter=lambda name: name in wanted)
        replacements = {}
        for layer, head in heads:
            if mode == "zero":
                replacements[layer, head] = 0.0
            elif mode == "mean":
                replacements[layer, head] = cache[names[layer]][:, :, head].mean(dim=0)
            else:
                rows = torch.randint(len(reference), (len(tokens),), generator=generator)
                replacements[layer, head] = cache[names[layer]][rows][:, :, head]

        def hook_of(layer):
            def replace(z, hook):
                z = z.clone()
                for (at, head), value in replacements.items():
                    if at == layer:
                        z[:, :, head] = value
                return z

            return replace

        hooks = [(name, hook_of(layer)) for layer, name in names.items()]
        return model.run_with_hooks(tokens, fwd_hooks=hooks)
    ### END SOLUTION


# %% check="ablate" points=4
with check(ablate) as c:
    tiny = models.random(seed=11, n_layers=2, attn_only=True)
    draw = torch.Generator().manual_seed(11)
    tiny_tokens = torch.randint(37, (6, 5), generator=draw)
    others = torch.randint(37, (4, 5), generator=draw)
    clean_logits = tiny(tiny_tokens)
    c.close(c.call(tiny, tiny_tokens, [], "zero"), clean_logits, "no heads: the model itself")
    everything = [(layer, head) for layer in range(2) for head in range(4)]
    _, cache = tiny.run_with_cache(tiny_tokens)
    values = sum(tiny.blocks[i].attn.b_O for i in range(2))
    bare = tiny.unembed(tiny.ln_final(cache["resid_pre", 0] + values))
    yours = c.call(tiny, tiny_tokens, everything, "zero")
    c.close(yours, bare, "without any head only embeddings and biases are left")
    same_prompt = tiny_tokens[:1].expand(3, -1)
    yours = c.call(tiny, tiny_tokens[:1], everything, "mean", same_prompt)
    c.close(yours, clean_logits[:1], "the mean over copies of the prompt itself changes nothing")
    yours = c.call(tiny, tiny_tokens, [(1, 2)], "mean", others)
    c.close(yours[0], c.call(tiny, tiny_tokens[:1], [(1, 2)], "mean", others)[0], "no prompt leaks")
    _, kept = tiny.run_with_cache(others)
    change = kept["z", 1][:, :, 2].mean(dim=0) - cache["z", 1][:, :, 2]
    end = cache["resid_post", 1] + change @ tiny.blocks[1].attn.W_O[2]
    truth = tiny.unembed(tiny.ln_final(end))
    c.close(yours, truth, "the mean is that of all reference prompts", atol=1e-4)
    one = c.call(tiny, tiny_tokens, [(0, 1), (1, 2)], "resample", others, 1)
    c.close(c.call(tiny, tiny_tokens, [(0, 1), (1, 2)], "resample", others, 1), one, "seeded")
    two = c.call(tiny, tiny_tokens, [(0, 1), (1, 2)], "resample", others, 2)
    c.true(not torch.allclose(one, two), "another seed draws other rows")
    many = tiny_tokens[:1].expand(400, -1)
    drawn = c.call(tiny, many, [(1, 0), (1, 2)], "resample", others, 3).detach().flatten(1)
    pairs = len((drawn * 1e3).round().unique(dim=0))
    c.true(pairs == 16, "two heads draw from four rows each on its own: all 16 pairs occur")
    c.close(tiny(tiny_tokens), clean_logits, "the model is as it was: no hook stays behind")

# %% [markdown]
# ### Three ways to say "without"
#
# The planted model below is the one of part 8. One of its heads, the *voice*, writes the same
# logits on every prompt, whatever it reads.
#
# **Predict.** The voice carries nothing about any prompt. Which of the three ablations of it will
# change the model's output: `"zero"`, `"mean"`, `"resample"`? List them.

# %%
my_modes_that_hurt = None  # a list of modes

# %%
greater = greater_than.build(seed=3)
voice = greater.truth["voice"]
before = greater.model(greater.clean)[:, -1]
hurt = []
for mode in ("zero", "mean", "resample"):
    after = ablate(greater.model, greater.clean, [voice], mode, greater.corrupted)[:, -1]
    change = (after - before).abs().max().item()
    print(f"{mode:9} the largest change of a logit is {change:.2f}")
    if change > 0.01:
        hurt.append(mode)
helpers.versus(my_modes_that_hurt, hurt, "Modes that change the output")

# %% [markdown]
# A head that says the same on every prompt carries no information, and mean and resample leave it
# be; zero takes its constant away and shifts every logit. "Zero ablation hurts" is therefore no
# proof that a head *knows* something. This is why the circuits papers of this part use means or
# resampling, over prompts that have the form of the task and not its content.

# %% [markdown]
# ## Part 7: a circuit in the wild, and how to judge it
#
# Induction needs no knowledge. The most studied circuit of a language model needs a little grammar:
# **indirect object identification** (IOI).
#
# > When Mary and John went to the store, John gave a drink to ...
#
# The right continuation is the name that was *not* repeated. Wang and others (2022) took GPT-2
# small apart on such sentences: 26 of its 144 heads, in seven groups, explain most of what it does.
# Your model is another one. You will write the data set, find candidates, and then ask three times,
# in three ways: *is that the circuit?*
#
# ### Exercise 12: ioi_dataset
#
# difficulty 3/5 · importance 4/5 · 20 min
#
# A behaviour is only as good as the prompts that define it. Four traps, each of which has been in
# print:
#
# - **Order.** In "A and B ..., B gave ... to" the answer is the first name (called ABBA, A being
#   the indirect object), in "B and A ..., B gave ... to" the second (BABA). In ABBA prompts alone
#   "say the first name" is right every time.
# - **Fillings.** If ABBA prompts have other words than BABA prompts, you measure the words.
# - **Favourites.** A model may like one of the two names better anyway, before it reads a thing.
# - **Tokens.** A logit difference needs names of one token each, *as they stand in the sentence*,
#   with a space before them.
#
# The first three fall to one device: **pairs** that differ in the giver alone. Prompt $2i$ is "X
# and Y ..., Y gave ... to", answer X (ABBA); prompt $2i + 1$ is the same with X as the giver, and
# the answer is Y (BABA). What the model likes without reading cancels out in the pair.
#
# Each pair also gets a **corrupted** twin, the same text for both: the same template, place and
# object, and three *other* names, all different, in the three places (Wang and others call this the
# ABC distribution). It has the form of the task, and no answer.
#
# Return `n` dictionaries (`n` is even) with the keys `"clean"`, `"corrupted"` (texts), `"correct"`
# and `"wrong"` (names with a space before them, such as `" Mary"`).
#
# You get `words`, a dictionary of four lists: `"template"`, `"place"`, `"object"`, `"name"`. A
# template is filled by `template.format(first=..., second=..., giver=..., place=..., object=...)`;
# not all the names are one token. `n_tokens(text)` counts the tokens of a text. Everything is drawn
# from `seed`; the same seed gives the same prompts.
#
# <details><summary>Hint 1: nudge</summary>
#
# First throw out the names that are several tokens. Then the data set is a loop over pairs: draw
# one filling, write it down twice.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# A pair needs five different names: X and Y, and three for its twin. `random.Random(seed)`
# has `choice` and `sample`; `sample` gives different items in random order.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# usable = names that are one token with a space before them
# repeat n / 2 times:
#     draw a template, a place, an object, and five different usable names X Y C D E
#     corrupted: C and D first, E gives
#     once with Y as the giver (correct X, wrong Y), once with X (correct Y, wrong X):
#         clean: X and Y first, and this giver
# ```
#
# </details>


# %% exercise="ioi_dataset"
def ioi_dataset(
    words: dict[str, list[str]], n_tokens: Callable[[str], int], n: int, seed: int
) -> list[dict[str, str]]:
    """Make n IOI prompts in pairs, ABBA then BABA, each pair with a corrupted twin.

    Args:
        words: lists of templates, places, objects and names, by "template", "place", ...
        n_tokens: counts the tokens of a text.
        n: how many prompts, an even number.
        seed: everything is drawn from it.

    Returns:
        For each prompt a dictionary with "clean", "corrupted", "correct" and "wrong".
    """
    ### BEGIN SOLUTION
    draw = random.Random(seed)
    usable = [name for name in words["name"] if n_tokens(" " + name) == 1]
    prompts = []
    for _ in range(n // 2):
        template = draw.choice(words["template"])
        filling = {"place": draw.choice(words["place"]), "object": draw.choice(words["object"])}
        x, y, c, d, e = draw.sample(usable, 5)
        corrupted = template.format(first=c, second=d, giver=e, **filling)
        for receiver, giver in ((x, y), (y, x)):
            clean = template.format(first=x, second=y, giver=giver, **filling)
            names = {"correct": " " + receiver, "wrong": " " + giver}
            prompts.append({"clean": clean, "corrupted": corrupted, **names})
    return prompts
    ### END SOLUTION


# %% check="ioi_dataset" points=4
with check(ioi_dataset) as c:
    few = {
        "template": ["{first} + {second} at {place}: {giver}, {object} ->", "{first}, {second}; "
                     "{place} {giver} {object}"],
        "place": ["P", "Q", "R"],
        "object": ["U", "V"],
        "name": ["Ann", "Bob", "Cleopatra", "Dan", "Eve", "Fay", "Nebuchadnezzar", "Gus"],
    }  # fmt: skip

    # Here a token is a space and up to three letters; without the space, up to nine letters.
    def length(text):
        return 1 if len(text) <= (4 if text.startswith(" ") else 9) else 2

    yours = c.call(few, length, 40, 0)
    c.true(len(yours) == 40, "as many prompts as were asked for")
    keys = {"clean", "corrupted", "correct", "wrong"}
    c.true(all(set(p) == keys for p in yours), "each prompt has the four entries")
    said = [[name.strip() for name in (p["correct"], p["wrong"])] for p in yours]
    spaced = all(p[k][0] == " " for p in yours for k in ("correct", "wrong"))
    c.true(spaced, "the names in `correct` and `wrong` start with a space")
    short = {"Ann", "Bob", "Dan", "Eve", "Fay", "Gus"}
    c.true(all(set(names) < short for names in said), "only names of one token are used")
    texts = [(p["clean"], *names) for p, names in zip(yours, said, strict=True)]
    count = {(text.count(right), text.count(wrong)) for text, right, wrong in texts}
    c.true(count == {(1, 2)}, "the wrong name stands twice in the prompt, the correct one once")
    first = [text.index(right) < text.index(wrong) for text, right, wrong in texts]
    c.true(first == [True, False] * 20, "ABBA and BABA in turn")
    swapped = [said[i][::-1] == said[i + 1] for i in range(0, 40, 2)]
    c.true(all(swapped), "in a pair the two names change parts")
    marks = str.maketrans(dict.fromkeys(",:;", " "))
    heard = [set(p["corrupted"].translate(marks).split()) & set(few["name"]) for p in yours]
    c.true(all(len(names) == 3 for names in heard), "a corrupted prompt has three different names")
    strangers = not any(h & set(n) for h, n in zip(heard, said, strict=True))
    c.true(strangers, "none of them is in the clean prompt")

    def without_names(text):
        for name in few["name"]:
            text = text.replace(name, "*")
        return text

    same = all(without_names(p["clean"]) == without_names(p["corrupted"]) for p in yours)
    c.true(same, "but for the names, clean and corrupted are the same text")
    twins = [yours[i]["corrupted"] == yours[i + 1]["corrupted"] for i in range(0, 40, 2)]
    c.true(all(twins), "a pair has one corrupted twin")
    again, other = c.call(few, length, 40, 0), c.call(few, length, 40, 1)
    c.true(again == yours and other != yours, "the seed decides, and nothing else")

# %% [markdown]
# ### Does smollm2 do it?
#
# **Predict.** On 100 of your prompts, in what share will `smollm2` give the right name a higher
# logit than the wrong one? GPT-2 small: 99%, with a mean logit difference of 3.56.

# %%
my_share_right = None  # from 0 to 1


# %%
def count_tokens(text):
    return len(smollm2.to_tokens(text, prepend_bos=False)[0])


prompts = ioi_dataset(circuits.IOI_WORDS, count_tokens, 100, seed=0)
ioi = circuits.as_tokens(smollm2, prompts)
with torch.no_grad():
    differences = torch.cat(
        [
            circuits.logit_difference(smollm2(part.clean), part.correct, part.wrong)
            for part in tqdm(ioi.split(10), desc="100 prompts")
        ]
    )
print(prompts[0]["clean"], "->", prompts[0]["correct"])
print(prompts[1]["clean"], "->", prompts[1]["correct"])
print(f"mean logit difference {differences.mean():.2f}")
print(f"of ABBA {differences[::2].mean():.2f}, of BABA {differences[1::2].mean():.2f}")
helpers.versus(my_share_right, (differences > 0).float().mean().item(), "Share of right answers")

# %% [markdown]
# A model of the size of GPT-2 small, with other data, another tokenizer, another norm: and just as
# sure. From here on eight prompts will do (four pairs).
#
# ### Who writes the name?
#
# First the **direct effect** of each head: put its output on the corrupted prompt in place of its
# output on the clean one, *in the last sum only*, so that no later layer sees the change. This is
# path patching from the head to the logits. Since the last step is a sum and a norm, it needs no
# forward pass per head: `circuits.direct_effects` works it out from two caches.

# %%
few_prompts = ioi.split(8)[0]
head_effects = circuits.direct_effects(smollm2, few_prompts)
top_direct = circuits.top_heads(head_effects, 6)
for layer, head in top_direct:
    print(f"L{layer}H{head}: {head_effects[layer, head].item():.2f}")
plots.heatmap(
    head_effects,
    xlabel="head",
    ylabel="layer",
    unit="logits",
    center=0,
    marks=top_direct,
    title="Path to the logits patched, head by head",
)

# %% [markdown]
# A negative number: the right name loses when this head forgets the names. A positive one: the head
# works *against* the right name. Wang and others found heads of both signs too, and called those
# with a large helpful effect **name movers**: they look at the receiver's name and copy it.
#
# **Predict.** The head with the largest helpful effect: which name does it look at from the last
# position, the receiver's or the giver's?

# %%
my_name_it_looks_at = None  # "receiver" or "giver"

# %%
layers_of_top = {f"blocks.{layer}.attn.hook_pattern" for layer, _ in top_direct}
with torch.no_grad():
    _, top_cache = smollm2.run_with_cache(
        few_prompts.clean, names_filter=lambda name: name in layers_of_top
    )
receiver, giver = torch.tensor([1, 3] * 4), torch.tensor([3, 1] * 4)  # ABBA and BABA in turn
rows = torch.arange(8)
print("mean attention from the last position to    receiver   giver   giver again   direct effect")
for layer, head in top_direct:
    looks = top_cache["pattern", layer][:, head, -1]
    seen = [looks[rows, place].mean().item() for place in (receiver, giver, torch.tensor([9] * 8))]
    print(f"{f'L{layer}H{head}':43}" + "".join(f"{x:8.2f}" for x in seen), end="")
    print(f"{head_effects[layer, head].item():16.2f}")
layer, head = top_direct[0]
looks = top_cache["pattern", layer][:, head, -1]
at_giver = looks[rows, giver] + looks[:, 9]
more = "giver" if at_giver.mean() > looks[rows, receiver].mean() else "receiver"
helpers.versus(my_name_it_looks_at, more, f"L{layer}H{head} looks more at the")

# %% [markdown]
# Did you say receiver? The most helpful head looks at the *giver's* name, where it stands the
# second time. So it is no name mover: it helps by pushing down the name that it sees (Wang and
# others' *S-inhibition heads* do that from further back, through other heads). L23H0 and L23H2
# look at the receiver and help: name movers. L24H4 looks at the receiver too, and works against
# it, as the *negative* name movers of GPT-2 do. The two heads of layer 29 look at no name at all.
# A direct effect tells how much and in which direction; for how, one has to look.
#
# ### What makes a set of heads *the* circuit?
#
# You have candidates. Wang and others ask three things of a circuit $C$, a set out of all the heads
# $M$. Let $F(S)$ be the behaviour, here the mean logit difference, when only the heads in $S$ work
# and all others are mean-ablated over the corrupted prompts:
#
# | criterion | asks | fails when |
# |---|---|---|
# | **faithful** | does $C$ alone do what the model does? | something necessary is missing |
# | **complete** | does $C$ stay like the model when both are damaged? | a spare part is missing |
# | **minimal** | does each head of $C$ matter, in some situation? | there is ballast |
#
# The three exercises that follow know no model: they get $F$ as a function `score(mask)`, and a
# mask is a tensor of truth values `[layer, head]`, True for the heads that work. Masks have `&`
# (and), `|` (or) and `~` (not).
#
# ### Exercise 13: faithfulness
#
# difficulty 1/5 · importance 5/5 · 5 min
#
# $$\mathrm{faithfulness}(C) = \frac{F(C) - F(\emptyset)}{F(M) - F(\emptyset)}$$
#
# 1 for the whole model, 0 for nothing; more than 1 is possible (a circuit may leave out what works
# against the behaviour). Without the subtraction a behaviour that survives the ablation of *every*
# head, because the MLPs do it, would be put down to the circuit.
#
# <details><summary>Hint 1: nudge</summary>
#
# You need three scores, and two of them do not depend on what is in the circuit.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `torch.ones_like(circuit)` and `torch.zeros_like(circuit)` are masks of the same shape: everything
# and nothing.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# nothing = score of the empty mask;  everything = score of the full mask
# how far the circuit's score is above nothing, as a share of how far everything is
# ```
#
# </details>


# %% exercise="faithfulness"
def faithfulness(
    score: Callable[[Bool[Tensor, "layer head"]], float], circuit: Bool[Tensor, "layer head"]
) -> float:
    """Return the share of the behaviour that the circuit alone has: 1 the model, 0 nothing."""
    ### BEGIN SOLUTION
    nothing = score(torch.zeros_like(circuit))
    everything = score(torch.ones_like(circuit))
    return (score(circuit) - nothing) / (everything - nothing)
    ### END SOLUTION


# %% check="faithfulness" points=2
with check(faithfulness) as c:
    worth = torch.tensor([[4.0, 0.0, 1.0], [0.0, -2.0, 3.0]])  # a model that adds up its heads

    def adds(mask):
        return 7.0 + (worth * mask).sum().item()

    circuit = torch.tensor([[True, False, True], [False, False, False]])
    c.close(c.call(adds, torch.ones(2, 3, dtype=torch.bool)), 1.0, "the whole model: 1")
    c.close(c.call(adds, torch.zeros(2, 3, dtype=torch.bool)), 0.0, "nothing: 0")
    c.close(c.call(adds, circuit), 5 / 6, "here 4 + 1 out of 4 + 1 - 2 + 3")
    c.close(c.call(adds, worth > 0), 8 / 6, "without the head that works against it: more than 1")

# %% [markdown]
# ### Exercise 14: completeness
#
# difficulty 3/5 · importance 5/5 · 15 min
#
# A faithful circuit may still miss half the story. Suppose two heads can do the same job, and the
# second acts only when the first is silent. The first alone is perfectly faithful. But it is not
# what the model has: knock the first out *of the model*, and the behaviour stays; knock it out *of
# the circuit*, and it is gone. So take the same parts away from both, and compare:
#
# $$\mathrm{gap}(K) = \bigl|\, F(C \setminus K) - F(M \setminus K) \,\bigr| \qquad
# \text{for each set of heads } K.$$
#
# A complete circuit has a small gap for *every* $K$. There are too many to try all, so you are
# given some: `subsets`, `[subset, layer, head]`. (A common misreading: "the circuit is complete if
# the rest of the model fails without it". That is one number, $F(M \setminus C)$; completeness is
# about circuit and model under the same damage.)
#
# <details><summary>Hint 1: nudge</summary>
#
# For each $K$ two scores: one of the damaged circuit, one of the damaged model. Damaged means: what
# is in $K$ does not work.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `subsets[i]` is a mask `[layer, head]`. $C \setminus K$ is `circuit & ~subset`, and $M$ has
# everything. The result is `[subset]`, floats, none negative.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# for each subset K:
#     of the circuit: score of the heads in the circuit and not in K
#     of the model:   score of all heads that are not in K
#     the absolute difference
# one tensor of them
# ```
#
# </details>


# %% exercise="completeness"
def completeness(
    score: Callable[[Bool[Tensor, "layer head"]], float],
    circuit: Bool[Tensor, "layer head"],
    subsets: Bool[Tensor, "subset layer head"],
) -> Float[Tensor, " subset"]:
    """Return, for each subset K, how far circuit without K and model without K are apart."""
    ### BEGIN SOLUTION
    gaps = [score(circuit & ~subset) - score(~subset) for subset in subsets]
    return torch.tensor(gaps).abs()
    ### END SOLUTION


# %% check="completeness" points=3
with check(completeness) as c:

    def spare(mask):  # either of two heads is enough
        return 5.0 if mask[0, 0] or mask[1, 2] else 1.0

    one, both = torch.zeros(2, 2, 3, dtype=torch.bool)
    one[0, 0] = both[0, 0] = both[1, 2] = True
    takes = torch.zeros(4, 2, 3, dtype=torch.bool)
    takes[1, 0, 0] = takes[2, 1, 2] = takes[3, 0, 0] = takes[3, 1, 2] = True
    gaps = c.call(spare, one, takes)
    c.close(gaps[0], 0.0, "K empty: both do the job")
    c.close(gaps[1], 4.0, "K the one head: the circuit fails, the model has its spare")
    c.close(gaps[2:], torch.zeros(2), "K the spare, or both heads: they agree again")
    c.close(c.call(spare, both, takes), torch.zeros(4), "with its spare part it is complete")
    worth = torch.tensor([[4.0, 0.0, 1.0], [0.0, -2.0, 3.0]])

    def adds(mask):
        return 7.0 + (worth * mask).sum().item()

    c.close(c.call(adds, one, takes), [2.0, 2.0, 1.0, 1.0], "no gap is negative")

# %% [markdown]
# ### Exercise 15: minimality
#
# difficulty 3/5 · importance 3/5 · 15 min
#
# The other way round: does every head of the circuit earn its place? Taking it out must change the
# score, but perhaps only when its spare is out as well. So each head $v$ gets its best case:
#
# $$\mathrm{need}(v) = \max_{K}\; \bigl|\, F(C \setminus K) - F(C \setminus (K \cup \{v\}))
# \,\bigr| \qquad v \in C,$$
#
# the maximum over the given `subsets`. Heads outside the circuit get 0.
#
# <details><summary>Hint 1: nudge</summary>
#
# Two loops: over the heads of the circuit, and over the subsets. $F(C \setminus K)$ does not depend
# on $v$: work it out once for each subset.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# The result is `[layer, head]`, zeros at first. `circuit.nonzero()` lists the heads of the circuit
# as rows `(layer, head)`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# need = zeros of the circuit's shape
# for each subset K:
#     kept = in the circuit and not in K;  base = its score
#     for each head v of the circuit:
#         without = kept, and v False too
#         need at v = the larger of what it is and |base - score of without|
# ```
#
# </details>


# %% exercise="minimality"
def minimality(
    score: Callable[[Bool[Tensor, "layer head"]], float],
    circuit: Bool[Tensor, "layer head"],
    subsets: Bool[Tensor, "subset layer head"],
) -> Float[Tensor, "layer head"]:
    """Return for each head of the circuit the most that taking it out changes; 0 outside."""
    ### BEGIN SOLUTION
    need = torch.zeros(circuit.shape)
    for subset in subsets:
        kept = circuit & ~subset
        base = score(kept)
        for layer, head in kept.nonzero().tolist():  # a head in K changes nothing by leaving again
            without = kept.clone()
            without[layer, head] = False
            change = abs(base - score(without))
            need[layer, head] = max(need[layer, head].item(), change)
    return need
    ### END SOLUTION


# %% check="minimality" points=3
with check(minimality) as c:

    def spare(mask):  # either of two heads is enough
        return 5.0 if mask[0, 0] or mask[1, 2] else 1.0

    circuit = torch.zeros(2, 3, dtype=torch.bool)
    circuit[0, 0] = circuit[1, 2] = circuit[0, 1] = True  # both that can do it, and ballast
    nothing, takes = torch.zeros(1, 2, 3, dtype=torch.bool), torch.zeros(3, 2, 3, dtype=torch.bool)
    takes[1, 0, 0] = takes[2, 1, 2] = True
    c.close(c.call(spare, circuit, nothing), torch.zeros(2, 3), "alone, each seems superfluous")
    expected = torch.tensor([[4.0, 0.0, 0.0], [0.0, 0.0, 4.0]])
    c.close(c.call(spare, circuit, takes), expected, "with the other out, each is needed; not so "
            "the ballast")  # fmt: skip
    worth = torch.tensor([[4.0, 0.5, 1.0], [0.0, -2.0, 3.0]])

    def adds(mask):
        return 7.0 + (worth * mask).sum().item()

    expected = torch.tensor([[4.0, 0.5, 0.0], [0.0, 0.0, 3.0]])
    c.close(c.call(adds, circuit, nothing), expected, "heads outside the circuit get 0")
    alone = torch.zeros(2, 3, dtype=torch.bool)
    alone[0, 0] = True
    damage = "the damage is done to the circuit, not to the model"
    c.close(c.call(spare, alone, nothing), 4.0 * alone, damage)
    against = circuit.clone()
    against[1, 1] = True
    expected = torch.tensor([[4.0, 0.5, 0.0], [0.0, 2.0, 3.0]])
    each = "each against the circuit that lacks K, without a sign"
    c.close(c.call(adds, against, takes), expected, each)

# %% [markdown]
# ### The three questions, where the answer is known
#
# The planted model of the next cells has one head that answers, the *primary*, and one that steps
# in when the answer is missing, the *backup*; seven others do nothing. The score is the mean logit
# difference, through your exercise 11.
#
# **Predict.** The circuit is the primary alone. What is its faithfulness, and what is its gap when
# $K$ is the primary? (The score of the whole model is 3.)

# %%
my_faithfulness_of_the_primary = None
my_gap_without_the_primary = None

# %%
spared = backup.build(seed=4)


def planted_score(mask):
    gone = circuits.heads_in(~mask)
    logits = ablate(spared.model, spared.clean, gone, "mean", spared.clean)
    return circuits.logit_difference(logits, spared.correct, spared.wrong).mean().item()


primary_alone = circuits.mask_of(spared.model, [spared.truth["primary"]])
with_backup = circuits.mask_of(spared.model, [spared.truth["primary"], spared.truth["backup"]])
damage = torch.stack([torch.zeros_like(primary_alone), primary_alone, with_backup])
for name, circuit in (("primary alone", primary_alone), ("with its backup", with_backup)):
    share = faithfulness(planted_score, circuit)
    gaps = completeness(planted_score, circuit, damage)
    need = minimality(planted_score, circuit, damage)[circuit]
    print(f"{name:16} faithfulness {share:.2f}   gaps {gaps.tolist()}   needs {need.tolist()}")
helpers.versus(
    my_faithfulness_of_the_primary,
    round(faithfulness(planted_score, primary_alone), 2),
    "Faithfulness of the primary alone",
)
helpers.versus(
    my_gap_without_the_primary,
    round(completeness(planted_score, primary_alone, damage)[1].item(), 2),
    "Its gap without the primary",
)

# %% [markdown]
# Perfectly faithful, and wrong about the model. Whoever stops at faithfulness calls a model with a
# spare part "this one head".
#
# ### Exercise 16: self_repair
#
# difficulty 4/5 · importance 4/5 · 20 min
#
# How large is the repair? A head's **direct effect** on the logit difference is what its own write
# contributes to the last stream; its **total effect** is what is lost when it is ablated and
# everything after it reacts. If the others did not react, the two would be equal:
#
# $$\mathrm{repair} = \mathrm{direct} - \mathrm{total}.$$
#
# With $d(x)$ the logit difference that a final stream $x$ gives (through the model's norm, taken
# afresh) and $w_h$ what head $h$ wrote there, all at the last position, for each prompt:
#
# $$\mathrm{direct} = d(x) - d(x - w_h), \qquad
# \mathrm{total} = d(x) - d(x^{\text{head } h \text{ zero-ablated, at every position}}).$$
#
# Return the pair `(direct, total)`, each `[batch]`. Given: `circuits.read_out(model, stream)`, norm
# and unembedding; `circuits.logit_difference(logits, correct, wrong)`, for logits `[batch, vocab]`
# or `[batch, pos, vocab]`.
#
# <details><summary>Hint 1: nudge</summary>
#
# One clean run with a cache gives the direct effect without another run; one run with the head
# silenced (exercise 11) gives the total effect.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# The final stream is `cache["resid_post", n_layers - 1][:, -1]`, `[batch, d_model]`. The head's z
# there is `cache["z", layer][:, -1, head]`, `[batch, d_head]`, and `model.blocks[layer].attn.W_O`
# is `[head, d_head, d_model]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# run the clean prompts with a cache
# wrote = the head's z at the last position times its W_O
# direct = difference read off the final stream  minus  the same with wrote taken out
# run with the head at zero
# total = difference of the clean run  minus  that of this run
# ```
#
# </details>


# %% exercise="self_repair"
def self_repair(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch pos"],
    correct: Int[Tensor, " batch"],
    wrong: Int[Tensor, " batch"],
    head: tuple[int, int],
) -> tuple[Float[Tensor, " batch"], Float[Tensor, " batch"]]:
    """Return the head's direct and its total effect on the logit difference, for each prompt."""
    ### BEGIN SOLUTION
    layer, index = head
    with torch.no_grad():
        _, cache = model.run_with_cache(tokens)
        stream = cache["resid_post", model.cfg.n_layers - 1][:, -1]
        wrote = cache["z", layer][:, -1, index] @ model.blocks[layer].attn.W_O[index]
        silenced = ablate(model, tokens, [head], "zero")
        clean, without, ablated = (
            circuits.logit_difference(logits, correct, wrong)  # given
            for logits in (
                circuits.read_out(model, stream),
                circuits.read_out(model, stream - wrote),
                silenced,
            )
        )
    return clean - without, clean - ablated
    ### END SOLUTION


# %% check="self_repair" points=3
with check(self_repair) as c:
    planted = backup.build(seed=1)
    told = (planted.clean, planted.correct, planted.wrong)
    three, zero = torch.full((12,), 3.0), torch.zeros(12)
    by_itself, in_all = c.call(planted.model, *told, planted.truth["primary"])
    c.close(by_itself, three, "the primary writes the whole difference itself", atol=1e-3)
    c.close(in_all, zero, "without it the backup steps in: nothing is lost", atol=1e-3)
    by_itself, in_all = c.call(planted.model, *told, planted.truth["backup"])
    c.close(torch.stack([by_itself, in_all]), torch.zeros(2, 12), "the backup rests", atol=1e-3)
    tiny = models.random(seed=16, n_layers=2, attn_only=True)
    tokens = torch.randint(37, (3, 5), generator=torch.Generator().manual_seed(16))
    pair = torch.tensor([1, 2, 3]), torch.tensor([4, 5, 6])
    by_itself, in_all = c.call(tiny, tokens, *pair, (1, 2))
    c.close(by_itself, in_all, "after the last layer comes nothing: direct is total", atol=1e-4)
    by_itself, in_all = c.call(tiny, tokens, *pair, (0, 2))
    c.true((by_itself - in_all).abs().max() > 0.01, "after an early head others do react")

# %% [markdown]
# ### And in smollm2?
#
# **Predict.** For the three heads with the largest helpful direct effects: will the total effect be
# smaller than the direct one (others make up for the loss), or larger (others amplify it)?

# %%
my_total_is = None  # "smaller" or "larger"

# %%
four = few_prompts.split(4)[0]
repairs = []
for head in [head for head in top_direct if head_effects[head] < 0][:3]:
    head_direct, head_total = self_repair(smollm2, four.clean, four.correct, four.wrong, head)
    repairs.append((head_direct - head_total).mean().item())
    print(
        f"L{head[0]}H{head[1]}: direct {head_direct.mean():5.2f}, total {head_total.mean():5.2f}, "
        f"repair {repairs[-1]:5.2f}"
    )
said = ["smaller" if repair > 0 else "larger" for repair in repairs]
helpers.versus(my_total_is, said, "Total against direct effect")

# %% [markdown]
# Both happen. The name mover L23H0 writes .88 logits of the difference itself, and without it only
# .12 are lost: later layers make up for nearly all of it. Whoever ablates heads one by one would
# have thrown it out. The loss of L23H3 is *amplified*: what it writes is read by others, too. A
# total effect alone tells neither how much a head does nor that it does nothing.
#
# ### A candidate circuit of smollm2
#
# Now the real model. The first step is a ranking: which heads lose the behaviour when they are
# corrupted? The function `circuits.node_attribution` estimates it for all 270 heads at once, from a
# gradient; in part 8 you will build the method behind it, and measure how far it can be trusted.
# Take the first $k$ heads that carry the right answer, and see how faithful they are.
#
# **Predict.** How many of the 270 heads does it take to have 87% of the behaviour, the faithfulness
# that Wang and others report for their 26 heads of GPT-2 small?

# %%
my_number_of_heads = None

# %%
other_prompts = ioi.split(24)[1]  # not those that the score is measured on
attribution = circuits.node_attribution(smollm2, other_prompts)
ranking = [divmod(i, 9) for i in attribution.flatten().argsort().tolist()]  # most needed first


def ioi_score(mask):
    gone = circuits.heads_in(~mask)
    # A pair has one corrupted twin: every second row has them all.
    logits = ablate(smollm2, few_prompts.clean, gone, "mean", few_prompts.corrupted[::2])
    return circuits.logit_difference(logits, few_prompts.correct, few_prompts.wrong).mean().item()


ioi_score = circuits.remembered(ioi_score)  # a mask that came before is not run again
sizes = [2, 4, 8, 16, 24, 32, 48]
shares = [
    faithfulness(ioi_score, circuits.mask_of(smollm2, ranking[:k]))
    for k in tqdm(sizes, desc="circuits")
]
enough = next((k for k, x in zip(sizes, shares, strict=True) if x >= 0.87), None)
helpers.versus(my_number_of_heads, enough, "Tried sizes with a faithfulness of at least .87: from")
plots.lines(
    {"first k heads of the ranking": shares},
    x=sizes,
    xlabel="heads in the circuit",
    ylabel="faithfulness",
    levels={"the whole model": 1.0, "Wang and others, 26 heads": 0.87},
    title="How many heads does IOI need?",
)

# %% [markdown]
# The curve climbs, and not evenly: a few heads have two thirds of it, some two dozen about nine
# tenths, and beyond that the share goes over 1: the list is sorted by who *helps*, so a long piece
# of it leaves out all that hold back. The ranking was made on other prompts than the score; with
# the same ones it would flatter itself.
#
# **Predict.** Take the first 24 heads as the candidate. You damage circuit and model alike by
# taking away the two heads with the largest helpful direct effects. Will the gap be smaller or
# larger than half of the whole behaviour?

# %%
my_gap_is = None  # "smaller" or "larger"

# %%
candidate = circuits.mask_of(smollm2, ranking[:24])
whole, bare = ioi_score(torch.ones_like(candidate)), ioi_score(torch.zeros_like(candidate))
share = faithfulness(ioi_score, candidate)
top_two = circuits.mask_of(smollm2, [head for head in top_direct if head_effects[head] < 0][:2])
draw = torch.Generator().manual_seed(0)
chosen = torch.randperm(24, generator=draw)[:12].tolist()
some = circuits.mask_of(smollm2, [ranking[i] for i in chosen])
taken = torch.stack([torch.zeros_like(candidate), top_two, some])
gaps = completeness(ioi_score, candidate, taken)
for name, gap in zip(("nothing", "two top heads", "12 of its heads"), gaps.tolist(), strict=True):
    print(f"without {name:16} gap {gap:.2f}, {gap / (whole - bare):.0%} of the behaviour")
helpers.versus(
    my_gap_is, "larger" if gaps[1] > (whole - bare) / 2 else "smaller", "The gap without those two"
)
for head in ((23, 0), (23, 2)):
    print(f"the name mover L{head[0]}H{head[1]} has place {ranking.index(head) + 1} of the ranking")
with_movers = candidate | circuits.mask_of(smollm2, [(23, 0), (23, 2)])
(gap_with,) = completeness(ioi_score, with_movers, top_two[None]).tolist()
print(f"with both: faithfulness {faithfulness(ioi_score, with_movers):.2f},", end=" ")
print(f"gap without the two top heads {gap_with / (whole - bare):.0%}")

# %%
fewer = few_prompts.split(4)[0]


def short_score(mask):
    gone = circuits.heads_in(~mask)
    logits = ablate(smollm2, fewer.clean, gone, "mean", few_prompts.corrupted[::2])
    return circuits.logit_difference(logits, fewer.correct, fewer.wrong).mean().item()


short_score = circuits.counted(circuits.remembered(short_score), 25, "taking one head out")
need = minimality(short_score, candidate, torch.zeros_like(candidate)[None])
least = 0.01 * (whole - bare)
needed = int((need[candidate] >= least).sum())
print(f"{needed} of the 24 heads change the score by 1% of the behaviour or more when they leave")
plots.bars(
    {f"L{layer}H{head}": need[layer, head] for layer, head in ranking[:24]},
    top=24,
    title="What the circuit misses without each of its heads",
    unit="logits",
)

# %%
print(f"{'':34}{'smollm2':>12}{'GPT-2 small':>14}")
print(f"{'mean logit difference':34}{differences.mean().item():12.2f}{'3.56':>14}")
print(f"{'right name first':34}{(differences > 0).float().mean().item():12.0%}{'99%':>14}")
print(f"{'heads in the circuit, of all':34}{'24 of 270':>12}{'26 of 144':>14}")
print(f"{'faithfulness':34}{share:12.0%}{'87%':>14}")
print(f"{'largest gap of those tried':34}{gaps.max().item():12.2f}")
print(f"{'change 1% or more, K chosen':34}{'':12}{'26 of 26':>14}")
print(f"{'change 1% or more, K empty':34}{f'{needed} of 24':>12}")

# %% [markdown]
# The right column is Wang and others (2022): 26 heads, found by months of work by hand, with a role
# for each. Yours took a gradient and a minute, and it shows. It is about as faithful
# ($F(\emptyset)$ is 0 here: when no head works, the two prompts of a pair cancel). Under damage it
# is not the model: it lacks spare parts, and you have met them. The name movers L23H0 and L23H2
# stand far down the ranking, because a gradient, like an ablation, sees the *total* effect, and
# that of L23H0 is repaired away (exercise 16). Put in by hand they close a third of the gap. And
# with nothing else taken away, some of its heads change next to nothing: whether they are ballast
# or have spares, only other sets $K$ can say (exercise 15); Wang and others chose such a $K$ for
# each of their heads. Their circuit, too, does well on random sets $K$, and worse on sets found by
# search for the largest gap: completeness is the hardest of the three.
#
# ### Optional: GPT-2 small itself
#
# With a network (or GPT-2 in the hub's cache), set `RUN_GPT2 = True`. The prompts are drawn again,
# since names are counted by another tokenizer.

# %%
RUN_GPT2 = False
if RUN_GPT2:
    gpt2 = models.load("gpt2")

    def count_for_gpt2(text):
        return len(gpt2.to_tokens(text, prepend_bos=False)[0])

    prompts_for_gpt2 = ioi_dataset(circuits.IOI_WORDS, count_for_gpt2, 100, seed=0)
    ioi_gpt2 = circuits.as_tokens(gpt2, prompts_for_gpt2)
    with torch.no_grad():
        logits = gpt2(ioi_gpt2.clean)[:, -1]
    theirs = circuits.logit_difference(logits, ioi_gpt2.correct, ioi_gpt2.wrong)
    print(f"mean logit difference {theirs.mean():.2f} (Wang and others: 3.56), ", end="")
    print(f"{(theirs > 0).float().mean():.0%} right")
    direct_gpt2 = circuits.direct_effects(gpt2, ioi_gpt2.split(20)[0])
    print("largest direct effects:", circuits.top_heads(direct_gpt2, 6))
    print("their name movers: L9H9, L10H0, L9H6; against the name: L10H7, L11H10")

# %% [markdown] question="what_is_shown" points=2
# ### Question C: what does 87% prove?
#
# A paper reports: "We found a circuit of 24 heads. Mean-ablating all others keeps 90% of the logit
# difference. Ablating the 24 heads destroys the behaviour. So the circuit is *the* mechanism: it is
# necessary and sufficient." (1) Which of the three criteria have they tested, and with what?
# (2) Describe a model in which both of their results hold and another head does the same job.
# (3) Which experiment would find that head?
#
# ### BEGIN SOLUTION
# **Model answer.** (1) Faithfulness, by F(C). The second number, F(M without C), is the complement
# test; it is one case of damage and not completeness. Minimality was not tested at all. (2) A
# primary head in C and a backup in the rest that acts only when the primary is silent *and* needs
# something else from C (a head that finds the repeated name, say). C alone works; with all of C
# gone the backup has nothing to work with; but without the primary alone the model goes on. (3)
# Completeness with small K: take the primary away from circuit and model, the circuit fails and
# the model does not. Then look which head's direct effect has grown (self-repair).
#
# **Rubric.** Half a point: faithfulness and the complement, and that the complement is not
# completeness. 1 point: a model that fits both results (half a point when the spare part would
# survive the ablation of C, against their second result). Half a point: the same damage to both.
# ### END SOLUTION

# %% [markdown]
# ## Part 8: let the computer find the circuit
#
# Ranking heads says *who*. A circuit also says *from whom to whom*: its **edges**. In a model
# without MLPs and norms, what a head reads is the sum of what the embedding and all earlier heads
# have written, so each pair of a writer and a later reader is an edge that can be cut by itself:
# along that edge alone, the reader gets what the writer says on the *corrupted* prompt.
#
# `HeadGraph(model)` is such a model, edge by edge:
#
# - `graph.nodes` are names, `"input"`, `"L0H0"`, ..., `"output"`; everywhere else a node is its
#   number in this list. `graph.edges` are all `(source, target)`; `graph.is_edge` is the same as a
#   mask `[node, node]`, True at `[source, target]`.
# - `graph.embed(tokens)` is what the input node writes, `[batch, pos, d_model]`.
# - `graph.run(embedded)` returns `written`, `[node, batch, pos, d_model]`, what each node wrote,
#   and the `logits` at the last position, `[batch, vocab]`.
# - `graph.run(embedded, cut=mask, instead=other)` cuts the edges where `mask` is True: along them
#   the target reads `other[source]`.
# - `graph.run(embedded, nudge=zeros)` adds `nudge[node]`, `[batch, pos, d_model]`, to what each
#   node *reads*. Zeros change nothing; but if they require a gradient, it collects there.
#
# The model below was built after Hanna and others (2023), *How does GPT-2 compute greater-than?*: a
# prompt holds a digit, and the model favours the larger ones. Clean prompts hold a digit from 3 to
# 8, the corrupted ones a 1. It has 9 heads and 46 edges; how many of them do the work, you will
# find out.

# %%
greater = greater_than.build(seed=3)
graph = HeadGraph(greater.model)
with torch.no_grad():
    for name, tokens in (("clean", greater.clean), ("corrupted", greater.corrupted)):
        logits = graph.run(graph.embed(tokens))[1]
        print(f"{name:9} first prompt: {tokens[0].tolist()}   logits of the ten digits:", end=" ")
        print([round(x, 1) for x in logits[0, 1:11].tolist()])
print(len(graph.edges), "edges")

# %% [markdown]
# ### Exercise 17: eap
#
# difficulty 4/5 · importance 5/5 · 25 min
#
# To know what each edge is worth one could cut each, one at a time, one run per edge. **Edge
# attribution patching** (Syed, Rager and Conmy, 2023) estimates all of them from two runs and one
# gradient. Cutting the edge $u \to v$ changes what $v$ reads by $z_u^{\mathrm{corr}} -
# z_u^{\mathrm{clean}}$; to first order the metric $m$ changes by
#
# $$\mathrm{EAP}(u \to v) = \sum_{b,\, i,\, d} \bigl(z_u^{\mathrm{corr}} -
# z_u^{\mathrm{clean}}\bigr) \cdot
# \frac{\partial m}{\partial\, \mathrm{read}_v}\Big|_{\mathrm{clean}}
# \qquad m = \operatorname*{mean}_b\,(\mathrm{logit}_{\mathrm{correct}} -
# \mathrm{logit}_{\mathrm{wrong}}).$$
#
# A negative score says: without this edge the right answer loses. Return all scores as `[node,
# node]`, at `[source, target]`, and 0 where there is no edge.
#
# <details><summary>Hint 1: nudge</summary>
#
# What every source wrote, clean and corrupted, comes from two runs. What the metric does when a
# node reads a little more is what `nudge` is for.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `nudge` is `[node, batch, pos, d_model]`, like `written`. Its gradient has the same shape, one
# entry for each *target*. The scores are a product over all pairs of nodes, with batch, position
# and `d_model` summed away; the metric has taken the mean over the batch already.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# run the corrupted prompts (no gradient needed): what each node wrote
# nudge = zeros for every node, with requires_grad
# run the clean prompts with the nudge; metric = mean logit difference; its gradient at the nudge
# score at [source, target] = (corrupted - clean write of source) times (gradient at target), summed
# zero where the graph has no edge
# ```
#
# </details>


# %% exercise="eap"
def eap(
    model: TransformerBridge,
    clean: Int[Tensor, "batch pos"],
    corrupted: Int[Tensor, "batch pos"],
    correct: Int[Tensor, " batch"],
    wrong: Int[Tensor, " batch"],
) -> Float[Tensor, "source target"]:
    """Estimate what cutting each edge does to the mean logit difference, from one gradient.

    Returns:
        The scores by node numbers, 0 where there is no edge.
    """
    graph = HeadGraph(model)
    ### BEGIN SOLUTION
    embedded = graph.embed(clean)
    with torch.no_grad():
        other, _ = graph.run(graph.embed(corrupted))
    nudge = torch.zeros(len(graph.nodes), *embedded.shape, dtype=embedded.dtype, requires_grad=True)
    with torch.enable_grad():
        own, logits = graph.run(embedded, nudge=nudge)
        metric = circuits.logit_difference(logits, correct, wrong).mean()
        (gradient,) = torch.autograd.grad(metric, nudge)
    change = other - own.detach()
    scores = einsum(change, gradient, "source b p d, target b p d -> source target")
    return scores * graph.is_edge
    ### END SOLUTION


# %% check="eap" points=4
with check(eap) as c:
    planted = greater_than.build(seed=17)
    told = (planted.clean, planted.corrupted, planted.correct, planted.wrong)
    scores = c.call(planted.model, *told)
    tiny_graph = HeadGraph(planted.model)
    c.true(scores.shape == tiny_graph.is_edge.shape, "a score for each pair of nodes")
    c.true((scores[~tiny_graph.is_edge] == 0).all(), "0 where there is no edge")
    other, _ = tiny_graph.run(tiny_graph.embed(planted.corrupted))
    cuts = torch.zeros_like(scores)
    embedded = tiny_graph.embed(planted.clean)
    before = circuits.logit_difference(tiny_graph.run(embedded)[1], *told[2:]).mean()
    for edge in tiny_graph.edges:
        cut = torch.zeros_like(tiny_graph.is_edge)
        cut[edge] = True
        _, logits = tiny_graph.run(embedded, cut=cut, instead=other)
        cuts[edge] = circuits.logit_difference(logits, *told[2:]).mean() - before
    c.close(scores, cuts, "here all that counts is linear: it is what cutting does", atol=1e-3)

# %% [markdown]
# ### The edges of greater-than
#
# **Predict.** There are 46 edges. How many get a score larger than 0.01, in either direction?

# %%
my_number_of_edges = None

# %%
told = (greater.clean, greater.corrupted, greater.correct, greater.wrong)
scores = eap(greater.model, *told)
found = {edge: scores[edge].item() for edge in graph.edges if abs(scores[edge]) > 0.01}
helpers.versus(my_number_of_edges, len(found), "Edges with a score")
print("the planted circuit:", set(found) == set(greater.edges))
plots.graph(
    found,
    nodes=graph.nodes,
    ranks=graph.layer_of,
    title="Greater-than, by edge attribution patching",
    unit="logits",
)

# %% [markdown]
# The digit goes to the *spotter*, which writes it down one position later; two *movers* read the
# note, one lifts the larger digits, the other pushes down the rest. One gradient, and every edge of
# the circuit is there and no other.
#
# ### Where the gradient sees nothing
#
# EAP asks what a *small* change does. A head whose attention is quite sure of itself does not move
# by small changes: its softmax is saturated. The next model is built so. Its `switch` looks at a
# marker and says one word when the marker stands at position 1, and another when at position 2.
# Clean and corrupted prompts have the marker at different places, so cutting the edge input ->
# switch turns the answer round.

# %%
sure = switch.build(seed=2)
sure_told = (sure.clean, sure.corrupted, sure.correct, sure.wrong)
sure_graph = HeadGraph(sure.model)
sure_scores = eap(sure.model, *sure_told)
with torch.no_grad():
    other, _ = sure_graph.run(sure_graph.embed(sure.corrupted))
    _, logits = sure_graph.run(sure_graph.embed(sure.clean))
    before = circuits.logit_difference(logits, sure.correct, sure.wrong).mean()
for edge in sorted(sure.edges):
    cut = torch.zeros_like(sure_graph.is_edge)
    cut[edge] = True
    with torch.no_grad():
        _, logits = sure_graph.run(sure_graph.embed(sure.clean), cut=cut, instead=other)
    effect = circuits.logit_difference(logits, sure.correct, sure.wrong).mean() - before
    name = " -> ".join(sure_graph.nodes[i] for i in edge)
    print(f"{name:15} cutting it: {effect:6.2f}   EAP says: {sure_scores[edge]:7.4f}")

# %% [markdown]
# ### Exercise 18: eap_ig
#
# difficulty 3/5 · importance 4/5 · 15 min
#
# The remedy is an old one, **integrated gradients**: ask for the gradient not at the clean prompt
# alone but all along the way from clean to corrupted, and take the mean. Hanna, Pezzelle and
# Belinkov (2024) walk in the *embeddings*, in $m$ steps, here at the middle of each:
#
# $$x(\alpha) = x^{\mathrm{clean}} + \alpha\,(x^{\mathrm{corr}} - x^{\mathrm{clean}}), \qquad
# \mathrm{score}(u \to v) = \sum \bigl(z_u^{\mathrm{corr}} - z_u^{\mathrm{clean}}\bigr) \cdot
# \frac1m \sum_{k=1}^{m} \frac{\partial m}{\partial\, \mathrm{read}_v}\Big|_{x(\alpha_k)},
# \quad \alpha_k = \frac{k - \frac12}{m}.$$
#
# The writes $z_u$ stay those of the two ends. And there is a sum to check by: the scores of all
# edges *out of the input* add up to the whole change of the metric, $m(x^{\mathrm{corr}}) -
# m(x^{\mathrm{clean}})$, up to the error of the steps.
#
# <details><summary>Hint 1: nudge</summary>
#
# Only one thing changes from exercise 17: where the gradient is taken, and that it is a mean over
# several places.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `graph.embed` of clean and corrupted are both `[batch, pos, d_model]`; a point between them is a
# weighted sum. Each step's gradient is `[node, batch, pos, d_model]`, and so is their mean.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# what each node wrote, on clean and on corrupted
# for k = 1 ... steps:
#     the point at share (k - 1/2) / steps of the way from clean to corrupted
#     run it with a fresh nudge; add the gradient of the metric
# divide by steps; then as in exercise 17
# ```
#
# </details>


# %% exercise="eap_ig"
def eap_ig(
    model: TransformerBridge,
    clean: Int[Tensor, "batch pos"],
    corrupted: Int[Tensor, "batch pos"],
    correct: Int[Tensor, " batch"],
    wrong: Int[Tensor, " batch"],
    steps: int,
) -> Float[Tensor, "source target"]:
    """Estimate each edge with the mean gradient along the way from clean to corrupted embeddings.

    Returns:
        The scores by node numbers, 0 where there is no edge.
    """
    graph = HeadGraph(model)
    ### BEGIN SOLUTION
    start, end = graph.embed(clean), graph.embed(corrupted)
    with torch.no_grad():
        change = graph.run(end)[0] - graph.run(start)[0]
    total = torch.zeros_like(change)
    for k in range(1, steps + 1):
        nudge = torch.zeros_like(change, requires_grad=True)
        with torch.enable_grad():
            _, logits = graph.run(start + (k - 0.5) / steps * (end - start), nudge=nudge)
            metric = circuits.logit_difference(logits, correct, wrong).mean()
            total += torch.autograd.grad(metric, nudge)[0]
    scores = einsum(change, total / steps, "source b p d, target b p d -> source target")
    return scores * graph.is_edge
    ### END SOLUTION


# %% check="eap_ig" points=3
with check(eap_ig) as c:
    turned = switch.build(seed=18)
    told = (turned.clean, turned.corrupted, turned.correct, turned.wrong)
    turned_graph = HeadGraph(turned.model)
    ends = [turned_graph.run(turned_graph.embed(tokens))[1] for tokens in told[:2]]
    whole = [circuits.logit_difference(end, *told[2:]).mean() for end in ends]
    scores = c.call(turned.model, *told, 40)
    through = 1 + turned.truth["switch"][1]
    c.close(scores[0, through], whole[1] - whole[0], "the edge into the switch is seen", atol=0.02)
    c.close(scores[0].sum(), whole[1] - whole[0], "out of the input: the whole change", atol=0.02)
    planted = greater_than.build(seed=18)
    told = (planted.clean, planted.corrupted, planted.correct, planted.wrong)
    yours = c.call(planted.model, *told, 3)
    c.close(c.call(planted.model, *told, 1), yours, "where all is linear the steps change nothing",
            atol=1e-3)  # fmt: skip

# %%
steps_tried = [1, 2, 4, 8, 16, 32, 64]
through = 1 + sure.truth["switch"][1]
sure_told = (sure.clean, sure.corrupted, sure.correct, sure.wrong)
by_steps = [eap_ig(sure.model, *sure_told, steps)[0, through].item() for steps in steps_tried]
with torch.no_grad():
    ends = [sure_graph.run(sure_graph.embed(tokens))[1] for tokens in sure_told[:2]]
change = [circuits.logit_difference(end, sure.correct, sure.wrong).mean().item() for end in ends]
plots.lines(
    {"EAP-IG of the edge input -> switch": by_steps},
    x=steps_tried,
    xlabel="steps",
    ylabel="logits",
    levels={"cutting the edge": change[1] - change[0], "EAP": 0.0},
    title="A saturated edge comes to light",
)

# %% [markdown]
# One step in the middle of the way overshoots by far, because it happens to stand just where the
# head changes its mind; two steps miss that place and see nothing. From sixteen steps on the score
# is the truth. The surer the head, the shorter the turn, and the more steps it takes.
#
# ### Exercise 19: acdc
#
# difficulty 4/5 · importance 4/5 · 25 min
#
# Attribution scores each edge as if it were alone. **ACDC** (Conmy and others, 2023) tries: it
# starts from the whole graph and walks back from the output, cutting one edge after the other, and
# keeps an edge only if the output moves too far *beyond what the cuts so far have cost already*:
#
# $$\text{cut } e \text{ for good if} \quad D(\text{cut} \cup \{e\}) - D(\text{cut}) < \tau, \qquad
# D(S) = \operatorname*{mean}_b \mathrm{KL}\bigl(p_{\mathrm{model}} \,\|\, p_{S}\bigr),$$
#
# where $p_{\mathrm{model}}$ is the whole model's next-token distribution on the clean prompts, and
# $p_S$ the one with the edges $S$ cut, each replaced by the corrupted run. Walk through
# `graph.edges` **from the last to the first**: the output's edges come first, and everything that
# reads an edge has been judged before it. Return a mask `[node, node]`, True at edges that stay.
#
# <details><summary>Hint 1: nudge</summary>
#
# Keep two things while you walk: the mask of what is cut so far, and what it costs. An edge that
# passes changes both, an edge that fails changes neither.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `graph.run(..., cut=cut, instead=other)` with `other` `[node, batch, pos, d_model]` from the
# corrupted prompts. The KL sums over the vocabulary and takes the mean over the batch.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# what each node writes on corrupted; the log-probabilities of the whole model on clean
# cut = nothing; cost = 0
# for each edge, last to first:
#     cut it on trial; new = KL of the whole model to this
#     if new - cost is below tau: it stays cut, cost = new
#     else: put it back
# the edges that are not cut
# ```
#
# </details>


# %% exercise="acdc"
def acdc(
    model: TransformerBridge,
    clean: Int[Tensor, "batch pos"],
    corrupted: Int[Tensor, "batch pos"],
    tau: float,
) -> Bool[Tensor, "source target"]:
    """Cut edge after edge, from the output back, while each costs less than tau; return the rest.

    Returns:
        True at [source, target] of the edges that stay.
    """
    graph = HeadGraph(model)
    ### BEGIN SOLUTION
    with torch.no_grad():
        embedded = graph.embed(clean)
        other, _ = graph.run(graph.embed(corrupted))
        log_p = graph.run(embedded)[1].log_softmax(dim=-1)
        cut, cost = torch.zeros_like(graph.is_edge), 0.0
        for edge in reversed(graph.edges):
            cut[edge] = True
            log_q = graph.run(embedded, cut=cut, instead=other)[1].log_softmax(dim=-1)
            new = (log_p.exp() * (log_p - log_q)).sum(dim=-1).mean().item()
            if new - cost < tau:
                cost = new
            else:
                cut[edge] = False
    return graph.is_edge & ~cut
    ### END SOLUTION


# %% check="acdc" points=4
with check(acdc) as c:
    planted = greater_than.build(seed=19)
    pair = (planted.clean, planted.corrupted)
    kept = c.call(planted.model, *pair, 0.01)
    c.true(kept.dtype == torch.bool, "a mask of truth values comes back")
    edges = {tuple(edge) for edge in kept.nonzero().tolist()}
    c.true(planted.edges <= edges, "no edge of the planted circuit is cut")
    c.true(edges <= planted.edges, "and nothing else is kept")
    c.true(not c.call(planted.model, *pair, 100.0).any(), "a huge tau cuts everything")
    everything = HeadGraph(planted.model).is_edge
    kept = c.call(planted.model, *pair, -100.0)
    c.true((kept == everything).all(), "a negative one cuts nothing")

# %% [markdown]
# ### How many edges, for which tau?
#
# **Predict.** For which range of tau will ACDC find exactly the five edges of the greater-than
# model? And what happens to its number of edges just above that range?

# %%
my_range_of_tau = None  # a pair, such as (0.1, 1)

# %%
taus = [1e-4, 1e-3, 1e-2, 0.1, 0.3, 1.0, 3.0]
kept_by_tau = [acdc(greater.model, greater.clean, greater.corrupted, tau) for tau in tqdm(taus)]
for tau, kept in zip(taus, kept_by_tau, strict=True):
    names = [
        f"{graph.nodes[source]} -> {graph.nodes[target]}"
        for source, target in kept.nonzero().tolist()
    ]
    print(f"tau {tau:6}: {len(names):2d} edges   {', '.join(names)}")
right = [
    tau
    for tau, kept in zip(taus, kept_by_tau, strict=True)
    if {tuple(edge) for edge in kept.nonzero().tolist()} == set(greater.edges)
]
helpers.versus(my_range_of_tau, right, "The planted circuit, among the tau tried, at")


# %% [markdown]
# From a ten-thousandth to a hundredth of a nat the answer is the same: five edges. At a tenth one
# mover goes, with both its edges, for what it does is worth less than that; at three tenths nothing
# is left. A range of tau in which nothing changes is a good sign. Real models have no such gap
# between what matters and what does not, and there every tau gives another circuit.
#
# Be careful with two things. ACDC's walk has an order, and where two edges can replace each other,
# the order decides which one is kept: whichever is tried first is cut, and the other one is needed
# from then on. And cutting means *corrupted*, not zero: the `voice` of the greater-than model,
# which says the same on every prompt, would come out as part of the circuit if its edge were
# replaced by nothing.
#
# ### From toys to smollm2: can the gradient be trusted?
#
# On a real model nobody knows the truth, but one can cut. `circuits.node_attribution`, which ranked
# the heads in part 7, is EAP summed over all the edges out of a head: (z corrupted - z clean) times
# the gradient at z. `circuits.head_patching` does the real thing, with one forward pass for each
# layer: every head's `z` replaced by that of the corrupted prompt. Every third layer will do.
#
# **Predict.** Spearman's rank correlation of the two, over 90 heads: near 0, near 0.5, near 1?

# %%
my_rank_correlation = None

# %%
two_prompts = few_prompts.split(2)[0]
some_layers = list(range(2, 30, 3))
estimated = circuits.node_attribution(smollm2, two_prompts)[some_layers]
patched = circuits.head_patching(smollm2, two_prompts, some_layers)
agreement = circuits.rank_correlation(estimated, patched)
helpers.versus(my_rank_correlation, round(agreement, 2), "Rank correlation over 90 heads")
largest = circuits.top_heads(patched, 5)
for layer, head in largest:
    print(
        f"L{some_layers[layer]}H{head}: patched {patched[layer, head]:6.2f}, "
        f"by the gradient {estimated[layer, head]:6.2f}"
    )

# %% [markdown]
# The gradient, at the price of three runs instead of 270, puts the heads into nearly the right
# order, and gets single values wrong: L23H3 comes out too large, and for L20H0 not even the sign is
# right, since a first-order estimate misses what happens further along the way. So use it as Syed,
# Rager and Conmy do: to find where to look. Then cut what you found.

# %% [markdown] question="which_method" points=2
# ### Question D: which method, and what does it miss?
#
# For each of these, say what EAP, EAP-IG and ACDC would report, and why. (1) A head with saturated
# attention, as in the switch model. (2) Two heads of one layer that write the same thing, where one
# is enough (the readers saturate). (3) A head that writes the same vector on every prompt, without
# which the model fails.
#
# ### BEGIN SOLUTION
# **Model answer.** (1) EAP: about 0 on the edges that move its attention, since the gradient at the
# clean prompt vanishes. EAP-IG: the right size, as the way to the corrupted prompt passes where the
# attention turns. ACDC: keeps the edge, since it really cuts. (2) EAP and EAP-IG score both, each
# as it looks on its own: both small if the reader is saturated at the clean prompt; EAP-IG sees
# both, as on its way both fade together. ACDC cuts the one that comes first in its walk at no cost
# and keeps the other: half the mechanism. (3) All three: nothing. Clean and corrupted agree, so
# there is no change to attribute and cutting costs nothing. Only zero ablation would show it; it
# carries no information about the prompt, though the model needs it.
#
# **Rubric.** Half a point each for (1) and (3). 1 point for (2): half for "both small or both
# shared by the gradient methods", half for "ACDC keeps one, its order decides which".
# ### END SOLUTION

# %% [markdown]
# ## Part 9: watch it happen
#
# Nobody writes these heads by hand in a real model. Where do they come from? Olsson and others
# (2022) trained models of one, two and more layers and found that, in a short stretch early in
# training, induction heads form, the ability to learn from the context appears, and the loss drops
# visibly: a **phase change**. Models with one layer never have it. You can watch it in seconds: a
# small model with two layers of four heads, $d_\text{model} = 64$, no MLPs, trained on nothing but
# repeated random tokens.
#
# One trap first. If $n$ were the same in all sequences, a *single* layer could learn to look
# "$n - 1$ positions back" by position alone, and would need no induction. So $n$ changes from
# batch to batch.

# %% [markdown]
# ### Exercise 20: train_two_layer
#
# difficulty 3/5 · importance 4/5 · 15 min
#
# Train a model in place with Adam, **one step for each batch**, in the given order. The loss is
# the mean cross-entropy over the predictable part only: the next token at positions
# $n + 1 \dots 2n - 1$ (the first half is pure chance, and would only add noise),
#
# $$\mathrm{loss} = \underset{b}{\mathrm{mean}}\ \underset{q = n+1 \dots 2n-1}{\mathrm{mean}}\
# -\ln p_{b,q}(t_{b,q+1}).$$
#
# $n$ differs between batches. In each step note two numbers: the loss on the batch from which the
# step's gradient comes (so before the update), and the loss on `valid` after the update. Return
# both lists. (The model need not have two layers: your function trains any.)
#
# `helpers.token_losses(logits, tokens)` gives $-\ln p$ of the next token at every position but the
# last, `[batch, pos - 1]`.
#
# <details><summary>Hint 1: nudge</summary>
#
# An ordinary training loop. The loss on `valid` needs no gradients, and `valid` is not to be
# learned from.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# A batch is `[rows, 1 + 2n]`, so $n$ is `tokens.shape[1] // 2`. Entry $q$ of `token_losses`
# belongs to the prediction made at position $q$; take those from $n + 1$ on. Both lists hold one
# Python float for each batch: `.item()`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# make one Adam optimiser of all the model's parameters, with the learning rate
# for every batch:
#     its loss on the second half; note it
#     clear old gradients, go backward, step
#     without gradients: the loss of valid; note it
# ```
#
# </details>


# %% exercise="train_two_layer"
def train_two_layer(
    model: TransformerBridge,
    batches: list[Int[Tensor, "batch one_plus_2n"]],
    valid: Int[Tensor, "rows one_plus_2m"],
    lr: float = 5e-3,
) -> tuple[list[float], list[float]]:
    """Train a model in place, a step for each batch; return the losses on batches and on valid.

    Args:
        batches: repeated sequences; n may differ from one to the next.
        valid: repeated sequences that the model is not trained on.
        lr: the learning rate.

    Returns:
        The second-half loss of each batch before its update, and that of valid after it.
    """
    ### BEGIN SOLUTION
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)

    def second_half_loss(tokens: Tensor) -> Tensor:
        n = tokens.shape[1] // 2
        return helpers.token_losses(model(tokens), tokens)[:, n + 1 :].mean()

    losses, valid_losses = [], []
    for tokens in batches:
        loss = second_half_loss(tokens)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            valid_losses.append(second_half_loss(valid).item())
    return losses, valid_losses
    ### END SOLUTION


# %% check="train_two_layer" points=3
with check(train_two_layer) as c:
    tiny = training.trainee(layers=1, vocab=12, n_ctx=13, seed=20, d_model=16, n_heads=2)
    halves = [torch.randint(1, 12, (6, n)) for n in (4, 6, 5)]
    short, long, other = [torch.cat([half[:, :1] * 0, half, half], dim=1) for half in halves]
    start = [
        nn.functional.cross_entropy(tiny(t)[:, n + 1 : -1].flatten(0, 1), t[:, n + 2 :].flatten())
        for t, n in ((short, 4), (long, 6), (other, 5))
    ]
    losses, valid_losses = c.call(tiny, [short, long], other, lr=0.0)
    c.close(losses, start[:2], "at learning rate 0: each batch's own loss, in the second half")
    c.close(valid_losses, [start[2]] * 2, "at learning rate 0: the loss of valid, twice")
    losses, valid_losses = train_two_layer(tiny, [short] * 15, other, lr=0.1)
    c.close(losses[0], start[0], "the first loss is the untrained model's")
    c.true(losses[-1] < 0.5 * losses[0], "on the same batch again and again the loss falls")
    c.true(abs(valid_losses[0] - start[2].item()) > 1e-6, "valid is measured after the update")
    now = nn.functional.cross_entropy(tiny(other)[:, 6:-1].flatten(0, 1), other[:, 7:].flatten())
    c.close(valid_losses[-1], now, "the last one is the loss of the model that you leave behind")

# %% [markdown]
# ### Two layers, and one
#
# Both models see the same 600 batches of 32 sequences over 72 tokens, $n$ from 16 to 40. Knowing
# nothing costs $\ln 72 = 4.3$ nats. On the way we note, each time the model meets `valid`
# ($n = 36$), the best induction score among its heads, and the best previous-token score.
#
# **Predict.** What will the curve of the two-layer model look like: a steady decline, or something
# else? Which score will rise first: previous token or induction? And what will the one-layer model
# reach? (For the last, think of what can be known without knowing what came before what.)

# %%
my_shape_of_the_curve = None  # in a few words
my_first_score_to_rise = None  # "previous token" or "induction"
my_loss_of_one_layer = None

# %%
draw = torch.Generator().manual_seed(0)
lengths = torch.randint(16, 41, (600,), generator=draw).tolist()
batches = [repeated_tokens(n, 32, 72, seed=step) for step, n in enumerate(lengths)]
valid_rows = repeated_tokens(36, 8, 72, seed=10_000)


def best_scores(pattern: Float[Tensor, "batch head query key"]) -> tuple[float, float]:
    """Return a layer's best induction score and its best previous-token score."""
    return induction_score(pattern).max().item(), prev_token_score(pattern).max().item()


curves, looks, trained = {}, {}, {}
for layers in (2, 1):
    trained[layers] = training.trainee(layers=layers, vocab=72, n_ctx=81, seed=0)
    with training.watching(trained[layers], valid_rows, best_scores, len(batches)) as looks[layers]:
        _, curves[layers] = train_two_layer(trained[layers], batches, valid_rows)

# %%
induction_curve = training.best(looks[2], 0)
previous_curve = training.best(looks[2], 1)
below = next((step for step, loss in enumerate(curves[2]) if loss < 2), "no step")
helpers.versus(my_shape_of_the_curve, f"below 2 nats from step {below} on", "The curve")
passed = [
    next((step for step, value in enumerate(curve) if value > 0.3), None)
    for curve in (previous_curve, induction_curve)
]
helpers.versus(
    my_first_score_to_rise, passed, "Steps at which previous token and induction pass 0.3"
)
helpers.versus(my_loss_of_one_layer, round(curves[1][-1], 2), "Loss of one layer")
print(f"two layers: loss {curves[2][-1]:.2f}, best induction score {induction_curve[-1]:.2f}")
display(
    plots.lines(
        {"two layers": curves[2], "one layer": curves[1]},
        levels={"knowing nothing: ln 72": math.log(72), "which tokens occur: ln 36": math.log(36)},
        xlabel="step", ylabel="second-half loss, nats", title="The phase change",
    )
)  # fmt: skip
picture = plots.lines(
    {
        "best previous-token score, two layers": previous_curve,
        "best induction score, two layers": induction_curve,
        "best induction score, one layer": training.best(looks[1], 0),
    },
    xlabel="step", ylabel="mean attention on the stripe", title="What forms meanwhile",
)  # fmt: skip
display(picture)

# %% [markdown]
# A plateau, then a fall. For more than two hundred steps both models only learn which tokens occur.
# Each of the two kinds of head is useless without the other, so at first nothing pulls either into
# shape; when both are half there, they pull each other the rest of the way, within a hundred steps.
# The two curves of the second figure leave the ground together, and then the induction score climbs
# faster. The best previous-token score stays near 0.5, and that is enough: the softmax of the next
# layer sharpens a half-written note. Which heads do the work? Part 6 tells you how to ask; the cell
# below asks.
#
# The one-layer model stays at "which tokens occur", $\ln 36 = 3.6$ nats if it says each of the 36
# with equal probability; mostly it is at 3.0 to 3.6, since the position tells a bit more. More
# steps would not help it: it has no layer that could read a previous token.
#
# A fall in a loss curve is a hint that something forms, no more. That it is *these heads* you can
# say because you measured them on the way, and you can test it: silence them.

# %%
other_valid = repeated_tokens(36, 8, 72, seed=10_001)
with torch.no_grad():
    for layer in range(2):
        for head in range(trained[2].cfg.n_heads):
            logits = ablate(trained[2], valid_rows, [(layer, head)], "mean", other_valid)
            loss = helpers.token_losses(logits, valid_rows)[:, 37:].mean()
            print(f"without L{layer}H{head}: {loss:.2f} nats")

# %% [markdown]
# One head of layer 0 writes the note: without it the ability is gone. Layer 1 is another matter:
# its four heads all have induction scores of about 0.7, and each can go alone. A high score does
# not make a head necessary; a spare one takes over.

# %% [markdown]
# ## Part 10: the planted challenge
#
# From your name a model is built by hand: two to four layers of eight heads, no MLPs, no norm, 24
# tokens that mean nothing, in a randomly rotated basis. It continues repetitions, as you know it.
# Four of its heads are what this is about:
#
# - the **previous-token head** and the **induction head** of the circuit: without either, the model
#   answers wrongly;
# - the **idle** head: it looks at the previous token just as sharply, and nobody reads what it
#   writes;
# - the **opposing** head: it looks where the induction head looks, and writes *against* the token
#   that it sees there. Without it the answer has a larger logit.
#
# All other heads look somewhere and do nothing. So a pattern alone gives you two candidates for
# each of the two jobs. What tells them apart is what they write, who reads it, and what happens
# without them: parts 3, 5 and 6 of this lab.
#
# Type your name (in a course: your id on the course's list), and keep it as it is from now on.

# %%
student_name = "reference"

# %%
if student_name == "reference":
    print("this is the example's model: type your own name above, and run that cell and this one")
challenge = models.challenge("03_induction_heads", helpers.CHALLENGE, student_name)
n_layers = challenge.model.cfg.n_layers
print(f"{n_layers} layers of 8 heads; {len(challenge.tokens)} prompts; the first:")
print(challenge.tokens[0].tolist(), "->", challenge.answers[0].item())

# %% [markdown]
# **First look: who looks where?** On repetitions of the longest kind that fit, eleven tokens twice.

# %%
challenge_repeats = repeated_tokens(11, 32, 24, seed=7)
challenge_patterns = helpers.patterns(challenge.model, challenge_repeats)
challenge_atlas = {
    "previous token": torch.stack([prev_token_score(pattern) for pattern in challenge_patterns]),
    "induction": torch.stack([induction_score(pattern) for pattern in challenge_patterns]),
}
for name, scores in challenge_atlas.items():
    print(f"{name:15}" + "   ".join(helpers.strongest(scores, 4)))
figures.atlas(challenge_atlas, title="Your challenge: who looks where")

# %% [markdown]
# **What do they write?** `full_OV`, `copying_score` and `composition_score` on the candidates. (A
# head that writes nothing that is unembedded has a table of rounding errors; its copying score
# means nothing. Look at the size of the table first.) **What happens without them?** `ablate`, or
# `helpers.logits_without(model, tokens, heads)`, which silences heads and returns the logits at the
# last position.

# %%
candidates = [(0, 0), (0, 1)]  # put your candidates here, (layer, head)
with torch.no_grad():
    clean = helpers.logits_without(challenge.model, challenge.tokens, [])
    for head in candidates:
        without = helpers.logits_without(challenge.model, challenge.tokens, [head])
        right = (without.argmax(dim=-1) == challenge.answers).float().mean().item()
        change = (without - clean).gather(1, challenge.answers[:, None]).mean().item()
        size = full_OV(challenge.model, head).abs().max().item()
        print(f"{head}: largest entry of OV {size:5.1f}; without it {right:4.0%} right, ", end="")
        print(f"the answer's logit changes by {change:+.1f}")

# %%
# Your own experiments.

# %% [markdown]
# ### Exercise 21: challenge_answer
#
# difficulty 4/5 · importance 4/5 · 20 min
#
# Write down what you found: four different heads, each a pair `(layer, head)` of numbers counted
# from 0 (as numbers, not as variables: what is graded is what stands here). Each entry counts by
# itself; a head that is named twice earns nothing, and several heads for one entry earn nothing.
#
# $$\text{without the previous-token or the induction head:}\ \arg\max z \ne \text{answer}; \qquad
# \text{without the opposing head:}\ z_\text{answer} \uparrow; \qquad
# \text{without the idle head:}\ z\ \text{unchanged}$$
#
# <details><summary>Hint 1: nudge</summary>
#
# Two heads have a high previous-token score and two a high induction score. Silence each of the
# four and see.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# In the atlas rows are layers, from the bottom up, and columns are heads; a head is
# `(row, column)`. The induction score of a head in your model can stay below 1, because tokens
# come twice in a half.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# for the two heads that look at the previous token: without which are the answers wrong?
#     that one is the previous-token head, the other is idle
# for the two heads that look at what came after: without which are the answers wrong?
#     that one is the induction head; without the other the answer's logit grows
# ```
#
# </details>

# %% exercise="challenge_answer"
challenge_answer = {"previous_token": None, "induction": None, "idle": None, "opposing": None}
### BEGIN SOLUTION
challenge_answer = {
    "previous_token": (2, 0), "induction": (3, 2), "idle": (3, 7), "opposing": (3, 0),
}  # fmt: skip
### END SOLUTION

# %% check="challenge_answer" points=4
with check(challenge_answer=challenge_answer) as c:
    found = c.value
    names = {"previous_token", "induction", "idle", "opposing"}
    c.true(set(found) == names and None not in found.values(), "all four entries are filled in")
    for head in found.values():
        is_head = isinstance(head, tuple | list) and len(head) == 2
        in_model = is_head and head[0] in range(n_layers) and head[1] in range(8)
        c.true(in_model, "a head is a pair (layer, head) of your model, heads 0 to 7")
    c.true(len({tuple(head) for head in found.values()}) == 4, "they are four different heads")
    says, rows, own = challenge.model, challenge.tokens, challenge.answers
    before = helpers.logits_without(says, rows, [])
    after = {name: helpers.logits_without(says, rows, [head]) for name, head in found.items()}
    for name in ("previous_token", "induction"):
        wrong = (after[name].argmax(dim=-1) != own).all()
        c.true(wrong, "without the previous-token or the induction head no answer is right")
    c.close(after["idle"], before, "without the idle head nothing changes at all", atol=1e-3)
    logit = torch.arange(len(own)), own
    c.true((after["opposing"][logit] > before[logit] + 1).all(), "the opposing head holds it down")

# %% [markdown]
# The check looks at what the model does without your heads. It says nothing about whether they
# look where their names say, and most heads change nothing when they are silenced: that part is
# for you to be sure of.
#
# How can you tell, from the weights alone, that nobody reads the idle head? For each later head,
# `composition_score` with its keys, queries and values; and its full OV for the unembedding.

# %% [markdown] question="who_reads_whom" points=2
# ### Question E: silent is not idle
#
# In your challenge, ablating the idle head changes nothing, and so does ablating any decoy. In a
# trained model you find a head with a previous-token score of 0.9, and ablating it changes the
# loss by nothing. (1) Give two different explanations, of which only one says that the head is
# idle. (2) For each, name a measurement of this lab that would speak for it. (3) Why is a *pair*
# of heads, rather than one head, the thing to ablate next?
#
# ### BEGIN SOLUTION
# **Model answer.** (1) Either nobody reads what it writes (idle); or others do the same job and
# stand in for it (redundancy: two previous-token heads write into the same subspace; or a later
# head compensates, self-repair). A third: the text used for the loss does not need it. (2) For
# idleness: its composition scores with the keys, queries and values of all later heads are at the
# level of random matrices, and its full OV is small. For redundancy: a high composition score with
# an induction head that another previous-token head shares; that induction head's stripe survives
# one ablation and not both; or a direct effect that is larger than the total effect. (3) With
# redundancy each single ablation shows nothing, and only taking both away does: that is what
# completeness asks of a circuit.
#
# **Rubric.** 1 point for two explanations that differ, one of them redundancy or repair. Half a
# point for a measurement for each. Half a point for the joint ablation.
# ### END SOLUTION

# %% [markdown]
# ## Part 11: the headline
#
# The atlas of part 3 says where heads look. Does the model need them? Take the heads with the
# highest induction scores away, one, two, four and more at once, each replaced by its mean over
# other repeated sequences (your exercise 11), and watch the loss on the second half. Beside them,
# as controls: the best previous-token heads, and heads drawn at random.
#
# **Predict.** Without ablation the second half costs 2 to 3 nats, the first about 14. How many
# induction heads must go until the loss on the second half has doubled? What will 16 random heads
# do? And which hurts most if it is taken away alone: the best induction head, or the best
# previous-token head?

# %%
my_number_of_heads_until_it_doubles = None  # 1, 2, 4, 8, 16 or more
my_loss_without_16_random_heads = None
my_worst_single_head = None  # "induction" or "previous token"

# %%
headline_rows, other_rows = (
    repeated_tokens(30, 2, smollm2.cfg.d_vocab, seed=seed, bos=smollm2.tokenizer.bos_token_id)
    for seed in (11, 12)
)
draw = torch.Generator().manual_seed(2)
groups = {
    "top induction heads": helpers.best_heads(atlas["induction"], 16),
    "top previous-token heads": helpers.best_heads(atlas["previous token"], 16),
    "random heads": [divmod(int(i), 9) for i in torch.randperm(270, generator=draw)[:16]],
}
counts = [0, 1, 2, 4, 8, 16]
with torch.no_grad():
    unharmed = helpers.token_losses(smollm2(headline_rows), headline_rows)
losses = {name: [unharmed[:, 31:].mean().item()] for name in groups}
with tqdm(total=len(groups) * (len(counts) - 1), desc="ablations") as bar:
    for name, heads in groups.items():
        for count in counts[1:]:
            logits = ablate(smollm2, headline_rows, heads[:count], "mean", other_rows)
            after = helpers.token_losses(logits, headline_rows)[:, 31:]
            losses[name].append(after.mean().item())
            bar.update()
    alone = {head: ablate(smollm2, headline_rows, [head], "mean", other_rows)
             for head in ((16, 0), (11, 1), (17, 4))}  # fmt: skip
    alone = {
        head: helpers.token_losses(x, headline_rows)[:, 31:].mean() for head, x in alone.items()
    }
del logits

# %%
first_half_loss = unharmed[:, :30].mean().item()
without_induction = losses["top induction heads"]
twice = 2 * without_induction[0]
doubled = [n for n, x in zip(counts, without_induction, strict=True) if x > twice]
helpers.versus(
    my_number_of_heads_until_it_doubles, doubled[:1], "Induction heads until the loss has doubled"
)
helpers.versus(
    my_loss_without_16_random_heads, round(losses["random heads"][-1], 1), "Without 16 random heads"
)
best_gone = ", ".join(f"{values[1]:.1f} ({name})" for name, values in losses.items())
helpers.versus(my_worst_single_head, best_gone, "The loss without the best one")
print(f"nothing ablated: {first_half_loss:.1f} nats at first, {twice / 2:.1f} in the second half")
for name, values in losses.items():
    print(f"{name:25}" + "  ".join(f"{n}: {x:4.1f}" for n, x in zip(counts, values, strict=True)))
for (layer, head), loss in alone.items():
    print(f"L{layer}H{head} alone: {loss:.1f} nats without it")
figure = figures.headline(atlas, counts, losses, first_half_loss)
print("saved to", plots.save(figure, helpers.HEADLINE))
figure

# %% [markdown]
# Three things to see. Sixteen random heads matter little: the ability sits in few places. The
# induction heads share the work: without the best one the loss rises by 2 nats, without the best
# eight the model has nearly lost the repetition. And **one** previous-token head, L16H0, does more
# damage alone than four induction heads: it stands in layer 16, right before the induction heads of
# 17 and 18, and they all seem to read what it writes. That they read it is a guess so far; which
# experiment of part 6 or 8 would test it? L11H1 has nearly the same score. In the figure it goes
# second, when L16H0 is gone already, and that proves nothing: its only reader might be gone too.
# But alone it can go as well: the same stripe, and not this job. You have met such a double in part
# 10. So can L17H4, which did not copy in part 5.

# %% [markdown]
# ## What you have now
#
# - On **repeated random tokens** a model can only use what stands in front of it: the cleanest test
#   of in-context learning there is.
# - Three **stripes** name three kinds of head. A stripe says where a head looks, not what it
#   writes, nor that it is needed.
# - The **induction circuit** is two heads in two layers: one writes the previous token, the other
#   reads it as its keys. You wrote it by hand, and saw it form in training in one fall of the loss.
# - The **QK and OV circuits** make heads readable without running the model: copying is in the
#   eigenvalues of OV, composition in the norm of a product.
# - A **circuit** is a claim about all other heads as well. Ablation, faithfulness, completeness and
#   minimality are the questions that it has to survive, and backup heads are why one of them is not
#   enough.
# - Automatic methods find edges fast; where they agree with patching, believe them a little more.
#
# ## Further reading, with numbers to hold against yours
#
# - Elhage and others, [*A Mathematical Framework for Transformer
#   Circuits*](https://transformer-circuits.pub/2021/framework/index.html) (2021). QK and OV
#   circuits, composition, eigenvalues as copying scores. In their one-layer attention-only model
#   10 of 12 heads have clearly positive OV eigenvalues: count how many of your 60 random heads do.
# - Olsson and others, [*In-context Learning and Induction
# Heads*](https://transformer-circuits.pub/2022/in-context-learning-and-induction-heads/index.html)
# (2022), [arXiv 2209.11895](https://arxiv.org/abs/2209.11895). The phase change in 34 models, from
# one layer to 13 billion parameters, at 2.5 to 5 billion tokens of training. Yours took about two
# hundred batches of a much simpler text.
# - Wang, Variengien, Conmy, Shlegeris, Steinhardt, *Interpretability in the Wild* (2022), [arXiv
#   2211.00593](https://arxiv.org/abs/2211.00593). IOI in GPT-2 small: mean logit difference 3.56, a
#   circuit of 26 heads that keeps 87% of it, the three criteria, backup heads.
# - Conmy, Mavor-Parker, Lynch, Heimersheim, Garriga-Alonso, *Towards Automated Circuit Discovery*
#   (2023), [arXiv 2304.14997](https://arxiv.org/abs/2304.14997). ACDC: finds 68 of the 32,000
#   edges of GPT-2 small for greater-than, all of which people had found by hand.
# - Syed, Rager, Conmy, *Attribution Patching Outperforms Automated Circuit Discovery* (2023),
#   [arXiv 2310.10348](https://arxiv.org/abs/2310.10348). EAP: two forward passes and one backward
#   pass for all edges.
# - Hanna, Pezzelle, Belinkov, *Have Faith in Faithfulness* (2024),
#   [arXiv 2403.17806](https://arxiv.org/abs/2403.17806). EAP-IG, and why overlap with a known
#   circuit is not faithfulness.
# - McGrath, Rahtz, Kramár, Mikulik, Legg, *The Hydra Effect* (2023),
#   [arXiv 2307.15771](https://arxiv.org/abs/2307.15771). Self-repair in a 7-billion model: take
#   one attention layer out and another makes up for a part of what it did.
# - Reddy, *The mechanistic basis of data dependence and abrupt learning in an in-context
#   classification task* (2023), [arXiv 2312.03002](https://arxiv.org/abs/2312.03002). Why the fall
#   is abrupt: a sequence of steps, each useful only after the last.
