# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 02: activation patching, and what else moves a model
#
# *"The capital of France is the city of"*: the model says *" Paris"*. Write *Italy* instead, and it
# says *" Rome"*. Somewhere between the word and the answer the country is looked up, kept, carried
# over to the end of the prompt, and said. **Where is it, at which layer, and what carries it?**
#
# A lens (lab 01) shows what *could be read* somewhere. In this lab you stop watching. You reach
# into the running model, put in what it thought about another prompt, and see what it says now.
# What changes is a **cause**. You will learn to do that exactly, to do it for thousands of places
# at once, to know when the answer misleads, and to edit a fact in the weights.
#
# | part | you ask | exercises |
# |---|---|---|
# | 1 | Two prompts that differ in one word: how is the difference measured? | 1, 2 |
# | 2 | What happens if one activation comes from the other prompt? | 3 |
# | 3 | Which places are enough for the answer, and which does it need? | 4, 5 |
# | 4 | Which attention heads carry it? | 6 |
# | 5 | What if there is no second prompt, only noise? Causal tracing | 7, 8 |
# | 6 | Thousands of patches for the price of one, and the path between two parts | 9, 10 |
# | 7 | Can one fact be rewritten in the weights? | 11, 12 |
# | 8 | What did people do before, and what do those methods lack? | 13 to 16 |
# | 9 | The planted challenge: find two paths and a gate in *your* model | 17 |
# | 10 | The headline figure, made by your functions | |
#
# **Short of time?** With 45 minutes do exercises 1 to 4 and the first map of part 10. With 90
# minutes do parts 1 to 4 without the questions, and part 10. In 180 minutes add the challenge
# (part 9) and part 5; all that is listed takes an afternoon and more. Parts 5 to 8 do not need each
# other. You need PyTorch, and to know what the residual stream is; lab 01 helps, and
# nothing here depends on it.

# %% [markdown]
# ## How this notebook works
#
# **Before each exercise** stand the idea, the formula, and three hints that give away more and
# more. **After each exercise** stands a check, on tiny models in which the truth is known. It
# tests *properties* (a patch with the site's own value must change nothing), so any correct
# solution passes. No check needs one of your earlier functions. **Before each result** you are
# asked for a prediction: replace `None` by a guess before you run the cell below it. When your
# work is **graded**, functions are kept and experiments are not rerun: a function must get all
# that it needs through its arguments.
#
# Words of this lab, used all the time:
#
# - A **site** is a place in the model with a hook name: `"blocks.3.hook_resid_pre"` is the
#   residual stream before block 3, `"blocks.3.hook_attn_out"` and `"blocks.3.hook_mlp_out"` are
#   what attention and MLP of block 3 add to it, `"blocks.3.attn.hook_z"` is what its heads have
#   gathered, before they write. `helpers.site("resid", 3)`, with `"attn"`, `"mlp"`, `"z"`, gives
#   the names.
# - The **clean** run is the one whose answer we want to explain, the **corrupted** run one that
#   answers otherwise. Which of two prompts is which is our choice.
# - A **patch** puts the value that a site had in one run into the other run, and lets the model go
#   on.

# %%
from collections.abc import Callable

import torch
from einops import repeat
from jaxtyping import Float, Int
from labkit import check, data, models, plots
from labkit.planted import linear, sites
from torch import Tensor
from tqdm.auto import tqdm
from transformer_lens.model_bridge import TransformerBridge

import classical_helpers as classical
import editing_helpers as editing
import patching_helpers as helpers
import tracing_helpers as tracing

torch.set_num_threads(helpers.CORES)

# %% [markdown]
# ## Part 1: two prompts and a number
#
# ### The pair
#
# The two prompts differ in one token and have the same length, position for position. That makes
# the comparison sharp: whatever differs between the two runs comes from that token, and a value
# from position 5 of the one fits into position 5 of the other. Such a pair is called *minimal*.

# %%
smollm2 = models.load("smollm2")
CLEAN_TEXT = "The capital of France is the city of"
CORRUPTED_TEXT = "The capital of Italy is the city of"
clean_tokens = smollm2.to_tokens(CLEAN_TEXT)[0]
corrupted_tokens = smollm2.to_tokens(CORRUPTED_TEXT)[0]
words = smollm2.to_str_tokens(clean_tokens)
paris, rome = (data.single_token(smollm2, text) for text in (" Paris", " Rome"))

with torch.no_grad():
    pair_logits = smollm2(torch.stack([clean_tokens, corrupted_tokens]))
for text, logits in zip((CLEAN_TEXT, CORRUPTED_TEXT), pair_logits[:, -1], strict=True):
    chances, top = logits.softmax(dim=-1).topk(3)
    pairs = zip(chances, top.tolist(), strict=True)
    said = [f"{smollm2.to_string([token])!r} {chance:.2f}" for chance, token in pairs]
    print(f"{text}   ->   " + "   ".join(said))

# %% [markdown]
# ### Exercise 1: logit_diff
#
# difficulty 1/5 · importance 5/5 · 5 min
#
# A patch changes all 49,152 logits. We need one number that says *how much Paris, how much Rome*.
# The usual choice is the **logit difference** at the last position, for each prompt $b$ with its
# own pair of tokens:
#
# $$\mathrm{diff}_b = z_b[\mathrm{last}, \mathrm{correct}_b] -
#   z_b[\mathrm{last}, \mathrm{wrong}_b].$$
#
# Why not the probability of " Paris"? Because it saturates: from .96 to 1.00 is invisible, though
# much may have happened. Why not the logit of " Paris" alone? Because adding a constant to all
# logits changes nothing that the model says, and that logit moves. The difference is the log of the
# *odds* of the two answers, and it is linear in the final, normalised stream. What it forgets are
# all other tokens: keep that in mind.
#
# <details><summary>Hint 1: nudge</summary>
#
# Only the last position counts, and each row of the batch looks up two tokens of its own.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# The last position's logits are `[batch, vocab]`. Row $b$ needs column `correct[b]`: index with
# `torch.arange(batch)` and `correct` together, or use `gather` (which wants `correct[:, None]`).
# The result is `[batch]`, no mean.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# last = the logits at the last position
# for every row: last at the row's correct token, minus last at its wrong token
# ```
#
# </details>


# %% exercise="logit_diff"
def logit_diff(
    logits: Float[Tensor, "batch pos vocab"],
    correct: Int[Tensor, " batch"],
    wrong: Int[Tensor, " batch"],
) -> Float[Tensor, " batch"]:
    """Return each row's correct logit minus its wrong one, at the last position."""
    ### BEGIN SOLUTION
    last, rows = logits[:, -1], torch.arange(len(logits))
    return last[rows, correct] - last[rows, wrong]
    ### END SOLUTION


# %% check="logit_diff" points=2
with check(logit_diff) as c:
    last = torch.tensor([[1.0, 4.0, 2.5, 0.0], [3.0, -2.0, 7.0, 6.0]])
    logits = torch.stack([9 * last.flip(1), 5 * last.roll(1, 1), last], dim=1)
    correct, wrong = torch.tensor([1, 3]), torch.tensor([2, 0])
    yours = c.call(logits, correct, wrong)
    c.close(yours, [1.5, 3.0], "4.0 - 2.5, and 6.0 - 3.0: last position, each row its own tokens")
    c.close(c.call(logits, wrong, correct), -yours, "the two tokens exchanged: the other sign")
    c.close(c.call(logits + 7, correct, wrong), yours, "a constant on all logits changes nothing")

# %% [markdown]
# ### Exercise 2: normalised_metric
#
# difficulty 1/5 · importance 4/5 · 5 min
#
# Is a difference of 3.1 logits a lot? That depends on what the two unpatched runs give. So we put
# the corrupted run at 0 and the clean run at 1 on a scale, and read everything else off it:
#
# $$m(x) = \frac{x - \mathrm{corrupted}}{\mathrm{clean} - \mathrm{corrupted}}.$$
#
# 0.5 means that a patch moved the answer half of the way. The scale goes on beyond its ends: a
# patch may make things worse than corrupted (below 0) or better than clean (above 1), so nothing
# is clipped. And if both runs give the same number there is nothing to explain and nothing to
# divide by: raise a `ValueError` that says so. A silent `inf` or `nan` would travel into every
# figure.
#
# <details><summary>Hint 1: nudge</summary>
#
# A straight line through two points: where must it be 0, and where 1?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `x` has any shape, and the result has the same; `clean` and `corrupted` are two numbers.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# if the two ends are equal: raise ValueError with a sentence
# the distance of x from corrupted, in units of the distance of clean from corrupted
# ```
#
# </details>


# %% exercise="normalised_metric"
def normalised_metric(
    x: Float[Tensor, "..."], clean: float, corrupted: float
) -> Float[Tensor, "..."]:
    """Put a metric on the scale on which the corrupted run has 0 and the clean run has 1.

    Raises:
        ValueError: the two runs have the same value.
    """
    ### BEGIN SOLUTION
    if clean == corrupted:
        raise ValueError("clean and corrupted give the same value: there is nothing to explain")
    return (x - corrupted) / (clean - corrupted)
    ### END SOLUTION


# %% check="normalised_metric" points=2
with check(normalised_metric) as c:
    yours = c.call(torch.tensor([[-7.0, 5.0, -1.0], [-10.0, 11.0, 2.0]]), 5.0, -7.0)
    by_hand = [[0.0, 1.0, 0.5], [-0.25, 1.5, 0.75]]
    c.close(yours, by_hand, "corrupted is 0, clean is 1, straight in between and beyond")
    yours = c.call(torch.tensor([2.0, 6.0, 3.0]), 2.0, 6.0)
    c.close(yours, [1.0, 0.0, 0.75], "it works as well when clean is the smaller number")
    refused = c.refuses(torch.tensor([1.0]), 2.0, 2.0)
    c.true(refused, "equal ends raise an error: there is nothing to divide by")

# %% [markdown]
# Both together, on the pair. The two ends of the scale:

# %%
with torch.no_grad():
    pair_answers = torch.tensor([paris, paris]), torch.tensor([rome, rome])
    clean_diff, corrupted_diff = logit_diff(pair_logits, *pair_answers).tolist()
print(f"Paris minus Rome: {clean_diff:+.2f} in the clean run, {corrupted_diff:+.2f} corrupted")


def paris_metric(logits: Float[Tensor, "batch pos vocab"]) -> Float[Tensor, " batch"]:
    """One number a row: 1 is as sure of Paris as the clean run, 0 as sure of Rome as the other."""
    rows = torch.ones(len(logits), dtype=torch.int64)
    return normalised_metric(
        logit_diff(logits, paris * rows, rome * rows), clean_diff, corrupted_diff
    )


# %% [markdown] question="which_pair" points=2
# ### Question A: which pair?
#
# To find out where the model keeps the *country*, somebody proposes three corrupted prompts for
# "The capital of France is the city of":
# (a) "The capital of Italy is the city of", (b) "The anthem of France is the song of", (c) "France
# has a capital. It is the city of". For each of the three: which difference does a patch from the
# clean run carry over, and can it be used for the question? Then: the metric is Paris minus Rome.
# What would Paris minus " the" measure instead, on pair (a)?
#
# ### BEGIN SOLUTION
# **Model answer.** (a) differs in the country alone, at one position; a patch that matters carries
# country information. It fits. (b) has the same country in both; patches carry the *relation*
# (capital against anthem), so the map shows where that is used and is blind to the country. (c)
# has another length and order: position 5 of the one has nothing to do with position 5 of the
# other, so patches mix position and content, and the answer is the same in both runs, so that the
# metric has no two ends. Paris minus " the" asks *why a city of France rather than no name at
# all*: in the corrupted run " Rome" is also a name, so much of what makes the model say a name at
# all is active in both runs, is not moved by any patch, and yet counts in the difference.
#
# **Rubric.** Half a point each: (a) isolates the country; (b) holds the country fixed and varies
# the relation; (c) positions do not correspond (or: equal ends). Half a point: a metric's second
# token chooses the question; " the" does not separate the two runs by their country.
# ### END SOLUTION

# %% [markdown]
# ## Part 2: one patch
#
# ```text
#   clean      The capital of  France  is the city of  ──►  " Paris"
#                               │ value of a site, at one layer and position
#                               ▼
#   corrupted  The capital of  Italy   is the city of  ──►  " Rome"?  or now " Paris"?
# ```
#
# The model runs on the corrupted prompt. At one site and one position, its activation is replaced
# by the one that the clean run had there; everything later is computed from that. If the answer
# becomes " Paris", what was put in carried what was missing.
#
# A **hook** does it: a function `(activation, hook) -> activation` that the model calls when it
# comes to a site; what it returns is used from there on (and if it returns nothing, the model goes
# on with what it had). `model.run_with_hooks(tokens, fwd_hooks=[(site, function)])` runs with
# hooks and takes them off again.
#
# ### Exercise 3: run_with_patch
#
# difficulty 2/5 · importance 5/5 · 15 min
#
# Run the model on a batch, with **each row patched at a position of its own**: in row $b$, at
# position `pos[b]` of the site, stands `value[b]`,
#
# $$a'_{b,p} = \begin{cases} \mathrm{value}_b & p = \mathrm{pos}_b \\ a_{b,p} & \text{else.}
# \end{cases}$$
#
# Why one position for each row? With the same prompt in all rows and positions 0, 1, 2, ..., *one*
# forward pass answers the question for *every* position. That makes a map of the whole model a
# matter of seconds.
#
# Two things to get right. The tensors you are given stay as they are. And a site that does not
# exist: `run_with_hooks` **silently ignores** a name that it does not know. A typo,
# `"blocks.3.resid_pre"`, then gives an unpatched run, an effect of exactly 0, and a false
# discovery. So raise a `ValueError` if the site is not one of the model's: `model.hook_dict` has
# all their names.
#
# <details><summary>Hint 1: nudge</summary>
#
# Write a small function inside yours, which copies the activation, changes the copy at one position
# of each row, and returns it. What does `copy[:, pos] = value` do when `pos` is a whole tensor of
# positions? Not what you want: it changes all of these positions in every row.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# The activation is `[batch, pos, ...]`: `[batch, pos, d_model]` at most sites, `[batch, pos, head,
# d_head]` at `hook_z`. `value` is `[batch, ...]`. Two index tensors of length `batch` side by side,
# `activation[rows, pos]` with `rows = 0, 1, 2, ...`, pick one entry for each row: `[batch, ...]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# if the site is none of the model's hook names: raise ValueError
# to patch an activation:
#     copy it
#     in the copy, row by row, at the row's position: the row's value
#     return the copy
# run the model on the tokens with this hook at this site; return the logits
# ```
#
# </details>


