// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/status"
)

// This file computes the status of an archive. It is pure.

// fault is why an archive cannot be worked with.
type fault struct {
	reason, message string
	// detail is the server's own text, for the log.
	detail string
}

// faultOf explains a failure of a loader process, or of a Secret.
func faultOf(f *dataloader.Failure) *fault {
	reason := v1alpha1.ReasonDatabaseError
	switch f.Reason {
	case dataloader.ReasonSourceUnreachable:
		reason = v1alpha1.ReasonDatabaseUnreachable
	case dataloader.ReasonSecretNotFound, dataloader.ReasonSecretNotAllowed:
		reason = string(f.Reason)
	default:
	}
	return &fault{reason: reason, message: sentence(f.Message), detail: f.Detail}
}

// sentence makes a failure's text a sentence.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + strings.TrimSuffix(text[1:], ".") + "."
}

// findings are what a pass found.
type findings struct {
	fault    *fault
	synced   bool
	problems []problem
	// archived and pending count records, and oldest is when the oldest pending one was created.
	archived, pending int
	oldest, last      time.Time
}

// findings sums a pass up.
func (p *pass) findings() findings {
	f := findings{fault: p.fault, synced: p.known.synced, last: p.known.last}
	for _, i := range p.mine {
		if _, isHeld := p.known.held[i.uid]; isHeld {
			f.archived++
			continue
		}
		f.pending++
		if f.oldest.IsZero() || i.created.Before(f.oldest) {
			f.oldest = i.created
		}
	}
	for _, each := range p.known.problems {
		f.problems = append(f.problems, each)
	}
	slices.SortFunc(f.problems, func(a, b problem) int {
		return cmp.Or(cmp.Compare(b.differs, a.differs), cmp.Compare(a.item.name, b.item.name))
	})
	return f
}

// describe writes findings into the status of an archive.
func describe(a *v1alpha1.Archive, f findings, now time.Time) {
	s := &a.Status
	s.ObservedGeneration = a.Generation
	s.LastError = ""
	if f.synced {
		s.Archived, s.Pending = ptr.To(int64(f.archived)), ptr.To(int64(f.pending))
		s.OldestPendingTime = instant(f.oldest)
	}
	if !f.last.IsZero() {
		s.LastArchivedTime = instant(f.last)
	}
	set := status.Of(&s.Conditions, a.Generation, now)
	defer func() { s.LastError = shortened(s.LastError) }()
	switch {
	case f.fault != nil:
		s.LastError = f.fault.message
		f.fault.report(set)
	case len(f.problems) > 0 && f.problems[0].differs != "":
		s.LastError = differs(f.problems[0])
		set.Stalled(v1alpha1.ReasonRecordDiffers, s.LastError)
	case len(f.problems) > 0 && f.problems[0].unmarked != "":
		s.LastError = unmarked(f.problems[0])
		set.Stalled(v1alpha1.ReasonCommitRefused, s.LastError)
	case len(f.problems) > 0:
		s.LastError = refused(f.problems[0])
		set.Stalled(v1alpha1.ReasonDatabaseError, s.LastError)
	default:
		set.Ready(v1alpha1.ReasonArchiving, "Finished updates and invoices are copied to the database as they finish.")
	}
}

// maxError bounds lastError in bytes, as the API does.
const maxError = 1000

// shortened cuts a sentence that is too long for the status.
func shortened(text string) string {
	if len(text) <= maxError {
		return text
	}
	return strings.ToValidUTF8(text[:maxError], "") + "…"
}

// report sets the conditions of an archive that cannot be worked with. Billing continues, and retention deletes nothing.
func (f *fault) report(set status.Conditions) {
	const waits = " Billing continues. Nothing is deleted until the archive works, and the operator keeps trying."
	if f.reason == v1alpha1.ReasonDatabaseUnreachable {
		set.InProgress(f.reason, f.message+waits)
		return
	}
	set.Stalled(f.reason, f.message+waits)
}

// differs explains that a stored record is not the one of the cluster.
func differs(p problem) string {
	return fmt.Sprintf("The database holds a record that differs from the %s %q of the cluster in %s. Nothing was overwritten. "+
		"Find out which of the two is right, and correct the row in the database, or delete the object.", p.item.kind, p.item.name, p.differs)
}

// refused explains that the database accepts everything but the content of a record.
func refused(p problem) string {
	return fmt.Sprintf("The database does not accept the %s %q (SQLSTATE %s). Other records are archived. "+
		"Compare the object with the table in the documentation of the archive.", p.item.kind, p.item.name, p.refused)
}

// unmarked explains that an invoice does not say that it is archived.
func unmarked(p problem) string {
	return fmt.Sprintf("The database holds the Invoice %q, but the Invoice could not be marked as archived, so it is kept in the cluster. %s "+
		"Correct the invoice, or the rights of the operator. Other records are archived.", p.item.name, p.unmarked)
}

func instant(at time.Time) *metav1.Time {
	if at.IsZero() {
		return nil
	}
	return ptr.To(metav1.NewTime(at.UTC().Truncate(time.Second)))
}
