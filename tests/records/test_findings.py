"""Findings name what should be mended, and clean records have none."""

from dataclasses import replace

import numpy as np

from scalepredict.records.findings import lint
from scalepredict.records.table import Checkpoint, EvalTable, Unit, make_table


def ladder() -> EvalTable:
    """Three sizes of one recipe on six benchmarks of 1000 questions and chance 0.25."""
    checkpoints = [
        Checkpoint(model=f"m{i}", params=i * 1e9, tokens=2e10, flops=i * 1.2e20, flops_given=True)
        for i in (1, 2, 3)
    ]
    scores = np.random.default_rng(0).uniform(0.3, 0.8, size=(3, 6))
    units = [Unit(benchmark=f"b{i}", chance=0.25) for i in range(6)]
    return make_table(checkpoints, units, scores, n_items=np.full((3, 6), 1000.0))


def test_clean_records_have_no_finding() -> None:
    assert lint(ladder()) == ()


def test_a_copied_model_is_found() -> None:
    scores = ladder().scores.copy()
    scores[2] = scores[1]
    (finding,) = lint(ladder().with_scores(scores))
    assert finding.startswith("the same scores on every benchmark: m2 and m3 (1 checkpoint)")


def test_flops_far_from_6nd_are_found() -> None:
    table = ladder()
    wrong = replace(table.checkpoints[1], flops=2.4e20 / 10)
    (finding,) = lint(
        replace(table, checkpoints=(table.checkpoints[0], wrong, table.checkpoints[2]))
    )
    assert "FLOPs of 1 checkpoint" in finding
    assert "m2, ratio 0.1" in finding


def test_scores_below_chance_are_found_beyond_their_noise() -> None:
    """At 1000 questions and chance 0.25, four standard errors are 0.055."""
    scores = ladder().scores.copy()
    scores[0, 3], scores[1, 4] = 0.19, 0.21
    (finding,) = lint(ladder().with_scores(scores))
    assert finding.startswith("b3: clearly below the chance level 0.25: 1 of 3 scores")


def test_negative_losses_are_found() -> None:
    (finding,) = lint(replace(ladder(), task_loss=np.full((3, 6), -1.5)))
    assert finding.startswith("18 losses are negative")
