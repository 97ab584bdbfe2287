# Nothing needs to be installed by hand: every target makes what it uses.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ROOMS := cli configs evaluation predictors records sample_data
# New copies of the same sources never need a second installation, so one stamp is enough.
STAMP := $(VENV)/installed

.PHONY: demo readme schemas pictures docs browser-test test test-all test-lowest lint types wheel dist fuzz clean

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

# Type checkers cannot see the editable finder, so they get a folder of links instead.
.typecheck: Makefile $(wildcard scalepredict/*.py)
	rm -rf $@ && mkdir -p $@/scalepredict
	cd $@/scalepredict && ln -s ../../scalepredict/* . && for room in $(ROOMS); do ln -s ../../$$room $$room; done

demo: $(STAMP)
	PATH="$(CURDIR)/$(BIN):$$PATH" sh benchmarks/project/demo.sh

# Puts the present output of its commands into README.md.
readme: $(STAMP)
	$(BIN)/python -P benchmarks/project/readme.py --write

# The JSON Schema of every document, from the types in the code.
schemas: $(STAMP)
	$(BIN)/python -P benchmarks/project/schemas.py

# Draws the pictures of README.md from the sample data.
pictures: $(STAMP)
	PATH="$(CURDIR)/$(BIN):$$PATH" sh benchmarks/project/pictures.sh

# The site, into site/: strict, and without a dead link or anything loaded from outside.
docs: $(VENV)/docs .typecheck
	PYTHONPATH=benchmarks/site NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --site-dir site
	$(BIN)/python -P benchmarks/site/links.py site

$(VENV)/docs: $(STAMP)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[docs]'
	touch $@

# The report in a real browser, where a Chromium is installed.
browser-test: $(VENV)/browser
	@if command -v chromium google-chrome > /dev/null; then $(BIN)/pytest -q tests/browser; \
	else echo "browser-test: no Chromium is installed, so the report was not tried in a browser"; fi

$(VENV)/browser: $(STAMP)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[browser]'
	touch $@

test: $(STAMP)
	$(BIN)/pytest -q -n auto -m 'not slow'

# With those that take longest, as CI runs it.
test-all: $(STAMP)
	$(BIN)/pytest -q -n auto

# The same on the lowest versions that pyproject.toml allows, in an environment of its own.
test-lowest: .venv-lowest/installed
	.venv-lowest/bin/pytest -q -n auto -m 'not slow'

.venv-lowest/installed: pyproject.toml benchmarks/project/lowest.py
	$(PYTHON) -m venv .venv-lowest
	$(PYTHON) benchmarks/project/lowest.py > .venv-lowest/constraints.txt
	.venv-lowest/bin/pip install --quiet --disable-pip-version-check --constraint .venv-lowest/constraints.txt --editable '.[dev]'
	touch $@

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	if [ -x $(BIN)/hadolint ]; then $(BIN)/hadolint Dockerfile; else echo "Dockerfile not linted: no hadolint for this machine"; fi

types: $(STAMP) .typecheck
	$(BIN)/mypy -p scalepredict
	MYPYPATH=.typecheck:benchmarks $(BIN)/mypy tests benchmarks --explicit-package-bases

wheel: $(STAMP)
	rm -rf dist build
	$(BIN)/python -m build --wheel --outdir dist . > /dev/null
	$(BIN)/python benchmarks/project/check_wheel.py dist/*.whl

# As many of 20,000 changed inputs as a minute allows, others every day.
fuzz: $(STAMP)
	$(BIN)/python benchmarks/fuzz.py 20000 --limit 60 --list

# What a release uploads, each tried in a bare environment.
dist: $(STAMP)
	rm -rf dist build
	$(BIN)/python -m build --outdir dist . > /dev/null
	$(BIN)/python benchmarks/project/check_wheel.py dist/*.whl
	sh benchmarks/project/check_dist.sh dist $(PYTHON)

clean:
	rm -rf $(VENV) .venv-lowest .typecheck build dist site *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
