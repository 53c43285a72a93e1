# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 06: stochastic parameter decomposition
#
# Labs 01 to 05 asked what a model's *activations* say: which directions they hold, where they go,
# who uses them. But a model is not its activations. It is a few matrices, and whatever it can do is
# written in them. **Can a matrix be taken apart into the things it does?**
#
# A matrix of a trained model does many things, most of them rarely. **Stochastic parameter
# decomposition** (SPD; Bushnaq, Braun, Sharkey 2025) writes it as a sum of many simple matrices,
# the *components*, and learns for every input which of them are needed. The test of *not needed* is
# what gives the method its name: such a component may be multiplied by **any** number between 0 and
# 1, drawn at random, and the model's output must not change.
#
# $$W = \sum_c U_{:,c}\, V_{c,:} \qquad \text{every component of rank one, and for each input
# only a few of them needed}$$
#
# The method is young. It works on small models, not yet on large ones, and part III says what is
# open. In the first two parts you build all of it, and decompose a
# model whose mechanisms are known, live in this notebook.
#
# | part | you ask | exercises |
# |---|---|---|
# | I | What would a right answer look like, and what is it made of? | 1 to 12 |
# | II | Does training find it, and can you tell when it does not? | 13 to 19 |
# | III | What does it find in larger models, and what is open? | 20 to 22 |
#
# **Short of time?** The README says what to do in 45, in 90 and in 180 minutes. You need PyTorch
# and gradients; lab 04 (superposition) and lab 05 help and are not needed.

# %% [markdown]
# ## How this notebook works
#
# **Before each exercise** stand the idea, the formula, and three hints that give away more and
# more. **After each exercise** stands a check: it tries your function on small inputs and says in a
# sentence what holds and what does not. Checks test *properties*, so any correct solution passes.
# **Before each result** you are asked for a prediction: replace `None` by a guess before you run
# the cell below it.
#
# **When your work is graded**, only imports, definitions and constants written out in the notebook
# are kept. A function gets everything it needs through its arguments, from imported modules or from
# other functions of the notebook; the checks warn you when one leans on a variable of an
# experiment.

# %%
import math
from collections.abc import Callable, Sequence

import torch
from einops import einsum
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional

from labkit import check, models, plots, targets
from labkit.planted import ring

import larger_helpers as larger
import spd_challenge_helpers as unknown
import spd_helpers as helpers
import spd_pictures_helpers as pictures
import spd_training_helpers as training

torch.set_num_threads(1)  # everything here is small: more threads make it slower

# %% [markdown]
# ## Part I: what would a right answer look like?
#
# ### The target
#
# The toy model of superposition of lab 04: five features, each present in 5% of the samples with a
# size between 0 and 1, pressed through **two** numbers and unpacked again.
#
# $$\hat x = \mathrm{ReLU}(W_\text{unembed}\, W_\text{embed}\, x + b), \qquad W_\text{embed} \in
# \mathbb R^{2 \times 5}, \quad W_\text{unembed} = W_\text{embed}^\top$$
#
# From here on it is *frozen*: nobody trains it any more. As a function it is written in an unusual
# way. Whoever calls it hands over its **layers**, functions from a layer's input to its output; so
# anybody can run the same model with a layer exchanged. (A layer with matrix $W$ `[out, in]` turns
# inputs $a$ `[batch, in]` into $a W^\top$ `[batch, out]`, as PyTorch's own.) The cell below holds
# what many exercises use: `tms` makes such a function, `layer_inputs` runs it and notes what comes
# into each layer, and `dice` is where random numbers come from.

# %%
Layers = dict[str, Callable[[Tensor], Tensor]]
Forward = Callable[[Tensor, Layers], Tensor]


def tms(bias: Float[Tensor, " features"]) -> Forward:
    """Return the toy model of superposition, a function of its input and of its layers."""

    def forward(x: Tensor, layers: Layers) -> Tensor:
        hidden = layers["embed"](x)
        if "identity" in layers:  # a variant that part III takes apart
            hidden = layers["identity"](hidden)
        return torch.relu(layers["unembed"](hidden) + bias)

    return forward


def layer_inputs(
    forward: Forward, x: Tensor, weights: dict[str, Tensor]
) -> tuple[Tensor, dict[str, Tensor]]:
    """Run the target as it is; return its output, and what came into each of its layers."""
    seen = {}

    def layer(name: str) -> Callable[[Tensor], Tensor]:
        def run(a: Tensor) -> Tensor:
            seen[name] = a
            return a @ weights[name].mT

        return run

    with torch.no_grad():
        out = forward(x, {name: layer(name) for name in weights})
    return out, seen


def dice(seed: int) -> torch.Generator:
    """Return a source of random numbers that begins at ``seed``."""
    return torch.Generator().manual_seed(seed)


# %%
target = targets.load("tms_5_2")
forward = tms(target.bias)
for name, W in target.weights.items():
    print(
        f"{name}: [out, in] = {list(W.shape)}, lengths of the five features' vectors:",
        " ".join(f"{size:.2f}" for size in W.norm(dim=W.shape.index(2))),
    )
print("bias:", " ".join(f"{b:.2f}" for b in target.bias))
helpers.arrows({"the columns of embed": target.weights["embed"]}, "A pentagon in the plane")

# %% [markdown]
# What does this model *do*? It handles five features. Its mechanism for feature 3, say, is one
# column of `embed`, which writes the feature's direction into the plane, and one row of `unembed`,
# which reads it off. The matrices are sums of such pieces, and each piece matters in the few
# samples only where its feature is present. That is what a decomposition has to find, and here we
# know it beforehand. So before anything is trained, let us settle how an answer is judged.
#
# ### Rank-one components, and two numbers that judge them
#
# A **component** of a matrix $W$ `[out, in]` is a matrix of the same shape and of rank one: it
# reads one direction $V_{c,:}$ of the layer's input and writes one direction $U_{:,c}$,
#
# $$P_c = U_{:,c}\, V_{c,:}, \qquad U \in \mathbb R^{\text{out} \times C}, \quad V \in \mathbb
# R^{C \times \text{in}}.$$
#
# Column $j$ of $P_c$ is $U_{:,c} V_{c,j}$: what the component writes when feature $j$ alone
# comes in. The papers compare it with column $j$ of $W$, and report two numbers:
#
# - **MMCS**, the *mean max cosine similarity*: the best cosine that any component's column
#   reaches with the true one, in the mean over features. Do the directions agree?
# - **ML2R**, the *mean L2 ratio*: how long that best component's column is beside the true one,
#   in the mean. Do the sizes agree?

# %% [markdown]
# ### Exercise 1: mmcs
#
# difficulty 2/5 · importance 5/5 · 8 min
#
# $$\mathrm{MMCS} = \frac1{\text{in}} \sum_j \max_c\, \frac{P_c[:,j] \cdot W[:,j]}{\lVert P_c[:,j]
# \rVert\, \lVert W[:,j] \rVert}$$
#
# A component that writes *against* the true column has a cosine of $-1$, and is no match. One
# whose column $j$ is all zeros has no direction there; let its cosine be 0. (No column of $W$
# is zero.)
#
# <details><summary>Hint 1: nudge</summary>
#
# A component's column is not just its $U_{:,c}$. What does $V_{c,j}$ do to it when it is negative,
# and what when it is 0?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# All columns of all components: `[C, out, in]`, or `[out, C, in]`. The cosine is over `out`, the
# maximum over `C`, the mean over `in`. `functional.cosine_similarity` takes `dim=` and gives 0
# where one side is zero.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# made    = every component as a matrix of its own
# cosines = for each component and each column: the cosine with that column of W
# for each column the best of them, then the mean
# ```
#
# </details>


# %% exercise="mmcs"
def mmcs(W: Float[Tensor, "out in"], U: Float[Tensor, "out C"], V: Float[Tensor, "C in"]) -> float:
    """Return the mean over columns of W of the best cosine of a component's column with it."""
    ### BEGIN SOLUTION
    made = einsum(U, V, "o c, c i -> c o i")
    cosines = functional.cosine_similarity(made, W[None], dim=1)
    return cosines.amax(dim=0).mean().item()
    ### END SOLUTION


# %% check="mmcs" points=2
with check(mmcs) as c:
    W = torch.randn(4, 3)
    c.close(c.call(W, W, torch.eye(3)), 1.0, "the columns of W, each read alone: 1")
    order = [2, 0, 1]
    value = c.call(W, -0.2 * W[:, order], -torch.eye(3)[order])
    c.close(value, 1.0, "in another order, at another size, with both signs turned: still 1")
    value = c.call(W, -W, torch.eye(3))
    c.close(value, 0.0, "components that write against W: the best that is left is 0")
    value = c.call(W, W[:, :1], torch.tensor([[0.0, 2.0, 0.0]]))
    cosine = functional.cosine_similarity(W[:, 0], W[:, 1], dim=0)
    c.close(value, cosine / 3, "a component counts only in the columns that it reads")
    mixed = torch.tensor([[1.0, 1, 1], [-1, 2, 0], [0, -1, 1]])
    value = c.call(mixed, mixed[:, :1], torch.tensor([[-1.0, 2.0, 0.5]]))
    cosines = functional.cosine_similarity(mixed[:, :1], mixed, dim=0)
    c.close(value, (-1 + cosines[1] + cosines[2]) / 3, "V's sign turns a column about")
    U, V = torch.randn(4, 6), torch.randn(6, 3)
    best = [
        max(functional.cosine_similarity(U[:, k] * V[k, j], W[:, j], dim=0) for k in range(6))
        for j in range(3)
    ]
    c.close(c.call(W, U, V), sum(best) / 3, "the best component of each column, then the mean")

# %% [markdown]
# **Predict.** Draw $C$ components at random: no training, nothing but dice. What MMCS do 20 of them
# have with `embed`, whose five columns live in the plane? And what, if the layer wrote into ten
# dimensions?

# %%
my_mmcs_in_the_plane = None
my_mmcs_in_ten_dimensions = None


# %%
def random_parts(W: Float[Tensor, "out in"], C: int, seed: int) -> tuple[Tensor, Tensor]:
    """Return U and V of C random components, as training begins with them."""
    return training.random_start({"W": W}, C, dice(seed))[0]["W"]


pentagon = target.weights["embed"]
wide = functional.normalize(torch.randn(10, 40, generator=dice(0)), dim=0)
flat_scores = [mmcs(pentagon, *random_parts(pentagon, 20, seed)) for seed in range(20)]
wide_scores = [mmcs(wide, *random_parts(wide, 20, seed)) for seed in range(20)]
helpers.versus(my_mmcs_in_the_plane, round(sum(flat_scores) / 20, 3), "20 random components, plane")
helpers.versus(
    my_mmcs_in_ten_dimensions,
    round(sum(wide_scores) / 20, 3),
    "20 random components, 10 dimensions",
)

# %% [markdown]
# In the plane, random components look as good as a perfect answer: among twenty directions one is
# always close to where you point. A number that cannot fail is no evidence. So ask for the second.

# %% [markdown]
# ### Exercise 2: ml2r
#
# difficulty 2/5 · importance 5/5 · 7 min
#
# Let $c^*(j)$ be the component that wins column $j$ in the MMCS: the one with the best cosine. How
# long is its column?
#
# $$\mathrm{ML2R} = \frac1{\text{in}} \sum_j \frac{\lVert P_{c^*(j)}[:,j] \rVert}{\lVert W[:,j]
# \rVert}$$
#
# A right answer has 1. Below 1 the true column is shared out among several components; above 1
# others work against the winner.
#
# <details><summary>Hint 1: nudge</summary>
#
# The winner is chosen by its direction alone. It may be a tiny one.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# Cosines `[C, in]`, winners `[in]` (an `argmax` over `C`), lengths `[C, in]`. Picking
# `lengths[winners, torch.arange(...)]` gives `[in]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# made and cosines as in exercise 1
# winner = for each column, which component has the best cosine
# length = of that component's column, divided by the length of W's column
# return the mean
# ```
#
# </details>


# %% exercise="ml2r"
def ml2r(W: Float[Tensor, "out in"], U: Float[Tensor, "out C"], V: Float[Tensor, "C in"]) -> float:
    """Return the mean over columns of the winning column's length, in parts of W's."""
    ### BEGIN SOLUTION
    made = einsum(U, V, "o c, c i -> c o i")
    winner = functional.cosine_similarity(made, W[None], dim=1).argmax(dim=0)
    columns = torch.arange(W.shape[1])
    return (made.norm(dim=1)[winner, columns] / W.norm(dim=0)).mean().item()
    ### END SOLUTION


# %% check="ml2r" points=2
with check(ml2r) as c:
    W = torch.randn(4, 3) * torch.tensor([0.2, 1.0, 5.0])
    c.close(c.call(W, W, torch.eye(3)), 1.0, "the columns of W, each read alone: 1")
    c.close(c.call(W, 0.3 * W, torch.eye(3)), 0.3, "shrunk to 0.3: 0.3")
    c.close(c.call(W, -10 * W, -0.1 * torch.eye(3)), 1.0, "U ten times, V a tenth, signs turned: 1")
    crowd = torch.cat([W, 9 * W + 30 * torch.randn(4, 3)], dim=1), torch.eye(3).repeat(2, 1)
    c.close(c.call(W, *crowd), 1.0, "a long component with a worse cosine does not win")
    U, V = torch.randn(4, 6), torch.randn(6, 3)
    ratios = []
    for j in range(3):
        made = [U[:, k] * V[k, j] for k in range(6)]
        best = max(made, key=lambda v: functional.cosine_similarity(v, W[:, j], dim=0))
        ratios.append(best.norm() / W[:, j].norm())
    c.close(c.call(W, U, V), sum(ratios) / 3, "column by column, then the mean")

# %% [markdown]
# **Predict.** The same random components: as their number grows from 1 to 200, where does the MMCS
# go, and where does the ML2R?

# %%
my_mmcs_with_200 = None
my_ml2r_with_200 = None

# %%
numbers = [1, 2, 5, 10, 20, 50, 100, 200]
dice_scores = {
    name: [
        sum(score(pentagon, *random_parts(pentagon, C, seed)) for seed in range(50)) / 50
        for C in numbers
    ]
    for name, score in {"MMCS": mmcs, "ML2R": ml2r}.items()
}
helpers.versus(my_mmcs_with_200, round(dice_scores["MMCS"][-1], 3), "MMCS of 200 random components")
helpers.versus(my_ml2r_with_200, round(dice_scores["ML2R"][-1], 3), "ML2R of 200 random components")
helpers.random_scores(numbers, dice_scores)

# %% [markdown]
# The more components, the better the one number and the worse the other. **Read both, always**, and
# read them on components that do something: the winner of a column is whoever points best, and
# among a hundred components one that has died away to a speck may win from the one that does the
# work. Part II therefore measures the *live* components only, and shows that even then the two
# numbers do not say everything.
#
# For `unembed` `[5, 2]` it is the *rows* that belong to features. The transpose of a component is a
# component of the transpose, with $V^\top$ in the place of $U$: `mmcs(W.mT, V.mT, U.mT)`.

# %% [markdown]
# ### Exercise 3: learned_features
#
# difficulty 2/5 · importance 4/5 · 10 min
#
# A decomposition finds what the target does, not what we wish it did. So first count what the
# target has learned. Show it feature $i$ alone, $x = s\, e_i$, and watch by how much its output
# rises above what it answers to an empty input:
#
# $$r_{ij} = f(s\, e_i)_j - f(0)_j$$
#
# Feature $i$ counts as learned when **its own** output rises by at least half of $s$,
# $r_{ii} \ge s/2$, **and** no other output rises as much: $r_{ij} < r_{ii}$ for all $j \neq i$.
#
# <details><summary>Hint 1: nudge</summary>
#
# Why not simply ask for a large output? Think of a model that answers 0.5 whatever comes in, and of
# one that confuses two features.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# All $n$ questions are one batch: `size * torch.eye(n)`, `[n, n]`, row $i$ shows feature $i$. The
# answer to zeros is `[1, n]` and broadcasts. The own rises stand on the diagonal.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# rise = the target on each feature alone, minus the target on nothing
# own  = the diagonal of rise
# others = rise with the diagonal put out of the running, its largest in each row
# learned where own is at least half the size and above others
# ```
#
# </details>


# %% exercise="learned_features"
def learned_features(
    target: Callable[[Float[Tensor, "batch n"]], Float[Tensor, "batch n"]],
    n: int,
    size: float = 0.75,
) -> Bool[Tensor, " n"]:
    """Say of each feature whether the target gives it back when it is shown alone."""
    ### BEGIN SOLUTION
    rise = target(size * torch.eye(n)) - target(torch.zeros(1, n))
    own = rise.diagonal()
    others = rise.masked_fill(torch.eye(n, dtype=torch.bool), -torch.inf).amax(dim=1)
    return (own >= size / 2) & (own > others)
    ### END SOLUTION


# %% check="learned_features" points=3
with check(learned_features) as c:
    gain = torch.tensor([1.0, 0.6, 0.3, -0.9])
    truth = torch.tensor([True, True, False, False])
    c.close(c.call(lambda x: x * gain, 4), truth, "at least half of its size comes back")
    learned = c.call(lambda x: torch.relu(x * gain) + 0.6, 4)
    c.close(learned, truth, "an answer to nothing does not count")
    learned = c.call(lambda x: 0.8 * x + 0.2 * x.roll(1, dims=1), 4)
    c.true(learned.all(), "others may rise a little")
    learned = c.call(lambda x: 0.8 * x + x[:, :1] * torch.tensor([0.0, 1.0, 0.0, 0.0]), 4)
    truth = torch.tensor([False, True, True, True])
    c.close(learned, truth, "feature 0 raises output 1 more than its own: it is not learned")
    learned = c.call(lambda x: x + x[:, :1] * torch.tensor([0.0, 1.0, 0.0, 0.0]), 4)
    c.close(learned, truth, "nor if it raises output 1 exactly as much")
    learned = c.call(lambda x: x - x[:, :1] * torch.tensor([0.0, 2.0, 0.0, 0.0]), 4)
    c.true(learned.all(), "another output may fall as far as it likes")
    learned = c.call(lambda x: torch.relu(x - 0.3), 4, 0.5)
    c.true(not learned.any(), "shown at size 0.5, a rise of 0.2 is too little")
    learned = c.call(lambda x: torch.relu(x - 0.3), 4, 1.0)
    c.true(learned.all(), "shown at size 1, a rise of 0.7 will do")

# %% [markdown]
# The course ships two toy models. They differ in nothing but how they were trained: the second in
# haste, on smaller batches, with larger steps. One look at what they do:

# %%
other = targets.load("tms_5_2_four")
for name, model in {"the target": target, "in haste": other}.items():
    learned = learned_features(model, 5)
    print(f"{name}: learned {int(learned.sum())} of 5,", learned.tolist())
