// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/seatplane/seatplane/internal/testing/playground"
)

const words = `
Seatplane is running. Ctrl-C stops it, and the cluster's data is gone then. In another terminal:

  cd ROOT
  export KUBECONFIG=KUBECONFIG_FILE
PATH_LINE
Three commands to try:

  kubectl apply -f examples/demo/
  kubectl get subscriptions,subscriptionupdates,invoices
  kubectl patch testclock clock --type=merge -p '{"spec":{"now":"2026-05-01T00:00:00Z"}}'

Change the customer database, and have its seats counted now instead of at midnight:

  hack/dev.sh sql "INSERT INTO users (tenant, email) VALUES ('acme', 'you@acme.example')"
  kubectl annotate seatproduct editor --overwrite billing.seatplane.dev/refresh-requested-at="$(date)"

Your own database and query: copy a SQLite file to the folder of the namespace
  SQLITE_DIR
or make one there with: hack/dev.sh sql my.db "CREATE TABLE …". Its name goes into a Secret such as
examples/demo/database.yaml, your query into a SeatProduct such as in examples/demo/products.yaml.
Servers on this machine and in its own network may be read too, also without TLS.
A subscription without testClockRef lives by the wall clock.

Try what happens while the operator is down. When it ends, it starts again 5 seconds later and catches up:

  kill -STOP "$(cat MANAGER_PID)"   # it hangs
  kill -CONT "$(cat MANAGER_PID)"   # it continues
  kill -KILL "$(cat MANAGER_PID)"   # it crashes

The operator's log: MANAGER_LOG
It runs beside the cluster, which has no node; the pods of its Deployment stay at 0/2.
`

// guide says how to use what runs.
func guide(root, number string, ground *playground.Playground) string {
	pathLine := ""
	if _, err := exec.LookPath("kubectl"); err != nil {
		pathLine = "  export PATH=\"" + filepath.Dir(ground.Plane.Binary("kubectl")) + ":$PATH\"   # there is a kubectl\n"
	}
	return strings.NewReplacer(
		"ROOT", root, "KUBECONFIG_FILE", ground.Plane.Kubeconfig, "PATH_LINE\n", pathLine+"\n",
		"SQLITE_DIR", filepath.Join(ground.SQLiteDir, "default"), "MANAGER_LOG", ground.Manager.Log,
		"MANAGER_PID", number,
	).Replace(words)
}
