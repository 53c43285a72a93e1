# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 01: the logit lens, and the tuned lens
#
# A language model reads *"The Eiffel Tower is located in the city of"* and says *" Paris"*, with
# probability 0.70. It has thirty blocks, one after the other. **In which of them did it decide?
# What was it thinking before? And who put the answer there?**
#
# You will build the instrument that people reach for first when they ask such questions, find out
# how it misleads, repair it, and then use it on a model in which the truth is known. Everything
# runs on a laptop, without a GPU and without a network.
#
# | part | you ask | exercises |
# |---|---|---|
# | 1 | What would the model say if it stopped here? | 1 to 3 |
# | 2 | How far is that from what it says in the end? | 4, 5 |
# | 3 | Which part of the model wrote the answer? | 6 |
# | 4 | From where on is it decided? | 7 |
# | 5 | Can a lens be trained to read the early layers? | 8 to 10 |
# | 6 | Does the model use what the lens reads? | 11 |
# | 7 | The planted challenge: find what was hidden in *your* model | 12 |
# | 8 | The headline figure, made by your functions | |
#
# **Short of time?** With 45 minutes do exercises 1 to 3 and the first figure of part 8. With 90
# minutes do 1 to 6 and all of part 8. All of it takes about three hours. You need to know PyTorch
# and what a transformer is; you need not know any interpretability.

# %% [markdown]
# ## How this notebook works
#
# **Before each exercise** stand the idea, the formula, and three hints that give away more and
# more: a nudge, the shapes, pseudocode. Open them when you are stuck; that is what they are for.
#
# **After each exercise** stands a check. It tries your function on tiny models, at once, and says
# in a sentence what holds and what does not. The checks test *properties* (at the last layer the
# lens must give the model's own logits), so any correct solution passes, not only ours. No check
# needs one of your earlier functions: if exercise 3 resists, go on and come back. (Your functions
# may call each other. If an earlier one is wrong, a later one that calls it can fail with it
# here; in grading, each exercise stands on correct versions of the others.)
#
# **Before each result** you are asked for a prediction. Replace `None` by a guess, even a wild one,
# before you run the cell below it. A surprise teaches more than a number does, and without a guess
# nothing can surprise you.
#
# **When your work is graded**, only imports, definitions and constants written out in the notebook
# are kept; the experiments are not rerun. So a function must get everything it needs through its
# arguments (or from imported modules): one that quietly uses a variable from an experiment works
# here and fails there. The checks warn you when they see it.
#
# A word on words: **layer** $\ell$ in this lab is a place to stand, the residual stream *before*
# block $\ell$. Layer 0 are the embeddings, layer $L$ is what comes out of the last block. With 30
# blocks there are 31 places to stand.

# %%
import torch
from einops import einsum
from IPython.display import display
from jaxtyping import Float, Int
from torch import Tensor, nn
from transformer_lens import ActivationCache
from transformer_lens.model_bridge import TransformerBridge

from labkit import check, data, models, plots

import logit_lens_helpers as helpers

torch.set_num_threads(1)  # the models of this lab are small: more threads make it slower

# %% [markdown]
# ## Part 1: what would the model say if it stopped here?
#
# ### The idea
#
# A transformer does not hand a message from block to block, each one rewriting it. It keeps one
# running sum for each position, the **residual stream**, and every block only *adds* to it:
#
# $$x_{\ell+1} = x_\ell + \mathrm{attention}_\ell + \mathrm{mlp}_\ell .$$
#
# At the very end one norm and one matrix, the unembedding $W_U$, turn the sum into logits, a score
# for each token of the vocabulary:
#
# ```text
#                block 0        block 1                    block L-1
#               ┌───────┐      ┌───────┐                  ┌───────┐
#               │ attn  │      │ attn  │                  │ attn  │
#               │ mlp   │      │ mlp   │                  │ mlp   │
#               └─▲───┬─┘      └─▲───┬─┘                  └─▲───┬─┘
#            reads│   │adds      │   │                      │   │
# embedding ──●───┴───▼──●───────┴───▼──●─── ... ───●───────┴───▼──●──► norm ──► W_U ──► logits
#            x_0        x_1            x_2        x_{L-1}         x_L
#             :          :              :           :              :
#           norm       norm           norm        norm           norm     <- the same norm and
#            W_U        W_U            W_U         W_U            W_U        the same W_U: the lens
#             :          :              :           :              :
#          " of"        ?              ?           ?           " Paris"
# ```
#
# The stream has the same shape everywhere. So nothing stops us from taking it out *early* and
# giving it to the norm and the unembedding that were made for the end:
#
# $$\mathrm{lens}(x_\ell) = \mathrm{norm}(x_\ell)\, W_U + b_U .$$
#
# That is the **logit lens**. It answers: *if the model had to speak now, what would it say?*
#
# Nobody promised that this works. $W_U$ was trained to read $x_L$ and nothing else. Keep that in
# mind: at the end of the lab you will know two ways in which the lens misleads.

# %% [markdown]
# ### The model
#
# `smollm2` is SmolLM2-135M-Instruct: 30 blocks, a residual stream of 576 numbers, a vocabulary of
# 49,152 tokens. Small enough for a laptop, large enough to know where the Eiffel Tower stands.

# %%
smollm2 = models.load("smollm2")
prompt_tokens = smollm2.to_tokens(data.EIFFEL.text)
prompt_words = smollm2.to_str_tokens(prompt_tokens[0])
answer_token = data.single_token(smollm2, data.EIFFEL.answer)

with torch.no_grad():
    prompt_logits, prompt_cache = smollm2.run_with_cache(prompt_tokens)

print(f"{len(prompt_words)} tokens: {prompt_words}")
for probability, token in zip(*prompt_logits[0, -1].softmax(dim=-1).topk(5), strict=True):
    print(f"{probability:6.3f}  {smollm2.to_string([token.item()])!r}")

# %% [markdown]
# `run_with_cache` returned the logits and a **cache**: every intermediate activation, by name.
# `cache["resid_pre", 3]` is the residual stream before block 3, `cache["resid_post", 3]` the one
# after it, `cache["resid_mid", 3]` the one in between, when attention has written and the MLP has
# not. `cache["attn_out", 3]` and `cache["mlp_out", 3]` are what the two added. All have the shape
# `[batch, pos, d_model]`. `cache.model` is the model the cache came from.

# %%
print("before block 3:", tuple(prompt_cache["resid_pre", 3].shape))
step = prompt_cache["resid_post", 3] - prompt_cache["resid_pre", 3]
written = prompt_cache["attn_out", 3] + prompt_cache["mlp_out", 3]
print("a block only adds; largest difference:", (step - written).abs().max().item())

# %% [markdown]
# **Predict.** The stack has layers 0 to 30. From which layer on will " Paris" be the lens's first
# choice at the last position? And what does the lens say at layer 0, where only the embedding of
# " of" is in the stream?

# %%
my_layer_of_paris = None  # a number from 0 to 30
my_word_at_layer_0 = None  # a string

# %% [markdown]
# ### Exercise 1: residual_stack
#
# difficulty 1/5 · importance 5/5 · 5 min
#
# Collect the residual stream at every place to stand, $x_0, x_1, \dots, x_L$, in one tensor:
#
# $$\mathrm{stack}[0] = x_0 \ \text{(before block 0)}, \qquad
#   \mathrm{stack}[\ell] = x_\ell \ \text{(after block}\ \ell - 1).$$
#
# <details><summary>Hint 1: nudge</summary>
#
# There is one more place to stand than there are blocks. Which entry does no block's *output* give
# you?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# Each stream is `[batch, pos, d_model]`. You want `[n_layers + 1, batch, pos, d_model]`:
# `torch.stack` makes the new first axis. `cache.model.cfg.n_layers` says how many blocks there are.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# streams = [the stream before block 0]
# for every block, in order:
#     append the stream after that block (not the one in its middle)
# stack them along a new first axis
# ```
#
# </details>


# %% exercise="residual_stack"
def residual_stack(cache: ActivationCache) -> Float[Tensor, "layer_plus_1 batch pos d_model"]:
    """Return the residual stream before block 0 and after every block, along a new first axis."""
    ### BEGIN SOLUTION
    before = cache["resid_pre", 0]
    after = [cache["resid_post", layer] for layer in range(cache.model.cfg.n_layers)]
    return torch.stack([before, *after])
    ### END SOLUTION


# %% check="residual_stack" points=2
with check(residual_stack) as c:
    tiny = models.random(seed=1)
    tiny_tokens = torch.tensor([[0, 5, 9, 2, 7], [0, 3, 3, 8, 1]])
    _, tiny_cache = tiny.run_with_cache(tiny_tokens)
    yours = c.call(tiny_cache)
    c.true(len(yours) == 4, "a model of 3 blocks has 4 places to stand")
    embedded = tiny_cache["hook_embed"] + tiny_cache["hook_pos_embed"]
    c.close(yours[0], embedded, "layer 0 is the embedding, before any block has written")
    wrote = [tiny_cache["attn_out", i] + tiny_cache["mlp_out", i] for i in range(3)]
    c.close(yours[1] - yours[0], wrote[0], "layer 1 is layer 0 plus what block 0 wrote")
    c.close(yours[3] - yours[0], sum(wrote), "the last layer holds what all the blocks wrote")

# %% [markdown]
# ### The norm before the unembedding
#
# Between the stream and $W_U$ stands the **final norm**. It exists in two common kinds, both acting
# on each position alone, over the $d$ numbers of its vector. With learned weights $\gamma$ (and
# $\beta$) of length $d$ and a tiny $\varepsilon$ against division by zero:
#
# - **RMSNorm** divides the vector by its size, the root of its mean square, and multiplies the
#   result by $\gamma$, number by number;
# - **LayerNorm** first subtracts the vector's mean, and in the end adds $\beta$.
#
# GPT-2 has LayerNorm; Llama, SmolLM2 and most newer models have RMSNorm, which neither subtracts
# the mean nor adds a shift. Both forget the *length* of $x$: three times the vector, the same
# output. That matters, because the length of the stream changes a lot on its way:

