"""A big run over the curve of its smaller runs, at equal fractions of their schedules."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from scalepredict.evaluation.intervals.calibration_file import load_calibration
from scalepredict.evaluation.off_trend.gate_file import load_gate
from scalepredict.evaluation.off_trend.ladders.against_trajectory import Trajectories
from scalepredict.evaluation.off_trend.own_past.runs import runs_of
from scalepredict.evaluation.off_trend.rules.verdicts import Finding, Level
from scalepredict.evaluation.off_trend.run_check import Check, Comparison, check
from scalepredict.predictors.registry import predictor_type
from scalepredict.records.metrics import shipped_metrics
from scalepredict.records.table import Checkpoint, EvalTable, Floats, Unit, make_table

SHARES = np.linspace(0.1, 1.0, 10)
SIZES = (1e8, 2e8, 4e8, 8e8, 1.6e9, 4e9)
UNIT = Unit(benchmark="c4", metric="loss", measure=shipped_metrics().find("loss"))
GATE = load_gate().gate


def series(
    *, ratio: Sequence[float] = (20.0,) * 6, worse: Floats | float = 0.0, upto: int = 10
) -> EvalTable:
    """Losses of six runs of scaled schedules; of the largest only so many checkpoints.

    ``worse``: what the largest one has more, as a share. Shape (10,).
    """
    rows, losses = [], []
    rng = np.random.default_rng(0)
    for n, per_param in zip(SIZES, ratio, strict=True):
        shares = SHARES[:upto] if n == SIZES[-1] else SHARES
        curve = 1.7 + 60 * n**-0.2 * shares**-0.15
        curve = curve * np.exp(0.0005 * rng.standard_normal(len(shares)))
        if n == SIZES[-1]:
            curve = curve * (1 + np.broadcast_to(worse, 10)[:upto])
        losses.append(curve)
        tokens = per_param * n * shares
        rows += [
            Checkpoint(model=f"m{n:.3g}", params=n, tokens=d, flops=6 * n * d)
            for d in tokens.tolist()
        ]
    return make_table(rows, [UNIT], np.concatenate(losses)[:, None])


def trajectories(table: EvalTable, until: float | None = None) -> Trajectories:
    return Trajectories(
        table=table,
        predictor=predictor_type("stack")(),
        quick=predictor_type("trend")(),
        calibration=load_calibration(),
        until=until,
        alpha=0.01,
        one_sided=False,
    )


def compared(table: EvalTable, until: float | None = None, *, new: int = 10) -> list[float]:
    """P-values of the last new checkpoints of the largest run."""
    run = runs_of(table)[-1]
    rows = run.rows[-new:].tolist()
    outcomes = trajectories(table, until).of_run(run, rows)
    return [outcomes[row].p_value for row in rows if row in outcomes]


def checked(table: EvalTable, new: int, until: float | None = None) -> Check:
    mask = np.arange(len(table.checkpoints)) >= len(table.checkpoints) - new
    comparison = Comparison.of(None, load_calibration(), final_tokens=until)
    return check(table, mask, gate=GATE, comparison=comparison)


def off_trajectory(result: Check) -> list[Finding]:
    return [f for v in result.verdicts for f in v.findings if f.rule.startswith("off-traj")]


def test_a_run_on_the_curve_of_its_ladder_is_compared_all_along_and_passes() -> None:
    table = series(upto=8)
    p_values = compared(table)
    assert len(p_values) == 8
    assert min(p_values) > 0.05
    assert not off_trajectory(checked(table, 8))


def test_a_run_that_is_worse_from_its_first_step_is_told_once() -> None:
    """Its own past cannot tell."""
    result = checked(series(worse=0.06, upto=8), 8)
    found = off_trajectory(result)
    whole = [finding for finding in found if finding.benchmark is None]
    assert [finding.rule for finding in whole] == ["off-trajectory-high"]
    assert whole[0].level is Level.ERROR
    assert whole[0].z is not None
    assert whole[0].z > 2.5
    assert {finding.rule for finding in found} == {"off-trajectory-high"}
    assert whole[0] in result.verdicts[0].findings
    assert result.should_stop


def test_a_better_loss_is_lower_and_warns() -> None:
    found = off_trajectory(checked(series(worse=-0.06, upto=8), 8))
    assert {(f.rule, f.level) for f in found} == {("off-trajectory-low", Level.WARNING)}


def test_a_checkpoint_alone_tells_since_when_its_run_is_off() -> None:
    worse = np.where(SHARES > 0.35, 0.12, 0.0)
    table = series(worse=worse, upto=8)
    (finding,) = off_trajectory(checked(table, 1))
    assert finding.since is not None
    assert finding.since.tokens == pytest.approx(0.4 * 80e9)
    assert "since 32B tokens" in finding.message


def test_the_end_of_the_schedule_must_be_known() -> None:
    scattered = series(ratio=(20, 35, 15, 60, 25, 20), upto=8)
    assert not compared(scattered)
    assert len(compared(scattered, until=80e9)) == 8
    recorded = replace(
        scattered,
        checkpoints=tuple(replace(c, total_tokens=80e9) for c in scattered.checkpoints[-8:]),
        scores=scattered.scores[-8:],
        n_items=scattered.n_items[-8:],
        stderr=scattered.stderr[-8:],
        task_loss=scattered.task_loss[-8:],
    )
    assert len(compared(scattered.take_rows(slice_before(scattered, 8)).with_rows(recorded))) == 8


def slice_before(table: EvalTable, n: int) -> list[int]:
    return list(range(len(table.checkpoints) - n))


def test_until_is_the_end_of_the_largest_run_alone() -> None:
    table = series()
    small = runs_of(table)[-2]
    found = trajectories(table, until=1e12).of_run(small, small.rows.tolist())
    assert len(found) == 10
    assert min(outcome.p_value for outcome in found.values()) > 0.05


def test_fewer_than_four_smaller_runs_are_no_ladder() -> None:
    table = series()
    kept = table.params >= SIZES[2]
    assert not compared(table.take_rows(kept))
    assert compared(table.take_rows(table.params >= SIZES[1]))


def test_runs_of_nearly_the_same_size_are_no_rungs() -> None:
    table = series()
    twin = table.take_rows(table.params == SIZES[-1])
    twin = replace(
        twin,
        checkpoints=tuple(
            replace(c, model="twin", params=0.9 * SIZES[-1]) for c in twin.checkpoints
        ),
        scores=1.2 * twin.scores,
    )
    both = twin.with_rows(table)
    assert compared(both) == pytest.approx(compared(table))