helpers.arrows(
    {"the target": target.weights["embed"], "in haste": other.weights["embed"]},
    "Two trainings of one model",
)

# %% [markdown]
# A decomposition of the second model that finds four components is *right*, although its model is
# wrong about the world. Whoever expects five would call the method broken. We work on with the
# first.

# %% [markdown]
# ### Exercise 4: components
#
# difficulty 1/5 · importance 4/5 · 3 min
#
# Write the components out as matrices of their own, $P_c = U_{:,c}\, V_{c,:}$, `[C, out, in]`.
# Their sum is $UV$.
#
# <details><summary>Hint 1: nudge</summary>
#
# Each is an outer product: a column of $U$ times a row of $V$.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `U` is `[out, C]`, `V` is `[C, in]`; only $C$ is common, and nothing is summed. `einsum` with
# three letters, or two broadcasts.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# for every c, o, i: the result at [c, o, i] is U at [o, c] times V at [c, i]
# ```
#
# </details>


# %% exercise="components"
def components(U: Float[Tensor, "out C"], V: Float[Tensor, "C in"]) -> Float[Tensor, "C out in"]:
    """Return every component as a matrix."""
    ### BEGIN SOLUTION
    return einsum(U, V, "o c, c i -> c o i")
    ### END SOLUTION


# %% check="components" points=2
with check(components) as c:
    U, V = torch.randn(4, 6), torch.randn(6, 3)
    P = c.call(U, V)
    c.true(P.shape == (6, 4, 3), "one matrix [out, in] for each component")
    c.close(P.sum(dim=0), U @ V, "together they are UV")
    c.close(P[2], torch.outer(U[:, 2], V[2]), "each is an outer product")
    c.close(
        c.call(-3 * U, V / -3), P, "the size and the sign can wander between U and V", atol=1e-4
    )

# %% [markdown]
# ### Exercise 5: faithfulness_loss
#
# difficulty 2/5 · importance 5/5 · 7 min
#
# The first demand on a decomposition: its components must sum to the target's matrices. The
# **faithfulness loss** is the squared error of all entries of all layers, over their number $N$:
#
# $$\mathcal L_\text{faith} = \frac1N \sum_{\ell} \bigl\lVert W^\ell - U^\ell V^\ell
# \bigr\rVert_F^2, \qquad N = \sum_\ell \text{out}_\ell \cdot \text{in}_\ell$$
#
# Here the forms in which everything is passed around: `weights` is a dictionary from a layer's name
# to its $W$, `parts` one from a layer's name to its pair $(U, V)$. The layers $\ell$ are those of
# `parts`: one that has only a $W$ is not taken apart, and counts neither above nor in $N$.
#
# <details><summary>Hint 1: nudge</summary>
#
# A layer of 10,000 entries beside one of 10: what should each entry count? What happens to that if
# you average layer by layer?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `U @ V` has the shape of `W`. `W.numel()` counts its entries. The loss is a single number, and
# gradients must reach every `U` and `V`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# total, count = 0, 0
# for each layer: add its squared differences to total, the number of its entries to count
# return total over count
# ```
#
# </details>


# %% exercise="faithfulness_loss"
def faithfulness_loss(
    weights: dict[str, Float[Tensor, "out in"]],
    parts: dict[str, tuple[Float[Tensor, "out C"], Float[Tensor, "C in"]]],
) -> Float[Tensor, ""]:
    """Return the mean squared error of UV over all entries of all layers together."""
    ### BEGIN SOLUTION
    missed = [(weights[name] - U @ V).square().sum() for name, (U, V) in parts.items()]
    return torch.stack(missed).sum() / sum(weights[name].numel() for name in parts)
    ### END SOLUTION


# %% check="faithfulness_loss" points=3
with check(faithfulness_loss) as c:
    U, V = torch.randn(4, 6), torch.randn(6, 3)
    c.close(c.call({"a": U @ V}, {"a": (U, V)}), 0.0, "where UV is W nothing is lost")
    W = torch.randn(4, 3)
    plain = functional.mse_loss(U @ V, W)
    c.close(c.call({"a": W}, {"a": (U, V)}), plain, "one layer: the mean squared error")
    big = torch.ones(30, 20)
    loss = c.call({"a": W, "b": big}, {"a": (U, V), "b": (torch.zeros(30, 2), torch.zeros(2, 20))})
    c.close(loss, (12 * plain + 600) / 612, "two layers: every entry of either counts the same")
    U.requires_grad_(True)
    loss = faithfulness_loss({"a": W}, {"a": (U, V)})
    c.true(loss.requires_grad, "the loss has a gradient")
    loss.backward()
    c.close(U.grad, -2 / 12 * (W - U @ V).detach() @ V.mT, "and it is that of the formula")

# %% [markdown]
# Faithfulness alone asks for very little: any matrix can be written as a sum of rank-one matrices
# in endlessly many ways. What makes one of them *the* mechanisms of the model is the second demand:
# **for each input, few of them should be needed.** So a decomposition comes with **gates**: for
# each component and each input a number between 0 and 1, its *causal importance*. 1 says: without
# this component the output changes. 0 says: do with it what you like.

# %% [markdown]
# ### Exercise 6: inner_activations
#
# difficulty 1/5 · importance 4/5 · 3 min
#
# What can a gate look at? SPD lets the gate of component $c$ see a single number, how strongly
# the component's reading direction is present in the layer's input $a$:
#
# $$h_c = V_{c,:} \cdot a$$
#
# The input $a$ is the one that the *target* has there, not what a masked model would.
#
# <details><summary>Hint 1: nudge</summary>
#
# $U$ does not come into it: this is what a component reads, before it writes anything.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `a` is `[batch, in]`, `V` is `[C, in]`, the result `[batch, C]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# for every sample b and component c: the dot product of row b of a and row c of V
# ```
#
# </details>


# %% exercise="inner_activations"
def inner_activations(
    a: Float[Tensor, "batch in"], V: Float[Tensor, "C in"]
) -> Float[Tensor, "batch C"]:
    """Return how much of each component's reading direction the inputs hold."""
    ### BEGIN SOLUTION
    return a @ V.mT
    ### END SOLUTION


# %% check="inner_activations" points=1
with check(inner_activations) as c:
    a, V = torch.randn(5, 3), torch.randn(6, 3)
    h = c.call(a, V)
    c.close(h, functional.linear(a, V), "[batch, C]: each input along each direction")
    c.close(h[1, 4], torch.dot(a[1], V[4]), "sample 1, component 4")
    c.close(c.call(a, torch.eye(3)), a, "whoever reads one input each sees the inputs themselves")
    V.requires_grad_(True)
    c.true(inner_activations(a, V).requires_grad, "gradients flow into V")

# %% [markdown]
# ### Exercise 7: gate_mlp
#
# difficulty 3/5 · importance 5/5 · 10 min
#
# Each component has a small network *of its own*: its one number in, `hidden` neurons, one
# number out.
#
# $$z_c = \sum_k w^\text{out}_{c,k}\, \mathrm{GELU}\bigl(w^\text{in}_{c,k}\, h_c +
# b^\text{in}_{c,k}\bigr) + b^\text{out}_c$$
#
# A gate is a tuple `(w_in, b_in, w_out, b_out)` of tensors `[C, hidden]`, `[C, hidden]`,
# `[C, hidden]`, `[C]`. No component sees another's number, and none uses another's weights. GELU is
# `functional.gelu`.
#
# <details><summary>Hint 1: nudge</summary>
#
# There is no matrix multiplication in it: $C$ little networks stand side by side, and nothing runs
# from one to the next.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `h[..., None]` is `[batch, C, 1]` and broadcasts against `[C, hidden]`; the sum over the last axis
# leaves `[batch, C]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# neurons = gelu(each h times its own w_in, plus its own b_in)     [batch, C, hidden]
# z = neurons times w_out, summed over hidden, plus b_out
# ```
#
# </details>


# %% exercise="gate_mlp"
def gate_mlp(
    h: Float[Tensor, "batch C"],
    gate: tuple[
        Float[Tensor, "C hidden"],
        Float[Tensor, "C hidden"],
        Float[Tensor, "C hidden"],
        Float[Tensor, " C"],
    ],
) -> Float[Tensor, "batch C"]:
    """Send each component's number through that component's own small network."""
    ### BEGIN SOLUTION
    w_in, b_in, w_out, b_out = gate  # given
    neurons = functional.gelu(h[..., None] * w_in + b_in)
    return (neurons * w_out).sum(dim=-1) + b_out
    ### END SOLUTION


# %% check="gate_mlp" points=3
with check(gate_mlp) as c:
    h = torch.randn(5, 6)
    gate = torch.randn(6, 4), torch.randn(6, 4), torch.randn(6, 4), torch.randn(6)
    z = c.call(h, gate)
    w_in, b_in, w_out, b_out = gate
    alone = [
        (functional.gelu(h[:, k, None] * w_in[k] + b_in[k]) @ w_out[k]) + b_out[k] for k in range(6)
    ]
    truth = torch.stack(alone, dim=1)  # GELU's tanh form will do, too
    c.close(z, truth, "component by component, each with its own weights", atol=8e-3)
    moved = h.clone()
    moved[:, 2] += 3
    changed = (c.call(moved, gate) - z).abs().sum(dim=0) > 1e-6
    c.true(changed.nonzero().flatten().tolist() == [2], "moving h_2 moves z_2 and no other")
    h.requires_grad_(True)
    c.true(gate_mlp(h, gate).requires_grad, "gradients flow into h")

# %% [markdown]
# The network's output $z$ can be any number; a gate lies between 0 and 1. One would clamp it. But a
# clamp has no slope outside of $[0, 1]$, and a gate that has once left it could never learn its way
# back. SPD leaks, and leaks *in two ways*, because a gate serves two losses that pull from opposite
# sides:
#
# - The **reconstruction** wants gates open. It uses the *lower-leaky* gate: one that is shut
#   still feels a pull to open.
# - The **minimality** wants gates shut. It uses the *upper-leaky* gate: one that is far above 1
#   still feels a pull to close.

# %% [markdown]
# ### Exercise 8: lower_leaky
#
# difficulty 4/5 · importance 3/5 · 10 min
#
# Its *value* is $z$ clamped to $[0, 1]$, exactly, since a mask below 0 would mean nothing. Its
# *gradient* is 1 inside, 0 above 1, and where $z < 0$ it is 0.01 instead of the clamp's 0, at least
# for a loss that wants the gate to open. (For a loss that wants the gate shut still further you may
# let the 0.01 through or stop it; both are in use.)
#
# The paper leaks in the value instead, $0.01\,z$ below 0. The authors' code leaks in the
# gradient, as here.
#
# <details><summary>Hint 1: nudge</summary>
#
# How can a number have the value 0 and yet a slope? Add something to it and take the same thing off
# again, once with its gradient and once without (`.detach()`).
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# Elementwise, any shape. `z.clamp(max=0)` is the part of $z$ below 0, with slope 1 there and 0
# elsewhere.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# leak = a hundredth of the negative part of z
# return clamped z, plus leak with its gradient, minus leak without
# ```
#
# </details>