# %%
with torch.no_grad():
    lengths = {
        f"position {pos}: {prompt_words[pos]!r}": torch.stack(
            [prompt_cache["resid_pre", layer][0, pos].norm() for layer in range(30)]
        )
        for pos in (0, 1, len(prompt_words) - 1)
    }
plots.lines(lengths, title="Length of the residual stream", ylabel="length (log)", log=True)

# %% [markdown]
# Two things to see. The stream at " of" grows from a length of 3 to several hundred. And the
# *first* position is something else altogether: from layer 12 to 28 it is 30 to 220 times as long
# as the others. Many models park a huge, nearly constant vector there, on which attention heads
# can rest when they have nothing to do (an *attention sink*; see the reading at the end). Whoever
# averages over positions without looking has averaged that in.

# %% [markdown]
# ### Exercise 2: final_norm
#
# difficulty 2/5 · importance 4/5 · 10 min
#
# Write both norms in one function: RMSNorm when `beta` is `None`, LayerNorm when it is given.
#
# $$\mathrm{RMSNorm}(x) = \gamma \odot \frac{x}{\sqrt{\frac1d \sum_i x_i^2 + \varepsilon}}
# \qquad
# \mathrm{LayerNorm}(x) = \gamma \odot \frac{x - \bar x}{\sqrt{\frac1d \sum_i (x_i - \bar x)^2 +
# \varepsilon}} + \beta$$
#
# <details><summary>Hint 1: nudge</summary>
#
# Every position is normalised by its own statistics. Over which axis do you average, and what must
# the result look like to be divided by?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `x` is `[..., d_model]`, with any number of axes in front. A mean over the last axis with
# `keepdim=True` is `[..., 1]` and broadcasts against `x`; `gamma` and `beta` are `[d_model]`.
# The formulas divide by $d$, not by $d - 1$ (which is what `torch.var` does by default).
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# LayerNorm only: subtract from x its mean over the last axis
# size = root of (mean over the last axis of the squares, plus eps)
# result = x divided by size, times gamma
# LayerNorm only: add beta
# ```
#
# </details>


# %% exercise="final_norm"
def final_norm(
    x: Float[Tensor, "... d_model"],
    gamma: Float[Tensor, " d_model"],
    beta: Float[Tensor, " d_model"] | None = None,
    eps: float = 1e-5,
) -> Float[Tensor, "... d_model"]:
    """Normalise each vector along the last axis: RMSNorm without beta, LayerNorm with it."""
    ### BEGIN SOLUTION
    if beta is not None:
        x = x - x.mean(dim=-1, keepdim=True)
    size = (x.square().mean(dim=-1, keepdim=True) + eps).sqrt()
    normalised = x / size * gamma
    return normalised if beta is None else normalised + beta
    ### END SOLUTION


# %% check="final_norm" points=3
with check(final_norm) as c:
    draw = torch.Generator().manual_seed(2)
    x = torch.randn(3, 4, 10, generator=draw, dtype=torch.float64) + 1
    gamma, beta = torch.randn(2, 10, generator=draw, dtype=torch.float64)
    rms = torch.nn.functional.rms_norm(x, (10,), gamma, 0.1)
    c.close(c.call(x, gamma, None, 0.1), rms, "without beta it is torch's own rms_norm")
    layer_norm = torch.nn.functional.layer_norm(x, (10,), gamma, beta, 0.1)
    c.close(c.call(x, gamma, beta, 0.1), layer_norm, "with beta it is torch's own layer_norm")
    c.close(c.call(5 * x, gamma, None, 0.0), c.call(x, gamma, None, 0.0), "length is forgotten")

# %% [markdown]
# ### Exercise 3: logit_lens
#
# difficulty 2/5 · importance 5/5 · 15 min
#
# Now the lens itself, for the whole stack at once:
#
# $$\mathrm{lens}(x_\ell) = \mathrm{norm}(x_\ell)\, W_U + b_U .$$
#
# Two functions are given. `helpers.norm_weights(model)` returns `(gamma, beta, eps)` of the final
# norm, with `beta = None` for a model that has RMSNorm; `helpers.unembedding(model)` returns `W_U`
# with shape `[d_model, vocab]` and `b_U` with shape `[vocab]`.
#
# A question to keep in mind while you write it: *which* vector's size does each layer get divided
# by? The cache also holds the size that the model itself divided by, at the end. It is the right
# one for one layer only.
#
# <details><summary>Hint 1: nudge</summary>
#
# The model's last step is norm, then unembedding. You do the same, 31 times instead of once, and
# every layer and position is normalised by itself.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# The norm leaves `[layer_plus_1, batch, pos, d_model]` as it is. `@` multiplies the last axis by
# the matrix `[d_model, vocab]`, whatever stands in front. Return logits, not probabilities.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# get gamma, beta, eps and W_U, b_U from the model with the two helpers
# normalise the whole stack (exercise 2 works on any number of axes)
# multiply by the unembedding, add its bias
# ```
#
# </details>


# %% exercise="logit_lens"
def logit_lens(
    stack: Float[Tensor, "layer_plus_1 batch pos d_model"], model: TransformerBridge
) -> Float[Tensor, "layer_plus_1 batch pos vocab"]:
    """Read every entry of a residual stack through the model's final norm and unembedding."""
    ### BEGIN SOLUTION
    gamma, beta, eps = helpers.norm_weights(model)  # given
    W_U, b_U = helpers.unembedding(model)  # given
    return final_norm(stack, gamma, beta, eps) @ W_U + b_U
    ### END SOLUTION


# %% check="logit_lens" points=4
with check(logit_lens) as c:
    for kind in ("RMS", "LN"):
        tiny = models.random(seed=3, normalization_type=kind)
        tiny_logits, tiny_cache = tiny.run_with_cache(torch.tensor([[0, 5, 9], [0, 3, 8]]))
        stack = 2 * torch.randn(4, 2, 3, 24, generator=torch.Generator().manual_seed(3))
        stack[3] = tiny_cache["ln_final.hook_in"]  # what the final norm was given in the run
        yours = c.call(stack, tiny)
        c.true(len(yours) == 4, "four layers go in, four come out")
        c.close(yours[3], tiny_logits, f"the last layer gives the model's own logits ({kind})")
        longer = stack * torch.tensor([3.0, 1.0, 5.0, 1.0])[:, None, None, None]
        c.close(c.call(longer, tiny), yours, "a layer 3 times as long gives the same logits")
        c.close(c.call(stack.flip(0), tiny), yours.flip(0), "each layer is read by itself")

# %% [markdown]
# ### First light
#
# What does the model say at the last position, at every layer? Compare with your predictions.

# %%
with torch.no_grad():
    prompt_stack = residual_stack(prompt_cache)
    prompt_lens = logit_lens(prompt_stack, smollm2)

for layer in (0, 1, 2, 6, 12, 18, 22, 23, 24, 25, 26, 27, 28, 29, 30):
    chances, top = prompt_lens[layer, 0, -1].softmax(dim=-1).topk(4)
    words = [
        f"{smollm2.to_string([t.item()])!r} {p:.2f}" for p, t in zip(chances, top, strict=True)
    ]
    print(f"layer {layer:2d}   " + "   ".join(words))

top_is_paris = (prompt_lens[:, 0, -1].argmax(dim=-1) == answer_token).nonzero().flatten().tolist()
helpers.versus(my_layer_of_paris, top_is_paris, '" Paris" is the top token at layers')
word_at_layer_0 = smollm2.to_string([prompt_lens[0, 0, -1].argmax().item()])
helpers.versus(my_word_at_layer_0, repr(word_at_layer_0), "The lens's word at layer 0")

# %% [markdown]
# At layer 0 the lens repeats the token it stands on, with great confidence. This model's embedding
# and unembedding are one and the same matrix (they are *tied*), so the embedding of " of" points
# where the logit of " of" is read.
#
# Then come more than twenty layers of commas and brackets: the lens has little to say. " Paris"
# first shows at layer 27, in third place, and is first from layer 28 on. Remember the commas: in
# part 5 you will ask whether the *model* has nothing to say there, or whether the *lens* cannot
# hear it.

# %% [markdown]
# ### And without the norm?
#
# It is tempting to leave the norm out: `stack @ W_U` runs, has the right shape, and gives numbers.
# Let us take the norm apart into its two steps, dividing by the size and multiplying by $\gamma$,
# and leave out one, the other, or both.
#
# **Predict.** At layer 28 the whole norm gives " Paris" first, then " T", " the" and a comma. Which
# step can you leave out without changing the *order* of the tokens: `"size"`, `"gamma"`, both or
# none? And which can you leave out without changing the *probabilities*?

# %%
my_harmless_for_the_order = None  # "size", "gamma", "both" or "none"
my_harmless_for_probabilities = None

# %%
with torch.no_grad():
    gamma, _, _ = helpers.norm_weights(smollm2)
    W_U, _ = helpers.unembedding(smollm2)
    last_stream = prompt_stack[:, 0, -1]
    variants = {
        "whole norm": prompt_lens[:, 0, -1],
        "without the size": (last_stream * gamma) @ W_U,
        "without gamma": final_norm(last_stream, torch.ones_like(gamma)) @ W_U,
        "without both": last_stream @ W_U,
    }
for layer in (12, 28):
    print(f"layer {layer}")
    for name, logits in variants.items():
        chances, top = logits[layer].softmax(dim=-1).topk(4)
        words = [f"{smollm2.to_string([t])!r} {p:.2f}" for t, p in zip(top, chances, strict=True)]
        print(f"   {name:18}" + "   ".join(words))

