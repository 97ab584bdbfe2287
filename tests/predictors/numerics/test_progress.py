"""Steps of a fit are told to whoever watches, and to nobody afterwards."""

from scalepredict.predictors.numerics.progress import counter, watched


def test_steps_are_told_while_somebody_watches() -> None:
    seen: list[tuple[int, int]] = []
    with watched(lambda done, total: seen.append((done, total))):
        step = counter(3)
        step()
        step()
    counter(5)()
    assert seen == [(1, 3), (2, 3)]
