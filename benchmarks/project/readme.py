"""Do the README and the pages of the site show what the program prints? Runs their commands.

    python benchmarks/project/readme.py [--write] [PAGE ...]

A block marked `sh` holds commands; a block marked `text` right after it holds the stdout of its
last `scalepredict` command, whose columns of blanks are kept. Blocks marked `python` are run, too,
with what they print in the `text` block after them. A block with a title is a file of that name.
All of a page run in one folder beside `sample_data`; --write puts the output in.
"""

import difflib
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "benchmarks" / folder) for folder in ("site", "gate")]

import accuracy_table  # type: ignore[import-not-found]  # noqa: E402  # beside the site's pages
import power_table  # type: ignore[import-not-found]  # noqa: E402

README_GROUPS = ("pythia", "gemstones", "open_lm", "families", "opensci_spaced")
SHOWN = [accuracy_table.GROUPS[name] for name in README_GROUPS]
BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
RUN = re.compile(r"^```(sh|python)$", re.MULTILINE)
TABLE = re.compile(r"(?<=<!-- accuracy -->\n\n).*?(?=\n\n<!-- end -->)", re.DOTALL)
POWER = re.compile(r"(?<=<!-- power -->).*?(?=<!-- end -->)")
POWER_TABLE = re.compile(r"(?<=<!-- power table -->\n\n).*?(?=\n\n<!-- end -->)", re.DOTALL)


def accuracy() -> str:
    """Rows of the README's table of errors, from the stored output of accuracy.py."""
    rows = [row for row in accuracy_table.errors() if row[0] in SHOWN]
    header = ("records", "scalepredict", "power law", "line in log C", "last value")
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def pages() -> list[Path]:
    """README.md, and the pages of the site that hold commands or Python."""
    own = sorted((ROOT / "docs").glob("*.md"))
    return [ROOT / "README.md", *(path for path in own if RUN.search(path.read_text()))]


def output_of(kind: str, code: str, folder: Path) -> str:
    if kind == "python":
        return run(["-c", code], folder)
    output = ""
    for line in code.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] == ["scalepredict"]:
            output = run(["-m", *words], folder)
    return output


def run(arguments: list[str], folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-P", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "80"},
        check=False,
    )
    if done.returncode:
        sys.exit(f"{shlex.join(arguments)} exited with {done.returncode}:\n{done.stderr}")
    return done.stdout


def refreshed(text: str) -> str:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "sample_data").symlink_to(ROOT / "sample_data")
        output = ""

        def renew(block: re.Match[str]) -> str:
            nonlocal output
            kind, name, content = block.groups()
            if name:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(content)
            elif kind == "text":
                return f"```text\n{output}```"
            elif kind in ("sh", "python"):
                output = output_of(kind, content, folder)
            return block[0]

        text = POWER.sub(lambda _: power_table.sentence(), BLOCK.sub(renew, text))
        text = POWER_TABLE.sub(lambda _: power_table.table(), text)
        return TABLE.sub(lambda _: accuracy(), text)


def main() -> None:
    named = [Path(word).resolve() for word in sys.argv[1:] if not word.startswith("-")]
    stale: list[str] = []
    for page in named or pages():
        old = page.read_text(encoding="utf-8")
        new = refreshed(old)
        if "--write" in sys.argv:
            page.write_text(new, encoding="utf-8")
        elif new != old:
            name = str(page.relative_to(ROOT))
            stale += difflib.unified_diff(old.splitlines(), new.splitlines(), name, "now")
    if stale:
        sys.exit("\n".join(stale) + "\nstale: run `make readme`.")


if __name__ == "__main__":
    main()
