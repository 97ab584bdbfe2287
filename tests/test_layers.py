"""Imports go one way only: errors <- records <- predictors <- evaluation <- cli."""

import ast
from pathlib import Path

import pytest

from scalepredict.predictors import registry

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ["errors", "records", "predictors", "evaluation", "cli"]


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in names if name.split(".")[0] == "scalepredict"}


@pytest.mark.parametrize("layer", LAYERS[1:])
def test_a_layer_imports_only_from_layers_below_it(layer: str) -> None:
    below = {"configs", "sample_data", "plugins", "__version__"}
    allowed = set(LAYERS[: LAYERS.index(layer) + 1]) | below
    sources = sorted((ROOT / layer).rglob("*.py"))
    assert sources
    for path in sources:
        rooms = {name.split(".")[1] for name in imports(path)}
        assert rooms <= allowed, f"{path.relative_to(ROOT)} imports {sorted(rooms - allowed)}"


def test_methods_do_not_import_each_other() -> None:
    homes = {registry.predictor_type(name).__module__ for name in registry.names()}
    for home in sorted(homes):
        path = ROOT.joinpath(*home.split(".")[1:]).with_suffix(".py")
        for name in imports(path):
            assert name.rsplit(".", 1)[0] not in homes - {home}, f"{path.name} imports {name}"
            assert name not in homes, f"{path.name} imports {name}"


OPENING = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "print"}
OPENERS = {ROOT / "predictors" / "store" / "fit_file.py"}


@pytest.mark.parametrize("layer", ["predictors", "evaluation"])
def test_predictors_and_evaluation_neither_open_files_nor_print(layer: str) -> None:
    for path in set((ROOT / layer).rglob("*.py")) - OPENERS:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = getattr(node.func, "id", getattr(node.func, "attr", ""))
                assert called not in OPENING, f"{path.relative_to(ROOT)}:{node.lineno}: {called}"


@pytest.mark.parametrize("layer", ["records", "predictors", "evaluation"])
def test_only_the_command_line_chooses_seeds(layer: str) -> None:
    # A fit that is given no generator draws from the fixed one of the interface.
    for path in set((ROOT / layer).rglob("*.py")) - {ROOT / "predictors" / "interface.py"}:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "default_rng":
                given = [
                    argument for argument in node.args if not isinstance(argument, ast.Constant)
                ]
                assert given, f"{path.relative_to(ROOT)}:{node.lineno}: a seed of its own"


def test_no_file_is_longer_than_400_lines() -> None:
    rooms = [ROOT / name for name in ("scalepredict", "benchmarks", "tests", *LAYERS[1:])]
    long = {
        str(path.relative_to(ROOT)): lines
        for room in rooms
        for path in room.rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert not long


ROOMS = ("scalepredict", "benchmarks", "configs", "tests", *LAYERS[1:])


def test_no_folder_holds_more_than_18_files() -> None:
    folders = {path.parent for room in ROOMS for path in (ROOT / room).rglob("*.*")}
    crowded = {
        str(folder.relative_to(ROOT)): count
        for folder in folders
        if "__pycache__" not in folder.parts
        and (count := sum(1 for path in folder.iterdir() if path.is_file()) - 1) > 18
    }
    assert not crowded


def test_the_folders_import_each_other_without_a_loop() -> None:
    homes = {
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", "."): path.parent
        for layer in LAYERS[1:]
        for path in (ROOT / layer).rglob("*.py")
    }
    below: dict[Path, set[Path]] = {folder: set() for folder in homes.values()}
    for module, folder in homes.items():
        for name in imports(ROOT.joinpath(*module.split(".")).with_suffix(".py")):
            inner = name.removeprefix("scalepredict.")
            home = homes.get(inner) or homes.get(inner.rpartition(".")[0])
            if home is not None and home != folder:
                below[folder].add(home)
    while leaves := {folder for folder, needed in below.items() if not needed}:
        below = {one: needed - leaves for one, needed in below.items() if one not in leaves}
    assert not {str(folder.relative_to(ROOT)) for folder in below}


ROLES = {"__init__", "registry", "interface"}


def test_a_file_name_means_one_thing() -> None:
    names = [path.stem for layer in LAYERS[1:] for path in (ROOT / layer).rglob("*.py")]
    assert not {name for name in names if names.count(name) > 1} - ROLES


@pytest.mark.parametrize("room", ["records", "evaluation"])
def test_every_module_is_imported_by_a_test(room: str) -> None:
    tested = {name for path in (ROOT / "tests").rglob("test_*.py") for name in imports(path)}
    modules = {
        f"scalepredict.{path.relative_to(ROOT).with_suffix('').as_posix().replace('/', '.')}"
        for path in (ROOT / room).rglob("*.py")
        if path.name != "__init__.py"
    }
    homes = tested | {name.rpartition(".")[0] for name in tested}
    assert not modules - homes, "each has a test of what it promises"
