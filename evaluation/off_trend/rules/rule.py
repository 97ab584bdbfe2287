"""What is a rule? Its identity, its page in the documents, and how it finds what it is about."""

from dataclasses import dataclass

from scalepredict.evaluation.off_trend.rules.scene import Finder
from scalepredict.evaluation.off_trend.rules.verdicts import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One kind of finding. Its id and name are stable; both are understood in configuration.

    ``gate.yaml``, the reports and the pages under ``docs/rules`` are made from it.

    Attributes:
        id: Short and permanent.
        name: In words.
        help: What it finds, one sentence.
        level: What it weighs unless the gate file says otherwise.
        why: Why that matters, and how it is told from healthy runs.
        example: What a finding reads like.
        silence: How to accept or to switch off what it finds.
        find: Looks at one checkpoint.
    """

    id: str
    name: str
    help: str
    level: Level
    why: str
    example: str
    silence: str
    find: Finder
