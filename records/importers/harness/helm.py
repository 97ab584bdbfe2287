"""HELM: `runs/<suite>/<run>/stats.json`, with `run_spec.json` beside it naming model and shots.

Traps: a statistic stands once for each split and perturbation; its `count` is of training trials,
no number of items; most statistics are no scores.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from scalepredict.errors import RecordError
from scalepredict.records.importers.harness.interface import (
    Imported,
    ImportedScore,
    Subject,
    Tally,
    finite,
    whole,
)
from scalepredict.records.importers.harness.lm_eval_settings import shown
from scalepredict.records.importers.harness.source_file import SourceFile, open_source
from scalepredict.records.metrics import shipped_metrics

_SPLITS = ("test", "valid")
_PROMPT = ("method", "instructions", "global_prefix", "input_prefix", "output_prefix")
_GENERATION = ("temperature", "max_tokens", "num_outputs", "stop_sequences")
_KINDS = ("choice", "exact", "overlap", "correlation")


@dataclass(frozen=True, slots=True)
class Helm:
    """Reads the statistics of one run."""

    kind: ClassVar[str] = "helm"

    def recognises(self, file: SourceFile) -> bool:
        """A list of statistics with named splits, and the run's specification beside it."""
        content = file.content
        first = content[0] if isinstance(content, list) and content else None
        name = first.get("name") if isinstance(first, dict) else None
        return (
            isinstance(name, dict)
            and "name" in name
            and (file.path.parent / "run_spec.json").is_file()
        )

    def read(self, file: SourceFile) -> Imported:
        """Every score on the unperturbed questions.

        Raises:
            RecordError: The specification of the run is damaged.
        """
        path = file.path.parent / "run_spec.json"
        spec = open_source(path, str(path)).content
        if not isinstance(spec, dict):
            raise RecordError(f"{path}: no specification of a run.")
        adapter = spec.get("adapter_spec")
        adapter = adapter if isinstance(adapter, dict) else {}
        benchmark, task = _place(str(spec.get("name") or file.path.parent.name))
        label = str(adapter.get("model_deployment") or adapter.get("model") or "")
        settings = _settings(adapter)
        tally = Tally()
        scores = []
        assert isinstance(file.content, list)
        for statistic in file.content:
            statistic = statistic if isinstance(statistic, dict) else {}
            name = statistic.get("name")
            name = name if isinstance(name, dict) else {}
            metric = str(name.get("name") or "")
            if name.get("perturbation") or name.get("split") not in _SPLITS:
                tally.add("a statistic of a perturbation or another split")
                continue
            value = finite(statistic.get("mean"))
            if value is None or shipped_metrics().find(metric).kind not in _KINDS:
                tally.add("a statistic that is no score")
                continue
            scores.append(
                ImportedScore(
                    subject=Subject(label=label),
                    benchmark=benchmark,
                    task=task,
                    metric=metric,
                    filter="none" if name["split"] == "test" else str(name["split"]),
                    shots=whole(adapter.get("max_train_instances")),
                    score=value,
                    settings=settings,
                    source=file.name,
                )
            )
        return Imported(scores=tuple(scores), skipped=tally.counts)


def _settings(adapter: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    # What makes two evaluations of one task two, as far as the specification tells.
    told = {
        name: {key: adapter[key] for key in keys if adapter.get(key) not in (None, "", [])}
        for name, keys in (("prompt", _PROMPT), ("generation", _GENERATION))
    }
    return tuple((name, shown(values)) for name, values in told.items() if values)


def _place(run: str) -> tuple[str, str]:
    # mmlu:subject=anatomy,method=multiple_choice_joint,model=acme_a-1b
    benchmark, _, rest = run.partition(":")
    parts = dict(part.split("=", 1) for part in rest.split(",") if "=" in part)
    task = next(
        (parts[key] for key in ("subject", "task", "subset", "dataset") if key in parts), ""
    )
    return benchmark, task