# %% [markdown] question="why_the_norm" points=2
# ### Question A: why the norm?
#
# Someone says: "The norm only rescales. I leave it out of my lens; the order of the tokens must
# stay the same." In three to five sentences: for the RMSNorm of this model, which half of the norm
# does this hold for, and which half not? What does each of the two do to the order of the tokens
# and to their probabilities? Use what the cell above printed.
#
# ### BEGIN SOLUTION
# **Model answer.** Dividing by the size multiplies all logits of one position by one positive
# number (this model has no unembedding bias), so no token changes its place; but it acts like a
# temperature: without it the logits are as long as the stream, and the top token gets a
# probability of 1.00. Multiplying by gamma weighs the 576 coordinates differently, two of them
# even with a minus sign; without it other tokens win, "reponame" at layer 28 instead of " Paris".
# So the claim holds for the size and the order, and for nothing else: the order needs gamma, the
# probabilities need both.
#
# **Rubric.** 1 point: the size is one positive factor per position, leaves the order, changes the
# probabilities. 1 point: gamma differs per coordinate, changes order and probabilities; backed by
# what the cell printed. Half a point off when RMSNorm is said to subtract the mean.
# ### END SOLUTION

# %% [markdown]
# ## Part 2: how far is that from what it says in the end?
#
# Top tokens are fun to read and hard to compare. Two numbers say more: the **rank** of one token
# you care about, and the **KL divergence**, the distance of the whole distribution from the final
# one.

# %% [markdown]
# ### Exercise 4: token_rank
#
# difficulty 2/5 · importance 4/5 · 10 min
#
# The rank of a token is the number of tokens with a *strictly larger* logit:
#
# $$\mathrm{rank}_\ell(t) = \#\{\,v : z_\ell[v] > z_\ell[t]\,\}.$$
#
# The top token has rank 0, the last one has rank `vocab - 1`, and tokens with equal logits share
# one rank. The batch holds several prompts, each with an answer of its own; you look at the last
# position.
#
# <details><summary>Hint 1: nudge</summary>
#
# You need not sort anything. First get the answer's own logit, for each prompt; then compare and
# count.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# The last position's logits are `[layer, batch, vocab]`, the answers' logits `[layer, batch]`.
# Prompt $b$ needs column `answer[b]`: index with `torch.arange(batch)` and `answer` together, or
# use `gather`. To compare, the second needs a last axis of size 1.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# last = the logits at the last position             [layer, batch, vocab]
# own  = for every prompt b, last at token answer[b]   [layer, batch]
# count, over the vocabulary, where last is larger than own
# ```
#
# </details>


# %% exercise="token_rank"
def token_rank(
    logits: Float[Tensor, "layer batch pos vocab"], answer: Int[Tensor, " batch"]
) -> Int[Tensor, "layer batch"]:
    """Count, at the last position, the tokens with a larger logit than the prompt's answer."""
    ### BEGIN SOLUTION
    last = logits[:, :, -1]
    own = last[:, torch.arange(len(answer)), answer]
    return (last > own[..., None]).sum(dim=-1)
    ### END SOLUTION


# %% check="token_rank" points=2
with check(token_rank) as c:
    layer_0 = [[0.1, 4.0, 2.0, 3.0, -9.0], [9.0, 7.0, 9.0, 7.0, 1.0]]  # one row for each prompt
    layer_1 = [[5.0, 0.0, 6.0, 1.0, 2.0], [1.0, 2.0, 3.0, 4.0, 5.0]]
    last_position = torch.tensor([layer_0, layer_1])
    logits = torch.stack([last_position.roll(1, -1), torch.zeros(2, 2, 5), last_position], dim=2)
    answers = torch.tensor([2, 1])
    expected = torch.tensor([[2, 2], [0, 3]])  # counted by eye
    c.close(c.call(logits, answers), expected, "it counts the larger logits, not equal ones")
    order = torch.tensor([3, 0, 4, 1, 2])  # new names for the tokens: 2 becomes 4, and 1 becomes 3
    renamed = c.call(logits[..., order], torch.tensor([4, 3]))
    c.close(renamed, expected, "the same tokens under other names have the same ranks")

# %% [markdown]
# ### Exercise 5: kl_to_final
#
# difficulty 3/5 · importance 5/5 · 15 min
#
# Let $p$ be the final distribution, the softmax of the last layer's logits, and $q_\ell$ the
# lens's at layer $\ell$. How many nats are lost, on average over what the model will really say,
# by believing $q_\ell$ instead of $p$? (A nat is a bit with the natural logarithm: 1 nat is 1.44
# bits.)
#
# $$\mathrm{KL}(p \,\|\, q_\ell) = \sum_v p[v]\,\bigl(\log p[v] - \log q_\ell[v]\bigr)$$
#
# It is never negative, it is 0 exactly where $q_\ell = p$ (so at the last layer), and it is **not
# symmetric**: KL$(q_\ell \| p)$ is another number. Here $p$ does the weighing: tokens that the
# model will not say do not count, however wrong the lens is about them.
#
# Two practical points. Logits a hundred apart are normal here, so a probability can be too small
# for a float and become 0, whose logarithm is $-\infty$: stay with logarithms. And adding a
# constant to all logits of a position must change nothing.
#
# <details><summary>Hint 1: nudge</summary>
#
# `torch.log_softmax` gives $\log q$ safely. You need $p$ itself only as the weight, and for that it
# may be 0.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `log_q` is `[layer, batch, pos, vocab]`; `log_p` is its last layer, `[batch, pos, vocab]`, and
# broadcasts against all layers. The sum runs over the vocabulary (a *sum*, weighted by $p$; no
# mean) and leaves `[layer, batch, pos]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# log_q = logarithm of the softmax of all logits, over the vocabulary
# log_p = its last layer
# sum over the vocabulary of  p  times  the difference of the two logarithms
# ```
#
# </details>


# %% exercise="kl_to_final"
def kl_to_final(
    lens_logits: Float[Tensor, "layer batch pos vocab"],
) -> Float[Tensor, "layer batch pos"]:
    """Return KL(final || layer) in nats, where the last entry holds the final logits."""
    ### BEGIN SOLUTION
    log_q = lens_logits.log_softmax(dim=-1)
    log_p = log_q[-1]
    return (log_p.exp() * (log_p - log_q)).sum(dim=-1)
    ### END SOLUTION


# %% check="kl_to_final" points=3
with check(kl_to_final) as c:
    # Two tokens, three layers, two positions; the model ends at 90% to 10%, and at 50% to 50%.
    first, middle, end = [[0.5, 0.5]] * 2, [[0.2, 0.8], [0.5, 0.5]], [[0.9, 0.1], [0.5, 0.5]]
    yours = c.call(torch.tensor([first, middle, end]).log()[:, None])
    by_hand = [[[0.3681, 0.0]], [[1.1457, 0.0]], [[0.0, 0.0]]]
    c.close(yours, by_hand, "0.9 log(0.9 / 0.5) + 0.1 log(0.1 / 0.5), and so on", atol=1e-3)
    certain = torch.tensor([[200.0, 0.0], [0.0, 200.0]])[:, None, None]
    c.close(c.call(certain), [[[200.0]], [[0.0]]], "certain, and wrong: that costs 200 nats")
    draw = torch.Generator().manual_seed(5)
    logits = 3 * torch.randn(4, 2, 3, 11, generator=draw)
    yours = c.call(logits)
    shifted = logits + torch.randn(4, 2, 3, 1, generator=draw)
    c.close(c.call(shifted), yours, "adding a constant to a position's logits changes nothing")
    c.true((yours > -1e-5).all(), "it is never negative")

# %% [markdown]
# ### Rank and distance, layer by layer
#
# **Predict.** At layer 0 the lens is almost certain of " of". Is its distribution nearer to the
# final one than at layer 12, where it mumbles commas, or farther from it? Guess the two numbers,
# in nats. (For scale: if the lens knew nothing at all and said 1/49152 for every token, the KL
# would be 10.8 nats minus the entropy of the final distribution, so about 9.)

# %%
my_kl_at_layer_0 = None
my_kl_at_layer_12 = None

# %%
with torch.no_grad():
    answer = torch.tensor([answer_token])
    prompt_ranks = token_rank(prompt_lens, answer)[:, 0]
    prompt_kl = kl_to_final(prompt_lens)[:, 0, -1]

helpers.versus(my_kl_at_layer_0, round(prompt_kl[0].item(), 1), "KL at layer 0")
helpers.versus(my_kl_at_layer_12, round(prompt_kl[12].item(), 1), "KL at layer 12")
print("ranks of Paris:", prompt_ranks.tolist())
plots.lines(
    {"KL to the final distribution": prompt_kl},
    right={"rank of ␣Paris, plus 1": prompt_ranks + 1},
    right_label="rank + 1 (log)",
    right_log=True,
    ylabel="nats",
    title="From the embedding to the answer",
)

# %% [markdown]
# Three regimes. **At layer 0** the lens is confident and wrong, which costs 121 nats: certainty
# is expensive. **Layers 1 to 23** cost 25 to 37 nats, *more* than knowing nothing would, and the
# rank of " Paris" wanders in the thousands. **In a few blocks after that** the rank falls from
# 5,670 to 188 (at layer 24), to 2, to 0 (at layer 28), and the distance goes to zero.
#
# Worse than nothing is a strange place for a model to be in the middle of its work. Is it? Or is it
# our instrument? Part 5 takes that up.

# %% [markdown]
# ## Part 3: which part of the model wrote the answer?
#
# The lens reads the sum so far. Since the stream *is* a sum, we can also ask each summand what it
# contributed to the end. That is **direct logit attribution**.
#
# Take two tokens $a$ and $b$, say " Paris" and " Rome". Their logit difference at the end is a dot
# product of the normalised stream with one direction. For RMSNorm, with $s$ the size that the model
# divided by:
#
# $$z_a - z_b = \frac{x_L}{s} \cdot
# \underbrace{\gamma \odot (W_U[:, a] - W_U[:, b])}_{\text{direction}}
# + (b_U[a] - b_U[b]), \qquad x_L = \sum_c \mathrm{part}_c .$$
#
# A dot product with a sum is a sum of dot products, so each part gets its share, in logits, and the
# shares add up exactly. The one thing that is *not* a sum is the norm: $s$ depends on all parts
# together. Therefore it is **frozen** at the value it had in the run, and every part is divided by
# that same number.
#
# Why a difference of two logits and not one logit? Because adding a constant to all logits changes
# nothing; only differences mean something. And the choice of $b$ is the choice of the question:
# " Rome" asks *why this city?*, " the" would ask *why a city?*