# %% exercise="run_with_patch"
def run_with_patch(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch pos"],
    site: str,
    pos: Int[Tensor, " batch"],
    value: Float[Tensor, "batch ..."],
) -> Float[Tensor, "batch pos vocab"]:
    """Return the logits of a run in which row b has ``value[b]`` at position ``pos[b]`` of a site.

    Args:
        site: a hook name, such as "blocks.3.hook_resid_pre".
        pos: one position for each row, counted from 0.
        value: one activation for each row, without a position axis.

    Raises:
        ValueError: the model has no such site.
    """
    ### BEGIN SOLUTION
    if site not in model.hook_dict:
        raise ValueError(f"the model has no site {site!r}")
    rows = torch.arange(len(tokens))

    def put(activation: Tensor, hook: object) -> Tensor:
        patched = activation.clone()
        patched[rows, pos] = value
        return patched

    return model.run_with_hooks(tokens, fwd_hooks=[(site, put)])
    ### END SOLUTION


# %% check="run_with_patch" points=4
with check(run_with_patch) as c, torch.no_grad():
    tiny = models.random(seed=3)
    tokens = torch.tensor([[0, 5, 9, 2, 7], [0, 3, 3, 8, 1], [0, 6, 1, 1, 4]])
    plain, cache = tiny.run_with_cache(tokens)
    rows, pos = torch.arange(3), torch.tensor([1, 4, 2])
    for site in ("blocks.1.hook_resid_pre", "blocks.2.attn.hook_z", "blocks.0.hook_mlp_out"):
        same = c.call(tiny, tokens, site, pos, cache[site][rows, pos])
        c.close(same, plain, "a site's own value, put in again, changes nothing")
    end, value = "blocks.2.hook_resid_post", torch.randn(3, 24)
    expected = plain.clone()
    expected[rows, pos] = tiny.unembed(tiny.ln_final(value[:, None]))[:, 0]
    yours = c.call(tiny, tokens, end, pos, value)
    c.close(yours, expected, "after the last block a patch changes logits at its own place only")
    yours = c.call(tiny, tokens, "blocks.1.hook_resid_pre", pos, value)
    before = torch.arange(5) < pos[:, None]
    c.close(yours[before], plain[before], "nothing before the patched position changes")
    c.true(((yours - plain)[rows, pos].abs() > 1e-3).any(dim=1).all(), "the patch takes hold")
    typo = c.refuses(tiny, tokens, "blocks.1.resid_pre", pos, value)
    c.true(typo, "a site that the model does not have is refused, not ignored")

# %% [markdown]
# ### The first patches
#
# A warning first. A site can also exist and yet not be what its name says. In the version of
# TransformerLens that this course uses, `hook_resid_mid` is what the MLP *reads*: a patch there
# reaches the MLP and does not stay in the stream. And in the tiny models of our checks, a patch
# at `attn.hook_pattern` changes nothing at all. So whenever you come to a new site, patch in
# something else once and check whether *anything* moves: test that your intervention intervenes.
#
# **Predict.** Into the corrupted run (Italy), before block 10, we put the residual stream of the
# clean run (France), at one position at a time. At which positions will this turn " Rome" into
# " Paris"? All information that the answer needs must come from position 3, " France". But by
# block 10 attention has had ten chances to spread it.

# %%
my_positions_at_block_10 = None  # a list of positions, such as [0, 5]
my_positions_at_block_26 = None

# %%
with torch.no_grad():
    _, clean_cache = smollm2.run_with_cache(clean_tokens[None])
    every_position = torch.arange(len(words))
    one_prompt_a_row = repeat(corrupted_tokens, "pos -> row pos", row=len(words))
    for block, guess in ((10, my_positions_at_block_10), (26, my_positions_at_block_26)):
        place = helpers.site("resid", block)
        patched = run_with_patch(
            smollm2, one_prompt_a_row, place, every_position, clean_cache[place][0]
        )
        effect = paris_metric(patched)
        moved = (effect > 0.5).nonzero().flatten().tolist()
        helpers.versus(guess, moved, f"Positions that move the answer, before block {block}")
        print("   " + "   ".join(f"{w!r} {e:.2f}" for w, e in zip(words, effect, strict=True)))

# %% [markdown]
# Before block 10 the whole effect sits at the country: its token's own column, and nowhere else.
# Before block 26 that same column holds *nothing* any more, and two thirds of the effect are at the
# last position. A patch at " France" there changes the stream as much as it did before, only nobody
# reads it any more. In between something has carried the country over. A map will show when.

# %% [markdown]
# ## Part 3: enough, or needed?
#
# ### Exercise 4: denoise_map
#
# difficulty 2/5 · importance 5/5 · 15 min
#
# Repeat this for every layer $\ell$ and position $p$ of the residual stream: run the *corrupted*
# prompt with the *clean* stream before block $\ell$ at position $p$, and measure.
#
# $$\mathrm{map}[\ell, p] = \mathrm{metric}\bigl(\text{corrupted run, with } x_{\ell, p}
# \leftarrow x^{\mathrm{clean}}_{\ell, p}\bigr)$$
#
# This is called **denoising**: it mends a broken run in one place. Where the map is high, that one
# place is *enough* (sufficient) to bring the answer back.
#
# `metric` is a function that takes logits `[rows, pos, vocab]` and gives one number for each row.
# Return what it gives, as it is. And mind the price: with the positions as rows, the map takes
# one forward pass for each layer and one for the clean run. The check counts them: **at most
# `n_layers + 2`**. (`helpers.progress(range(n_layers))` is a loop with a progress bar, for large
# models.)
#
# <details><summary>Hint 1: nudge</summary>
#
# Exercise 3 does a whole line of the map in one call. What are its rows, its positions, its values?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# For one layer: tokens `[pos, pos]`, the corrupted prompt once for each position; the positions 0,
# 1, 2, ... `[pos]`; the clean stream `[pos, d_model]`, row $p$ gets position $p$'s. The metric
# makes `[pos]` of the logits, and the layers stacked are `[layer, pos]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# run the clean prompt once and keep the cache
# copies = the corrupted prompt, as many rows as positions
# for every layer:
#     run the copies, row p patched at position p with the clean stream before this block, there
#     one line of the map = the metric of the logits
# stack the lines
# ```
#
# </details>


# %% exercise="denoise_map"
def denoise_map(
    model: TransformerBridge,
    clean: Int[Tensor, " pos"],
    corrupted: Int[Tensor, " pos"],
    metric: helpers.Metric,
) -> Float[Tensor, "layer pos"]:
    """Patch the clean residual stream into the corrupted run, before each block at each position.

    Args:
        clean, corrupted: two prompts of equal length.
        metric: takes logits [rows, pos, vocab], gives one number for each row.
    """
    ### BEGIN SOLUTION
    copies = repeat(corrupted, "pos -> row pos", row=len(corrupted))
    positions = torch.arange(len(corrupted))
    with torch.no_grad():
        _, cache = model.run_with_cache(clean[None])  # given
        lines = []
        for layer in helpers.progress(range(model.cfg.n_layers)):
            site = helpers.site("resid", layer)
            logits = run_with_patch(model, copies, site, positions, cache[site][0])
            lines.append(metric(logits))
    return torch.stack(lines)
    ### END SOLUTION


# %% check="denoise_map" points=4
with check(denoise_map) as c:
    planted = sites.single(seed=4)
    measure = helpers.yes_minus_no(planted)  # 1 for the clean run, 0 for the corrupted one
    lit = (planted.paths[0] | planted.joint).float()  # where the one path of this model runs
    with helpers.counting_passes(planted.model) as passes:
        yours = c.call(planted.model, planted.clean, planted.corrupted, measure)
    c.close(yours, lit, "the map lights where the planted path runs, and nowhere else", atol=1e-4)
    c.true(len(passes) <= 4 + 2, "a model of 4 blocks needs at most 6 forward passes")
    yours = c.call(planted.model, planted.corrupted, planted.clean, measure)
    c.close(yours, 1 - lit, "with the prompts exchanged, the path breaks the answer", atol=1e-4)

# %% [markdown]
# ### Exercise 5: noise_map
#
# difficulty 2/5 · importance 5/5 · 10 min
#
# The other direction: run the *clean* prompt, and put in the *corrupted* stream at one place. This
# is **noising**: it breaks a working run in one place. Where the metric falls, that place was
# *needed* (necessary).
#
# $$\mathrm{map}[\ell, p] = \mathrm{metric}\bigl(\text{clean run, with } x_{\ell, p}
# \leftarrow x^{\mathrm{corrupted}}_{\ell, p}\bigr)$$
#
# Same shapes, same budget (`n_layers + 2` passes). Is it simply one minus the other map? Decide
# before you write it, and see below.
#
# <details><summary>Hint 1: nudge</summary>
#
# Which run is the one that goes on, and which gives the values? Compare with exercise 4, name by
# name.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# The cache comes from the corrupted prompt, the copies are of the clean one; all shapes are those
# of exercise 4.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# exercise 4, with the two prompts in each other's place
# ```
#
# </details>


# %% exercise="noise_map"
def noise_map(
    model: TransformerBridge,
    clean: Int[Tensor, " pos"],
    corrupted: Int[Tensor, " pos"],
    metric: helpers.Metric,
) -> Float[Tensor, "layer pos"]:
    """Patch the corrupted residual stream into the clean run, before each block at each position.

    Args:
        clean, corrupted: two prompts of equal length.
        metric: takes logits [rows, pos, vocab], gives one number for each row.
    """
    ### BEGIN SOLUTION
    return denoise_map(model, corrupted, clean, metric)
    ### END SOLUTION


# %% check="noise_map" points=3
with check(noise_map) as c:
    for gate in ("and", "or"):
        planted = sites.two(gate, seed=5)  # two paths meet in a gate at the last position
        measure = helpers.yes_minus_no(planted)
        together, either = planted.joint.float(), (planted.paths[0] | planted.paths[1]).float()
        broken = together + either if gate == "and" else together
        with helpers.counting_passes(planted.model) as passes:
            yours = c.call(planted.model, planted.clean, planted.corrupted, measure)
        c.close(yours, 1 - broken, f"what the answer needs, when two paths meet in {gate!r}", 1e-4)
        c.true(len(passes) <= 4 + 2, "a model of 4 blocks needs at most 6 forward passes")

# %% [markdown]
# ### Two paths and a gate
#
# In the check's models two tokens matter. Each one's information goes to the last position, on a
# path of its own, and there a few neurons join them: in one model with AND (the answer is *yes*
# when **both** say so), in the other with OR (**one** is enough).
#
# **Predict.** In the AND model, the corrupted prompt lacks both. You denoise one path. Does the
# answer come back? And in the OR model, you noise one path of the clean run. Does the answer break?

# %%
my_and_denoised_is_restored = None  # True or False
my_or_noised_is_broken = None

# %%
gate_maps = {}
for gate in ("and", "or"):
    planted = sites.two(gate, seed=5)
    measure = helpers.yes_minus_no(planted)
    for name, sweep in (("denoised", denoise_map), ("noised", noise_map)):
        gate_maps[f"{gate.upper()}, {name}"] = sweep(
            planted.model, planted.clean, planted.corrupted, measure
        )
first_path = planted.paths[0]
restored = bool((gate_maps["AND, denoised"][first_path] > 0.5).any())
helpers.versus(my_and_denoised_is_restored, restored, "AND: one path restores the answer")
broken = bool((gate_maps["OR, noised"][first_path] < 0.5).any())
helpers.versus(my_or_noised_is_broken, broken, "OR: one path missing breaks the answer")
helpers.maps(gate_maps, limits=(0, 1))

# %% [markdown]
# Each gate hides its two paths from one of the two sweeps:
#
# | | denoising: is one place **enough**? | noising: is one place **needed**? |
# |---|---|---|
# | AND | no: the other path is still broken, only places behind the gate light | yes: both show |
# | OR | yes: both show | no: the other path steps in, only places behind the gate |
#
# So "patching found nothing here" is a sentence without meaning until one says *which way* was
# patched. Models are full of both: conjunctions (a fact needs subject *and* relation), and backups.
# And 1 minus one map is the other only for a single path.

# %% [markdown] question="spot_the_bug" points=2
# ### Question B: spot the bug
#
# A friend shows you a denoising map of 30 layers and 8 positions. Every cell is 0.00. "The residual
# stream does not carry the country at all", says the friend. Their loop:
#
# ```python
# for layer in range(30):
#     site = f"blocks.{layer}.resid_pre"
#     patched_logits = model.run_with_hooks(copies, fwd_hooks=[(site, put)])
#     grid[layer] = metric(patched_logits)
# ```
#
# (1) What is wrong? (2) Name another mistake that would give the very same picture. (3) Which
# single cell of a denoising map can be *known beforehand*, for the stream after the last block, and
# how does that catch both? (4) Part 3 showed an honest reason for a map that is 0 along a path that
# matters. Which, and what would you run to tell?
#
# ### BEGIN SOLUTION
# **Model answer.** (1) The site's name lacks `hook_`; run_with_hooks ignores names that it does
# not know, so nothing was patched. (2) For example: the cache was taken from the corrupted run, so
# each value is put in where it already was; or `put` changes a copy and returns nothing. (3) After
# the last block, at the last position, the clean stream gives the clean logits: this cell must be
# 1 exactly, as only the norm and the unembedding follow. A 0 there is a bug, whatever the model.
# (4) An AND (conjunction): one restored input is not enough. Noising the clean run, or patching
# two places at once, tells.
#
# **Rubric.** Half a point for each of the four.
# ### END SOLUTION

