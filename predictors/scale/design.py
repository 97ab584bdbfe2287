"""How was a ladder laid out? Its tokens and its FLOPs accounting as functions of the size.

    log10 D          = tokens_level + tokens_slope * log10 N
    log10(C / 6 N D) = flops_level  + flops_slope  * log10 N

N parameters, D tokens, C training FLOPs. A slope of tokens of 0 is a ladder of constant tokens,
1 one of a constant ratio of tokens to parameters (Hoffmann et al. 2022, 2203.15556).
"""

import math
from dataclasses import dataclass

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.records.table import FLOPS_PER_PARAM_TOKEN, EvalTable, Floats
from scalepredict.records.text.counts import format_count

SAME = 1.10  # largest over smallest: token counts and ratios this close were meant to be equal
EXACT = 1.01  # recorded FLOPs this close to 6 N D are 6 N D
SCATTERED = 0.18  # decades around the trend (a factor 1.5) beyond which there is no one design
MIN_EXPONENT = 0.1  # N ~ C^(1 / exponent) is not to be had from a smaller one


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """The layout of one family.

    Attributes:
        tokens_level: log10 tokens at N = 1; NaN if the ladder has no design.
        tokens_slope: Exponent of N in the tokens.
        tokens_words: The design in words, for the user.
        flops_level: log10 of C / 6ND at N = 1.
        flops_slope: Exponent of N in that ratio.
        flops_floor: The ratio never falls below this: 1 where all evidence counts 6 N D or more,
            since what it adds (attention, embeddings) shrinks beside 6 N D but stays positive.
        flops_words: How FLOPs are counted, in words; empty for 6 N D.
    """

    tokens_level: float
    tokens_slope: float
    tokens_words: str
    flops_level: float
    flops_slope: float
    flops_floor: float
    flops_words: str

    @property
    def is_plain(self) -> bool:
        """Whether all models had the same tokens, or the same tokens per parameter."""
        return self.tokens_slope in (0.0, 1.0)

    def tokens(self, params: float) -> float:
        """Tokens that the ladder would give to a model of ``params`` parameters.

        Raises:
            RefusedError: The ladder has no design to continue.
        """
        self._refuse_without_design()
        tokens = 10 ** (self.tokens_level + self.tokens_slope * math.log10(params))
        return float(f"{tokens:.12g}")  # 300B, not 300000000000.0001

    def flops(self, params: float, tokens: float) -> float:
        """Training FLOPs in the evidence's own accounting."""
        return FLOPS_PER_PARAM_TOKEN * params * tokens * max(self._ratio(params), self.flops_floor)

    def tokens_of_flops(self, flops: float, params: float) -> float:
        """Tokens that spend ``flops`` on a model of ``params`` parameters."""
        return flops / self.flops(params, 1.0)

    def params_of_flops(
        self, flops: float, *, tokens: float | None = None, tokens_per_param: float | None = None
    ) -> float:
        """Parameters that spend ``flops``, with given tokens, a given ratio, or the ladder's own.

        Raises:
            RefusedError: The ladder has no design to continue, or it does not determine the size.
        """
        if tokens is not None:
            level, slope = math.log10(tokens), 0.0
        elif tokens_per_param is not None:
            level, slope = math.log10(tokens_per_param), 1.0
        else:
            self._refuse_without_design()
            level, slope = self.tokens_level, self.tokens_slope
        exponent = 1 + slope + self.flops_slope
        if exponent < MIN_EXPONENT:
            raise RefusedError(
                f"{format_count(flops)} FLOPs do not determine a size: along the evidence FLOPs "
                f"grow only as N^{exponent:.2f}. Give --params and --tokens."
            )
        base = math.log10(flops / FLOPS_PER_PARAM_TOKEN) - level
        params = 10 ** ((base - self.flops_level) / exponent)
        if not 0 < params < math.inf:
            raise RefusedError(
                f"{format_count(flops)} FLOPs have no size on the ladder's design; give --params "
                "and --tokens."
            )
        if self._ratio(params) < self.flops_floor:
            params = 10 ** ((base - math.log10(self.flops_floor)) / (1 + slope))
        return float(params)

    def _ratio(self, params: float) -> float:
        if not params > 0:
            raise RefusedError(
                f"{params:g} is no number of parameters; look at params and params_active of the "
                "ladder."
            )
        return float(10 ** (self.flops_level + self.flops_slope * math.log10(params)))

    def _refuse_without_design(self) -> None:
        if math.isnan(self.tokens_level):
            raise RefusedError(self.tokens_words)


