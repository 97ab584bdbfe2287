#!/bin/sh
# Which interval constants do series of questions ask for? The entry `cod` of configs/calibration.yaml.
#
#   sh benchmarks/questions/cod_calibration.sh DATA_FOLDER OUTPUT.yaml [JOBS]
#
# Groups: simulated worlds of 300, 1319 and 5000 questions, and Gemstones. A group of worlds has,
# twice, each difficulty with 100, 10 and 1 answers to a question and with models that differ by
# nothing, little or much beyond their compute. The held-out model of a world takes part, so that
# forecasts 27 times beyond all the others count. No seed is that of a world of cod_simulation.py.
set -eu
records=$(mktemp -d)
trap 'rm -r "$records"' EXIT
seed=2000
for questions in 300 1319 5000; do
    mkdir "$records/simulated_$questions"
    for world in easy mid hard; do
        for trials in 100 10 1; do
            for noise in 0 0.1 0.3 0 0.1 0.3; do
                seed=$((seed + 1))
                scalepredict simulate "$world" --seed $seed --questions $questions \
                    --trials $trials --model-noise $noise |
                    sed 's/,holdout,/,fit,/' > "$records/simulated_$questions/$questions-$seed.csv"
            done
        done
    done
done
scalepredict calibrate "$records"/simulated_* "$1/items_gemstones.parquet" --predictor cod \
    --origins 5 --seed 0 --jobs "${3:-1}" --output "$2"