# %% [markdown]
# ## Part 4: which heads carry it?
#
# The country moved from one position to another, and only attention moves things between positions.
# In a block, each head $h$ gathers a vector $z_h$ at each position (a weighted mean of values), and
# all of them are then written into the stream through the matrix $W_O$:
#
# $$\mathrm{attn\_out} = \sum_h z_h W_O^{h} + b_O .$$
#
# `hook_z` is the last site at which heads are still apart: `[batch, pos, head, d_head]`. (In
# `smollm2` three heads share one set of keys and values, *grouped-query attention*. At `hook_z`
# there are nevertheless nine: each has its own queries, hence its own $z$.)
#
# ### Exercise 6: head_patch
#
# difficulty 3/5 · importance 4/5 · 15 min
#
# For every layer and head: run the *corrupted* prompt with that one head's $z$ from the clean run,
# **at all positions**, and measure:
#
# $$\mathrm{map}[\ell, h] = \mathrm{metric}\bigl(\text{corrupted run, with } z_{\ell, h}
# \leftarrow z^{\mathrm{clean}}_{\ell, h}\bigr)$$
#
# The budget is the same: at most `n_layers + 2` forward passes, now with the *heads* as rows.
#
# <details><summary>Hint 1: nudge</summary>
#
# Row $h$ of the batch is the run in which head $h$ is patched, and no other. Which part of row
# $h$'s activation has to change?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# At `hook_z` the activation is `[row, pos, head, d_head]`, here with as many rows as heads. In row
# $h$ the slice `[h, :, h]`, of shape `[pos, d_head]`, is replaced by `[:, h]` of the clean `z`,
# which is `[pos, head, d_head]`. A loop over the heads inside the hook is fine. (With two index
# tensors and a colon between them, `z[heads, :, heads]`, the indexed axis comes first: `[head,
# pos, d_head]`.)
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# run the clean prompt once and keep the cache
# copies = the corrupted prompt, as many rows as heads
# for every layer:
#     run the copies with a hook at this layer's z, that in row h replaces head h, everywhere
#     one line of the map = the metric of the logits
# stack the lines
# ```
#
# </details>


# %% exercise="head_patch"
def head_patch(
    model: TransformerBridge,
    clean: Int[Tensor, " pos"],
    corrupted: Int[Tensor, " pos"],
    metric: helpers.Metric,
) -> Float[Tensor, "layer head"]:
    """Patch one head's clean z, at all positions, into the corrupted run; each layer and head.

    Args:
        clean, corrupted: two prompts of equal length.
        metric: takes logits [rows, pos, vocab], gives one number for each row.
    """
    ### BEGIN SOLUTION
    heads = torch.arange(model.cfg.n_heads)
    copies = repeat(corrupted, "pos -> row pos", row=len(heads))
    with torch.no_grad():
        _, cache = model.run_with_cache(clean[None])  # given
        lines = []
        for layer in helpers.progress(range(model.cfg.n_layers)):
            site = helpers.site("z", layer)

            def put(z: Tensor, hook: object, source: Tensor = cache[site][0]) -> Tensor:
                patched = z.clone()
                for head in heads:
                    patched[head, :, head] = source[:, head]
                return patched

            lines.append(metric(model.run_with_hooks(copies, fwd_hooks=[(site, put)])))
    return torch.stack(lines)
    ### END SOLUTION


# %% check="head_patch" points=4
with check(head_patch) as c:
    planted = sites.two("or", seed=6)  # two heads, and each is enough
    measure = helpers.yes_minus_no(planted)
    with helpers.counting_passes(planted.model) as passes:
        yours = c.call(planted.model, planted.clean, planted.corrupted, measure)
    expected = torch.zeros(4, 3)
    for layer, head in planted.movers:
        expected[layer, head] = 1
    c.close(yours, expected, "the two planted heads each restore the answer, no other does", 1e-4)
    c.true(len(passes) <= 4 + 2, "a model of 4 blocks needs at most 6 forward passes")
    yours = c.call(planted.model, planted.corrupted, planted.clean, measure)
    c.close(yours, torch.ones(4, 3), "exchanged: no single head breaks what two can do", atol=1e-4)
    # Attention only and no norm: behind the last block everything is linear.
    tiny = models.random(6, n_layers=1, attn_only=True, normalization_type=None)
    pair = torch.tensor([[0, 5, 9, 2], [0, 3, 8, 2]])
    by_head = c.call(tiny, *pair, lambda logits: logits[:, -1, 7])
    with torch.no_grad():
        logit = tiny(pair)[:, -1, 7]
        _, cache = tiny.run_with_cache(pair)
        rest = (cache["resid_pre", 0][1] - cache["resid_pre", 0][0])[-1] @ tiny.W_U[:, 7]
    whole = logit[0] - logit[1] + rest
    c.close((by_head[0] - logit[1]).sum(), whole, "the heads' effects add up to all of attention's")
    early = c.call(tiny, *pair, lambda logits: logits[:, 1, 7]) - tiny(pair)[1, 1, 7].item()
    c.true(early.abs().max() > 1e-4, "a head is patched at all positions, not at the last alone")

# %% [markdown]
# ### On the real model
#
# **Predict.** 270 heads. Between blocks 10 and 26 the country moves to the end. How many heads,
# patched alone, bring the answer more than a tenth of the way to the clean one? Which block has the
# strongest?

# %%
my_number_of_heads = None
my_strongest_block = None

# %%
head_map = head_patch(smollm2, clean_tokens, corrupted_tokens, paris_metric)
helpers.versus(my_number_of_heads, (head_map > 0.1).sum().item(), "Heads above 0.1")
strongest = divmod(head_map.argmax().item(), smollm2.cfg.n_heads)
helpers.versus(my_strongest_block, strongest[0], "The strongest head's block")
with torch.no_grad():
    patterns = clean_cache["pattern", strongest[0]][0, strongest[1], -1]
seen = ", ".join(f"{w!r} {p:.2f}" for w, p in zip(words, patterns, strict=True) if p > 0.05)
print(f"block {strongest[0]}, head {strongest[1]}: {head_map.max():.2f}; it looks at {seen}")
plots.heatmap(
    head_map, xlabel="head", center=0, unit="effect (1: clean)", title="One head's z from France"
)

# %% [markdown]
# One head stands out. Its z alone, taken from the France run, brings the answer .85 of the way to
# " Paris", and from the last position it looks at " France". Three others bring it more than a
# tenth of the way; of 270 heads nearly all do nothing here.
#
# Read the rest with care. In block 29, head 1 pushes towards the clean answer and head 0 pulls
# against it, at about equal strength (lab 01 saw the same two by direct attribution). They are the
# last to write, so nothing can react to them any more. And the numbers are effects of one patch at
# a time: nothing makes them add up to 1, except behind the last block of a model without norm, as
# in the check. Whether head 4 of block 23 is also *needed* is the other question: give the
# function the two prompts in each other's place.

# %%
head_noised = head_patch(smollm2, corrupted_tokens, clean_tokens, paris_metric)
layer, head = strongest
print(f"without block {layer}, head {head}: {head_noised[layer, head]:.2f} of the way is left")
lowest = head_noised.flatten().sort().values[:4]
print("the four lowest of all heads:", [round(value, 2) for value in lowest.tolist()])

# %% [markdown]
# ## Part 5: causal tracing
#
# ### When there is no second prompt
#
# So far you had *two* prompts that differ in one word. What if the fact has no natural twin, or you
# do not want the answer to hang on which twin you chose? Meng and others (2022) corrupt the prompt
# with **noise**: the embeddings of the subject's tokens get random numbers added, several times the
# usual size of an embedding. What the model read about the subject is drowned; everything else
# stays. Three runs then answer the question *where does the model keep the fact?*
#
# 1. **clean**: the model says " Paris";
# 2. **corrupted**: with noise on the subject it no longer does;
# 3. **restored**: with the same noise, but *one* hidden state put back to its clean value.
#
# ```text
#            The   E  iffel Tower  is  located  in  the  city  of
# embedding   ·    ✶    ✶     ✶    ·     ·      ·    ·    ·    ·     ✶ noise is added here
#             │    │    │     │    │     │      │    │    │    │
# block l     ·    ·    ●     ·    ·     ·      ·    ·    ·    ·     ● put back to its clean value
#             │    │    │     │    │     │      │    │    │    │
#                                                           " Paris"?
# ```
#
# The two effects have names. With $p$ the probability of the answer, averaged over the draws of
# noise:
#
# $$\text{total effect} = p_{\text{clean}} - p_{\text{corrupted}}, \qquad
#   \text{indirect effect of a state} = p_{\text{restored}} - p_{\text{corrupted}}.$$
#
# A state with a large indirect effect is *enough* to bring the answer back, in a run in which all
# other states still suffer from the noise.

# %% [markdown]
# ### Exercise 7: corrupt_subject
#
# difficulty 2/5 · importance 4/5 · 10 min
#
# Make several noisy copies of a prompt's embeddings $e$. At the subject's positions, and nowhere
# else,
#
# $$e^{(s)}_i = e_i + \text{factor} \cdot \sigma \cdot \epsilon^{(s)}_i, \qquad
#   \epsilon^{(s)}_i \sim \mathcal N(0, I),$$
#
# where $\sigma$ is one number for the whole model: the standard deviation of *all* entries of its
# embedding matrix $W_E$. Each sample, each position and each coordinate has its own noise.
#
# The noise must come from `seed` and from nothing else: the same seed, the same noise. That is not
# pedantry. A causal trace compares hundreds of runs with each other; if each had its own noise, you
# would see differences that are only luck.
#
# <details><summary>Hint 1: nudge</summary>
#
# Draw noise for the subject's positions only, and add it there to a copy. Where would noise go that
# a function adds in place?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `embeddings` is `[pos, d_model]`, the noise `[sample, len(subject), d_model]`, the result
# `[sample, pos, d_model]`. `torch.randn(..., generator=torch.Generator().manual_seed(seed))` draws
# from a source of its own. `x[:, [2, 5]]` picks two positions of every sample, also on the left of
# `+=`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# repeat the embeddings n_samples times along a new first axis, as a copy
# noise = normal numbers from a generator started at the seed
# at the subject's positions: add factor times (spread of W_E) times noise
# ```
#
# </details>


# %% exercise="corrupt_subject"
def corrupt_subject(
    embeddings: Float[Tensor, "pos d_model"],
    subject: list[int],
    W_E: Float[Tensor, "vocab d_model"],
    n_samples: int,
    seed: int,
    factor: float = 3.0,
) -> Float[Tensor, "sample pos d_model"]:
    """Return noisy copies of the embeddings: noise of factor * std(W_E) at the subject only."""
    ### BEGIN SOLUTION
    corrupted = repeat(embeddings, "pos d_model -> sample pos d_model", sample=n_samples).clone()
    noise = torch.randn(
        n_samples,
        len(subject),
        embeddings.shape[-1],
        generator=torch.Generator().manual_seed(seed),
        dtype=embeddings.dtype,
    )
    corrupted[:, subject] += factor * W_E.std() * noise
    return corrupted
    ### END SOLUTION


# %% check="corrupt_subject" points=2
with check(corrupt_subject) as c:
    draw = torch.Generator().manual_seed(7)
    plain = torch.randn(6, 50, generator=draw)
    matrix = 4 + 0.5 * torch.randn(300, 50, generator=draw)  # its entries lie around 4, not 0
    noisy = c.call(plain, [1, 4], matrix, 40, 0)
    others = [0, 2, 3, 5]
    unmoved = plain[others].expand(40, 4, 50)
    c.close(noisy[:, others], unmoved, "positions that are not the subject's stay as they are")
    added = noisy[:, [1, 4]] - plain[[1, 4]]
    c.close(added.std() / 1.5, 1.0, "the noise is 3 standard deviations of W_E", atol=0.06)
    c.close(added.mean() / 1.5, 0.0, "it is as often positive as negative", atol=0.08)
    c.true((added[0] - added[1]).abs().max() > 0.1, "every sample has noise of its own")
    c.true((added[:, 0] - added[:, 1]).abs().max() > 0.1, "and so has every position")
    c.close(c.call(plain, [1, 4], matrix, 40, 0), noisy, "the same seed, the same noise")
    another = c.call(plain, [1, 4], matrix, 40, 1)
    c.true((another - noisy).abs().max() > 0.1, "another seed, other noise")

# %% [markdown]
# ### Three standard deviations of noise on a tower
#
# " Eiffel" is two tokens here, " E" and "iffel": the subject is at positions 1 to 3. The noise goes
# in at `hook_embed`, the embeddings before block 0.
#
# **Predict.** The clean model gives " Paris" a probability of 0.70. What is left of it with noise
# on the whole subject? And with noise on " Tower" alone?

# %%
my_paris_without_subject = None
my_paris_without_tower = None

# %%
eiffel = smollm2.to_tokens(data.EIFFEL.text)[0]
eiffel_words = smollm2.to_str_tokens(eiffel)
W_E = smollm2.W_E.detach()
SUBJECT = [1, 2, 3]  # " E", "iffel", " Tower"

for positions, guess in ((SUBJECT, my_paris_without_subject), ([3], my_paris_without_tower)):
    noisy = corrupt_subject(W_E[eiffel], positions, W_E, n_samples=8, seed=0)
    chances = tracing.probability_from(smollm2, eiffel, noisy, paris)
    noised = "".join(eiffel_words[pos] for pos in positions)
    helpers.versus(guess, round(chances.mean().item(), 2), f"p(' Paris') with noise on{noised}")
    print("   by sample:", [round(chance, 2) for chance in chances.tolist()])
for position in (1, 2):
    noisy = corrupt_subject(W_E[eiffel], [position], W_E, n_samples=8, seed=0)
    chance = tracing.probability_from(smollm2, eiffel, noisy, paris).mean()
    print(f"with noise on {eiffel_words[position]!r} alone: {chance:.2f}")

# %% [markdown]
# With noise on the whole subject next to nothing is left of " Paris"; with noise on " Tower" alone
# most of it is. The model knows by "iffel" which tower it is. Note also how much the samples
# differ: one draw would have been an anecdote.

# %% [markdown]
# ### Exercise 8: causal_trace
#
# difficulty 4/5 · importance 5/5 · 25 min
#
# Measure the indirect effect of every position at the layers you are asked for. `corrupted` holds
# the noisy embeddings, one for each sample; they go in at `hook_embed`, and all runs use these
# same ones. For layer $\ell$ and position $i$:
#
# $$\mathrm{effect}[\ell, i] = \frac1S \sum_s \Bigl(
#   p\bigl(\text{answer} \mid e^{(s)},\ \text{window at position } i \text{ clean}\bigr)
#   - p\bigl(\text{answer} \mid e^{(s)}\bigr) \Bigr),$$
#
# with $p$ the probability at the last position. The state is the one `helpers.site(kind, layer)`
# names: the stream before block $\ell$ (`"resid"`), or what its MLP or attention writes (`"mlp"`,
# `"attn"`).
#
# **The window.** One MLP alone often changes little, because its neighbours make up for it. So a
# window of $w$ neighbouring layers is restored together, always at the same position. It starts
# $\lfloor w/2 \rfloor$ layers below $\ell$:
#
# $$\ell - \lfloor w/2 \rfloor,\ \dots,\ \ell - \lfloor w/2 \rfloor + w - 1,$$
#
# and layers that the model does not have are left out: at the edges the window is smaller. A window
# of 1 is the layer itself.
#
# One forward pass can do all positions and samples of one layer: that is what a batch is for. (Any
# number of passes is accepted; patience is yours.)
#
# <details><summary>Hint 1: nudge</summary>
#
# A single clean run gives you everything that you will ever put back. Then think about one layer:
# you need a row for each pair of sample and position, and in each row another position is restored.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# The batch is `[sample * pos, pos, d_model]`: every noisy prompt, repeated once for each position
# (`repeat_interleave`). In row $r$ the position to restore is $r \bmod n_{\text{pos}}$, so
# `x[rows, pos] = clean[pos]` does it for all rows at once, on a copy of `x`. The probabilities
# `[sample * pos]` become `[sample, pos]` and then the mean over samples. In a hook, close over the
# layer: `hook.name` is the library's own name of the place and may not be the one you asked for.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# clean states: one clean run with a cache
# p_corrupted: a run with the noisy embeddings put in at hook_embed; mean over samples
# for each asked layer:
#     for each existing layer of the window: a hook that puts, in every row, the clean state back
#         at that row's position
#     run all the rows, noisy embeddings and these hooks together
#     effect at this layer = mean over samples of the answer's probability, minus p_corrupted
# ```
#
# </details>


