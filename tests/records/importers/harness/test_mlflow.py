"""MLflow: the table of runs and the store of files give the last scores of finished runs."""

from pathlib import Path

from scalepredict.records.importers.harness.mlflow import MlflowRuns
from scalepredict.records.importers.harness.mlflow_store import MlflowStore
from scalepredict.records.importers.harness.source_file import SourceFile, open_source

TABLE = """run_id,status,end_time,metrics.arc_easy/acc,metrics.x,params.n_params,tags.mlflow.runName
1a,FINISHED,2026-01-02,0.5,0.1,3.8B,run-a
2b,FAILED,2026-01-02,0.6,0.1,3.8B,run-b
3c,FINISHED,2026-01-03,,0.1,,
4d,FINISHED,2026-01-03,0.7,,,
"""


def table(tmp_path: Path) -> SourceFile:
    (tmp_path / "runs.csv").write_text(TABLE)
    return open_source(tmp_path / "runs.csv", "runs.csv")


def store(tmp_path: Path, status: str = "3") -> SourceFile:
    folder = tmp_path / "mlruns" / "0" / "abc"
    for name, text in {
        "meta.yaml": f"run_name: other\nstatus: {status}\nend_time: 17\n",
        "metrics/eval/arc_easy/acc": "1 0.4 10\n2 0.5 20\n3 0.6 30\n",
        "metrics/lr": "1 0.1 10\n",
        "params/n_params": "3.8B",
        "tags/mlflow.runName": "run-a\n",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return open_source(folder / "meta.yaml", "meta.yaml")


def test_a_table_gives_the_scores_of_finished_runs(tmp_path: Path) -> None:
    file = table(tmp_path)
    assert MlflowRuns().recognises(file)
    found = MlflowRuns().read(file)
    first, second = found.scores
    assert (first.subject.label, first.subject.params) == ("run-a", 3.8e9)
    assert (first.benchmark, first.metric, first.score) == ("arc_easy", "acc", 0.5)
    assert (first.time, first.line) == ("2026-01-02", 2)
    assert (second.subject.label, second.score) == ("4d", 0.7)  # a run without a name is its id
    assert found.skipped == {"a run that is FAILED": 1}


def test_a_table_without_metrics_or_runs_is_not_recognised(tmp_path: Path) -> None:
    for header in (("run_id", "loss"), ("id", "metrics.acc")):
        file = SourceFile(path=tmp_path / "x.csv", name="x", header=header)
        assert not MlflowRuns().recognises(file)


def test_a_store_gives_the_last_value_of_each_metric(tmp_path: Path) -> None:
    file = store(tmp_path)
    assert MlflowStore().recognises(file)
    found = MlflowStore().read(file)
    (score,) = found.scores
    assert (score.subject.label, score.subject.params) == ("run-a", 3.8e9)
    assert (score.benchmark, score.metric, score.score) == ("arc_easy", "acc", 0.6)
    assert score.time == "17"
    assert found.skipped == {"an earlier value of a metric": 2}


def test_a_run_that_is_not_finished_is_counted(tmp_path: Path) -> None:
    found = MlflowStore().read(store(tmp_path, status="RUNNING"))
    assert (found.scores, found.skipped) == ((), {"a run that is not finished": 1})


def test_a_description_without_metrics_beside_it_is_another_file(tmp_path: Path) -> None:
    path = tmp_path / "meta.yaml"
    path.write_text("status: 3\n")
    assert not MlflowStore().recognises(open_source(path, "meta.yaml"))
