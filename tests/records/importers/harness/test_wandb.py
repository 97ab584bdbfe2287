"""Weights & Biases: a history, a chart and a table of runs, each with its trap."""

from pathlib import Path

from scalepredict.records.importers.harness.source_file import SourceFile, open_source
from scalepredict.records.importers.harness.wandb import WandbChart, WandbHistory, WandbRuns

FORMATS = (WandbHistory(), WandbChart(), WandbRuns())


def file(tmp_path: Path, name: str, text: str) -> SourceFile:
    (tmp_path / name).write_text(text)
    return open_source(tmp_path / name, name)


def test_a_history_is_the_run_that_its_file_names(tmp_path: Path) -> None:
    text = "_step,eval/arc_easy/acc,total_tokens\n100,0.4,1e9\n200,,2e9\n300,0.6,3e9\n"
    made = file(tmp_path, "run-a.csv", text)
    assert [each.recognises(made) for each in FORMATS] == [True, False, False]
    found = WandbHistory().read(made)
    assert [(s.subject.label, s.subject.step, s.score) for s in found.scores] == [
        ("run-a", 100, 0.4),
        ("run-a", 300, 0.6),
    ]
    assert [s.subject.tokens for s in found.scores] == [1e9, 3e9]
    assert found.warnings == ()


def test_a_history_of_exactly_500_rows_is_a_sample(tmp_path: Path) -> None:
    for rows, codes in ((499, []), (500, ["rows-sampled"]), (501, [])):
        lines = "".join(f"{i},0.5\n" for i in range(rows))
        found = WandbHistory().read(file(tmp_path, "r.csv", f"_step,eval/piqa/acc\n{lines}"))
        assert [note.code for note in found.warnings] == codes


def test_a_chart_has_a_curve_for_each_run(tmp_path: Path) -> None:
    text = (
        '"Step","run-a - eval/piqa/acc","run-a - eval/piqa/acc__MIN","run-b - eval/piqa/acc",'
        '"run-b - lr"\n10,0.5,0.4,0.6,0.1\n20,0.7,0.4,,0.1\n'
    )
    made = file(tmp_path, "chart.csv", text)
    assert [each.recognises(made) for each in FORMATS] == [False, True, False]
    found = [(s.subject.label, s.subject.step, s.score) for s in WandbChart().read(made).scores]
    assert found == [("run-a", 10, 0.5), ("run-b", 10, 0.6), ("run-a", 20, 0.7)]


def test_a_table_gives_finished_runs_and_counts_the_others(tmp_path: Path) -> None:
    text = (
        "Name,State,Created,eval/piqa/acc,n_params,_step\n"
        "run-a,finished,2026-01-02,0.5,1B,100\nrun-b,crashed,,0.6,1B,50\nrun-c,,,0.7,2B,\n"
    )
    made = file(tmp_path, "runs.csv", text)
    assert WandbRuns().recognises(made)
    found = WandbRuns().read(made)
    assert [(s.subject.label, s.score, s.time) for s in found.scores] == [
        ("run-a", 0.5, "2026-01-02"),
        ("run-c", 0.7, ""),
    ]
    assert [s.subject.params for s in found.scores] == [1e9, 2e9]
    assert [s.subject.step for s in found.scores] == [100, None]
    assert found.skipped == {"a run that is crashed": 1}


def test_a_table_says_what_it_lacks(tmp_path: Path) -> None:
    def lacking(*header: str) -> str:
        return WandbRuns().lacking(SourceFile(path=tmp_path / "x", name="x", header=header))

    assert lacking("State", "eval/piqa/acc") == "it has no column `Name`"
    assert "none of its columns is a metric" in lacking("Name", "lr")
    assert lacking("Name", "eval/piqa/acc") == ""
