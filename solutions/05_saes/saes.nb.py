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
# | II | What is in a dictionary, and what does it do? | 19 on |
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
from collections.abc import Callable, Sequence
from functools import partial

import torch
from einops import einsum
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from tqdm.auto import tqdm
from transformer_lens.model_bridge import TransformerBridge

from labkit import check, data, models, plots
from labkit.planted import sparse_features

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
# difficulty 2/5 · importance 5/5 · 10 min
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
    """Return squared error plus l1 times the size of what the latents write, a mean over samples."""
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
    asked = latents.clone().requires_grad_(True)
    c.true(c.call(x, x_hat, asked, W_dec, 0.7).requires_grad, "the latents get a gradient")

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
# difficulty 2/5 · importance 5/5 · 10 min
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
    W_enc, b_enc, W_dec = torch.randn(4, 7), torch.randn(7), 3 * torch.randn(7, 4)
    W_dec[2] = 0
    new_enc, new_bias, new_dec = c.call(W_enc, b_enc, W_dec)
    rows = [0, 1, 3, 4, 5, 6]
    c.close(new_dec.norm(dim=1)[rows], torch.ones(6), "every decoder row has length 1")
    turned = nn.functional.cosine_similarity(new_dec[rows], W_dec[rows])
    c.close(turned, torch.ones(6), "and its direction of before")
    c.true(new_dec[2].isfinite().all() and (new_dec[2] == 0).all(), "a row of zeros stays one")
    before = torch.relu((x - b_dec) @ W_enc + b_enc) @ W_dec
    after = torch.relu((x - b_dec) @ new_enc + new_bias) @ new_dec
    c.close(after, before, "the reconstruction is the same for every x", atol=1e-4)

# %% [markdown]
# ### Exercise 5: project_grad
#
# difficulty 3/5 · importance 3/5 · 10 min
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
    along = torch.randn(7, 1) * W_dec
    c.close(c.call(W_dec, left + along), left, "only the part along the row goes", atol=1e-4)

# %% [markdown]
# ### Exercise 6: train_sae
#
# difficulty 3/5 · importance 5/5 · 20 min
#
# Now train. `weights` is a dictionary of tensors, one of them `W_dec`; `objective(weights, x)`
# returns the loss of a batch. (It is an argument because the recipes of this lab differ in nothing
# but their objective. `l1_objective`, in the cell below, is the first one.) For each batch, in
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


# %%
def l1_objective(
    weights: dict[str, Tensor], x: Float[Tensor, "batch d_in"], l1: float = 0.5
) -> Float[Tensor, ""]:
    """Return the loss of exercise 2 on a batch."""
    latents, x_hat = sae_forward(x, **weights)
    return sae_loss(x, x_hat, latents, weights["W_dec"], l1)


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


dictionaries, scores = {}, {}
for price in (0.1, 0.3, 0.5):
    name = f"L1, price {price}"
    trained, _ = train_sae(fresh, batches, partial(l1_objective, l1=price))
    dictionaries[name] = trained
    scores[name] = helpers.judge(toy, trained, relu_latents)
    l0, fvu = metrics(scores[name].x, scores[name].x_hat, scores[name].latents)
    print(f"{name}: L0 {l0:5.1f}   FVU {fvu:.3f}   {scores[name].line()}")
best = scores["L1, price 0.5"]
helpers.versus(my_features_found_at_the_high_price, best.found, "Features found at price 0.5")
helpers.versus(my_size_recovered, round(best.size.mean().item(), 2), "Share of the size recovered")

# %% [markdown]
# At the low price the reconstruction is nearly perfect, and the dictionary is wrong: two dozen
# latents take part in every sample, and few of them stand for a feature. At the high price all the
# directions are right, the reconstruction is five times worse, and every feature comes out far too
# small. The price that makes latents go to 0 also pulls on those that should be there: that is
# **shrinkage**, and getting rid of it is what the next recipes are for.

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
    draw = torch.Generator().manual_seed(seed)
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

# %% [markdown]
# ### Do the dead come back?
#
# An experiment with a bad start: three quarters of the latents begin with an encoder so small that
# they are never among the three largest. `TopKObjective` is the loss of a TopK dictionary. It counts
# for each latent the batches since it last fired, calls it dead after 50, and adds an eighth of
# your `aux_k`.
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
# ### Exercise 10: gated
#
# difficulty 3/5 · importance 3/5 · 15 min
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
# difficulty 4/5 · importance 3/5 · 15 min
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
    c.true((leaves[1].grad != 0).any(), "the gates learn")

# %% [markdown]
# ### Exercise 12: jumprelu
#
# difficulty 4/5 · importance 4/5 · 20 min
#
# The same idea with one number less (Rajamanoharan and others, 2024b): each latent has a threshold
# $\theta_i > 0$ that is learned. Below it the latent is 0, above it the pre-activation comes through
# as it is:
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
# gradient: `t - t.detach()` is 0 and has the gradient of `t`. The threshold `[n_latents]` broadcasts
# over the batch, and its gradient is a sum over it.
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
    pre = torch.tensor([[0.55, 0.3, 3.0], [0.4, 1.5, -2.0], [-0.45, 1.02, 1.9]])
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
# difficulty 3/5 · importance 4/5 · 15 min
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
    pre = torch.tensor([[0.55, 0.3, 3.0], [0.4, 1.5, -2.0], [-0.45, 1.02, 1.9], [0.6, 0.99, 0.0]])
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
# difficulty 3/5 · importance 4/5 · 15 min
#
# In a large dictionary a general feature (*an animal*) tends to be eaten by its special cases
# (*a cat*, *a dog*): that is absorption, and part II shows it. Matryoshka dictionaries (Bussmann and
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

