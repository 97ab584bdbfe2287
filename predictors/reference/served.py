"""Which benchmarks of a ladder have a reference curve, and which labs must not speak for it?

A benchmark is served if it is on the list of ``configs/reference.yaml`` in the same form, with an
accuracy; if two labs and ten models other than the user's were measured on it; and if the
ladder is one of base language models whose N, D and C agree. A lab is left out by its name, or by
a word in the names of families and models.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from scalepredict.errors import RefusedError, did_you_mean
from scalepredict.predictors.kinds import tuned
from scalepredict.predictors.reference.reference_table import ReferenceTable
from scalepredict.records.benchmarks import simplified
from scalepredict.records.reference_rows import shipped_models
from scalepredict.records.table import (
    FLOPS_PER_PARAM_TOKEN,
    Bools,
    EvalTable,
    Floats,
    Ints,
    Unit,
)
from scalepredict.records.text.yaml_text import load_shipped

SHIPPED = "reference.yaml"
FLOPS_RATIO = 3.0  # C / (6 N D) may be off by so much
TOKENS_PER_PARAM = (0.5, 20_000.0)
CHANCE_APART = 0.03  # a benchmark of another chance level is another benchmark
FORMS = {"rc": "cloze", "cloze": "cloze", "mc": "letters", "mcf": "letters", "letters": "letters"}
_PARTS = re.compile(r"(?:_(?:val|test|validation|zeroshot|fewshot|olmes|\d+_?shots?))+$")
# What harnesses write around a name: harness|hellaswag|10, super_glue-copa, hellaswag_acc_norm.
_AROUND = re.compile(
    r"^(?:harness|lighteval|leaderboard|super_?glue|openai)_|(?:_(?:\d+|acc|norm|none|pass))+$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedBenchmark:
    """A benchmark of the list.

    Attributes:
        name: Canonical name.
        weight: Share of the reference curve in the default's forecast.
        weight_at_chance: The same while the ladder is at chance.
        form: How it is asked: ``cloze``, ``letters`` or ``generation``.
        metrics: Simplified names of the metrics that are meant.
        timing: Whether the curve says when a family leaves chance.
    """

    name: str
    weight: float
    weight_at_chance: float
    form: str
    metrics: frozenset[str]
    timing: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Places:
    """Where T columns stand in a reference table.

    Attributes:
        row: Row of the table; -1 = not served. Shape (T,).
        weight: Share of the curve in the default's forecast; 0 where not served. Shape (T,).
        weight_at_chance: The same while the ladder is at chance. Shape (T,).
        timing: Whether the curve says when a family leaves chance. Shape (T,).
        reasons: Why a column is not served; empty where it is. Length T.
    """

    row: Ints
    weight: Floats
    weight_at_chance: Floats
    timing: Bools
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lists:
    benchmarks: Mapping[str, ServedBenchmark]  # by simplified name or alias
    labs: Mapping[str, tuple[str, ...]]  # words in names


def served_benchmark(unit: Unit) -> ServedBenchmark | str:
    """The entry of a column on the list, or why it has none."""
    lower = re.sub(r"[^a-z0-9]+", "_", unit.benchmark.split("@")[0].casefold()).strip("_")
    lower, form = _PARTS.sub("", lower), ""
    stem, _, last = lower.rpartition("_")
    if stem and last in FORMS:
        lower, form = stem, FORMS[last]
    lower, known = _PARTS.sub("", lower), _lists().benchmarks
    entry = known.get(simplified(lower)) or known.get(simplified(_AROUND.sub("", lower)))
    if entry is None or unit.task:
        return "no public models to compare with"
    if form and form != entry.form:
        return f"asked as {form}, the public scores as {entry.form}"
    if unit.metric and simplified(unit.metric) not in entry.metrics:
        return f"metric {unit.metric!r} is not that of the public scores"
    return entry


def table_places(units: Iterable[Unit], table: ReferenceTable) -> "Places":
    """Where each of T columns stands in the table."""
    row = {name: i for i, name in enumerate(table.benchmarks)}
    found: list[tuple[int, ServedBenchmark | None, str]] = []
    for unit in units:
        entry = served_benchmark(unit)
        place, why = -1, entry if isinstance(entry, str) else ""
        if isinstance(entry, ServedBenchmark):
            place = row.get(entry.name, -1)
            if place < 0:
                why = "too few public models of other labs"
            elif not unit.chance_assumed and abs(unit.chance - table.chance[place]) > CHANCE_APART:
                why = (
                    f"chance is {unit.chance:g}, that of the public scores {table.chance[place]:g}"
                )
                place = -1
        kept = entry if isinstance(entry, ServedBenchmark) and place >= 0 else None
        found.append((place, kept, why))
    entries = [entry for _, entry, _ in found]
    return Places(
        row=np.array([place for place, _, _ in found], dtype=np.intp),
        weight=np.array([e.weight if e else 0.0 for e in entries]),
        weight_at_chance=np.array([e.weight_at_chance if e else 0.0 for e in entries]),
        timing=np.array([bool(e and e.timing) for e in entries], dtype=bool),
        reasons=tuple(why for _, _, why in found),
    )


def language_scales(params: Floats, tokens: Floats, flops: Floats) -> Bools:
    """Where N, D and C are those of a language model: C near 6 N D, D/N from .5 to 20,000."""
    with np.errstate(invalid="ignore", divide="ignore"):
        off = flops / (FLOPS_PER_PARAM_TOKEN * params * tokens)
        ratio = tokens / params
        low, high = TOKENS_PER_PARAM
        agree = (off > 1 / FLOPS_RATIO) & (off < FLOPS_RATIO)
        return np.asarray(agree & (ratio >= low) & (ratio <= high))


def language_models(table: EvalTable) -> Bools:
    """Which checkpoints have the params, tokens and FLOPs of a language model. Shape (M,)."""
    return language_scales(table.params, table.tokens, table.flops)


def unfit_ladder(table: EvalTable) -> str:
    """Why no benchmark of a family can be served; empty if its scales and names allow it.

    Where half of the checkpoints or more have the scales of language models, they stand for all.
    """
    if any(map(tuned, table.checkpoints)):
        return "the reference is of base models, and these look instruction-tuned"
    fit = language_models(table)
    if 2 * fit.sum() < len(fit):
        return (
            f"{int((~fit).sum())} of {len(fit)} checkpoints lack params or tokens of a language "
            "model (FLOPs within a factor of 3 of 6 N D)"
        )
    return ""


def labs_of(table: EvalTable) -> frozenset[str]:
    """The labs a ladder may come from: as told, by words in its names, by models they share."""
    names = {name for c in table.checkpoints for name in (c.model, c.family, c.lab)}
    told = {c.lab.casefold() for c in table.checkpoints}
    found = {lab for lab, words in _lists().labs.items() if lab in told or _is_in(words, names)}
    own = {simplified(name) for name in names}
    return frozenset(found.union(*(_labs_by_model().get(name, frozenset()) for name in own)))


def named_labs(names: Collection[str]) -> frozenset[str]:
    """The labs of the table that a user names, by their short names or by a word such as ``OLMo``.

    Raises:
        RefusedError: No lab of the table goes by a name.
    """
    known = _lists().labs
    found: set[str] = set()
    for name in names:
        own = {
            lab for lab, words in known.items() if lab == name.casefold() or _is_in(words, [name])
        }
        if not own:
            raise RefusedError(
                f"the reference has no lab {name!r}{did_you_mean(name, known)}; it has "
                f"{', '.join(known)}."
            )
        found |= own
    return frozenset(found)


@cache
def _labs_by_model() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for lab, model in shipped_models():
        for name in {simplified(model), simplified(model.rpartition("/")[2])}:
            found[name] = found.get(name, frozenset()) | {lab}
    return found


@cache
def _lists() -> _Lists:
    tree = load_shipped(SHIPPED).value
    usual = frozenset(map(simplified, tree["metrics"]["accuracy"]))
    benchmarks: dict[str, ServedBenchmark] = {}
    for name, fields in tree["benchmarks"].items():
        entry = ServedBenchmark(
            name=name,
            weight=float(fields["weight"]),
            weight_at_chance=float(fields.get("weight_at_chance", fields["weight"])),
            form=fields["form"],
            metrics=usual | set(map(simplified, fields.get("metrics", ()))),
            timing=bool(fields.get("timing", True)),
        )
        benchmarks |= {simplified(alias): entry for alias in (name, *fields.get("aliases", ()))}
    labs = {lab: tuple(words) for lab, words in tree["labs"].items()}
    return _Lists(benchmarks=benchmarks, labs=labs)


def _is_in(words: Collection[str], names: Collection[str]) -> bool:
    # A pattern is compiled only where the letters of its word are there: that takes its time.
    folded = [(name, name.casefold()) for name in names]
    return any(
        re.search(_pattern(word), name, re.IGNORECASE)
        for word in words
        if (parts := re.split(r"[-_*]", word.casefold()))
        for name, letters in folded
        if all(part in letters for part in parts)
    )


def _pattern(word: str) -> str:
    # Separators are optional: open-sci, open_sci and opensci are one word.
    body = r"[-_ /.]?".join(map(re.escape, re.split(r"[-_]", word.strip("*"))))
    before = "" if word.startswith("*") else "(?<![a-z])"
    after = "" if word.endswith("*") else "(?![a-z])"
    return f"{before}{body}{after}"
