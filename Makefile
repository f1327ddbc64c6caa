# 前台 Qiantai. `make help` lists what can be done.
VENV := .venv
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
READY := $(VENV)/.ready
BIN := $(VENV)/bin
PORT ?= 8080

.PHONY: help run test browser lint types bench clean
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "需要 Python 3.11 或更新: 请先安装,再运行 make" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

run: $(READY) ## set up, then serve the demo on 127.0.0.1:8080 (PORT=… overrides)
	QIANTAI_PORT=$(PORT) $(BIN)/qiantai serve

test: $(READY) ## set up, then run the tests on SQLite, and on PostgreSQL where there is one
	$(BIN)/python -m pytest

browser: $(READY) ## the browser tests, in the system's Chromium
	$(BIN)/python -m pytest tests/browser -o addopts="-q -p no:cacheprovider"

lint: $(READY) ## style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY) ## strict types of knowledge, models/rules and config
	$(BIN)/mypy

bench: $(READY) ## the kept benchmarks: paired ratios
	$(BIN)/python -m tests.bench

clean: ## remove what was installed and what the service wrote
	rm -rf $(VENV) var test-output *.egg-info
