// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
)

// Kind is a kind of record.
type Kind string

// The kinds of records.
const (
	// KindSubscription is one version of a subscription's terms.
	KindSubscription Kind = "Subscription"
	// KindUpdate is a finished SubscriptionUpdate.
	KindUpdate Kind = "SubscriptionUpdate"
	// KindInvoice is an Invoice.
	KindInvoice Kind = "Invoice"
)

// Record is one object as rows.
type Record struct {
	Kind Kind
	// UID is the object's. It identifies the record within a batch of one kind.
	UID string
	// Head is the row of the object itself. Parts are the rows of its parts, in the order of [TableOf].
	Head  Row
	Parts [][]Row
	// State is the row of an invoice's state, which is not a part of the record. It is nil for other kinds.
	State Row
}

// Bytes returns roughly how much memory the record's texts take.
func (r Record) Bytes() int {
	size := 0
	for _, rows := range append([][]Row{{r.Head, r.State}}, r.Parts...) {
		for _, row := range rows {
			for _, value := range row {
				size += 16
				if value != nil {
					size += len(*value)
				}
			}
		}
	}
	return size
}

// OfSubscription returns the terms of a subscription: its spec at its present generation.
func OfSubscription(cell string, s *v1alpha1.Subscription) (Record, error) {
	object, err := encode(v1alpha1.Subscription{TypeMeta: typeOf("Subscription"), ObjectMeta: lasting(s), Spec: s.Spec})
	if err != nil {
		return Record{}, fmt.Errorf("encode Subscription %q: %w", s.Name, err)
	}
	sum := sha256.Sum256([]byte(*object))
	clock := ""
	if s.Spec.TestClockRef != nil {
		clock = s.Spec.TestClockRef.Name
	}
	return Record{Kind: KindSubscription, UID: string(facts.Identity(s)), Head: Row{
		text(string(facts.Identity(s))), number(facts.Generation(s)), text(hex.EncodeToString(sum[:16])), text(cell), text(s.Namespace), text(s.Name),
		text(s.Spec.Customer.ID), text(s.Spec.Customer.DisplayName), text(s.Spec.ExternalRef), text(clock),
		born(s), object,
	}}, nil
}

// OfUpdate returns a finished update. Its approval is in its status: what is edited after it finished does not count.
func OfUpdate(cell string, u *v1alpha1.SubscriptionUpdate) (Record, error) {
	spec := u.Spec
	spec.Approved = u.Status.ApprovedTime != nil
	told := lastingStatus(u.Status)
	object, err := encode(v1alpha1.SubscriptionUpdate{
		TypeMeta: typeOf("SubscriptionUpdate"), ObjectMeta: lasting(u), Spec: spec, Status: told,
	})
	if err != nil {
		return Record{}, fmt.Errorf("encode SubscriptionUpdate %q: %w", u.Name, err)
	}
	reason := ""
	if applied := meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionApplied); applied != nil {
		reason = applied.Reason
	}
	items := make([]Row, 0, len(u.Status.Changes))
	for n := range u.Status.Changes {
		c := &u.Status.Changes[n]
		items = append(items, Row{
			text(string(facts.Identity(u))), number(int64(n)), text(c.Item), text(c.Product), text(c.ProductExternalRef),
			text(c.PreviousPlan), text(c.NewPlan), number(c.PreviousCount), number(c.NewCount), text(string(c.AdjustmentAmount)),
		})
	}
	s := &u.Status
	return Record{Kind: KindUpdate, UID: string(facts.Identity(u)), Parts: [][]Row{items, lines(string(facts.Identity(u)), s.Lines)}, Head: Row{
		text(string(facts.Identity(u))), text(cell), text(u.Namespace), text(u.Name),
		given(string(cmp.Or(s.SubscriptionUID, u.Spec.SubscriptionRef.UID))), text(u.Spec.SubscriptionRef.Name),
		text(string(s.Origin)), text(string(s.State)), text(reason), text(s.Summary),
		born(u), instant(s.AppliedTime), instant(s.EffectiveTime),
		text(string(s.AdjustmentAmount)), text(string(s.Currency)), text(s.Invoice), object,
	}}, nil
}

// lastingStatus is the part of a finished update's status that never changes, not even when the update is exported and
// imported. Generations begin again then, and mean nothing without metadata.generation, which is not archived.
func lastingStatus(of v1alpha1.SubscriptionUpdateStatus) v1alpha1.SubscriptionUpdateStatus {
	of.Imported, of.ObservedGeneration = nil, 0
	of.Conditions = slices.Clone(of.Conditions)
	for n := range of.Conditions {
		of.Conditions[n].ObservedGeneration = 0
	}
	return of
}

