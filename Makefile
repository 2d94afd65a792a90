# The commands of this repository; `make` alone lists them.
#
# Everything is installed into .venv, from the lock files. Stamps in it say what has been installed,
# so that a second call installs nothing and needs no network.

SOAK_ROUNDS ?= 100
export SOAK_ROUNDS

# Expanded only where an environment is made: the first Python on the path that is new enough.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
READY := .venv/.installed
READY_BENCH := .venv/.installed-bench

# Clients that cannot live beside the others; tests put a folder first on the path of a child.
OTHERS := $(patsubst %,.venv/%/.installed,older litellm retrace telemetry telemetry-older)

# A peer of 829 MB; `make bench PEERS=` does without.
PEERS := .venv/phoenix/.installed

# Clients on Node are installed where there is an npm; elsewhere their tests are skipped.
NODE := tests/e2e/ingest/node
ifneq ($(shell command -v npm 2>/dev/null),)
ON_NODE := .venv/node/.installed
endif

# One lock for every Python and system that we support; uv is fetched only to make it.
UV := .cache/uv/bin/uv
COMPILE = $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 \
	--fork-strategy fewest --generate-hashes --no-emit-index-url --custom-compile-command "make lock"

# Tests in a window get a screen of their own: they press keys and move the pointer.
ifeq ($(shell uname -s),Linux)
SCREEN := xvfb-run --auto-servernum --server-args="-screen 0 1600x1000x24"
endif

.DEFAULT_GOAL := help
.PHONY: help run test test-app test-rest check soak bench lock prices clean libraries-python libraries-qt libraries-soak

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: libraries-qt $(READY) ## start the application on the bundled demo
	$(BIN)/rollscope demo

test: libraries-qt $(READY) ## run the tests (a few minutes, no network, no window)
	@$(MAKE) --no-print-directory --output-sync --jobs=2 test-app test-rest

# Two processes, about as long each: most tests keep one processor busy. What each says is shown as
# a whole when it is done.
test-app:
	$(BIN)/python -m pytest tests/app --ignore=tests/app/ingest --ignore=tests/app/protocols

test-rest:
	$(BIN)/python -m pytest --ignore-glob='tests/app/[!ip]*'

check: $(READY) ## formatting, lint, types, floors, spelling: what CI checks
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --cache-dir .cache/import-linter
	$(BIN)/codespell

soak: libraries-soak $(READY) $(OTHERS) $(ON_NODE) ## run the slow tests and those in a window (SOAK_ROUNDS=100)
	$(BIN)/python -m pytest -m "soak and not window" -o faulthandler_timeout=0
	ROLLSCOPE_TEST_WINDOW=1 $(SCREEN) $(BIN)/python -m pytest -m window

bench: $(READY_BENCH) $(PEERS) ## measure, and write docs/benchmarks.md
	$(BIN)/python -m tests.bench

lock: $(UV) ## refresh the lock files from pyproject.toml
	$(COMPILE) --extra dev --output-file requirements.lock pyproject.toml
	$(COMPILE) --extra bench --constraints requirements.lock \
		--output-file requirements-bench.lock pyproject.toml
	$(COMPILE) --group older --output-file requirements-older.lock
	$(COMPILE) --group litellm --output-file requirements-litellm.lock
	$(COMPILE) --group retrace --output-file requirements-retrace.lock
	$(COMPILE) --no-strip-extras --group phoenix --output-file requirements-phoenix.lock
	$(COMPILE) --group telemetry --output-file requirements-telemetry.lock
	$(COMPILE) --group telemetry-older --output-file requirements-telemetry-older.lock
	$(if $(ON_NODE),cd $(NODE) && npm update --package-lock-only --ignore-scripts)

prices: $(UV) $(READY) ## take the prices of models from the locked genai-prices
	$(BIN)/python build/prices.py $(UV)

clean: ## remove the environment and everything that tools left behind
	rm -rf .venv .cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What the system has to bring. A Python always; the rest is asked for on Debian and its relatives.
libraries-python libraries-qt libraries-soak: libraries-%:
	@test -x $(BIN)/python || test -n "$(PYTHON)" || { echo "Rollscope needs Python 3.11 or newer," \
		"and none was found. If you have one: make PYTHON=/where/it/is/python3" >&2; exit 1; }
	@PYTHON="$(PYTHON)" .ci/system-libraries $*

$(BIN)/python: | libraries-python
	$(PYTHON) -m venv .venv

$(READY): requirements.lock pyproject.toml | $(BIN)/python
	$(PIP) install --requirement requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(OTHERS) $(PEERS): .venv/%/.installed: requirements-%.lock $(READY)
	rm -rf .venv/$*
	$(PIP) install --no-warn-conflicts --target .venv/$* --requirement $<
	@touch $@

.venv/node/.installed: $(NODE)/package-lock.json $(READY)
	rm -rf .venv/node
	mkdir .venv/node
	cp $(NODE)/package.json $(NODE)/package-lock.json .venv/node
	cd .venv/node && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

$(UV):
	$(PYTHON) -m venv .cache/uv
	.cache/uv/bin/python -m pip install --quiet uv

$(READY_BENCH): requirements-bench.lock $(READY)
	$(PIP) install --requirement requirements-bench.lock
	@touch $@
