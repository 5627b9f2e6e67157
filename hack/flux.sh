#!/usr/bin/env bash
# Copyright 2026 The Seatplane Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Builds kustomize-controller into bin/flux, at the version that hack/flux/go.mod requires, and puts the kind of
# Kustomizations next to it. It does nothing when both are there at that version. The last line of stdout is the folder.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin=$root/bin/flux
module=github.com/fluxcd/kustomize-controller

version=$(awk -v module="$module" '$1 == "require" { sub(/^require /, "") } $1 == module { print $2; exit }' "$root/hack/flux/go.mod")
if [[ $(cat "$bin/.version" 2>/dev/null) != "$version" ]]; then
  echo "building kustomize-controller $version from Go modules (minutes, once)" >&2
  mkdir -p "$bin"
  cd "$root/hack/flux"
  GOWORK=off CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w" -o "$bin/.controller.$$" "$module"
  kinds=$(GOWORK=off go list -m -f '{{.Dir}}' "$module")/config/crd/bases/kustomize.toolkit.fluxcd.io_kustomizations.yaml
  install -m 0644 "$kinds" "$bin/kustomizations.yaml"
  mv -f "$bin/.controller.$$" "$bin/kustomize-controller"
  echo "$version" >"$bin/.version"
fi
echo "$bin"
