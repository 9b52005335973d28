# The user's commands; `make` alone lists them.
STACK ?= local
SERVICE ?=
run := cli/run

# Passes variables of the command line on as arguments.
arguments = $(foreach name,$(1),$(if $(filter command,$(origin $(name))),'$(name)=$(subst ','\'',$($(name)))'))
# The value that a variable had before make's command line replaced it. Commands need the system's PATH and LANG, but
# 'make add-service PATH=… LANG=…' means a folder and a language. $(shell) runs in the original environment up to
# GNU make 4.3 and in the recipes' environment in later versions; there only /proc has the original.
started-with = $(shell if [ "$$$(1)" = '$($(1))' ]; \
  then /usr/bin/tr '\0' '\n' </proc/$$PPID/environ | /bin/sed -n 's/^$(1)=//p'; else printf %s "$$$(1)"; fi)
add-service-variables := PATH URL NEW NAME PORT LANG NEEDS PRODUCES CONSUMES TENANT KUSTOMIZE YES DRY_RUN FORCE
add-service-arguments := $(call arguments,$(add-service-variables))
ifeq ($(origin LANG),command line)
  override LANG := $(call started-with,LANG)
  export LANG
  MAKEOVERRIDES :=
endif
ifeq ($(origin PATH),command line)
  override PATH := $(call started-with,PATH)
  export PATH
  MAKEOVERRIDES :=
  ifeq ($(PATH),)
    $(error This make hides the system's PATH. Type: cli/run add-service $(add-service-arguments))
  endif
endif

# Unknown variables are refused: a misspelt 'DRY_RUN=1' would write, and a misspelt 'STACK=dev' change another stack.
known := $(add-service-variables) STACK SERVICE SUITE PURGE BASE RATE SECONDS CONNECTIONS LEVEL GREP SINCE TRACE RAW \
  NO_COLOR PROFILE TOPIC FROM COUNT KEY JSON UPDATE ONLY SEED ROUNDS RUNS COPIES YARDSTICK AVRO_SEED KUBECONFIG TMPDIR SHELL \
  PULUMI_% PLINTH_% NODE_%
given := $(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(name)))
unknown := $(filter-out $(known),$(given))
ifneq ($(unknown),)
  $(error No target takes the variable '$(firstword $(unknown))'; 'make help' lists the variables)
endif

.DEFAULT_GOAL := help
.PHONY: up status smoke load down preview refresh wait integration
.PHONY: dashboard obs-up obs-down check-monitoring-health
.PHONY: dev logs psql redis-cli kafka-topics kafka-consume env
.PHONY: add-service upgrade-service checklist submodules
.PHONY: shell render budget doctor setup help
.PHONY: check format test test-unit bench generate check-schemas check-migrations register-schemas diagram screenshots

##@ The platform
up: ## Start the platform, and first install the tools that it lacks [STACK=local|dev|prod, for every target; PROFILE=full|light]
	@$(run) up $(STACK) $(call arguments,PROFILE)

status: ## List the stack's processes or pods: state, restarts, memory
	@$(run) status $(STACK)

smoke: ## Place a bet and try every route of highload [BASE=http://…: only highload, at that address]
	@$(run) smoke $(STACK)

load: ## Put load on highload and plot RPS, latencies, errors, pool, lag [BASE= RATE= SECONDS=10 CONNECTIONS=32 FORCE=1]
	@$(run) load $(STACK)

down: ## Stop the stack; its data stays, unless PURGE=1
	@$(run) down $(STACK) $(if $(filter 1,$(PURGE)),purge)

preview: ## Show what 'up' would change
	@$(run) pulumi $(STACK) preview

refresh: ## Update the stack's state from what really runs
	@$(run) pulumi $(STACK) refresh --yes --skip-preview --suppress-outputs

wait: ## Wait until every process or pod of the stack is ready
	@$(run) wait $(STACK)

dashboard: ## Open the page: what runs, logs, traces, metrics, alerts; a cluster's is read-only, until Ctrl-C
	@$(run) dashboard $(STACK)

obs-up: ## Add logs, metrics, traces, dashboards and alerts to the running stack, changing nothing else
	@$(run) cli/observability/switch $(STACK) up

obs-down: ## Remove them from the running stack; their data stays
	@$(run) cli/observability/switch $(STACK) down

check-monitoring-health: ## Check that logs, metrics, traces and alerts arrive and can be read
	@$(run) cli/observability/health $(STACK)

integration: ## Run up, smoke and down
	@$(run) up $(STACK) && $(run) smoke $(STACK); code=$$?; $(run) down $(STACK) && exit $$code

##@ Services: watch them run
dev: ## Restart services as you save them, and follow their logs; Ctrl-C leaves the stack running
	@$(run) dev $(STACK)

logs: ## Follow the logs [SERVICE=wallet,highload LEVEL=warn GREP=text SINCE=5m TENANT=10001 TRACE=id RAW=1]
	@$(run) logs $(STACK)

psql: ## Open the database as services see it [TENANT=10001 SERVICE=wallet]
	@$(run) psql $(STACK)

redis-cli: ## Open the cache
	@$(run) redis-cli $(STACK)

kafka-topics: ## List topics, their records and the lag of their readers
	@$(run) kafka-topics $(STACK)

kafka-consume: ## Print decoded records [TOPIC=V1_BETS FROM=beginning|latest|-10 COUNT=5 KEY=key TENANT=10001 JSON=1]
	@$(run) kafka-consume $(STACK)

env: ## Write the environment contract of the running stack to .env
	@$(run) env $(STACK)

##@ Services: add them, prepare them for production
add-service: ## Add a service [PATH=folder or URL=repository, or NEW=node|go|python|php NAME=…; DRY_RUN=1 only shows]
	@$(run) add-service $(add-service-arguments)

upgrade-service: ## Merge a newer version of a service's template into it [SERVICE=orders; DRY_RUN=1 only shows]
	@$(run) upgrade-service $(call arguments,SERVICE DRY_RUN FORCE)

checklist: ## Check whether a service is ready for production [SERVICE=wallet BASE=http://…]
	@$(run) checklist $(call arguments,STACK SERVICE BASE)

submodules: ## Fetch the services in packages/; UPDATE=1 fetches their newest versions
	@$(run) submodules $(if $(filter 1,$(UPDATE)),update)

##@ Clusters and plain Pulumi
shell: ## Print the environment of plain Pulumi commands; use it as: eval "`make -s shell`"
	@$(run) shell $(STACK)

render: ## Write every manifest of a stack to .plinth/render, without secrets [STACK=dev]
	@$(run) render $(STACK)

budget: ## Sum up a stack's requests in a cluster, and estimate the cost per cloud [STACK=dev]
	@$(run) budget $(STACK)

##@ This machine
doctor: ## List the tools of this machine, and what to type for missing ones
	@$(run) doctor

setup: ## Install the tools that this machine lacks, without starting anything
	@$(run) setup

##@ This repository
help: ## List the targets
	@awk -F ':.*## ' '/^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { split_at = index($$2, " ["); \
	    printf "  make %-18s %s\n", $$1, split_at ? substr($$2, 1, split_at - 1) : $$2; \
	    if (split_at) printf "  %23s %s\n", "", substr($$2, split_at + 1) }' $(MAKEFILE_LIST)

check: ## Check types, lint, format, schemas, gRPC contracts, migrations and OpenAPI documents
	@$(run) dev/check

format: ## Format the sources
	@$(run) dev/check --write

test: ## Run every test, on real servers that it starts [SUITE="chaos services/wallet": only these]
	@$(run) dev/test $(SUITE)

test-unit: ## Run the tests without servers, in three minutes at most
	@$(run) dev/test unit

bench: ## Print the figures that the documentation quotes [ONLY="platform registry"]
	@$(run) dev/bench $(STACK) $(ONLY)

generate: ## Generate the TypeScript of events and gRPC contracts, and editors' JSON Schemas; record new versions of schemas and templates
	@$(run) dev/generate-schemas
	@$(run) dev/contracts
	@$(run) dev/editor-schemas
	@$(run) dev/record-templates

check-schemas: ## Check the Avro schemas offline, by the rules of 'preview'
	@$(run) dev/check-schemas

check-migrations: ## Check the SQL of every service offline, by the rules of 'preview'
	@$(run) dev/check-migrations

register-schemas: ## Register the Avro schemas with the running registry; unchanged ones are not written
	@$(run) register-schemas $(STACK)

diagram: ## Draw the components of each stack into README.md and docs/stacks.md
	@$(run) dev/diagram

screenshots: ## Take pictures of the observability page and of Swagger UIs into docs/images
	@$(run) dev/screenshots $(STACK)