# %% [markdown]
# ### Exercise 6: direct_logit_attribution
#
# difficulty 3/5 · importance 5/5 · 15 min
#
# For every part $c$, prompt and position, with the frozen scale $s$ of that prompt and position and
# the direction of that prompt:
#
# $$\mathrm{attribution}_c = \frac{\mathrm{part}_c}{s} \cdot \mathrm{direction}.$$
#
# <details><summary>Hint 1: nudge</summary>
#
# No norm is computed in this function: it is given to you, as `scale`. What is left is a division
# and a dot product.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `parts` is `[component, batch, pos, d_model]`, `scale` is `[batch, pos, 1]` and broadcasts.
# `direction` is `[batch, d_model]`: every prompt has its own. The dot product sums `d_model` away
# and nothing else. `einsum` from `einops` says it in words.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# divide all the parts by the scale
# for every component, prompt b and position:
#     the dot product over d_model with direction[b]
# ```
#
# </details>


# %% exercise="direct_logit_attribution"
def direct_logit_attribution(
    parts: Float[Tensor, "component batch pos d_model"],
    scale: Float[Tensor, "batch pos 1"],
    direction: Float[Tensor, "batch d_model"],
) -> Float[Tensor, "component batch pos"]:
    """Return what each part adds to the logit difference that ``direction`` stands for.

    Args:
        parts: what the components wrote into the final residual stream.
        scale: the size that the final norm divided by in the run, the same for all parts.
        direction: gamma times the difference of two columns of W_U, one for each prompt.
    """
    ### BEGIN SOLUTION
    pattern = "component batch pos d_model, batch d_model -> component batch pos"
    return einsum(parts / scale, direction, pattern)
    ### END SOLUTION


# %% check="direct_logit_attribution" points=4
with check(direct_logit_attribution) as c:
    tiny = models.random(seed=6)
    tiny_logits, tiny_cache = tiny.run_with_cache(torch.tensor([[0, 5, 9, 1], [0, 3, 8, 8]]))
    _, parts = helpers.components(tiny_cache)
    scale, (unembed, bias) = tiny_cache["ln_final.hook_scale"], helpers.unembedding(tiny)
    a, b = torch.tensor([11, 2]), torch.tensor([4, 30])  # each prompt has its own two tokens
    direction = (helpers.norm_weights(tiny)[0][:, None] * (unembed[:, a] - unembed[:, b])).mT
    yours = c.call(parts, scale, direction)
    logit_of = tiny_logits - bias
    truth = torch.stack([logit_of[i, :, a[i]] - logit_of[i, :, b[i]] for i in range(2)])
    c.close(yours.sum(dim=0), truth, "the parts add up to the model's own logit difference")
    c.close(c.call(2 * parts, scale, direction), 2 * yours, "twice the parts, twice their shares")

# %% [markdown]
# ### Why Paris and not Rome?
#
# **Predict.** 61 parts wrote into the stream at " of": the embedding, 30 attention layers and 30
# MLPs. In your ranks above, one block made " Paris" jump from the thousands to rank 188. Which part
# will get the largest share of " Paris" minus " Rome": attention or an MLP, and of which block?

# %%
my_largest_part = None  # such as "mlp 12"

# %%
rival = data.single_token(smollm2, " Rome")
with torch.no_grad():
    part_names, prompt_parts = helpers.components(prompt_cache)
    frozen_scale = prompt_cache["ln_final.hook_scale"]
    gamma, _, _ = helpers.norm_weights(smollm2)
    W_U, _ = helpers.unembedding(smollm2)
    paris_minus_rome = (gamma * (W_U[:, answer_token] - W_U[:, rival]))[None]
    shares = direct_logit_attribution(prompt_parts, frozen_scale, paris_minus_rome)[:, 0, -1]

difference = prompt_logits[0, -1, answer_token] - prompt_logits[0, -1, rival]
print(f"model: {difference:.3f}   sum of the shares: {shares.sum():.3f}")
helpers.versus(my_largest_part, part_names[shares.argmax()], "The largest share")
plots.bars(
    dict(zip(part_names, shares, strict=True)),
    top=12,
    title="Who says Paris rather than Rome?",
    unit="logits",
)

# %% [markdown]
# Attention in block 23 brings something to " of" that says Paris rather than Rome, and the MLPs of
# blocks 24 and 25 reinforce it. (Attention is what moves things between positions; where it came
# from you will find in lab 02.) The two methods agree: the lens jumped between layers 23 and 24,
# and that is block 23.
#
# Read bars like these with care. They show *direct* effects only: a part that wrote something which
# a later block read and turned into " Paris" gets no bar of its own here. And a large negative bar
# (the MLP of block 29) need not be a mistake; last layers often damp what came before.
#
# Attention writes head by head, so the same function works on heads, with parts from
# `helpers.head_contributions`:

# %%
with torch.no_grad():
    places, head_parts = helpers.head_contributions(prompt_cache)
    head_shares = direct_logit_attribution(head_parts, frozen_scale, paris_minus_rome)[:, 0, -1]
plots.heatmap(
    head_shares.reshape(30, 9),
    xlabel="head",
    ylabel="block",
    unit="logits",
    center=0,
    title="Paris minus Rome, head by head",
)

# %% [markdown]
# Two of block 23's heads do most of its work. And block 29 holds a surprise that its single bar had
# hidden: two heads that pull against each other, harder than any other head pulls at all.
#
# ### Spot the bug
#
# A friend has seen your exercise 6 and says: "Then I do not need exercise 3. I add up the shares of
# the parts from the left, part by part, and after each block I have the logit difference that the
# logit lens would give me there." The next cell draws both curves, theirs and your lens's.

# %%
with torch.no_grad():
    running_sum = shares.cumsum(dim=0)[::2]  # after the embedding, and after each block's MLP
    through_lens = prompt_lens[:, 0, -1, answer_token] - prompt_lens[:, 0, -1, rival]
plots.lines(
    {"running sum of shares": running_sum, "logit lens": through_lens},
    ylabel="logit of Paris minus logit of Rome",
    title="Two ways to the same end",
)

# %% [markdown] question="spot_the_bug" points=2
# ### Question B: spot the bug
#
# The two curves end at the same number, and they have the same sign everywhere, so a check
# that looks at the last layer alone would pass both. (1) Where do they come apart, and what
# exactly does the friend's curve do differently? (2) Which property in a check of this notebook
# would betray it as a logit lens? (3) Is the friend's curve wrong, or is it the right answer to
# another question?
#
# ### BEGIN SOLUTION
# **Model answer.** (1) They differ at all layers before the last: the running sum divides every
# layer by the *final* size of the stream, the lens divides each layer by that layer's own size.
# The early stream is many times shorter, so the friend's early values are many times too small;
# the two differ by a positive factor, final size over own size, hence the equal signs. (2) "A
# layer 3 times as long gives the same logits": multiply one early layer by 3 and the running sum
# there is multiplied by 3, while the lens does not move. (3) It answers another question
# correctly: how much of the final logit difference has been written so far, with the final norm
# held fixed. It is not what the model would say if it stopped there.
#
# **Rubric.** 1 point for the frozen final size against each layer's own. Half a point for the
# scaling property of the check of exercise 3. Half a point for naming what the sum does measure.
# ### END SOLUTION

# %% [markdown]
# ## Part 4: from where on is it decided?
#
# "The model knows it at layer 28" is a sentence one reads often. It hides a choice. A token can
# come to the top, fall back, and return; look at these two prompts, and at the answer's ranks:

# %%
for text in ("Once upon a", "Monday, Tuesday, Wednesday,"):
    with torch.no_grad():
        other_logits, other_cache = smollm2.run_with_cache(smollm2.to_tokens(text))
        said = other_logits[0, -1].argmax()
        other_ranks = token_rank(logit_lens(residual_stack(other_cache), smollm2), said[None])
    print(f"{text!r} -> {smollm2.to_string([said.item()])!r}")
    print("   ranks by layer:", other_ranks[:, 0].tolist())

# %% [markdown]
# The **first hit** is the first layer at which the answer is on top. The **commit layer** is the
# first layer from which it is on top *and stays there*. They agree on the Eiffel prompt and
# differ on these. Both are useful; mixing them up is not.
#
# ### Exercise 7: commit_layer
#
# difficulty 2/5 · importance 3/5 · 10 min
#
# $$\mathrm{commit} = \min\,\{\,\ell : \mathrm{rank}_k = 0 \ \text{for all}\ k \ge \ell\,\}$$
#
# for each prompt. If the answer is not on top at the last layer, there is no such layer; return the
# number of layers then.
#
# <details><summary>Hint 1: nudge</summary>
#
# Look from the end: walk back while the rank is 0. Or ask for the *last* layer at which the answer
# was not on top.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `ranks` is `[layer, batch]`; the result is `[batch]`, whole numbers from 0 to `layer`. Prompts are
# independent of each other.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# for every prompt:
#     the last layer whose rank is not 0, or "none"
#     commit is the layer after it; with "none" it is layer 0
# ```
#
# </details>


# %% exercise="commit_layer"
def commit_layer(ranks: Int[Tensor, "layer batch"]) -> Int[Tensor, " batch"]:
    """Return the first layer from which the rank is 0 to the end; the number of layers if none."""
    ### BEGIN SOLUTION
    layer_after = torch.arange(1, len(ranks) + 1)[:, None]
    return ((ranks != 0) * layer_after).amax(dim=0)
    ### END SOLUTION


# %% check="commit_layer" points=2
with check(commit_layer) as c:
    ranks = torch.tensor(
        [  # five prompts, a column each
            [9, 0, 4, 0, 7],
            [0, 0, 1, 0, 0],
            [3, 0, 0, 0, 1],
            [0, 0, 0, 5, 0],
        ]
    )
    c.close(c.call(ranks), torch.tensor([3, 0, 2, 4, 3]), "on top there and at every later layer")

