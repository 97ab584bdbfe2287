#!/bin/sh
# Draw the pictures of README.md from the sample data, into benchmarks/pictures.
set -eu
root=$PWD
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
scalepredict fit "$root/sample_data/pythia_ladder.csv" --up-to-params 2.8B -q > fit.txt
scalepredict plot forecast --params 12B --tokens 300B --benchmark arc_challenge --benchmark lambada_openai \
  --benchmark mmlu --benchmark winogrande -o "$root/benchmarks/pictures/forecast.png" -q
scalepredict plot checkpoints "$root/sample_data/pythia_checkpoints_5shot.csv.gz" \
  --model pythia-70m --benchmark arc_easy --benchmark lambada_openai --benchmark piqa \
  --benchmark sciq -o "$root/benchmarks/pictures/checkpoints.png" -q
