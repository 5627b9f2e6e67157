#!/usr/bin/env bash
# Copyright 2026 The Seatplane Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Copies into the chart what it shares with kustomize: the CRDs, the roles, the admission policies, the limits, the
# alerts, the ServiceMonitor and the dashboard. Helm cannot read files outside the chart. Files that are no longer
# shared are removed.
#
# Files are replaced only when they change, and never missing in between.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

files=charts/seatplane/files

# copy SOURCE TARGET
copy() {
  cmp -s "$1" "$2" && return 0
  cp "$1" "$2.$$"
  mv -f "$2.$$" "$2"
  echo "    $2"
}

# mirror FOLDER FILE... keeps exactly these files in a folder.
mirror() {
  local folder=$1 file
  shift
  mkdir -p "$folder"
  for file in "$@"; do
    copy "$file" "$folder/${file##*/}"
  done
  for file in "$folder"/*; do
    [[ " $* " == *"/${file##*/} "* ]] || rm -f "$file"
  done
}

mirror $files/crds config/crd/bases/*.yaml
mirror $files/rbac config/rbac/*role.yaml
mirror $files/admission $(ls config/admission/*.yaml | grep -v /kustomization.yaml)
mirror $files/policy $(ls config/policy/*.yaml | grep -v /kustomization.yaml)
mkdir -p $files/observability
copy alerts/seatplane.yaml $files/observability/rules.yaml
copy config/prometheus/service_monitor.yaml $files/observability/service_monitor.yaml
copy dashboards/seatplane.json $files/observability/dashboard.json
