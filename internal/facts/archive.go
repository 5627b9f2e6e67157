// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package facts

import (
	"cmp"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// Cell returns the name under which an archive stores the records of its cluster.
func Cell(a *v1alpha1.Archive) string { return cmp.Or(a.Spec.Cell, "default") }

// Schema returns the schema that has an archive's tables.
func Schema(a *v1alpha1.Archive) string { return cmp.Or(a.Spec.Postgres.Schema, "seatplane") }

// AheadPrefix is how the sentence begins in which a subscription says that an archive is ahead of it.
func AheadPrefix(archive string) string { return fmt.Sprintf("The Archive %q holds ", archive) }

// SaysAheadOf reports whether a subscription says that this archive is ahead of it, and not another one.
func SaysAheadOf(s *v1alpha1.Subscription, archive string) bool {
	return strings.HasPrefix(SaysArchiveAhead(s), AheadPrefix(archive))
}

// SaysArchiveAhead returns the sentence in which a subscription says that an archive is ahead of it, or "".
func SaysArchiveAhead(s *v1alpha1.Subscription) string {
	ready := meta.FindStatusCondition(s.Status.Conditions, v1alpha1.ConditionReady)
	if ready == nil || ready.Reason != v1alpha1.ReasonArchiveAhead {
		return ""
	}
	return ready.Message
}
