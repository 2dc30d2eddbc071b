# The commands of this project; each is a script in scripts/. `make` alone lists them.

.DEFAULT_GOAL := help
.PHONY: help up down check test scenario scenarios chaos verify-upstream bench

here := $(dir $(realpath $(lastword $(MAKEFILE_LIST))))

help: ## this list
	@echo "compose-watchdog: make TARGET"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' "$(here)Makefile" | while IFS='|' read -r name text; do \
		printf '  %-16s %s\n' "$$name" "$$text"; done

up: ## install what is missing, start the demo stack and watchdog beside it
	@"$(here)scripts/up"

down: ## end watchdog and remove the whole demo, with its volumes and images
	@"$(here)scripts/down"

check: ## lint, layers, types and unit tests: under a minute, no Docker needed
	@"$(here)scripts/check"

test: ## everything: check, contract tests on the real engine, smoke scenarios
	@"$(here)scripts/test"

scenario: ## one fault on the real engine: make scenario NAME=container-crash
	@"$(here)scripts/scenario" $(if $(NAME),"$(NAME)",--list)

scenarios: ## all faults, under an hour; LIST=1 only names them
	@"$(here)scripts/scenario" $(if $(LIST),--list,--all)

verify-upstream: ## the scenarios that lean on InfluxDB or Grafana, with upstream's images (77: none to be had)
	@"$(here)scripts/verify-upstream"

chaos: ## random faults over 20 containers on the real engine, and what must hold: make chaos SEED=7 MINUTES=1
	@"$(here)scripts/chaos" $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES))

bench: ## how fast it heals and what it costs, beside the engine's own restarts
	@"$(here)scripts/bench" $(ARGS)
