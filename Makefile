# Shixun. `make run` on a machine with Python 3.11 and make brings up the whole platform; `make test` passes the tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DIST := platform/shixun/web/static/dist/manifest.json
POS := $(wildcard platform/shixun/translations/*/LC_MESSAGES/*.po competitions/shixun_contests/translations/*/LC_MESSAGES/*.po)
.DEFAULT_GOAL := help
.PHONY: help setup run test test-postgres lint bench images assets messages clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

$(VENV)/run.ok: requirements/run.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ". Set PYTHON=/path/to/python3.11")'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Python can't make virtual environments: apt-get install python3-venv"; exit 1; }
	@test -x $(BIN)/python || { echo "making the virtual environment"; $(PYTHON) -m venv $(VENV); }
	@echo "installing the locked dependencies (a few minutes the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q platform labs graders competitions # sandboxes see them read-only, and can't keep it themselves
	@touch $@

$(VENV)/dev.ok: $(VENV)/run.ok requirements/dev.txt
	@echo "installing the developers' tools"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

node_modules/.package-lock.json: $(VENV)/run.ok package.json package-lock.json
	@echo "installing the front end's packages"
	@$(BIN)/python -m shixun.commands.node ci --silent --no-audit --no-fund
	@touch $@

$(DIST): node_modules/.package-lock.json $(shell find platform/shixun/web/assets -type f)
	@$(BIN)/python -m shixun.commands.node run --silent build

tests/clients/node_modules/.package-lock.json: $(VENV)/run.ok tests/clients/package.json tests/clients/package-lock.json
	@echo "installing the clients that the plants' tests use"
	@(cd tests/clients && $(CURDIR)/$(BIN)/python -m shixun.commands.node ci --silent --no-audit --no-fund && touch $(CURDIR)/$@) \
	    || echo "they could not be installed: their tests are skipped"

$(VENV)/messages.ok: $(VENV)/run.ok $(POS)
	@$(BIN)/python -m shixun.commands.messages compile
	@touch $@

setup: $(VENV)/run.ok $(DIST) $(VENV)/messages.ok ## everything that running needs, but images

assets: $(DIST) ## the front-end files

images: ## the lab, plant, sandbox and guard images that are missing or out of date
	@deploy/images/build.sh

run: setup ## the whole platform on this machine
	@if docker version >/dev/null 2>&1; then deploy/images/build.sh || echo "going on without Docker labs: practice only"; fi
	@exec $(BIN)/shixun up

test: setup $(VENV)/dev.ok tests/clients/node_modules/.package-lock.json ## all tests; what needs a Docker Engine is skipped where none answers
	@if docker version >/dev/null 2>&1; then deploy/images/build.sh; fi
ifdef TESTS
	@$(BIN)/python -m pytest -q $(TESTS)
else
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal --durations=15 -m "not docker and not browser and not stack"
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal --durations=15 -m "docker or browser or stack"
endif

test-postgres: setup $(VENV)/dev.ok ## the platform's tests on PostgreSQL, on a server of their own
	@SHIXUN_TEST_POSTGRES_PORT=25433 tests/postgres.sh $(BIN)/python -m pytest -q tests/e2e/test_walkthrough.py & walk=$$!; \
	tests/postgres.sh $(BIN)/python -m pytest -q -n 2 --dist worksteal -m "not docker and not browser and not stack" tests/shixun tests/shixun_contests; \
	suite=$$?; wait $$walk && exit $$suite

lint: setup $(VENV)/dev.ok ## style, types, import directions
	@$(BIN)/ruff check && $(BIN)/ruff format --check && $(BIN)/mypy && $(BIN)/mypy tests/bench && $(BIN)/lint-imports

bench: setup $(VENV)/dev.ok ## measures, as ratios in one run on this machine
	@$(BIN)/python tests/bench/run.py

messages: setup ## bring the translation catalogues up to date with the code
	@$(BIN)/python -m shixun.commands.messages update

clean: ## remove what was built; data in var/ stay
	rm -rf $(VENV) node_modules tests/clients/node_modules platform/shixun/web/static/dist
