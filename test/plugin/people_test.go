// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"strings"
	"testing"

	"github.com/seatplane/seatplane/internal/cli"
	"github.com/seatplane/seatplane/internal/record"
)

const tiny = `
apiVersion: billing.seatplane.dev/v1alpha1
kind: SeatProduct
metadata: {name: editor-seat}
spec:
  plans:
  - name: monthly
    currency: EUR
    interval: {unit: Month, count: 1}
    pricing: {model: PerUnit, unitAmount: "12.50"}
---
apiVersion: billing.seatplane.dev/v1alpha1
kind: Subscription
metadata: {name: tiny}
spec:
  customer: {id: tiny}
  items:
  - {name: editors, productRef: {name: editor-seat}, plan: monthly, quantity: 1}
`

// Seats are given, waited for and taken back.
func TestAssign(t *testing.T) {
	p := visit(t, "people", tiny)
	p.kubectl("wait", "subscription/tiny", "--for=condition=Ready", "--timeout=90s")
	p.types(cli.Done, "assign", "tiny", "editors", "ada")
	p.types(cli.Done, "assign", "tiny", "editors", "ada")
	p.types(cli.LimitExceeded, "assign", "tiny", "editors", "bob").has(t, "waits")
	p.types(cli.Refused, "assign", "tiny", "nothing", "ada").has(t, "UnknownItem")
	p.types(cli.Failed, "assign", "nobody", "editors", "ada").has(t, `there is no Subscription "nobody"`)
	p.types(cli.Done, "trace", "tiny").has(t, "SeatAssignment/", "bob of editors")
	p.types(cli.Done, "unassign", "tiny", "editors", "ada").has(t, "The seat of ada is free")
	p.kubectl("wait", "seatassignment/"+record.AssignmentName("tiny", "editors", "bob"), "--for=condition=Assigned", "--timeout=90s")
	p.types(cli.Done, "assign", "tiny", "editors", "bob")
	p.types(cli.Failed, "unassign", "tiny", "editors", "ada").has(t, "has no seat assignment")
	p.types(cli.Refused, "seats", "add", "tiny", "editors", "1").has(t, "DeclaredInSpec")
}

// Somebody without rights learns which roles have them, and nothing is printed.
func TestNoRights(t *testing.T) {
	config, err := ground.Plane.AddUser("mallory")
	if err != nil {
		t.Fatal(err)
	}
	p := &person{t: t, namespace: "default", config: config}
	for _, args := range [][]string{{"status"}, {"explain", "subscription", "acme"}, {"history", "acme"}, {"verify"}, {"seats", "add", "acme", "editors", "1"}} {
		a := p.types(cli.Failed, args...)
		a.has(t, "you may not do this", "seatplane-viewer")
		if a.out != "" || strings.Count(a.said, "\n") != 1 {
			t.Errorf("%s printed %q and said %q", strings.Join(args, " "), a.out, a.said)
		}
	}
}

// An update that the operator cannot apply yet is one sentence after the timeout, and stays.
func TestPending(t *testing.T) {
	p := visit(t, "pending", strings.Replace(tiny, "customer: {id: tiny}", "customer: {id: tiny}\n  startTime: 2090-01-01T00:00:00Z", 1))
	p.types(cli.Failed, "seats", "add", "tiny", "editors", "1", "--name", "later", "--timeout", "3s").has(t, `update "later" still waits after 3s: `)
	p.types(cli.Done, "explain", "update", "later").has(t, "Waiting.")
}
