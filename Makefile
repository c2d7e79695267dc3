# The verbs of this project. Each does its own set-up; a second run does not set up again.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
LAYER  := build/layer.zip
REQUEST ?= examples/pause-export-resume.json

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test check bench cold-start costs picture local synth deploy bootstrap smoke layer clean

run: $(READY) layer            ## one request, end to end, on the local AWS
	@$(BIN)/python -m localcloud run $(REQUEST)

test: $(READY) layer           ## all tests
	$(BIN)/python -m pytest --numprocesses auto

check: $(READY) layer          ## formatting, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

local: $(READY) layer          ## the local AWS, until interrupted
	$(BIN)/python -m localcloud up

synth: $(READY) layer          ## the CloudFormation template, in cdk.out
	CDK_OUTDIR=cdk.out $(BIN)/python app.py

deploy: $(READY) layer         ## the stack, to the account of the credentials at hand
	@$(BIN)/python -m infra.deploy deploy

bootstrap: $(READY)            ## once for an account and Region, before the first deploy
	@$(BIN)/python -m infra.deploy bootstrap

smoke: $(READY)                ## a harmless request to the deployed stack
	@$(BIN)/python -m infra.smoke

picture: $(READY) layer        ## the workflow, drawn from the synthesised definition
	$(BIN)/python -m infra.diagram

bench: $(READY) layer          ## docs/measurements.md, measured anew
	$(BIN)/python -m bench

cold-start: $(READY)           ## docs/cold-start.md, measured anew
	$(BIN)/python -m bench.cold_start

costs: $(READY) layer          ## docs/costs.md, worked out anew
	$(BIN)/python -m bench.costs

layer: $(LAYER)                ## what the functions import, for their runtime

$(READY): requirements.txt lambdas/requirements.txt
	@echo "Setting up $(VENV)" >&2
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --requirement requirements.txt
	@touch $@

$(LAYER): lambdas/requirements.txt infra/layer.py $(wildcard lambdas/aws/*.py) $(READY)
	@echo "Building $(LAYER)" >&2
	@$(BIN)/python -m infra.layer

clean:                         ## all that the verbs made
	rm -rf $(VENV) build cdk.out
