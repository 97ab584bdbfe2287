"""Which known formats are not read, and what can people with such a file do instead?"""

from collections.abc import Sequence
from pathlib import Path

from scalepredict.errors import RecordError
from scalepredict.records.formats.sources import Form, Source
from scalepredict.records.importers.harness.source_file import SourceFile
from scalepredict.records.text.counts import listed

_CONVERT = "convert it with Every Eval Ever, whose files are read"


def route(file: SourceFile) -> str | None:
    """What to do with a file of a known format that has no importer; None for any other file."""
    content = file.content
    first = content[0] if isinstance(content, list) and content else content
    if not isinstance(first, dict):
        return None
    statistic = first.get("name")
    if isinstance(statistic, dict) and {"name", "split"} & set(statistic) and "count" in first:
        return f"HELM statistics without the run_spec.json beside them; {_CONVERT}"
    if "adapter_spec" in first or {"instance_id", "train_trial_index"} <= set(first):
        return "part of a HELM run; its stats.json is read"
    if "model_output" in first and "native_id" in first:
        return "single answers of OLMES are not read; the metrics beside them are"
    return None


def as_records(path: Path, name: str) -> str | None:
    """What a file is that no harness wrote, as its readers see it; None if they know no better."""
    if path.name.endswith((".json", ".jsonl", ".json.gz", ".jsonl.gz")):
        return None
    try:
        form = Source(name=name, path=path).form()
    except RecordError as problem:
        return str(problem).removeprefix(name).removeprefix(":").strip()
    if form in (Form.YAML, Form.JSON_LINES):
        return None
    return (
        f"{form.value}, a table and not the result of a harness; `validate`, `fit` and the others "
        "read tables of records as they are"
    )


def by_reason(skipped: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Names of skipped files and the reason that they share; each reason once."""
    names: dict[str, list[str]] = {}
    for name, reason in skipped:
        names.setdefault(reason, []).append(name)
    return [(listed(files, most=3), reason) for reason, files in names.items()]