# %% [markdown]
# ## Part 5: can a lens be trained to read the early layers?
#
# In the middle layers the logit lens did worse than knowing nothing. One explanation: the model
# really has no idea there. Another: it has, but **in another language**. Nothing forces a middle
# layer to write in the coordinates that $W_U$ reads; later blocks may turn, shift and stretch the
# stream before the end.
#
# The **tuned lens** (Belrose and others, 2023) puts a translator in front of the lens, one for each
# layer, an affine map trained so that the translated stream says what the model says in the end:
#
# $$\mathrm{tuned}_\ell(h) = \mathrm{norm}\bigl(A_\ell\, h + b_\ell\bigr)\, W_U + b_U, \qquad
# A_\ell = I + \Delta_\ell .$$
#
# ```text
#   h at layer l ──► A_l h + b_l ──► norm ──► W_U ──► logits
#                    └ trained ┘     └─── the model's own, frozen ───┘
# ```
#
# $\Delta_\ell$ and $b_\ell$ start at zero, so the untrained tuned lens *is* the logit lens. The
# model is never touched, and the teacher is the model itself: no labels, no right answers.

# %% [markdown]
# ### Exercise 8: TunedLens
#
# difficulty 3/5 · importance 4/5 · 10 min
#
# The parameters are set up for you; write `forward`:
#
# $$\mathrm{forward}(h, \ell) =
# \mathrm{norm}\bigl(h + \Delta_\ell\, h + b_\ell\bigr)\, W_U + b_U .$$
#
# In the formula $h$ is a column vector, and $\Delta_\ell$ acts on it from the left.
#
# <details><summary>Hint 1: nudge</summary>
#
# First translate, then everything as in exercises 2 and 3. The translator comes *before* the norm,
# and each layer has its own.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `h` is `[..., d_model]`: its vectors lie along the last axis, as rows. A matrix that acts on
# columns acts on rows through its transpose: $(A h)^\top = h^\top A^\top$. `.mT` transposes the
# last two axes. `self.delta[layer]` is `[d_model, d_model]`, and do not forget the identity.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# translated = h  +  (delta of this layer applied to h)  +  the bias of this layer
# normalise it with gamma, beta and eps of the lens
# multiply by W_U, add b_U
# ```
#
# </details>


# %% exercise="TunedLens"
class TunedLens(nn.Module):
    """A logit lens with a trainable affine translator in front of it for each layer.

    The translator of layer l is h -> (I + delta[l]) h + bias[l]; norm and unembedding are frozen.
    """

    def __init__(self, model: TransformerBridge) -> None:
        super().__init__()
        gamma, beta, eps = helpers.norm_weights(model)
        W_U, b_U = helpers.unembedding(model)
        n_layers, d_model = model.cfg.n_layers, model.cfg.d_model
        self.delta = nn.Parameter(torch.zeros(n_layers, d_model, d_model, dtype=W_U.dtype))
        self.bias = nn.Parameter(torch.zeros(n_layers, d_model, dtype=W_U.dtype))
        # Buffers travel with the module and are not trained.
        self.register_buffer("gamma", gamma)
        self.register_buffer("beta", beta)
        self.register_buffer("W_U", W_U)
        self.register_buffer("b_U", b_U)
        self.eps = eps

    def forward(self, h: Float[Tensor, "... d_model"], layer: int) -> Float[Tensor, "... vocab"]:
        """Return the logits that the translated stream of this layer gives."""
        ### BEGIN SOLUTION
        translated = h + h @ self.delta[layer].mT + self.bias[layer]
        return final_norm(translated, self.gamma, self.beta, self.eps) @ self.W_U + self.b_U
        ### END SOLUTION


# %% check="TunedLens" points=3
with check(TunedLens) as c:
    for kind in ("RMS", "LN"):
        tiny = models.random(seed=8, normalization_type=kind)
        tiny_logits, tiny_cache = tiny.run_with_cache(torch.tensor([[0, 5, 9, 2]]))
        end = tiny_cache["ln_final.hook_in"].detach()  # it gives the model's own logits
        lens = c.call(tiny)
        c.close(lens(end, 1), tiny_logits, f"untrained, it is the logit lens ({kind})")
        turn, _ = torch.linalg.qr(torch.randn(24, 24, generator=torch.Generator().manual_seed(8)))
        shift = torch.linspace(-1, 1, 24)
        with torch.no_grad():
            lens.delta[1] = turn - torch.eye(24)  # A_1 is now a rotation
            lens.bias[1] = shift
        turned_back = (end - shift) @ turn  # as columns: A_1 transposed, times (end - shift)
        c.close(lens(turned_back, 1), tiny_logits, "A_1 and b_1 act before the norm, on columns")
        c.close(lens(end, 2), tiny_logits, "layer 2 has a translator of its own, still untrained")

# %% [markdown]
# ### Exercise 9: tuned_loss
#
# difficulty 3/5 · importance 4/5 · 10 min
#
# How wrong is a lens? The same KL as in exercise 5, averaged over the layers $0 \dots L-1$ (the
# last entry of the stack is what the teacher itself saw, and needs no translator), over the batch
# and over the positions:
#
# $$\mathrm{loss} = \frac1L \sum_{\ell=0}^{L-1} \ \underset{\text{batch, pos}}{\mathrm{mean}}\
# \mathrm{KL}\bigl(p \,\|\, \mathrm{softmax}(\mathrm{lens}(\mathrm{stack}[\ell],\, \ell))\bigr),
# \qquad p = \mathrm{softmax}(\text{final logits}).$$
#
# The teacher must not learn from the pupil: no gradient may flow into `final_logits`. `lens` is
# anything that can be called as `lens(h, layer)` and returns logits.
#
# <details><summary>Hint 1: nudge</summary>
#
# The number of layers follows from the stack: one fewer than its entries. Which tensor operation
# cuts a value off from the gradients?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `lens(stack[layer], layer)` is `[batch, pos, vocab]`, like `final_logits`. For each layer the KL
# is `[batch, pos]`, its mean is a scalar; the loss is the mean of those scalars, a tensor with no
# axes, with gradients.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# log_p = logarithm of the softmax of the final logits, cut off from the gradients
# for every layer but the last entry of the stack:
#     log_q = logarithm of the softmax of what the lens says there
#     KL, as in exercise 5; its mean over batch and positions
# the mean over the layers
# ```
#
# </details>


# %% exercise="tuned_loss"
def tuned_loss(
    lens: nn.Module,
    stack: Float[Tensor, "layer_plus_1 batch pos d_model"],
    final_logits: Float[Tensor, "batch pos vocab"],
) -> Float[Tensor, ""]:
    """Return the mean KL(final || lens) over all layers but the last entry, batch and positions."""
    ### BEGIN SOLUTION
    log_p = final_logits.detach().log_softmax(dim=-1)
    losses = []
    for layer in range(len(stack) - 1):
        log_q = lens(stack[layer], layer).log_softmax(dim=-1)
        losses.append((log_p.exp() * (log_p - log_q)).sum(dim=-1).mean())
    return torch.stack(losses).mean()
    ### END SOLUTION


# %% check="tuned_loss" points=2
with check(tuned_loss) as c:
    draw = torch.Generator().manual_seed(9)
    lens = helpers.PlainLens(n_layers=3, d_model=6, vocab=11)  # untrained: 1/11 for every token
    stack = torch.randn(4, 2, 5, 6, generator=draw)
    stack[3] = torch.nan  # the last entry is the teacher's, not the lens's
    final = (2 * torch.randn(2, 5, 11, generator=draw)).requires_grad_()
    yours = c.call(lens, stack, final)
    knows_nothing = helpers.loss_of_knowing_nothing(final)
    c.close(yours, knows_nothing, "a lens that knows nothing is log 11 - entropy off")
    c.true(yours.requires_grad, "the loss sends gradients back")
    tuned_loss(lens, stack, final).backward()
    c.true(all(part.any() for part in lens.delta.grad), "every layer of the lens gets a gradient")
    c.true(final.grad is None or not final.grad.any(), "the teacher gets none")

# %% [markdown]
# ### Exercise 10: train_tuned_lens
#
# difficulty 3/5 · importance 3/5 · 15 min
#
# Train the lens in place, with Adam. In every step note two numbers: the **training loss** from
# which the step's gradient comes (so before the update), and the **validation loss** after the
# update, on data the lens is not trained on. Return both lists. (All the training data in every
# step is fine; batches are, too.)
#
# $$\theta \leftarrow \mathrm{Adam}\bigl(\theta,\ \nabla_\theta\,
# \mathrm{loss}_{\text{train}}\bigr), \qquad \text{steps times}$$
#
# <details><summary>Hint 1: nudge</summary>
#
# An ordinary PyTorch loop. What to train is `lens.parameters()`. The validation loss needs no
# gradients, and it must not come from the training data.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `train` and `valid` are pairs `(stack, final_logits)`, just what your `tuned_loss` takes after the
# lens. Both lists hold `steps` Python floats: `.item()`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# make an Adam optimiser with the given learning rate
# repeat `steps` times:
#     loss on the training pair; note it
#     clear old gradients, go backward, step
#     without gradients: loss on the validation pair; note it
# ```
#
# </details>


# %% exercise="train_tuned_lens"
def train_tuned_lens(
    lens: nn.Module,
    train: tuple[Float[Tensor, "layer_plus_1 batch pos d_model"], Float[Tensor, "batch pos vocab"]],
    valid: tuple[Float[Tensor, "layer_plus_1 batch pos d_model"], Float[Tensor, "batch pos vocab"]],
    steps: int = 200,
    lr: float = 1e-2,
) -> tuple[list[float], list[float]]:
    """Train a lens in place; return the training losses and the validation losses by step."""
    ### BEGIN SOLUTION
    optimizer = torch.optim.Adam(lens.parameters(), lr=lr)
    train_losses, valid_losses = [], []
    for _ in range(steps):
        loss = tuned_loss(lens, *train)
        train_losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            valid_losses.append(tuned_loss(lens, *valid).item())
    return train_losses, valid_losses
    ### END SOLUTION


