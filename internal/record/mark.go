// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/facts"
)

// mark is the part of the final status of an applied update that the outbox stores: everything that does not follow
// from the status of the Subscription that has the outbox. One commit wrote both, and until the update is marked,
// nothing else changes the parts of the status from which the rest follows. So the result is as fixed as if all of it
// were stored (consistency.md#1-one-commit).
type mark struct {
	v1alpha1.SubscriptionUpdateStatus `json:",inline"`

	// DecidedTime is that of the conditions, on the wall clock. A payload without it is the whole status.
	DecidedTime *metav1.Time `json:"decidedTime,omitempty"`
	// LineKeys name the lines, which the same status has: accrued, deferred, or on an invoice in its outbox.
	LineKeys []string `json:"lineKeys,omitempty"`
}

// AbridgeOutbox removes from the outbox of a subscription, which is about to be committed, what follows from the rest
// of its status. [Mark] must read the same result, byte by byte. Otherwise the entry is stored whole.
func AbridgeOutbox(s *v1alpha1.Subscription) error {
	for i := range s.Status.Outbox {
		effect := &s.Status.Outbox[i]
		if effect.Type != v1alpha1.EffectMarkUpdate {
			continue
		}
		raw, err := abridged(s, effect.Payload.Raw)
		if err != nil {
			return fmt.Errorf("abridge the outbox entry of SubscriptionUpdate %q: %w", effect.Name, err)
		}
		effect.Payload = &runtime.RawExtension{Raw: raw}
	}
	return nil
}

// Mark reads the final status of an update from an effect in the outbox of a subscription, as any version wrote it.
func Mark(s *v1alpha1.Subscription, effect *v1alpha1.Effect) (v1alpha1.SubscriptionUpdateStatus, error) {
	var kept mark
	if err := json.Unmarshal(effect.Payload.Raw, &kept); err != nil {
		return v1alpha1.SubscriptionUpdateStatus{}, err
	}
	return kept.restate(s)
}

// abridged returns the part of a payload that has to be stored, or all of it.
func abridged(s *v1alpha1.Subscription, whole []byte) ([]byte, error) {
	var kept mark
	if err := json.Unmarshal(whole, &kept.SubscriptionUpdateStatus); err != nil {
		return nil, err
	}
	if kept.State != v1alpha1.UpdateApplied || len(kept.Conditions) == 0 {
		return whole, nil
	}
	kept.abridge(s)
	again, err := kept.restate(s)
	if err != nil {
		return whole, nil //nolint:nilerr // a line is in no document and rounds to zero, or was folded: all are kept
	}
	restated, err := json.Marshal(again)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(restated, whole) {
		return whole, nil
	}
	return json.Marshal(kept)
}

// abridge leaves out what restate fills in.
func (m *mark) abridge(s *v1alpha1.Subscription) {
	m.DecidedTime = m.Conditions[0].LastTransitionTime.DeepCopy()
	for _, line := range m.Lines {
		m.LineKeys = append(m.LineKeys, line.Key)
	}
	m.Conditions, m.Lines, m.SubscriptionUID, m.AdjustmentText = nil, nil, "", ""
	if m.Currency == s.Status.Currency {
		m.Currency = ""
	}
	if m.AppliedTime.Equal(m.ApplyAt) {
		m.AppliedTime = nil
	}
	if m.EffectiveTime.Equal(m.ApplyAt) {
		m.EffectiveTime = nil
	}
	if p := s.Status.CurrentPeriod; p != nil && m.NewRenewalTime.Equal(&p.End) {
		m.NewRenewalTime = nil
	}
	m.Changes = slices.Clone(m.Changes)
	for i := range m.Changes {
		change := &m.Changes[i]
		if len(m.Changes) == 1 && change.AdjustmentAmount == m.AdjustmentAmount {
			change.AdjustmentAmount = ""
		}
		item := itemStatus(s, change.Item)
		if item != nil && change.Product == item.Product && change.PreviousPlan == item.Plan && change.NewPlan == item.Plan {
			change.Product, change.PreviousPlan, change.NewPlan = "", "", ""
		}
	}
}

