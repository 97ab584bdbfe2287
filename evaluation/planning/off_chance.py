"""At which size does a benchmark leave chance, by the present forecast?"""

import numpy as np

from scalepredict.evaluation.forecast.doubts import aligned
from scalepredict.evaluation.planning.filled_in import Ladder, targets_at
from scalepredict.evaluation.planning.next_runs import Run, Space, on_ray
from scalepredict.predictors.limits import MEASURABLE

SIZES = 49  # between the largest run and the target


def leaves_chance(ladder: Ladder, space: Space, column: int) -> Run | None:
    """The smallest run on the target's ray whose forecast is measurably above chance.

    None if not even that of the target is, or chance is not known.
    """
    largest = float(np.nanmax(ladder.evidence.flops))
    runs = [on_ray(space, float(flops)) for flops in np.geomspace(largest, space.flops, SIZES)]
    params, tokens, flops = np.array([(run.params, run.tokens, run.flops) for run in runs]).T
    targets = targets_at(ladder, params, tokens, flops)
    point = aligned(ladder.group.law.forecast(targets), ladder.evidence).point[:, column]
    above = point >= ladder.evidence.units[column].chance + MEASURABLE
    return runs[int(np.argmax(above))] if above.any() else None
