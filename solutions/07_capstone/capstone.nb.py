# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 07: your own feature, from a label to a claim
#
# You can train a probe, ablate a direction, clamp a latent. This lab asks for the whole walk, once,
# on a feature that **you** choose: *is it in the model, where, is it used, and which latents of a
# dictionary stand for it?* At the end you hand in a report. What is graded in it is not whether
# your feature was found, but whether each claim stands beside the number that could have sunk it.
#
# | part | you ask | exercises |
# |---|---|---|
# | I | Are these data worth a probe? | 1 |
# | II | Is it in there, and where is it read best? | 2, 3 |
# | III | Is it used? | 4, 5 |
# | IV | Which dictionary latents match it? | 6 |
# | V | What may you claim? | 7, 8 |
# | VI | The planted challenge: three features, one of each kind | 9 |
# | VII | Your report | questions A to G |
#
# **Short of time?** With 45 minutes do exercises 1 and 2 and question A. With 90 minutes add
# exercises 4 and 5: parts I to III without the interval, and question D. In 180 minutes do
# exercises 1 to 8, all but the challenge, and the report. No cell on these paths needs an exercise
# that is not on it.

# %% [markdown]
# ## How this notebook works
#
# As in the other labs: an exercise, a check below it, predictions before results. Two things are
# new. **Your own functions from labs 01 to 06 do the work.** `labkit.earlier` looks for the
# notebooks beside this one, takes your functions out of them and tries them on random data; where
# one is missing or does not pass, a stand-in from scikit-learn, scipy or PyTorch takes its place.
# The table says who does what. (Mended one? `earlier.forget()`, and run the cell again. In grading
# there are no earlier notebooks, so there the stand-ins work.)
#
# **And much of the lab is graded by a reader.** Questions A to G have points and a rubric; the
# reader looks for a control beside each claim.

# %%
from functools import partial

import torch
from jaxtyping import Bool, Float, Int
from labkit import check, dictionary, earlier, models, plots, probing
from scipy.stats import rankdata
from torch import Tensor
from tqdm.auto import tqdm

import capstone_helpers as helpers
import capstone_challenge_helpers as planted
import capstone_headline_helpers as headline
import intervening_helpers as intervening

torch.set_num_threads(helpers.CORES)
earlier.table()

# %% [markdown]
# ## Part I: Choose a feature, and audit its data
#
# Six features come with the course: sentences from templates, in twins that differ in the feature
# alone (lab 04). Choose one of them, or write **your own texts**: a list of `(text, label, group)`,
# where texts that are alike (one template, one topic, one word) share a group, and each group holds
# both labels. Forty texts in five groups are the least that runs, but then one group chooses the
# layer and one gives the score; 200 in ten or more are good.
#
# Put **twins** in rows `2i` and `2i + 1`: opposite labels, as many tokens, all else as alike as you
# can. Parts I and II do without, but part III compares twins, and the cell below says how many it
# can use. Without them you can still show that a feature is *present*, never that it is *used*.
#
# You also need one **question** to the model: words after which its next word shows whether it uses
# the feature. For *tense* that is " and then": after a sentence in the past " went" is likelier,
# after one in the present " goes". The words for True and for False must be **single tokens** (with
# their space), and as many on either side: they are compared in pairs.

# %%
FEATURE = "tense"  # quotes, sentiment, number, tense, country, truth; or your own, below
SEEDS = 5  # splits
SHARE = 0.2  # of the groups to validation, and as many to the test
PENALTY = 0.1  # of the probes

smollm2 = models.load("smollm2")
data = helpers.texts_of(FEATURE, by="words")  # or by="templates"
answers = helpers.ANSWERS[FEATURE]

# Your own texts: take away the #, and write.
# data = helpers.own_texts("rain", ("dry", "wet"), [
#     ("We took the umbrellas along", True, 0), ("We took the sunglasses along", False, 0),
#     ...
# ])
# answers = helpers.Answers(" The ground was", (" wet",), (" dry",))

print(f"{data.feature}: {data.names[0]} or {data.names[1]}? {len(data)} texts in", end=" ")
print(f"{len(data.groups.unique())} groups; the question: ...{answers.suffix} ___")
print("    if True:", *map(repr, answers.if_true), "  if False:", *map(repr, answers.if_false))
for text, label in zip(data.texts[:4], data.labels[:4].tolist(), strict=True):
    print(f"    {data.names[label]:<9} {text}")
first_test = earlier.split_by_group(data.groups, SHARE, SHARE, 0)[2]  # part III asks these texts
intervening.report_twins(smollm2, data, answers, first_test)

# %% [markdown]
# ### Exercise 1: audit_data
#
# difficulty 2/5 · importance 5/5 · 20 min
#
# Before any model: what could somebody score on these data **without one**? Four numbers.
#
# - `base_rate`: the share of the more frequent label. Whoever always says that one is right so
# often.
# - `group_rate`: the share that is right for whoever knows each text's *group* and says that
# group's more frequent label. Near 1, the groups give the label away.
# - `word_rate`: the share that is right for the best **one-word rule**: "True exactly if the text
# holds this word", or "False exactly if it does". The best over all words; a word is what
# `text.lower().split()` gives, and how often it occurs in a text does not matter.
# - `repeated`: how many texts have a copy (but for capital letters and white space) in **another**
# group. A split by groups would put both sides of such a pair on two sides. A copy in its own
# group does no harm.
#
# $$\text{group\_rate} = \frac1n \sum_{g} \max(\#\text{True in } g,\; \#\text{False in } g), \qquad
#   \text{word\_rate} = \max_w \max(r_w,\, 1 - r_w),$$
#
# with $r_w$ the share of texts in which "holds $w$" equals the label. The group rate is at least
# the base rate, always. The word rate need not be: in twins it hovers about 1/2. (That is no
# all-clear: many rare words can give the label away *together*. See below.)
#
# <details><summary>Hint 1: nudge</summary>
#
# Each number is the answer to "how often is somebody right who looks at nothing but this?". For the
# words: which texts hold the word, as a set, against which texts are True.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# For a word: Bool `[text]`, held or not, against `labels`, `[text]`. For the copies: a key for each
# text (`" ".join(text.lower().split())`), and for each key the set of groups in which it occurs.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# base: the larger of the share of True and its complement
# for each group: how many True, how many False; add up the larger ones; over all texts
# for each word of any text: the share of texts where held equals label; it or its complement
# for each text: does its key occur in a group that is not its own? count them
# ```
#
# </details>


# %% exercise="audit_data"
def audit_data(
    texts: list[str], labels: Bool[Tensor, " text"], groups: Int[Tensor, " text"]
) -> dict[str, float]:
    """Say what could be scored on labelled texts without any model.

    Args:
        labels: of each text; both kinds occur.
        groups: of each text, any integers.

    Returns:
        "base_rate", "group_rate" and "word_rate", shares from 0 to 1, and "repeated", a count.
    """
    ### BEGIN SOLUTION
    said = labels.tolist()
    words = [set(text.lower().split()) for text in texts]
    right = {
        word: sum((word in held) == label for held, label in zip(words, said, strict=True))
        for word in set().union(*words)
    }
    most = max(max(count, len(said) - count) for count in right.values())
    by_group = [labels[groups == group] for group in groups.unique()]
    in_groups = sum(max(int(part.sum()), int((~part).sum())) for part in by_group)
    places = {}
    for text, group in zip(texts, groups.tolist(), strict=True):
        places.setdefault(" ".join(text.lower().split()), []).append(group)
    share = sum(said) / len(said)
    return {
        "base_rate": max(share, 1 - share),
        "group_rate": in_groups / len(said),
        "word_rate": most / len(said),
        "repeated": float(sum(len(found) for found in places.values() if len(set(found)) > 1)),
    }
    ### END SOLUTION


# %% check="audit_data" points=3
with check(audit_data) as c:
    texts = ["He ran far", "She ran far", "he  RAN far", "We walk", "You walk afar",
             "They walk walk", "We walk", "I ran"]  # fmt: skip
    labels = torch.tensor([True, True, True, False, False, False, False, False])
    groups = torch.tensor([7, 7, -2, -2, 4, 4, -2, 4])
    found = c.call(texts, labels, groups)
    c.close(found["base_rate"], 5 / 8, "five of eight are False")
    c.close(found["group_rate"], 7 / 8, "2 of 2, 2 of 3, 3 of 3: each group's usual label")
    c.close(found["word_rate"], 1.0, "'far' gives the label away; 'afar' is another word")
    copies = float(found["repeated"])
    c.close(copies, 2.0, "'he ran far' stands in two groups; 'we walk' in one, twice")
    fewer = c.call([*texts[3:], "Ran we"], torch.tensor([False] * 5 + [True]), groups[2:])
    c.close(fewer["word_rate"], 5 / 6, "'ran' is wrong once, and no word is right on all")
    turned = c.call(texts, ~labels, groups)
    c.close(turned["word_rate"], 1.0, "a word that means False is as good a sign")
    c.close(turned["base_rate"], 5 / 8, "five of eight are True")

# %% [markdown]
# **Predict.** Your data: the base rate, and the best one-word rule.

# %%
my_base_rate = None
my_word_rate = None

# %%
audit = audit_data(list(data.texts), data.labels, data.groups)
helpers.versus(my_base_rate, f"{audit['base_rate']:.3f}", "Base rate")
helpers.versus(my_word_rate, f"{audit['word_rate']:.3f}", "Best one-word rule")
print(f"Group rate {audit['group_rate']:.3f}; {audit['repeated']:.0f} texts have a copy elsewhere")
careless = [f"{text} yesterday" if label else f"{text} today"
            for text, label in zip(data.texts, data.labels.tolist(), strict=True)]  # fmt: skip
spoiled = audit_data(careless, data.labels, data.groups)
print(f"The same texts with one careless word each: best one-word rule {spoiled['word_rate']:.3f}")

