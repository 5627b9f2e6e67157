// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package status_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/seatplane/seatplane/internal/status"
)

func TestRefusal(t *testing.T) {
	invoices := schema.GroupResource{Group: "billing.seatplane.dev", Resource: "invoices"}
	kind := schema.GroupKind{Group: "billing.seatplane.dev", Kind: "Invoice"}
	for name, row := range map[string]struct {
		reason  string
		err     error
		refused bool
		says    string
	}{
		"forbidden": {
			reason: "a quota is used up", err: fmt.Errorf("create: %w", apierrors.NewForbidden(invoices, "a", errors.New("exceeded quota"))), refused: true,
			says: `The API server refused a write of invoices: invoices.billing.seatplane.dev "a" is forbidden: exceeded quota.`,
		},
		"invalid": {
			reason: "the field is named", refused: true,
			err:  apierrors.NewInvalid(kind, "a", field.ErrorList{field.Invalid(field.NewPath("spec", "amountDue"), "x", "is too long")}),
			says: `The API server refused a write of Invoice, field spec.amountDue: Invalid value: "x": is too long.`,
		},
		"a long sentence": {
			reason: "a value may be large", err: apierrors.NewBadRequest(strings.Repeat("é", 400) + "."), refused: true,
			says: "The API server refused a write: " + strings.Repeat("é", 300) + "….",
		},
		"a conflict": {
			reason: "trying again helps", err: apierrors.NewConflict(invoices, "a", errors.New("changed")),
			says: `The API server refused a write of invoices: Operation cannot be fulfilled on invoices.billing.seatplane.dev "a": changed.`,
		},
		"another error": {reason: "it is not the API server's", err: errors.New("broken"), says: "The API server refused a write."},
	} {
		t.Run(name, func(t *testing.T) {
			if got := status.IsRefused(row.err); got != row.refused {
				t.Errorf("%s: IsRefused is %v", row.reason, got)
			}
			if got := status.Refusal(row.err); got != row.says {
				t.Errorf("%s: got %q, want %q", row.reason, got, row.says)
			}
		})
	}
}

func TestReadRefusal(t *testing.T) {
	clocks := schema.GroupResource{Group: "billing.seatplane.dev", Resource: "testclocks"}
	err := fmt.Errorf("read TestClock: %w", apierrors.NewForbidden(clocks, "clock", errors.New("no rights")))
	want := `The API server refused a read of testclocks: testclocks.billing.seatplane.dev "clock" is forbidden: no rights.`
	if got := status.ReadRefusal(err); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
