"""Single answers belong to the run whose results lie beside them at the same time."""

from collections import Counter
from dataclasses import replace

import numpy as np

from scalepredict.records.importers.harness.interface import ImportedScore, Questions, Subject
from scalepredict.records.importers.items import join_items

ANSWERS = Questions(
    names=np.array(["q"], dtype=object), scores=np.array([1.0]), lines=np.array([1])
)
WHOLE = ImportedScore(
    subject=Subject(label="acme/a-1b", params=1e9),
    benchmark="mmlu",
    task="anatomy",
    metric="acc",
    shots=5,
    version="2",
    higher=True,
    settings=(("precision", "bfloat16"),),
    score=0.5,
    time="t1",
    source="runs/results_t1.json",
)
SAMPLES = ImportedScore(
    subject=Subject(label="acme__a-1b"),
    benchmark="mmlu_anatomy",
    metric="acc",
    score=1.0,
    time="t1",
    source="runs/samples_mmlu_anatomy_t1.jsonl",
    questions=ANSWERS,
)


def joined(*scores: ImportedScore) -> tuple[list[ImportedScore], Counter[str]]:
    left_out: Counter[str] = Counter()
    return join_items(list(scores), left_out), left_out


def test_answers_take_the_name_and_settings_of_their_run() -> None:
    (score,), left_out = joined(WHOLE, SAMPLES)
    assert (score.subject, score.benchmark, score.task) == (WHOLE.subject, "mmlu", "anatomy")
    assert (score.shots, score.version, score.higher) == (5, "2", True)
    assert score.settings == WHOLE.settings
    assert (score.score, score.questions, score.source) == (1.0, ANSWERS, SAMPLES.source)
    assert left_out == {"a subtask's score, whose questions are read themselves": 1}


def test_the_score_of_a_whole_benchmark_stays_beside_its_answers() -> None:
    whole = replace(WHOLE, benchmark="mmlu_anatomy", task="")
    found, left_out = joined(whole, SAMPLES)
    assert [score.questions is None for score in found] == [True, False]
    assert not left_out


def test_another_time_or_folder_is_another_run() -> None:
    for other in (
        replace(SAMPLES, time="t2"),
        replace(SAMPLES, source="elsewhere/samples_mmlu_anatomy_t1.jsonl"),
    ):
        found, left_out = joined(WHOLE, other)
        assert found == [WHOLE, other]
        assert not left_out


def test_answers_without_results_beside_them_stay_as_they_are() -> None:
    found, left_out = joined(SAMPLES)
    assert found == [SAMPLES]
    assert not left_out


def test_the_order_of_files_joins_the_same() -> None:
    (one,), _ = joined(WHOLE, SAMPLES)
    (other,), _ = joined(SAMPLES, WHOLE)
    assert one == other


def test_only_the_subtask_that_was_asked_is_left_to_its_answers() -> None:
    law = replace(WHOLE, task="law")
    found, left_out = joined(WHOLE, law, SAMPLES)
    assert [(score.task, score.questions is None) for score in found] == [
        ("law", True),
        ("anatomy", False),
    ]
    assert sum(left_out.values()) == 1
