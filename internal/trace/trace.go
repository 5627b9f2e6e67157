// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package trace arranges the objects that belong to a subscription as a tree, with the conditions of each. It reads no
// cluster.
package trace

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/delivery"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/table"
)

// Node is an object and those that belong to it.
type Node struct {
	// Kind and Name say which object.
	Kind string `json:"kind"`
	Name string `json:"name"`
	// About is the object in short: a state, a quantity, an amount.
	About string `json:"about,omitempty"`
	// Conditions are the object's conditions, with their reasons: "Ready=True (Reconciled)".
	Conditions []string `json:"conditions,omitempty"`
	// Message explains the first condition that indicates a problem.
	Message string `json:"message,omitempty"`
	// Children belong to the object.
	Children []Node `json:"children,omitempty"`
}

// Objects are the objects in the tree. Lists that were not read are empty.
type Objects struct {
	Subscription *v1alpha1.Subscription
	Products     []v1alpha1.SeatProduct
	// Missing are the names of products that do not exist.
	Missing     []string
	Policies    []Policy
	Clock       *v1alpha1.TestClock
	Updates     []v1alpha1.SubscriptionUpdate
	Invoices    []v1alpha1.Invoice
	Assignments []v1alpha1.SeatAssignment
	// Sinks are those of the namespace. The tree has those that select the subscription.
	Sinks []v1alpha1.EventSink
}

// Policy is a proration policy of either kind; Found is false when it does not exist.
type Policy struct {
	Kind, Name string
	Found      bool
	Spec       v1alpha1.ProrationPolicySpec
	Conditions []metav1.Condition
}

// maxFinished is how many finished updates, and how many invoices, the tree shows: the newest.
const maxFinished = 10

// Of returns the tree of a subscription. It shows the newest ten finished updates and the newest ten invoices, each
// followed by a node that counts the others.
func Of(o Objects) Node {
	s := o.Subscription
	root := Node{
		Kind: "Subscription", Name: s.Name, About: aboutSubscription(s),
		Conditions: conditions(s.Status.Conditions), Message: message(s.Status.Conditions),
	}
	for n := range o.Products {
		p := &o.Products[n]
		root.Children = append(root.Children, Node{
			Kind: "SeatProduct", Name: p.Name, About: aboutProduct(s, p.Name),
			Conditions: conditions(p.Status.Conditions), Message: message(p.Status.Conditions),
		})
	}
	for _, name := range o.Missing {
		root.Children = append(root.Children, Node{Kind: "SeatProduct", Name: name, About: "does not exist"})
	}
	for n := range o.Policies {
		root.Children = append(root.Children, ofPolicy(&o.Policies[n]))
	}
	if c := o.Clock; c != nil {
		root.Children = append(root.Children, Node{
			Kind: "TestClock", Name: c.Name, About: "now " + c.Spec.Now.UTC().Format("2006-01-02T15:04:05Z07:00"),
			Conditions: conditions(c.Status.Conditions), Message: message(c.Status.Conditions),
		})
	}
	root.Children = append(root.Children, updates(s, o.Updates)...)
	root.Children = append(root.Children, invoices(s, o.Invoices)...)
	for n := range o.Assignments {
		a := &o.Assignments[n]
		root.Children = append(root.Children, Node{
			Kind: "SeatAssignment", Name: a.Name, About: fmt.Sprintf("%s of %s", a.Spec.Holder.ID, a.Spec.Item),
			Conditions: conditions(a.Status.Conditions), Message: message(a.Status.Conditions),
		})
	}
	events := delivery.FromSubscription(s)
	for n := range o.Sinks {
		sink := &o.Sinks[n]
		if len(events.SelectedBy([]delivery.Sink{delivery.Of(sink)})) == 0 {
			continue
		}
		root.Children = append(root.Children, Node{
			Kind: "EventSink", Name: sink.Name, Conditions: conditions(sink.Status.Conditions), Message: message(sink.Status.Conditions),
		})
	}
	return root
}

func aboutSubscription(s *v1alpha1.Subscription) string {
	about := string(cmp.Or(s.Status.State, v1alpha1.SubscriptionPending))
	if s.Status.RecurringAmount != "" {
		about += fmt.Sprintf(", %s %s a period", s.Status.RecurringAmount, s.Status.Currency)
	}
	if s.Status.Parked != "" {
		about += ", parked"
	}
	return about
}

// aboutProduct lists the items of the subscription that use a product.
func aboutProduct(s *v1alpha1.Subscription, product string) string {
	var items []string
	for n := range s.Status.Items {
		item := &s.Status.Items[n]
		if item.Product == product {
			items = append(items, fmt.Sprintf("%s: %d on %s", item.Name, item.Quantity, item.Plan))
		}
	}
	return strings.Join(items, ", ")
}

func ofPolicy(p *Policy) Node {
	if !p.Found {
		return Node{Kind: p.Kind, Name: p.Name, About: "does not exist"}
	}
	return Node{
		Kind: p.Kind, Name: p.Name, About: strings.TrimSpace(fmt.Sprintf("%s, %s", cmp.Or(p.Spec.Unit, v1alpha1.UnitDay), p.Spec.Rounding)),
		Conditions: conditions(p.Conditions), Message: message(p.Conditions),
	}
}

