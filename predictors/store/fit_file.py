"""How is a fit kept on disk? As one JSON document, `scalepredict.fit/1`, with its provenance.

The document holds the method with its hyper-parameters, each law with the evidence behind it, why
families were refused, and what it was made from. It is data only: nothing in it is ever run. The
same fit gives the same bytes. Files of version 1 stay readable.
"""

import hashlib
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from scalepredict.errors import RefusedError, StorageError, did_you_mean
from scalepredict.predictors import registry
from scalepredict.predictors.fit_families import Fit, FittedGroup
from scalepredict.predictors.interface import Law, Predictor, Targets
from scalepredict.predictors.loss.lines import LinesLaw
from scalepredict.predictors.loss.losses import LossesLaw
from scalepredict.predictors.metric_laws import MetricLaws
from scalepredict.predictors.store.fit_document import FitDocument, GroupDocument, LawDocument
from scalepredict.predictors.store.json_codec import decode, encode
from scalepredict.records.choice import EvidenceChoice
from scalepredict.records.formats.record_columns import SIZES
from scalepredict.records.notes import Note
from scalepredict.records.table import EvalTable, Floats
from scalepredict.records.text.json_text import parse_json
from scalepredict.records.text.writing import write_whole

SMALLEST, LARGEST = 1.0, 1e36  # of params, tokens and FLOPs, beyond those that records may have
LARGEST_NUMBER = 1e60  # of a law; the square of its square is a float, too
_NOT_NEGATIVE = ("model_variance", "spread_weighted", "spread_equal", "overdispersion",
                 "reference_variance", "n_train", "gap")  # fmt: skip
