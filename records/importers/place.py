"""Which files are of one checkpoint? Their sizes are resolved and put together."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from scalepredict.errors import RecordError
from scalepredict.records.importers.choose import Placed
from scalepredict.records.importers.harness.interface import ImportedScore, Subject
from scalepredict.records.importers.sidecar import CONFLICT, Ladder, Resolved, resolve
from scalepredict.records.notes import Note, noted
from scalepredict.records.text.counts import count_of, format_count

_Key = tuple[Subject, str]  # what a file calls the checkpoint, and the file
_BELIEVED = ("ladder", "file")  # the rest is read out of names


def place(
    scores: Sequence[ImportedScore], facts: Mapping[str, Subject], ladder: Ladder
) -> tuple[list[Resolved], list[Placed], list[Note]]:
    """Resolve every subject once, and give the subjects that are one checkpoint one index.

    Raises:
        RecordError: Two files of one checkpoint differ in its size.
        ConfigError: The ladder asks for what it does not give.
    """
    resolved: dict[_Key, Resolved] = {}
    for score in scores:
        key = (score.subject, score.source)
        if key not in resolved:
            resolved[key] = resolve(_informed(score.subject, facts), score.source, ladder)
    names = _tell_apart(resolved)
    index: dict[tuple[object, ...], int] = {}
    checkpoints: list[Resolved] = []
    where: dict[_Key, int] = {}
    for key, one in resolved.items():
        identity = (names[key], *(one.sizes.get(name) for name in ("step", "tokens", "seed")))
        if identity not in index:
            index[identity] = len(checkpoints)
            checkpoints.append(replace(one, model=names[key]))
        else:
            checkpoints[index[identity]] = _completed(checkpoints[index[identity]], one)
        where[key] = index[identity]
    placed = [Placed(where[score.subject, score.source], score) for score in scores]
    checkpoints = _share_params(checkpoints)
    warnings = [warning for one in checkpoints for warning in one.warnings]
    warnings += _mixed_kinds(checkpoints) + _equal_tokens(checkpoints)
    matched = {one.entry for one in resolved.values()}
    warnings += [
        noted("ladder-unmatched", f"ladder: {entry.match!r} is the first match of no model.")
        for entry in ladder.models
        if entry.match not in matched
    ]
    return checkpoints, placed, warnings


def _informed(subject: Subject, facts: Mapping[str, Subject]) -> Subject:
    known = facts.get(subject.label)
    if known is None:
        return subject
    fields = (
        "family",
        "params",
        "params_non_embedding",
        "params_active",
        "tokens",
        "flops",
        "loss",
    )
    return replace(subject, **{f: getattr(subject, f) or getattr(known, f) for f in fields})


def _completed(one: Resolved, other: Resolved) -> Resolved:
    # Several files of one checkpoint: one may state what another leaves out or only suggests.
    for key in set(one.sizes) & set(other.sizes):
        stated = (one.origin[key] in _BELIEVED, other.origin[key] in _BELIEVED)
        if stated[0] == stated[1] and abs(other.sizes[key] / one.sizes[key] - 1) > CONFLICT:
            raise RecordError(
                f"{one.model}: two files of the same checkpoint differ in {key}: "
                f"{format_count(one.sizes[key])} ({one.label}) and "
                f"{format_count(other.sizes[key])} ({other.label}); if they are different models, "
                "give them different names in the ladder."
            )
    better = {k for k in other.sizes if other.origin[k] in _BELIEVED} - {
        k for k in one.sizes if one.origin[k] in _BELIEVED
    }
    added = better | (set(other.sizes) - set(one.sizes))
    return replace(
        one,
        sizes={**one.sizes, **{k: other.sizes[k] for k in added}},
        origin={**one.origin, **{k: other.origin[k] for k in added}},
        params_kind=other.params_kind if "params" in added else one.params_kind,
        loss=other.loss if one.loss is None else one.loss,
    )


def _share_params(checkpoints: list[Resolved]) -> list[Resolved]:
    # All checkpoints of a run have one size, which not every backend writes.
    known = {c.model: c for c in checkpoints if c.origin.get("params") in _BELIEVED}
    return [
        replace(
            one,
            sizes={**one.sizes, "params": known[one.model].sizes["params"]},
            origin={**one.origin, "params": "files of its other checkpoints"},
            params_kind=known[one.model].params_kind,
        )
        if one.model in known and one.origin.get("params") not in _BELIEVED
        else one
        for one in checkpoints
    ]


def _tell_apart(resolved: Mapping[_Key, Resolved]) -> dict[_Key, str]:
    # Several revisions of one model without step or tokens would overwrite each other.
    revisions: dict[str, set[str]] = {}
    for (subject, _), one in resolved.items():
        if "step" not in one.sizes and "tokens" not in one.sizes:
            revisions.setdefault(one.model, set()).add(subject.revision)
    return {
        key: f"{one.model}@{key[0].revision}"
        if len(revisions.get(one.model, ())) > 1 and key[0].revision
        else one.model
        for key, one in resolved.items()
    }


def _mixed_kinds(checkpoints: Sequence[Resolved]) -> list[Note]:
    kinds = Counter(one.params_kind for one in checkpoints if "params" in one.sizes)
    if len(kinds) < 2:
        return []
    return [
        noted(
            "params-mixed",
            f"params are total for {count_of(kinds['total'], 'checkpoint')} and non-embedding for "
            f"{kinds['non_embedding']}: at 50M they differ by a factor 2; give one kind in the "
            "ladder.",
        )
    ]


def _equal_tokens(checkpoints: Sequence[Resolved]) -> list[Note]:
    steps: dict[tuple[str, float], set[float]] = {}
    for one in checkpoints:
        if "tokens" in one.sizes and "step" in one.sizes:
            tokens = steps.setdefault((one.model, one.sizes["tokens"]), set())
            tokens.add(one.sizes["step"])
    return [
        noted(
            "tokens-equal",
            f"{model} has checkpoints at {len(found)} steps that all saw {format_count(tokens)} "
            "tokens; give `tokens_from: step` instead of tokens in the ladder.",
        )
        for (model, tokens), found in steps.items()
        if len(found) > 1
    ]
