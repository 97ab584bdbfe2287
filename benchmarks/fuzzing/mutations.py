"""How is an input changed so that most of it still makes sense?"""

import contextlib
import copy
import gzip
import io
import json
import marshal
import sys
from collections.abc import Callable
from random import Random
from typing import Any

from fuzzing.seeds import Row
from fuzzing.values import NUMBERS, TEXTS


def nasty(rng: Random) -> Any:
    value: Any = rng.choice(NUMBERS) if rng.random() < 0.45 else rng.choice(TEXTS)
    if rng.random() < 0.1:
        value = rng.choice([None, True, False, [], {}, [1], {"a": 1}, [[]], {"score": 0.5}])
    return copy.deepcopy(value)


def places(tree: Any) -> list[tuple[Any, Any]]:
    """Every value inside: its parent, and its key there."""
    found: list[tuple[Any, Any]] = []
    open_ends = [tree]
    for parent in open_ends:  # grows while it is walked
        if type(parent) is dict:
            found += [(parent, key) for key in parent]
            values = parent.values()
        else:
            found += [(parent, key) for key in range(len(parent))]
            values = parent
        open_ends += [value for value in values if type(value) in (dict, list)]
    return found


def mutate_tree(rng: Random, tree: Any, times: int) -> Any:
    tree = marshal.loads(marshal.dumps(tree))  # a deep copy, twenty times as fast
    for _ in range(times):
        if type(tree) not in (dict, list) or not tree:
            return tree
        parent, key = rng.choice(places(tree))
        action, old = rng.random(), parent[key]
        if action < 0.5:
            parent[key] = nasty(rng)
        elif action < 0.62:
            del parent[key]
        elif action < 0.72 and isinstance(parent, dict):
            parent[str(rng.choice(TEXTS))[:400]] = parent.pop(key)
        elif action < 0.8 and isinstance(old, (int, float)) and not isinstance(old, bool):
            with contextlib.suppress(OverflowError):
                parent[key] = rng.choice(
                    [-old, old * 1e30, old / 1e30, str(old), f"{old}%", old + 1]
                )
        elif action < 0.86:
            parent[key] = rng.choice([[old], {"x": old}, [old] * 3, str(old)])
        elif action < 0.92 and isinstance(parent, list):
            parent.extend(copy.deepcopy(rng.choice(parent)) for _ in range(rng.choice([1, 3, 40])))
        elif action < 0.97 and isinstance(parent, dict):
            parent[rng.choice(list(parent))] = copy.deepcopy(old)
        else:
            for _ in range(rng.choice([3, 60, 2000])):
                old = [old]
            parent[key] = old
    return tree


def mutate_text(rng: Random, text: bytes, times: int = 1) -> bytes:
    """Bytes changed without regard for what they mean."""
    data = bytearray(text)
    for _ in range(times):
        if not data:
            break
        i, j = sorted(rng.randrange(len(data) + 1) for _ in range(2))
        j = min(j, i + rng.choice([1, 4, 40, 400]))
        action = rng.randrange(7)
        if action == 0:
            data[i : i + 1] = bytes([rng.randrange(256)])
        elif action == 1:
            del data[i:j]
        elif action == 2:
            data[i:i] = data[i:j] * rng.choice([1, 2, 20])
        elif action == 3:
            data[i:i] = str(rng.choice(TEXTS)).encode("utf-8", "surrogatepass")
        elif action == 4:
            data[i:i] = rng.choice(
                [
                    b"\0",
                    b"\xff",
                    b"\r\n",
                    b"\r",
                    b'"',
                    b",",
                    b"\n\n",
                    b"\t",
                    b";",
                    b"{",
                    b"}",
                    b"[",
                    b"]",
                    b":",
                    b"- ",
                    b"&a ",
                    b"*a",
                    b"\xef\xbb\xbf",
                    b"# ",
                    b"? ",
                    b"!!x ",
                    b"|\n",
                    b"'",
                    b"\\u0000",
                    b"NaN",
                    b"1e999",
                ]
            )
        elif action == 5:
            del data[i:]
        else:
            data = bytearray(data.replace(b"\n", rng.choice([b"\r\n", b"\r", b"\n\r"])))
    return bytes(data)


def csv_bytes(rng: Random, rows: list[Row], mutate: bool = True) -> bytes:
    names = list(dict.fromkeys(k for row in rows for k in row))
    grid = [names, *[[row.get(k, "") for k in names] for row in rows]]
    if mutate:
        for _ in range(rng.choice([1, 1, 1, 2, 5])):
            action, r = rng.random(), rng.randrange(len(grid))
            if action < 0.55:
                row = grid[r]
                if row:
                    row[rng.randrange(len(row))] = nasty(rng)
            elif action < 0.62:
                c = rng.randrange(len(names))
                value = nasty(rng)
                for row in grid[1:]:
                    if c < len(row):
                        row[c] = value
            elif action < 0.7:
                c = rng.randrange(len(names))
                for row in grid:
                    del row[c : c + 1]
            elif action < 0.76:
                grid.extend(copy.deepcopy(rng.choices(grid, k=rng.choice([1, 3, 50]))))
            elif action < 0.8:
                del grid[r : r + rng.choice([1, 2, 10])]
                grid = grid or [names]
            elif action < 0.85:
                grid[0][rng.randrange(max(1, len(grid[0]))) : 1] = [
                    rng.choice(
                        [
                            "score (%)",
                            "params (B)",
                            "tokens (T)",
                            "Score",
                            "x_note",
                            "task_loss",
                            "successes",
                            "trials",
                            "suite",
                            "role",
                            "phase",
                            "loss",
                            "unique_tokens",
                            "flops",
                            "family",
                            "model",
                            str(rng.choice(TEXTS)),
                        ]
                    )
                ]
            elif action < 0.9:
                grid[r] = grid[r][: rng.randrange(len(grid[r]) + 1)]
            elif action < 0.95:
                grid[r] = grid[r] + [nasty(rng)] * rng.choice([1, 3])
            else:
                rng.shuffle(grid)
    out = io.StringIO()
    delimiter = rng.choice([",", ",", ",", ",", "\t", ";"])
    for row in grid:
        cells = []
        for cell in row:
            text = "" if cell is None else str(cell)
            if rng.random() < 0.97 and any(c in text for c in '",\n\r;\t'):
                text = '"' + text.replace('"', '""') + '"'
            cells.append(text)
        out.write(delimiter.join(cells) + rng.choice(["\n"] * 30 + ["\r\n", "\n\n"]))
    data = out.getvalue().encode("utf-8", "surrogatepass")
    if mutate and rng.random() < 0.15:
        data = mutate_text(rng, data, rng.choice([1, 3]))
    return data