# %% exercise="lower_leaky"
def lower_leaky(z: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """Clamp to [0, 1]; where z is negative, let a hundredth of the gradient through."""
    ### BEGIN SOLUTION
    leak = 0.01 * z.clamp(max=0)
    return z.clamp(0, 1) + leak - leak.detach()
    ### END SOLUTION


# %%
def slopes(
    function: Callable[[Tensor], Tensor], z: Float[Tensor, "*any"], push: float = 1.0
) -> Float[Tensor, "*any"]:
    """Return the function's slope at each z, as a loss meets it that pushes the output.

    Args:
        push: positive for a loss that falls when the output grows, negative for the opposite.
    """
    z = z.detach().clone().requires_grad_(True)
    (-push * function(z)).sum().backward()
    return z.grad / -push


# %% check="lower_leaky" points=3
with check(lower_leaky) as c:
    z = torch.tensor([-5.0, -0.3, 0.2, 0.9, 1.4, 7.0])
    c.close(c.call(z), z.clamp(0, 1), "the value is z, clamped to [0, 1]")
    truth = torch.tensor([0.01, 0.01, 1, 1, 0, 0])
    c.close(slopes(lower_leaky, z), truth, "slope .01 below 0, 1 inside, 0 above")

# %% [markdown]
# ### Exercise 9: upper_leaky
#
# difficulty 2/5 · importance 3/5 · 5 min
#
# $$\text{upper}(z) = \begin{cases} 0 & z < 0 \\ z & 0 \le z \le 1 \\ 1 + 0.01\,(z - 1) & z > 1
# \end{cases}$$
#
# Here the leak is in the value, and so in the slope: this gate is only ever paid for, never used as
# a mask.
#
# <details><summary>Hint 1: nudge</summary>
#
# A clamp, and something small that is 0 up to 1 and grows from there.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# Elementwise, any shape. `(z - 1).clamp(min=0)` is by how much $z$ is above 1.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# return z clamped to [0, 1], plus a hundredth of what z has above 1
# ```
#
# </details>


# %% exercise="upper_leaky"
def upper_leaky(z: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """Return 0 below 0, z up to 1, and a line of slope 0.01 above."""
    ### BEGIN SOLUTION
    return z.clamp(0, 1) + 0.01 * (z - 1).clamp(min=0)
    ### END SOLUTION


# %% check="upper_leaky" points=2
with check(upper_leaky) as c:
    z = torch.tensor([-5.0, -0.3, 0.2, 0.9, 1.4, 7.0])
    truth = torch.tensor([0, 0, 0.2, 0.9, 1.004, 1.06])
    c.close(c.call(z), truth, "0 below, z inside, a slow rise above")
    c.close(slopes(upper_leaky, z), torch.tensor([0, 0, 1, 1, 0.01, 0.01]), "slopes 0, 1, .01")

# %%
z = torch.linspace(-1, 2, 301)
helpers.leaks(
    z,
    {"lower-leaky": lower_leaky(z), "upper-leaky": upper_leaky(z)},
    {"lower-leaky": slopes(lower_leaky, z), "upper-leaky": slopes(upper_leaky, z)},
)

# %% [markdown]
# From now on, "the gates" $g$ are the lower-leaky ones. The way from a layer's input to its
# gates is exercises 6, 7 and 8 in a row:


# %%
def gate_values(
    inputs: dict[str, Tensor],
    parts: dict[str, tuple[Tensor, Tensor]],
    gates: dict[str, tuple[Tensor, Tensor, Tensor, Tensor]],
) -> dict[str, Tensor]:
    """Return z, the gates before the leaky functions, [batch, C] for each layer of parts."""
    return {
        name: gate_mlp(inner_activations(inputs[name], V), gates[name])
        for name, (_, V) in parts.items()
    }


# %% [markdown]
# ### Exercise 10: sample_masks
#
# difficulty 3/5 · importance 5/5 · 10 min
#
# How is a gate taken at its word? Where it says 0, *anything* may be done to the component: it may
# be kept, halved or cut out. Where it says 1, nothing may. So SPD multiplies each component with a
# **mask** that is drawn at random between the gate and 1,
#
# $$m = g + (1 - g)\, r, \qquad r \sim U[0, 1],$$
#
# with a new $r$ for each sample and each component, and asks that the output stay the same. Had it
# masked by $g$ itself, half-open gates could rebuild the output with exactly these
# weights. Against masks that are drawn anew each time, no such arrangement lasts.
#
# With `two_point`, $r$ is 0 or 1, each with probability one half: the component is masked by its
# gate or not at all. That is a variant of later date than the paper, and part II trains with it.
# Gradients must flow into $g$; draw from `generator`.
#
# <details><summary>Hint 1: nudge</summary>
#
# What is the smallest, and what the largest value that $m$ may take? What is its mean? Check these
# three against what you write.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# $r$ has the shape of $g$, `[batch, C]`: `torch.rand(g.shape, generator=generator)`. A fair coin is
# a comparison of it with one half.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# r = uniform numbers in the shape of g
# if two_point: r = 1 where r is below one half, else 0
# return g plus r times what is missing to 1
# ```
#
# </details>


# %% exercise="sample_masks"
def sample_masks(
    g: Float[Tensor, "batch C"], two_point: bool, generator: torch.Generator
) -> Float[Tensor, "batch C"]:
    """Draw a mask between each gate and 1: evenly, or one of the two ends."""
    ### BEGIN SOLUTION
    r = torch.rand(g.shape, generator=generator, dtype=g.dtype)
    if two_point:
        r = (r < 0.5).to(g.dtype)
    return g + (1 - g) * r
    ### END SOLUTION


# %% check="sample_masks" points=4
with check(sample_masks) as c:
    g = torch.tensor([0.0, 0.3, 0.8, 1.0]).expand(4000, 4)
    m = c.call(g, False, dice(1))
    c.true((m >= g).all() and (m <= 1).all(), "no mask is below its gate or above 1")
    c.close(m.mean(dim=0), (1 + g[0]) / 2, "the mean is half way between gate and 1", atol=0.03)
    spread = (1 - g[0]) / 12**0.5
    c.close(m.std(dim=0), spread, "drawn evenly over all of it", atol=0.02)
    two = c.call(g, True, dice(2))
    ends = ((two - g).abs() < 1e-6) | ((two - 1).abs() < 1e-6)
    c.true(ends.all(), "two-point masks are the gate or 1")
    c.close(two.mean(dim=0), (1 + g[0]) / 2, "each half of the time", atol=0.03)
    link = torch.corrcoef(m[:, :3].mT)[0, 1:].abs().max()
    c.true(link < 0.1, "every component has an r of its own")
    rng = dice(3)
    first = c.call(g, False, rng)
    c.true((c.call(g, False, rng) != first).any(), "the same generator, once more: new masks")
    c.close(c.call(g, False, dice(3)), first, "and the same seed: the same masks")
    asked = torch.full((1, 6), 0.3, requires_grad=True)
    m = sample_masks(asked, False, dice(4))
    c.true(m.requires_grad, "gradients flow into the gates")
    m.sum().backward()
    r = (m.detach() - 0.3) / 0.7
    c.close(asked.grad, 1 - r, "a mask moves with its gate by 1 - r")

# %%
g = torch.linspace(0, 1, 500)[:, None].expand(500, 4).contiguous()
helpers.clouds(
    g, {kind: sample_masks(g, kind == "two-point", dice(0)) for kind in ("even", "two-point")}
)

# %% [markdown]
# ### Exercise 11: masked_forward
#
# difficulty 3/5 · importance 5/5 · 12 min
#
# Run the target with masked components. A layer that has an entry in `masks` computes
#
# $$a \mapsto \sum_c m_c\, U_{:,c}\, (V_{c,:} \cdot a);$$
#
# a layer that has none keeps its original $W$. `masks` is a dictionary from a layer's name to masks
# `[batch, C]`: each sample has masks of its own.
#
# It could be done by building every sample's own matrix, `[batch, out, in]`. Do not: the masked
# inner activations are all you need, and they are `[batch, C]`. The check counts how large your
# largest tensor is.
#
# <details><summary>Hint 1: nudge</summary>
#
# Reading, masking, writing: three steps, and the mask stands in the middle, where each component
# is a single number.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `[batch, in] -> [batch, C]`, times the masks `[batch, C]`, `-> [batch, out]`. `forward(x, layers)`
# wants a dictionary from each layer's name to a function of one tensor. Careful with functions
# made in a loop: they look names up when they are *called*.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# for each layer of weights, a function of its input a:
#     not in masks: a through W
#     in masks:     h = inner activations of a; h times the masks; through U
# return forward of x and these functions
# ```
#
# </details>


# %% exercise="masked_forward"
def masked_forward(
    forward: Forward,
    x: Float[Tensor, "batch n"],
    weights: dict[str, Float[Tensor, "out in"]],
    parts: dict[str, tuple[Float[Tensor, "out C"], Float[Tensor, "C in"]]],
    masks: dict[str, Float[Tensor, "batch C"]],
) -> Float[Tensor, "batch n_out"]:
    """Run the target with masked components in the layers of masks, and W in the others."""

    ### BEGIN SOLUTION
    def layer(name: str) -> Callable[[Tensor], Tensor]:
        if name not in masks:
            return lambda a: a @ weights[name].mT
        U, V = parts[name]
        return lambda a: (a @ V.mT * masks[name]) @ U.mT

    return forward(x, {name: layer(name) for name in weights})
    ### END SOLUTION


# %%
def largest_tensor(function: Callable, *args: object) -> int:
    """Call a function and return how many numbers the largest tensor holds that it makes."""
    return helpers.largest_tensor(function, *args)


# %% check="masked_forward" points=4
with check(masked_forward) as c:
    x = torch.rand(7, 5)
    some = {"embed": torch.randn(2, 5), "unembed": torch.randn(5, 2)}
    whole = {
        "embed": (some["embed"] @ torch.linalg.inv(M := torch.randn(5, 5)), M),
        "unembed": (torch.randn(5, 8), torch.randn(8, 2)),
    }
    toy = tms(0.1 * torch.randn(5))
    plain, _ = layer_inputs(toy, x, some)
    c.close(c.call(toy, x, some, whole, {}), plain, "no masks: the target itself", atol=1e-4)
    ones = {"embed": torch.ones(7, 5)}
    c.close(c.call(toy, x, some, whole, ones), plain, "UV = W and masks of 1: the same", atol=1e-3)
    masks = {"embed": torch.rand(7, 5), "unembed": torch.rand(7, 8)}
    out = c.call(toy, x, some, whole, masks)
    own = [{k: (whole[k][0] * masks[k][b]) @ whole[k][1] for k in some} for b in range(7)]
    truth = torch.cat([layer_inputs(toy, x[b : b + 1], own[b])[0] for b in range(7)])
    c.close(out, truth, "each sample has a matrix of its own in each layer", atol=1e-3)
    ones["embed"].requires_grad_(True)
    flows = masked_forward(toy, x, some, whole, ones).requires_grad
    c.true(flows, "gradients flow into the masks")
    big = {"embed": torch.ones(40, 50), "unembed": torch.ones(50, 40)}
    ranks = {"embed": (torch.ones(40, 3), torch.ones(3, 50))}
    args = tms(torch.zeros(50)), torch.ones(60, 50), big, ranks, {"embed": torch.ones(60, 3)}
    most = largest_tensor(masked_forward, *args)
    c.true(most <= 60 * 50, "no tensor [batch, out, in] is ever built")

# %% [markdown]
# ### The answer, by hand
#
# Now you can write down the right answer yourself, without any training, and see how it behaves.
#
# `embed`: each feature has its own column. So let component $j$ read input $j$ alone and write
# that column, $V = I$ and $U = W$. Its number is $h_j = x_j$, and it is needed where the feature is
# present: $g_j = 1$ where $h_j > 0$, else 0.
#
# `unembed`: each feature has its own row. Component $i$ reads along that row and writes output $i$
# alone. Its number $h_i = W_{i,:} \cdot a$ is *never* quite 0: in a pentagon every feature makes
# itself felt in all others' rows. But behind it stands $\mathrm{ReLU}(h_i + b_i)$ with a bias that
# is not positive, $b_i \le 0$. When is the component needed, then?

# %% [markdown]
# ### Exercise 12: hand_built
#
# difficulty 3/5 · importance 4/5 · 12 min
#
# Return the components of both layers and their gates. With your gates, *any* masks between gate
# and 1 must give the target's output, exactly, on any input that is not negative; and no gate may
# be open that need not be.
#
# `inputs` holds what comes into each layer (`layer_inputs` gives it): `inputs["embed"]` is $x$,
# `inputs["unembed"]` the hidden vector. Return `parts`, a dictionary of pairs $(U, V)$, and `g`, a
# dictionary of gates `[batch, 5]`, each 0 or 1.
#
# <details><summary>Hint 1: nudge</summary>
#
# If $h + b \le 0$ and $b \le 0$: what is $\mathrm{ReLU}(m h + b)$ for a mask $m$ between 0 and 1?
# Does it matter which?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `embed` `[2, 5]`: five components, `U` `[2, 5]`, `V` `[5, 5]`. `unembed` `[5, 2]`: five components
# as well, `U` `[5, 5]`, `V` `[5, 2]`. The gates are comparisons of `inner_activations`, turned into
# numbers.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# embed:   V is the identity, U is W;  open where its number is above 0
# unembed: U is the identity, V is W;  open where its number gets over the bias
# ```
#
# </details>


# %% exercise="hand_built"
def hand_built(
    weights: dict[str, Float[Tensor, "out in"]],
    bias: Float[Tensor, " features"],
    inputs: dict[str, Float[Tensor, "batch in"]],
) -> tuple[
    dict[str, tuple[Float[Tensor, "out C"], Float[Tensor, "C in"]]],
    dict[str, Float[Tensor, "batch C"]],
]:
    """Return the components of a toy model of superposition, written by hand, and their gates."""
    ### BEGIN SOLUTION
    eye = torch.eye(len(bias), dtype=bias.dtype)
    parts = {"embed": (weights["embed"], eye), "unembed": (eye, weights["unembed"])}
    h = {name: inner_activations(inputs[name], V) for name, (_, V) in parts.items()}
    g = {"embed": h["embed"] > 0, "unembed": h["unembed"] > -bias}
    return parts, {name: gate.to(bias.dtype) for name, gate in g.items()}
    ### END SOLUTION


# %% check="hand_built" points=4
with check(hand_built) as c:
    some, bias = {"embed": torch.randn(2, 5), "unembed": torch.randn(5, 2)}, -torch.rand(5)
    x = torch.rand(40, 5) * (torch.rand(40, 5) < 0.4)
    out, seen = layer_inputs(tms(bias), x, some)
    parts, g = c.call(some, bias, seen)
    parts = {k: (U.float(), V.float()) for k, (U, V) in parts.items()}
    c.close(faithfulness_loss(some, parts), 0.0, "the components sum to both matrices")
    for name in some:
        c.true(((g[name] == 0) | (g[name] == 1)).all(), f"the gates of {name} are 0 or 1")
    for seed in range(3):
        masks = {k: sample_masks(g[k].float(), seed == 2, dice(seed)) for k in g}
        masked = masked_forward(tms(bias), x, some, parts, masks)
        c.close(masked, out, "whatever is masked where a gate is shut, the output stays")
    c.close(
        g["embed"].float().sum(),
        (x > 0).float().sum(),
        "embed: as many open gates as features are present",
    )
    c.close(
        g["unembed"].float().sum(),
        (out > 0).float().sum(),
        "unembed: as many as outputs are above 0",
    )

# %% [markdown]
# ### Needed, and not needed
#
# What does a gate of 0 promise? Take the component of `embed` that belongs to feature 0, and turn
# its mask from 1 down to 0, once in a sample that has feature 0 and once in one that has feature 1.
#
# **Predict.** Four curves: outputs 0 and 1 of each sample, against the mask. Which of them are
# flat?

# %%
my_flat_curves = None  # such as ("feature 0, output 1",)

# %%
shares = torch.linspace(0, 1, 21)
curves = {}
for feature in (0, 1):
    x = 0.75 * torch.eye(5)[feature].expand(21, 5)
    parts, g = hand_built(target.weights, target.bias, layer_inputs(forward, x, target.weights)[1])
    masks = {"embed": torch.ones(21, 5)}
    masks["embed"][:, 0] = shares
    out = masked_forward(forward, x, target.weights, parts, masks)
    print(f"feature {feature} shown: the gate of component 0 is {g['embed'][0, 0]:.0f}")
    curves |= {f"feature {feature}, output {j}": out[:, j] for j in (0, 1)}
plots.lines(
    curves,
    x=shares.tolist(),
    xlabel="mask of component 0",
    ylabel="output",
    title="A component that is needed, and one that is not",
)

# %% [markdown]
# Where feature 0 is there, its output hangs on the mask, and the gate says so. Where it is not,
# nothing moves, and the gate is shut. **Importance is a matter of the input**: no component is
# important as such.

# %% [markdown]
# ### Four answers, side by side
#
# So there is one right answer. What do others look like? Three rivals for `embed`, each with the
# most honest gates that it can have (open where the component does anything at all, $h \neq 0$):
#
# - **axes**: two components that write the two axes of the plane, $U = I$ and $V = W$;
# - **singular vectors**: the two components of the singular value decomposition, the favourite way
#   to take a matrix apart;
# - **dust**: each of the five true components cut into twenty equal pieces.
#
# **Predict.** Which of the four are faithful? Which have an MMCS near 1, which an ML2R near 1? And
# how many gates do they open for a sample with one feature?

# %%
my_predictions = None  # in words

# %%
left, sizes, right = torch.linalg.svd(pentagon, full_matrices=False)
eye = torch.eye(5)
answers = {
    "by hand": (pentagon, eye),
    "axes": (torch.eye(2), pentagon),
    "singular vectors": (left * sizes, right),
    "dust": (pentagon.repeat(1, 20) / 20, eye.repeat(20, 1)),
}
x = 0.75 * eye
out, seen = layer_inputs(forward, x, target.weights)
rows = []
for name, (U, V) in answers.items():
    g = (inner_activations(x, V).abs() > 1e-6).float()
    masks = {"embed": sample_masks(g, False, dice(0))}
    missed = masked_forward(forward, x, target.weights, {"embed": (U, V)}, masks) - out
    rows.append(
        [
            name,
            faithfulness_loss({"embed": pentagon}, {"embed": (U, V)}).item(),
            mmcs(pentagon, U, V),
            ml2r(pentagon, U, V),
            missed.abs().max().item(),
            g.sum(dim=1).mean().item(),
        ]
    )
helpers.table(["answer", "faithfulness", "MMCS", "ML2R", "masked error", "gates open"], rows)
helpers.written(pentagon, answers)

# %% [markdown]
# (Grey: the columns of $W$. Arrows: whatever a component writes for any of the five features.)
#
# All four are faithful, and all four keep the output under random masks. MMCS is no help either:
# even the axes of the plane, which have nothing to do with features, reach 0.9. **Dust** gives
# itself away by its ML2R, and by the twenty gates that it opens for one feature. The **axes** and
# the **singular vectors** never shut a gate at all: every component is needed for every input, so
# nothing has been taken apart. Linear algebra cannot do better here. Two dimensions have two
# singular vectors and no more, while the mechanisms are five. Only the demand that **few gates be
# open** singles the right answer out; part II turns it into a loss.

# %% [markdown]
# ## Part II: the losses, and the loop
#
# You know what a right answer looks like, and you can say how wrong a wrong one is. Now find a
# right one by gradient descent. Four numbers are asked to be small at the same time:
#
# | loss | what it asks |
# |---|---|
# | faithfulness (exercise 5) | the components add up to the matrix |
# | stochastic reconstruction | what the gates call unimportant can be taken away, in any amount |
# | layerwise reconstruction | the same, with one layer taken apart at a time |
# | minimality | few gates are open |
#
# None of them alone finds anything: further below you leave them out one by one, and look at what
# comes out.

# %%
Parts = dict[str, tuple[Tensor, Tensor]]
Gates = dict[str, tuple[Tensor, Tensor, Tensor, Tensor]]


def open_gates(
    forward: Forward, weights: dict[str, Tensor], parts: Parts, gates: Gates, x: Tensor
) -> dict[str, Float[Tensor, "batch C"]]:
    """Return the gates of each layer on given inputs, between 0 and 1, without gradient."""
    with torch.no_grad():
        _, inputs = layer_inputs(forward, x, weights)
        return {name: lower_leaky(z) for name, z in gate_values(inputs, parts, gates).items()}


def chain(x: Tensor, layers: Layers) -> Tensor:
    """A target for small tests: its layers one after the other, with a ReLU between them."""
    for place, layer in enumerate(layers.values()):
        x = layer(x.relu() if place else x)
    return x


# %% [markdown]
# ### Exercise 13: stochastic_loss
#
# difficulty 3/5 · importance 5/5 · 15 min
#
# A gate says how much of its component *must* be there; what is above that may be there or not. So
# draw masks $m$ from $[g, 1]$ (exercise 10), put them between $V$ and $U$ in **all** layers at once
# (exercise 11), and ask that the output stays what it is:
#
# $$\mathcal L_\text{stoch} = \operatorname{mean}_{b,\,o} \Bigl( f\bigl(x \mid U (m \odot V)\bigr) -
# f(x \mid W) \Bigr)^2_{b,o}$$
#
# a mean over samples *and* outputs. `g` has the gates of each layer, `[batch, C]`; a layer that is
# not in `g` keeps its original matrix. Three things to get right:
#
# - the goal is what the **target** says about $x$, not $x$, and not what the components say without
#   masks. It is a constant: no gradient goes through it.
# - each layer has masks of its own, drawn with the `generator` that comes in, by `two_point` or
#   not.
# - gradients flow to the components **and** to the gates, through the masks: $\partial m / \partial
#   g = 1 - r$. That is how a gate learns that it must open.
#
# <details><summary>Hint 1: nudge</summary>
#
# You have everything: what `masked_forward` needs and does not get here are the masks. And what
# does `layer_inputs` return first?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# The masks are a dictionary like `g`: `[batch, C]` for each layer in it. Target and output have the
# same shape, whatever it is; the loss is a scalar.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# goal  = the target's own output for x
# masks = for each layer in g: masks drawn from its gates
# out   = the output with these masks
# return the mean of the squared differences
# ```
#
# </details>


# %% exercise="stochastic_loss"
def stochastic_loss(
    forward: Forward,
    x: Float[Tensor, "batch features"],
    weights: dict[str, Tensor],
    parts: Parts,
    g: dict[str, Float[Tensor, "batch C"]],
    two_point: bool,
    generator: torch.Generator,
) -> Float[Tensor, ""]:
    """Return how much the output moves when the layers in g are masked at random."""
    ### BEGIN SOLUTION
    goal, _ = layer_inputs(forward, x, weights)
    masks = {name: sample_masks(gate, two_point, generator) for name, gate in g.items()}
    out = masked_forward(forward, x, weights, parts, masks)
    return (out - goal).square().mean()
    ### END SOLUTION


# %% check="stochastic_loss" points=3
with check(stochastic_loss) as c:
    weights, parts = training.small_case(seed=0)
    x = torch.randn(7, 4)
    ones = {name: torch.ones(7, U.shape[1]) for name, (U, _) in parts.items()}
    loss = c.call(chain, x, weights, parts, ones, True, dice(0))
    goal = torch.relu(x @ weights["first"].mT) @ weights["second"].mT
    sums = {name: U @ V for name, (U, V) in parts.items()}
    truth = torch.relu(x @ sums["first"].mT) @ sums["second"].mT
    c.close(loss, functional.mse_loss(truth, goal), "all gates 1: components beside target")
    only = c.call(chain, x, weights, parts, {"first": ones["first"]}, True, dice(0))
    truth = torch.relu(x @ sums["first"].mT) @ weights["second"].mT
    c.close(only, functional.mse_loss(truth, goal), "a layer without gates stays as it is")
    # W = 3 is one component, its gate is 0.2: the output misses (1 - 0.2)(1 - r) of 3.
    one = {"only": torch.tensor([[3.0]])}, {"only": (torch.tensor([[3.0]]), torch.ones(1, 1))}
    x, g = torch.ones(20_000, 1), {"only": torch.full((20_000, 1), 0.2)}
    missed = (3 * 0.8) ** 2
    loss = c.call(chain, x, *one, g, True, dice(1))
    c.close(
        loss, missed / 2, "two-point masks: half of them take all that the gate allows", rtol=0.05
    )
    loss = c.call(chain, x, *one, g, False, dice(1))
    c.close(loss, missed / 3, "masks of any size: E(1 - r)^2 is a third", rtol=0.05)
    again = [float(stochastic_loss(chain, x, *one, g, True, dice(1))) for _ in range(2)]
    other = float(stochastic_loss(chain, x, *one, g, True, dice(2)))
    c.true(again[0] == again[1] != other, "the same dice give the same loss, others another")
    two = {"a": torch.ones(1, 1), "b": torch.ones(1, 1)}
    same = {name: (torch.ones(1, 1), torch.ones(1, 1)) for name in two}
    shut = {name: torch.zeros(20_000, 1) for name in two}
    loss = c.call(chain, x, two, same, shut, True, dice(3))
    c.close(loss, 0.75, "each layer has masks of its own: both are there in a quarter", rtol=0.05)
    cancel = {"only": (torch.tensor([[1.0, -1.0]]), torch.ones(2, 1))}
    both = {"only": torch.zeros(20_000, 2)}
    loss = c.call(chain, x, {"only": torch.zeros(1, 1)}, cancel, both, True, dice(4))
    c.close(loss, 0.5, "and so has each component: two that cancel do not always", rtol=0.05)
    asked = {"only": g["only"].clone().requires_grad_(True)}
    trained = stochastic_loss(chain, x, *one, asked, True, dice(1))
    c.true(trained.requires_grad, "the gates have a gradient")
    (slope,) = torch.autograd.grad(trained, [asked["only"]])
    c.close(slope.sum(), -2 * 9 * 0.8 / 2, "it says: open", rtol=0.05)
    frozen = one[0]["only"].clone().requires_grad_(True)
    stochastic_loss(chain, x, {"only": frozen}, one[1], asked, True, dice(1)).backward()
    c.true(frozen.grad is None, "no gradient goes through the target's own output")

# %% [markdown]
# ### Exercise 14: layerwise_loss
#
# difficulty 2/5 · importance 4/5 · 10 min
#
# Masks in all layers at once make a noisy signal: is it this layer's component that was missing, or
# that one's? So take **one layer apart at a time** and leave the others as they are, *the original
# matrices*, not the sums of their components; then take the mean over the layers in `g`:
#
# $$\mathcal L_\text{layer} = \frac1L \sum_{l=1}^{L} \operatorname{mean}_{b,\,o} \Bigl( f\bigl(x
# \mid W_1, \ldots, U_l (m_l \odot V_l), \ldots, W_L\bigr) - f(x \mid W) \Bigr)^2_{b,o}$$
#
# What is compared is still the output of the whole target, not that of the layer. Further below you
# leave this loss out, and see what it was good for.
#
# <details><summary>Hint 1: nudge</summary>
#
# What does your `stochastic_loss` do with a layer that is not in its `g`?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# One scalar for each layer; `torch.stack` makes a vector of a list of scalars.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# for each layer in g:
#     the stochastic loss with a g of that layer alone
# return the mean of them
# ```
#
# </details>


# %% exercise="layerwise_loss"
def layerwise_loss(
    forward: Forward,
    x: Float[Tensor, "batch features"],
    weights: dict[str, Tensor],
    parts: Parts,
    g: dict[str, Float[Tensor, "batch C"]],
    two_point: bool,
    generator: torch.Generator,
) -> Float[Tensor, ""]:
    """Return how much the output moves when one layer is masked, in the mean over layers."""
    ### BEGIN SOLUTION
    losses = [
        stochastic_loss(forward, x, weights, parts, {name: gate}, two_point, generator)
        for name, gate in g.items()
    ]
    return torch.stack(losses).mean()
    ### END SOLUTION


# %% check="layerwise_loss" points=2
with check(layerwise_loss) as c:
    weights, parts = training.small_case(seed=1)
    x = torch.randn(7, 4)
    ones = {name: torch.ones(7, U.shape[1]) for name, (U, _) in parts.items()}
    loss = c.call(chain, x, weights, parts, ones, True, dice(0))
    goal = torch.relu(x @ weights["first"].mT) @ weights["second"].mT
    sums = {name: U @ V for name, (U, V) in parts.items()}
    first = torch.relu(x @ sums["first"].mT) @ weights["second"].mT
    second = torch.relu(x @ weights["first"].mT) @ sums["second"].mT
    truth = functional.mse_loss(first, goal) + functional.mse_loss(second, goal)
    c.close(loss, truth / 2, "one layer of components, the other original; the mean of both")
    right = {**parts, "second": (weights["second"], torch.eye(5))}
    wide = {"first": ones["first"], "second": torch.ones(7, 5)}
    loss = c.call(chain, x, weights, right, wide, True, dice(0))
    c.close(loss, functional.mse_loss(first, goal) / 2, "a right layer adds nothing")
    x, half = torch.ones(20_000, 1), torch.full((20_000, 1), 0.5)
    one = {"a": torch.ones(1, 1), "b": torch.ones(1, 1)}
    alone = {name: (torch.ones(1, 1), torch.ones(1, 1)) for name in one}
    loss = c.call(chain, x, one, alone, {"a": half, "b": half}, False, dice(2))
    c.close(loss, 0.25 / 3, "masks are drawn, for each layer", rtol=0.05)
    loss = c.call(chain, x, one, alone, {"a": half, "b": half}, True, dice(2))
    c.close(loss, 0.25 / 2, "of two points where that is asked for", rtol=0.05)
    loss = c.call(chain, x, one, alone, {"b": half}, True, dice(2))
    c.close(loss, 0.25 / 2, "a mean over the layers in g, not over all", rtol=0.05)
    asked = half.clone().requires_grad_(True)
    trained = layerwise_loss(chain, x, one, alone, {"a": asked, "b": half}, True, dice(2))
    c.true(trained.requires_grad, "the gates have a gradient")

# %% [markdown]
# ### Exercise 15: minimality_loss
#
# difficulty 1/5 · importance 5/5 · 5 min
#
# Nothing so far asks a gate to close. This does: with the **upper-leaky** gates of exercise 9 and a
# power $p$,
#
# $$\mathcal L_\text{min} = \frac1B \sum_b \sum_{l} \sum_{c=1}^{C_l} \bigl(g_{l,b,c}\bigr)^p$$
#
# a **sum** over layers and components, a mean over samples. With $p = 1$ it is the number of open
# gates (as far as they are 0 or 1). With $p = 2$ the slope at 0 is 0, and half a gate costs a
# quarter: gates stay half open, all can still learn. That is why training begins at 2 and ends
# at 1. The gates that come in are not negative; $p \ge 1$.
#
# <details><summary>Hint 1: nudge</summary>
#
# Put a second copy of every component into a layer, with the same gates: what must become of the
# loss? And with a second copy of every sample?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# For each layer `[batch, C]`, and $C$ need not be the same; `[batch]` after the sum over
# components.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# total = 0
# for each layer: add the mean over samples of the sum over components of the gates to the power
# ```
#
# </details>


# %% exercise="minimality_loss"
def minimality_loss(g: dict[str, Float[Tensor, "batch C"]], p: float) -> Float[Tensor, ""]:
    """Return the sum of all gates to the power p, a mean over samples."""
    ### BEGIN SOLUTION
    return torch.stack([gate.pow(p).sum(dim=-1).mean() for gate in g.values()]).sum()
    ### END SOLUTION


# %% check="minimality_loss" points=2
with check(minimality_loss) as c:
    g = {"wide": torch.rand(6, 9) * 1.1, "narrow": torch.rand(6, 4) * 1.1}
    loss = c.call(g, 1.5)
    both = torch.cat(list(g.values()), dim=1)
    c.close(loss, (both**1.5).sum() / 6, "a sum over all components, a mean over samples")
    twice = {name: gate.repeat(2, 1) for name, gate in g.items()}
    c.close(c.call(twice, 1.5), loss, "twice the samples: the same")
    twice = {name: gate.repeat(1, 2) for name, gate in g.items()}
    c.close(c.call(twice, 1.5), 2 * loss, "twice the components: twice as much")
    counted = {name: (gate > 0.5).float() for name, gate in g.items()}
    open_ones = sum(gate.sum() for gate in counted.values()) / 6
    for p in (1.0, 1.5, 2.0):
        c.close(c.call(counted, p), open_ones, "gates of 0 and 1 are counted, whatever p is")
    asked = torch.tensor([[0.0, 0.3], [1.02, 0.7]], requires_grad=True)
    trained = minimality_loss({"only": asked}, 2.0)
    c.true(trained.requires_grad, "gates have a gradient")
    (slope,) = torch.autograd.grad(trained, [asked])
    c.close(slope, asked.detach(), "p g^(p-1) for each gate, divided by the samples")


# %%
def between(start: float, end: float, share: float, geometric: bool = False) -> float:
    """Go from start (share 0) to end (share 1, and from there on): in a line, or by a factor."""
    share = min(share, 1.0)
    return start * (end / start) ** share if geometric else start + (end - start) * share


# %% [markdown]
# ### Exercise 16: train_spd
#
# difficulty 4/5 · importance 5/5 · 35 min
#
# Now the loop. It has two stages.
#
# **Warm-up.** `warm_up` steps of AdamW (learning rate 1e-2, weight decay 0.1) on the faithfulness
# loss **alone**, and on the parts alone: no data is needed for that.
#
# **Training.** One step of a *new* Adam on parts and gates for each batch, in order. With $s$ the
# share of the steps that is done (0 in the first step, $(T-1)/T$ in the last):
#
# $$\mathcal L = \mathcal L_\text{faith} + \mathcal L_\text{stoch} + \mathcal L_\text{layer} +
# \beta(s)\, \mathcal L_\text{min}(p(s)), \qquad \mathrm{rate}(s) = \mathtt{lr} \cdot \tfrac12 (1 +
# \cos \pi s)$$
#
# $\beta$ goes from `coefficient[0]` to `coefficient[1]` by equal factors (by default the two are
# equal), $p$ from `power[0]` to `power[1]` in a straight line; both arrive when $s = 0.8$, and stay
# (`between(start, end, s / 0.8)`, in the cell above; for $\beta$ with `geometric=True`). The two
# reconstruction losses get the **lower-leaky** gates, minimality the **upper-leaky** ones. All
# masks of a run come from one generator, `dice(seed)`.
#
# Return the trained parts and gates (same form, without gradients) and the loss of each
# batch **before** its step, as numbers. What comes in stays as it was: train copies; the target's
# `weights` are never trained. After each step call `look(step, parts, gates)` if there is a `look`
# (step from 0): that is how the pictures below move.
#
# <details><summary>Hint 1: nudge</summary>
#
# In each step the target runs once to see what each layer is given (`layer_inputs`), which makes
# the gates' values (`gate_values`); from these come both sets of gates. A schedule is a number that
# you compute anew in each step: `optimizer.param_groups[0]["lr"] = ...`.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# Parts are a dictionary of pairs, gates one of four tensors each. Copies that learn:
# `t.detach().clone().requires_grad_(True)` for each, in the same form. The optimisers want flat
# lists of tensors: the first of the parts only, the second of both.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# copies of parts and gates that learn
# AdamW on the parts: warm_up times a step on faithfulness
# Adam on parts and gates; for each batch:
#     share = step / number of batches; set the rate, compute beta and p
#     the inputs of each layer, the gates' values, both leaky versions
#     loss = faithfulness + stochastic + layerwise + beta * minimality; note it
#     clear gradients, backward, step; look
# return copies' values without gradients, and the losses
# ```
#
# </details>


# %% exercise="train_spd"
def train_spd(
    forward: Forward,
    weights: dict[str, Tensor],
    parts: Parts,
    gates: Gates,
    batches: Sequence[Float[Tensor, "batch features"]],
    lr: float = 4e-2,
    coefficient: tuple[float, float] = (4e-3, 4e-3),
    power: tuple[float, float] = (2.0, 1.0),
    warm_up: int = 200,
    two_point: bool = True,
    seed: int = 0,
    look: Callable[[int, Parts, Gates], None] | None = None,
) -> tuple[Parts, Gates, list[float]]:
    """Return trained copies of parts and gates, and the loss of each batch before its step."""
    ### BEGIN SOLUTION
    parts = {n: tuple(t.detach().clone().requires_grad_(True) for t in parts[n]) for n in parts}
    gates = {n: tuple(t.detach().clone().requires_grad_(True) for t in gates[n]) for n in gates}
    matrices = [t for pair in parts.values() for t in pair]
    optimizer = torch.optim.AdamW(matrices, lr=1e-2, weight_decay=0.1)
    for _ in range(warm_up):
        optimizer.zero_grad()
        faithfulness_loss(weights, parts).backward()
        optimizer.step()
    generator, losses = dice(seed), []
    optimizer = torch.optim.Adam(matrices + [t for gate in gates.values() for t in gate], lr=lr)
    for step, x in enumerate(batches):
        share = step / len(batches)
        optimizer.param_groups[0]["lr"] = lr * 0.5 * (1 + math.cos(math.pi * share))
        beta = between(*coefficient, share / 0.8, geometric=True)
        values = gate_values(layer_inputs(forward, x, weights)[1], parts, gates)
        lower = {name: lower_leaky(z) for name, z in values.items()}
        upper = {name: upper_leaky(z) for name, z in values.items()}
        loss = faithfulness_loss(weights, parts)
        loss = loss + stochastic_loss(forward, x, weights, parts, lower, two_point, generator)
        loss = loss + layerwise_loss(forward, x, weights, parts, lower, two_point, generator)
        loss = loss + beta * minimality_loss(upper, between(*power, share / 0.8))
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if look is not None:
            look(step, parts, gates)
    parts = {name: tuple(t.detach() for t in pair) for name, pair in parts.items()}
    gates = {name: tuple(t.detach() for t in gate) for name, gate in gates.items()}
    return parts, gates, losses
    ### END SOLUTION


# %% check="train_spd" points=5
with check(train_spd) as c:
    weights, parts = training.small_case(seed=2)
    # Gates that are wide open whatever comes in: all masks are 1, and nothing is left to chance.
    wide = {n: training.open_wide(U.shape[1], seed=3) for n, (U, _) in parts.items()}
    batches = list(torch.randn(6, 7, 4))
    price = (2.0, 0.2)
    still, _, losses = c.call(chain, weights, parts, wide, batches, 0.0, price, warm_up=0)
    ones = {n: torch.ones(7, U.shape[1]) for n, (U, _) in parts.items()}
    for step, x in enumerate(batches):
        z = gate_values(layer_inputs(chain, x, weights)[1], parts, wide)
        beta = 2 * 0.1 ** min(step / 6 / 0.8, 1)
        p = max(2 - step / 4.8, 1.0)
        cost = beta * minimality_loss({n: upper_leaky(v) for n, v in z.items()}, p)
        masked = [loss(chain, x, weights, parts, ones, True, dice(0)) for loss in (
            stochastic_loss, layerwise_loss)]  # fmt: skip
        truth = faithfulness_loss(weights, parts) + sum(masked) + cost
        c.close(losses[step], truth, f"at learning rate 0, the loss of step {step}")
    same = all(torch.equal(a, b) for n in parts for a, b in zip(still[n], parts[n], strict=True))
    c.true(same, "at learning rate 0, and without a warm-up, nothing changes")
    kept = [t.clone() for n in parts for t in (*parts[n], *wide[n])]
    told: list[tuple[int, Tensor]] = []

    def look(step: int, parts: Parts, gates: Gates) -> None:
        told.append((step, parts["first"][0].detach().clone()))

    moved, opened, losses = c.call(chain, weights, parts, wide, batches[:1], warm_up=0, look=look)
    stayed = [t for n in parts for t in (*parts[n], *wide[n])]
    c.true(all(map(torch.equal, kept, stayed)), "what comes in stays as it was")
    step = moved["first"][0] - parts["first"][0]
    c.close(
        step.abs(), torch.full_like(step, 4e-2), "Adam's first step is as long as lr", atol=1e-4
    )
    step = wide["first"][3] - opened["first"][3]
    c.close(step, torch.full_like(step, 4e-2), "gates are trained, too: a price closes them")
    shown = len(told) == 1 and told[0][0] == 0 and torch.equal(told[0][1], moved["first"][0])
    c.true(shown, "look is called after each step, and sees what is there then")
    free = all(not t.requires_grad for n in moved for t in (*moved[n], *opened[n]))
    c.true(free, "without gradients")
    # At p = 1 open gates have a slope of 0.01 times the coefficient, and nothing else moves them.
    falling = ((1.0, 0.05), (1.0, 1.0), 0)
    _, opened, _ = c.call(chain, weights, parts, wide, batches[:4], 0.04, *falling)
    bias = torch.zeros(8, requires_grad=True)
    adam = torch.optim.Adam([bias])
    for step, rate in enumerate((0.04, 0.034142, 0.02, 0.005858)):
        adam.param_groups[0]["lr"] = rate
        bias.grad = torch.full_like(bias, 0.01 * 0.05 ** (step / 3.2))
        adam.step()
    step = opened["second"][3] - wide["second"][3]
    c.close(step, bias, "four steps: the rate is a cosine, gradients are cleared", atol=2e-4)
    free = {n: training.fixed_gates(U.shape[1], 0.5) for n, (U, _) in parts.items()}
    cheap = ((1e-9, 1e-9), (1.0, 1.0), 0, False)
    _, opened, once = c.call(chain, weights, parts, free, batches[:1], 0.04, *cheap, 1)
    moved = (opened["first"][3] - 0.5).abs() > 0.03
    c.true(moved.float().mean() > 0.5, "gates also learn from what masks do to the output")
    _, _, twice = train_spd(chain, weights, parts, free, batches[:1], 0.04, *cheap, 1)
    _, _, other = train_spd(chain, weights, parts, free, batches[:1], 0.04, *cheap, 2)
    c.true(once == twice != other, "masks hang on the seed, and on nothing else")
    c.true(all(isinstance(loss, float) for loss in once), "losses are plain numbers")
    _, _, halves = c.call(chain, weights, parts, free, batches[:1], 0.04, *cheap[:3], True, 1)
    c.true(halves != once, "masks of 0 and 1 cost something else: `two_point` is handed on")
    _, _, again = c.call(chain, weights, parts, free, batches[:1] * 2, 0.0, *cheap, 1)
    c.true(again[0] != again[1], "the same batch again, with new masks: one generator for a run")
    nothing = {**parts, "second": (0 * parts["second"][0], parts["second"][1])}
    _, _, again = c.call(chain, weights, nothing, free, batches[:1] * 2, 0.0, *cheap, 1)
    c.true(again[0] != again[1], "and the layerwise loss has no generator of its own")
    shut = {n: training.fixed_gates(U.shape[1], -0.5) for n, (U, _) in parts.items()}
    exact = {n: U @ V for n, (U, V) in parts.items()}
    _, opened, _ = c.call(chain, exact, parts, shut, batches[:1], 0.04, *cheap, 1)
    rose = torch.cat([opened[n][3] + 0.5 > 0.03 for n in parts])
    c.true(rose.float().mean() > 0.2, "gates below 0 can open again: masks are lower-leaky")
    warm, _, _ = c.call(chain, weights, parts, wide, [], warm_up=1)
    step = warm["first"][0] - 0.999 * parts["first"][0]
    c.close(step.abs(), torch.full_like(step, 0.01), "AdamW's first step, with decay", atol=1e-4)
    warm, untouched, losses = c.call(chain, weights, parts, wide, [], warm_up=200)
    before, after = faithfulness_loss(weights, parts), faithfulness_loss(weights, warm)
    c.true(losses == [] and after < 0.01 * before, "the warm-up alone makes components add up")
    idle = all(map(torch.equal, untouched["first"], wide["first"]))
    c.true(idle, "and leaves the gates alone")

# %% [markdown]
# ### Exercise 17: active_components
#
# difficulty 1/5 · importance 4/5 · 5 min
#
# The first thing to ask of a trained decomposition: which of its components does it use at all? A
# component is **live** if its gate is above a threshold on *at least one* of the inputs.
#
# $$\mathrm{live}_l = \{\, c : \max_b g_{l,b,c} > \tau \,\}$$
#
# Return the indices for each layer, in ascending order. The inputs will be the features one by one,
# at a size of 0.75.
#
# <details><summary>Hint 1: nudge</summary>
#
# One feature of five opens it: is it live? What would a mean over the inputs say?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `[inputs, C]` becomes `[C]` truth values; `nonzero()` makes indices `[live, 1]` of them.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# for each layer:
#     which columns have an entry above the threshold? their indices
# ```
#
# </details>


# %% exercise="active_components"
def active_components(
    g: dict[str, Float[Tensor, "inputs C"]], threshold: float = 0.1
) -> dict[str, Int[Tensor, " live"]]:
    """Return, for each layer, which components are open on any of the inputs."""
    ### BEGIN SOLUTION
    return {name: (gate > threshold).any(dim=0).nonzero()[:, 0] for name, gate in g.items()}
    ### END SOLUTION


# %% check="active_components" points=1
with check(active_components) as c:
    gate = torch.zeros(5, 9)
    gate[2, 7], gate[4, 1], gate[0, 1], gate[:, 4] = 0.4, 0.9, 0.8, 0.09
    live = c.call({"a": gate, "b": 1 - gate[:, :3]})
    c.true(list(live) == ["a", "b"], "an entry for each layer")
    c.close(live["a"], torch.tensor([1, 7]), "open on one input is enough; always 0.09 is not open")
    c.close(live["b"], torch.tensor([0, 1, 2]), "layers may have different numbers of components")
    c.close(c.call({"a": gate}, 0.05)["a"], torch.tensor([1, 4, 7]), "the threshold is an argument")

# %% [markdown]
# ### Exercise 18: adversarial_reconstruction
#
# difficulty 4/5 · importance 5/5 · 20 min
#
# The gates claim: *any* mask in $[g, 1]$ leaves the output as it is. Training tried random ones.
# A claim about all masks is tested by an adversary who looks for the worst: projected gradient
# **ascent** (PGD) on $r$, with masks $m = g + (1 - g)\, r$ and an $r \in [0, 1]$ of its own for
# every layer, sample and component.
#
# $$r_0 \sim U[0, 1], \qquad r_{t+1} = \operatorname{clamp}_{[0, 1]} \bigl( r_t + \eta\,
# \operatorname{sign} \nabla_{r} E(r_t) \bigr), \qquad E(r) = \frac{\sum \bigl(f(x \mid m) - f(x
# \mid W)\bigr)^2}{\sum f(x \mid W)^2}$$
#
# Return $E$ after `steps` steps of size $\eta$ = `size`, all layers of `g` masked at once, sums
# over samples and outputs. It is a *relative* error: 1 is what an output of all zeros earns. `r` is
# drawn from the generator (each layer's in the order of `g`).
#
# <details><summary>Hint 1: nudge</summary>
#
# The components and the gates stand still; $r$ is what learns, and it wants the error to be large.
# Why not begin at $r = 1/2$ everywhere? (Think of two components that cancel each other out.)
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# $r$ is a dictionary like `g`, `[batch, C]` each. `torch.autograd.grad(error, list_of_tensors)`
# gives their gradients. Update without gradients, and ask for them anew.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# goal = the target's own output
# r    = a random number in [0, 1] for every gate
# repeat steps times:
#     error with the masks g + (1 - g) r, all layers together; its gradient with respect to r
#     r = r plus size times the sign of the gradient, held between 0 and 1
# return the error with the last r, as a number
# ```
#
# </details>


# %% exercise="adversarial_reconstruction"
def adversarial_reconstruction(
    forward: Forward,
    x: Float[Tensor, "batch features"],
    weights: dict[str, Tensor],
    parts: Parts,
    g: dict[str, Float[Tensor, "batch C"]],
    generator: torch.Generator,
    steps: int = 20,
    size: float = 0.1,
) -> float:
    """Return the relative squared error under the worst masks that sign ascent finds."""
    ### BEGIN SOLUTION
    goal, _ = layer_inputs(forward, x, weights)
    r = {name: torch.rand(gate.shape, generator=generator) for name, gate in g.items()}

    def error() -> Tensor:
        masks = {name: gate + (1 - gate) * r[name] for name, gate in g.items()}
        out = masked_forward(forward, x, weights, parts, masks)
        return (out - goal).square().sum() / goal.square().sum()

    for _ in range(steps):
        r = {name: draw.requires_grad_(True) for name, draw in r.items()}
        slopes = torch.autograd.grad(error(), list(r.values()))
        r = {
            name: (draw.detach() + size * slope.sign()).clamp(0, 1)
            for (name, draw), slope in zip(r.items(), slopes, strict=True)
        }
    return error().item()
    ### END SOLUTION


# %% check="adversarial_reconstruction" points=4
with check(adversarial_reconstruction) as c:
    # One output; the components read (1, 1) and (1, -1), and add up to (2, 0). No gate is open.
    weights = {"only": torch.tensor([[2.0, 0.0]])}
    parts = {"only": (torch.ones(1, 2), torch.tensor([[1.0, 1.0], [1.0, -1.0]]))}
    x = torch.eye(2)
    shut, wide = {"only": torch.zeros(2, 2)}, {"only": torch.ones(2, 2)}
    c.close(c.call(chain, x, weights, parts, wide, dice(0)), 0.0, "open gates leave no choice")
    # (1, 0): both away, an error of 2. (0, 1): one away, the other not, an error of 1.
    worst = c.call(chain, x, weights, parts, shut, dice(0))
    c.close(worst, (4 + 1) / 4, "each sample and component has an r of its own")
    half = {"only": torch.full((2, 2), 0.5)}
    c.close(c.call(chain, x, weights, parts, half, dice(1)), 5 / 16, "masks lie between g and 1")
    begun = c.call(chain, x, weights, parts, shut, dice(2), 0)
    c.true(0 < begun < worst, "without steps: r as it was drawn")
    many, g = torch.ones(200, 1), {"only": torch.zeros(200, 1)}
    one = {"only": torch.ones(1, 1)}, {"only": (torch.ones(1, 1), torch.ones(1, 1))}
    for seed in (4, 5, 6):
        begun = c.call(chain, many, *one, g, dice(seed), 0)
        c.close(begun, 1 / 3, "200 samples, each begins at its own r", atol=0.1)
    c.close(c.call(chain, x, weights, parts, shut, dice(2), 1, 5.0), 5 / 4, "r is held in [0, 1]")
    two = {"a": torch.ones(1, 1), "b": torch.ones(1, 1)}
    alone = {name: (torch.ones(1, 1), torch.ones(1, 1)) for name in two}
    g = {"a": torch.full((3, 1), 0.4), "b": torch.full((3, 1), 0.7)}
    worst = c.call(chain, torch.ones(3, 1), two, alone, g, dice(3))
    c.close(worst, (1 - 0.4 * 0.7) ** 2, "all layers are attacked at once")
    worst = c.call(chain, torch.ones(3, 1), two, alone, {"b": g["b"]}, dice(3))
    c.close(worst, (1 - 0.7) ** 2, "and none that is not in g")

# %% [markdown]
# ### Exercise 19: diagnose
#
# difficulty 3/5 · importance 5/5 · 20 min
#
# Some runs go wrong, and on a model that nobody has understood there is no truth to compare with.
# What can be told *without* it? Five things, from the target, the parts and the gates alone. The
# `probes` are inputs that show one feature each; the `x` are ordinary inputs. For each layer:
#
# - `live`: how many components are live (exercise 17) on the probes;
# - `open`: the **largest** number of gates above 0.1 that a single probe opens. If a probe is one
#   thing, it should need one component; a feature that was built from two neighbours opens both;
# - `unsure`: how many gates lie **between 0.2 and 0.9** on the probes (both excluded). A finished
#   gate is open or shut;
# - `missing`: how far the **live** components alone are from adding up to the matrix (Frobenius
#   norms: the root of the sum of squares of all entries):
#
# $$\mathrm{missing}_l = \frac{\lVert W_l - \sum_{c\,\in\,\mathrm{live}} U_{:,c}
# V_{c,:} \rVert}{\lVert W_l \rVert}$$
#
# and for all of them together `adversarial`: the error of exercise 18 on `x`, with the gates for
# `x` (`open_gates`). The run is `right` if all of these hold: no gate is unsure, no probe opens
# more than `most` gates of a layer, less than 0.1 is missing in each layer, and the adversarial
# error is below `limit`.
#
# Return a dictionary with these six names; all but `right` (True or False) and `adversarial` (a
# number) are dictionaries of plain numbers by layer.
#
# <details><summary>Hint 1: nudge</summary>
#
# The gates are asked twice: on the probes, and on `x`. Which of the numbers hang on which?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `open_gates` gives `[inputs, C]` for each layer. Counting over components leaves `[probes]`. The
# live components are columns of $U$ and rows of $V$.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# g        = the open gates on the probes; which components are active
# open     = for each layer: count each probe's gates above 0.1, take the largest count
# unsure   = for each layer: how many entries of g lie between the two limits
# missing  = for each layer: the norm of W minus the live columns times the live rows, by W's norm
# error    = the adversarial error on x, with the gates on x
# right    = all four conditions, over all layers
# ```
#
# </details>


# %% exercise="diagnose"
def diagnose(
    forward: Forward,
    weights: dict[str, Tensor],
    parts: Parts,
    gates: Gates,
    probes: Float[Tensor, "probes features"],
    x: Float[Tensor, "batch features"],
    generator: torch.Generator,
    most: int = 1,
    limit: float = 0.06,
) -> dict[str, bool | float | dict[str, int] | dict[str, float]]:
    """Return `right`, and `live`, `open`, `unsure`, `missing`, `adversarial`, which it hangs on."""
    ### BEGIN SOLUTION
    g = open_gates(forward, weights, parts, gates, probes)
    active = active_components(g)
    crowd = {name: int((gate > 0.1).sum(dim=1).max()) for name, gate in g.items()}
    unsure = {name: int(((gate > 0.2) & (gate < 0.9)).sum()) for name, gate in g.items()}
    missing = {}
    for name, (U, V) in parts.items():
        left = weights[name] - U[:, active[name]] @ V[active[name]]
        missing[name] = (left.norm() / weights[name].norm()).item()
    allowed = open_gates(forward, weights, parts, gates, x)
    error = adversarial_reconstruction(forward, x, weights, parts, allowed, generator)
    settled = max(unsure.values()) == 0 and max(crowd.values()) <= most
    return {
        "right": settled and max(missing.values()) < 0.1 and error < limit,
        "live": {name: len(found) for name, found in active.items()},
        "open": crowd,
        "unsure": unsure,
        "missing": missing,
        "adversarial": error,
    }
    ### END SOLUTION


# %% check="diagnose" points=4
with check(diagnose) as c:
    # A square: right parts, and gates that open where their number gets over the bias.
    W, eye = torch.tensor([[1.0, 0, -1, 0], [0, 1, 0, -1]]), torch.eye(4)
    square, weights = tms(torch.zeros(4)), {"embed": W, "unembed": W.mT}
    good = {"embed": (W, eye), "unembed": (eye, W.mT)}
    steps = {name: training.step_gates(0.01 * torch.ones(4)) for name in weights}
    rest = 0.75 * eye, torch.cat([eye, 0.3 * eye + 0.4 * eye[[1, 0, 3, 2]]]), dice(0)
    found = c.call(square, weights, good, steps, *rest)
    names = {"right", "live", "open", "unsure", "missing", "adversarial"}
    c.true(set(found) == names, "six names")
    c.true(found["live"] == {"embed": 4, "unembed": 4}, "a live component for each feature")
    c.true(found["open"] == {"embed": 1, "unembed": 1}, "each probe opens one gate of each layer")
    c.true(found["unsure"] == {"embed": 0, "unembed": 0}, "no gate is unsure")
    c.close(found["missing"]["embed"], 0.0, "the live components add up to the matrix")
    c.true(found["adversarial"] < 1e-3 and found["right"] is True, "and the run is right")
    half = {**steps, "embed": training.fixed_gate(steps["embed"], 2, 0.5)}
    found = c.call(square, weights, good, half, *rest, 2, 1e9)
    c.true(found["unsure"] == {"embed": 4, "unembed": 0}, "a gate at 0.5 on all four probes")
    c.true(found["right"] is False, "is no right run")
    wide = {**steps, "unembed": training.fixed_gate(steps["unembed"], 2, 1.0)}
    found = c.call(square, weights, good, wide, *rest)
    c.true(
        found["open"] == {"embed": 1, "unembed": 2}, "a gate that is always open is one too many"
    )
    c.true(found["live"] == {"embed": 4, "unembed": 4}, "there are four components as before")
    c.true(found["right"] is False, "not right, unless two are allowed")
    c.true(
        diagnose(square, weights, good, wide, *rest, 2)["right"] is True, "`most` is an argument"
    )
    faint = {**steps, "unembed": training.fixed_gate(steps["unembed"], 2, 0.15)}
    found = c.call(square, weights, good, faint, *rest)
    c.true(found["open"]["unembed"] == 2, "a gate of 0.15 is open")
    c.true(found["live"]["unembed"] == 4, "and its component live")
    for z, count in ((0.15, 0), (0.25, 4), (0.85, 4), (0.95, 0)):
        at = {**steps, "unembed": training.fixed_gate(steps["unembed"], 2, z)}
        found = c.call(square, weights, good, at, *rest)
        c.true(found["unsure"]["unembed"] == count, f"{z} is {'un' * (count > 0)}sure")
    other = {**wide, "unembed": training.fixed_gate(wide["unembed"], 1, -1.0)}
    found = c.call(square, weights, good, other, *rest)
    c.true(found["live"]["unembed"] == 3, "components are counted, not probes")
    shut = {**steps, "unembed": training.fixed_gate(steps["unembed"], 1, -1.0)}
    found = c.call(square, weights, good, shut, *rest, 1, 1e9)
    c.true(found["live"]["unembed"] == 3, "three of four are live if one is always shut")
    c.close(found["missing"]["unembed"], 0.5, "what the fourth wrote is missing")
    c.true(found["right"] is False, "not right, whatever the limit")
    big = torch.tensor([[9.0, -9.0], [9.0, -9.0]])
    cancel = {**good, "embed": (torch.cat([W, big], 1), torch.cat([eye, eye[:1], eye[:1]]))}
    gates = {**steps, "embed": training.step_gates(torch.tensor([0.01] * 4 + [5.0] * 2))}
    found = c.call(square, weights, cancel, gates, *rest)
    c.true(found["adversarial"] > 20, "two components that cancel: the adversary finds them")
    c.true(found["right"] is False, "not right")
    found = c.call(square, weights, cancel, gates, 0.75 * eye, eye[1:], dice(0))
    c.true(found["right"] is True, "unless x never shows what they read")
    found = c.call(square, weights, cancel, gates, *rest, 1, 1e9)
    c.true(found["right"] is True, "the limit is an argument")

# %% [markdown]
# ### Live: the pentagon, taken apart
#
# All of it together, on the toy model of part I. Each matrix gets 100 components, twenty times as
# many as there are features: **nobody tells the method how many there are**. The probes are the
# five features one by one, at a size of 0.75.
#
# One choice of where to begin matters more than one would think: the gates begin **one-sided**. All
# the weights of a gate's network are positive at first, so that the gate opens as its number grows.
# Nothing is lost by that, because the sign of a component is free: $(U, V)$ and $(-U, -V)$ are the
# same matrix. But a gate that opens for large positive *and* large negative numbers can serve two
# features that lie on opposite sides of the plane, one component for both. That was the commonest
# failure before.
#
# One move in the middle matters, too. A layer that is *crowded*, with a component open for two
# features and a second one that makes up the difference, stays so: the loss is flat around it, and
# a fifth of the run decides. So the given `training.Renewing` looks at the probes after 20, 35 and
# 50% of the steps. If a component is open for several probes, or a probe opens several, it draws
# all components of that layer anew but those that serve one probe alone, and spreads what these
# miss of the matrix over the new ones. (It does so in place: `look` must get the tensors that you
# train, not copies.) Is it allowed? It sees what `diagnose` sees, the probes, the gates and the
# matrix; how many features there are, or where, it is not told. What it assumes is what
# `diagnose` assumes with `most=1`, that each probe needs one component of its own. In part III
# there is a matrix where that is wrong, and there this move would destroy the right answer.
#
# **Predict.** How many of the 100 components of each matrix will be live at the end?

# %%
my_live_components = None  # of embed and of unembed, such as (7, 7)

# %%
probes = 0.75 * torch.eye(5)
STEPS = 2500


def fresh_run(seed: int, steps: int, names: Sequence[str]) -> tuple[Parts, Gates, list[Tensor]]:
    """Draw what a run begins with and is shown: parts and gates of these layers, batches."""
    source = dice(seed)
    chosen = {name: target.weights[name] for name in names}
    start = training.random_start(chosen, 100, source, hidden=1, one_sided=True)
    return *start, training.sparse_batches(steps, 128, 5, target.probability, source)


def gates_alone(parts: Parts, gates: Gates) -> dict[str, Tensor]:
    """The gates on each feature alone."""
    return open_gates(forward, target.weights, parts, gates, probes)


ordinary = torch.cat(training.sparse_batches(4, 128, 5, target.probability, dice(1000)))
for attempt in range(3):
    start, start_gates, batches = fresh_run(attempt, STEPS, ["embed", "unembed"])
    watching = training.Watching(gates_alone, target.weights, STEPS)
    again = dice(2000 + attempt)
    renewing = training.Renewing(gates_alone, target.weights, STEPS, again, then=watching)
    our_parts, our_gates, our_losses = train_spd(
        forward, target.weights, start, start_gates, batches, seed=attempt, look=renewing
    )
    verdict = diagnose(forward, target.weights, our_parts, our_gates, probes, ordinary, dice(0))
    training.report(f"run {attempt}", verdict)
    print(f"    renewed (step, layer): {renewing.renewed or 'nothing was crowded'}")
    if verdict["right"]:
        break
helpers.versus(my_live_components, tuple(verdict["live"].values()), "Live components")

# %% [markdown]
# The loop around the training is the point: the run is repeated with other dice **if it says itself
# that it went wrong**. Nothing in `diagnose` knows how many features there are, or where.
#
# And now, for once, the truth. How near are the live components to the true columns (for `unembed`:
# rows)? The scores are those of exercises 1 and 2, of the live components only. (With all 100 the
# winner of a column can be a dead speck that happens to point just right: among 95 of them one
# does.) The paper has MMCS 1.000 and ML2R 0.993 for this model (Bushnaq and others, 2025).


# %%
def scores(parts: Parts, gates: Gates) -> dict[str, tuple[float, float]]:
    """MMCS and ML2R of the live components of each layer, columns of embed and rows of unembed."""
    judged = {}
    for name, live in active_components(gates_alone(parts, gates)).items():
        W, U, V = target.weights[name], parts[name][0][:, live], parts[name][1][live]
        if name == "unembed":
            W, U, V = W.mT, V.mT, U.mT
        judged[name] = (mmcs(W, U, V), ml2r(W, U, V)) if len(live) else (0.0, 0.0)
    return judged


helpers.table(
    ["layer", "live", "MMCS", "ML2R", "paper's"],
    [
        [name, verdict["live"][name], *pair, "1.000 / 0.993"]
        for name, pair in scores(our_parts, our_gates).items()
    ],
)
plots.lines(
    {"loss": training.smooth(our_losses)},
    title="Total loss of the run above, a mean over 25 steps",
    xlabel="steps / 25",
    log=True,
)

# %% [markdown]
# ### What a failure looks like
#
# Leave one loss out, the layerwise one (here it returns 0, and everything else is as it was), and
# train again, from three seeds.
#
# **Predict.** Faithfulness is still in the loss, and so is the reconstruction with both layers
# masked. How many of the three runs will be right, and what will `diagnose` complain about?

# %%
my_right_of_three = None
my_complaint = None  # live, open, unsure, missing or adversarial?


# %%
def no_loss(*args: object) -> Tensor:
    """A loss that asks for nothing."""
    return torch.zeros((), requires_grad=True)


complaints = []
for seed in range(3):
    start, start_gates, batches = fresh_run(seed, STEPS, ["embed", "unembed"])
    bar = training.Bar(STEPS)
    with training.instead(globals(), layerwise_loss=no_loss):
        spoiled, spoiled_gates, _ = train_spd(
            forward, target.weights, start, start_gates, batches, seed=seed, look=bar
        )
    judged = diagnose(forward, target.weights, spoiled, spoiled_gates, probes, ordinary, dice(0))
    training.report(f"no layerwise loss, seed {seed}", judged)
    complaints.append(training.complaints(judged))
helpers.versus(my_right_of_three, complaints.count([]), "Right, of three")
helpers.versus(my_complaint, complaints, "Complaints, run by run")
pictures.picture(
    target.weights,
    spoiled,
    gates_alone(spoiled, spoiled_gates),
    f"Without the layerwise loss, seed {seed}",
)

# %% [markdown]
# It does not fail each time. But where it fails, it fails badly: the live components lack about
# forty per cent of both matrices, and the error with the worst masks is above a third (an output of
# all zeros would have 1). In the picture you see what this loss is good for: the components of
# `embed` write too little, those of `unembed` read too much, and with both layers taken apart the
# one makes up for the other. Beside an *original* matrix neither could hide.
#
# Runs with everything in place can fail, too; how often, with the renewing and without, is in the
# README. Such a run is most often *one component short*: another works for two features.
# Faithfulness is perfect, the reconstruction is nearly perfect, the loss on its own says nothing.
# What says something: a probe of one feature opens two gates, or the live components do not add up
# to the matrix.

# %% [markdown]
# ### Wrong versions, and which number betrays them
#
# Runs on `embed` alone, each but the first with one thing wrong that people have really written.
# (Masks are of any size here, as in the paper, and not of two points as in the live run: some of
# the mistakes are about the range from which masks are drawn, and the column "random" draws from
# the whole range that they should have had.) The columns: how many components are live; MMCS of all
# components, ML2R of the live ones; faithfulness; and the relative error of the output with masks
# 1, with masks equal to the gates, with random masks above the gates, and with the worst ones.
#
# **Predict.** Before you run it, choose for each row the column that will betray it. Which column
# will betray none?

# %%
my_betraying_columns = None  # in words


# %%
def any_masks(g: Tensor, two_point: bool, generator: torch.Generator) -> Tensor:
    """Wrong: masks in [0, 1], whatever the gates say."""
    r = torch.rand(g.shape, generator=generator)
    return (r < 0.5).to(g.dtype) if two_point else r


def masks_below(g: Tensor, two_point: bool, generator: torch.Generator) -> Tensor:
    """Wrong: masks between 0 and the gate."""
    return g * any_masks(g, two_point, generator)


def masks_shared(g: Tensor, two_point: bool, generator: torch.Generator) -> Tensor:
    """Wrong, and how wrong? All components of a sample share one r."""
    return g + (1 - g) * any_masks(g[:, :1], two_point, generator)


no_reconstruction = {"stochastic_loss": no_loss, "layerwise_loss": no_loss}
plain = {"coefficient": (3e-3, 3e-3), "two_point": False}
versions = {
    "right": ({}, {}),
    "masks in [0, 1]": ({"sample_masks": any_masks}, {}),
    "masks in [0, g]": ({"sample_masks": masks_below}, {}),
    "no reconstruction": (no_reconstruction, {}),
    "no faithfulness": ({"faithfulness_loss": no_loss}, {"warm_up": 0}),
    "no minimality": ({}, {"coefficient": (1e-9, 1e-9)}),
    "one r for all": ({"sample_masks": masks_shared}, {}),
}
W = pentagon  # the matrix of embed
goal = target(ordinary)
rows = []
for name, (wrong, settings) in versions.items():
    start, start_gates, batches = fresh_run(1, 1200, ["embed"])
    settings = {**plain, **settings, "look": training.Bar(1200)}
    with training.instead(globals(), **wrong):
        made, opened, _ = train_spd(
            forward, target.weights, start, start_gates, batches, **settings
        )
    g = open_gates(forward, target.weights, made, opened, ordinary)["embed"]
    masks = {"1": torch.ones_like(g), "g": g, "random": sample_masks(g, False, dice(0))}
    errors = []
    for mask in masks.values():
        out = masked_forward(forward, ordinary, target.weights, made, {"embed": mask})
        errors.append(((out - goal).square().sum() / goal.square().sum()).item())
    worst = adversarial_reconstruction(
        forward, ordinary, target.weights, made, {"embed": g}, dice(0)
    )
    live = active_components(gates_alone(made, opened))["embed"]
    faithful = faithfulness_loss(target.weights, made).item()
    U, V = made["embed"]
    size = ml2r(W, U[:, live], V[live]) if len(live) else 0.0
    rows.append([name, len(live), mmcs(W, U, V), size, faithful])
    rows[-1] += [*errors, worst]
helpers.table(
    ["version", "live", "MMCS", "ML2R", "faithful", "masks 1", "masks g", "random", "worst"], rows
)

# %% [markdown]
# Read down the columns. **MMCS** is 1.00 for every version: it betrays none, as you found out in
# part I. **Faithfulness** is far off only where it was left out: there the components add up to
# about twice the matrix, because with masks that are one half in the mean this gives the right
# output (look at "random"). Closed gates everywhere (0 live) look like a marvel of minimality until
# the masks are the gates. Without minimality all errors are next to nothing, and nothing is
# explained: dozens of components are live. And in the last row the components cheat together: what
# one of them does too much another takes back, as long as both are masked alike.

# %% [markdown] question="spot_the_bug" points=2
# ### Question A: spot the bug
#
# A colleague sends you this, with a plot in which the stochastic loss of the run
# is as small as yours.
#
# ```python
# def sample_masks(g, two_point, generator):
#     r = torch.rand(len(g), 1, generator=generator)
#     if two_point:
#         r = (r < 0.5).to(g.dtype)
#     return g + (1 - g) * r
# ```
#
# What is wrong? Why does the loss that was trained not show it, and which two of the numbers above
# do? Describe components for which this code reports no error at all, and which are nevertheless
# wrong.
#
# ### BEGIN SOLUTION
# All components of a sample get the same r. The run is trained and measured with masks that are
# alike, so components that are only right together (large ones that cancel) cost nothing: +B and
# -B, both with shut gates, add up to nothing as long as both are multiplied by the same number.
# Independent masks show it (the column "random"), and the worst masks most of all: one of the two
# is kept, the other taken away.
#
# Rubric: half a point for one r per sample in place of one per component; half a point for "what
# is measured is what was trained"; half a point for masks drawn independently and for the
# adversary; half a point for an example that cancels.
# ### END SOLUTION

# %% [markdown]
# ### The price of a gate
#
# One number decides what counts as one component: the coefficient of minimality. Too low, and a
# feature is spread over many; too high, and it is cheaper to lose it.
#
# **Predict.** On `embed`, with one coefficient throughout: how many components are live at 0.0001,
# at 0.003, at 0.1?

# %%
my_live_by_coefficient = None  # such as (50, 5, 1)

# %%
coefficients = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
counts, errors = [], []
for coefficient in coefficients:
    start, start_gates, batches = fresh_run(0, 1200, ["embed"])
    settings = {"two_point": False, "coefficient": (coefficient, coefficient)}
    settings["look"] = training.Bar(1200)
    made, opened, _ = train_spd(forward, target.weights, start, start_gates, batches, **settings)
    counts.append(len(active_components(gates_alone(made, opened))["embed"]))
    allowed = open_gates(forward, target.weights, made, opened, ordinary)
    errors.append(
        adversarial_reconstruction(forward, ordinary, target.weights, made, allowed, dice(0))
    )
helpers.versus(
    my_live_by_coefficient, (counts[0], counts[3], counts[6]), "Live at 0.0001, 0.003 and 0.1"
)
pictures.sweep(coefficients, counts, errors, truth=5)

# %% [markdown]
# Below, the number of live components depends on the price. Then comes a stretch in which it does
# not, over a factor of ten, and it is the number of features. On this model you can see that it is,
# because you know the truth; on another, look for such a stretch, and distrust a result that needs
# one exact coefficient. Nor is all of the stretch equally good: at its dear end the error with the
# worst masks is many times what it was. The count stays, and what is counted gets worse; so look at
# both curves.

# %% [markdown] question="without_the_truth" points=3
# ### Question B: without the truth
#
# You decompose a matrix of a model that nobody has understood. After training, 40 of
# 1,000 components are live, faithfulness is 1e-8, MMCS cannot be computed, the reconstruction with
# the gates as masks is perfect. What would you still measure before you say "this matrix does 40
# things"? Name three measurements, and for each a wrong run that it would expose. What could still
# be wrong if all three come out well?
#
# ### BEGIN SOLUTION
# For example: the worst masks (exposes components that cancel, a shared r); how much of the matrix
# the live components make up (exposes runs whose gates are shut and whose work is done by dead
# components with masks above 0); how many gates an input opens, and how many lie between 0 and 1
# (exposes features that are built from two others, and gates that have not decided); the count at
# half and at twice the coefficient, and with other dice (exposes a number that the price decides);
# the same with twice as many components.
# Still open: inputs that were not tried; features that always occur together and are counted as
# one; components of rank one where the true mechanism has a higher rank.
#
# Rubric: half a point for each measurement and half a point for each run it exposes, up to two
# points; one point for what could still be wrong.
# ### END SOLUTION

# %% [markdown]
# ### The headline
#
# What the live run found, beside what is true: columns of `embed`, rows of `unembed`, and the gates
# of the live components, ordered by the feature that opens them most. Five features, five
# components in each matrix, one gate each.

# %%
figure = pictures.headline(
    target.weights,
    our_parts,
    gates_alone(our_parts, our_gates),
    scores(our_parts, our_gates),
    verdict["adversarial"],
)
print("saved to", plots.save(figure, helpers.HEADLINE))
figure

# %% [markdown]
# ## Part III: larger, and what is open
#
# A pentagon has five corners, and you knew them. From here on the matrices are larger, one of them
# does nothing at all, and one was trained to copy text. The training takes longer than you want to
# wait for, so the parts and gates come ready-made: the course has trained them with its own
# versions of the functions that you have written.
#
# A word on judging them. `diagnose` asks that a probe open one gate of a layer, because there a
# probe was one thing that rank one can do. It carries over with a larger `most` where you have a
# reason for one (a layer of rank two that all inputs pass through needs two), and with `x` from the
# target's own inputs. Where a probe is no single thing, as with a sequence of tokens, `open` has
# nothing to be held against; the other numbers still say what they said.

# %% [markdown]
# ### Exercise 20: identity_layer_rank
#
# difficulty 2/5 · importance 4/5 · 10 min
#
# Put a layer between the two matrices of the toy model which does nothing: the identity, two
# numbers in, the same two out. What are *its* components? There is no feature in it to find: any
# two rank-one matrices will do, as long as they add up to it, and an input needs both unless it
# happens to lie where one of them reads nothing. So do not ask which components there are; ask
# **how many** are live, what rank they have together (five that share two directions are two, badly
# split), and how much of $W$ they leave out:
#
# $$S = \sum_{c\ \text{live}} U_{:,c} V_{c,:}, \qquad
# \mathrm{missing} = \frac{\lVert W - S \rVert_F}{\lVert W \rVert_F}.$$
#
# A component is **live** when its gate passes the threshold on at least one of the inputs. The
# **rank** of $S$ counts those of its singular values that are larger than *a tenth of the largest
# singular value of* $W$: a trained matrix has crumbs in every direction.
#
# Shapes: `W` `[out, in]`, `U` `[out, C]`, `V` `[C, in]`, gates `g` `[batch, C]`. Return the two
# counts and the share that is missing, in this order. With nothing live they are 0, 0 and 1.
#
# <details><summary>Hint 1: nudge</summary>
#
# Which columns of $U$ and rows of $V$ are live is one mask with an entry for each component. All
# that follows is about the product of what is left.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# The mask is `[C]`: the largest gate over the batch. With $n$ live ones `U[:, mask]` is `[out, n]`
# and `V[mask]` is `[n, in]`; their product is `[out, in]`, also for $n = 0$.
# `torch.linalg.svdvals` gives the singular values, the largest first.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# live: for each component, does any input open its gate beyond the threshold?
# S = what the live components add up to
# rank = how many singular values of S exceed a tenth of W's first
# missing = length of W minus S, over the length of W
# ```
#
# </details>


# %% exercise="identity_layer_rank"
def identity_layer_rank(
    W: Float[Tensor, "out in"],
    U: Float[Tensor, "out C"],
    V: Float[Tensor, "C in"],
    g: Float[Tensor, "batch C"],
    threshold: float = 0.1,
) -> tuple[int, int, float]:
    """Return how many components are live, the rank of their sum, and the share of W they miss."""
    ### BEGIN SOLUTION
    live = (g > threshold).any(dim=0)
    together = U[:, live] @ V[live]
    largest = torch.linalg.svdvals(W)[0]
    rank = int((torch.linalg.svdvals(together) > 0.1 * largest).sum())
    return int(live.sum()), rank, ((W - together).norm() / W.norm()).item()
    ### END SOLUTION


# %% check="identity_layer_rank" points=2
with check(identity_layer_rank) as c:
    slanted = torch.tensor([[2.0, 1.0], [0.5, 1.0]]).double()
    U, V = torch.linalg.inv(slanted), slanted
    opens = torch.tensor([[0.0, 0.0], [0.9, 0.0], [0.0, 0.7], [0.0, 0.0]]).double()
    c.close(c.call(torch.eye(2).double(), U, V, opens), (2, 2, 0.0), "an identity of two")
    half = torch.cat([U[:, :1] / 2, U[:, :1] / 2, U[:, 1:]], dim=1)
    twice = torch.cat([V[:1], V])
    wide = torch.cat([opens[:, :1], opens], dim=1)
    c.close(c.call(torch.eye(2).double(), half, twice, wide), (3, 2, 0.0), "one of them split")
    c.close(c.call(torch.eye(2).double(), U, V, 0 * opens), (0, 0, 1.0), "nothing live")
    W = torch.diag(torch.tensor([3.0, 4.0, 0.2])).double()
    g = torch.tensor([[0.0, 0.05, 0.9], [0.3, 0.0, 0.0]]).double()
    missing = 4 / (9 + 16 + 0.04) ** 0.5
    c.close(c.call(W, W, torch.eye(3).double(), g), (2, 1, missing), "the largest is closed")
    c.close(c.call(9 * W, 9 * W, torch.eye(3).double(), g), (2, 1, missing), "in other units")
    c.close(c.call(W, W, torch.eye(3).double(), g, 0.01)[:2], (3, 2), "a threshold of 0.01")
    c.close(c.call(W, W, torch.eye(3).double(), g, 0.5)[:2], (1, 0), "0.5: what is left is crumbs")

# %% [markdown]
# Now a trained one: TMS 5-2 with an identity between its two matrices, and 100, 60 and 100
# components for the three.
#
# **Predict.** How many of the 60 components of the identity are live? And are they the two axes?

# %%
my_live_in_the_identity = None
my_two_are_the_axes = None  # True or False

# %%
idle_target = targets.load("tms_5_2_identity")
idle = targets.decomposition("tms_5_2_identity")
idle_forward, idle_weights = larger.piece(idle_target)
five = 0.75 * torch.eye(5)  # each feature alone
idle_gates = open_gates(idle_forward, idle_weights, idle.parts, idle.gates, five)
for name, W in idle_weights.items():
    live, rank, missing = identity_layer_rank(W, *idle.parts[name], idle_gates[name])
    total = idle_gates[name].shape[1]
    print(f"{name:9} {live} live of {total}, rank {rank}, {missing:.1%} of W missing")
in_between = larger.in_order(idle_gates["identity"])
helpers.versus(my_live_in_the_identity, len(in_between), "Live in the identity")
reads = functional.normalize(idle.parts["identity"][1][in_between], dim=1)
steep = [f"{math.degrees(math.atan2(y, x)) % 180:.0f}" for x, y in reads.tolist()]
helpers.versus(my_two_are_the_axes, steep, "What they read lies at these angles (degrees)")
larger.gate_maps(idle_gates, "Each feature alone: which gates open")

# %% [markdown]
# The two matrices on the outside have a component for each feature, and the identity has as many as
# it has dimensions: two, which most features open both, at an angle that nobody asked for. Another
# run would have found another angle (further down, a ring that is turned comes out differently from
# two seeds), while the sum stays. So the *count* is a finding and the two components are not: where
# inputs use a whole plane, nothing prefers one pair of directions in it. (It was so for activations
# in the earlier labs: a basis is privileged when something makes it so, a ReLU or sparse data.)

# %% [markdown]
# ### Forty features in ten dimensions
#
# The pentagon could be drawn. Forty features in ten dimensions cannot. The file holds a
# decomposition of the embedding `[10, 40]` into 400 components; the read-out keeps its matrix.
#
# **Predict.** How many of the 400 are live? And what share of the 40 x 40 gates (feature alone,
# live component) is open?

# %%
my_live_of_400 = None
my_share_of_open_gates = None

# %%
forty_target = targets.load("tms_40_10")
forty = targets.decomposition("tms_40_10")
forty_forward, forty_weights = larger.piece(forty_target, "embed")
singles = 0.75 * torch.eye(40)
forty_gates = open_gates(forty_forward, forty_weights, forty.parts, forty.gates, singles)
forty_live = larger.in_order(forty_gates["embed"])
share_open = (forty_gates["embed"][:, forty_live] > 0.1).float().mean().item()
helpers.versus(my_live_of_400, len(forty_live), "Live")
helpers.versus(my_share_of_open_gates, round(share_open, 3), "Share of their gates that are open")
larger.gate_maps(forty_gates, "TMS 40-10: 400 components, and what opens them")

# %% [markdown]
# A diagonal: component after component is opened by a feature of its own and by no other. Nobody
# told the gates that there are 40 features. (The read-out was left alone because it has not worked:
# decomposed as well, it falls into a few dense components. Small and known does not mean easy.)
#
# A decomposition can be **fine-tuned** like any other model, and that takes a second or two where
# the training took far longer. Below, the shipped $U$ and $V$ get some noise, and `train_spd` runs
# for a few steps (no warm-up, the price at its final value).

# %%
last = forty.figures["coefficient"]
jitter = dice(5)
noisy = {
    name: tuple(t + 0.1 * t.std() * torch.randn(t.shape, generator=jitter) for t in pair)
    for name, pair in forty.parts.items()
}
steps = [forty_target.sample(256, dice(100 + step)) for step in range(200)]
tuned_parts, tuned_gates, _ = train_spd(
    forty_forward, forty_weights, noisy, forty.gates, steps,
    lr=3e-3, coefficient=(last, last), power=(1.0, 1.0), warm_up=0,
)  # fmt: skip
fresh = forty_target.sample(256, dice(1))
for name, (one_parts, one_gates) in {
    "shipped": (forty.parts, forty.gates),
    "with noise": (noisy, forty.gates),
    "fine-tuned": (tuned_parts, tuned_gates),
}.items():
    g = open_gates(forty_forward, forty_weights, one_parts, one_gates, fresh)
    worst = adversarial_reconstruction(forty_forward, fresh, forty_weights, one_parts, g, dice(2))
    unfaithful = faithfulness_loss(forty_weights, one_parts).item()
    print(f"{name:10} faithfulness {unfaithful:.0e}, adversarial error {worst:.4f}")

# %% [markdown]
# ### A layer that computes
#
# So far the matrices *stored* features. The residual MLP computes with them: 20 features, 10
# neurons with a ReLU, trained to return $x + \mathrm{ReLU}(x)$. There are half as many neurons as
# functions, so that each neuron serves several features.
#
# **Predict.** How many live components has `mlp_in` `[10, 20]`, and how many `mlp_out` `[20, 10]`?

# %%
my_live_in_mlp_in, my_live_in_mlp_out = None, None

# %%
computing_target = targets.load("residual_mlp")
computing = targets.decomposition("residual_mlp")
computing_forward, computing_weights = larger.piece(computing_target)
computing_gates = open_gates(
    computing_forward, computing_weights, computing.parts, computing.gates, 0.75 * torch.eye(20)
)
for name, guess in (("mlp_in", my_live_in_mlp_in), ("mlp_out", my_live_in_mlp_out)):
    live, rank, missing = identity_layer_rank(
        computing_weights[name], *computing.parts[name], computing_gates[name]
    )
    helpers.versus(guess, live, f"Live in {name}")
    print(f"  rank {rank}, {missing:.1%} of W missing on features of size 0.75")
computed = computing_target.sample(256, dice(3))
judged = diagnose(
    computing_forward, computing_weights, computing.parts, computing.gates,
    0.75 * torch.eye(20), computed, dice(0), most=5,
)  # fmt: skip
training.report("what diagnose says, with five gates allowed", judged)
larger.gate_maps(computing_gates, "The residual MLP: each feature alone")

# %% [markdown]
# What comes in has a component for most *features*; what goes out has about as many as there are
# *neurons*, and a feature opens several of those. Both counts make sense: a rank-one component of
# `mlp_out` reads one direction of the ten neurons, and ten numbers hold no more than ten that do
# not disturb each other. The decomposition does not say on which side of the layer a mechanism
# lies; it says what each matrix has to have. Rows without an open gate, in `mlp_in`, are features
# for which the model does so little that no gate pays (20 functions in 10 neurons: some fare
# badly). And one component of `mlp_in` serves two features.
#
# But this is a demonstration and no finished answer, and `diagnose` says so: more of `mlp_in` is
# missing than its limit allows, and gates of `mlp_out` have not decided, even if five may be open
# at once. Only the adversary finds next to nothing. By the rules of part II you would train again.

# %% [markdown]
# ### One matrix of a transformer
#
# In lab 03 you trained a transformer with two attention-only layers until it continued repeated
# sequences: an induction head in the second layer, which needs a previous-token head in the first.
# Here is such a model, frozen, and *one* of its matrices in components: `o0`, the matrix by which
# the four heads of the first layer write into the stream (`[64, 64]`; each head owns 16 of the
# columns). 64 components; nobody told them where a head begins.
#
# A component reads from all heads or from few: its inner activation is a sum of what it reads from
# each, and `larger.head_shares` says how much of the variance comes from which. First the heads,
# cut out one by one, as in lab 03. The loss is that of the second halves; guessing costs $\ln 71
# \approx 4.3$.

# %%
copier = targets.load("induction")
copying = targets.decomposition("induction")
copier_forward, copier_weights = larger.piece(copier, "o0")
sequences = copier.sample(64, dice(1))
tokens = sequences.numel()


def copier_loss(mask: Float[Tensor, "n C"]) -> float:
    """Return the loss of the second halves with the components of o0 masked."""
    masks = {"o0": mask.expand(tokens, -1)}
    out = masked_forward(copier_forward, sequences, copier_weights, copying.parts, masks)
    return larger.second_half_loss(out, sequences).item()


whole = larger.second_half_loss(copier(sequences), sequences).item()
print(f"nothing cut out: {whole:.2f}")
for head in range(4):
    gone = copier_weights["o0"].clone()
    gone[:, 16 * head : 16 * head + 16] = 0
    out = copier_forward(sequences, {"o0": lambda z, W=gone: z @ W.mT})
    print(f"without head {head} of the first layer: {larger.second_half_loss(out, sequences):.2f}")

# %% [markdown]
# Head 0 is the previous-token head. Now the components.
#
# **Predict.** A previous-token head tells each position which token stood before it. At which
# positions must `o0` do so: in the first half, in the second, in both alike? And: how many of the
# 64 components are enough to keep the loss below 0.4?

# %%
my_half_that_needs_it = None  # "first", "second" or "both"
my_number_of_carriers = None

# %%
copier_gates = open_gates(copier_forward, copier_weights, copying.parts, copying.gates, sequences)[
    "o0"
]  # a row for each position of each sequence
often = (copier_gates > 0.1).float().mean(dim=0)
ranked = often.argsort(descending=True)
_, inside = layer_inputs(copier_forward, sequences, copier_weights)
from_head_0 = larger.head_shares(inside["o0"], copying.parts["o0"][1])[:, 0]
by_position = copier_gates.sum(dim=1).unflatten(0, sequences.shape).mean(dim=0)
written = (inside["o0"] @ copier_weights["o0"].mT).norm(dim=1).unflatten(0, sequences.shape)
losses_there = []
for begin, end in ((2, 25), (25, 39), (39, 49)):
    gone = torch.ones(*sequences.shape, len(often))
    gone[:, begin:end, ranked[:10]] = 0
    losses_there.append(copier_loss(gone.flatten(0, 1)))
    print(
        f"positions {begin:2} to {end - 1}: {by_position[begin:end].mean():4.1f} gates open, o0 "
        f"writes {written[:, begin:end].mean():.1f}; the ten most often open cut out there: "
        f"loss {losses_there[-1]:.2f}"
    )
helpers.versus(
    my_half_that_needs_it,
    "first" if losses_there[0] > 2 * max(losses_there[1:]) else "both",
    "The half that needs them",
)
for few in (6, 8, 10, 12, 20):
    top = torch.zeros(1, len(often))
    top[:, ranked[:few]] = 1
    next_few = torch.ones(1, len(often))
    next_few[:, ranked[few : 2 * few]] = 0
    print(
        f"the {few:2} most often open: alone {copier_loss(top):.2f}, cut out "
        f"{copier_loss(1 - top):.2f}; cut out the {few:2} after them instead "
        f"{copier_loss(next_few):.2f}"
    )
enough = next(
    n for n in range(1, 65)
    if copier_loss(torch.zeros(1, 64).index_fill(1, ranked[:n], 1.0)) < 0.4
)  # fmt: skip
helpers.versus(my_number_of_carriers, enough, "Components that keep the loss below 0.4")
larger.carriers_figure(often, from_head_0, by_position)

# %% [markdown]
# Nobody looked for a head, and yet:
#
# - About ten components stand apart from the rest, and what they read comes mostly from head 0.
#   They **are** the previous-token half of the induction circuit: alone they nearly keep it,
#   without them most of it is gone, and as many others can go at little cost.
# - Cutting them out costs *more* than cutting out head 0. They also read a little from the other
#   heads: the mechanism does not stop where the head does. Heads were the unit in which we
#   happened to cut.
# - The induction head looks back at the *first* half and asks what stood before each token there.
#   What stood before a token of the second half is never asked: cut the ten out there, and the loss
#   hardly moves. From position 39 on the model writes much less of anything with `o0`. (It was
#   trained on halves of at most 40 tokens, in which no token behind 40 is ever looked back at.)
# - Between 25 and 38 it does write it, for nothing: in longer sequences these positions belong to
#   the first half. A good account would say "not needed here". Many of the gates stay open. A gate
#   sees no more than its own component's activation, and that looks the same as before.
#
# What is not shown: that *each* of the ten is something. They share a job (which of 71 tokens came
# before?) that is dense, and turn out differently from another seed. And the gates were made for
# the sequences of the file and for nothing else.

# %% [markdown]
# ### Beside the paper's own numbers
#
# Bushnaq, Braun and Sharkey (2025) report two numbers for the embedding of four toy models.
# Here are those of the shipped decompositions, measured with your `mmcs` and `ml2r` on the live
# components. (Over *all* components, a dead speck that happens to point the right way can win the
# cosine, and its length is nothing.)

# %%
paper = {"tms_5_2": (1.000, 0.993), "tms_5_2_identity": (1.000, 0.992), "tms_40_10": (1.000, 1.010)}
print("embedding of        MMCS here, paper     ML2R here, paper")
for name, theirs in paper.items():
    toy = targets.load(name)
    toy_forward, toy_weights = larger.piece(toy)
    made = targets.decomposition(name)
    shown_alone = 0.75 * torch.eye(toy.features)
    g = open_gates(toy_forward, toy_weights, made.parts, made.gates, shown_alone)
    W, (U, V) = toy_weights["embed"], made.parts["embed"]
    chosen = larger.in_order(g["embed"])
    here = (mmcs(W, U[:, chosen], V[chosen]), ml2r(W, U[:, chosen], V[chosen]))
    print(f"{name:18}   {here[0]:.3f}, {theirs[0]:.3f}          {here[1]:.3f}, {theirs[1]:.3f}")
print("(their fourth, 40-10 with an identity of 10: MMCS 1.000, ML2R 1.031; not made here)")

# %% [markdown]
# ### Exercise 21: subset_importance
#
# difficulty 4/5 · importance 4/5 · 20 min
#
# A gate *claims* that a component does not matter on an input. The claim is strong: cut it out
# **together with any of the others that are said not to matter**, and the output stays. For a few
# components no gate has to be trained, since every case can be tried. With $C$ components there are
# $2^C$ ways to keep some (mask 1) and to cut out the others (mask 0). For one input call a set $S$
# of components **enough** when no output moves by more than a tolerance, whichever of the others
# are kept:
#
# $$S \text{ is enough} \iff \max_i \bigl|\,\mathrm{out}_i(T) - \mathrm{out}_i\,\bigr| \le
# \text{tolerance} \quad \text{for every } T \supseteq S,$$
#
# where $\mathrm{out}(T)$ is the output with only the components in $T$, and $\mathrm{out}$ that of
# the original model. What matters on an input is the **smallest** set that is enough (if there are
# several that small, any one of them). It need not be what is left when you take out what can go
# one by one: where two components can stand in for a third, the third alone is smaller.
#
# The function masks one layer; the other layers keep their original matrices. Arguments as in
# `masked_forward`, and which `layer`; return truth values, `[batch, C]`. The components add up to
# the layer's matrix, so that all of them together are always enough.
#
# <details><summary>Hint 1: nudge</summary>
#
# Separate the two questions. First run the model once for each of the $2^C$ subsets, and note for
# which inputs it is fine. Then, with no model at all, ask which sets have only fine supersets.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# The subsets are a table of zeros and ones, `[2^C, C]` (`torch.cartesian_prod`). What is fine is
# `[2^C, batch]`. Which subsets hold which others is `[2^C, 2^C]`: compare the table with itself,
# and ask for all of the last axis. A mask for the batch is one row of the table, expanded.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# target = the output with no layer masked
# for each subset: fine[subset] = every output of an input within the tolerance of the target
# for each set: enough[set] = fine for all subsets that contain it
# for each input: of the sets that are enough, the one with the fewest components
# ```
#
# </details>


# %% exercise="subset_importance"
def subset_importance(
    forward: Forward,
    x: Float[Tensor, "batch in"],
    weights: dict[str, Tensor],
    parts: dict[str, tuple[Tensor, Tensor]],
    layer: str,
    tolerance: float,
) -> Bool[Tensor, "batch C"]:
    """Return for each input the smallest set of a layer's components that is enough.

    Every subset of the others can be cut out, and no output moves by more than the tolerance.
    """
    ### BEGIN SOLUTION
    n = len(parts[layer][1])
    subsets = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * n).reshape(-1, n).to(x.dtype)
    target = masked_forward(forward, x, weights, parts, {})
    fine = []
    for subset in subsets:
        out = masked_forward(forward, x, weights, parts, {layer: subset.expand(len(x), n)})
        fine.append((out - target).abs().amax(dim=1) <= tolerance)
    holds = (subsets[:, None] >= subsets).all(dim=-1)  # [more, subset]
    enough = (holds.float().mT @ (~torch.stack(fine)).float()) == 0
    sizes = subsets.sum(dim=1, keepdim=True).expand(enough.shape)
    return subsets[sizes.masked_fill(~enough, n + 1).argmin(dim=0)].bool()
    ### END SOLUTION


# %% check="subset_importance" points=4
with check(subset_importance) as c:
    eye = torch.eye(3).double()
    diagonal = {"embed": eye, "unembed": torch.diag(torch.tensor([2.0, 1.5, 1.0])).double()}
    split = {"embed": (9 * eye, eye), "unembed": (diagonal["unembed"], eye)}
    x = torch.tensor([[1.0, 0.0, 0.0], [0.5, 0.0, 0.8], [0.0, 0.0, 0.0], [0.0, 0.7, 0.9]]).double()
    quiet = torch.tensor([0.1, 0.2, -3.0]).double()
    expected = torch.tensor([[1, 0, 0], [1, 0, 0], [0, 0, 0], [0, 1, 0]]).bool()
    found = c.call(tms(quiet), x, diagonal, split, "unembed", 0.05)
    c.close(found, expected, "what is there, and is heard: the third output never rises above 0")
    write = torch.tensor([[1.0], [0.0], [0.5]]).double()
    cancel = (torch.cat([split["unembed"][0], write, -write], 1), torch.cat([eye, eye[[0, 0]]]))
    found = c.call(tms(quiet + 4), x, diagonal, {**split, "unembed": cancel}, "unembed", 0.05)
    c.close(found[0].int(), [1, 0, 0, 1, 1], "two that cancel matter both")
    down = torch.tensor([[-3.0, -3.0, 0.0], [0.0, 0.0, 2.0]]).double()
    either = {"embed": eye, "unembed": down}
    twice = {"embed": (eye, eye), "unembed": (down, eye)}
    found = c.call(tms(torch.tensor([1.0, 0.0]).double()), 0 * x + 1, either, twice, "unembed", 0.1)
    c.close(found.sum(dim=1), torch.full((4,), 2), "of two that do the same, one is enough")
    down = torch.tensor([[-4.0, -1.6, -1.6]]).double()
    large = {"embed": (eye, eye), "unembed": (down, eye)}
    below = tms(torch.tensor([2.5]).double())
    found = c.call(below, 0 * x + 1, {"embed": eye, "unembed": down}, large, "unembed", 0.1)
    c.close(found, (0 * x + eye[0]).bool(), "one large in place of two small")
    found = c.call(tms(quiet), x, diagonal, split, "unembed", 0.8)
    c.close(found, expected, "one output that moves too far is enough")
    found = c.call(tms(quiet), x, diagonal, split, "unembed", 2.5)
    c.close(found.sum(), 0, "with a large tolerance nothing matters")

# %% [markdown]
# ### The gates before a judge
#
# Now hold trained gates against all subsets. The decomposition of TMS 5-2 has 100 components in the
# read-out, and $2^{100}$ subsets are too many; but only five are live, and whatever the others hold
# together has rank two at most. An SVD makes two components of it. Seven are left, and 128 subsets.
#
# The inputs: one feature at a time, from size 0 to size 1.
#
# **Predict.** The read-out's bias is about -0.25, so that a small feature comes out as 0. From
# which size on does the feature's own component matter (tolerance 0.05), and from which size on is
# its gate above one half? Does any *other* component ever matter?

# %%
my_size_that_matters = None
my_size_that_opens = None
my_others_matter = None  # True or False

# %%
small_target = targets.load("tms_5_2")
small_forward, small_weights = larger.piece(small_target)
small = targets.decomposition("tms_5_2")
U, V = small.parts["unembed"]
small_gates = open_gates(small_forward, small_weights, small.parts, small.gates, five)
live_five = larger.in_order(small_gates["unembed"])
left_over = small_weights["unembed"] - U[:, live_five] @ V[live_five]
left, strength, right = torch.linalg.svd(left_over, full_matrices=False)
seven = {
    "unembed": (
        torch.cat([U[:, live_five], left * strength], dim=1),
        torch.cat([V[live_five], right]),
    )
}

sizes = torch.linspace(0, 1, 51)
ramp = (sizes[:, None, None] * torch.eye(5)).flatten(0, 1)
needed = subset_importance(small_forward, ramp, small_weights, seven, "unembed", 0.05)
gate_on_ramp = open_gates(small_forward, small_weights, small.parts, small.gates, ramp)["unembed"]
own = torch.arange(5).repeat(51)
own_gate = gate_on_ramp[:, live_five][range(255), own].unflatten(0, (51, 5)).mean(dim=1)
own_needed = needed[range(255), own].float().unflatten(0, (51, 5)).mean(dim=1)
others = (needed.sum(dim=1).float() - needed[range(255), own].float()).unflatten(0, (51, 5))
matters = sizes[(own_needed > 0.5).nonzero()[0, 0]].item()
opens = sizes[(own_gate > 0.5).nonzero()[0, 0]].item()
helpers.versus(my_size_that_matters, round(matters, 2), "The own component matters from size")
helpers.versus(my_size_that_opens, round(opens, 2), "Its gate is above one half from size")
helpers.versus(my_others_matter, bool(others.any()), "Another component matters, too")
plots.lines(
    {
        "gate of the own component": own_gate,
        "it matters: share of the features": own_needed,
        "how many others matter": others.mean(dim=1),
    },
    x=sizes.tolist(), xlabel="size of the one feature", ylabel="gate, share or number (means)",
    title="A gate, and what brute force says",
)  # fmt: skip

# %% [markdown]
# They agree in the large and differ in two places, and both are instructive.
#
# - Between the two sizes the component matters, a little, and its gate stays shut. Training weighs
#   the mean squared error against the price of an open gate, and a small error is cheaper: the
#   gate's *tolerance* is not a number that you chose, it is what the coefficients came to.
# - A large feature also lights up its neighbours in the pentagon: the model's own mistake, since
#   two neighbours overlap. To reproduce the mistake their components are needed, brute force says.
#   The gates let it go.
#
# And which judge is right? Neither. "Matters" has a tolerance, a set of inputs and a set of
# allowed interventions in it, and the two have different ones.

# %% [markdown] question="what_a_gate_claims" points=2
# ### Question C: two judges
#
# (1) On some inputs a gate is shut, and all subsets together say that the component matters. Name
# two reasons for it that are no failure of the training. (2) A colleague has neither gates nor
# $2^C$ passes: "I cut out each component alone, all others kept. On this input nothing moves, so
# nothing matters." Construct a case in which this is as wrong as can be. (3) Somebody else cuts out
# everything with a shut gate at once, on every input, and nothing moves. What have they not shown,
# and what would show it in one pass for each input, most of the time?
#
# ### BEGIN SOLUTION
# **Model answer.** (1) The error is small, and costs less in the mean square than an open gate
# does (its tolerance is another one); the input is rare, or none like it was trained on; what
# moves is a mistake of the model's own that is not worth a gate. (2) Two components that do the
# same where one is enough, for instance either of which holds a neuron below zero: each alone can
# go, both together cannot. With every component doubled like this nothing ever seems to matter. (3)
# That any of them can go *without the others*: two that cancel go unnoticed as long as they go
# together. Masks that are drawn for each component by itself show it: with two that cancel every
# second two-point mask keeps just one of them.
#
# **Rubric.** Half a point for each reason; half a point for a redundant pair; half a point for
# cancelling components with independent masks.
# ### END SOLUTION

# %% [markdown]
# ### Random masks, or an adversary?
#
# Training draws masks at random; the claim is about the worst ones. How far apart are they? Two
# decompositions of TMS 40-10. One is the file's. The other is the same with 200 pairs of small
# components added, a pair being $U V$ and $-U V$, whose gates are never open. They add up to
# nothing, so that the faithfulness loss does not see them, nor does any reconstruction with masks
# $g$.
#
# **Predict.** For the second one: by what factor is the adversary's error larger than the worst of
# 300 random masks (for each sample the worst)?

# %%
my_factor_of_the_adversary = None

# %%
attacked = forty_target.sample(256, dice(0))
goal = forty_target(attacked)
honest = open_gates(forty_forward, forty_weights, forty.parts, forty.gates, attacked)
U, V = forty.parts["embed"]
writes = 0.05 * functional.normalize(torch.randn(10, 200, generator=dice(7)), dim=0)
hidden_reads = functional.normalize(torch.randn(200, 40, generator=dice(8)), dim=1)
cluttered = {
    "embed": (torch.cat([U, writes, -writes], dim=1), torch.cat([V, hidden_reads, hidden_reads]))
}
shut = {"embed": torch.cat([honest["embed"], torch.zeros(256, 400)], dim=1)}
searched = {}
for name, pieces, g in (("shipped", forty.parts, honest), ("with clutter", cluttered, shut)):
    draw, errors = dice(1), []
    for _ in range(300):
        masks = {layer: sample_masks(gate, True, draw) for layer, gate in g.items()}
        out = masked_forward(forty_forward, attacked, forty_weights, pieces, masks)
        errors.append((out - goal).square().sum(dim=1))
    random_worst = larger.worst_so_far(torch.stack(errors)) / goal.square().sum()
    worst = adversarial_reconstruction(forty_forward, attacked, forty_weights, pieces, g, dice(2))
    searched[name] = (random_worst, worst)
    unfaithful = faithfulness_loss(forty_weights, pieces).item()
    print(
        f"{name:12} faithfulness {unfaithful:.0e}; error with a random mask {random_worst[0]:.4f}, "
        f"with the worst of 300 {random_worst[-1]:.4f}, with the adversary's {worst:.4f}"
    )
helpers.versus(my_factor_of_the_adversary, round(worst / random_worst[-1].item(), 1), "Factor")
larger.mask_search_figure(searched)

# %% [markdown]
# In $n$ closed components, what random masks leave of the clutter grows with $\sqrt n$, and what an
# adversary can line up grows with $n$. So the more components there are, the less random masks
# prove, and drawing more of them hardly helps. For the shipped decomposition the two agree, nearly:
# training on random masks has driven the closed components to nothing. Why not train on the
# adversary's masks, then? Each step costs as many passes as the adversary takes steps; and an
# adversary who may do anything can punish a decomposition for masks that no input would ever call
# for. Which masks *should* be allowed is one of the questions that are open.

# %% [markdown]
# ### What a dictionary cannot say
#
# In lab 05 the days of the week lay on a ring. What does a model *do* with a ring? Say that it
# turns it: from each day to the next. As a matrix that is a rotation by a seventh of a turn of a
# plane in 12 dimensions, and everything else is dropped. Two ways to describe it:
#
# - **a dictionary of its activations**: directions, few active at a time. The best one with one
#   active latent for each sample has its latents evenly around the circle, and what it lacks is a
#   matter of geometry;
# - **components of the matrix**.
#
# **Predict.** The days could be any angle (hours, months, compass points). How many latents does
# the dictionary need to lose less than 1% of the variance? How many live components has the matrix?

# %%
my_latents_for_a_circle = None
my_components_for_a_turn = None

# %%
lost = {n: larger.one_latent_each(n) for n in range(2, 33)}
latents_needed = next(n for n, share in lost.items() if share < 0.01)
print("lost with n latents:", ", ".join(f"{n}: {lost[n]:.3f}" for n in (3, 5, 7, 12, 16, 32)))
helpers.versus(my_latents_for_a_circle, latents_needed, "Latents")

circle = ring.draw("ring", seed=1, n=2800, noise=0.2)
around = circle.x - circle.centre
turn = {"next": larger.next_day(circle.plane)}
for seed in (0, 1):
    begin = training.random_start(turn, 20, dice(seed))
    draw = dice(seed + 10)
    batches = [around[torch.randint(2800, (128,), generator=draw)] for _ in range(800)]
    turn_parts, turn_gates, _ = train_spd(
        chain, turn, *begin, batches, lr=2e-2, coefficient=(2e-3, 2e-4), seed=seed
    )
    g = open_gates(chain, turn, turn_parts, turn_gates, around[:700])["next"]
    U, V = turn_parts["next"]
    live, rank, missing = identity_layer_rank(turn["next"], U, V, g)
    reads = V[(g > 0.1).any(dim=0)] @ circle.plane.mT
    angles = [round(math.degrees(math.atan2(y, x)) % 180) for x, y in reads.tolist()]
    print(f"seed {seed}: {live} live of 20, rank {rank}, {missing:.1%} missing; read at {angles}")
helpers.versus(my_components_for_a_turn, live, "Live components")

# %% [markdown]
# The dictionary's answer is a list of places, as long as you can afford, and what happens to them
# is a second list: this one becomes that one. That the places lie on a circle is not in the list
# but in its geometry. (Two latents at a time do better: three latents can then hold every point of
# a plane. But then none of them stands for anything.) The components' answer is about what is
# *done*, and it stays two, however many days the week has.
#
# Before you declare a winner: look at the angles. They differ from seed to seed, as in the identity
# above. "A rotation" is *one* mechanism, of rank two, and rank-one components have no word for it:
# they say two, and both always open together. The paper clusters such components afterwards, by
# hand. And a dictionary can be read off a model's activations by the million, where components come
# at another price.

# %% [markdown]
# ### What it costs

# %%
print("target               numbers: matrices, parts and gates   steps   lr      price   seconds")
for name in targets.decompositions():
    made = targets.decomposition(name)
    before, after = larger.size(made)
    said = made.figures
    print(
        f"{name:18} {before:12,} {after:12,} ({after / before:5.1f} x) {said['steps']:10,}"
        f"   {said['lr']:.0e}   {said['coefficient']:.0e} {said['seconds']:6.0f}"
    )

# %% [markdown]
# Three prices. **Numbers**: a decomposition is larger than what it explains, by far where the
# components outnumber the dimensions, and all of it is in memory during training. **Passes**: each
# step runs the target once for itself, once with all layers masked and once more for each layer
# alone; with a hundred layers that would be a hundred. **Tuning**: look down the column of the
# price of an open gate. It differs by orders of magnitude from target to target, and where the
# truth is not known there is nothing to set it by but what `diagnose` asks. And the table lists one
# run for each target, the one that was kept.

# %% [markdown] question="which_tool" points=2
# ### Question D: which tool for which question?
#
# For each of the following say which of the course's tools you would reach for first (probe,
# patching, dictionary, parameter decomposition), and what it would *not* tell you. (1) "Does the
# model know, in the middle of a sentence, that a quotation is open?" (2) "Which part of this weight
# matrix can I delete so that the model forgets one thing and keeps the rest?" (3) "What are the
# things this layer's activations talk about? I have no list." (4) "The model goes from a month to
# the next one. Is that one mechanism or twelve?"
#
# ### BEGIN SOLUTION
# **Model answer.** (1) A probe with labels (and a control task); it does not tell whether the model
# uses it: patching or ablation does. (2) Decomposition: components are pieces of the matrix with a
# claim that the others do not need them; it does not tell that the gates hold outside the inputs
# that it was trained on, and is costly. (3) A dictionary; it does not tell what is done with them,
# nor find what is not a direction. (4) Decomposition of the layers that do it (are the same
# components open for all months?), helped by patching to find the layers; it does not tell by
# itself that two components which are always open together are one mechanism. A dictionary would
# list months.
#
# **Rubric.** Half a point for each tool with something it does not tell; other tools pass with a
# good reason.
# ### END SOLUTION

# %% [markdown]
# ## The planted challenge
#
# A decomposition that looks perfect. From your name come 320 inputs, a model with one hidden layer
# (a matrix `W`, a ReLU, and on), about 27 components that add up to `W`, and gates, 0 or 1 for each
# input and component. Somebody has handed it in as finished. Four things are wrong with it, and the
# faithfulness loss sees none of them:
#
# - **split**: two components are really one mechanism: they *read the same direction*, and are open
#   together. (Others read similar directions, or write the same one.)
# - **pact**: two components cancel each other. No gate ever opens for either, and cutting out both
#   changes nothing; cutting out *one* does. (Another such pair changes nothing either way.)
# - **liar**: a gate that is closed on some inputs on which its component is needed. (Other gates
#   close while their component is as active as ever, and rightly so.)
# - **idle**: a gate opens, and its component can be cut out on every input. (Another component is
#   far smaller, and cannot.)
#
# **How much is nothing?** The inputs hold a little noise, and three more components, whose gates
# never open, read nothing else. So "changes nothing" and "is right" mean here: no entry of the
# output moves by more than 0.05 on any input. What matters moves some entry by more than 0.5.
#
# Type your name (in a course: your id on the course's list), and keep it as it is from now on.

# %%
student_name = "reference"

# %%
if student_name == "reference":
    print("this is the example's model: type your own name above, and run that cell and this one")
challenge = models.challenge("06_spd", helpers.CHALLENGE, student_name)
opened = unknown.opened(challenge)
writing, reading = opened.parts[unknown.LAYER]
planted_g = opened.g[unknown.LAYER]
print(f"inputs {tuple(opened.x.shape)}, components {planted_g.shape[1]}, the layer is", end=" ")
print(f"{unknown.LAYER!r}; faithfulness {faithfulness_loss(opened.weights, opened.parts):.0e}")

# %% [markdown]
# **Your first look**: what the components read (cosines of the rows of $V$), and how often each
# gate is open.

# %%
unit_reads = reading / reading.norm(dim=1, keepdim=True)
print("open:", [f"{i}: {share:.2f}" for i, share in enumerate(planted_g.mean(dim=0).tolist())])
plots.heatmap(
    unit_reads @ unit_reads.mT, xlabel="component", ylabel="component", unit="cosine", center=0,
    title="Cosines of what the components read", origin="upper",
)  # fmt: skip

# %%
# Your own experiments. `masked_forward(opened.forward, opened.x, opened.weights, opened.parts,
# {unknown.LAYER: masks})` runs the model with masks [input, component].

# %% [markdown]
# ### Exercise 22: challenge_answer
#
# difficulty 4/5 · importance 4/5 · 40 min
#
# Write down what you found, as numbers (not as variables: what is graded is what stands here).
# `split` and `pact` are pairs in any order, `liar` and `idle` one component each:
#
# $$\text{answer} = (\{a, b\}_\text{split},\ \{a, b\}_\text{pact},\ \text{liar},\
# \text{idle}).$$
#
# <details><summary>Hint 1: nudge</summary>
#
# Split is a matter of $V$ and of the gates. The other three are questions to the *output*: which
# mask tells the case you look for from the case beside it? Start with the masks that the gates
# themselves are: on some inputs the output is wrong.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# Masks are `[320, C]`. From the gates as given, set one column to 1: if it is the liar's, every
# output is right again, to 0.05. From all ones, set one column to 0: how far does the output move,
# at most? Components whose gate never opens are columns of zeros in `planted_g`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# split: among components whose gates open, the pair with the largest |cosine| of rows of V
# liar: masks = gates; for each component: its column to 1. Whose makes the largest error vanish?
# idle: masks = 1; for each component whose gate opens: its column to 0. Whose changes nothing?
# pact: inputs on which the gates as given are right; masks = gates; for each component that never
#       opens: its column to 1. Two of them change the output
# ```
#
# </details>

# %% exercise="challenge_answer"
challenge_answer = {"split": None, "pact": None, "liar": None, "idle": None}
### BEGIN SOLUTION
challenge_answer = {"split": (19, 22), "pact": (17, 26), "liar": 3, "idle": 5}
### END SOLUTION

# %% check="challenge_answer" points=6
with check(challenge_answer=challenge_answer) as c:
    found = c.value
    names = {"split", "pact", "liar", "idle"}
    c.true(names <= set(found) and None not in found.values(), "all four entries are filled in")
    here = range(planted_g.shape[1])
    named = [*found["split"], *found["pact"], found["liar"], found["idle"]]
    c.true(all(component in here for component in named), "every number is a component")
    pairs = [set(found["split"]), set(found["pact"])]
    c.true(all(len(pair) == 2 for pair in pairs), "split and pact are two components each")
    opens = planted_g.amax(dim=0) > 0
    c.true(opens[list(found["split"])].all(), "the gates of the split pair do open")
    c.true(not opens[list(found["pact"])].any(), "the gates of the pact never do")
    c.true(opens[[found["liar"], found["idle"]]].all(), "those of liar and idle open sometimes")
    both = writing[:, list(found["pact"])] @ reading[list(found["pact"])]
    c.true(both.norm() < 1e-3, "the two of the pact cancel")

# %% [markdown]
# The check looks at the form of your answers and at some signs that the right ones have. It does
# not check that your split pair reads the same direction, which of the two pacts you have named,
# nor that the liar lies or the idle one is idle.

# %% [markdown]
# ## What is open
#
# You have just worked with a method that is younger than most of the tools in this course. What
# nobody can answer yet, and where you could begin:
#
# - **Which masks?** Training on random masks proves little where components are many; an adversary
#   who may do anything punishes too much. What lies between? (Begin: the clutter above, with masks
#   that differ from the gates in only ten components.)
# - **How many components are a mechanism?** A rotation came out as two, a head as ten. They were
#   open together; that is a hint and no rule. (Begin: group components by how their gates go
#   together, and see whether the groups are the same from seed to seed.)
# - **What is a gate a function of?** Here it sees the inner activation of its own component and
#   nothing else. Whether a component matters can depend on the rest of the input: your brute force
#   knows, the gate cannot. (Begin: count the inputs on which that costs something.)
# - **How would one know?** Without a planted truth there are the signs of `diagnose`, and the price
#   of a gate that is set by hand. Two runs that agree are evidence; a picture that one likes is
#   none. (Begin: the ten components of `o0`, from another seed.)
# - **Does it pay?** Every matrix of a small transformer has a few thousand numbers, one of a large
#   model millions, each step passes through the model several times, and after that the components
#   have to be read by somebody.
#
# ## What you have now
#
# - A matrix as a **sum of rank-one components**, and for each input the few that are needed.
# - Four losses that pull against each other, and for each a wrong version that the others do not
#   notice. **Units** first: what a mask's mean and slope are tells more than how a run ends.
# - Numbers that can look perfect and say nothing (cosines in two dimensions, faithfulness with
#   clutter, one random mask) and what stands beside them: lengths, live components, what they leave
#   out, the **worst** masks, all subsets.
# - A way to tell a bad run from a good one **without the truth**.
# - Larger cases: an identity without a basis, forty features in ten dimensions, the half of an
#   induction circuit that one matrix holds.
# - What the method does not say: which components belong together, and what happens off the inputs
#   that it was trained on.
#
# ## Further reading
#
# - Bushnaq, Braun, Sharkey, *Stochastic Parameter Decomposition* (2025), [arXiv
#   2506.20790](https://arxiv.org/abs/2506.20790). The method of this lab. On toy models of
#   superposition they report an MMCS of 1.000 everywhere and ML2R between 0.992 and 1.031: hold
#   yours against it, and look up how many components and steps it took.
# - Braun and others, *Interpretability in Parameter Space: Minimizing Mechanistic Description
#   Length with Attribution-based Parameter Decomposition* (2025), [arXiv
#   2501.14926](https://arxiv.org/abs/2501.14926). Where the idea comes from: whole parameter
#   vectors for components, and attributions in the place of gates.
# - Goodfire, *[Interpreting language model
#   parameters](https://www.goodfire.ai/research/interpreting-lm-parameters)* (2026): what came
#   next. In its code, [param-decomp](https://github.com/goodfire-ai/param-decomp), there is a
#   version in a single file (`nano_param_decomp`), which you can now read.
# - Elhage and others, [*Toy Models of
#   Superposition*](https://transformer-circuits.pub/2022/toy_model/index.html) (2022). The target,
#   and the pentagon; lab 04 trains it.
# - Sharkey and others, *Open Problems in Mechanistic Interpretability* (2025), [arXiv
#   2501.16496](https://arxiv.org/abs/2501.16496). Why one would leave activations for parameters.
# - Engels and others, *Not All Language Model Features Are One-Dimensionally Linear* (2024), [arXiv
#   2405.14860](https://arxiv.org/abs/2405.14860). The rings of lab 05.
# - Loshchilov, Hutter, *Decoupled Weight Decay Regularization* (2019), [arXiv
#   1711.05101](https://arxiv.org/abs/1711.05101), and Madry and others, *Towards Deep Learning
#   Models Resistant to Adversarial Attacks* (2018), [arXiv
#   1706.06083](https://arxiv.org/abs/1706.06083): AdamW and PGD, the lab's two tools from
#   elsewhere.
