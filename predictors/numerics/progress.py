"""How far is a long fit? Its steps are counted where somebody watches."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Watch = Callable[[int, int], None]  # is told how many steps of how many are done

_WATCH: ContextVar[Watch | None] = ContextVar("watch", default=None)


@contextmanager
def watched(watch: Watch | None) -> Iterator[None]:
    """Tell ``watch`` of the steps of fits made meanwhile; None = nobody watches."""
    token = _WATCH.set(watch)
    try:
        yield
    finally:
        _WATCH.reset(token)


def counter(total: int) -> Callable[[], None]:
    """What to call after each of ``total`` steps."""
    watch, done = _WATCH.get(), 0

    def step() -> None:
        nonlocal done
        done += 1
        if watch is not None:
            watch(done, total)

    return step
