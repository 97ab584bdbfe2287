"""What does scalepredict.yaml ask of the gate? Shipped defaults with the user's keys over them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from scalepredict.errors import RefusedError, did_you_mean
from scalepredict.evaluation.off_trend.own_past.own_noise import NoisePriors
from scalepredict.evaluation.off_trend.own_past.run_judge import Side
from scalepredict.evaluation.off_trend.rules.gate import BenchmarkLevel, CopyRule, Gate
from scalepredict.evaluation.off_trend.rules.rules import RULES
from scalepredict.evaluation.off_trend.rules.verdicts import Level
from scalepredict.records.notes import check_codes
from scalepredict.records.text.schema import Count, validated
from scalepredict.records.text.yaml_text import Document, load_shipped, load_yaml

SHIPPED = "gate.yaml"


class FailOn(StrEnum):
    """Level from which a finding fails the gate; ``warn`` is understood as ``warning``."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    NEVER = "never"

    @classmethod
    def _missing_(cls, value: object) -> "FailOn | None":
        return cls.WARNING if value == "warn" else None

    @property
    def level(self) -> Level:
        """The same as a level of findings; of ``never``, what the status counts."""
        return Level.ERROR if self is FailOn.NEVER else Level(self.value)


class ReportKind(StrEnum):
    """Kinds of reports."""

    JUNIT = "junit"
    SARIF = "sarif"
    GITLAB = "gitlab"
    OPENMETRICS = "openmetrics"
    MARKDOWN = "markdown"
    JSON = "json"


