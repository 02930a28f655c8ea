# Everything a person or a machine does with this repository. `make` alone lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
PACKAGES := $(patsubst %/pyproject.toml,%,$(wildcard libs/*/pyproject.toml services/*/pyproject.toml deploy/*/pyproject.toml))
EDITABLE := $(addprefix -e ./,$(PACKAGES))
SOURCES := $(wildcard libs/*/resonance_* services/*/resonance_* deploy/local/resonance_*)
# Real Kafka and MinIO for `make test-kafka` and `make bench`, and a container engine for `make compose-test`.
SERVICES ?= ../shared/services
# Data that nobody here wrote, for `make bench BENCH=detection`.
export RESONANCE_DATA ?= ../shared/data
# Programs on other libraries that `make bench` runs beside ours, and the benchmark to run instead of all.
PEERS ?= ../shared/peers
BENCH ?=
# Of `make chaos`; of `make game-day` courses or faults as 'kill-*'.
EVENTS ?= 1000000
SEED ?= 1
FAULTS ?= containers-*
# Of `make upgrade-test`: parts to run instead of all.
ONLY ?=
# Of `make soak`.
MINUTES ?= 10
# Processes that `make test` shares the tests among, a file each.
JOBS ?= 2
# Of `make test-embedded`: what lets all services run together.
TOGETHER ?= tests/e2e
export OPENBLAS_NUM_THREADS := 1
export OMP_NUM_THREADS := 1
# Tests start a hundred processes: what one of them compiled none compiles again, whatever the shell says of bytecode.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/$(VENV)/pycache
# The trust store of the machine, as pip uses it: a company's own certificates are in it.
export UV_SYSTEM_CERTS := true

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[1m%-14s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# -- run

.PHONY: demo
demo: install ## Start everything here, send traffic, show live what is flagged and why, until Ctrl-C
	@$(BIN)/resonance-local demo

.PHONY: demo-once
demo-once: install ## The same until every planted incident was explained; prints a JSON summary last
	@$(BIN)/resonance-local demo-once

.PHONY: up
up: install ## Start everything here without traffic, until Ctrl-C
	@$(BIN)/resonance-local up

# -- install

# What has no wheel is built with what is pinned, and with nothing else.
BUILDS := --require-build-hashes --build-constraints requirements/build.txt

.PHONY: install
install: $(VENV)/.local ## Install what running needs into .venv

.PHONY: install-dev
install-dev: $(VENV)/.dev ## Install what tests and checks need as well

$(UV):
	@$(PYTHON) -m venv $(VENV) || { echo "Python 3.11 with venv is needed: set PYTHON=/path/to/python3.11." >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/build.txt

$(VENV)/.local: requirements/local.txt requirements/build.txt $(addsuffix /pyproject.toml,$(PACKAGES)) | $(UV)
	@echo "Installing into $(VENV)." >&2
	@test -e $(VENV)/.dev || $(UV) pip install --quiet --python $(BIN)/python --require-hashes $(BUILDS) -r requirements/local.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps $(EDITABLE)
	@$(BIN)/python -m resonance_feature_extractor.engine
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(addsuffix /pyproject.toml,$(PACKAGES)) | $(UV)
	@echo "Installing what tests need into $(VENV)." >&2
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes $(BUILDS) -r requirements/dev.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps $(EDITABLE)
	@$(BIN)/python -m resonance_feature_extractor.engine
	@touch $@

.PHONY: console
console: ## Build the console into the gateway's package, with Node 20 or later
	@cd console && npm ci --no-audit --no-fund --loglevel=error && npm run --silent schema > src/api/schema.ts && npm run --silent types \
		&& npm run --silent build -- --logLevel warn

.PHONY: lock
lock: | $(UV) ## Pin all dependencies again, with hashes
	@PATH="$(CURDIR)/$(BIN):$$PATH" requirements/lock

# -- check

.PHONY: test
test: $(VENV)/.dev ## Run the tests of every part, and of parts together that need no broker
	@$(BIN)/python -m pytest -q -m "not embedded and not kafka and not long" -n $(JOBS) --dist loadfile --no-loadscope-reorder \
		--ignore tests/e2e --ignore tests/integration

.PHONY: test-embedded
test-embedded: $(VENV)/.dev ## Run services on the embedded broker, then all of them TOGETHER, from a frame to an alert in words
	@$(BIN)/python -m pytest -q -m "embedded and not kafka and not long" -n $(JOBS) --dist loadfile services/*/tests
	@$(BIN)/python -m pytest -q -m "embedded and not kafka and not long" $(TOGETHER)

.PHONY: test-kafka
test-kafka: $(VENV)/.dev ## Run integration and end-to-end tests on real Kafka and MinIO
	@for part in tests/integration "tests/e2e -m not(kafka)" "tests/e2e -m kafka" tests/freshness tests/explained tests/degraded tests/upgrades; do \
		SERVICES=$(SERVICES) tests/on-real-parts $(BIN)/python -m pytest -q $$part; done

.PHONY: chaos
chaos: $(VENV)/.dev ## Kill workers and brokers under a million events, check that nothing is lost or counted twice
	@$(BIN)/python -m tests.chaos --events $(EVENTS) --seed $(SEED) --services $(SERVICES) --document

.PHONY: compose-test
compose-test: $(VENV)/.dev ## Run the containers for real, and the simulator through the published port
	@RESONANCE_COMPOSE_TEST=1 $(BIN)/python -m pytest -q -s tests/compose

.PHONY: dashboards-check
dashboards-check: $(VENV)/.dev ## Ask Prometheus every query of every dashboard under load, write docs/operations/dashboards.md
	@$(BIN)/python -m tests.dashboards --document

.PHONY: proxy-test
proxy-test: $(VENV)/.dev ## Run the gateway in front of backends from npm: socket.io and ws
	@cd tests/proxy && npm ci --no-audit --no-fund --loglevel=error
	@RESONANCE_PROXY_TEST=1 $(BIN)/python -m pytest -q tests/proxy

.PHONY: alerts-check
alerts-check: $(VENV)/.dev ## Let every alert fire by a real fault and be over again, write docs/operations/alerts.md
	@$(BIN)/python -m tests.alarms --document

.PHONY: providers-test
providers-test: $(VENV)/.dev ## Let providers of language models fail in every way, write docs/provider-faults.md
	@$(BIN)/python -m tests.providers --document

.PHONY: soak
soak: $(VENV)/.dev ## Let the containers run under steady traffic for MINUTES; an hour is written into docs/operations/soak.md
	@$(BIN)/python -m tests.soak --minutes $(MINUTES) --document

.PHONY: load-test
load-test: $(VENV)/.dev ## Play the load test, find the rate at which the containers give, write docs/operations/load.md
	@cd tests/load-testing && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund --loglevel=error
	@$(BIN)/python -m tests.loads --document

.PHONY: outage
outage: $(VENV)/.dev ## Let both providers die while alerts flow on a real Kafka, write docs/provider-outages.md
	@SERVICES=$(SERVICES) tests/on-real-parts $(BIN)/python -m tests.degraded --document

.PHONY: game-day
game-day: $(VENV)/.dev ## Break the containers under traffic, FAULTS=course or some faults, write docs/operations/game-day.md
	@$(BIN)/python -m tests.gameday $(FAULTS) --seed $(SEED) --document

.PHONY: untrusted-test
untrusted-test: $(VENV)/.dev ## Let strangers write into every field and models lie or obey, write docs/untrusted.md
	@$(BIN)/python -m tests.untrusted --document

.PHONY: kubernetes-check
kubernetes-check: $(VENV)/.dev ## Build the manifests, check them, and apply them to a real API server, which is built with Go
	@RESONANCE_KUBERNETES_TEST=1 $(BIN)/python -m pytest -q tests/kubernetes

.PHONY: capacity
capacity: $(VENV)/.dev ## Measure what users cost on a real Kafka, write docs/operations/capacity.md and the requests of the manifests
	@$(BIN)/python -m tests.capacity --services $(SERVICES) --document

.PHONY: inference-test
inference-test: $(VENV)/.dev ## Ask the predictor with clients from PyPI: tritonclient and MLServer's
	@RESONANCE_INFERENCE_TEST=1 $(BIN)/python -m pytest -q tests/inference

.PHONY: supply-chain
supply-chain: $(VENV)/.dev ## Check locks, bills of materials, licences, secrets, advisories and images; writes their pages
	@$(BIN)/python -m tests.supply --document

.PHONY: long-test
long-test: $(VENV)/.dev ## Run the tests that learn and judge for many seconds or minutes each
	@$(BIN)/python -m pytest -q -m long -n $(JOBS) --dist loadfile libs services/*/tests tests/bench tests/crowd tests/dashboards \
		tests/supply tests/untrusted

.PHONY: upgrade-test
upgrade-test: $(VENV)/.dev ## Upgrade, roll back, add partitions, back up and restore under traffic; ONLY=name runs one part
	@$(BIN)/python -m tests.upgrades --services $(SERVICES) $(addprefix --only ,$(ONLY))

.PHONY: bench
bench: $(VENV)/.dev ## Measure each benchmark beside its peer, or BENCH=name alone; writes bench-results
	@SERVICES=$(SERVICES) PEERS=$(PEERS) $(BIN)/python -m tests.bench $(BENCH)

.PHONY: bench-check
bench-check: $(VENV)/.dev ## Measure again; fail where a recorded ratio got worse by more than 20 %
	@SERVICES=$(SERVICES) PEERS=$(PEERS) $(BIN)/python -m tests.bench --check $(BENCH)

.PHONY: lint
lint: $(VENV)/.dev ## Check style and formatting
	@$(BIN)/ruff check . requirements/lock grafana/generate
	@$(BIN)/ruff format --check . requirements/lock grafana/generate

.PHONY: types
types: $(VENV)/.dev ## Check types
	@$(BIN)/mypy $(SOURCES)

.PHONY: format
format: $(VENV)/.dev ## Format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: proto
proto: $(VENV)/.dev ## Generate the Python types of proto-schemas
	@PYTHON=$(CURDIR)/$(BIN)/python libs/contracts/generate

.PHONY: reference
reference: $(VENV)/.dev ## Write the documents that are made from the code: features, OpenAPI, AsyncAPI, command line, library, access to Kafka, scraping, metrics
	@$(BIN)/python -m resonance_contracts.features_document > docs/features.md
	@$(BIN)/python -m resonance_gateway.documents docs/reference
	@$(BIN)/python -m resonance_client.cli.reference > docs/reference/command-line.md
	@$(BIN)/python -m resonance_client.reference > docs/reference/client-library.md
	@$(BIN)/python -m resonance_contracts.access > deploy/compose/secure/acls
	@$(BIN)/python deploy/compose/secure/scraping.py > deploy/compose/secure/prometheus.yml
	@$(BIN)/python -m resonance_runtime.metrics_document grafana/dashboards deploy/prometheus/rules > docs/reference/metrics.md

.PHONY: site
site: $(VENV)/.dev ## Build the documentation as a site into dist/site, which needs no network to be read
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict -f deploy/site/mkdocs.yml
	@echo "The site is in dist/site; to read it: $(BIN)/python -m http.server -d dist/site"

.PHONY: proto-check
proto-check: $(VENV)/.dev ## Lint the wire contracts, check them against the last release and the generated types
	@cd proto-schemas && npm install --no-save --no-audit --no-fund --loglevel=error && npm run --silent lint \
		&& npm run --silent breaking && echo "The wire contracts break nothing that was released."
	@out=$$(mktemp -d) && trap 'rm -rf "$$out"' EXIT && PYTHON=$(CURDIR)/$(BIN)/python libs/contracts/generate "$$out" \
		&& diff -r -x __pycache__ "$$out" libs/contracts/resonance_contracts/pb && echo "The generated types are current."

.PHONY: console-check
console-check: ## Build the console elsewhere and compare it with the one in the gateway's package
	@out=$$(mktemp -d) && trap 'rm -rf "$$out"' EXIT && cd console && npm ci --no-audit --no-fund --loglevel=error \
		&& npm run --silent schema > "$$out/schema.ts" && diff src/api/schema.ts "$$out/schema.ts" \
		&& npm run --silent types && OUT="$$out/built" npm run --silent build -- --logLevel warn \
		&& diff -r "$$out/built" ../services/gateway/resonance_gateway/console/built && echo "The console is what its source builds to."

.PHONY: console-test
console-test: $(VENV)/.dev ## Look at the console of the running system with Chromium: flows, axe, markup, frames a second
	@cd tests/console && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund --loglevel=error
	@$(BIN)/python -m tests.console

.PHONY: clean
clean: ## Remove everything that was installed or generated here
	@rm -rf $(VENV) proto-schemas/node_modules console/node_modules tests/console/node_modules tests/proxy/node_modules tests/load-testing/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis
