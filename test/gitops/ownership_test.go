// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// inOtherWords is a subscription as a person may write it: an instant with an offset, a value that is the
// same when it is left out.
const inOtherWords = `
apiVersion: billing.seatplane.dev/v1alpha1
kind: SeatProduct
metadata: {name: seat}
spec:
  plans:
  - {name: monthly, currency: EUR, interval: {unit: Month, count: 1}, pricing: {model: PerUnit, unitAmount: "10"}}
---
apiVersion: billing.seatplane.dev/v1alpha1
kind: TestClock
metadata: {name: clock}
spec: {now: 2026-04-10T00:00:00Z}
---
apiVersion: billing.seatplane.dev/v1alpha1
kind: Subscription
metadata: {name: acme}
spec:
  customer: {id: acme}
  startTime: "2026-04-01T01:00:00+01:00"
  trial: {endTime: "2026-04-20T02:00:00+02:00", only: false}
  items:
  - {name: editors, productRef: {name: seat}, plan: monthly, quantity: 2}
  testClockRef: {name: clock}
`

// TestOperatorTakesNothingOver: the operator puts its finalizer on a subscription, and none of the spec
// becomes its own by that, however somebody wrote it.
func TestOperatorTakesNothingOver(t *testing.T) {
	folder := t.TempDir()
	for name, content := range map[string]string{
		"all.yaml":           inOtherWords,
		"kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [all.yaml]\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	written := bundle{folder: folder, namespace: "words"}
	written.kubectl(t, "create", "namespace", written.namespace)
	written.kubectl(t, "label", "namespace", written.namespace, testClocks)
	written.apply(t)
	written.settle(t, healthScript(t))
	written.requireNoDrift(t)
	objects, err := written.live(t.Context(), written.rendered(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range objects {
		for _, entry := range object.GetManagedFields() {
			if entry.Manager != tool && entry.FieldsV1 != nil && strings.Contains(entry.FieldsV1.GetRawString(), `"f:spec"`) {
				t.Errorf("%s owns fields of the spec of %s", entry.Manager, named(object))
			}
		}
	}
}
