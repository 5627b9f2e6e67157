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

# How often the database is killed during a refresh, for each kind of server and of query.
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
dev: build control-plane ## Leave the same control plane and manager running until Ctrl-C, to try things by hand.
	@KUBEBUILDER_ASSETS="$$($(ASSETS))" hack/dev.sh

##@ Build

# Without -trimpath, which the image has: hack/demo.sh and hack/dev.sh build without it too, and
# would have Go compile the packages that they share a second time.
.PHONY: build
build: bin/.modules ## Build bin/manager and bin/kubectl-seatplane.
	$(say) "building bin/manager and bin/kubectl-seatplane $(VERSION); the first time, Go compiles for a few minutes"
	@CGO_ENABLED=0 go build -buildvcs=false -ldflags "-s -w -X main.version=$(VERSION)" -o bin/manager ./cmd/manager
	@CGO_ENABLED=0 go build -buildvcs=false -ldflags "-s -w -X main.version=$(VERSION)" -o bin/kubectl-seatplane ./cmd/kubectl-seatplane

# Where install-plugin puts the plugin: a folder on the PATH.
PLUGIN_DIR ?= $(shell go env GOPATH)/bin

.PHONY: install-plugin
install-plugin: build ## Install the plugin, and its completion, in PLUGIN_DIR for `kubectl seatplane`.
	$(say) "installing kubectl-seatplane in $(PLUGIN_DIR), which must be on your PATH"
	@mkdir -p $(PLUGIN_DIR)
	@install -m 0755 bin/kubectl-seatplane cmd/kubectl-seatplane/kubectl_complete-seatplane $(PLUGIN_DIR)

.PHONY: generate
generate: bin/.modules $(CONTROLLER_GEN) $(CRD_REF_DOCS) ## Generate the API types' DeepCopy methods and docs/reference.
	$(say) "generating DeepCopy methods"
	@$(CONTROLLER_GEN) object:headerFile=hack/boilerplate.go.txt paths=./api/v1alpha1
	$(say) "generating apply configurations"
	@$(CONTROLLER_GEN) applyconfiguration:headerFile=hack/boilerplate.go.txt,omitToolVersion=true paths=./api/v1alpha1
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

.PHONY: preview-comment
preview-comment: bin/.modules ## Write the comment on a pull request that the README shows.
	@go run ./hack/preview-comment

.PHONY: preview-comment-check
preview-comment-check: bin/.modules ## Check that the README shows what kubectl seatplane preview prints.
	@go run ./hack/preview-comment -check

.PHONY: dist
dist: control-plane $(HELM) ## Render dist/install.yaml and package the chart, for IMAGE at VERSION.
	$(say) "rendering dist/install.yaml and packaging the chart, for $(IMAGE):$(VERSION)"
	@KUBECTL="$$($(ASSETS))/kubectl" HELM=$(HELM) IMAGE=$(IMAGE) VERSION=$(VERSION) hack/dist.sh

# The platforms of the image. All are compiled from any one.
PLATFORMS ?= linux/amd64 linux/arm64

.PHONY: image
image: bin/.modules ## Write the image IMAGE:VERSION to dist/image.tar, without a container engine or a registry.
	$(say) "building the image $(IMAGE):$(VERSION) for $(PLATFORMS); the first time, Go compiles for minutes"
	@IMAGE=$(IMAGE) VERSION=$(VERSION) PLATFORMS="$(PLATFORMS)" hack/image.sh

.PHONY: sbom
sbom: bin/.modules ## Write bills of materials of the manager to dist/, as SPDX documents. They are in the image too.
	$(say) "listing what the manager $(VERSION) is built from, for $(PLATFORMS)"
	@IMAGE=$(IMAGE) VERSION=$(VERSION) PLATFORMS="$(PLATFORMS)" hack/image.sh --sbom

.PHONY: dist-plugin
dist-plugin: bin/.modules ## Build the plugin's archives for every platform, and the manifest for krew.
	$(say) "building kubectl-seatplane $(VERSION) for every platform"
	@VERSION=$(VERSION) hack/plugin-archives.sh

.PHONY: control-plane
control-plane: ## Provide etcd, kube-apiserver and kubectl.
	@dir="$$($(ASSETS))" && printf '==> control plane in %s\n' "$$dir"

.PHONY: control-plane-all
control-plane-all: ## Provide kube-controller-manager too, which some tests need.
	@dir="$$($(ALL_ASSETS))" && printf '==> control plane in %s\n' "$$dir"

.PHONY: test-servers
test-servers: ## Provide PostgreSQL, MariaDB and Prometheus for the tests, by apt-get where that is allowed.
	@hack/test-servers.sh

##@ Check

