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
# **Short of time?** With 45 minutes do exercises 1, 2, 3 and 5, and the atlas of part 3. With 90
# minutes do 1 to 6, 11, and part 11. All of it takes more than three hours: the README says what to
# leave out. You need to know PyTorch and what a transformer is; lab 01 helps and is not needed.

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
# (*beginning of sequence*, a token that opens every prompt) at 0, the first half at $1 \dots n$,
# the second half at $n + 1 \dots 2n$.

# %%
import math

import torch
from einops import einsum
from IPython.display import display
from jaxtyping import Float, Int
from torch import Tensor, nn
from tqdm.auto import tqdm
from transformer_lens.model_bridge import TransformerBridge

from labkit import check, models, plots

import induction_heads_helpers as helpers

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
    stripes[0, 1, at, at - 1] = 0.5  # head 1 half, and in the first sequence only
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
helpers.atlas(atlas, title="Where the heads of smollm2 look on repeated random tokens")

# %%
del patterns
helpers.show_patterns(
    smollm2,
    repeated_tokens(12, 1, smollm2.cfg.d_vocab, seed=3, bos=smollm2.tokenizer.bos_token_id),
    [(16, 0), (8, 0), (18, 6)],
    title="L16H0 previous token, L8H0 duplicate, L18H6 induction, on 12 random tokens, twice",
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
# performs in-context copying of the repeated sequence." (1) What has been measured, and what are the
# two claims in that sentence that have not? (2) For each of the two, name an experiment of this lab
# (or one that you would make) and the outcome that would refute the claim. (3) Why were the tokens
# random, and what could go wrong with repeated English text?
#
# ### BEGIN SOLUTION
# **Model answer.** (1) Measured: where the head looks, on repeated random tokens. Not measured: that
# it *copies*, that is, what it writes when it looks there (it could write anything, even the
# negative of the token); and that the model's prediction of the repetition *depends* on it. (2)
# Copying: look at its OV circuit, for example the copying score or its direct effect on the logits;
# a negative score, or a logit of the attended token that does not rise, refutes it. Dependence:
# ablate the head; if the loss on the second half does not change, the claim falls (or other heads
# stand in for it). (3) With random tokens nothing but the context predicts the next token, so
# grammar and memorised phrases can neither produce nor hide a stripe; in English text the next word
# can be guessed without the repetition, and tokens occur several times, so that "the earlier copy"
# is not one position.
#
# **Rubric.** Half a point: the score is about where it looks. Half a point: what it writes and
# whether it is used are named as the two open claims. Half a point: an experiment with a refuting
# outcome for each. Half a point: the reason for random tokens.
# ### END SOLUTION

# %% [markdown]
# ## Part 4: build the circuit yourself
#

# %% [markdown]
# ## Part 5: read the circuit off the weights
#

# %% [markdown]
# ## Part 6: take a head away

# %% [markdown]
# ## Part 7: a circuit in the wild, and how to judge it

# %% [markdown]
# ## Part 8: let the computer find the circuit

# %% [markdown]
# ## Part 9: watch it happen
#

# %% [markdown]
# ## Part 10: the planted challenge
#

# %% [markdown]
# ## Part 11: the headline
#

# %% [markdown]
# ## What you have now
#
