"""Which loss does a scale reach? Sums of powers of N and D, fitted to B series of losses at once.

    chinchilla      L = E + A / N^alpha + B / D^beta
    over-training   L = E + A / N^eta + B / D^eta        (alpha = beta: parallel lines for each D/N)
    compute         L = E + G / C^gamma

Each is a sum of terms that are log-linear in the parameters, so one solver serves all:
log L = logsumexp(design @ params).

Source: Hoffmann et al. (2022, arXiv 2203.15556) and the replication of Besiroglu et al. (2024,
    arXiv 2404.10102): Huber loss of the residual of log L, summed over runs, minimised from several
    starts to convergence (stopping early is what moved the published exponents). Over-training:
    Gadre et al. (2024, arXiv 2403.08540), who write it E + (a M^h + b M^-h) C^-h with M = D/N and
    h = eta/2, and fit it by plain least squares on L.
Fails when: D/N hardly varies (A and B are then one number), or losses are of different corpora.
"""

from dataclasses import dataclass, replace

import numpy as np

from scalepredict.predictors.loss.index import LossSurface
from scalepredict.predictors.numerics.least_squares import HUBER, LINEAR, TOLERANCE, best_of_starts
from scalepredict.predictors.scale.repetition import effective_params, effective_tokens
from scalepredict.predictors.scale.scale_evidence import Scale
from scalepredict.records.table import FLOPS_PER_PARAM_TOKEN, Bools, Floats, Ints

HUBER_DELTA = 1e-3  # of log L; exponents depend on it (Besiroglu et al.), so it is fixed and said
LOG_ENTROPY = (-5.0, 3.0)  # bounds of log E (nats per token)
EXPONENTS = (0.0, 2.0)
MAX_STEPS = 300
RESAMPLE_TOLERANCE = 1e-6  # far below the spread of resamples


@dataclass(frozen=True, slots=True, kw_only=True)
class LossForm:
    """Which terms a loss law has.

    Attributes:
        label: Its name, for notes.
        in_flops: One term in C, or one in N and one in D.
        tied: Whether the terms have one exponent in common.
    """

    label: str
    in_flops: bool
    tied: bool = False

    @property
    def n_parameters(self) -> int:
        """Parameters: log E, the log of each term at the mean scale, the exponents."""
        return 3 if self.in_flops else 4 if self.tied else 5


CHINCHILLA = LossForm(label="E + A/N^alpha + B/D^beta", in_flops=False)
OVER_TRAINING = LossForm(label="E + A/N^eta + B/D^eta", in_flops=False, tied=True)
COMPUTE = LossForm(label="E + G/C^gamma", in_flops=True)
FORMS = (CHINCHILLA, OVER_TRAINING, COMPUTE)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LossLaws:
    """B fitted loss laws of one form.

    Attributes:
        in_flops: One term in C, or one in N and one in D.
        tied: Whether the terms have one exponent in common.
        centre: Mean logs of the sizes, where the terms are counted from. Shape (J,).
        params: log E, log terms at the centre, exponents. Shape (B, P).
        cost: Half the summed loss of the residuals. Shape (B,).
        agreed: Starts that came to the best fit. Shape (B,).
        at_bound: Whether a parameter is at its bound. Shape (B, P).
        covariance: Of ``params``, from the curvature of the fit. Shape (B, P, P).
    """

    in_flops: bool
    tied: bool
    centre: Floats
    params: Floats
    cost: Floats
    agreed: Ints
    at_bound: Bools
    covariance: Floats

    def log_loss(self, scale: Scale) -> tuple[Floats, Floats]:
        """Log of the loss (nats per token) at each scale, and its variance. Two (B, M)."""
        form = self.form
        design = design_of(form, log_sizes_of(form, scale), self.centre)
        log_loss, slope = log_sum(self.params, design)
        variance: Floats = np.einsum("bmp,bpq,bmq->bm", slope, self.covariance, slope)
        return log_loss, np.maximum(variance, 0.0)

    @property
    def form(self) -> LossForm:
        """Which terms."""
        return next(
            form for form in FORMS if (form.in_flops, form.tied) == (self.in_flops, self.tied)
        )

    def surface(self, b: int = 0) -> LossSurface:
        """One law in the usual constants."""
        return surface_of(self.form, self.params[b], self.centre)


