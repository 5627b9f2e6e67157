# Copyright 2026 The Seatplane Authors.
# SPDX-License-Identifier: Apache-2.0
#
# `make help` lists the targets. All that is built lands in bin/, which Git ignores.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# Without a commit or without Git there is nothing to describe.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

# Where the manager's image is published, for dist/.
IMAGE ?= seatplane/manager

# Many packages' tests run a control plane of their own: two at once is enough for small machines.
TEST_PACKAGES ?= ./...
TEST_PACKAGES_AT_ONCE ?= 2
TEST_TIMEOUT ?= 15m
TEST_FLAGS ?=
RACE_PACKAGES ?= ./internal/...
BENCH ?= .
FUZZ ?= 20000x
SEATPLANE_ORACLE_HISTORIES ?= 1000000

# Where the crash test says in one line what it tried.
CRASH_REPORT := $(CURDIR)/bin/crash-report

TOOLS := bin/tools
CONTROLLER_GEN := $(TOOLS)/controller-gen
CRD_REF_DOCS := $(TOOLS)/crd-ref-docs
GOLANGCI_LINT := $(TOOLS)/golangci-lint
GOTESTSUM := $(TOOLS)/gotestsum
HELM := $(TOOLS)/helm

# Prints the folder of the control plane's binaries; silent and instant once they are there.
ASSETS := hack/control-plane.sh
# The same with kube-controller-manager, which some tests want.
ALL_ASSETS := hack/control-plane.sh --all

# How often the database is killed in the midst of a refresh, for each kind of server and of query.
DATABASE_KILLS ?= 100

say = @printf '==> %s\n'

##@ Help

.PHONY: help
help: ## List the targets.
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z][a-z-]*:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##@ Try it

.PHONY: demo
demo: build control-plane ## Watch two months of billing on a real API server (about twenty seconds, after the first run).
	@KUBEBUILDER_ASSETS="$$($(ASSETS))" hack/demo.sh

.PHONY: dev
dev: build control-plane ## Leave the same control plane and manager running until Ctrl-C, to play with.
	@KUBEBUILDER_ASSETS="$$($(ASSETS))" hack/dev.sh

##@ Build

# Without -trimpath, which the Dockerfile has: hack/demo.sh and hack/dev.sh build without it too, and
# would have Go compile the packages that they share a second time.
.PHONY: build
build: bin/.modules ## Build bin/manager.
	$(say) "building bin/manager $(VERSION); the first time, Go compiles for a few minutes"
	@CGO_ENABLED=0 go build -buildvcs=false -ldflags "-s -w -X main.version=$(VERSION)" -o bin/manager ./cmd/manager

.PHONY: generate
generate: bin/.modules $(CONTROLLER_GEN) $(CRD_REF_DOCS) ## Generate the API types' DeepCopy methods and docs/reference.
	$(say) "generating DeepCopy methods"
	@$(CONTROLLER_GEN) object:headerFile=hack/boilerplate.go.txt paths=./api/...
	$(say) "generating docs/reference"
	@CRD_REF_DOCS=$(CRD_REF_DOCS) hack/reference.sh

.PHONY: manifests
manifests: bin/.modules $(CONTROLLER_GEN) ## Generate the CRDs, the manager's RBAC role and the chart's copies.
	$(say) "generating config/crd/bases and config/rbac/role.yaml"
	@CONTROLLER_GEN=$(CONTROLLER_GEN) hack/manifests.sh
	@hack/chart-files.sh

# What the demo prints, made again each time.
DEMO_OUTPUT := bin/demo-output

.PHONY: picture
picture: $(DEMO_OUTPUT) ## Draw docs/refresh.svg from what the demo prints.
	@go run ./hack/picture docs/refresh.svg <$(DEMO_OUTPUT)

.PHONY: picture-check
picture-check: $(DEMO_OUTPUT) ## Check that docs/refresh.svg shows what the demo prints.
	@go run ./hack/picture -check docs/refresh.svg <$(DEMO_OUTPUT)

.PHONY: $(DEMO_OUTPUT)
$(DEMO_OUTPUT): build control-plane
	$(say) "playing the demo"
	@KUBEBUILDER_ASSETS="$$($(ASSETS))" hack/demo.sh >$@

.PHONY: dist
dist: control-plane $(HELM) ## Render dist/install.yaml and package the chart, for IMAGE at VERSION.
	$(say) "rendering dist/install.yaml and packaging the chart, for $(IMAGE):$(VERSION)"
	@KUBECTL="$$($(ASSETS))/kubectl" HELM=$(HELM) IMAGE=$(IMAGE) VERSION=$(VERSION) hack/dist.sh

