"""What is judged of a run, and how strictly?"""

from dataclasses import dataclass

from scalepredict.evaluation.off_trend.own_past.own_noise import NoisePriors
from scalepredict.records.table import Bools, Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bench:
    """What is judged: T benchmarks in G groups of siblings (see ``siblings.py``).

    Attributes:
        groups: Which benchmarks are in a group. Shape (G, T).
        labels: Groups on which a model may answer with one class. Shape (G,).
        bounded: Which benchmarks are fractions. Shape (T,).
        chance: Score of a guesser; -inf where there is none. Shape (T,).
        ceiling: Most that other models let expect of this one; inf = unknown. Shape (T,).
        priors: Noise before the run tells its own.
        alpha: False alarms per healthy checkpoint.
        drift_over: Checkpoints whose mean is compared with the past before them.
        drift_threshold: Their common shift that raises the alarm, standard deviations.
    """

    groups: Bools
    labels: Bools
    bounded: Bools
    chance: Floats
    ceiling: Floats
    priors: NoisePriors
    alpha: float
    drift_over: int
    drift_threshold: float
