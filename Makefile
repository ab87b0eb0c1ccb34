# Two commands for a fresh machine: `make demo` and `make test`. Everything they need, they install into .venv.
.PHONY: help setup demo test examples check bench docs clean
.DEFAULT_GOAL := help

BIN := .venv/bin
# The tests start hundreds of processes; none of them shall compile what another has compiled already.
export PYTHONPYCACHEPREFIX := $(CURDIR)/build/pyc
unexport PYTHONDONTWRITEBYTECODE

help: ## say what there is
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 14

setup: ## make .venv, finding a Python from 3.12 on
	@scripts/setup.sh

demo: setup ## record the official SDK against a stand-in of the API, replay it offline, look inside
	@$(BIN)/wiretape demo

test: setup ## the whole test suite
	@$(BIN)/pytest -n auto --dist worksteal -q $(ARGS)

examples: setup ## the tests of the examples, where there is current pydantic and no mitmproxy (ARGS=record: anew)
	@scripts/examples.sh $(ARGS)

check: setup ## lint, types, generated docs
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/pyright --warnings
	@for script in scripts/docs_*.py scripts/catalogue.py; do $(BIN)/python $$script --check || exit 1; done

docs: setup ## write the generated parts of the docs anew
	@for script in scripts/docs_*.py scripts/catalogue.py; do $(BIN)/python $$script; done

bench: setup ## the benchmarks; figures are ratios against a reference taken in the same run
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

clean: ## remove .venv and caches
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis dist build
