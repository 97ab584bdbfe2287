"""Into how many groups can points be cut, with none too small? K-means, and the search for its k.

Source: Lloyd 1982 (doi:10.1109/TIT.1982.1056489), by scikit-learn. That the smallest group sets k
    is the idea of the ablation of Xu et al. 2025 (COD, 2502.17262).
Departures: no more than MAX_GROUPS, because the cost grows with the points times k.
Fails when: a few points lie far from all others. They are a group of their own, and end the search.
"""

from typing import NamedTuple

import numpy as np

from scalepredict.records.table import Floats, Ints

MAX_GROUPS = 128


class Groups(NamedTuple):
    """Result of k-means.

    Attributes:
        labels: Index of the nearest center. Shape (n,).
        distance: From it, in the unit of the points. Shape (n,).
        k: Number of groups.
    """

    labels: Ints
    distance: Floats
    k: int


def finest_k_means(points: Floats, *, min_size: int, at_least: int = 1) -> Groups | None:
    """The most groups of which none is smaller than ``min_size``; None if ``at_least`` is too many.

    k is doubled until a group is too small, then halved into: sizes fall with k, if not steadily.

    Args:
        points: Shape (n, d).
        min_size: Points in the smallest group.
        at_least: The first k that is tried.
    """
    largest = min(len(points) // min_size, len(np.unique(points, axis=0)), MAX_GROUPS)
    found, k, too_many = None, at_least, largest + 1
    while k < too_many:
        tried = _k_means(points, k)
        if np.bincount(tried.labels, minlength=k).min() >= min_size:
            found = tried
        else:
            too_many = k
        if found is None:
            break
        k = max(min(2 * found.k, (found.k + too_many) // 2), found.k + 1)
    return found


def _k_means(points: Floats, k: int) -> Groups:
    # Imported here: half a second that the default method does not need.
    from sklearn.cluster import KMeans

    model = KMeans(n_clusters=k, n_init=1, random_state=0).fit(points)
    labels = np.asarray(model.labels_, dtype=np.intp)
    return Groups(labels, np.linalg.norm(points - model.cluster_centers_[labels], axis=1), k)
