# Everything sets itself up: a machine with Python >= 3.11, git and make is enough.
.DEFAULT_GOAL := help
SHELL := /bin/sh

# The first Python that is new enough; PYTHON=... on the command line overrides.
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
READY := .venv/.ready
PEERS := build/peers
export PYTHONUNBUFFERED := 1

.PHONY: help setup demo run migrate test prove test-browser check format bench translations lock clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1|\2/' | \
		while IFS='|' read -r name text; do printf '  make %-14s %s\n' "$$name" "$$text"; done

setup: $(READY) ## make .venv with the pinned packages

$(READY): requirements-dev.txt
	@test -n "$(PYTHON)" || { echo 'Slotline needs Python 3.11 or newer; none was found (tried python3, python3.11 to python3.14). Install one, or name it: make PYTHON=/path/to/python3.12'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo 'This Python lacks its venv module. On Debian and Ubuntu: apt install python3-venv'; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $(READY)

demo: $(READY) translations ## serve the sample shops and the simulator, no account needed
	$(BIN)/python -m bot demo

run: $(READY) translations ## serve with the settings of the environment and .env
	$(BIN)/python -m bot serve

migrate: $(READY) ## bring the database to the newest schema
	$(BIN)/python -m bot migrate

test: $(READY) translations ## all tests but experiments and those that need a browser
	$(BIN)/pytest -n 2 --dist loadgroup -m 'not experiment'

prove: $(READY) translations ## the experiments: kills, replays, races, crowds, a year
	$(BIN)/pytest -n 2 --dist loadgroup -m experiment

# A folder that is absent has no tests to run; once it is there, running none is a failure.
test-browser: $(READY) translations ## the tests of pages, in a real Chromium
	@if [ ! -d tests/browser ]; then echo 'No browser tests yet: tests/browser is absent.'; exit 0; fi; \
	for b in chromium chromium-browser google-chrome google-chrome-stable; do \
		CHROMIUM=$$(command -v $$b) && break; done; \
	test -n "$$CHROMIUM" || { echo 'Chromium is missing (looked for chromium, chromium-browser, google-chrome on PATH). On Debian and Ubuntu: apt install chromium'; exit 1; }; \
	CHROMIUM="$$CHROMIUM" $(BIN)/pytest tests/browser

check: $(READY) ## lint, format, types and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/pytest -q -n 0 tests/docs/test_class_names.py

format: $(READY) ## let ruff put the code in order
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# Other projects' pins must not hold ours back, so what we are measured beside lives apart.
bench: $(READY) $(PEERS)/.ready translations ## measure, beside other projects on the same work
	PEER_PYTHON=$(PEERS)/bin/python $(BIN)/python -m tests.benchmarks

$(PEERS)/.ready: requirements-bench.txt $(READY)
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.txt
	@touch $@

CATALOGS := $(patsubst %.po,%.mo,$(wildcard bot/i18n/locales/*/LC_MESSAGES/*.po))
translations: $(CATALOGS) ## compile the message catalogs

%.mo: %.po $(READY)
	$(BIN)/pybabel --quiet compile --input-file=$< --output-file=$@

COMPILE = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-trusted-host --no-header
lock: ## pin the newest packages that fit pyproject.toml (needs uv)
	$(COMPILE) --upgrade pyproject.toml -o requirements.txt
	$(COMPILE) --upgrade pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt
	$(COMPILE) --upgrade --group bench -o requirements-bench.txt

clean: ## remove what was built, keep data
	rm -rf .venv build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find bot core webhooks migrations tests -name __pycache__ -type d -prune -exec rm -rf {} +
	find bot/i18n/locales -name '*.mo' -delete 2>/dev/null || true
