"""Which benchmark does the column of an experiment logger hold? Shared by W&B and MLflow."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from scalepredict.errors import CountError
from scalepredict.records.importers.harness.interface import ImportedScore, Subject
from scalepredict.records.importers.harness.lm_eval_settings import (
    ADAPTERS,
    is_on,
    model_arguments,
    precision,
    quantisation,
    shown,
    which_template,
)
from scalepredict.records.text.counts import parse_count

_METRICS = {
    "acc", "acc_norm", "acc_raw", "accuracy", "em", "exact_match", "f1", "len_norm", "mcc",
    "pass@1", "pmi_dc", "primary_score", "score", "uncond",
}  # fmt: skip
_FOUNDRY = re.compile(
    r"metrics/(?P<task>[^/]+)/(?P<shots>\d+)-shot/(?:.+/)?(?P<metric>\w*Accuracy)"
)
_OLMO = re.compile(r"eval/downstream/(?P<task>.+?)_(?P<metric>len_norm|acc_norm|acc|pmi_dc|f1|em)")
_OLMO_BITS = re.compile(r"eval/downstream_bpb/(?P<task>.+)_bpb")
_SHOTS = re.compile(r"(?<![a-z0-9])(\d+)[_-]?shot(?![a-z])")
_LOSS = re.compile(
    r"(?:eval|val|valid|validation)(?:/.*)?/(?:loss|cross_?entropy_?loss)", re.IGNORECASE
)
# Losses of a named set, as OLMo-core and levanter log them: eval/lm/c4_en-validation/CE loss,
# eval/paloma/c4_en/bpb. Perplexities say the same again.
_SET_LOSS = re.compile(
    r"(?:eval|val|valid|validation)/(?:lm/)?(?P<set>.+)/"
    r"(?P<metric>CE loss|cross_?entropy_?loss|(?:macro_|micro_)?loss|bpb|bits_per_byte)",
    re.IGNORECASE,
)
_WHOLE_LOSS = re.compile(
    r"(?P<set>eval|val|valid|validation)[/_]"
    r"(?P<metric>CE loss|cross_?entropy_?loss|(?:macro_|micro_)?loss|bpb|bits_per_byte)",
    re.IGNORECASE,
)
_BITS = ("bpb", "bits_per_byte")
_ACTIVE = ("num_active_params", "n_active_params", "active_params", "params_active")
_TOKENS = ("throughput/total_tokens", "total_tokens", "tokens", "max_tokens", "n_tokens")
_PARAMS = ("n_params", "params", "num_params", "parameter_count", "model/n_params")
_BATCH = "batch_size_in_tokens"
_GFLOPS = "throughput/total_training_Gflops"
# What a run's configuration calls its settings, by the last part of the name.
_FEWSHOT = ("num_fewshot", "n_shot", "num_shots", "n_fewshot", "fewshot", "shots")
_TRAIN_SEED = ("seed", "train_seed", "training_seed", "model_seed", "init_seed")
_TEMPLATE = ("chat_template_sha", "chat_template_hash", "chat_template_name", "chat_template")
_CHAT = ("apply_chat_template", "use_chat_template", "use_chat_format", *_TEMPLATE)
_SYSTEM = ("system_prompt", "system_instruction", "system_message")
_LIMIT = ("limit", "max_samples", "max_eval_samples")
_GENERATION = (
    *("gen_kwargs", "generation_kwargs", "generation_parameters", "generation_config"),
    *("temperature", "top_p", "do_sample", "max_gen_toks", "max_new_tokens", "num_beams"),
)
_ARGUMENTS = ("model_args", "model_kwargs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What one column measures: a score, or the bits per byte of the right answer."""

    benchmark: str
    metric: str
    shots: int | None
    is_loss: bool = False


def read_columns(names: Iterable[str]) -> dict[str, Column]:
    """What the columns of a table measure, by name.

    The loss of a whole validation is a covariate where there are scores or losses of named sets,
    and forecast where there is nothing else.
    """
    names = list(names)
    found = {name: column for name in names if (column := read_column(name))}
    if found:
        return found
    return {name: _loss_of(match) for name in names if (match := _WHOLE_LOSS.fullmatch(name))}


def read_column(name: str) -> Column | None:
    """The benchmark of a logged name such as ``arc_easy/acc`` or ``eval/downstream/...``."""
    if match := _OLMO_BITS.fullmatch(name):
        return Column(benchmark=match["task"], metric="bpb", shots=_shots(name), is_loss=True)
    if match := _SET_LOSS.fullmatch(name):
        return _loss_of(match)
    if match := _FOUNDRY.fullmatch(name) or _OLMO.fullmatch(name):
        shots = int(match["shots"]) if "shots" in match.groupdict() else _shots(name)
        return Column(benchmark=match["task"], metric=match["metric"], shots=shots)
    head, _, metric = name.rpartition("/")
    task = head.rpartition("/")[2]
    if task and metric.lower() in _METRICS:
        return Column(benchmark=task, metric=metric, shots=_shots(name))
    return None


