# `make demo` and `make test` are all a new machine needs: Python 3.11+, make, a package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PLUGINS := $(sort $(wildcard plugins/*))
EDITABLE := $(foreach plugin,$(PLUGINS),-e $(plugin))
STAMP := $(VENV)/.installed
WHEELS := .wheels
# What some tests need from the system, as program:Debian package. Their tests skip by name where it
# is absent; a program that is there, from wherever, is left as it is.
SYSTEM := node:nodejs npm:npm php:php-cli chromium:chromium java:openjdk-17-jre-headless pg_ctlcluster:postgresql
SYSTEM_PACKAGES = $(foreach pair,$(SYSTEM),$(if $(shell command -v $(firstword $(subst :, ,$(pair)))),,$(lastword $(subst :, ,$(pair)))))

.PHONY: help venv demo test check lint format types docs reference worth fresh wheels secrets audit bench fuzz system lock clean

help:  ## what you can ask for
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 10

venv: $(STAMP)  ## .venv with the core and every adapter installed
$(STAMP): constraints.txt pyproject.toml $(wildcard plugins/*/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "leercultuur needs Python 3.11 or newer; try: make venv PYTHON=python3.12" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) (a minute on a new machine)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt pip hatchling editables
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --no-build-isolation -e '.[dev]' $(EDITABLE)
	@touch $@

demo: venv  ## a made-up bakery, from xAPI statements to two nights of the engine
	@$(BIN)/leercultuur demo --out demo

test: venv  ## all tests
	@$(BIN)/python -m pytest -q -n auto --dist loadfile

check: lint types docs secrets fresh wheels test  ## what a change must pass

lint: venv  ## ruff: format and lint
	@$(BIN)/ruff format --check . && $(BIN)/ruff check .

format: venv  ## ruff: mend what it can
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

types: venv  ## mypy --strict
	@$(BIN)/mypy
	@for plugin in fuzz $(PLUGINS); do echo $$plugin; $(BIN)/mypy $$plugin || exit 1; done

docs: venv  ## the documentation, warnings are errors
	@$(BIN)/sphinx-build -q -W -b html docs docs/_build

reference: venv  ## docs/commands.md, hooks.md and api-http.md, from what the program itself says
	@$(BIN)/python docs/write_commands.py
	@$(BIN)/python docs/write_hooks.py
	@$(BIN)/python docs/write_api.py

worth: venv  ## run every adapter's tests and keep in each plugin what was proved
	@$(BIN)/python -m pytest -q -n auto --dist loadfile plugins --leercultuur-report $(CURDIR)/.worth-report.json
	@$(BIN)/leercultuur plugins --keep .worth-report.json
	@$(BIN)/python docs/write_worth.py

fresh: venv  ## fail where what was proved of an adapter is of other files
	@$(BIN)/leercultuur plugins --fresh

wheels: venv  ## the tests again, on the built wheels of core and adapters
	@PYTHON=$(PYTHON) BIN=$(BIN) WHEELS=$(WHEELS) sh tests/on_wheels.sh $(PLUGINS)

secrets: venv  ## fail where a file holds what looks like a secret
	@$(BIN)/python tests/scan_secrets.py

# What could not be asked about is an error (--strict): without a network nothing is said to be well.
audit: venv  ## known weaknesses in what we depend on; asks the package index
	@$(BIN)/pip-audit --strict --requirement constraints.txt --no-deps --disable-pip --progress-spinner off \
	|| { echo "audit: a weakness stands above, or the package index could not be asked; then nothing was found out" >&2; exit 1; }

bench: venv  ## every measurement, an hour; writes docs/performance.md
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --no-build-isolation -e '.[bench]'
	@$(BIN)/python bench $(BENCH)

fuzz: venv  ## fuzz every reader, a minute each; SECONDS=, TARGETS=
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --no-build-isolation -e '.[fuzz]'
	@$(BIN)/python fuzz $(TARGETS) --seconds $(or $(SECONDS),60)

system:  ## Debian packages that only some tests need
	@if [ -z "$(strip $(SYSTEM_PACKAGES))" ]; then echo "all that tests need of the system is there"; \
	elif command -v apt-get >/dev/null; then apt-get -qq update && apt-get -qq install -y --no-install-recommends $(SYSTEM_PACKAGES); \
	else echo "no apt-get here; tests that need $(SYSTEM_PACKAGES) will skip by name" >&2; fi

lock:  ## write constraints.txt anew from the newest versions that fit
	@rm -rf .lock && $(PYTHON) -m venv .lock && .lock/bin/python -m pip install --quiet pip hatchling editables
	@.lock/bin/python -m pip install --quiet --no-build-isolation -e '.[dev,bench,fuzz]' $(EDITABLE)
	@{ echo "# Written by 'make lock'; one set of versions for every machine."; .lock/bin/python -m pip freeze --all --exclude-editable; } > constraints.txt
	@rm -rf .lock

clean:  ## everything that can be made again
	@rm -rf $(VENV) $(WHEELS) .servers demo docs/_build build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
