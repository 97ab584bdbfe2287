from pathlib import Path

import numpy as np
import pytest

from scalepredict.errors import RefusedError
from scalepredict.predictors.loss.priors import Priors
from scalepredict.records.asymptote import Asymptote, parse_asymptotes, with_asymptotes
from scalepredict.records.benchmarks import metadata_from
from scalepredict.records.reading.read import read_records
from scalepredict.records.text.yaml_text import load_yaml


def test_a_range_gives_the_5_and_95_percent_points() -> None:
    given = parse_asymptotes(["1.2..1.7"]).of("c4")
    assert given is not None
    nodes = Priors.of([given], np.array([2.5])).nodes(count=2001)[0]
    assert np.quantile(nodes, [0.05, 0.95]) == pytest.approx([1.2, 1.7], rel=1e-3)


def test_a_name_goes_before_what_holds_for_all() -> None:
    given = parse_asymptotes(["1.6", "c4=1.4", "a=b=1.1"])
    assert given.of("pile") == Asymptote(low=1.6, high=1.6)
    assert given.of("c4") == Asymptote(low=1.4, high=1.4)
    assert given.of("a=b") == Asymptote(low=1.1, high=1.1)
    assert parse_asymptotes(["c4=1.4"]).of("pile") is None


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["low"], "'low' is no positive number"),
        (["-1"], "'-1' is no positive number"),
        (["1.7..1.2"], "1.7 is not below 1.2"),
        (["1.2.."], "'' is no positive number"),
        (["c4=nan"], "'nan' is no positive number"),
        (["1.2", "1.3"], "all benchmarks got one before"),
        (["c4=1.2", "c4=1.3"], "c4 got one before"),
    ],
)
def test_what_is_no_asymptote_is_refused(texts: list[str], said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        parse_asymptotes(texts)


def test_the_benchmarks_file_gives_one_and_the_option_goes_before_it(tmp_path: Path) -> None:
    records, known = tmp_path / "r.csv", tmp_path / "known.yaml"
    records.write_text(
        "model,params,tokens,benchmark,metric,score\n"
        "m,1e8,2e9,c4,loss,3.1\nm,1e8,2e9,pile,loss,2.9\nm,1e8,2e9,arc_easy,acc,0.4\n"
    )
    known.write_text("benchmarks: {c4: {asymptote: 1.4..1.7, chance: 0.25}}\n")
    table = read_records([records], metadata=metadata_from(load_yaml(known))).table
    found = {(u.benchmark, u.metric): u.asymptote for u in table.units}
    assert found["c4", "loss"] == Asymptote(low=1.4, high=1.7)
    assert found["pile", "loss"] is None
    given = with_asymptotes(table, parse_asymptotes(["pile=1.5"]))
    assert {u.benchmark: u.asymptote for u in given.units if u.metric == "loss"} == {
        "c4": Asymptote(low=1.4, high=1.7),
        "pile": Asymptote(low=1.5, high=1.5),
    }
    over = with_asymptotes(table, parse_asymptotes(["1.6"]))
    assert {u.asymptote for u in over.units} == {None, Asymptote(low=1.6, high=1.6)}


def test_scores_fall_to_nothing(tmp_path: Path) -> None:
    records = tmp_path / "r.csv"
    records.write_text("model,params,tokens,benchmark,metric,score\nm,1e8,2e9,arc_easy,acc,0.4\n")
    table = read_records([records]).table
    with pytest.raises(RefusedError, match="every benchmark of the records has a metric of which"):
        with_asymptotes(table, parse_asymptotes(["1.6"]))
    with pytest.raises(RefusedError, match="asymptote: arc_easy has a metric of which more"):
        with_asymptotes(table, parse_asymptotes(["arc_easy=1.6"]))