// restate fills in what a mark leaves out.
func (m mark) restate(s *v1alpha1.Subscription) (v1alpha1.SubscriptionUpdateStatus, error) {
	st := m.SubscriptionUpdateStatus
	if m.DecidedTime == nil {
		return st, nil
	}
	var err error
	if st.Lines, err = committedLines(&s.Status, m.LineKeys); err != nil {
		return st, err
	}
	setUpdateConditions(&st, subscription.Fault{Reason: subscription.ReasonApplied, Message: subscription.AppliedMessage}, 1, m.DecidedTime.Time)
	st.SubscriptionUID, st.AdjustmentText = facts.Identity(s), string(st.AdjustmentAmount)
	if st.Currency == "" {
		st.Currency = s.Status.Currency
	}
	if st.AppliedTime == nil {
		st.AppliedTime = st.ApplyAt
	}
	if st.EffectiveTime == nil {
		st.EffectiveTime = st.ApplyAt
	}
	if p := s.Status.CurrentPeriod; p != nil && st.NewRenewalTime == nil {
		st.NewRenewalTime = p.End.DeepCopy()
	}
	st.Changes = slices.Clone(st.Changes)
	for i := range st.Changes {
		restateChange(s, &st, &st.Changes[i])
	}
	return st, nil
}

func restateChange(s *v1alpha1.Subscription, st *v1alpha1.SubscriptionUpdateStatus, change *v1alpha1.ItemChange) {
	if len(st.Changes) == 1 && change.AdjustmentAmount == "" {
		change.AdjustmentAmount = st.AdjustmentAmount
	}
	if item := itemStatus(s, change.Item); item != nil && change.Product == "" {
		change.Product, change.PreviousPlan, change.NewPlan = item.Product, item.Plan, item.Plan
	}
}

func itemStatus(s *v1alpha1.Subscription, name v1alpha1.EntryName) *v1alpha1.SubscriptionItemStatus {
	for i := range s.Status.Items {
		if s.Status.Items[i].Name == name {
			return &s.Status.Items[i]
		}
	}
	return nil
}

// committedLines returns the lines of a status that have the keys, whole and in the order of the keys: of those that are
// accrued, deferred, and on the invoices in its outbox. It is an error if one is in none of these.
func committedLines(s *v1alpha1.SubscriptionStatus, keys []string) ([]v1alpha1.Line, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	wanted := func(lines []v1alpha1.Line) []v1alpha1.Line {
		return slices.DeleteFunc(slices.Clone(lines), func(l v1alpha1.Line) bool { return !slices.Contains(keys, l.Key) })
	}
	state, err := ReadState(s)
	if err != nil {
		return nil, err
	}
	found := wanted(Lines(state.Accrued, state.Currency))
	for i := range s.Deferred {
		found = append(found, s.Deferred[i].Line)
	}
	for i := range s.Outbox {
		if s.Outbox[i].Type != v1alpha1.EffectCreateInvoice {
			continue
		}
		var invoice v1alpha1.InvoiceSpec
		if err := json.Unmarshal(s.Outbox[i].Payload.Raw, &invoice); err != nil {
			return nil, fmt.Errorf("read the outbox entry of Invoice %q: %w", s.Outbox[i].Name, err)
		}
		found = append(found, wanted(invoice.Lines)...)
	}
	lines := make([]v1alpha1.Line, 0, len(keys))
	for _, key := range keys {
		at := slices.IndexFunc(found, func(l v1alpha1.Line) bool { return l.Key == key })
		if at < 0 {
			return nil, fmt.Errorf("the status has no line %q", key)
		}
		lines = append(lines, found[at])
	}
	return lines, nil
}
