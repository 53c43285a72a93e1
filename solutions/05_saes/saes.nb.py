# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 05: sparse autoencoders
#
# Cut one number out of a language model's residual stream and ask what it stands for. There is no
# good answer: the number answers to French, to brackets, to Tuesdays and to doubt. A model has far
# more things to say than it has numbers to say them in, so it writes each thing as a *direction*,
# and lets the directions overlap. **Can the list of directions be found, when nobody has written
# it down?**
#
# A **sparse autoencoder** (SAE) tries. It learns a *dictionary*: many more directions than the
# stream has numbers, such that every activation is a sum of few of them. In part I you train
# dictionaries where the true directions are known, so that you can see what each recipe finds,
# shrinks, splits or loses. In part II you open a dictionary of a real model that the course has
# trained, and find out what is in it, what its labels are worth, and what happens when you turn
# one of its knobs.
#
# | part | you ask | exercises |
# |---|---|---|
# | I | How is a dictionary trained, and how do you know that it is the right one? | 1 to 18 |
# | II | What is in a dictionary, and what does it do? | 19 to 25 |
#
# **Short of time?** The README says what to do in 45, in 90 and in 180 minutes. You need PyTorch
# and what a residual stream is; lab 04 (superposition) helps and is not needed.

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
#
# Words that come up all the time. An **activation** $x$ is a vector of `d_in` numbers. The
# dictionary has `n_latents` entries, most often more than `d_in`. Each **latent** has a column of
# $W_\text{enc}$ `[d_in, n_latents]`, which decides how active it is, and a row of $W_\text{dec}$
# `[n_latents, d_in]`, the direction that it writes. (A *feature* is something true of the data; a
# *latent* is something the dictionary has. Whether the two agree is what this lab is about.)
# Vectors are rows, as everywhere in this course, and these are also SAELens' shapes.

# %%
import inspect
import math
from collections.abc import Callable, Sequence
from functools import partial

import torch
from einops import einsum
from jaxtyping import Bool, Float, Int
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn
from tqdm.auto import tqdm
from transformer_lens.model_bridge import TransformerBridge

from labkit import check, data, dictionary, feature_page, models, plots, probing
from labkit.planted import hierarchy, ring, sparse_features

import challenge_helpers as unknown
import clamping_helpers as clamping
import days_helpers as days
import dictionary_helpers as shipped
import headline_helpers as headline
import hierarchy_helpers as toys
import matching_helpers as matching
import sae_figures_helpers as figures
import saes_helpers as helpers

torch.set_num_threads(1)  # the dictionaries of part I are small: more threads make it slower

# %% [markdown]
# ## Part I: train a dictionary
#
# ### Data whose truth is known
#
# A dictionary of a language model can be judged by looking, and looking is generous. So begin where
# no judgement is needed: with data that *is* a sum of few directions, because it was made so. There
# are 64 features, each a direction in 24 dimensions, each present with a probability of its own and
# with a size between 0.5 and 1.5, whatever the others do:
#
# $$x = b + \sum_i s_i\, d_i, \qquad \lVert d_i \rVert = 1, \qquad s_i = 0 \ \text{most of the
# time.}$$
#
# **Predict.** There are 64 directions and only 24 dimensions. Draw them at random: how large is the
# cosine between a direction and its nearest neighbour, in the mean over all 64? And how many of the
# features are present in a sample, if the most frequent one is there in 30% of them and the rarest
# in 1.8%?

# %%
my_cosine_to_the_nearest = None
my_number_present = None

# %%
toy = sparse_features.build(seed=0)
neighbours = toy.directions @ toy.directions.mT - torch.eye(64)
helpers.versus(
    my_cosine_to_the_nearest,
    round(neighbours.abs().amax(dim=1).mean().item(), 2),
    "Mean cosine (without its sign) to the nearest other direction",
)
helpers.versus(my_number_present, round(toy.l0, 1), "Features present in a sample, in the mean")
plots.lines(
    {"probability": toy.probabilities},
    xlabel="feature",
    ylabel="how often it is present",
    title="The planted features: a few common, many rare",
    limits=(0, 0.32),
)

# %% [markdown]
# So the features interfere: a direction's dot product with $x$ also picks up every neighbour that
# happens to be present. What saves us is that few are present at a time.

# %% [markdown]
# ### Exercise 1: sae_forward
#
# difficulty 1/5 · importance 5/5 · 5 min
#
# The simplest sparse autoencoder (Bricken and others, 2023). The bias $b_\text{dec}$ is the
# dictionary's idea of the point from which all features are counted: it is taken off first and put
# back at the end.
#
# $$f = \mathrm{ReLU}\bigl((x - b_\text{dec})\, W_\text{enc} + b_\text{enc}\bigr), \qquad
# \hat x = f\, W_\text{dec} + b_\text{dec}$$
#
# Shapes: `x` `[batch, d_in]`, `W_enc` `[d_in, n_latents]`, `W_dec` `[n_latents, d_in]`; return the
# latents $f$ `[batch, n_latents]` and $\hat x$ `[batch, d_in]`.
#
# <details><summary>Hint 1: nudge</summary>
#
# Move all the data by a constant $c$, and $b_\text{dec}$ with it. What must become of $f$, and what
# of $\hat x$?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `[batch, d_in] @ [d_in, n_latents]`, and back with `[batch, n_latents] @ [n_latents, d_in]`. Both
# biases broadcast over the batch.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# centred = the input without the decoder's bias
# latents = centred through the encoder, plus the encoder's bias, negative numbers set to 0
# out     = the latents through the decoder, plus the decoder's bias
# return both
# ```
#
# </details>


# %% exercise="sae_forward"
def sae_forward(
    x: Float[Tensor, "batch d_in"],
    W_enc: Float[Tensor, "d_in n_latents"],
    b_enc: Float[Tensor, " n_latents"],
    W_dec: Float[Tensor, "n_latents d_in"],
    b_dec: Float[Tensor, " d_in"],
) -> tuple[Float[Tensor, "batch n_latents"], Float[Tensor, "batch d_in"]]:
    """Return the latents and the reconstruction of a ReLU autoencoder."""
    ### BEGIN SOLUTION
    latents = torch.relu((x - b_dec) @ W_enc + b_enc)
    return latents, latents @ W_dec + b_dec
    ### END SOLUTION


# %% check="sae_forward" points=2
with check(sae_forward) as c:
    x, b_dec = torch.randn(5, 4), torch.randn(4)
    W_enc, b_enc, W_dec = torch.randn(4, 7), torch.randn(7), torch.randn(7, 4)
    latents, x_hat = c.call(x, W_enc, b_enc, W_dec, b_dec)
    c.true(latents.shape == (5, 7) and x_hat.shape == (5, 4), "latents first, then x_hat")
    c.true((latents >= 0).all() and (latents == 0).any(), "no latent is negative")
    encoder = nn.Linear(4, 7)
    with torch.no_grad():
        encoder.weight.copy_(W_enc.mT)
        encoder.bias.copy_(b_enc)
        truth = encoder(x - b_dec).clamp(min=0)
    c.close(latents, truth, "the encoder reads x - b_dec, and adds its own bias")
    c.close(x_hat, torch.addmm(b_dec, truth, W_dec), "x_hat is f W_dec + b_dec")
    moved, moved_hat = c.call(x + 3, W_enc, b_enc, W_dec, b_dec + 3)
    c.close(moved, latents, "moving x and b_dec together changes no latent", atol=1e-4)
    c.close(moved_hat, x_hat + 3, "and moves x_hat along", atol=1e-4)

# %% [markdown]
# ### Exercise 2: sae_loss
#
# difficulty 2/5 · importance 5/5 · 10 min
#
# Reconstruct well, with little: squared error, plus a price $\lambda$ on the latents. The obvious
# price is the sum of the latents, $\sum_i f_i$ (their L1 norm: they are not negative). But then the
# dictionary can cheat. Halve all latents and double all decoder rows: the reconstruction is the
# same, the price is half. So weigh each latent with what it writes, the norm of its decoder row:
#
# $$\mathcal L = \frac1B \sum_{b} \Bigl( \lVert x_b - \hat x_b \rVert^2
# + \lambda \sum_i f_{b,i}\, \lVert W_{\text{dec},i} \rVert_2 \Bigr)$$
#
# Sums over dimensions and over latents, a mean over the batch alone.
#
# <details><summary>Hint 1: nudge</summary>
#
# What would happen to the loss if every sample stood in the batch twice? And what, if every latent
# stood in the dictionary twice, at half its size?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# The error is summed over `d_in` (axis 1), which leaves `[batch]`. The norms are those of the
# *rows* of `W_dec`, `[n_latents]`; they broadcast against the latents `[batch, n_latents]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# error = for each sample: the sum of the squared differences
# norms = the length of each latent's decoder row
# price = for each sample: the sum of latents times norms
# return the mean over the samples of error + l1 * price
# ```
#
# </details>


# %% exercise="sae_loss"
def sae_loss(
    x: Float[Tensor, "batch d_in"],
    x_hat: Float[Tensor, "batch d_in"],
    latents: Float[Tensor, "batch n_latents"],
    W_dec: Float[Tensor, "n_latents d_in"],
    l1: float,
) -> Float[Tensor, ""]:
    """Return squared error plus l1 times the size of what is written, a mean over samples."""
    ### BEGIN SOLUTION
    error = (x - x_hat).square().sum(dim=1)
    price = (latents * W_dec.norm(dim=1)).sum(dim=1)
    return (error + l1 * price).mean()
    ### END SOLUTION


# %% check="sae_loss" points=3
with check(sae_loss) as c:
    x, x_hat = torch.randn(6, 4), torch.randn(6, 4)
    latents, W_dec = torch.rand(6, 9), 2 * torch.randn(9, 4)
    error = nn.functional.mse_loss(x_hat, x, reduction="sum") / 6
    loss = c.call(x, x_hat, latents, W_dec, 0.0)
    c.close(loss, error, "at l1 = 0: squared error, summed over d_in, a mean over samples")
    loss = c.call(x, x_hat, latents, W_dec, 0.7)
    twice = c.call(x.repeat(2, 1), x_hat.repeat(2, 1), latents.repeat(2, 1), W_dec, 0.7)
    c.close(twice, loss, "a batch that stands there twice costs the same")
    scale = torch.rand(9) + 0.5
    scaled = c.call(x, x_hat, latents / scale, W_dec * scale[:, None], 0.7)
    c.close(scaled, loss, "smaller latents with larger decoder rows cost the same")
    written = (latents[:, :, None] * W_dec).norm(dim=-1).sum() / 6
    c.close(loss, error + 0.7 * written, "the price is the length of all that latents write")
    asked, rows = latents.clone().requires_grad_(True), W_dec.clone().requires_grad_(True)
    price = sae_loss(x, x, asked, rows, 0.7)
    c.true(price.requires_grad, "the price has a gradient")
    price.backward()
    c.true(asked.grad is not None and rows.grad is not None, "it reaches latents and decoder rows")

# %% [markdown]
# **Predict.** Take any dictionary, divide its latents by $c$ and multiply its decoder by $c$. What
# happens to a loss *without* the norms, as $c$ grows to 100? And to yours?

# %%
my_loss_without_norms = None  # in words

# %%
some = helpers.new_dictionary(24, 128, seed=1)
x = toy.sample(256, seed=2)[0]
latents, x_hat = sae_forward(x, **some)
print("    c   without norms      yours")
for c in (1, 3, 10, 100):
    plain = (x - x_hat).square().sum(dim=1).mean() + 0.5 * (latents / c).sum(dim=1).mean()
    yours = sae_loss(x, x_hat, latents / c, some["W_dec"] * c, 0.5)
    print(f"{c:5}   {plain:13.3f}   {yours:8.3f}")

# %% [markdown]
# Without the norms the price can be made as small as one likes, and gradient descent finds that out
# (a dictionary trained so has long decoder rows and many latents at once). There are two remedies:
# the norms in the price, as here, or decoder rows that are held at length 1. Both are in use; part
# of the literature's confusion about $\lambda$ comes from mixing them up.

# %% [markdown]
# ### Exercise 3: metrics
#
# difficulty 2/5 · importance 5/5 · 5 min
#
# Two numbers by which dictionaries are compared. **L0**: how many latents are not zero, in the mean
# over samples. **FVU**, the fraction of variance unexplained: the squared error, beside that of the
# best constant, the mean of $x$.
#
# $$\mathrm{L0} = \frac1B \sum_b \#\{i : f_{b,i} \neq 0\}, \qquad \mathrm{FVU} = \frac{\sum_b \lVert
# x_b - \hat x_b \rVert^2}{\sum_b \lVert x_b - \bar x \rVert^2}, \quad \bar x = \frac1B \sum_b x_b$$
#
# A perfect reconstruction has FVU 0; answering the mean, whatever comes in, has 1; worse is
# possible.
#
# <details><summary>Hint 1: nudge</summary>
#
# What is the variance *about*? Activations of real models lie far from 0: a dictionary that has
# learned nothing but its bias would look good if you forgot that.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# $\bar x$ is `[d_in]`: a mean over the batch, one for each dimension. Both sums of the FVU run over
# samples *and* dimensions before they are divided.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# l0  = count the latents that are not 0 in each sample, take the mean
# fvu = all squared errors, added up, divided by all squared distances from the mean, added up
# ```
#
# </details>


# %% exercise="metrics"
def metrics(
    x: Float[Tensor, "batch d_in"],
    x_hat: Float[Tensor, "batch d_in"],
    latents: Float[Tensor, "batch n_latents"],
) -> tuple[float, float]:
    """Return L0 and the fraction of variance unexplained."""
    ### BEGIN SOLUTION
    l0 = (latents != 0).sum(dim=1).double().mean()
    fvu = (x - x_hat).square().sum() / (x - x.mean(dim=0)).square().sum()
    return l0.item(), fvu.item()
    ### END SOLUTION


# %% check="metrics" points=2
with check(metrics) as c:
    x = torch.randn(50, 6) * torch.tensor([9.0, 1, 1, 2, 0.3, 1]) + 4 * torch.randn(6)
    latents = torch.relu(torch.randn(50, 11) - 1)
    l0, fvu = c.call(x, x, latents)
    c.close(l0, latents.count_nonzero() / 50, "L0 counts the active latents of a sample")
    c.close(fvu, 0.0, "a perfect reconstruction leaves nothing")
    _, fvu = c.call(x, x.mean(dim=0).expand(50, 6), latents)
    c.close(fvu, 1.0, "the mean, whatever comes in, leaves everything")
    noisy = x + torch.randn(50, 6)
    _, fvu = c.call(x, noisy, latents)
    truth = (noisy - x).square().sum() / (50 * x.var(dim=0, correction=0)).sum()
    c.close(fvu, truth, "all errors together, beside all variance together", atol=1e-4)

# %% [markdown]
# ### Exercise 4: normalise_decoder
#
# difficulty 2/5 · importance 4/5 · 10 min
#
# A latent's size and its decoder row's length are one number written in two places. To compare
# latents, give every decoder row length 1 **without changing what the autoencoder computes**: what
# the row loses, the encoder must gain.
#
# $$W_{\text{dec},i} \to \frac{W_{\text{dec},i}}{n_i}, \quad W_{\text{enc},:,i} \to n_i\,
# W_{\text{enc},:,i}, \quad b_{\text{enc},i} \to n_i\, b_{\text{enc},i}, \qquad n_i = \lVert
# W_{\text{dec},i} \rVert$$
#
# A row of zeros has no direction: leave its latent as it is. Return new tensors.
#
# <details><summary>Hint 1: nudge</summary>
#
# $\mathrm{ReLU}(n z) = n\, \mathrm{ReLU}(z)$ for $n > 0$. Which parts of $z$ must be multiplied?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# $n$ is `[n_latents]`: for `W_dec` `[n_latents, d_in]` it goes along the rows (`[:, None]`), for
# `W_enc` `[d_in, n_latents]` it broadcasts as it is.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# n = the length of each decoder row; where it is 0, use 1
# encoder columns times n, encoder biases times n, decoder rows divided by n
# ```
#
# </details>


# %% exercise="normalise_decoder"
def normalise_decoder(
    W_enc: Float[Tensor, "d_in n_latents"],
    b_enc: Float[Tensor, " n_latents"],
    W_dec: Float[Tensor, "n_latents d_in"],
) -> tuple[
    Float[Tensor, "d_in n_latents"], Float[Tensor, " n_latents"], Float[Tensor, "n_latents d_in"]
]:
    """Return W_enc, b_enc, W_dec of the same autoencoder with decoder rows of length 1."""
    ### BEGIN SOLUTION
    length = W_dec.norm(dim=1)
    length = torch.where(length == 0, torch.ones_like(length), length)
    return W_enc * length, b_enc * length, W_dec / length[:, None]
    ### END SOLUTION


# %% check="normalise_decoder" points=2
with check(normalise_decoder) as c:
    x, b_dec = torch.randn(9, 4), torch.randn(4)
    W_enc, b_enc, W_dec = torch.randn(4, 7), torch.randn(7), torch.randn(7, 4)
    W_dec = W_dec * torch.tensor([0.1, 3, 0, 0.2, 5, 2, 0.3])[:, None]  # row 2 is zero
    new_enc, new_bias, new_dec = c.call(W_enc, b_enc, W_dec)
    rows = [0, 1, 3, 4, 5, 6]
    c.close(new_dec.norm(dim=1)[rows], torch.ones(6), "every decoder row has length 1")
    turned = nn.functional.cosine_similarity(new_dec[rows], W_dec[rows])
    c.close(turned, torch.ones(6), "and its direction of before")
    c.true(new_dec[2].isfinite().all() and (new_dec[2] == 0).all(), "a row of zeros stays one")
    c.close(new_enc[:, 2], W_enc[:, 2], "and keeps its encoder")
    before = torch.relu((x - b_dec) @ W_enc + b_enc) @ W_dec
    after = torch.relu((x - b_dec) @ new_enc + new_bias) @ new_dec
    c.close(after, before, "the reconstruction is the same for every x", atol=1e-4)

# %% [markdown]
# ### Exercise 5: project_grad
#
# difficulty 2/5 · importance 4/5 · 5 min
#
# If decoder rows are held at length 1 all through training, a part of each gradient step is wasted:
# the part along the row itself only stretches it, and the next normalisation takes it back. Worse,
# Adam remembers it. So take that part off the gradient before the step (Bricken and others, 2023):
#
# $$g_i \to g_i - \frac{g_i \cdot w_i}{\lVert w_i \rVert^2}\, w_i, \qquad w_i = W_{\text{dec},i}$$
#
# `W_dec` and `grad` are both `[n_latents, d_in]`. The rows need not have length 1, though none is
# 0.
#
# <details><summary>Hint 1: nudge</summary>
#
# What is left must be orthogonal to the row: $g_i \cdot w_i = 0$, row by row.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# The dot products are sums over `d_in`, axis 1; `keepdim=True` keeps them `[n_latents, 1]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# share = for each row: gradient dot row, divided by row dot row
# return the gradient minus share times the row
# ```
#
# </details>


# %% exercise="project_grad"
def project_grad(
    W_dec: Float[Tensor, "n_latents d_in"], grad: Float[Tensor, "n_latents d_in"]
) -> Float[Tensor, "n_latents d_in"]:
    """Return the gradient of W_dec without its part along each row of W_dec."""
    ### BEGIN SOLUTION
    share = (grad * W_dec).sum(dim=1, keepdim=True) / W_dec.square().sum(dim=1, keepdim=True)
    return grad - share * W_dec
    ### END SOLUTION


# %% check="project_grad" points=2
with check(project_grad) as c:
    W_dec, grad = 2 * torch.randn(7, 5), torch.randn(7, 5)
    left = c.call(W_dec, grad)
    c.close((left * W_dec).sum(dim=1), torch.zeros(7), "orthogonal to each row", atol=1e-4)
    c.close(c.call(W_dec, left), left, "doing it twice changes nothing more", atol=1e-5)
    across = 3 * torch.linalg.qr(torch.stack([W_dec, grad], dim=2)).Q[:, :, 1]
    c.close(c.call(W_dec, across), across, "what is orthogonal already stays as it is", atol=1e-4)
    along = torch.randn(7, 1) * W_dec
    c.close(c.call(W_dec, across + along), across, "only the part along the row goes", atol=1e-4)


