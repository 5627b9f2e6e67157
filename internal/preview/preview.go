// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/billing/subscription"
	"github.com/seatplane/seatplane/internal/manifests"
	"github.com/seatplane/seatplane/internal/offline"
)

// Compare computes what manifests would cost. It reads every subscription of the source, and computes those that the
// manifests affect twice. The error explains why there is no report. Problems of a manifest are part of the report.
func Compare(ctx context.Context, schemas *manifests.Schemas, source *offline.Source, documents []manifests.Document, options Options) (Report, error) {
	report := Report{
		SchemaVersion: SchemaVersion, Kind: Kind, Against: source.Name,
		Time: instant(options.Now.Time), StateTime: instant(source.Time),
	}
	p := propose(ctx, schemas, source, documents, options, &report)
	collected := newCollector()
	var mu sync.Mutex
	err := source.Each(ctx, func(of offline.Case) error {
		f := p.examine(ctx, of)
		mu.Lock()
		defer mu.Unlock()
		collected.add(f)
		return nil
	})
	if err != nil {
		return Report{}, err
	}
	for _, d := range p.newSubscriptions() {
		collected.add(p.create(ctx, d))
	}
	if p.failed != nil {
		return Report{}, p.failed
	}
	report.NotExamined = slices.SortedFunc(slices.Values(p.orphans(ctx)), func(a, b Problem) int { return cmp.Compare(a.Where, b.Where) })
	report.Invalid = slices.SortedFunc(slices.Values(p.invalid), func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Where, b.Where), cmp.Compare(a.Message, b.Message))
	})
	collected.report(&report)
	for i := range report.Catalogue {
		for _, label := range report.Catalogue[i].Objects {
			for _, edit := range p.edited[label] {
				report.Catalogue[i].Edits = append(report.Catalogue[i].Edits, label+" "+edit)
			}
		}
	}
	report.Warnings = p.warnings(&report)
	report.Result = resultOf(&report)
	return report, nil
}

// resultOf returns the result of a report. Subscriptions that were not examined may change.
func resultOf(r *Report) Result {
	switch {
	case len(r.Invalid)+len(r.Refused) > 0:
		return Rejected
	case changesAnything(r) || len(r.NotExamined) > 0 || r.Counts.NotExamined > 0:
		return Changed
	default:
		return Unchanged
	}
}

// changesAnything reports whether an amount changes, or whether the items or seats of a customer change. An update
// that is only a preview changes neither.
func changesAnything(r *Report) bool {
	if c := r.Counts; c.Up+c.Down+c.Created+c.Removed > 0 {
		return true
	}
	return slices.ContainsFunc(r.Changes, func(c Change) bool {
		return slices.ContainsFunc(c.Outcomes, func(o Outcome) bool { return o.State != string(subscription.IsPreviewed) })
	})
}

// examine computes an existing subscription in both worlds, if the manifests concern it.
func (p *proposal) examine(ctx context.Context, of offline.Case) finding {
	p.exists(types.NamespacedName{Namespace: of.Subscription.Namespace, Name: of.Subscription.Name})
	where := p.label(manifests.KindSubscription, types.NamespacedName{Namespace: of.Subscription.Namespace, Name: of.Subscription.Name})
	p.refuseTaken(&of)
	direct := p.names(&of)
	objects := p.used(&of)
	if !direct && len(objects) == 0 {
		return finding{verdict: unchanged}
	}
	var err error
	if of.Earlier, err = p.source.EarlierOf(ctx, of.Subscription); err != nil {
		return finding{verdict: notExamined, direct: direct, objects: objects, problem: Problem{Where: where, Message: sentence(err)}}
	}
	after, action := of, Edit
	if direct {
		var ok bool
		if after, action, ok = p.apply(ctx, of); !ok {
			return finding{verdict: notExamined, direct: true} // the manifest is listed as invalid
		}
		if action == Edit && len(objects) > 0 && sameCase(&of, &after) {
			direct = false // a whole directory names everything
		}
	}
	before, err := p.look(p.source.Catalogue, of)
	if err == nil {
		var then side
		if then, err = p.look(p.after, after); err == nil {
			f := compare(after.Subscription, where, action, before, then)
			f.direct, f.objects = direct, objects
			return f
		}
	}
	return finding{verdict: notExamined, direct: direct, objects: objects, problem: Problem{Where: where, Message: sentence(err)}}
}

// create computes a subscription that does not exist yet.
func (p *proposal) create(ctx context.Context, d manifests.Document) finding {
	where := p.label(manifests.KindSubscription, nameOf(d.Object))
	of, ok := p.createSubscription(ctx, d)
	if !ok {
		return finding{verdict: notExamined, direct: true}
	}
	then, err := p.look(p.after, of)
	if err != nil {
		return finding{verdict: notExamined, direct: true, problem: Problem{Where: where, Message: sentence(err)}}
	}
	f := compare(of.Subscription, where, Create, side{}, then)
	f.direct = true
	return f
}

// look computes a subscription with the products and policies of one world.
func (p *proposal) look(catalogue *offline.Catalogue, of offline.Case) (side, error) {
	objects, err := catalogue.Objects(of, p.options.Now.Time)
	if err != nil {
		return side{}, err
	}
	return look(objects)
}

// newSubscriptions are the manifests of subscriptions that do not exist, by name.
func (p *proposal) newSubscriptions() []manifests.Document {
	var documents []manifests.Document
	for name, d := range p.subscriptions {
		if !p.seen[name] {
			documents = append(documents, d)
		}
	}
	slices.SortFunc(documents, func(a, b manifests.Document) int {
		return cmp.Or(cmp.Compare(a.Object.GetNamespace(), b.Object.GetNamespace()), cmp.Compare(a.Object.GetName(), b.Object.GetName()))
	})
	return documents
}

// maxStale is how old counts may be before a reader is warned.
const maxStale = 24 * time.Hour

// warnings are the collected notes, and what a reader should know about the source.
func (p *proposal) warnings(r *Report) []string {
	notes := slices.Clone(p.notes)
	if p.options.Made.Sub(p.source.Time) > maxStale {
		notes = append(notes, "The counts and the state are from "+r.StateTime+": take a new snapshot for newer ones.")
	}
	slices.Sort(notes)
	return slices.Compact(notes)
}

// sameCase reports whether the manifests do not change a subscription itself. What a snapshot does not contain, because it
// is about people, is not compared.
func sameCase(before, after *offline.Case) bool {
	return sameSubscription(before.Subscription, after.Subscription) &&
		sameSpec(before.Updates, after.Updates) && sameSpec(withoutHolders(before.Assignments), withoutHolders(after.Assignments))
}

func sameSubscription(before, after *v1alpha1.Subscription) bool {
	if before == after {
		return true
	}
	return sameSpec(offline.WithoutPeople(before).Spec, offline.WithoutPeople(after).Spec) && sameSpec(before.Annotations, after.Annotations)
}

func withoutHolders(assignments []v1alpha1.SeatAssignment) []v1alpha1.SeatAssignment {
	var kept []v1alpha1.SeatAssignment
	for i := range assignments {
		kept = append(kept, *offline.WithoutHolder(&assignments[i]))
	}
	return kept
}

// sentence makes an error a sentence.
func sentence(err error) string {
	text := strings.TrimSuffix(err.Error(), ".")
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