.PHONY: control-plane
control-plane: ## Provide etcd, kube-apiserver and kubectl.
	@dir="$$($(ASSETS))" && printf '==> control plane in %s\n' "$$dir"

.PHONY: control-plane-all
control-plane-all: ## Provide kube-controller-manager too, which some tests want.
	@dir="$$($(ALL_ASSETS))" && printf '==> control plane in %s\n' "$$dir"

.PHONY: test-servers
test-servers: ## Provide PostgreSQL, MariaDB and Prometheus for the tests, by apt-get where that is allowed.
	@hack/test-servers.sh

##@ Check

.PHONY: test
test: vet control-plane-all test-servers $(GOTESTSUM) $(HELM) ## Run every test, those against a real API server and databases too.
	$(say) "testing $(TEST_PACKAGES)"
	@rm -f $(CRASH_REPORT)
	@KUBEBUILDER_ASSETS="$$($(ALL_ASSETS))" SEATPLANE_CRASH_REPORT=$(CRASH_REPORT) \
		$(GOTESTSUM) --format pkgname-and-test-fails -- \
		-p $(TEST_PACKAGES_AT_ONCE) -timeout $(TEST_TIMEOUT) $(TEST_FLAGS) $(TEST_PACKAGES)
	@[ ! -f $(CRASH_REPORT) ] || cat $(CRASH_REPORT)

.PHONY: test-race
test-race: bin/.modules control-plane test-servers $(GOTESTSUM) ## Run the tests with the race detector (needs a C compiler).
	$(say) "testing $(RACE_PACKAGES) with the race detector"
	@CGO_ENABLED=1 KUBEBUILDER_ASSETS="$$($(ASSETS))" $(GOTESTSUM) --format pkgname-and-test-fails -- \
		-race -p $(TEST_PACKAGES_AT_ONCE) -timeout $(TEST_TIMEOUT) $(TEST_FLAGS) $(RACE_PACKAGES)

.PHONY: test-oracle
test-oracle: bin/.modules ## Compare a million random histories with an oracle of rational numbers (minutes).
	$(say) "comparing $(SEATPLANE_ORACLE_HISTORIES) histories with the oracle; SEATPLANE_ORACLE_HISTORIES and _SEED choose others"
	@SEATPLANE_ORACLE_HISTORIES=$(SEATPLANE_ORACLE_HISTORIES) \
		go test ./internal/billing/proration -run TestOracle -v -timeout 120m

# How many mutants of the billing engine are tried; 0 is all of them.
MUTANTS ?= 0

.PHONY: test-mutants
test-mutants: bin/.modules ## Break rules of the billing engine one at a time; its tests must notice each (minutes).
	$(say) "breaking rules of the billing engine; MUTANTS=n tries only n of them"
	@go run ./hack/mutants -n $(MUTANTS)

.PHONY: fuzz
fuzz: bin/.modules test-servers ## Fuzz every parser and the state machine, with FUZZ inputs (20000x) or for a time (10s).
	@hack/fuzz.sh "$(FUZZ)"

.PHONY: test-crash
test-crash: bin/.modules control-plane ## Try every fault at every write of every scenario (minutes).
	$(say) "trying every fault at every write"
	@SEATPLANE_CRASH=all KUBEBUILDER_ASSETS="$$($(ASSETS))" go test ./test/crash -count=1 -v -timeout 60m

# How many random servers each of the two database drivers asks.
HOSTILE_INPUTS ?= 5000

.PHONY: test-hostile-fuzz
test-hostile-fuzz: bin/.modules control-plane ## Have both database drivers ask HOSTILE_INPUTS random servers each (minutes).
	$(say) "having each driver ask $(HOSTILE_INPUTS) random servers; SEATPLANE_HOSTILE_SEED chooses the first seed"
	@SEATPLANE_HOSTILE_INPUTS=$(HOSTILE_INPUTS) KUBEBUILDER_ASSETS="$$($(ASSETS))" \
		go test ./test/hostile -run TestDriversReadRandomAnswers -count=1 -v -timeout 60m

.PHONY: test-year
test-year: bin/.modules control-plane ## Refresh one subscription every hour of a year (minutes).
	$(say) "refreshing one subscription every hour of a year"
	@SEATPLANE_YEAR=all KUBEBUILDER_ASSETS="$$($(ASSETS))" go test ./test/crash -run TestYear -count=1 -v -timeout 120m

