PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --no-user
TESTS ?= tests
# Modules side by side; tests that kill processes and hold others to seconds have the machine for themselves. Of one
# folder or module there may be none of either: 5 says so.
SIDE_BY_SIDE := $(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile
OR_NONE := || [ $$? = 5 ]
export PYTHONDONTWRITEBYTECODE := 1

.DEFAULT_GOAL := help
.PHONY: help run install test check bench soak test-compose lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z.-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: install ## the whole stack with the sample edition, in the foreground
	$(BIN)/pressrun up --sample

install: .venv/.installed ## make .venv from the hash-pinned lock

.venv/.installed: requirements/run.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit("Python 3.11 or newer is needed, this is %d.%d; name another: make run PYTHON=python3.13" % v[:2])'
	$(PYTHON) -m venv .venv
	$(PIP) --require-hashes -r requirements/run.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

.venv/.installed-dev: .venv/.installed requirements/dev.lock
	$(PIP) --require-hashes -r requirements/dev.lock
	touch $@

test: .venv/.installed-dev lint ## lint, types, contracts, and every test that needs no Docker engine
	$(SIDE_BY_SIDE) -m "not compose and not fault" $(TESTS) $(OR_NONE)
	$(BIN)/pytest -m "fault and not compose" $(TESTS) $(OR_NONE)

check: .venv/.installed-dev lint ## lint, types, contracts, and the fast tests
	$(SIDE_BY_SIDE) -q -m "not compose and not fault and not browser" $(TESTS)

.PHONY: lint
lint: .venv/.installed-dev ## ruff, mypy and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: .venv/.installed-dev ## print the benchmark table
	$(BIN)/python -m bench

soak: .venv/.installed-dev ## random histories with kill -9, for SECONDS (60) or for ever with 0
	$(BIN)/python -m tests.soak --seconds $(or $(SECONDS),60)

test-compose: .venv/.installed-dev ## docker-compose.yml on a real engine
	$(BIN)/pytest -m compose tests/compose

.env: ## an .env with random secrets for docker-compose.yml
	./deploy/make-env > .env.new && mv .env.new .env

lock: ## pin the dependencies anew
	cd requirements && for name in run dev; do uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --quiet $$name.in -o $$name.lock; done

clean: ## take away what was made for development; the folder data stays
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