// updates are the open updates, then the newest finished ones.
func updates(s *v1alpha1.Subscription, all []v1alpha1.SubscriptionUpdate) []Node {
	all = slices.DeleteFunc(slices.Clone(all), func(u v1alpha1.SubscriptionUpdate) bool { return !facts.Belongs(&u, s) })
	slices.SortStableFunc(all, func(a, b v1alpha1.SubscriptionUpdate) int {
		return cmp.Or(compareBool(facts.Finished(a.Status.State), facts.Finished(b.Status.State)),
			facts.Created(&b).Compare(facts.Created(&a)), cmp.Compare(a.Name, b.Name))
	})
	var nodes []Node
	finished := 0
	for n := range all {
		u := &all[n]
		if facts.Finished(u.Status.State) {
			if finished++; finished > maxFinished {
				continue
			}
		}
		about := string(cmp.Or(u.Status.State, v1alpha1.UpdatePending)) + ", " + cmp.Or(u.Status.Summary, "a change")
		if u.Status.AdjustmentText != "" {
			about += ", " + u.Status.AdjustmentText
		}
		node := Node{Kind: "SubscriptionUpdate", Name: u.Name, About: about, Message: message(u.Status.Conditions)}
		if !facts.Finished(u.Status.State) || u.Status.State == v1alpha1.UpdateRejected {
			node.Conditions = conditions(u.Status.Conditions)
		}
		nodes = append(nodes, node)
	}
	return append(nodes, others("SubscriptionUpdate", finished-maxFinished)...)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// invoices are the newest invoices.
func invoices(s *v1alpha1.Subscription, all []v1alpha1.Invoice) []Node {
	all = slices.DeleteFunc(slices.Clone(all), func(i v1alpha1.Invoice) bool { return i.Spec.SubscriptionRef.UID != facts.Identity(s) })
	slices.SortFunc(all, func(a, b v1alpha1.Invoice) int { return cmp.Compare(b.Spec.Sequence, a.Spec.Sequence) })
	var nodes []Node
	for n := range all[:min(len(all), maxFinished)] {
		i := &all[n]
		nodes = append(nodes, Node{
			Kind: "Invoice", Name: i.Name,
			About:      fmt.Sprintf("%s, %s %s due", i.Spec.Reason, i.Spec.AmountDue, i.Spec.Currency),
			Conditions: conditions(i.Status.Conditions),
		})
	}
	return append(nodes, others("Invoice", len(all)-maxFinished)...)
}

// others counts the objects that the tree leaves out.
func others(kind string, n int) []Node {
	if n <= 0 {
		return nil
	}
	return []Node{{Kind: kind, Name: fmt.Sprintf("and %d older ones", n)}}
}

// conditions are sorted: Ready first, then by type.
func conditions(all []metav1.Condition) []string {
	sorted := slices.SortedFunc(slices.Values(all), func(a, b metav1.Condition) int {
		return cmp.Or(compareBool(a.Type != v1alpha1.ConditionReady, b.Type != v1alpha1.ConditionReady), cmp.Compare(a.Type, b.Type))
	})
	var words []string
	for _, c := range sorted {
		words = append(words, fmt.Sprintf("%s=%s (%s)", c.Type, c.Status, c.Reason))
	}
	return words
}

// message is that of Ready, or of the first condition that is not True when Ready is.
func message(all []metav1.Condition) string {
	if ready := meta.FindStatusCondition(all, v1alpha1.ConditionReady); ready != nil && ready.Status != metav1.ConditionTrue {
		return ready.Message
	}
	for _, c := range slices.SortedFunc(slices.Values(all), func(a, b metav1.Condition) int { return cmp.Compare(a.Type, b.Type) }) {
		if c.Status == metav1.ConditionFalse && c.Type != v1alpha1.ConditionApplied {
			return c.Message
		}
	}
	return ""
}

// Text returns the tree for people, with a newline at the end.
func (n Node) Text() string {
	out := &strings.Builder{}
	n.write(out, "", "")
	return out.String()
}

// write writes a node and its children; first comes before its own line, and rest before the others.
func (n Node) write(out *strings.Builder, first, rest string) {
	line := []string{n.Kind + "/" + n.Name}
	if n.About != "" {
		line = append(line, "("+n.About+")")
	}
	line = append(line, n.Conditions...)
	fmt.Fprintf(out, "%s%s\n", first, table.Plain(strings.Join(line, "  ")))
	inner := rest
	if len(n.Children) > 0 {
		inner += "│ "
	}
	if n.Message != "" {
		fmt.Fprintf(out, "%s  %s\n", inner, table.Plain(n.Message))
	}
	for at := range n.Children {
		if at == len(n.Children)-1 {
			n.Children[at].write(out, rest+"└─ ", rest+"   ")
			continue
		}
		n.Children[at].write(out, rest+"├─ ", rest+"│  ")
	}
}
