"""What is planned for, and where may runs lie? One family's law and evidence, and its target."""

from collections.abc import Sequence

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.evaluation.forecast.forecasting import known_compute
from scalepredict.evaluation.intervals.calibration import Calibration
from scalepredict.evaluation.planning.filled_in import Ladder
from scalepredict.evaluation.planning.next_runs import LARGEST_SHARE, Space
from scalepredict.predictors.fit_families import Fit, FittedGroup
from scalepredict.predictors.interface import Targets
from scalepredict.predictors.scale.design import read_design
from scalepredict.predictors.scale.sparsity import with_active_params
from scalepredict.records.subset import known_names


def ladder_for(
    fit: Fit,
    group: FittedGroup,
    target: Targets,
    calibration: Calibration,
    *,
    benchmarks: Sequence[str] = (),
) -> Ladder:
    """The ladder of a target's family.

    Args:
        fit: All laws.
        group: The one of the family.
        target: One target.
        calibration: Makes the intervals.
        benchmarks: Those that count; empty = all.

    Raises:
        RefusedError: A benchmark is unknown, no compute is known, or the method cannot be fitted
            again.
    """
    predictor = fit.predictor
    if predictor.pools_families or predictor.reads_tasks:
        raise RefusedError(
            f"{predictor.name} is not fitted again for each budget; fit with --predictor stack."
        )
    evidence = known_compute(group, target.family[0])
    shown = [unit.shown for unit in evidence.units]
    known_names("benchmark", benchmarks, shown)
    return Ladder(
        group=group,
        evidence=evidence,
        wanted=tuple(i for i, name in enumerate(shown) if name in (benchmarks or shown)),
        predictor=predictor,
        calibration=calibration,
        target=target,
    )


def space_around(
    ladder: Ladder,
    *,
    ratios: tuple[float, float] | None = None,
    most_flops: float | None = None,
    sizes: tuple[float, ...] = (),
) -> Space:
    """Where runs may lie.

    Args:
        ladder: Evidence and target.
        ratios: Least and most tokens per parameter; None = those of the ladder and the target.
        most_flops: FLOPs of the largest run; None = a quarter of the target's.
        sizes: Parameters that can be trained; empty = any.
    """
    design = read_design(with_active_params(ladder.evidence))
    params, tokens, flops = (
        float(getattr(ladder.target, name)[0]) for name in ("params", "tokens", "flops")
    )
    accounting = flops / design.flops(params, tokens)
    known = ladder.evidence.tokens / ladder.evidence.params
    every = np.append(known[np.isfinite(known)], tokens / params)
    return Space(
        params=params,
        tokens=tokens,
        flops=flops,
        ratios=ratios or (float(every.min()), float(every.max())),
        most_flops=most_flops or LARGEST_SHARE * flops,
        flops_of=lambda n, d: accounting * design.flops(n, d),
        sizes=sizes,
    )
