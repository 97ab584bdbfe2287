"""Which formats are known? One line for each; the first that recognises a file reads it."""

from scalepredict.records.importers.every_eval_ever import EveryEvalEver
from scalepredict.records.importers.interface import Importer
from scalepredict.records.importers.lighteval import Lighteval
from scalepredict.records.importers.lm_eval import LmEval
from scalepredict.records.importers.lm_eval_samples import LmEvalSamples
from scalepredict.records.importers.mlflow import MlflowRuns
from scalepredict.records.importers.olmes import Olmes
from scalepredict.records.importers.open_lm import OpenLm
from scalepredict.records.importers.opencompass import OpenCompass
from scalepredict.records.importers.wandb import WandbChart, WandbHistory, WandbRuns

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
