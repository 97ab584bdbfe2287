"""Are these scores those of another checkpoint? Exact ties that chance does not make.

Two checkpoints tie on a benchmark of 500 or more answers now and then: the best match among all
other records of Pythia ties on at most 3 of 7. A copy ties on all of them. Ties that carry nothing
do not count: scores of exactly 0 or 1, and values that one in ten records shows (a model that
answers with a constant class); records that repeat each other whole count as one there.

Two or three benchmarks are a copy where all of them tie and chance would do that once in a thousand
times: the product of 1 / (2 sqrt(pi) sd), the probability that two scores of a binomial scatter are
equal, over the benchmarks, for each record that lies near enough to tie.
"""

from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_array

from scalepredict.evaluation.off_trend.own_past.runs import Run
from scalepredict.evaluation.off_trend.rules.gate import CopyRule
from scalepredict.evaluation.off_trend.rules.rule import Rule
from scalepredict.evaluation.off_trend.rules.scene import Copy, Scene
from scalepredict.evaluation.off_trend.rules.verdicts import Finding, Level, place_in_words
from scalepredict.records.answers import answers
from scalepredict.records.table import Bools, EvalTable, Floats, Ints
from scalepredict.records.text.counts import count_of

MIN_LARGE = 4  # ties on large benchmarks
MIN_ALL = 20  # benchmarks and tasks in common for the rule over all of them
COMMON_VALUE = 0.1  # share of records above which a value is no evidence
PAIR = 2  # records: the value of a copy and its source always is
FEW_RECORDS = 10  # with fewer, the share of a value says nothing
BLOCK = 256  # rows compared with all others at a time: memory grows with M, not with M^2
STREAK = 3  # checkpoints that are alike before nothing changes
BY_CHANCE = 1e-5  # probability below which ties of successive checkpoints are not made by it
BY_CHANCE_OF_FEW = 1e-3  # on two or three benchmarks: 2 of 130,000 healthy records pass
FEWEST = 2  # benchmarks that tell
NEAR = 2.0  # standard deviations within which a record might tie
LIKE_ITSELF = 0.4  # variance of successive scores over the binomial one


def find_copies(
    table: EvalTable, rows: Ints, runs: tuple[Run, ...], rule: CopyRule
) -> dict[int, Copy]:
    """Compare some rows of a table with all others; the best match of each row that is a copy.

    Within a run the later one is the copy, so a row is compared with earlier rows of its own run.
    """
    late = np.array([_late(c.step, c.tokens, rule) for c in table.checkpoints], dtype=bool)
    telling, codes = _telling(table.scores)
    telling &= late[:, None]
    large = telling & (answers(table).known >= rule.large_items)
    run_of = np.full(len(telling), -1)
    order = np.full(len(telling), -1)
    for number, run in enumerate(runs):
        run_of[run.rows] = number
        order[run.rows] = np.arange(len(run.rows))
    copies = {}
    blocks = [rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK)]
    for block, (equal, both), (equal_large, both_large) in zip(
        blocks, _ties(telling, codes, blocks), _ties(large, codes, blocks), strict=True
    ):
        hit = equal_large >= np.maximum(MIN_LARGE, rule.large_share * both_large)
        hit |= (both >= MIN_ALL) & (equal >= rule.all_share * both)
        later = (run_of[block][:, None] == run_of) & (order[block][:, None] <= order)
        earlier = ~(later & (run_of[block] >= 0)[:, None])
        hit &= earlier
        hit[np.arange(len(block)), block] = False
        few = earlier & (equal_large == both) & (both >= FEWEST) & (both < MIN_LARGE)
        few[np.arange(len(block)), block] = False
        for i in np.flatnonzero(few.any(axis=1) & ~hit.any(axis=1)):
            of = int(np.flatnonzero(few[i])[-1])
            hit[i, of] = _hardly_chance(table, int(block[i]), of, telling, earlier[i])
        best = np.argmax(np.where(hit, equal / np.maximum(both, 1), -1.0), axis=1)
        for i in np.flatnonzero(hit.any(axis=1)):
            of = int(best[i])
            copies[int(block[i])] = Copy(
                of=of, n_equal=int(equal[i, of]), n_compared=int(both[i, of])
            )
    return copies


def _hardly_chance(table: EvalTable, row: int, of: int, telling: Bools, among: Bools) -> bool:
    # Whether two records are equal on all that they share, and chance hardly makes that.
    scores, count = table.scores, answers(table).count[row]
    shared = np.isfinite(scores[row]) & np.isfinite(scores[of])
    if (scores[row] != scores[of])[shared].any():
        return False
    units = telling[row] & telling[of]
    sd = _scatter(scores[row, units], count[units])
    gap = np.abs(scores[:, units] - scores[row, units]) * count[units]
    near = among & (gap <= NEAR * np.sqrt(2) * sd).all(axis=1)
    return bool(np.log(near.sum()) + _log_tie(sd).sum() < np.log(BY_CHANCE_OF_FEW))


def _scatter(scores: Floats, items: Floats) -> Floats:
    # Standard deviation of a count of right answers between successive checkpoints.
    with np.errstate(invalid="ignore"):
        return np.asarray(np.sqrt(LIKE_ITSELF * scores * (1 - scores) * items))


def _log_tie(sd: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.log(np.minimum(0.5, 1 / (2 * np.sqrt(np.pi) * sd))))