# %% [markdown]
# ### Five recipes, one truth
#
# All recipes now, from the same start, on the same 1,500 batches. The JumpReLU dictionary learns
# $\ln \theta$, so that its thresholds stay positive; the Matryoshka dictionary is a TopK one with
# another error.
#
# **Predict.** TopK, with $k = 3$, and L1 at its best price: which finds more features? Which gives
# the sizes more truly? And which has the lower FVU? (L1 has several times as many latents to
# reconstruct with.)

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
    error = (x - x_hat).square().sum(dim=1).mean()
    return error + l0 * l0_penalty(pre, threshold, bandwidth)


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
recipes = {
    "Gated": (gated_start, gated_objective, gated_latents),
    "TopK": (fresh, TopKObjective(128, k=3), topk_latents),
    "JumpReLU": (jumprelu_start, jumprelu_objective, jumprelu_latents),
    "Matryoshka": (fresh, MatryoshkaObjective(128, k=3), topk_latents),
}
compared = {"L1": scores["L1, price 0.5"]}
for name, (start, objective, latents_of) in recipes.items():
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
sweep = {}
for k in (1, 2, 3, 5, 8, 12):
    trained, _ = train_sae(fresh, batches, TopKObjective(128, k=k))
    sweep[k] = helpers.judge(toy, trained, partial(topk_latents, k=k))
fvu = {k: metrics(score.x, score.x_hat, score.latents)[1] for k, score in sweep.items()}
helpers.versus(my_best_k_by_fvu, min(fvu, key=fvu.get), "The best k by FVU")
most = max(sweep, key=lambda k: sweep[k].cosines.mean())
helpers.versus(my_best_k_by_features_found, most, "The best k by cosine to the truth")
figures.comparison({name: compared[name] for name in ("L1", "TopK", "JumpReLU")}, sweep, fvu)

# %% [markdown]
# The L1 dictionary finds every direction, and recovers less than half of the sizes. TopK finds
# nearly every direction, at nearly the right size, with 3 latents per sample where L1 has 7.5. The
# others lie between. (None of them is the best recipe for good: their prices were chosen in a
# minute, and other data would order them differently.) And look at the sweep: the FVU falls and falls as $k$ grows, while the cosines to the
# truth are best where $k$ is near the number of features that are really there. **A dictionary with
# a better reconstruction is not a truer dictionary.** In a real model nobody can draw the second
# curve; keep it in mind when somebody shows you the first.

# %% [markdown] question="spot_the_bug" points=2
# ### Question A: spot the bug
#
# This objective trains without an error. Its reconstruction is good and its loss falls as it
# should. When it has finished, none of the planted features is found, the dictionary's L0 is 24
# where the truth has 2.8, and the decoder rows have a mean length of 4.
#
# ```python
# def objective(weights, x):
#     latents, x_hat = sae_forward(x, **weights)
#     error = (x - x_hat).square().sum(dim=1)
#     return (error + 0.2 * latents.sum(dim=1)).mean()
#
# for x in batches:
#     loss = objective(weights, x)
#     optimizer.zero_grad()
#     loss.backward()
#     optimizer.step()
# ```
#
# (1) Where is the mistake, and why does the loss not show it? (2) Write down a property of the loss,
# testable in a line and without training, that this one lacks. (3) Name two different repairs.
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
# difficulty 3/5 · importance 3/5 · 15 min
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
# of `smollm2` after block 14: in each position a random direction, with a length such that the FVU
# of that position is 1%, 5%, 10% or 30%. (Position 0 of a text has an activation far larger than
# all others, and no noise is put on it.)
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
    fvu: loss_recovered(smollm2, story, "blocks.14.hook_resid_post", partial(noisy, fvu=fvu))
    for fvu in noise_levels
}
helpers.versus(my_loss_recovered_under_noise, round(recovered[0.1], 3), "Loss recovered at 10%")
print("   ".join(f"FVU {fvu:.2f}: {share:.3f}" for fvu, share in recovered.items()))

# %% [markdown]
# Noise is cheap. So a dictionary that recovers 95% at an FVU of 10% has done *less* well than noise
# of the same size would: its errors lie in directions that the model uses. Gurnee (2024) found just
# that in GPT-2, and called the errors of dictionaries pathological. Hold the dictionary of part II
# against your figures here.

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
# difficulty 3/5 · importance 3/5 · 15 min
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
# difficulty 3/5 · importance 3/5 · 15 min
#
# And on the other side: a latent's decoder row says what it stands for in $z$; $W_O$ `[head, d_head,
# d_model]` says what becomes of that in the stream. Give, for each latent, what each head's part of
# its row writes:
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

# %% [markdown]
# ## What you have now
#
# - A **dictionary** is judged by what it finds, not by how well it reconstructs: the reconstruction
#   of part I got better and better while the truth was lost.
#
# ## Further reading, with numbers to hold against yours
