# Each target sets up what it needs; `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON := .venv/bin/python
ENGINE := build/ot
# Bytecode is kept, also where Python is told not to: tests start servers and commands by the hundred.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/build/bytecode
COMPILED := PYTHONPATH=$(CURDIR)/$(ENGINE)
WITH_TESTS := PYTHONPATH=$(CURDIR)/$(ENGINE):$(CURDIR)/tests
# A file's tests stay together; files come in the order of tests/conftest.py, the longest first.
IN_PARALLEL := --numprocesses 2 --dist loadfile --no-loadscope-reorder
CLIENT := web/wave_web/static/client
CLIENT_SOURCES := $(shell find web/client/src web/client/public -type f 2>/dev/null) \
	$(wildcard web/client/*.html web/client/*.ts web/client/*.json)

.PHONY: help run demo test check format bench bench-client screenshots build-ot client wheel nightly fuzz simulate clean \
	setup-run setup-test setup-bench setup-screenshots

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup-run:
	@tools/setup.sh run
setup-test:
	@tools/setup.sh test
setup-bench:
	@tools/setup.sh bench
setup-screenshots:
	@tools/setup.sh screenshots

$(ENGINE)/.built: $(wildcard ot/wave_ot/*.py) hatch_build.py
	@echo "compiling the engine, which takes half a minute"
	@$(PYTHON) hatch_build.py $(ENGINE) >/dev/null
	@touch $@

build-ot: setup-run $(ENGINE)/.built ## compile the engine into build/ot (first on PYTHONPATH, it is what runs)

$(CLIENT)/index.html: $(CLIENT_SOURCES)
	@echo "building the browser client"
	@npm run --silent --prefix web/client build -- --logLevel warn
	@touch $@

client: setup-run ## build the browser client into the package that serves it
	@$(MAKE) --no-print-directory $(CLIENT)/index.html

run: setup-run ## set up and serve on http://127.0.0.1:8080, data in ./data
	@$(MAKE) --no-print-directory $(ENGINE)/.built $(CLIENT)/index.html
	$(COMPILED) .venv/bin/groundswell serve

demo: setup-run ## two servers that share waves, alpha.localhost and beta.localhost, data in build/demo
	@$(MAKE) --no-print-directory $(ENGINE)/.built $(CLIENT)/index.html
	$(COMPILED) $(PYTHON) tools/demo.py build/demo

test: setup-test ## set up and run all tests: the engine interpreted and compiled, everything else on the compiled one
	@$(MAKE) --no-print-directory --jobs 2 $(ENGINE)/.built $(CLIENT)/index.html
	npm test --silent --prefix web/client
	$(PYTHON) -m pytest $(IN_PARALLEL) tests/ot
	$(COMPILED) GROUNDSWELL_ENGINE=compiled $(PYTHON) -m pytest $(IN_PARALLEL) tests

check: setup-test ## ruff, mypy --strict, import-linter; TypeScript and Biome for the browser client
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	npm run --silent --prefix web/client check

format: setup-test ## let ruff and Biome format and mend what they can
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .
	npm run --silent --prefix web/client format

nightly: setup-test ## the property tests with 2,000 examples each
	@$(MAKE) --no-print-directory $(ENGINE)/.built
	$(COMPILED) HYPOTHESIS_PROFILE=nightly $(PYTHON) -m pytest tests/ot tests/wave tests/web tests/federation/xml --timeout 3600

bench: setup-bench ## the engine and the XML of streams beside other libraries; TLS, idle streams, and deltas from domain to domain
	@$(MAKE) --no-print-directory $(ENGINE)/.built
	$(COMPILED) BENCH_PEERS=bench/peers $(PYTHON) bench/bench_ot.py
	$(COMPILED) $(PYTHON) bench/bench_document.py
	$(PYTHON) bench/bench_federation_xml.py
	$(WITH_TESTS) $(PYTHON) bench/bench_federation_tls.py
	$(WITH_TESTS) $(PYTHON) bench/bench_federation_links.py
	$(WITH_TESTS) $(PYTHON) bench/bench_federation.py

bench-client: setup-test ## typing in a blip of 100,000 characters in Chromium, from key press to painted frame
	@$(MAKE) --no-print-directory $(ENGINE)/.built $(CLIENT)/index.html
	$(WITH_TESTS) $(PYTHON) bench/bench_client.py

screenshots: setup-screenshots ## every page, at desktop and phone width, in both themes, into docs/screenshots
	@$(MAKE) --no-print-directory $(ENGINE)/.built $(CLIENT)/index.html
	$(WITH_TESTS) $(PYTHON) tools/screenshots.py

fuzz: setup-test ## a minute of coverage-guided fuzzing of streams, where atheris is installed
	$(PYTHON) tests/fuzz/fuzz_streams.py -max_total_time=60 -max_len=4000 -artifact_prefix=build/ build/fuzz

simulate: setup-test ## federations under faults: SEEDS worlds from the seed START on
	@$(MAKE) --no-print-directory $(ENGINE)/.built
	$(WITH_TESTS) $(PYTHON) -m simulation --seeds $(or $(SEEDS),300) --start $(or $(START),1)

wheel: setup-test ## build dist/*.whl with the compiled engine and the browser client
	@$(MAKE) --no-print-directory $(CLIENT)/index.html
	.venv/bin/python -m hatchling build -t wheel

clean: ## remove what was built (not the data)
	rm -rf build dist $(CLIENT) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