.PHONY: test-database-kill
test-database-kill: bin/.modules control-plane test-servers ## Kill PostgreSQL and MariaDB in the midst of refreshes (minutes).
	$(say) "killing each database $(DATABASE_KILLS) times for each way to ask it, and once more with a cluster"
	@SEATPLANE_DATABASE_KILLS=$(DATABASE_KILLS) go test ./internal/dataloader/sql -run TestServerKilled -count=1 -v -timeout 120m
	@SEATPLANE_DATABASE_KILLS=$(DATABASE_KILLS) KUBEBUILDER_ASSETS="$$($(ASSETS))" go test ./internal/controller/seatproduct \
		-run TestSeatProduct -ginkgo.focus "is killed" -count=1 -v -timeout 120m

.PHONY: bench
bench: bin/.modules control-plane ## Run the benchmarks.
	$(say) "running benchmarks that match '$(BENCH)'"
	@KUBEBUILDER_ASSETS="$$($(ASSETS))" go test -run '^$$' -bench '$(BENCH)' -benchmem -timeout $(TEST_TIMEOUT) ./internal/...

# How many subscriptions one product has, one number a run.
BENCH_REFRESH ?= 1000,10000,100000

.PHONY: bench-refresh
bench-refresh: bin/.modules control-plane test-servers ## Measure refreshes of up to 100,000 subscriptions (minutes).
	$(say) "refreshing $(BENCH_REFRESH) subscriptions on one PostgreSQL"
	@SEATPLANE_BENCH_REFRESH=$(BENCH_REFRESH) KUBEBUILDER_ASSETS="$$($(ASSETS))" \
		go test ./test/performance -run 'TestRefresh|TestTenRows' -count=1 -v -timeout 120m

# How many subscriptions one manager looks after, one number a run.
BENCH_MANAGER ?= 1000,5000,20000

.PHONY: bench-manager
bench-manager: bin/.modules control-plane ## Measure the manager's memory, and how fast it starts subscriptions (minutes).
	$(say) "having managers look after $(BENCH_MANAGER) subscriptions"
	@SEATPLANE_BENCH_MANAGER=$(BENCH_MANAGER) KUBEBUILDER_ASSETS="$$($(ASSETS))" \
		go test ./test/performance -run TestManager -count=1 -v -timeout 120m

.PHONY: vet
vet: bin/.modules ## Run go vet.
	$(say) "vetting"
	@go vet ./...

.PHONY: lint
lint: bin/.modules $(GOLANGCI_LINT) ## Run golangci-lint.
	$(say) "linting"
	@$(GOLANGCI_LINT) run

.PHONY: fmt
fmt: $(GOLANGCI_LINT) ## Format the Go code.
	$(say) "formatting"
	@$(GOLANGCI_LINT) fmt

.PHONY: verify
verify: bin/.modules $(CONTROLLER_GEN) $(GOLANGCI_LINT) ## Regenerate, then check that nothing differs and no rule is broken.
	@GOLANGCI_LINT=$(GOLANGCI_LINT) hack/verify.sh

##@ Clean

.PHONY: clean
clean: ## Remove what was built, but keep the control plane and the tools.
	$(say) "removing dist/ and what bin/ holds besides bin/k8s and bin/tools"
	@rm -rf dist
	@[ ! -d bin ] || find bin -mindepth 1 -maxdepth 1 ! -name k8s ! -name k8s.lock ! -name tools -exec rm -rf {} +

.PHONY: clean-all
clean-all: ## Remove the control plane and the tools too: minutes to build again.
	$(say) "removing bin/ and dist/"
	@rm -rf bin dist

# One line before Go falls silent over a download.
bin/.modules: go.mod go.sum
	$(say) "downloading Go modules, once"
	@mkdir -p bin
	@go mod download
	@touch $@

# Tools are pinned in go.tools.mod, apart from what the product depends on. Each is built to a name
# of its own first: whoever runs at the same time sees a whole binary or none.
tool_package = $(shell awk -v name=$(notdir $(1)) '$$1 ~ "/" name "$$" && NF == 1 { print $$1 }' go.tools.mod)

$(TOOLS)/%: go.tools.mod go.tools.sum
	$(say) "building the tool $*, once$(if $(filter golangci-lint,$*), (about three minutes on two cores))"
	@mkdir -p $(TOOLS)
	@CGO_ENABLED=0 GOWORK=off go build -modfile=go.tools.mod -buildvcs=false -o $@.$$$$ $(call tool_package,$@) && mv -f $@.$$$$ $@
