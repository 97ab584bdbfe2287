"""Which benchmarks ask the same questions, so that their errors go together?

Parts of one set (``cb_val``, ``cb_test``), its translations (``xnli_de``, ``xnli_fr``) and its
other metrics (``hellaswag`` by ``acc`` and ``acc_norm``) are one group. Only names tell: the
residuals of a dozen checkpoints do not tell a correlation of .7 from none.
"""

import re
from collections.abc import Sequence

import numpy as np

from scalepredict.records.table import Bools, Unit

PARTS = frozenset({"val", "valid", "validation", "dev", "test", "train", "mc1", "mc2"})
_TWO_LETTERS = (
    "af am ar as az be bg bn bo br bs ca cs cy da de el en eo es et eu fa fi fo fr ga gd gl gu "
    "ha he hi hr ht hu hy id ig is it ja jv ka kk km kn ko ku ky la lb lo lt lv mg mi mk ml mn "
    "mr ms mt my nb ne nl nn no ny or pa pl ps pt qu ro ru rw sd si sk sl sn so sq sr su sv sw "
    "ta te tg th ti tk tl tr ts tt ug uk ur uz vi wo xh yi yo zh zu"
)
_THREE_LETTERS = (
    "ara ben bul cat ceb ces cmn dan deu ell eng est eus fas fin fra glg guj hau heb hin hrv "
    "hun hye ibo ind isl ita jpn kan kat kaz khm kor lao lav lit mal mar mkd mlt mon msa mya "
    "nep nld nob nor pan pol por ron rus slk slv som spa sqi srp swa swe swh tam tel tgl tha "
    "tur ukr urd uzb vie xho yor zho zsm zul"
)
_SCRIPTS = "latn cyrl arab hans hant deva grek hebr jpan hang thai beng taml telu"
_CLASSES = "boolq cb rte wic wsc mrpc qqp qnli sst sst2 mnli anli cola multirc wnli record"
LANGUAGES = frozenset(f"{_TWO_LETTERS} {_THREE_LETTERS} {_SCRIPTS}".split())
LABELS = frozenset(_CLASSES.split())
_TOKENS = re.compile(r"[_\-:./ ]+")


def sibling_groups(units: Sequence[Unit]) -> Bools:
    """The groups of some benchmarks; most are alone. Shape (G, T)."""
    stems = {_stem(unit.benchmark, drop_languages=False) for unit in units}
    languages: dict[str, set[str]] = {}
    for stem in stems:
        languages.setdefault(_without_languages(stem), set()).add(stem)
    names = []
    for unit in units:
        stem = _stem(unit.benchmark, drop_languages=False)
        bare = _without_languages(stem)
        names.append((bare if len(languages[bare]) > 1 else stem, unit.shots))
    order = list(dict.fromkeys(names))
    return np.array([[name == group for name in names] for group in order], dtype=bool).reshape(
        len(order), len(units)
    )


def has_labels(name: str) -> bool:
    """Whether a benchmark asks for a class, so that a model may give one class to all."""
    tokens = _TOKENS.split(name.lower())
    return tokens[0] in LABELS or tokens[-1] in LABELS


def _stem(name: str, *, drop_languages: bool) -> str:
    first, *others = _TOKENS.split(name.lower())
    dropped = PARTS | LANGUAGES if drop_languages else PARTS
    return "_".join([first, *(token for token in others if token not in dropped)])


def _without_languages(stem: str) -> str:
    return _stem(stem, drop_languages=True)
