#!/usr/bin/env bash
# Copyright 2026 The Seatplane Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Generates the CRDs and the manager's role from the markers in the code.
#
# Files are replaced only when they change, and never missing in between: tests that run at the
# same time install them. A CRD whose kind is gone goes too.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

generator=${CONTROLLER_GEN:-bin/tools/controller-gen}
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT

# replace FRESH TARGET
replace() {
  cmp -s "$1" "$2" && return 0
  cp "$1" "$2.$$"
  mv -f "$2.$$" "$2"
  echo "    $2"
}

crds() {
  local file
  "$generator" crd paths=./api/v1alpha1 output:crd:dir="$fresh/crd"
  mkdir -p config/crd/bases
  for file in "$fresh"/crd/*.yaml; do
    replace "$file" "config/crd/bases/${file##*/}"
  done
  for file in config/crd/bases/*.yaml; do
    [[ -e $fresh/crd/${file##*/} ]] || rm -f "$file"
  done
}

# Only the folders that exist: the generator refuses patterns that match nothing.
role() {
  local folder paths=()
  for folder in internal/controller internal/admission cmd; do
    [[ ! -d $folder ]] || paths+=("paths=./$folder/...")
  done
  ((${#paths[@]} > 0)) || return 0
  "$generator" rbac:roleName=seatplane-manager "${paths[@]}" output:rbac:dir="$fresh/rbac"
  [[ -e $fresh/rbac/role.yaml ]] || return 0
  mkdir -p config/rbac
  replace "$fresh/rbac/role.yaml" config/rbac/role.yaml
}

crds
role
