"""Assert that every file of a wheel lies under `scalepredict` (or its metadata)."""

import sys
import zipfile

names = zipfile.ZipFile(sys.argv[1]).namelist()
strays = [name for name in names if not name.startswith(("scalepredict/", "scalepredict-"))]
assert not strays, f"the wheel would put these into site-packages: {strays}"
for needed in ("scalepredict/py.typed", "scalepredict/cli/app.py", "scalepredict/errors.py"):
    assert needed in names, f"the wheel lacks {needed}"
print(f"wheel: {len(names)} files, all under scalepredict/")
