# The one front door. `make` alone lists what there is.
STACK ?= local
SERVICE ?=
run := cli/run

# Variables of the command line, as arguments. 'make add-service PATH=… LANG=…' means a folder and a language by what every command looks its
# programs and its words up with: what was meant is kept, and what make was started with put back. GNU make up to 4.3 runs $(shell) in the
# environment that it was started in itself; later ones in that of recipes, so that only the system can tell.
arguments = $(foreach name,$(1),$(if $(filter command,$(origin $(name))),'$(name)=$(subst ','\'',$($(name)))'))
started-with = $(shell if [ "$$$(1)" = '$($(1))' ]; then /usr/bin/tr '\0' '\n' </proc/$$PPID/environ | /bin/sed -n 's/^$(1)=//p'; else printf %s "$$$(1)"; fi)
add-service-arguments := $(call arguments,PATH URL NEW NAME PORT LANG NEEDS PRODUCES CONSUMES TENANT KUSTOMIZE YES DRY_RUN FORCE)
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
    $(error This make does not tell what PATH was. Type: cli/run add-service $(add-service-arguments))
  endif
endif

# A misspelt 'DRY_RUN=1' would write, and a misspelt 'STACK=dev' change another stack.
known := STACK SERVICE SUITE PURGE BASE RATE SECONDS CONNECTIONS FORCE LEVEL GREP SINCE TENANT TRACE RAW NO_COLOR TOPIC FROM COUNT KEY JSON PATH URL NEW NAME \
  PORT LANG NEEDS PRODUCES CONSUMES KUSTOMIZE YES DRY_RUN UPDATE ONLY SEED ROUNDS RUNS COPIES YARDSTICK AVRO_SEED KUBECONFIG TMPDIR SHELL PULUMI_% PLINTH_% NODE_%
unknown := $(filter-out $(known),$(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(name))))
ifneq ($(unknown),)
  $(error '$(firstword $(unknown))' is no variable that a target here takes; 'make help' lists them)
endif

.DEFAULT_GOAL := help
.PHONY: up status smoke load down preview refresh wait integration dev logs psql redis-cli kafka-topics kafka-consume env add-service upgrade-service checklist submodules shell render budget doctor setup help check format test test-unit bench generate check-schemas check-migrations register-schemas diagram screenshots

##@ The platform
up: ## Bring the platform up, and whatever this machine lacks for it [STACK=local|dev|prod, here and wherever a stack is meant]
	@$(run) up $(STACK)

status: ## List the stack's processes, or its pods: state, restarts, memory
	@$(run) status $(STACK)

smoke: ## Place a bet on the running platform and use each route of highload [BASE=http://…: highload there, and nothing else]
	@$(run) smoke $(STACK)

load: ## Put load on highload: RPS, latencies, errors, pool, lag, and a plot [BASE= RATE= SECONDS=10 CONNECTIONS=32 FORCE=1]
	@$(run) load $(STACK)

down: ## End everything that the stack runs; its data stays, unless PURGE=1
	@$(run) down $(STACK) $(if $(filter 1,$(PURGE)),purge)

preview: ## Show what 'up' would change
	@$(run) pulumi $(STACK) preview

refresh: ## Compare the stack's state with what is really there
	@$(run) pulumi $(STACK) refresh --yes --skip-preview --suppress-outputs

wait: ## Wait until every process or pod of the stack is ready
	@$(run) wait $(STACK)

integration: ## One shot: up, smoke, down
	@$(run) up $(STACK) && $(run) smoke $(STACK); code=$$?; $(run) down $(STACK) && exit $$code

##@ Services: see them at work
dev: ## Run each service as it is saved, and follow the logs; Ctrl-C leaves the stack running
	@$(run) dev $(STACK)

logs: ## Follow the logs [SERVICE=wallet,highload LEVEL=warn GREP=text SINCE=5m TENANT=10001 TRACE=id RAW=1]
	@$(run) logs $(STACK)