# %% exercise="causal_trace"
def causal_trace(
    model: TransformerBridge,
    tokens: Int[Tensor, " pos"],
    corrupted: Float[Tensor, "sample pos d_model"],
    answer: int,
    kind: str,
    layers: list[int],
    window: int = 1,
) -> Float[Tensor, "traced pos"]:
    """Return the mean indirect effect of restoring each position at each of the given layers."""
    ### BEGIN SOLUTION
    n_samples, n_pos, _ = corrupted.shape
    rows = torch.arange(n_samples * n_pos)
    row_pos = rows % n_pos
    every = corrupted.repeat_interleave(n_pos, dim=0)
    with torch.no_grad():
        _, clean = model.run_with_cache(tokens[None])

    def chances(embeddings, hooks):
        start = ("hook_embed", lambda embed, hook: embeddings)
        with torch.no_grad():
            logits = model.run_with_hooks(  # given
                tokens.expand(len(embeddings), -1), fwd_hooks=[start, *hooks]
            )
        return logits[:, -1].softmax(dim=-1)[:, answer]  # given

    def restorer(name):
        def restore(state, hook):
            state = state.clone()
            state[rows, row_pos] = clean[name][0, row_pos]
            return state

        return name, restore

    p_corrupted = chances(corrupted, []).mean()
    effects = []
    for layer in layers:
        first = layer - window // 2
        inside = [near for near in range(first, first + window) if 0 <= near < model.cfg.n_layers]
        restored = chances(every, [restorer(helpers.site(kind, near)) for near in inside])
        effects.append(restored.reshape(n_samples, n_pos).mean(dim=0) - p_corrupted)
    return torch.stack(effects)
    ### END SOLUTION


# %% check="causal_trace" points=5
with check(causal_trace) as c:
    planted_trace = sites.sequence(seed=8)  # an early MLP at the subject, a late head at the end
    trace_model, trace_tokens = planted_trace.model, planted_trace.clean
    drowned = trace_model.W_E[planted_trace.corrupted].detach()[None]
    every_layer = list(range(trace_model.cfg.n_layers))
    yours = c.call(trace_model, trace_tokens, drowned, planted_trace.yes, "resid", every_layer)
    c.true(yours.shape == (len(every_layer), 7), "a row for each layer, a column for each position")
    lit = planted_trace.joint | planted_trace.paths[0]
    c.close((yours > 0.5).int(), lit.int(), "it lights up where the answer is, and nowhere else")
    total = c.call(trace_model, trace_tokens, drowned, planted_trace.yes, "resid", [0])[0].max()
    twice = c.call(
        trace_model, trace_tokens, drowned.repeat(3, 1, 1), planted_trace.yes, "resid", [0]
    )
    c.close(twice[0].max(), total, "three times the same noise is a mean, not a sum")
    dry = trace_model.W_E[trace_tokens].detach()[None]
    nothing = c.call(trace_model, trace_tokens, dry, planted_trace.yes, "resid", [0, 1])
    c.close(nothing, torch.zeros(2, 7), "without noise there is nothing to bring back", atol=1e-4)
    edge = c.call(trace_model, trace_tokens, drowned, planted_trace.yes, "mlp", [0], 3)
    inner = c.call(trace_model, trace_tokens, drowned, planted_trace.yes, "mlp", [1], 2)
    c.close(edge, inner, "a window of 3 at layer 0 holds layers 0 and 1, and so does 2 at layer 1")

# %% [markdown]
# ### Two sites
#
# Now the Eiffel Tower: the stream at every third layer, MLPs and attention six layers at a time,
# three draws of noise (ten would be better; you have one laptop).
#
# **Predict.** At which position of the subject is the fact kept: " E", "iffel" or " Tower"? Until
# which layer? And from which layer on is it enough to restore the last position, " of"?

# %%
my_position_of_the_fact = None  # 1, 2 or 3
my_last_layer_at_the_subject = None
my_first_layer_at_the_end = None

# %%
TRACED = {"resid": list(range(0, 30, 3)), "mlp": [3, 9, 15, 21, 27], "attn": [3, 9, 15, 21, 27]}
WINDOWS = {"resid": 1, "mlp": 6, "attn": 6}  # six together: layers 0 to 5, 6 to 11, and so on
noisy_eiffel = corrupt_subject(W_E[eiffel], SUBJECT, W_E, n_samples=3, seed=0)
trace = {}
for kind, traced in TRACED.items():
    trace[kind] = torch.cat(
        [
            causal_trace(smollm2, eiffel, noisy_eiffel, paris, kind, [layer], WINDOWS[kind])
            for layer in tqdm(traced, desc=kind)
        ]
    )

# %%
with torch.no_grad():
    strong = trace["resid"] > 0.2
    places = {
        pos: [TRACED["resid"][row] for row in strong[:, pos].nonzero().flatten().tolist()]
        for pos in (*SUBJECT, 9)
    }
helpers.versus(
    my_position_of_the_fact,
    {eiffel_words[pos]: len(places[pos]) for pos in SUBJECT},
    "Layers with an effect above .2, by subject position",
)
helpers.versus(my_last_layer_at_the_subject, places[2], 'Layers that matter at "iffel"')
helpers.versus(my_first_layer_at_the_end, places[9], "Layers that matter at the last position")
tracing.trace_figure(trace, TRACED, eiffel_words, WINDOWS)

# %% [markdown]
# Read the first panel from left to right. **Early site:** restoring "iffel" alone, at any layer up
# to 21, brings .3 to .6 of the lost .66 back, though " E" and " Tower" beside it are still noise.
# **Late site:** from layer 24 on it is the last position that matters, and the subject no longer
# does; at the same layers it also shows, more weakly, at " in": a second copy.
#
# The other panels ask *who writes it*. Attention at the last position, layers 18 to 23, brings
# back all of it and more (+.76): that is where it is fetched. MLPs matter at the subject, early
# (+.65). So far this is the picture of the paper: MLPs at the subject, then late attention.
#
# The layers differ. In the paper's GPT-2 XL the MLPs that matter lie in the *middle*. Here it is
# the window that holds layer 0, and of that window MLP 0 has nearly all (measured apart, with
# windows of one: +.54, and layers 1 to 5 together less than +.01). In block 0 " E" and "iffel"
# become one word, so what is restored may be no more than the *name*, from which anything later can
# do the looking up. A trace tells you where a clean state is enough. It does not tell you what that
# state does.
#
# Nor where to edit: Hase and others (2023) found that where tracing finds a fact and where an edit
# works best have little to do with each other. You will edit in part 7.

# %% [markdown]
# ## Part 6: attribution patching and path patching
#
# ### All patches at the price of one
#
# A map of every layer and position took one forward pass for each layer, with a row for each
# position. A map of every head at every position, on a large model, takes tens of thousands of
# rows. Nanda (2023) proposed to *estimate* all patches at once, from two forward passes and one
# backward pass. A patch moves an activation from $a_{\text{corr}}$ to $a_{\text{clean}}$; to first
# order the metric $m$ then changes by
#
# $$\mathrm{attribution} = (a_{\text{clean}} - a_{\text{corr}}) \cdot
#   \left.\frac{\partial m}{\partial a}\right|_{\text{corrupted run}}.$$
#
# It is a tangent drawn at the corrupted run. How good a tangent is depends on how straight the
# function is between the two runs. You will see it be exact, good, and blind.
#
# To get a gradient with respect to an activation you need the activation itself, with its history,
# not the copy in a cache (a cache is cut off from it). A hook that returns nothing sees it:

# %%
gradient_demo = models.random(seed=9)
grabbed = []
demo_logits = gradient_demo.run_with_hooks(
    torch.tensor([[0, 5, 9, 2]]),
    fwd_hooks=[("blocks.1.hook_mlp_out", lambda state, hook: grabbed.append(state))],
)
(demo_gradient,) = torch.autograd.grad(demo_logits[0, -1, 7], grabbed)
print("activation", tuple(grabbed[0].shape), "gradient", tuple(demo_gradient.shape))
print("at the last position of MLP 1:", demo_gradient[0, -1, :4])

# %% [markdown]
# ### Exercise 9: attribution_patch
#
# difficulty 3/5 · importance 5/5 · 20 min
#
# Estimate, for every layer and position, by how much the logit difference
# $m = \mathrm{logit}[\text{correct}] - \mathrm{logit}[\text{wrong}]$ at the last position changes
# when the *clean* state is patched into the *corrupted* run there. `kind` is the kind of state, as
# `helpers.site` takes it: `"resid"`, `"attn"` or `"mlp"`.
#
# $$\mathrm{map}[\ell, i] = \sum_{d} \bigl(a^{\text{clean}}_{\ell, i, d} -
#   a^{\text{corr}}_{\ell, i, d}\bigr)\,
#   \frac{\partial m_{\text{corr}}}{\partial a_{\ell, i, d}}$$
#
# <details><summary>Hint 1: nudge</summary>
#
# The cell above does it for one place. You need all layers at once, in the corrupted run, and one
# backward pass gives all their gradients.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# The prompts are `[pos]`, the model takes `[1, pos]`; every state is `[1, pos, d_model]`, and so is
# its gradient. The product is summed over `d_model`. `torch.autograd.grad(m, list_of_states)`
# returns a gradient for each. Return a tensor without history: `.detach()`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# clean states: one run, any way you like
# corrupted states: one run with a hook at every layer that keeps the state as it is
# m = difference of the two logits at the last position of the corrupted run
# gradients of m with respect to all the corrupted states
# for each layer: (clean - corrupted) times gradient, summed over d_model
# ```
#
# </details>


# %% exercise="attribution_patch"
def attribution_patch(
    model: TransformerBridge,
    clean: Int[Tensor, " pos"],
    corrupted: Int[Tensor, " pos"],
    correct: int,
    wrong: int,
    kind: str = "resid",
) -> Float[Tensor, "layer pos"]:
    """Estimate by a tangent at the corrupted run what each patch of a clean state changes."""
    ### BEGIN SOLUTION
    names = [helpers.site(kind, layer) for layer in range(model.cfg.n_layers)]

    def run(tokens):
        states = []
        keep = [(name, lambda state, hook: states.append(state)) for name in names]
        logits = model.run_with_hooks(tokens[None], fwd_hooks=keep)
        return logits[0, -1], states

    with torch.no_grad():
        _, clean_states = run(clean)
    with torch.enable_grad():
        logits, states = run(corrupted)
        gradients = torch.autograd.grad(logits[correct] - logits[wrong], states)
    rows = [
        ((there - here) * slope).sum(dim=-1)[0]
        for there, here, slope in zip(clean_states, states, gradients, strict=True)
    ]
    return torch.stack(rows).detach()
    ### END SOLUTION


# %% check="attribution_patch" points=4
with check(attribution_patch) as c:
    straight = linear.linear(seed=9)  # a model without a bend: the tangent is the function
    here, there = torch.tensor([0, 5, 9, 2, 7]), torch.tensor([0, 5, 3, 2, 7])
    yours = c.call(straight, here, there, 4, 11, "mlp")
    difference = straight(torch.stack([here, there]))[:, -1].detach() @ (
        torch.eye(37, dtype=torch.float64)[4] - torch.eye(37, dtype=torch.float64)[11]
    )
    stream = c.call(straight, here, there, 4, 11)
    everything = difference[0] - difference[1]
    c.close(stream[0, 2], everything, "in a linear model, layer 0 gets all of the difference")
    c.close(stream.sum(dim=1), everything.expand(3), "and so do all positions together, anywhere")
    c.close(yours[:, :2], torch.zeros(3, 2).double(), "before the prompts part there is nothing")
    swapped = c.call(straight, here, there, 11, 4, "mlp")
    c.close(swapped, -yours, "with the two answers swapped the sign is the other")
    bent = models.random(seed=9, dtype=torch.float64)
    forth = c.call(bent, here, there, 4, 11)
    with torch.no_grad():
        _, at = bent.run_with_cache(torch.stack([there, here]))
        step = torch.zeros_like(at["resid_pre", 0][:1])
        step[0, 2] = 1e-5 * (at["resid_pre", 0][1] - at["resid_pre", 0][0])[2]
        nudge = [("blocks.0.hook_resid_pre", lambda stream, hook: stream + step)]
        ends = torch.cat([bent(there[None]), bent.run_with_hooks(there[None], fwd_hooks=nudge)])
        slope = (ends[1] - ends[0])[-1] / 1e-5
    at_corrupted = "the tangent lies at the corrupted run: a small step shows its slope"
    c.close(forth[0, 2], slope[4] - slope[11], at_corrupted, atol=1e-3)

# %% [markdown]
# ### Estimated against real
#
# Three models in which you can do both: the linear one, `smollm2` on two countries, and one with a
# **saturated** step planted in it (its slope is 0 on both sides of the step: nothing happens, then
# everything does).
#
# **Predict.** In which of them will the estimate agree with the real patches, exactly or nearly,
# and in which not at all? What will the estimate say of the planted path?

# %%
my_worst_estimate = None  # "linear", "smollm2" or "saturated"
my_estimate_on_the_saturated_path = None  # a number; the real patch there changes 12 logits