# %% [markdown]
# One rule of one word is the least that can give a label away. The next step is a table of *all*
# words and pairs of words (naive Bayes), fitted on the training texts: what it gets right on the
# test texts is the **give-away**, the score that needs no model at all. It hangs on the **groups**.
# The course's texts can be split by *templates* (new sentences, old words) or by *words* (the word
# that carries the label is new, the sentences are old). In twins a template says nothing about the
# label; the word says everything.
#
# **Predict.** The give-away, if the groups are templates, and if they are words?

# %%
my_give_away_by_templates, my_give_away_by_words = None, None

# %%
guesses = {"templates": my_give_away_by_templates, "words": my_give_away_by_words}
for by, guess in guesses.items() if data.feature == FEATURE else ():
    other = helpers.texts_of(FEATURE, by=by)
    shares = []
    for seed in range(SEEDS):
        train, _, test = earlier.split_by_group(other.groups, SHARE, SHARE, seed)
        told = helpers.word_table(other.texts, other.labels, train, test)
        shares.append((told == other.labels[test]).double().mean().item())
    helpers.versus(guess, f"{sum(shares) / SEEDS:.3f}", f"Words alone, groups by {by}")

# %% [markdown]
# For *tense* that is all the difference: a table of words gets .960 right on new templates, and
# .500 on new verbs. A probe with .97 on new templates would have shown nothing. So the groups here
# are words, and the choice was made **before** a model was asked.

# %% [markdown] question="feature_and_labels" points=4
# ### Question A: your feature and its labels
#
# (1) Say in one sentence what your feature is, in such a way that a stranger could label a new text
# as you did; name one text that is hard to label, and what you decided. (2) What are your groups,
# and why would another split be unfair? (3) The four numbers of your audit: which of them worries
# you most, and what did you do about it, or would you? (4) Which feature goes along with yours in
# your data, and how would one take them apart?
#
# ### BEGIN SOLUTION
# **Model answer** (for *tense*). (1) True if the sentence's one verb is in the past ("carried"),
# False if it is in the present ("carries"). Hard: "The farmer has carried the box" tells of the
# past by an auxiliary in the present; there is none in these data, so the claims are about simple
# forms. (2) A group is a verb. The same verb on both sides would let a table of words give the
# label away, without any model (see the give-away by templates); of the templates each stands with
# both labels equally often, so that they may be on both sides. (3) Base rate and group rate .5 and
# no copies are as they should be; the word rate is near .5, but one word is little: the table of
# all words is what worries, and it is why the groups are verbs. (4) A letter: every present form
# here ends in -s and no past form does. Plural subjects ("the farmers take") have the present
# without the letter; testing on these would take the two apart.
#
# **Rubric.** One point: a definition by which a stranger could label, with a hard case. One point:
# groups, with what they keep apart. One point: a number of the audit, and what follows from it. One
# point: a companion of the feature, and a way to tell.
# ### END SOLUTION

# %% [markdown]
# ## Part II: Is it in there, and where is it read best?
#
# The stream of all layers at the last token of each text (one place for all, wherever the telling
# word stands; in part IV, where a latent may fire at that word, a text's loudest token counts).
# Your split by groups, your probe, your standardisation, over several seeds. For each seed and
# layer a score on the **validation** groups and one on the **test** groups, and beside it the same
# probe on a **control task**: a coin for each *group*, the same for all of its texts. A probe that
# scores there has met its test groups before: the split leaks.

# %%
places = probing.examples(smollm2, data)
acts = probing.activations(smollm2, places)  # [layer, text, d_model]
labels, groups = data.labels, data.groups
LAYERS = len(acts)


def probe(
    X: Float[Tensor, "n d"], y: Bool[Tensor, " n"]
) -> tuple[Float[Tensor, " d"], Float[Tensor, ""]]:
    """Your standardisation, your logistic regression, and your way back to raw activations."""
    rows, _ = earlier.standardise(X, X)
    w, b = helpers.in_the_span(earlier.fit_logistic, rows, y, PENALTY)
    mean, scale = X.double().mean(0), X.double().std(0, correction=0).clamp(min=1e-9)
    return earlier.to_raw(w, b, mean, scale)


def scores_of(layer: int, y: Bool[Tensor, " n"], train: Tensor) -> Float[Tensor, " text"]:
    """The scores of all texts, by a probe that was fitted on some of them."""
    w, b = probe(acts[layer, train], y[train])
    return acts[layer].double() @ w + b


# %%
splits = [earlier.split_by_group(groups, SHARE, SHARE, seed) for seed in range(SEEDS)]
names, group_ids = groups.unique(return_inverse=True)
coins = [earlier.control_labels(group_ids, 0.5, len(names), seed) for seed in range(SEEDS)]
tables = {name: torch.zeros(SEEDS, LAYERS) for name in ("valid", "test", "auroc", "control")}
right = torch.zeros(SEEDS, LAYERS, len(labels), dtype=torch.bool)
give_aways = []
for seed in tqdm(range(SEEDS), unit="split", leave=False):
    train, valid, test = splits[seed]
    said = helpers.word_table(data.texts, labels, train, test)
    give_aways.append((said == labels[test]).double().mean().item())
    for depth in range(LAYERS):
        scores = scores_of(depth, labels, train)
        right[seed, depth] = (scores > 0) == labels
        tables["valid"][seed, depth] = earlier.evaluate(scores[valid], labels[valid])["accuracy"]
        found = earlier.evaluate(scores[test], labels[test])
        tables["test"][seed, depth] = found["accuracy"]
        tables["auroc"][seed, depth] = found["auroc"]
        heads = scores_of(depth, coins[seed], train)[test] > 0
        tables["control"][seed, depth] = (heads == coins[seed][test]).double().mean()
give_away = sum(give_aways) / SEEDS
plots.lines(
    {"test": tables["test"].mean(0), "validation": tables["valid"].mean(0),
     "control task": tables["control"].mean(0)},
    title=f"{data.feature}: mean of {SEEDS} splits by group", ylabel="accuracy",
    levels={"give-away (words alone)": give_away, "base rate": audit["base_rate"]},
    limits=(0.3, 1.02),
)  # fmt: skip

# %% [markdown]
# ### Exercise 2: best_layer
#
# difficulty 2/5 · importance 5/5 · 15 min
#
# Lab 04 took the layer with the highest validation score. With few groups that is a lottery among
# a dozen layers that are about as good. The **one-standard-error rule** (Breiman and others 1984)
# says what "about as good" is, and then takes the *simplest*, here the **earliest**:
#
# $$m_\ell = \frac1S \sum_s v_{s\ell}, \qquad \ell^* = \arg\max_\ell m_\ell, \qquad
#   \mathrm{se} = \frac{1}{\sqrt S} \sqrt{\frac{1}{S-1} \sum_s (v_{s\ell^*} - m_{\ell^*})^2}, \qquad
#   \hat\ell = \min \{\ell : m_\ell \ge m_{\ell^*} - \mathrm{se} \} .$$
#
# The standard error is that of the **best** layer. (Where several layers share the highest mean, it
# is the earliest of them that counts as the best.) Report the **test** score of the chosen layer,
# its mean over seeds. What the test scores of other layers are has no influence on anything.
#
# <details><summary>Hint 1: nudge</summary>
#
# First the best layer, then how sure you are of *its* mean, then the first layer that is not worse
# by more than that.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# Both tables are `[seed, layer]`. Means `[layer]`; the standard error is one number, from the `S`
# values of one column.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# the mean over seeds; where it is largest, the first of several
# spread of that column over seeds (divide by S - 1), over the root of S
# the first layer whose mean is at least largest minus that
# that layer, and the mean over seeds of its test column
# ```
#
# </details>


# %% exercise="best_layer"
def best_layer(
    valid: Float[Tensor, "seed layer"], test: Float[Tensor, "seed layer"]
) -> tuple[int, float | Float[Tensor, ""]]:
    """Return the earliest layer within one standard error of the best, and its mean test score.

    Args:
        valid, test: the score of each split's probe at each layer; two splits or more.
    """
    ### BEGIN SOLUTION
    means = valid.double().mean(dim=0)
    best = int((means == means.max()).nonzero()[0])
    error = valid[:, best].double().std(correction=1) / len(valid) ** 0.5
    layer = int((means >= means[best] - error).nonzero()[0])
    return layer, test[:, layer].double().mean().item()
    ### END SOLUTION


# %% check="best_layer" points=2
with check(best_layer) as c:
    valid = torch.tensor([[0.5, 0.78, 0.80, 0.86, 0.84], [0.6, 0.82, 0.90, 0.94, 0.80],
                          [0.4, 0.80, 0.91, 0.90, 0.82]]).double()  # fmt: skip
    test = torch.tensor([[0.5, 0.99, 0.70, 0.80, 0.95], [0.5, 0.99, 0.80, 0.81, 0.95],
                         [0.5, 0.99, 0.78, 0.82, 0.95]]).double()  # fmt: skip
    layer, reported = c.call(valid, test)
    c.true(int(layer) == 3, "mean .900, standard error .023: layer 2 with its .870 is too far off")
    c.close(float(reported), 0.81, "the mean of that layer on test")
    wider = valid.clone()
    wider[:, 3] = torch.tensor([0.84, 0.90, 0.96]).double()
    layer, reported = c.call(wider, test)
    c.true(int(layer) == 2, "mean .900, standard error .035: layer 2 is as good, and earlier")
    c.close(float(reported), 0.76, "the mean of layer 2 on test")
    wider[:, 1] += 0.068
    c.true(int(c.call(wider, test)[0]) == 1, "layer 1 with its .868 is earlier still")
    near = valid.clone()
    near[:, 2] += 0.005
    c.true(int(c.call(near, test)[0]) == 3, ".875 is not within a standard error of .0231 either")
    flat = torch.full((3, 5), 0.75).double()
    flat[:, 1:3] = 0.875
    c.true(int(c.call(flat, test)[0]) == 1, "no spread at all: the first of the best")