class OutputForm(StrEnum):
    """What is written to stdout."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"


class Direction(StrEnum):
    """Which deviations count: ``low`` is short for ``sides: {better: off}``."""

    LOW = "low"
    BOTH = "both"


def _known_rule(name: str) -> str:
    by_id = {rule.id: rule.name for rule in RULES.values()}
    if name in by_id:
        return by_id[name]
    if name not in RULES:
        hint = did_you_mean(name, RULES) or f"; known are {', '.join(RULES)}"
        raise ValueError(f"there is no rule {name!r}{hint}")
    return name


def _known_code(code: str) -> str:
    try:
        check_codes([code])
    except RefusedError as error:
        raise ValueError(str(error).rstrip(".")) from error
    return code


_RuleName = Annotated[str, AfterValidator(_known_rule)]
_Share = Annotated[float, Field(gt=0, lt=1)]
_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Path = Annotated[str, Field(min_length=1)]
_Code = Annotated[str, AfterValidator(_known_code)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Drift(_Part):
    checkpoints: Annotated[int, Field(ge=2, le=20)] | None = None
    threshold: _Positive | None = None


class _Copies(_Part):
    min_step: _Positive | None = None
    min_tokens: Count | None = None
    large_items: Count | None = None
    large_share: _Share | None = None
    all_share: _Share | None = None


class _Noise(_Part):
    phi: _Positive | None = None
    phi_of_labels: _Positive | None = None
    tail: Annotated[float, Field(ge=4, le=30)] | None = None
    correlation: Annotated[float, Field(ge=0, lt=1)] | None = None
    wander: Annotated[float, Field(ge=0, lt=1)] | None = None


class _Benchmark(_Part):
    match: str
    level: Level = Level.ERROR
    min_items: Count | None = None


class _Check(_Part):
    alpha: Annotated[float, Field(gt=0, lt=0.5)] | None = None
    direction: Direction | None = None
    sides: dict[Side, Level] | None = None
    persistence: Annotated[int, Field(ge=1, le=2)] | None = None
    recovery: Annotated[int, Field(ge=1, le=100)] | None = None
    fail_on: FailOn | None = None
    discovery: _Share | None = None
    drift: _Drift | None = None
    copies: _Copies | None = None
    noise: _Noise | None = None
    rules: dict[_RuleName, Level] | None = None
    benchmarks: list[_Benchmark] | None = None
    fit: _Path | None = None
    history: list[_Path] | None = None
    baseline: _Path | None = None
    calibration: _Path | None = None
    ladder: _Path | None = None
    benchmark_file: _Path | None = None
    report: dict[ReportKind, _Path] | None = None
    until: Count | None = None
    percent: bool | None = None
    answers: bool | None = None
    exit_zero: bool | None = None
    ci: bool | None = None
    update_baseline: bool | None = None
    format: OutputForm | None = None
    quiet: bool | None = None
    verbose: bool | None = None
    ignore: list[_Code] | None = None
    level: list[_Share] | None = None


class _File(_Part):
    schema_: Literal["scalepredict.gate/1"] | None = Field(default=None, alias="schema")
    provenance: dict[str, Any] | None = None
    check: _Check = Field(default_factory=_Check)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFile:
    """A gate, and what the file says about where its inputs are.

    Attributes:
        gate: What is checked and how strictly.
        fail_on: Level from which a finding fails the gate.
        fit: Stored fit to compare models with.
        history: Records of earlier checkpoints and other runs.
        baseline: File of accepted findings.
        calibration: Interval constants.
        ladder: Sizes of the models in harness results.
        benchmark_file: Chance, items and suites of benchmarks.
        report: Reports to write besides.
        until: Tokens at which runs in progress end.
        percent: Whether all scores are in percent.
        answers: Whether each row is a graded answer.
        exit_zero: Whether the exit code is 0 whatever is found.
        ci: Whether CI systems are told in their own way.
        update_baseline: Whether all findings are accepted.
        form: What is written to stdout.
        quiet: Whether only errors are told on stderr.
        verbose: Whether more is told.
        ignore: Codes of notes that are left out.
        levels: Levels of the intervals that are shown; empty = as elsewhere.
    """

    gate: Gate
    fail_on: FailOn
    fit: Path | None = None
    history: tuple[Path, ...] = ()
    baseline: Path | None = None
    calibration: Path | None = None
    ladder: Path | None = None
    benchmark_file: Path | None = None
    report: tuple[tuple[ReportKind, Path], ...] = ()
    until: float | None = None
    percent: bool = False
    answers: bool = False
    exit_zero: bool = False
    ci: bool = True
    update_baseline: bool = False
    form: OutputForm = OutputForm.TABLE
    quiet: bool = False
    verbose: bool = False
    ignore: tuple[str, ...] = ()
    levels: tuple[float, ...] = ()


def load_gate(
    path: str | Path | None = None, *, over: Mapping[str, object] | None = None
) -> GateFile:
    """The shipped gate, with the keys of a user's file over it.

    Args:
        path: The file; paths in it are relative to its folder.
        over: Keys that go before those of the file; None as a value = as the file says.

    Raises:
        ConfigError: The file is missing or not understood; each mistake with its position.
    """
    tree, folder = _tree(load_shipped(SHIPPED)), Path()
    if path is not None:
        tree, folder = _over(tree, _tree(load_yaml(path))), Path(path).parent
    given = {key: value for key, value in (over or {}).items() if value is not None}
    return _gate_file(_over(tree, given), folder)


def _tree(document: Document) -> dict[str, Any]:
    return validated(document, _File).check.model_dump(exclude_none=True)


def _over(base: dict[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in top.items():
        if isinstance(value, dict):
            merged[key] = _over(base.get(key, {}), value)
        elif key == "benchmarks":
            merged[key] = [*value, *base.get(key, [])]
        else:
            merged[key] = value
    return merged


def _gate_file(tree: dict[str, Any], folder: Path) -> GateFile:
    drift, noise = tree["drift"], dict(tree["noise"])
    wander = noise.pop("wander")
    gate = Gate(
        alpha=tree["alpha"],
        sides=tree["sides"],
        persistence=tree["persistence"],
        recovery=tree["recovery"],
        discovery=tree["discovery"],
        drift_over=drift["checkpoints"],
        drift_threshold=drift["threshold"],
        rules=tree["rules"],
        benchmarks=tuple(BenchmarkLevel(**entry) for entry in tree["benchmarks"]),
        copies=CopyRule(**tree["copies"]),
        noise=NoisePriors(**noise),
        wander=wander,
    )
    if tree["direction"] is Direction.LOW:
        gate = replace(gate, sides={**gate.sides, Side.BETTER: Level.OFF})

    def place(key: str) -> Path | None:
        return folder / tree[key] if key in tree else None

    return GateFile(
        gate=gate,
        fail_on=tree["fail_on"],
        fit=place("fit"),
        history=tuple(folder / path for path in tree.get("history", ())),
        baseline=place("baseline"),
        calibration=place("calibration"),
        ladder=place("ladder"),
        benchmark_file=place("benchmark_file"),
        report=tuple((kind, folder / path) for kind, path in tree.get("report", {}).items()),
        until=tree.get("until"),
        percent=tree.get("percent", False),
        answers=tree.get("answers", False),
        exit_zero=tree.get("exit_zero", False),
        ci=tree.get("ci", True),
        update_baseline=tree.get("update_baseline", False),
        form=tree.get("format", OutputForm.TABLE),
        quiet=tree.get("quiet", False),
        verbose=tree.get("verbose", False),
        ignore=tuple(tree.get("ignore", ())),
        levels=tuple(tree.get("level", ())),
    )
