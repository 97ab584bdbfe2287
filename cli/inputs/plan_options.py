"""How is a plan asked for? Target, budget and bounds, as `plan` and `plot plan` take them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from scalepredict.cli.inputs import present_fit
from scalepredict.cli.inputs.options import count
from scalepredict.cli.inputs.parameters import COST, METHOD, TARGET
from scalepredict.cli.inputs.target_options import check_size
from scalepredict.errors import CountError, RefusedError
from scalepredict.records.text.counts import format_count, listed, parse_count

if TYPE_CHECKING:
    from scalepredict.evaluation.intervals.calibration import Calibration
    from scalepredict.evaluation.planning.compute_cost import Machine
    from scalepredict.evaluation.planning.filled_in import Ladder
    from scalepredict.evaluation.planning.isocost import Isocost
    from scalepredict.evaluation.planning.next_runs import Run, Space
    from scalepredict.predictors.store.fit_file import StoredFit


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTarget:
    """What the big run is."""

    HEADING: ClassVar[str] = TARGET

    params: Annotated[
        float | None, typer.Option("--params", parser=count, help="Parameters of the target.")
    ] = None
    tokens: Annotated[
        float | None,
        typer.Option("--tokens", parser=count, metavar="D", help="Training tokens of the target."),
    ] = None
    flops: Annotated[
        float | None,
        typer.Option("--flops", parser=count, metavar="C", help="Training FLOPs of the target."),
    ] = None
    family: Annotated[
        str | None,
        typer.Option("--family", help="Plan for this family.", autocompletion=present_fit.families),
    ] = None
    benchmark: Annotated[
        tuple[str, ...],
        typer.Option(
            "--benchmark",
            help="Only this benchmark counts (repeatable).",
            autocompletion=present_fit.benchmarks,
        ),
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What compute costs."""

    HEADING: ClassVar[str] = COST

    gpu: Annotated[
        str | None,
        typer.Option("--gpu", help="Accelerator, for GPU-hours: h100, a100, mi300x, tpu-v5p, ..."),
    ] = None
    mfu: Annotated[
        float | None,
        typer.Option(
            "--mfu", metavar="P", help="Share of its peak that training reaches. [default: 0.4]"
        ),
    ] = None
    price: Annotated[
        float | None, typer.Option("--price", metavar="P", help="Price of a GPU-hour.")
    ] = None

    def machine(self) -> "Machine | None":
        """The accelerator at work; None if none is named.

        Raises:
            RefusedError: It is not known, or a price or share is given without it.
        """
        from scalepredict.evaluation.planning.compute_cost import USUAL_MFU, find_machine

        if self.gpu is None:
            if self.price is not None:
                raise RefusedError(
                    "--price is that of a GPU-hour; name the accelerator with --gpu."
                )
            if self.mfu is not None:
                raise RefusedError("--mfu is a share of an accelerator's peak; name it with --gpu.")
            return None
        mfu = USUAL_MFU if self.mfu is None else self.mfu
        return find_machine(self.gpu, mfu=mfu, price=self.price)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """Which runs may be proposed."""

    HEADING: ClassVar[str] = METHOD

    budget: Annotated[
        float | None,
        typer.Option(
            "--budget",
            parser=count,
            metavar="C",
            help="FLOPs to spend. [default: a quarter of the target's]",
            rich_help_panel=COST,
        ),
    ] = None
    gpu_hours: Annotated[
        float | None,
        typer.Option(
            "--gpu-hours",
            parser=count,
            metavar="H",
            help="The same in GPU-hours (--gpu).",
            rich_help_panel=COST,
        ),
    ] = None
    runs: Annotated[
        int,
        typer.Option(
            "--runs",
            min=1,
            max=9,
            help="Runs at the most. One does what three do; an even split errs more.",
        ),
    ] = 1
    sizes: Annotated[
        str | None,
        typer.Option(
            "--sizes", metavar="N,N,...", help="Sizes that can be trained: 125M,350M,1.3B."
        ),
    ] = None
    tokens_per_param: Annotated[
        str | None,
        typer.Option(
            "--tokens-per-param",
            metavar="LO..HI",
            help="Tokens per parameter of the runs. [default: those of the ladder and the target]",
        ),
    ] = None
    up_to: Annotated[
        float | None,
        typer.Option(
            "--up-to",
            parser=count,
            metavar="C",
            help="FLOPs of the largest run. [default: a quarter of the target's]",
        ),
    ] = None
    candidates: Annotated[
        Path | None,
        typer.Option(
            "--candidates",
            help="Runs to choose from: CSV with model, params, tokens, and cost (FLOPs) if it is "
            "not 6ND.",
        ),
    ] = None

    serve: Annotated[
        float | None,
        typer.Option(
            "--serve",
            parser=count,
            metavar="T",
            help="Instead: which size to train, if it will serve so many tokens and --budget "
            "[default: the target's] pays for both.",
        ),
    ] = None

    def flops(self, machine: "Machine | None") -> float | None:
        """The budget in FLOPs; None if none is given.

        Raises:
            RefusedError: Two budgets, or hours of no accelerator.
        """
        if self.gpu_hours is None:
            return self.budget
        if self.budget is not None:
            raise RefusedError("--budget and --gpu-hours are two budgets; give one of them.")
        if machine is None:
            raise RefusedError("--gpu-hours needs --gpu: hours of which accelerator?")
        return machine.flops(self.gpu_hours)


