SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
UV := $(or $(shell command -v uv 2>/dev/null),.uv/bin/uv)
STAMP := $(VENV)/.installed
# Where it is set, every process compiles Airflow anew, which takes three times as long as importing it.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install check format lint types layers docs test test-forking test-airflow test-airflow-others test-others test-matrix soak bench demo demo-stop wheel released constraints clean

help: ## Show what can be made.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.uv/bin/uv:
	@echo "Installing uv from PyPI into .uv/"
	@{ $(PYTHON) -m pip install -q --target .uv/lib uv 2>/dev/null && mkdir -p .uv/bin && ln -s ../lib/bin/uv .uv/bin/uv; } \
	  || { rm -rf .uv; $(PYTHON) -m venv .uv && .uv/bin/python -m pip install -q uv; } \
	  || { echo "error: uv could not be installed; $(PYTHON) needs venv or pip (Debian: apt install python3-venv)" >&2; exit 1; }

$(STAMP): pyproject.toml constraints.txt | $(filter .uv/bin/uv,$(UV))
	@echo "Creating $(VENV) and installing airflow-ai-slo with its development tools"
	@$(UV) venv -q --allow-existing --python $(PYTHON) $(VENV)
	@VIRTUAL_ENV=$(abspath $(VENV)) $(UV) pip install -q -c constraints.txt -e '.[dev]'
	@touch $@

install: $(STAMP) ## Create .venv with everything for development.

check: format lint types layers docs ## Format, lint, types, layers, and the docs with all their links; changes nothing.

format: $(STAMP)
	$(BIN)/ruff format --check .

lint: $(STAMP)
	$(BIN)/ruff check .

types: $(STAMP)
	$(BIN)/mypy

layers: $(STAMP)
	PYTHONPATH=distributions/gate-policy $(BIN)/lint-imports

docs: $(STAMP) ## The docs as a site, in build/site; a broken link fails.
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

FORKING := tests/core tests/store tests/engine
AIRFLOW := tests/airflow
AIRFLOW_FIRST := $(wildcard tests/airflow/test_[a-l]*.py)
PYTEST = $(BIN)/pytest --durations 12 --basetemp "$$(mktemp -d /tmp/ai-slo-XXXXXX)"

test: check ## Everything CI runs, in its own environment.
	@echo "Four processes side by side; each one's output comes when it is through, which takes some minutes."
	@echo "Tests that fork run by themselves: a process in which Airflow or a browser has started threads must not."
	@$(MAKE) --no-print-directory --keep-going --jobs=4 --output-sync=target test-forking test-airflow test-airflow-others test-others

test-forking: $(STAMP)
	$(PYTEST) $(FORKING)

test-airflow: $(STAMP)
	$(PYTEST) $(AIRFLOW_FIRST)

test-airflow-others: $(STAMP)
	$(PYTEST) $(AIRFLOW) $(addprefix --ignore ,$(AIRFLOW_FIRST))

test-others: $(STAMP)
	$(PYTEST) $(addprefix --ignore ,$(FORKING) $(AIRFLOW))

test-matrix: | $(filter .uv/bin/uv,$(UV)) ## Every Python and Airflow; MATRIX=3.11-3.2.2,… chooses, MATRIX_FULL=1 runs all.
	@UV=$(UV) $(PYTHON) tests/matrix/run.py

DEATHS ?= 2000
SEED ?= $(shell date +%s)

soak: $(STAMP) ## Thousands of deaths by kill -9 on both stores: DEATHS each, from SEED on.
	AI_SLO_SOAK_DEATHS=$(DEATHS) AI_SLO_SOAK_SEED=$(SEED) $(BIN)/pytest tests/engine/test_kill_9.py

bench: $(STAMP) ## Figures as ratios against peers measured in the same run; JSON on stdout.
	@$(BIN)/python -m benchmarks

wheel: | $(filter .uv/bin/uv,$(UV)) ## Build the wheel into dist/, for the image of docker-compose.yml.
	rm -f dist/*.whl
	$(UV) build -q --wheel --out-dir dist

demo: ## 60 days of real flights through Airflow, four SLOs, a report and a live UI.
	@bash demo/run.sh

demo-stop: ## Stop what `make demo` started.
	@bash demo/stop.sh

released: $(STAMP) ## Before a release: keep its store's schema and data for the tests of migrations.
	$(BIN)/python tests/store/release_dump.py

constraints: | $(filter .uv/bin/uv,$(UV)) ## Pin every dependency anew.
	$(UV) pip compile -q --universal --no-header --no-annotate --python-version 3.11 --all-extras pyproject.toml -o constraints.txt

clean: ## Remove environments and caches.
	rm -rf $(VENV) .uv .demo .matrix .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
