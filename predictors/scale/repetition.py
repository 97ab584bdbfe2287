"""What is a repeated token worth? Less with each epoch, and nothing in the end.

    D' = U + U R* (1 - exp(-R / R*)),    R = D / U - 1 repeats of U unique tokens

Source: Muennighoff et al., "Scaling Data-Constrained Language Models" (2023, arXiv 2305.16264) and
    its code (huggingface/datablations). Excess parameters follow the same law with their own R*.
    Up to four epochs are nearly as good as fresh data.
Fails when: the corpus is so small or so much repeated that the loss rises again.
"""

import numpy as np

from scalepredict.records.table import Floats

WORTH_TOKENS = 15.387756  # R*, in repeats; fitted there on 182 runs
WORTH_PARAMS = 5.309743  # the same for parameters beyond those that U tokens can use


def effective_tokens(tokens: Floats, unique_tokens: Floats) -> Floats:
    """Fresh tokens D' that would do as much; ``tokens`` where unique ones are unknown (NaN).

    Args:
        tokens: Tokens seen D (counts); any shape.
        unique_tokens: Distinct tokens U of the training set (counts); same shape.
    """
    return _worth(tokens, unique_tokens, WORTH_TOKENS)


def effective_params(params: Floats, useful_params: Floats) -> Floats:
    """Parameters N' that would do as much with data enough for all of them.

    Args:
        params: Parameters N (counts); any shape.
        useful_params: Compute-optimal parameters for the unique tokens (counts); same shape.
    """
    return _worth(params, useful_params, WORTH_PARAMS)


def _worth(count: Floats, unique: Floats, worth: float) -> Floats:
    fresh = np.where(unique < count, unique, count)
    repeats = count / fresh - 1
    result: Floats = fresh - fresh * worth * np.expm1(-repeats / worth)
    return result
