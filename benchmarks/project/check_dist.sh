#!/bin/sh
# Install the sdist and the wheel of a folder, each into a bare environment, and run the demo.
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
  rm -f ladder.csv measured.csv scalepredict.fit.json
  bare/bin/scalepredict demo --quiet > demo.txt
  echo "$(basename "$file"): installed alone, it runs the demo"
done
