import numpy as np

from scalepredict.predictors.loss.envelope import envelope, height, read_track


def test_rungs_are_lower_than_every_cheaper_run() -> None:
    x = np.log([1e18, 3e18, 1e19, 1e19, 4e19])
    loss = np.array([[3.5, 3.6, 3.1, 3.0, 2.8], [3.5, 3.3, np.nan, 3.0, 3.1]])
    assert envelope(x, loss).tolist() == [
        [True, False, False, True, True],
        [True, True, False, True, False],
    ]


def test_of_rungs_within_a_factor_of_one_and_a_half_the_lowest_stays() -> None:
    x = np.log([1e18, 1.1e18, 1.2e18, 2.9e18, 3e18])
    loss = np.array([[3.5, 3.4, 3.3, 3.1, 3.0]])
    assert envelope(x, loss).tolist() == [[False, False, True, False, True]]


def test_the_order_of_runs_does_not_matter() -> None:
    rng = np.random.default_rng(4)
    x, loss = rng.uniform(40, 48, 60), rng.uniform(2, 4, (3, 60))
    order = rng.permutation(60)
    assert (envelope(x[order], loss[:, order]) == envelope(x, loss)[:, order]).all()


def test_a_track_knows_its_own_ratio_and_no_other() -> None:
    x = np.log(10.0 ** np.arange(18, 22))
    track = read_track(x, np.full(4, np.log(20.0)), np.ones((1, 4), dtype=bool))
    asked = np.log([20.0, 28.0, 60.0])
    assert track.holds(np.full(3, x[-1] + 3), asked).tolist() == [[True, True, False]]


def test_height_is_told_from_the_line_between_two_rungs() -> None:
    x = np.log(np.array([1.0, 100.0, 10.0, 1000.0, 0.5]))
    loss = np.array([[4.0, 3.0, 3.8, np.nan, 4.4]])
    rungs = np.array([[True, True, False, False, False]])
    on_the_line = np.sqrt(4.0 * 3.0)
    expected = [[0, 0, np.log(3.8 / on_the_line), 0, np.log(4.4 / 4.0)]]
    np.testing.assert_allclose(height(x, loss, rungs), expected, atol=1e-12)
