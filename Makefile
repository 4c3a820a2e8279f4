# Each target makes its own environment from nothing: Python 3.11+ with venv is all it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOWEST := .venv-lowest
LATEST := .venv-latest

.PHONY: demo test test-slow test-exhaustive test-lowest test-latest lint types bench clean

demo: $(VENV)/.installed
	$(BIN)/scalelaw demo --out results/demo

test: $(VENV)/.tested
	$(BIN)/pytest -q -m "not slow and not exhaustive" -n auto --dist loadscope

test-slow: $(VENV)/.tested
	$(BIN)/pytest -q -m slow -n auto --dist loadscope

test-exhaustive: $(VENV)/.tested
	$(BIN)/pytest -q -m exhaustive -n auto

# The lowest versions that pyproject.toml allows, on the tests that touch every dependency.
test-lowest: $(LOWEST)/.installed
	$(LOWEST)/bin/python -m pip check
	$(LOWEST)/bin/pytest -q -m "not slow and not exhaustive" -n auto --dist loadscope tests/runs tests/catalogue \
		tests/plots/test_approaches.py tests/report/test_web.py tests/cli/test_datasets_command.py

# The newest release of every dependency, made anew each time; `.ci/latest` has PYTHON be the newest too.
test-latest:
	$(PYTHON) -m venv --clear $(LATEST)
	$(LATEST)/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	$(LATEST)/bin/python -m pip install --quiet --editable . --group test
	$(LATEST)/bin/python -m pip check
	$(LATEST)/bin/pytest -q -m "not slow and not exhaustive" -n auto --dist loadscope

lint: $(VENV)/.tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.tested
	$(BIN)/mypy

bench: $(VENV)/.bench
	$(BIN)/python benchmarks/solvers.py
	$(BIN)/python benchmarks/figure.py

$(VENV)/bin/pip:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"

$(VENV)/.installed: $(VENV)/bin/pip pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.tested: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group test --group lint
	touch $@

$(LOWEST)/.installed: $(VENV)/.tested
	$(PYTHON) -m venv $(LOWEST)
	$(BIN)/uv pip install --quiet --python $(LOWEST)/bin/python --resolution lowest-direct --editable . --group test
	touch $@

$(VENV)/.bench: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group bench
	touch $@

clean:
	rm -rf $(VENV) $(LOWEST) $(LATEST) results build dist
