"""What does `--help` of a command show? Its options by what they are for, in words for people."""

from typing import Any

from typer.core import TyperCommand

from scalepredict.cli.inputs.method import METHODS
from scalepredict.cli.inputs.parameters import HEADINGS, OUTPUT
from scalepredict.predictors.registry import available

ARGUMENTS = "Arguments"


class HelpfulCommand(TyperCommand):
    """A command whose help tells options under headings, and arguments by their names alone."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The words of the usage line: optional ones in brackets."""
        pieces = ["[OPTIONS]"]
        for parameter in self.get_params(ctx):
            if parameter.param_type_name == "argument":
                name = str(parameter.metavar)
                pieces.append(name if parameter.required else f"[{name}]")
        return pieces

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments, then options by heading."""
        sections: dict[str, list[tuple[str, str]]] = {name: [] for name in (ARGUMENTS, *HEADINGS)}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is None:
                continue
            if parameter.param_type_name == "argument":
                sections[ARGUMENTS].append((str(parameter.metavar), record[1]))
            else:  # --help itself is under no heading of ours
                heading = getattr(parameter, "rich_help_panel", None) or OUTPUT
                sections[heading].append((record[0], _with_names(record[1])))
        for name, lines in sections.items():
            if lines:
                with formatter.section(name):
                    formatter.write_dl(lines)


def _with_names(text: str) -> str:
    # Plug-ins are looked for when help is read, not whenever a command runs.
    return text.replace(METHODS, ", ".join(available())) if METHODS in text else text
