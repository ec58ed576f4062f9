# Two commands matter: `make demo` and `make test`. Both set up everything they need.
PY ?= python3
PORT ?= 8000
SIMULATOR_PORT ?= 9010
FAULTS ?= 10000
FUZZ ?= 20000

RESTORE ?= 300
V := .venv
BIN := $(V)/bin
UV_VERSION := 0.13.9

.DEFAULT_GOAL := help
.PHONY: help demo reset test bench night load attack faults fuzz production-check restore-drill audit shots check types lint fix lock messages

help: ## Say what each target does.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

$(BIN)/uv:
	@command -v $(PY) >/dev/null 2>&1 || { echo "$(PY) was not found: install Python 3.11 or newer, or name one with 'make PY=python3.12 ...'."; exit 1; }
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "The portal needs Python 3.11 or newer; $(PY) is $$($(PY) -V 2>&1). Name a newer one with 'make PY=python3.12 ...'."; exit 1; }
	@$(PY) -c 'import venv, ensurepip' 2>/dev/null || { echo "This Python has no venv module: install it (on Debian or Ubuntu: apt install python3-venv) and try again."; exit 1; }
	@test -x $(BIN)/python || $(PY) -m venv $(V)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(V)/.requirements: requirements.txt | $(BIN)/uv
	@echo "Installing what the portal needs ..."
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $<
	@touch $@

$(V)/.requirements-dev: requirements-dev.txt | $(BIN)/uv
	@echo "Installing what the tests need ..."
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $<
	@touch $@ $(V)/.requirements

demo: $(V)/.requirements ## Serve the portal with demo data at http://localhost:8000 (PORT=, SIMULATOR_PORT=).
	@$(BIN)/python manage.py demo --port $(PORT) --simulator-port $(SIMULATOR_PORT)

reset: $(V)/.requirements ## Throw the demo's databases and uploads away, unless it runs.
	@$(BIN)/python manage.py demo --reset

test: $(V)/.requirements-dev ## Run the tests (SQLite, no services, no browser).
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

bench: $(V)/.requirements-dev ## Measure every page and the background work with BENCH=10000 reports (several: 10000,100000; BENCH_SERVER=postgres://...).
	@$(BIN)/python -m bench

night: $(V)/.requirements-dev ## Print who hears what in a night of thirty outages: a punctual one, then a silent one.
	@$(BIN)/python -m bench.night
	@$(BIN)/python -m bench.night silent

load: $(V)/.requirements-dev ## LOAD=500 people at once for LOAD_SECONDS=120 over LOAD_REPORTS=100000, on production on this machine.
	@$(BIN)/python -m load

attack: $(V)/.requirements-dev ## Try to break in: a running portal and simulator on PostgreSQL (ATTACK_SERVER=postgres://...).
	@$(BIN)/python -m attack

faults: $(V)/.requirements-dev ## Let machines die while FAULTS=10000 reports are filed (needs PostgreSQL's and Redis's programs).
	@FAULTS=$(FAULTS) $(BIN)/python -m faults

shots: $(V)/.requirements-dev ## Picture every page, in both languages, wide and narrow: var/shots/index.html (needs Chromium).
	@$(BIN)/python -m pytest -q -s tests/journeys/shots.py

fuzz: $(V)/.requirements-dev ## Send FUZZ=20000 malformed requests to every address as everybody (FUZZ_SEED=, FUZZ_SERVER=postgres://...).
	@FUZZ=$(FUZZ) $(BIN)/python -m fuzz

production-check: $(V)/.requirements-dev ## Walk through production on this machine, with no container engine (needs PostgreSQL, Redis, nginx).
	@$(BIN)/python -m production

restore-drill: $(V)/.requirements-dev ## Back up a portal with RESTORE=300 reports while people file, restore it elsewhere, compare; prints the seconds.
	@RESTORE=$(RESTORE) $(BIN)/python -m faults.restore_drill

audit: $(V)/.requirements-dev ## Licences and a bill of materials (var/), and what is known against the pinned versions (ADVISORIES=).
	@$(BIN)/python -m supply advisories

check: types lint ## Lint, types, templates, layers, migrations, translations; 'make -j2 check' takes both processors.

lint: $(V)/.requirements-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/djlint --check --lint templates simulator/templates --quiet
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python manage.py makemigrations --check --dry-run -v0
	@$(BIN)/python -m pytest -q tests/test_architecture.py tests/test_consistency.py tests/test_translations.py

types: $(V)/.requirements-dev
	@$(BIN)/mypy
	@$(BIN)/mypy --config-file simulator/mypy.ini simulator

fix: $(V)/.requirements-dev ## Format Python and templates.
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/djlint --reformat templates simulator/templates --quiet

lock: $(BIN)/uv ## Pin the dependencies again, with hashes and without addresses.
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header requirements.in -o requirements.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -c requirements.txt requirements-dev.in -o requirements-dev.txt

messages: $(V)/.requirements-dev ## Collect the translatable words again and compile both catalogues (needs gettext).
	@$(BIN)/python manage.py makemessages -l ar -l en --no-location --no-obsolete -i .venv -i tests -i var -i bench -i attack -i faults -i fuzz -i production -i load -i supply -v0
	@for po in locale/*/LC_MESSAGES/django.po; do \
	  sed -i -E '/^"(POT-Creation-Date|Report-Msgid-Bugs-To):/d' $$po && msgcat --sort-output --no-wrap -o $$po $$po; done
	@$(BIN)/python manage.py compilemessages -i .venv -v0
