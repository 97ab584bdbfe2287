"""Which known formats are not read, and what can people with such a file do instead?"""

from scalepredict.records.importers.harness.source_file import SourceFile

_CONVERT = "convert it with Every Eval Ever, whose files are read"


def route(file: SourceFile) -> str | None:
    """What to do with a file of a known format that has no importer; None for any other file."""
    content = file.content
    first = content[0] if isinstance(content, list) and content else content
    if not isinstance(first, dict):
        return None
    statistic = first.get("name")
    if isinstance(statistic, dict) and {"name", "split"} & set(statistic) and "count" in first:
        # Its `count` is of training trials: no number of items, no standard error.
        return f"HELM statistics are not read; {_CONVERT}"
    if "adapter_spec" in first or {"instance_id", "train_trial_index"} <= set(first):
        return f"part of a HELM run, which is not read; {_CONVERT}"
    scores = first.get("scores")
    if isinstance(scores, list) and any(isinstance(s, dict) and "score_dict" in s for s in scores):
        return (
            "BIG-bench scores are not read; write a record for each subtask with its "
            "preferred_score, low_score as chance, and total_params"
        )
    if "model_output" in first and "native_id" in first:
        return "single answers of OLMES are not read; the metrics beside them are"
    return None
