#!/bin/sh
# Install the sdist and the wheel of a folder, each into a bare environment, and forecast with it.
#   sh benchmarks/project/check_dist.sh dist [python3]
set -eu
dist=$(cd "$1" && pwd)
python=${2:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
for file in "$dist"/*.tar.gz "$dist"/*.whl; do
  rm -rf bare
  "$python" -m venv bare
  bare/bin/pip install --quiet --disable-pip-version-check "$file"
  ladder=$(bare/bin/python -c 'from importlib.resources import files
print(files("scalepredict.sample_data") / "pythia_ladder.csv")')
  bare/bin/scalepredict fit "$ladder" --up-to-params 2.8B --quiet > fit.txt
  bare/bin/scalepredict forecast --params 12B --tokens 300B --format csv > forecast.csv
  test "$(wc -l < forecast.csv)" -gt 5
  echo "$(basename "$file"): installed alone, it fits and forecasts"
done
