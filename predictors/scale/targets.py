"""Which scale is asked for? Params, tokens and FLOPs of each target, completed and judged.

What is not given is taken from the design of the evidence (design.py), and said.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scalepredict.errors import RefusedError
from scalepredict.predictors.interface import Targets
from scalepredict.predictors.limits import FEW_MODELS, MAX_FACTOR
from scalepredict.predictors.scale.design import Design, read_design
from scalepredict.predictors.scale.scale_evidence import Scale
from scalepredict.predictors.scale.sparsity import (
    Sparsity,
    read_sparsity,
    sparsity_warnings,
    with_active_params,
)
from scalepredict.records.notes import Note, noted
from scalepredict.records.table import FLOPS_PER_PARAM_TOKEN, EvalTable, Floats
from scalepredict.records.text.counts import format_count

FAR_FACTOR = 32.0  # beyond it, intervals were tested on few models
OFF_DESIGN = 2.0  # tokens per parameter this far outside the evidence are another design


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRequest:
    """What the user asked for, in counts; lists of one value hold for every target.

    Attributes:
        params: Parameters, all of them.
        params_active: Parameters that one token uses, of a mixture of experts.
        tokens: Tokens.
        tokens_per_param: Tokens per parameter.
        flops: Training FLOPs.
    """

    params: Sequence[float] = ()
    params_active: Sequence[float] = ()
    tokens: Sequence[float] = ()
    tokens_per_param: Sequence[float] = ()
    flops: Sequence[float] = ()


def resolve_targets(
    evidence: EvalTable, request: TargetRequest, *, any_reach: bool = False
) -> Targets:
    """Complete the targets of one family from its evidence.

    Two of params, tokens (or tokens per parameter) and FLOPs determine the third; params or FLOPs
    alone are completed by the design of the ladder. Lists are read side by side (first with
    first), and a list of one value holds for all.

    Args:
        evidence: The checkpoints of one family.
        request: What was asked for.
        any_reach: Also targets beyond MAX_FACTOR times the evidence, to plan for.

    Raises:
        RefusedError: Too little or too much was given, lists differ in length, the ladder has no
            design to continue, or a target is beyond MAX_FACTOR times the evidence.
    """
    # FLOPs of a mixture of experts go with its active parameters, so the design is of these.
    sparsity = read_sparsity(evidence)
    design = read_design(with_active_params(evidence))
    asked = [_in_active(sparsity, one) for one in _side_by_side(request)]
    triples = [_complete(design, **one) for one, _, _ in asked]
    active, tokens, flops = (np.array(column) for column in list(zip(*triples, strict=True))[:3])
    totals = [total for _, total, _ in asked]
    params = np.array(
        [
            total or (n if sparsity is None else float(sparsity.total(n)))
            for total, n in zip(totals, active, strict=True)
        ]
    )
    sparse = sparsity is not None or bool(request.params_active)
    unique = np.nanmax(np.append(evidence.unique_tokens, 0.0)) or np.inf
    targets = Targets(
        family=(evidence.families[0],) * len(triples),
        params=params,
        tokens=tokens,
        flops=flops,
        assumption=tuple(
            "; ".join(filter(None, (said, triple[3], _repetition(triple[1], unique))))
            for triple, (_, _, said) in zip(triples, asked, strict=True)
        ),
        params_active=active if sparse else None,
        unique_tokens=np.where(tokens > unique, unique, np.nan),
    )
    if not any_reach:
        _refuse_beyond_reach(targets, evidence, design)
    return targets


def _in_active(
    sparsity: Sparsity | None, asked: dict[str, float]
) -> tuple[dict[str, float], float | None, str]:
    # The request with active parameters for params, the total if it is given, what was assumed.
    rest, total = dict(asked), asked.get("params")
    active = rest.pop("params_active", None)
    if active is not None:
        if total is not None and active > total:
            raise RefusedError(
                f"--params-active {format_count(active)} is more than --params "
                f"{format_count(total)}; active parameters are some of all."
            )
        return {**rest, "params": active}, total, ""
    if total is None or sparsity is None:
        return rest, total, ""
    return {**rest, "params": float(sparsity.active(np.array(total)))}, total, sparsity.words


def factors(targets: Targets, evidence: EvalTable) -> Floats:
    """FLOPs of each target over the largest of the evidence. Shape (K,)."""
    result: Floats = targets.flops / evidence.flops.max()
    return result


def describe_target(targets: Targets, index: int, evidence: EvalTable) -> str:
    """One line that says how a target was understood."""
    largest = evidence.checkpoints[int(np.argmax(evidence.flops))]
    factor = float(factors(targets, evidence)[index])
    active = np.nan if targets.params_active is None else float(targets.params_active[index])
    used = "" if np.isnan(active) else f" ({format_count(active)} active)"
    line = (
        f"{format_count(targets.params[index])} params{used}, "
        f"{format_count(targets.tokens[index])} tokens = {format_count(targets.flops[index])} "
        f"FLOPs, {_times(factor)} the largest evidence ({largest.model})"
    )
    assumption = targets.assumption[index]
    return f"{line}; assumed: {assumption}" if assumption else line


def target_warnings(
    targets: Targets, index: int, evidence: EvalTable, *, pooled: bool = False
) -> tuple[Note, ...]:
    """Why the forecast of a target is less certain than its numbers look.

    Args:
        targets: The targets.
        index: Which of them.
        evidence: That of the target's own family.
        pooled: Whether other families are evidence too, so that few models of its own are no doubt.
    """
    factor = float(factors(targets, evidence)[index])
    warnings = []
    if factor > FAR_FACTOR:
        warnings.append(far_away(factor))
    if factor < 1:
        text = (
            f"the target is smaller than the largest evidence ({_times(factor)} its FLOPs), so "
            "this is what the fit says there, not a prediction."
        )
        warnings.append(noted("target-small", text))
    few = () if pooled else few_models(evidence)
    design = (*_off_design(targets, index, evidence), *sparsity_warnings(evidence))
    return (*warnings, *few, *design)


def far_away(factor: float) -> Note:
    """Why a target beyond FAR_FACTOR is doubtful."""
    return noted(
        "target-far",
        f"the target has {_times(factor)} the FLOPs of the largest evidence; beyond "
        f"{FAR_FACTOR:.0f}x few forecasts were ever checked.",
    )


def few_models(evidence: EvalTable) -> tuple[Note, ...]:
    """A warning if the evidence of a family has few models, else none."""
    models = len({c.model for c in evidence.checkpoints})
    if models >= FEW_MODELS:
        return ()
    text = (
        f"only {models} model{'s are' if models > 1 else ' is'} evidence; with {FEW_MODELS} or "
        "more the forecast and its interval mean more."
    )
    return (noted("few-models", text),)


def _off_design(targets: Targets, index: int, evidence: EvalTable) -> tuple[Note, ...]:
    tokens, seen = targets.tokens[index], evidence.tokens
    counted = Scale.of_targets(targets).params[index]  # active ones, where they are known
    ratio, ratios = tokens / counted, seen / with_active_params(evidence).params
    inside = seen.min() / OFF_DESIGN <= tokens <= seen.max() * OFF_DESIGN
    near = ratios.min() / OFF_DESIGN <= ratio <= ratios.max() * OFF_DESIGN
    if inside or near:
        return ()
    text = (
        f"the target has {ratio:.3g} tokens per parameter, the evidence {ratios.min():.3g} to "
        f"{ratios.max():.3g}: another design than the ladder's."
    )
    return (noted("target-design", text),)


def _side_by_side(request: TargetRequest) -> list[dict[str, float]]:
    given = {
        name: list(values)
        for name in ("params", "params_active", "tokens", "tokens_per_param", "flops")
        if (values := getattr(request, name))
    }
    if not given:
        raise RefusedError("no target was given; write for example --params 70B, or --flops 1e24.")
    lengths = {name: len(values) for name, values in given.items() if len(values) > 1}
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{n} {_option(name)}" for name, n in lengths.items())
        raise RefusedError(
            f"{found} cannot be read side by side. Give each option once (it then holds for all "
            "targets) or as often as the others."
        )
    count = max(map(len, given.values()))
    return [{name: v[i if len(v) > 1 else 0] for name, v in given.items()} for i in range(count)]


def _complete(
    design: Design,
    *,
    params: float | None = None,
    tokens: float | None = None,
    tokens_per_param: float | None = None,
    flops: float | None = None,
) -> tuple[float, float, float, str]:
    # Returns params, tokens, FLOPs, and what was assumed.
    _refuse_wrong_set(params, tokens, tokens_per_param, flops)
    assumed = []
    stated = None not in (params, tokens, flops)
    if params is None and flops is None:
        assert tokens is not None
        assert tokens_per_param is not None
        params = tokens / tokens_per_param
    elif params is None:
        assert flops is not None
        params = design.params_of_flops(flops, tokens=tokens, tokens_per_param=tokens_per_param)
        if tokens is None and tokens_per_param is None:
            assumed.append(design.tokens_words)
    if tokens is None and tokens_per_param is not None:
        tokens = tokens_per_param * params
    elif tokens is None and flops is not None:
        tokens = design.tokens_of_flops(flops, params)
    elif tokens is None:
        tokens = design.tokens(params)
        assumed.append(design.tokens_words)
    counted = design.flops(params, tokens)
    plain = FLOPS_PER_PARAM_TOKEN * params * tokens
    if design.flops_words and not stated:
        assumed.append(f"{design.flops_words}, so {counted / plain:.3g} x 6ND here")
    if flops is not None and not 1 / 1.05 < flops / counted < 1.05:
        assumed.append(f"FLOPs as given, {flops / counted:.3g} x what the evidence would count")
    return params, tokens, counted if flops is None else flops, "; ".join(assumed)


def _repetition(tokens: float, unique: float) -> str:
    # The evidence repeats data, or would at this size; the target has no other data than it.
    if tokens <= unique:
        return ""
    return f"{tokens / unique:.3g} epochs of the {format_count(unique)} unique tokens recorded"


def _refuse_wrong_set(
    params: float | None, tokens: float | None, ratio: float | None, flops: float | None
) -> None:
    if tokens is not None and ratio is not None and (params or flops):
        raise RefusedError(
            "--tokens and --tokens-per-param together already fix the size; leave out one of "
            "them, or leave out --params and --flops."
        )
    if None not in (params, ratio, flops):
        raise RefusedError(
            "--params, --tokens-per-param and --flops together say too much; leave out one."
        )
    if params is None and flops is None and (tokens is None or ratio is None):
        alone = "--tokens" if ratio is None else "--tokens-per-param"
        raise RefusedError(f"{alone} alone does not say how large the target is; add --params.")


def _refuse_beyond_reach(targets: Targets, evidence: EvalTable, design: Design) -> None:
    reach = factors(targets, evidence)
    if (reach <= MAX_FACTOR).all():
        return
    worst = int(np.argmax(reach))
    limit = MAX_FACTOR * float(evidence.flops.max())
    params = design.params_of_flops(limit, tokens=float(targets.tokens[worst]))
    raise RefusedError(
        f"target {describe_target(targets, worst, evidence)}; beyond {MAX_FACTOR:.0f}x no forecast "
        f"was ever checked. Add larger models to the records, or ask for at most "
        f"{_floor_count(limit)} FLOPs (about {_floor_count(params)} params with the same "
        "tokens)."
    )


def _floor_count(value: float) -> str:
    # Three digits, rounded down, so that following the advice stays inside the limit.
    unit = 10 ** (np.floor(np.log10(value)) - 2)
    return format_count(float(np.floor(value / unit) * unit))


def _times(factor: float) -> str:
    return f"{factor:.3g}x" if factor < 1000 else f"{factor:,.0f}x"


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")
