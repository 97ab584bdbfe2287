"""Which run is this, and how large was it? The sidecar file `ladder.yaml`.

No harness records training tokens and few record parameters, so one short file says it: patterns
of model names or paths, and what is true of the models that match. The first match wins.
What the ladder says goes before what a result file says, and that before what a name suggests.
"""

import fnmatch
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from scalepredict.errors import ConfigError, CountError, RecordError
from scalepredict.records.importers.harness.interface import Subject
from scalepredict.records.importers.names import (
    bare_step,
    counts_in_name,
    guess_from_name,
    without_step,
)
from scalepredict.records.notes import Note, noted
from scalepredict.records.text.counts import format_count, parse_count
from scalepredict.records.text.schema import Count, validated
from scalepredict.records.text.timed_search import search
from scalepredict.records.text.yaml_text import Document, load_yaml

_WAYS_TO_TOKENS = ("tokens", "tokens_from", "tokens_per_param")
CONFLICT = 0.05  # total and non-embedding parameters differ by a factor 2 at 50M
Role = Literal["fit", "holdout", "target", "anchor"]
_SIZES = ("params", "params_non_embedding", "params_active", "tokens", "flops", "step")
_STATED = ("unique_tokens", "total_tokens", "seed")  # what a ladder says without being doubted
_KEPT = (*_SIZES, *_STATED)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class _Facts(_Strict):
    family: str | None = None
    lab: str | None = None
    kind: str | None = None
    params: Count | None = None
    params_non_embedding: Count | None = None
    params_active: Count | None = None
    tokens: Count | None = None
    tokens_from: Literal["step"] | None = None
    tokens_per_step: Count | None = None
    tokens_per_param: Count | None = None
    unique_tokens: Count | None = None
    total_tokens: Count | None = None
    flops: Count | None = None
    flops_per_token: Count | None = None
    step: Count | None = None
    seed: int | None = None
    phase: str | None = None
    role: Role | None = None

    @field_validator("params_active", "params_non_embedding")
    @classmethod
    def _is_a_part(cls, value: float | None, info: Any) -> float | None:
        total = info.data.get("params")
        if value is not None and total is not None and value > total:
            raise ValueError(
                f"{format_count(value)} {info.field_name.removeprefix('params_')} parameters of "
                f"{format_count(total)} in total; are the two swapped?"
            )
        return value

    @field_validator("tokens_from")
    @classmethod
    def _only_one(cls, value: str | None, info: Any) -> str | None:
        if value is not None and info.data.get("tokens") is not None:
            raise ValueError("tokens and tokens_from contradict each other; give one of them")
        return value


class Defaults(_Facts):
    """What holds for all models unless an entry says otherwise."""

    params_kind: Literal["total", "non_embedding"] = "total"


class Entry(_Facts):
    """What is true of the models whose name, name@revision or path matches."""

    match: str
    name: str | None = None

    @field_validator("match")
    @classmethod
    def _compiles(cls, value: str) -> str:
        if value.startswith("re:"):
            try:
                re.compile(value[3:])
            except re.error as error:
                raise ValueError(f"{value!r} is no regular expression: {error}") from error
        return value

    def over(self, defaults: Defaults) -> "Entry":
        """This entry, with the defaults where it is silent; one way to tokens replaces another."""
        said = {**defaults.model_dump(exclude={"params_kind"}), **_given(self)}
        if any(getattr(self, way) is not None for way in _WAYS_TO_TOKENS):
            said |= {way: getattr(self, way) for way in _WAYS_TO_TOKENS}
        return Entry.model_construct(**{**said, "match": self.match, "name": self.name})