def surface_of(form: LossForm, params: Floats, centre: Floats) -> LossSurface:
    """A law in the usual constants, from its parameters (P,) and mean log sizes (J,)."""
    terms = len(centre)
    exponent = np.broadcast_to(params[1 + terms :], (terms,))
    coefficient = np.exp(params[1 : 1 + terms] + exponent * centre)
    entropy = float(np.exp(params[0]))
    if form.in_flops:
        return LossSurface(
            entropy=entropy,
            flops_coefficient=float(coefficient[0]),
            flops_exponent=float(exponent[0]),
        )
    return LossSurface(
        entropy=entropy,
        params_coefficient=float(coefficient[0]),
        params_exponent=float(exponent[0]),
        tokens_coefficient=float(coefficient[1]),
        tokens_exponent=float(exponent[1]),
    )


def fit_loss_laws(
    scale: Scale,
    loss: Floats,
    form: LossForm = CHINCHILLA,
    *,
    delta: float | None = HUBER_DELTA,
    draws: Ints | None = None,
    starts: Floats | None = None,
    tolerance: float = TOLERANCE,
) -> LossLaws:
    """Fit a loss law to each of B series.

    Args:
        scale: Sizes of the M checkpoints.
        loss: Losses (nats per token), NaN = not measured. Shape (B, M).
        form: Which terms.
        delta: Residual of log L where Huber's loss turns linear. None: least squares on L itself.
        draws: Which checkpoints each series is fitted to, with repeats (a resample). Shape (B, M).
        starts: Parameters to start from, (B, S, P); several of its own by default.
        tolerance: Of the solver, relative.
    """
    measured = np.isfinite(loss) & (loss > 0)
    observed = np.where(measured, loss, 1.0)
    log_sizes = log_sizes_of(form, scale)
    centre = log_sizes.mean(axis=1)
    design = design_of(form, log_sizes, centre)

    def residuals(params: Floats, rows: Ints) -> tuple[Floats, Floats]:
        log_loss, slope = log_sum(params, design)
        misfit = log_loss - np.log(observed[rows])
        if delta is None:
            level = np.exp(log_loss)
            misfit, slope = level - observed[rows], level[:, :, None] * slope
        misfit = np.where(measured[rows], misfit, 0.0)
        slope = np.where(measured[rows][:, :, None], slope, 0.0)
        if draws is None:
            return misfit, slope
        taken = draws[rows]
        return np.take_along_axis(misfit, taken, 1), np.take_along_axis(slope, taken[:, :, None], 1)

    lower, upper = _bounds(form)
    found = best_of_starts(
        residuals,
        _starts(form, observed, measured) if starts is None else starts,
        lower=lower,
        upper=upper,
        loss=LINEAR if delta is None else HUBER,
        loss_scale=1.0 if delta is None else delta,
        max_steps=MAX_STEPS,
        tolerance=tolerance,
    )
    misfit, slope = residuals(found.solution.params, np.arange(len(loss)))
    # Of all residuals alike: Huber's weights are for the fit, and leave hardly any curvature.
    plain = replace(found.solution, curvature=np.swapaxes(slope, 1, 2) @ slope)
    noise = (misfit**2).sum(axis=1) / np.maximum(measured.sum(axis=1) - form.n_parameters, 1)
    return LossLaws(
        in_flops=form.in_flops,
        tied=form.tied,
        centre=centre,
        params=found.solution.params,
        cost=found.solution.cost,
        agreed=found.agreed,
        at_bound=found.solution.at_bound != 0,
        covariance=noise[:, None, None] * plain.inverse_curvature(),
    )


def resampled_surfaces(
    laws: LossLaws,
    scale: Scale,
    loss: Floats,
    *,
    n_resamples: int,
    delta: float | None = HUBER_DELTA,
    rng: np.random.Generator,
) -> tuple[LossSurface, ...]:
    """Bootstrap of one series over checkpoints: the law of each resample.

    Args:
        laws: The fit to the whole series, where each resample starts.
        scale: Sizes of the M checkpoints.
        loss: Losses (nats per token). Shape (M,).
        n_resamples: How many.
        delta: As for `fit_loss_laws`.
        rng: Draws M checkpoints with replacement for each resample.
    """
    draws = rng.integers(len(loss), size=(n_resamples, len(loss)))
    resampled = fit_loss_laws(
        scale,
        np.tile(loss, (n_resamples, 1)),
        laws.form,
        delta=delta,
        draws=draws,
        starts=np.tile(laws.params[:1], (n_resamples, 1, 1)),
        tolerance=RESAMPLE_TOLERANCE,
    )
    return tuple(resampled.surface(b) for b in range(n_resamples))


