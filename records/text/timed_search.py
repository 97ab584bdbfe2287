"""Does a regular expression of the user match? Some need centuries to say so, and are stopped."""

import re
import signal
import threading
from types import FrameType

from scalepredict.errors import ConfigError

SECONDS = 2.0  # sound patterns take a millionth of that for a name


def search(pattern: str, text: str) -> re.Match[str] | None:
    """The first match, as `re.search` has it.

    Only in the main thread of a system with timers of signals there is a bound.

    Raises:
        ConfigError: It took too long, since repeats in repeats try all ways to part the text.
    """
    bounded = hasattr(signal, "setitimer") and (
        threading.current_thread() is threading.main_thread()
    )
    if not bounded:
        return re.search(pattern, text)

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise ConfigError(
            f"re:{pattern}: no end within {SECONDS:g} s on {text!r}; write no repeat within a "
            "repeat, like (a+)+."
        )

    former = signal.signal(signal.SIGALRM, stop)
    running = signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        return re.search(pattern, text)
    finally:
        signal.setitimer(signal.ITIMER_REAL, *running)
        signal.signal(signal.SIGALRM, former)
