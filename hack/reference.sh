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
"$api_docs" --log-level ERROR --config hack/api-docs/config.yaml --templates-dir hack/api-docs/templates \
  --renderer markdown --source-path api/v1alpha1 --output-path "$fresh/api.raw"
cat -s "$fresh/api.raw" >"$fresh/api.md"
replace api.md
