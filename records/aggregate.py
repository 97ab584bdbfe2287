"""How do the tasks of a benchmark become its one score? By its aggregate, else a weighted mean."""

from scalepredict.records.table import EvalTable


def to_benchmarks(table: EvalTable) -> EvalTable:
    """One unit for each benchmark; a benchmark's own aggregate wins over its tasks.

    Without an aggregate the tasks are averaged with their item counts as weights (equal weights
    where a count is unknown), over the tasks that every checkpoint with any of them
    was measured on.
    """
    if all(not unit.task for unit in table.units):
        return table
    raise NotImplementedError