.PHONY: test
test: vet control-plane-all test-servers $(GOTESTSUM) $(HELM) ## Run every test, including those against a real API server and databases.
	$(say) "testing $(TEST_PACKAGES)"
	@rm -f $(CRASH_REPORT)
	@KUBEBUILDER_ASSETS="$$($(ALL_ASSETS))" SEATPLANE_CRASH_REPORT=$(CRASH_REPORT) \
		$(GOTESTSUM) --format pkgname-and-test-fails -- \
		-p $(TEST_PACKAGES_AT_ONCE) -timeout $(TEST_TIMEOUT) $(TEST_FLAGS) $(TEST_PACKAGES)
	@[ ! -f $(CRASH_REPORT) ] || cat $(CRASH_REPORT)
	$(say) "testing examples/envtest, a separate module"
	@cd examples/envtest && KUBEBUILDER_ASSETS="$$(cd $(CURDIR) && $(ASSETS))" sh -c 'go vet ./... && go test -timeout $(TEST_TIMEOUT) ./...'
	$(say) "testing test/flux, a separate module"
	@cd test/flux && KUBEBUILDER_ASSETS="$$(cd $(CURDIR) && $(ASSETS))" sh -c 'go vet ./... && go test -timeout $(TEST_TIMEOUT) ./...'

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

# How many mutants are tried; 0 is all of them.
MUTANTS ?= 0

.PHONY: test-mutants
test-mutants: bin/.modules test-servers ## Break rules of the engine, of deliveries and of archives one at a time; tests must notice each (minutes).
	$(say) "breaking rules of the billing engine, of deliveries and of archives; MUTANTS=n tries only n of them"
	@go run ./hack/mutants -n $(MUTANTS)

.PHONY: fuzz
fuzz: bin/.modules test-servers ## Fuzz every parser and the state machine, with FUZZ inputs (20000x) or for a time (10s).
	@hack/fuzz.sh "$(FUZZ)"

.PHONY: test-crash
test-crash: bin/.modules control-plane ## Try every fault at every write of every scenario (minutes).
	$(say) "trying every fault at every write"
	@SEATPLANE_CRASH=all KUBEBUILDER_ASSETS="$$($(ASSETS))" go test ./test/crash -count=1 -v -timeout 60m

# How many cycles the kill test plays, after which time no round of 20 begins, and the seed of the first round. Each
# cycle kills all three processes.
KILL_CYCLES ?= 1000
KILL_FOR ?= 24h
KILL_SEED ?= 1

.PHONY: test-kill
test-kill: bin/.modules control-plane ## Kill manager, kube-apiserver and etcd in each of KILL_CYCLES cycles (hours; Linux).
	$(say) "killing manager, kube-apiserver and etcd in each of $(KILL_CYCLES) cycles, for $(KILL_FOR) at most, from seed $(KILL_SEED)"
	@SEATPLANE_KILL_CYCLES=$(KILL_CYCLES) SEATPLANE_KILL_FOR=$(KILL_FOR) SEATPLANE_KILL_SEED=$(KILL_SEED) KUBEBUILDER_ASSETS="$$($(ASSETS))" \
		go test ./test/kill -run 'TestKill$$' -count=1 -v -timeout 25h

# How many upgrades from the previous version are played, each with a seed of its own.
UPGRADES ?= 8

.PHONY: test-upgrade
test-upgrade: bin/.modules control-plane ## Upgrade from the previous version while everything is killed, UPGRADES times (minutes; Linux).
	$(say) "upgrading $(UPGRADES) times, from seed $(KILL_SEED)"
	@SEATPLANE_UPGRADES=$(UPGRADES) SEATPLANE_KILL_SEED=$(KILL_SEED) KUBEBUILDER_ASSETS="$$($(ASSETS))" \
		go test ./test/kill -run 'TestUpgrade$$' -count=1 -v -timeout 120m

# How many restores are played, each with a seed of its own.
RESTORES ?= 8

.PHONY: test-restore
test-restore: bin/.modules control-plane ## Restore etcd from a copy while everything is killed, RESTORES times (minutes; Linux).
	$(say) "restoring $(RESTORES) times, from seed $(KILL_SEED)"
	@SEATPLANE_RESTORES=$(RESTORES) SEATPLANE_KILL_SEED=$(KILL_SEED) KUBEBUILDER_ASSETS="$$($(ASSETS))" \
		go test ./test/kill -run 'TestRestore$$' -count=1 -v -timeout 120m

.PHONY: test-flux
test-flux: bin/.modules control-plane ## Apply the example repository with Flux's library, and with kustomize-controller, which is built once (minutes).
	$(say) "building kustomize-controller, unless it is there"
	@hack/flux.sh
	$(say) "applying examples/gitops/repository with Flux's own code"
	@cd test/flux && SEATPLANE_FLUX="$$(../../hack/flux.sh)" KUBEBUILDER_ASSETS="$$(cd $(CURDIR) && $(ASSETS))" \
		go test -count=1 -v -timeout $(TEST_TIMEOUT) ./...

