"""What does a command make of an input, and is that a finding?"""

import io
import json
import re
import resource
import signal
import sys
import time
import traceback
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from scalepredict.cli.app import app
from scalepredict.cli.inputs.usage import UsageError, usage_sentence
from scalepredict.errors import ScalePredictError

Result = dict[str, Any]
FOUND: dict[tuple[str, str], list[Any]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A command on files that were written for it."""

    argv: list[str]
    allowed: set[int]
    form: str
    what: str = ""


STILL = 20.0  # seconds on the clock for one of work: others may use the machine, a case may wait


class Timeout(BaseException):
    """A case took too long."""


class Runner:
    """The command line in this process, bounded in time of the processor and of the clock."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.command = typer.main.get_command(app)
        self.peak = _peak()
        for number in (signal.SIGALRM, signal.SIGPROF):
            signal.signal(number, self._alarm)

    def _limit(self, seconds: float) -> None:
        signal.setitimer(signal.ITIMER_PROF, seconds)
        signal.setitimer(signal.ITIMER_REAL, STILL * seconds)

    @staticmethod
    def _alarm(*_: object) -> None:
        raise Timeout

    def run(self, argv: Sequence[str], stdin: bytes = b"") -> Result:
        out, err = io.BytesIO(), io.BytesIO()
        wrapped = [
            io.TextIOWrapper(s, "utf-8", errors="backslashreplace", write_through=True)
            for s in (out, err)
        ]
        kept = sys.stdout, sys.stderr, sys.stdin
        sys.stdout, sys.stderr = wrapped
        sys.stdin = io.TextIOWrapper(io.BytesIO(stdin), "utf-8")
        problem, code, message = None, 0, ""
        start = time.process_time()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            self._limit(self.seconds)
            try:
                code = (
                    self.command.main(
                        args=list(argv), prog_name="scalepredict", standalone_mode=False
                    )
                    or 0
                )
            except Timeout:
                problem = ("hang", " ".join(argv[:1]))
            except ScalePredictError as error:
                code, message = 2, str(error)
            except UsageError as error:
                code, message = 2, usage_sentence(error, argv)
            except SystemExit as error:
                code = int(error.code or 0)
            except Exception as error:
                name = type(error).__name__
                if name == "Exit":
                    code = getattr(error, "exit_code", 1)
                else:
                    frames = list(traceback.extract_tb(error.__traceback__))
                    mine = [
                        f
                        for f in frames
                        if "site-packages" not in f.filename
                        and "fuzz.py" not in f.filename
                        and "/lib/python3" not in f.filename
                    ]
                    frame = (mine or frames)[-1]
                    file = Path(frame.filename)
                    place = f"{file.parent.name}/{file.name}:{frame.lineno}"
                    said = re.sub(r"'[^']*'|\d{3,}", "..", str(error))[:70]
                    problem = ("crash", f"{name} at {place}: {said}")
            finally:
                self._limit(0)
                sys.stdout, sys.stderr, sys.stdin = kept
        took = time.process_time() - start
        peak = _peak()
        grown, self.peak = peak - self.peak, peak
        return {
            "problem": problem,
            "code": code,
            "message": message,
            "took": took,
            "grown": grown,
            "out": out.getvalue(),
            "err": err.getvalue(),
            "warnings": caught,
        }


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def note(kind: str, what: str, seed: str, argv: Sequence[str]) -> None:
    key = (kind, what)
    if key in FOUND:
        FOUND[key][0] += 1
    else:
        FOUND[key] = [1, seed, " ".join(argv)[:300]]


def refuse_constant(text: str) -> None:
    raise ValueError(text)


def unprintable(text: str) -> list[str]:
    return sorted(
        {
            f"U+{ord(c):04X}"
            for c in text
            if c not in "\n" and unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp")
        }
    )[:3]


def check_numbers(value: Any, where: str = "") -> Iterator[str]:
    """Scores of a forecast document that cannot be."""
    if isinstance(value, dict):
        for key, item in value.items():
            if (
                key in ("forecast", "point", "median", "low", "high", "probability")
                and isinstance(item, float)
                and not -1e-9 <= item <= 1 + 1e-9
            ):
                yield f"{key} beyond 0..1"
            if key in ("intervals",) and isinstance(item, dict):
                for pair in item.values():
                    if (
                        isinstance(pair, list)
                        and len(pair) == 2
                        and None not in pair
                        and pair[0] > pair[1]
                    ):
                        yield "interval crossed"
            yield from check_numbers(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from check_numbers(item, where)


def judge(result: Result, case: Case, *, seed: str) -> None:
    """Note what a case showed."""
    argv, allowed, form = case.argv, case.allowed, case.form
    if result["problem"]:
        kind, what = result["problem"]
        note(kind, what, seed, argv)
        return
    code, message = result["code"], result["message"]
    if code not in allowed:
        note("exit", f"{argv[0]} exits with {code}", seed, argv)
    if code == 2 and not message.strip() and not result["err"].strip():
        note("mute", argv[0], seed, argv)
    if len(message) > 4000:
        note("long", argv[0], seed, argv)
    if result["took"] > 5:
        note("hang", f"{argv[0]} slow", seed, argv)
    if result["grown"] > 400:
        note("memory", f"{argv[0]} +{result['grown']:.0f} MiB", seed, argv)
    text = result["out"].decode("utf-8", "replace")
    said = result["err"].decode("utf-8", "replace")
    if bad := unprintable(said):
        note("raw", f"{argv[0]} stderr {bad[0]}", seed, argv)
    if form in ("table", "markdown") and (bad := unprintable(text)):
        note("raw", f"{argv[0]} {form} {bad[0]}", seed, argv)
    if form == "json" and text.strip():
        try:
            tree = json.loads(text, parse_constant=refuse_constant)
            for what in check_numbers(tree):
                note("output", f"{argv[0]}: {what}", seed, argv)
        except (ValueError, RecursionError) as error:
            note("output", f"{argv[0]}: JSON {str(error)[:50]}", seed, argv)
    for w in result["warnings"]:
        if (
            issubclass(
                w.category,
                (RuntimeWarning, UserWarning, FutureWarning, DeprecationWarning, ResourceWarning),
            )
            and "typer" not in w.filename
        ):
            name = f"{Path(w.filename).parent.name}/{Path(w.filename).name}:{w.lineno}"
            note("warning", f"{w.category.__name__} {name}: {str(w.message)[:70]}", seed, argv)