def optimal_allocation(surface: LossSurface, flops: Floats) -> tuple[Floats, Floats]:
    """Parameters and tokens of least loss for C = 6 N D (Hoffmann et al. 2022). Shapes (K,)."""
    alpha, beta = surface.params_exponent, surface.tokens_exponent
    product = flops / FLOPS_PER_PARAM_TOKEN
    params: Floats = _balance(surface) * product ** (beta / (alpha + beta))
    return params, product / params


def data_constrained_loss(surface: LossSurface, scale: Scale, unique_tokens: Floats) -> Floats:
    """Loss when only so many tokens are distinct (Muennighoff et al. 2023, 2305.16264). (K,).

    Args:
        surface: The law of fresh data, in N and D.
        scale: Sizes of the K models.
        unique_tokens: Distinct tokens U (counts). Shape (K,).
    """
    fresh, balance = np.minimum(unique_tokens, scale.tokens), _balance(surface)
    useful = balance * (balance * fresh) ** (surface.tokens_exponent / surface.params_exponent)
    return surface.loss(
        Scale(
            params=effective_params(scale.params, useful),
            tokens=effective_tokens(scale.tokens, unique_tokens),
            flops=scale.flops,
        )
    )


def _balance(surface: LossSurface) -> float:
    # G of Hoffmann et al.: compute-optimal N and D meet N = G (G D)^(beta / alpha).
    alpha, beta = surface.params_exponent, surface.tokens_exponent
    ratio = alpha * surface.params_coefficient / (beta * surface.tokens_coefficient)
    return float(ratio ** (1 / (alpha + beta)))


def log_sizes_of(form: LossForm, scale: Scale) -> Floats:
    """Logs of what the terms fall with: of N and D, or of C. Shape (J, M)."""
    if form.in_flops:
        return np.log(scale.flops)[None]
    return np.log(np.stack([scale.params, scale.tokens]))


def design_of(form: LossForm, log_sizes: Floats, centre: Floats) -> Floats:
    """Logs of the terms are this times the parameters. Shape (1 + J, M, P)."""
    terms, n = log_sizes.shape
    design = np.zeros((1 + terms, n, form.n_parameters))
    design[0, :, 0] = 1.0
    for j in range(terms):
        design[1 + j, :, 1 + j] = 1.0
        design[1 + j, :, 1 + terms + (0 if form.tied else j)] = -(log_sizes[j] - centre[j])
    return design


def log_sum(params: Floats, design: Floats) -> tuple[Floats, Floats]:
    """Log of the loss (B, M) and its derivatives (B, M, P), at parameters (B, P)."""
    terms = np.einsum("jmp,bp->bjm", design, params)
    most = terms.max(axis=1, keepdims=True)
    share = np.exp(terms - most)
    total = share.sum(axis=1, keepdims=True)
    total_log: Floats = (most + np.log(total))[:, 0]
    return total_log, np.einsum("bjm,jmp->bmp", share / total, design)


def _bounds(form: LossForm) -> tuple[Floats, Floats]:
    n_exponents = form.n_parameters - (2 if form.in_flops else 3)
    n_terms = 1 if form.in_flops else 2
    low = [LOG_ENTROPY[0], *[-20.0] * n_terms, *[EXPONENTS[0]] * n_exponents]
    high = [LOG_ENTROPY[1], *[10.0] * n_terms, *[EXPONENTS[1]] * n_exponents]
    return np.array(low), np.array(high)


def _starts(form: LossForm, loss: Floats, measured: Bools) -> Floats:
    # (B, S, P): entropy at some shares of the least loss, the rest divided among the terms.
    least = np.where(measured, loss, np.inf).min(axis=1)
    mean = np.where(measured, loss, 0.0).sum(axis=1) / np.maximum(measured.sum(axis=1), 1)
    least, mean = np.where(np.isfinite(least), least, 1.0), np.maximum(mean, 1e-6)
    n_terms = 1 if form.in_flops else 2
    n_exponents = form.n_parameters - 1 - n_terms
    rows = [
        [
            np.log(share * least),
            *[np.log(np.maximum(mean - share * least, 0.01 * mean) / n_terms)] * n_terms,
            *[np.full_like(mean, exponent)] * n_exponents,
        ]
        for share in (0.2, 0.6, 0.9)
        for exponent in (0.15, 0.4)
    ]
    return np.moveaxis(np.array(rows), 2, 0)
