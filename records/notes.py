"""What must a user be told? Notes: a code that stays, a level, what it is about, and a sentence.

A program tells notes apart by their codes; the words may change with any version. Whoever makes a
new kind of note adds its code here, and what it means: the page that lists them is made from it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar, cast

from scalepredict.errors import RefusedError, did_you_mean, without_long_words

if TYPE_CHECKING:
    from scalepredict.records.document_parts import NoteDocument


class Level(StrEnum):
    """How much a note matters: ``warning`` = a number may be off, ``note`` = good to know."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of note.

    Attributes:
        level: How much it matters.
        meaning: What it means, a sentence.
    """

    level: Level
    meaning: str


TOLD = "told"
_Result = TypeVar("_Result")


def _kinds(level: Level, meanings: dict[str, str]) -> dict[str, Kind]:
    return {code: Kind(level, meaning) for code, meaning in meanings.items()}


_READING = {
    "other-files": "Files of a folder that are no records were left out.",
    "columns-left-out": "Columns that records do not have were left out.",
    "answers-added": "Graded answers of one checkpoint and question were added up.",
    "header-found": "Lines above the header of a table were left out.",
    "units-read": "A line of units below the header was read with it.",
    "table-read": "One table of a document was read.",
    "columns-read": "Columns of a wide table were read as benchmarks.",
    "settings-left-out": "Columns that are settings, not benchmarks, were left out.",
    "cells-missing": "Cells like - or N/A were read as not measured.",
    "cells-with-commas": "Cells with a comma were read as numbers.",
    "errors-read": "Numbers after a plus-minus sign were read as standard errors.",
    "own-unit": "A metric is forecast by a law of its own, in its own unit.",
    "rows-merged": "Rows that repeat another row exactly were merged.",
    "rows-empty": "Rows with neither score nor task loss were left out.",
    "rows-of-other-settings": "Rows of metrics or shots that were not asked for were left out.",
    "several-seeds": "Models of several seeds are a run for each seed.",
    "tokens-as-told": "Training tokens are those of --tokens.",
    "sizes-assumed": "Only FLOPs are recorded; 20 tokens per parameter were assumed.",
    "params-non-embedding": "Parameters are those without embeddings, as no others are recorded.",
    "flops-derived": "FLOPs were computed as 6 x params x tokens.",
    "tokens-derived": "Tokens were computed as FLOPs / (6 x params).",
    "params-derived": "Parameters were computed as FLOPs / (6 x tokens).",
    "no-compute": "Checkpoints lack what gives their training FLOPs.",
    "chance-shipped": "Chance levels are those that ship with the program.",
    "items-shipped": "Item counts are those that ship with the program.",
    "percent": "Values of a metric in percent were divided by 100.",
    "loss-kept": "Values of a metric are losses, kept beside the scores.",
    "values-left-out": "Values were left out, for a reason that is told.",
    "several-columns": "A benchmark has several metrics or shot counts, each a column of its own.",
}
_READING_DOUBTS = {
    "chance-assumed": "The chance level of a benchmark is not known, so 0 was assumed.",
    "units-doubtful": "A column may be in percent where others are fractions, or the reverse.",
    "column-resembles": "A column that was left out resembles one that records have.",
    "column-of-sizes": "A column that was left out may hold the sizes that checkpoints lack.",
}
_IMPORTING = {
    "files-read": "What an import read.",
    "files-not-opened": "Files of a folder were not opened, for a reason that is told.",
    "files-skipped": "Files were opened and could not be read.",
    "metric-taken": "One of several metrics of a benchmark was taken.",
    "metric-lacking": "Some models have another metric, which is a column of its own.",
    "settings-differ": "Evaluations under different settings are columns of their own.",
    "superseded": "Older evaluations of the same checkpoint and task were left out.",
    "steps-in-names": "Names of checkpoints were taken apart into a run and a step.",
    "size-guessed": "Sizes were guessed from the names of models.",
}
_IMPORTING_DOUBTS = {
    "size-unknown": "Sizes of models are not known, so no forecast can use them.",
    "size-disagrees": "A size in a file and one in a name disagree.",
    "params-mixed": "Parameters are total for some checkpoints and non-embedding for others.",
    "tokens-equal": "Checkpoints at several steps are said to have seen the same tokens.",
    "ladder-unmatched": "An entry of the ladder is the first match of no model.",
    "settings-ignored": "Evaluations under different settings were taken as one, as asked.",
    "items-differ": "Models answered different numbers of a benchmark's questions.",
    "subset-of-items": "A task was evaluated on a part of its questions.",
    "rows-sampled": "The export of a run holds a sample of its rows.",
    "size-ambiguous": "A name has several counts, so no size was guessed from it.",
    "superseded-doubtful": "A superseded evaluation may be of another run or step.",
    "versions-differ": "Results were made by different versions of a harness.",
}
_EVIDENCE = {
    "roles-left-out": "Checkpoints of another role than `fit` are no evidence.",
    "phases-left-out": "Checkpoints of other phases of the schedule were left out.",
    "compute-left-out": "Checkpoints without params, or tokens and FLOPs, were left out.",
    "checkpoints-chosen": "Which checkpoints of each model are evidence.",
    "checkpoints-few": "Models have fewer checkpoints than were asked for.",
    "scores-left-out": "Scores that only earlier checkpoints have were left out with them.",
    "scores-none": "Benchmarks without any score have no forecast.",
    "larger-left-out": "Checkpoints above the asked size were left out.",
    "checkpoints-thinned": "Checkpoints of a run were thinned to half the compute of the next.",
    "families-left-out": "Families were left out as asked.",
    "aggregate-lacking": "Checkpoints with tasks and without the aggregate have no score.",
    "tasks-averaged": "A benchmark is averaged over the tasks that its checkpoints share.",
}
_FINDINGS = {
    "below-chance": "Scores clearly below the score of a guesser: a wrong chance level, key or "
    "unit.",
    "constant-column": "An unknown benchmark has one value throughout: a setting, perhaps.",
    "copied-rows": "Two checkpoints have the same scores: a copy, not two measurements.",
    "mean-column": "A benchmark is the mean of the others, so it is counted twice.",
    "mixed-units": "Some checkpoints seem to be in fractions where others are in percent.",
    "odd-flops": "FLOPs that contradict 6 x params x tokens.",
    "small-family": "A family has too few models with FLOPs to be fitted alone.",
    "small-size": "Parameters or tokens so few that a unit may be missing.",
}
_METHODS = {
    "members": "The members of a method and how much each counts.",
    "reference": "How much the curves of public models count for a benchmark.",
    "reference-only": "There are too few scales, so the forecast rests on public models alone.",
    "reference-none": "There is no curve of public models for a benchmark.",
    "reference-partly": "Some checkpoints took no part in placing a ladder among public models.",
    "reference-without": "Models of some labs took no part in the curves of public models.",
    "embeddings-added": "Parameters seem to leave out embeddings, which were added.",
    "losses-unused": "Losses are recorded for too few checkpoints to be used.",
    "items-assumed": "The number of questions of a benchmark is not known and was assumed.",
    "tokens-repeated": "Tokens that were seen more than once count for less.",
    "no-fit": "A method cannot be fitted to some of the benchmarks.",
    "at-bound": "A parameter of a fit lies at its bound.",
    "not-converged": "A fit did not converge.",
    "loss-law": "Which law the losses follow.",
    "runs-set-aside": "Runs where no law holds were set aside.",
    "skills": "The numbers of skills, and how much each counts.",
    "capabilities": "The capability space and what it explains.",
    "kinds": "Base and instruct models are told apart, and how many there are.",
    "models-left-out": "Models that a method cannot use were left out.",
    "compute-unknown": "Models of unknown compute are in the space, not in the trends.",
    "known-scores": "How known scores of a target are used.",
    "questions-left-out": "Questions that not all models answered were left out.",
    "anchors-unused": "Anchors without some of the questions were not used.",
    "answers-assumed": "The number of answers behind a score is not known and was assumed.",
    "chance-replaced": "A lower chance level than the declared one was used.",
    "item-response": "A benchmark is forecast by item response, not by clusters.",
    "cod-mixed": "The default on total scores is part of a forecast from questions.",
    "clustering": "How questions were clustered.",
}
_METHOD_DOUBTS = {
    "not-forecast": "A benchmark has no forecast.",
    "no-front": "Too few runs on the efficient front, so there is no law.",
    "same-size-differs": "Losses of runs of one size differ, so size alone does not tell them.",
    "floor-below-chance": "The evidence puts the floor of a benchmark below its chance level.",
    "little-explained": "The capabilities explain little of a benchmark.",
    "plug-in-broken": "A method of another package cannot be used, so it is not listed.",
}
_FORECASTS = {
    "intervals-fallback": "Intervals are those of all methods pooled.",
    "at-chance": "A benchmark is not yet measurable.",
    "flat": "A benchmark has no trend beyond its noise.",
    "noisy": "Scores scatter more than the questions explain.",
    "inverse": "Scores fall with scale.",
    "saturated": "Scores are near their ceiling.",
    "asymptote-unknown": "Much of an interval is the unknown irreducible loss.",
    "few-scores": "A benchmark was measured on few checkpoints.",
    "average-approximate": "Intervals of averages are approximate.",
    "average-at-chance": "Most benchmarks of an average are at chance.",
    "errors-checked": "How large errors on models held back are, beside what intervals assume.",
    "pairs": "How many models of two recipes are paired.",
    "tasks-lacking": "Checkpoints without some of the tasks were not read.",
    "records-left-out": "Records with too few checkpoints for a backtest were left out.",
    "auto": "Which method `--predictor auto` took, and why.",
}
_FORECAST_DOUBTS = {
    "run-alone": "The last checkpoint of one run is no ladder.",
    "scores-unread": "Known scores of benchmarks that were not fitted are not read.",
    "not-compared": "Measured scores could not be compared with the forecast.",
    "target-small": "The target is smaller than the largest evidence, so it is no prediction.",
    "target-far": "The target lies so far beyond the evidence that few forecasts were checked.",
    "target-design": "The target has another ratio of tokens to parameters than the evidence.",
    "active-params": "Some models have another share of active parameters, or do not tell it.",
    "off-ladder": "A rung of a ladder is off what the other rungs forecast.",
    "simpler-law": "A plain law forecasts the last rungs of a ladder better than the default.",
    "few-models": "Few models are evidence.",
    "family-refused": "A family has no forecast.",
    "clusters-little": "Clusters carry too little of the score.",
    "clusters-few-answers": "Questions have too few answers for clusters.",
    "clusters-few-models": "There are too few models for a free floor and ceiling.",
    "clusters-untested": "The largest model cannot test the clusters.",
    "clusters-missed": "Held out, the largest model is missed.",
    "model-refused": "A model that is known by its scores has no forecast.",
    "pairs-few": "Few models of two recipes can be paired.",
    "pairs-far": "The target lies far beyond the largest pair of two recipes.",
    "errors-large": "Errors on models held back are larger than the intervals assume.",
}
_CHECKS = {
    "family-not-in-fit": "Models of a family that is not in the fit have only their own past.",
    "unplaced": "Checkpoints without tokens and step have no place in a run.",
    "in-flight": "Models were taken to be still in training.",
    "not-judged": "Checkpoints were not judged, for a reason that is told.",
    "history-repeated": "Checkpoints of the history are among the new ones too.",
    "phases-several": "A run has several phases, of which one is drawn.",
    "run-short": "No checkpoint of a run has enough earlier ones to be judged.",
}

CODES: dict[str, Kind] = {
    **_kinds(Level.NOTE, _READING),
    **_kinds(Level.WARNING, _READING_DOUBTS),
    **_kinds(Level.NOTE, _IMPORTING),
    **_kinds(Level.WARNING, _IMPORTING_DOUBTS),
    **_kinds(Level.NOTE, _EVIDENCE),
    **_kinds(Level.WARNING, _FINDINGS),
    **_kinds(Level.NOTE, _METHODS),
    **_kinds(Level.WARNING, _METHOD_DOUBTS),
    **_kinds(Level.NOTE, _FORECASTS),
    **_kinds(Level.WARNING, _FORECAST_DOUBTS),
    **_kinds(Level.NOTE, _CHECKS),
    TOLD: Kind(
        Level.NOTE, "A sentence of a fit file of version 0.1 or of a plug-in, without a code."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One thing that a user must know; as text it is ``subject: text``.

    Attributes:
        code: What kind of note it is, one of ``CODES``.
        level: How much it matters: ``note``, ``warning`` or ``error``.
        subject: What it is about, such as a benchmark, a model or a file; empty = the whole.
        text: A sentence for people, without the subject.
    """

    code: str
    level: str
    subject: str
    text: str

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"{self.code!r} is no code of a note; records/notes.py lists them")
        Level(self.level)

    def __str__(self) -> str:
        return f"{self.subject}: {self.text}" if self.subject else self.text

    def document(self) -> "NoteDocument":
        """What JSON holds."""
        return {
            "code": self.code,
            "level": str(self.level),
            "subject": self.subject,
            "text": self.text,
        }