# %%
planted_step = sites.saturated(seed=3, dtype=torch.float64)
france, italy = (
    smollm2.to_tokens(f"The capital of {country} is the city of")[0]
    for country in ("France", "Italy")
)
LATE = range(0, 30, 5)
contests = {
    "linear": (straight, here, there, 4, 11, range(3)),
    "smollm2": (smollm2, france, italy, paris, rome, LATE),
    "saturated": (
        planted_step.model,
        planted_step.clean,
        planted_step.corrupted,
        planted_step.yes,
        planted_step.no,
        range(4),
    ),
}
estimated, real = {}, {}
for name, (contest, clean, corrupted, correct, wrong, rows) in tqdm(contests.items()):
    estimated[name] = attribution_patch(contest, clean, corrupted, correct, wrong)[list(rows)]
    real[name] = tracing.patched_change(contest, clean, corrupted, correct, wrong, rows)

# %%
with torch.no_grad():
    for name in contests:
        error = (estimated[name] - real[name]).abs().max() / real[name].abs().max()
        print(f"{name:10} largest error: {error:.1%} of the largest real effect")
    helpers.versus(my_worst_estimate, "saturated", "The worst estimate")
    on_path = estimated["saturated"][real["saturated"] > 6].abs().min().item()
    helpers.versus(my_estimate_on_the_saturated_path, round(on_path, 3), "Estimate on the path")
tracing.estimate_figure(estimated, real)

# %% [markdown]
# On the linear model every point lies on the diagonal. On `smollm2` the estimate finds the right
# places, and tells large from small, but it calls some effects a third too small: between those
# states and the logits lie bends. On the saturated model it is exact behind the step, and says **0
# for all states before it**, though each carries the whole answer: at the corrupted run the step is
# flat, and a tangent to something flat is flat. Real patching has no such blind spot, which is why
# attribution patching is for *finding* candidates and patching for *confirming* them. (Lab 03
# averages the gradient along the way between the runs, which repairs this case.)
#
# A false 0 is the dangerous error: nobody checks a place that a map leaves blank.

# %% [markdown]
# ### Which way did it go?
#
# A patch at a head changes everything after it. That answers *does this head matter?*, not *to
# whom?* Does it write to the logits itself, or does it only tell a later head where to look?
# **Path patching** (Wang and others 2022; Goldowsky-Dill and others 2023) sends the change along
# one edge only:
#
# ```text
#    sender ──────────────► receiver ──► everything after it, free to respond
#       │                       ▲
#       └──► others between ────┘
#            (frozen: they keep doing what they did in the base run)
# ```
#
# 1. **Two runs**, of the base prompt and of the source prompt, and remember what happened.
# 2. **A frozen run** of the base prompt: the sender writes what it wrote in the source run; every
#    *other* attention layer's and MLP's output after it is held at its base value. So the sender's
#    change reaches the receiver by the residual stream alone. Note what the receiver makes of it.
# 3. **A free run** of the base prompt in which only the receiver is replaced, by what it did in
#    step 2. Whatever comes after the receiver responds freely.
#
# If the receiver is the logits, step 2 is all: its logits are the answer.

# %% [markdown]
# ### Exercise 10: path_patch
#
# difficulty 5/5 · importance 4/5 · 35 min
#
# Sender and receiver are heads, `(layer, head)`; a receiver of `None` means the logits. A head is
# taken at its `z` (`helpers.site("z", layer)`, `[batch, pos, head, d_head]`), at all positions, so
# the receiver's queries, keys and values may all respond. Return the logits of the last run. For
# the direct path to the logits, with $\Delta$ what the sender writes in the source run minus what
# it writes in the base run, that is
#
# $$\mathrm{logits} = \mathrm{unembed}\bigl(\mathrm{norm}(x_L^{\text{base}} + \Delta)\bigr).$$
#
# To freeze, replace `attn_out` and `mlp_out` by the base run's. Which ones? The sender's own layer
# has an MLP *after* it; its `attn_out` is where the sender writes, so that one must stay free. A
# receiver that does not lie in a later layer than the sender cannot be reached: then nothing
# changes. Some models have no MLPs (`model.cfg.attn_only`).
#
# <details><summary>Hint 1: nudge</summary>
#
# Write the frozen run first, for the receiver `None`: one hook at the sender, and hooks that
# freeze. For a head as receiver you need one more hook in it that only looks, and then one more
# run.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# In a hook at `z`, `z[:, :, head]` is `[batch, pos, d_head]`; change a copy. A hook that returns a
# cached tensor freezes a site. The receiver's `z` is computed *before* its layer's `attn_out` is
# frozen, so it sees the change all the same. Return `[pos, vocab]`: the batch had one row.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# caches of the base run and of the source run
# hooks of the frozen run:
#     at the sender's z: its head from the source cache
#     mlp_out from the sender's layer on: from the base cache
#     attn_out from the layer after the sender's on: from the base cache
#     at the receiver's z, if there is one: note the receiver's head
# run the base prompt with them
# receiver None: these logits are the result
# else run the base prompt with one hook: the receiver's head is what was noted
# ```
#
# </details>


# %% exercise="path_patch"
def path_patch(
    model: TransformerBridge,
    base: Int[Tensor, " pos"],
    source: Int[Tensor, " pos"],
    sender: tuple[int, int],
    receiver: tuple[int, int] | None,
) -> Float[Tensor, "pos vocab"]:
    """Return the base prompt's logits with the sender's source activation sent along one edge."""
    ### BEGIN SOLUTION
    n_layers = model.cfg.n_layers
    noted = {}
    with torch.no_grad():
        _, base_cache = model.run_with_cache(base[None])
        _, source_cache = model.run_with_cache(source[None])

    def replace_head(place, value):
        layer, head = place

        def hook_function(z, hook):
            z = z.clone()
            z[:, :, head] = value
            return z

        return helpers.site("z", layer), hook_function

    def freeze(kind, layer):
        name = helpers.site(kind, layer)
        return name, lambda out, hook: base_cache[name]

    sent = source_cache[helpers.site("z", sender[0])][:, :, sender[1]]
    hooks = [replace_head(sender, sent)]
    hooks += [freeze("attn", layer) for layer in range(sender[0] + 1, n_layers)]
    if not model.cfg.attn_only:
        hooks += [freeze("mlp", layer) for layer in range(sender[0], n_layers)]
    if receiver is not None:

        def note(z, hook):
            noted["z"] = z[:, :, receiver[1]].clone()

        if receiver[0] == sender[0]:  # not reached; beside the sender it must not see it replaced
            noted["z"] = base_cache[helpers.site("z", receiver[0])][:, :, receiver[1]]
        else:
            hooks.append((helpers.site("z", receiver[0]), note))
    with torch.no_grad():
        logits = model.run_with_hooks(base[None], fwd_hooks=hooks)
        if receiver is not None:
            last = [replace_head(receiver, noted["z"])]
            logits = model.run_with_hooks(base[None], fwd_hooks=last)
    return logits[0]
    ### END SOLUTION


# %% check="path_patch" points=5
with check(path_patch) as c:
    straight_heads = linear.linear(seed=10, n_heads=2, n_layers=2, attn_only=True)
    base, source = torch.tensor([0, 5, 9, 2]), torch.tensor([0, 6, 3, 2])
    plain_logits = straight_heads(base[None])[0].detach()
    direct = c.call(straight_heads, base, source, (0, 1), None) - plain_logits
    c.true(direct[-1].abs().max() > 1e-3, "the sender writes to the logits directly")
    first_step = tracing.head_write_change(straight_heads, base, source, (0, 1))
    by_hand = first_step @ straight_heads.W_U.detach()
    c.close(direct, by_hand, "the direct path: what the sender writes, read by the unembedding")
    same = c.call(straight_heads, base, base, (0, 1), (1, 0))
    c.close(same, plain_logits, "with the same prompt on both sides nothing changes")
    backward = c.call(straight_heads, base, source, (1, 0), (0, 1))
    c.close(backward, plain_logits, "nothing flows back to an earlier layer")
    through = [c.call(straight_heads, base, source, (0, 1), (1, h)) - plain_logits for h in (0, 1)]
    c.true(through[0].abs().max() > 1e-4, "a later head passes on what it reads")
    both = tracing.attention_response(straight_heads, first_step) @ straight_heads.W_U.detach()
    c.close(sum(through), both, "in this model block 1's two heads pass on all that block 1 reads")

# %% [markdown]
# ### Edges of a known circuit
#
# Back to the planted model with two sites in sequence, and its mover head. Where does what it
# fetches go: to the logits, or through another head?
#
# **Predict.** How much of the mover's effect takes the direct path to the logits: all, half, none?

# %%
my_share_of_the_direct_path = None  # from 0 to 1

# %%
chain = sites.sequence(seed=4, dtype=torch.float64)
with torch.no_grad():
    (mover,) = chain.movers
    ends = chain.model(torch.stack([chain.clean, chain.corrupted]))[:, -1]
    full_change = (ends[1] - ends[0])[chain.yes] - (ends[1] - ends[0])[chain.no]
    table = {}
    for receiver in [None] + [
        (layer, head)
        for layer in range(mover[0] + 1, chain.model.cfg.n_layers)
        for head in range(chain.model.cfg.n_heads)
    ]:
        ended = path_patch(chain.model, chain.clean, chain.corrupted, mover, receiver)[-1]
        change = (ended - ends[0])[chain.yes] - (ended - ends[0])[chain.no]
        table["logits" if receiver is None else f"head {receiver}"] = round(change.item(), 3) + 0.0
    share = table["logits"] / full_change.item()
helpers.versus(my_share_of_the_direct_path, round(share, 2), "Share of the direct path")
plots.bars(
    table,
    unit="change of logit difference",
    title=f"From the mover {mover} along one edge",
)

# %% [markdown]
# All of it. Nothing after the mover reads the answer; a patch alone could not have told you, for it
# would have shown the same effect had ten heads stood in between.

# %% [markdown]
# ## Part 7: editing a fact
#
# If the fact sits in an MLP at the subject, one should be able to change it there. Meng and others
# (2022) treat the MLP's second matrix $W$ (`[d_model, d_mlp]`) as a table: what comes out of the
# MLP's neurons is a **key** $k$, and $Wk$ is the **value** that is written into the stream. To
# edit a fact, find the key $k_*$ of the subject and a value $v_*$ that makes the model say what
# you want, and change $W$ so that $W' k_* = v_*$, disturbing everything else as little as
# possible.
#
# As little as possible *where it counts*: other keys are not equally likely. With $C = \mathbb E[k
# k^\top]$ over ordinary text, the update is the $W'$ that minimises $\mathbb E\,\lVert (W' - W)
# k\rVert^2$ under the condition $W' k_* = v_*$. Its solution has rank one:
#
# $$W' = W + \frac{(v_* - W k_*)\,(C^{-1} k_*)^\top}{(C^{-1} k_*)^\top k_*}.$$
#
# That is **ROME**, rank-one model editing. Read the formula from the right: a key $k$ is changed in
# proportion to $(C^{-1}k_*)^\top k$, which is small for what text is full of.

# %% [markdown]
# ### Exercise 11: rome_update
#
# difficulty 3/5 · importance 4/5 · 15 min
#
# Write the formula above. `C` is symmetric and can be inverted; it need not be the identity, and
# its scale must not matter.
#
# <details><summary>Hint 1: nudge</summary>
#
# You never need $C^{-1}$ itself, only $C^{-1}k$: the solution $u$ of a linear system. And check
# with your eyes closed: what is $W'k$?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `W` is `[d_out, d_in]`, `k` is `[d_in]`, `v` is `[d_out]`, `C` is `[d_in, d_in]`. The update is an
# outer product `[d_out, d_in]`: `torch.outer(column, row)`. `torch.linalg.solve(C, k)` is
# $C^{-1}k$.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# u = solution of  C u = k
# gap = v minus what W makes of k
# result = W plus (gap outer u) / (the dot product of u and k)
# ```
#
# </details>


# %% exercise="rome_update"
def rome_update(
    W: Float[Tensor, "d_out d_in"],
    k: Float[Tensor, " d_in"],
    v: Float[Tensor, " d_out"],
    C: Float[Tensor, "d_in d_in"],
) -> Float[Tensor, "d_out d_in"]:
    """Return W changed by the rank-one update that maps k to v and is smallest in the metric C."""
    ### BEGIN SOLUTION
    u = torch.linalg.solve(C, k)
    return W + torch.outer(v - W @ k, u) / (u @ k)
    ### END SOLUTION


# %% check="rome_update" points=3
with check(rome_update) as c:
    draw = torch.Generator().manual_seed(11)
    matrix = torch.randn(4, 7, generator=draw, dtype=torch.float64)
    key, keys = torch.randn(7, generator=draw).double(), torch.randn(40, 7, generator=draw).double()
    value = torch.randn(4, generator=draw).double()
    second_moment = keys.mT @ keys / 40
    yours = c.call(matrix, key, value, second_moment)
    c.close(yours @ key, value, "the key is mapped to the value")
    rank = torch.linalg.matrix_rank(yours - matrix).item()
    c.true(rank == 1, "the change has rank one")
    disturbed = ((yours - matrix) @ keys.mT).square().sum()
    nearest = matrix + torch.outer(value - matrix @ key, key) / (key @ key)
    plain = ((nearest - matrix) @ keys.mT).square().sum()
    c.true(disturbed < plain, "the other keys are disturbed less than by the update without C")
    c.close(c.call(matrix, key, value, 5 * second_moment), yours, "the scale of C does not matter")

# %% [markdown]
# ### Exercise 12: edit_scores
#
# difficulty 2/5 · importance 4/5 · 15 min
#
# Did it work? Anyone can make a model say " Rome": by breaking it. Three groups of prompts tell an
# edit from an accident. With `new` the token you want and `old` the one it replaces, and on each
# group the *share of prompts* for which it holds:
#
# - **efficacy**, on the edited prompts: $p(\text{new}) > p(\text{old})$;
# - **paraphrase**, on the same fact in other words: $p(\text{new}) > p(\text{old})$;
# - **neighbourhood**, on prompts about *other* things whose right answer is still `old`:
#   $p(\text{old}) > p(\text{new})$.
#
# All three are best at 1. The **score** is their harmonic mean, $3 / \left(\tfrac1E + \tfrac1P +
# \tfrac1N\right)$, and 0 if one of them is 0: one failure cannot be bought off by the other two.
# Ties do not count as success.
#
# <details><summary>Hint 1: nudge</summary>
#
# A larger probability is a larger logit: you need no softmax. Which of the three groups wants the
# *old* answer?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# Each group holds logits of the last position, `[prompt, vocab]`, and groups may differ in size.
# `(logits[:, new] > logits[:, old])` is `[prompt]` of True and False; its mean, after `.double()`,
# is the share. Return Python floats in a dict.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# efficacy, paraphrase = share of prompts where the new logit is larger
# neighbourhood = share of prompts where the old logit is larger
# score = 0 if one of the three is 0, else 3 over the sum of their reciprocals
# return all four under their names
# ```
#
# </details>