# How many random servers each of the two database drivers asks.
HOSTILE_INPUTS ?= 5000

.PHONY: test-hostile-fuzz
test-hostile-fuzz: bin/.modules control-plane ## Connect both database drivers to HOSTILE_INPUTS random servers each (minutes).
	$(say) "connecting each driver to $(HOSTILE_INPUTS) random servers; SEATPLANE_HOSTILE_SEED chooses the first seed"
	@SEATPLANE_HOSTILE_INPUTS=$(HOSTILE_INPUTS) KUBEBUILDER_ASSETS="$$($(ASSETS))" \
		go test ./test/hostile -run TestDriversReadRandomAnswers -count=1 -v -timeout 60m

.PHONY: test-year
test-year: bin/.modules control-plane ## Refresh one subscription every hour of a year (minutes).
	$(say) "refreshing one subscription every hour of a year"
	@SEATPLANE_YEAR=all KUBEBUILDER_ASSETS="$$($(ASSETS))" go test ./test/crash -run TestYear -count=1 -v -timeout 120m

.PHONY: test-database-kill
test-database-kill: bin/.modules control-plane test-servers ## Kill PostgreSQL and MariaDB during refreshes (minutes).
	$(say) "killing each database $(DATABASE_KILLS) times for each way to query it, and once more with a cluster"
	@SEATPLANE_DATABASE_KILLS=$(DATABASE_KILLS) go test ./internal/dataloader/sql -run TestServerKilled -count=1 -v -timeout 120m
	@SEATPLANE_DATABASE_KILLS=$(DATABASE_KILLS) KUBEBUILDER_ASSETS="$$($(ASSETS))" go test ./internal/controller/seatproduct \
		-run TestSeatProduct -ginkgo.focus "is killed" -count=1 -v -timeout 120m

.PHONY: test-image
test-image: bin/.modules control-plane ## Build the image twice and compare; run it under runc as the Deployment says (minutes; as root).
	@hack/node-programs.sh
	$(say) "building the image in two folders, and running it under runc"
	@SEATPLANE_IMAGE=all KUBEBUILDER_ASSETS="$$($(ASSETS))" go test ./test/image -count=1 -v -timeout 30m

# The commit from whose manager test-node upgrades; none for that of this one under another version.
FORMER ?=

.PHONY: test-node
test-node: bin/.modules $(HELM) ## Install on two nodes that run pods; attack, kill, drain, upgrade (minutes; Linux, as root).
	@hack/node-programs.sh
	$(say) "running Seatplane in pods on two nodes"
	@SEATPLANE_NODE=all SEATPLANE_NODE_FORMER=$(FORMER) KUBEBUILDER_ASSETS="$$(hack/control-plane.sh --node)" go test ./test/node -count=1 -v -timeout 40m

# How often the manager is killed, and how fast and how long events are made.
SINK_KILLS ?= 50
BENCH_SINK_RATE ?= 200
BENCH_SINK_SECONDS ?= 30

.PHONY: test-sink-kill
test-sink-kill: bin/.modules control-plane ## Kill the manager during deliveries to an EventSink (minutes).
	$(say) "killing the manager $(SINK_KILLS) times"
	@SEATPLANE_SINK_KILLS=$(SINK_KILLS) KUBEBUILDER_ASSETS="$$($(ASSETS))" go test ./test/events -run TestKilledManager \
		-count=1 -v -timeout 120m

.PHONY: bench-sink
bench-sink: bin/.modules control-plane ## Measure how long it takes to deliver events, alone and next to a receiver that is down.
	$(say) "delivering $(BENCH_SINK_RATE) events a second"
	@SEATPLANE_BENCH_SINK_RATE=$(BENCH_SINK_RATE) SEATPLANE_BENCH_SINK_SECONDS=$(BENCH_SINK_SECONDS) \
		KUBEBUILDER_ASSETS="$$($(ASSETS))" go test ./test/events -run TestLatency -count=1 -v -timeout 60m

.PHONY: test-archive-kill
test-archive-kill: bin/.modules control-plane test-servers ## Kill PostgreSQL, loader processes and managers during archiving (minutes).
	$(say) "killing the database and the loader process $(DATABASE_KILLS) times each"
	@SEATPLANE_DATABASE_KILLS=$(DATABASE_KILLS) go test ./internal/archive/postgres -run TestKilled -count=1 -v -timeout 120m
	$(say) "killing the manager and the database $(DATABASE_KILLS) times each"
	@SEATPLANE_DATABASE_KILLS=$(DATABASE_KILLS) KUBEBUILDER_ASSETS="$$($(ASSETS))" go test ./test/fleet \
		-run TestArchiveThroughKills -count=1 -v -timeout 120m

