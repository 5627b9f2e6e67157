#!/usr/bin/env bash
# Copyright 2026 The Seatplane Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Copies into the chart what it shares with kustomize: the alerts, the ServiceMonitor and the dashboard.
# Helm reads no file outside its chart.
#
# Files are replaced only when they change, and never missing in between.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folder=charts/seatplane/files/observability

# copy SOURCE NAME
copy() {
  cmp -s "$1" "$folder/$2" && return 0
  cp "$1" "$folder/$2.$$"
  mv -f "$folder/$2.$$" "$folder/$2"
  echo "    $folder/$2"
}

mkdir -p "$folder"
copy alerts/seatplane.yaml rules.yaml
copy config/prometheus/service_monitor.yaml service_monitor.yaml
copy dashboards/seatplane.json dashboard.json
