"""How did a run go, beside what its own past let expect at each checkpoint?"""

from dataclasses import dataclass

import numpy as np

from scalepredict.evaluation.off_trend.rules import Gate
from scalepredict.evaluation.off_trend.runs import Run
from scalepredict.evaluation.off_trend.walk_runs import Evidence, Walk
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
    walk = Walk(evidence, gate, frozenset(), run)
    scores = evidence.table.scores[run.rows]
    expected, low, high = (np.full(scores.shape, np.nan) for _ in range(3))
    flagged = np.zeros(scores.shape, dtype=bool)
    whole = np.zeros(len(run.rows), dtype=bool)
    column = {key(unit): t for t, unit in enumerate(evidence.table.units)}
    for k in range(len(run.rows)):
        for tested in walk.expectations(k):
            expected[k, tested.columns] = tested.expected
            low[k, tested.columns], high[k, tested.columns] = np.array(tested.ends(gate.alpha)).T
        for finding in walk.judge(k).findings:
            if finding.benchmark is None:
                whole[k] = True
            else:
                found = Key(finding.benchmark, "", finding.metric, finding.shots)
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