# %% exercise="edit_scores"
def edit_scores(
    rewrite: Float[Tensor, "prompt vocab"],
    paraphrases: Float[Tensor, "paraphrase vocab"],
    neighbours: Float[Tensor, "neighbour vocab"],
    new: int,
    old: int,
) -> dict[str, float]:
    """Return "efficacy", "paraphrase", "neighbourhood" and their harmonic mean, "score"."""
    ### BEGIN SOLUTION

    def share(logits, winner, loser):
        return (logits[:, winner] > logits[:, loser]).double().mean().item()

    shares = {
        "efficacy": share(rewrite, new, old),
        "paraphrase": share(paraphrases, new, old),
        "neighbourhood": share(neighbours, old, new),
    }
    worst = min(shares.values())
    score = 3 / sum(1 / part for part in shares.values()) if worst > 0 else 0.0
    return {**shares, "score": score}
    ### END SOLUTION


# %% check="edit_scores" points=2
with check(edit_scores) as c:
    # Columns: the old answer, the new one, and a third token that is always on top.
    wanted, unwanted, level = [1.0, 2.0, 9.0], [2.0, 1.0, 9.0], [1.5, 1.5, 9.0]
    groups = [[wanted], [wanted, unwanted, wanted, level], [unwanted, unwanted, wanted, unwanted]]
    yours = c.call(*(torch.tensor(group) for group in groups), 1, 0)
    c.true(
        set(yours) == {"efficacy", "paraphrase", "neighbourhood", "score"}, "it has the four names"
    )
    c.close(yours["efficacy"], 1.0, "the edited prompt prefers the new answer: all of them")
    c.close(yours["paraphrase"], 0.5, "two of four paraphrases do; a tie is none")
    c.close(yours["neighbourhood"], 0.75, "three of four neighbours keep the old answer")
    c.close(yours["score"], 9 / 13, "the score is the harmonic mean", atol=1e-3)
    broken = c.call(*(torch.tensor(group) for group in (groups[0], groups[0], groups[0])), 1, 0)
    c.close(broken["score"], 0.0, "whoever says Rome to everything scores 0")

# %% [markdown]
# ### The tower moves to Rome
#
# Everything else is given in `editing_helpers`: the key is what MLP 6 has at "iffel": the position
# that your trace found, in a layer that it did *not* single out (the window 6 to 11 had little, 0
# to 5 nearly all); the value is found by 15 steps of Adam on the MLP's output at that position,
# with a penalty on its size; $C$ comes from a page of text, 1,104 positions. That is fewer than the
# 1,536 dimensions of a key, so $C$ cannot be inverted as it is: a tenth of its mean diagonal is
# added to the diagonal. (The paper took 100,000 positions of Wikipedia.)
#
# **Predict.** The edit is made with one prompt. How many of six paraphrases will say Rome? And will
# the seven neighbours, such as "The Louvre is located in the city of", keep Paris?

# %%
my_paraphrases_that_follow = None  # 0 to 6
my_neighbours_that_stay = None  # 0 to 7

# %%
EDIT_LAYER = 6
matrix_of_mlp = editing.output_matrix(smollm2, EDIT_LAYER)  # the weights themselves, no copy
key, value = editing.key_and_value(smollm2, [eiffel], 2, EDIT_LAYER, rome)
text_rows = data.token_rows(smollm2, (*data.TRAIN_SENTENCES, *data.VALID_SENTENCES), length=24)
second_moment = editing.second_moment(smollm2, text_rows, EDIT_LAYER)
ridge = 0.1 * second_moment.diagonal().mean() * torch.eye(len(key), dtype=torch.float64)
original = matrix_of_mlp.detach().double().clone()

before = editing.edit_logits(smollm2)
edited = rome_update(original, key, value, second_moment + ridge)
with editing.edited(matrix_of_mlp, edited):
    after = editing.edit_logits(smollm2)

# %%
for name, logits in (("before", before), ("after", after)):
    print(name, {k: round(v, 2) for k, v in edit_scores(*logits, new=rome, old=paris).items()})
scores = edit_scores(*after, new=rome, old=paris)
helpers.versus(my_paraphrases_that_follow, round(6 * scores["paraphrase"]), "Paraphrases: Rome")
helpers.versus(my_neighbours_that_stay, round(7 * scores["neighbourhood"]), "Neighbours: Paris")
print(f"the matrix changed by {(edited - original).norm() / original.norm():.1%} of its size")
editing.print_edit(before, after, paris, rome)

# %% [markdown]
# Read the table honestly. By the scores the edit is nearly perfect: one paraphrase of six holds
# out, by a hair, and every neighbour keeps Paris. The probabilities say more. The edited prompt
# went to .88; the paraphrases that *begin* like it, "The Eiffel Tower ...", follow well; of those
# in which something stands before the tower two hesitate between Rome and Paris. (Compare Rome with
# Paris, not with 1: "Tourists ..." has only .16 for Rome, but Paris had no more before, so it
# follows fully.) And only two of the seven neighbours were likely to say Paris at all: "keeps"
# means no more than "prefers Paris to Rome". The key was taken from one prompt, and after another
# beginning "iffel" has another key. (The paper averages the key over many random beginnings for
# that reason; `key_and_value` takes a list of prompts, if you have the minutes.) That the
# neighbours hardly move is good news and also suspicious: an edit that reaches little harms little.
#
# **Predict.** The same edit without $C$, with the identity in its place: which of the three scores
# suffers?

# %%
my_score_that_suffers = None  # a name, or "none"

# %%
identity = torch.eye(len(key), dtype=torch.float64)
plain_matrix = rome_update(original, key, value, identity)
with editing.edited(matrix_of_mlp, plain_matrix):
    plain = editing.edit_logits(smollm2)
plain_scores = {k: round(v, 2) for k, v in edit_scores(*plain, new=rome, old=paris).items()}
helpers.versus(my_score_that_suffers, plain_scores, "Scores without C")
for name, result in (("with C", after), ("without C", plain)):
    moved = (result[2].softmax(dim=-1) - before[2].softmax(dim=-1)).abs().sum(dim=-1) / 2
    print(f"{name:10} the neighbours' whole distributions moved by {moved.mean():.4f} on average")

# %% [markdown]
# None of them: all four numbers are the same. Shares of a handful of prompts cannot tell a
# careful edit from a careless one. The last two lines can, because they look at all 49,152
# probabilities: without $C$ the neighbours are disturbed about twice as much (.011 against .006).
# A measure must be able to move before its standing still means anything.

# %% [markdown]
# What may you conclude? The fact can be *written* at the position that tracing found, at a layer
# that it left nearly blank, with a rank-one change of a single matrix. Does the layer matter at
# all? Try `EDIT_LAYER` 3, 9 or 20. And none of the three scores asks what else the model now
# believes: in which country is the tower, which river flows past it? An edit of one sentence's
# answer is not an edit of the knowledge (Cohen and others 2023 measure these ripples).

# %% [markdown] question="trace_and_edit" points=2
# ### Question C: from a trace to a claim
#
# A colleague shows a causal trace with a bright spot at layer 5, an edit at layer 5 that scores
# .94, and writes: "The fact is stored in the MLP of layer 5." (1) Which of the two results
# supports the sentence, and how far? (2) Name one other story that fits both results. (3) Which
# experiment would tell the two stories apart?
#
# ### BEGIN SOLUTION
# **Model answer.** (1) The trace shows that the clean state at that place is *enough* to bring the
# answer back while the rest is noisy; the edit shows that a change of this matrix is enough to
# change the answer. Neither shows that the matrix holds the fact, nor that it is needed: with the
# same recipe other layers can often be edited as well (in this lab, try 3 or 9). (2) For example:
# layer 5 only completes the subject's name, and later layers look the fact up; the edit then works
# because it writes a vector that later layers read as another city's name, or that carries the
# answer past them. (3) Take away what the story needs: corrupt or freeze the MLPs of later layers
# at the subject while layer 5 is clean. If the answer still comes, they are not needed; if not,
# the lookup happens there. Or edit at layer 5 and ask for other facts about the tower: a changed
# name changes them all, a changed fact changes one.
#
# **Rubric.** Half a point: enough is not needed, or not stored. Half a point: a second story that
# fits both. 1 point: an experiment with the outcomes that decide (half without the outcomes).
# ### END SOLUTION

# %% [markdown]
# ## Part 8: classical interpretability
#
# Long before anyone patched an activation, people asked *which parts of the input* made a network
# say what it said. The answers are maps over the input, one number for each token or pixel, and
# most tools for explaining a model still make such maps. You will write the classics, put them
# side by side on the Eiffel prompt, and find out what they can and cannot tell you.
#
# The quantity explained is always the same: $m = \mathrm{logit}[\text{" Paris"}] -
# \mathrm{logit}[\text{" Rome"}]$ at the last position.

# %% [markdown]
# ### Exercise 13: occlusion
#
# difficulty 1/5 · importance 3/5 · 10 min
#
# The oldest idea (Zeiler and Fergus 2013): cover one part of the input and look how much the answer
# suffers. For a prompt $t$ and a harmless token $r$,
#
# $$\mathrm{map}[i] = f(t) - f(t \text{ with token } i \text{ replaced by } r).$$
#
# `f` is a black box: it takes prompts `[batch, pos]` and returns one number for each, `[batch]`.
# Give it a batch; calling a model once for each token is slower and tells you no more.
#
# <details><summary>Hint 1: nudge</summary>
#
# Make one copy of the prompt for each of its positions, and spoil another token in each.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `tokens.repeat(n, 1)` is `[n, pos]` with n = pos; the diagonal of it is what to replace
# (`fill_diagonal_`, or `torch.where` with `torch.eye(n, dtype=torch.bool)`). `f(tokens[None])` is
# `[1]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# copies = the prompt, once for each position
# in copy i: token i becomes the replacement
# result = f of the prompt as it is, minus f of the copies
# ```
#
# </details>


# %% exercise="occlusion"
def occlusion(
    f: Callable[[Int[Tensor, "batch pos"]], Float[Tensor, " batch"]],
    tokens: Int[Tensor, " pos"],
    replacement: int,
) -> Float[Tensor, " pos"]:
    """Return how much f falls when each token is replaced."""
    ### BEGIN SOLUTION
    copies = tokens.repeat(len(tokens), 1)
    copies.fill_diagonal_(replacement)
    return f(tokens[None]) - f(copies)
    ### END SOLUTION


# %% check="occlusion" points=2
with check(occlusion) as c:
    worth = torch.randn(5, 20, generator=torch.Generator().manual_seed(13))  # of a token, by place

    def adds_up(prompts):
        return worth[torch.arange(5), prompts].sum(dim=-1)

    def needs_both(prompts):
        return ((prompts[:, 1] == 7) & (prompts[:, 3] == 9)).float()

    def needs_one(prompts):
        return ((prompts[:, 1] == 7) | (prompts[:, 3] == 9)).float()

    prompt = torch.tensor([4, 7, 2, 9, 11])
    yours = c.call(adds_up, prompt, 0)
    expected = adds_up(prompt[None]) - adds_up(prompt[None]) + worth[range(5), prompt] - worth[:, 0]
    c.close(yours, expected, "where f adds up, each token gets its own share")
    both = torch.tensor([0.0, 1.0, 0.0, 1.0, 0.0])
    c.close(c.call(needs_both, prompt, 0), both, "if two tokens are needed, each gets everything")
    c.close(c.call(needs_one, prompt, 0), torch.zeros(5), "if either is enough, each gets nothing")

# %% [markdown]
# The last two lines are the AND and the OR of part 3 again, at the input. Two tokens of which
# either would do get 0 each: occlusion asks whether a token is *needed*.

# %% [markdown]
# ### Exercise 14: integrated_gradients
#
# difficulty 3/5 · importance 4/5 · 25 min
#
# A gradient asks what a tiny change of the input does (**saliency**, Simonyan and others 2013). It
# is cheap, and blind where the function is flat: you saw that in part 6. Sundararajan and others
# (2017) walk from a **baseline** $x'$ to the input $x$ and average the gradient on the way:
#
# $$\mathrm{map}[i] = \sum_d (x_{i,d} - x'_{i,d})\ \frac1n \sum_{s=1}^{n}
#   \frac{\partial m}{\partial x_{i,d}}\Bigl(x' + \tfrac{s - 1/2}{n}\,(x - x')\Bigr).$$
#
# The steps sit in the middle of their intervals (the midpoint rule): with ten of them the sum is
# already a good integral. Then the map is **complete**: it adds up to $m(x) - m(x')$. Here $x$ are
# the prompt's embeddings at `hook_embed`, the baseline is given, and $m$ is
# $\mathrm{logit}[\text{correct}] - \mathrm{logit}[\text{wrong}]$ at the last position.
#
# <details><summary>Hint 1: nudge</summary>
#
# Part 6 showed how to get a gradient at a place in the model. Here the place is `hook_embed`, and
# what stands there is put in by you.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# All steps fit in one batch: the fractions are `[step]`, the points on the way
# `[step, pos, d_model]`. Call `.requires_grad_()` on them, let a hook at `hook_embed` return them,
# and differentiate the *sum* of the rows' metrics: rows do not mix, so each row gets its own
# gradient. The embeddings themselves are `model.W_E[tokens]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# x = embeddings of the tokens, without history
# fractions = (0.5, 1.5, ..., steps - 0.5) / steps
# points = baseline + fraction times (x - baseline), one row for each fraction
# run the prompt, repeated, with the points in the place of its embeddings
# gradient of the summed logit differences with respect to the points; mean over steps
# result = (x - baseline) times that mean, summed over d_model
# ```
#
# </details>


# %% exercise="integrated_gradients"
def integrated_gradients(
    model: TransformerBridge,
    tokens: Int[Tensor, " pos"],
    baseline: Float[Tensor, "pos d_model"],
    correct: int,
    wrong: int,
    steps: int,
) -> Float[Tensor, " pos"]:
    """Return each token's integrated gradient from the baseline, by the midpoint rule."""
    ### BEGIN SOLUTION
    x = model.W_E[tokens].detach()
    fractions = (torch.arange(steps, dtype=x.dtype) + 0.5) / steps
    points = baseline + fractions[:, None, None] * (x - baseline)
    points.requires_grad_()
    with torch.enable_grad():
        logits = model.run_with_hooks(  # given
            tokens.expand(steps, -1), fwd_hooks=[("hook_embed", lambda embed, hook: points)]
        )
        metric = (logits[:, -1, correct] - logits[:, -1, wrong]).sum()
        (gradients,) = torch.autograd.grad(metric, points)
    return ((x - baseline) * gradients.mean(dim=0)).sum(dim=-1)
    ### END SOLUTION