# %% [markdown]
# **Predict.** At which layer is your feature read best, by this rule?

# %%
my_best_layer = None

# %%
layer, test_score = best_layer(tables["valid"], tables["test"])
control = tables["control"][:, layer].mean().item()
helpers.versus(my_best_layer, layer, "Best layer, by validation data")
print(f"test {test_score:.3f}, AUROC {tables['auroc'][:, layer].mean():.3f}; control task "
      f"{control:.3f}; words {give_away:.3f}; base rate {audit['base_rate']:.3f}")  # fmt: skip
top = tables["test"].mean(0).max()
print(f"largest of {LAYERS} test scores, for nobody to report: {top:.3f}")
weights = torch.stack([probe(acts[layer, train], labels[train])[0] for train, _, _ in splits])
units = (weights / weights.norm(dim=1, keepdim=True)).float()
middle = units.mean(0)
agree = earlier.mmcs(units.mT.contiguous(), middle[:, None], torch.ones(1, SEEDS))
print(f"the probes of {SEEDS} splits: mean cosine with their mean direction {agree:.2f}")

# %% [markdown]
# *Tense*, on verbs that the probe has never met: one half at layer 0, where the last token's
# embedding is the same in both twins, .97 at layer 17. The control task stays about one half, with
# a wide band: five splits, a handful of coins each.

# %% [markdown]
# ### Exercise 3: group_interval
#
# difficulty 3/5 · importance 5/5 · 20 min
#
# "97% on 40 test texts." How far could that be off? Texts of one group may succeed and fail
# together; where they do altogether, forty texts of four groups are only four witnesses. The
# **bootstrap over groups** asks: what would we have got with *other groups* like these? Draw as
# many groups as there are, **with replacement**; put the texts of the drawn groups together (a
# group that is drawn twice counts twice); note the share that is right; do that many times. The
# interval runs between the quantiles
#
# $$\Bigl[\, Q_{(1 - \mathrm{level})/2}, \; Q_{(1 + \mathrm{level})/2} \,\Bigr], \qquad
#   \mathrm{share} = \frac{\sum_{g \text{ drawn}} \mathrm{right}_g}{\sum_{g \text{ drawn}} n_g}$$
#
# of the shares. Groups may have different sizes; then it is the *texts* that are averaged, as
# above, not the groups. All randomness comes from `seed`.
#
# <details><summary>Hint 1: nudge</summary>
#
# What is drawn is never a text. Two numbers for each group are all that you need: how many texts it
# has, and how many of them are right.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# Two vectors `[group]`. A draw is `[resample, group]`: group numbers, with repetitions; indexing
# and summing over the last axis gives two vectors `[resample]`, and their ratio is the shares.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# for each group: its size, and how many are right in it
# a table of random group numbers, [resamples, number of groups], from the seed
# share = sum of right over sum of sizes, for each line
# two quantiles of the shares
# ```
#
# </details>


# %% exercise="group_interval"
def group_interval(
    right: Bool[Tensor, " text"],
    groups: Int[Tensor, " text"],
    level: float,
    resamples: int,
    seed: int,
) -> tuple[float | Float[Tensor, ""], float | Float[Tensor, ""]]:
    """Return the ends of a bootstrap interval over groups for the share of texts that are right.

    Args:
        right: whether the probe is right on each text.
        groups: of each text, any integers.
        level: such as 0.95.
        resamples: how often the groups are drawn.
        seed: decides the draws.
    """
    ### BEGIN SOLUTION
    names, place = groups.unique(return_inverse=True)
    size = torch.bincount(place, minlength=len(names)).double()
    good = torch.bincount(place, weights=right.double(), minlength=len(names))
    generator = torch.Generator().manual_seed(seed)  # given
    drawn = torch.randint(len(names), (resamples, len(names)), generator=generator)
    shares = good[drawn].sum(dim=1) / size[drawn].sum(dim=1)
    ends = torch.tensor([(1 - level) / 2, (1 + level) / 2], dtype=torch.float64)
    low, high = shares.quantile(ends).tolist()
    return low, high
    ### END SOLUTION