# %% check="train_tuned_lens" points=2
with check(train_tuned_lens) as c:
    draw = torch.Generator().manual_seed(10)
    stacks = torch.randn(2, 4, 1, 5, 6, generator=draw).repeat(1, 1, 8, 1, 1)  # a prompt, 8 times
    secret = torch.randn(6, 11, generator=draw)  # what the lens should find
    train, valid = [(stacks[i], (1 - 0.7 * i) * stacks[i, 0] @ secret) for i in (0, 1)]
    start, start_valid = [helpers.loss_of_knowing_nothing(pair[1]) for pair in (train, valid)]
    lens = helpers.PlainLens(n_layers=3, d_model=6, vocab=11)
    frozen = c.call(lens, train, valid, steps=2, lr=0.0)
    c.close(frozen[0], [start, start], "at learning rate 0: the loss on the training data")
    c.close(frozen[1], [start_valid, start_valid], "at learning rate 0: the loss on the other data")
    losses, valid_losses = c.call(lens, train, valid, steps=30, lr=0.05)
    c.close(losses[0], start, "the first training loss is the untrained lens's")
    c.true(abs(valid_losses[0] - start_valid) > 1e-5, "validation comes after the update")
    trained = all(part.any() for part in (*lens.delta, *lens.bias))
    c.true(trained, "every layer of the lens is trained, matrix and bias, in place")
    again, _ = c.call(lens, train, valid, steps=1, lr=0.0)
    c.true(again[0] < losses[0], "the training loss is lower afterwards")

# %% [markdown]
# ### A language that we know
#
# First a case in which the truth is known. We take the final residual streams of a tiny model and
# *rotate* them all by one random rotation $R$: that is our "layer 0", a layer that knows everything
# and says it in another language. A perfect translator is $A = R^\top$, which turns back.
#
# **Predict.** The logit lens cannot read layer 0. How many nats will it be off? And will training
# find $R^\top$ itself, or some other matrix that happens to give a small loss?

# %%
my_loss_of_the_logit_lens = None
my_guess_it_finds_the_inverse = None  # True or False

# %%
speaker = models.random(seed=21, n_layers=1, d_model=16, n_heads=4, d_head=4, d_vocab=64)
draw = torch.Generator().manual_seed(21)
rotation, _ = torch.linalg.qr(torch.randn(16, 16, generator=draw))
known = torch.randn(2, 1, 64, 16, 16, generator=draw)  # train and valid: [1, batch, pos, d_model]
with torch.no_grad():
    pairs = [
        (
            torch.cat([final_stream @ rotation.mT, final_stream]),
            logit_lens(final_stream, speaker)[0],
        )
        for final_stream in known
    ]

translator = TunedLens(speaker)
train_curve, valid_curve = train_tuned_lens(translator, *pairs, steps=300, lr=5e-2)
found = torch.eye(16) + translator.delta[0].detach()
likeness = (found * rotation.mT).sum() / (found.norm() * rotation.norm())

helpers.versus(
    my_loss_of_the_logit_lens, round(train_curve[0], 2), "Loss of the logit lens, in nats"
)
helpers.versus(
    my_guess_it_finds_the_inverse, round(likeness.item(), 3), "Cosine of A and R transposed"
)
print(
    f"after training: {train_curve[-1]:.3f} on the training data, {valid_curve[-1]:.3f} on the rest"
)
plots.compare(
    found / found.norm() * 4,
    rotation.mT,
    title="A as training found it (yours), and R transposed (expected)",
)

# %% [markdown]
# The knowledge was all there; only the lens could not read it. And the translator that training
# found is the inverse rotation, as nearly as so little training can tell. So where the logit lens
# sees commas, "the model has no idea yet" does not follow.

# %% [markdown]
# ### The real model
#
# Now `smollm2`. The paper trained on millions of tokens; we have a laptop and a page of text. So we
# train translators for three layers only, 20, 24 and 27, for eight steps, on 368 positions. Each
# translator has 332,352 numbers to set: the danger is plain, and it is why your function also notes
# the loss on other text. (Position 0, the attention sink, is left out.)
#
# Such a result needs a **control**. A lens could lower its loss without reading anything at all: by
# saying the *average* of the model's predictions, whatever stands in the stream. On the unseen text
# that scores about 3.2 nats. Only a lens that is better has read something.
#
# **Predict.** The logit lens is 10.6 nats off here, on average over the three layers. What will the
# trained lens reach on the text it was trained on, and what on text it has never seen? Will it beat
# the control at all three layers?

# %%
my_train_loss = None
my_valid_loss = None
my_layers_that_beat_the_control = None  # out of 20, 24, 27

# %%
TUNED_LAYERS = (20, 24, 27)
rows = [
    data.token_rows(smollm2, data.TRAIN_SENTENCES, length=24)[:16],
    data.token_rows(smollm2, data.VALID_SENTENCES, length=24)[:6],
]
pairs = []
for tokens in rows:
    with torch.no_grad():
        row_logits, row_cache = smollm2.run_with_cache(tokens)
        row_stack = residual_stack(row_cache)[[*TUNED_LAYERS, 30]]  # three layers, and the last
    pairs.append((row_stack[:, :, 1:], row_logits[:, 1:]))  # without position 0
del row_cache

tuned = TunedLens(smollm2)  # its translators 0, 1, 2 will serve layers 20, 24, 27
with torch.no_grad():
    loss_before = tuned_loss(tuned, *pairs[1]).item()
train_curve, valid_curve = train_tuned_lens(tuned, *pairs, steps=8, lr=1e-3)

helpers.versus(my_train_loss, round(train_curve[-1], 2), "Loss on the training text, last step")
helpers.versus(my_valid_loss, round(valid_curve[-1], 2), "Loss on unseen text, at the end")
plots.lines(
    {"training text (before each step)": train_curve, "unseen text (after it)": valid_curve},
    levels={"logit lens on the unseen text": loss_before},
    xlabel="step",
    ylabel="KL to the final distribution, nats",
    title="A tuned lens for layers 20, 24 and 27",
)

# %%
with torch.no_grad():
    valid_stack, valid_final = pairs[1]
    average = pairs[0][1].softmax(dim=-1).mean(dim=(0, 1)).log()  # of the training text
    control = torch.stack([average.expand_as(valid_final), valid_final])
    control_kl = kl_to_final(control)[0].mean().item()
    print(f"on unseen text, in nats; the average prediction scores {control_kl:.2f}")
    for index, layer in enumerate(TUNED_LAYERS):
        logit_lens_kl, tuned_lens_kl = (
            kl_to_final(torch.stack([logits, valid_final]))[0].mean().item()
            for logits in (
                logit_lens(valid_stack[index][None], smollm2)[0],
                tuned(valid_stack[index], index),
            )
        )
        print(f"layer {layer}: logit lens {logit_lens_kl:5.2f}   tuned lens {tuned_lens_kl:5.2f}")
helpers.versus(
    my_layers_that_beat_the_control, "in the table above", "Layers that beat the control"
)

# %% [markdown]
# Eight steps bring all three layers far down. Now hold them against the control. Layers 20 and 24
# do not beat it: for all we know our translators have learned what text looks like on average, and
# nothing about *this* text. That is no proof that nothing is there; it is what a page of text can
# buy. Layer 27 is well below the control: that lens reads, and it reads more than the logit lens.
#
# And by the last steps the training loss is lower than the loss on unseen text: that gap is
# overfitting, it widens the longer you train, and whoever reports the training loss here fools
# themselves. (You have ten minutes to spare? Take all 38 rows and 30 steps.)
#
# What does the tuned lens say on our prompt, which it has never seen either?

# %%
with torch.no_grad():
    tuned_logits = torch.stack(
        [tuned(prompt_stack[layer], index) for index, layer in enumerate(TUNED_LAYERS)]
    )
    with_final = torch.cat([tuned_logits, prompt_logits[None]])
    tuned_ranks = token_rank(with_final, answer)[:-1, 0].tolist()
    tuned_kl = kl_to_final(with_final)[:-1, 0, -1].tolist()
for index, layer in enumerate(TUNED_LAYERS):
    for name, kl, place, at in (
        ("logit", prompt_kl[layer], prompt_ranks[layer], prompt_lens[layer, 0, -1]),
        ("tuned", tuned_kl[index], tuned_ranks[index], tuned_logits[index, 0, -1]),
    ):
        top_words = [smollm2.to_string([token.item()]) for token in at.topk(4).indices]
        print(
            f"layer {layer} {name} lens: KL {kl:4.1f}, rank of Paris {place:5d}, says {top_words}"
        )

# %% [markdown]
# At layer 27 the logit lens says a comma, with " Paris" two places behind; the tuned lens says "
# Paris". So the answer was there a layer earlier than the logit lens could tell. Three layers
# before that, the tuned lens does not see it either; with our page of text, that settles nothing.

