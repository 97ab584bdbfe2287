"""The command line: a table of commands, and what happens when one fails.

A crash is exit code 2 with one line on stderr (a traceback only with ``-vv``), so that 1 can mean
"a finding" and nothing else. Heavy modules are imported inside the commands: ``--help`` is quick.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module
from io import TextIOWrapper
from types import FrameType
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from scalepredict.cli.inputs.help_page import HelpfulCommand
from scalepredict.cli.inputs.usage import UsageError, usage_sentence
from scalepredict.cli.views.render import clean
from scalepredict.cli.views.workflow_log import guard_streams
from scalepredict.errors import ScalePredictError

FIRST_STEPS = """\
scalepredict demo                        try it on a ladder that comes with it

scalepredict fit records.csv             what do the small models teach?
scalepredict forecast --params 70B       what will the big one score?
scalepredict check new.csv --fit scalepredict.fit.json   is it on trend?

records.csv has the columns model, params, tokens, benchmark, score.
"""


# The table of commands, in the order of a user's work: where each is found in cli/commands.
COMMANDS = {
    "import": "import_records:import_records",
    "validate": "validate:validate",
    "fit": "fit:fit",
    "forecast": "forecast:forecast",
    "backtest": "backtest:backtest",
    "calibrate": "calibrate:calibrate",
    "clusters": "clusters:clusters",
    "simulate": "simulate:simulate",
    "select": "select:select",
    "compare": "compare:compare",
    "plot": "plot:plot",
    "report": "report:report",
    "register": "register:register",
    "score": "score:score",
    "check": "check:check",
    "plan": "plan:plan",
    "methods": "methods:methods",
    "demo": "demo:demo",
}


def command_named(name: str) -> Callable[..., None] | typer.Typer:
    """The function of a command, or the table of its sub-commands."""
    module, _, attribute = COMMANDS[name].partition(":")
    found: Callable[..., None] | typer.Typer = getattr(
        import_module(f"scalepredict.cli.commands.{module}"), attribute
    )
    return found


class _Commands(Mapping[str, Any]):
    """The commands by name; one is built when it is asked for, because building takes time."""

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)

    def __contains__(self, name: object) -> bool:
        return name in COMMANDS

    def __getitem__(self, name: str) -> Any:
        return _built(name)


@cache
def _built(name: str) -> Any:
    found = command_named(name)
    if not isinstance(found, typer.Typer):
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        alone.command(name, cls=HelpfulCommand)(found)
        found = alone
    return get_command(found)


class Table(TyperGroup):
    """The commands in the order of their table, those with sub-commands among them."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        named: Any = _Commands()
        self.commands = named

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Nothing at all is asked by somebody new: the first steps stand before the help."""
        if not args and not ctx.resilient_parsing:
            typer.echo(f"{FIRST_STEPS}\n{ctx.get_help()}")
            ctx.exit()
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of the commands."""
        del ctx
        return list(COMMANDS)


app = typer.Typer(
    name="scalepredict",
    cls=Table,
    help="Predict the benchmark scores of a large language model from records of small ones.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # boxes cut and wrap names in logs, and cost start-up time
    context_settings={"help_option_names": ["-h", "--help"]},
)


GRACE = 1.0  # seconds that a command has to end in when it is told to


class _Terminated(BaseException):
    """SIGTERM, which batch systems, containers and CI send."""


_told: list[int] = []  # exit code of the signal that came, if one did


def main() -> None:
    """Run the command line; every failure but a finding of `check` or `validate` exits with 2."""
    _open_streams()
    _told.clear()
    signal.signal(signal.SIGTERM, _terminate)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    try:
        sys.exit(app(standalone_mode=False))
    except ScalePredictError as error:
        _fail(str(error))
    except UsageError as error:
        _fail(usage_sentence(error, sys.argv[1:]))
    except _Terminated:
        sys.exit(143)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    except BrokenPipeError:
        # The reader of stdout went away (`| head`): not an error. Keep the interpreter's own
        # flush at exit from raising the same again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:  # files have messages of their own: this is a stream, say a full disk
        _fail(f"{error.filename or 'standard output'}: {error.strerror or error}.")
    except MemoryError:
        _fail("out of memory: this input needs more than this process may have; give less of it.")
    except Exception as error:
        if _told:  # what was cut short may fail in any way
            sys.exit(_told[0])
        _fail(f"internal error: {type(error).__name__}: {error} (run with -vv for the traceback)")
    finally:
        try:
            _end_workers()
        finally:
            if _told:  # nothing is worth waiting for, threads of engines least of all
                os._exit(_told[0])


def _open_streams() -> None:
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever started this
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, TextIOWrapper):  # what a terminal cannot show is spelled out
            stream.reconfigure(errors="backslashreplace")
    guard_streams()


def _terminate(number: int, frame: FrameType | None) -> None:
    del frame
    signal.signal(number, signal.SIG_IGN)  # once is enough
    _end_soon(143)
    raise _Terminated


def _interrupt(number: int, frame: FrameType | None) -> None:
    del number, frame
    _end_soon(130)
    raise KeyboardInterrupt


def _end_soon(code: int) -> None:
    # The exception that follows may be lost, say in a hook that runs at a fork, or meet threads
    # that are just starting: then the end comes all the same.
    def end_now(*_: object) -> None:
        _end_workers()
        os._exit(code)

    _told.append(code)
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, end_now)
        signal.setitimer(signal.ITIMER_REAL, GRACE)


def _end_workers() -> None:
    # They outlive a parent that just exits, and keep its streams open.
    loky = sys.modules.get("joblib.externals.loky.reusable_executor")
    if (executor := getattr(loky, "_executor", None)) is not None:
        with suppress(Exception):  # one that was just starting may be in any state
            executor.shutdown(wait=False, kill_workers=True)
    if "multiprocessing" in sys.modules:  # those that no executor knows yet
        for worker in sys.modules["multiprocessing"].active_children():
            with suppress(ProcessLookupError):
                os.kill(worker.pid, signal.SIGKILL)


def _fail(message: str) -> None:
    for line in message.splitlines():  # a line break inside a name starts no line of its own
        typer.echo(f"error: {clean(line)}", err=True)
    sys.exit(2)


def _print_version(wanted: bool) -> None:
    if wanted:
        from scalepredict import __version__  # looked up among the installed packages: 25 ms

        typer.echo(f"scalepredict {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", "-V", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    del version
