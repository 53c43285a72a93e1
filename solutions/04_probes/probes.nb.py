# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 04: linear probes, and superposition
#
# Somewhere inside a language model stands what it knows of the text so far: whether a quotation is
# open, whether the subject is plural, whether the sentence is true. A **probe** is a small
# classifier that is trained to read such a thing off the model's activations. If it can, the thing
# is in there. So one would think.
#
# In this lab you build probes, and one of them is right on **99% of the tokens** of sentences it
# has never seen. Then you give the same probe a nonsense task, and it gets nearly nine labels in
# ten right there too. What was the 99% worth? You will have to argue it, with numbers. Then you
# leave reading aside and reach in: what a probe finds can be there and be *used by nothing*. And at
# last you ask how a model fits in more features than it has dimensions.
#
# | part | you ask | exercises |
# |---|---|---|
# | I | Is it in there? Probes, splits, base rates, control tasks | 1 to 11 |
# | II | Is it used? Ablation, steering, and how many directions you tried | 12 to 19 |
# | III | How can there be more features than dimensions? | 20 to 23 |
# | IV | The planted challenge: which direction does *your* model use? | 24 |
# | V | The headline figure, made by your functions: an honest trap | |
#
# **Short of time?** With 45 minutes do exercises 1, 2 and 8, and *The trap, first sight*. With 90
# minutes add exercise 10 and part V. In 180 minutes add exercises 3, 9 and 11, and part II up to
# question C. No cell on these paths needs an exercise that is not on it. The whole lab takes two
# afternoons; parts II, III and IV do not need
# each other. You need PyTorch, and to know what the residual stream is (lab 01 helps); nothing
# here depends on earlier labs.

# %% [markdown]
# ## How this notebook works
#
# **Before each exercise** stand the idea, the formula, and three hints that give away more and
# more. **After each exercise** stands a check, on small inputs in which the truth is known. It
# tests *properties* (a probe's bias must not care where the origin is), so any correct solution
# passes. No check needs one of your earlier functions. **Before each result** you are asked for a
# prediction: replace `None` by a guess before you run the cell below it. When your work is
# **graded**, functions are kept and experiments are not rerun: a function must get all that it
# needs through its arguments.

# %%
import math
from collections.abc import Callable
from itertools import pairwise

import torch
from IPython.display import display
from jaxtyping import Bool, Float, Int
from labkit import check, models, plots, probing
from torch import Tensor, nn
from tqdm.auto import tqdm

import probes_helpers as helpers
import steering_helpers as steering
import superposition_helpers as superposition

torch.set_num_threads(helpers.CORES)

# %% [markdown]
# ## Part I: Is it in there?
#
# ### Sentences in twins
#
# Probing data is where most probing results go wrong, so ours is made for the purpose. The course
# writes short sentences from templates and word lists, in **twins**: two texts with the same words,
# which differ in one feature alone. There are six features to choose from.

# %%
smollm2 = models.load("smollm2")
for feature in probing.FEATURES:
    data = probing.labelled(feature)
    for label, text in zip(data.labels[:2], data.texts[:2], strict=True):
        print(f"{feature:>10} = {data.names[label]:<9} {text}")

# %% [markdown]
# We begin with **quotes**: is a quotation open at this place? Look at the first twins. Their words
# are the same. In the one the quotation is closed in the middle, in the other it goes on. So the
# words in the second half stand *outside* in the one text and *inside* in the other: the word alone
# does not tell, the model has to have kept track. This feature comes and goes, and every token has
# a label.
#
# ### Exercise 1: quote_labels
#
# difficulty 2/5 · importance 4/5 · 10 min
#
# Label each token of a text: `True` where a quotation is open **once this token has been read**.
# That convention is a choice, and it must be made in so many words: the token with the *opening*
# mark is `True` (after it, we are inside), the token with the *closing* mark is `False` (after it,
# we are outside). A causal model knows at position $i$ what it has read up to and with token $i$,
# so this is the label it could have:
#
# $$y_i = \Bigl(\sum_{j \le i} m_j\Bigr) \bmod 2 = 1, \qquad
#   m_j = \text{the number of marks in token } j.$$
#
# Only the straight double mark `"` counts, not the apostrophe. A tokenizer cuts where it likes, so
# a mark is often **fused** with other characters: `,"` and `."` are single tokens, and so is `""`,
# which opens and closes at once. And a quotation may never be closed: then it is open to the end.
#
# <details><summary>Hint 1: nudge</summary>
#
# You need not know which mark opens and which closes. How many marks have there been so far, and
# what does that say?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# In: a list of `pos` strings. Out: a Bool tensor `[pos]`. Between: the number of marks in each
# token, `[pos]`, and its running sum, `[pos]`, with the token itself in it.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# for each token: count the marks in it (str.count; 0, 1, 2, ...)
# running sum over the positions, this one included
# odd: open; even: closed
# ```
#
# </details>


# %% exercise="quote_labels"
def quote_labels(tokens: list[str]) -> Bool[Tensor, " pos"]:
    """Say for each token whether a quotation is open once it has been read.

    Args:
        tokens: the text of each token, in order; a token may hold several characters.
    """
    ### BEGIN SOLUTION
    marks = torch.tensor([token.count('"') for token in tokens])
    return marks.cumsum(dim=0) % 2 == 1
    ### END SOLUTION


# %% check="quote_labels" points=2
with check(quote_labels) as c:
    yours = c.call(["He", " said", ' "', "no", ',"', " and", " left"])
    by_hand = torch.tensor([False, False, True, True, False, False, False])
    c.close(
        yours, by_hand, "the opening mark is inside, the closing one (fused with a comma) is not"
    )
    yours = c.call(['"', "A", '"', " or", ' "', "B", '"?', " it's", ' ""', "!"])
    by_hand = torch.tensor([True, True, False, False, True, True, False, False, False, False])
    c.close(yours, by_hand, "a second quotation, an apostrophe, an empty quotation in one token")
    yours = c.call(["I", " heard", ':"', "stay", " here", "."])
    by_hand = torch.tensor([False, False, True, True, True, True])
    c.close(yours, by_hand, "a quotation that is never closed is open to the end")
    yours = c.call(['"', "a", '" "', "b", '"'])
    c.close(yours, torch.tensor([True, True, True, True, False]), "a token that closes and reopens")

# %% [markdown]
# The course's generator knows where it has put its quotations (as places in the text, before there
# were any tokens). Do your labels agree with it, on all the tokens of 160 texts?

# %%
quotes = probing.labelled("quotes", pairs=8)
places = probing.examples(smollm2, quotes)  # every token but the first of each text
is_inside = torch.zeros_like(places.labels)
for number, text in enumerate(quotes.texts):
    tokens = smollm2.to_str_tokens(text)
    here = places.text == number
    is_inside[here] = quote_labels(tokens)[places.position[here]]
print(
    f"{len(places)} tokens in {len(quotes)} texts of {len(set(quotes.groups.tolist()))} templates"
)
print(f"your labels agree on {(is_inside == places.labels).double().mean():.1%} of them")
print(f"{is_inside.double().mean():.3f} of the tokens are inside a quotation")

# %% [markdown]
# ### Exercise 2: split_by_group
#
# difficulty 2/5 · importance 5/5 · 10 min
#
# A probe has to be judged on what it has not seen. But what is "not seen"? Two texts of one
# template share their form and most of their words; if one is in the training set and its twin in
# the test set, the probe can be right by memory. So **a whole template goes to one side**. And
# because we shall choose things (a layer, how strong the penalty is), there are three sides:
# *train* to fit, *valid* to choose, *test* to report, once.
#
# Given a group number for each example, draw which **groups** go where, at random from `seed`:
# `round(valid_share * n_groups)` groups to valid, `round(test_share * n_groups)` groups to test, at
# least one each, all others to train. Return three masks over the examples.
#
# `round` is Python's: 2.5 groups are 2 and 3.5 are 4, the even number. The shares are given such
# that valid and test together leave at least one group for train; other shares need no treatment.
#
# The group numbers are just names: any integers, in any order, groups of any size. All randomness
# has to come from `seed`: `torch.Generator().manual_seed(seed)`.
#
# <details><summary>Hint 1: nudge</summary>
#
# Shuffle the list of *different* groups, not the examples. An example then goes where its group
# goes.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# The different groups are `[n_groups]`, in an order drawn from the seed; the groups of one side are
# a piece of that. A mask is `[example]`: Bool, whether the example's group is in the piece.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# the different groups, in a random order that comes from the seed
# the first few: valid; the next few: test; the others: train
# three masks: is the example's group among these?
# ```
#
# </details>


# %% exercise="split_by_group"
def split_by_group(
    groups: Int[Tensor, " example"], valid_share: float, test_share: float, seed: int
) -> tuple[Bool[Tensor, " example"], Bool[Tensor, " example"], Bool[Tensor, " example"]]:
    """Return masks for train, valid and test, such that no group is on two sides.

    Args:
        groups: of each example, any integers.
        valid_share, test_share: of the number of groups, rounded, at least one group each.
        seed: decides which groups go where.
    """
    ### BEGIN SOLUTION
    names = groups.unique()
    generator = torch.Generator().manual_seed(seed)  # given
    names = names[torch.randperm(len(names), generator=generator)]
    n_valid, n_test = (max(1, round(share * len(names))) for share in (valid_share, test_share))
    valid = torch.isin(groups, names[:n_valid])
    test = torch.isin(groups, names[n_valid : n_valid + n_test])
    return ~(valid | test), valid, test
    ### END SOLUTION


# %% check="split_by_group" points=3
with check(split_by_group) as c:
    groups = torch.tensor([7, 3, 3, 12, 7, 5, 40, 40, 40, 3, 8, 21, 21, 9, 30, 2, 2, 7])
    train, valid, test = c.call(groups, 0.2, 0.3, 0)
    count = train.long() + valid.long() + test.long()
    c.close(count, torch.ones(18, dtype=torch.int64), "every example is on exactly one side")
    sides = [set(groups[mask].tolist()) for mask in (train, valid, test)]
    apart = not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])
    c.true(apart, "no group is on two sides")
    c.true([len(side) for side in sides] == [5, 2, 3], "of 10 groups 2 are valid and 3 are test")
    before = torch.random.get_rng_state()
    again = c.call(groups, 0.2, 0.3, 0)
    c.true(torch.equal(again[2], test), "the same seed gives the same split")
    untouched = torch.equal(torch.random.get_rng_state(), before)
    c.true(untouched, "a generator of its own: PyTorch's global random numbers are left alone")
    found = [len(groups[mask].unique()) for mask in c.call(groups, 0.27, 0.04, 1)]
    c.true(found == [6, 3, 1], "2.7 of 10 groups are 3, and 0.4 of a group is still one")
    tests = {tuple(c.call(groups, 0.2, 0.3, seed)[2].tolist()) for seed in range(12)}
    c.true(len(tests) > 6, "other seeds give other splits")

# %% [markdown]
# How much can a careless split mislead? Take a feature that cannot mean anything: throw a **coin
# for each template**, and call its result the label of all texts made from it. We probe for it at
# the last token, in the middle of the model, once with examples shuffled one by one, once with your
# split. (The probe is scikit-learn's; you build your own in a moment.)
#
# **Predict.** Both accuracies. There is nothing to find but the template itself.

# %%
my_accuracy_of_a_shuffled_split = None  # 0 to 1
my_accuracy_of_a_split_by_template = None

# %%
number_data = probing.labelled("number")
number_places = probing.examples(smollm2, number_data)
number_acts = probing.activations(smollm2, number_places)  # [layer, example, d_model]
probe = helpers.logistic(l2=0.01)  # (X, y) -> (w, b), by scikit-learn
middle = number_acts[15]


def test_accuracy(fit: helpers.Fit, X: Tensor, y: Tensor, train: Tensor, test: Tensor) -> float:
    """Fit on the rows of one mask, and return the share of the other's that come out right."""
    w, b = fit(X[train], y[train])
    return ((X[test] @ w + b > 0) == y[test]).double().mean().item()


by_example, by_template = [], []
for seed in range(10):
    coins = helpers.coins(10, seed)[number_data.groups]  # five heads, five tails
    train, _, test = split_by_group(torch.arange(len(coins)), 0.2, 0.2, seed)
    by_example.append(test_accuracy(probe, middle, coins, train, test))
    train, _, test = split_by_group(number_data.groups, 0.2, 0.2, seed)
    by_template.append(test_accuracy(probe, middle, coins, train, test))
for name, guess, found in (
    ("Each example a group of its own", my_accuracy_of_a_shuffled_split, by_example),
    ("Split by template", my_accuracy_of_a_split_by_template, by_template),
):
    found = torch.tensor(found)
    helpers.versus(guess, f"{found.mean():.2f}, mean of {len(found)} splits", name)

# %% [markdown] question="which_split" points=2
# ### Question A: which split for which claim?
#
# The texts for *country* name one of 14 French or 14 Japanese cities in one of 10 templates; the
# label is the country. (1) You split by template and your probe is right on 99% of the test texts.
# Which claim does that support, and which other one does it leave open, since all cities occur in
# training? (2) How would you split to tell, and which attribute of the data set do you need? (3)
# You now do both: templates *and* cities of the test set are new. What do you pay for that?
#
# ### BEGIN SOLUTION
# **Model answer.** (1) That the probe reads, in sentences of new form, which of these 28 cities was
# named, or something common to the 14 of each list. It leaves open whether it knows *France and
# Japan* or has learned 28 names: a list of names, each memorised, gives the same 99%. (2) By city:
# `data.fillers` as the groups, so that the cities of the test set never occur in training. If the
# probe still tells, it has found what French cities have in common (which may still be the sound
# and spelling of the names, not the country). (3) Examples: an example whose template is new and
# whose city is not can be used on neither side, so train and test shrink, and the estimate gets
# noisier.
#
# **Rubric.** Half a point: new templates, known cities. Half a point: memorised names are not
# excluded. Half a point: groups = fillers. Half a point: less data or more noise.
# ### END SOLUTION

# %% [markdown]
# ### Exercise 3: evaluate
#
# difficulty 2/5 · importance 5/5 · 15 min
#
# A probe gives each example a score $s_i$, positive for `True`. Three numbers say how good it is:
#
# - **accuracy**: the share of examples with $(s_i > 0) = y_i$ (a score of exactly 0 says `False`);
# - **base rate**: the accuracy of whoever always gives the more frequent of the two answers,
#   $\max(\bar y, 1 - \bar y)$. An accuracy means nothing without it;
# - **AUROC**: the chance that a random `True` example scores higher than a random `False` one, ties
#   counting half:
#
# $$\mathrm{AUROC} = \frac{1}{n_+ n_-} \sum_{i \in +} \sum_{j \in -}
#   \bigl[ s_i > s_j \bigr] + \tfrac12 \bigl[ s_i = s_j \bigr].$$
#
# AUROC does not care where the threshold is, only about the order. A probe whose bias is off can
# have an accuracy near the base rate and an AUROC of 1. Return the three as a dictionary. If all
# labels are the same there is nothing to tell apart: raise a `ValueError`.
#
# <details><summary>Hint 1: nudge</summary>
#
# The formula for AUROC is a table: every True example against every False one. Broadcasting makes
# it. No threshold appears in it.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# The scores of the True examples are `[n_plus]`, the others `[n_minus]`, the table of all pairs
# `[n_plus, n_minus]`. All three results are single numbers.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# if there are no True labels, or no False ones: raise ValueError
# accuracy: mean over examples of (is the score positive) == (is the label True)
# base rate: the larger of the share of True and the share of False
# AUROC: over all pairs, 1 where the True one is higher, 1/2 where they are equal; the mean
# ```
#
# </details>


# %% exercise="evaluate"
def evaluate(
    scores: Float[Tensor, " example"], labels: Bool[Tensor, " example"]
) -> dict[str, float | Float[Tensor, ""]]:
    """Return accuracy, base rate and AUROC of a probe's scores.

    Args:
        scores: positive where the probe says True.
        labels: the truth.

    Returns:
        Three numbers from 0 to 1, under "accuracy", "base_rate" and "auroc".

    Raises:
        ValueError: the labels are all True or all False.
    """
    ### BEGIN SOLUTION
    share = labels.double().mean().item()
    if share in (0.0, 1.0):
        raise ValueError("there is only one kind of label: nothing can be told apart")
    gaps = scores[labels][:, None] - scores[~labels][None]
    wins = (gaps > 0).double() + (gaps == 0).double() / 2
    return {
        "accuracy": ((scores > 0) == labels).double().mean().item(),
        "base_rate": max(share, 1 - share),
        "auroc": wins.mean().item(),
    }
    ### END SOLUTION


