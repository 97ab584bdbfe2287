"""Two steps: scale to loss by a loss law, loss to score by a logistic curve with a free ceiling.

    step 1    L = E + A / N^eta + B / D^eta, or E + G / C^gamma where N and D cannot be told apart
    step 2    score = floor + (1 - floor) exp(-c) / (1 + exp(-a - b (L_top - L))),    b, c >= 0

Source: step 1 is the over-training law of Gadre et al. (2024, arXiv 2403.08540), one parameter
    fewer than Hoffmann et al. (2022, 2203.15556): what step 1 adds in error step 2 cannot undo. The
    chain is that of the model ladders (Bhagia et al. 2024, 2412.04403).
Departures: step 2 is fitted to measured losses with the weights of curve_fits.py; the ceiling
    exp(-c) is free, but drawn to 1; below six scales it is 1. The validation loss serves all
    benchmarks; the loss of the right answer (task_loss) is used where no validation loss is there,
    because it often does not fall with the score.
Fails when: losses are of different corpora or tokenisers, or the learning rate was not annealed
    alike: the same loss then means different scores.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.predictors.direct.curve_fits import (
    CurveFits,
    CurveForm,
    Observed,
    fit_curves,
    fit_remarks,
)
from scalepredict.predictors.interface import (
    Forecast,
    Frontier,
    Targets,
    fitting_stream,
    make_forecast,
)
from scalepredict.predictors.loss.loss_law import (
    COMPUTE,
    OVER_TRAINING,
    LossForm,
    LossLaws,
    fit_loss_laws,
    resampled_surfaces,
)
from scalepredict.predictors.scale.scale_evidence import Ladder, Scale
from scalepredict.records.notes import Note, noted
from scalepredict.records.table import Bools, EvalTable, Floats
from scalepredict.records.text.counts import count_of

FEWEST_LOSSES = 5  # of distinct scale; as many as Gadre et al. fit their four parameters to
FREE_CEILING_SCALES = 6
FEWEST_SCALES = 3
# A ceiling at 1/e of the way to 1 costs as much as an error of 2 points at one checkpoint.
CEILING_PULL = 0.02
STEEPEST = 30.0  # logits per nat
LEVEL = 15.0  # logits
LOWEST_CEILING = 3.0  # exp(-3)
RATIOS_NEEDED = 2  # of tokens to parameters, as in Gadre et al.
LOSS_STEP = 1e-4  # nats, to differentiate step 2


def _starts(observed: Observed) -> Floats:
    z = observed.last
    rows = [[z, slope + 0 * z, ceiling + 0 * z] for slope in (1.0, 4.0) for ceiling in (0.0, 0.2)]
    return np.moveaxis(np.array(rows), 2, 0)


FREE_CEILING = CurveForm(
    curve="loss_to_score",
    parameters=("a", "b", "c"),
    starts=_starts,
    lower=(-LEVEL, 0.0, 0.0),
    upper=(LEVEL, STEEPEST, LOWEST_CEILING),
    at_lower=("", "the loss has no effect (b = 0)", "no ceiling below 1 (c = 0)"),
    pull=(0.0, 0.0, CEILING_PULL),
)
CEILING_ONE = replace(FREE_CEILING, upper=(LEVEL, STEEPEST, 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoStep:
    """Loss law, then one curve per benchmark.

    Attributes:
        n_resamples: Of the bootstrap behind the errors of the loss law's constants, for `notes`.
    """

    name: ClassVar[str] = "two_step"
    pools_families: ClassVar[bool] = False
    reads_tasks: ClassVar[bool] = False
    needs_compute: ClassVar[bool] = True
    reads_known_scores: ClassVar[bool] = False

    n_resamples: int = 50

    def fit(self, table: EvalTable, *, rng: np.random.Generator | None = None) -> "TwoStepLaw":
        """Fit both steps. ``rng`` draws the resamples of the loss law; forecasts do not use them.

        Raises:
            RefusedError: Fewer than three distinct scales, or too few of them carry a loss.
        """
        rng = fitting_stream(rng)
        ladder = Ladder.of_table(table, method=self.name)
        of_corpus, losses, form = _choose_loss(ladder, table, method=self.name)
        laws = fit_loss_laws(ladder.scale, losses, form)
        loss = np.broadcast_to(losses.T, table.scores.shape)
        measured = np.isfinite(ladder.scores) & np.isfinite(loss)
        least = np.where(measured, loss, np.inf).min(axis=0)
        least = np.where(np.isfinite(least), least, 1.0)
        behind = np.where(measured, least - loss, 0.0).T[:, :, None]  # nats, (T, M, 1)
        n_scales = max(_n_scales(ladder.scale, column) for column in measured.T)
        many = n_scales >= FREE_CEILING_SCALES
        step2 = FREE_CEILING if many else CEILING_ONE
        frontier = Frontier.of_table(table)
        fits, found = fit_curves(step2, ladder, behind, measured, frontier.last)
        needed = FREE_CEILING_SCALES if many else FEWEST_SCALES
        failures = tuple(_failure(ladder.scale, column, needed) for column in measured.T)
        law_note = _law_note(laws, ladder, losses, of_corpus, self.n_resamples, rng)
        step2_told = step2 if many else replace(step2, parameters=step2.parameters[:2])
        return TwoStepLaw(
            frontier=frontier,
            loss_laws=laws,
            least_loss=least,
            fits=fits.without(failures),
            failures=failures,
            remarks=(
                *ladder.remarks(),
                law_note,
                *fit_remarks(self.name, step2_told, found, failures, table.units),
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TwoStepLaw:
    """Both steps.

    Attributes:
        frontier: Where the evidence ends.
        loss_laws: One law of the validation loss, or one of the task loss of each benchmark.
        least_loss: Least measured loss; the curves read the distance below it. Shape (T,).
        fits: Step 2.
        failures: Why a benchmark has no fit. Length T.
        remarks: What the user must know.
    """

    frontier: Frontier
    loss_laws: LossLaws
    least_loss: Floats
    fits: CurveFits
    failures: tuple[str | None, ...]
    remarks: tuple[Note, ...]

    def forecast(self, targets: Targets) -> Forecast:
        """The loss of each target, and its score."""
        scale = Scale.of_targets(targets)
        log_loss, log_variance = self.loss_laws.log_loss(scale)
        loss = np.exp(log_loss)
        ahead = (self.least_loss[:, None] - loss)[:, :, None]  # (T, K, 1)
        point, variance = self.fits.at(ahead)
        slope = (self.fits.at(ahead + LOSS_STEP)[0] - point) / LOSS_STEP
        from_loss = slope**2 * (loss**2 * log_variance).T
        return make_forecast(
            targets,
            self.frontier,
            point,
            model_variance=np.minimum(variance + np.nan_to_num(from_loss), 0.25),
            failures=self.failures,
        )

    def notes(self) -> tuple[Note, ...]:
        """The loss law with its errors, benchmarks without a fit, and bounds that bind."""
        return self.remarks


def _choose_loss(ladder: Ladder, table: EvalTable, *, method: str) -> tuple[bool, Floats, LossForm]:
    # Whether it is the validation loss, the B series of losses (B, M), and the affordable law.
    of_corpus = np.asarray(np.isfinite(ladder.loss), dtype=bool)
    of_task = np.asarray(np.isfinite(table.task_loss).any(axis=1), dtype=bool)
    if (form := _affordable(ladder.scale, of_corpus)) is not None:
        return True, ladder.loss[None], form
    if (form := _affordable(ladder.scale, of_task)) is not None:
        return False, table.task_loss.T, form
    raise RefusedError(
        f"{method} on family {', '.join(map(repr, table.families))}: "
        f"{count_of(int(of_corpus.sum()), 'checkpoint')} with a loss and {of_task.sum()} with a "
        f"task_loss, and {FEWEST_LOSSES} distinct scales are needed. Record the validation loss, "
        "or use --predictor stack."
    )


def _affordable(scale: Scale, measured: Bools) -> LossForm | None:
    # Losses are far more exact than scores, and so need fewer scales for a parameter.
    if _n_scales(scale, measured) < FEWEST_LOSSES:
        return None
    ratios = np.unique(np.round(np.log(scale.tokens / scale.params)[measured], 1))
    both = min(len(np.unique(scale.params[measured])), len(np.unique(scale.tokens[measured]))) > 1
    return OVER_TRAINING if both and len(ratios) >= RATIOS_NEEDED else COMPUTE


def _n_scales(scale: Scale, measured: Bools) -> int:
    return len(np.unique(np.stack([scale.params, scale.tokens], axis=1)[measured], axis=0))


def _failure(scale: Scale, measured: Bools, needed: int) -> str | None:
    if (n_scales := _n_scales(scale, measured)) >= needed:
        return None
    return (
        f"{count_of(n_scales, 'distinct scale')} with a score and a loss, and the curve from loss "
        f"to score needs {needed}. Record more losses, or use --predictor stack."
    )


def _law_note(
    laws: LossLaws,
    ladder: Ladder,
    losses: Floats,
    of_corpus: bool,
    n_resamples: int,
    rng: np.random.Generator,
) -> Note:
    label = laws.form.label
    if not of_corpus:
        text = f"no validation loss; each benchmark's task_loss follows {label}."
        return noted("loss-law", text, subject="two_step")
    known = np.flatnonzero(np.isfinite(losses[0]))
    scale, surface = ladder.scale.take(known), laws.surface()
    spread = resampled_surfaces(laws, scale, losses[0, known], n_resamples=n_resamples, rng=rng)

    def error(read: Callable[..., float]) -> float:
        return float(np.std([read(other) for other in spread]))

    entropy = f"E = {surface.entropy:.3f} ± {error(lambda s: s.entropy):.3f}"
    exponent = (
        f"gamma = {surface.flops_exponent:.3f} ± {error(lambda s: s.flops_exponent):.3f}"
        if laws.in_flops
        else f"eta = {surface.params_exponent:.3f} ± {error(lambda s: s.params_exponent):.3f}"
    )
    text = (
        f"validation loss of {len(known)} checkpoints follows {label}, {entropy}, {exponent} "
        "(bootstrap errors, Huber delta 0.001)."
    )
    return noted("loss-law", text, subject="two_step")
