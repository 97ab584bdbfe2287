"""What is good, doubtful, hopeless? A sign and a colour for each class, on a terminal."""

from dataclasses import dataclass

from scalepredict.evaluation.classes.classes import Kind


@dataclass(frozen=True, slots=True)
class Mark:
    """A sign that says the same without its colour.

    Attributes:
        sign: What stands before the class.
        plain: The same for terminals that know ASCII alone.
        colour: Rich's name of its colour.
        meaning: For the line below the table.
    """

    sign: str
    plain: str
    colour: str
    meaning: str


GOOD = Mark("✓", "+", "green", "can be extrapolated")
DOUBTFUL = Mark("?", "?", "yellow", "in doubt")
HOPELESS = Mark("✗", "x", "red", "cannot be predicted from here")
MARKS = {
    Kind.RISING: GOOD,
    Kind.FALLING: GOOD,
    Kind.SATURATED: GOOD,
    Kind.FLAT: DOUBTFUL,
    Kind.NOISY: DOUBTFUL,
    Kind.INVERSE: DOUBTFUL,
    Kind.AT_CHANCE: HOPELESS,
    Kind.TOO_FEW: HOPELESS,
}
