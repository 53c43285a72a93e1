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
# Labs 01 to 05 asked what a model's *activations* say. But a model is not its activations: it is a
# few matrices, and whatever it can do is written in them. **Can a matrix be taken apart into the
# things it does?**

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
# are kept. A function must get everything it needs through its arguments or from imported modules;
# the checks warn you when one leans on a variable of an experiment.

# %%
from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from labkit import check, plots

import spd_helpers as helpers

torch.set_num_threads(1)  # everything here is small: more threads make it slower

# %% [markdown]
# ## Part I: what would a right answer look like?
#
# PART-I-CONTENT (6A)

# %%
Layers = dict[str, Callable[[Tensor], Tensor]]
Forward = Callable[[Tensor, Layers], Tensor]


def tms(bias: Float[Tensor, " features"]) -> Forward:
    """Return the toy model of superposition, as a function of its input and of its layers."""

    def forward(x: Tensor, layers: Layers) -> Tensor:
        hidden = layers["embed"](x)
        if "hidden" in layers:
            hidden = layers["hidden"](hidden)
        return torch.relu(layers["unembed"](hidden) + bias)

    return forward


# %% [markdown]
# ## Part II: the losses, and the loop
#
# PART-II-CONTENT (6B inserts here)

# %% [markdown]
# ## Part III: larger, and what is open
#
# A pentagon has five corners, and you knew them. From here on the matrices are larger, one of them
# does nothing at all, and one was trained to copy text. The training takes longer than you want to
# wait for, so the parts and gates come ready-made: `python -m grader.checkpoints` made them, with
# the functions that you have written.

# %% [markdown]
# ### Exercise 19: identity_layer_rank
#
# difficulty 2/5 · importance 4/5 · 10 min
#
# Put a layer between the two matrices of the toy model which does nothing: the identity, two
# numbers in, the same two out. What are *its* components? There is no feature in it to find: any
# two rank-one matrices will do, as long as they add up to it, and every input needs both. So do not
# ask which components there are; ask **how many** are live, what rank they have together (five that
# share two directions are two, badly split), and how much of $W$ they leave out:
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
    c.close(c.call(W, W, torch.eye(3).double(), g, 0.5)[0], 1, "with a threshold of a half")

# PART-III-A

# %% [markdown]
# ### Exercise 20: subset_importance
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
    split = {"embed": (eye, eye), "unembed": (diagonal["unembed"], eye)}
    x = torch.tensor([[1.0, 0.0, 0.0], [0.5, 0.0, 0.8], [0.0, 0.0, 0.0], [0.0, 0.7, 0.9]]).double()
    quiet = torch.tensor([0.1, 0.2, -3.0]).double()
    expected = torch.tensor([[1, 0, 0], [1, 0, 0], [0, 0, 0], [0, 1, 0]]).bool()
    c.close(
        c.call(tms(quiet), x, diagonal, split, "unembed", 0.05).int(), expected.int(),
        "what is there, and is heard: the third output never rises above zero",
    )  # fmt: skip
    write = torch.tensor([[1.0], [0.0], [0.5]]).double()
    cancel = (torch.cat([split["unembed"][0], write, -write], 1), torch.cat([eye, eye[[0, 0]]]))
    found = c.call(tms(quiet + 4), x, diagonal, {**split, "unembed": cancel}, "unembed", 0.05)
    c.close(found[0].int(), torch.tensor([1, 0, 0, 1, 1]), "two that cancel matter both")
    down = torch.tensor([[-3.0, -3.0, 0.0], [0.0, 0.0, 2.0]]).double()
    either = {"embed": eye, "unembed": down}
    twice = {"embed": (eye, eye), "unembed": (down, eye)}
    found = c.call(tms(torch.tensor([1.0, 0.0]).double()), 0 * x + 1, either, twice, "unembed", 0.1)
    c.close(found.sum(dim=1), torch.full((4,), 2), "of two that do the same, one is enough")
    found = c.call(tms(quiet), x, diagonal, split, "unembed", 2.5)
    c.close(found.sum(), 0, "with a large tolerance nothing matters")

# PART-III-B

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
# Type your name (in a course: your id on the course's list), and keep it as it is from now on.

# %%
student_name = "reference"

# %%
if student_name == "reference":
    print("this is the example's model: type your own name above, and run that cell and this one")
challenge = models.challenge("06_spd", helpers.CHALLENGE, student_name)
opened = unknown.opened(challenge)
planted_U, planted_V = opened.parts[unknown.LAYER]
planted_g = opened.g[unknown.LAYER]
print(f"inputs {tuple(opened.x.shape)}, components {planted_g.shape[1]}, the layer is", end=" ")
print(f"{unknown.LAYER!r}; faithfulness {faithfulness_loss(opened.weights, opened.parts):.0e}")

# %% [markdown]
# **Your first look**: what the components read (cosines of the rows of $V$), and how often each
# gate is open.

# %%
unit_reads = planted_V / planted_V.norm(dim=1, keepdim=True)
print("open:", [f"{i}: {share:.2f}" for i, share in enumerate(planted_g.mean(dim=0).tolist())])
plots.heatmap(
    unit_reads @ unit_reads.mT, xlabel="component", ylabel="component", unit="cosine", center=0,
    title="Cosines of what the components read", origin="upper",
)  # fmt: skip

# %%
# Your own experiments. `masked_forward(opened.forward, opened.x, opened.weights, opened.parts,
# {unknown.LAYER: masks})` runs the model with masks [input, component].

# %% [markdown]
# ### Exercise 21: challenge_answer
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
# output is right again. From all ones, set one column to 0: how far does the output move, at most?
# Components whose gate never opens are columns of zeros in `planted_g`.
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
    both = planted_U[:, list(found["pact"])] @ planted_V[list(found["pact"])]
    c.true(both.norm() < 1e-3, "the two of the pact cancel")

# %% [markdown]
# The check looks at the form of your answers and at some signs that the right ones have. It does
# not check that your split pair reads the same direction, which of the two pacts you have named,
# nor that the liar lies or the idle one is idle.

# %% [markdown]
# ## Further reading
#
# FURTHER-READING (6C; 6A adds the part I lines)
