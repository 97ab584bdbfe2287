"""What does a joint fit read of a table? Scales with nothing missing, scores, items and floors.

    floor = clip(min(chance, mean of the lowest scores - its standard error), 0, .9)

Published chance levels are wrong in places: small models answer with one label, score below the
guesser, or cannot keep to the format at all. What was measured below chance lowers the floor.
"""

from dataclasses import dataclass

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.predictors.interface import Targets
from scalepredict.predictors.limits import FEWEST_MODELS
from scalepredict.predictors.numerics.rungs import rungs
from scalepredict.predictors.scale.repetition import effective_tokens
from scalepredict.records.answers import answers
from scalepredict.records.notes import Note, noted
from scalepredict.records.table import (
    FLOPS_PER_PARAM_TOKEN,
    EvalTable,
    Floats,
    Ints,
    taken,
)
from scalepredict.records.text.counts import count_of, format_count

HIGHEST_FLOOR = 0.9
TOKENS_PER_PARAM = 20.0  # where neither N nor D is known: compute-optimal (Hoffmann et al. 2022)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scale:
    """Sizes of M checkpoints or targets, with nothing missing.

    Attributes:
        params: Parameters N (counts); of a mixture of experts those that one token uses. (M,).
        tokens: Tokens D (counts); where data was repeated, what it is worth in fresh tokens. (M,).
        flops: Training FLOPs C. Shape (M,).
    """

    params: Floats
    tokens: Floats
    flops: Floats

    @classmethod
    def of_table(cls, table: EvalTable) -> "Scale":
        """Sizes of measured checkpoints."""
        params = _used(table.params, table.params_active)
        return cls.complete(params, table.tokens, table.flops, table.unique_tokens)

    @classmethod
    def of_targets(cls, targets: Targets) -> "Scale":
        """Sizes of targets."""
        params = _used(targets.params, targets.params_active)
        return cls.complete(params, targets.tokens, targets.flops, targets.unique_tokens)

    @classmethod
    def complete(
        cls, params: Floats, tokens: Floats, flops: Floats, unique_tokens: Floats | None = None
    ) -> "Scale":
        """Fill what was not recorded from C = 6 N D; with C alone, from D = 20 N. Shapes (M,)."""
        product = flops / FLOPS_PER_PARAM_TOKEN
        optimal = np.sqrt(product / TOKENS_PER_PARAM)
        other = np.where(np.isfinite(tokens), product / tokens, optimal)
        whole = np.where(np.isfinite(params), params, other)
        seen = np.where(np.isfinite(tokens), tokens, product / whole)
        return cls(
            params=whole,
            tokens=seen if unique_tokens is None else effective_tokens(seen, unique_tokens),
            flops=flops,
        )

    def take(self, rows: Ints) -> "Scale":
        """The chosen checkpoints."""
        return taken(self, rows)


def _used(params: Floats, active: Floats | None) -> Floats:
    return params if active is None else np.where(np.isfinite(active), active, params)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ladder:
    """The evidence of one family: M checkpoints, T units.

    Attributes:
        scale: Sizes of the checkpoints.
        loss: Validation losses (nats per token), NaN = not recorded. Shape (M,).
        scores: Fractions, NaN = not measured. Shape (M, T).
        n_items: Graded answers behind each score, everywhere finite. Shape (M, T).
        chance: Score of a guesser. Shape (T,).
        items_assumed: Units whose number of answers is an assumption.
        scale_assumed: Checkpoints whose params or tokens were completed.
        repeated: Checkpoints that saw tokens more than once.
    """

    scale: Scale
    loss: Floats
    scores: Floats
    n_items: Floats
    chance: Floats
    items_assumed: int
    scale_assumed: int
    repeated: int

    @classmethod
    def of_table(cls, table: EvalTable, *, method: str) -> "Ladder":
        """Read one family.

        Raises:
            RefusedError: A checkpoint has no FLOPs, or fewer than three have distinct scales.
        """
        where = f"{method} on family {', '.join(map(repr, table.families)) or 'of no rows'}"
        if not np.isfinite(table.flops).all():
            raise RefusedError(
                f"{where}: {np.isnan(table.flops).sum()} of "
                f"{count_of(len(table.flops), 'checkpoint')} without training compute. Record "
                "their tokens or FLOPs, or leave them out."
            )
        scale = Scale.of_table(table)
        _refuse_too_few(scale, where)
        behind = answers(table)
        known = np.isfinite(table.params) & np.isfinite(table.tokens)
        return cls(
            scale=scale,
            loss=table.loss,
            scores=table.scores,
            n_items=behind.count,
            chance=table.chance,
            items_assumed=int(behind.assumed.sum()),
            scale_assumed=int((~known).sum()),
            repeated=int((table.tokens > table.unique_tokens).sum()),
        )

    def take(self, rows: Ints) -> "Ladder":
        """The chosen checkpoints."""
        return taken(self, rows, shared=("chance",))

    def remarks(self) -> tuple[Note, ...]:
        """What was taken otherwise than recorded."""
        remarks = []
        if self.scale_assumed:
            remarks.append(
                noted(
                    "sizes-assumed",
                    f"{self.scale_assumed} of {count_of(len(self.loss), 'checkpoint')} without "
                    "both params and tokens; what is missing follows from FLOPs, or from 20 tokens "
                    "per parameter.",
                )
            )
        if self.repeated:
            remarks.append(
                noted(
                    "tokens-repeated",
                    f"{self.repeated} of {count_of(len(self.loss), 'checkpoint')} saw tokens more "
                    "than once; laws of N and D count what these are worth in fresh tokens (arXiv "
                    "2305.16264).",
                )
            )
        return tuple(remarks)

    def floor(self) -> Floats:
        """Effective lower asymptote of each unit, a fraction. Shape (T,)."""
        measured = np.isfinite(self.scores)
        n = measured.sum(axis=0)
        n_lowest = np.minimum(np.maximum(2, n // 5), n)
        ascending = np.sort(self.scores, axis=0)  # NaN goes last
        lowest = np.arange(len(ascending))[:, None] < n_lowest
        level = np.where(lowest, ascending, 0.0).sum(axis=0) / np.maximum(n_lowest, 1)
        level = np.clip(level, 0.0, 1.0)  # a correlation of a guesser may lie below 0
        items = np.where(measured, self.n_items, 0.0).sum(axis=0) / np.maximum(n, 1)
        error = np.sqrt(level * (1 - level) / np.maximum(items, 1.0))
        floor: Floats = np.clip(np.minimum(self.chance, level - error), 0.0, HIGHEST_FLOOR)
        return floor


def _refuse_too_few(scale: Scale, where: str) -> None:
    n_scales = len(np.unique(rungs(scale.flops)))
    if n_scales >= FEWEST_MODELS:
        return
    if n_scales == 1 and len(np.unique(scale.params)) > 1:
        raise RefusedError(
            f"{where}: all {len(scale.flops)} checkpoints were trained with one compute, "
            f"{format_count(scale.flops.max())} FLOPs (scales within 10 % count as one), and a law "
            f"of compute needs {FEWEST_MODELS}. Add checkpoints of other budgets, or fit with "
            "--predictor last."
        )
    raise RefusedError(
        f"{where}: {count_of(n_scales, 'distinct scale')}, and a curve needs {FEWEST_MODELS} "
        "(those within 10 % of FLOPs count as one). Add smaller checkpoints of the same recipe, or "
        "fit with --predictor last."
    )
