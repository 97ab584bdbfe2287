"""Which rules are there? By name, in the order in which they are asked."""

from collections.abc import Mapping

from scalepredict.evaluation.off_trend.rules.changed_evaluation import (
    BELOW_CHANCE,
    CHANGED,
    MISSING,
)
from scalepredict.evaluation.off_trend.rules.copied_scores import COPIED, UNCHANGED
from scalepredict.evaluation.off_trend.rules.ladder_rules import HIGH as OFF_LADDER_HIGH
from scalepredict.evaluation.off_trend.rules.ladder_rules import LOW as OFF_LADDER_LOW
from scalepredict.evaluation.off_trend.rules.mislabelled import MISLABELLED
from scalepredict.evaluation.off_trend.rules.rule import Rule
from scalepredict.evaluation.off_trend.rules.trajectory_rules import HIGH as OFF_TRAJECTORY_HIGH
from scalepredict.evaluation.off_trend.rules.trajectory_rules import LOW as OFF_TRAJECTORY_LOW
from scalepredict.evaluation.off_trend.rules.trend_rules import (
    DECAY,
    DRIFT,
    EMERGING,
    HIGH,
    LEVEL_SHIFT,
    LOW,
)

RULES: Mapping[str, Rule] = {
    rule.name: rule
    for rule in (
        LOW,
        HIGH,
        DRIFT,
        BELOW_CHANCE,
        OFF_LADDER_LOW,
        OFF_LADDER_HIGH,
        OFF_TRAJECTORY_LOW,
        OFF_TRAJECTORY_HIGH,
        LEVEL_SHIFT,
        DECAY,
        EMERGING,
        COPIED,
        MISLABELLED,
        MISSING,
        CHANGED,
        UNCHANGED,
    )
}
