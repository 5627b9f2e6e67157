// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// The manifests of examples/demo work as they are, in any namespace.
func TestExamplesOfTheDemo(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(root, "examples", "demo")
	manifest, err := os.ReadFile(filepath.Join(folder, "database.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	o.database(`
CREATE TABLE users (tenant TEXT, email TEXT, active INTEGER);
INSERT INTO users VALUES ('acme', 'ada', 1), ('acme', 'bob', 1), ('acme', 'eve', 0), ('globex', 'hank', 1), ('initech', 'peter', 1);`)
	if err := os.Symlink(o.databaseFile(), filepath.Join(filepath.Dir(o.databaseFile()), "users.db")); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(manifest), "dsn: users.db") {
		t.Error("the example names another database than users.db")
	}
	o.run("apply", "-f", folder)
	o.started("acme", "globex", "initech")
	o.invoiced("acme", "25.00")
	o.invoiced("initech", "52.50")
	o.run("apply", "-f", filepath.Join(folder, "updates"))
	o.decided("initech-two-more-agents", v1alpha1.UpdateApplied)
	o.decided("initech-too-many-agents", v1alpha1.UpdateRejected)
}
