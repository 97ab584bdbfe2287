"""How a ladder was laid out is continued: its tokens, and its own count of FLOPs."""

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.predictors.scale.design import Design, read_design
from scalepredict.records.table import Checkpoint, Floats, Unit, make_table

SIZES = np.array([1e8, 2e8, 4e8, 8e8])


def design(tokens: Floats, ratio: Floats | None = None, sizes: Floats = SIZES) -> Design:
    """A ladder of these tokens, whose FLOPs are ``ratio`` times 6 N D (not recorded without)."""
    factor = np.ones(len(sizes)) if ratio is None else ratio
    rungs = [
        Checkpoint(
            model=f"m{i}",
            family="f",
            params=float(n),
            tokens=float(d),
            flops=float(6 * n * d * r),
            flops_given=ratio is not None,
        )
        for i, (n, d, r) in enumerate(zip(sizes, tokens, factor, strict=True))
    ]
    scores = np.full((len(sizes), 1), 0.5)
    return read_design(make_table(rungs, [Unit(benchmark="b")], scores))


def test_tokens_are_those_of_all_sizes_their_ratio_or_their_trend() -> None:
    same = design(np.full(4, 3e11))
    assert same.tokens(1e10) == pytest.approx(3e11)
    assert same.tokens_words == "tokens as in the ladder, 300B at every size"
    ratio = design(20 * SIZES)
    assert ratio.tokens(1e10) == pytest.approx(2e11)
    assert ratio.tokens_words == "tokens as in the ladder, 20 per parameter"
    trend = design(1e4 * SIZES**0.5)
    assert trend.tokens(1e10) == pytest.approx(1e9)
    assert "grows as N^0.50" in trend.tokens_words
    assert "a loose one" not in trend.tokens_words
    assert "a loose one" in design(np.array([1e10, 9e9, 1e11, 2e10])).tokens_words


def test_the_longest_run_of_each_model_is_its_design() -> None:
    sizes = np.repeat(SIZES, 2)
    tokens = sizes * np.tile([5.0, 20.0], 4)
    rungs = [
        Checkpoint(model=f"m{n:g}", family="f", params=n, tokens=d, flops=6 * n * d)
        for n, d in zip(sizes.tolist(), tokens.tolist(), strict=True)
    ]
    table = make_table(rungs, [Unit(benchmark="b")], np.full((8, 1), 0.5))
    assert read_design(table).tokens(1e10) == pytest.approx(2e11)


def test_one_size_has_no_design_to_continue() -> None:
    made = design(np.array([1e9, 1e10]), sizes=np.array([1e8, 1e8]))
    with pytest.raises(RefusedError, match=r"one size .*Give --tokens or --tokens-per-param"):
        made.tokens(1e9)


def test_flops_are_6_n_d_unless_the_evidence_counts_them_otherwise() -> None:
    for made in (design(20 * SIZES), design(20 * SIZES, np.full(4, 1.005))):
        assert made.flops(1e10, 2e11) == pytest.approx(6 * 1e10 * 2e11, rel=1e-12)
        assert made.flops_words == ""
    more = design(20 * SIZES, np.full(4, 1.25))
    assert more.flops(1e10, 2e11) == pytest.approx(1.25 * 6 * 1e10 * 2e11)
    assert more.flops_words.startswith("FLOPs as the evidence counts them (1.25 to 1.25 x 6ND")


def test_what_is_counted_above_6_n_d_shrinks_to_it_and_not_below() -> None:
    above = design(20 * SIZES, 2.0 * (SIZES / 1e8) ** -0.2)
    assert above.flops(1e8, 1.0) == pytest.approx(2.0 * 6e8)
    assert above.flops(3.2e9, 1.0) == pytest.approx(6 * 3.2e9)
    assert above.flops(1e12, 1.0) == pytest.approx(6e12)
    # Embeddings that are not counted are less than 6 N D at any size: no floor.
    below = design(20 * SIZES, 0.8 * (SIZES / 1e8) ** -0.1)
    assert below.flops(1e9, 1.0) == pytest.approx(0.8 * 10**-0.1 * 6e9)


@pytest.mark.parametrize("ratio", [None, np.full(4, 1.3), 2.0 * (SIZES / 1e8) ** -0.2])
@pytest.mark.parametrize("params", [3e8, 7e9, 4e11])
def test_sizes_of_flops_are_the_inverse_of_flops_of_sizes(
    ratio: Floats | None, params: float
) -> None:
    made = design(20 * SIZES, ratio)
    tokens = made.tokens(params)
    flops = made.flops(params, tokens)
    assert made.params_of_flops(flops) == pytest.approx(params, rel=1e-6)
    assert made.params_of_flops(flops, tokens=tokens) == pytest.approx(params, rel=1e-6)
    by_ratio = made.params_of_flops(flops, tokens_per_param=tokens / params)
    assert by_ratio == pytest.approx(params, rel=1e-6)
    assert made.tokens_of_flops(flops, params) == pytest.approx(tokens, rel=1e-9)


def test_flops_that_hardly_grow_with_size_determine_none() -> None:
    made = design(1e22 * SIZES**-0.95)
    with pytest.raises(RefusedError, match=r"grow only as N\^0.05"):
        made.params_of_flops(1e23)
