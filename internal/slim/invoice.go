// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package slim

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// contentAnnotation holds the digest of the content of an invoice from the cache. Transform sets it on every invoice, so
// its value in the cluster does not count.
const contentAnnotation = ownAnnotations + "content"

// invoiceRecord keeps the parts of an invoice that are read: its owner, its number and that of its event, the time it covers, whether it is
// archived, and a digest of its content. One line is left, with the latest end of all lines.
func invoiceRecord(i *v1alpha1.Invoice) *v1alpha1.Invoice {
	if _, already := i.Annotations[contentAnnotation]; already && i.Spec.Currency == "" {
		return i
	}
	kept := &v1alpha1.Invoice{TypeMeta: i.TypeMeta, ObjectMeta: recordMeta(i, &i.ObjectMeta)}
	kept.Annotations = map[string]string{contentAnnotation: digest(&i.Spec)}
	kept.Spec = v1alpha1.InvoiceSpec{
		SubscriptionRef: i.Spec.SubscriptionRef, Customer: v1alpha1.Customer{ID: i.Spec.Customer.ID},
		Sequence: i.Spec.Sequence, IssueTime: i.Spec.IssueTime, EventSequence: i.Spec.EventSequence,
		PeriodEnd: i.Spec.PeriodEnd, BilledUntil: i.Spec.BilledUntil, Lines: latest(i.Spec.Lines),
	}
	if archived := meta.FindStatusCondition(i.Status.Conditions, v1alpha1.ConditionArchived); archived != nil {
		kept.Status.Conditions = []metav1.Condition{{
			Type: archived.Type, Status: archived.Status, LastTransitionTime: archived.LastTransitionTime,
		}}
	}
	return kept
}

// latest returns the latest end of all lines, as one line without anything else; nil if no line has an end.
func latest(lines []v1alpha1.Line) []v1alpha1.Line {
	var to *metav1.Time
	for n := range lines {
		if lines[n].To != nil && (to == nil || to.Before(lines[n].To)) {
			to = lines[n].To
		}
	}
	if to == nil {
		return nil
	}
	return []v1alpha1.Line{{To: to.DeepCopy()}}
}

// digest returns a digest of the content of an invoice.
func digest(spec *v1alpha1.InvoiceSpec) string {
	written, err := json.Marshal(spec)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(written)
	return hex.EncodeToString(sum[:])
}

// SameContent reports whether an invoice from the cache has exactly the content and the owners of another one. It is
// always false for an invoice that does not come from the cache.
func SameContent(cached, other *v1alpha1.Invoice) bool {
	content := cached.Annotations[contentAnnotation]
	return content != "" && content == digest(&other.Spec) &&
		equality.Semantic.DeepEqual(cached.OwnerReferences, other.OwnerReferences)
}

// archivals are the statuses of the condition Archived, and "" for none. A packed invoice stores the index.
var archivals = []metav1.ConditionStatus{"", metav1.ConditionTrue, metav1.ConditionFalse, metav1.ConditionUnknown}

// packedInvoice is an invoice in a compact form.
type packedInvoice struct {
	packedMeta
	subscription, customer                                string
	of                                                    packedUID
	content                                               [sha256.Size]byte
	sequence, event                                       int64
	issued, periodEnd, billedUntil, latest, archivalSince packedTime
	archival                                              int8
}

// packInvoice packs what invoiceRecord keeps; nil for an invoice that cannot be packed.
func packInvoice(i *v1alpha1.Invoice) *packedInvoice {
	at, plain := packMeta(&i.ObjectMeta)
	of, ofIsPlain := packUID(i.Spec.SubscriptionRef.UID)
	content, err := hex.DecodeString(i.Annotations[contentAnnotation])
	if !plain || !ofIsPlain || err != nil || len(content) != sha256.Size || len(i.Spec.Lines) > 1 || len(i.Status.Conditions) > 1 {
		return nil
	}
	p := &packedInvoice{
		packedMeta: at, subscription: shared(i.Spec.SubscriptionRef.Name, at.name), customer: i.Spec.Customer.ID, of: of,
		content: [sha256.Size]byte(content), sequence: i.Spec.Sequence, event: i.Spec.EventSequence, issued: packTime(i.Spec.IssueTime),
		periodEnd: packInstant(i.Spec.PeriodEnd), billedUntil: packInstant(i.Spec.BilledUntil),
	}
	for n := range i.Spec.Lines {
		p.latest = packInstant(i.Spec.Lines[n].To)
	}
	for _, condition := range i.Status.Conditions {
		p.archival, p.archivalSince = place(archivals, condition.Status), packTime(condition.LastTransitionTime)
		if p.archival <= 0 {
			return nil
		}
	}
	return p
}

// whole makes the invoice that was packed.
func (p *packedInvoice) whole() any {
	i := &v1alpha1.Invoice{ObjectMeta: p.objectMeta()}
	i.Annotations = map[string]string{contentAnnotation: hex.EncodeToString(p.content[:])}
	i.Spec = v1alpha1.InvoiceSpec{
		SubscriptionRef: v1alpha1.SubscriptionReference{Name: p.subscription, UID: p.of.uid()},
		Customer:        v1alpha1.Customer{ID: p.customer}, Sequence: p.sequence, EventSequence: p.event, IssueTime: p.issued.time(),
		PeriodEnd: p.periodEnd.instant(), BilledUntil: p.billedUntil.instant(),
	}
	if p.latest != 0 {
		i.Spec.Lines = []v1alpha1.Line{{To: p.latest.instant()}}
	}
	if p.archival != 0 {
		i.Status.Conditions = []metav1.Condition{{
			Type: v1alpha1.ConditionArchived, Status: archivals[p.archival], LastTransitionTime: p.archivalSince.time(),
		}}
	}
	return i
}