psql: ## Open the database as services see it [TENANT=10001 SERVICE=wallet]
	@$(run) psql $(STACK)

redis-cli: ## Open the cache
	@$(run) redis-cli $(STACK)

kafka-topics: ## List topics, their records, and how far behind their readers are
	@$(run) kafka-topics $(STACK)

kafka-consume: ## Show records decoded [TOPIC=V1_BETS FROM=beginning|latest|-10 COUNT=5 KEY=key TENANT=10001 JSON=1]
	@$(run) kafka-consume $(STACK)

env: ## Write the environment contract of the running stack to .env
	@$(run) env $(STACK)

##@ Services: add them, and bring them to production
add-service: ## Give code what it needs to run here [PATH=folder or URL=repository, or NEW=node|go|python|php NAME=…; DRY_RUN=1 only shows]
	@$(run) add-service $(add-service-arguments)

upgrade-service: ## Merge a newer version of a service's template into it [SERVICE=orders; DRY_RUN=1 only shows]
	@$(run) upgrade-service $(call arguments,SERVICE DRY_RUN FORCE)

checklist: ## Judge whether a service is ready for production, and name each point that is not [SERVICE=wallet BASE=http://…]
	@$(run) checklist $(call arguments,STACK SERVICE BASE)

submodules: ## Bring the files of the services in packages/; UPDATE=1 their newest versions
	@$(run) submodules $(if $(filter 1,$(UPDATE)),update)

##@ Clusters and plain Pulumi
shell: ## Print what plain Pulumi commands need; use it as: eval "`make -s shell`"
	@$(run) shell $(STACK)

render: ## Write every manifest of a stack to .plinth/render, secrets left out [STACK=dev]
	@$(run) render $(STACK)

budget: ## Total what a stack asks of a cluster, and estimate its cost per cloud [STACK=dev]
	@$(run) budget $(STACK)

##@ This machine
doctor: ## Tell what this machine has, and what to type for what is missing
	@$(run) doctor

setup: ## Bring what this machine lacks, without starting anything
	@$(run) setup

##@ This repository
help: ## List the targets
	@awk -F ':.*## ' '/^##@ / { printf "\n%s\n", substr($$0, 5) } /^[a-z-]+:.*## / { at = index($$2, " ["); \
	  printf "  make %-18s %s\n", $$1, at ? substr($$2, 1, at - 1) : $$2; if (at) printf "  %23s %s\n", "", substr($$2, at + 1) }' $(MAKEFILE_LIST)

check: ## Types, lint, format, schemas, gRPC contracts and migrations
	@$(run) dev/check

format: ## Format the sources
	@$(run) dev/check --write

test: ## Run every test, on real servers that it starts itself [SUITE="chaos services/wallet": only these]
	@$(run) dev/test $(SUITE)

test-unit: ## Run the tests that need no server: two minutes at most
	@$(run) dev/test unit

bench: ## Print the figures that the documentation quotes [ONLY="platform registry"]
	@$(run) dev/bench $(STACK) $(ONLY)

generate: ## Generate the TypeScript of events and gRPC contracts, and record new versions of schemas and templates
	@$(run) dev/generate-schemas
	@$(run) dev/contracts
	@$(run) dev/record-templates

check-schemas: ## Judge the Avro schemas offline: what 'preview' would refuse
	@$(run) dev/check-schemas

check-migrations: ## Judge the SQL of every service offline: what 'preview' would refuse
	@$(run) dev/check-migrations

register-schemas: ## Register the Avro schemas with the running registry; unchanged ones are not written
	@$(run) register-schemas $(STACK)

diagram: ## Draw what each stack is made of into docs/stacks.md
	@$(run) dev/diagram

screenshots: ## Take pictures of each running service's Swagger UI for the documentation, into docs/images
	@$(run) dev/screenshots $(STACK)
