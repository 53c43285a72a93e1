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
# In this lab you build probes, and you build one that is **perfect**: right on every token of
# sentences it has never seen. Then you give the same probe a nonsense task, and it is almost as
# good at that. What was the perfect score worth? You will have to argue it, with numbers. Then you
# leave reading aside and reach in: what a probe finds can be there and be *used by nothing*.
# And at last you ask how a model fits in more features than it has dimensions.
#
# | part | you ask | exercises |
# |---|---|---|
# | I | Is it in there? Probes, splits, base rates, control tasks | 1 to 11 |
# | II | Is it used? Ablation, steering, and how many directions you tried | 12 to 16 |
# | III | How can there be more features than dimensions? | 17 to 21 |
# | IV | The planted challenge: which direction does *your* model use? | 22 |
# | V | The headline figure, made by your functions: an honest trap | |
#
# **Short of time?** With 45 minutes do exercises 1 to 3 and 8 to 10, and part V. With 90 minutes do
# all of part I and part V. In 180 minutes add part II and the challenge. Part III stands by itself.
# You need PyTorch, and to know what the residual stream is (lab 01 helps); nothing here depends on
# earlier labs.

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
import torch
from jaxtyping import Bool, Float, Int
from labkit import check, models, plots, probing
from torch import Tensor

import probes_helpers as helpers

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
# `groups.unique()` is `[n_groups]`; `torch.randperm(n_groups, generator=...)` shuffles it. For the
# mask, `[example]`: `torch.isin(groups, chosen)`.
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
    generator = torch.Generator().manual_seed(seed)
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
    again = c.call(groups, 0.2, 0.3, 0)
    c.true(torch.equal(again[2], test), "the same seed gives the same split")
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


def test_accuracy(X: Tensor, y: Tensor, train: Tensor, test: Tensor) -> float:
    """Fit on the rows of one mask, and return the share of the other's that come out right."""
    w, b = probe(X[train], y[train])
    return ((X[test] @ w + b > 0) == y[test]).double().mean().item()


by_example, by_template = [], []
for seed in range(10):
    coins = helpers.coins(10, seed)[number_data.groups]  # five heads, five tails
    train, _, test = split_by_group(torch.arange(len(coins)), 0.2, 0.2, seed)
    by_example.append(test_accuracy(middle, coins, train, test))
    train, _, test = split_by_group(number_data.groups, 0.2, 0.2, seed)
    by_template.append(test_accuracy(middle, coins, train, test))
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
# - **accuracy**: the share of examples with $(s_i > 0) = y_i$;
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
# `scores[labels][:, None] - scores[~labels][None]` is `[n_plus, n_minus]`. All three results are
# single numbers.
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
    scores = torch.tensor([2.0, -1.0, 0.5, -3.0, 0.2, -0.4])
    truth = torch.tensor([True, False, True, False, False, False])
    yours = c.call(scores, truth)
    c.close(yours["accuracy"], 5 / 6, "one of six is on the wrong side of 0", atol=1e-4)
    c.close(yours["base_rate"], 4 / 6, "always False would be right four times of six", atol=1e-4)
    c.close(yours["auroc"], 1.0, "every True one is above every False one")
    yours = c.call(scores - 10, truth)
    c.close(yours["accuracy"], 4 / 6, "a bias that is far off: all are called False", atol=1e-4)
    c.close(yours["auroc"], 1.0, "the order is still perfect: AUROC has no threshold")
    yours = c.call(torch.tensor([0.4, 0.4, 0.1, 0.9]), torch.tensor([True, False, True, True]))
    c.close(yours["auroc"], 0.5, "a tie, a loss and a win: (1/2 + 0 + 1) / 3", atol=1e-4)
    c.close(yours["base_rate"], 0.75, "the base rate when True is the more frequent answer")
    refused = helpers.refuses(evaluate, scores, truth | True)
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
# 1 instead. Careful, rounding can make $\sigma$ of a constant column tiny instead of 0.
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
    raw = torch.tensor([[1.0, 10.0, 0.1], [3.0, 50.0, 0.1], [5.0, 90.0, 0.1]]).repeat(5, 1)
    other = torch.tensor([[5.0, 50.0, 0.1], [3.0, 10.0, 0.6]])
    mine, theirs = c.call(raw, other)
    c.close(mine.mean(dim=0), torch.zeros(3), "every column of train has mean 0")
    spread = mine.square().mean(dim=0).sqrt()
    c.close(spread, torch.tensor([1.0, 1.0, 0.0]), "and standard deviation 1, or 0 if constant")
    root = 1.5**0.5
    by_hand = torch.tensor([[root, 0.0, 0.0], [0.0, -root, 0.5]])
    c.close(theirs, by_hand, "test is shifted and scaled by the numbers of train")
    alone = c.call(raw, other[:1])[1]
    c.close(alone, theirs[:1], "a test row comes out the same whatever other rows there are")

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
# With the ones, $A$ is `[n, d + 1]` and $\theta$ `[d + 1]`. The gradient is
# $A^\top (p - y) / n + \lambda\,\mathrm{mask} \cdot \theta$, where the mask, `[d + 1]`, is 1 and
# for the bias 0. The Hessian is $A^\top \mathrm{diag}(p (1 - p)) A / n +
# \lambda\,\mathrm{diag}(\mathrm{mask})$, `[d + 1, d + 1]`.
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

    w, b = c.call(X, y, 0.03)
    flat = torch.zeros(5, dtype=torch.float64)
    c.close(
        slope(w, b, 0.03), flat, "the gradient of the loss is zero: it is the minimum", atol=1e-4
    )
    moved_w, moved_b = c.call(X + 3, y, 0.03)
    c.close(moved_w, w, "moving the origin does not change the weights", atol=1e-2)
    c.close(moved_b, b - 3 * w.sum(), "only the bias: it has no penalty", atol=3e-2)
    twice_w, _ = c.call(X.repeat(2, 1), y.repeat(2), 0.03)
    c.close(twice_w, w, "every example twice: the loss is a mean, nothing changes", atol=1e-2)
    turned_w, _ = c.call(X, ~y, 0.03)
    c.close(turned_w, -w, "the labels exchanged: the other direction", atol=1e-2)
    tight_w, _ = c.call(X, y, 1.0)
    c.true(tight_w.norm() < 0.5 * w.norm(), "a stronger penalty makes the weights smaller")

