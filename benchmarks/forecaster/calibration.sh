#!/bin/sh
# Which interval constants do the public ladders ask for? Entries `stack`, with and without public
# models, and `reference` of configs/calibration.yaml.
#
#   sh benchmarks/forecaster/calibration.sh DATA_FOLDER OUTPUT.yaml [JOBS]
#   python benchmarks/forecaster/ship_calibration.py OUTPUT.yaml
#
# DATA_FOLDER holds the public records of accuracy_groups.py. Every ladder counts whole, thinned to
# a cluster with far runs, cut to one and two scales, and without public models. What public models
# teach leaves out the lab of each ladder, here as always.
set -eu
cd "$1"
scalepredict calibrate pythia_0shot.csv.gz pythia_5shot.csv.gz gadre_104.csv.gz gemstones.csv.gz \
    observational_base.csv.gz lm_eval_history.csv.gz opt_bloom_0shot.csv.gz \
    public_models_v2.csv.gz observational_emergent.csv.gz opensci_ref.csv.gz euroeval.csv.gz \
    openclip_probe.csv.gz mteb_sizes.csv.gz --checkpoints gemstones=spaced \
    --checkpoints opensci_ref=spaced --exclude Pythia --tokens 1T --thinned \
    --predictor stack --predictor reference --seed 0 --jobs "${3:-1}" --output "$2"