# %% check="evaluate" points=3
with check(evaluate) as c:
    scores = torch.tensor([2.0, -1.0, 0.4, -3.0, 0.2, 0.3, -0.4])
    truth = torch.tensor([True, False, True, False, False, True, False])
    yours = c.call(scores, truth)
    c.close(yours["accuracy"], 6 / 7, "one of seven is on the wrong side of 0", atol=1e-4)
    c.close(yours["base_rate"], 4 / 7, "always False would be right four times of 7", atol=1e-4)
    c.close(yours["auroc"], 1.0, "every True one is above every False one")
    yours = c.call(scores - 10, truth)
    c.close(yours["accuracy"], 4 / 7, "a bias that is far off: all are called False", atol=1e-4)
    c.close(yours["auroc"], 1.0, "the order is still perfect: AUROC has no threshold")
    yours = c.call(scores, ~truth)
    c.close(yours["auroc"], 0.0, "the labels exchanged: every True one is below", atol=1e-4)
    yours = c.call(torch.tensor([0.4, 0.4, 0.1, 0.9]), torch.tensor([True, False, True, True]))
    c.close(yours["auroc"], 0.5, "a tie, a loss and a win: (1/2 + 0 + 1) / 3", atol=1e-4)
    c.close(yours["base_rate"], 0.75, "the base rate when True is the more frequent answer")
    yours = c.call(torch.tensor([0.0, 0.0, 0.0, 2.0]), torch.tensor([False, False, True, True]))
    c.close(yours["accuracy"], 0.75, "a score of exactly 0 says False", atol=1e-4)
    refused = c.refuses(scores, truth | True)
    c.true(refused, "labels of one kind only raise an error")

# %% [markdown]
# ### Exercise 4: standardise
#
# difficulty 1/5 · importance 4/5 · 10 min
#
# The dimensions of the residual stream have very different sizes. A penalty on the weights of a
# probe treats all of them alike, so it would punish a feature for being written small. The usual
# remedy: subtract each dimension's mean, and divide by its standard deviation,
#
# $$z_{ij} = \frac{x_{ij} - \mu_j}{\sigma_j}, \qquad \mu_j, \sigma_j
#   \text{ from the training rows alone, } \sigma_j^2 = \tfrac1n \sum_i (x_{ij} - \mu_j)^2.$$
#
# (Divided by $n$, as scikit-learn does: `correction=0` in PyTorch.) The test rows are transformed
# with the *training* statistics: in use, a probe meets one example at a time, which has no standard
# deviation. A dimension that is **constant** over the training rows has $\sigma = 0$: divide it by
# 1 instead. Careful, rounding can make $\sigma$ of a constant column tiny instead of 0; and a
# column of small numbers, in other units, may have a tiny $\sigma$ that is real.
#
# <details><summary>Hint 1: nudge</summary>
#
# One mean and one standard deviation for each column, taken from one of the two matrices, used on
# both.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `train.mean(dim=0)` is `[d]` and broadcasts over the rows. Whether a column is constant you can
# ask exactly: its largest entry equals its smallest.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# mean and standard deviation of each column of train
# where a column of train is constant: standard deviation 1
# both matrices: minus the mean, divided by the standard deviation
# ```
#
# </details>


# %% exercise="standardise"
def standardise(
    train: Float[Tensor, "n d"], test: Float[Tensor, "m d"]
) -> tuple[Float[Tensor, "n d"], Float[Tensor, "m d"]]:
    """Return both with each column shifted and scaled, by the statistics of train alone.

    A column that is constant in train is shifted and not scaled.
    """
    ### BEGIN SOLUTION
    mean, spread = train.mean(dim=0), train.std(dim=0, correction=0)
    constant = train.amax(dim=0) == train.amin(dim=0)
    spread = torch.where(constant, torch.ones_like(spread), spread)
    return (train - mean) / spread, (test - mean) / spread
    ### END SOLUTION


