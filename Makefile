# Each target sets up what it needs; `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON := .venv/bin/python
ENGINE := build/ot
COMPILED := PYTHONPATH=$(CURDIR)/$(ENGINE)

.PHONY: help run test check format bench build-ot wheel nightly clean setup-run setup-test setup-bench

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup-run:
	@tools/setup.sh run
setup-test:
	@tools/setup.sh test
setup-bench:
	@tools/setup.sh bench

$(ENGINE)/.built: $(wildcard ot/wave_ot/*.py) hatch_build.py
	@echo "compiling the engine, which takes half a minute"
	@$(PYTHON) hatch_build.py $(ENGINE) >/dev/null
	@touch $@

build-ot: setup-run $(ENGINE)/.built ## compile the engine into build/ot (first on PYTHONPATH, it is what runs)

run: setup-run ## set up and serve on http://127.0.0.1:8080, data in ./data
	@$(MAKE) --no-print-directory $(ENGINE)/.built
	$(COMPILED) .venv/bin/groundswell serve

test: setup-test ## set up and run all tests: the engine interpreted and compiled, everything else on the compiled one
	@$(MAKE) --no-print-directory $(ENGINE)/.built
	$(PYTHON) -m pytest tests/ot
	$(COMPILED) GROUNDSWELL_ENGINE=compiled $(PYTHON) -m pytest tests

check: setup-test ## ruff, mypy --strict, import-linter
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

format: setup-test ## let ruff format and mend what it can
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

nightly: setup-test ## the property tests with 2,000 examples each
	@$(MAKE) --no-print-directory $(ENGINE)/.built
	$(COMPILED) HYPOTHESIS_PROFILE=nightly $(PYTHON) -m pytest tests/ot tests/wave tests/web --timeout 3600

bench: setup-bench ## the engine beside rich-text and pycrdt, in one run
	@$(MAKE) --no-print-directory $(ENGINE)/.built
	$(COMPILED) BENCH_PEERS=bench/peers $(PYTHON) bench/bench_ot.py
	$(COMPILED) $(PYTHON) bench/bench_document.py

wheel: setup-test ## build dist/*.whl with the compiled engine
	.venv/bin/python -m hatchling build -t wheel

clean: ## remove what was built (not the data)
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
