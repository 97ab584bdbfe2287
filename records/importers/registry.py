"""Which formats are known? One line for each; the first that recognises a file reads it."""

from scalepredict.records.importers.harness.every_eval_ever import EveryEvalEver
from scalepredict.records.importers.harness.interface import Importer
from scalepredict.records.importers.harness.lighteval import Lighteval
from scalepredict.records.importers.harness.lm_eval import LmEval
from scalepredict.records.importers.harness.lm_eval_samples import LmEvalSamples
from scalepredict.records.importers.harness.mlflow import MlflowRuns
from scalepredict.records.importers.harness.olmes import Olmes
from scalepredict.records.importers.harness.open_lm import OpenLm
from scalepredict.records.importers.harness.opencompass import OpenCompass
from scalepredict.records.importers.harness.wandb import WandbChart, WandbHistory, WandbRuns

IMPORTERS: tuple[Importer, ...] = (
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
)