# %% [markdown]
# That is all that scikit-learn's `LogisticRegression` does. Beside it, on real activations: the
# number of the subject (one dog or several dogs) at the *last* token of the text, which is another
# noun of whatever number, in layer 15.

# %%
train, valid, test = split_by_group(number_data.groups, 0.2, 0.2, seed=0)
plural = number_places.labels
Z_train, Z_test = standardise(middle[train], middle[test])
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
# $x \cdot (w / \sigma) + (b - \mu \cdot (w / \sigma))$. Who forgets this and uses the weights of
# $z$ on $x$, has another direction.
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
    w, b = c.call(X, y, 0.2)
    error = X @ w + b - t
    c.close(
        error.mean(), 0.0, "the mean error is zero, for targets +1 and -1: a bias without penalty"
    )
    c.close(X.T @ error / 40 + 0.2 * w, torch.zeros(5).double(), "the gradient in w is zero")
    moved_w, moved_b = c.call(X - 4, y, 0.2)
    c.close(moved_w, w, "moving the origin does not change the weights")
    c.close(moved_b, b + 4 * w.sum(), "only the bias")
    twice_w, _ = c.call(X.repeat(3, 1), y.repeat(3), 0.2)
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
# $\mu_0$ and $\mu_1$ are `[d]`; `torch.where(y[:, None], mu1, mu0)` is `[n, d]`; $\Sigma$ is
# `[d, d]`, divided by $n$, the number of all rows.
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
    w, b = c.call(X, y, 0.0)
    c.close(
        within @ w, delta, "the covariance within the classes, times w, is the difference of means"
    )
    middle_point = (one.mean(dim=0) + none.mean(dim=0)) / 2
    c.close(middle_point @ w + b, 0.0, "halfway between the two means the score is 0", atol=1e-4)
    w, _ = c.call(X, y, 1.0)
    c.close(w * within.trace() / 3, delta, "shrunk all the way it is the plain difference of means")
    w, _ = c.call(X, y, 0.4)
    mixed = 0.6 * within + 0.4 * within.trace() / 3 * torch.eye(3, dtype=torch.float64)
    c.close(mixed @ w, delta, "in between, a mixture of both covariances")

# %% [markdown]
# Three probes for one feature. Do they agree on the *answers*? Do they agree on the *direction*?
#
# **Predict.** The cosine between the directions of logistic regression and of the plain difference
# of means, both right on nearly everything. In 576 dimensions two random directions have a cosine
# of 0, give or take .04.

# %%
my_cosine = None  # -1 to 1

# %%
fits = {
    "logistic": probe,
    "ridge": lambda X, y: helpers.on_raw(fit_ridge, X, y, 0.1),
    "mass-mean, shrunk .5": lambda X, y: mass_mean(X, y, 0.5),
    "difference of means": lambda X, y: mass_mean(X, y, 1.0),
}
directions = {}
for name, fit in fits.items():
    w, b = fit(middle[train], plural[train])
    directions[name] = w / w.norm()
    scores = evaluate(middle[test] @ w + b, plural[test])
    print(f"{name:>21}: " + ", ".join(f"{key} {value:.3f}" for key, value in scores.items()))
