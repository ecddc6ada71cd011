# `make run` starts the designer, `make test` proves it. Both set up what they need and redo only what changed.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= $(shell for v in python3 python3.13 python3.12 python3.11; do \
	command -v $$v >/dev/null && $$v -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& { command -v $$v; break; }; done)
HOST ?= 127.0.0.1
PORT ?= 8321
ARGS ?=
# Which build of torch uv chooses: cpu, cu126, auto, ... Empty: the locked default build.
TORCH_BACKEND ?=
ONLY ?=
SEED ?=
KILLS ?=

VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
UV := $(shell command -v uv || echo build/uv/bin/uv)
FRONTEND := $(shell find frontend/src frontend/index.html frontend/vite.config.ts frontend/scripts frontend/public docs/guide/clusters.md -type f 2>/dev/null)

.PHONY: help setup run test test-python test-frontend test-e2e crash check fix bench bench-gpu types lock clean

help: ## list the commands
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(STAMPS)/run backend/torchwire/static/index.html ## install Python and npm dependencies and build the front end

run: setup ## start the designer at http://127.0.0.1:8321
	@exec $(BIN)/torchwire serve --host $(HOST) --port $(PORT) $(ARGS)

test: test-python test-frontend test-e2e ## run every test: Python, TypeScript, and end to end in Chromium

test-python: $(STAMPS)/dev
	bash tests/backend/ensure-postgresql.sh
	GOMP_SPINCOUNT=1000 $(BIN)/pytest -n 2 --no-loadscope-reorder $(ARGS) # two at once: threads that wait should sleep

test-frontend: node_modules/.stamp
	npm test --silent

test-e2e: setup $(STAMPS)/dev
	bash tests/e2e/ensure-chromium.sh
	npm run test:e2e --silent

crash: $(STAMPS)/dev ## kill everything at every moment (SEED=n repeats a run, KILLS=n sets how often: 200)
	SEED=$(SEED) KILLS=$(KILLS) $(BIN)/pytest -x tests/crash $(ARGS)

check: $(STAMPS)/dev node_modules/.stamp ## lint, types and import contracts
	$(BIN)/ruff check backend modules tests examples docs
	$(BIN)/ruff format --check backend modules tests examples docs
	$(BIN)/mypy
	$(BIN)/lint-imports
	npm run check --silent
	npm run generate --silent --workspace frontend -- --check
	$(BIN)/python docs/build_reference.py --check

fix: $(STAMPS)/dev node_modules/.stamp ## format, and mend what the linters can mend
	$(BIN)/ruff check --fix backend modules tests examples docs
	$(BIN)/ruff format backend modules tests examples docs
	npm run fix --silent

types: $(STAMPS)/dev node_modules/.stamp ## make the TypeScript types and the module reference anew from Python
	npm run generate --silent --workspace frontend
	$(BIN)/python docs/build_reference.py

bench: setup $(STAMPS)/dev ## run the benchmarks (ONLY=id,id for some); writes build/bench.json
	$(BIN)/python tests/bench/run.py $(if $(ONLY),--only $(ONLY))

bench-gpu: setup $(STAMPS)/dev ## train on the GPU, eagerly and compiled, beside a plain loop, where there is one
	$(BIN)/python tests/bench/gpu.py

lock: $(UV) ## compile the Python locks anew
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header pyproject.toml -o requirements.txt
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -c requirements.txt pyproject.toml --group dev -o requirements-dev.txt

clean: ## remove everything that was installed or built
	rm -rf $(VENV) node_modules frontend/node_modules build backend/torchwire/static

# --- set-up, each step stamped so that it runs again only when its inputs change ---

build/uv/bin/uv:
	@test -n "$(PYTHON)" || { echo "Torchwire needs Python 3.11, 3.12 or 3.13 on the PATH."; exit 1; }
	$(PYTHON) -m venv build/uv
	build/uv/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9

$(BIN)/python: | $(UV)
	@test -n "$(PYTHON)" || { echo "Torchwire needs Python 3.11, 3.12 or 3.13 on the PATH."; exit 1; }
	$(UV) venv --quiet --python $(PYTHON) $(VENV)

# With a backend named, torch comes from that backend's index, whose hashes the lock can't know: versions still hold.
define install
	@mkdir -p $(STAMPS)
	$(if $(TORCH_BACKEND), \
	  $(UV) pip install --quiet --python $(BIN)/python --compile-bytecode --torch-backend $(TORCH_BACKEND) --no-verify-hashes -c $(1) -e . $(2), \
	  $(UV) pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r $(1) \
	  && $(UV) pip install --quiet --python $(BIN)/python --no-deps -e .)
	$(BIN)/python -m compileall -q backend modules
	@touch $@
endef

$(STAMPS)/run: requirements.txt pyproject.toml | $(BIN)/python
	$(call install,requirements.txt,)

$(STAMPS)/dev: requirements-dev.txt $(STAMPS)/run
	$(call install,requirements-dev.txt,--group dev)

node_modules/.stamp: package.json package-lock.json frontend/package.json
	npm ci --silent
	@touch $@

backend/torchwire/static/index.html: node_modules/.stamp $(FRONTEND)
	npm run build --silent
	@touch $@