# %% check="standardise" points=2
with check(standardise) as c:
    raw = torch.tensor([[1.0, 10.0], [3.0, 50.0], [5.0, 90.0]]).repeat(7, 1)
    same = torch.tensor([0.1, 0.7, -7.3, 3.3, 1e-4])  # five columns that are constant in train
    raw = torch.cat([raw, same.expand(21, 5)], dim=1)
    one, two = [5.0, 50.0, 0.1, 0.7, -7.3, 3.3, 1e-4], [3.0, 10.0, 0.6, 0.7, 2.7, 3.3, 0.0]
    other = torch.tensor([one, two])
    mine, theirs = c.call(raw, other)
    c.close(mine.mean(dim=0), torch.zeros(7), "every column of train has mean 0", atol=1e-4)
    spread = mine.square().mean(dim=0).sqrt()
    expected = torch.tensor([1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    c.close(spread, expected, "and standard deviation 1, or 0 if it is constant", atol=1e-4)
    root = 1.5**0.5
    by_hand = torch.tensor([[root, 0.0, 0, 0, 0, 0, 0], [0.0, -root, 0.5, 0, 10, 0, -1e-4]])
    c.close(theirs, by_hand, "test is shifted and scaled by the numbers of train", atol=1e-4)
    alone = c.call(raw, other[:1])[1]
    c.close(alone, theirs[:1], "a test row comes out the same whatever other rows there are")
    small = c.call(raw[:, :2] * 1e-8, other[:, :2] * 1e-8)[1]
    c.close(small, theirs[:, :2], "small numbers are scaled like large ones: no fixed threshold")

# %%
spreads = number_acts[15].std(dim=0)
largest, smallest = spreads.max(), spreads.min()
print(
    f"Layer 15, {len(spreads)} dimensions: the standard deviation goes from {smallest:.2f} to "
    f"{largest:.0f}, median {spreads.median():.2f}"
)

# %% [markdown]
# ### Exercise 5: fit_logistic
#
# difficulty 3/5 · importance 5/5 · 25 min
#
# Now the probe itself. Logistic regression says that the chance of `True` is
# $p_i = \sigma(x_i \cdot w + b)$, and takes the $w$ and $b$ that make the labels most likely, with
# a price on large weights:
#
# $$L(w, b) = \frac1n \sum_i \Bigl( \log\bigl(1 + e^{s_i}\bigr) - y_i s_i \Bigr)
#   + \frac{\lambda}{2} \lVert w \rVert^2, \qquad s_i = x_i \cdot w + b.$$
#
# Three things to note. The loss is a **mean** over examples, so the strength of the penalty does
# not depend on how many there are. The **bias has no penalty**: otherwise the result would depend
# on where the origin is. And $L$ is convex, with one minimum, so there is one right answer, and it
# can be recognised: **the gradient is zero there**,
#
# $$\frac1n \sum_i (p_i - y_i)\, x_i + \lambda w = 0, \qquad \frac1n \sum_i (p_i - y_i) = 0.$$
#
# Write it by hand once (no scikit-learn). Any method will do that gets every entry of this gradient
# below $10^{-4}$ on inputs of about unit size: Newton's method does in about ten steps,
# `torch.optim.LBFGS` too; plain gradient descent takes a long time. `X` is float32 or float64, up
# to some thousand rows; `y` is Bool; `l2` ($\lambda$) is at least 0.001.
#
# <details><summary>Hint 1: nudge</summary>
#
# Put a column of ones beside `X`, and the bias becomes one more weight. It only needs to be left
# out of the penalty. Starting from zero, each Newton step solves one linear system.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# With the ones, the data are `[n, d + 1]` and weights and bias together `[d + 1]`, like the
# gradient (the formula above) and the penalty, whose last entry is 0. The Hessian is
# `[d + 1, d + 1]`: each example's row times itself, weighted by $p_i (1 - p_i)$, averaged over
# examples, and the penalty on the diagonal.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# theta = 0 (in float64 rounding is no concern)
# up to 50 times:
#     p, then gradient and Hessian at theta
#     if the gradient is tiny: stop
#     move theta by the solution of (Hessian, gradient), downhill;
#     if the loss has not fallen: halve the move until it has
# all but the last entry are w, the last is b, in the dtype of X
# ```
#
# </details>


# %% exercise="fit_logistic"
def fit_logistic(
    X: Float[Tensor, "n d"], y: Bool[Tensor, " n"], l2: float
) -> tuple[Float[Tensor, " d"], Float[Tensor, ""] | float]:
    """Return weights and bias of the logistic regression with penalty l2 / 2 on the weights.

    Args:
        y: both kinds of label occur.
        l2: strength of the penalty beside the mean loss, at least 0.001.
    """
    ### BEGIN SOLUTION
    ones = torch.ones(len(X), 1, dtype=torch.float64)
    A, target = torch.cat([X.double(), ones], dim=1), y.double()
    penalty = torch.full((A.shape[1],), float(l2), dtype=torch.float64)
    penalty[-1] = 0

    def loss(theta: Tensor) -> Tensor:
        s = A @ theta
        fit = torch.nn.functional.softplus(s) - target * s
        return fit.mean() + (penalty * theta**2).sum() / 2

    theta = torch.zeros_like(penalty)
    for _ in range(50):
        p = torch.sigmoid(A @ theta)
        gradient = A.T @ (p - target) / len(A) + penalty * theta
        if gradient.abs().max() < 1e-9:
            break
        hessian = (A.T * (p * (1 - p))) @ A / len(A) + torch.diag(penalty)
        move = torch.linalg.solve(hessian, gradient)
        while loss(theta - move) > loss(theta) and move.abs().max() > 1e-12:
            move = move / 2
        theta = theta - move
    return theta[:-1].to(X.dtype), theta[-1].to(X.dtype)
    ### END SOLUTION


# %% check="fit_logistic" points=5
with check(fit_logistic) as c:
    X = torch.randn(300, 4, dtype=torch.float64) + torch.tensor([0.5, -1.0, 0.0, 2.0])
    y = torch.rand(300) < torch.sigmoid(X @ torch.tensor([1.0, -2.0, 0.5, 0.0]).double() - 1)

    def slope(w: Tensor, b: Tensor, l2: float) -> Tensor:
        gap = torch.sigmoid(X @ w + b) - y.double()
        return torch.cat([X.T @ gap / len(X) + l2 * w, gap.mean()[None]])

    w, b = helpers.as_double(c.call(X, y, 0.03))
    flat = torch.zeros(5, dtype=torch.float64)
    c.close(
        slope(w, b, 0.03), flat, "the gradient of the loss is zero: it is the minimum", atol=1e-4
    )
    moved_w, moved_b = helpers.as_double(c.call(X + 3, y, 0.03))
    c.close(moved_w, w, "moving the origin does not change the weights", atol=1e-2)
    c.close(moved_b, b - 3 * w.sum(), "only the bias: it has no penalty", atol=3e-2)
    twice_w, _ = helpers.as_double(c.call(X.repeat(2, 1), y.repeat(2), 0.03))
    c.close(twice_w, w, "every example twice: the loss is a mean, nothing changes", atol=1e-2)
    turned_w, _ = helpers.as_double(c.call(X, ~y, 0.03))
    c.close(turned_w, -w, "the labels exchanged: the other direction", atol=1e-2)
    tight_w, _ = helpers.as_double(c.call(X, y, 1.0))
    c.true(tight_w.norm() < 0.5 * w.norm(), "a stronger penalty makes the weights smaller")

# %% [markdown]
# That is all that scikit-learn's `LogisticRegression` does. Beside it, on real activations: the
# number of the subject (one dog or several dogs) at the *last* token of the text, which is another
# noun of whatever number, in layer 28.

# %%
train, valid, test = split_by_group(number_data.groups, 0.2, 0.2, seed=0)
plural = number_places.labels
late = number_acts[28]
Z_train, Z_test = standardise(late[train], late[test])
by_hand_w, by_hand_b = fit_logistic(Z_train, plural[train], 0.01)
library_w, library_b = helpers.sklearn_logistic(Z_train, plural[train], l2=0.01)
same = torch.nn.functional.cosine_similarity(by_hand_w, library_w, dim=0)
print(f"cosine of your weights and scikit-learn's: {same:.6f}")
for name, w, b in (("yours", by_hand_w, by_hand_b), ("scikit-learn", library_w, library_b)):
    scores = evaluate(Z_test @ w + b, plural[test])
    print(f"{name:>13}: " + ", ".join(f"{key} {value:.3f}" for key, value in scores.items()))

# %% [markdown]
# From here on the lab fits with scikit-learn (`helpers.logistic(l2)`): it is faster, and you know
# now what it does. It standardises inside, and gives back a $w$ and a $b$ **for the raw
# activations**: with $z = (x - \mu) / \sigma$ the score $z \cdot w + b$ is
# $x \cdot (w / \sigma) + (b - \mu \cdot (w / \sigma))$. The weights of $z$, used on $x$ as they
# are, would be another direction.
#
# ### Exercise 6: fit_ridge
#
# difficulty 2/5 · importance 3/5 · 15 min
#
# The same with squared error. Call the labels $t_i = +1$ (`True`) and $t_i = -1$ (`False`), and
# minimise
#
# $$\frac1n \sum_i (x_i \cdot w + b - t_i)^2 + \lambda \lVert w \rVert^2,$$
#
# again without a penalty on the bias. This one has a closed form. The best bias makes the mean
# error zero, $b = \bar t - \bar x \cdot w$; put that in, and $w$ solves the normal equations of the
# **centred** data,
#
# $$\Bigl( \tfrac1n \tilde X^\top \tilde X + \lambda I \Bigr) w = \tfrac1n \tilde X^\top \tilde t,
#   \qquad \tilde x_i = x_i - \bar x,\ \tilde t_i = t_i - \bar t.$$
#
# One linear system instead of ten: the probe of choice for a first look. Since $t = \pm 1$, a score
# above 0 still means `True`.
#
# <details><summary>Hint 1: nudge</summary>
#
# Take the means out of `X` and of the targets first. Then there is no bias to worry about, and you
# can put it back at the end.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# $\tilde X^\top \tilde X / n$ is `[d, d]`, the right side `[d]`. `torch.linalg.solve` wants both;
# no inverse is needed.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# targets: +1 for True, -1 for False
# centre X (each column) and the targets
# solve the d equations, with l2 on the diagonal, for w
# b: mean target minus (mean of X, times w)
# ```
#
# </details>


# %% exercise="fit_ridge"
def fit_ridge(
    X: Float[Tensor, "n d"], y: Bool[Tensor, " n"], l2: float
) -> tuple[Float[Tensor, " d"], Float[Tensor, ""] | float]:
    """Return weights and bias of the ridge regression on targets +1 (True) and -1 (False).

    Args:
        l2: strength of the penalty beside the mean squared error.
    """
    ### BEGIN SOLUTION
    t = 2 * y.to(X.dtype) - 1
    mean, centred = X.mean(dim=0), X - X.mean(dim=0)
    gram = centred.T @ centred / len(X) + l2 * torch.eye(X.shape[1], dtype=X.dtype)
    w = torch.linalg.solve(gram, centred.T @ (t - t.mean()) / len(X))
    return w, t.mean() - mean @ w
    ### END SOLUTION


# %% check="fit_ridge" points=3
with check(fit_ridge) as c:
    X = torch.randn(40, 5, dtype=torch.float64) * torch.tensor([1.0, 2.0, 0.5, 1.0, 3.0]) + 1.5
    y = X @ torch.tensor([1.0, 0.5, 0.0, -1.0, 0.2]).double() > 2.0
    t = torch.where(y, 1.0, -1.0).double()
    w, b = helpers.as_double(c.call(X, y, 0.2))
    error = X @ w + b - t
    c.close(
        error.mean(), 0.0, "the mean error is zero, for targets +1 and -1: a bias without penalty"
    )
    c.close(X.T @ error / 40 + 0.2 * w, torch.zeros(5).double(), "the gradient in w is zero")
    moved_w, moved_b = helpers.as_double(c.call(X - 4, y, 0.2))
    c.close(moved_w, w, "moving the origin does not change the weights")
    c.close(moved_b, b + 4 * w.sum(), "only the bias")
    twice_w, _ = helpers.as_double(c.call(X.repeat(3, 1), y.repeat(3), 0.2))
    c.close(twice_w, w, "every example three times changes nothing")

# %% [markdown]
# ### Exercise 7: mass_mean
#
# difficulty 3/5 · importance 4/5 · 15 min
#
# The simplest direction of all is not fitted at all: from the mean of the `False` examples to the
# mean of the `True` ones, $\delta = \mu_1 - \mu_0$. Marks and Tegmark call it *mass-mean* probing,
# and report that it finds directions which are *causally* relevant more often than logistic
# regression does. But as a classifier it goes wrong where the data are stretched: if
# a dimension varies a lot for other reasons, a small difference of means in it says little. The
# remedy is to divide by the spread **within** each class. With
#
# $$\Sigma = \frac1n \sum_i (x_i - \mu_{y_i})(x_i - \mu_{y_i})^\top, \qquad
#   \Sigma_s = (1 - s)\, \Sigma + s\, \frac{\mathrm{tr}\,\Sigma}{d}\, I,$$
#
# $$w = \Sigma_s^{-1} \delta, \qquad b = - w \cdot \frac{\mu_0 + \mu_1}{2} .$$
#
# Each example is centred on the mean of *its own* class; with the overall mean instead, the
# difference $\delta$ itself would count as noise. The **shrinkage** $s$ mixes in a round
# covariance of the same size: with fewer examples than dimensions, $\Sigma$ has no inverse. With
# $s = 1$ the direction is plain $\delta$. With $s = 0$ it is Fisher's linear discriminant, the best
# classifier there is for two Gaussians of equal covariance and equal weight.
#
# <details><summary>Hint 1: nudge</summary>
#
# Subtract from each example its class's mean, then forget the classes: one covariance for all rows
# together. The threshold lies halfway between the two means.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# $\mu_0$ and $\mu_1$ are `[d]`; each row's own class mean is `[n, d]`; $\Sigma$ is `[d, d]`,
# divided by $n$, the number of all rows.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# the two class means, and their difference
# rows minus the mean of their own class; (their transpose times them) over n
# mix it with the identity times its mean diagonal entry, in parts 1 - s and s
# solve for w; b is minus w times the midpoint
# ```
#
# </details>


# %% exercise="mass_mean"
def mass_mean(
    X: Float[Tensor, "n d"], y: Bool[Tensor, " n"], shrink: float
) -> tuple[Float[Tensor, " d"], Float[Tensor, ""] | float]:
    """Return the direction between the class means, divided by the spread within the classes.

    Args:
        shrink: from 0 (the covariance as it is) to 1 (round: the plain difference of means).
    """
    ### BEGIN SOLUTION
    mu1, mu0 = X[y].mean(dim=0), X[~y].mean(dim=0)
    own = X - torch.where(y[:, None], mu1, mu0)
    sigma = own.T @ own / len(X)
    eye = torch.eye(X.shape[1], dtype=X.dtype)
    mixed = (1 - shrink) * sigma + shrink * sigma.diagonal().mean() * eye
    w = torch.linalg.solve(mixed, mu1 - mu0)
    return w, -w @ (mu1 + mu0) / 2
    ### END SOLUTION


# %% check="mass_mean" points=3
with check(mass_mean) as c:
    stretch = torch.tensor(
        [[3.0, 0.0, 0.0], [2.0, 0.5, 0.0], [0.3, -0.4, 1.0]], dtype=torch.float64
    )
    noise = torch.randn(400, 3, dtype=torch.float64) @ stretch
    y = torch.rand(400) < 0.3
    X = noise + torch.where(y[:, None], torch.tensor([1.0, 2.0, 1.0]), torch.zeros(3)) + 5
    one, none = X[y], X[~y]
    delta = one.mean(dim=0) - none.mean(dim=0)
    parts = [len(part) * torch.cov(part.T, correction=0) for part in (one, none)]
    within = (parts[0] + parts[1]) / 400
    w, b = helpers.as_double(c.call(X, y, 0.0))
    c.close(
        within @ w, delta, "the covariance within the classes, times w, is the difference of means"
    )
    middle_point = (one.mean(dim=0) + none.mean(dim=0)) / 2
    c.close(middle_point @ w + b, 0.0, "halfway between the two means the score is 0", atol=1e-4)
    w, _ = helpers.as_double(c.call(X, y, 1.0))
    c.close(w * within.trace() / 3, delta, "shrunk all the way it is the plain difference of means")
    w, _ = helpers.as_double(c.call(X, y, 0.4))
    mixed = 0.6 * within + 0.4 * within.trace() / 3 * torch.eye(3, dtype=torch.float64)
    c.close(mixed @ w, delta, "in between, a mixture of both covariances")

# %% [markdown]
# Three probes for one feature. Do they agree on the *answers*? Do they agree on the *direction*?
#
# **Predict.** The cosine between the directions of logistic regression and of the plain difference
# of means, each right on at least nineteen texts of twenty. In 576 dimensions two random directions
# have a cosine of 0, give or take .04.

# %%
my_cosine = None  # -1 to 1

# %%
fits = {
    "logistic": probe,
    "ridge": lambda X, y: helpers.on_raw(fit_ridge, X, y, 0.1),
    "mass-mean": lambda X, y: mass_mean(X, y, 0.5),
    "means": lambda X, y: mass_mean(X, y, 1.0),
}
fitted = {name: fit(late[train], plural[train]) for name, fit in fits.items()}
for name, (w, b) in fitted.items():
    scores = evaluate(late[test] @ w + b, plural[test])
    print(f"{name:>12}: " + ", ".join(f"{key} {value:.3f}" for key, value in scores.items()))
units = torch.stack([w / w.norm() for w, _ in fitted.values()])
cosines = units @ units.T
helpers.versus(my_cosine, f"{cosines[0, 3]:.2f}", "Cosine of logistic and difference of means")
for i, j in torch.combinations(torch.arange(len(fits))).tolist():
    print(f"    {list(fits)[i]:>9} and {list(fits)[j]:<9} {cosines[i, j]:.2f}")
plots.heatmap(
    cosines, x=list(fits), y=list(fits), xlabel="", ylabel="", unit="cosine", limits=(0, 1),
    title="Directions for one feature",
)  # fmt: skip

# %% [markdown]
# Look at ridge's two numbers. Its AUROC says that it orders the texts without an error, its
# accuracy that it calls several of them wrong: on new templates all scores are shifted, and the
# threshold sits in the wrong place. That is common, and accuracy alone would not have told you. Why
# ridge is shifted further than logistic regression, these forty texts do not tell: it is open.
#
# And remember this figure in part II: "*the* direction of a feature" is a way of speaking. Many
# directions separate the same examples, and they do not do the same to the model.

# %% [markdown]
# ### Exercise 8: control_labels
#
# difficulty 2/5 · importance 5/5 · 10 min
#
# A probe is a learner, and a learner can be right for reasons of its own. With 576 weights it could
# learn, word by word, which answer goes with which word: the model would contribute nothing but
# telling words apart. How much could it learn that way? Hewitt and Liang (2019) measure it with a
# **control task**: every *word type* (here: token id) gets a label by throwing a coin, once and for
# all. Wherever the token occurs, in whatever sentence, in training or in test, it has that label.
# Nothing in language explains these labels. Whoever gets them right has memorised tokens.
#
# Throw a coin for each of the `vocab` tokens, `True` with probability `share` (so that the control
# task has about the base rate of the real one), and look up the coin of each token. All randomness
# comes from `seed`; the coin of a token must not depend on which other tokens are in the list.
#
# <details><summary>Hint 1: nudge</summary>
#
# First a table of coins for the whole vocabulary, then one lookup. If you throw while going through
# the examples, the same token gets several labels.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# The table is Bool `[vocab]`; indexing it with `token_ids`, `[example]`, gives `[example]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# a generator from the seed
# for each token of the vocabulary a uniform number; below share: True
# look up the tokens
# ```
#
# </details>


# %% exercise="control_labels"
def control_labels(
    token_ids: Int[Tensor, " example"], share: float, vocab: int, seed: int
) -> Bool[Tensor, " example"]:
    """Give each token type one random label, wherever it occurs.

    Args:
        share: the chance that a type's label is True.
        vocab: the number of token types; all ids are below it.
        seed: decides the labels.
    """
    ### BEGIN SOLUTION
    generator = torch.Generator().manual_seed(seed)  # given
    coins = torch.rand(vocab, generator=generator) < share
    return coins[token_ids]
    ### END SOLUTION


# %% check="control_labels" points=2
with check(control_labels) as c:
    ids = torch.randint(100, (80,))
    yours = c.call(ids, 0.5, 100, 3)
    same = all(len(set(yours[ids == token].tolist())) == 1 for token in ids.unique())
    c.true(same, "a token has one label, wherever it occurs")
    fewer = c.call(ids[50:], 0.5, 100, 3)
    c.close(fewer, yours[50:], "the label does not depend on the other tokens in the list")
    turned = c.call(ids.flip(0), 0.5, 100, 3)
    c.close(turned, yours.flip(0), "nor on their order, nor on chance")
    everything = torch.arange(5000)
    rare = c.call(everything, 0.2, 5000, 0)
    c.true(0.17 < rare.double().mean() < 0.23, "about a share of .2 of the types is True")
    other = c.call(everything, 0.2, 5000, 1)
    differ = (rare != other).double().mean()
    c.true(0.25 < differ < 0.39, "another seed gives other coins, unrelated to the first ones")

# %% [markdown]
# ### Exercise 9: selectivity
#
# difficulty 2/5 · importance 5/5 · 15 min
#
# The **selectivity** of a probe is what it can do beyond memorising:
#
# $$\mathrm{selectivity} = \mathrm{accuracy}_{\text{test}}(\text{task}) -
#   \mathrm{accuracy}_{\text{test}}(\text{control}).$$
#
# Both are measured in the same way. Each task gets a probe of its own, fitted with the same `fit`
# on the *same training rows*, and both are judged on the *same test rows*, each by its own labels.
# `fit(X, y)` returns `(w, b)`; the probe says `True` where $x \cdot w + b > 0$.
#
# <details><summary>Hint 1: nudge</summary>
#
# Do one and the same thing twice, with two sets of labels, and subtract.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# The training rows are `[n_train, d]` with labels `[n_train]`, the test scores `[n_test]`; each
# task has a `w`, `[d]`, and a `b` of its own. The result is one number from -1 to 1.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# for each of the two sets of labels:
#     a probe of its own: rows and labels where train is True go to fit
#     its scores where test is True, with its bias
#     the share of these whose sign says what the same set's label says
# return the share for the task minus that for the control
# ```
#
# </details>


# %% exercise="selectivity"
def selectivity(
    fit: helpers.Fit,
    X: Float[Tensor, "example d"],
    task: Bool[Tensor, " example"],
    control: Bool[Tensor, " example"],
    train: Bool[Tensor, " example"],
    test: Bool[Tensor, " example"],
) -> float | Float[Tensor, ""]:
    """Return test accuracy on the task minus test accuracy on the control task.

    Args:
        fit: takes rows [n, d] and their labels [n], returns weights [d] and a bias.
    """
    ### BEGIN SOLUTION
    accuracies = []
    for labels in (task, control):
        w, b = fit(X[train], labels[train])
        right = (X[test] @ w + b > 0) == labels[test]
        accuracies.append(right.double().mean().item())
    return accuracies[0] - accuracies[1]
    ### END SOLUTION


# %% check="selectivity" points=3
with check(selectivity) as c:
    seen = []

    def spy(X: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        seen.append((X, y))
        return helpers.nearest_mean(X, y)

    types = torch.arange(6).repeat(20)
    train, test = torch.arange(120) < 80, torch.arange(120) >= 90
    control = torch.tensor([True, False, False, True, True, False])[types]
    table = torch.eye(6)[types]
    by_type = torch.tensor([True, True, False, False, True, False])[types]
    yours = c.call(spy, table, by_type, control, train, test)
    c.close(yours, 0.0, "representation is a lookup table, task is a matter of types: 0", atol=1e-4)
    only_train = len(seen) == 2 and all(torch.equal(X, table[train]) for X, _ in seen)
    c.true(only_train, "two probes are fitted, both on the training rows alone")

    def fixed(X: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        return torch.ones(1), torch.tensor(-0.5)  # learns nothing: True above 0.5

    # Five training rows, two on neither side, seven test rows: there it says T F F T T F T.
    x = torch.tensor([0.3, 0.1, 1.3, 0.8, 1.3, 0.6, 0.3, 0.8, 0.2, 0.1, 1.2, 0.9, 0.2, 0.6])
    task = torch.tensor([0, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1]) == 1  # right on test: 4 of 7
    control = torch.tensor([1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0]) == 1  # 3 of 7
    train, test = torch.arange(14) < 5, torch.arange(14) >= 7
    x = x[:, None]
    yours = c.call(fixed, x, task, control, train, test)
    c.close(yours, 1 / 7, "4 of 7 test rows right on the task, 3 of 7 on the control", atol=1e-4)
    yours = c.call(fixed, x, control, task, train, test)
    c.close(yours, -1 / 7, "the other way around: below 0", atol=1e-4)

# %% [markdown]
# ### The trap, first sight
#
# Now put it to work on the quotes. Split by template, penalty $\lambda = 0.01$, one layer after the
# other: the accuracy on the real labels and on the control labels, on templates that the probe has
# never seen. One throw of the coins is one sample of a random thing, so we throw **five times**,
# fit a control probe for each, and report the mean and the range.
#
# **Predict.** At layer 16: the accuracy for the quotes, and for the nonsense labels. And at layer
# 0, the bare embedding, which knows the token and nothing else: the same two.

# %%
my_quotes_and_control_at_layer_16 = None  # such as (0.7, 0.5)
my_quotes_and_control_at_layer_0 = None

# %%
quote_acts = probing.activations(smollm2, places)
train, valid, test = split_by_group(places.groups, 0.2, 0.2, seed=0)
share = is_inside[train].double().mean().item()
throws = [control_labels(places.token, share, smollm2.cfg.d_vocab, seed) for seed in range(5)]
is_known = torch.isin(places.token, places.token[train])  # its type occurs in training
parts = {"all": test, "known types": test & is_known, "new types": test & ~is_known}
for layer, guess in (
    (16, my_quotes_and_control_at_layer_16),
    (0, my_quotes_and_control_at_layer_0),
):
    acts = quote_acts[layer]
    on_quotes = test_accuracy(probe, acts, is_inside, train, test)
    control = {
        name: torch.tensor([test_accuracy(probe, acts, coins, train, rows) for coins in throws])
        for name, rows in parts.items()
    }
    pair = (round(on_quotes, 3), round(control["all"].mean().item(), 3))
    helpers.versus(guess, pair, f"Layer {layer:>2}, quotes and control")
    for name, found in control.items():
        spread = f"mean of 5 throws {found.mean():.3f}, from {found.min():.3f} to {found.max():.3f}"
        print(f"    control, {name + ':':<12} {spread}")
often = is_inside[test].double().mean().item()
base_rates = [max(s := coins[test].double().mean().item(), 1 - s) for coins in throws]
print(f"base rate of quotes {max(often, 1 - often):.3f}, of the controls", end=" ")
print(f"{min(base_rates):.3f} to {max(base_rates):.3f}")
new = places.token[parts["new types"]]
n_test = int(test.sum())
print(f"{1 - len(new) / n_test:.3f} of the {n_test} test tokens are of a type that occurs in")
print(f"training; the other {len(new)} tokens are of only {len(new.unique())} types")

# %% [markdown]
# Hold on to these numbers: part V argues about them. A type that never occurs in training cannot be
# memorised, so a control probe can earn the share of test tokens whose type is known, and on the
# others it guesses. Half of them right would make .92 in all. But the tokens of one type share one
# coin: few types are few guesses, so **luck** moves one throw by several points either way, and a
# single throw can stand above that mark. Where you compare, take known types, or several throws.
#
# At layer 0 the control beats the quotes: the embedding holds the token, of which the control label
# is a function and "inside" is not. So the **selectivity** there is negative. Here it is for five
# layers, by your function:

# %%
print("layer   selectivity, mean of 5 throws   from      to")
for layer in (0, 4, 8, 16, 24):
    acts = quote_acts[layer]
    found = torch.tensor(
        [float(selectivity(probe, acts, is_inside, coins, train, test)) for coins in throws]
    )
    print(f"{layer:>5}   {found.mean():+29.3f}   {found.min():+.3f}  {found.max():+.3f}")

# %% [markdown]
# Two numbers of the literature beside it: Hewitt and Liang (2019, Table 1) report for a *linear*
# part-of-speech probe on ELMo's first layer 97.2% on the task, 71.2% on the control, selectivity
# 26.0 points; for a probe with a *hidden layer* 97.3%, 92.8%, 4.5. Their reading: the second probe
# could have memorised what it knows. Yours is linear.

# %% [markdown]
# ### Exercise 10: layer_sweep
#
# difficulty 3/5 · importance 5/5 · 20 min
#
# One layer and one number are an anecdote. The map that everybody draws has layers on one axis and
# positions on the other: **fit one probe for each layer**, on the training examples of all
# positions together, and ask how often it is right at each position.
#
# Positions are put into `columns`: `columns[i]` says in which column of the map example $i$
# belongs (0, 1, 2, ...). So a column can be a position in the text, or the distance from some
# event. For a feature of whole texts it is 0 for all.
#
# $$\mathrm{map}_{\ell c} = \text{share of test examples } i \text{ with } c_i = c
#   \text{ on which the probe of layer } \ell \text{ is right.}$$
#
# A column without test examples gets `nan`, not 0: nothing was measured there. The number of
# columns is the largest entry of `columns` plus one, over **all** examples: those of train, of test
# and of neither (validation). So maps for two sides have the same columns.
#
# <details><summary>Hint 1: nudge</summary>
#
# Two loops: over layers (fit, and decide which test examples come out right), and inside it over
# columns (average the ones that belong there).
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `acts[layer]` is `[example, d]`; `right` is Bool `[test examples]`; `columns[test]` says where
# each of them belongs. The mean of an empty tensor is `nan` already.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# for each layer:
#     fit on its training rows
#     right: (score > 0) equals the label, on its test rows
#     for each column: the mean of right over the test rows of this column
# stack to [layer, column]
# ```
#
# </details>


# %% exercise="layer_sweep"
def layer_sweep(
    fit: helpers.Fit,
    acts: Float[Tensor, "layer example d"],
    labels: Bool[Tensor, " example"],
    columns: Int[Tensor, " example"],
    train: Bool[Tensor, " example"],
    test: Bool[Tensor, " example"],
) -> Float[Tensor, "layer column"]:
    """Return the test accuracy of one probe for each layer, column by column.

    Args:
        fit: takes rows [n, d] and their labels [n], returns weights [d] and a bias.
        columns: which column of the map each example belongs to, from 0.

    Returns:
        Shares from 0 to 1; nan where no test example is.
    """
    ### BEGIN SOLUTION
    n_columns = int(columns.max()) + 1
    rows = []
    for layer in helpers.progress(range(len(acts))):
        w, b = fit(acts[layer, train], labels[train])
        right = ((acts[layer, test] @ w + b > 0) == labels[test]).float()
        rows.append(torch.stack([right[columns[test] == c].mean() for c in range(n_columns)]))
    return torch.stack(rows)
    ### END SOLUTION


# %% check="layer_sweep" points=4
with check(layer_sweep) as c:
    seen = []

    def spy(X: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        seen.append((X, y))
        return helpers.nearest_mean(X, y)

    acts, truth = 0.2 * torch.randn(4, 200, 3) + 3.0, torch.rand(200) < 0.5
    columns = torch.arange(200) % 6
    train, test = torch.arange(200) < 120, torch.arange(200) >= 140
    test &= (columns != 3) & (columns != 5)
    acts[2, :, 1] += torch.where(truth, 1.5, -1.5)
    acts[3] = acts[2]
    acts[3, columns == 4, 1] = 6.0 - acts[3, columns == 4, 1]  # mirrored
    yours = c.call(spy, acts, truth, columns, train, test)
    c.close(yours[2, [0, 1, 2, 4]], torch.ones(4), "layer 2 holds the feature in every column")
    c.close(
        yours[3, [0, 1, 2, 4]], torch.tensor([1.0, 1, 1, 0]), "layer 3 has it upside down in one"
    )
    c.true(yours.shape == (4, 6), "four layers, six columns: also the last, which has no test rows")
    empty = yours[:, [3, 5]].isnan().all() and not yours[:, [0, 1, 2, 4]].isnan().any()
    c.true(empty, "nan: no test rows")
    c.true(
        yours[:2, [0, 1, 2, 4]].max() < 0.95, "layers 0 and 1 hold nothing: they are not perfect"
    )
    fitted = len(seen) == 4 and all(
        torch.equal(X, acts[layer, train]) for layer, (X, _) in enumerate(seen)
    )
    c.true(fitted, "one probe for each layer, fitted on the training rows alone")

# %% [markdown]
# ### Exercise 11: choose_layer
#
# difficulty 1/5 · importance 5/5 · 5 min
#
# A sweep tries 31 probes and invites you to report the best. But the largest of 31 noisy numbers is
# too large, even if all 31 are equally good. So **choose on validation data and report on test
# data**: the layer with the highest validation accuracy (the earliest of several), and what *that*
# layer has on test, whatever other layers have there.
#
# <details><summary>Hint 1: nudge</summary>
#
# Whoever chooses has not seen `test`: the line that finds the layer mentions `valid` alone.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# Both arguments are `[layer]`. Where `valid` is at its maximum is Bool `[layer]`, perhaps with
# several True; the result is the number of the first of them (an int) and one accuracy.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# the layers whose valid accuracy equals the highest one (ask for equality: argmax does not
#     promise which of several it returns)
# the smallest of their numbers, and the entry of test at this number
# ```
#
# </details>


# %% exercise="choose_layer"
def choose_layer(
    valid: Float[Tensor, " layer"], test: Float[Tensor, " layer"]
) -> tuple[int, float | Float[Tensor, ""]]:
    """Return the layer that is best on validation data (the first of several), and its test value.

    Args:
        valid, test: the accuracy of each layer's probe, on validation and on test examples.
    """
    ### BEGIN SOLUTION
    layer = int((valid == valid.max()).nonzero()[0])
    return layer, test[layer].item()
    ### END SOLUTION


# %% check="choose_layer" points=1
with check(choose_layer) as c:
    valid = torch.tensor([0.61, 0.84, 0.93, 0.93, 0.90])
    test_side = torch.tensor([0.60, 0.95, 0.88, 0.91, 0.97])
    layer, reported = c.call(valid, test_side)
    c.true(int(layer) == 2, "the first of the layers that are best on validation data")
    c.close(float(reported), 0.88, "what this layer has on test, not the best of all", atol=1e-4)

# %% [markdown]
# First on nothing at all. A coin for each *text* (twins apart), 31 layers, 200 texts: there is
# nothing to find.
#
# **Predict.** The best accuracy of the 31 layers on the test set, and that of the layer chosen on
# validation data, averaged over 10 throws of the coins.

# %%
my_best_on_test = None  # chance is .50
my_chosen_on_valid = None

# %%
column = torch.zeros(len(number_data), dtype=torch.int64)  # one column: a label for each text
ridge = helpers.ridge(l2=0.1)  # scikit-learn's, on standardised rows: quicker for 620 fits
best_on_test, chosen_on_valid = [], []
for seed in range(10):
    coins = helpers.coins(len(number_data), seed)
    train, valid, test = split_by_group(number_data.groups, 0.2, 0.2, seed)
    on_valid, on_test = (
        layer_sweep(ridge, number_acts, coins, column, train, side)[:, 0] for side in (valid, test)
    )
    best_on_test.append(on_test.max().item())
    chosen_on_valid.append(float(choose_layer(on_valid, on_test)[1]))
for name, guess, found in (
    ("Best of 31 layers on test", my_best_on_test, best_on_test),
    ("Chosen on validation data", my_chosen_on_valid, chosen_on_valid),
):
    helpers.versus(guess, f"{sum(found) / len(found):.3f}", name)

# %% [markdown]
# ### Six features, layer by layer
#
# And now all features of the course at once (quotes at their last token too), each with its own
# probe for each layer, split by template, chosen on validation data. The last token of the twins is
# the same word in all but *truth*, so the embedding alone should be at the base rate.
#
# **Predict.** Which of the six is read best in the middle of the model (accuracy, mean of layers 8
# to 24), and how far behind it is the next one?

# %%
my_best_feature = None
my_distance_to_the_next = None

# %%
curves, chosen = {}, {}
print(f"{'feature':>10}   layer  valid   test  AUROC   base rate")
for feature in probing.FEATURES:
    data = probing.labelled(feature)
    ends = helpers.last_tokens(probing.examples(smollm2, data))
    acts = probing.activations(smollm2, ends)
    column = torch.zeros(len(ends), dtype=torch.int64)
    train, valid, test = split_by_group(ends.groups, 0.2, 0.2, seed=0)
    on_valid, on_test = (
        layer_sweep(probe, acts, ends.labels, column, train, side)[:, 0] for side in (valid, test)
    )
    layer, reported = choose_layer(on_valid, on_test)
    base = max((share := ends.labels[test].double().mean().item()), 1 - share)
    w, b = probe(acts[layer, train], ends.labels[train])
    order = evaluate(acts[layer, test] @ w + b, ends.labels[test])["auroc"]
    numbers = f"{on_valid[layer]:.3f}  {reported:.3f}  {order:.3f}   {base:.3f}"
    print(f"{feature:>10}   {layer:>5}  {numbers}")
    curves[feature], chosen[feature] = on_test, layer
found = {feature: curve[8:25].mean().item() for feature, curve in curves.items()}
ranked = sorted(found, key=found.get, reverse=True)
print("\nmean of layers 8 to 24: " + ", ".join(f"{name} {found[name]:.3f}" for name in ranked))
helpers.versus(my_best_feature, ranked[0], "Read best")
helpers.versus(
    my_distance_to_the_next, f"{found[ranked[0]] - found[ranked[1]]:.2f}", "The next is behind by"
)
helpers.small_curves(
    curves, chosen, level=0.5, ylabel="test accuracy", limits=(0.35, 1.05),
    title="Read at the last token, new templates (dotted: base rate; ring: the layer chosen)",
)  # fmt: skip

# %% [markdown]
# The curves are ragged, and the chosen layer often does worse on test than on validation data. Two
# reasons. There are two validation and two test templates with 20 texts each: a share of 40 has a
# standard error of up to .08, and texts of one template err together. And a template shifts all
# its scores (compare AUROC). What these data bear out is coarse: *quotes* are read all but without
# an error from a few blocks on, the other five above the base rate in most layers and with errors.
# Which of those is read best or worst, and at which layer exactly, they do not tell.

# %% [markdown] question="spot_the_bug" points=2
# ### Question B: spot the bug
#
# A friend probes for *country* and reports: "Layer 11 is where the model knows the country, test
# accuracy .99, chance is .50." The code:
#
# ```python
# X = (acts - acts.mean(1, keepdim=True)) / acts.std(1, keepdim=True)
# order = torch.randperm(len(labels), generator=generator)
# train, test = order[:140], order[140:]
# results = []
# for layer in range(31):
#     w, b = fit(X[layer][train], labels[train])
#     results.append(((X[layer][test] @ w + b > 0) == labels[test]).float().mean())
# print(max(results), torch.stack(results).argmax())
# ```
#
# (1) Find three places in which something of the test set gets into the result. (2) Which of the
# three matters most here, which least, and why? (3) Which single experiment, run with this very
# code, shows a sceptic that it can report high accuracy where there is nothing?
#
# ### BEGIN SOLUTION
# **Model answer.** (1) Mean and standard deviation are taken over all examples, test included; the
# split shuffles single texts, so that twins, templates and cities are on both sides; the layer is
# chosen by its test accuracy, which is then reported. (2) The split matters most: what is shared
# between the sides (form, words, the very city) can be memorised. The choice among 31 layers adds
# some points when all are noisy. The statistics matter least: they do not involve the labels, and
# 200 rows determine them well. (3) Labels without meaning: a coin for each template (or each city)
# as label. Under this split its accuracy is far above chance, under a split by template (or city)
# it is not.
#
# **Rubric.** One point for the three places (half if two). Half a point for the order with a
# reason. Half a point for labels that are random by group.
# ### END SOLUTION

# %% [markdown]
# ## Part II: Is it used?
#
# A probe finds that a feature can be *read*. Nobody says that the model reads it. Tree rings hold
# the weather of a hundred summers, and the tree does not consult them. To find out what a model
# **uses**, change it, and see what follows. A probe's finding is a **direction** $w$ in the stream,
# so change the stream along $w$, and nowhere else:
#
# | | what is done to the activation | what it asks |
# |---|---|---|
# | ablate | the part along $w$ is taken away | is the feature needed? |
# | steer | a step along $w$ is added | does more of it do something? |
#
# ### Two features, planted
#
# Here are 400 activations that somebody made, with two labels each, A and B, and one number that is
# made of each activation, the *output* (think of a logit). We train a probe for each label on the
# first 200 and test it on the others.

# %%
planted_x, planted_labels, planted_output = steering.two_features(12)
planted_probes = {}
for name, labels in planted_labels.items():
    w, b = steering.probe(planted_x[:200], labels[:200], C=100)
    planted_probes[name] = w / w.norm()
    right = steering.accuracy(w, b, planted_x[200:], labels[200:])
    together = torch.corrcoef(torch.stack([planted_x @ w, planted_output(planted_x)]))[0, 1]
    print(f"{name}: test accuracy {right:.3f}, correlation of score and output {together:+.2f}")

# %% [markdown]
# Both can be read without an error, and both scores go along with the output. The output is made of
# **one** of them.
#
# **Predict.** Which one is used? And could you find out from these 400 rows alone, without putting
# anything into the output's function?

# %%
my_used_feature = None  # "A" or "B"

# %% [markdown]
# ### Exercise 12: to_raw
#
# difficulty 2/5 · importance 4/5 · 7 min
#
# Before a direction is used it must be the right one. Many probes are trained on *standardised*
# activations, $z = (x - \mu) / \sigma$, and the model has never seen those. A step along the
# probe's weights in $z$ is another step in $x$. Find the weights and the bias that give the same
# score to **raw** activations:
#
# $$w' \cdot x + b' = w \cdot \frac{x - \mu}{\sigma} + b \quad\text{for every } x.$$
#
# <details><summary>Hint 1: nudge</summary>
#
# Multiply the right side out. What stands before each $x_i$ is its weight, what stands alone is the
# bias.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `w`, `mean` and `scale` are `[d]`, and so is the new weight; both biases are single numbers.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# each weight, in units of its feature: what is large in raw numbers needs a smaller weight
# the bias, less what the new weights give to the mean
# ```
#
# </details>


# %% exercise="to_raw"
def to_raw(
    w: Float[Tensor, " d"],
    b: Float[Tensor, ""],
    mean: Float[Tensor, " d"],
    scale: Float[Tensor, " d"],
) -> tuple[Float[Tensor, " d"], Float[Tensor, ""] | float]:
    """Return weights and bias for raw activations of a probe that was fitted to standardised ones.

    Args:
        mean, scale: what was subtracted from each feature, and what it was then divided by.
    """
    ### BEGIN SOLUTION
    raw = w / scale
    return raw, b - raw @ mean
    ### END SOLUTION


# %% check="to_raw" points=2
with check(to_raw) as c:
    mean, scale = torch.tensor([10.0, -2.0, 0.5]), torch.tensor([5.0, 0.1, 2.0])
    w, b = torch.tensor([1.0, 2.0, -4.0]), torch.tensor(0.3)
    raw_w, raw_b = c.call(w, b, mean, scale)
    c.close(raw_w, [0.2, 20.0, -2.0], "each weight in units of its feature")
    x = torch.randn(6, 3) * scale + mean
    c.close(x @ raw_w + raw_b, (x - mean) / scale @ w + b, "the same scores")
    c.close(mean @ raw_w + raw_b, 0.3, "the mean itself gets the probe's own bias")

# %% [markdown]
# ### Exercise 13: ablate_direction
#
# difficulty 2/5 · importance 5/5 · 7 min
#
# Take the part of each activation along $w$ away, so that the probe reads 0 (but for its bias)
# everywhere, and nothing else is touched:
#
# $$x' = x - \frac{x \cdot w}{w \cdot w}\, w .$$
#
# Only one of the $d$ dimensions is gone. The rest must be what it was, to the last digit, because
# it holds everything else the model knows. The length of $w$ must not matter: a probe's weights
# have whatever length its training gave them.
#
# <details><summary>Hint 1: nudge</summary>
#
# With a unit vector it is easy: how much of it is there, times the vector itself.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `x` is `[..., d]`, `w` is `[d]`. `x @ w` is `[...]`: one number for each activation. To subtract
# that many times the vector, give it a last axis: `[..., 1]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# the direction, made a unit vector (in a new tensor)
# for every activation: its product with that
# the activation, less so many unit vectors
# ```
#
# </details>


# %% exercise="ablate_direction"
def ablate_direction(
    x: Float[Tensor, "*batch d"], w: Float[Tensor, " d"]
) -> Float[Tensor, "*batch d"]:
    """Return the activations without their part along w; all that is at right angles stays."""
    ### BEGIN SOLUTION
    unit = w / w.norm()
    return x - (x @ unit)[..., None] * unit
    ### END SOLUTION


# %% check="ablate_direction" points=3
with check(ablate_direction) as c:
    x, w = torch.tensor([[3.0, 4.0, 1.0], [0.0, -2.0, 5.0]]), torch.tensor([0.0, 2.0, 0.0])
    c.close(c.call(x, w), [[3.0, 0.0, 1.0], [0.0, 0.0, 5.0]], "the second coordinate goes")
    x, w = torch.randn(2, 5, 7).double() + 1, 0.3 * torch.randn(7).double()
    kept = x.clone(), w.clone()
    ablated = c.call(x, w)
    c.close(ablated @ w, torch.zeros(2, 5), "the probe reads 0, with batch and positions too")
    c.close(x, kept[0], "the activations that you were given stay as they are")
    c.close(w, kept[1], "and so does the direction")
    across = torch.randn(7).double()
    across = across - across @ w / w.square().sum() * w
    c.close(ablated @ across, x @ across, "what is at right angles to it reads as before")

# %% [markdown]
# ### Exercise 14: steer
#
# difficulty 2/5 · importance 5/5 · 7 min
#
# The other way: put more of the feature in. How much is "more"? Papers say "we added 8 times the
# vector", and nobody can compare. Here `alpha` has a unit: **the probe's own score**. Move every
# activation by the *shortest* step for which the score $x \cdot w$ rises by `alpha`:
#
# $$x' = x + \alpha\, \frac{w}{w \cdot w} .$$
#
# A longer $w$ gives a shorter step: its score moves faster.
#
# <details><summary>Hint 1: nudge</summary>
#
# What does the score of $x + s\,w$ have more than that of $x$? Choose $s$ so that it is `alpha`.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# The step is `[d]`, the same for all activations `[..., d]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# the direction, over its squared length: along it the score rises by 1
# all activations, plus alpha of these
# ```
#
# </details>


# %% exercise="steer"
def steer(
    x: Float[Tensor, "*batch d"], w: Float[Tensor, " d"], alpha: float
) -> Float[Tensor, "*batch d"]:
    """Return the activations moved along w, by the step that raises their score x . w by alpha."""
    ### BEGIN SOLUTION
    return x + alpha * w / (w @ w)
    ### END SOLUTION


# %% check="steer" points=3
with check(steer) as c:
    x, w = torch.randn(2, 5, 7).double() + 1, 0.3 * torch.randn(7).double()
    kept, wanted = x.clone(), torch.full((2, 5), 2.5).double()
    steered = c.call(x, w, 2.5)
    c.close(steered @ w - x @ w, wanted, "every score rises by alpha = 2.5")
    c.close(x, kept, "the activations that you were given stay as they are")
    across = torch.randn(7).double()
    across = across - across @ w / w.square().sum() * w
    c.close(steered @ across, x @ across, "what is at right angles to it reads as before")
    c.close(c.call(x, 10 * w, 25.0), steered, "ten times the direction, ten times alpha: the same")
    c.close(c.call(steered, w, -2.5), x, "and back again")

# %% [markdown]
# ### Exercise 15: causal_slope
#
# difficulty 2/5 · importance 5/5 · 10 min
#
# Now ask the output. Step up, step down, compare:
#
# $$\mathrm{slope} = \frac{1}{n} \sum_i
#   \frac{f(x_i^{+\alpha}) - f(x_i^{-\alpha})}{2 \alpha} ,$$
#
# how much the output rises for each unit of the probe's score, when **you** move the score. The
# steps go to both sides, so that a bend of $f$ which is the same on both sides cancels; and they
# are whole steps, because a threshold does not notice a tiny one. Compare this with the slope of a
# *regression* of output on score over the data: that one changes nothing, and so cannot tell a
# cause from a companion.
#
# <details><summary>Hint 1: nudge</summary>
#
# `steer` makes both versions; how far apart are their scores?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `output` takes activations `[n, d]` and gives `[n]`. A single number comes out, signed.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# up, down = the output of x steered by alpha, and by minus alpha
# the mean difference, over the 2 alpha that lie between them, as a float
# ```
#
# </details>


# %% exercise="causal_slope"
def causal_slope(
    output: Callable[[Float[Tensor, "n d"]], Float[Tensor, " n"]],
    x: Float[Tensor, "n d"],
    w: Float[Tensor, " d"],
    alpha: float,
) -> float:
    """Return the mean change of the output for each unit that the score x . w is steered by."""
    ### BEGIN SOLUTION
    up, down = output(steer(x, w, alpha)), output(steer(x, w, -alpha))
    return ((up - down).mean() / (2 * alpha)).item()
    ### END SOLUTION


# %% check="causal_slope" points=4
with check(causal_slope) as c:
    x, w = torch.randn(9, 4).double() + 1, torch.tensor([0.0, 2.5, 0.0, 0.0]).double()
    five = torch.tensor([-2.4, -0.25, 0.1, 0.25, 3.5]).double()[:, None].expand(5, 4)

    def sign_of_the_second(x):
        return (x[:, 1] > 0).double()

    crossing = "a threshold: steps of .32 to either side, three of five cross it"
    c.close(c.call(sign_of_the_second, five, w, 0.8), 0.375, crossing)

    def three_times_the_second(x):
        return 3 * x[:, 1] + 100

    def the_first_and_its_square(x):
        return x[:, 0] - x[:, 0] ** 2

    def the_square_of_the_second(x):
        return x[:, 1] ** 2

    c.close(c.call(three_times_the_second, x, w, 0.7), 1.2, "a step of .4 for each unit of score")
    c.close(c.call(three_times_the_second, x, -w, 0.7), -1.2, "against the direction: minus")
    c.close(c.call(the_first_and_its_square, x, w, 0.7), 0.0, "what does not look there: 0")
    mean = 0.8 * x[:, 1].mean()
    c.close(c.call(the_square_of_the_second, x, w, 0.7), mean, "a parabola: its mean slope")

# %% [markdown]
# The planted pair, then, with unit vectors, so that the two slopes can be compared. And twice: once
# along each probe's weights, once along the plain difference of the two class means (exercise 7
# with shrinkage 1), which many papers steer with.

# %%
planted_slopes = {}
for name, labels in planted_labels.items():
    rows, kind = planted_x[:200], labels[:200]
    difference = rows[kind].mean(dim=0) - rows[~kind].mean(dim=0)
    plain = difference / difference.norm()
    along = [causal_slope(planted_output, planted_x, w, 1.0) for w in (planted_probes[name], plain)]
    gone = planted_output(ablate_direction(planted_x, planted_probes[name]))
    moved = (gone - planted_output(planted_x)).abs().mean()
    planted_slopes[name] = along
    print(f"{name}: slope {along[0]:+.2f} along the probe, {along[1]:+.2f} along the difference of "
          f"means; the probe's direction ablated moves the output by {moved:.2f}")  # fmt: skip
by_slope = sorted((abs(along[0]), name) for name, along in planted_slopes.items())
helpers.versus(my_used_feature, by_slope[-1][1], "The used feature")

# %% [markdown]
# B is used: its slope, -1.57, is eight times A's, -.19 (with both the output falls as the score
# rises), and without B's direction the output moves by 3.09, without A's by .39. What is left for A
# is no finding: the probe's direction was estimated from 200 rows and leans a little towards B, its
# companion. Over the data A's score *correlates* with the output at -.74 all the same, since the
# labels agree in 85 of 100 rows. That B correlates at -.99 is a hint; only the steps are proof.
#
# And look at the second column. Along the plain difference of means A seems to have -.93, more than
# half of B's slope. Between A's two classes lies not only A: the rows with A also have B more
# often, so the difference of means points along **both**. A probe that is trained to separate
# divides by the spread within the classes and so takes the companion out, the difference of means
# does not. Whoever steers with it steers everything that goes along with the label in *their* data.

# %% [markdown] question="present_or_used" points=2
# ### Question C: present, or used?
#
# A paper trains a probe for *the speaker's gender* on layer 12 of a model: accuracy 98%,
# selectivity high. It ablates the probe's direction, and the model's translations into French,
# which need the gender, get worse by 0.2%. (1) Name two different reasons why the ablation may do
# so little though the model uses gender. (2) Somebody steers along the *difference of means*
# instead, and the translations change a lot. Which objection does the planted pair teach? (3) Which
# one further experiment would you ask for?
#
# ### BEGIN SOLUTION
# **Model answer.** (1) The feature may be written in more than one direction (or be rebuilt by
# later layers), so that the probe's one direction is not all of it; the model may read it
# elsewhere, at another layer or position, or along another direction than the one that separates
# the classes best; the model may have a backup. (2) The difference of means holds whatever goes
# along with the label in the data: other features that are correlated with gender (names,
# professions, topics) are moved, too, and one of them may be what the output uses. (3) For
# instance: remove the feature round by round (INLP) and compare with as many random directions;
# steer along a direction that was fitted on data balanced for the companions; the same at every
# layer.
#
# **Rubric.** Half a point for each of two reasons. Half a point for the companions in the
# difference of means. Half a point for an experiment with a baseline that would decide.
# ### END SOLUTION

# %% [markdown]
# ### Exercise 16: inlp
#
# difficulty 3/5 · importance 3/5 · 14 min
#
# One direction gone, and the feature may still be there: train a new probe on what is left, and it
# may find it again. **Iterative nullspace projection** (Ravfogel and others 2020) goes on: fit,
# take the direction away, fit again on what is left, $k$ times. What comes out is a basis of all
# that was removed, $k$ unit vectors at right angles, in the order in which they were found:
#
# $$v_i = \mathrm{unit}\Bigl(w_i - \sum_{j<i} (w_i \cdot v_j)\, v_j\Bigr), \qquad
#   X_{i+1} = X_i - (X_i v_i)\, v_i^\top, \qquad w_i = \mathrm{fit}(X_i, y).$$
#
# The correction of $w_i$ is needed because in a direction that is gone all activations are 0, so
# whatever weight a probe has there does not show in its scores.
#
# <details><summary>Hint 1: nudge</summary>
#
# `ablate_direction` works on activations, and on a probe's weights as well.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `fit(X, y)` gives `[d]`; what is left of the activations stays `[n, d]`; stacked, the directions
# are `[k, d]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# what is left = X; nothing found
# k times:
#     a probe, fitted to what is left, with the same labels as ever
#     its part along every direction found so far goes; then make it a unit vector, keep it
#     its direction goes from what is left
# ```
#
# </details>


# %% exercise="inlp"
def inlp(
    X: Float[Tensor, "n d"],
    y: Bool[Tensor, " n"],
    k: int,
    fit: Callable[[Float[Tensor, "n d"], Bool[Tensor, " n"]], Float[Tensor, " d"]],
) -> Float[Tensor, "k d"]:
    """Return k orthonormal directions, each a probe of what the ones before it have left."""
    ### BEGIN SOLUTION
    rest, found = X, []
    for _ in range(k):
        w = fit(rest, y)
        for v in found:
            w = ablate_direction(w, v)
        found.append(w / w.norm())
        rest = ablate_direction(rest, found[-1])
    return torch.stack(found)
    ### END SOLUTION


# %% check="inlp" points=4
with check(inlp) as c:
    X, y = torch.randn(12, 6).double(), torch.arange(12) % 3 == 0
    rows = [[0.0, 2, 0, 0, 0, 0], [0, 5, 0.5, 0, 0, 0], [1, 1, 1, -1, 0, 0]]
    shown, turn = [], iter(torch.tensor(rows).double())

    def next_probe(X, y):
        shown.append((X, y))
        return next(turn)

    kept = X.clone()
    found = c.call(X, y, 3, next_probe)
    by_hand = torch.zeros(3, 6)
    by_hand[0, 1] = by_hand[1, 2] = 1
    by_hand[2, 0], by_hand[2, 3] = 0.5**0.5, -(0.5**0.5)
    c.close(found, by_hand, "unit vectors at right angles, in order, whatever the probes were")
    c.close(X, kept, "the activations that you were given stay as they are")
    left = kept * torch.tensor([1.0, 0, 0, 1, 1, 1])
    c.true(len(shown) == 3, "three fits for three directions")
    c.close(shown[0][0], kept, "the first fit sees the activations as they are")
    c.close(shown[2][0], left, "the third sees them without both directions found so far")
    c.true(all((labels == y).all() for _, labels in shown), "the labels stay the same")

# %% [markdown]
# On the real model: sentiment, at the stream before block 16, probes trained on six templates and
# tested on four others. After each round a *new* probe is trained on what is left, and tested.
#
# **Predict.** Of 576 dimensions, how many must go until the new probe is down to .60? And what does
# it do to the accuracy to remove as many *random* directions?

# %%
my_rounds = None

# %%
STEERED = 16  # the block before which we steer; see below
sentiment = probing.labelled("sentiment")
sentiment_places = probing.examples(smollm2, sentiment)
sentiment_acts = probing.activations(smollm2, sentiment_places).double()
pleased = sentiment_places.labels
known, unknown = sentiment_places.groups < 6, sentiment_places.groups >= 6
stream = sentiment_acts[STEERED]


def firm_probe(X: Float[Tensor, "n d"], y: Bool[Tensor, " n"]) -> tuple[Tensor, Tensor]:
    """A probe with a strong penalty: 576 weights, and 120 examples."""
    return steering.probe(X, y, C=0.01)


removed = inlp(stream[known], pleased[known], 6, lambda X, y: firm_probe(X, y)[0])
generator = torch.Generator().manual_seed(0)
anywhere = torch.linalg.qr(torch.randn(576, 6, generator=generator).double())[0].mT
left_to_read = {"found directions": [], "random directions": []}
for rounds in range(7):
    for curve, basis in zip(left_to_read.values(), (removed, anywhere), strict=True):
        less = stream
        for v in basis[:rounds]:
            less = ablate_direction(less, v)
        w, b = firm_probe(less[known], pleased[known])
        curve.append(steering.accuracy(w, b, less[unknown], pleased[unknown]))
enough = [r for r, right in enumerate(left_to_read["found directions"]) if right < 0.6]
helpers.versus(my_rounds, min(enough, default="more than 6"), "Rounds until below .60")
plots.lines(
    left_to_read, title="Sentiment, new templates: a new probe after each round",
    xlabel="directions removed", ylabel="test accuracy", levels={"base rate": 0.5},
    limits=(0.4, 1.0),
)  # fmt: skip

# %% [markdown]
# One direction, and what carries over to new templates is nearly gone: .81, then .55 (80 texts for
# the test: a difference of .05 is chance). Six random directions do nothing, so it is not the loss
# of dimensions as such. At this place, in these
# sentences, the sentiment that generalises is close to one-dimensional. The test on *new* templates
# matters here, too: what a new probe learns by heart would count as sentiment otherwise.
#
# What it does not say: that the model has lost the feature. Other layers and positions still have
# it.

# %% [markdown]
# ### Exercise 17: mdl_probe
#
# difficulty 3/5 · importance 3/5 · 20 min
#
# Accuracy does not say how *hard* a feature was to find. **Minimum description length** does (Voita
# and Titov 2020): how many bits does it take to *send* somebody the labels, if both of you have the
# activations? Without a probe, one bit each. With one, send them in blocks, and pay for each label
# what the probe that was trained **on the labels sent before** finds surprising:
#
# $$L = t_1 + \sum_{i=1}^{S-1} \; \sum_{j=t_i+1}^{t_{i+1}} - \log_2 p_{\mathrm{fit}(X_{1..t_i},\,
#   y_{1..t_i})}(y_j \mid x_j) .$$
#
# `cuts` are $t_1 < \dots < t_S = n$. A feature that lies open is learned from a few examples, and
# the rest is nearly free; one that must be memorised is paid for to the end. A probe that is sure
# and wrong costs *more* than no probe. (The score $s = w \cdot x + b$ is the log-odds of True, in
# nats: $-\ln p(\text{True}) = \ln(1 + e^{-s})$, torch's `softplus` of $-s$. One nat is $1 / \ln 2$
# bits.)
#
# <details><summary>Hint 1: nudge</summary>
#
# Sender and receiver train the same probe on the same labels: those that both have. The first block
# is sent without one.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `fit(X, y)` gives `w` `[d]` and `b`, a number; the scores of a block are `[m]`, and what its
# labels cost, in nats, is `[m]` too. A score of $\pm 900$ must still have a finite cost.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# bits = the size of the first block
# for each cut but the last, and the cut after it:
#     train on all before the cut
#     add what the labels from this cut to the next cost, in bits
# ```
#
# </details>


# %% exercise="mdl_probe"
def mdl_probe(
    X: Float[Tensor, "n d"],
    y: Bool[Tensor, " n"],
    cuts: list[int],
    fit: Callable[
        [Float[Tensor, "m d"], Bool[Tensor, " m"]], tuple[Float[Tensor, " d"], Float[Tensor, ""]]
    ],
) -> float:
    """Return the online code length of the labels in bits; cuts[-1] is n.

    Args:
        cuts: how many labels are known before each block but the first, and at the end.
        fit: trains a logistic probe: weights and bias, in nats.
    """
    ### BEGIN SOLUTION
    nats = 0.0
    for start, stop in pairwise(cuts):
        w, b = fit(X[:start], y[:start])
        scores = X[start:stop] @ w + b
        against = torch.where(y[start:stop], -scores, scores)
        nats += nn.functional.softplus(against).sum().item()
    return cuts[0] + nats / math.log(2)
    ### END SOLUTION


# %% check="mdl_probe" points=4
with check(mdl_probe) as c:
    X, y = torch.randn(12, 3).double(), torch.arange(12) % 3 == 0
    seen = []

    def nothing_learned(X, y):
        seen.append(len(y))
        return torch.zeros(3).double(), torch.tensor(0.0).double()

    c.close(c.call(X, y, [2, 5, 12], nothing_learned), 12.0, "a probe that knows nothing: n bits")
    c.true(seen == [2, 5], "each probe is trained on all the labels sent before, and no others")

    def log_odds_of_three(X, y):  # says True with probability 3/4
        return torch.zeros(3).double(), torch.tensor(3.0).double().log()

    by_hand = 6 + 2 * math.log2(4 / 3) + 4 * math.log2(4)
    c.close(c.call(X, y, [6, 12], log_odds_of_three), by_hand, "two True at 3/4, four False at 1/4")
    X[:, 0] = torch.where(y, -1.0, 1.0)

    def sure_and_wrong(X, y):
        return torch.tensor([900.0, 0, 0]).double(), torch.tensor(0.0).double()

    c.close(c.call(X, y, [6, 12], sure_and_wrong), 6 + 6 * 900 / math.log(2), "sure and wrong")

# %%
shuffled = torch.randperm(len(pleased), generator=torch.Generator().manual_seed(0))
coins = helpers.coins(len(pleased), seed=1)
cuts = [10, 20, 40, 80, 200]
for layer in (4, 16, 30):
    rows = sentiment_acts[layer][shuffled]
    rows = (rows - rows.mean(0)) / rows.std(0)
    bits = [
        mdl_probe(rows, labels[shuffled], cuts, lambda X, y: steering.probe(X, y, C=0.01))
        for labels in (pleased, coins)
    ]
    print(f"layer {layer:>2}: 200 labels: sentiment {bits[0]:.0f} bits, coins {bits[1]:.0f} bits")

# %% [markdown]
# Coins cannot be sent for less than 200 bits, and a probe that believes in them pays extra, about
# 50 bits here. Sentiment at layer 30 saves a sixth, at layer 16 it still costs a little *more* than
# no probe, though a probe trained on 120 examples is right on .81 of new templates: 200 examples in
# 576 dimensions are few, and a code length charges for every confident mistake on the way. It
# orders the layers all the same, 229, 207, 168, with a price for effort that accuracy does not
# have. (The numbers depend on the penalty: a probe is part of the code.)

# %% [markdown]
# ### A dead salmon
#
# In 2009 Bennett and others put an Atlantic salmon into a brain scanner, showed it photographs of
# people in social situations, and asked it what they felt. Several voxels of its brain responded,
# by the customary threshold. The salmon was dead. There are many voxels in a scan; if each is
# tested for itself, some will respond to anything.
#
# You have 31 layers, as many positions as there are tokens, six features, several probes, any
# number of step sizes. **Whatever you choose the best of, some of it will look good.** Two things
# help: a **baseline** of random directions, which goes through exactly what your direction goes
# through; and a **correction** for how many you tried.
#
# ### Exercise 18: random_direction_baseline
#
# difficulty 2/5 · importance 5/5 · 10 min
#
# Draw $n$ random directions that are like $w$ in nothing but their **length**, every direction of
# the space equally likely, and return the effect of each. With another length the comparison would
# be worthless: a longer step does more. Draw them in the dtype of $w$ (float64 stays float64), and
# all from **one** generator: with a seed of its own for each draw, `seed + i`, the baselines of two
# neighbouring seeds would share almost all of their directions.
#
# (A vector of independent standard Gaussians points in every direction with equal chance. One of
# uniform numbers, or of signs, does not.)
#
# <details><summary>Hint 1: nudge</summary>
#
# Draw Gaussians, then give each vector the right length. Seed one generator once, before all.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `effect` takes one direction `[d]` and gives a number; what comes back is `[n]`, with signs, in
# the order of the draw.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# a generator with this seed
# n Gaussian vectors, each divided by its own length, times the length of w
# the effect of each
# ```
#
# </details>


# %% exercise="random_direction_baseline"
def random_direction_baseline(
    effect: Callable[[Float[Tensor, " d"]], float], w: Float[Tensor, " d"], n: int, seed: int
) -> Float[Tensor, " n"]:
    """Return effects of n random directions, uniform on the sphere, with w's length and dtype."""
    ### BEGIN SOLUTION
    generator = torch.Generator().manual_seed(seed)  # given
    drawn = torch.randn(n, len(w), generator=generator, dtype=w.dtype)
    drawn = drawn * (w.norm() / drawn.norm(dim=1, keepdim=True))
    return torch.tensor([float(effect(direction)) for direction in drawn])
    ### END SOLUTION


# %% check="random_direction_baseline" points=3
with check(random_direction_baseline) as c:
    w, seen = 0.25 * torch.ones(4).double(), []

    def first_weight(direction):
        seen.append(direction)
        return direction[0].item()

    effects = c.call(first_weight, w, 2000, seed=3)
    tried = torch.stack(seen)
    c.true(tried.dtype == w.dtype, "in the dtype of w")
    c.close(tried.norm(dim=1), torch.full((2000,), 0.5), "as long as w, each of them")
    c.close(effects, tried[:, 0], "the effects, in the order of the draw, with signs")
    c.true(tried.mean(0).abs().max() < 0.04, "no side is preferred")
    c.true(abs((2 * tried).pow(4).sum(1).mean() - 0.5) < 0.03, "nor the axes, nor the corners")
    c.true((tried - w).norm(dim=1).min() > 0.01, "the given direction is not among them")
    c.true((tried @ w).abs().max() > 0.15, "and they need not be at right angles to it")
    once, again, other = (random_direction_baseline(first_weight, w, 5, seed=k) for k in (3, 3, 4))
    c.close(again, once, "the seed decides")
    apart = (other[:, None] - once).abs().min()
    c.true(apart > 1e-9, "another seed, other directions: not one of them is the same")

# %% [markdown]
# ### Exercise 19: corrected_p_values
#
# difficulty 3/5 · importance 4/5 · 15 min
#
# Each of the $m$ directions that you found has an effect, and $n$ random ones have effects. How
# rare is yours, in size? Count it with the random ones, so that nothing is ever "impossible":
#
# $$p_i = \frac{1 + \#\{j : |\mathrm{null}_j| \ge |\mathrm{found}_i|\}}{1 + n} .$$
#
# Then correct for the $m$ tries. **Holm's** way (1979): sort the p-values, multiply the smallest by
# $m$, the next by $m - 1$, ..., the largest by 1; cut at 1; and let none be smaller than the one
# before it:
#
# $$\tilde p_{(i)} = \max_{j \le i} \; \min\bigl(1,\; (m - j + 1)\, p_{(j)}\bigr) .$$
#
# If you claim everything with $\tilde p \le .05$, the chance of even **one** false claim is at most
# .05, however the effects depend on each other. Note what that asks of the baseline: with $n = 99$
# no $p$ is below .01, and with ten directions no $\tilde p_{(1)}$ below .1.
#
# <details><summary>Hint 1: nudge</summary>
#
# `argsort` gives the order; do the steps there; put the results back where they belong:
# `result[order] = sorted_values`.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# Comparing each of the $m$ effects with each of the $n$ random ones gives `[m, n]`, their counts
# `[m]`. The factors $m, m - 1, \dots, 1$ are `[m]`, and belong to the *sorted* p-values.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# p = one more than how many random ones are as large, over one more than all
# in ascending order of p: times how many are left, at most 1, running maximum
# back to the order in which they came
# ```
#
# </details>


# %% exercise="corrected_p_values"
def corrected_p_values(
    found: Float[Tensor, " m"], null: Float[Tensor, " n"]
) -> Float[Tensor, " m"]:
    """Return two-sided p-values of the found effects among random ones, corrected after Holm."""
    ### BEGIN SOLUTION
    as_large = (null.abs() >= found.abs()[:, None]).sum(dim=1)
    p = (1 + as_large) / (1 + len(null))
    order = p.argsort()
    stepped = (p[order] * torch.arange(len(p), 0, -1)).clamp(max=1).cummax(dim=0).values
    corrected = torch.empty_like(stepped)
    corrected[order] = stepped
    return corrected
    ### END SOLUTION


# %% check="corrected_p_values" points=3
with check(corrected_p_values) as c:
    null = torch.cat([torch.arange(1, 50), -torch.arange(50, 100)]).double()
    alone = c.call(torch.tensor([94.5]).double(), null)
    c.close(alone, [0.06], "one direction: 95 to 99 are larger, and it counts itself: 6 of 100")
    c.close(c.call(torch.tensor([95.0]).double(), null), [0.06], "at 95 they are still as large")
    c.close(c.call(torch.tensor([-200.0]).double(), null), [0.01], "never 0, whatever the sign")
    four = torch.tensor([97.5, -10.5, 200.0, 96.5]).double()
    kept = four.clone()
    by_hand = [0.09, 0.9, 0.04, 0.09]
    c.close(c.call(four, null), by_hand, "4 x .01, 3 x .03, 2 x .04 (but not below .09), 1 x .90")
    c.close(four, kept, "the effects that you were given stay as they are")
    some = torch.tensor([40.5, 30.5, 60.5]).double()
    c.close(c.call(some, null), [1.0, 1.0, 1.0], "none above 1")

# %% [markdown]
# ### Four directions, one output
#
# Now the real model, with all of it. The output: how much rather the model goes on with words of
# praise (" good", " great", ...) than of blame, at the end of three prompts that praise or blame
# nothing yet. The directions: for **each of four features** the one between its class means, in the
# stream before block 16. The step: as far as the two classes of sentiment lie apart, to either
# side, the same length for all four. Block 16 was chosen by the course's authors, who had looked at
# eight blocks, on other prompts: a choice, too, and they tell you.
#
# **Predict.** Which of the four will stand out of 99 random directions, after the correction?

# %%
my_directions_that_count = None  # such as ["truth", "tense"]

# %%
prompt_tokens = torch.cat([smollm2.to_tokens(prompt) for prompt in steering.PROMPTS])
directions = {"sentiment": steering.between_the_means(stream, pleased)[0]}
reach = steering.between_the_means(stream, pleased)[1]  # how far the two classes lie apart
for feature in ("number", "tense", "truth"):
    few = probing.examples(smollm2, probing.labelled(feature, pairs=3))
    there = probing.activations(smollm2, few)[STEERED].double()
    directions[feature] = steering.between_the_means(there, few.labels)[0]


# Every prompt is there twice: one forward pass for both steps.
praise_from_here = steering.praise_from(smollm2, prompt_tokens.repeat(2, 1), STEERED)
progress = tqdm(total=99 + len(directions), desc="directions", leave=False)


def praise(direction: Float[Tensor, " d"]) -> float:
    """Half of the way from a step down to a step up, in logits, mean over the prompts."""
    v = direction.float()
    progress.update()

    def both_ways(x: Float[Tensor, "batch pos d"]) -> Float[Tensor, "batch pos d"]:
        up, down = x.chunk(2)
        return torch.cat([steer(up, v, reach), steer(down, v, -reach)])

    up, down = praise_from_here(both_ways).chunk(2)
    return ((up - down).mean() / 2).item()


found_effects = {feature: praise(direction) for feature, direction in directions.items()}
random_effects = random_direction_baseline(praise, directions["sentiment"], 99, seed=0)
progress.close()
effects = torch.tensor(list(found_effects.values()))
p_values = corrected_p_values(effects, random_effects)
for (feature, effect), p in zip(found_effects.items(), p_values.tolist(), strict=True):
    alone = corrected_p_values(torch.tensor([effect]), random_effects).item()
    print(f"{feature:>10}: {effect:+.2f} logits; p = {alone:.2f} alone, {p:.2f} among four")
overlap = (directions["sentiment"] @ directions["truth"]).item()
print(f"the directions of sentiment and truth have a cosine of {overlap:.2f}")
counted = [f for f, p in zip(found_effects, p_values.tolist(), strict=True) if p <= 0.05]
helpers.versus(my_directions_that_count, counted, "After the correction")
steering.against_chance(
    found_effects, random_effects, "praise minus blame, logits", "Four directions, and chance"
)

# %% [markdown]
# And in words. The model writes on, always its likeliest token, while the stream before block 16 is
# steered at every position but the first, by so many times the distance of the classes; 0 is the
# model as it is. The last two lines take the one of the 99 random directions that did most.

# %%
random_directions: list[Tensor] = []
random_direction_baseline(
    lambda v: random_directions.append(v) or 0.0, directions["sentiment"], 99, seed=0
)
strongest = random_directions[random_effects.abs().argmax().item()]
print(steering.OPENING, "...")
for name, direction in (("sentiment", directions["sentiment"]), ("random", strongest)):
    for times in (-12, -8, 0, 8) if name == "sentiment" else (-8, 8):
        push = steering.at_layer(
            STEERED, lambda x, v=direction, t=times: steer(x, v.float(), t * reach)
        )
        words = steering.continuation(smollm2, steering.OPENING, push, length=9)
        print(f"{times:+3d} x {name:<9}: {words!r}")

# %% [markdown]
# **Sentiment** stands far out: +.91 logits, three times the largest of 99 random effects, and 8
# times the distance of the classes *down* (the row `-8`) an amazing film is terrible. So the model
# *uses* what the probe reads, here.
#
# **Truth** stands out as well, +.44, though its direction has nothing to do with sentiment's: their
# cosine is -.01. The test says that this direction *does something* to praise. It does not say that
# it is what we called it: its two classes are statements about cities and countries, and whatever
# goes along with "false" in them moved as well (remember the planted pair). **Number** and
# **tense** are lost among the random ones.
#
# And read the last two lines again. A *random* direction, the one of 99 that did most, turns the
# film into a disaster, too. Had somebody shown you that one line with a name for the direction, you
# would have believed it. Text before and after is an illustration; the evidence is the histogram,
# and the number of tries written beside it.

# %% [markdown]
# ## Part III: Superposition
#
# A model with 576 dimensions knows more than 576 things. So its features cannot all stand at right
# angles. They need not, quite: **superposition** is the idea that a model keeps more features than
# it has dimensions, in directions that are *almost* orthogonal, and lives with the noise that each
# makes in the others, because few of them are active at a time (Elhage and others 2022).
#
# That is also the reason why probes are not enough: a direction that reads one feature reads a
# little of many others. Lab 05 takes the next step and looks for *all* features at once.
#
# ### How much room is there?
#
# In $d$ dimensions there are $d$ directions at right angles. How many are there if a cosine of .1
# still counts as "at right angles"? **Predict**: two random directions in 576 dimensions, as in
# `smollm2`: what is the chance that their cosine is below .1 in size?

# %%
my_chance = None

# %% [markdown]
# ### Exercise 20: almost_orthogonal
#
# difficulty 2/5 · importance 4/5 · 10 min
#
# Measure it. Draw $n$ random unit vectors in $d$ dimensions, uniform on the sphere, and return them
# with the share of pairs that are almost orthogonal:
#
# $$\mathrm{share} = \frac{2}{n (n - 1)} \; \#\{\, i < j : |v_i \cdot v_j| < \varepsilon \,\} .$$
#
# <details><summary>Hint 1: nudge</summary>
#
# Gaussian vectors, made unit vectors. All cosines at once are one matrix product; a vector with
# itself is no pair.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# The vectors are `[n, d]`, their cosines `[n, n]`. The entries above the diagonal are the pairs:
# `torch.triu_indices(n, n, offset=1)`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# n seeded Gaussian vectors, each over its length
# the size of the cosine of each pair; the share of those below eps, as a float
# ```
#
# </details>


# %% exercise="almost_orthogonal"
def almost_orthogonal(d: int, n: int, eps: float, seed: int) -> tuple[Float[Tensor, "n d"], float]:
    """Return n random unit vectors in d dimensions, and the share of pairs with |cosine| < eps."""
    ### BEGIN SOLUTION
    generator = torch.Generator().manual_seed(seed)  # given
    vectors = nn.functional.normalize(torch.randn(n, d, generator=generator), dim=1)
    i, j = torch.triu_indices(n, n, offset=1)
    cosines = (vectors @ vectors.T)[i, j]
    return vectors, (cosines.abs() < eps).double().mean().item()
    ### END SOLUTION


# %% check="almost_orthogonal" points=2
with check(almost_orthogonal) as c:
    state = torch.get_rng_state()
    vectors, share = c.call(12, 40, 0.3, seed=5)
    untouched = torch.equal(torch.get_rng_state(), state)
    c.true(untouched, "drawn from the generator: torch's global one stays where it was")
    c.close(vectors.norm(dim=1), torch.ones(40), "unit vectors")
    c.true(vectors.mean(0).norm() < 0.4, "they point to all sides")
    many, _ = almost_orthogonal(4, 2000, 0.3, seed=5)
    off = abs(many.pow(4).sum(1).mean() - 0.5)  # on the sphere 1/2, from a cube .43, on axes 1
    c.true(off < 0.03, "no more to the corners of a cube, or along the axes, than elsewhere")
    mine = [abs(vectors[i] @ vectors[j]) < 0.3 for i in range(40) for j in range(i)]
    c.close(share, sum(mine) / 780, "the share of the 780 pairs, none of a vector with itself")
    c.close(almost_orthogonal(12, 40, 1.01, seed=5)[1], 1.0, "below 1.01 are all of them")
    c.close(almost_orthogonal(12, 40, 0.3, seed=5)[0], vectors, "the same seed, the same vectors")
    c.true((almost_orthogonal(12, 40, 0.3, seed=6)[0] - vectors).abs().max() > 0.01, "or others")

# %%
sizes, largest = [8, 32, 128, 576, 2048], []
powers = [math.log2(d) for d in sizes]
shares = {"|cosine| < .1": [], "|cosine| < .3": []}
for d in sizes:
    for curve, eps in zip(shares.values(), (0.1, 0.3), strict=True):
        drawn, share = almost_orthogonal(d, 600, eps, seed=d)
        curve.append(share)
    largest.append((drawn @ drawn.T - torch.eye(600)).abs().max().item())
helpers.versus(my_chance, round(shares["|cosine| < .1"][3], 3), "The share below .1 in 576")
print(
    "largest of the 179,700 cosines:",
    *(f"{v:.2f} (d = {d})" for v, d in zip(largest, sizes, strict=True)),
)
room = plots.lines(
    shares, x=powers, xlabel="dimensions", ylabel="share of pairs",
    title="600 random directions: how many pairs are almost orthogonal", limits=(0, 1.05),
)  # fmt: skip
room.axes[0].set_xticks(powers, labels=[str(d) for d in sizes])
display(room)
worst = plots.lines(
    {"largest |cosine| of all pairs": largest}, x=powers, xlabel="dimensions", ylabel="|cosine|",
    title="600 random directions: the pair that is least orthogonal", limits=(0, 1.05),
)  # fmt: skip
worst.axes[0].set_xticks(powers, labels=[str(d) for d in sizes])
worst

# %% [markdown]
# With 576 dimensions 98 of 100 pairs of random directions are below .1, and of all 179,700 pairs
# among 600 directions none is above .2: without anybody arranging them, more directions than
# dimensions stand nearly at right angles. The largest cosine falls slowly, about as
# $\sqrt{\ln n / d}$; turned around, the number of directions that fit below a given $\varepsilon$
# grows *exponentially* with $d\,\varepsilon^2$. That is the lemma of Johnson and Lindenstrauss
# (1984), measured. In 8 dimensions there is no room at all.
#
# Room is not everything. If 600 features are all active, each reading collects noise from 599
# others. What makes it pay is that few are active at a time.

# %% [markdown]
# ### A toy that does it
#
# The smallest model that shows superposition: $n$ features, $m < n$ dimensions, and the task to
# give the input back,
#
# $$\hat x = \mathrm{ReLU}(W^\top W x + b) .$$
#
# Column $i$ of $W$ ($[m, n]$) is the direction of feature $i$. It all depends on how often several
# features are active at once. So the inputs are *sparse*: each feature is active with probability
# $p$, and then uniform between 0 and 1.
#
# ### Exercise 21: tms_batch
#
# difficulty 1/5 · importance 3/5 · 10 min
#
# $$x_{bi} = a_{bi}\, u_{bi}, \qquad a_{bi} \sim \mathrm{Bernoulli}(p), \quad
#   u_{bi} \sim \mathrm{Uniform}(0, 1),$$
#
# all independent: of each other, from feature to feature, from sample to sample. (The paper calls
# $S = 1 - p$ the sparsity.)
#
# <details><summary>Hint 1: nudge</summary>
#
# Two draws: one for who is active, one for how strongly. With one for both, the active ones would
# be the small ones.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# Both draws are `[batch, features]`, from one generator with this seed.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# a seeded generator
# who = uniform draw below p; how strongly = another uniform draw
# the strength where active, 0 elsewhere
# ```
#
# </details>


# %% exercise="tms_batch"
def tms_batch(
    batch: int, features: int, probability: float, seed: int
) -> Float[Tensor, "batch features"]:
    """Draw samples of independent features: each is active with this probability, in [0, 1]."""
    ### BEGIN SOLUTION
    generator = torch.Generator().manual_seed(seed)  # given
    active = torch.rand(batch, features, generator=generator) < probability
    return active * torch.rand(batch, features, generator=generator)
    ### END SOLUTION


# %% check="tms_batch" points=2
with check(tms_batch) as c:
    x = c.call(4000, 6, 0.2, seed=1)
    active = x != 0
    c.true(0.17 < active.double().mean() < 0.23, "a fifth is active")
    c.true(active.double().mean(0).min() > 0.17, "in every feature")
    c.true(0.23 < (~active).all(1).double().mean() < 0.30, "in .8^6 = 26% of the samples none is")
    c.true(0.02 < (active[:, 0] & active[:, 1]).double().mean() < 0.07, "two are both in 4%")
    c.true(x.min() >= 0 and x.max() <= 1, "between 0 and 1")
    c.true(0.47 < x[active].mean() < 0.53, "1/2 on average, where active")
    c.true(0.30 < x[active].square().mean() < 0.37, "1/3 their mean square: uniform")
    full = tms_batch(4000, 6, 1.0, seed=1)
    shared = (full[:, 0] * full[:, 1]).mean()
    c.true(0.23 < shared < 0.27, "each has a strength of its own: two multiply to 1/4 on average")
    c.true(full.std(0).min() > 0.25, "and a new one in each sample")
    c.close(c.call(5, 6, 0.2, seed=1), tms_batch(5, 6, 0.2, seed=1), "the seed decides")
    c.true((tms_batch(50, 6, 0.9, seed=1) != tms_batch(50, 6, 0.9, seed=2)).any(), "or another")

# %% [markdown]
# ### Exercise 22: tms_forward
#
# difficulty 1/5 · importance 4/5 · 5 min
#
# $$\hat x = \mathrm{ReLU}(W^\top W x + b), \qquad W \in \mathbb R^{m \times n} .$$
#
# Down to $m$ dimensions, up again with the **same** matrix, a bias, and one ReLU at the very end.
# What feature $i$ gives to feature $j$ is $W_i \cdot W_j$: *interference*. Where that is negative
# the ReLU cuts it off; where it is positive and small, a negative bias can.
#
# <details><summary>Hint 1: nudge</summary>
#
# Two matrix products; which axis of `W` meets which?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `x` is `[..., n]`, `x @ W.T` is `[..., m]`, `b` is `[n]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# hidden = x, through W, to m numbers
# hidden, through W again, to n numbers; plus b; what is negative becomes 0
# ```
#
# </details>


# %% exercise="tms_forward"
def tms_forward(
    x: Float[Tensor, "*batch n"], W: Float[Tensor, "m n"], b: Float[Tensor, " n"]
) -> Float[Tensor, "*batch n"]:
    """Return ReLU(W^T W x + b) for each x: the toy model of superposition."""
    ### BEGIN SOLUTION
    hidden = x @ W.T
    return torch.relu(hidden @ W + b)
    ### END SOLUTION


# %% check="tms_forward" points=2
with check(tms_forward) as c:
    W, b = torch.tensor([[1.0, -1.0, 0.0], [0.0, 0.5, 2.0]]), torch.tensor([0.1, 0.2, -0.3])
    by_hand = [[1.1, 0.0, 0.0], [0.0, 1.45, 0.7], [0.1, 1.2, 3.7]]
    c.close(c.call(torch.eye(3), W, b), by_hand, "one feature at a time: W_i . W_j + b_j, or 0")
    c.close(c.call(torch.zeros(2, 4, 3), W, b), torch.relu(b).expand(2, 4, 3), "the bias alone")
    x, W, b = torch.rand(6, 5), torch.randn(2, 5), torch.randn(5)
    kept = x.clone()
    c.close(c.call(x, W, b), (x @ (W.T @ W) + b).clamp(min=0), "samples with several features")
    c.close(x, kept, "the input that you were given stays as it is")
    matrix = W.clone().requires_grad_()
    out = c.call(x, matrix, b + 9)
    c.true(out.requires_grad, "gradients reach the matrix")

# %% [markdown]
# ### Exercise 23: feature_dimensionality
#
# difficulty 2/5 · importance 4/5 · 10 min
#
# How much of a dimension does each feature have for itself? The paper's answer: its squared length,
# over everything that is seen when one looks along its direction,
#
# $$D_i = \frac{\lVert W_i \rVert^2}{\sum_j (\hat W_i \cdot W_j)^2}, \qquad
#   \hat W_i = \frac{W_i}{\lVert W_i \rVert},$$
#
# where the sum has $j = i$ in it. A feature with a direction of its own has 1, one that is not kept
# ($W_i = 0$) has 0.
#
# <details><summary>Hint 1: nudge</summary>
#
# Normalise the column in whose direction you look, and only that. Beware of a column of zeros.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# The unit columns times all columns, `[n, m] @ [m, n]`, are `[n, n]`: row $i$ is what is seen along
# direction $i$. $D$ is `[n]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# the length of each column; each column over its length (over 1 where it is 0)
# products of all unit columns with all columns, squared, summed for each unit column
# the squared lengths over these sums; 0 where the column is 0
# ```
#
# </details>


# %% exercise="feature_dimensionality"
def feature_dimensionality(W: Float[Tensor, "m n"]) -> Float[Tensor, " n"]:
    """Return each column's share of a dimension: 1 alone, 1/2 in an antipodal pair, 0 if absent."""
    ### BEGIN SOLUTION
    squared = W.square().sum(dim=0)
    kept = squared > 0
    unit = W / torch.where(kept, squared, 1.0).sqrt()
    seen = (unit.T @ W).square().sum(dim=1)
    return torch.where(kept, squared / torch.where(kept, seen, 1.0), 0.0)
    ### END SOLUTION


# %% check="feature_dimensionality" points=3
with check(feature_dimensionality) as c:
    three = torch.tensor([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5]])
    c.close(c.call(three), [0.8, 0.8, 1 / 3], "1 of 1 + 1/4, twice; 1/2 of 1/2 + 1/2 + 1/2")
    c.close(c.call(0.7 * torch.eye(3)), [1.0, 1.0, 1.0], "at right angles: a dimension each")
    pair = torch.tensor([[0.6, -0.6], [0.8, -0.8]])
    c.close(c.call(pair), [0.5, 0.5], "opposite: they share one")
    c.close(c.call(superposition.corners(5, 1.3)), [0.4] * 5, "a pentagon: five share two")
    uneven = torch.tensor([[2.0, -1.0, 0.0, 0.0], [0.0, 0.0, 0.3, 0.0]])
    kept = uneven.clone()
    c.close(c.call(uneven), [0.8, 0.2, 1.0, 0.0], "4 of 4 + 1; 1 of 4 + 1; alone; not there")
    c.close(uneven, kept, "the matrix that you were given stays as it is")

# %% [markdown]
# ### Watch it learn
#
# Three toys with two dimensions: five features that are always active, five that are rarely active
# ($p = .05$), four that are. 1,500 steps each, on one thread; the figure moves while they train.
# (In the first toy each feature counts .7 of the one before it in the loss, so that there is
# something to choose; in the sparse ones all count the same.)
#
# **Predict.** How many of the five features are kept, with columns that are not about 0, in the
# dense toy, and how many in the sparse one? What will the columns of four sparse features look
# like?

# %%
my_kept_if_dense, my_kept_if_sparse = None, None

# %%
toys = {
    "5, always active": (5, 1.0, 0.7), "5, p = .05": (5, 0.05, 1.0), "4, p = .05": (4, 0.05, 1.0),
}  # fmt: skip
histories = {
    name: superposition.train(
        tms_forward, tms_batch, features=n, dimensions=2, probability=p, seed=0, decay=decay,
        watch=True,
    )
    for name, (n, p, decay) in toys.items()
}  # fmt: skip

# %%
for name, history in histories.items():
    shares = feature_dimensionality(history[-1])
    print(f"{name:<18} D =", *(f"{share:.3f}" for share in shares.tolist()),
          f"  together {shares.sum():.2f} of 2 dimensions")  # fmt: skip
kept = [int((histories[name][-1].norm(dim=0) > 0.5).sum()) for name in list(toys)[:2]]
helpers.versus(my_kept_if_dense, kept[0], "Columns longer than .5, dense")
helpers.versus(my_kept_if_sparse, kept[1], "Columns longer than .5, sparse")
moments = [0, 20, 60, 120, 200, 1500]
sparse = dict(zip(superposition.LOOKS, histories["5, p = .05"], strict=True))
display(superposition.strip(
    [sparse[step] for step in moments], [f"step {step}" for step in moments],
    "Five sparse features find their places",
))  # fmt: skip
superposition.strip([history[-1] for history in histories.values()], list(toys), "After training")

# %% [markdown]
# **Dense**: the two features that count most get a dimension each, and the other three are given
# up. That is what principal components would do. **Sparse**: all five are kept, in a pentagon, and
# each has 2/5 of a dimension, to two digits. Four make two antipodal pairs, 1/2 each: the two of a
# pair hardly ever come together, and the one's negative interference on the other is cut off by the
# ReLU. Elhage and others (2022) find the same numbers in far larger toys (400 features in 30
# dimensions): as features get sparser their dimensionalities do not slide from 1 down to 0, they
# stick at few values, 1/2 and 2/5 among them, and each belongs to a polytope.
#
# So a direction in a real model need not have one meaning, nor a meaning one direction. A probe
# finds *a* direction that tells your two classes apart, in the company of all the others. Lab 05
# asks for all of them.

# %% [markdown]
# ## Part IV: the planted challenge
#
# A model in which somebody knows the truth, built by hand from your name: 8 blocks of 4 heads and a
# small MLP, no norms, 12 positions, and two answers. A token is **odd** or **even** by its id; so
# there are ten features that you can label yourself, one for each of the positions 1 to 10. All
# that matters happens in the stream at the **last** position:
#
# - One feature is **used**: it decides the answer. It comes to the last position *twice*: two
#   blocks write it, along two directions, and only one of the copies is read.
# - One feature is **idle**: it can be read at the end of the model without an error, it agrees with
#   the used one in most prompts, and nothing reads it.
# - One feature is **erased**: a block writes it, and a later block takes it off again.
#
# Type your name (in a course: your id on the course's list), and keep it as it is from now on.

# %%
student_name = "reference"

# %%
if student_name == "reference":
    print("this is the example's model: type your own name above, and run that cell and this one")
challenge = models.challenge("04_probes", helpers.CHALLENGE, student_name)
is_odd = challenge.tokens % 2 == 1  # [prompt, position]
with torch.no_grad():
    _, challenge_cache = challenge.model.run_with_cache(challenge.tokens)
print(f"{len(is_odd)} prompts of {is_odd.shape[1]} tokens; the first of them:")
print(challenge.tokens[0].tolist(), "->", challenge.answers[0].item())

# %% [markdown]
# **Your first look.** Which features can be read at the last position, layer by layer? A probe for
# each, trained on half of the prompts, tested on the other half. (An accuracy of .85 is no reading:
# it is what you get by reading a companion.)

# %%
half = len(is_odd) // 2
challenge_map = torch.zeros(9, 10)
for layer in range(9):
    site = ("resid_pre", layer) if layer < 8 else ("resid_post", 7)
    there = challenge_cache[site][:, -1]
    for position in range(1, 11):
        w, b = steering.probe(there[:half], is_odd[:half, position], C=100)
        right = steering.accuracy(w, b, there[half:], is_odd[half:, position])
        challenge_map[layer, position - 1] = right
plots.heatmap(
    challenge_map, x=list(range(1, 11)), xlabel="odd or even at position", limits=(0.5, 1),
    unit="test accuracy", title="Read at the last position, before each block and at the end",
)  # fmt: skip

# %% [markdown]
# Go on from here. What one block's heads write at the last position is
# `challenge_cache["attn_out", block][:, -1]`. To ablate a direction *there*, in that block's output
# and nowhere else, put a hook on `blocks.{block}.hook_attn_out`. Here it is with a random
# direction, which is a baseline, too: what a direction without a meaning does to the answers.


# %%
def without(block: int, w: Float[Tensor, " d"]) -> list[steering.Hook]:
    """Return hooks that ablate w from what a block's heads write at the last position."""

    def put(out: Float[Tensor, "batch pos d"], hook: object) -> Float[Tensor, "batch pos d"]:
        return torch.cat([out[:, :-1], ablate_direction(out[:, -1:], w.to(out.dtype))], dim=1)

    return [(f"blocks.{block}.hook_attn_out", put)]


width = challenge_cache["attn_out", 0].shape[-1]
anything = torch.randn(width, generator=torch.Generator().manual_seed(0))
with torch.no_grad():
    logits = challenge.model.run_with_hooks(challenge.tokens, fwd_hooks=without(0, anything))
changed = int((logits[:, -1].argmax(-1) != challenge.answers).sum())
print(f"a random direction, out of block 0: {changed} of {len(is_odd)} answers change")

# %%
# Your own experiments.

# %% [markdown]
# ### Exercise 24: challenge_answer
#
# difficulty 4/5 · importance 4/5 · 35 min
#
# Write down what you found, as plain numbers (not as variables: what is graded is what stands
# here). `used` and `idle` are positions; `written` is the block that writes the copy that is read;
# `erased` is a pair `(position, block)`: whose feature it is, and the block that takes it off. A
# block has four heads, so one block may do both: the one in `written` can be the one in `erased`.
# With $a_p$ for "odd at position $p$":
#
# $$\text{answer} = g(a_{\text{used}}), \quad \text{whatever the other } a_p .$$
#
# <details><summary>Hint 1: nudge</summary>
#
# The map shows three columns that are bright somewhere: two to the end, one for a while. What does
# the answer do when a direction is gone?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# Row $\ell$ of the map is the stream *before* block $\ell$, row 8 its end. What goes out between
# rows $\ell$ and $\ell + 1$ was taken off by block $\ell$. For the copies, make the same map of
# `attn_out`, `[8, 10]`: there each block's own writing shows alone.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# for each block and position that a probe reads from attn_out without an error:
#     ablate the probe's direction there, at the last position; count the changed answers
# half of the answers change at one place: that is the used feature, and its block
# idle: bright in the last row of the map, and not the used one
# erased: bright in some row and not in the last; its last bright row is the block
# ```
#
# </details>

# %% exercise="challenge_answer"
challenge_answer = {"used": None, "written": None, "idle": None, "erased": None}
### BEGIN SOLUTION
challenge_answer = {"used": 1, "written": 1, "idle": 6, "erased": (9, 3)}
### END SOLUTION

# %% check="challenge_answer" points=5
with check(challenge_answer=challenge_answer) as c:
    found = c.value
    names = {"used", "written", "idle", "erased"}
    c.true(names <= set(found) and None not in found.values(), "all four entries are filled in")
    pair = found["erased"]
    is_pair = isinstance(pair, tuple | list) and len(pair) == 2
    c.true(is_pair, "erased is a pair (position, block)")
    positions = [found["used"], found["idle"], pair[0]]
    c.true(all(place in range(1, 11) for place in positions), "positions from 1 to 10")
    c.true(len(set(positions)) == 3, "three different ones")
    blocks = [found["written"], pair[1]]
    c.true(all(block in range(8) for block in blocks), "blocks from 0 to 7")
    odd = challenge.tokens % 2 == 1
    sides = (odd[:, found["used"]] == odd[0, found["used"]]) == (
        challenge.answers == challenge.answers[0]
    )
    c.true(sides.all(), "the used feature goes with the answer in every prompt")
    with torch.no_grad():
        at_end = challenge.model.run_with_cache(challenge.tokens)[1]
    readable = []
    for position in positions:
        w, b = steering.probe(at_end["resid_post", 7][:, -1], odd[:, position], C=100)
        there = at_end["resid_post", 7][:, -1]
        readable.append(steering.accuracy(w, b, there, odd[:, position]) > 0.97)
    c.true(readable[0] and readable[1], "used and idle can be read at the end")
    c.true(not readable[2], "the erased one cannot")
    looks = at_end["pattern", found["written"]][:, :, -1, found["used"]].mean(0).max()
    c.true(looks > 0.9, "some head of the written block looks from the last position at used")
    wipes = at_end["pattern", pair[1]][:, :, -1, pair[0]].mean(0).max()
    c.true(wipes > 0.9, "and some head of the erasing block at erased")

# %% [markdown]
# The check is sure of `used`, and it looks where heads look and what can be read at the end. Two
# things it does **not** decide: which of the two blocks that copy the used feature is the one in
# `written`, and whether the block in `erased` is the one that writes the feature or the one that
# takes it off (a head of each looks there). Those blocks can be wrong with every line above ticked.

# %% [markdown]
# ## Part V: the headline, an honest trap
#
# Back to the quotes. Your labels, your split, your sweep: one probe for each layer, trained on
# the tokens of six templates and tested on two that it has never seen. Beside it **the same probe
# on the control task**. In both maps the columns are places around the point where the twins part:
# at 0 the quotation is closed in the one text and goes on in the other. To the left twins have the
# same label, to the right opposite ones, at the same words.
#
# The map of the control is the mean of **five throws** of the coins, on tokens whose **type occurs
# in training**: a type that does not is one coin, guessed, and would paint dark and bright blocks
# that are luck and nothing else.
#
# **Predict.** In the map of the quotes: in which layers is it dark to the right of 0, and from
# which layer on is it bright everywhere? For the control: what share of these tokens does it get
# right at layer 0, and what share at layer 24?

# %%
my_quotes_are_bright_from_layer = None
my_control_on_known_types_at_layers_0_and_24 = None  # such as (0.9, 0.8)

# %%
columns, names = helpers.around_the_mark(places)
train, valid, test = split_by_group(places.groups, 0.2, 0.2, seed=0)
elsewhere = len(names)  # a last column for the tokens that are further away
columns[columns < 0] = elsewhere
known = test & is_known
quotes_map = layer_sweep(probe, quote_acts, is_inside, columns, train, test)
control_maps = [layer_sweep(probe, quote_acts, coins, columns, train, known) for coins in throws]
one_column = torch.zeros_like(columns)
control_curves = torch.stack(  # [throw, layer], on all test tokens
    [layer_sweep(probe, quote_acts, coins, one_column, train, test)[:, 0] for coins in throws]
)


def whole(sweep: Tensor, rows: Tensor) -> Tensor:
    """Return the accuracy of each layer on all these rows, from its accuracies by column."""
    how_many = torch.bincount(columns[rows], minlength=elsewhere + 1).to(sweep.dtype)
    return sweep.nan_to_num(0.0) @ how_many / how_many.sum()


quotes_curve = whole(quotes_map, test)
known_curves = torch.stack([whole(sweep, known) for sweep in control_maps])
bright = next((layer for layer in range(20) if (quotes_curve[layer:20] > 0.97).all()), "none")
helpers.versus(my_quotes_are_bright_from_layer, bright, "Quotes: above .97 from layer")
ends = tuple(round(known_curves[:, layer].mean().item(), 3) for layer in (0, 24))
helpers.versus(
    my_control_on_known_types_at_layers_0_and_24, ends, "Control on known types, layers 0 and 24"
)
sweeps = {
    "quotes: is one open?": quotes_map,
    "control: a coin for each token": torch.stack(control_maps).mean(dim=0),
}
figure = helpers.maps(
    {name: sweep[:, :elsewhere] for name, sweep in sweeps.items()},
    x=names, xlabel="tokens from where the twins part", limits=(0.5, 1),
    unit="test accuracy, new templates",
)  # fmt: skip
print("saved to", plots.save(figure, helpers.HEADLINE))
figure

# %% [markdown]
# Look at the lowest row of both maps. Layer 0 is the embedding: it knows the token and nothing
# else. There the control is right on every token whose type it has met, and the quotes, right of 0,
# are right on exactly half: the two twins have the same words there and opposite labels. A few
# blocks later the quotes are bright. Something has been added to the stream that the tokens do not
# hold. The whole curve, with two things to hold it against; "best of 31 on test" is a number that
# nobody should report, so beside it stands what a choice on validation data gives:

# %%
base_rate = max((share := is_inside[test].double().mean().item()), 1 - share)
token_knowledge = helpers.token_table(places.token, is_inside, train, test)
on_valid = layer_sweep(probe, quote_acts, is_inside, one_column, train, valid)[:, 0]
layer = int((on_valid == on_valid.max()).nonzero()[0])
print(f"quotes: {quotes_curve[layer]:.4f} at layer {layer}, chosen on validation data", end="; ")
print(f"best of 31 on test {quotes_curve.max():.4f}")
for name, layers in (("layer 0", slice(0, 1)), ("layers 12 to 24", slice(12, 25))):
    each, on_known = (curves[:, layers].mean(dim=1) for curves in (control_curves, known_curves))
    spread = f"{each.mean():.3f} (five throws: {each.min():.3f} to {each.max():.3f})"
    print(f"{name}: quotes {quotes_curve[layers].mean():.3f}; control {spread},", end=" ")
    print(f"on known types {on_known.mean():.3f}")
print(f"a table of each token's usual label: {token_knowledge:.3f}; base rate {base_rate:.3f}")
plots.lines(
    {
        "quotes": quotes_curve,
        "control, mean of 5 throws": control_curves.mean(dim=0),
        "control, known types": known_curves.mean(dim=0),
    },
    title="The same probe on two tasks, new templates", ylabel="test accuracy",
    levels={"each token's usual label": token_knowledge, "base rate": base_rate},
    limits=(0.45, 1.02),
)  # fmt: skip

# %% [markdown]
# ### Now argue
#
# A reviewer writes: *"The authors' probe is right on 99% of the tokens. But the same probe is right
# on 97% of nonsense labels wherever it has seen the token. It has 577 parameters for about 130
# token types: it can learn any labelling of them by heart. A selectivity of a few points shows
# that it has memorised. There is no evidence that the model tracks quotations."* What is right
# about that, what is wrong, and which figure settles it?
#
# Two more experiments before you write. **First, the probe.** Selectivity belongs to a
# representation *and a probe*. Hewitt and Liang made theirs more selective by holding the probe
# back. Yours has a penalty.
#
# **Predict.** At layer 16, when $\lambda$ goes from .01 to 10: what happens to the accuracy on
# quotes, and what to that on the control?

# %%
my_quotes_at_a_large_penalty = None
my_control_at_a_large_penalty = None

# %%
print("penalty   quotes  control (5 throws: from, to)   selectivity")
for l2 in (0.01, 0.1, 1.0, 10.0):
    fit = helpers.logistic(l2)
    on_quotes, *on_control = (
        test_accuracy(fit, quote_acts[16], wanted, train, test) for wanted in (is_inside, *throws)
    )
    mean = sum(on_control) / len(on_control)
    spread = f"({min(on_control):.3f}, {max(on_control):.3f})"
    print(f"{l2:>7}   {on_quotes:.3f}   {mean:.3f}   {spread}   {on_quotes - mean:>+20.3f}")
helpers.versus(my_quotes_at_a_large_penalty, f"{on_quotes:.3f}", "Quotes, penalty 10")
helpers.versus(my_control_at_a_large_penalty, f"{mean:.3f}", "Control, penalty 10")

# %% [markdown]
# **Second, the sentences.** Right on *what*? The two test templates are new, but they are
# sentences of the same maker. Change one thing: cut off all that stands before the opening mark, so
# that the text *begins* with it. And for comparison the same with two words before it.
#
# **Predict.** The accuracy of the very same probe on both.

# %%
my_accuracy_when_the_mark_comes_first = None
my_accuracy_with_two_words_before_it = None

# %%
w, b = probe(quote_acts[16, train], is_inside[train])
tested = set(places.groups[test].tolist())
shortened = {
    "The text begins with its mark": lambda text: text[text.index('"') :],
    "Two words before the mark": lambda text: "She said " + text[text.index('"') :],
}
guesses = (my_accuracy_when_the_mark_comes_first, my_accuracy_with_two_words_before_it)
for (name, change), guess in zip(shortened.items(), guesses, strict=True):
    changed = helpers.reworded(quotes, tested, change)
    there = probing.examples(smollm2, changed)
    (acts,) = probing.activations(smollm2, there, layers=[16])
    says, inside = acts @ w + b > 0, there.labels
    accuracy, base = (says == inside).double().mean(), inside.double().mean()
    base = max(base, 1 - base)
    helpers.versus(guess, f"{accuracy:.3f} (base rate {base:.3f})", name)
    shares = [says[rows].double().mean() for rows in (inside, ~inside)]
    print(f"    it says 'inside' on {shares[0]:.3f} of the tokens inside", end=" and on ")
    print(f"{shares[1]:.3f} of those outside")

# %% [markdown]
# The errors are all of one kind: tokens inside that are called outside, as if no mark had been
# read. The first position is a special place in many models, so a mark that stands there may not be
# noticed; or it is, and written along another direction than the probe knows. Which of the two it
# is, this experiment leaves open.

# %% [markdown] question="argue_the_trap" points=4
# ### Question D: the reviewer
#
# 20 to 30 min
#
# Answer the reviewer in at most twelve sentences. (1) Which of the reviewer's statements are true?
# (2) Name two measurements of this lab that speak against "it has memorised", and say for each
# what it would have shown if the probe had memorised tokens. (3) What does the penalty experiment
# say about selectivity as a number? Hold yours beside Hewitt and Liang's 26.0 and 4.5 points: may
# the two be compared? (4) What may you claim about the model, and what not: what is missing for
# "the model *uses* this", and what did the text that begins with its mark show?
#
# ### BEGIN SOLUTION
# **Model answer.** (1) The accuracies are as stated, and so is the reason: with more weights than
# token types a linear probe can learn any labels of the types. The control shows that this probe
# *could* memorise. (2) It does not show that it *did*, and here memorising would not help. (a)
# Layer 0 holds the token and nothing else. Memorising is easiest there, the control is right on
# every token whose type it knows, and yet quotes are read on two tokens of three. Had the probe
# got its answer from tokens, layer 0 would have it. (b) A table of every token's usual label is
# right on seven tokens in ten. (c) Right of the place where the twins part, the same words in the
# same order carry opposite labels, so whoever knows the word is at one half; the map is bright
# there. (One more: words that never occurred in training cannot have been memorised.) (3) With a
# stronger penalty the control falls much further than the quotes do, so the selectivity of the
# *same* layer more than doubles: it measures what this probe could learn from these tokens, not
# what the layer holds. Theirs was measured on a treebank with many thousands of types, ours on
# about 130; a small vocabulary is easy to memorise, so a small selectivity is no alarm by itself,
# and the figures cannot be compared as they stand. (4) Claim: in sentences like these, from the
# middle of the model on, a linear probe reads from the stream whether a quotation is open, and the
# word at hand does not explain it. Not: that the model uses what we read (that needs an
# intervention, part II), nor that this holds for all texts: where the mark is the first token the
# probe is near chance. Whether the model has lost the mark there or keeps it elsewhere, this probe
# cannot say.
#
# **Rubric.** One point: separates *could have memorised* from *did*. One point: two measurements,
# each with what memorising would predict. One point: selectivity depends on probe and vocabulary;
# not comparable as it stands. One point: reading is not using, and the limits of the test set.
# ### END SOLUTION

# %% [markdown]
# ## What you have now
#
# - **Labels with a convention** said aloud, a **split** that keeps what is alike on one side,
#   statistics of train alone, a choice on validation data, a report on test data, once.
# - **Three probes** by hand: logistic, ridge, mass-mean. They agree on answers sooner than on
#   directions.
# - **Accuracy** beside its base rate, AUROC without a threshold, **selectivity** beside what a
#   probe could memorise. Each can mislead: the twins and the embedding are what decided the case.
# - **Reading is not using.** A direction can be there and do nothing; ablation and steering tell,
#   held against random directions and corrected for how many were tried.
# - **Superposition**: nearly orthogonal directions are plentiful, and a model that has more sparse
#   features than dimensions takes them.
#
# ## Further reading, with numbers to hold against yours
#
# - Alain, Bengio, *Understanding intermediate layers using linear classifier probes* (2016), [arXiv
#   1610.01644](https://arxiv.org/abs/1610.01644). Where the word comes from.
# - Hewitt, Liang, *Designing and Interpreting Probes with Control Tasks* (2019), [arXiv
#   1909.03368](https://arxiv.org/abs/1909.03368). Table 1, part of speech on ELMo's first layer:
#   linear probe 97.2 on the task, 71.2 on the control, selectivity 26.0; with a hidden layer 97.3,
#   92.8, 4.5. On the second layer the linear probe has 96.6 and a selectivity of 31.4: less
#   accurate, more selective. Compare your maps.
# - Voita, Titov, *Information-Theoretic Probing with Minimum Description Length* (2020), [arXiv
#   2003.12298](https://arxiv.org/abs/2003.12298). The code length of exercise `mdl_probe`.
# - Ravfogel and others, *Null It Out* (2020), [arXiv 2004.07667](https://arxiv.org/abs/2004.07667),
#   and Elazar and others, *Amnesic Probing* (2020), [arXiv
#   2006.00995](https://arxiv.org/abs/2006.00995). Remove a feature and see what the model loses.
# - Belinkov, *Probing Classifiers: Promises, Shortcomings, and Advances* (2021), [arXiv
#   2102.12452](https://arxiv.org/abs/2102.12452). The whole argument, in order.
# - Marks, Tegmark, *The Geometry of Truth* (2023), [arXiv
#   2310.06824](https://arxiv.org/abs/2310.06824). Mass-mean probes and true and false statements:
#   linearly separable at sufficient scale, they report. Compare *truth* in your figure of six.
# - Bennett, Baird, Miller, Wolford, *Neural correlates of interspecies perspective taking in the
#   post-mortem Atlantic salmon* (2010). The dead fish. Holm, *A simple sequentially rejective
#   multiple test procedure* (1979). The remedy.
# - Elhage and others, *Toy Models of Superposition* (2022), [arXiv
#   2209.10652](https://arxiv.org/abs/2209.10652). Part III, with dimensionalities 1/2 and 2/5.