stacked = torch.stack(list(directions.values()))
cosines = stacked @ stacked.T
helpers.versus(my_cosine, f"{cosines[0, 3]:.2f}", "Cosine of logistic and difference of means")
plots.heatmap(
    cosines, x=list(fits), y=list(fits), xlabel="", ylabel="", unit="cosine", limits=(-1, 1),
    title="Directions for one feature",
)  # fmt: skip

# %% [markdown]
# Remember this figure in part II: "*the* direction of a feature" is a way of speaking. Many
# directions separate the same examples, and they do not do the same to the model.
#
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
    generator = torch.Generator().manual_seed(seed)
    coins = torch.rand(vocab, generator=generator) < share
    return coins[token_ids]
    ### END SOLUTION


# %% check="control_labels" points=2
with check(control_labels) as c:
    ids = torch.tensor([4, 9, 4, 0, 99, 9, 4, 31, 0])
    yours = c.call(ids, 0.5, 100, 3)
    same = all(len(set(yours[ids == token].tolist())) == 1 for token in ids.unique())
    c.true(same, "a token has one label, wherever it occurs")
    fewer = c.call(ids[[4, 1]], 0.5, 100, 3)
    c.close(fewer, yours[[4, 1]], "the label does not depend on the other tokens in the list")
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
# `X` is `[example, d]`, `task` and `control` are Bool `[example]`, `train` and `test` are masks
# over the examples. The result is one number from -1 to 1.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# for task, then for control:
#     fit on the training rows and their labels
#     share of the test rows where (score > 0) equals the label
# the first share minus the second
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
    context = torch.arange(120) // 6 % 2 == 0
    signal = torch.where(context, 1.0, -1.0)[:, None] + 0.1 * torch.randn(120, 1)
    yours = c.call(spy, signal, context, control, train, test)
    w, b = helpers.nearest_mean(signal[train], control[train])
    lucky = ((signal[test] @ w + b > 0) == control[test]).double().mean().item()
    c.close(
        yours, 1 - lucky, "types cannot be seen: 1 minus what luck gives on the control", atol=1e-4
    )

# %% [markdown]
# ### The trap, first sight
#
# Now put it to work on the quotes. Split by template, penalty $\lambda = 0.01$, one layer after the
# other: the accuracy on the real labels and on the control labels, on templates that the probe has
# never seen.
#
# **Predict.** At layer 16: the accuracy for the quotes, and for the nonsense labels. And at layer
# 0, the bare embedding, which knows the token and nothing else: the same two.

# %%
my_quotes_and_control_at_layer_16 = None  # such as (0.7, 0.5)
my_quotes_and_control_at_layer_0 = None

# %%
quote_acts = probing.activations(smollm2, places)
train, valid, test = split_by_group(places.groups, 0.2, 0.2, seed=1)
share = is_inside[train].double().mean().item()
token_coins = control_labels(places.token, share, smollm2.cfg.d_vocab, seed=0)
for layer, guess in (
    (16, my_quotes_and_control_at_layer_16),
    (0, my_quotes_and_control_at_layer_0),
):
    found = []
    for wanted in (is_inside, token_coins):
        w, b = probe(quote_acts[layer, train], wanted[train])
        found.append(evaluate(quote_acts[layer, test] @ w + b, wanted[test]))
    pair = tuple(round(one["accuracy"], 3) for one in found)
    helpers.versus(guess, pair, f"Layer {layer:>2}, quotes and control")
    how = selectivity(probe, quote_acts[layer], is_inside, token_coins, train, test)
    print(f"    base rates {found[0]['base_rate']:.3f} and {found[1]['base_rate']:.3f}, ", end="")
    print(f"selectivity {how:+.3f}")
known = torch.isin(places.token[test], places.token[train])
print(f"\n{known.double().mean():.3f} of the test tokens are of a type that occurs in training")

# %% [markdown]
# Hold on to these numbers: part V argues about them. Two things help. A type that never occurs in
# training cannot be memorised, so the control task has a **ceiling**: the share of test tokens
# whose type is known, plus luck on the others. And two numbers of the literature: Hewitt and Liang
# (2019, Table 1) report for a *linear* part-of-speech probe on ELMo's first layer 97.2% on the
# task, 71.2% on the control, selectivity 26.0 points; for a probe with a *hidden layer* 97.3%,
# 92.8%, 4.5. Their reading: the second probe could have memorised what it knows. Yours is linear.
#
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
# columns is the largest entry of `columns` (of all examples, train and test) plus one.
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

    acts, truth = torch.randn(4, 200, 3), torch.rand(200) < 0.5
    columns = torch.arange(200) % 5
    train, test = torch.arange(200) < 120, torch.arange(200) >= 140
    test &= columns != 3
    acts[2, :, 1] += torch.where(truth, 20.0, -20.0)
    acts[3] = acts[2]
    acts[3, columns == 4] *= -1
    yours = c.call(spy, acts, truth, columns, train, test)
    c.close(yours[2, [0, 1, 2, 4]], torch.ones(4), "layer 2 holds the feature in every column")
    c.close(
        yours[3, [0, 1, 2, 4]], torch.tensor([1.0, 1, 1, 0]), "layer 3 has it upside down in one"
    )
    c.true(
        yours[:, 3].isnan().all() and not yours[:, [0, 1, 2, 4]].isnan().any(), "nan: no test rows"
    )
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
# The test accuracies must have no influence on which layer is chosen.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# Both arguments are `[layer]`; the result is a layer's number (an int) and one accuracy.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# the first layer at which valid reaches its maximum
# that number, and the entry of test there
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
ridge = fits["ridge"]
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
# **Predict.** Which of the six is read best in the middle of the model, and which worst?

