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
Seatplane is running. Ctrl-C stops it and deletes the cluster's data. In a second terminal, run these lines:

  cd ROOT
  export KUBECONFIG=KUBECONFIG_FILE
  export PATH="ROOT/bin:$PATH"   # kubectl seatplane is here
PATH_LINE
Three commands to try:

  kubectl apply -f examples/demo/
  kubectl get subscriptions,subscriptionupdates,invoices
  kubectl patch testclock clock --type=merge -p '{"spec":{"now":"2026-05-01T00:00:00Z"}}'

What it cost, and why:

  kubectl seatplane invoices acme --expand recent
  kubectl seatplane history acme --chart

Change the customer database, and count its seats now instead of at midnight:

  hack/dev.sh sql "INSERT INTO users (tenant, email) VALUES ('acme', 'you@acme.example')"
  kubectl annotate seatproduct editor --overwrite billing.seatplane.dev/refresh-requested-at="$(date)"

To use your own database, copy a SQLite file to the folder of the namespace default,
  SQLITE_DIR
or create one there: hack/dev.sh sql my.db "CREATE TABLE …". Write its name into a Secret like the one in
examples/demo/database.yaml, and your query into a SeatProduct like those in examples/demo/products.yaml.
You can also use servers on this machine and in its local network, even without TLS.
A subscription without testClockRef uses the wall clock.

More to try: "Your own subscription in five minutes" in README.md, and the pages in docs/how-to.

Try what happens while the operator is down. If it ends, it starts again after 5 seconds and catches up:

  kill -STOP "$(cat MANAGER_PID)"   # it hangs
  kill -CONT "$(cat MANAGER_PID)"   # it continues
  kill -KILL "$(cat MANAGER_PID)"   # it crashes

The operator's log: MANAGER_LOG
It runs as a process outside the cluster. The cluster has no nodes, so its Deployment stays at 0/2 pods.
`

// guide explains how to use what is running.
func guide(root, number string, ground *playground.Playground) string {
	pathLine := ""
	if _, err := exec.LookPath("kubectl"); err != nil {
		pathLine = "  export PATH=\"" + filepath.Dir(ground.Plane.Binary("kubectl")) + ":$PATH\"   # kubectl is here\n"
	}
	return strings.NewReplacer(
		"ROOT", root, "KUBECONFIG_FILE", ground.Plane.Kubeconfig, "PATH_LINE\n", pathLine+"\n",
		"SQLITE_DIR", filepath.Join(ground.SQLiteDir, "default"), "MANAGER_LOG", ground.Manager.Log,
		"MANAGER_PID", number,
	).Replace(words)
}
