# Everything a newcomer needs: Python 3.11 or newer and make. `make help` lists the targets.
PYTHON ?= $(shell command -v python3 || command -v python)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format bench machines screenshots lock clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-10s %s\n", $$1, $$2 }'

setup: $(READY) ## Install everything into .venv

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Python 3.11 or newer is needed; name it with: make PYTHON=/path/to/python3 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

demo: $(READY) ## Rehearse the county's year to today, verify it, and bring it to life (Ctrl-C ends it)
	$(BIN)/termledger demo

test: $(READY) ## Run all tests on the real parts, a share on each core
	$(BIN)/pytest -n logical --maxprocesses 4 --dist worksteal

check: $(READY) ## Format, lint, types, import contracts, stale docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/termledger machines --check docs/machines
	$(BIN)/termledger programme check pucheng-county
	$(BIN)/termledger programme check caoqiao-school

format: $(READY) ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY) ## Measure speed against floors in the same run; see docs/performance.md
	$(BIN)/python -m bench

machines: $(READY) ## Write the machines' diagrams into docs/machines
	$(BIN)/termledger machines --write docs/machines

screenshots: $(READY) ## Take pictures of every page into .screenshots
	$(BIN)/python -m tests.e2e.screenshots .screenshots

lock: $(READY) ## Pin the newest allowed versions, with hashes
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --upgrade \
		--python-version 3.11 pyproject.toml --group dev --output-file requirements.lock

clean: ## Remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
