"""What did the reader do with the files? Counts, and the notes that tell them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scalepredict.records.formats.columns import misspelt
from scalepredict.records.formats.record_columns import KNOWN
from scalepredict.records.formats.rows import NOTHING_ODD, Odd
from scalepredict.records.notes import Note, noted
from scalepredict.records.text.counts import count_of, listed


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReport:
    """What was read, merged, derived, assumed and left out.

    Attributes:
        files: Name and rows of each file.
        imported: What was read from, and left out of, harness and logger results.
        other_files: Files of the folders that are no records (a ladder, a stored fit), left out.
        columns: What became of metrics, and which benchmarks are several columns.
        n_rows: Rows with a score or a task loss.
        n_merged: Rows that repeated another row exactly.
        n_empty: Rows with neither score nor task loss, left out.
        n_filtered: Rows of metrics or shots that were not chosen.
        n_tokens_derived: Checkpoints whose tokens are C / 6N.
        n_flops_derived: Checkpoints whose FLOPs are 6 N D.
        n_params_derived: Checkpoints whose params are C / 6D.
        n_params_non_embedding: Checkpoints whose params are those without embeddings.
        n_sizes_assumed: Checkpoints with FLOPs alone, put on one track of tokens per parameter.
        n_same_tokens: Checkpoints whose tokens are what the user says that all saw.
        sparse: Whether some models are mixtures of experts, with params_active.
        seeds: Models of several seeds, each of which is a run.
        n_without_compute: Checkpoints without FLOPs after that.
        chance_from_metadata: Benchmarks whose chance level is the shipped default.
        chance_assumed: Benchmarks of unknown chance level, taken as 0.
        near_names: Benchmarks of unknown chance level, and shipped names that are near.
        n_items_from_metadata: Benchmarks whose item count is the shipped default.
        ignored_columns: Headers that are no column of the format.
        settings: Headers that are settings of the runs.
        read_as_benchmarks: Columns of wide tables, if there are names that are not known.
        odd: Cells that were read for what they mean.
        remarks: What else was done with files.
    """

    files: tuple[tuple[str, int], ...] = ()
    imported: tuple[Note, ...] = ()
    other_files: tuple[str, ...] = ()
    columns: tuple[Note, ...] = ()
    n_rows: int = 0
    n_merged: int = 0
    n_empty: int = 0
    n_filtered: int = 0
    n_tokens_derived: int = 0
    n_flops_derived: int = 0
    n_params_derived: int = 0
    n_params_non_embedding: int = 0
    n_sizes_assumed: int = 0
    n_same_tokens: int = 0
    sparse: bool = False
    seeds: tuple[str, ...] = ()
    n_without_compute: int = 0
    chance_from_metadata: tuple[str, ...] = ()
    chance_assumed: tuple[str, ...] = ()
    near_names: tuple[tuple[str, str], ...] = ()
    n_items_from_metadata: tuple[str, ...] = ()
    ignored_columns: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    read_as_benchmarks: tuple[str, ...] = ()
    odd: Odd = NOTHING_ODD
    remarks: tuple[Note, ...] = ()

    def notes(self) -> tuple[Note, ...]:
        """What happened beyond plain reading, with counts."""
        assumed = "give it in a column `chance`, or under `benchmarks:` in a YAML file"
        told = (
            (
                "columns-read",
                self.read_as_benchmarks,
                f"read as benchmarks: {listed(self.read_as_benchmarks, most=12)}; start the name "
                "of a column with x_ to leave it out.",
            ),
            (
                "settings-left-out",
                self.settings,
                f"columns that are settings, not benchmarks, left out: {listed(self.settings)}.",
            ),
            (
                "cells-missing",
                self.odd.missing,
                f"{count_of(self.odd.missing, 'cell')} like -, NaN or N/A read as not measured.",
            ),
            (
                "cells-with-commas",
                self.odd.commas,
                f"{count_of(self.odd.commas, 'cell')} with a comma read as a number: 0,27 is 0.27, "
                "and 60,000,000 is 60M.",
            ),
            (
                "errors-read",
                self.odd.uncertain,
                f"{count_of(self.odd.uncertain, 'number')} after ± read as standard errors.",
            ),
            (
                "other-files",
                self.other_files,
                f"files that are no records, left out: {listed(self.other_files)}.",
            ),
            (
                "columns-left-out",
                self.ignored_columns,
                f"columns left out: {listed(self.ignored_columns)}.",
            ),
            (
                "rows-merged",
                self.n_merged,
                f"{count_of(self.n_merged, 'row repeats', 'rows repeat')} another row exactly; "
                "merged.",
            ),
            (
                "rows-empty",
                self.n_empty,
                f"{count_of(self.n_empty, 'row has', 'rows have')} neither score nor task loss; "
                "left out.",
            ),
            (
                "rows-of-other-settings",
                self.n_filtered,
                f"{count_of(self.n_filtered, 'row')} of other metrics or shots left out.",
            ),
            (
                "several-seeds",
                self.seeds,
                f"{count_of(len(self.seeds), 'model has', 'models have')} several seeds, each a "
                f"run of its own: {listed(self.seeds)}.",
            ),
            (
                "tokens-as-told",
                self.n_same_tokens,
                f"tokens of {count_of(self.n_same_tokens, 'checkpoint')} as --tokens says: all saw "
                "the same data.",
            ),
            (
                "sizes-assumed",
                self.n_sizes_assumed,
                f"params and tokens of {count_of(self.n_sizes_assumed, 'checkpoint')} are not "
                "recorded, only FLOPs: 20 tokens per parameter assumed, which laws of compute "
                "alone do not read.",
            ),
            (
                "params-non-embedding",
                self.n_params_non_embedding,
                f"params of {count_of(self.n_params_non_embedding, 'checkpoint')} are those "
                "without embeddings, since no others are recorded.",
            ),
            (
                "flops-derived",
                self.n_flops_derived,
                f"FLOPs of {count_of(self.n_flops_derived, 'checkpoint')} computed as 6 x "
                f"params {'(active ones, where given) ' if self.sparse else ''}x tokens.",
            ),
            (
                "tokens-derived",
                self.n_tokens_derived,
                f"tokens of {count_of(self.n_tokens_derived, 'checkpoint')} computed as FLOPs / "
                "(6 x params).",
            ),
            (
                "params-derived",
                self.n_params_derived,
                f"params of {count_of(self.n_params_derived, 'checkpoint')} computed as FLOPs / "
                "(6 x tokens).",
            ),
            (
                "no-compute",
                self.n_without_compute,
                f"{count_of(self.n_without_compute, 'checkpoint has', 'checkpoints have')} no "
                "FLOPs and not both params and tokens; kept, but no law of compute can use them.",
            ),
            (
                "chance-shipped",
                self.chance_from_metadata,
                f"chance level of {count_of(len(self.chance_from_metadata), 'benchmark')} from "
                f"the shipped metadata: {listed(self.chance_from_metadata)}.",
            ),
            (
                "chance-assumed",
                self.chance_assumed,
                f"chance level of {count_of(len(self.chance_assumed), 'benchmark')} not known and "
                f"assumed 0: {listed(self.chance_assumed)}; {assumed}.{self._near()}",
            ),
            (
                "items-shipped",
                self.n_items_from_metadata,
                f"item count of {count_of(len(self.n_items_from_metadata), 'benchmark')} from the "
                f"shipped metadata: {listed(self.n_items_from_metadata)}.",
            ),
        )
        return (
            *self.imported,
            *self.remarks,
            *self.columns,
            *(noted(code, text) for code, happened, text in told if happened),
            *self.doubts(),
        )

    def _near(self) -> str:
        if not self.near_names:
            return ""
        told = [f"{name} ({usual})" for name, usual in self.near_names]
        return f" Near a shipped name: {listed(told, most=5)}."

    def doubts(self) -> tuple[Note, ...]:
        """What of it may be a mistake: columns left out that seem to hold what records hold."""
        return (
            *_resembling(self.ignored_columns),
            *(_of_sizes(self.ignored_columns) if self.n_without_compute else ()),
        )


def _resembling(columns: Sequence[str]) -> Iterator[Note]:
    # A slip of a column that is missing is refused; of one that is there, its values are lost.
    for column in columns:
        meant = misspelt(column.casefold(), KNOWN)
        if meant and meant != column and not column.startswith("x_"):
            yield noted(
                "column-resembles",
                f"column {column!r} is left out. Correct it if {meant!r} is meant; else "
                "start its name with x_ to say that it is no record.",
            )


def _of_sizes(columns: Sequence[str]) -> Iterator[Note]:
    # `non_embedding_params` is left out in silence beside `params`; alone, it is what is lacking.
    for column in columns:
        words = set(re.split(r"[^a-z]+", column.casefold()))
        for name in ("params", "tokens", "flops"):
            if name in words and not column.startswith("x_"):
                yield noted(
                    "column-of-sizes",
                    f"column {column!r} is left out, and checkpoints lack sizes. Name it "
                    f"{name!r} if that is what it counts.",
                )
