"""Wrong ways to compare a dictionary with the truth that students write."""

import torch
from scipy.optimize import linear_sum_assignment


def _cosines(W_dec, truth):
    rows = truth / truth.norm(dim=1, keepdim=True)
    return rows @ (W_dec / W_dec.norm(dim=1, keepdim=True)).mT


def _paired(cosines, maximize=True):
    _, partner = linear_sum_assignment(cosines.detach().numpy(), maximize=maximize)
    partner = torch.as_tensor(partner)
    return partner, cosines[torch.arange(len(cosines)), partner]


def not_normalised(W_dec, truth):
    """You take scalar products: divide by both lengths, a long row is not a better one."""
    products = truth @ W_dec.mT
    return products.amax(1).mean().item(), *_paired(products)


def truth_not_normalised(W_dec, truth):
    """You normalise the dictionary only: the true directions have lengths, too."""
    products = truth @ (W_dec / W_dec.norm(dim=1, keepdim=True)).mT
    return products.amax(1).mean().item(), *_paired(products)


def normalised_over_features(W_dec, truth):
    """You normalise each coordinate over the rows: a direction is a row."""
    cosines = (truth / truth.norm(dim=0)) @ (W_dec / W_dec.norm(dim=0)).mT
    return cosines.amax(1).mean().item(), *_paired(cosines)


def centred_cosines(W_dec, truth):
    """You subtract each row's mean first: that is a correlation, and a direction has no mean to
    lose."""
    cosines = _cosines(W_dec - W_dec.mean(1, keepdim=True), truth - truth.mean(1, keepdim=True))
    return cosines.amax(1).mean().item(), *_paired(cosines)


def absolute_cosines(W_dec, truth):
    """You drop the sign: a latent only adds its direction, so the opposite one is not found."""
    cosines = _cosines(W_dec, truth).abs()
    return cosines.amax(1).mean().item(), *_paired(cosines)


def squared_cosines(W_dec, truth):
    """You square the cosines: that loses the sign, and .7 becomes .5."""
    cosines = _cosines(W_dec, truth).square()
    return cosines.amax(1).mean().item(), *_paired(cosines)


def mean_over_latents(W_dec, truth):
    """You take the best feature for each latent: MMCS is the mean over the *features* of the best
    latent; your way a dictionary of copies looks perfect."""
    cosines = _cosines(W_dec, truth)
    return cosines.amax(0).mean().item(), *_paired(cosines)


def mmcs_of_the_pairs(W_dec, truth):
    """Your MMCS is the mean over the pairs: it takes the best latent of each feature, whether or
    not another feature has it, too."""
    partner, paired = _paired(_cosines(W_dec, truth))
    return paired.mean().item(), partner, paired


def each_takes_its_best(W_dec, truth):
    """You give each feature its best latent: two features may then have the same one; each latent
    is partner of one feature at most."""
    best = _cosines(W_dec, truth).max(dim=1)
    return best.values.mean().item(), best.indices, best.values


def greedy_in_order(W_dec, truth):
    """You let features choose one after the other: who comes first takes what another one needed
    more. The sum over all pairs is to be largest."""
    cosines = _cosines(W_dec, truth)
    free, partner = cosines.clone(), []
    for row in range(len(truth)):
        partner.append(int(free[row].argmax()))
        free[:, partner[-1]] = -torch.inf
    partner = torch.tensor(partner)
    return cosines.amax(1).mean().item(), partner, cosines[torch.arange(len(truth)), partner]


def greedy_best_first(W_dec, truth):
    """You pair the largest cosine first, then the largest that is left: a pair that is best alone
    can cost two others more. The sum over all pairs is to be largest."""
    cosines = _cosines(W_dec, truth)
    free, partner = cosines.clone(), torch.zeros(len(truth), dtype=torch.int64)
    for _ in range(len(truth)):
        row, column = divmod(int(free.argmax()), free.shape[1])
        partner[row] = column
        free[row], free[:, column] = -torch.inf, -torch.inf
    return cosines.amax(1).mean().item(), partner, cosines[torch.arange(len(truth)), partner]


def smallest_sum(W_dec, truth):
    """Your pairing has the smallest sum: `linear_sum_assignment` minimises unless it is told
    otherwise."""
    cosines = _cosines(W_dec, truth)
    return cosines.amax(1).mean().item(), *_paired(cosines, maximize=False)


def partners_shuffled_back(W_dec, truth):
    """You sort the partners: entry i is the partner of feature i."""
    cosines = _cosines(W_dec, truth)
    partner, paired = _paired(cosines)
    return cosines.amax(1).mean().item(), partner.sort().values, paired


def row_for_row(W_dec, truth):
    """You compare row i with row i: the order of a dictionary means nothing."""
    cosines = _cosines(W_dec, truth)
    partner = torch.arange(len(truth))
    return cosines.amax(1).mean().item(), partner, cosines[partner, partner]


def sum_for_mean(W_dec, truth):
    """Your MMCS is a sum: it is the mean over the features."""
    cosines = _cosines(W_dec, truth)
    return cosines.amax(1).sum().item(), *_paired(cosines)
