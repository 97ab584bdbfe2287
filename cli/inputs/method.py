"""Which method did the user choose, with which settings? From options to a predictor."""

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scalepredict.errors import RefusedError

if TYPE_CHECKING:
    from scalepredict.predictors.cod.clustering import Clustering
    from scalepredict.predictors.interface import Predictor

ComponentsOption = Annotated[
    int | None,
    typer.Option(
        "--components",
        min=1,
        metavar="K",
        help="Number of components (observational) or skills (skills). [default: averaged, by "
        "cross-validation]",
    ),
]
StandardOption = Annotated[
    list[str] | None,
    typer.Option(
        "--standard",
        metavar="BENCHMARK",
        help="Benchmarks that span the space of observational (repeatable). [default: those "
        "measured on most models]",
    ),
]
ClusteringOption = Annotated[
    str | None,
    typer.Option(
        "--clustering",
        metavar="NAME",
        help="How cod clusters questions: mean-shift (improved, the default), plain-mean-shift, "
        "k-means, improved-k-means or dbscan.",
    ),
]


def chosen_method(
    name: str,
    *,
    components: int | None = None,
    standard: list[str] | None = None,
    clustering: str | None = None,
) -> "Predictor":
    """The method with the settings that were given.

    Raises:
        RefusedError: There is no such method, it does not have such a setting, or there is no
            such clustering.
    """
    from scalepredict.predictors.registry import predictor_type

    method: Any = predictor_type(name)()
    given = {
        "components": components,
        "standard": tuple(standard or ()) or None,
        "clustering": None if clustering is None else chosen_clustering(clustering),
    }
    known = {field.name for field in fields(method)}
    for setting, value in given.items():
        if value is None:
            continue
        if setting not in known:
            raise RefusedError(
                f"--{setting} means nothing to the predictor {name!r}; leave it out."
            )
        method = replace(method, **{setting: value})
    chosen: Predictor = method
    return chosen


def chosen_clustering(name: str | None) -> "Clustering":
    """The clustering of that name, or the default one.

    Raises:
        RefusedError: There is no such clustering.
    """
    from scalepredict.predictors.cod.clustering import Clustering

    return Clustering() if name is None else Clustering(method=name)
