// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package health summarizes the problems in a namespace or a cluster, from objects that it receives page by page. It reads
// no cluster and no clock.
package health

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/record"
	"github.com/seatplane/seatplane/internal/table"
)

// SchemaVersion is the version of the JSON of a [Summary]. It is raised when a field changes its meaning.
const SchemaVersion = 1

const (
	// tolerance is how late an event may be before it counts as late.
	tolerance = 5 * time.Minute

	// maxExamples is how many objects a finding names.
	maxExamples = 5
)

// Summary has the number of objects, and the problems.
type Summary struct {
	// SchemaVersion is [SchemaVersion].
	SchemaVersion int `json:"schemaVersion"`
	// Plugin is the version of the plugin.
	Plugin string `json:"plugin"`
	// Operators are the images of the operators that are installed, with how many of their pods are ready.
	Operators []string `json:"operators,omitempty"`
	// Counts are how many objects there are, by kind.
	Counts map[string]int `json:"counts"`
	// Findings are what is wrong, most objects first within each kind of problem.
	Findings []Finding `json:"findings"`
	// NotExamined lists what could not be read.
	NotExamined []string `json:"notExamined,omitempty"`
}

// Finding is one problem that some objects have in common.
type Finding struct {
	// Problem is the kind of problem: "not Ready", "late", "pending approval", "load fails".
	Problem string `json:"problem"`
	// Kind is the kind of the objects, and Reason the reason of the condition.
	Kind   string `json:"kind"`
	Reason string `json:"reason"`
	// Count is how many objects have the problem, and Objects are some of them.
	Count   int      `json:"count"`
	Objects []string `json:"objects"`
	// Message is that of the first object.
	Message string `json:"message,omitempty"`
}

// Kinds of problems, in the order in which they are shown.
const (
	loadFails = "load fails"
	notReady  = "not Ready"
	late      = "late"
	held      = "pending approval"
	outOfSync = "not in sync"
)

// Collector summarizes objects that it receives one by one.
type Collector struct {
	now      time.Time
	all      bool
	counts   map[string]int
	findings map[string]*Finding
}

// NewCollector returns a collector for an instant of the wall clock. In a summary of all namespaces, names have their
// namespace.
func NewCollector(now time.Time, allNamespaces bool) *Collector {
	return &Collector{now: now, all: allNamespaces, counts: map[string]int{}, findings: map[string]*Finding{}}
}

// Subscription adds a subscription.
func (c *Collector) Subscription(s *v1alpha1.Subscription) {
	c.count("Subscription")
	c.ready("Subscription", s, s.Status.Conditions)
	for _, condition := range []string{v1alpha1.ConditionInSync, v1alpha1.ConditionSeatsCurrent} {
		found := meta.FindStatusCondition(s.Status.Conditions, condition)
		if found != nil && found.Status == metav1.ConditionFalse {
			problem := outOfSync
			if condition == v1alpha1.ConditionSeatsCurrent {
				problem = loadFails
			}
			c.add(problem, "Subscription", found.Reason, found.Message, s)
		}
	}
	next := record.Instant(s.Status.NextEventTime)
	if !facts.IsByHand(s) && !next.IsZero() && next.Add(tolerance).Before(c.now) && s.Status.State != v1alpha1.SubscriptionSuspended {
		c.add(late, "Subscription", "EventOverdue", fmt.Sprintf("An event was due at %s, but has not been replayed.",
			next.Format(time.RFC3339)), s)
	}
}

// Product adds a product.
func (c *Collector) Product(p *v1alpha1.SeatProduct) {
	c.count("SeatProduct")
	loaded := meta.FindStatusCondition(p.Status.Conditions, v1alpha1.ConditionLoaded)
	if loaded != nil && loaded.Status == metav1.ConditionFalse {
		c.add(loadFails, "SeatProduct", loaded.Reason, loaded.Message, p)
		return
	}
	c.ready("SeatProduct", p, p.Status.Conditions)
}

// Policy adds a proration policy of either kind.
func (c *Collector) Policy(kind string, object metav1.Object, conditions []metav1.Condition) {
	c.count(kind)
	c.ready(kind, object, conditions)
}

