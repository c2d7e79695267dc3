# The verbs of this project: `make help` lists them. Each does its own set-up; a second run does
# not set up again.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
LAYER  := build/layer.zip
CHECKOV := build/checkov/bin/checkov
AIRFLOW := build/airflow/.ready
REQUEST ?= examples/pause-export-restore.json
WORLDS ?= 100
SEED ?= 0
# One for each core, and one for when the others wait: each imports all tests, moto and the CDK.
TESTERS ?= $(shell expr 1 + $$(getconf _NPROCESSORS_ONLN))

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Otherwise each of the many processes would compile all modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run help test storm mutants check bench cold-start costs compare picture screenshots local synth deploy bootstrap smoke layer clean

run: $(READY) layer            ## one request, end to end, on the local AWS; another one: REQUEST=mine.json
	@$(BIN)/python -m localcloud run $(REQUEST)

help:                          ## this list; without a verb, make runs the first
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

test: $(READY) layer           ## all tests
	$(BIN)/python -m pytest --numprocesses $(TESTERS)

storm: $(READY) layer          ## random worlds; WORLDS=100 is how many, SEED=0 the first
	@$(BIN)/python -m localcloud storm --worlds $(WORLDS) --seed $(SEED)

mutants: $(READY) layer        ## docs/mutants.md: how many worlds the storm takes to find each seeded bug
	@$(BIN)/python -m bench.mutants

check: $(READY) $(CHECKOV) synth  ## formatting, lint, types, and the template's security
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(CHECKOV) --config-file .checkov.yaml

local: $(READY) layer          ## the local AWS, until interrupted
	$(BIN)/python -m localcloud up

synth: $(READY) layer          ## the CloudFormation template, in cdk.out
	CDK_OUTDIR=cdk.out $(BIN)/python app.py

deploy: $(READY) layer         ## the stack, to the account of the credentials at hand
	@$(BIN)/python -m tools.deploy deploy

bootstrap: $(READY)            ## once for an account and Region, before the first deploy
	@$(BIN)/python -m tools.deploy bootstrap

smoke: $(READY)                ## a harmless request to the deployed stack
	@$(BIN)/python -m tools.smoke

picture: $(READY) layer        ## what docs/ draws and tabulates from the synthesised template, and the schemas
	$(BIN)/python -m tools.diagram
	$(BIN)/python -m tools.pages
	$(BIN)/python -m tools.schemas

screenshots: $(READY) layer    ## the pictures of the console's page; needs Chromium
	$(BIN)/python -m tools.screenshots

bench: $(READY) layer          ## docs/measurements.md, measured anew
	$(BIN)/python -m bench

cold-start: $(READY)           ## docs/cold-start.md, measured anew
	$(BIN)/python -m bench.cold_start

costs: $(READY) layer          ## docs/costs.md, worked out anew
	$(BIN)/python -m bench.costs

compare: $(READY) layer $(AIRFLOW)  ## docs/comparison.md, compared anew; installs Airflow, in build/
	@rm -rf build/comparison
	$(BIN)/python -m bench.compare

layer: $(LAYER)                ## what the functions import, for their runtime

$(READY): requirements.txt lambdas/requirements.txt console/requirements.txt
	@echo "Setting up $(VENV)" >&2
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --requirement requirements.txt
	@touch $@

# Apart from all else: it pins an old boto3.
$(CHECKOV): Makefile
	@echo "Setting up checkov" >&2
	@$(PYTHON) -m venv build/checkov
	@build/checkov/bin/pip install --quiet checkov==3.3.30
	@touch $@

# Only for the comparison, and too large for requirements.txt.
$(AIRFLOW): bench/compare/airflow.txt
	@echo "Setting up build/airflow" >&2
	@$(PYTHON) -m venv build/airflow
	@build/airflow/bin/pip install --quiet --requirement bench/compare/airflow.txt
	@touch $@

$(LAYER): lambdas/requirements.txt tools/layer.py infra/project.py $(wildcard lambdas/*/*.py) $(READY)
	@echo "Building $(LAYER)" >&2
	@$(BIN)/python -m tools.layer

clean:                         ## all that the verbs made
	rm -rf $(VENV) build cdk.out