def find_unchanged(table: EvalTable, run: Run, rule: CopyRule) -> dict[int, int]:
    """Rows of a run at which nothing has changed, and for how many checkpoints."""
    scores = table.scores[run.rows]
    items = answers(table).count[run.rows]
    late = np.array(
        [_late(c.step, c.tokens, rule) for c in (table.checkpoints[row] for row in run.rows)]
    )
    told = np.isfinite(scores) & (scores != 0.0) & (scores != 1.0)
    tie = _log_tie(_scatter(scores, items))
    unchanged, streak, chance = {}, 1, 0.0
    for k in range(1, len(scores)):
        both = np.isfinite(scores[k]) & np.isfinite(scores[k - 1])
        alike = late[k - 1] and (told[k] & both).any()
        if not alike or (scores[k] != scores[k - 1])[both].any():
            streak, chance = 1, 0.0
            continue
        streak += 1
        chance += float(tie[k, told[k] & both].sum())
        if streak >= STREAK and chance < np.log(BY_CHANCE):
            unchanged[int(run.rows[k])] = streak
    return unchanged


def _late(step: float | None, tokens: float | None, rule: CopyRule) -> bool:
    if step is not None:
        return step >= rule.min_step
    return tokens is None or tokens >= rule.min_tokens


def _telling(scores: Floats) -> tuple[Bools, Ints]:
    # Which scores would make a telling tie, and a code for each value of each unit.
    telling = np.isfinite(scores) & (scores != 0.0) & (scores != 1.0)
    codes = np.zeros(scores.shape, dtype=np.intp)
    first = np.zeros(len(scores), dtype=bool)
    first[np.unique(np.nan_to_num(scores, nan=-1.0), axis=0, return_index=True)[1]] = True
    n_codes = 0
    for t in range(scores.shape[1]):
        known = np.isfinite(scores[:, t])
        values, where = np.unique(scores[known, t], return_inverse=True)
        counts = np.bincount(where[first[known]], minlength=len(values))
        codes[known, t] = n_codes + where
        n_codes += len(values)
        if counts.sum() >= FEW_RECORDS:
            telling[known, t] &= (counts <= max(PAIR, COMMON_VALUE * counts.sum()))[where]
    return telling, codes


def _ties(telling: Bools, codes: Ints, blocks: list[Ints]) -> Iterator[tuple[Floats, Floats]]:
    # Per block of rows: ties with every row, and units in common. Two of shape (block, M).
    row, unit = np.nonzero(telling)
    shape = (len(telling), int(codes.max(initial=0)) + 1)
    holds = csr_array((np.ones(len(row)), (row, codes[row, unit])), shape=shape)
    measured = telling.astype(float)
    for block in blocks:
        yield (holds[block] @ holds.T).toarray(), measured[block] @ measured.T


def _find_copied(scene: Scene) -> Iterator[Finding]:
    copy = scene.evidence.copies.get(scene.row)
    if copy is None or scene.row in scene.evidence.unchanged:
        return
    other = scene.evidence.table.checkpoints[copy.of]
    yield Finding(
        rule="copied-scores",
        level=scene.level("copied-scores"),
        message=f"{copy.n_equal} of {copy.n_compared} scores equal those of {other.model} at "
        f"{place_in_words(other)} exactly: a copy, not a second measurement",
    )


def _find_unchanged(scene: Scene) -> Iterator[Finding]:
    streak = scene.evidence.unchanged.get(scene.row)
    if streak is None:
        return
    first = scene.k
    while int(scene.run.rows[first - 1]) in scene.evidence.unchanged:
        first -= 1
    n = int(np.isfinite(scene.evidence.table.scores[scene.row]).sum())
    where = "its one benchmark" if n == 1 else f"all {n} benchmarks"
    yield Finding(
        rule="nothing-changes",
        level=scene.level("nothing-changes"),
        message=f"the scores of the last {count_of(streak, 'checkpoint')} are equal on "
        f"{where}: one measurement, not {streak} (a cache of answers, or one checkpoint evaluated "
        "again and again)",
        since=None if first == scene.k else scene.checkpoint_at(first),
    )


COPIED = Rule(
    id="SP201",
    name="copied-scores",
    level=Level.ERROR,
    help="The scores are those of another checkpoint, digit for digit.",
    why="A copy of the previous checkpoint lies on every trend. It comes from a cache of answers, "
    "from a path that did not change, or from results filed twice. Ties that chance makes, scores "
    "of exactly 0 or 1 and values that one record in ten shows do not count. Of two or three "
    "benchmarks all must tie, on so many questions that chance would do it once in a thousand.",
    example="4 of 4 scores equal those of run-a at step 12000 exactly: a copy, not a second "
    "measurement",
    silence="Evaluate again, or accept it with --update-baseline; `copies:` sets how many ties it "
    "takes.",
    find=_find_copied,
)
UNCHANGED = Rule(
    id="SP205",
    name="nothing-changes",
    level=Level.ERROR,
    help="Successive checkpoints of a run score alike on every benchmark.",
    why="A run that is evaluated through a cache of answers never changes, and then lies on its "
    "trend for ever. Three checkpoints or more, and so many ties that chance makes them once in "
    "100,000 times.",
    example="the scores of the last 5 checkpoints are equal on all 8 benchmarks: one measurement, "
    "not 5 (a cache of answers, or one checkpoint evaluated again and again)",
    silence="Clear the cache and evaluate again, or `rules: {nothing-changes: off}`.",
    find=_find_unchanged,
)