def scores_of_row(
    subject: Subject,
    columns: Mapping[str, Column],
    row: Mapping[str, str],
    *,
    source: str,
    line: int,
    time: str = "",
    run: Mapping[str, str] | None = None,
) -> list[ImportedScore]:
    """All scores in one row of a logger's table; empty cells are not measured.

    ``run`` is the configuration of the run, where the table holds it.
    """
    settings = () if run is None else settings_of(run)
    shots = _first_whole(run or {}, _FEWSHOT)
    losses = {
        column.benchmark: number(row.get(name, ""))
        for name, column in columns.items()
        if column.is_loss
    }
    scored = {column.benchmark for column in columns.values() if not column.is_loss}
    scores = []
    for name, column in columns.items():
        value = number(row.get(name, ""))
        if value is None or (column.is_loss and column.benchmark in scored):
            continue
        scores.append(
            ImportedScore(
                subject=subject,
                benchmark=column.benchmark,
                metric=column.metric,
                shots=shots if column.shots is None else column.shots,
                score=value,
                task_loss=None if column.is_loss else losses.get(column.benchmark),
                settings=settings,
                time=time,
                source=source,
                line=line,
            )
        )
    return scores


def configuration(row: Mapping[str, str]) -> dict[str, str]:
    """The settings of a run that stand beside its metrics, by the last part of their names."""
    found: dict[str, str] = {}
    for name, value in row.items():
        key = re.split(r"[./]", name)[-1].casefold().replace("-", "_")
        if value.strip() and not name.startswith("metrics."):
            found[key] = value.strip()
    for key in _ARGUMENTS:
        found |= model_arguments(found.get(key))
    return found


def settings_of(run: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What makes the scores of a run incomparable with others; ``run`` is its configuration.

    What is not written down was not used: no chat template, no system prompt.
    """

    def first(names: Sequence[str]) -> str:
        return next((run[name] for name in names if is_on(run.get(name, ""))), "")

    arguments = dict(run)
    chat, limit = first(_CHAT), first(_LIMIT)
    generation = {name: run[name] for name in _GENERATION if is_on(run.get(name, ""))}
    written = {
        "chat-template": "yes" if chat else "no",
        "template": which_template(chat, first(_TEMPLATE)),
        "turns": "yes" if chat and is_on(run.get("fewshot_as_multiturn", "")) else "no",
        "system-prompt": shown(first(_SYSTEM)) or "no",
        "generation": shown(" ".join(f"{k}={v}" for k, v in generation.items())) or "default",
        "quantisation": shown(quantisation(arguments)) or "no",
        "precision": precision(arguments),
        "items": f"limit {limit}" if limit else "all items",
    }
    return tuple((name, value) for name, value in written.items() if value)


def facts(row: Mapping[str, str], label: str, *, step: float | None) -> Subject:
    """What a row says of the run besides its scores."""
    tokens = _first_count(row, _TOKENS)
    batch = number(row.get(_BATCH, ""))
    if tokens is None and step and batch:
        tokens = step * batch
    gflops = number(row.get(_GFLOPS, ""))
    losses = [number(value) for name, value in row.items() if _LOSS.fullmatch(name)]
    return Subject(
        label=label,
        family=row.get("family", "") or row.get("tags.family", ""),
        params=_first_count(row, _PARAMS),
        params_active=_first_count(row, _ACTIVE),
        tokens=tokens,
        flops=gflops * 1e9 if gflops else None,
        step=None if step is None or step < 0 else step,
        # Several validation sets cannot be told apart here, and a law needs one fixed corpus.
        loss=losses[0] if len(losses) == 1 else None,
    )


def facts_of_run(row: Mapping[str, str], run: Mapping[str, str], label: str) -> Subject:
    """What a row of a table of runs says of the run; ``run`` is its configuration.

    An adapter or a delta of weights makes another model of the one it is put on.
    """
    adapters = [run[name] for name in ADAPTERS if is_on(run.get(name, ""))]
    named = [name for name in adapters if name.casefold() not in ("true", "yes", "1", label)]
    subject = facts(row, "+".join([label, *named]), step=number(row.get("_step", "")))
    return replace(subject, seed=_first_whole(run, _TRAIN_SEED))


def number(text: str) -> float | None:
    """A finite number, or None for an empty cell, a text or NaN."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None


def _first_count(row: Mapping[str, str], names: Sequence[str]) -> float | None:
    for name in names:
        for key in (name, f"params.{name}", f"metrics.{name}"):
            try:
                return parse_count(row[key])
            except (KeyError, CountError):
                continue
    return None


def _first_whole(run: Mapping[str, str], names: Sequence[str]) -> int | None:
    values = (number(run.get(name, "")) for name in names)
    return next((int(v) for v in values if v is not None and v >= 0 and v % 1 == 0), None)


def _loss_of(match: re.Match[str]) -> Column:
    # Of a set, not of the answers to a task: a metric of its own, never a covariate of scores.
    metric = "bpb" if match["metric"].lower() in _BITS else "loss"
    return Column(benchmark=match["set"], metric=metric, shots=None)


def _shots(name: str) -> int | None:
    match = _SHOTS.search(name)
    return int(match[1]) if match else None