# %% check="integrated_gradients" points=4
with check(integrated_gradients) as c:
    tiny_line = linear.linear(seed=14)
    prompt, other = torch.tensor([0, 5, 9, 2]), torch.tensor([0, 8, 3, 6])
    start = tiny_line.W_E[other].detach()
    yours = c.call(tiny_line, prompt, start, 4, 11, 1)
    ends = tiny_line(torch.stack([prompt, other]))[:, -1].detach()
    gap = (ends[0] - ends[1])[4] - (ends[0] - ends[1])[11]
    c.close(yours.sum(), gap, "in a linear model one step is complete")
    mixed = torch.tensor([0, 5, 3, 6])  # the first tokens of one, the rest of the other
    halfway = tiny_line(mixed[None])[0, -1].detach() - ends[1]
    c.close(yours[:2].sum(), halfway[4] - halfway[11], "each token gets what replacing it changes")
    bent = models.random(seed=14, n_layers=1, dtype=torch.float64)
    start = bent.W_E[other].detach()
    yours = c.call(bent, prompt, start, 4, 11, 100)
    ends = bent(torch.stack([prompt, other]))[:, -1].detach()
    gap = (ends[0] - ends[1])[4] - (ends[0] - ends[1])[11]
    c.close(yours.sum(), gap, "it adds up to m(x) - m(x')", atol=0.01)
    c.close(c.call(bent, prompt, start, 11, 4, 100), -yours, "swapped answers, other sign")

# %% [markdown]
# ### Exercise 15: local_linear_fit
#
# difficulty 3/5 · importance 4/5 · 20 min
#
# LIME (Ribeiro and others 2016) and SHAP (Lundberg and Lee 2017) both explain a black box by a
# **linear model fitted around one input**. Switch features on and off at random (here: words of the
# prompt kept, or replaced), see what the box says, and fit
#
# $$\min_{b,\,w}\ \sum_n \pi_n \bigl(y_n - b - m_n \cdot w\bigr)^2 + \lambda \lVert w\rVert^2 ,$$
#
# with masks $m_n \in \{0,1\}^F$ and weights $\pi_n$ that say how much each sample counts. The
# intercept $b$ is not penalised. LIME takes weights that fall with the number of features switched
# off. KernelSHAP takes
# $\pi(m) = \frac{F - 1}{\binom{F}{|m|}\,|m|\,(F - |m|)}$, and with these, and with the full and
# the empty mask counting infinitely much, the fitted $w$ **are** the Shapley values: what each
# feature adds, averaged over all orders in which features can be switched on.
#
# <details><summary>Hint 1: nudge</summary>
#
# Give the masks one more column of ones, and the intercept is a coefficient like the others, except
# that it is not penalised. The rest is the normal equations.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `X` is `[sample, 1 + feature]`. `X.mT @ (weights[:, None] * X)` is `[1 + feature, 1 + feature]`,
# the right-hand side `X.mT @ (weights * values)`. The penalty is a diagonal matrix with 0 in the
# intercept's place. Return the intercept (a tensor with no axes) and `[feature]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# X = column of ones beside the masks, as floats
# A = X transposed times weighted X, plus ridge on the diagonal except at the intercept
# solve A c = X transposed times weighted values
# return c[0] and the rest
# ```
#
# </details>


# %% exercise="local_linear_fit"
def local_linear_fit(
    masks: Float[Tensor, "sample feature"],
    values: Float[Tensor, " sample"],
    weights: Float[Tensor, " sample"],
    ridge: float = 0.0,
) -> tuple[Float[Tensor, ""], Float[Tensor, " feature"]]:
    """Fit values by intercept + masks @ coefficients, weighted, the coefficients penalised."""
    ### BEGIN SOLUTION
    X = torch.cat([torch.ones_like(masks[:, :1]), masks], dim=1)
    penalty = ridge * torch.eye(X.shape[1], dtype=X.dtype)
    penalty[0, 0] = 0
    A = X.mT @ (weights[:, None] * X) + penalty
    solution = torch.linalg.solve(A, X.mT @ (weights * values))
    return solution[0], solution[1:]
    ### END SOLUTION


# %% check="local_linear_fit" points=3
with check(local_linear_fit) as c:
    draw = torch.Generator().manual_seed(15)
    all_masks = classical.all_masks(4)
    game = torch.randn(16, generator=draw).double()  # what each of the 16 coalitions is worth
    weights = 0.2 + torch.rand(16, generator=draw).double()
    slopes = torch.tensor([1.0, -2.0, 0.5, 3.0]).double()
    b, w = c.call(all_masks, 0.7 + all_masks @ slopes, weights, 0.0)
    c.close(w, slopes, "values that are linear are fitted exactly")
    c.close(b, 0.7, "and so is the intercept")
    b, w = c.call(all_masks, game, weights, 0.5)
    residual = weights * (game - b - all_masks @ w)
    c.close(residual.sum(), 0.0, "the intercept is free: weighted residuals sum to 0")
    c.close(all_masks.mT @ residual, 0.5 * w, "the ridge holds the coefficients back")
    _, shapley = c.call(all_masks, game, classical.shapley_weights(all_masks), 0.0)
    by_orders = classical.shapley_by_orders(all_masks, game)
    c.close(shapley, by_orders, "with KernelSHAP's weights they are Shapley values", atol=1e-3)

# %% [markdown]
# ### Five maps of one prompt
#
# The Eiffel prompt in six pieces, which is few enough to switch all 64 combinations on and off: 0
# "The", 1 "Eiffel", 2 "Tower", 3 "is located", 4 "in the city", 5 "of". A piece that is off has its
# tokens replaced by " the".
#
# **Predict.** Which piece gets the most from most of the methods?

# %%
my_most_important_piece = None  # 0 to 5

# %%
PIECES = ((0,), (1, 2), (3,), (4, 5), (6, 7, 8), (9,))
the = data.single_token(smollm2, " the")
piece_names = ["".join(eiffel_words[pos] for pos in piece) for piece in PIECES]


def paris_minus_rome(prompts):
    with torch.no_grad():
        ends = smollm2(prompts)[:, -1]
    return ends[:, paris] - ends[:, rome]


def by_piece(token_map):
    return torch.stack([token_map[list(piece)].sum() for piece in PIECES])


blank = W_E[the].expand(len(eiffel), -1)
masks_64 = classical.all_masks(len(PIECES))
coalitions = classical.masked_prompts(eiffel, PIECES, masks_64, the)
with torch.no_grad():
    game_64 = torch.cat([paris_minus_rome(part) for part in coalitions.split(16)]).double()
maps = {
    "occlusion": by_piece(occlusion(paris_minus_rome, eiffel, the)),
    "saliency": by_piece(classical.saliency(smollm2, eiffel, paris, rome)),
    "int. gradients": by_piece(integrated_gradients(smollm2, eiffel, blank, paris, rome, steps=24)),
    "LIME": local_linear_fit(masks_64, game_64, classical.lime_weights(masks_64), 0.01)[1],
    "SHAP": local_linear_fit(masks_64, game_64, classical.shapley_weights(masks_64))[1],
}

# %%
with torch.no_grad():
    largest = {name: piece_names[int(line.argmax())] for name, line in maps.items()}
    helpers.versus(my_most_important_piece, largest, "The most important piece")
    whole = game_64[-1] - game_64[0]
    print(f"m of the prompt minus m of the empty prompt: {whole:.2f}")
    for name, line in maps.items():
        print(f"{name:21} sums to {line.sum():7.2f}   " + "  ".join(f"{x:6.2f}" for x in line))
classical.maps_figure(maps, piece_names)

# %% [markdown]
# Compare the sums first. SHAP is complete by construction: its values add up to 3.27, what the
# whole prompt is worth against the empty one. Integrated gradients *should* add up to that, too,
# and they add up to -18.5: "Eiffel" gets -19. Had you looked at the picture alone, you might have
# written that Eiffel speaks for Rome. The method is not wrong, the integral is: between ten times
# " the" and the prompt the function is so jagged that 24 steps miss it, and 72 do no better
# (-17.9). Completeness is the check that this method brings along; use it every time. With a
# baseline that differs at the subject only, the way is smoother:

# %%
at_subject = torch.zeros(len(eiffel), 1)
at_subject[SUBJECT] = 1
near_blank = torch.where(at_subject > 0, blank, W_E[eiffel])
without_subject = torch.where(at_subject[:, 0] > 0, the, eiffel)
gain = (paris_minus_rome(eiffel[None]) - paris_minus_rome(without_subject[None])).item()
print(f"m with the subject minus m without it: {gain:.2f}")
for steps in (24, 72):
    line = integrated_gradients(smollm2, eiffel, near_blank, paris, rome, steps)
    print(f"{steps} steps: sum {line.sum():.2f}, iffel alone {line[2]:.2f}")

# %% [markdown]
# Occlusion, LIME and saliency promise no sum. Saliency has no sign, either: a gradient's length
# says how *sensitive* the answer is, not in whose favour. And each map depends on a choice that
# the picture does not show: what a word is replaced by. Try another token for " the".

# %% [markdown]
# ### Exercise 16: rank_correlation
#
# difficulty 2/5 · importance 3/5 · 15 min
#
# A map can look reasonable and say nothing about the model. Adebayo and others (2018) proposed a
# test of sanity: **randomise the model's weights and check whether the map changes.** If it does
# not, it was a picture of the input all along. "Changes" needs a number; they take Spearman's rank
# correlation. Replace each value by its rank, equal values by the *mean* of the ranks they share,
# and take the ordinary correlation of the ranks:
#
# $$\rho = \frac{\sum_i (r_i - \bar r)(q_i - \bar q)}
#   {\sqrt{\sum_i (r_i - \bar r)^2}\,\sqrt{\sum_i (q_i - \bar q)^2}}.$$
#
# If one of the maps is constant it ranks nothing: return 0.
#
# <details><summary>Hint 1: nudge</summary>
#
# The rank of a value is the number of values below it, plus something for those equal to it.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# Compare all pairs: `values[:, None] > values[None]` is `[n, n]`, and its sum over the last axis
# counts the smaller ones. Each equal value, itself included, counts half. Any constant added to
# all ranks drops out when the mean is subtracted.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# rank of each value = how many are smaller, plus half of how many are equal
# subtract from the ranks of both maps their means
# if one of the two is all zero: 0
# else their dot product over the product of their lengths
# ```
#
# </details>


# %% exercise="rank_correlation"
def rank_correlation(one: Float[Tensor, " n"], other: Float[Tensor, " n"]) -> float:
    """Return Spearman's rank correlation; equal values share their mean rank."""
    ### BEGIN SOLUTION
    centred = []
    for values in (one, other):
        smaller = (values[:, None] > values[None]).double().sum(dim=-1)
        equal = (values[:, None] == values[None]).double().sum(dim=-1)
        rank = smaller + equal / 2
        centred.append(rank - rank.mean())
    size = centred[0].norm() * centred[1].norm()
    return (centred[0] @ centred[1] / size).item() if size > 0 else 0.0
    ### END SOLUTION


# %% check="rank_correlation" points=2
with check(rank_correlation) as c:
    up = torch.tensor([0.1, 0.2, 0.5, 3.0, 90.0])
    c.close(c.call(up, up.log()), 1.0, "only the order counts, not the sizes")
    c.close(c.call(up, -up), -1.0, "the opposite order gives -1")
    moved = torch.tensor([1.0, 2.0, 3.0, 5.0, 4.0])
    c.close(c.call(up, moved), 0.9, "two neighbours exchanged among five: 1 - 6 * 2 / (5 * 24)")
    tied = torch.tensor([1.0, 1.0, 2.0, 3.0, 3.0])
    c.close(c.call(tied, up), 18 / 360**0.5, "ties share their mean rank", atol=1e-3)
    c.close(c.call(torch.ones(5), up), 0.0, "a constant map ranks nothing")

# %% [markdown]
# ### The sanity check
#
# The weights of the blocks are shuffled within each matrix, from the top of the model downwards:
# the last 5 blocks, the last 15, all 30. After each step the maps are made anew.
#
# **Predict.** For a method that explains the *model*, where should the correlation with the
# original map go? Will all three get there, also when only half of the blocks are shuffled?

# %%
my_correlation_after_shuffling = None  # a number for all 30 blocks
my_method_that_fails = None  # a name, or "none"


# %%
def three_maps():
    return {
        "occlusion": occlusion(paris_minus_rome, eiffel, the),
        "saliency": classical.saliency(smollm2, eiffel, paris, rome),
        "integrated gradients": integrated_gradients(smollm2, eiffel, blank, paris, rome, steps=12),
    }


reference_maps = three_maps()
likeness = {name: [1.0] for name in reference_maps}
for shuffled in tqdm((5, 15, 30), desc="shuffling"):
    with classical.shuffled_blocks(smollm2, 30 - shuffled, seed=1):
        for name, line in three_maps().items():
            likeness[name].append(rank_correlation(line.abs(), reference_maps[name].abs()))

# %%
helpers.versus(
    my_correlation_after_shuffling,
    {name: round(line[-1], 2) for name, line in likeness.items()},
    "Correlation with all blocks shuffled",
)
helpers.versus(
    my_method_that_fails,
    {name: round(line[2], 2) for name, line in likeness.items()},
    "Correlation with half of the blocks shuffled",
)
plots.lines(
    likeness,
    x=(0, 5, 15, 30),
    xlabel="blocks shuffled, from the top",
    ylabel="rank correlation with the original map",
    title="Does the map notice that the model is gone?",
    levels={"no relation": 0.0},
)

