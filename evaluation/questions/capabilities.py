"""What has a law of many families found? Loadings of benchmarks and coordinates of models."""

from dataclasses import dataclass

from scalepredict.errors import RefusedError
from scalepredict.predictors.fit_families import Fit
from scalepredict.predictors.observational.capability_law import ObservationalLaw
from scalepredict.predictors.skills.rotation import readable_skills
from scalepredict.predictors.skills.skills import SkillsLaw
from scalepredict.records.table import FLOPS_PER_PARAM_TOKEN, Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Capabilities:
    """K components (or skills) of T benchmarks, and M models.

    Attributes:
        word: What a component is called.
        benchmarks: Names, length T.
        loading: Change of each benchmark with one standard deviation of a component. Shape (T, K).
        loading_unit: Unit of that change.
        share: Share that each component explains, a fraction. Shape (K,).
        families: Family of each model, length M.
        flops: Training FLOPs, NaN = unknown. Shape (M,).
        coordinates: Components of the models, in standard deviations. Shape (M, K).
    """

    word: str
    benchmarks: tuple[str, ...]
    loading: Floats
    loading_unit: str
    share: Floats
    families: tuple[str, ...]
    flops: Floats
    coordinates: Floats


def capabilities_of(fit: Fit) -> Capabilities:
    """Read the law of a pooled method.

    Raises:
        RefusedError: The method has no components.
    """
    law = fit.groups[0].law
    if isinstance(law, ObservationalLaw):
        return _of_space(law)
    if isinstance(law, SkillsLaw):
        return _of_skills(law)
    raise RefusedError(
        f"a fit of {fit.predictor.name!r} holds no capabilities; fit the records of several "
        "families with --predictor observational or --predictor skills."
    )


def _of_space(law: ObservationalLaw) -> Capabilities:
    return Capabilities(
        word="component",
        benchmarks=tuple(law.frontier.units[i].shown for i in law.standard),
        loading=100 * law.space.loading,
        loading_unit="points",
        share=law.space.explained,
        families=law.families,
        flops=law.flops,
        coordinates=law.coordinates,
    )


def _of_skills(law: SkillsLaw) -> Capabilities:
    # The likeliest number of skills, rotated to be read, as in the law's own table.
    likely = law.likeliest
    theta = likely.intercept[law.model_families] + law.scale @ likely.slope
    read = readable_skills(likely.loading, theta, law.scale[:, :2].sum(axis=1))
    logs = law.scale[:, :2] * law.standard.size + law.standard.mean
    return Capabilities(
        word="skill",
        benchmarks=tuple(law.frontier.units[i].shown for i in law.fitted),
        loading=read.loading,
        loading_unit="logits",
        share=read.share,
        families=tuple(law.families[i] for i in law.model_families),
        flops=FLOPS_PER_PARAM_TOKEN * 10.0 ** logs.sum(axis=1),
        coordinates=(theta - theta.mean(axis=0)) @ read.mixing,
    )