# %% check="group_interval" points=3
with check(group_interval) as c:
    groups_of = torch.arange(12).repeat_interleave(5) * 7 - 3
    whole = (torch.arange(60) // 5) % 4 != 0  # three groups of twelve are wrong, as a whole
    low, high = c.call(whole, groups_of, 0.9, 4000, 0)
    # Of 12 draws, at least 6 and at most 11 hit a right group in 90% of the cases.
    c.close(float(low), 0.5, "groups all right or all wrong: 6 of 12 at the low end", atol=1e-3)
    c.close(float(high), 11 / 12, "and 11 of 12 at the high end", atol=1e-3)
    mixed = torch.arange(60) % 5 != 0
    low, high = c.call(mixed, groups_of, 0.9, 500, 0)
    c.close(torch.tensor([low, high]), [0.8, 0.8], "each group alike: another draw changes nothing")
    sizes = torch.tensor([0] + [1] * 9)
    low, high = c.call(sizes == 1, sizes, 0.4, 4000, 1)
    c.close(torch.tensor([low, high]), [0.9, 0.9], "two groups of 1 and 9 texts: mostly 9 of 10")
    low, high = c.call(sizes == 1, sizes, 0.9, 4000, 1)
    c.close(torch.tensor([low, high]), [0.0, 1.0], "but a quarter of the draws takes one twice")
    uneven = (3 * torch.arange(60).sqrt()).long()  # groups of one to six texts
    first = c.call(mixed, uneven, 0.7, 40, 5)
    c.true(first == group_interval(mixed, uneven, 0.7, 40, 5), "the seed decides")
    c.true(first != c.call(mixed, uneven, 0.7, 40, 6), "another seed, other draws")

# %% [markdown]
# **Predict.** How wide is the interval of your test score: how many points from end to end?

# %%
my_width = None

# %%
# A text's result is pooled over the splits in which it was on the test side.
tested = torch.stack([test for _, _, test in splits])
pooled_right, pooled_groups = right[:, layer][tested], groups.expand(SEEDS, -1)[tested]
one_by_one = torch.arange(len(pooled_right))
low, high = (float(end) for end in group_interval(pooled_right, pooled_groups, 0.95, 2000, 0))
as_texts = [float(end) for end in group_interval(pooled_right, one_by_one, 0.95, 2000, 0)]
helpers.versus(my_width, f"{high - low:.3f}", "Width of the interval over groups")
print(f"test {test_score:.3f}; 95% interval over {len(pooled_groups.unique())} groups {low:.3f} "
      f"to {high:.3f}; as if texts were independent "
      f"{as_texts[0]:.3f} to {as_texts[1]:.3f}")  # fmt: skip

# %% [markdown]
# For *tense* both intervals are about as wide: the texts of one verb do not fail together. With
# *truth* the one over groups is a third wider. You cannot know before you have looked. The claim
# is about **new groups**, so the one over groups is the one to report, also where it happens to be
# the narrower; with few groups it is too narrow (further reading), so say how many there were.

# %% [markdown] question="where_it_is_read" points=4
# ### Question B: is it in there, and where is it read?
#
# State the claim *"the model's stream holds the feature at layer ..."* with your numbers, **or
# refuse it with them**: a refusal that is argued well earns as much. (1) The test score with its
# interval, and how the layer was chosen. (2) Name each of the three controls, base rate, words
# alone, control task, with its number, and say for each what the probe could have been doing if the
# number had been as high as the score. (3) Which of the two intervals is the wider, and what does
# that say about texts of one group? Which one belongs to a claim about new groups, and how far do
# you trust it with as many groups as you have? (4) What may you *not* say about the layers above
# and below?
#
# ### BEGIN SOLUTION
# **Model answer.** Numbers as printed. (1) The layer is the earliest within one standard error of
# the best validation mean over five splits; the score is the mean over the same splits' test
# groups, which had no say in the choice. Where the low end is not above each control, the claim is
# refused: not that the feature is absent, but that these data do not show it. (2) Base rate: it
# could have said one label always. Words alone: it could have read the words that are in the text,
# which layer 0 holds; then "the model's stream holds it" says no more than "the text does". Control
# task: it could have known its test groups from training, so that what it learnt by heart would do.
# (3) About as wide: the texts of one group fail independently; wider over groups: they fail
# together; narrower: by chance, or since the groups are few. In each case the interval over groups
# belongs to the claim about new groups, of which we have as many as are counted, not as many as
# texts; with ten or so it is rather too narrow than too wide. (4) Not that the feature is absent
# where the score is lower (another probe, another token might read it), nor that it is computed at
# this layer: it is read there, and may have been written anywhere before.
#
# **Rubric.** One point: score, interval, and a choice that did not look at test. One point: three
# controls, with numbers. One point: what each excludes. One point: groups are the unit, and one
# limit of "best layer". A refusal of the claim that follows from the numbers earns the same points;
# so does "nan" or "one group only" where that is what was printed, with the reason.
# ### END SOLUTION

# %% [markdown] question="spot_the_bug" points=2
# ### Question C: spot the bug
#
# A friend's sweep over texts in groups, as above. It runs, its curves look fine, and its best layer
# has .99. Two lines make the number worthless (a third is unclean, but uses no labels). Which two?
# Say for each what it does to the number, and what you would count or run on the same texts to show
# it.
#
# ```python
# acts = (acts - acts.mean(dim=1, keepdim=True)) / acts.std(dim=1, keepdim=True)
# order = torch.randperm(len(labels))
# train, test = order[:160], order[160:]
# for layer in range(31):
#     w, b = fit(acts[layer, train], labels[train])
#     accuracy[layer] = ((acts[layer, test] @ w + b > 0) == labels[test]).float().mean()
# best = accuracy.argmax()
# print(f"layer {best}: {accuracy[best]:.2f}")
# ```
#
# ### BEGIN SOLUTION
# **Model answer.** `randperm` splits text by text: twins and texts of one template stand on both
# sides, so that memory is rewarded; the number of groups that occur on both sides (here: all of
# them) shows it, or a coin for each group, which such a probe would learn. `accuracy.argmax()`
# chooses and reports on the same test texts: the largest of 31 noisy numbers is too large even
# where there is nothing; shuffled labels show it, or the same layer's score on a third part of the
# texts. (Standardising with the statistics of all texts is a flaw, too, but a small one: it uses no
# labels.)
#
# **Rubric.** One point for each of the two, with what it does and a way to show it (any that
# would); half of it without the consequence. The standardisation in place of one of them earns half
# a point.
# ### END SOLUTION

# %% [markdown]
# ## Part III: Is it used?
#
# Reading is not using (lab 04). Now the stream is changed at your layer, at every position but the
# first, and the model is asked your question. **Ablation**: without the direction, how much of the
# difference between its answers on True and on False texts is *lost*? **Steering**: a step up and a
# step down, as far as the two classes lie apart: how far does the answer move? Both in logits, on
# texts of the test side, in twins. (If part I printed that there are not enough, the cells below
# run all the same, and print nan: *not measured*. That is an answer, and question D takes it.)
#
# The direction is the step between the class means, from the training texts. In twins that is a
# fair direction: all else is the same on both sides. (In your own data it points along *every*
# difference between your classes. Lab 04's planted pair showed what comes of that.)
#
# Against what is such an effect large? Against directions that mean nothing. Random ones, of the
# same length, are the usual control (your `random_direction_baseline`). A sharper one comes from
# your own data:
#
# ### Exercise 4: shuffled_directions
#
# difficulty 3/5 · importance 4/5 · 20 min
#
# Activations are no round cloud: most random directions of 576 point where the stream hardly ever
# goes. A harder opponent is a direction that was made **just like yours, from labels that mean
# nothing**. For each of `n` directions: shuffle the labels **within each group** (so that a group
# has as many True as before), and take the step between the two class means under these labels;
# then give it the length that the true step has:
#
# $$v = \bar x_{y' = 1} - \bar x_{y' = 0}, \qquad
#   \tilde v = v\, \frac{\lVert \bar x_{y=1} - \bar x_{y=0} \rVert}{\lVert v \rVert} .$$
#
# Why within groups? If the labels were shuffled over all texts, the classes would differ in their
# templates as well, and the direction would say something about templates.
#
# <details><summary>Hint 1: nudge</summary>
#
# The labels of one group stay in the group; only who has which changes. `torch.randperm` of the
# group's size gives the order. One generator for everything, seeded once.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `X` is `[text, d]`, the labels `[text]`; a step is `[d]`, what comes back is `[n, d]`. Rows of one
# group: `(groups == g).nonzero()[:, 0]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# the true step between the class means, and its length
# n times:
#     a copy of the labels; for each group: its labels in a random order
#     the step between the class means under the copy, stretched to that length
# stack them
# ```
#
# </details>


# %% exercise="shuffled_directions"
def shuffled_directions(
    X: Float[Tensor, "text d"],
    labels: Bool[Tensor, " text"],
    groups: Int[Tensor, " text"],
    n: int,
    seed: int,
) -> Float[Tensor, "n d"]:
    """Return steps between class means under labels shuffled within groups, as long as the true.

    Args:
        groups: of each text, any integers; some group holds both labels.
        n: how many directions.
        seed: decides all of them.
    """
    ### BEGIN SOLUTION
    generator = torch.Generator().manual_seed(seed)  # given
    length = (X[labels].mean(dim=0) - X[~labels].mean(dim=0)).norm()
    found = []
    for _ in range(n):
        mixed = labels.clone()
        for group in groups.unique():
            rows = (groups == group).nonzero()[:, 0]
            mixed[rows] = labels[rows[torch.randperm(len(rows), generator=generator)]]
        step = X[mixed].mean(dim=0) - X[~mixed].mean(dim=0)
        found.append(step * length / step.norm())
    return torch.stack(found)
    ### END SOLUTION


# %% check="shuffled_directions" points=3
with check(shuffled_directions) as c:
    groups_of = torch.tensor([4, 9, 4, 9, 4, 9, 4, 9, 9, 9, 4, 9])
    y = torch.isin(torch.arange(12), torch.tensor([0, 2, 3, 6, 9]))
    # A step tells who was True: its entry is above 0. Steps come with different lengths.
    X = torch.linspace(1, 4, 12).diag().double()
    true_step = X[y].mean(0) - X[~y].mean(0)
    kept = y.clone()
    steps = c.call(X, y, groups_of, 40, 0)
    c.close(steps.norm(dim=1), true_step.norm().expand(40), "as long as the true step, each")
    who = steps > 0
    per_group = torch.stack([who[:, groups_of == g].sum(1) for g in (4, 9)], dim=1)
    c.close(per_group, torch.tensor([3, 2]).expand(40, 2), "each group has as many True as before")
    apart = (steps / X.diagonal()).sum(1)
    c.close(apart, torch.zeros(40), "a step between two means", atol=1e-6)
    c.true(len({tuple(row) for row in who.tolist()}) > 20, "directions differ from each other")
    often = who[:, groups_of == 4].double().mean(0)
    c.true(often.min() > 0.3, "in a group, each text is as likely")
    c.close(y, kept, "the labels that you were given stay as they are")
    c.close(c.call(X, y, groups_of, 40, 0), steps, "the seed decides")
    other = c.call(X, y, groups_of, 40, 1)
    shared = ((other[:, None] - steps[None]).abs().amax(-1) < 1e-6).any(1)
    c.true(int(shared.sum()) < 30, "another seed, other directions")

# %% [markdown]
# ### Exercise 5: effect_against_random
#
# difficulty 3/5 · importance 5/5 · 15 min
#
# You measured several effects: ablation and steering, perhaps at more than one layer, and you will
# report the most beautiful. Then **each control direction must be allowed to choose, too**: what
# counts is the largest of *its* effects (the max-statistic of Westfall and Young 1993). With
# $r_{ik}$ the effect of control direction $i$ in measurement $k$, and $e_k$ yours,
#
# $$p_k = \frac{1 + \#\{ i : \max_j |r_{ij}| \ge |e_k| \}}{1 + n} .$$
#
# With one measurement that is lab 04's p-value; with several it is corrected for having tried them
# all, and, other than Holm's, it knows that they depend on each other. (All measurements have to be
# in one unit, here logits.) A control whose effect is not a number has to count **against** you:
# it is as large as anything. (And an effect of **yours** that is not a number was not measured: the
# cell below gives it no p at all, whatever the formula says.)
#
# <details><summary>Hint 1: nudge</summary>
#
# First what each control direction makes of its choice, then the counting. Signs do not matter
# anywhere. What does `nan >= 1` give?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `random` is `[control, measurement]`, the largest of each line `[control]`; compared with
# `effects`, `[measurement]`, it gives `[measurement, control]`, and counts `[measurement]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# sizes of the random effects; nan becomes infinite
# the largest of each control direction
# for each of yours: one more than how many of these are at least as large, over n + 1
# ```
#
# </details>


# %% exercise="effect_against_random"
def effect_against_random(
    effects: Float[Tensor, " measurement"], random: Float[Tensor, "control measurement"]
) -> Float[Tensor, " measurement"]:
    """Return the p-value of each effect, corrected for all that was measured.

    Args:
        effects: of your direction; signs do not count.
        random: of each control direction, in the same measurements; nan counts as infinite.
    """
    ### BEGIN SOLUTION
    sizes = torch.nan_to_num(random.abs().double(), nan=torch.inf, posinf=torch.inf)
    best = sizes.amax(dim=1)
    as_large = (best[None] >= effects.abs().double()[:, None]).sum(dim=1)
    return (1 + as_large).double() / (1 + len(best))
    ### END SOLUTION


# %% check="effect_against_random" points=3
with check(effect_against_random) as c:
    random = torch.tensor([[0.1, -0.85], [-0.6, 0.1], [-0.3, 0.3], [0.2, 0.1]]).double()
    yours = torch.tensor([0.4, -0.7]).double()
    kept = random.clone()
    c.close(c.call(yours, random), [0.6, 0.4], "best of each line: .85 .6 .3 .2; yours .4 and .7")
    c.close(c.call(yours, random[:, :1]), [0.4, 0.2], "one measurement: .1 .6 .3 .2")
    c.close(c.call(torch.tensor([0.6]).double(), random), [0.6], "as large counts")
    random[3, 0] = float("nan")
    c.close(c.call(yours, random), [0.8, 0.6], "what is not a number counts against you")
    c.true(random[:3].equal(kept[:3]), "what you were given stays as it is")

# %% [markdown]
# **Predict.** The difference between the model's answers on True and False texts of the test side
# is printed as *gap*. Which share of it is lost without your direction? And the largest share that
# any of the control directions takes?

# %%
my_share_lost = None
my_largest_control_share = None

# %%
N_CONTROLS = 29  # of each kind: with so many, no p is below 1/30
train, valid, test = splits[0]
X, y = acts[layer, train], labels[train]
step = helpers.between_the_means(X, y)
asked = intervening.question(
    smollm2, data, test.nonzero()[:, 0].tolist(), answers, layer, earlier.logit_diff
)
holds = labels[asked.rows]
untouched = asked.ask(intervening.same)[0]
gap = (untouched[holds].mean() - untouched[~holds].mean()).item()


def answers_under(direction: Float[Tensor, " d"]) -> Float[Tensor, "3 text"]:
    """The answers without a direction, and after a step along it up and down."""
    v = direction.float()
    alpha = float(v @ v)  # the score x . v rises by that when x moves by v

    def three(x: Float[Tensor, "batch pos d"]) -> Float[Tensor, "batch pos d"]:
        gone, up, down = x.chunk(3)
        return torch.cat([
            earlier.ablate_direction(gone, v),
            earlier.steer(up, v, alpha), earlier.steer(down, v, -alpha),
        ])  # fmt: skip

    return asked.ask(three, copies=3)


def effects_of(direction: Float[Tensor, " d"]) -> Float[Tensor, " 2"]:
    """How much of the gap is lost by ablation, and how far steering moves the answer: logits."""
    gone, up, down = answers_under(direction)
    lost = gap - (gone[holds].mean() - gone[~holds].mean())
    return torch.stack([lost, (up - down).mean() / 2])


yours = effects_of(step)
progress = intervening.progress(2 * N_CONTROLS)
kinds = {"random": [], "shuffled labels": []}


def noted(kind: str, direction: Float[Tensor, " d"]) -> float:
    """Measure a control direction and keep both of its effects."""
    progress.update()
    kinds[kind].append(effects_of(direction))
    return kinds[kind][-1][0].item()


earlier.random_direction_baseline(partial(noted, "random"), step, N_CONTROLS, seed=0)
for direction in shuffled_directions(X, y, groups[train], N_CONTROLS, seed=0):
    noted("shuffled labels", direction)
progress.close()
controls = intervening.stacked(kinds)  # of each kind [control, measurement]
p_values = {  # what was not measured has none
    kind: effect_against_random(yours, found).where(yours.isfinite(), torch.nan)
    for kind, found in controls.items()
}

share = earlier.normalised_metric(yours[0], gap, 0.0) if gap > 0 else torch.nan
largest = {kind: found.abs().amax(0) for kind, found in controls.items()}
helpers.versus(my_share_lost, f"{share:.2f}", "Share of the gap lost without the direction")
top = max(float(found[0]) for found in largest.values()) / abs(gap)
helpers.versus(my_largest_control_share, f"{top:.2f}", "Largest share of any control direction")
print(f"layer {layer}, {len(asked.rows)} texts of the test side, gap {gap:.2f} logits")
if not asked.rows:
    print("NOT MEASURED: too few twins of one length on the test side. What follows is nan.")
elif gap <= 0:
    print("The gap is not above 0: the answers do not go with your labels; no share has a sense")
for number, what in enumerate(("ablation", "steering")):
    print(f"{what}: {yours[number]:+.2f} logits", end="; ")
    print("; ".join(f"{kind}: largest {largest[kind][number]:.2f}, p = {p_values[kind][number]:.3f}"
                    for kind in controls))  # fmt: skip

# %% [markdown]
# For *tense* more than half of the gap is lost (5.5 of 10.1 logits), and no control direction comes
# near. The labels that mean nothing are the harder opponent: the largest of them takes 1.22 logits,
# the largest random direction .59. Had your effect been 1.0, the usual control would have let it
# pass. And how sure is it, with as few texts as these? The bootstrap over pairs of twins, for both:

# %%
gone, up, down = answers_under(step)
lost = torch.where(holds, untouched - gone, gone - untouched)
effect_ends = {
    "ablation": intervening.over_pairs(2 * lost.reshape(-1, 2).mean(1)),
    "steering": intervening.over_pairs((up - down).reshape(-1, 2).mean(1) / 2),
}
for name, (first, last) in effect_ends.items():
    print(f"{name}: 95% interval over pairs of twins {first:+.2f} to {last:+.2f} logits")
print("in words, what the step raises straight through the unembedding:",
      intervening.written_words(smollm2, step))  # fmt: skip
readers = torch.tensor([
    earlier.composition_score(step[None].float(), smollm2.blocks[block].mlp.W_in.detach().float())
    for block in range(layer, smollm2.cfg.n_layers)
])  # fmt: skip
if len(readers):  # behind the last block nothing reads
    reader = layer + int(readers.argmax())
    print(f"the MLP that reads most along it, by weights: block {reader}, {readers.max():.4f}")

# %% [markdown] question="is_it_used" points=4
# ### Question D: is it used?
#
# (1) State the claim with both effects, in logits and as a share of the gap, and their p-values; or
# that they say no, or that nothing could be measured, and why. (2) Name both kinds of control
# directions, and what each would have shown if your direction were nothing special. For how many
# measurements are the p-values corrected, and for which of your choices (layer, question, words,
# data) are they not? (3) One way in which your direction could have an
# effect *without* being your feature; and what in your data speaks against it, or does not. (4) If
# your effects are small: two reasons why the model may use the feature all the same.
#
# ### BEGIN SOLUTION
# **Model answer.** Numbers as printed. (1) Ablation loses the printed share of the gap, steering
# moves the answer by so many logits for a step as long as the classes lie apart; both p as printed,
# corrected for two measurements. (2) Random directions: how much any step of this length, or the
# loss of any one dimension, does. Shuffled labels: how much a direction does that lies where the
# activations of *these* texts differ, without the feature. Corrected for two measurements at one
# layer; the layer was chosen by reading, before; for other questions or answer words that were
# tried first they are not corrected. (3) A companion: whatever else differs between the classes
# moves as well; twins differ in one word, so it is the word's other properties (spelling,
# frequency) that are left. (4) The feature may be written along several directions or at other
# positions, later layers may repair the loss, or the question asked does not need it.
#
# **Rubric.** One point: both effects with units and p. One point: both controls and what each
# excludes, and what the p-values are corrected for. One point: a companion that fits these data.
# One point: limits in the right direction (no effect is not no use; or for a large effect, one
# question only). "No", and "not measured", earn all four points if (1) says from which numbers, or
# what the data lack and how they would have to be, and (2) to (4) are answered for the plan.
# ### END SOLUTION

# %% [markdown]
# ## Part IV: Which dictionary latents match it?
#
# The course's dictionary reads the stream after block 18 (`dictionary.LAYER` is 19). Two ways to
# ask which of its 8,192 latents stands for your feature (lab 05): **by data**, which latent is
# active on the True texts and not on the False ones (its activation in a text is the largest over
# the tokens)? And **by cosine**, which decoder row points
# along your direction?
#
# ### Exercise 6: dictionary_matches
#
# difficulty 3/5 · importance 4/5 · 20 min
#
# For each latent two numbers:
#
# - its **AUROC** for the labels: the chance that a True text has a larger activation than a False
# one, ties count half. Below 1/2 the latent is active where the feature is *absent*; keep it so.
# - the **cosine** of its decoder row with the direction. Rows and direction may have any length.
# The sign stays: a latent is never negative, so a row that points backwards writes the opposite.
#
# A latent that is silent on **all** of these texts is no match, whichever way its row points: AUROC
# 1/2, cosine 0. (Its row may be lovely. Nothing in your data says when it fires.)
#
# There are 8,192 latents, so no loop over pairs of texts for each. With $R_j$ the sum of the
# **ranks** of the True texts' activations (equal values share their mean rank, from 1),
#
# $$\mathrm{AUROC}_j = \frac{R_j - n_1 (n_1 + 1) / 2}{n_1\, n_0} .$$
#
# `scipy.stats.rankdata(table, axis=0)` ranks each column so.
#
# <details><summary>Hint 1: nudge</summary>
#
# The table of ranks first; then one line for the AUROC, two for the cosine, two for the silent.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# Latents and ranks are `[text, latent]`, the sum over the True rows is `[latent]`. Rows
# `[latent, d]` times direction `[d]` is `[latent]`. A row of length 0 must not give nan.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# ranks within each column, on numpy's side; back to torch
# their sum over the True texts, less n1 (n1 + 1) / 2, over n1 times n0
# product of each row with the direction, over both lengths (0 where the row's is 0)
# silent: no activation above 0 in the column; there .5 and 0
# ```
#
# </details>


# %% exercise="dictionary_matches"
def dictionary_matches(
    latents: Float[Tensor, "text latent"],
    labels: Bool[Tensor, " text"],
    W_dec: Float[Tensor, "latent d"],
    direction: Float[Tensor, " d"],
) -> tuple[Float[Tensor, " latent"], Float[Tensor, " latent"]]:
    """Return each latent's AUROC for the labels and its row's cosine with a direction.

    Args:
        latents: activations, 0 or more.
        labels: both kinds occur.
        W_dec, direction: of any length.
    """
    ### BEGIN SOLUTION
    ranks = torch.from_numpy(rankdata(latents.numpy(force=True), axis=0))
    yes, no = int(labels.sum()), int((~labels).sum())
    auroc = (ranks[labels].sum(dim=0) - yes * (yes + 1) / 2) / (yes * no)
    rows = torch.nn.functional.normalize(W_dec.double(), dim=1)
    cosine = rows @ torch.nn.functional.normalize(direction.double(), dim=0)
    fires = (latents > 0).any(dim=0)
    return torch.where(fires, auroc, 0.5), torch.where(fires, cosine, 0.0)
    ### END SOLUTION


# %% check="dictionary_matches" points=3
with check(dictionary_matches) as c:
    y = torch.tensor([True, False, True, False, True])
    z = torch.tensor([[3.0, 0, 0, 1, 0], [0, 2, 0, 4, 0], [1.0, 0, 0, 0, 0], [0, 1, 0, 0, 0],
                      [0.5, 0, 0, 3, 1]])  # fmt: skip
    rows = torch.tensor([[2.0, 0], [0, 0.5], [3, 3], [-1, 0], [0, 0]])
    auroc, cosine = c.call(z, y, rows, torch.tensor([4.0, 3.0]))
    c.close(auroc, [1.0, 0.0, 0.5, 2.5 / 6, 4 / 6], "perfect, backwards, silent, between, ties")
    c.close(cosine, [0.8, 0.6, 0.0, -0.8, 0.0], "lengths do not matter, signs do; silent: 0")
    turned = c.call(z, ~y, rows, torch.tensor([4.0, 3.0]))[0]
    c.close(turned, 1 - auroc, "other labels, mirrored")

# %% [markdown]
# The latents are **chosen** on the training and validation texts and **reported** on the test
# texts, like the layer: with 8,192 candidates the largest AUROC of anything looks well. How large
# it gets for labels that mean nothing, shuffled within groups, stands beside it.
#
# **Predict.** The AUROC of the best latent on test texts, beside that of the probe at the same
# layer; and the cosine between its row and your direction.

# %%
my_latent_auroc = None
my_cosine = None

# %%
parts = dictionary.weights()
stream = acts[dictionary.LAYER]
latents = helpers.loudest_in_texts(smollm2, data.texts)  # [text, latent]
train, valid, test = splits[0]
known = train | valid
its_step = helpers.between_the_means(stream[train], labels[train])
auroc, cosine = dictionary_matches(latents[known], labels[known], parts["W_dec"], its_step)
on_test, _ = dictionary_matches(latents[test], labels[test], parts["W_dec"], its_step)
by_data = auroc.argsort(descending=True)[:4].tolist()
by_cosine = cosine.argsort(descending=True)[:4].tolist()
chosen = by_data[0]
w, b = probe(stream[train], labels[train])
its_probe = earlier.evaluate((stream[test].double() @ w + b), labels[test])
shuffled_best = []
for seed in range(20):
    mixed = helpers.meaningless(labels, groups, seed)
    first, _ = dictionary_matches(latents[known], mixed[known], parts["W_dec"], its_step)
    second, _ = dictionary_matches(latents[test], mixed[test], parts["W_dec"], its_step)
    shuffled_best.append((first.max().item(), second[first.argmax()].item()))
chance = torch.tensor(shuffled_best)
chance_cosine = 1.96 / stream.shape[1] ** 0.5
helpers.versus(my_latent_auroc, f"{on_test[chosen]:.3f}; the probe has {its_probe['auroc']:.3f}",
               f"AUROC of latent {chosen} on test texts")  # fmt: skip
helpers.versus(my_cosine, f"{cosine[chosen]:+.2f}", "Cosine of its row with the direction")
for what, leaders in (("by data", by_data), ("by cosine", by_cosine)):
    print(f"{what}:")
    for k in leaders:
        print(
            f"    {k:>5}: AUROC {auroc[k]:.2f}, on test {on_test[k]:.2f}, cosine {cosine[k]:+.2f}"
        )
print(f"labels without meaning, 20 times: the best of all latents has {chance[:, 0].mean():.2f};")
print(
    f"    the same one on test texts {chance[:, 1].mean():.2f} (largest {chance[:, 1].max():.2f})"
)
print(f"95% of random rows have a cosine within +-{chance_cosine:.2f}")

# %% [markdown]
# What else does it fire for? The course's held-out text was not made for your feature:

# %%
corpus = dictionary.tokens()[:48, :64]
with torch.no_grad():
    _, cache = smollm2.run_with_cache(corpus, names_filter=dictionary.HOOK)
there = cache[dictionary.HOOK].float()
of_chosen = dictionary.encode(there)[..., chosen]
loudest = earlier.top_activating_examples(of_chosen, dictionary.ordinary(there), 6)
for row, place in loudest:
    before = smollm2.to_string(corpus[row, max(0, place - 8) : place])
    word = smollm2.to_string(corpus[row, place : place + 1])
    print(f"{of_chosen[row, place]:6.1f}  ...{before}[{word}]".replace("\n", " "))
fires = latents[test][:, chosen] > latents[known][:, chosen].max() * 0.1
if bool(fires.any()) and not bool(fires.all()):
    score, p = earlier.autointerp_score(labels[test], fires, 500, 0)
    print(f"explained by '{data.names[1]}', on the test texts: {score:.2f}, p = {p:.3f}")

# %% [markdown]
# And **clamp** it: on the texts without the feature, at the largest activation that it has on your
# texts; on those with it, at 0. The controls: rows of other latents that fire on your texts, at the
# same size, since a random direction is no latent.

# %%
test_rows = test.nonzero()[:, 0].tolist()
asked_there = intervening.question(
    smollm2, data, test_rows, answers, dictionary.LAYER, earlier.logit_diff
)
peak = latents[:, chosen].max().item()
kind_there = labels[asked_there.rows]
as_it_is = asked_there.ask(intervening.same)[0]


def clamped(latent: int, value: float) -> intervening.Change:
    """A latent set to a value at every position; the dictionary's error term stays."""
    return partial(
        earlier.clamp_feature, encode=dictionary.encode, W_dec=parts["W_dec"], latent=latent,
        value=value,
    )  # fmt: skip


raised = (asked_there.ask(clamped(chosen, peak))[0] - as_it_is)[~kind_there].mean().item()
silenced = (asked_there.ask(clamped(chosen, 0.0))[0] - as_it_is)[kind_there].mean().item()
alive = (latents[known] > 0).any(0).nonzero()[:, 0]
others = alive[torch.randperm(len(alive), generator=torch.Generator().manual_seed(0))[:39]].tolist()
others = [latent for latent in others if latent != chosen]
other_effects = torch.tensor([
    (asked_there.ask(clamped(latent, peak))[0] - as_it_is)[~kind_there].mean().item()
    for latent in tqdm(others, desc="other latents", leave=False)
])  # fmt: skip
p_clamp = float("nan")  # without twins nothing is measured
if asked_there.rows:
    p_clamp = effect_against_random(torch.tensor([raised]), other_effects[:, None]).item()
words = [int(asked_there.if_true[0]), int(asked_there.if_false[0])]
ranks = {}
changes = {"as it is": intervening.same, "clamped": clamped(chosen, peak)}
for name, change in changes.items() if asked_there.rows else ():
    logits = asked_there.logits(change)[~kind_there]
    ranks[name] = [
        earlier.token_rank(logits[None], torch.full((len(logits),), word)).double().mean().item()
        for word in words
    ]
print(
    f"latent {chosen} at its largest, {peak:.1f}, on {data.names[0]} texts: {raised:+.2f} logits;"
)
print(f"    {len(others)} others: largest {other_effects.abs().max():.2f}, p = {p_clamp:.3f}")
print(f"at 0 on {data.names[1]} texts: {silenced:+.2f} logits")
for name, (true_rank, false_rank) in ranks.items():
    print(f"{name}: mean rank of {answers.if_true[0]!r} {true_rank:.0f},", end=" ")
    print(f"of {answers.if_false[0]!r} {false_rank:.0f}")

# %% [markdown]
# For *tense* one latent has it all: 7641, lab 05's knob, is first by data (AUROC 1.00 on test
# texts, and the next one .75) and by cosine (+.75), and clamped it moves the answer five times as
# far as any other latent. Features are rarely so kind. And look at the held-out text once more: "we
# didn't expect" is a past without a past form. Is it the tense of the word, or of what happened?

# %% [markdown] question="which_latents" points=4
# ### Question E: which dictionary features match it?
#
# (1) Name the latents by data and by cosine, with both numbers each; do they agree? (2) How were
# they chosen, from how many, and what do labels without meaning give? (3) What else does the chosen
# latent fire for, by the held-out text: is it your feature, wider, or narrower? (4) What does the
# clamp add, and against which control?
#
# ### BEGIN SOLUTION
# **Model answer.** Latents and numbers as printed. (1) They agree where the same latent leads both
# lists; otherwise the direction is spread over several latents, or the latent that fires with the
# feature writes something else. (2) The best of 8,192 on training and validation texts, reported on
# test texts; labels without meaning give the printed AUROC for the best of all, which is far above
# 1/2, and about 1/2 on test texts: that is why it is reported there. (3) From the printed places: a
# latent that also fires where the feature does not hold is wider; one that leaves True texts silent
# is narrower, or absorbed by others. (4) That the latent does something: clamping it moves the
# answer further than any of the other latents that fire on these texts, at the same size.
#
# **Rubric.** One point: both lists with numbers. One point: choice and report apart, and the number
# of candidates with its chance level. One point: the held-out text is read, and a verdict on width.
# One point: clamp with its control, or why it could not be measured.
# ### END SOLUTION

# %% [markdown]
# ## Part V: What may you claim?
#
# ### Exercise 7: verdict
#
# difficulty 2/5 · importance 5/5 · 15 min
#
# Put the rules down before you look at the result. A hurdle is what is reached *without* your
# feature: by saying one label always, by a table of words, by a probe that knows its test groups,
# by a direction that means nothing. Five **hurdles**, in this order:
#
# | hurdle | is cleared if |
# |---|---|
# | `"base rate"` | `low > base_rate`: the low end of the interval, not the score |
# | `"give-away"` | `low > give_away` |
# | `"control"` | `low > control` |
# | `"ablation"` | `p_ablation <= 0.05` |
# | `"steering"` | `p_steering <= 0.05` |
#
# Who clears the first three can *read* the feature. The verdict is `"used"` if all five are
# cleared, `"present"` if the first three are, and one or both of the others are not, and
# `"neither"` if one of the first three is not: an effect of a direction that cannot be read is not
# the effect of your feature. Return the verdict and the list of hurdles that were **not** cleared,
# in their order.
#
# *Neither* does not mean "not in the model". It means: not shown by these data. A hurdle of 1.00
# can be cleared by nobody, and says that the data have to change.
#
# **What was not measured is not cleared**: a number that is missing from `evidence`, or is `None`
# or nan, fails every hurdle that needs it. Nothing may raise.
#
# <details><summary>Hint 1: nudge</summary>
#
# Every comparison with nan is False. So turn what is missing into nan, and ask each hurdle whether
# it *is* cleared, never whether it is not.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# In: a dict of numbers under `low`, `base_rate`, `give_away`, `control`, `p_ablation`,
# `p_steering`. Out: a string and a list of strings.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# each number, or nan where it is missing or None
# five truths, in order; the names of those that are false
# none: used; only among the last two: present; else neither
# ```
#
# </details>


# %% exercise="verdict"
def verdict(evidence: dict[str, float | None]) -> tuple[str, list[str]]:
    """Return "used", "present" or "neither", and the hurdles that were not cleared, in order.

    Args:
        evidence: numbers under "low", "base_rate", "give_away", "control", "p_ablation" and
            "p_steering"; what is missing, None or nan was not measured.
    """
    ### BEGIN SOLUTION
    names = ("low", "base_rate", "give_away", "control", "p_ablation", "p_steering")
    known = {name: float("nan") if evidence.get(name) is None else evidence[name] for name in names}
    taken = {
        "base rate": known["low"] > known["base_rate"],
        "give-away": known["low"] > known["give_away"],
        "control": known["low"] > known["control"],
        "ablation": known["p_ablation"] <= 0.05,
        "steering": known["p_steering"] <= 0.05,
    }
    failed = [name for name, is_taken in taken.items() if not is_taken]
    if not failed:
        return "used", failed
    return ("present" if {*failed} <= {"ablation", "steering"} else "neither"), failed
    ### END SOLUTION


# %% check="verdict" points=3
with check(verdict) as c:
    good = {"low": 0.9, "base_rate": 0.5, "give_away": 0.6, "control": 0.55, "p_ablation": 0.05,
            "p_steering": 0.05}  # fmt: skip
    said, failed = c.call(good)
    c.true((said, list(failed)) == ("used", []), "all five hurdles are taken: .05 is enough")
    said, failed = c.call(good | {"p_ablation": 0.07})
    c.true((said, list(failed)) == ("present", ["ablation"]), "it is read; one effect is none")
    said, failed = c.call(good | {"p_ablation": 0.3, "p_steering": 0.07})
    both = ["ablation", "steering"]
    c.true((said, list(failed)) == ("present", both), "it is read, and has no effect at all")
    said, failed = c.call(good | {"give_away": 0.9, "p_steering": 0.2})
    c.true((said, list(failed)) == ("neither", ["give-away", "steering"]), "equal is not above")
    said, failed = c.call(good | {"base_rate": 0.9, "control": 0.9})
    both = ["base rate", "control"]
    c.true((said, list(failed)) == ("neither", both), "nor at the base rate, nor at the control")
    said, failed = c.call({name: good[name] for name in good if name != "control"})
    c.true((said, list(failed)) == ("neither", ["control"]), "what was not measured is not taken")
    said, failed = c.call(good | {"low": float("nan"), "p_steering": None})
    whole = ["base rate", "give-away", "control", "steering"]
    c.true((said, list(failed)) == ("neither", whole), "nan and None were not measured")

# %% [markdown]
# **Predict.** The verdict on your feature, before you run the cell.

# %%
my_verdict = None

# %%
worst = {k: max(float(found[number]) for found in p_values.values())
         for number, k in enumerate(("p_ablation", "p_steering"))}  # fmt: skip
evidence = {
    "low": low, "base_rate": audit["base_rate"], "give_away": give_away, "control": control,
    **worst,
}  # fmt: skip
said, failed = verdict(evidence)
helpers.versus(my_verdict, said, "Verdict")
print("hurdles that were not cleared:", ", ".join(failed) or "none")
print("with the better of the two kinds of controls it would read:", end=" ")
print(verdict(evidence | {k: min(float(found[n]) for found in p_values.values())
                          for n, k in enumerate(("p_ablation", "p_steering"))})[0])  # fmt: skip

# %% [markdown]
# The numbers of the next exercise:

# %%
latent_ends = helpers.redrawn(earlier.evaluate, latents[test, chosen], labels[test], groups[test])
hurdle = max(float(found.max()) for found in largest.values())  # each control may choose, too
measured = {
    "reading": (test_score, low, high, max(audit["base_rate"], give_away), LAYERS),
    "memory": (test_score, low, high, control, LAYERS),
    **{
        what: (abs(float(effect)), *helpers.sized(effect_ends[what], effect), hurdle, 2)
        for what, effect in zip(("ablation", "steering"), yours, strict=True)
    },
    "latent": (on_test[chosen].item(), *latent_ends, chance[:, 1].max().item(), len(auroc)),
}
for about, (number, first, last, against, tried) in measured.items():
    number, first, last, against = map(helpers.plain, (number, first, last, against))
    print(f'"{about}": "number": {number}, "low": {first}, "high": {last}, '
          f'"control": {against}, "tried": {tried}')  # fmt: skip

# %% [markdown]
# ### Exercise 8: claims
#
# difficulty 2/5 · importance 5/5 · 15 min
#
# Your claims, as data: a list of dicts, one for each of the five `about`s below, in any order. A
# claim without the number that could have sunk it is not a claim.
#
# | key | what |
# |---|---|
# | `about` | `"reading"`, `"memory"`, `"ablation"`, `"steering"` or `"latent"` |
# | `claim` | a sentence of yours, four words at least |
# | `number`, `low`, `high` | what was measured, and its interval |
# | `control` | the number that it has to beat: the largest of the controls |
# | `side` | `"test"`: where number, interval and control were measured |
# | `tried` | out of how many it was chosen (1 if it was not) |
# | `stands` | `True` exactly if `low > control` |
#
# *Reading* is your test score against the higher of base rate and give-away, *memory* the same
# score against the control task; *ablation* and *steering* the size of your effect against the
# largest that any control direction did in either of the two, in logits (each may choose, as in
# exercise 5); *latent* the AUROC of the chosen latent. For a latent, `tried` is the number of
# latents; the layers count for *reading* and *memory*. The cell above prints most of it; the
# sentences, and whether it stands, are yours. Write **plain numbers**, as in a challenge's answer:
# what is graded is what stands here, and nothing is run again. Where it prints `None` for
# *ablation* and *steering* (your data have no twins), write `None` for these four numbers, and
# `False`: what was not measured does not stand, and the sentence says so.
#
# <details><summary>Hint 1: nudge</summary>
#
# Run the cell above and copy. Then read each line and ask: which number would have sunk it?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# A list of five dicts with nine keys each; `number`, `low`, `high`, `control` are floats, `tried`
# an int, `stands` a bool.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# for each of the five:
#     your sentence; number, low, high, control, as printed
#     side is "test"; tried: layers, latents, or 1
#     stands: is low above control?
# ```
#
# </details>

# %% exercise="claims"
claims = [
    {"about": "reading", "claim": "...", "number": None, "low": None, "high": None,
     "control": None, "side": "test", "tried": None, "stands": None},
]  # fmt: skip
### BEGIN SOLUTION
claims = [
    {"about": "reading", "claim": "The stream at layer 17 holds the tense, also of new verbs",
     "number": 0.969, "low": 0.936, "high": 0.995, "control": 0.5, "side": "test", "tried": 31,
     "stands": True},
    {"about": "memory", "claim": "The probe does not know the test verbs by heart",
     "number": 0.969, "low": 0.936, "high": 0.995, "control": 0.455, "side": "test", "tried": 31,
     "stands": True},
    {"about": "ablation", "claim": "Without the direction half of the answer's gap is lost",
     "number": 5.499, "low": 4.994, "high": 5.964, "control": 1.225, "side": "test", "tried": 2,
     "stands": True},
    {"about": "steering", "claim": "A step along it moves the next verb's tense",
     "number": 2.773, "low": 2.536, "high": 2.953, "control": 1.225, "side": "test", "tried": 2,
     "stands": True},
    {"about": "latent", "claim": "Latent 7641 fires on past verbs and not on present ones",
     "number": 1.0, "low": 1.0, "high": 1.0, "control": 0.599, "side": "test", "tried": 8192,
     "stands": True},
]  # fmt: skip
### END SOLUTION

# %% check="claims" points=3
with check(claims=claims) as c:
    found = {claim.get("about"): claim for claim in c.value if isinstance(claim, dict)}
    five = {"reading", "memory", "ablation", "steering", "latent"}
    c.true(set(found) == five and len(c.value) == 5, "one claim about each of the five")
    keys = {"about", "claim", "number", "low", "high", "control", "side", "tried", "stands"}
    c.true(all(keys <= set(claim) for claim in found.values()), "all nine keys in each")
    c.true(all(len(str(claim["claim"]).split()) > 3 for claim in found.values()), "a sentence each")
    c.true(all(claim["side"] == "test" for claim in found.values()), "measured on the test side")
    for about, claim in found.items():
        numbers = [claim[key] for key in ("number", "low", "high", "control")]
        share = about in ("reading", "memory", "latent")
        if numbers == [None] * 4 and not share:
            c.true(claim["stands"] is False, f"{about}: not measured, so it does not stand")
            continue
        plain = all(type(value) in (int, float) for value in numbers)
        c.true(plain, f"{about}: four plain numbers")
        inside = claim["low"] - 0.02 <= claim["number"] <= claim["high"] + 0.02
        c.true(inside, f"{about}: the number lies in its interval")
        c.true(claim["stands"] is (claim["low"] > claim["control"]), f"{about}: stands as it does")
        some = type(claim["tried"]) is int and claim["tried"] > share
        c.true(some, f"{about}: out of how many it was chosen")

# %% [markdown]
# Are they the numbers of *this* run? (Another split, another seed, another stand-in, and they are
# not; then it is time to copy anew.)

# %%
for claim in claims:
    mine = [claim.get(key) for key in ("number", "low", "high", "control")]
    now = [float(value) for value in measured.get(claim.get("about"), (0.0,) * 4)[:4]]
    gaps = [abs((one or 0.0) - other) for one, other in zip(mine, now, strict=True)]
    print(f"{claim.get('about')}: largest difference from this run {helpers.plain(max(gaps))}")

# %% [markdown]
# ## The headline: one picture for the whole story

# %%
figure = headline.figure(
    feature=data.feature, names=data.names, layer=layer,
    curves={"test": tables["test"], "control task": tables["control"]},
    levels={"words alone": give_away, "base rate": audit["base_rate"]},
    interval=(low, high),
    effects={"ablation": float(yours[0]), "steering": float(yours[1])}, controls=controls,
    gap=gap, auroc=auroc, cosine=cosine, named=sorted({*by_data[:2], *by_cosine[:2]}),
)  # fmt: skip
print("saved to", plots.save(figure, helpers.HEADLINE))
figure

# %% [markdown]
# ## Part VI: the planted challenge
#
# Before you write about your own feature: a model in which somebody knows the truth. It is made
# from your name: 8 blocks, 12 positions, two answers. A token is **odd** or **even** by its id, so
# you can label ten features, one for each of the positions 1 to 10. Look at the stream at the
# **last** position. In the 240 prompts that come with the model, a probe reads *three* of the ten
# there without an error:
#
# - one is **used**: it decides the answer;
# - one is **present**: it is carried to the last position, and nothing reads it;
# - one is **confounded**: it is *not in the model's stream at all*. In these prompts it equals one
# of the other two, its **companion**, always. Whoever has only these prompts cannot tell.
#
# So make other prompts. `planted.twins(challenge, position)` gives the same prompts with the token
# at one position exchanged for one of the other parity; the answers that came with the prompts
# (`challenge.answers`) are of course those to the old ones.

# %%
student_name = "reference"

# %%
if student_name == "reference":
    print("this is the example's model: type your own name above, and run that cell and this one")
challenge = models.challenge("07_capstone", helpers.CHALLENGE, student_name)
is_odd = challenge.tokens % 2 == 1  # [prompt, position]
streams = planted.streams(challenge.model, challenge.tokens)  # [layer, prompt, d_model]
print(f"{len(is_odd)} prompts of {is_odd.shape[1]} tokens; layers 0 to {len(streams) - 1}")
half = len(is_odd) // 2
readable = torch.zeros(len(streams), 10)
for depth in range(len(streams)):
    for position in range(1, 11):
        w, b = planted.probe(streams[depth, :half], is_odd[:half, position])
        says = streams[depth, half:].double() @ w + b > 0
        readable[depth, position - 1] = (says == is_odd[half:, position]).double().mean()
plots.heatmap(
    readable, x=list(range(1, 11)), xlabel="odd or even at position", limits=(0.5, 1),
    unit="test accuracy", title="Read at the last position, by layer",
)  # fmt: skip

# %%
# Your own experiments. What do twins at position 1 change: the answers, the stream?
others = planted.twins(challenge, 1)
with torch.no_grad():
    new_answers = challenge.model(others)[:, -1].argmax(-1)
print(f"{int((new_answers != challenge.answers).sum())} of {len(is_odd)} answers change")

# %% [markdown]
# ### Exercise 9: challenge_answer
#
# difficulty 4/5 · importance 4/5 · 30 min
#
# Plain numbers. `used` and `present` are positions; `confounded` is a pair `(position, companion)`:
# whose feature it is, and the position of the feature that it equals in the given prompts; `layers`
# is a pair: the first layer at which the **used** one can be read at the last position, and the
# first at which the **present** one can (layer 0 is the embedding, layer $\ell$ the stream after
# $\ell$ blocks: the rows of the map).
#
# $$\text{answer} = g(a_{\text{used}}), \quad \text{whatever the other } a_p .$$
#
# <details><summary>Hint 1: nudge</summary>
#
# Three columns of the map are bright. Exchange one token at a time: what follows, in the answers,
# and in the stream at the last position?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# For twins: `planted.streams(challenge.model, others)` is `[layer, prompt, d_model]`, like
# `streams`. Their difference at the last layer is 0 in the probe's direction, or it is not.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# for each bright column: twins at that position
#     all answers change: used
#     no answer changes, and the probe's reading flips: present
#     no answer changes, and the probe's reading stays: confounded
# companion: the bright column that is equal to it in challenge.tokens
# layers: the first bright row of either column
# ```
#
# </details>

# %% exercise="challenge_answer"
challenge_answer = {"used": None, "present": None, "confounded": None, "layers": None}
### BEGIN SOLUTION
challenge_answer = {"used": 8, "present": 9, "confounded": (6, 8), "layers": (1, 6)}
### END SOLUTION

# %% check="challenge_answer" points=4
with check(challenge_answer=challenge_answer) as c:
    found = c.value
    names = {"used", "present", "confounded", "layers"}
    c.true(names <= set(found) and None not in found.values(), "all four entries are filled in")
    pairs_given = [found["confounded"], found["layers"]]
    c.true(all(isinstance(p, tuple | list) and len(p) == 2 for p in pairs_given), "two are pairs")
    named = [found["used"], found["present"], found["confounded"][0]]
    c.true(all(p in range(1, 11) for p in named), "positions from 1 to 10")
    c.true(len(set(named)) == 3, "three different ones")
    c.true(all(depth in range(1, 9) for depth in found["layers"]), "layers from 1 to 8")
    c.true(all(readable[-1, p - 1] > 0.97 for p in named), "all three are bright in the map")
    odd = challenge.tokens % 2
    same = odd[:, found["confounded"][0]] == odd[:, found["confounded"][1]]
    c.true(same.all(), "the confounded one equals its companion in every prompt")
    sides = (odd[:, found["used"]] == odd[0, found["used"]]) == (
        challenge.answers == challenge.answers[0]
    )
    c.true(sides.all(), "the used feature goes with the answer in every prompt")

# %% [markdown]
# The last two lines hold for a confounded feature, too, if its companion is the used one. What only
# twins can tell, this check leaves to you.

# %% [markdown]
# ## Part VII: the report
#
# Write for somebody who did not run this notebook, and who is inclined to doubt you.

# %% [markdown] question="what_would_change_your_mind" points=3
# ### Question F: what would change your mind?
#
# Name **three experiments** that you have not done, each with the result that would make you take
# back or weaken one of your five claims, and which claim. At least one must be about the data, and
# at least one about the intervention. ("More data" is no experiment.)
#
# ### BEGIN SOLUTION
# **Model answer** (for *tense*). (1) Data: a test set with plural subjects ("the farmers take"). If
# the score falls to one half, the claim *reading* is one about the letter -s. (2)
# Intervention: steer at the verb's position only, and at all positions but the verb's. If only the
# former works, the later positions merely copy, and "used at this layer" shrinks to one place. (3)
# A second question (" He" or " Now", with other verbs): if ablation does nothing there, *ablation*
# and *steering* hold for one template of questions alone.
#
# **Rubric.** One point for each experiment that names a result and the claim that it would sink. No
# point for an experiment whose every outcome would leave all claims standing.
# ### END SOLUTION

# %% [markdown] question="report" points=8
# ### Question G: the report
#
# 45 to 60 min
#
# One page, 300 to 500 words: **(a)** the feature and its data, with the audit; **(b)** where it is
# read, with score, interval and controls; **(c)** whether it is used, with effects and controls;
# **(d)** which latents match it; **(e)** your verdict, in one sentence, with its limits. Each
# number with its unit and the side on which it was measured; say how many things you tried. A
# feature that came out "neither" can earn all points: a negative result with good controls is worth
# more than a positive one without.
#
# ### BEGIN SOLUTION
# **Model answer.** See the two marked examples in `grader/checks/07_capstone/examples/`:
# `strong.md` and `weak.md`.
#
# **Rubric**, a point each. (1) *Definition*: a stranger could label a new text. (2) *Data*: the
# audit's numbers, and what the groups are. (3) *Reading*: test score with an interval over groups,
# the layer chosen on validation data. (4) *Reading, controls*: base rate, words alone and control
# task, each with its number. (5) *Use*: both effects in logits, with both kinds of control
# directions and the number of tries. (6) *Latents*: chosen and reported on different texts, with
# the chance level; the clamp with its control. (7) *Verdict*: it follows from the numbers given, no
# claim goes beyond them. (8) *Limits*: a companion or another reading of the result that the data
# leave open, named. Lines (5) and (6) are earned, too, by saying what could not be measured, what
# the data lack, and that no claim rests on it.
# ### END SOLUTION

# %% [markdown]
# ## What you have now
#
# - A walk from a label to a claim that you can do on any feature, any bridge: change `FEATURE`, the
# texts, or `models.load(...)` (and leave part IV out where there is no dictionary).
# - **Five claims, five controls.** What sinks most published ones is the cheapest of all: a table
# of words, a split by group, a direction from shuffled labels.
# - *Present* is a result. *Neither* is a result.
#
# ## Further reading, with numbers to hold against yours
#
# - Breiman, Friedman, Olshen, Stone, *Classification and Regression Trees* (1984). The
# one-standard-error rule. Cameron, Gelbach, Miller, *Bootstrap-Based Improvements for Inference
# with Clustered Errors* (2008): why groups are drawn whole, and that fewer than about 30 groups
# make intervals too narrow. Count yours.
# - Westfall, Young, *Resampling-Based Multiple Testing* (1993). The max-statistic.
# - Ravichander, Belinkov, Hovy, *Probing the Probing Paradigm* (2021), [arXiv
# 2005.00719](https://arxiv.org/abs/2005.00719). Probes read features that the task never needed.
# - Marks, Tegmark, *The Geometry of Truth* (2023), [arXiv
# 2310.06824](https://arxiv.org/abs/2310.06824). A report of this form: several data sets, transfer
# between them, and an intervention.
# - Kantamneni and others, *Are Sparse Autoencoders Useful? A Case Study in Sparse Probing* (2025),
# [arXiv 2502.16681](https://arxiv.org/abs/2502.16681). Latents beside plain probes on 113 data
# sets: probes on latents win rarely.
# - Wu and others, *AxBench* (2025), [arXiv 2501.17148](https://arxiv.org/abs/2501.17148). For
# steering, prompts and simple difference-of-means directions beat dictionaries there.