# %%
def l1_objective(
    weights: dict[str, Tensor], x: Float[Tensor, "batch d_in"], l1: float = 0.5
) -> Float[Tensor, ""]:
    """Return the loss of exercise 2 on a batch."""
    latents, x_hat = sae_forward(x, **weights)
    return sae_loss(x, x_hat, latents, weights["W_dec"], l1)


# %% [markdown]
# ### Exercise 6: train_sae
#
# difficulty 3/5 · importance 5/5 · 20 min
#
# Now train. `weights` is a dictionary of tensors, one of them `W_dec`; `objective(weights, x)`
# returns the loss of a batch. (It is an argument because the recipes of this lab differ in nothing
# but their objective. `l1_objective`, in the cell above, is the first one.) For each batch, in
# order:
#
# 1. the loss and its gradients with respect to **all** weights;
# 2. the gradient of `W_dec` without its part along the rows (exercise 5);
# 3. a step of Adam (torch's defaults, with learning rate `lr`);
# 4. every row of `W_dec` divided by its length, and nothing else changed.
#
# Return the trained weights under the same names (without gradients), and the loss of each batch
# **before** its step, as numbers. The weights that came in stay as they were.
#
# $$W_\text{dec} \leftarrow \mathrm{rows\ of\ length\ 1}\bigl(W_\text{dec} - \mathrm{Adam}(g -
# g_\parallel)\bigr)$$
#
# <details><summary>Hint 1: nudge</summary>
#
# Start with copies that ask for gradients. Adam changes tensors in place, so between the backward
# pass and the step you may overwrite `.grad` in place; and what you do after the step must not be
# differentiated.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `weights[name].detach().clone().requires_grad_(True)`; `torch.optim.Adam(list_of_tensors, lr=lr)`;
# one optimiser for all batches. Rows: `W_dec.norm(dim=1, keepdim=True)` is `[n_latents, 1]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# own = copies of all weights, ready for gradients; one Adam over them
# for each batch (with a progress bar):
#     loss = the objective of own and the batch; note its number
#     clear the gradients, go backwards
#     without gradients: the decoder's gradient is replaced by its projection
#     step
#     without gradients: divide the decoder's rows by their lengths, in place
# return own, detached, and the losses
# ```
#
# </details>


# %% exercise="train_sae"
def train_sae(
    weights: dict[str, Tensor],
    batches: Sequence[Float[Tensor, "batch d_in"]],
    objective: Callable[[dict[str, Tensor], Tensor], Tensor],
    lr: float = 5e-3,
) -> tuple[dict[str, Tensor], list[float]]:
    """Train with Adam and decoder rows of length 1; return the weights and each batch's loss."""
    ### BEGIN SOLUTION
    own = {name: value.detach().clone().requires_grad_(True) for name, value in weights.items()}
    W_dec = own["W_dec"]
    optimizer = torch.optim.Adam(own.values(), lr=lr)
    losses = []
    for x in tqdm(batches, desc="training", mininterval=0.5, leave=False):
        loss = objective(own, x)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        W_dec.grad = project_grad(W_dec.detach(), W_dec.grad)
        optimizer.step()
        with torch.no_grad():
            W_dec /= W_dec.norm(dim=1, keepdim=True)
    return {name: value.detach() for name, value in own.items()}, losses
    ### END SOLUTION


# %% check="train_sae" points=4
with check(train_sae) as c:
    small = sparse_features.build(seed=3, n_features=12, d_in=6)
    start = helpers.new_dictionary(6, 20, seed=4)
    batches = small.sample(1200, seed=5)[0].split(100)
    as_it_was = {name: value.clone() for name, value in start.items()}
    trained, losses = c.call(start, batches, l1_objective, 0.02)
    c.true(set(trained) == set(start), "the weights come back under their names")
    c.true(all(not value.requires_grad for value in trained.values()), "without gradients")
    kept = all(torch.equal(start[name], as_it_was[name]) for name in start)
    c.true(kept, "the weights that came in are as they were")
    c.true(len(losses) == 12, "there is one loss for each batch")
    c.close(losses[0], l1_objective(start, batches[0]).item(), "measured before the step")
    c.close(trained["W_dec"].norm(dim=1), torch.ones(20), "decoder rows have length 1")
    c.true(all((trained[n] != start[n]).any() for n in start), "all weights are trained")
    still, reported = c.call(start, batches[:3], l1_objective, 0.0)
    truth = [l1_objective(start, x).item() for x in batches[:3]]
    c.close(reported, truth, "at learning rate 0 it reports the losses of the start")

    def straight(w: dict[str, Tensor], x: Tensor) -> Tensor:
        return sum(value.sum() for value in w.values()) * x.mean()  # the slope is the mean of x

    up, flat = torch.ones(3, 6), torch.zeros(3, 6)
    one_step, _ = c.call(start, [up], straight, 0.02)
    c.close(start["W_enc"] - one_step["W_enc"], torch.full((6, 20), 0.02), "Adam's first step: lr")
    rows = start["W_dec"]
    step = 0.02 * (1 - rows.sum(dim=1, keepdim=True) * rows).sign()
    expected = nn.functional.normalize(rows - step, dim=1)
    c.close(one_step["W_dec"], expected, "W_dec: project, step, normalise", atol=1e-4)
    two_steps, _ = c.call(start, [up, flat], straight, 0.02)
    went_on = (one_step["b_enc"] - two_steps["b_enc"]) / 0.02
    c.close(went_on, torch.full((20,), 0.67), "one Adam for all batches: it goes on", atol=0.01)
    many, losses = c.call(start, batches[:1] * 60, l1_objective, 0.02)
    c.true(losses[-1] < 0.7 * losses[0], "the same batch, 60 times, costs less and less")

# %% [markdown]
# ### The first dictionary
#
# 128 latents for 64 features: nobody knows the number beforehand, and a dictionary with just as
# many latents as features gets stuck. Three questions are asked of each trained dictionary.
# **Which features are found?** For each planted direction, the largest cosine with any decoder row.
# **At which size?** For each feature, the latent nearest to it: how much it writes when feature and
# latent are both there, beside the feature's true size. **How densely?** Its L0; the truth has 2.8.
#
# **Predict.** The price $\lambda$ is raised from 0.1 to 0.5. What happens to the number of features
# that are found, to the L0, to the FVU, and to the sizes?

# %%
my_features_found_at_the_high_price = None  # of 64, with a cosine above 0.95
my_size_recovered = None  # as a share of the true size

# %%
fresh = helpers.new_dictionary(24, 128, seed=5)
batches = toy.sample(1500 * 256, seed=1)[0].split(256)


def relu_latents(weights: dict[str, Tensor], x: Tensor) -> Tensor:
    """The latents of exercise 1."""
    return sae_forward(x, **weights)[0]


dictionaries = {}
for price in (0.1, 0.3, 0.5):
    trained, _ = train_sae(fresh, batches, partial(l1_objective, l1=price))
    l1_score = helpers.judge(toy, trained, relu_latents)
    l0, fvu = metrics(l1_score.x, l1_score.x_hat, l1_score.latents)
    print(f"L1, price {price}: L0 {l0:5.1f}   FVU {fvu:.3f}   {l1_score.line()}")
    print(f"    latents along a feature {l1_score.sharers.float().mean():.1f}", end=", ")
    print(f"share of its size in the whole reconstruction {l1_score.whole.mean():.2f}")
helpers.versus(my_features_found_at_the_high_price, l1_score.found, "Features found at price 0.5")
helpers.versus(
    my_size_recovered, round(l1_score.size.mean().item(), 2), "Share of the size recovered"
)

# %% [markdown]
# At the low price the reconstruction is nearly perfect, and the dictionary is wrong: two dozen
# latents take part in every sample, and few of them stand for a feature. (The size, measured on the
# one nearest latent, then says little.) At the high price all the directions are right, the
# reconstruction is five times worse, and the nearest latent writes less than half of its feature.
#
# That has two reasons. Features are *shared*: there are 128 latents, and more than one points along
# a feature (the second line counts cosines above 0.9), so what one of them writes is not all that
# is written. Look at the whole reconstruction, whichever latents it comes from: what is missing
# there rises with the price, from a tenth over a quarter to a third. This is **shrinkage**: the
# price that makes latents go to 0 also pulls on those that should be there. A latent that has a
# feature of size $s$ to itself minimises $(s - f)^2 + \lambda f$, and stops at $f = s - \lambda /
# 2$: a quarter too small at price 0.5, where the mean size is 1. Getting rid of that is what the
# next recipes are for.

# %% [markdown]
# ### Exercise 7: topk
#
# difficulty 2/5 · importance 5/5 · 10 min
#
# Instead of a price: say how many latents may be active (Gao and others, 2024). In **each sample**
# the $k$ largest pre-activations stay, with their values, and all others become 0. Nothing pulls on
# what stays, so nothing shrinks. A negative pre-activation never becomes a latent, so a sample with
# fewer than $k$ positive ones has fewer than $k$ latents.
#
# $$f_i = \begin{cases} z_i & z_i > 0 \ \text{and}\ z_i \ \text{is among the}\ k\ \text{largest
# of its sample} \\ 0 & \text{otherwise} \end{cases}$$
#
# `k` is at most `n_latents`. Equal pre-activations do not occur in the checks.
#
# <details><summary>Hint 1: nudge</summary>
#
# Among the $k$ largest of a sample some may be negative. Does it matter whether you cut at 0 before
# or after you choose?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `pre.topk(k, dim=-1)` gives values and indices, both `[batch, k]`. `scatter` puts values back to
# their indices in a tensor of zeros `[batch, n_latents]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# values, places = the k largest of each sample
# start from zeros of the shape of pre
# write the values, negative ones as 0, to their places
# ```
#
# </details>


# %% exercise="topk"
def topk(pre: Float[Tensor, "batch n_latents"], k: int) -> Float[Tensor, "batch n_latents"]:
    """Keep the k largest pre-activations of each sample, as far as they are positive."""
    ### BEGIN SOLUTION
    values, places = pre.topk(k, dim=-1)
    return torch.zeros_like(pre).scatter(-1, places, values.relu())
    ### END SOLUTION


# %% check="topk" points=2
with check(topk) as c:
    rows = torch.stack([torch.randperm(11) for _ in range(4)])
    pre = rows - torch.tensor([2.3, 9.3, 0.3, 20.3])[:, None]
    pre = pre + 0.25 * torch.rand(4, 11)
    latents = c.call(pre, 3)
    c.close((latents != 0).sum(dim=1), torch.tensor([3, 1, 3, 0]), "at most k, and only positive")
    order = pre.sort(dim=1, descending=True)
    truth = torch.zeros(4, 11)
    for row in range(4):
        for place in order.indices[row, :3].tolist():
            truth[row, place] = max(pre[row, place], 0)
    c.close(latents, truth, "the k largest of each sample, with their values, at their places")
    c.close(c.call(pre, 11), pre.clamp(min=0), "with k = n_latents it is a ReLU")
    one = torch.tensor([[2.0]], requires_grad=True)
    c.true(topk(one, 1).requires_grad, "what stays has a gradient")

# %% [markdown]
# ### Latents that never fire
#
# A latent that is never among the $k$ largest gets no gradient, so it never changes, so it is never
# among the $k$ largest. It is **dead**. In large dictionaries most latents can die, and what they
# could have found is not found. Exercises 8 and 9 are the two remedies in use.

# %% [markdown]
# ### Exercise 8: aux_k
#
# difficulty 4/5 · importance 4/5 · 20 min
#
# Give the dead something to do: explain what the living have left over (Gao and others, 2024).
# Among the **dead** latents only, take the $k_\text{aux}$ largest pre-activations of each sample
# (as in exercise 7, so positive ones only), decode them **without** $b_\text{dec}$, and compare
# with the error of the living:
#
# $$e = x - \hat x, \qquad \mathcal L_\text{aux} = \frac1B \sum_b \Bigl\lVert e_b - \sum_{i\
# \text{dead, chosen}} z_{b,i}\, W_{\text{dec},i} \Bigr\rVert^2$$
#
# The error is what it is: **no gradient** goes back through $x$ and $\hat x$. `dead` is
# `[n_latents]`, True where a latent is dead. With fewer than $k_\text{aux}$ dead latents all of
# them may be used; with none the loss is 0.
#
# <details><summary>Hint 1: nudge</summary>
#
# The living must not notice this loss at all: neither by being chosen, nor through the error, nor
# through their decoder rows.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# Boolean indexing makes a small dictionary of the dead: `pre[:, dead]` is `[batch, n_dead]`,
# `W_dec[dead]` `[n_dead, d_in]`. `topk` needs `k` no larger than `n_dead`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# if nobody is dead: return a loss of 0
# error = what is left over, cut off from its history
# chosen = the dead ones' pre-activations, in each sample the largest few, negative ones as 0
# return the mean over samples of the squared distance between error and chosen through the rows
# ```
#
# </details>


# %% exercise="aux_k"
def aux_k(
    x: Float[Tensor, "batch d_in"],
    x_hat: Float[Tensor, "batch d_in"],
    pre: Float[Tensor, "batch n_latents"],
    dead: Bool[Tensor, " n_latents"],
    W_dec: Float[Tensor, "n_latents d_in"],
    k_aux: int,
) -> Float[Tensor, ""]:
    """Return how badly the dead latents explain what the reconstruction has left over."""
    ### BEGIN SOLUTION
    if not dead.any():
        return x.new_zeros(())
    error = (x - x_hat).detach()
    values, places = pre[:, dead].topk(min(k_aux, int(dead.sum())), dim=-1)
    chosen = torch.zeros_like(pre[:, dead]).scatter(-1, places, values.relu())
    return (error - chosen @ W_dec[dead]).square().sum(dim=1).mean()
    ### END SOLUTION


# %% check="aux_k" points=3
with check(aux_k) as c:
    x, x_hat, W_dec = torch.randn(6, 5), torch.randn(6, 5), torch.randn(9, 5)
    pre = torch.randn(6, 9)
    dead = torch.tensor([True, False, True, True, False, True, True, False, True])
    nobody = torch.zeros(9, dtype=torch.bool)
    c.close(c.call(x, x_hat, pre, nobody, W_dec, 2), 0.0, "where nobody is dead it is 0")
    explained = x_hat + pre.clamp(min=0)[:, dead] @ W_dec[dead]
    loss = c.call(explained, x_hat, pre, dead, W_dec, 9)
    c.close(loss, 0.0, "0 where the dead explain all that is left over", atol=1e-4)
    loss = c.call(x, x_hat, pre, dead, W_dec, 2)
    total = 0.0
    for row in range(6):
        among = sorted((float(pre[row, i]), i) for i in range(9) if dead[i])[-2:]
        left = x[row] - x_hat[row] - sum(max(z, 0) * W_dec[i] for z, i in among)
        total += left.square().sum() / 6
    c.close(loss, total, "the k_aux largest among the dead, in each sample", atol=1e-4)
    asked = [t.clone().requires_grad_(True) for t in (x, x_hat, pre, W_dec)]
    aux_k(asked[0], asked[1], asked[2], dead, asked[3], 9).backward()
    c.true(asked[2].grad is not None, "the pre-activations have a gradient")
    c.true((asked[2].grad[:, ~dead] == 0).all(), "none reaches the living")
    c.true((asked[2].grad[:, dead] != 0).any(), "some reaches the dead")
    taught = asked[3].grad is not None and (asked[3].grad[dead] != 0).any()
    c.true(taught, "and their decoder rows")
    blocked = all(t.grad is None or (t.grad == 0).all() for t in asked[:2])
    c.true(blocked, "none goes through the error")

# %% [markdown]
# ### Exercise 9: resample_dead
#
# difficulty 4/5 · importance 3/5 · 25 min
#
# The older remedy, for ReLU dictionaries (Bricken and others, 2023): every now and then, start the
# dead anew, at inputs that the dictionary does badly. For **each** dead latent:
#
# 1. draw one of the inputs `x`, independently and with replacement, with a probability proportional
#    to the **square** of its loss; let $u$ be $x - b_\text{dec}$, made length 1;
# 2. its decoder row becomes $u$; its encoder column $0.2\, \bar n\, u$, where $\bar n$ is the mean
#    length of the *living* latents' encoder columns; its encoder bias 0;
# 3. Adam's memory of these entries becomes 0. `moments[name]` is `[2, ...]`: the running mean of
#    the gradient and that of its square, for the weight of that name.
#
# $$p_j = \frac{\ell_j^2}{\sum_{j'} \ell_{j'}^2}, \qquad W_{\text{dec},i} = u, \quad
# W_{\text{enc},:,i} = 0.2\, \bar n\, u, \quad b_{\text{enc},i} = 0$$
#
# Everything else comes back **bit for bit** as it was. `weights` has `W_enc`, `b_enc`, `W_dec`,
# `b_dec`, and so has `moments`. Return new dictionaries of new tensors; the draw follows from
# `seed` alone. At least one latent lives; if none is dead, nothing changes.
#
# <details><summary>Hint 1: nudge</summary>
#
# An encoder of the same direction as the decoder row fires on what the row writes. It is made
# small so that the newcomer does not upset the dictionary at once. And what would the optimiser's
# memory do to it, in the first step?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `torch.multinomial(weights, n, replacement=True, generator=...)` draws indices. The dead are
# columns of `W_enc`, entries of `b_enc`, rows of `W_dec`; in the moments the same, behind one axis
# of 2.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# copy all weights and all moments; if nobody is dead, return the copies
# drawn = as many indices as there are dead, by the squared losses, with the seed
# u     = those inputs without the decoder's bias, each divided by its length
# write the decoder rows, the encoder columns and the encoder biases of the dead
# in the moments of these three: zeros at the same places
# ```
#
# </details>


