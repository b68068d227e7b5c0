# Everything a newcomer needs. Only Python 3.11+ and make are assumed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
STAMP_DEV := $(VENV)/.installed-dev

.DEFAULT_GOAL := help

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("Calmdesk needs Python 3.11 or newer") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(STAMP): requirements/runtime.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMP_DEV): requirements/dev.txt $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

install: $(STAMP) ## set up .venv with what the product needs

demo: $(STAMP) ## a real negotiation through the real service, live in this terminal
	$(BIN)/calmdesk demo

demo-console: $(STAMP) ## the console on a made-up year, to come in as any role without a password
	$(BIN)/calmdesk serve --demo

serve: $(STAMP) ## run the product (first start prints the admin's one-time password)
	$(BIN)/calmdesk serve

serve-phones: $(STAMP) ## the same for phones on the network: HTTPS with a certificate of its own, and a code to scan
	$(BIN)/calmdesk serve --host 0.0.0.0 --tls self-signed

test: $(STAMP_DEV) ## set up and run the tests
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal

fuzz: $(STAMP_DEV) ## the property tests on new examples every time
	HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal -m hypothesis

check: $(STAMP_DEV) ## lint, types, direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP_DEV) ## speed of one live conversation (docs/figures.md)
	$(BIN)/calmdesk bench live

CORPUS ?= corpus
EVAL_OUT ?= out/eval

eval: $(STAMP) ## how well it hears: CORPUS=folder of labelled conversations (docs/evaluation.md; slow)
	$(BIN)/calmdesk eval $(CORPUS) --out $(EVAL_OUT)

ablation: $(STAMP) ## what each cue and guard is worth, on the same CORPUS (slow)
	$(BIN)/calmdesk eval $(CORPUS) --out $(EVAL_OUT) --ablate

lock: $(STAMP_DEV) ## renew the hashed requirement files from pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements/runtime.txt
	$(BIN)/uv pip compile requirements/build.in -c requirements/runtime.txt --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements/build.txt
	$(BIN)/uv pip compile pyproject.toml --group dev -c requirements/runtime.txt -c requirements/build.txt --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements/dev.txt

clean: ## remove caches and the environment (keeps var/, the data)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis out

.PHONY: help install demo demo-console serve serve-phones test fuzz check bench eval ablation lock clean