// OfInvoice returns an invoice, and its state.
func OfInvoice(cell string, i *v1alpha1.Invoice) (Record, error) {
	object, err := encode(v1alpha1.Invoice{TypeMeta: typeOf("Invoice"), ObjectMeta: lasting(i), Spec: i.Spec})
	if err != nil {
		return Record{}, fmt.Errorf("encode Invoice %q: %w", i.Name, err)
	}
	s := &i.Spec
	paid, paidAt := state(i.Status.Conditions, v1alpha1.ConditionPaid)
	void, voidAt := state(i.Status.Conditions, v1alpha1.ConditionVoid)
	return Record{
		Kind: KindInvoice, UID: string(facts.Identity(i)), Parts: [][]Row{lines(string(facts.Identity(i)), s.Lines)},
		Head: Row{
			text(string(facts.Identity(i))), text(cell), text(i.Namespace), text(i.Name),
			given(string(s.SubscriptionRef.UID)), text(s.SubscriptionRef.Name), text(s.Customer.ID), text(s.Customer.DisplayName),
			text(string(s.Type)), text(string(s.Reason)), number(s.Sequence), instant(&s.IssueTime),
			instant(s.PeriodStart), instant(s.PeriodEnd), text(string(s.Currency)), text(string(s.Subtotal)),
			text(string(s.CreditApplied)), text(string(s.AmountDue)), text(string(s.CreditBalanceAfter)), text(s.Previous),
			born(i), object,
		},
		State: Row{text(string(facts.Identity(i))), text(i.ResourceVersion), paid, paidAt, void, voidAt},
	}, nil
}

func lines(of string, from []v1alpha1.Line) []Row {
	rows := make([]Row, 0, len(from))
	for n := range from {
		l := &from[n]
		rows = append(rows, Row{
			text(of), number(int64(n)), text(l.Key), text(l.Item), text(l.Product), text(l.Plan), text(string(l.Kind)),
			text(l.Description), count(l.Quantity), text(string(l.UnitAmount)), text(string(l.FullAmount)), instant(l.From), instant(l.To),
			text(string(l.Units)), text(string(l.UnitsInPeriod)), text(string(l.Unit)), text(string(l.Rounding)),
			text(string(l.UnroundedAmount)), text(string(l.Carried)), text(string(l.Amount)), text(l.Update), count(l.Count),
			text(l.FirstUpdate), text(l.LastUpdate),
		})
	}
	return rows
}

// state returns whether a condition is true, and since when.
func state(conditions []metav1.Condition, of string) (is, since *string) {
	condition := meta.FindStatusCondition(conditions, of)
	if condition == nil || condition.Status != metav1.ConditionTrue {
		return given("false"), nil
	}
	return given("true"), instant(&condition.LastTransitionTime)
}

func typeOf(kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: kind}
}

// lasting is the metadata that never changes, not even when an object is exported and imported.
func lasting(of metav1.Object) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Namespace: of.GetNamespace(), Name: of.GetName(), UID: facts.Identity(of), CreationTimestamp: metav1.NewTime(facts.Created(of)),
	}
}

// born returns when an object was first created.
func born(of metav1.Object) *string {
	created := metav1.NewTime(facts.Created(of))
	return instant(&created)
}

// text returns a text, or NULL for none.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return given(s)
}

// given returns a text that may be empty.
func given(s string) *string {
	clean := storable(s)
	return &clean
}

func number(n int64) *string { return given(strconv.FormatInt(n, 10)) }

func count(n *int64) *string {
	if n == nil {
		return nil
	}
	return number(*n)
}

// instant returns an instant in UTC, in whole seconds, or NULL for none.
func instant(at *metav1.Time) *string {
	if at == nil || at.IsZero() {
		return nil
	}
	return given(at.UTC().Truncate(time.Second).Format(time.RFC3339))
}

// storable replaces what a PostgreSQL text cannot hold: zero bytes, and bytes that are not UTF-8.
func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// encode returns an object as JSON, with every zero byte of a text replaced.
func encode(object any) (*string, error) {
	written, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	if bytes.Contains(written, []byte(`\u0000`)) {
		read, err := decode(string(written))
		if err != nil {
			return nil, err
		}
		if written, err = json.Marshal(cleaned(read)); err != nil {
			return nil, err
		}
	}
	s := string(written)
	return &s, nil
}

// decode parses JSON without losing digits of numbers.
func decode(s string) (any, error) {
	decoder := json.NewDecoder(strings.NewReader(s))
	decoder.UseNumber()
	var read any
	err := decoder.Decode(&read)
	return read, err
}

func cleaned(value any) any {
	switch v := value.(type) {
	case string:
		return storable(v)
	case []any: // its elements are replaced in place
		for n := range v {
			v[n] = cleaned(v[n])
		}
	case map[string]any:
		clean := make(map[string]any, len(v))
		for key, each := range v {
			clean[storable(key)] = cleaned(each)
		}
		return clean
	}
	return value
}
