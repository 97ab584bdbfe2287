"""How many parameters are embeddings? A power of all of them, continued beyond the ladder.

    N - N_without = exp(level) N^slope

Whether params count embeddings decides how far apart small models lie (Pearce and Song 2024, arXiv
2406.12907); a target is rarely given both ways.
"""

from dataclasses import dataclass

import numpy as np

from scalepredict.records.table import EvalTable, Floats

LEAST_SHARE = 0.01  # of all parameters: a model has some that are no embeddings


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedding:
    """Parameters of embeddings, as a power of all: exp(level) N^slope.

    Attributes:
        level: Log at N = 1.
        slope: Exponent, at most 1.
    """

    level: float
    slope: float

    @classmethod
    def of(cls, table: EvalTable) -> "Embedding | None":
        """That of a family all of whose models tell it; None if one does not, or has none."""
        dense, params = table.params_non_embedding, table.params
        if not np.isfinite(dense).all() or not (dense < params).all():
            return None
        x, y = np.log(params), np.log(params - dense)
        slope = float(np.polyfit(x, y, 1)[0]) if len(np.unique(x)) > 1 else 0.0
        slope = min(max(slope, 0.0), 1.0)
        return cls(level=float(np.mean(y - slope * x)), slope=slope)

    def without(self, params: Floats) -> Floats:
        """Parameters without embeddings, any shape."""
        result: Floats = np.maximum(
            params - np.exp(self.level + self.slope * np.log(params)), LEAST_SHARE * params
        )
        return result
