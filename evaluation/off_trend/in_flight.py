"""Where will a run in progress end? Its own trajectory and the ladder, weighted by precision.

    trajectory: the curves of next_score.py continued to the last token; their variance, plus
        (wander * ln(tokens left))^2, because the true curve is not a line
    ladder: the calibrated forecast (its scale holds the sampling error of one measurement, which
        is left in: it cannot be told apart there)
    together: mean weighted by 1 / variance; the error of the final measurement is added again

The original forecast still holds for a benchmark as far as the distribution that both give
together lies inside its 90 % interval.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from scalepredict.evaluation.intervals.levels import CLAIM
from scalepredict.evaluation.off_trend.ladders.against_ladder import Ladder, matching_units
from scalepredict.evaluation.off_trend.own_past.next_score import base_variance, predict_next
from scalepredict.evaluation.off_trend.own_past.own_noise import learn_noise
from scalepredict.evaluation.off_trend.own_past.run_judge import MEMORY
from scalepredict.evaluation.off_trend.own_past.runs import Run
from scalepredict.evaluation.off_trend.rules.gate import Gate
from scalepredict.evaluation.off_trend.rules.scene import Evidence
from scalepredict.evaluation.off_trend.walk_runs import walk
from scalepredict.predictors.interface import Forecast
from scalepredict.records.table import Checkpoint, Floats, Ints, Unit

HOLDS = 0.5  # probability of the final score inside it
VARIANCE_FLOOR = 1e-6  # a tenth of a point


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InFlight:
    """The final scores of one run in progress, T units. Scores are fractions; NaN = not known.

    Attributes:
        checkpoint: Its latest checkpoint.
        final_tokens: Tokens at which it ends.
        units: The benchmarks, length T.
        now: Latest scores. Shape (T,).
        trajectory: Final scores from the run alone. Shape (T,).
        ladder: Final scores that the ladder forecasts. Shape (T,).
        promised: That forecast of the benchmarks that it has; None = there is no ladder.
        columns: Where those stand among the units. Shape (B,).
        together: Final scores from both. Shape (T,).
        sd: Of the final measurement around it. Shape (T,).
        inside: Probability of a final measurement inside the original interval. Shape (T,).
    """

    checkpoint: Checkpoint
    final_tokens: float
    units: tuple[Unit, ...]
    now: Floats
    trajectory: Floats
    ladder: Floats
    promised: Forecast | None
    columns: Ints
    together: Floats
    sd: Floats
    inside: Floats

    def original(self, level: float) -> tuple[Floats, Floats]:
        """Interval of the ladder's forecast. Two (T,)."""
        return _original(self.promised, self.columns, len(self.units), level)

    def interval(self, level: float) -> tuple[Floats, Floats]:
        """Interval of the final measurement from both. Two (T,)."""
        half = float(ndtri((1 + level) / 2)) * self.sd
        return np.clip(self.together - half, 0, 1), np.clip(self.together + half, 0, 1)

    def holds(self, t: int) -> bool | None:
        """Whether the original 90 % interval still holds; None if there is none to compare."""
        return None if np.isnan(self.inside[t]) else bool(self.inside[t] >= HOLDS)


def forecast_final(
    evidence: Evidence, run: Run, *, final_tokens: float, ladder: Ladder | None, gate: Gate
) -> InFlight:
    """Forecast the final scores of a run.

    Args:
        evidence: The table.
        run: The run.
        final_tokens: Tokens at which it ends.
        ladder: What to combine the trajectory with; None = the trajectory alone.
        gate: How the run is walked.
    """
    table = evidence.table
    latest = table.checkpoints[run.rows[-1]]
    end = float(np.log(final_tokens))
    line, of_line, of_one = _continued(evidence, run, end)
    left = end - run.log_tokens[-1]
    own_variance = of_line + (gate.wander * left) ** 2 + VARIANCE_FLOOR
    promised, columns = _from_ladder(evidence, latest, final_tokens, ladder)
    point, variance = np.full((2, len(table.units)), np.nan)
    if promised is not None:
        assert promised.scale is not None
        point[columns], variance[columns] = promised.point[0], promised.scale[0] ** 2
    low, high = _original(promised, columns, len(table.units), CLAIM)
    weight = np.stack([1 / own_variance, 1 / variance])
    weight = np.where(np.isfinite(weight), weight, 0.0)
    points = np.nan_to_num(np.stack([line, point]))
    with np.errstate(invalid="ignore", divide="ignore"):
        together = (weight * points).sum(axis=0) / weight.sum(axis=0)
        sd = np.sqrt(1 / weight.sum(axis=0) + of_one)
    return InFlight(
        checkpoint=latest,
        final_tokens=final_tokens,
        units=table.units,
        now=table.scores[run.rows[-1]],
        trajectory=line,
        ladder=point,
        promised=promised,
        columns=columns,
        together=together,
        sd=sd,
        inside=ndtr((high - together) / sd) - ndtr((low - together) / sd),
    )


def _continued(evidence: Evidence, run: Run, end: float) -> tuple[Floats, Floats, Floats]:
    # The curves of the run at its end: their mean, its variance, and that of one measurement there.
    line, of_line, of_one = np.full((3, len(evidence.table.units)), np.nan)
    states = walk(evidence, run, first=len(run.rows) - MEMORY).states
    for family, state in zip(evidence.families, states, strict=True):
        bench, columns = family.bench, family.columns
        if not bench.bounded.all():
            continue
        noise = learn_noise(
            state.residuals, state.variances, labels=bench.labels, priors=bench.priors
        )
        answers = evidence.quality.noise[run.rows[-1], columns]
        final = predict_next(
            state.log_tokens,
            state.scores,
            at=end,
            noise=answers,
            phi=noise.run,
            evidence=state.evidence,
            bounded=bench.bounded,
        )
        phi = noise.phi[np.argmax(bench.groups, axis=0)]
        one = base_variance(final.expected, answers, bench.bounded)
        line[columns] = final.expected
        of_line[columns] = phi * (final.variance - one) + final.bend
        of_one[columns] = phi * one
    return line, of_line, of_one


def _from_ladder(
    evidence: Evidence,
    latest: Checkpoint,
    final_tokens: float,
    ladder: Ladder | None,
) -> tuple[Forecast | None, Ints]:
    if ladder is None or latest.params is None:
        return None, np.zeros(0, dtype=np.intp)
    forecast = ladder.forecast(latest.family, latest.params, final_tokens)
    columns, places = matching_units(evidence.table, forecast)
    return forecast.take_units(places), columns


def _original(
    promised: Forecast | None, columns: Ints, n_units: int, level: float
) -> tuple[Floats, Floats]:
    low, high = np.full((2, n_units), np.nan)
    if promised is not None:
        ends = promised.interval(level)
        low[columns], high[columns] = ends[0][0], ends[1][0]
    return low, high
