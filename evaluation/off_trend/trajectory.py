"""How did a run go, beside what its own past let expect at each checkpoint?"""

from dataclasses import dataclass, replace

import numpy as np

from scalepredict.evaluation.off_trend.own_past.run_judge import Side
from scalepredict.evaluation.off_trend.own_past.runs import Run
from scalepredict.evaluation.off_trend.rules.gate import Gate
from scalepredict.evaluation.off_trend.rules.scene import Evidence, Scene
from scalepredict.evaluation.off_trend.rules.stand_outs import look_at
from scalepredict.evaluation.off_trend.rules.verdicts import Level
from scalepredict.evaluation.off_trend.walk_runs import off_trend, walk
from scalepredict.records.table import Bools, Floats, Unit
from scalepredict.records.units import Key, key


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trajectory:
    """K checkpoints of one run on T benchmarks; NaN = not measured or not predicted.

    Attributes:
        run: Which.
        units: The benchmarks, length T.
        place: Tokens, or steps where tokens are not recorded, rising. Shape (K,).
        in_tokens: Whether they are tokens.
        scores: Measured. Shape (K, T).
        expected: From the run's past alone. Shape (K, T).
        low: Lower end of the prediction interval. Shape (K, T).
        high: Upper end. Shape (K, T).
        flagged: Scores with a finding. Shape (K, T).
        whole: Checkpoints with a finding that is about no single benchmark. Shape (K,).
    """

    run: Run
    units: tuple[Unit, ...]
    place: Floats
    in_tokens: bool
    scores: Floats
    expected: Floats
    low: Floats
    high: Floats
    flagged: Bools
    whole: Bools


def trajectory_of(evidence: Evidence, gate: Gate, run: Run) -> Trajectory:
    """Walk one run; benchmarks that it was never measured on are left out."""
    scores = evidence.table.scores[run.rows]
    expected, low, high = (np.full(scores.shape, np.nan) for _ in range(3))
    flagged = np.zeros(scores.shape, dtype=bool)
    whole = np.zeros(len(run.rows), dtype=bool)
    column = {key(unit): t for t, unit in enumerate(evidence.table.units)}
    trials = walk(evidence, run).trials
    verdicts = off_trend(replace(evidence, walked=(run,)), gate)
    for k, row in enumerate(run.rows):
        scene = Scene(evidence=evidence, gate=gate, run=run, k=k, walked=trials)
        for trial in (t for t in trials[k] if t.judgement.worse is not None):
            look = look_at(scene, trial, Side.WORSE)
            tested = trial.judgement.tested
            columns = trial.family.columns[tested]
            expected[k, columns] = look.expected[tested]
            low[k, columns], high[k, columns] = (end[tested] for end in look.ends)
        for finding in verdicts[int(row)].findings:
            if finding.level is Level.NOTE:
                continue
            if finding.benchmark is None:
                whole[k] = True
            else:
                found = Key(finding.benchmark, "", finding.metric, finding.shots, finding.variant)
                flagged[k, column[found]] = True
    measured = np.flatnonzero(np.isfinite(scores).any(axis=0))
    tokens = evidence.table.tokens[run.rows]
    place = np.exp(run.log_tokens)
    return Trajectory(
        run=run,
        units=tuple(evidence.table.units[t] for t in measured),
        place=place,
        in_tokens=bool(np.allclose(tokens, place)),
        scores=scores[:, measured],
        expected=expected[:, measured],
        low=low[:, measured],
        high=high[:, measured],
        flagged=flagged[:, measured],
        whole=whole,
    )
