"""Which parts of the site are made from the program? A hook of mkdocs; see mkdocs.yml.

A page holds a mark such as ``<!-- methods -->`` where the part belongs. The pages of the rules and
of the notes are made by commands of their own.
"""

import inspect
import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

import accuracy_table  # type: ignore[import-not-found]  # it lies beside this file
import coverage_picture  # type: ignore[import-not-found]
import typer
from typer.testing import CliRunner

from scalepredict.cli.app import app
from scalepredict.records.importers.registry import importers

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "configs" / "schemas"
PICTURE = ROOT / "benchmarks" / "pictures" / "forecast.png"
AGENTS = "agents.md"
RULES = "Rules of the gate"
MARK = re.compile(r"^<!-- (?!end )(\w+) -->$", re.MULTILINE)  # `end` closes what readme.py fills


def methods() -> str:
    """One row for each method, from the docstrings of the modules."""
    rows = [
        (
            f"`{row['name']}`",
            row["what"],
            f"`{row['formula']}`",
            row["needs"],
            row["fails_when"],
            accuracy_table.of_method(row["name"]),
        )
        for row in json.loads(CliRunner().invoke(app, ["methods", "--json"]).stdout)["methods"]
    ]
    return table(("method", "what", "formula", "needs", "fails when", "error, points"), rows)


def picture() -> str:
    """The picture of README.md, which is copied beside the page."""
    about = "Scores of four benchmarks against training FLOPs, with fitted curves and fans to 12B"
    return f'<img src="{PICTURE.name}" alt="{about}">'


def commands() -> str:
    """The help of every command, as it is printed."""
    return "\n\n".join(f"## {path}\n\n```text\n{text}```" for path, text in helps())


def command_list() -> str:
    """One line for each command."""
    first = (text.split("\n\n")[1].strip().splitlines()[0] for _, text in helps())
    return "\n".join(f"- `{path}`: {line}" for (path, _), line in zip(helps(), first, strict=True))


def helps() -> Iterator[tuple[str, str]]:
    """Name and help page of each command and sub-command."""
    root = typer.main.get_command(app)
    yield from _helps(root, "scalepredict", None)


def _helps(command: Any, path: str, parent: Any) -> Iterator[tuple[str, str]]:
    context = command.context_class(command, info_name=path.split()[-1], parent=parent)
    context.terminal_width = context.max_content_width = 88
    if inner := getattr(command, "commands", None):
        for name in command.list_commands(context):
            yield from _helps(inner[name], f"{path} {name}", context)
    else:
        yield path, command.get_help(context) + "\n"


def documents() -> str:
    """The top keys of every JSON document, from its schema."""
    return "\n\n".join(_schema(path) for path in sorted(SCHEMAS.glob("*.schema.json")))


def _schema(path: Path) -> str:
    schema = json.loads(path.read_text(encoding="utf-8"))
    always = schema.get("required", ())
    rows = [
        (f"`{name}`", _type(what), "yes" if name in always else "", _about(what))
        for name, what in schema.get("properties", {}).items()
    ]
    head = f"## {schema.get('title', path.name)}\n\n`configs/schemas/{path.name}`. "
    about = escape(schema.get("description", ""), quote=False)
    return f"{head}{about}\n\n" + table(("key", "type", "always", "what"), rows)


def _type(what: dict[str, Any]) -> str:
    if "const" in what:
        return f"`{json.dumps(what['const'])}`"
    if "anyOf" in what:
        return " or ".join(map(_type, what["anyOf"]))
    if "enum" in what:
        return " or ".join(f"`{json.dumps(each)}`" for each in what["enum"])
    kind = what.get("type") or what.get("$ref", "").rpartition("/")[2]
    text = " or ".join(kind) if isinstance(kind, list) else str(kind)
    inner = what.get("items", {})
    of = inner.get("type") or inner.get("$ref", "").rpartition("/")[2] if inner else ""
    return f"{text} of {of}" if isinstance(of, str) and of else text


def _about(what: dict[str, Any]) -> str:
    keys = ", ".join(f"`{name}`" for name in what.get("properties", {}))
    about = escape(what.get("description", ""), quote=False)
    return " ".join(part for part in (about, keys) if part)