# %% [markdown]
# With half of the blocks shuffled, saliency's map is all but the same (.98): such a model knows
# nothing of Paris any more, and the map still looks like an explanation. It shows how the first
# blocks stretch each embedding. With all 30 shuffled the order turns round: saliency is at .25,
# occlusion at .62, and integrated gradients, which had fallen to .2 at once, are back at .79.
#
# One seed and ten tokens: between two random orders the rank correlation lies above .56 in one case
# out of twenty, and absolute values agree more easily than values. None of the three passes
# cleanly. Before you write that a method passes or fails, use other seeds and more prompts.
#
# ### What these maps lack
#
# All of them stop at the input. They say *that* "Eiffel" matters, which you knew. They do not say
# where in the model it is looked up, which part passes it on, or what would have to be changed;
# and a good map is no evidence for a mechanism. Patching asks the same counterfactual question
# ("what if this were otherwise?") at every place *inside*: occlusion is patching at the embeddings
# with a poor choice of corrupted prompt, and attribution patching is integrated gradients with a
# single step. Their faults, too, come along: the choice of baseline, AND and OR, saturation. They
# do not go away inside the model. They become visible.
#
# **To read on**: Zeiler, Fergus (2013), [arXiv 1311.2901](https://arxiv.org/abs/1311.2901),
# occlusion. Simonyan, Vedaldi, Zisserman (2013), [arXiv
# 1312.6034](https://arxiv.org/abs/1312.6034), saliency. Sundararajan, Taly, Yan (2017), [arXiv
# 1703.01365](https://arxiv.org/abs/1703.01365), integrated gradients and the axioms behind them.
# Ribeiro, Singh, Guestrin (2016), [arXiv 1602.04938](https://arxiv.org/abs/1602.04938), LIME.
# Lundberg, Lee (2017), [arXiv 1705.07874](https://arxiv.org/abs/1705.07874), SHAP. Adebayo and
# others (2018), [arXiv 1810.03292](https://arxiv.org/abs/1810.03292), the sanity check: Guided
# Backpropagation and Guided GradCAM did not notice that the model was gone. For parts 6 and 7:
# Goldowsky-Dill and others (2023), [arXiv 2304.05969](https://arxiv.org/abs/2304.05969), path
# patching; Cohen and others (2023), [arXiv 2307.12976](https://arxiv.org/abs/2307.12976), 5,000
# edits and what they should have changed besides.

# %% [markdown]
# ## Part 9: the planted challenge
#
# Now a model in which somebody knows the truth. From your name a transformer is built by hand: 8
# blocks of 4 heads and a small MLP, no norms, 12 positions, tokens that mean nothing. Its prompts
# come in eight pairs: to all clean ones it gives one answer, to all corrupted ones another. The
# tokens of a pair differ at many positions; only these matter:
#
# - at the **direct** source, a token whose information one head carries straight to the last
#   position;
# - at the **relayed** source, a token whose information one head carries to another position, the
#   **relay**, and a second head, the **handover**, from there to the last position;
# - at the last position a **gate** joins the two: `"and"`, when both sources are needed, or `"or"`,
#   when one is enough.
#
# There is more: a third source has a weak by-path to the answer, a *sixth* of the whole effect,
# which you leave out; some heads look at the sources and write what nobody reads. The circuit is
# the same for all pairs of your model, and another one for every name.
#
# Type your name (in a course: your id on the course's list), and keep it as it is from now on.

# %%
student_name = "reference"

# %%
if student_name == "reference":
    print("this is the example's model: type your own name above, and run that cell and this one")
challenge = models.challenge("02_patching", helpers.CHALLENGE, student_name)
clean_prompts, corrupted_prompts = challenge.tokens.chunk(2)
yes, no = challenge.answers[0].item(), challenge.answers[-1].item()
print(f"{len(clean_prompts)} pairs of {challenge.tokens.shape[1]} tokens; the first:")
print("clean    ", clean_prompts[0].tolist(), "->", yes)
print("corrupted", corrupted_prompts[0].tolist(), "->", no)

# %% [markdown]
# **Your first look.** A metric for the first pair, and one of the two maps. If it is dark where you
# expected light, remember part 3.

# %%
with torch.no_grad():
    first_pair = challenge.model(torch.stack([clean_prompts[0], corrupted_prompts[0]]))[:, -1]
challenge_ends = (first_pair[:, yes] - first_pair[:, no]).tolist()


def challenge_metric(logits: Float[Tensor, "batch pos vocab"]) -> Float[Tensor, " batch"]:
    """1 where the model is as sure of its clean answer as on the clean prompt, 0 as corrupted."""
    rows = torch.ones(len(logits), dtype=torch.int64)
    return normalised_metric(logit_diff(logits, yes * rows, no * rows), *challenge_ends)


plots.heatmap(
    denoise_map(challenge.model, clean_prompts[0], corrupted_prompts[0], challenge_metric),
    limits=(0, 1),
    unit="0: corrupted, 1: clean",
    title="Denoising, first pair",
)

# %% [markdown]
# Go on from here: the other map, and the heads. (Exercise 6 denoises. What does it do when you give
# it the two prompts in each other's place?)

# %%
# Your own experiments.

# %% [markdown]
# ### Exercise 17: challenge_answer
#
# difficulty 4/5 · importance 4/5 · 25 min
#
# Write down what you found, as numbers and one word (not as variables: what is graded is what
# stands here). `direct`, `relayed` and `relay` are positions, counted from 0, where BOS is; one
# each. `handover` is a pair `(block, head)`; `gate` is `"and"` or `"or"`:
#
# $$\text{answer} = \mathrm{gate}\bigl(\text{direct},\ \text{relayed} \to \text{relay}\bigr).$$
#
# <details><summary>Hint 1: nudge</summary>
#
# Draw both maps. *Strong* means near 1, bright, in a denoising map, and near 0, dark, in a noising
# map: draw `1 - noise_map(...)`, and strong is bright in both. In one of them two columns are
# strong at layer 0, in the other one none is: that already names the gate.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# A map is `[layer, position]`; row $\ell$ is the stream *before* block $\ell$. If a column is
# strong in rows 0 to $\ell$ and without effect after, a head in block $\ell$ has carried it away.
# Head maps are `[block, head]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# take the map that shows two strong columns at layer 0 (strong: more than half of the effect)
# a third column lights later, at the very layer at which one of the two goes out:
#     that third one is the relay, the one that went out is relayed, the other one is direct
# the last row in which the relay is strong is the handover's block
# in the head map of the same direction: the strong head of that block
# ```
#
# </details>

# %% exercise="challenge_answer"
challenge_answer = {"gate": None, "direct": None, "relayed": None, "relay": None, "handover": None}
### BEGIN SOLUTION
challenge_answer = {"gate": "and", "direct": 1, "relayed": 4, "relay": 8, "handover": (7, 3)}
### END SOLUTION

# %% check="challenge_answer" points=5
with check(challenge_answer=challenge_answer) as c:
    found = c.value
    names = {"gate", "direct", "relayed", "relay", "handover"}
    c.true(names <= set(found) and None not in found.values(), "all five entries are filled in")
    c.true(found["gate"] in ("and", "or"), 'the gate is "and" or "or"')
    places = [found["direct"], found["relayed"], found["relay"]]
    c.true(all(place in range(1, 11) for place in places), "three positions, each from 1 to 10")
    c.true(len(set(places)) == 3, "the three positions are three different ones")
    c.true(found["relayed"] < found["relay"], "a relay comes after what it relays")
    head = found["handover"]
    in_model = isinstance(head, tuple | list) and len(head) == 2
    in_model = in_model and head[0] in range(8) and head[1] in range(4)
    c.true(in_model, "the handover is a pair (block, head), blocks 0 to 7 and heads 0 to 3")
    with torch.no_grad():
        looks = challenge.model.run_with_cache(challenge.tokens)[1]["pattern", head[0]]
    to_relay = looks[:, head[1], -1, found["relay"]]
    c.true((to_relay > 0.9).all(), "your handover looks from the last position at your relay")
    # Both sources of each pair exchanged: with the weak by-path left alone.
    for kept, other in zip(clean_prompts, corrupted_prompts, strict=True):
        broken, mended = kept.clone(), other.clone()
        broken[places[:2]], mended[places[:2]] = other[places[:2]], kept[places[:2]]
        with torch.no_grad():
            said = challenge.model(torch.stack([broken, mended]))[:, -1].argmax(dim=-1).tolist()
        c.true(said[0] == no, "with both of your sources corrupted every clean prompt breaks")
        c.true(said[1] == yes, "with both of them mended every corrupted prompt is repaired")

# %% [markdown]
# The check looks whether your two sources matter together, and where your head looks. It does not
# say which source is which, nor which gate: be sure of those yourself.

# %% [markdown] question="what_may_you_claim" points=2
# ### Question D: what may you claim?
#
# A paper denoises single heads on 200 pairs and finds that head X alone restores 85% of the logit
# difference. It writes: "Head X implements the recall of capitals; the other heads play no
# role." (1) Which of *sufficient* and *necessary* does the experiment support? (2) Give one circuit
# in which X restores 85% and removing X changes nothing. (3) Which further experiment would you
# ask for, and which outcome would support "the other heads play no role"?
#
# ### BEGIN SOLUTION
# **Model answer.** (1) Sufficient, and only in this setting: with the rest of the run corrupted in
# this particular way, X's clean output is enough to bring back most of the metric. (2) An OR: a
# second head Y carries the same information, or steps in when X is missing (a backup). Denoising X
# restores the answer, and so does Y; noising X alone changes nothing. Also, that X *carries* the
# answer does not say that it computes it: an MLP before X may have looked it up, X moves it.
# (3) Noise the clean run: X alone (it should break if X is needed), and *all other heads together*
# (the answer should stay if they play no role). On other pairs, too: other relations and templates.
#
# **Rubric.** Half a point: sufficient, not necessary. Half a point: a redundant or backup path.
# Half a point: noising, with X alone or with everything but X. Half a point: the outcome that would
# decide.
# ### END SOLUTION

# %% [markdown]
# ## Part 10: the headline
#
# Back to France and Italy, with your functions: both maps of the whole model. That is 62 forward
# passes of 8 rows each, less than a minute on two cores.
#
# **Predict.** In part 2 you saw the effect at " France" before block 10, and at the last position
# before block 26. Between which layers does it change hands? Gradually, or at once? And is there a
# third position at which it stays for a while, as with the relay of part 9?

# %%
my_handover_layers = None  # such as (12, 20)
my_third_position = None  # a position, or "none"

# %%
pair_words = smollm2.to_str_tokens(clean_tokens)
handover_maps = {
    "enough: France into Italy": denoise_map(smollm2, clean_tokens, corrupted_tokens, paris_metric),
    "needed: Italy into France": noise_map(smollm2, clean_tokens, corrupted_tokens, paris_metric),
}
enough, needed = handover_maps.values()
at_country, at_the_end = enough[:, 3], enough[:, -1]
last_at_country = (at_country > 0.5).nonzero().max().item()
first_at_the_end = (at_the_end > 0.5).nonzero().min().item()
hands_over = (last_at_country, first_at_the_end)
helpers.versus(my_handover_layers, hands_over, "Last layer at France, first at the end")
between = enough[:, 4:-1].max(dim=0)
third = between.values.argmax().item() + 4
helpers.versus(
    my_third_position, third, f"The most at any other position is {between.values.max():.2f}, at"
)
figure = helpers.maps(handover_maps, x=pair_words, xlabel="patched position", limits=(0, 1))
print("saved to", plots.save(figure, helpers.HEADLINE))
figure

# %% [markdown]
# The country's own column holds everything up to the stream before block 23, and nothing at all
# one block later: at that moment it has been read, by everybody who ever will. What arrives at the
# last position is two thirds of the effect; the rest went to " is", " the" and " city", from where
# later blocks fetch it. So the handover is not a slow diffusion. It is *one block*, and by your
# head map mostly one head of it: block 23, head 4, which looks from the last position at the
# country, is enough for .85 of the way, and without it only .12 of the way is left.
#
# With lab 01 in mind: there the lens first heard the answer of the Eiffel prompt after block 23,
# and direct attribution named attention in block 23. Three instruments, one block. And what the
# country's column holds in the first 23 layers, *France* or already *Paris*? Patching cannot tell:
# it moves the whole vector. That is a question for probes (lab 04), and for part 5.

# %% [markdown]
# ## What you have now
#
# - **Patching** answers a causal question: does the answer change if this one thing comes from
#   another run? It needs a pair of prompts, a metric with two ends, and a site; choose each on
#   purpose.
# - **Denoising** finds what is enough, **noising** what is needed. AND hides from the one, OR from
#   the other.
# - **Heads** can be patched apart at `hook_z`, before $W_O$ adds them up.
# - **Causal tracing** needs no second prompt, and depends on its noise. **Attribution patching**
#   replaces a thousand runs by one gradient, and is blind where the model is flat. **Path
#   patching** asks about an edge instead of a node.
# - A fact can be **edited** with one matrix of rank one; whether only that fact changed is another
#   question, with numbers of its own.
# - Every method here can fail silently: a misspelt site, a cache of the wrong run, an effect
#   hidden by a backup. Keep one cell whose value you know.
#
# ## Further reading, with numbers to hold against yours
#
# - Vig, Gehrmann, Belinkov and others, *Investigating Gender Bias in Language Models Using Causal
#   Mediation Analysis* (2020), [arXiv 2004.12265](https://arxiv.org/abs/2004.12265). Patching
#   before it had the name: direct and indirect effects of neurons and heads in GPT-2.
# - Meng, Bau, Andonian, Belinkov, *Locating and Editing Factual Associations in GPT* (2022), [arXiv
#   2202.05262](https://arxiv.org/abs/2202.05262). Causal tracing and ROME. Over 1,000 facts in
#   GPT-2 XL, restoring single states has its largest average indirect effect, 8.7%, in an MLP at
#   the subject's last token, at layer 15 of 48. Hold that against part 5.
# - Wang, Variengien, Conmy, Shlegeris, Steinhardt, *Interpretability in the Wild* (2022), [arXiv
#   2211.00593](https://arxiv.org/abs/2211.00593). Path patching, and a circuit of 26 heads in GPT-2
#   small that keeps 87% of a mean logit difference of 3.56. Lab 03 builds the same on `smollm2`.
# - Zhang, Nanda, *Towards Best Practices of Activation Patching* (2023), [arXiv
#   2309.16042](https://arxiv.org/abs/2309.16042). What depends on the metric and on the kind of
#   corruption; they advise logit differences and pairs rather than noise. Compare your parts 3 and
#   5.
# - Heimersheim, Nanda, *How to use and interpret activation patching* (2024), [arXiv
#   2404.15255](https://arxiv.org/abs/2404.15255). Denoising and noising, AND and OR, in words.
# - Syed, Rager, Conmy, *Attribution Patching Outperforms Automated Circuit Discovery* (2023),
#   [arXiv 2310.10348](https://arxiv.org/abs/2310.10348). Two forward passes and one backward pass
#   for all edges at once.
# - Hase, Bansal, Kim, Ghandeharioun, *Does Localization Inform Editing?* (2023), [arXiv
#   2301.04213](https://arxiv.org/abs/2301.04213). Where tracing finds a fact says next to nothing
#   about the layer at which an edit succeeds.
