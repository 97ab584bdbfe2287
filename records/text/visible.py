"""Can a name be seen? Characters of no width are pasted by accident, and look like nothing."""

import unicodedata

_BLANK = "\u115f\u1160\u2800\u3164\uffa0"  # letters and symbols that are drawn as nothing
_SHOWN = "LNPS"  # letters, numbers, punctuation and symbols; the rest is marks, blanks and controls


def is_visible(name: str) -> bool:
    """Whether at least one character of a name is drawn."""
    return any(unicodedata.category(c)[0] in _SHOWN and c not in _BLANK for c in name)
