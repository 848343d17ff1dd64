# Every task of the project. `make help` lists them.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
WEB := build/web/index.html
STAGE ?= prod
CDK := infra/node_modules/aws-cdk/bin/cdk
NODE = $(CURDIR)/$(shell $(BIN)/python -c 'import os; from infra.node_runtime import NODE; print(os.path.relpath(NODE))')

NO_PACKAGES := { echo "The packages could not be fetched: is the package index reachable from here? Then run this again."; exit 1; }

.DEFAULT_GOAL := help
.PHONY: help setup run test check format lock bench fuzz screenshots synth deploy clean

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1 \2/p' $(MAKEFILE_LIST) | awk '{c=$$2; $$1=$$2=""; printf "  make %-13s%s\n", c, $$0}'

setup: $(READY) $(WEB) ## install what the other commands need, inside this folder

# uv comes with pip, node with a wheel: a Python with venv and make are enough to start.
$(READY): requirements/dev.txt requirements/emulator.txt requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit("Stripe Metrics needs Python 3.11 or newer; this is %d.%d. Name another: make PYTHON=python3.12 ..." % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@echo "Setting up (once, about a minute) ..."
	@rm -rf .venv .emulator
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt || $(NO_PACKAGES)
	@echo "  packages of the project ..."
	@VIRTUAL_ENV=.venv $(BIN)/uv pip sync --quiet --require-hashes --no-build --compile-bytecode requirements/dev.txt || $(NO_PACKAGES)
	@echo "  packages of the local AWS emulator ..."
	@$(BIN)/uv venv --quiet --python $(BIN)/python .emulator
	@VIRTUAL_ENV=.emulator $(BIN)/uv pip sync --quiet --require-hashes --no-build --compile-bytecode requirements/emulator.txt || $(NO_PACKAGES)
	@touch $@

# npm is part of node's wheel; its own start script does not survive the packing.
NPM = $(NODE) $(dir $(NODE))../lib/node_modules/npm/bin/npm-cli.js
BIOME = cd web && $(NODE) node_modules/@biomejs/biome/bin/biome
WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -type f -not -name schema.d.ts -print) docs/openapi.json

$(WEB): $(WEB_SOURCES) $(READY)
	@echo "Building the dashboard ..."
	@cd web && $(NPM) ci --no-audit --no-fund --silent || $(NO_PACKAGES)
	@cd web && PATH="$(dir $(NODE)):$$PATH" $(NPM) run --silent build
	@touch $@

run: setup ## start the whole system on http://127.0.0.1:8787 with a sandbox Stripe account
	@$(BIN)/python -m local

test: setup ## run all tests
	@$(BIN)/python -m pytest

check: setup ## lint, types and import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIOME) ci

bench: setup ## measure speed, requests, units and memory against what else could be done
	@$(BIN)/python -m benchmarks

fuzz: setup ## run the property tests with many more examples
	@$(BIN)/python -m pytest tests/unit tests/scenarios tests/contract/test_whole_business.py tests/contract/test_fortnight.py tests/contract/test_month_of_requests.py tests/contract/test_alert_proof.py tests/integration/test_api_contract.py --hypothesis-profile=fuzz --timeout=3600

format: setup ## put the code into its form
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .
	@$(BIOME) check --write

screenshots: setup ## take the pictures of the README from the running system, with chromium
	@$(BIN)/python -m tests.web.screenshots

synth: setup ## write the CloudFormation template of STAGE (prod) to build/cdk.out, without a network
	@STAGE=$(STAGE) BUNDLE=no $(BIN)/python -m infra.app
	@echo "build/cdk.out/StripeMetrics-$(STAGE).template.json"

deploy: setup $(CDK) ## deploy STAGE (prod) to the AWS account of your environment
	@PATH="$(dir $(NODE)):$$PATH" $(NODE) $(CDK) deploy StripeMetrics-$(STAGE) -c stage=$(STAGE) $(CDK_OPTIONS)

$(CDK): infra/package-lock.json $(READY)
	@cd infra && $(NPM) ci --no-audit --no-fund --loglevel=error
	@touch $@

lock: setup ## lock the dependency sets again
	@requirements/lock.sh

clean: ## remove everything that was installed or built
	rm -rf .venv .emulator build infra/node_modules web/node_modules web/src/api/schema.d.ts .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