def formats() -> str:
    """One row for each format of results that is read."""
    rows = [
        (f"`{each.kind}`", (inspect.getdoc(inspect.getmodule(type(each))) or "").splitlines()[0])
        for each in importers()
    ]
    return table(("format", "what it reads"), rows)


def accuracy() -> str:
    """Errors of the default and of what people use instead, group by group."""
    header = ("records", "scalepredict", "power law", "line in log C", "last value")
    return table(header, accuracy_table.errors())


def coverage() -> str:
    """How often intervals held, group by group."""
    return _coverage(accuracy_table.SINGLE)


def coverage_elsewhere() -> str:
    """The same for averages, and for ladders of other shapes."""
    parts = (
        ("Averages over all benchmarks of a target", accuracy_table.AVERAGES),
        ("A cluster of five small models and one or three far runs", accuracy_table.GAPPED),
        ("One or two scales, served benchmarks", accuracy_table.FEW),
        ("With `--no-reference`", accuracy_table.ALONE),
    )
    return "\n\n".join(f"**{title}**\n\n{_coverage(of)}" for title, of in parts)


def _coverage(of: str) -> str:
    header = ("records", "50 % held", "80 % held", "90 % held", "90 % width, points")
    return table(header, accuracy_table.coverage(of))


def coverage_plot() -> str:
    """The same as pictures."""
    return str(coverage_picture.picture())


def plan_backtest() -> str:
    """Errors at the target by budget and choice, from the stored output of plan_backtest.py."""
    output = (ROOT / "benchmarks" / "plan_backtest.txt").read_text(encoding="utf-8")
    return "\n".join(line for line in output.splitlines() if line.startswith("|"))


def changelog() -> str:
    """CHANGELOG.md without its title."""
    return (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").partition("\n")[2]


def table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A table of Markdown."""
    lines = [header, tuple("---" for _ in header), *rows]
    cells = ([cell.replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


PARTS: dict[str, Callable[[], str]] = {
    part.__name__: part
    for part in (
        *(picture, methods, commands, command_list, documents, formats),
        *(accuracy, coverage, coverage_elsewhere, coverage_plot, plan_backtest, changelog),
    )
}


def filled(markdown: str) -> str:
    """A page with its made parts in place."""
    return MARK.sub(lambda mark: PARTS[mark[1]](), markdown)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Called by mkdocs for each page."""
    return filled(markdown)


def on_config(config: Any) -> Any:
    """Called by mkdocs first: the pages of the rules take their place among the others."""
    rules = sorted(path.name for path in Path(config["docs_dir"], "rules").glob("*.md"))
    sections = [inner for entry in config["nav"] for inner in entry.values()]
    for entry in (each for section in sections if isinstance(section, list) for each in section):
        if RULES in entry:
            entry[RULES] = ["rules/index.md", *(f"rules/{n}" for n in rules if n != "index.md")]
    return config


def on_post_build(config: Any) -> None:
    """Called by mkdocs at the end: what agents read is Markdown, and a list of the pages."""
    source, site = Path(config["docs_dir"]), Path(config["site_dir"])
    (site / AGENTS).write_text(filled((source / AGENTS).read_text(encoding="utf-8")))
    (site / "llms.txt").write_text(llms(config))
    shutil.copy(PICTURE, site)


def llms(config: Any) -> str:
    """The pages with their first sentences, in the form of llms.txt."""
    lines = [f"# {config['site_name']}", "", f"> {config['site_description']}", "", "## Docs", ""]
    lines.append(f"- [For agents, as Markdown]({AGENTS}): commands, JSON documents, exit codes")
    for name in sorted(Path(config["docs_dir"]).glob("*.md")):
        title, _, rest = name.read_text(encoding="utf-8").partition("\n")
        sentence = rest.strip().split("\n\n")[0].split(". ")[0].replace("\n", " ")
        about = "" if sentence[:1] in "#`<|-" else f": {sentence.rstrip('.')}"
        lines.append(f"- [{title.lstrip('# ')}]({name.with_suffix('.html').name}){about}")
    return "\n".join(lines) + "\n"