# How many records are archived.
BENCH_ARCHIVE ?= 100000

.PHONY: bench-archive
bench-archive: bin/.modules test-servers ## Measure how long archiving 100,000 records takes.
	$(say) "archiving $(BENCH_ARCHIVE) records in one PostgreSQL"
	@SEATPLANE_BENCH_ARCHIVE=$(BENCH_ARCHIVE) go test ./internal/archive/postgres -run TestManyRecords -count=1 -v -timeout 60m

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
	$(say) "running managers with $(BENCH_MANAGER) subscriptions"
	@SEATPLANE_BENCH_MANAGER=$(BENCH_MANAGER) KUBEBUILDER_ASSETS="$$($(ASSETS))" \
		go test ./test/performance -run TestManager -count=1 -v -timeout 120m

# How many subscriptions exist in addition to those that change, one number for each run; how many accrued lines these
# have; how many rounds there are; and how many changes of each kind a round makes.
BENCH_CHANGES ?= 1000
BENCH_CHANGES_LINES ?= 2,15,45
BENCH_CHANGES_ROUNDS ?= 5
BENCH_CHANGES_EACH ?= 30

.PHONY: bench-changes
bench-changes: bin/.modules control-plane ## Compare the CPU of each kind of change with that of a bare writer (minutes; Linux).
	$(say) "making changes next to $(BENCH_CHANGES) subscriptions, by the manager and by a bare writer"
	@SEATPLANE_BENCH_CHANGES=$(BENCH_CHANGES) SEATPLANE_BENCH_CHANGES_LINES=$(BENCH_CHANGES_LINES) \
		SEATPLANE_BENCH_CHANGES_ROUNDS=$(BENCH_CHANGES_ROUNDS) SEATPLANE_BENCH_CHANGES_EACH=$(BENCH_CHANGES_EACH) \
		KUBEBUILDER_ASSETS="$$($(ASSETS))" go test ./test/performance -run 'TestChanges$$' -count=1 -v -timeout 240m

# How many subscriptions a manager restarts with, one number a run, and its GOMEMLIMIT.
BENCH_MEMORY ?= 1000,10000
BENCH_MEMORY_LIMIT ?= 920MiB

.PHONY: bench-memory
bench-memory: bin/.modules control-plane ## Measure the manager's heap by kind of object, and a restart (minutes; Linux).
	$(say) "restarting managers with $(BENCH_MEMORY) subscriptions"
	@SEATPLANE_BENCH_MEMORY=$(BENCH_MEMORY) SEATPLANE_BENCH_MEMORY_LIMIT=$(BENCH_MEMORY_LIMIT) \
		KUBEBUILDER_ASSETS="$$($(ASSETS))" go test ./test/performance -run 'TestMemory$$' -count=1 -v -timeout 240m

# How many subscriptions one TestClock has, one number a run, and how many updates each of them has.
BENCH_CLOCK ?= 100,1000,5000
BENCH_CLOCK_UPDATES ?= 0,3

.PHONY: bench-clock
bench-clock: bin/.modules control-plane ## Measure what moving a TestClock costs (minutes; Linux).
	$(say) "moving TestClocks with $(BENCH_CLOCK) subscriptions"
	@SEATPLANE_BENCH_CLOCK=$(BENCH_CLOCK) SEATPLANE_BENCH_CLOCK_UPDATES=$(BENCH_CLOCK_UPDATES) \
		KUBEBUILDER_ASSETS="$$($(ASSETS))" go test ./test/performance -run 'TestClockMoves$$' -count=1 -v -timeout 240m

# How many subscriptions renew at one instant, one number a run.
BENCH_BURST ?= 1000,20000

.PHONY: bench-burst
bench-burst: bin/.modules control-plane ## Measure how long people wait while very many subscriptions renew (minutes).
	$(say) "renewing $(BENCH_BURST) subscriptions at one instant"
	@SEATPLANE_BENCH_BURST=$(BENCH_BURST) KUBEBUILDER_ASSETS="$$($(ASSETS))" \
		go test ./test/performance -run 'TestBurst$$' -count=1 -v -timeout 240m

# How many subscriptions a snapshot has, one number a run.
BENCH_PREVIEW ?= 1000,10000,100000

.PHONY: bench-preview
bench-preview: bin/.modules ## Measure previews of a price that up to 100,000 subscriptions pay (minutes).
	$(say) "previewing an edit of the price of $(BENCH_PREVIEW) subscriptions"
	@SEATPLANE_BENCH_PREVIEW=$(BENCH_PREVIEW) go test ./test/performance -run TestPreview -count=1 -v -timeout 60m

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
