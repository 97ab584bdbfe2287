"""What does the name of a model give away? Size, tokens and step, as guesses that are reported."""

import re
from collections.abc import Mapping

from scalepredict.errors import CountError
from scalepredict.records.text.counts import parse_count

TOKENS_PER_PARAM = 20.0  # "1xC": one times Chinchilla-optimal (Hoffmann et al. 2022, 2203.15556)

_EDGE = r"(?<![a-zA-Z0-9.])"
_STEP = r"(?:global_?|train_?)?(?:steps?|iter(?:ation)?s?|it|ckpt|checkpoint|update|batch)[-_=]?"
_GRAMMAR = {
    # isoFLOP sweeps: iso-F3e17-P4.6M-T3.012B
    "flops": (re.compile(_EDGE + r"F(\d+(?:\.\d+)?e\d+)(?![a-zA-Z0-9])"),),
    "tokens": (
        re.compile(r"tokens?[-_=]?(\d+(?:\.\d+)?[MBT])(?![a-zA-Z0-9])", re.IGNORECASE),
        re.compile(_EDGE + r"T(\d+(?:\.\d+)?[MBT])(?![a-zA-Z0-9])"),
        re.compile(
            _EDGE + r"(\d+(?:\.\d+)?[MBT])[-_]?(?:tok|toks|tokens)(?![a-zA-Z0-9])", re.IGNORECASE
        ),
        re.compile(_EDGE + r"(\d+(?:\.\d+)?[MB])T(?![a-zA-Z0-9])", re.IGNORECASE),
    ),
    "step": (re.compile(r"(?<![a-z])" + _STEP + r"(\d+[kM]?)(?![a-z0-9.])", re.IGNORECASE),),
    "params": (
        re.compile(_EDGE + r"P(\d+(?:\.\d+)?[MB])(?![a-zA-Z0-9])"),
        re.compile(
            r"(?<!tokens[-_=])(?<!token[-_=])" + _EDGE + r"(\d+(?:\.\d+)?[MB])(?![a-zA-Z0-9])"
            r"(?![-_]?tok)",
            re.IGNORECASE,
        ),
    ),
    "chinchilla": (re.compile(_EDGE + r"(\d+(?:\.\d+)?)xC(?![a-zA-Z0-9])"),),
}

_STEP_AT_END = re.compile(
    r"(?P<run>.*?[^\W_])[/@_-]+" + _STEP + r"\d+[kM]?"
    r"(?:[-_/](?:hf|unsharded|model|weights|tokens?[-_]?\d+(?:\.\d+)?[MBT]))*/?",
    re.IGNORECASE,
)
_BARE_STEP = re.compile(r"(?:^|/)0*(\d{2,})(?=/|$)")  # a folder that is nothing but a number


def guess_from_name(name: str) -> Mapping[str, float]:
    """Guess ``params``, ``tokens``, ``flops`` and ``step`` (counts) from a name or path.

    A mixture such as 8x7B names no size, nor does a name with two counts, one of which may be of
    data (see `counts_in_name`). Of steps the last counts: paths end with what is special.
    """
    found: dict[str, float] = {}
    for what, patterns in _GRAMMAR.items():
        if what == "params" and len(counts_in_name(name)) > 1:
            continue
        for pattern in patterns:
            texts = pattern.findall(name)
            if texts:
                found[what] = _count(texts[-1])
                break
    multiple = found.pop("chinchilla", None)
    if multiple and "params" in found:
        found.setdefault("tokens", multiple * TOKENS_PER_PARAM * found["params"])
    return found


def counts_in_name(name: str) -> tuple[str, ...]:
    """The counts in a name that may be its parameters; several are an ambiguity."""
    for pattern in _GRAMMAR["params"]:
        texts = pattern.findall(name)
        if texts:
            sizes = {_count(text): text for text in reversed(texts)}
            return tuple(sorted(sizes.values(), key=texts.index))
    return ()


def bare_step(path: str) -> float | None:
    """The step of a path such as ``run/0001000/hf``, whose folder is a bare number."""
    texts = _BARE_STEP.findall(path)
    return float(texts[-1]) if texts else None


def without_step(name: str) -> str:
    """The run that a checkpoint's name or path belongs to: ``out/run/step500-hf`` -> ``out/run``.

    Only what is known to say nothing else may follow the step: another seed is another run.
    """
    match = _STEP_AT_END.fullmatch(name)
    return match["run"] if match else name


def _count(text: str) -> float:
    try:
        return parse_count(text.replace("m", "M") if text[-1:] == "m" else text)
    except CountError:  # step0
        return 0.0
