"""What does the name of a model give away? Size, tokens and step, as guesses that are reported."""

import re
from collections.abc import Mapping

from scalepredict.errors import CountError
from scalepredict.records.text.counts import parse_count

TOKENS_PER_PARAM = 20.0  # "1xC": one times Chinchilla-optimal (Hoffmann et al. 2022, 2203.15556)

_EDGE = r"(?<![a-zA-Z0-9.])"
_GRAMMAR = {
    # isoFLOP sweeps: iso-F3e17-P4.6M-T3.012B
    "flops": (re.compile(_EDGE + r"F(\d+(?:\.\d+)?e\d+)(?![a-zA-Z0-9])"),),
    "tokens": (
        re.compile(r"tokens?[-_=]?(\d+(?:\.\d+)?[MBT])(?![a-zA-Z0-9])", re.IGNORECASE),
        re.compile(_EDGE + r"T(\d+(?:\.\d+)?[MBT])(?![a-zA-Z0-9])"),
        re.compile(
            _EDGE + r"(\d+(?:\.\d+)?[MBT])[-_]?(?:tok|tokens)(?![a-zA-Z0-9])", re.IGNORECASE
        ),
    ),
    "step": (
        re.compile(r"(?:global_?)?step[-_=]?(\d+)(?!\d)", re.IGNORECASE),
        re.compile(r"checkpoint-(\d+)(?!\d)"),
    ),
    "params": (
        re.compile(_EDGE + r"P(\d+(?:\.\d+)?[MB])(?![a-zA-Z0-9])"),
        re.compile(_EDGE + r"(\d+(?:\.\d+)?[MB])(?![a-zA-Z0-9])(?![-_]?tok)", re.IGNORECASE),
    ),
    "chinchilla": (re.compile(_EDGE + r"(\d+(?:\.\d+)?)xC(?![a-zA-Z0-9])"),),
}

_STEP_AT_END = re.compile(
    r"(?P<run>.*[^\W_])[/@_-]+(?:(?:global_?)?step[-_=]?\d+|checkpoint-\d+)"
    r"(?:[-_](?:hf|unsharded|tokens?[-_]?\d+(?:\.\d+)?[MBT]))*/?",
    re.IGNORECASE,
)


def guess_from_name(name: str) -> Mapping[str, float]:
    """Guess ``params``, ``tokens``, ``flops`` and ``step`` (counts) from a name or path.

    A mixture such as 8x7B names no size. The last match counts: paths end with what is special.
    """
    found: dict[str, float] = {}
    for what, patterns in _GRAMMAR.items():
        for pattern in patterns:
            texts = pattern.findall(name)
            if texts:
                try:
                    found[what] = parse_count(texts[-1])
                except CountError:  # step0
                    continue
                break
    multiple = found.pop("chinchilla", None)
    if multiple is not None and "params" in found:
        found.setdefault("tokens", multiple * TOKENS_PER_PARAM * found["params"])
    return found


def without_step(name: str) -> str:
    """The run that a checkpoint's name or path belongs to: ``out/run/step500-hf`` -> ``out/run``.

    Only what is known to say nothing else may follow the step: another seed is another run.
    """
    match = _STEP_AT_END.fullmatch(name)
    return match["run"] if match else name
