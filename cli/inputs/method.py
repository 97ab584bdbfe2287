"""Which method did the user choose, with which settings? From options to a predictor."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer

from scalepredict.cli.inputs.parameters import METHOD
from scalepredict.errors import RefusedError
from scalepredict.predictors import registry

if TYPE_CHECKING:
    from scalepredict.predictors.cod.clustering import Clustering
    from scalepredict.predictors.interface import Predictor

METHODS = "{methods}"  # in a help text: the names of all, filled in when it is read


def predictors(incomplete: str) -> list[str]:
    """Names of methods that start so, for the shell that completes a word."""
    names = (*registry.available(), registry.AUTO)
    return [name for name in names if name.startswith(incomplete)]


ClusteringOption = Annotated[
    str | None,
    typer.Option(
        "--clustering",
        help="How cod clusters questions: mean-shift (improved, the default), plain-mean-shift, "
        "k-means, improved-k-means or dbscan.",
        rich_help_panel=METHOD,
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceOptions:
    """The space of capabilities that pooled methods read."""

    HEADING: ClassVar[str] = METHOD

    components: Annotated[
        int | None,
        typer.Option(
            "--components",
            min=1,
            metavar="K",
            help="Number of components (observational) or skills (skills). [default: averaged, by "
            "cross-validation]",
        ),
    ] = None
    standard: Annotated[
        tuple[str, ...],
        typer.Option(
            "--standard",
            metavar="BENCHMARK",
            help="Benchmarks that span the space of observational (repeatable). [default: those "
            "measured on most models]",
        ),
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceOptions:
    """What the default may take from public models."""

    HEADING: ClassVar[str] = METHOD

    no_reference: Annotated[
        bool,
        typer.Option("--no-reference", help="Forecast from these records alone: no public models."),
    ] = False
    reference_without: Annotated[
        tuple[str, ...],
        typer.Option(
            "--reference-without",
            metavar="LAB",
            help="Leave out the public models of a lab, e.g. meta (repeatable). The lab of these "
            "records is left out by its names anyway.",
        ),
    ] = ()

    def settings(self) -> dict[str, object]:
        """The settings of a method that were given."""
        given: dict[str, object] = {"reference": False} if self.no_reference else {}
        if self.reference_without:
            given["reference_without"] = self.reference_without
        return given

    def as_options(self) -> dict[str, Sequence[object]]:
        """What was given, as on the command line."""
        return {
            "--no-reference": [""] if self.no_reference else (),
            "--reference-without": self.reference_without,
        }

    def applied(self, method: "Predictor") -> "Predictor":
        """The method with those of the settings that it has.

        Raises:
            RefusedError: No lab of the public models goes by a name, or all are left out anyway.
        """
        if self.reference_without:
            if self.no_reference:
                raise RefusedError(
                    "--no-reference leaves out the models of every lab; leave out "
                    "--reference-without, or --no-reference."
                )
            from scalepredict.predictors.reference.served import named_labs

            named_labs(self.reference_without)
        unfitted: Any = method
        known = {field.name for field in fields(unfitted)}
        own = {name: value for name, value in self.settings().items() if name in known}
        result: Predictor = replace(unfitted, **own)
        return result

    def all_applied(self, methods: Iterable["Predictor"]) -> list["Predictor"]:
        """Each method with those of the settings that it has.

        Raises:
            RefusedError: None has them, or as of ``applied``.
        """
        unfitted: list[Any] = list(methods)
        known = {field.name for method in unfitted for field in fields(method)}
        if not self.settings().keys() <= known:
            option = "--no-reference" if self.no_reference else "--reference-without"
            names = ", ".join(method.name for method in unfitted)
            raise RefusedError(f"{option} means nothing to {names}; leave it out.")
        return [self.applied(method) for method in unfitted]


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodOptions:
    """One method and its settings; each setting holds for the methods that have it."""

    HEADING: ClassVar[str] = METHOD

    predictor: Annotated[
        str,
        typer.Option(
            "--predictor",
            "-p",
            help=f"Method: {METHODS}. Or auto: stack, or power_law or trend where it forecasts the "
            "last rungs of these records clearly better.",
            autocompletion=predictors,
        ),
    ] = registry.DEFAULT
    reference: ReferenceOptions
    space: SpaceOptions
    clustering: ClusteringOption = None

    @property
    def automatic(self) -> bool:
        """Whether the records may choose a plain law instead of what was chosen."""
        return self.predictor == registry.AUTO

    def chosen(self) -> "Predictor":
        """The method with the settings that were given.

        Raises:
            RefusedError: There is no such method, it does not have such a setting, or there is no
                such clustering.
        """
        name = registry.DEFAULT if self.automatic else self.predictor
        method: Any = registry.predictor_type(name)()
        given = {
            "components": self.space.components,
            "standard": self.space.standard or None,
            "clustering": None if self.clustering is None else chosen_clustering(self.clustering),
        }
        known = {field.name for field in fields(method)}
        for setting in self.reference.settings():
            if setting not in known:
                option = "no-reference" if setting == "reference" else "reference-without"
                raise RefusedError(
                    f"--{option} means nothing to the predictor {self.predictor!r}; leave it out."
                )
        method = self.reference.applied(method)
        for setting, value in given.items():
            if value is None:
                continue
            if setting not in known:
                raise RefusedError(
                    f"--{setting} means nothing to the predictor {self.predictor!r}; leave it out."
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
