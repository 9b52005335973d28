# The one front door. `make` alone lists what there is.
STACK ?= local
SERVICE ?=
run := tools/run

.DEFAULT_GOAL := help
.PHONY: help up wait smoke integration down preview refresh status logs env shell render budget diagram register-schemas check-schemas check-migrations generate setup doctor check format test bench

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: ## Bring the platform up, and whatever this machine lacks for it [STACK=local|dev|prod]
	@$(run) up $(STACK)

wait: ## Wait until every process or pod of the stack is ready
	@$(run) wait $(STACK)

smoke: ## Place a bet on the running platform and show its event, decoded
	@$(run) smoke $(STACK)

integration: ## One shot: up, smoke, down
	@$(run) up $(STACK) && $(run) smoke $(STACK); code=$$?; $(run) down $(STACK) && exit $$code

down: ## End everything that the stack runs; its data stays, unless PURGE=1
	@$(run) down $(STACK) $(if $(filter 1,$(PURGE)),purge)

preview: ## Show what 'up' would change
	@$(run) engine-command $(STACK) preview

refresh: ## Compare the stack's state with what is really there
	@$(run) engine-command $(STACK) refresh --yes --skip-preview --suppress-outputs

status: ## List the stack's processes, or its pods: state, restarts, memory
	@$(run) status $(STACK)

logs: ## Follow the logs of all processes, or of one [SERVICE=wallet]
	@$(run) logs $(STACK) $(SERVICE)

env: ## Write the environment contract of the running stack to .env
	@$(run) env $(STACK)

shell: ## Print what plain Pulumi commands need; use it as: eval "`make -s shell`"
	@$(run) shell $(STACK)

render: ## Write every manifest of a stack to .plinth/render, secrets left out [STACK=dev]
	@$(run) render $(STACK)

budget: ## Total what a stack asks of a cluster, and estimate its cost per cloud [STACK=dev]
	@$(run) budget $(STACK)

diagram: ## Draw what each stack is made of into README.md and docs/stacks.md
	@$(run) diagram

register-schemas: ## Register the Avro schemas with the running registry; unchanged ones are not written
	@$(run) register-schemas $(STACK)

check-schemas: ## Judge the Avro schemas offline: what 'preview' would refuse
	@$(run) ../schemas/check

check-migrations: ## Judge the SQL of every service offline: what 'preview' would refuse
	@$(run) ../components/migrations/check

generate: ## Generate the TypeScript of events and gRPC contracts, and record new schema versions
	@$(run) ../schemas/generate
	@$(run) contracts

setup: ## Bring what this machine lacks, without starting anything
	@$(run) setup

doctor: ## Tell what this machine has, and what to type for what is missing
	@$(run) doctor

check: ## Types, lint, format, schemas, gRPC contracts and migrations
	@$(run) check

format: ## Format the sources
	@$(run) check --write

test: ## Run every test, on real servers that it starts itself
	@$(run) test

bench: ## Print the figures that the documentation quotes [ONLY="platform registry"]
	@$(run) bench $(STACK) $(ONLY)
