#!/bin/sh
# Fit the Pythia models up to 2.8B, then forecast 6.9B and 12B beside what was measured.
set -eu
ladder=$PWD/sample_data/pythia_ladder.csv
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '$ scalepredict fit sample_data/pythia_ladder.csv --up-to-params 2.8B'
scalepredict fit "$ladder" --up-to-params 2.8B
echo
echo '$ scalepredict forecast --measured sample_data/pythia_ladder.csv'
scalepredict forecast --measured "$ladder"
