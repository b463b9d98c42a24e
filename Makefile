# `make help` lists the targets. ES_VERSION=8.14.1 asks for exactly that Elasticsearch,
# VENV=.venv-es8 for another environment, PYTEST_ARGS="-k reindex" for some of the tests,
# WORKERS=0 for one process: most of a test's time is waiting for Elasticsearch.
PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 3
VERSION_FLAG = $(if $(ES_VERSION),--version $(ES_VERSION))
CLIENT_FLAG = $(if $(ES_VERSION),--server-major $(firstword $(subst ., ,$(ES_VERSION))))
BESIDE_SERVICES = $(PYTHON) scripts/dev/services.py run --venv $(VENV) $(VERSION_FLAG)
DEMO_FLAGS = $(if $(CATALOG),--catalog '$(CATALOG)') $(if $(MAP),--map '$(MAP)') \
	$(if $(ID),--id-field '$(ID)') $(if $(QUERIES),--queries '$(QUERIES)') \
	$(if $(QRELS),--qrels '$(QRELS)')
BIN = $(VENV)/bin
BENCH_FLAGS = $(if $(CATALOG),--catalogue '$(CATALOG)') $(if $(MAP),--map '$(MAP)') \
	$(if $(ID),--id-field '$(ID)') $(if $(QUERIES),--queries '$(QUERIES)') \
	$(if $(QRELS),--qrels '$(QRELS)') $(if $(VECTORS),--vectors '$(VECTORS)') $(BENCH_ARGS)
FRAMEWORKS = $(patsubst %,.venv-framework-%/installed,langchain llamaindex haystack)
BENCH_PEERS = .venv-bench-langchain/installed .venv-bench-haystack/installed

.PHONY: help demo demo-ui screenshot test soak unit lint fmt docs tables frameworks build up down clean check-all swap-oldest bench bootstrap
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-10s %s\n", $$1, $$2}'

demo: ## compare BM25 with hybrid search [CATALOG= MAP= ID= QUERIES= QRELS=]
	@$(BESIDE_SERVICES) --models -- $(BIN)/python scripts/run_demo.py $(DEMO_FLAGS)

demo-ui: ## try searches on the demo catalogue in a browser [CATALOG= MAP= ID=]
	@$(BESIDE_SERVICES) --models -- $(BIN)/python scripts/run_demo.py --playground $(DEMO_FLAGS)

screenshot: ## take the pictures of the playground in docs/images anew, in a real browser
	@bash scripts/dev/packages.sh chromium=chromium
	PLAYGROUND_SCREENSHOTS=docs/images $(BESIDE_SERVICES) -- $(BIN)/python -m pytest --require-es tests/browser

test: lint ## lint, then every test, against a real Elasticsearch
	@bash scripts/dev/packages.sh redis-server=redis-server pg_ctlcluster=postgresql chromium=chromium
	$(BESIDE_SERVICES) -- $(BIN)/python -m pytest --require-es -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

soak: bootstrap ## random histories against a reindex, restarts included [HISTORIES=200]
	$(BIN)/python -m tests.soak --own-node $(or $(ES_VERSION),9.4.3) --histories $(or $(HISTORIES),200)

unit: bootstrap ## the tests that need no Elasticsearch
	$(BIN)/python -m pytest tests/unit tests/wire tests/shell tests/docs -m "not es and not node" $(PYTEST_ARGS)

lint: bootstrap ## style, types, layers, and everything generated
	$(BIN)/ruff check && $(BIN)/ruff format --check && $(BIN)/mypy && $(BIN)/lint-imports
	$(BIN)/python -P scripts/dev/unasync.py --check
	$(BIN)/python -P scripts/dev/gendocs.py --check
	$(BIN)/python -P scripts/dev/check_sizes.py

fmt: bootstrap ## format, and write the sync half from the async one
	$(BIN)/ruff check --fix --exit-zero && $(BIN)/ruff format
	$(BIN)/python -P scripts/dev/unasync.py

docs: bootstrap ## the documentation as a site, build/site; a warning fails it
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

frameworks: $(FRAMEWORKS) ## the retrievers in LangChain, LlamaIndex and Haystack, each in an environment of its own
	$(BESIDE_SERVICES) -- sh -e -c 'for name in langchain llamaindex haystack; do \
	  HAYSTACK_TELEMETRY_ENABLED=False .venv-framework-$$name/bin/python -m pytest -c tests/frameworks/pytest.ini \
	    --confcutdir tests/frameworks tests/frameworks/check_$$name.py; done'

.venv-framework-%/installed: tests/frameworks/requirements-%.txt pyproject.toml
	$(PYTHON) -m venv --clear .venv-framework-$*
	.venv-framework-$*/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	touch $@

tables: bootstrap ## write the generated tables of the docs
	$(BIN)/python -P scripts/dev/gendocs.py

build: bootstrap ## wheel and sdist, then the unit tests against the wheel
	rm -rf dist && $(BIN)/python -m build --outdir dist
	$(BIN)/python -m scripts.dev.check_wheel dist

up: ## start Elasticsearch and the local models; addresses in .dev/env
	@$(PYTHON) scripts/dev/services.py up --venv $(VENV) $(VERSION_FLAG)

down: ## stop what `make up` started
	@$(PYTHON) scripts/dev/services.py down

clean: down ## remove what was made here; the download cache stays
	rm -rf .venv .venv-es8 .venv-oldest .venv-bench-* .venv-framework-* .dev dist build .coverage .*_cache .hypothesis

check-all: ## every test on 9.4.3 with client 9 and on 8.14.1 with client 8; searches with the oldest client
	$(MAKE) test ES_VERSION=9.4.3
	$(MAKE) test ES_VERSION=8.14.1 VENV=.venv-es8
	$(MAKE) swap-oldest

swap-oldest: .venv-oldest/installed ## searches of shops with client 8.15 and the package elasticsearch_dsl
	$(BESIDE_SERVICES) -- .venv-oldest/bin/python -m pytest --require-es tests/swap

.venv-oldest/installed: tests/swap/requirements-oldest.txt pyproject.toml
	$(PYTHON) -m venv --clear .venv-oldest
	.venv-oldest/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	touch $@

bench: $(BENCH_PEERS) ## speed beside the bare client and other libraries [CATALOG= QUERIES= QRELS= VECTORS= MAP= ID= BENCH_ARGS=]
	$(BESIDE_SERVICES) -- $(BIN)/python -m benchmarks.search $(BENCH_FLAGS)

.venv-bench-%/installed: benchmarks/peers/requirements-%.txt
	$(PYTHON) -m venv --clear .venv-bench-$*
	.venv-bench-$*/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	touch $@

bootstrap:
	@$(PYTHON) scripts/dev/bootstrap.py --venv $(VENV) $(CLIENT_FLAG)
