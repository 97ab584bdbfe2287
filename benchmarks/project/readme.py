"""Does the README show what the program prints? Runs its commands; --write puts their output in.

A block marked `sh` holds commands; a block marked `text` right after it holds the stdout of its
last `scalepredict` command, whose columns of blanks are kept. Blocks marked `python` are run, too,
with what they print in the `text` block after them. All run in one folder beside `sample_data`.
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
README = ROOT / "README.md"
BLOCK = re.compile(r"^```(sh|python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


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
            kind, content = block[1], block[2]
            if kind == "text":
                return f"```text\n{output}```"
            output = output_of(kind, content, folder)
            return block[0]

        return BLOCK.sub(renew, text)


def main() -> None:
    old = README.read_text(encoding="utf-8")
    new = refreshed(old)
    if "--write" in sys.argv:
        README.write_text(new, encoding="utf-8")
    elif new != old:
        changes = difflib.unified_diff(old.splitlines(), new.splitlines(), "README.md", "now")
        sys.exit("\n".join(changes) + "\nREADME.md is stale: run `make readme`.")


if __name__ == "__main__":
    main()
