"""Run the real lm-evaluation-harness on toy models and keep what it writes.

Usage: python benchmarks/project/make_harness_results.py OUTPUT
in an environment with lm_eval installed.

Five sizes of a model that knows more sums the larger it is answer two multiple-choice tasks, one of
them a group with subtasks. No weights are needed; everything else is the harness as it runs.
"""

import json
import os
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

SIZES = {"70m": 70_000_000, "160m": 160_000_000, "410m": 410_000_000, "1b": 1_000_000_000}
STEP = 1000
SKILL = {"70m": 0.05, "160m": 0.15, "410m": 0.3, "1b": 0.5}
TASK = """\
task: {name}
dataset_path: json
dataset_kwargs:
  data_files: {{test: {data}}}
test_split: test
output_type: multiple_choice
doc_to_text: "{prompt} {{{{question}}}}\\nA:"
doc_to_choice: choices
doc_to_target: answer
metric_list:
  - {{metric: acc, aggregation: mean, higher_is_better: true}}
  - {{metric: acc_norm, aggregation: mean, higher_is_better: true}}
metadata: {{version: 1.0}}
"""
GROUP = """\
group: sums
task: [sums_small, sums_large]
aggregate_metric_list:
  - {metric: acc, aggregation: mean, weight_by_size: true}
metadata: {version: 2.0}
"""


def write_tasks(folder: Path) -> None:
    for name, low, high, count in (
        ("sums_small", 0, 20, 60),
        ("sums_large", 100, 999, 40),
        ("toy_mc", 0, 99, 50),
    ):
        rng = random.Random(name)
        rows = []
        for _ in range(count):
            a, b = rng.randint(low, high), rng.randint(low, high)
            rows.append(
                {"question": f"{a}+{b}?", "choices": [str(a + b), str(a), str(b), "7"], "answer": 0}
            )
        data = folder / f"{name}.jsonl"
        data.write_text("".join(json.dumps(row) + "\n" for row in rows))
        prompt = {"sums_small": "Sum:", "sums_large": "Sum:", "toy_mc": "Q:"}[name]
        (folder / f"{name}.yaml").write_text(TASK.format(name=name, data=data.name, prompt=prompt))
    (folder / "sums.yaml").write_text(GROUP)


def register() -> None:
    from lm_eval.api.model import LM
    from lm_eval.api.registry import register_model

    @register_model("toy")
    class Toy(LM):  # type: ignore[misc]
        def __init__(self, pretrained: str = "", revision: str = "", **_: Any) -> None:
            super().__init__()
            self.size = pretrained.rpartition("-")[2]
            self.revision = revision

        def get_model_info(self) -> dict[str, Any]:
            return {
                "model_num_parameters": SIZES[self.size],
                "model_dtype": "torch.float32",
                "model_revision": self.revision,
                "model_sha": "",
            }

        def loglikelihood(self, requests: list[Any]) -> list[tuple[float, bool]]:
            out = []
            for request in requests:
                context, answer = request.args
                terms = context.rpartition(" ")[2].partition("?")[0].split("+")
                right = answer.strip() == str(sum(map(int, terms)))
                # Knowing depends on size and question; the rest is luck that all sizes share.
                known = random.Random(context).random() < SKILL[self.size]
                luck = random.Random(context + answer).random()
                out.append((-1.0 + luck + (2.0 if right and known else 0.0), False))
            return out

        def loglikelihood_rolling(self, requests: list[Any]) -> list[float]:
            raise NotImplementedError

        def generate_until(self, requests: list[Any]) -> list[str]:
            raise NotImplementedError


def main() -> None:
    from lm_eval.__main__ import cli_evaluate

    output = Path(sys.argv[1]).resolve()
    register()
    with tempfile.TemporaryDirectory() as tasks:
        write_tasks(Path(tasks))
        os.chdir(tasks)  # so that no path of this machine gets into the results
        for size in SIZES:
            sys.argv = [
                "lm_eval", "run", "--model", "toy",
                "--model_args", f"pretrained=acme/toy-{size},revision=step{STEP}",
                "--tasks", "sums,toy_mc", "--include_path", ".",
                "--output_path", str(output), "--log_samples",
            ]  # fmt: skip
            cli_evaluate()
    for path in output.rglob("results_*.json"):
        content = json.loads(path.read_text())
        content["pretty_env_info"] = ""  # the machine's hardware and packages
        path.write_text(json.dumps(content, indent=2))


if __name__ == "__main__":
    main()
