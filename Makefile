# Each target makes its own environment from nothing: Python 3.11+ with venv is all it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test test-slow lint types bench clean

demo: $(VENV)/.installed
	$(BIN)/scalelaw demo --out results/demo

test: $(VENV)/.tested
	$(BIN)/pytest -q -m "not slow" -n auto --dist loadscope

test-slow: $(VENV)/.tested
	$(BIN)/pytest -q -m slow

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

$(VENV)/.bench: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group bench
	touch $@

clean:
	rm -rf $(VENV) results build dist
