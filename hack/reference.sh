#!/usr/bin/env bash
# Copyright 2026 The Seatplane Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Generates docs/reference from the code: what `make generate` runs after the DeepCopy methods.
#
# Files are replaced only when they change, and never missing in between.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

api_docs=${CRD_REF_DOCS:-bin/tools/crd-ref-docs}
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT

# replace NAME puts a page in its place.
replace() {
  cmp -s "$fresh/$1" "docs/reference/$1" && return 0
  cp "$fresh/$1" "docs/reference/$1.$$"
  mv -f "docs/reference/$1.$$" "docs/reference/$1"
  echo "    docs/reference/$1"
}

mkdir -p docs/reference
go run ./hack/metrics-docs >"$fresh/metrics.md"
replace metrics.md
go run ./hack/cli-docs >"$fresh/cli.md"
replace cli.md
go run ./hack/events-docs "$fresh"
mkdir -p docs/reference/events
replace events.md
for schema in "$fresh"/events/*.json; do
  replace "events/$(basename "$schema")"
done
# The namespace is given, so that nobody's kubeconfig matters.
go run ./cmd/kubectl-seatplane simulate -n default -f examples/simulate/catalogue.yaml --script examples/simulate/script.yaml \
  --from 2027-01-01 --until 2027-12-31 -o svg >"$fresh/simulated-year.svg"
replace simulated-year.svg
"$api_docs" --log-level ERROR --config hack/api-docs/config.yaml --templates-dir hack/api-docs/templates \
  --renderer markdown --source-path api/v1alpha1 --output-path "$fresh/api.raw"
cat -s "$fresh/api.raw" >"$fresh/api.md"
replace api.md
