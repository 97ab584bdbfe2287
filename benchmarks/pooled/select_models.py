"""Do a few well-chosen models determine a downstream law as well as many?

    python benchmarks/pooled/select_models.py DATA

On the published emergent splits (`splits/emergent_*.csv`, see observational_splits.py): the target
is hidden on all training models but the chosen ones, a law with 3 components is fitted, and its
test error is compared with that of random sets of as many and with that of all training models.
"""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from observational_splits import (
    Question,
    forecast,
    read_question,
)

from scalepredict.evaluation.questions.selecting import choose_models
from scalepredict.records.table import Ints

SETS = 20
COUNTS = (8, 12, 20, 28)


def error(question: Question, rows: Ints | None) -> float:
    train = question.train
    if rows is not None:
        scores = train.scores.copy()
        scores[np.setdiff1d(np.arange(len(scores)), rows), -1] = np.nan
        train = train.with_scores(scores)
    standard = tuple(unit.benchmark for unit in train.units[:-1])
    point = forecast(replace(question, train=train), 3, standard=standard).point[:, -1]
    return float(np.mean((point - question.observed) ** 2))


def main(folder: Path) -> None:
    questions = [read_question(path) for path in sorted((folder / "splits").glob("emergent_*"))]
    whole = np.exp(np.mean([np.log(error(q, None)) for q in questions]))
    print("geometric mean over targets of the test MSE")
    print(f"{'models':>7}{'chosen':>9}{'random (median, 10-90 %)':>28}")
    for count in COUNTS:
        chosen, random = [], []
        for q in questions:
            known = q.train.take_units(np.arange(len(q.train.units) - 1))
            selection = choose_models(known, count)
            chosen.append(np.log(error(q, selection.choice.rows)))
            rng = np.random.default_rng(0)
            n = len(q.train.scores)
            sets = [rng.permutation(n)[:count] for _ in range(SETS)]
            random.append([np.log(error(q, rows)) for rows in sets])
        spread = np.exp(np.quantile(np.mean(random, axis=0), [0.5, 0.1, 0.9]))
        print(
            f"{count:7d}{np.exp(np.mean(chosen)):9.4f}{spread[0]:16.4f} "
            f"({spread[1]:.4f}-{spread[2]:.4f})"
        )
    print(f"{'all':>7}{whole:9.4f}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