# %% [markdown]
# ## Part 6: does the model use what the lens reads?
#
# The lens reads a direction in the stream. That the direction is there, and that the lens can read
# it, does not mean that any later block *uses* it, nor that it will reach the output. A lens is a
# thermometer held into the stream; the model does not look at the thermometer.
#
# The only way to know is to **intervene**: take the direction out of the stream and see what
# changes. With $\hat u$ the direction at unit length:
#
# $$x' = x - (x \cdot \hat u)\,\hat u .$$
#
# After that the stream has no component along $\hat u$; everything at right angles to it is as
# before. Then read two numbers: how much the *lens's* logit of a token changed at that layer, and
# how much the *model's final* logit of it changed.
#
# ### Exercise 11: lens_is_not_cause
#
# difficulty 4/5 · importance 4/5 · 20 min
#
# Project `direction` (of any length) out of the residual stream at stack index `layer`, at the
# **last position only**, and let the model run on from there. Return two numbers, each *clean
# minus ablated* and averaged over the batch, both at the last position: the lens's logit of
# `token` at that layer, and the final logit of `token`. The model must be as it was afterwards:
# no hook may stay behind.
#
# $$\text{lens effect} = \overline{\,\mathrm{lens}(x_\ell)[t] - \mathrm{lens}(x'_\ell)[t]\,}, \qquad
# \text{output effect} = \overline{\,z[t] - z'[t]\,}$$
#
# <details><summary>Hint 1: nudge</summary>
#
# A hook is a function `hook(activation, hook)` that may return a new activation.
# `model.run_with_hooks(tokens, fwd_hooks=[(name, function)])` installs it for one run and removes
# it. The name of the place is `f"blocks.{layer}.hook_resid_pre"`.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# The hook gets the stream, `[batch, pos, d_model]`. Clone it before you change it. At the last
# position it is `[batch, d_model]`; `x @ u` is `[batch]`, and to subtract it times `u` it needs a
# last axis of size 1. Your `logit_lens` wants four axes: give the stream a layer axis of size 1.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# unit = direction at length 1
# clean run:    note the stream at the place, and the final logits
# ablated run:  in a hook, remove from the last position its component along unit;
#               note the changed stream, and the final logits
# lens on both streams at the last position, logit of the token, difference, mean
# final logits at the last position, logit of the token, difference, mean
# ```
#
# </details>


# %% exercise="lens_is_not_cause"
def lens_is_not_cause(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch pos"],
    layer: int,
    direction: Float[Tensor, " d_model"],
    token: int,
) -> tuple[float, float]:
    """Return how much the lens, and how much the output, loses when a direction is projected out.

    Args:
        layer: index into the residual stack, below n_layers.
        direction: of any length; it is removed at the last position only.
        token: whose logit is read, at the last position.

    Returns:
        Lens effect and output effect: clean minus ablated, averaged over the batch.
    """
    ### BEGIN SOLUTION
    place = f"blocks.{layer}.hook_resid_pre"
    unit = direction / direction.norm()

    def run(ablate: bool) -> tuple[float, float]:
        seen = []

        def edit(resid: Tensor, hook: object) -> Tensor:
            resid = resid.clone()
            if ablate:
                resid[:, -1] -= (resid[:, -1] @ unit)[:, None] * unit
            seen.append(resid)
            return resid

        with torch.no_grad():
            logits = model.run_with_hooks(tokens, fwd_hooks=[(place, edit)])
            through_lens = logit_lens(seen[0][None], model)[0]
        return through_lens[:, -1, token].mean().item(), logits[:, -1, token].mean().item()

    (lens_clean, output_clean), (lens_ablated, output_ablated) = run(False), run(True)
    return lens_clean - lens_ablated, output_clean - output_ablated
    ### END SOLUTION


# %% check="lens_is_not_cause" points=3
with check(lens_is_not_cause) as c, torch.no_grad():
    tiny, tiny_tokens = models.random(seed=11, n_layers=2), torch.tensor([[0, 5, 9], [0, 3, 8]])
    clean, tiny_cache = tiny.run_with_cache(tiny_tokens)
    read = helpers.norm_weights(tiny)[0] * helpers.unembedding(tiny)[0][:, 19]
    x = tiny_cache["resid_pre", 1][:, -1]
    lens_effect, output_effect = c.call(tiny, tiny_tokens, 1, read, 19)
    reading = torch.nn.functional.rms_norm(x, (24,), read, tiny.cfg.eps).sum(dim=-1).mean()
    c.close(lens_effect, reading, "the lens reads token 19 along `read`: it loses all of that")
    longer = c.call(tiny, tiny_tokens, 1, 10 * read, 19)
    c.close(longer, [lens_effect, output_effect], "the length of the direction does not matter")
    across = torch.linalg.svd(torch.cat([x, read[None]]))[2][-1]  # at right angles to the last x
    nothing = c.call(tiny, tiny_tokens, 1, across, 19)
    c.close(nothing, [0.0, 0.0], "what is not in the stream at the last position has no effect")
    c.true(abs(output_effect) > 1e-3, "the ablation reaches the output")
    c.close(tiny(tiny_tokens), clean, "afterwards the model is as it was: no hook is left")

# %% [markdown]
# ## Part 7: the planted challenge
#
# So far nobody could tell you whether a story about the model was *true*. Now somebody can. From
# your name a transformer is built by hand: 8 blocks of 4 attention heads, no MLPs, RMSNorm, 50
# tokens that mean nothing (they are numbers), in a randomly rotated basis. In it, at the last
# position, this happens:
#
# - somewhere a head writes a **decoy**: one token that the lens believes in for some layers and
#   that the model never says;
# - a later head, the **eraser**, takes the decoy away again;
# - another head, the **writer**, writes the answer;
# - from the **commit layer** on, the answer is the lens's first choice for good. It may have been
#   there before, for a layer or so, and lost its place.
#
# All other heads are busy, too, and harmless: silence them all, and the answers stay the same.
# Where everything stands is different for every name, and the same for all prompts of your model.
# Your task: find the four, with the functions that you wrote.
#
# Type your name (in a course: your id on the course's list), and keep it as it is from now on.

# %%
student_name = "reference"

# %%
if student_name == "reference":
    print("this is the example's model: type your own name above, and run that cell and this one")
challenge = models.challenge("01_logit_lens", helpers.CHALLENGE, student_name)
print(f"{len(challenge.tokens)} prompts of {challenge.tokens.shape[1]} tokens; the first three:")
print(challenge.tokens[:3])
print("and what the model answers to them:", challenge.answers[:3].tolist())

# %% [markdown]
# **First look: what does the lens see?** Each line is a layer, each column one of the first eight
# prompts; in the cells the lens's first choice at the last position, in the last line the answers.

# %%
with torch.no_grad():
    _, challenge_cache = challenge.model.run_with_cache(challenge.tokens)
    challenge_lens = logit_lens(residual_stack(challenge_cache), challenge.model)
first_choice = challenge_lens[:, :, -1].argmax(dim=-1)
for layer, line in enumerate(first_choice):
    print(f"layer {layer}:  " + "  ".join(f"{token:3d}" for token in line[:8].tolist()))
print("answers:  " + "  ".join(f"{token:3d}" for token in challenge.answers[:8].tolist()))

# %% [markdown]
# **Ranks and the commit layer**, from exercises 4 and 7. Do all prompts agree?

# %%
challenge_ranks = token_rank(challenge_lens, challenge.answers)
print("mean rank of the answer by layer:", challenge_ranks.float().mean(dim=1).tolist())
print("commit layers that occur:", commit_layer(challenge_ranks).unique().tolist())

# %% [markdown]
# **Who wrote it?** Direct logit attribution, head by head: `helpers.direction_of` gives the
# direction of a token's logit against the mean of all logits, one token for each prompt. The
# first picture asks who wrote the answers. Then put the token that you suspect to be the decoy
# into `suspect`, and ask who wrote *that*, and who took it away.

# %%
suspect = None  # a token, once you have one

# %%
with torch.no_grad():
    places, written_by_heads = helpers.head_contributions(challenge_cache)
    challenge_scale = challenge_cache["ln_final.hook_scale"]
    toward = helpers.direction_of(challenge.model, challenge.answers)
    by_head = direct_logit_attribution(written_by_heads, challenge_scale, toward)[:, :, -1]
plots.heatmap(
    by_head.mean(dim=1).reshape(8, 4),
    xlabel="head",
    ylabel="block",
    unit="logits",
    center=0,
    title="Toward the answers, head by head",
)

# %%
if suspect is None:
    print("no suspect yet: the first look above may give you one")
else:
    with torch.no_grad():
        same_token = torch.full_like(challenge.answers, suspect)
        toward = helpers.direction_of(challenge.model, same_token)
        by_head = direct_logit_attribution(written_by_heads, challenge_scale, toward)[:, :, -1]
    picture = plots.heatmap(
        by_head.mean(dim=1).reshape(8, 4),
        xlabel="head",
        ylabel="block",
        unit="logits",
        center=0,
        title=f"Toward token {suspect}, head by head",
    )
    display(picture)

# %% [markdown]
# More is at hand: `helpers.logits_without(model, tokens, (layer, head))` runs the model with one
# head silenced, and `lens_is_not_cause` takes a direction away. Two heads may both push the
# answer up; which of them carries it? Try what the model says without each.

# %%
# Your own experiments.

# %% [markdown]
# ### Exercise 12: challenge_answer
#
# difficulty 4/5 · importance 4/5 · 25 min
#
# Write down what you found, as numbers (not as variables: what is graded is what stands here).
#
# $$\mathrm{commit} = \min\{\ell : \text{the answer is the lens's first choice at every layer} \ge
# \ell\}$$
#
# counts layers of the residual stack, 0 to 8; `writer` and `eraser` are pairs `(block, head)`, each
# counted from 0; `decoy_token` is a token.
#
# <details><summary>Hint 1: nudge</summary>
#
# The decoy is the same token for all prompts; the answers differ. Which token does the lens name
# for *every* prompt, at some layers, though no prompt has it as its answer?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# Layer $\ell$ of the stack is the stream *before* block $\ell$. What changes between layers
# $\ell$ and
# $\ell + 1$ was done by block $\ell$. In the heatmaps, rows are blocks and columns are heads.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# commit: look at the commit layers of all prompts
# decoy: the first choice that all prompts share for some layers, before that
# eraser: with the decoy as suspect, the head with a large negative share
# writer: among the heads with a positive share for the answers, the one without which
#         the model gives other answers
# check each against block and layer: what a head does shows one layer after its block's number
# ```
#
# </details>

# %% exercise="challenge_answer"
challenge_answer = {"commit_layer": None, "writer": None, "decoy_token": None, "eraser": None}
### BEGIN SOLUTION
challenge_answer = {"commit_layer": 6, "writer": (5, 0), "decoy_token": 28, "eraser": (4, 1)}
### END SOLUTION

