"""What is wrong with the words of a command line? One sentence, as of every other mistake."""

import re
from collections.abc import Sequence
from typing import Any

import typer

from scalepredict.errors import without_long_words

# Typer brings Click inside or beside itself, by version; its own error tells which.
UsageError: type[Exception] = typer.BadParameter.__bases__[0]

_DIALECT = {
    r"^Invalid value( for '.*?')?( \(env var: '.*?'\))?: ": "",  # an old Click names a variable
    r"Value error, |Input |, unable to parse .*$": "",
    "greater than or equal to": "at least",
    "less than or equal to": "at most",
}


def usage_sentence(error: Any, words: Sequence[str]) -> str:
    """The mistake, the value that was given, and where the options are told.

    Args:
        error: A mistake that Typer found.
        words: The command line.
    """
    said = told = str(error.format_message()).rstrip(".")
    for theirs, ours in _DIALECT.items():
        told = re.sub(theirs, ours, told)
    parameter = getattr(error, "param", None)
    if said.startswith("Invalid value for ") and parameter is not None:
        told = f"{_given(parameter, words, told)}: {told}"
    elif told == said:
        told = told[:1].lower() + told[1:]
    command = f"scalepredict {words[0]}" if error.ctx is None else error.ctx.command_path
    end = f"{' See' if told.endswith('?') else '; see'} `{command} --help`."
    return without_long_words(told) + end


def _given(parameter: Any, words: Sequence[str], told: str) -> str:
    # The option as it was written, and its value unless that is told already.
    for word, following in zip(words, [*words[1:], ""], strict=True):
        option, _, value = word.partition("=")
        if option in parameter.opts:
            value = value if "=" in word else following
            shown = value if value.isprintable() else repr(value)
            return option if shown in told else f"{option} {shown}"
    return str(parameter.opts[0])
