# Aliases; every one of them also works without make.
.DEFAULT_GOAL := help
.PHONY: help test race lint build bench torture generate fuzz cover clean
GO ?= go
PKG ?= ./...
FUZZTIME ?= 30s

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)$$/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r t d; do printf '  make %-9s %s\n' "$$t" "$$d"; done

test: ## everything beside PostgreSQL, Dovecot and Chromium (sh scripts/test)
	@sh scripts/test $(PKG)

race: ## the short tests under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race -short -shuffle=on -timeout 10m $(PKG)

lint: ## golangci-lint with .golangci.yml (sh scripts/lint)
	@sh scripts/lint $(PKG)

build: ## the program, bin/system48
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags='-s -w' -o bin/system48 ./cmd/system48

bench: ## the numbers of docs/performance.md, on a cluster that really writes
	SYSTEM48_TEST_DURABLE=1 sh scripts/peers $(GO) run ./cmd/system48 bench

torture: ## the full-size survival runs: kills, cuts, hostile mail (an hour or more)
	SYSTEM48_TEST_TORTURE=1 SYSTEM48_TEST_DURABLE=1 SYSTEM48_TEST_REQUIRE=postgres,dovecot sh scripts/peers $(GO) test -count=1 -timeout 4h -v -run 'Torture|FaultCuts|FaultSilence|FaultDatabaseAway|AttacksHostile|WatchAtSize|RandomHistories' $(PKG)

generate: ## templates, states, catalogues (go generate)
	$(GO) generate $(PKG)

fuzz: ## every fuzz target for FUZZTIME (30s) each
	@$(GO) list -f '{{.ImportPath}} {{.Dir}}' $(PKG) | while read -r p d; do \
		for f in $$(cat "$$d"/*_test.go 2>/dev/null | sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p'); do \
			echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) "$$p" </dev/null || exit 1; \
		done; done

cover: ## coverage of the tests, package by package; cover.out for go tool cover
	@sh scripts/peers $(GO) test -coverpkg=./... -coverprofile=cover.out $(PKG) && $(GO) tool cover -func=cover.out | tail -n 1

clean: ## what the other targets left behind
	rm -rf bin cover.out
