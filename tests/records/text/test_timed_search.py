"""A pattern of the user matches as Python says, and one that never ends is stopped."""

import signal
import threading

import pytest

from scalepredict.errors import ConfigError
from scalepredict.records.text import timed_search
from scalepredict.records.text.timed_search import search

ENDLESS = r"^(a+)+$", "a" * 40 + "b"


def test_a_match_is_that_of_python() -> None:
    found = search(r"(\d+)B", "acme-7B-13B")
    assert found is not None
    assert (found[1], found.start()) == ("7", 5)
    assert search(r"^x", "acme") is None


def test_a_pattern_without_end_is_stopped_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timed_search, "SECONDS", 0.05)
    with pytest.raises(ConfigError, match=r"no end within 0.05 s on 'a+b'; write no repeat"):
        search(*ENDLESS)


def test_the_alarm_of_others_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timed_search, "SECONDS", 0.05)
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(ConfigError):
        search(*ENDLESS)
    search("a", "a")
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_thread_of_its_own_searches_without_an_alarm() -> None:
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(search("b", "abc")))
    thread.start()
    thread.join()
    assert found[0] is not None
