#!/usr/bin/env bash
# Copyright 2026 The Seatplane Authors.
# SPDX-License-Identifier: Apache-2.0
#
# Leaves a control plane and the manager running, to play with: what `make dev` runs, after it built
# bin/manager.
#
#   hack/dev.sh                           runs until Ctrl-C
#   hack/dev.sh sql [NAME.db] STATEMENTS  changes or reads a database: the one that examples/demo counts,
#                                         or another one in the same folder
#
# Databases and the kubeconfig are kept in bin/dev-home, or in SEATPLANE_DEV_HOME. Databases are those of the
# namespace default, or of SEATPLANE_DEV_NAMESPACE.
set -euo pipefail
trap "exit 130" INT # also while Go builds
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ ${1:-} != sql ]]; then
  KUBEBUILDER_ASSETS=${KUBEBUILDER_ASSETS:-$(hack/control-plane.sh)}
  export KUBEBUILDER_ASSETS
fi
CGO_ENABLED=0 go build -buildvcs=false -o bin/dev ./hack/dev
exec bin/dev "$@"