_BOUNDS = {  # of the parts of a forecast
    **dict.fromkeys(_NOT_NEGATIVE, (0.0, LARGEST)),
    "reference_weight": (0.0, 1.0),
    "n_items": (1.0, LARGEST),
    "last": (-LARGEST, LARGEST),
}
KIND = "scalepredict.fit"
SCHEMA = f"{KIND}/1"
_GIVE = "Give the file that `scalepredict fit` wrote, or fit again."
_FIELDS = ("schema", "provenance", "predictor", "groups", "refused", "notes", "calibration")
_GROUP_FIELDS = ("families", "evidence", "law")
_METRIC_FIELDS = ("falling", "open_ended", "refused")  # of a group with more than fractions


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFile:
    """A file or folder that a fit was made from.

    Attributes:
        name: Path as the user gave it.
        sha256: Hash of its bytes, hexadecimal (of a folder: of the list that ``sha256sum`` would
            print for its files); empty for stdin, which cannot be read twice.
    """

    name: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What a fit was made from.

    Attributes:
        version: Version of scalepredict.
        seed: Seed of the random generator.
        inputs: The files of records.
        choice: The options that chose the evidence.
    """

    version: str
    seed: int
    inputs: tuple[InputFile, ...]
    choice: EvidenceChoice = field(default_factory=EvidenceChoice)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFit:
    """A fit with its provenance.

    Attributes:
        fit: The laws and their evidence.
        provenance: What it was made from.
        notes: Of the reader and of the choice of evidence.
        calibration: The user's own interval constants as plain values; None = those that ship.
    """

    fit: Fit
    provenance: Provenance
    notes: tuple[Note, ...] = ()
    calibration: Mapping[str, Any] | None = None


def input_files(paths: Iterable[str | Path]) -> tuple[InputFile, ...]:
    """Names and hashes of what was read; stdin and pipes have no hash, a folder that of its files.

    Raises:
        StorageError: A file cannot be read.
    """
    return tuple(InputFile(name=str(path), sha256=_sha256(Path(path))) for path in paths)


def dump_fit(stored: StoredFit) -> str:
    """The document as text, one law to a line so that a change shows where it is."""
    fit = stored.fit
    groups: list[GroupDocument] = [
        {
            "families": list(group.families),
            "evidence": encode(group.evidence, EvalTable),
            **_encoded_law(group.law),
        }
        for group in fit.groups
    ]
    document: FitDocument = {
        "schema": "scalepredict.fit/1",
        "provenance": encode(stored.provenance, Provenance),
        "predictor": {
            "name": fit.predictor.name,
            **encode(fit.predictor, type(fit.predictor)),
        },
        "refused": dict(fit.refused),
        "notes": [note.document() for note in stored.notes],
        "calibration": None if stored.calibration is None else dict(stored.calibration),
        "groups": groups,
    }
    head = ((name, value) for name, value in document.items() if name != "groups")
    lines = [f"{_compact(name)}: {_compact(value)}" for name, value in head]
    laws = ",\n".join(_compact(group) for group in groups)
    return "{" + ",\n".join([*lines, f'"groups": [\n{laws}\n]}}']) + "\n"


def save_fit(stored: StoredFit, path: str | Path) -> None:
    """Write the document; the file appears whole or not at all.

    Raises:
        StorageError: The file cannot be written.
    """
    write_whole(path, dump_fit(stored))


def load_fit(path: str | Path) -> StoredFit:
    """Read a document; ``-`` is stdin.

    Raises:
        StorageError: It is missing, damaged, no fit, or of another version.
    """
    document = _read_document(str(path))
    _check_fields(document, _FIELDS, str(path))
    predictor = _decode_predictor(document["predictor"], f"{path}: predictor")
    groups = document["groups"]
    if not isinstance(groups, list) or not groups:
        raise StorageError(f"{path}: groups is not a list of laws. Fit again.")
    law = registry.law_type(type(predictor))
    fit = Fit(
        predictor=predictor,
        groups=tuple(_decode_group(g, law, f"{path}: groups[{i}]") for i, g in enumerate(groups)),
        refused=decode(document["refused"], Mapping[str, str], where=f"{path}: refused"),
    )
    return StoredFit(
        fit=fit,
        provenance=_decode_provenance(document["provenance"], f"{path}: provenance"),
        notes=decode(document["notes"], tuple[Note, ...], where=f"{path}: notes"),
        calibration=document["calibration"],
    )


def _read_document(path: str) -> dict[str, Any]:
    try:
        content = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except FileNotFoundError:
        raise StorageError(
            f"{path}: there is no such file. Make it with `scalepredict fit RECORDS`, "
            "or name another one with --fit."
        ) from None
    except OSError as error:
        raise StorageError(f"{path}: cannot be read: {error.strerror}.") from error
    document = parse_json(content, path, advice=_GIVE, error=StorageError).value
    _check_version(document, path)
    return dict(document)


def _check_version(document: Any, path: str) -> None:
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema == SCHEMA:
        return
    if not isinstance(schema, str):
        raise StorageError(
            f"{path}: has no schema, so it is not a stored fit; expected {SCHEMA}. {_GIVE}"
        )
    if schema.startswith(f"{KIND}/"):
        raise StorageError(
            f"{path}: is of version {schema!r:.60}; this version of scalepredict reads {SCHEMA}. "
            "Fit again with this version, or use the version that wrote the file."
        )
    raise StorageError(
        f"{path}: is a {schema!r:.60} document, not a stored fit ({SCHEMA}). {_GIVE}"
    )


def _check_fields(document: Any, known: tuple[str, ...], where: str) -> None:
    if not isinstance(document, dict):
        raise StorageError(f"{where} is not an object. Fit again with this version.")
    for name in document:
        if name not in known:
            raise StorageError(
                f"{where} has an unknown field {name!r}{did_you_mean(name, known)}. "
                "Fit again with this version."
            )
    for name in known:
        if name not in document:
            raise StorageError(f"{where} lacks the field {name!r}. Fit again with this version.")


def _decode_provenance(value: Any, where: str) -> Provenance:
    if not isinstance(value, dict) or "options" not in value:
        provenance: Provenance = decode(value, Provenance, where=where)
        return provenance
    rest = {name: item for name, item in value.items() if name != "options"}
    options = decode(value["options"], Mapping[str, str], where=f"{where}.options")
    try:
        choice = EvidenceChoice.of_version_0_1(options)
    except ValueError as error:
        raise StorageError(f"{where}.options: {error}. Fit again with this version.") from error
    old: Provenance = decode(rest, Provenance, where=where)
    return replace(old, choice=choice)


def _decode_predictor(value: Any, where: str) -> Predictor:
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        raise StorageError(f"{where} has no name. Fit again with this version.")
    options = {key: item for key, item in value.items() if key != "name"}
    try:
        kind = registry.predictor_type(value["name"])
        predictor: Predictor = decode(options, kind, where=where)
    except RefusedError as error:
        raise StorageError(f"{where}: {error}") from error
    return predictor


def _encoded_law(law: Law) -> LawDocument:
    if not isinstance(law, MetricLaws):
        return {"law": encode(law, type(law))}
    fractions = law.fractions
    return {
        "law": None if fractions is None else encode(fractions, type(fractions)),
        "falling": encode(law.falling, LossesLaw | None),
        "open_ended": encode(law.open_ended, LinesLaw | None),
        "refused": law.refused,
    }


def _decode_group(value: Any, law: type[Law], where: str) -> FittedGroup:
    mixed = isinstance(value, dict) and "falling" in value
    _check_fields(value, (*_GROUP_FIELDS, *_METRIC_FIELDS) if mixed else _GROUP_FIELDS, where)
    evidence = decode(value["evidence"], EvalTable, where=f"{where}.evidence")
    group = FittedGroup(
        families=decode(value["families"], tuple[str, ...], where=f"{where}.families"),
        evidence=evidence,
        law=_decode_metric_laws(value, law, evidence, where)
        if mixed
        else decode(value["law"], law, where=f"{where}.law"),
    )
    _check_parts_agree(group, where)
    return group


def _decode_metric_laws(value: Any, law: type[Law], evidence: EvalTable, where: str) -> MetricLaws:
    fractions = value["law"]
    return MetricLaws(
        units=evidence.units,
        fractions=None if fractions is None else decode(fractions, law, where=f"{where}.law"),
        falling=decode(value["falling"], LossesLaw | None, where=f"{where}.falling"),
        open_ended=decode(value["open_ended"], LinesLaw | None, where=f"{where}.open_ended"),
        refused=decode(value["refused"], str, where=f"{where}.refused"),
    )


def _check_parts_agree(group: FittedGroup, where: str) -> None:
    if not group.families or set(group.families) != set(group.evidence.families):
        raise StorageError(
            f"{where}.families is {list(group.families)}, but the evidence is of "
            f"{list(group.evidence.families)}. Fit again."
        )
    _check_evidence(group.evidence, f"{where}.evidence")
    if (largest := _largest(group.law)) > LARGEST_NUMBER:
        raise StorageError(f"{where}.law has the number {largest:g}, which no law has. Fit again.")
    try:
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            _try_out(group)
    except RefusedError:
        return  # a law of capabilities may know no compute at all, and says so when it is asked
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise StorageError(
            f"{where}.law is inconsistent: it cannot forecast its own evidence ({error}). "
            "Fit again."
        ) from error


def _check_evidence(evidence: EvalTable, where: str) -> None:
    # As wide as records of any version could be: what lies beyond was written by hand.
    rows = evidence.checkpoints
    sizes = np.array([[getattr(row, name) for name in SIZES] for row in rows], dtype=float)
    graded = np.array([unit.measure is None for unit in evidence.units], dtype=bool)
    chance = evidence.chance
    beyond = {
        "sizes that no model has": ((sizes < SMALLEST) | (sizes > LARGEST)).any(),
        # Correlations are graded as well.
        "scores beyond -1 to 1": _outside(evidence.scores[:, graded], -1.0, 1.0),
        "chance levels beyond 0 to 1": _outside(chance, 0.0, 1.0),
        "scores of less than one answer": _outside(evidence.n_items, 1.0, LARGEST),
        "standard errors below 0": _outside(evidence.stderr, 0.0, np.inf),
    }
    for what, found in beyond.items():
        if found:
            raise StorageError(f"{where} has {what}. Fit again.")


def _largest(part: object) -> float:
    if isinstance(part, np.ndarray | float):
        numbers = np.asarray(part)
        known = numbers.dtype.kind == "f"
        return float(np.abs(numbers[np.isfinite(numbers)]).max(initial=0.0)) if known else 0.0
    if is_dataclass(part):
        return _largest([getattr(part, each.name) for each in fields(part)])
    values = part.values() if isinstance(part, Mapping) else part
    inner = values if isinstance(values, Iterable) and not isinstance(values, str) else ()
    return max(map(_largest, inner), default=0.0)


def _outside(values: Floats, low: float, high: float) -> bool:
    return bool(((values < low) | (values > high)).any())


def _try_out(group: FittedGroup) -> None:
    # Parts of a law that disagree would end a forecast with a crash, or make it nonsense: try it
    # on a checkpoint of its own, of known compute if there is one.
    evidence = group.evidence
    row = np.array([np.argmax(np.isfinite(evidence.flops))])
    tried = group.law.forecast(Targets.of_table(evidence.take_rows(row)))
    if len(tried.failures) != len(tried.units) or tried.point.shape != (1, len(tried.units)):
        raise ValueError("its parts are of different lengths")
    if tried.units != evidence.units:
        raise ValueError("its benchmarks are others")
    reference, frontier = (getattr(group.law, part, None) for part in ("reference", "frontier"))
    if reference is not None and frontier is not None:
        reference.uses(frontier.n_train)
    for name, (low, high) in _BOUNDS.items():
        if (values := getattr(tried, name)) is not None and _outside(values, low, high):
            raise ValueError(f"its {name} is below {low:g} or above {high:g}")


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _sha256(path: Path) -> str:
    if str(path) == "-" or path.is_fifo() or path.is_char_device():
        return ""
    try:
        if path.is_dir():
            files = sorted(file for file in path.rglob("*") if file.is_file())
            names = "".join(f"{_sha256(f)}  {f.relative_to(path).as_posix()}\n" for f in files)
            return hashlib.sha256(names.encode()).hexdigest()
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise StorageError(f"{path}: cannot be read: {error.strerror}.") from error