# %% check="challenge_answer" points=4
with check(challenge_answer=challenge_answer) as c:
    found = c.value
    names = {"commit_layer", "decoy_token", "writer", "eraser"}
    c.true(set(found) == names and None not in found.values(), "all four entries are filled in")
    c.true(found["commit_layer"] in range(9), "the commit layer is a layer of the stack, 0 to 8")
    for head in (found["writer"], found["eraser"]):
        is_head = isinstance(head, tuple | list) and len(head) == 2
        in_model = is_head and head[0] in range(8) and head[1] in range(4)
        c.true(in_model, "a head is a pair (block, head), blocks 0 to 7 and heads 0 to 3")
    c.true(found["writer"] != found["eraser"], "the writer and the eraser are two heads")
    planted_model, planted_tokens = challenge.model, challenge.tokens
    said = helpers.logits_without(planted_model, planted_tokens, found["writer"]).argmax(dim=-1)
    c.true((said != challenge.answers).all(), "without your writer the model gives no right answer")
    said = helpers.logits_without(planted_model, planted_tokens, found["eraser"]).argmax(dim=-1)
    c.true((said == found["decoy_token"]).all(), "without your eraser the model says your decoy")

# %% [markdown]
# The check silences your heads and looks what happens; it says nothing about the commit layer,
# which is for you to be sure of (the first layer with the answer on top is not it).
#
# ### The lens and the output
#
# **Predict.** Take the decoy's direction out of the stream before each block in turn, with your
# exercise 11. At which layers will the lens's logit of the decoy change? At which will the
# *output's*?

# %%
my_layers_where_the_lens_changes = None
my_layers_where_the_output_changes = None

# %%
decoy = challenge_answer["decoy_token"]
if decoy is None:
    print("this experiment needs your decoy: do exercise 12 first")
else:
    decoy_direction = (
        helpers.norm_weights(challenge.model)[0] * challenge.model.W_U[:, decoy].detach()
    )
    effects = [
        lens_is_not_cause(challenge.model, challenge.tokens, layer, decoy_direction, decoy)
        for layer in range(8)
    ]
    picture = plots.lines(
        {
            "lens, at that layer": [effect[0] for effect in effects],
            "output": [effect[1] for effect in effects],
        },
        xlabel="layer at which the decoy's direction is taken out",
        ylabel="change of the decoy's logit",
        title="The decoy's direction taken out, layer by layer",
    )
    display(picture)

# %% [markdown]
# Between its writing and its erasing the lens shows the decoy, loud and clear, for every prompt.
# Taking it away there changes what the lens says, and not what the model says. Nothing is wrong
# with the lens: it answers the question it was asked, *what would come out if the model stopped
# here?* The model does not stop there.
#
# One more thing to be careful about. By direct attribution the eraser pushes the decoy *down* by
# many logits. So why does the output not fall by as much when the decoy is gone? Because the eraser
# does read the decoy, and writes its negative: with nothing to erase it writes nothing. "The output
# does not depend on it" is what you have measured. "Nothing in the model reads it" would be false.

# %% [markdown] question="read_is_not_used" points=2
# ### Question C: what may you claim?
#
# A paper writes: "At layer 5 the logit lens shows *Berlin*, at layer 9 *Paris*. Hence the model
# first retrieves the wrong capital and then corrects itself." (1) What does the lens result
# support, and what not? (2) Give one other story that fits the same lens result. (3) Which
# experiment would you run next, and what outcome would speak for the paper's story?
#
# ### BEGIN SOLUTION
# **Model answer.** (1) It supports: at layer 5 the stream holds a component that the final norm
# and unembedding would turn into *Berlin*. It does not show that any later block reads that
# component, nor that *Paris* comes about by correcting it. (2) For example: *Berlin* is a
# by-product, written by a head that copies frequent capitals, and drowned or erased on the way, as
# the decoy of this lab, without any bearing on the answer; or middle layers speak another basis,
# and *Berlin* is an artefact of the lens (a tuned lens might show *Paris*). (3) Intervene:
# project the *Berlin* direction out of the stream at layer 5 (or put in that of another run) and
# look at the output. Their story predicts that the later correction changes, so the final logits
# move; no change of the output speaks against it.
#
# **Rubric.** Half a point: readable is not used. Half a point: a second story that really fits. 1
# point: an intervention on the stream with the outcome that would decide (half a point for naming
# one without the outcome).
# ### END SOLUTION

# %% [markdown]
# ## Part 8: the headline
#
# Everything in one picture, on the real model, through your functions. First the lens table: at
# every layer and every position, what would the model say next?
#
# **Predict.** In which columns will the final word be the lens's first choice early, and in which
# only in the last layers?

# %%
my_early_columns = None  # such as "after ' E'"

# %%
with torch.no_grad():
    table_lens = logit_lens(residual_stack(prompt_cache), smollm2)
    table_chances, table_tokens = table_lens[:, 0].softmax(dim=-1).max(dim=-1)
table_words = [[smollm2.to_string([token]) for token in line] for line in table_tokens.tolist()]
plots.lens_table(
    table_words, table_chances, x=prompt_words, title="The logit lens on smollm2", xlabel="after"
)

# %% [markdown]
# The first column is the attention sink again: from layer 12 to 29 the lens finds next to nothing
# in that giant vector (its first choice gets about .03). " city" is followed by " of" from layer
# 23 on, while what comes after "The Eiffel" is settled only in the last two layers. At layer 0
# not every token repeats itself: some are shouted down by " strugg", which has the longest column
# of all in $\gamma \odot W_U$.
#
# And the figure of this lab: rank, probability and distance of " Paris" by layer, the junk that
# comes out without the norm, and, if you did part 5, the tuned lens.

# %%
with torch.no_grad():
    paris = table_lens[:, 0, -1].softmax(dim=-1)[:, answer_token]
    rank = token_rank(table_lens, torch.tensor([answer_token]))[:, 0]
    distance = kl_to_final(table_lens)[:, 0, -1]
    no_norm = residual_stack(prompt_cache)[:, 0, -1] @ helpers.unembedding(smollm2)[0]
    no_norm_distance = kl_to_final(torch.cat([no_norm, table_lens[-1:, 0, -1]])[:, None, None])[:-1]
first_hit = (rank == 0).nonzero()[0].item()
print(f"rank of ' Paris': {rank[0]} at layer 0, {rank[1]} after block 0, 0 from layer {first_hit}")
print(f"probability: {paris[first_hit]:.2f} at layer {first_hit}, {paris[-1]:.2f} at the end")
print(f"KL to the end, nats: {distance[0]:.1f} at layer 0, {distance[1]:.1f} at layer 1, ", end="")
print(f"{distance[first_hit]:.2f} at layer {first_hit}, {abs(distance[-1]):.2f} at the end")
figure = helpers.headline(
    rank,
    paris,
    distance,
    no_norm_distance[:, 0, 0],
    table_words,
    table_chances,
    prompt_words,
    data.EIFFEL.answer,
    dict(zip(TUNED_LAYERS, tuned_kl, strict=True)) if "tuned_kl" in globals() else None,
)
print("saved to", plots.save(figure, helpers.HEADLINE))
figure

# %% [markdown]
# ## What you have now
#
# - The **logit lens** reads any place of the residual stream with the model's own last step. It
#   needs the final norm, with every layer's own size: one half of the norm sets the ranks, the
#   other the probabilities.
# - **Rank** and **KL** turn pictures into numbers. "The model knows it at layer 28" needs a
#   definition: first hit or commit.
# - **Direct logit attribution** splits the end result exactly among the parts, with the norm
#   frozen. It sees direct effects only.
# - The **tuned lens** hears layers that speak another language. It is trained, so judge it on data
#   it was not trained on, and against a control that reads nothing.
# - **Read is not used.** Whether a model uses what a lens reads is a question for interventions.
#   That is lab 02.
#
# ## Further reading, with numbers to hold against yours
#
# - nostalgebraist, [*interpreting GPT: the logit
#   lens*](https://www.lesswrong.com/posts/AcKRB8wDpdaN6v6ru/interpreting-gpt-the-logit-lens)
#   (2020). Where it began, on GPT-2. The trend reported there: nonsense in the first layers, then
#   words of the right kind, then better guesses, often close to the final answer long before the
#   end. Hold it against your table: in `smollm2` the nonsense lasts until layer 23 of 30. What
#   does part 5 say about why?
# - Belrose, Furman, Smith, Halawi, Ostrovsky, McKinney, Biderman, Steinhardt, *Eliciting Latent
#   Predictions from Transformers with the Tuned Lens* (2023), [arXiv
#   2303.08112](https://arxiv.org/abs/2303.08112). Models up to 20 billion parameters. Their
#   section 2 measures how far the logit lens's *average* prediction is from the model's: around 4
#   to 5 bits (2.8 to 3.5 nats) in most layers of GPT-Neo-2.7B, where the final layers of two
#   differently sized models, Pythia 160M and 12B, differ by 0.0068 bits. An afternoon's project:
#   measure that bias on `smollm2`, before and after your tuned lens.
# - Elhage and others, [*A Mathematical Framework for Transformer
#   Circuits*](https://transformer-circuits.pub/2021/framework/index.html) (2021). The residual
#   stream as a sum that everything reads and writes; the ground under part 3.
# - Sun, Chen, Kolter, Liu, *Massive Activations in Large Language Models* (2024), [arXiv
#   2402.17762](https://arxiv.org/abs/2402.17762). Single numbers in the stream up to 100,000
#   times as large as others, mostly at the first token. Your length plot in part 1 shows one.
# - Halawi, Denain, Steinhardt, *Overthinking the Truth* (2023), [arXiv
#   2307.09476](https://arxiv.org/abs/2307.09476). A use of the lens with an intervention behind
#   it: after false examples in the prompt, early layers are right more often than the last;
#   ablating the late heads that copy the false answers mends part of it.
# - Wendler, Veselovsky, Monea, West, *Do Llamas Work in English?* (2024), [arXiv
#   2402.10588](https://arxiv.org/abs/2402.10588). The logit lens on Llama-2 and prompts in other
#   languages: the middle layers name the *English* word first. With part 6 in mind: which of
#   their claims needs more than a lens?
