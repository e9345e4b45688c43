# `make demo` runs the main job, `make test` all checks; each installs what it needs into .venv.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo test brian2-versions check format bench golden clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "yuragi needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 3; }
	$(PYTHON) -m venv .venv

.venv/run.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

.venv/dev.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	@touch $@ .venv/run.stamp

# PyTorch with snnTorch and Norse takes a minute and 1.1 GB where pip finds its build for CPUs;
# elsewhere several GB, so that it is installed there only when asked for. Its tests skip without it.
.venv/torch.stamp: .venv/dev.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev,torch-tests]"
	@touch $@

.PHONY: torch torch-if-small
torch: .venv/torch.stamp ## install PyTorch, snnTorch and Norse, for tests/torch

torch-if-small: .venv/dev.stamp
	@$(BIN)/python -m pip index versions torch 2>/dev/null | grep -qF 2.13.0+cpu \
		&& $(MAKE) --no-print-directory .venv/torch.stamp || true

demo: .venv/run.stamp ## install and run the main job: digits on an emulated chip, with joules
	$(BIN)/python -m yuragi_models.demo

check: .venv/dev.stamp ## install and run the checks without the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check torch-if-small ## install and run all checks and tests
	$(BIN)/python -m pytest -q -n 2

brian2-versions: .venv/dev.stamp ## test Brian2 with the other Python's version too, if one is found
	YURAGI_BOTH_BRIAN2=1 $(BIN)/python -m pytest -q -s tests/backends/test_brian2_versions.py

format: .venv/dev.stamp ## put the code into its format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

golden: .venv/dev.stamp ## write the golden texts of the passes anew
	YURAGI_GOLDEN=write $(BIN)/python -m pytest -q tests/golden

bench: .venv/run.stamp ## compare speed with the peers that are installed
	$(BIN)/python benchmarks/run.py

clean: ## remove the environment and what was built
	rm -rf .venv build dist