def read_design(evidence: EvalTable) -> Design:
    """Read the design of a family from the longest run of each of its models."""
    last = _longest_runs(evidence)
    tokens_level, tokens_slope, tokens_words = _tokens_design(last.params, last.tokens)
    flops_level, flops_slope, flops_floor, flops_words = _flops_accounting(evidence)
    return Design(
        tokens_level=tokens_level,
        tokens_slope=tokens_slope,
        tokens_words=tokens_words,
        flops_level=flops_level,
        flops_slope=flops_slope,
        flops_floor=flops_floor,
        flops_words=flops_words,
    )


def _longest_runs(evidence: EvalTable) -> EvalTable:
    longest: dict[str, int] = {}
    for i in np.argsort(evidence.tokens, kind="stable"):
        longest[evidence.checkpoints[i].model] = int(i)
    return evidence.take_rows(np.array(sorted(longest.values()), dtype=int))


def _tokens_design(params: Floats, tokens: Floats) -> tuple[float, float, str]:
    if tokens.max() <= SAME * tokens.min():
        level = float(np.log10(tokens).mean())
        return level, 0.0, f"tokens as in the ladder, {format_count(10**level)} at every size"
    ratio = tokens / params
    if ratio.max() <= SAME * ratio.min():
        level = float(np.log10(ratio).mean())
        return level, 1.0, f"tokens as in the ladder, {10**level:.3g} per parameter"
    if params.max() <= SAME * params.min():
        words = (
            f"the evidence has one size ({format_count(params[0])} params) and from "
            f"{format_count(tokens.min())} to {format_count(tokens.max())} tokens, so it has no "
            "design to continue. Give --tokens or --tokens-per-param."
        )
        return math.nan, math.nan, words
    x, y = np.log10(params), np.log10(tokens)
    slope, level = (float(value) for value in np.polyfit(x, y, 1))
    words = f"tokens by the ladder's trend, which grows as N^{slope:.2f}"
    if np.std(y - level - slope * x) > SCATTERED:
        words += (
            f" (a loose one: {ratio.min():.3g} to {ratio.max():.3g} tokens per parameter; "
            "give --tokens or --tokens-per-param)"
        )
    return level, slope, words


def _flops_accounting(evidence: EvalTable) -> tuple[float, float, float, str]:
    given = np.array([c.flops_given for c in evidence.checkpoints], dtype=bool)
    if not given.any():
        return 0.0, 0.0, 0.0, ""
    table = evidence.take_rows(given)
    ratio = table.flops / (FLOPS_PER_PARAM_TOKEN * table.params * table.tokens)
    if max(ratio.max(), 1 / ratio.min()) <= EXACT:
        return 0.0, 0.0, 0.0, ""
    x, y = np.log10(table.params), np.log10(ratio)
    # A line needs sizes that differ, or it extrapolates the noise of the ratio.
    line = len(np.unique(x)) >= 3 and 10 ** np.ptp(x) > 2
    slope, level = (float(v) for v in np.polyfit(x, y, 1)) if line else (0.0, float(y.mean()))
    words = f"FLOPs as the evidence counts them ({ratio.min():.3g} to {ratio.max():.3g} x 6ND there"
    words += f", going as N^{slope:+.3f})" if line else ")"
    if not given.all():
        words += f"; {int((~given).sum())} of {len(given)} checkpoints without FLOPs count as 6ND"
    return level, slope, 1.0 if ratio.min() >= 1 else 0.0, words