class Ladder(_Strict):
    """The whole file."""

    version: Literal[1] = Field(default=1, alias="schema")
    defaults: Defaults = Defaults()
    models: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A checkpoint with its sizes, and where each came from.

    Attributes:
        label: The name as the file has it.
        model: Name of the training run.
        family: Recipe; empty if unknown.
        sizes: ``params`` and its parts, ``tokens``, ``flops``, ``step``, ... (counts) as known.
        origin: ``ladder``, ``file``, ``revision`` or ``name`` for each size.
        params_kind: ``total`` or ``non_embedding``.
        phase: Part of the schedule.
        role: fit, holdout, target or anchor.
        lab: Who trained it.
        kind: ``base``, ``instruct``, ...
        loss: Validation loss (nats per token).
        entry: Pattern of the ladder's entry that matches; empty if none does.
        warnings: What does not agree.
    """

    label: str
    model: str
    family: str
    sizes: Mapping[str, float]
    origin: Mapping[str, str]
    params_kind: str
    phase: str
    role: str
    lab: str = ""
    kind: str = ""
    loss: float | None = None
    entry: str = ""
    warnings: tuple[Note, ...] = field(default=())


def read_ladder(path: str | Path) -> Ladder:
    """Read `ladder.yaml`, or the JSON of OLMo-ladder as it is.

    Raises:
        ConfigError: The file is not understood; file, line, column and the key are named.
    """
    document = load_yaml(path)
    if isinstance(document.value, dict) and "models" not in document.value:
        converted = _from_olmo(document)
        if converted is not None:
            return converted
    return validated(document, Ladder)


def resolve(subject: Subject, path: str, ladder: Ladder) -> Resolved:
    """Put together what ladder, file and name say of one checkpoint.

    Raises:
        RecordError: Ladder and file differ by more than 5 %.
    """
    names = [subject.label, f"{subject.label}@{subject.revision}", path]
    found, groups = _first_match(ladder, names)
    entry = (found or Entry(match="")).over(ladder.defaults)
    stated = {**{key: getattr(entry, key) for key in _SIZES}, **groups}
    in_file = {key: getattr(subject, key) for key in _SIZES}
    in_revision = guess_from_name(subject.revision)
    guessed = _guessed(subject.label, path)
    if 0 in (subject.step, in_revision.get("step")):
        in_revision, guessed = _untrained(in_revision), _untrained(guessed)
    sizes: dict[str, float] = {}
    origin: dict[str, str] = {}
    warnings: list[Note] = []
    for key in _SIZES:
        for source, values in (
            ("ladder", stated),
            ("file", in_file),
            ("revision", in_revision),
            ("name", guessed),
        ):
            value = values.get(key)
            if value is None:
                continue
            if key not in sizes:
                sizes[key], origin[key] = value, source
            elif abs(value - sizes[key]) > CONFLICT * sizes[key]:
                _disagree(subject.label, key, sizes[key], origin[key], value, source, warnings)
    if entry.tokens_from == "step" and "step" not in sizes:
        sizes["step"], origin["step"] = _step_of_folder(subject.label, path, entry), "name"
    counts = counts_in_name(subject.label)
    if "params" not in sizes and len(counts) > 1:
        text = (
            f"params are not guessed, since its name has {' and '.join(counts)}; say which they "
            "are with `params:` in a ladder."
        )
        warnings.append(noted("size-ambiguous", text, subject=subject.label))
    _derive_tokens(subject, entry, sizes, origin)
    _check_parts(subject.label, sizes, origin)
    kind = _choose_params(ladder.defaults, sizes, origin)
    if subject.seed is not None:
        sizes["seed"], origin["seed"] = subject.seed, "file"
    for key in _STATED:
        if getattr(entry, key) is not None:
            sizes[key], origin[key] = getattr(entry, key), "ladder"
    named = entry.name or str(groups.get("name") or "")
    run = without_step(subject.label)
    if not named and run != subject.label:
        origin["model"] = "name"
    return Resolved(
        label=subject.label,
        model=named or run,
        family=(found and found.family) or subject.family or ladder.defaults.family or "",
        lab=entry.lab or "",
        kind=entry.kind or "",
        sizes={key: sizes[key] for key in _KEPT if key in sizes},
        origin=origin,
        params_kind=kind,
        phase=entry.phase or "",
        role=entry.role or "fit",
        loss=subject.loss,
        entry=entry.match,
        warnings=tuple(warnings),
    )


def _guessed(label: str, path: str) -> dict[str, float]:
    # The name goes before the folders that the file lies in.
    named, placed = guess_from_name(label), guess_from_name(path)
    if counts_in_name(label):
        placed = {key: value for key, value in placed.items() if key != "params"}
    return {**placed, **named}


def _untrained(guess: Mapping[str, float]) -> dict[str, float]:
    # Names tell the tokens of the whole run, none of which a checkpoint of step 0 has seen.
    return {key: value for key, value in guess.items() if key != "tokens"}


def _step_of_folder(label: str, path: str, entry: Entry) -> float:
    step = bare_step(label)
    if step is None:
        raise ConfigError(
            f"ladder: {entry.match or 'defaults'}: tokens_from: step, and there is no step in "
            f"{label!r} ({path}). Name it in the pattern, like "
            '`match: "re:epoch_(?P<step>[0-9]+)"`, or give its tokens.'
        )
    return step


def _given(entry: Entry) -> dict[str, Any]:
    return {key: value for key, value in entry.model_dump().items() if value is not None}


def _first_match(ladder: Ladder, names: list[str]) -> tuple[Entry | None, dict[str, Any]]:
    for entry in ladder.models:
        for name in names:
            if entry.match.startswith("re:"):
                match = search(entry.match[3:], name)
                if match:
                    return entry, _groups(entry, match)
            elif fnmatch.fnmatchcase(name, entry.match):
                return entry, {}
    return None, {}


def _groups(entry: Entry, match: re.Match[str]) -> dict[str, Any]:
    groups: dict[str, Any] = {}
    for key, text in match.groupdict().items():
        if key not in (*_SIZES, "name") or text is None:
            continue
        try:
            groups[key] = text if key == "name" else parse_count(text)
        except CountError as error:
            raise ConfigError(f"ladder: {entry.match}: group {key!r}: {error}") from error
    return groups


def _disagree(
    label: str, key: str, value: float, source: str, other: float, rival: str, warnings: list[Note]
) -> None:
    sentence = (
        f"{key} is {format_count(value)} by the {source} and {format_count(other)} by the {rival}"
    )
    if rival in ("name", "revision"):  # names round: OLMo-1B has 1.18B parameters
        if source != "ladder":
            text = f"{sentence}; the {source} is believed."
            warnings.append(noted("size-disagrees", text, subject=label))
        return
    raise RecordError(
        f"{label}: {sentence}, more than 5 % apart; correct the ladder "
        "(params_non_embedding and params_active are keys of their own)."
    )


def _check_parts(label: str, sizes: Mapping[str, float], origin: Mapping[str, str]) -> None:
    # One of the two may be the ladder's and the other the file's; names are round.
    if origin.get("params") not in ("ladder", "file"):
        return
    for part in ("params_active", "params_non_embedding"):
        if sizes.get(part, 0.0) > sizes["params"]:
            raise RecordError(
                f"{label}: {part} is {format_count(sizes[part])} of {format_count(sizes['params'])}"
                " parameters in total; are the two swapped?"
            )


def _derive_tokens(
    subject: Subject, entry: Entry, sizes: dict[str, float], origin: dict[str, str]
) -> None:
    per_step = entry.tokens_per_step
    from_step = entry.tokens_from == "step"
    if from_step and not per_step:
        raise ConfigError(
            f"ladder: {entry.match or 'defaults'}: tokens_from: step needs tokens_per_step; "
            "add it to the entry or the defaults."
        )
    if per_step and sizes.get("step") and (from_step or origin.get("tokens") in (None, "name")):
        stated, derived = sizes.get("tokens"), per_step * sizes["step"]
        from_file = stated is not None and origin["tokens"] == "file"
        if stated and from_file and abs(derived - stated) > CONFLICT * stated:
            _disagree(subject.label, "tokens", derived, "ladder", stated, "file", [])
        sizes["tokens"] = derived
        origin["tokens"] = f"step of the {origin['step']} x tokens_per_step"
    if entry.tokens_per_param and "tokens" not in sizes and "params" in sizes:
        sizes["tokens"] = entry.tokens_per_param * sizes["params"]
        origin["tokens"] = "tokens_per_param of the ladder"
    if "params_active" in sizes and "tokens" in sizes and "flops" not in sizes:
        # Of a mixture of experts, only the active parameters cost compute.
        sizes["flops"] = 6.0 * sizes["params_active"] * sizes["tokens"]
        origin["flops"] = "6 x active params x tokens"
    if entry.flops_per_token and "tokens" in sizes and "flops" not in sizes:
        sizes["flops"] = entry.flops_per_token * sizes["tokens"]
        origin["flops"] = "flops_per_token of the ladder"


def _choose_params(defaults: Defaults, sizes: dict[str, float], origin: dict[str, str]) -> str:
    wanted = defaults.params_kind
    other = sizes.get("params_non_embedding")
    if other is not None and (wanted == "non_embedding" or "params" not in sizes):
        sizes["params"], origin["params"] = other, origin["params_non_embedding"]
        return "non_embedding"
    return wanted if "params" in sizes and origin["params"] == "ladder" else "total"


def _from_olmo(document: Document) -> Ladder | None:
    # {"190M": {"paths": [...], "mode": "train", "n": non-embedding params, "flops": per token}}
    rungs = document.value
    if not rungs or not all(
        isinstance(r, dict) and isinstance(r.get("paths"), list) for r in rungs.values()
    ):
        return None
    models = [
        {
            "match": f"*{path}",
            "params_non_embedding": rung.get("n"),
            "flops_per_token": rung.get("flops"),
            "role": "fit" if rung.get("mode", "train") == "train" else "holdout",
        }
        for rung in rungs.values()
        for path in rung["paths"]
    ]
    content = {"schema": 1, "defaults": {"params_kind": "non_embedding"}, "models": models}
    # Positions in the JSON do not carry over to the converted entries.
    return validated(Document(value=content, source=document.source, lines={}), Ladder)