def ladder_of(
    stored: "StoredFit", constants: "Calibration", asked: PlanTarget, *, any_reach: bool
) -> "tuple[Ladder, tuple[str, ...]]":
    """The family that is planned for, with its target; and how that was understood.

    ``any_reach`` takes targets for which there is no forecast before another run is made.

    Raises:
        RefusedError: The fit has several families and none is named, or no plan can be made for it.
    """
    from scalepredict.evaluation.forecast.forecasting import known_compute
    from scalepredict.evaluation.planning.planned_ladder import ladder_for
    from scalepredict.predictors.scale.targets import (
        TargetRequest,
        describe_target,
        resolve_targets,
    )
    from scalepredict.records.subset import known_names

    check_size("--params", "params", asked.params)
    check_size("--tokens", "tokens", asked.tokens)
    names = [family for group in stored.fit.groups for family in group.families]
    if asked.family is not None:
        known_names("family", [asked.family], names)
    elif len(names) > 1:
        raise RefusedError(
            f"the fit holds {len(names)} families; choose one with --family NAME, of "
            f"{listed(names)}."
        )
    family = asked.family or names[0]
    group = next(group for group in stored.fit.groups if family in group.families)
    evidence = known_compute(group, family)
    request = TargetRequest(
        params=_one(asked.params), tokens=_one(asked.tokens), flops=_one(asked.flops)
    )
    target = resolve_targets(evidence, request, any_reach=any_reach)
    ladder = ladder_for(stored.fit, group, target.take(0), constants, benchmarks=asked.benchmark)
    return ladder, (describe_target(target, 0, ladder.evidence),)


def space_of(ladder: "Ladder", options: PlanOptions) -> "tuple[Space, tuple[str, ...]]":
    """Where the runs may lie, from the ladder and the options; and what is to be said about it.

    Raises:
        RefusedError: A bound is not understood.
        RecordError: The file of candidates is not understood.
    """
    from dataclasses import replace

    from scalepredict.cli.inputs.candidates_file import read_candidates
    from scalepredict.evaluation.planning.candidates import runs_of
    from scalepredict.evaluation.planning.planned_ladder import space_around

    if options.candidates is not None and (options.sizes or options.tokens_per_param):
        raise RefusedError(
            "--candidates are whole designs, and --sizes and --tokens-per-param bound others; "
            "leave them out."
        )
    space = space_around(
        ladder,
        ratios=_ratios(options.tokens_per_param),
        most_flops=options.up_to,
        sizes=_sizes(options.sizes),
    )
    if space.most_flops >= space.flops:
        raise RefusedError(
            f"--up-to {format_count(space.most_flops)}: a run of so many FLOPs is no smaller than "
            f"the target ({format_count(space.flops)}); give less."
        )
    if options.candidates is None:
        return space, ()
    rows, notes = read_candidates(options.candidates)
    return replace(space, candidates=tuple(runs_of(rows, space))), notes