# %%
my_best_feature = None
my_worst_feature = None

# %%
curves = {}
print(f"{'feature':>10}   layer  valid   test   base rate")
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
    print(f"{feature:>10}   {layer:>5}   {on_valid[layer]:.3f}  {reported:.3f}  {base:.3f}")
    curves[feature] = on_test
found = {feature: curve[8:25].mean().item() for feature, curve in curves.items()}
helpers.versus(my_best_feature, max(found, key=found.get), "Read best, mean of layers 8 to 24")
helpers.versus(my_worst_feature, min(found, key=found.get), "Read worst")
plots.lines(
    curves, title="Test accuracy at the last token, new templates", ylabel="accuracy",
    limits=(0.3, 1.03), levels={"base rate": 0.5},
)  # fmt: skip

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

# %% [markdown]
# ## Part III: Superposition

# %% [markdown]
# ## Part IV: the planted challenge

# %% [markdown]
# ## Part V: the headline, an honest trap
#
# Back to the quotes. Your labels, your split, your sweep: one probe for each layer, trained on
# the tokens of six templates and tested on two that it has never seen. Beside it **the same probe
# on the control task**. In both maps the columns are places around the point where the twins part:
# at 0 the quotation is closed in the one text and goes on in the other. To the left twins have the
# same label, to the right opposite ones, at the same words.
#
# **Predict.** In the map of the quotes: in which layers is it dark to the right of 0, and from
# which layer on is it bright everywhere? In the map of the control: where is it brightest?

# %%
my_quotes_are_bright_from_layer = None
my_control_is_brightest_at_layer = None

# %%
columns, names = helpers.around_the_mark(places)
train, valid, test = split_by_group(places.groups, 0.2, 0.2, seed=1)
elsewhere = len(names)  # a last column for the tokens that are further away
columns[columns < 0] = elsewhere
tasks = {"quotes: is one open?": is_inside, "control: a coin for each token": token_coins}
sweeps = {
    name: layer_sweep(probe, quote_acts, wanted, columns, train, test)
    for name, wanted in tasks.items()
}
how_many = torch.bincount(columns[test], minlength=elsewhere + 1).float()
quotes_curve, control_curve = (sweep @ how_many / how_many.sum() for sweep in sweeps.values())
bright = next(layer for layer in range(31) if (quotes_curve[layer:20] > 0.97).all())
helpers.versus(my_quotes_are_bright_from_layer, bright, "Quotes: above .97 from layer")
brightest = int(control_curve.argmax())
helpers.versus(my_control_is_brightest_at_layer, brightest, "Control: brightest at layer")
figure = helpers.maps(
    {name: sweep[:, :elsewhere] for name, sweep in sweeps.items()},
    x=names, xlabel="tokens from where the twins part", limits=(0.5, 1),
    unit="test accuracy, new templates",
)  # fmt: skip
print("saved to", plots.save(figure, helpers.HEADLINE))
figure

# %%
base_rate = max((share := is_inside[test].double().mean().item()), 1 - share)
token_knowledge = helpers.token_table(places.token, is_inside, train, test)
print(f"layers 12 to 24: quotes {quotes_curve[12:25].mean():.3f}, highest {quotes_curve.max():.3f}")
print(f"                 control {control_curve[12:25].mean():.3f}")
print(f"layer 0:         quotes {quotes_curve[0]:.3f}, control {control_curve[0]:.3f}")
print(f"a table of each token's usual label: {token_knowledge:.3f}; base rate {base_rate:.3f}")
plots.lines(
    {"quotes": quotes_curve, "control": control_curve},
    title="The same probe on two tasks, new templates", ylabel="test accuracy",
    levels={"each token's usual label": token_knowledge, "base rate": base_rate},
    limits=(0.45, 1.02),
)  # fmt: skip

# %% [markdown]
# ## What you have now
#
# ## Further reading, with numbers to hold against yours
