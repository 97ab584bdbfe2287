"""Which formats are known? One line for each; the first that recognises a file reads it.

Other packages add formats by entry points of the group ``scalepredict.importers``, each a class;
they are asked after those of this package.
"""

from functools import cache
from importlib.metadata import EntryPoint

from scalepredict import plugins
from scalepredict.errors import RefusedError
from scalepredict.records.importers.harness.bigbench_results import BigBench
from scalepredict.records.importers.harness.every_eval_ever import EveryEvalEver
from scalepredict.records.importers.harness.helm import Helm
from scalepredict.records.importers.harness.interface import Importer
from scalepredict.records.importers.harness.lighteval import Lighteval
from scalepredict.records.importers.harness.lm_eval import LmEval
from scalepredict.records.importers.harness.lm_eval_samples import LmEvalSamples
from scalepredict.records.importers.harness.mlflow import MlflowRuns
from scalepredict.records.importers.harness.mlflow_store import MlflowStore
from scalepredict.records.importers.harness.olmes import Olmes
from scalepredict.records.importers.harness.open_lm import OpenLm
from scalepredict.records.importers.harness.opencompass import OpenCompass
from scalepredict.records.importers.harness.tensorboard import TensorBoard
from scalepredict.records.importers.harness.wandb import WandbChart, WandbHistory, WandbRuns

_OWN: tuple[Importer, ...] = (
    LmEval(),
    LmEvalSamples(),
    Olmes(),
    Lighteval(),
    EveryEvalEver(),
    OpenLm(),
    OpenCompass(),
    WandbHistory(),
    WandbChart(),
    WandbRuns(),
    MlflowRuns(),
    MlflowStore(),
    Helm(),
    BigBench(),
    TensorBoard(),
)


@cache
def importers() -> tuple[Importer, ...]:
    """All formats, those of other installed packages last.

    Raises:
        RefusedError: A package gives a format that cannot be used.
    """
    return (*_OWN, *(_plugin(point) for point in plugins.found(plugins.IMPORTERS).values()))


def _plugin(point: EntryPoint) -> Importer:
    made: Importer = plugins.load(point)()
    lacking = [name for name in ("kind", "recognises", "read") if not hasattr(made, name)]
    if lacking or made.kind in {one.kind for one in _OWN}:
        what = f"has no {', '.join(lacking)}" if lacking else f"calls itself {made.kind!r} as ours"
        raise RefusedError(
            f"importer {point.name!r} of {plugins.package_of(point)} {what}; mend or uninstall it."
        )
    return made
