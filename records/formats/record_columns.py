"""Which columns has a record, what does each say something of, and which values can it have?

The one list of them: readers, the YAML form, what is written and the checks of ranges follow it.
A new one needs a line here and a field where a table keeps it.
"""

from dataclasses import dataclass
from typing import Literal

MAX_LOSS = 50.0  # nats; a guess among a million tokens has 14
_IN_UNITS = "a count of units; if the column is in {}, say so in its header, like `{}`."
_PARAMS = _IN_UNITS.format("millions or billions", "params (B)")
_TOKENS = _IN_UNITS.format("billions or trillions", "tokens (B)")
_FLOPS = _IN_UNITS.format("units of 1e18 or 1e21", "flops (1e21)")
_ITEMS = "the number of questions is a whole number."
_LOSS = "a loss is minus the mean log-likelihood"
_PARAMS_RANGE, _TOKENS_RANGE = (1e3, 1e16), (1e3, 1e18)
_INFINITE = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of the record format.

    Attributes:
        name: As in a header.
        form: ``text``; ``count`` (may have a suffix, like 70B); ``number``; or ``measure``, a
            number that differs in every row.
        about: What it says something of: the ``checkpoint``, the ``evaluation`` (of which scores
            of one checkpoint may share one) or the ``score``.
        limits: The least and the largest value that can be; None = any.
        advice: What to do about a value beyond them.
        whole: Whether it has no fraction.
    """

    name: str
    form: Literal["text", "count", "number", "measure"]
    about: Literal["checkpoint", "evaluation", "score"]
    limits: tuple[float, float] | None = None
    advice: str = ""
    whole: bool = False


def _text(name: str, about: Literal["checkpoint", "evaluation", "score"] = "checkpoint") -> Column:
    return Column(name=name, form="text", about=about)


def _size(name: str, limits: tuple[float, float], advice: str) -> Column:
    return Column(name=name, form="count", about="checkpoint", limits=limits, advice=advice)


def _number(
    name: str,
    about: Literal["checkpoint", "evaluation", "score"],
    low: float | None = None,
    high: float = _INFINITE,
    advice: str = "",
) -> Column:
    limits = None if low is None else (low, high)
    return Column(name=name, form="number", about=about, limits=limits, advice=advice)


def _measure(name: str, limits: tuple[float, float] | None = None, advice: str = "") -> Column:
    return Column(name=name, form="measure", about="score", limits=limits, advice=advice)


def _answers(name: str) -> Column:
    limits = (1.0, 1e9)
    return Column(name=name, form="count", about="score", limits=limits, advice=_ITEMS, whole=True)


COLUMNS = (  # in the order in which people read them, and `import` writes them
    _text("model"),
    _text("family"),
    _text("lab"),
    _text("kind"),
    _size("params", _PARAMS_RANGE, f"parameters are {_PARAMS}"),
    _size("params_active", _PARAMS_RANGE, f"active parameters are {_PARAMS}"),
    _size("params_non_embedding", _PARAMS_RANGE, f"parameters are {_PARAMS}"),
    _size("tokens", _TOKENS_RANGE, f"tokens are {_TOKENS}"),
    _size("unique_tokens", _TOKENS_RANGE, f"tokens are {_TOKENS}"),
    _size("total_tokens", _TOKENS_RANGE, f"tokens are {_TOKENS}"),
    _size("flops", (1e6, 1e32), f"FLOPs are {_FLOPS}"),
    _number("step", "checkpoint", 0.0, advice="write the optimiser step."),
    _number(
        *("fraction", "checkpoint", 0.0, 1.0),
        advice="write the part of the schedule that is done, like 0.5.",
    ),
    _number("seed", "checkpoint"),
    _text("phase"),
    _text("role"),
    _number(
        *("loss", "checkpoint", 0.0, MAX_LOSS),
        advice=f"{_LOSS}, of the validation set, in nats per token.",
    ),
    _text("benchmark", "score"),
    _text("task", "score"),
    _text("metric", "evaluation"),
    Column(
        name="shots",
        form="number",
        about="evaluation",
        limits=(0.0, 1e6),
        advice="write the number of examples in the prompt.",
        whole=True,
    ),
    _text("variant", "evaluation"),
    _text("suite", "evaluation"),
    _measure("score"),
    _measure(
        "task_loss", (0.0, MAX_LOSS), f"{_LOSS}, of the right answer, in nats or bits per byte."
    ),
    _measure("stderr", (0.0, 1.0), "a standard error is a fraction, like the score."),
    _answers("n_items"),
    _number("successes", "score", 0.0, advice="write the number of right answers."),
    _answers("trials"),
    _number(
        *("chance", "score", 0.0, 1.0),
        advice="chance is a fraction, like 0.25 for four options.",
    ),
)
COLUMN = {column.name: column for column in COLUMNS}


def names_of(
    *, form: str | None = None, about: str | None = None, whole: bool | None = None
) -> tuple[str, ...]:
    """The names of the columns that are so, in their order."""
    return tuple(
        column.name
        for column in COLUMNS
        if form in (None, column.form)
        and about in (None, column.about)
        and whole in (None, column.whole)
    )


KNOWN = names_of()
TEXTS = names_of(form="text")
NUMBERS = tuple(name for name in KNOWN if name not in TEXTS)
COUNTS = names_of(form="count")
SIZES = names_of(form="count", about="checkpoint")
FAST = names_of(form="measure")
OF_ONE_SCORE = names_of(about="score")  # a wide table has them for each benchmark: `name/stderr`