// Held adds an update that is pending approval.
func (c *Collector) Held(u *v1alpha1.SubscriptionUpdate) {
	applied := meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionApplied)
	reason, message := v1alpha1.ReasonAwaitingApproval, ""
	if applied != nil {
		reason, message = applied.Reason, applied.Message
	}
	c.add(held, "SubscriptionUpdate", reason, message, u)
}

func (c *Collector) count(kind string) { c.counts[kind]++ }

// ready adds an object that is not Ready. That includes an object that the operator has not seen, but not a subscription
// that has ended.
func (c *Collector) ready(kind string, object metav1.Object, conditions []metav1.Condition) {
	ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	switch {
	case ready == nil:
		c.add(notReady, kind, "NotSeen", "The operator has not seen the object: check that the operator is running.", object)
	case ready.Status == metav1.ConditionTrue, ready.Reason == v1alpha1.ReasonCanceled:
	default:
		c.add(notReady, kind, ready.Reason, ready.Message, object)
	}
}

func (c *Collector) add(problem, kind, reason, message string, object metav1.Object) {
	key := strings.Join([]string{problem, kind, reason}, "/")
	f := c.findings[key]
	if f == nil {
		f = &Finding{Problem: problem, Kind: kind, Reason: reason, Message: message}
		c.findings[key] = f
	}
	f.Count++
	if len(f.Objects) < maxExamples {
		name := object.GetName()
		if c.all && object.GetNamespace() != "" {
			name = object.GetNamespace() + "/" + name
		}
		f.Objects = append(f.Objects, name)
	}
}

// Summary returns the summary of all added objects.
func (c *Collector) Summary() Summary {
	s := Summary{SchemaVersion: SchemaVersion, Counts: c.counts, Findings: []Finding{}}
	for _, f := range c.findings {
		s.Findings = append(s.Findings, *f)
	}
	order := []string{loadFails, notReady, late, held, outOfSync}
	slices.SortFunc(s.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Problem), slices.Index(order, b.Problem)), cmp.Compare(b.Count, a.Count),
			cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Reason, b.Reason))
	})
	return s
}

// Text returns the summary for people, with a newline at the end.
func (s Summary) Text() string {
	out := &strings.Builder{}
	fmt.Fprintf(out, "Plugin %s", s.Plugin)
	for _, operator := range s.Operators {
		fmt.Fprintf(out, ", operator %s", operator)
	}
	out.WriteByte('\n')
	out.WriteString(s.counted() + "\n")
	if len(s.Findings) == 0 {
		out.WriteString("No problems found.\n")
	} else {
		rows := table.Table{Columns: []string{"PROBLEM", "KIND", "REASON", "COUNT", "OBJECTS"}}
		for _, f := range s.Findings {
			objects := strings.Join(f.Objects, ", ")
			if f.Count > len(f.Objects) {
				objects += ", …"
			}
			rows.Add(f.Problem, f.Kind, f.Reason, fmt.Sprint(f.Count), objects)
		}
		fmt.Fprintf(out, "\n%s\n", rows.String())
		for _, f := range s.Findings {
			fmt.Fprintf(out, "%s: %s\n", f.Reason, table.Plain(f.Message))
		}
	}
	for _, what := range s.NotExamined {
		fmt.Fprintf(out, "Not examined: %s\n", table.Plain(what))
	}
	return out.String()
}

// counted describes how many objects there are.
func (s Summary) counted() string {
	var parts []string
	for _, kind := range []string{"Subscription", "SeatProduct", "ProrationPolicy", "ClusterProrationPolicy"} {
		n, found := s.Counts[kind]
		switch {
		case !found:
		case n == 1:
			parts = append(parts, "1 "+kind)
		case strings.HasSuffix(kind, "y"):
			parts = append(parts, fmt.Sprintf("%d %sies", n, strings.TrimSuffix(kind, "y")))
		default:
			parts = append(parts, fmt.Sprintf("%d %ss", n, kind))
		}
	}
	if len(parts) == 0 {
		return "There are no Seatplane objects here."
	}
	return strings.Join(parts, ", ") + "."
}
