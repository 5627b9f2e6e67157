#!/usr/bin/env bash
# Copyright 2026 The Seatplane Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Renders what a release consists of, for the image IMAGE:VERSION, into dist/:
#
#   install.yaml              config/default, for `kubectl apply --server-side -f`
#   prometheus.yaml           config/prometheus, where the Prometheus operator is installed
#   seatplane-NUMBER.tgz      the chart; its version is VERSION where that is one such as v1.2.3, else
#                             0.0.0 with VERSION as its build
#
# KUBECTL and HELM name the programs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

image=${IMAGE:?the name of the image} version=${VERSION:?its tag}

# render FOLDER FILE renders a folder of config/ as it is, but for the image.
render() {
  local overlay=dist/.overlay
  rm -rf "$overlay" && mkdir -p "$overlay"
  cat >"$overlay/kustomization.yaml" <<OVERLAY
resources: [../../config/$1]
images:
- {name: seatplane/manager, newName: "$image", newTag: "$version"}
OVERLAY
  "$KUBECTL" kustomize "$overlay" >"dist/$2.new"
  mv -f "dist/$2.new" "dist/$2"
  rm -rf "$overlay"
  echo "    dist/$2"
}

# Helm wants a semantic version; a commit is none.
chart_version() {
  local number=${version#v}
  if [[ $number =~ ^[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.-]+)?$ ]]; then
    echo "$number"
  else
    echo "0.0.0+${number//[^0-9A-Za-z-]/-}"
  fi
}

chart() {
  local folder
  folder=$(mktemp -d)
  # shellcheck disable=SC2064 # the folder is known now
  trap "rm -rf '$folder'" EXIT
  cp -R charts/seatplane "$folder/"
  sed -i.bak "s|^  repository: .*|  repository: $image|" "$folder/seatplane/values.yaml"
  rm -f "$folder/seatplane/values.yaml.bak" dist/seatplane-*.tgz
  "$HELM" package "$folder/seatplane" --version "$(chart_version)" --app-version "$version" --destination dist >/dev/null
  echo "    $(ls dist/seatplane-*.tgz)"
}

mkdir -p dist
render default install.yaml
render prometheus prometheus.yaml
chart