def big_dump(tree: Any) -> bytes:
    """JSON of anything, with NaN, infinities and huge integers as they are."""
    sys.set_int_max_str_digits(0)
    try:
        return json.dumps(tree, ensure_ascii=False).encode("utf-8", "surrogatepass")
    except RecursionError:
        return b"[" * 5000
    finally:
        sys.set_int_max_str_digits(4300)


def yaml_dump(rng: Random, tree: Any) -> bytes:
    import yaml

    if rng.random() < 0.5:
        return big_dump(tree)
    try:
        sys.set_int_max_str_digits(0)
        text: str = yaml.dump(
            tree,
            Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper),
            allow_unicode=True,
            sort_keys=False,
            default_flow_style=rng.choice([None, True, False]),
        )
        return text.encode("utf-8", "surrogatepass")
    except Exception:
        return big_dump(tree)
    finally:
        sys.set_int_max_str_digits(4300)


def document(rng: Random, tree: Any, dump: Callable[[Any], bytes], *, clean: float = 0.0) -> bytes:
    if rng.random() < clean:
        return dump(tree)
    data = dump(mutate_tree(rng, tree, rng.choice([1, 1, 1, 2, 4])))
    if rng.random() < 0.2:
        data = mutate_text(rng, data, rng.choice([1, 3]))
    if rng.random() < 0.03 and b":" in data:  # a key twice
        data = data.replace(b"{", b'{"model": "x", "model": "y", ', 1)
    return data


def parquet_bytes(rng: Random, rows: list[Row]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = list(rows[0])
    columns = {k: [row.get(k) for row in rows] for k in names}
    arrays = {}
    for name, values in columns.items():
        try:
            kind = rng.randrange(14) if rng.random() < 0.3 else 0
            if kind == 0:
                arrays[name] = pa.array(values)
            elif kind == 1:
                arrays[name] = pa.array([str(v) for v in values])
            elif kind == 2:
                arrays[name] = pa.array([str(v) for v in values]).dictionary_encode()
            elif kind == 3:
                arrays[name] = pa.array([[v] for v in values])
            elif kind == 4:
                arrays[name] = pa.array([{"a": v} for v in values])
            elif kind == 5:
                arrays[name] = pa.nulls(len(values))
            elif kind == 6:
                arrays[name] = pa.array([str(v).encode() + b"\xff" for v in values])
            elif kind == 7:
                arrays[name] = pa.array([bool(i % 2) for i in range(len(values))])
            elif kind == 8:
                arrays[name] = pa.array(range(len(values)), type=pa.timestamp("ns"))
            elif kind == 9:
                import decimal

                arrays[name] = pa.array([decimal.Decimal("0.25")] * len(values))
            elif kind == 10:
                arrays[name] = pa.array(
                    [
                        rng.choice([None, float("nan"), float("inf"), 0.5, -1.0, 1e308])
                        for _ in values
                    ]
                )
            elif kind == 11:
                arrays[name] = pa.array(
                    [float(v) if isinstance(v, (int, float)) else 1.0 for v in values],
                    type=pa.float32(),
                )
            elif kind == 12:
                arrays[name] = pa.array(
                    [2**64 - 1 - i for i in range(len(values))], type=pa.uint64()
                )
            else:
                arrays[name] = pa.array([0.5] * len(values), type=pa.float16())
        except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError):
            arrays[name] = pa.array([str(v) for v in values])
    if rng.random() < 0.2:
        arrays[rng.choice([str(t)[:50].replace("\ud800", "") for t in TEXTS])] = pa.array(
            [nasty(rng) if isinstance(nasty, int) else 0.5 for _ in rows]
        )
    if rng.random() < 0.15:
        arrays.pop(rng.choice(list(arrays)), None)
    out = io.BytesIO()
    if not arrays:
        return b"PAR1"
    pq.write_table(
        pa.table(arrays), out, compression=rng.choice(["snappy", "zstd", "gzip", "none"])
    )
    data = out.getvalue()
    return mutate_text(rng, data, rng.choice([1, 2])) if rng.random() < 0.4 else data


def zipped(rng: Random, data: bytes) -> bytes:
    packed = gzip.compress(data, 1)
    action = rng.random()
    if action < 0.3:
        return mutate_text(rng, packed)
    if action < 0.4:
        return packed + packed
    if action < 0.5:
        return gzip.compress(packed)
    if action < 0.6:
        return packed + b"trailing garbage"
    return packed