def line_of(
    ladder: "Ladder",
    space: "Space",
    options: PlanOptions,
    budget: float | None,
    *,
    tried: bool = False,
) -> "tuple[Isocost, tuple[str, ...]]":
    """Sizes that train and then serve for one cost; and what must be known beside them.

    Raises:
        RefusedError: No such size, no benchmark to judge it by, or an option that belongs to runs.
    """
    from scalepredict.evaluation.planning.counted import count_benchmarks
    from scalepredict.evaluation.planning.isocost import isocost, serving_cost

    assert options.serve is not None
    if tried or options.candidates is not None or options.up_to is not None or options.runs != 1:
        raise RefusedError(
            "--candidates, --up-to, --runs and --try are about small runs, and --serve about the "
            "size of the big one; leave them out."
        )
    counted = count_benchmarks(ladder)
    if not counted.columns:
        raise RefusedError(
            "no benchmark of the ladder tells sizes apart: all are at chance or have no forecast."
        )
    own = space.flops + serving_cost(space, space.params, options.serve)
    line = isocost(
        ladder,
        space,
        columns=counted.columns,
        cost=own if budget is None else budget,
        served=options.serve,
        ratios=_ratios(options.tokens_per_param),
    )
    notes = list(counted.notes)
    if counted.at_chance:
        notes.append(f"at chance in every run, so not in the mean: {', '.join(counted.at_chance)}.")
    dropped = set(space.sizes) - set(line.forecast.targets.params.tolist())
    if dropped:
        notes.append(
            f"cannot be trained and serve for that cost, or lie outside the tokens per parameter "
            f"or what can be forecast: {', '.join(map(format_count, sorted(dropped)))}."
        )
    return line, tuple(notes)


def designs_of(texts: Sequence[str], space: "Space", largest: float) -> "list[Run]":
    """Runs from texts like ``1.4B:28B``; ``largest`` is the FLOPs of the ladder's largest run.

    Raises:
        RefusedError: One is no such pair, no smaller than the target, or too far below it.
    """
    from scalepredict.evaluation.planning.next_runs import Run
    from scalepredict.predictors.limits import MAX_FACTOR

    made = []
    for text in texts:
        params, _, tokens = text.partition(":")
        try:
            n, d = parse_count(params), parse_count(tokens)
        except CountError as problem:
            raise RefusedError(
                f"--try {text!r}: {problem} A design is N:D, like 1.4B:28B."
            ) from problem
        flops = space.flops_of(n, d)
        if flops >= space.flops:
            raise RefusedError(
                f"--try {text!r}: {format_count(flops)} FLOPs are no fewer than the target's "
                f"{format_count(space.flops)}; try a smaller run."
            )
        if max(flops, largest) * (1 + 1e-9) < space.flops / MAX_FACTOR:
            raise RefusedError(
                f"--try {text!r}: with its {format_count(flops)} FLOPs the target is still beyond "
                f"{MAX_FACTOR:.0f}x, where no forecast was ever checked; try one of "
                f"{format_count(space.flops / MAX_FACTOR)} or more."
            )
        made.append(Run(params=n, tokens=d, flops=flops, cost=flops))
    return made


def _ratios(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    low, dots, high = text.partition("..")
    try:
        bounds = parse_count(low), parse_count(high if dots else low)
    except CountError as problem:
        raise RefusedError(f"--tokens-per-param {text!r}: {problem} Write LO..HI.") from problem
    if bounds[0] > bounds[1]:
        raise RefusedError(f"--tokens-per-param {text!r}: the lower bound goes first.")
    return bounds


def _sizes(text: str | None) -> tuple[float, ...]:
    if text is None:
        return ()
    try:
        return tuple(dict.fromkeys(parse_count(size) for size in text.split(",")))
    except CountError as problem:
        raise RefusedError(f"--sizes {text!r}: {problem}") from problem


def _one(value: float | None) -> tuple[float, ...]:
    return () if value is None else (value,)