# %% exercise="resample_dead"
def resample_dead(
    weights: dict[str, Tensor],
    moments: dict[str, Tensor],
    dead: Bool[Tensor, " n_latents"],
    x: Float[Tensor, "batch d_in"],
    losses: Float[Tensor, " batch"],
    seed: int,
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Start dead latents anew at badly reconstructed inputs; return weights and Adam's moments."""
    ### BEGIN SOLUTION
    weights = {name: value.clone() for name, value in weights.items()}
    moments = {name: value.clone() for name, value in moments.items()}
    if not dead.any():
        return weights, moments
    draw = torch.Generator().manual_seed(seed)  # given
    drawn = torch.multinomial(losses.square(), int(dead.sum()), replacement=True, generator=draw)
    u = nn.functional.normalize(x[drawn] - weights["b_dec"], dim=1)
    living = weights["W_enc"][:, ~dead].norm(dim=0).mean()
    weights["W_dec"][dead] = u
    weights["W_enc"][:, dead] = 0.2 * living * u.mT
    weights["b_enc"][dead] = 0
    moments["W_dec"][:, dead] = 0
    moments["W_enc"][:, :, dead] = 0
    moments["b_enc"][:, dead] = 0
    return weights, moments
    ### END SOLUTION


# %% check="resample_dead" points=3
with check(resample_dead) as c:
    shapes = {"W_enc": (5, 8), "b_enc": (8,), "W_dec": (8, 5), "b_dec": (5,)}
    old = {name: torch.randn(shape) for name, shape in shapes.items()}
    memory = {name: torch.rand(2, *shape) + 1 for name, shape in shapes.items()}
    dead = torch.tensor([False, True, False, False, True, True, False, False])
    x = torch.randn(12, 5)
    one = torch.zeros(12)
    one[7] = 3.0  # only one input has any loss
    new, memories = c.call(old, memory, dead, x, one, 1)
    for name, axis in (("W_enc", 1), ("b_enc", 0), ("W_dec", 0)):
        lives = torch.arange(8)[~dead]
        same = torch.equal(new[name].index_select(axis, lives), old[name].index_select(axis, lives))
        c.true(same, "the living are bit for bit as they were")
    c.true(torch.equal(new["b_dec"], old["b_dec"]), "and so is b_dec")
    u = x[7] - old["b_dec"]
    u = u / u.norm()
    c.close(new["W_dec"][dead], u.expand(3, 5), "a row points from b_dec to the input of the loss")
    column = 0.2 * old["W_enc"][:, ~dead].norm(dim=0).mean() * u[:, None]
    c.close(new["W_enc"][:, dead], column.expand(5, 3), "the encoder likewise, and small")
    c.close(new["b_enc"][dead], torch.zeros(3), "with no bias")
    kept = {name: value.clone() for name, value in memory.items()}
    kept["W_dec"][:, dead], kept["W_enc"][:, :, dead], kept["b_enc"][:, dead] = 0, 0, 0
    for name in shapes:
        c.close(memories[name], kept[name], "Adam forgets the dead, and only them")
    many = torch.arange(400) > 0
    wide = {"W_enc": torch.randn(5, 400), "b_enc": torch.randn(400), "b_dec": torch.zeros(5)}
    wide["W_dec"] = torch.randn(400, 5)
    wide_memory = {name: torch.zeros(2, *value.shape) for name, value in wide.items()}
    two = torch.zeros(12)
    two[3], two[4] = 1.0, 3.0
    drawn, _ = c.call(wide, wide_memory, many, x, two, 2)
    share = (drawn["W_dec"][1:] @ x[4] / x[4].norm() > 0.999).float().mean()
    c.close(share, 0.9, "three times the loss: nine times as likely", atol=0.06)
    redrawn, _ = c.call(wide, wide_memory, many, x, two, 3)
    c.true((redrawn["W_dec"] != drawn["W_dec"]).any(), "another seed draws other inputs")

# %% [markdown]
# ### Do the dead come back?
#
# An experiment with a bad start: three quarters of the latents begin with an encoder so small that
# they are never among the three largest. `TopKObjective` is the loss of a TopK dictionary. It
# counts for each latent the batches since it last fired, calls it dead after 50, and adds an eighth
# of your `aux_k`.
#
# **Predict.** From the bad start, 32 of 128 latents can learn. How many of the 64 features are
# found without the auxiliary loss, and how many with it?

# %%
my_found_without = None
my_found_with = None


# %%
def encode(weights: dict[str, Tensor], x: Float[Tensor, "batch d_in"]) -> Tensor:
    """Return the pre-activations: what the encoder says before any nonlinearity."""
    return (x - weights["b_dec"]) @ weights["W_enc"] + weights["b_enc"]


class TopKObjective:
    """The loss of a TopK dictionary: squared error, and for the dead the auxiliary loss."""

    def __init__(self, n_latents: int, k: int, share: float = 1 / 8, patience: int = 50) -> None:
        self.k, self.share, self.patience = k, share, patience
        self.since = torch.zeros(n_latents)  # batches since each latent last fired

    def __call__(self, weights: dict[str, Tensor], x: Float[Tensor, "batch d_in"]) -> Tensor:
        pre = encode(weights, x)
        latents = topk(pre, self.k)
        x_hat = self.reconstruct(latents, weights)
        self.since = torch.where((latents != 0).any(dim=0), 0, self.since + 1)
        loss = self.error(x, latents, weights)
        if self.share:
            dead = self.since > self.patience
            loss = loss + self.share * aux_k(x, x_hat, pre, dead, weights["W_dec"], 16)
        return loss

    def reconstruct(self, latents: Tensor, weights: dict[str, Tensor]) -> Tensor:
        return latents @ weights["W_dec"] + weights["b_dec"]

    def error(self, x: Tensor, latents: Tensor, weights: dict[str, Tensor]) -> Tensor:
        return (x - self.reconstruct(latents, weights)).square().sum(dim=1).mean()


def topk_latents(weights: dict[str, Tensor], x: Tensor, k: int = 3) -> Tensor:
    """The latents of a TopK dictionary."""
    return topk(encode(weights, x), k)


# %%
bad = {name: value.clone() for name, value in fresh.items()}
bad["W_enc"][:, 32:] *= 0.03
revived = {}
for name, share in (("without", 0.0), ("with", 1 / 8)):
    trained, _ = train_sae(bad, batches, TopKObjective(128, k=3, share=share))
    revived[name] = helpers.judge(toy, trained, topk_latents)
    print(f"{name:7} the auxiliary loss: {revived[name].line()}")
helpers.versus(my_found_without, revived["without"].found, "Features found without it")
helpers.versus(my_found_with, revived["with"].found, "Features found with it")

# %% [markdown]
# Without it the starved latents stay dead to the end, and the living ones are too few for the
# features. With it the dead take up what is left over, become active, and find nearly all that is
# there. (Some latents are silent in both: there are 128 of them, and 64 features.)

# %% [markdown]
# ### Exercise 10: gated
#
# difficulty 3/5 · importance 3/5 · 8 min
#
# The L1 price asks one number two things: is the latent there, and how much of it? So split them
# (Rajamanoharan and others, 2024a). A **gate** decides whether, with the price on it; a
# **magnitude** says how much, and pays nothing. Both share their directions, up to a scale
# $e^{r_i}$ for each latent:
#
# $$\pi = (x - b_\text{dec})\, W_\text{gate} + b_\text{gate}, \qquad m = \bigl((x - b_\text{dec})\,
# W_\text{gate}\bigr) \odot e^{r_\text{mag}} + b_\text{mag}, \qquad f_i = [\pi_i > 0]\,
# \mathrm{ReLU}(m_i)$$
#
# Return the latents $f$ and the gates' pre-activations $\pi$, both `[batch, n_latents]`.
#
# <details><summary>Hint 1: nudge</summary>
#
# Which of the two decides about zero or not, and which of the two biases goes where? Neither bias
# is scaled.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `W_gate` is `[d_in, n_latents]`, and `b_gate`, `r_mag`, `b_mag` are `[n_latents]`. A comparison
# gives truth values; times a float tensor they are 0 and 1.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# shared    = the centred input through the gate's weights
# gate      = shared plus the gate's bias
# magnitude = shared, scaled by the exponential, plus the magnitude's bias
# latents   = the magnitude, negative numbers as 0, where the gate is positive; elsewhere 0
# return latents and gate
# ```
#
# </details>


# %% exercise="gated"
def gated(
    x: Float[Tensor, "batch d_in"],
    W_gate: Float[Tensor, "d_in n_latents"],
    b_gate: Float[Tensor, " n_latents"],
    r_mag: Float[Tensor, " n_latents"],
    b_mag: Float[Tensor, " n_latents"],
    b_dec: Float[Tensor, " d_in"],
) -> tuple[Float[Tensor, "batch n_latents"], Float[Tensor, "batch n_latents"]]:
    """Return the latents of a gated encoder, and its gates before the threshold."""
    ### BEGIN SOLUTION
    shared = (x - b_dec) @ W_gate
    gate = shared + b_gate
    magnitude = shared * r_mag.exp() + b_mag
    return (gate > 0) * magnitude.relu(), gate
    ### END SOLUTION


# %% check="gated" points=2
with check(gated) as c:
    x, b_dec, W_gate = torch.randn(9, 4), torch.randn(4), torch.randn(4, 7)
    b_gate, r_mag, b_mag = torch.randn(7), 0.5 * torch.randn(7), torch.randn(7)
    latents, gate = c.call(x, W_gate, b_gate, r_mag, b_mag, b_dec)
    c.close(gate, (x - b_dec) @ W_gate + b_gate, "the gate: centred input, weights, its own bias")
    _, widened = c.call(x, W_gate, b_gate, r_mag + 1, b_mag - 3, b_dec)
    c.close(widened, gate, "the magnitude's scale and bias do not move the gate")
    c.true((latents[gate <= 0] == 0).all(), "a closed gate lets nothing through")
    opened, _ = c.call(x, W_gate, b_gate + 100, r_mag, b_mag, b_dec)
    scaled = torch.relu(((x - b_dec) @ W_gate) * r_mag.exp() + b_mag)
    c.close(opened, scaled, "with all gates open the latents are the magnitudes")
    c.close(latents, opened * (gate > 0), "an open gate lets all of it through")

# %% [markdown]
# ### Exercise 11: gated_loss
#
# difficulty 4/5 · importance 3/5 · 12 min
#
# The threshold of the gate has no gradient, and the reconstruction alone would never teach it when
# to open. So the gate's own positive part is asked to reconstruct as well, through the decoder, as
# it is, **frozen**: the decoder must not bend to the gate. With $\pi^+ = \mathrm{ReLU}(\pi)$:
#
# $$\mathcal L = \frac1B \sum_b \Bigl( \bigl\lVert x_b - (f_b W_\text{dec} + b_\text{dec})
# \bigr\rVert^2 + \lambda \sum_i \pi^+_{b,i} + \bigl\lVert x_b - (\pi^+_b\, \bar W_\text{dec} + \bar
# b_\text{dec}) \bigr\rVert^2 \Bigr)$$
#
# where the bar means: no gradient. (The price has no norms in it: decoder rows are held at length 1
# by `train_sae`.)
#
# <details><summary>Hint 1: nudge</summary>
#
# Three terms. From which of them does the decoder learn? From which does the gate?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# All three terms are `[batch]` before the mean. `.detach()` makes a tensor without history.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# opened = the gates, negative numbers as 0
# error  = squared distance of x from the latents through the decoder
# price  = the sum of opened
# aux    = squared distance of x from opened through a frozen copy of the decoder
# return the mean over samples of error + l1 * price + aux
# ```
#
# </details>


# %% exercise="gated_loss"
def gated_loss(
    x: Float[Tensor, "batch d_in"],
    latents: Float[Tensor, "batch n_latents"],
    gate: Float[Tensor, "batch n_latents"],
    W_dec: Float[Tensor, "n_latents d_in"],
    b_dec: Float[Tensor, " d_in"],
    l1: float,
) -> Float[Tensor, ""]:
    """Return the error of the latents, the price on the gates, and the gates' own error."""
    ### BEGIN SOLUTION
    opened = gate.relu()
    error = (x - latents @ W_dec - b_dec).square().sum(dim=1)
    aux = (x - opened @ W_dec.detach() - b_dec.detach()).square().sum(dim=1)
    return (error + l1 * opened.sum(dim=1) + aux).mean()
    ### END SOLUTION


# %% check="gated_loss" points=3
with check(gated_loss) as c:
    x, latents, gate = torch.randn(6, 4), torch.rand(6, 9), torch.randn(6, 9)
    W_dec, b_dec = torch.randn(9, 4), torch.randn(4)
    mse = nn.functional.mse_loss
    error = mse(latents @ W_dec + b_dec, x, reduction="sum") / 6
    aux = mse(gate.clamp(min=0) @ W_dec + b_dec, x, reduction="sum") / 6
    loss = c.call(x, latents, gate, W_dec, b_dec, 0.0)
    c.close(loss, error + aux, "two errors: of the latents, and of the gates' positive part")
    loss = c.call(x, latents, gate, W_dec, b_dec, 0.7)
    price = gate.clamp(min=0).sum() / 6
    c.close(loss, error + aux + 0.7 * price, "and the price on the gates")
    leaves = [t.clone().requires_grad_(True) for t in (latents, gate, W_dec, b_dec)]
    gated_loss(x, *leaves, 0.7).backward()
    again = [t.clone().requires_grad_(True) for t in (latents, W_dec, b_dec)]
    (mse(again[0] @ again[1] + again[2], x, reduction="sum") / 6).backward()
    c.true(all(t.grad is not None for t in leaves), "latents, gate and decoder have gradients")
    for index, twin, name in ((0, 0, "latents"), (2, 1, "W_dec"), (3, 2, "b_dec")):
        same = torch.allclose(leaves[index].grad, again[twin].grad, atol=1e-4)
        c.true(same, f"{name}: the gradient of the first error alone")
    free, twin = latents.clone().requires_grad_(True), gate.clone().requires_grad_(True)
    taught = gate.clone().requires_grad_(True)
    gated_loss(x, free, taught, W_dec, b_dec, 0.0).backward()
    (mse(twin.clamp(min=0) @ W_dec + b_dec, x, reduction="sum") / 6).backward()
    learns = taught.grad is not None and torch.allclose(taught.grad, twin.grad, atol=1e-4)
    c.true(learns, "without a price the gates still learn: from their own error")

# %% [markdown]
# ### Exercise 12: jumprelu
#
# difficulty 4/5 · importance 4/5 · 20 min
#
# The same idea with one number less (Rajamanoharan and others, 2024b): each latent has a threshold
# $\theta_i > 0$ that is learned. Below it the latent is 0, above it the pre-activation comes
# through as it is:
#
# $$f_i = z_i\, [z_i > \theta_i]$$
#
# How can $\theta$ be learned? The output does not change when $\theta$ moves a little, unless a
# $z$ happens to lie at the jump. So pretend that the jump is spread over a **bandwidth**
# $\varepsilon$, in the backward pass alone (a *straight-through estimator*):
#
# $$\frac{\partial f_i}{\partial z_i} := [z_i > \theta_i], \qquad \frac{\partial f_i}{\partial
# \theta_i} := -\frac{\theta_i}{\varepsilon}\, \Bigl[ \bigl\lvert z_i - \theta_i \bigr\rvert <
# \frac{\varepsilon}{2} \Bigr]$$
#
# <details><summary>Hint 1: nudge</summary>
#
# torch's own gradient of $z\,[z > \theta]$ with respect to $z$ is right. Only that of $\theta$ has
# to be put in by hand.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# Either a `torch.autograd.Function` with a `backward`, or a term of value 0 that has the wanted
# gradient: `t - t.detach()` is 0 and has the gradient of `t`. The threshold `[n_latents]`
# broadcasts over the batch, and its gradient is a sum over it.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# out   = pre where it is above the threshold, else 0
# near  = 1 where pre is within half a bandwidth of the threshold, else 0
# slope = -(threshold / bandwidth) * near, cut off from its history
# add to out: slope times (threshold minus itself without history), which is 0
# ```
#
# </details>


# %% exercise="jumprelu"
def jumprelu(
    pre: Float[Tensor, "batch n_latents"], threshold: Float[Tensor, " n_latents"], bandwidth: float
) -> Float[Tensor, "batch n_latents"]:
    """Return pre where it is above the threshold; the threshold's gradient is straight-through."""
    ### BEGIN SOLUTION
    near = (pre - threshold).abs() < bandwidth / 2
    slope = (-threshold / bandwidth * near).detach()
    return pre * (pre > threshold) + slope * (threshold - threshold.detach())
    ### END SOLUTION


# %% check="jumprelu" points=3
with check(jumprelu) as c:
    threshold = torch.tensor([0.5, 1.0, 2.0])
    pre = torch.tensor([[0.55, 0.7, 3.0], [0.4, 1.5, -2.5], [-0.45, 1.02, 1.9]])
    latents = c.call(pre, threshold, 0.4)
    truth = torch.tensor([[0.55, 0.0, 3.0], [0.0, 1.5, 0.0], [0.0, 1.02, 0.0]])
    c.close(latents, truth, "what is above its threshold comes through as it is")
    c.true(c.call(pre, threshold, 4.0).equal(latents), "the bandwidth changes no value")
    z, theta = pre.clone().requires_grad_(True), threshold.clone().requires_grad_(True)
    upstream = torch.tensor([[1.0, 2, 4], [8, 16, 32], [64, 128, 256]])
    out = jumprelu(z, theta, 0.4)
    c.true(out.requires_grad, "there are gradients")
    (out * upstream).sum().backward()
    c.close(z.grad, upstream * (truth != 0), "pre's gradient is that of the latents that are there")
    c.true(theta.grad is not None, "the threshold has a gradient")
    by_hand = -threshold / 0.4 * torch.tensor([1.0 + 8, 128, 256])
    near = "the threshold's: - theta / bandwidth, from samples within half a bandwidth"
    c.close(theta.grad, by_hand, near)

# %% [markdown]
# ### Exercise 13: l0_penalty
#
# difficulty 3/5 · importance 4/5 · 7 min
#
# And now the price can be what one always meant: not the latents' sizes but their **number**. The
# count has no gradient either; the same trick gives it one. Only the threshold learns from it:
# nothing goes back to $z$.
#
# $$\mathcal L_0 = \frac1B \sum_b \sum_i [z_{b,i} > \theta_i], \qquad \frac{\partial [z_i >
# \theta_i]}{\partial \theta_i} := -\frac{1}{\varepsilon}\, \Bigl[ \lvert z_i - \theta_i \rvert <
# \frac{\varepsilon}{2} \Bigr], \qquad \frac{\partial [z_i > \theta_i]}{\partial z_i} := 0$$
#
# <details><summary>Hint 1: nudge</summary>
#
# It is exercise 12 with another slope, and without a way back to the pre-activations.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# The indicator is `[batch, n_latents]`: a sum over latents, a mean over the batch, a single number.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# count = 1 where pre is above the threshold, as floating point numbers
# slope = -1 / bandwidth where pre is near the threshold, without history
# count plus slope times (threshold minus itself without history)
# sum over latents, mean over samples
# ```
#
# </details>


# %% exercise="l0_penalty"
def l0_penalty(
    pre: Float[Tensor, "batch n_latents"], threshold: Float[Tensor, " n_latents"], bandwidth: float
) -> Float[Tensor, ""]:
    """Return the mean number of latents above their threshold, with a gradient for the latter."""
    ### BEGIN SOLUTION
    near = (pre - threshold).abs() < bandwidth / 2
    count = (pre > threshold).to(pre.dtype).detach()
    count = count - near.detach() / bandwidth * (threshold - threshold.detach())
    return count.sum(dim=1).mean()
    ### END SOLUTION


# %% check="l0_penalty" points=2
with check(l0_penalty) as c:
    threshold = torch.tensor([0.5, 1.0, 2.0])
    pre = torch.tensor([[0.55, 0.7, 3.0], [0.4, 1.5, -2.5], [-0.45, 1.02, 1.9], [0.6, 0.99, 0.0]])
    c.close(c.call(pre, threshold, 0.4), 5 / 4, "the number of active latents in a sample")
    z, theta = pre.clone().requires_grad_(True), threshold.clone().requires_grad_(True)
    penalty = l0_penalty(z, theta, 0.4)
    c.true(penalty.requires_grad, "it has a gradient")
    penalty.backward()
    by_hand = torch.tensor([3.0, 2, 1]) / -0.4 / 4
    c.close(theta.grad, by_hand, "the threshold's: - 1 / bandwidth from samples near it, a mean")
    c.true(z.grad is None or (z.grad == 0).all(), "nothing goes back to pre")

# %% [markdown]
# ### Exercise 14: matryoshka_loss
#
# difficulty 3/5 · importance 4/5 · 8 min
#
# In a large dictionary a general feature (*an animal*) tends to be eaten by its special cases (*a
# cat*, *a dog*): that is absorption, and part II shows it. Matryoshka dictionaries (Bussmann and
# others, 2025) work against it by asking the **first** $m$ latents, for several $m$, to reconstruct
# *by themselves*. There is one dictionary, and its prefixes are nested: the small one is the front
# of the large one, not a second set of latents.
#
# $$\mathcal L = \frac{1}{|M|} \sum_{m \in M} \frac1B \sum_b \Bigl\lVert x_b - \sum_{i \le m}
# f_{b,i}\, W_{\text{dec},i} - b_\text{dec} \Bigr\rVert^2$$
#
# `prefixes` is the list $M$ of sizes, in any order; the full size counts only when it is in the
# list.
#
# <details><summary>Hint 1: nudge</summary>
#
# Each term starts from $b_\text{dec}$ and knows nothing of the other terms.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `latents[:, :m]` is `[batch, m]`, `W_dec[:m]` is `[m, d_in]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# for each size in the list:
#     reconstruct with the first so many latents and the decoder's bias
#     error = squared distance, summed over dimensions, a mean over samples
# return the mean of these errors
# ```
#
# </details>


# %% exercise="matryoshka_loss"
def matryoshka_loss(
    x: Float[Tensor, "batch d_in"],
    latents: Float[Tensor, "batch n_latents"],
    W_dec: Float[Tensor, "n_latents d_in"],
    b_dec: Float[Tensor, " d_in"],
    prefixes: Sequence[int],
) -> Float[Tensor, ""]:
    """Return the mean, over nested prefixes of one dictionary, of their squared errors."""
    ### BEGIN SOLUTION
    errors = [
        (x - latents[:, :size] @ W_dec[:size] - b_dec).square().sum(dim=1).mean()
        for size in prefixes
    ]
    return torch.stack(errors).mean()
    ### END SOLUTION


# %% check="matryoshka_loss" points=2
with check(matryoshka_loss) as c:
    x, latents = torch.randn(6, 4), torch.rand(6, 9)
    W_dec, b_dec = torch.randn(9, 4), torch.randn(4)
    full = nn.functional.mse_loss(latents @ W_dec + b_dec, x, reduction="sum") / 6
    c.close(c.call(x, latents, W_dec, b_dec, [9]), full, "the whole dictionary alone: the old loss")
    front = c.call(x, latents, W_dec, b_dec, [3])
    other = torch.cat([latents[:, :3], torch.rand(6, 6)], dim=1)
    c.close(c.call(x, other, W_dec, b_dec, [3]), front, "a prefix of 3 sees the first 3 latents")
    c.true(c.call(x, latents[:, [3, 1, 2, 0, *range(4, 9)]], W_dec, b_dec, [3]) != front, "all 3")
    both = c.call(x, latents, W_dec, b_dec, [9, 3])
    c.close(both, (front + full) / 2, "several prefixes: the mean of their errors")
    asked = latents.clone().requires_grad_(True)
    loss = matryoshka_loss(x, asked, W_dec, b_dec, [9, 3])
    c.true(loss.requires_grad, "the latents get a gradient")
    loss.backward()
    misses = [latents[:, :m] @ W_dec[:m] + b_dec - x for m in (9, 3)]
    slope = sum(miss @ W_dec[:3].mT for miss in misses) / 6
    c.close(asked.grad[:, :3], slope, "the first latents learn from both prefixes", atol=1e-4)

# %% [markdown]
# ### Five recipes, one truth
#
# All recipes now, from the same start, on the same 1,500 batches. The JumpReLU dictionary learns
# $\ln \theta$, so that its thresholds stay positive; the Matryoshka dictionary is a TopK one with
# another error.
#
# **Predict.** TopK, with $k = 3$, and L1 at its best price: which finds more features? Which gives
# the sizes more truly? And which of all five has the lowest FVU? (L1 has several times as many
# latents to reconstruct with.)
#
# A recipe whose exercises you have not written is left out, and the cell says which they are. (TopK
# trains without the auxiliary loss then, and its figures differ a little.)

# %%
my_recipe_with_the_truest_sizes = None
my_recipe_with_the_lowest_fvu = None


# %%
def gated_objective(
    weights: dict[str, Tensor], x: Float[Tensor, "batch d_in"], l1: float = 0.8
) -> Float[Tensor, ""]:
    """Return the loss of exercises 10 and 11 on a batch."""
    encoder = {name: weights[name] for name in ("W_gate", "b_gate", "r_mag", "b_mag", "b_dec")}
    latents, gate = gated(x, **encoder)
    return gated_loss(x, latents, gate, weights["W_dec"], weights["b_dec"], l1)


def jumprelu_objective(
    weights: dict[str, Tensor],
    x: Float[Tensor, "batch d_in"],
    l0: float = 0.1,
    bandwidth: float = 0.2,
) -> Float[Tensor, ""]:
    """Return squared error plus l0 times the number of active latents."""
    pre, threshold = encode(weights, x), weights["log_threshold"].exp()
    x_hat = jumprelu(pre, threshold, bandwidth) @ weights["W_dec"] + weights["b_dec"]
    missed = x - x_hat
    return missed.square().sum(dim=1).mean() + l0 * l0_penalty(pre, threshold, bandwidth)


class MatryoshkaObjective(TopKObjective):
    """The loss of a TopK dictionary whose first 32, 64 and 128 latents all reconstruct."""

    def error(self, x: Tensor, latents: Tensor, weights: dict[str, Tensor]) -> Tensor:
        return matryoshka_loss(x, latents, weights["W_dec"], weights["b_dec"], (32, 64, 128))


def gated_latents(weights: dict[str, Tensor], x: Tensor) -> Tensor:
    """The latents of a gated dictionary."""
    encoder = {name: weights[name] for name in ("W_gate", "b_gate", "r_mag", "b_mag", "b_dec")}
    return gated(x, **encoder)[0]


def jumprelu_latents(weights: dict[str, Tensor], x: Tensor) -> Tensor:
    """The latents of a JumpReLU dictionary."""
    return jumprelu(encode(weights, x), weights["log_threshold"].exp(), 0.2)


# %%
gated_start = {
    "W_gate": fresh["W_enc"], "b_gate": fresh["b_enc"], "W_dec": fresh["W_dec"],
    "b_dec": fresh["b_dec"], "r_mag": torch.zeros(128), "b_mag": torch.zeros(128),
}  # fmt: skip
jumprelu_start = fresh | {"log_threshold": torch.full((128,), 0.1).log()}
aux_share = 0.0 if helpers.missing(aux_k) else 1 / 8
of_topk, of_matryoshka = (
    kind(128, k=3, share=aux_share) for kind in (TopKObjective, MatryoshkaObjective)
)
recipes = {
    "Gated": (gated_start, gated_objective, gated_latents, (gated, gated_loss)),
    "TopK": (fresh, of_topk, topk_latents, (topk,)),
    "JumpReLU": (jumprelu_start, jumprelu_objective, jumprelu_latents, (jumprelu, l0_penalty)),
    "Matryoshka": (fresh, of_matryoshka, topk_latents, (topk, matryoshka_loss)),
}
compared = {"L1": l1_score}
for name, (start, objective, latents_of, needed) in recipes.items():
    if still := helpers.missing(*needed):
        print(f"{name:10}  is left out: it needs {' and '.join(still)}")
        continue
    dictionaries[name], _ = train_sae(start, batches, objective)
    compared[name] = helpers.judge(toy, dictionaries[name], latents_of)
for name, score in compared.items():
    l0, fvu = metrics(score.x, score.x_hat, score.latents)
    print(f"{name:10}  L0 {l0:5.2f}   FVU {fvu:.3f}   {score.line()}")
sizes = {name: round(score.size.mean().item(), 2) for name, score in compared.items()}
errors = {name: round(metrics(s.x, s.x_hat, s.latents)[1], 3) for name, s in compared.items()}
helpers.versus(my_recipe_with_the_truest_sizes, sizes, "Share of the size recovered")
helpers.versus(my_recipe_with_the_lowest_fvu, errors, "FVU")

# %% [markdown]
# **How many latents per sample?** A TopK dictionary has to be told. **Predict.** The truth has 2.8
# features in a sample. What becomes of the FVU, and of the number of features found, as $k$ goes
# from 1 to 12?

# %%
my_best_k_by_fvu = None
my_best_k_by_features_found = None

# %%
many = {
    k: train_sae(fresh, batches, TopKObjective(128, k=k, share=aux_share))[0]
    for k in (1, 2, 3, 5, 8, 12)
}
sweep = {k: helpers.judge(toy, many[k], partial(topk_latents, k=k)) for k in many}
fvu = {k: metrics(score.x, score.x_hat, score.latents)[1] for k, score in sweep.items()}
helpers.versus(my_best_k_by_fvu, min(fvu, key=fvu.get), "The best k by FVU")
most = max(sweep, key=lambda k: sweep[k].cosines.mean())
helpers.versus(my_best_k_by_features_found, most, "The best k by cosine to the truth")
shown = [name for name in ("L1", "TopK", "JumpReLU") if name in compared]
figures.comparison({name: compared[name] for name in shown}, sweep, fvu)

# %% [markdown]
# The L1 dictionary finds every direction, and its nearest latents write less than half of the sizes
# (about two thirds are in its whole reconstruction: see after exercise 6). TopK finds nearly every
# direction, at nearly the right size, with 3 latents per sample where L1 has 7.5. In the sizes the
# others lie between. In the directions they do not: all three find fewer than either. And the FVU
# has an order of its own: Gated has the lowest, then JumpReLU, although these two find the fewest
# directions. (None of them is the best recipe for good: their prices were chosen in a minute, and
# other data would order them differently.) And look at the sweep: the FVU falls and
# falls as $k$ grows, while the cosines to the truth are best where $k$ is near the number of
# features that are really there. **A dictionary with a better reconstruction is not a truer
# dictionary.** In a real model nobody can draw the second curve; keep it in mind when somebody
# shows you the first.

# %% [markdown] question="spot_the_bug" points=2
# ### Question A: spot the bug
#
# This objective trains without an error. Its reconstruction is good and its loss falls as it
# should. But when it has finished (the cell below the question runs it), hardly any planted feature
# is found, far too many latents are active in a sample, and the decoder's rows have become long.
#
# ```python
# def objective(weights, x):
#     latents, x_hat = sae_forward(x, **weights)
#     return ((x_hat - x) ** 2).sum(-1).mean() + 0.2 * latents.sum(-1).mean()
#
# for x in batches:
#     loss = objective(weights, x)
#     optimizer.zero_grad()
#     loss.backward()
#     optimizer.step()
# ```
#
# (1) Where is the mistake, and why does the loss not show it? (2) Write down a property of the
# loss, testable in a line and without training, that this one lacks. (3) Name two different
# repairs.
#
# ### BEGIN SOLUTION
# **Model answer.** (1) The price is on the latents alone, and nothing holds the decoder's rows: the
# optimiser makes rows long and latents small, so that the same writing costs less and less. The
# loss counts what it is told to count, and that does fall; the sparsity that was wanted is no
# longer paid for. (2) Invariance: dividing latents (encoder and its bias) by c and multiplying
# decoder rows by c leaves the reconstruction as it is, so it must leave the loss as it is. (3)
# Weigh each latent with the length of its decoder row in the price; or hold the rows at length 1
# (projecting the gradient and normalising after each step).
#
# **Rubric.** Half a point for the long rows and small latents; half a point for why the loss hides
# it; half a point for the invariance, or another one-line test that fails; half a point for two
# repairs.
# ### END SOLUTION

# %%
cheater = {name: value.clone().requires_grad_(True) for name, value in fresh.items()}
adam = torch.optim.Adam(cheater.values(), lr=5e-3)
for some_x in tqdm(batches, desc="the cheat", mininterval=0.5, leave=False):
    some_latents, guess = sae_forward(some_x, **cheater)
    wrong = (some_x - guess).square().sum(dim=1) + 0.2 * some_latents.sum(dim=1)
    adam.zero_grad()
    wrong.mean().backward()
    adam.step()
cheated = helpers.judge(toy, {n: value.detach() for n, value in cheater.items()}, relu_latents)
l0, fvu = metrics(cheated.x, cheated.x_hat, cheated.latents)
print(f"L0 {l0:.1f}   FVU {fvu:.3f}   {cheated.line()}")
print(f"mean length of a decoder row: {cheater['W_dec'].norm(dim=1).mean():.1f}, at first 1.0")

# %% [markdown] question="which_dictionary" points=2
# ### Question B: which dictionary do you trust?
#
# You train two dictionaries on the same layer of a language model. One has L0 60 and FVU 0.08, the
# other L0 20 and FVU 0.20. A colleague says that the first is better, as its reconstruction is. (1)
# What did the figure above show that speaks against the argument? (2) In a real model there is no
# truth to compare with. Name two measurements, besides L0 and FVU, that would help you to choose,
# and say what each of them cannot see.
#
# ### BEGIN SOLUTION
# **Model answer.** (1) On planted data the FVU falls all the way as k grows, while the cosines to
# the true directions rise only up to the true number of features and fall after it: more latents
# per sample always reconstruct better, by mixing features. So the two dictionaries stand at
# different points of a trade-off and cannot be compared by FVU alone. (2) For example: loss
# recovered (does the model still work on the reconstruction? It cannot see whether the latents mean
# anything); autointerp score (does an explanation predict where a latent fires? It cannot see
# whether the model uses it, and favours latents that are easy to put in words); probes or known
# features found by single latents, or absorption (only for the features one thought of); effects of
# clamping (cannot see latents that work together); agreement of dictionaries from two seeds
# (stability is not truth).
#
# **Rubric.** 1 point for the trade-off with the evidence of the sweep. Half a point for each
# measurement that comes with what it cannot see.
# ### END SOLUTION

# %% [markdown]
# ### A dictionary is a file
#
# SAELens is the library in which most published dictionaries can be had. Its format is a folder of
# two files: `cfg.json` says what kind it is, `sae_weights.safetensors` holds tensors with the names
# that you have used all along. `helpers.save` writes yours; SAELens reads it, and its encoder says
# what yours says. (The import takes some seconds.)

# %%
folder = helpers.save(dictionaries["TopK"], helpers.OUT / "my_topk", "topk", k=3)
print("in", folder.name + ":", ", ".join(sorted(path.name for path in folder.iterdir())))
loaded = helpers.load_with_sae_lens(folder)
probe = toy.sample(5, seed=77)[0]
with torch.no_grad():
    gap = (loaded.encode(probe) - topk_latents(dictionaries["TopK"], probe)).abs().max()
print(f"{type(loaded).__name__} of {loaded.cfg.d_sae} latents; largest difference {gap:.0e}")

# %% [markdown]
# ### Exercise 15: transcoder_loss
#
# difficulty 3/5 · importance 3/5 · 8 min
#
# An autoencoder describes what is *there*. A **transcoder** (Dunefsky, Chlenski and Nanda, 2024)
# describes what a layer *does*: it reads an MLP's input $x$ and has to give the MLP's output $y$,
# through sparse latents. It stands in for the MLP, and its latents connect input directions with
# output directions.
#
# $$f = \mathrm{ReLU}(x W_\text{enc} + b_\text{enc}), \quad \hat y = f W_\text{dec} + b_\text{dec},
# \qquad \mathcal L = \frac1B \sum_b \Bigl( \lVert y_b - \hat y_b \rVert^2 + \lambda \sum_i f_{b,i}
# \lVert W_{\text{dec},i} \rVert \Bigr)$$
#
# Note what has become of $b_\text{dec}$: it lives where $y$ lives, so there is nothing that it
# could be taken off from at the input. Input and output may have different sizes.
#
# <details><summary>Hint 1: nudge</summary>
#
# Exercises 1 and 2, with two changes. Where did exercise 1 use $b_\text{dec}$, and what was the
# target of exercise 2?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `x` `[batch, d_in]`, `W_enc` `[d_in, n_latents]`, `W_dec` `[n_latents, d_out]`, `b_dec` `[d_out]`,
# `y` `[batch, d_out]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# latents = the input through encoder and bias, negative numbers as 0
# out     = the latents through the decoder, plus its bias
# return the mean over samples of: squared distance from y to out, plus l1 times the written sizes
# ```
#
# </details>


# %% exercise="transcoder_loss"
def transcoder_loss(
    x: Float[Tensor, "batch d_in"],
    y: Float[Tensor, "batch d_out"],
    W_enc: Float[Tensor, "d_in n_latents"],
    b_enc: Float[Tensor, " n_latents"],
    W_dec: Float[Tensor, "n_latents d_out"],
    b_dec: Float[Tensor, " d_out"],
    l1: float,
) -> Float[Tensor, ""]:
    """Return how badly a transcoder predicts y from x, plus its price."""
    ### BEGIN SOLUTION
    active = torch.relu(x @ W_enc + b_enc)
    miss = (y - (active @ W_dec + b_dec)).square().sum(dim=1)
    return (miss + l1 * (active @ W_dec.norm(dim=1))).mean()
    ### END SOLUTION


# %% check="transcoder_loss" points=2
with check(transcoder_loss) as c:
    mlp = nn.Sequential(nn.Linear(4, 7), nn.ReLU(), nn.Linear(7, 6)).requires_grad_(False)
    own = [mlp[0].weight.mT, mlp[0].bias, mlp[2].weight.mT, mlp[2].bias]
    x = torch.randn(20, 4)
    y = mlp(x)
    c.close(c.call(x, y, *own, 0.0), 0.0, "an MLP's own weights predict it exactly", atol=1e-6)
    other = y + torch.randn(20, 6)
    miss = nn.functional.mse_loss(other, y, reduction="sum") / 20
    loss = c.call(x, other, *own, 0.0)
    c.close(loss, miss, "squared error, summed over d_out, a mean over samples")
    price = c.call(x, other, *own, 0.5) - miss
    written = (mlp[1](mlp[0](x))[:, :, None] * own[2]).norm(dim=2).sum() / 20
    c.close(price, 0.5 * written, "and the price on what the latents write", atol=1e-4)
    W_enc = own[0].clone().requires_grad_(True)
    transcoder_loss(x, y, W_enc, *own[1:], 0.5).backward()  # no error here: the price alone
    c.true(W_enc.grad is not None and W_enc.grad.abs().max() > 0.01, "the encoder feels the price")

# %% [markdown]
# ### An MLP, taken apart
#
# A planted MLP: 20 neurons, each of which reads a direction of its own, and writes one. Sixteen
# numbers go in, 12 come out. A transcoder with 40 latents sees inputs and outputs only.
#
# **Predict.** Your `train_sae` has an objective that wants a single tensor `x`: it gets inputs and
# outputs side by side. How many of the 20 neurons' **output** directions will some decoder row have
# (cosine above 0.95)? And do the encoder columns agree with what the neurons read?

# %%
my_neurons_found = None

# %%
planted_mlp = helpers.sparse_mlp(seed=0)
mlp_batches = planted_mlp.sample(1500 * 256, seed=1).split(256)
transcoder_start = helpers.new_dictionary(16, 40, seed=2, d_out=12)


def transcoder_objective(weights: dict[str, Tensor], x: Tensor, l1: float = 0.1) -> Tensor:
    """Return the loss of exercise 15 where the first 16 columns are inputs, the rest outputs."""
    return transcoder_loss(x[:, :16], x[:, 16:], **weights, l1=l1)


transcoder, _ = train_sae(transcoder_start, mlp_batches, transcoder_objective)
out_cosines, latent = helpers.best_cosines(planted_mlp.writes, transcoder["W_dec"])
columns = nn.functional.normalize(transcoder["W_enc"].mT[latent], dim=1)
in_cosines = (columns * planted_mlp.reads).sum(dim=1)
helpers.versus(my_neurons_found, int((out_cosines > 0.95).sum()), "Neurons found, of 20")
print(f"mean cosine of what is written {out_cosines.mean():.3f}, of what is read", end=" ")
print(f"{in_cosines.mean():.3f}")

# %% [markdown]
# ### Exercise 16: loss_recovered
#
# difficulty 3/5 · importance 5/5 · 20 min
#
# In a real model the question is not how close $\hat x$ is to $x$ but whether the model can go on
# with it. Run the model three times and take the mean cross-entropy of the next token: as it is
# ($L$), with the activations at a hook replaced by their reconstructions ($L_\text{sae}$), and with
# all of them replaced by **their mean over all prompts and positions** ($L_\text{mean}$), which is
# what a dictionary with no latents would do:
#
# $$\text{loss recovered} = \frac{L_\text{mean} - L_\text{sae}}{L_\text{mean} - L}$$
#
# 1: nothing is lost. 0: no better than the mean. (Many papers replace by zeros instead of the mean.
# It gives higher figures, because zeros are worse than the mean. Compare only like with like.)
#
# `reconstruct` takes activations `[batch, pos, d]` and returns as many.
# `helpers.next_token_loss(logits, tokens)` is the mean cross-entropy.
#
# <details><summary>Hint 1: nudge</summary>
#
# A hook that returns a tensor replaces the activation by it. The mean must be that of the clean
# activations.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `model.run_with_hooks(tokens, fwd_hooks=[(hook_name, function)])` gives logits; the function is
# called as `function(x, hook=...)` with `x` `[batch, pos, d]`. The mean is `[d]`, expanded to the
# shape of `x`. `run_with_hooks` takes its hooks off again.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# a function: the loss of the model when a given function replaces the activation
# as it is = the loss with the identity
# spliced  = the loss with reconstruct
# base     = the loss with: mean over batch and positions, at every place
# return the share of the way from base to as-it-is
# ```
#
# </details>


# %% exercise="loss_recovered"
def loss_recovered(
    model: TransformerBridge,
    tokens: Int[Tensor, "batch pos"],
    hook_name: str,
    reconstruct: Callable[[Tensor], Tensor],
) -> float:
    """Return how much of the loss a reconstruction keeps, between mean ablation (0) and all (1)."""

    ### BEGIN SOLUTION
    def loss_with(replace: Callable[[Tensor], Tensor]) -> Tensor:
        hooks = [(hook_name, lambda x, hook: replace(x))]
        with torch.no_grad():
            logits = model.run_with_hooks(tokens, fwd_hooks=hooks)
        return helpers.next_token_loss(logits, tokens)

    clean = loss_with(lambda x: x)
    base = loss_with(lambda x: x.mean(dim=(0, 1)).expand_as(x))
    spliced = loss_with(reconstruct)
    return ((base - spliced) / (base - clean)).item()
    ### END SOLUTION


# %% check="loss_recovered" points=3
with check(loss_recovered) as c:
    tiny = models.random(seed=5, n_layers=2)
    tokens = torch.randint(37, (4, 12))
    place = "blocks.0.hook_resid_post"
    c.close(c.call(tiny, tokens, place, lambda x: x), 1.0, "a perfect reconstruction keeps all")
    flat = c.call(tiny, tokens, place, lambda x: x.mean(dim=(0, 1)).expand_as(x))
    c.close(flat, 0.0, "the mean over prompts and positions keeps nothing", atol=1e-4)
    turn = torch.linalg.qr(torch.randn(24, 24))[0]
    with torch.no_grad():
        x = tiny.run_with_cache(tokens)[1][place]

        def loss_at(value):
            logits = tiny.run_with_hooks(tokens, fwd_hooks=[(place, lambda x, hook: value)])
            return nn.functional.cross_entropy(logits[:, :-1].mT, tokens[:, 1:])

        base = loss_at(x.mean(dim=(0, 1)).expand_as(x))
        truth = (base - loss_at(x @ turn)) / (base - loss_at(x))
    c.close(c.call(tiny, tokens, place, lambda x: x @ turn), truth, "the share in between")
    c.close(c.call(tiny, tokens, place, lambda x: x), 1.0, "and the model is as it was")

# %% [markdown]
# ### What does an error of 10% cost?
#
# Before you hold a dictionary's figures in your hands, calibrate them. Put pure noise on the stream
# of `smollm2` where the dictionary of part II reads it, at `dictionary.HOOK`: in each position a
# random direction, with a length such that the FVU of that position is 1%, 5%, 10% or 30%.
# (Position 0 of a text has an activation far larger than all others, and no noise is put on it.)
#
# **Predict.** How much of the loss is recovered under noise with an FVU of 10%?

# %%
my_loss_recovered_under_noise = None

# %%
smollm2 = models.load("smollm2")
story = data.token_rows(smollm2, data.VALID_SENTENCES, length=64)


def noisy(x: Float[Tensor, "batch pos d"], fvu: float) -> Float[Tensor, "batch pos d"]:
    """Add noise whose length is a share of each position's distance from the mean of the others."""
    draw = torch.Generator().manual_seed(0)
    noise = nn.functional.normalize(torch.randn(x.shape, generator=draw), dim=-1)
    away = (x - x[:, 1:].mean(dim=(0, 1))).norm(dim=-1, keepdim=True)
    away[:, 0] = 0
    return x + fvu**0.5 * away * noise


noise_levels = (0.01, 0.05, 0.1, 0.3)
recovered = {
    fvu: loss_recovered(smollm2, story, dictionary.HOOK, partial(noisy, fvu=fvu))
    for fvu in noise_levels
}
helpers.versus(my_loss_recovered_under_noise, round(recovered[0.1], 3), "Loss recovered at 10%")
print("   ".join(f"FVU {fvu:.2f}: {share:.3f}" for fvu, share in recovered.items()))

# %% [markdown]
# Noise is cheap. Now hold the course's own dictionary, the one of part II, against it, on the same
# text and at the same hook. `spliced` puts its reconstruction there, and keeps position 0 as it is,
# since the dictionary was not made for it.
#
# **Predict.** Does the dictionary recover more of the loss than noise of the same FVU, or less?

# %%
my_loss_recovered_by_the_dictionary = None

# %%
parts = dictionary.weights()


def spliced(x: Float[Tensor, "batch pos d"]) -> Float[Tensor, "batch pos d"]:
    """Return the shipped dictionary's reconstruction; position 0 stays."""
    x_hat = dictionary.encode(x) @ parts["W_dec"] + parts["b_dec"]
    return torch.cat([x[:, :1], x_hat[:, 1:]], dim=1)


with torch.no_grad():
    _, held = smollm2.run_with_cache(story, names_filter=dictionary.HOOK)
x = held[dictionary.HOOK][:, 1:].flatten(0, 1)
x_hat = spliced(held[dictionary.HOOK])[:, 1:].flatten(0, 1)
_, fvu = metrics(x, x_hat, x_hat)  # its L0 is of no interest here
by_dictionary = loss_recovered(smollm2, story, dictionary.HOOK, spliced)
by_noise = loss_recovered(smollm2, story, dictionary.HOOK, partial(noisy, fvu=fvu))
helpers.versus(
    my_loss_recovered_by_the_dictionary, round(by_dictionary, 3), "Loss recovered by the dictionary"
)
print(f"its FVU is {fvu:.2f}; noise of that FVU recovers {by_noise:.3f}")

# %% [markdown]
# The dictionary loses about twice as much as noise of the same size: its errors lie in directions
# that the model uses. Gurnee (2024) found just that in GPT-2, and called the errors of dictionaries
# pathological. (These are three short texts: take the direction of the difference from them, not
# its third digit.)

# %% [markdown]
# ### Dictionaries of attention
#
# Where should a dictionary be put? After an attention layer's heads, before $W_O$, their outputs
# $z$ lie side by side: `[head * d_head]` numbers, head 0 first. A dictionary trained *there*
# (Kissane and others, 2024) has latents of which one can ask something that a dictionary of the
# stream cannot be asked: **which head made this?**

# %% [markdown]
# ### Exercise 17: head_attribution
#
# difficulty 3/5 · importance 3/5 · 10 min
#
# Before its ReLU a latent is linear in $z$, so its pre-activation is a sum over heads. Give each
# head's share, for each sample and latent: `z` is `[batch, head, d_head]`, and `W_enc` and `b_dec`
# are those of a dictionary of the concatenated heads, `[head * d_head, n_latents]` and
# `[head * d_head]`.
#
# $$\mathrm{share}_{b,h,i} = (z_{b,h} - b_{\text{dec},h})\, W_{\text{enc},h,i}, \qquad \sum_h
# \mathrm{share}_{b,h,i} + b_{\text{enc},i} = \text{pre-activation}_{b,i}$$
#
# where index $h$ picks the block of `d_head` entries that belongs to head $h$.
#
# <details><summary>Hint 1: nudge</summary>
#
# Cut the encoder and the bias into blocks just as the concatenation put them together.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `W_enc.unflatten(0, (n_heads, d_head))` is `[head, d_head, n_latents]`; `b_dec` likewise. The
# result is `[batch, head, n_latents]`: `d_head` is summed over, the head is not.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# blocks of the encoder by head, blocks of the decoder's bias by head
# centred = z without its block of the bias
# for each sample, head and latent: the product of centred and block, summed over d_head
# ```
#
# </details>


# %% exercise="head_attribution"
def head_attribution(
    z: Float[Tensor, "batch head d_head"],
    W_enc: Float[Tensor, "head_d_head n_latents"],
    b_dec: Float[Tensor, " head_d_head"],
) -> Float[Tensor, "batch head n_latents"]:
    """Return what each head adds to each latent's pre-activation."""
    ### BEGIN SOLUTION
    blocks = W_enc.unflatten(0, z.shape[1:])
    centred = z - b_dec.unflatten(0, z.shape[1:])
    return einsum(centred, blocks, "b head d_head, head d_head latent -> b head latent")
    ### END SOLUTION


# %% check="head_attribution" points=2
with check(head_attribution) as c:
    z, W_enc, b_dec = torch.randn(5, 3, 4), torch.randn(12, 7), torch.randn(12)
    shares = c.call(z, W_enc, b_dec)
    c.true(shares.shape == (5, 3, 7), "a share for each sample, head and latent")
    pre = (z.flatten(1) - b_dec) @ W_enc
    c.close(shares.sum(dim=1), pre, "together the heads make the pre-activation", atol=1e-4)
    silent = z.clone()
    silent[:, 1] = b_dec[4:8]
    alone = c.call(silent, W_enc, b_dec)
    c.close(alone[:, 1], torch.zeros(5, 7), "a head at its own bias has no share", atol=1e-5)
    c.close(alone[:, [0, 2]], shares[:, [0, 2]], "and the others' shares stay", atol=1e-5)

# %% [markdown]
# ### Exercise 18: latent_writes
#
# difficulty 3/5 · importance 3/5 · 8 min
#
# And on the other side: a latent's decoder row says what it stands for in $z$; $W_O$ `[head,
# d_head, d_model]` says what becomes of that in the stream. Give, for each latent, what each head's
# part of its row writes:
#
# $$\mathrm{write}_{i,h} = W_{\text{dec},i,h}\, W_O^{h} \in \mathbb R^{d_\text{model}}, \qquad
# \sum_h \mathrm{write}_{i,h} = \text{what one unit of latent}\ i\ \text{adds to the stream}$$
#
# Through the unembedding this becomes **direct attribution**: which tokens the latent speaks for.
#
# <details><summary>Hint 1: nudge</summary>
#
# No bias, and no activation: this is about the dictionary and the weights alone.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `W_dec` is `[n_latents, head * d_head]`: unflatten its last axis. The result is
# `[n_latents, head, d_model]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# rows, cut into heads
# for each latent and head: its block times that head's output matrix
# ```
#
# </details>


# %% exercise="latent_writes"
def latent_writes(
    W_dec: Float[Tensor, "n_latents head_d_head"], W_O: Float[Tensor, "head d_head d_model"]
) -> Float[Tensor, "n_latents head d_model"]:
    """Return what one unit of each latent writes into the stream, through each head."""
    ### BEGIN SOLUTION
    rows = W_dec.unflatten(1, W_O.shape[:2])
    return einsum(rows, W_O, "latent head d_head, head d_head d_model -> latent head d_model")
    ### END SOLUTION


# %% check="latent_writes" points=2
with check(latent_writes) as c:
    W_dec, W_O = torch.randn(7, 12), torch.randn(3, 4, 5)
    writes = c.call(W_dec, W_O)
    c.true(writes.shape == (7, 3, 5), "a vector for each latent and head")
    whole = W_dec @ torch.cat([W_O[0], W_O[1], W_O[2]])
    c.close(writes.sum(dim=1), whole, "together: the row through all heads", atol=1e-4)
    only = W_O * torch.tensor([0.0, 1, 0])[:, None, None]
    c.close(c.call(W_dec, only)[:, 1], writes[:, 1], "a head's part needs its own W_O alone")
    c.close(c.call(W_dec, only)[:, 0], torch.zeros(7, 5), "and is 0 where that is 0")

# %% [markdown]
# ### Which head wrote the feature?
#
# Lab 03's planted model: three layers of four heads, one of which copies the token that came after
# an earlier occurrence (the induction head). Train a TopK dictionary on the concatenated heads of
# its layer, and ask your two functions about the latents.
#
# **Predict.** The other three heads of the layer look somewhere and write something that nobody
# reads. Of the 96 latents, how many are made mostly by the induction head? And what will be special
# about what *they* write, seen through the unembedding?

# %%
my_latents_of_the_induction_head = None

# %%
circuit = models.planted("induction", seed=8)
layer, induction_head = circuit.truth["induction"]
draw = torch.Generator().manual_seed(0)
prompts = torch.randint(1, 25, (2000, 16), generator=draw)
prompts[:, 0] = 0
with torch.no_grad():
    _, cache = circuit.model.run_with_cache(prompts, names_filter=f"blocks.{layer}.attn.hook_z")
z = cache[f"blocks.{layer}.attn.hook_z"][:, 2:].flatten(0, 1)  # [positions, head, d_head]
z = z / z.norm(dim=-1).mean()
shuffled = [z[torch.randperm(len(z), generator=draw)].flatten(1) for _ in range(8)]
attention_start = helpers.new_dictionary(z[0].numel(), 96, seed=3)
attention, _ = train_sae(
    attention_start, torch.cat(shuffled).split(256), TopKObjective(96, k=4), lr=2e-3
)

# %%
active = topk_latents(attention, z.flatten(1), k=4) > 0
shares = head_attribution(z, attention["W_enc"], attention["b_dec"])
by_head = (shares * active[:, None]).sum(dim=0) / active.sum(dim=0).clamp(min=1)
fires = active.any(dim=0)
maker = by_head.argmax(dim=0)
writes = latent_writes(attention["W_dec"], circuit.model.blocks[layer].attn.W_O.detach())
own = writes[torch.arange(96), maker]  # what the head that makes a latent writes for it
counts = [int((maker[fires] == head).sum()) for head in range(4)]
helpers.versus(my_latents_of_the_induction_head, counts[induction_head], "Latents it makes")
print(f"latents that fire, by the head that makes most of them: {counts}")
print(f"the planted induction head is head {induction_head} of layer {layer}")
reach = (own @ circuit.model.W_U.detach()).abs().amax(dim=1)
for head in range(4):
    those = fires & (maker == head)
    print(f"head {head}: its part of its latents changes a logit by", end=" ")
    print(f"{reach[those].mean():.3f}, in the mean over {int(those.sum())} latents")
order = torch.argsort(maker[fires], stable=True)
plots.heatmap(
    by_head[:, fires][:, order],
    xlabel="latent that fires, sorted by its head",
    ylabel="head",
    title="What each head adds to a latent where it is active",
    unit="pre-activation",
)

# %% [markdown]
# Three groups. The induction head makes latents of its own, and only their writing reaches the
# logits: it copies tokens. Another head has latents of its own as well, which write where no token
# is read. And two heads share theirs: they look at the same place, so what they move comes and goes
# together, and the dictionary has given the pair one set of latents. Attribution shows which heads
# take part in a latent, and that is not always one.

# %% [markdown]
# ## Part II: what is in it?
#
# Somebody hands you a dictionary. Its numbers are good: few latents for each activation, little
# error. Part I showed how little that says. So ask what it holds. First where the truth is known,
# because there you learn what can go wrong; then in a dictionary of a real model.
#
# ### Exercise 19: match_features
#
# difficulty 2/5 · importance 4/5 · 15 min
#
# Given the true directions $d_1 \dots d_m$ and the rows $w_1 \dots w_n$ of $W_\text{dec}$, with $n
# \ge m$. The usual score is the **mean maximum cosine similarity** (MMCS; Sharkey, Braun and
# Millidge 2022): for each *feature* the best latent, and the mean over the features,
#
# $$\mathrm{MMCS} = \frac1m \sum_{i=1}^m \max_j \cos(d_i, w_j).$$
#
# It lets one latent stand for two features that resemble each other. So ask for a second thing: a
# **pairing**, in which each feature gets a latent of its own and the sum of the cosines is as large
# as any pairing can make it. (This is an *assignment problem*, solved exactly by the Hungarian
# method: `scipy.optimize.linear_sum_assignment`. Taking the best free latent for one feature after
# the other does not solve it.) A cosine keeps its sign: a latent is never negative, so a row that
# points the opposite way has found nothing. Return the MMCS, each feature's partner, and the cosine
# of each pair.
#
# <details><summary>Hint 1: nudge</summary>
#
# Make one table of all cosines first; all three results are read off it. Which axis is maximised
# over, and which one is left for the mean?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# The table is `[feature, latent]`, from rows divided by their lengths. `linear_sum_assignment`
# takes a numpy array and returns two index arrays; the second is the partner of feature 0, 1, 2,
# ... And it *minimises*, unless it is told `maximize=True`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# cosines = unit rows of the truth times unit rows of W_dec, transposed
# mmcs = mean over features of the largest entry of their line
# partner = the columns that the assignment with the largest sum picks
# paired = the table's entry at each feature and its partner
# ```
#
# </details>


# %% exercise="match_features"
def match_features(
    W_dec: Float[Tensor, "latent d_in"], truth: Float[Tensor, "feature d_in"]
) -> tuple[float, Int[Tensor, " feature"], Float[Tensor, " feature"]]:
    """Return the MMCS, each feature's partner in the best pairing, and the cosine with it.

    Args:
        W_dec: decoder rows of any length, at least as many as there are features.
        truth: true directions of any length.
    """
    ### BEGIN SOLUTION
    unit_truth, unit_rows = (rows / rows.norm(dim=1, keepdim=True) for rows in (truth, W_dec))
    cosines = unit_truth @ unit_rows.mT
    features, partner = linear_sum_assignment(cosines.numpy(force=True), maximize=True)
    paired = cosines[features, partner]
    return cosines.amax(dim=1).mean().item(), torch.from_numpy(partner), paired
    ### END SOLUTION


# %% check="match_features" points=3
with check(match_features) as c:
    axes = torch.eye(6)
    turned = torch.tensor([2, 0, 1])
    mmcs, partner, paired = c.call(3 * axes, 0.5 * axes[turned])
    c.close(mmcs, 1.0, "each direction is there, whatever its length")
    c.close(partner, turned, "each feature's partner is its own row")
    similar = torch.stack([axes[0] + 0.5 * axes[1], axes[0] - 0.5 * axes[1], axes[2]])
    mmcs, partner, paired = c.call(torch.cat([axes[:1], axes[3:], -axes[2:3]]), similar)
    c.close(mmcs, 2 / 3 / 1.25**0.5, "MMCS: row 0 is the best for two features", atol=1e-4)
    c.close(paired.sum(), 1 / 1.25**0.5, "the pairing: it is partner of one of them", atol=1e-4)
    c.true(len(set(partner.tolist())) == 3, "no latent is the partner of two features")
    wanted = torch.tensor([[0.6, 0.5, 0.0], [0.58, 0.1, 0.0]])  # both want latent 0
    lengths = (1 - wanted.square().sum(dim=1)).sqrt()
    mmcs, partner, paired = c.call(torch.eye(3, 5), torch.cat([wanted, torch.diag(lengths)], 1))
    c.close(paired, [0.5, 0.58], "the sum is the largest one, 0.5 + 0.58, not 0.6 + 0.1", atol=1e-4)
    copies = torch.cat([axes[:1], 2 * axes[:1], 3 * axes[:1], axes[4:]])
    c.close(c.call(copies, axes[:4])[0], 0.25, "one of four features, three times, is 1/4")

# %% [markdown]
# **Predict.** The 64 planted features of part I lie in 24 dimensions. Take a dictionary of 128
# random directions, without any training: what is its MMCS? And one that holds the first half of
# the features, each twice, and none of the others: what are its MMCS and the mean of its pairs?

# %%
my_mmcs_of_random_rows = None
my_mmcs_of_the_first_half_twice = None

# %%
planted = sparse_features.build(seed=0)
random_rows = torch.randn(128, 24, generator=torch.Generator().manual_seed(1))
candidates = {
    "128 random rows": random_rows,
    "the first half, each twice": planted.directions[:32].repeat(2, 1),
    "all, and 64 random rows": torch.cat([planted.directions, random_rows[:64]]),
}
match_scores = {}
for name, rows in candidates.items():
    mmcs, partner, paired = match_features(rows, planted.directions)
    backwards = match_features(planted.directions.repeat(2, 1), rows[:128])[0]
    match_scores[name] = mmcs
    print(f"{name:28} MMCS {mmcs:.3f}   pairs {paired.mean():.3f}   best feature of a row", end=" ")
    print(f"{backwards:.3f}")
guesses = (my_mmcs_of_random_rows, my_mmcs_of_the_first_half_twice)
for guess, name in zip(guesses, list(candidates)[:2], strict=True):
    helpers.versus(guess, round(match_scores[name], 3), f"MMCS of {name}")

# %% [markdown]
# Nothing in a dictionary of random rows is a feature, and yet its MMCS is about one half: 128 rows
# in 24 dimensions are never far from anything. So an MMCS means something beside that of random
# rows of the same number, and next to nothing alone. The second line shows what the other direction
# is worth (the mean over *latents* of the best feature, in the last column): a dictionary that has
# half of the features, twice, looks perfect by it.

# %% [markdown]
# ### When one feature implies another
#
# In part I the features came and went independently. In language they do not: whatever is *Paris*
# is also *a city*; whatever starts with "para" starts with "p". Sparsity has an opinion about that.
# Suppose a **parent** that is always there when its **child** is. An honest dictionary uses two
# latents for a sample with both, one for each. A cheaper one teaches the child's latent to write
# *both* directions, and lets the parent's latent fall silent there: one latent instead of two, and
# the reconstruction is as good. The latent for "a city" then fires for all cities, *except Paris*.
# Chanin and others (2024) call it **absorption**: whoever reads that latent's page sees nothing but
# cities, and does not see the ones that are missing.
#
# ### Exercise 20: absorption_rate
#
# difficulty 3/5 · importance 5/5 · 20 min
#
# Count it. Given are the latents of many samples, which of the samples hold a concept, the
# concept's direction $c$, and the latent `main` that is supposed to say it. What latent $j$ says of
# the concept in sample $s$ is its activation times what its row has along the concept,
#
# $$\mathrm{said}_{sj} = z_{sj}\; w_j \cdot \frac{c}{\lVert c\rVert} .$$
#
# A sample that holds the concept is **absorbed** if
#
# 1. `main` is silent there ($z = 0$), and
# 2. of all the *other* latents, the one that says most says more than 0, and
# 3. that latent's row points along the concept: $\cos(w_j, c) \ge$ `min_cosine`.
#
# The rate is the number of absorbed samples over **all samples that hold the concept**. (A sample
# in which `main` is silent and nobody speaks for it is a plain miss.) Without any sample that holds
# the concept, raise a `ValueError`. The paper's own measure is stricter: it ablates the latents,
# and asks that the winner is ahead of the second by a margin.
#
# <details><summary>Hint 1: nudge</summary>
#
# Three conditions, each true or false for each sample, and the samples in which all hold. Which of
# the three need the sizes of the rows, and which must not depend on them?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `W_dec @ c` is `[latent]`; divided by the length of `c` it is what a unit of each latent says, and
# divided by the row's length too it is the cosine. `said` is `[sample, latent]`, and its maximum
# over latents (with `main` out of the race) gives a value and a winner, `[sample]` each. The
# winners' cosines are `cosines[winner]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# no sample holds the concept: raise ValueError
# along = each row's part along the unit concept; cosine = along over the row's length
# said = latents times along; main's column cannot win
# most, winner = largest entry of each line, and where it is
# absorbed = present, and main is 0, and most above 0, and the winner's cosine large enough
# return how many are absorbed over how many are present
# ```
#
# </details>


# %% exercise="absorption_rate"
def absorption_rate(
    latents: Float[Tensor, "sample latent"],
    W_dec: Float[Tensor, "latent d_in"],
    concept: Float[Tensor, " d_in"],
    present: Bool[Tensor, " sample"],
    main: int,
    min_cosine: float = 0.1,
) -> float:
    """Return the share of a concept's samples in which another latent says it in main's place.

    Args:
        latents: after the activation function; 0 is silent.
        W_dec: decoder rows, of any length.
        concept: the concept's direction, of any length.
        present: which samples hold the concept.
        main: the latent that is supposed to say it.
        min_cosine: how far the other latent's row has to point along the concept.

    Raises:
        ValueError: no sample holds the concept.
    """
    ### BEGIN SOLUTION
    if not present.any():
        raise ValueError("no sample holds the concept: there is no rate")
    along = W_dec @ concept / concept.norm()
    said = latents * along
    said[:, main] = -torch.inf
    most, winner = said.max(dim=1)
    points_there = (along / W_dec.norm(dim=1))[winner] >= min_cosine
    absorbed = present & (latents[:, main] == 0) & (most > 0) & points_there
    return absorbed.sum().item() / present.sum().item()
    ### END SOLUTION


# %% check="absorption_rate" points=4
with check(absorption_rate) as c:
    # Columns: main, one that points along the concept by 0.6, one that hardly does, one beside it.
    rows = torch.tensor([[2.0, 0, 0, 0], [0.6, 0.8, 0, 0], [0.2, 0, 4.0, 0], [0, 0, 0, 1.0]])
    z = torch.tensor(
        [
            [1.0, 0, 0, 0],  # said by main
            [1.0, 2.0, 0, 0],  # said by main, and by the other
            [0, 2.0, 0, 0],  # absorbed
            [0, 1.0, 0.5, 3.0],  # absorbed: 0.6 is more than 0.1 and 0
            [0, 0.1, 9.0, 0],  # the one that says most hardly points there
            [0, 0, 0, 5.0],  # missed: nobody says it
            [0, 0, 0, 0],  # missed
            [0, 2.0, 0, 0],  # does not hold the concept
        ]
    )
    present = torch.arange(8) < 7
    concept = torch.tensor([5.0, 0, 0, 0])
    c.close(c.call(z, rows, concept, present, 0), 2 / 7, "two of seven are absorbed")
    c.close(c.call(z, rows, concept, present, 0, 0.7), 0.0, "none, if a cosine of 0.7 is asked")
    scale = torch.tensor([0.1, 50.0, 0.3, 7.0])
    moved = c.call(z / scale, rows * scale[:, None], concept, present, 0)
    c.close(moved, 2 / 7, "a latent's scale can move from its row to its activation")
    against = c.call(z, rows * torch.tensor([1, -1, 1, 1])[:, None], concept, present, 0)
    c.close(against, 0.0, "a latent that points against the concept does not say it")
    nothing = torch.zeros(8, dtype=torch.bool)
    refused = c.refuses(z, rows, concept, nothing, 0)
    c.true(refused, "without a sample that holds the concept it raises an error")

# %% [markdown]
# ### Absorption in three seconds
#
# Four features in 20 dimensions, at right angles to each other. The parent is there in a quarter of
# the samples; the child in a fifth of *those*, and never without the parent; two more features come
# and go on their own. (This is the toy of Chanin and others.) We give the dictionary four latents,
# just what it needs, and train it with your functions of part I.
#
# **Predict.** The reconstruction will be nearly perfect. In which share of the parent's samples
# will the parent's latent be silent?

# %%
my_absorption_rate = None  # from 0 to 1


# %%
def train_on(planted: hierarchy.Hierarchy, n_latents: int, seed: int) -> dict[str, Tensor]:
    """Train a ReLU dictionary with the L1 penalty on a planted hierarchy."""
    start = helpers.new_dictionary(20, n_latents, seed=seed)
    objective = partial(l1_objective, l1=0.05)
    return train_sae(start, toys.batches(planted, seed), objective, 5e-3)[0]


def rate_of(planted: hierarchy.Hierarchy, trained: dict[str, Tensor]) -> float:
    """Return how often the parent is absorbed; its latent is the one that points along it best."""
    x, present = toys.fresh_sample(planted, seed=0)
    main = int((trained["W_dec"] @ planted.directions[0]).argmax())
    latents = sae_forward(x, **trained)[0]
    holds_parent = present[:, 0]
    return absorption_rate(latents, trained["W_dec"], planted.directions[0], holds_parent, main)


absorbing = hierarchy.absorbing(seed=0)
four_latents = train_on(absorbing, 4, seed=1)
x, present = toys.fresh_sample(absorbing, seed=0)
latents, x_hat = sae_forward(x, **four_latents)
absorbed_share = rate_of(absorbing, four_latents)
helpers.versus(my_absorption_rate, round(absorbed_share, 3), "Absorption rate of the parent")
print(f"the child is there in {present[present[:, 0], 1].float().mean():.3f} of its samples")
print(f"FVU {metrics(x, x_hat, latents)[1]:.4f}")
print("cosines of the rows with the four features:")
print((four_latents["W_dec"] @ absorbing.directions.mT).numpy().round(2) + 0.0)
absorption_figure = toys.fires_figure(
    latents, toys.cases(absorbing, present), "Absorption: who is active for what"
)
absorption_figure

# %% [markdown]
# The row of one latent is the parent plus the child, in equal parts, and it alone is active when
# the child is there: the parent's own latent is silent in *every* such sample. Nothing is wrong
# with the reconstruction, and by every number of part I this dictionary is excellent.
#
# In real data sizes vary. Let each feature's size vary by a tenth, the parent's and the child's
# independently, so that one latent cannot say both quite right:

# %%
varied = hierarchy.absorbing(seed=0, spread=0.1)
varied_latents = train_on(varied, 4, seed=1)
x, present = toys.fresh_sample(varied, seed=0)
latents = sae_forward(x, **varied_latents)[0]
parent_latent = int((varied_latents["W_dec"] @ varied.directions[0]).argmax())
with_child = present[:, 1]
print(f"sizes all equal:       absorption rate {absorbed_share:.3f}")
print(f"sizes vary by a tenth: absorption rate {rate_of(varied, varied_latents):.3f}")
without = latents[present[:, 0] & ~with_child, parent_latent].mean()
beside = latents[with_child, parent_latent].mean()
print(f"the parent's latent: {without:.2f} without the child, {beside:.2f} with it")

# %% [markdown]
# The rate falls, and the absorption has not gone. The parent's latent now fires faintly in most of
# the child's samples, to mend what the other latent got wrong, and "silent" is not true any more. A
# rate that asks for exact silence misses *partial* absorption. Whenever a measure drops, ask
# whether the thing dropped, or the measure let go of it.
#
# ### Splitting
#
# A relative of absorption: the parent is *never* alone, one of two children is always with it.
# (Every animal is one animal or another.) Is there then a latent for the parent?
#
# **Predict.** How many latents point along the parent (with a cosine above .6), in a dictionary of
# two latents and in one of three?

# %%
my_latents_along_the_parent = None  # a pair of numbers

# %%
splitting = hierarchy.splitting(seed=0)
along_parent = []
for n_latents in (2, 3):
    trained = train_on(splitting, n_latents, seed=1)
    cosines = trained["W_dec"] @ splitting.directions.mT
    along_parent.append(int((cosines[:, 0] > 0.6).sum()))
    print(f"{n_latents} latents; cosines with parent, child 1, child 2, and the other feature:")
    print(cosines.numpy().round(2) + 0.0)
helpers.versus(my_latents_along_the_parent, tuple(along_parent), "Latents along the parent")

# %% [markdown]
# With room for two, one latent is *the parent* (with half of each child). With room for three, the
# parent's latent is gone: there is one for each child, and each of them writes the parent as well.
# Both dictionaries are right about the data. What counts as *a feature* depended on how many
# latents there were, and on nothing in the data.

# %% [markdown] question="what_is_missing" points=2
# ### Question C: what the page does not show
#
# A colleague has found a latent in a dictionary with 16,000 latents. All of its hundred strongest
# examples are words that begin with "s"; no other word is among them. "This is the *starts with s*
# latent", says the colleague, "let us ablate it and see whether the model can still spell."
# (1) Which of the two, *every word on which it fires begins with s*, *it fires on every word that
# begins with s*, has been shown? (2) How would absorption show up, and why not on the page? (3) The
# ablation leaves the model's spelling of " snake" untouched. Name two explanations and what would
# tell them apart.
#
# ### BEGIN SOLUTION
# **Model answer.** (1) The first only (precision). The second (recall) needs words that begin with
# s, whether or not the latent fires. (2) As words that begin with s on which it is silent, while a
# latent of their own, such as one for " snake", writes the direction of *starts with s* as well. A
# page lists where a latent fires; what it is silent on is not on it. (3) Either the model does not
# use this direction for spelling at all; or it does, and for " snake" it is written by another
# latent, which absorbed it. Ablate the *direction* (a probe's for "starts with s") instead of the
# latent: if spelling breaks, the direction is used. Or look which other latents that fire on
# " snake" have a row along that direction, and ablate those, too.
#
# **Rubric.** Half a point: precision shown, recall not. Half a point: false negatives, covered by
# another latent. One point: two explanations with an experiment that separates them (half without
# the experiment).
# ### END SOLUTION

# %% [markdown]
# ## A dictionary of a real model
#
# The course has trained one and ships it: a TopK dictionary of the residual stream of `smollm2`, on
# text that `smollm2` itself has written. How it was made, how good it is and where it is wrong
# stands in `labkit/dictionary/README.md`; `python -m labkit.dictionary figures` prints its L0, FVU,
# loss recovered and dead share beside a ReLU dictionary's. It is stored in SAELens' format and
# loads with `dictionary.load()` as a `sae_lens.SAE`. Here its four tensors will do:
#
# $$z = \mathrm{TopK}\bigl((x - b_\text{dec}) W_\text{enc} + b_\text{enc}\bigr), \qquad \hat x = z\,
# W_\text{dec} + b_\text{dec}.$$
#
# The next cell reads 96 pieces of held-out text, 128 tokens each, and keeps what the dictionary
# says of each token. The first half is for looking; the second half is kept for testing what you
# believe to have seen.

# %%
torch.set_num_threads(shipped.CORES)
smollm2 = models.load("smollm2")
weights = dictionary.weights()
readings, stream = shipped.read(smollm2, dictionary.tokens()[:96])
look, test = shipped.halves(readings)
share = shipped.share(readings)
print(f"{dictionary.HOOK}: {len(share)} latents, {dictionary.K} for each token")
print(f"fire at least once in these texts: {(share > 0).sum()}")
most = share.topk(3)
print("the busiest fire in", ", ".join(f"{100 * s:.0f}%" for s in most.values), "of the tokens")

# %% [markdown]
# ### Exercise 21: top_activating_examples
#
# difficulty 2/5 · importance 4/5 · 10 min
#
# What does a latent stand for? The first look is always the same: the places where it is most
# active. Given one latent's activations $a_{tp}$ in text $t$ at position $p$, and which tokens
# count (`valid`: not padding, and not position 0, whose activation is enormous in most models),
# name for **each text** its loudest token that counts, and return the $k$ loudest of these:
#
# $$p_t = \arg\max_{p\ \mathrm{valid}} a_{tp}, \qquad \text{the texts with the largest } a_{t p_t}
# \text{ first}.$$
#
# One place per text, because a latent that is loud once in a sentence is often loud five times, and
# the list should show *five sentences*. A text in which the latent never fires is no example: leave
# it out, even if the list gets shorter than $k$. Return pairs `(text, position)`.
#
# <details><summary>Hint 1: nudge</summary>
#
# Tokens that do not count must not win, whatever their activation. What could stand in their place,
# in a copy of the table?
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `acts` and `valid` are `[text, pos]`. A maximum over positions gives a value and a position for
# each text, `[text]` each. Sort the values, and stop at `k`, or at the first that is not above 0.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# table = acts, with 0 where a token does not count (a new table)
# value, place = largest entry of each text, and its position
# go through the texts from the largest value down, at most k of them:
#     as long as the value is above 0, note (text, place)
# ```
#
# </details>


# %% exercise="top_activating_examples"
def top_activating_examples(
    acts: Float[Tensor, "text pos"], valid: Bool[Tensor, "text pos"], k: int
) -> list[tuple[int, int]]:
    """Return (text, position) of the loudest valid token of each text, the k loudest first.

    Texts in which nothing fires are left out, so there may be fewer than k.
    """
    ### BEGIN SOLUTION
    value, place = (acts * valid).max(dim=1)
    order = value.argsort(descending=True)[:k].tolist()
    return [(text, int(place[text])) for text in order if value[text] > 0]
    ### END SOLUTION


# %% check="top_activating_examples" points=3
with check(top_activating_examples) as c:
    acts = torch.tensor(
        [
            [90.0, 0.0, 2.0, 5.0, 0.0],
            [80.0, 4.0, 4.5, 0.1, 70.0],  # the last one is padding
            [85.0, 0.0, 0.0, 0.0, 0.0],
            [99.0, 0.0, 0.3, 0.2, 60.0],
            [70.0, 6.0, 0.0, 9.0, 8.0],
        ]
    )
    valid = torch.tensor([[0, 1, 1, 1, 1], [0, 1, 1, 1, 0]] * 2 + [[0, 1, 1, 1, 1]]) > 0
    kept = acts.clone()
    yours = [tuple(map(int, place)) for place in c.call(acts, valid, 2)]
    c.true(yours == [(4, 3), (0, 3)], "the loudest token that counts of the two loudest texts")
    yours = [tuple(map(int, place)) for place in c.call(acts, valid, 10)]
    c.true(len({text for text, _ in yours}) == len(yours), "each text is named once")
    c.true(yours[2:] == [(1, 2), (3, 2)], "padding and position 0 are passed over")
    c.true(len(yours) == 4, "the text in which nothing fires is left out")
    c.close(acts, kept, "the activations are left as they are")

# %% [markdown]
# Look at two latents that were drawn at random, from the *first half* of the texts. The number is
# the activation, the token stands between brackets.
#
# **Predict.** Before you run the cell: for how many of ten random latents do you expect to find
# words for what they stand for?

# %%
my_number_of_ten_that_make_sense = None

# %%
latents = shipped.some_latents(look, 30, seed=0)
for latent in latents[:2]:
    print(f"latent {latent}, fires in {100 * share[latent]:.2f}% of the tokens")
    places = top_activating_examples(look.of(latent), shipped.valid(look), 6)
    shipped.show(look, latent, places)

# %% [markdown]
# Your turn: look at ten (change the numbers), and count for how many you can finish the sentence
# "this latent fires on ...".

# %%
for latent in latents[2:4]:
    print(f"latent {latent}, fires in {100 * share[latent]:.2f}% of the tokens")
    places = top_activating_examples(look.of(latent), shipped.valid(look), 6)
    shipped.show(look, latent, places)

# %% [markdown]
# ### Is the explanation any good?
#
# Six examples and an eager reader will produce an explanation for *anything*. So an explanation has
# to take a test: someone who knows nothing but the explanation is shown new texts, in some of which
# the latent fires, and says in which. (Bills and others, 2023, had a language model write the
# explanations and take the test. This variant, yes or no for each text, is *detection* scoring:
# Paulo and others, 2024.) Here you are the explainer, and no other model is asked.
#
# ### Exercise 22: autointerp_score
#
# difficulty 3/5 · importance 5/5 · 20 min
#
# `says[t]` is what the explanation says of text $t$, `fires[t]` what the latent does. The score is
# the **balanced accuracy**, the mean of two rates:
#
# $$\mathrm{score} = \frac12 \left( \frac{\#\{\text{says and fires}\}}{\#\{\text{fires}\}} +
# \frac{\#\{\text{says not and fires not}\}}{\#\{\text{fires not}\}} \right).$$
#
# Who answers the same to everything scores one half, however rare the latent. How much above one
# half is more than luck? **Shuffle** the answers among the texts, `shuffles` times: the same number
# of yes and no, given to other texts. The $p$-value is the share of scores that are at least as
# good as the real one, where the real one itself counts as one of them:
#
# $$p = \frac{1 + \#\{\text{shuffled score} \ge \text{score}\}}{1 + \text{shuffles}} .$$
#
# Raise a `ValueError` if the latent fires in all of the texts or in none: then one of the rates has
# nothing to divide by. Draw with a generator of your own, from `seed`, so that the same call gives
# the same answer.
#
# <details><summary>Hint 1: nudge</summary>
#
# A shuffled explanation is the same answers in another order, and is scored as the real one is: a
# small function for the score saves you from writing it twice. Two scores that are equal on paper
# may differ in the last digit of a float.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `says[fires].float().mean()` is the first rate, `[]`. A shuffle is
# `says[torch.randperm(len(says), generator=draw)]`, `[text]`. All of them at once:
# `torch.rand(shuffles, n, generator=draw).argsort(dim=1)` is an order of the texts in each row.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# fires everywhere or nowhere: raise ValueError
# score = mean of (share of yes where it fires) and (share of no where it does not)
# count = 1
# repeat `shuffles` times:
#     shuffle the answers, score them; add 1 to count if that is not below score (minus 1e-9)
# return score and count over (1 + shuffles)
# ```
#
# </details>


# %% exercise="autointerp_score"
def autointerp_score(
    says: Bool[Tensor, " text"],
    fires: Bool[Tensor, " text"],
    shuffles: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """Return an explanation's balanced accuracy, and the p-value of it among shuffled ones.

    Args:
        says: in which texts the explanation says that the latent fires.
        fires: in which texts it does.
        shuffles: how many shuffled explanations it is compared with.
        seed: of the shuffling.

    Raises:
        ValueError: the latent fires in all texts, or in none.
    """
    ### BEGIN SOLUTION
    if fires.all() or not fires.any():
        raise ValueError("texts of both kinds are needed: some that fire, some that do not")

    def balanced(answers):
        hits, rejections = answers[..., fires].double(), (~answers)[..., ~fires].double()
        return (hits.mean(dim=-1) + rejections.mean(dim=-1)) / 2

    draw = torch.Generator().manual_seed(seed)  # given
    orders = torch.rand(shuffles, len(says), generator=draw).argsort(dim=1)
    score = balanced(says)
    as_good = (balanced(says[orders]) >= score - 1e-9).sum().item()
    return score.item(), (1 + as_good) / (1 + shuffles)
    ### END SOLUTION


# %% check="autointerp_score" points=4
with check(autointerp_score) as c:
    fires = torch.arange(20) < 5
    says = torch.arange(20) < 8  # all five that fire, and three of the others
    score, p = c.call(says, fires)
    c.close(score, 0.9, "5 of 5 and 12 of 15: the mean of the two rates")
    c.close(p, 0.0036, "of the shuffles, 56 in 15,504 do as well", atol=0.012)
    c.close(c.call(~says, fires)[1], 1.0, "worse than luck: nearly all shuffles do better", 0.01)
    c.true(0 < c.call(fires, fires, 20)[1] < 0.1, "p is never 0: the real one is one of them")
    score, p = c.call(torch.ones(20) > 0, fires)
    c.close([score, p], [0.5, 1.0], "yes to everything: one half, and no shuffle does worse")
    few = torch.tensor([1, 2, 3, 9, 11])  # three of the five that fire, two of the others
    half_right = torch.isin(torch.arange(20), few)
    score, p = c.call(half_right, fires)
    c.close(score, (3 / 5 + 13 / 15) / 2, "3 of 5 and 13 of 15")
    c.close(p, 0.0726, "the share of the shuffles that are at least as good", atol=0.04)
    one_yes = torch.arange(20) == 2
    single = c.call(one_yes, fires)[1]
    c.close(single, 0.25, "a single yes is right in a quarter of the shuffles", atol=0.07)
    again = c.call(half_right, fires)
    c.close(again, [score, p], "the same call gives the same answer")
    for kind, fires in (("all", torch.ones(20) > 0), ("none", torch.zeros(20) > 0)):
        refused = c.refuses(says, fires)
        c.true(refused, f"if {kind} of the texts fire it raises an error")
    before = torch.get_rng_state()
    autointerp_score(says, says)
    left = (torch.get_rng_state() == before).all()
    c.true(left, "torch's own random numbers are left alone: draw from your generator")

# %% [markdown]
# ### You against the second half
#
# Choose a latent that you believe to understand, and write your explanation as a rule: a function
# that takes a piece of text (32 tokens) and says whether the latent fires somewhere in it. Then it
# is tested on windows of the *second half* of the texts: as many in which the latent reaches a
# third of its maximum as windows in which it is silent. (Windows in which it fires faintly are left
# out; question D asks what that does.) For comparison, an explanation that needs no understanding:
# the five **favourite words** of the latent in the first half; it says yes when one of them is
# there.

# %%
# One that you understand; until then the first with enough windows in the first half for a test.
my_latent = next(one for one in latents if len(shipped.windows(look, one).texts) >= 20)
print(f"latent {my_latent}: {len(shipped.windows(look, my_latent).texts)} windows, first half")


def my_explanation(text: str) -> bool:
    """It fires on ... (finish the sentence: the feature page will show it)."""
    return False  # your rule: `"kitchen" in text`, `text.count(",") > 2`, ...


# %%
tested = shipped.windows(test, my_latent)
words = shipped.favourite_words(look, my_latent)
answers = torch.tensor([my_explanation(text) for text in tested.texts])
print(f"latent {my_latent}, {len(tested.texts)} windows; favourite words {words}")
for name, said in (
    ("your explanation", answers),
    ("favourite words", shipped.contains(tested.tokens, words)),
):
    score, p = autointerp_score(said, tested.fires)
    print(f"{name:17} score {score:.2f}, p {p:.3f}")

# %% [markdown]
# ### A control: what would random directions score?
#
# A score above one half says that the explanation knows *something* about when the latent fires. It
# does not say that the dictionary has found anything. So give the same test to a dictionary that
# was never trained: random directions, as many latents for each token. A random direction, too,
# reacts to some tokens more than to others, and "fires on *the* and *of*" is an explanation.
#
# **Predict.** Favourite words explain 30 random latents. What is the mean score for the shipped
# dictionary? For the untrained one? And for the shipped one, if each latent is explained with the
# favourite words of *another* latent?

# %%
my_mean_scores = None  # three numbers: shipped, untrained, another latent's words

# %%
nothing_learned = shipped.untrained(weights, seed=0)
control = shipped.read_with(readings, stream, nothing_learned)


def word_scores(
    read: feature_page.Readings, shift: int = 0
) -> tuple[list[int], Float[Tensor, " latent"]]:
    """Score favourite words on the second half; with a shift, those of another latent.

    Returns:
        The latents that could be tested, and the score of each.
    """
    first, second = shipped.halves(read)
    chosen = shipped.some_latents(first, 30, seed=0)
    favourites = [shipped.favourite_words(first, latent) for latent in chosen]
    kept, scores = [], []
    for number, latent in enumerate(chosen):
        windows = shipped.windows(second, latent)
        if len(windows.texts) < 10:
            continue  # it hardly fires in the second half: no test
        said = shipped.contains(windows.tokens, favourites[(number + shift) % len(chosen)])
        kept.append(latent)
        scores.append(autointerp_score(said, windows.fires, shuffles=200)[0])
    return kept, torch.tensor(scores)


tested_latents, own_scores = word_scores(readings)
word_score = {
    "shipped dictionary": own_scores,
    "untrained dictionary": word_scores(control)[1],
    "shipped, another latent's words": word_scores(readings, shift=1)[1],
}
means = tuple(round(scores.mean().item(), 2) for scores in word_score.values())
helpers.versus(my_mean_scores, means, "Mean scores")
for name, scores in word_score.items():
    print(f"{name:32} {len(scores)} latents, median {scores.median():.2f}")
score_figure = shipped.scores_figure(word_score)
score_figure

# %% [markdown]
# Read the figure with the controls in mind. Another latent's words should be worth nothing: if
# their curve lies around one half, the test can tell a wrong explanation from a right one. What
# separates the shipped dictionary from the untrained one is the part of its score that training has
# earned; where these two curves come close, the score tells you about *words*, and nothing about
# features. What these figures support is modest: in the mean and in the median, words explain the
# shipped latents somewhat better than random ones, and by less than one would hope. Nor are the
# curves alike: the untrained one has more latents that could be tested, so its right end lies
# further right, and a latent is tested on as few as ten windows, five of each kind, where a single
# answer is a fifth of a rate. (A related control: Heap and others, 2025, trained dictionaries on
# transformers with *random weights*, and a language model's explanations of their latents scored
# about as well as for trained transformers.) And a list of words is the least that an explanation
# can be. If yours does better, you have understood something that is not a word.

# %% [markdown] question="what_a_score_shows" points=2
# ### Question D: what does a score show?
#
# A paper reports: "Our explanations reach a mean detection score of .81 over 1,000 latents, so 81%
# of the dictionary is interpretable." The texts were chosen from the hundred strongest activations
# of each latent, half of the test set, and from random text, the other half.
# (1) Why does ".81, so 81%" not follow? (2) Which activations does this choice of texts never test,
# and in which direction does that move the score? (3) Name two controls that you would ask for, and
# for each the outcome that would worry you.
#
# ### BEGIN SOLUTION
# **Model answer.** (1) The score is a mean over latents of an accuracy whose chance level is .5. A
# mean of .81 can be all latents a bit better than chance, or 60% perfect and the rest at chance; it
# counts no latents. (2) The middle and weak activations, where the latent fires in most cases and
# often on something else. Strong examples are the clean ones, so the score is too high. (3) For
# example: an untrained dictionary (or a randomly initialised model), worrying if its score is
# close; explanations given to other latents (shuffled), worrying if they stay above .5; the same
# with negatives that resemble the positives, worrying if the score falls to .5; a plain list of
# tokens as explanation, worrying if it does as well.
#
# **Rubric.** Half a point for (1). Half a point for (2) with the direction. Half a point for each
# control with its worrying outcome.
# ### END SOLUTION

# %% [markdown]
# ### The feature page
#
# All of this on one page: the strongest examples with every token coloured by its activation, a
# histogram, the tokens that the latent raises, its nearest neighbours in the dictionary, and a quiz
# for your explanation that you take in the browser. The file needs no network.

# %%
score, _ = autointerp_score(answers, tested.fires)
page = feature_page.build(
    my_latent,
    readings,
    helpers.OUT / f"latent-{my_latent}.html",
    explanation=inspect.getdoc(my_explanation) or "",
    score=score,
)
print("open in a browser:", page)

# %% [markdown]
# ## Turning a knob
#
# What a latent fires on says what it *reads*. What it *does* is another question, and the answer is
# an experiment: set it to a value of your choice and let the model go on.
#
# ### Exercise 23: clamp_feature
#
# difficulty 2/5 · importance 5/5 · 15 min
#
# A dictionary does not reconstruct everything: $x = \hat x + \text{error}$. If you decode changed
# latents and put $\hat x'$ into the model, you have made *two* changes, the one you wanted and the
# loss of the error term, and the second is not small (a figure below measures both). So keep the
# error. With $z'$ equal to $z$ but for latent $i$, which gets the value $v$,
#
# $$x' = \underbrace{z' W_\text{dec} + b_\text{dec}}_{\hat x'} + \underbrace{(x - \hat
# x)}_{\text{error}} ,$$
#
# and much of this cancels. `encode` is the dictionary's encoder, a function from activations to
# latents. There may be several axes before the last one (texts, positions): every vector is clamped
# for itself, **also where the latent is silent, and also where it is above $v$**.
#
# <details><summary>Hint 1: nudge</summary>
#
# Write out $\hat x' - \hat x$: which latents are in the difference? You need no $b_\text{dec}$.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# `encode(x)` is `[..., latent]`; one latent of it, `[..., i]`, has one axis less than `x`. To scale
# a row `[d_in]` by it, give it an axis of size 1 at its end: `[..., None]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# now = the latent's activation at every vector
# missing = value minus now
# return x plus missing times the latent's decoder row, at every vector
# ```
#
# </details>


# %% exercise="clamp_feature"
def clamp_feature(
    x: Float[Tensor, "... d_in"],
    encode: Callable[[Float[Tensor, "... d_in"]], Float[Tensor, "... latent"]],
    W_dec: Float[Tensor, "latent d_in"],
    latent: int,
    value: float,
) -> Float[Tensor, "... d_in"]:
    """Return x with one latent set to a value; the dictionary's error term stays.

    Args:
        x: activations.
        encode: the dictionary's encoder.
        W_dec: its decoder rows, of any length.
        latent: which latent.
        value: what it is to be at every vector.
    """
    ### BEGIN SOLUTION
    missing = value - encode(x)[..., latent]
    return x + missing[..., None] * W_dec[latent]
    ### END SOLUTION


# %% check="clamp_feature" points=3
with check(clamp_feature) as c:
    draw = torch.Generator().manual_seed(23)
    W_enc, W_dec = torch.randn(4, 9, generator=draw), torch.randn(9, 4, generator=draw)

    def encode(x):
        """A dictionary that reconstructs badly."""
        return torch.relu(x @ W_enc - 0.2)

    x = torch.randn(2, 6, 4, generator=draw)
    z, kept = encode(x), x.clone()
    quiet, loud = (z[..., 3] == 0).any(), (z[..., 3] > 0.5).any()
    yours = c.call(x, encode, W_dec, 3, 0.5)
    wanted = z.clone()
    wanted[..., 3] = 0.5
    c.close(yours - wanted @ W_dec, x - z @ W_dec, "the error term stays", atol=1e-4)
    steps = (yours - x) @ W_dec[3] / W_dec[3].square().sum()
    c.close(steps, 0.5 - z[..., 3], "each vector moves by what it lacks, up or down", atol=1e-4)
    off = c.call(x, encode, W_dec, 3, 0.0)
    silent = z[..., 3] == 0
    c.close(off[silent], x[silent], "clamped at 0, nothing moves where it is silent", atol=1e-5)
    c.close(c.call(x[0, 0], encode, W_dec, 3, 0.5), yours[0, 0], "one vector works as well", 1e-4)
    c.close(x, kept, "x is left as it is")

# %% [markdown]
# ### Clamp it
#
# One latent, chosen by eye for the weights that the course ships (if you have understood another
# one, put its number in), clamped at its maximum, at three and at ten times that, at every token of
# a prompt and of what follows. Steps as large as the first and the last in a *random* direction
# stand beside it. The prompt speaks of what happens every day.
#
# **Predict.** The cell first prints the words on which the latent is active most, and those whose
# logits its decoder row raises most. From these, what will change in the text? Will a random
# direction of the same length do it, too?

# %%
my_guess_of_the_text = None

# %%
chosen = clamping.KNOB
peak = readings.of(chosen).max().item()
draw = torch.Generator().manual_seed(0)
random_row = torch.randn(weights["W_dec"].shape[1], generator=draw)
random_row = random_row / random_row.norm() * weights["W_dec"][chosen].norm()


def clamped(times: float) -> clamping.Change:
    """The chosen latent at so many times its maximum."""
    return partial(
        clamp_feature,
        encode=dictionary.encode,
        W_dec=weights["W_dec"],
        latent=chosen,
        value=times * peak,
    )


def pushed(times: float) -> clamping.Change:
    """A random direction, as long as the clamped latent's."""
    return lambda x: x + times * peak * random_row


print(f"latent {chosen}, largest activation {peak:.1f}; at ten times that it writes", end=" ")
length = stream[dictionary.ordinary(stream)].norm(dim=-1).mean()
print(f"{10 * peak * weights['W_dec'][chosen].norm():.0f}; the stream's mean length: {length:.0f}")
print("favourite words:", shipped.favourite_words(readings, chosen))
print("raises most, straight through the unembedding:", end=" ")
print(clamping.written_words(smollm2, weights["W_dec"][chosen]))
PROMPT = "My neighbour is a baker. Every day he"
texts_written = {"as it is": clamping.write(smollm2, PROMPT)}
for times in (1, 3, 10):
    name = f"latent {chosen} at {times} x its maximum"
    texts_written[name] = clamping.write(smollm2, PROMPT, clamped(times))
for times in (1, 10):
    texts_written[f"a random direction, {times} x"] = clamping.write(smollm2, PROMPT, pushed(times))
for name, text in texts_written.items():
    print(f"\n{name}:\n   {PROMPT}{text}")

# %% [markdown]
# A latent that *fires* on a word need not make the model *say* it. Here is how much the tested
# latents raise their own favourite words, straight through the unembedding, in standard deviations
# over all tokens:

# %%
favourites = [shipped.favourite_words(look, latent) for latent in tested_latents]
spoken = clamping.speaks_for(smollm2, weights["W_dec"][tested_latents], favourites)
print(f"median {spoken.median():+.2f}; above 0 for {(spoken > 0).sum()} of {len(spoken)} latents")

# %% [markdown]
# Back to the texts. Judge for yourself, and be strict: does the text say the same in another way,
# or does it repeat a word, or is it noise? Compare the two lengths printed first: a step as long
# as the stream itself leads to where the model has never been. The random direction tells you what
# "far" alone does. "Ten times its maximum" is how such demonstrations are often announced; which
# of the three would you show?
#
# How far does each change move the model? In nats: the divergence between the predictions for the
# next token, before and after, in the mean over a few prompts. And one more line: the activation
# replaced by its **reconstruction**, no latent touched.
#
# **Predict.** Which moves the model more: the latent at 3 times its maximum, or the loss of the
# error term alone?

# %%
my_larger_change = None  # "latent" or "error term"

# %%
PROMPTS = (
    "I went to the market and bought", "The best thing about winter is", "The teacher said that we",
    "In the middle of the room stood", "She opened the letter and", "Nobody knows why the",
)  # fmt: skip
untouched = clamping.next_words(smollm2, PROMPTS)


def reconstructed(x: Float[Tensor, "... d_in"]) -> Float[Tensor, "... d_in"]:
    """What the dictionary makes of an activation: the error term is lost."""
    return dictionary.encode(x) @ weights["W_dec"] + weights["b_dec"]


moves = {"reconstruction": reconstructed}
for times in (1, 3, 10):
    moves[f"latent, {times} x"] = clamped(times)
    moves[f"random, {times} x"] = pushed(times)
nats = {
    name: clamping.moved(untouched, clamping.next_words(smollm2, PROMPTS, change))
    for name, change in moves.items()
}
larger = "latent" if nats["latent, 3 x"] > nats["reconstruction"] else "error term"
helpers.versus(my_larger_change, larger, "The larger change")
plots.bars(nats, unit="nats", title="How far each change moves the next token")

# %% [markdown]
# Whoever decodes and forgets the error term sees an effect of every latent, also of one that does
# nothing: the bar of the reconstruction. It is lower than the latent's bars here, and far from 0;
# that is why the error term stays. And compare the latent with the random direction. At its maximum
# the latent moves the model several times as far; at three times about as far; at ten times the
# random step goes further. So nats do not tell a latent from any large step: the texts above do.

# %% [markdown] question="spot_the_bug_in_the_clamp" points=2
# ### Question E: spot the bug in the clamp
#
# A friend's steering code, in which `sae` has `encode` and `decode`:
#
# ```python
# def clamp(x, hook):
#     z = sae.encode(x)
#     z[..., latent] = 10 * peak
#     return sae.decode(z)
# ```
#
# "It works", says the friend. "I clamped forty latents, and every one of them changes the text."
# (1) What is wrong? (2) Name a value for the clamp at which a correct `clamp` must not change
# anything at a given vector, and what the friend's does there. (3) The friend repairs it by `return
# x + 10 * peak * W_dec[latent]`. For which vectors is this a clamp, and what is it for the others?
# (4) Which control would have shown the mistake without reading the code?
#
# ### BEGIN SOLUTION
# **Model answer.** (1) It returns the reconstruction: the error term, which the dictionary does not
# explain, is lost at every token, and that alone changes the text. (2) The latent's own activation
# there; the correct one returns x, the friend's the reconstruction of x. (3) Where the latent is
# silent; elsewhere the latent ends up at its own activation plus ten peaks: it adds, it does not
# set. (4) A run in which no latent is changed (encode and decode only), or a clamp of a dead or
# random latent: the text changes as much.
#
# **Rubric.** Half a point for each of the four.
# ### END SOLUTION


# %% [markdown]
# ## Two ways to the same direction?
#
# Lab 04 found directions with labels: take sentences with and without a feature, and the difference
# of the two means is a probe. A dictionary finds directions without labels. Do they meet? Two ways
# to ask, and they are different questions:
#
# - **by cosine**: which decoder row points along the probe's direction?
# - **by data**: which latent, by its activation alone, tells the two kinds of sentence apart?
#   (AUROC: the chance that of two sentences, one of each kind, the one with the feature has more.)
#
# There are thousands of latents to choose from, and the best of thousands looks good by luck. So
# the latent is chosen on half of the *templates* and judged on the other half, and beside it stands
# the same search with labels that were shuffled.
#
# **Predict.** For how many of the four features do the two questions name the same latent?

# %%
my_number_of_agreements = None  # 0 to 4

# %%
matches = {}
for feature in ("sentiment", "number", "tense", "country"):
    labelled = probing.labelled(feature, pairs=4)
    places = probing.examples(smollm2, labelled)
    stream_there = probing.activations(smollm2, places, layers=[dictionary.LAYER])[0]
    matches[feature] = matching.match(
        stream_there, places.labels, places.groups, weights, dictionary.encode(stream_there)
    )
    print(f"{feature:10} {matches[feature].line()}")
agree = sum(match.by_cosine == match.by_data for match in matches.values())
helpers.versus(my_number_of_agreements, agree, "Features with the same latent by both")
for feature, match in matches.items():
    verdict = "above luck" if match.seen > match.luck else "no better than luck: noise"
    print(f"{feature:10} latent {match.by_data}: {verdict}")

# %% [markdown]
# Compare the numbers in each line. A cosine far from 1 means that the probe's direction is spread
# over many rows: it is a sum of whatever differs between these sentences. The AUROC on the
# templates that were *not* used for choosing is the one to believe, and the probe's, on the same
# templates, the one to beat. Luck is how good the best of thousands gets for shuffled labels, and
# belongs beside the AUROC of the half in which the latent was chosen.
# (Kantamneni and others, 2025, asked on over a hundred data sets whether probes on latents do
# better than plain ones, and mostly they do not.) And where the two questions name different
# latents, look first at whether the second one is an answer at all: a pick whose AUROC, where it
# was chosen, is no larger than luck's is noise. The last lines say which picks are more than
# that. Only for those does it mean something that the row that *writes* a feature and the
# latent that *fires* for it are two.

# %% [markdown]
# ## A feature with two numbers
#
# A dictionary says: a feature is a direction, more or less of it. Is that always so? Think of the
# days of the week. They go *round*: after Sunday comes Monday. On a line, Sunday and Monday would
# lie at opposite ends; on a **circle** neighbours are neighbours. A circle needs two numbers, and
# neither of the two means anything alone. A dictionary can only lay rows around it, one for each
# day, or several that share the work. Engels and others (2024) found such circles in GPT-2, Mistral
# and Llama, for days and for months. How would one notice?
#
# ### Exercise 24: circularity
#
# difficulty 3/5 · importance 3/5 · 15 min
#
# Given points in a plane, are they a ring, or two plain numbers that happen to be drawn against
# each other (a blob)? On a ring the distance from the middle hardly varies; in a Gaussian blob it
# does. So subtract the mean and **whiten** (multiply with the root of the inverse covariance, so
# that the covariance becomes the identity and no axis is special), take each point's radius $r$,
# and compare the radius's variation with that of a blob, where it is $\sqrt{4/\pi - 1} \approx
# .523$ (the Rayleigh distribution):
#
# $$\mathrm{circularity} = 1 - \frac{\mathrm{std}(r)\,/\,\mathrm{mean}(r)}{\sqrt{4/\pi - 1}} .$$
#
# (The standard deviation with $n$ or with $n - 1$: both pass.)
#
# A ring has 1, a blob about 0, and what has heavier tails than a blob less than 0. Points that lie
# on a line have no covariance that could be inverted: raise a `ValueError` (the smaller eigenvalue
# of the covariance is below $10^{-9}$ of the larger).
#
# <details><summary>Hint 1: nudge</summary>
#
# After whitening, the covariance is the identity. `torch.linalg.eigh` of a symmetric matrix gives
# what you need for a root, and also tells you whether the points lie on a line.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# Centred points $P$ are `[sample, 2]`, the covariance $P^\top P / n$ is `[2, 2]`. With eigenvalues
# $\lambda$ `[2]` and eigenvectors as columns of $V$ `[2, 2]`, the points $P V / \sqrt\lambda$ are
# white (in another orientation, which the radius does not see). The radius is `[sample]`.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# centre the points; covariance; its eigenvalues and eigenvectors
# smaller eigenvalue (nearly) 0: raise ValueError
# white = points in the eigenvectors' axes, each axis over the root of its eigenvalue
# r = length of each white point
# 1 minus (standard deviation over mean of r) over the blob's
# ```
#
# </details>


# %% exercise="circularity"
def circularity(points: Float[Tensor, "sample 2"]) -> float:
    """Return 1 for points on a ring, about 0 for a Gaussian blob, whatever stretches either.

    Raises:
        ValueError: the points lie on a line.
    """
    ### BEGIN SOLUTION
    centred = points.double() - points.double().mean(dim=0)
    spread, axes = torch.linalg.eigh(centred.mT @ centred / len(points))
    if spread[0] <= 1e-9 * spread[1]:
        raise ValueError("the points lie on a line: they have no plane to be round in")
    radius = (centred @ axes / spread.sqrt()).norm(dim=1)
    of_a_blob = math.sqrt(4 / math.pi - 1)
    return 1 - (radius.std(correction=0) / radius.mean()).item() / of_a_blob
    ### END SOLUTION


# %% check="circularity" points=3
with check(circularity) as c:
    steps = 2 * torch.pi * torch.arange(420) / 7
    around = torch.stack([steps.cos(), steps.sin()], dim=1).double()
    c.close(c.call(3 * around + 5), 1.0, "a ring is 1, wherever it lies and however large", 5e-3)
    bend = torch.tensor([[4.0, 1.0], [0.5, 0.3]]).double()
    c.close(c.call(around @ bend + 2), 1.0, "so is a stretched, slanted ring", atol=5e-3)
    blob = torch.randn(8000, 2, generator=torch.Generator().manual_seed(2)).double()
    c.close(c.call(blob @ bend - 1), 0.0, "a stretched blob is about 0", atol=0.05)
    two = torch.cat([around, 3 * around])
    expected = 1 - 0.5 / (4 / torch.pi - 1) ** 0.5
    c.close(c.call(two), expected, "radius 1 and 3: variation one half", atol=5e-3)
    far = torch.cat([around.repeat(9, 1), 12 * around[:70]])
    c.true(float(c.call(far)) < -0.5, "heavier tails than a blob are below 0")
    line = torch.arange(-20.0, 20.0)[:, None] * torch.tensor([[1.0, 2.0]])
    c.true(c.refuses(line), "points on a line raise an error")

# %% [markdown]
# Planted shapes first. The third has two ends (a feature that is there or not, with noise).
#
# **Predict.** What does the score say of two ends?

# %%
my_circularity_of_two_ends = None  # nearer to the ring's or to the blob's?

# %%
drawn_shapes = {}
for shape in ("ring", "blob", "ends"):
    drawn_shapes[shape] = ring.draw(shape, seed=1).coordinates()
    score = circularity(drawn_shapes[shape])
    print(f"{shape:5} {score:.2f}")
helpers.versus(my_circularity_of_two_ends, round(score, 2), "Two ends")
days.shapes_figure(drawn_shapes)

# %% [markdown]
# Two ends are no ring, and no blob either, and get a number between the two: a score that separates
# two hypotheses says little about a third one. So look at the picture, too: it shows at once what
# the number does not.
#
# ### The days of the week
#
# Seven words at the end of eight sentences each, the stream at the dictionary's layer, the mean of
# each sentence taken out. The plane is the one in which the seven *means* differ most (two
# principal components): nothing about the order of the days goes into it. Two questions. Is it
# round? And: of the 360 closed tours through seven points, how many are as short as Monday,
# Tuesday, ..., Sunday? By chance the real order is the shortest one time in 360. Seven colours and
# seven tools, for which there is no week, stand beside the days, both by the alphabet or in no
# order (red, orange, yellow, ... would be the rainbow's, which a model may know as well).
#
# **Predict.** The rank of the real order among 360, for the days.

# %%
my_rank_of_the_week = None  # 1 to 360

# %%
week = {
    "days": (days.DAYS, days.DAY_TEMPLATES),
    "colours": (days.COLOURS, days.COLOUR_TEMPLATES),
    "tools": (days.TOOLS, days.TOOL_TEMPLATES),
}
word_streams = {name: days.word_stream(smollm2, *what) for name, what in week.items()}
planes = {name: days.plane_of_means(there) for name, there in word_streams.items()}
for name, points in planes.items():
    roundness = circularity(points.flatten(0, 1))
    rank, tours = days.order_rank(points.mean(dim=0))
    each = [days.order_rank(sentence)[0] for sentence in points]
    print(f"{name:8} circularity {roundness:.2f}   rank {rank} of {tours}; by sentence {each}")
rank_of_the_week = days.order_rank(planes["days"].mean(dim=0))[0]
helpers.versus(my_rank_of_the_week, rank_of_the_week, "Rank of the week")
days_figure = days.plane_figure(planes["days"], days.DAYS)
days_figure

# %% [markdown]
# The roundness alone would not convince anybody: seven points in a plane are always somewhat round,
# and the colours and tools show how much. The *order* does. Nothing told the plane about it.
#
# ### A circle that anybody can have
#
# A colleague is faster: "I fitted a plane in which the days lie on a circle, least squares on half
# of the sentences, and on the other half it explains nearly all of the variance."
#
# **Predict.** The same fit, with the days in a *random* order around the circle, explains how much
# of the variance on new sentences?

# %%
my_share_in_a_random_order = None  # from 0 to 1

# %%
draw = torch.Generator().manual_seed(0)
orders = {"the real order": list(range(7))}
orders |= {f"random order {i}": torch.randperm(7, generator=draw).tolist() for i in (1, 2, 3)}
new_shares = {}
for name, order in orders.items():
    seen, new_shares[name] = days.circle_fit(word_streams["days"], order)
    print(f"{name:15} explained: {seen:.2f} of what the fit saw, {new_shares[name]:.2f} of new")
helpers.versus(
    my_share_in_a_random_order, round(new_shares["random order 1"], 2), "In a random order"
)

# %% [markdown]
# Any order will do. Seven words in hundreds of dimensions can be put into any arrangement by a
# linear map, and the words are the same in the new sentences: held-out *sentences* are no test of a
# claim about the *arrangement of the words*. The principal components could have failed, and did
# not; this fit could not. Before you believe a picture, ask which outcome would have made you doubt
# it, and whether it could have come.

# %% [markdown]
# ## The planted challenge
#
# A dictionary in which somebody knows the truth. From your name come 500 activations, a dictionary
# for them (about 30 latents), and a model that turns an activation into a word. Find four things.
#
# - **twins**: two latents stand for one and the same feature and share its samples between them.
#   (Two other latents stand for two features that are merely similar.)
# - **absorbed**: the first `LABELLED` activations all hold one concept, and no others do. Which
#   latent says it, and which one says it *in its place* where it is silent? (Another latent fires
#   in the same samples and says nothing of the concept. In some the concept is too weak for all.)
# - **ring**: some latents lie around a circle, and one of them is active at a time. List them in
#   order. (As many or nearly as many others also lie around a plane, but what they say there is a
#   blob.)
# - **lever**: the one latent that makes the model say the word `WORD` **for every activation** if
#   it is clamped at ten times its maximum. (Another latent raises that word's logit even more.)
#
# Decoder rows have all lengths here, and some latents never fire. Type your name (in a course: your
# id on the course's list), and keep it as it is from now on.

# %%
student_name = "reference"

# %%
if student_name == "reference":
    print("this is the example's model: type your own name above, and run that cell and this one")
challenge = models.challenge("05_saes", helpers.CHALLENGE, student_name)
opened = unknown.opened(challenge)
challenge_latents = opened.encode(opened.x)
print(f"activations {tuple(opened.x.shape)}, the first {unknown.LABELLED} hold the concept")
print(f"dictionary: W_enc {tuple(opened.W_enc.shape)}, W_dec {tuple(opened.W_dec.shape)}")
print(f"the word of the lever is {unknown.WORD}; without it the model says", end=" ")
print(sorted(set(opened.says(opened.x).tolist()) - {unknown.WORD}))

# %% [markdown]
# **Your first look**: the cosines of all rows with each other, and how often each latent fires.

# %%
unit_rows = opened.W_dec / opened.W_dec.norm(dim=1, keepdim=True)
firing = (challenge_latents > 0).float().mean(dim=0)
print("share of samples:", [f"{i}: {s:.2f}" for i, s in enumerate(firing.tolist())])
plots.heatmap(
    unit_rows @ unit_rows.mT, xlabel="latent", ylabel="latent", title="Cosines of decoder rows",
    unit="cosine", center=0, origin="upper",
)  # fmt: skip

# %%
# Your own experiments.

# %% [markdown]
# ### Exercise 25: challenge_answer
#
# difficulty 4/5 · importance 4/5 · 45 min
#
# Write down what you found, as numbers (not as variables: what is graded is what stands here).
# `twins` is a pair in any order; `absorbed` is the pair (the concept's own latent, the one that
# says it in its place); `ring` is a list in the order around the circle, from any start and either
# way; `lever` is one number:
#
# $$\text{answer} = (\text{twins},\ \text{main} \to \text{by},\ \text{ring},\ \text{lever}).$$
#
# <details><summary>Hint 1: nudge</summary>
#
# Twins: which *rows* say the same? Absorbed: who is loud in the labelled samples where the main one
# is silent, and whose *row* points along the main one's? Ring: which latents lie in one plane, and
# what do the *data* look like in it (exercise 24)? Lever: do it (exercise 23), and look at
# `opened.says`.
#
# </details>
# <details><summary>Hint 2: shapes</summary>
#
# Leave out latents that never fire. Groups of more than four latents that are linked by cosines
# (above .28 in size) are the two planes. What the group says in sample $s$ is `latents[s, group] @
# W_dec[group]`, `[d_in]`; of all samples in which one of them fires these vectors fill two
# dimensions, which an SVD finds: `[sample, 2]` for exercise 24. The rows' angles in that plane give
# the order.
#
# </details>
# <details><summary>Hint 3: pseudocode</summary>
#
# ```text
# twins: the largest cosine between two different rows
# main: fires in most labelled samples and in no others
# by: in the labelled samples where main is silent, the latent that says most of the concept:
#     the mean of its activation, times what its row has along main's row
# the two planes: for each, project what its group says, and take the circularity
#     ring: the group with the larger one; sort its rows by their angle in the plane
# lever: for every latent: clamp all x at ten times its maximum; is every word WORD?
# ```
#
# </details>

# %% exercise="challenge_answer"
challenge_answer = {"twins": None, "absorbed": None, "ring": None, "lever": None}
### BEGIN SOLUTION
challenge_answer = {
    "twins": (15, 17),
    "absorbed": (3, 5),
    "ring": (6, 10, 8, 11, 18, 19),
    "lever": 21,
}
### END SOLUTION

# %% check="challenge_answer" points=6
with check(challenge_answer=challenge_answer) as c:
    found = c.value
    names = {"twins", "absorbed", "ring", "lever"}
    c.true(names <= set(found) and None not in found.values(), "all four entries are filled in")
    named = [*found["twins"], *found["absorbed"], *found["ring"], found["lever"]]
    here = range(len(opened.W_dec))
    c.true(all(latent in here for latent in named), "every number is a latent of your dictionary")
    pairs = [found["twins"], found["absorbed"]]
    c.true(all(len(set(pair)) == 2 for pair in pairs), "twins and absorbed are two latents each")
    ring_rows = unit_rows[list(found["ring"])]
    flat = torch.linalg.svdvals(ring_rows)[2:].max() < 1e-3 if len(ring_rows) > 2 else False
    c.true(flat, "the ring's rows lie in one plane, and are more than two")
    c.true(len(set(found["ring"])) == len(found["ring"]), "each latent of the ring is named once")
    steps = (ring_rows * ring_rows.roll(1, 0)).sum(dim=1)
    c.true((steps - steps.mean()).abs().max() < 1e-3, "neighbours on it are equally far apart")
    one, other = (challenge_latents[:, latent] > 0 for latent in found["twins"])
    c.true((one & other).sum() == 0, "twins never fire together")
    fires_for_concept = (challenge_latents[: unknown.LABELLED, found["absorbed"][0]] > 0).sum()
    c.true(fires_for_concept > 10, "the concept's latent fires in many of the labelled samples")

# %% [markdown]
# The check looks at the form of your answers, and at some signs that the right ones have, and
# passes many wrong ones. It does not check whether your twins are the twins or the two that are
# merely similar; who says the concept in the main latent's place, nor that you have the pair the
# right way round in every case; whether your plane is the ring or the blob; whether your list is
# all of it, next to next (every second latent is as evenly spaced); nor which latent is the lever.

# %% [markdown]
# ## The headline
#
# One picture of what a dictionary can and cannot tell you: a latent that falls silent where its
# child speaks, the score that explanations earn beside that of a dictionary that learned nothing,
# a feature that needs two numbers, and what one knob does to a sentence.

# %%
figure = headline.figure(
    fires=toys.who_fires(
        sae_forward(toys.fresh_sample(absorbing, seed=0)[0], **four_latents)[0],
        toys.cases(absorbing, toys.fresh_sample(absorbing, seed=0)[1]),
    ),
    kinds=list(toys.cases(absorbing, toys.fresh_sample(absorbing, seed=0)[1])),
    scores=word_score,
    points=planes["days"],
    words=days.DAYS,
    texts={name: PROMPT + text for name, text in texts_written.items()},
)
print("saved to", plots.save(figure, helpers.HEADLINE))
figure

# %% [markdown]
# ## What you have now
#
# - A **dictionary** is judged by what it finds, not by how well it reconstructs: the reconstruction
#   of part I got better and better while the truth was lost.
# - Each **recipe** repairs something: decoder norms a loss that can be cheated, TopK, gates and
#   thresholds the shrinkage of L1, the auxiliary loss the death of latents. The loss shows none of
#   it; invariances and planted truths do.
# - **Loss recovered** asks the model. Noise of the same size is the yardstick to hold it against.
# - What a latent *fires on* can look perfect while it misses whole cases: **absorption**. Which
#   features there are depends on how many latents there are: **splitting**. Both are cheap under
#   sparsity, and no reconstruction error shows them.
# - An **explanation** has to take a test on new text, beside a shuffled one and beside a dictionary
#   that learned nothing.
# - **Clamping** asks what a latent does. The error term stays; a random direction of the same
#   length stands beside it.
# - Some features need **two numbers**. A fit that could not have failed is no evidence for one.
#
# ## Further reading, with numbers to hold against yours
#
# Part I:
#
# - Bricken and others (2023), [*Towards
#   Monosemanticity*](https://transformer-circuits.pub/2023/monosemantic-features/index.html).
#   The autoencoder of exercise 1, unit rows and projected gradients, resampling. Theirs has 512
#   neurons and 4,096 latents in the run that they describe.
# - Rajamanoharan and others, *Improving Dictionary Learning with Gated Sparse Autoencoders* (2024),
#   [arXiv 2404.16014](https://arxiv.org/abs/2404.16014), and *Jumping Ahead* (2024), [arXiv
#   2407.14435](https://arxiv.org/abs/2407.14435). Shrinkage, measured; gates; JumpReLU and its
#   straight-through gradients.
# - Gao and others, *Scaling and evaluating sparse autoencoders* (2024), [arXiv
#   2406.04093](https://arxiv.org/abs/2406.04093). TopK, the auxiliary loss with a weight of 1/32,
#   16 million latents of which 7% are dead.
# - Bussmann and others, *Learning Multi-Level Features with Matryoshka Sparse Autoencoders* (2025),
#   [arXiv 2503.17547](https://arxiv.org/abs/2503.17547).
# - Dunefsky, Chlenski, Nanda, *Transcoders Find Interpretable LLM Feature Circuits* (2024), [arXiv
#   2406.11944](https://arxiv.org/abs/2406.11944).
# - Kissane and others, *Interpreting Attention Layer Outputs with Sparse Autoencoders* (2024),
#   [arXiv 2406.17759](https://arxiv.org/abs/2406.17759).
# - Gurnee, [*SAE reconstruction errors are (empirically) pathological*
#   ](https://www.alignmentforum.org/posts/rZPiuFxESMxCDHe4B) (2024): in GPT-2 small the errors cost
#   two to four and a half times as much as random ones of the same size.
#
# Part II:
#
# - Sharkey, Braun, Millidge, *Taking features out of superposition with sparse autoencoders*
#   (2022), [Alignment Forum](https://www.alignmentforum.org/posts/z6QQJbtpkEAX3Aojj). MMCS, on
#   planted features as in exercise 19.
# - Chanin and others, *A is for Absorption* (2024), [arXiv
#   2409.14507](https://arxiv.org/abs/2409.14507). Absorption and splitting, the toy of exercise 20,
#   and first letters in real dictionaries: in their toy the parent's latent is silent in all of the
#   child's samples. Hold your rate against the child's share.
# - Bills and others, [*Language models can explain neurons in language
#   models*](https://openaipublic.blob.core.windows.net/neuron-explainer/paper/index.html) (2023),
#   and Paulo and others, *Automatically Interpreting Millions of Features in Large Language Models*
#   (2024), [arXiv 2410.13928](https://arxiv.org/abs/2410.13928). Explanations that take a test;
#   detection is the second paper's.
# - Heap and others, *Sparse Autoencoders Can Interpret Randomly Initialized Transformers* (2025),
#   [arXiv 2501.17727](https://arxiv.org/abs/2501.17727). The control that most papers lacked.
# - Templeton and others, [*Scaling
#   Monosemanticity*](https://transformer-circuits.pub/2024/scaling-monosemanticity/) (2024).
#   Clamping; their bridge was clamped at ten times its maximum, and the error term stayed.
# - Kantamneni and others, *Are Sparse Autoencoders Useful?* (2025), [arXiv
#   2502.16681](https://arxiv.org/abs/2502.16681). Probes on latents beside plain probes, 113 data
#   sets.
# - Engels and others, *Not All Language Model Features Are One-Dimensionally Linear* (2024), [arXiv
#   2405.14860](https://arxiv.org/abs/2405.14860). Days and months on circles in GPT-2, Mistral 7B
#   and Llama 3 8B, found by clustering decoder rows, and used to reckon with days.