def noted(code: str, text: str, *, subject: str = "") -> Note:
    """A note of a code, at the level of that code; long names in the text are cut."""
    return Note(
        code=code, level=str(CODES[code].level), subject=subject, text=without_long_words(text)
    )


def told(sentences: Iterable[str | Note]) -> tuple[Note, ...]:
    """Notes as they are, and notes of sentences that came without a code."""
    return tuple(each if isinstance(each, Note) else noted(TOLD, each) for each in sentences)


def heard(result: _Result, ignored: Collection[str]) -> _Result:
    """The same result, without notes of ignored codes wherever its fields hold them."""
    return cast(_Result, _heard(result, ignored)) if ignored else result


def _heard(result: Any, ignored: Collection[str]) -> Any:
    if isinstance(result, tuple) and not hasattr(result, "_fields"):
        kept = [each for each in result if not isinstance(each, Note) or each.code not in ignored]
        made = tuple(_heard(each, ignored) for each in kept)
        same = len(made) == len(result) and all(a is b for a, b in zip(made, result, strict=True))
        return result if same else made
    if not is_dataclass(result) or isinstance(result, type | Note):
        return result
    changed = {}
    for field in fields(result):
        value = getattr(result, field.name)
        if field.init and (quiet := _heard(value, ignored)) is not value:
            changed[field.name] = quiet
    return replace(result, **changed) if changed else result


def without(notes: Iterable[Note], ignored: Iterable[str]) -> tuple[Note, ...]:
    """The notes whose code is not ignored."""
    unwanted = frozenset(ignored)
    return tuple(note for note in notes if note.code not in unwanted)


def check_codes(codes: Sequence[str]) -> None:
    """Refuse what is no code.

    Raises:
        RefusedError: With the closest code that there is.
    """
    for code in codes:
        if code not in CODES:
            close = did_you_mean(code, list(CODES)) or ""
            raise RefusedError(f"{code!r} is no code of a note{close}; docs/notes.md lists them.")
