// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"context"
	"fmt"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/manifests"
	"github.com/seatplane/seatplane/internal/offline"
)

// names reports whether the manifests name a subscription, or an update or assignment of it, or remove one of these.
func (p *proposal) names(of *offline.Case) bool {
	name := types.NamespacedName{Namespace: of.Subscription.Namespace, Name: of.Subscription.Name}
	_, named := p.subscriptions[name]
	if named || len(p.updates[name]) > 0 || len(p.assignments[name]) > 0 {
		return true
	}
	return p.options.Whole
}

// apply returns a subscription as it would be once the manifests are applied. It is not ok if one of them would be
// refused.
func (p *proposal) apply(ctx context.Context, of offline.Case) (after offline.Case, action Action, ok bool) {
	name := types.NamespacedName{Namespace: of.Subscription.Namespace, Name: of.Subscription.Name}
	after, action = of, Edit
	d, named := p.subscriptions[name]
	switch {
	case named:
		edited, err := p.editSubscription(ctx, d, of.Subscription)
		if err != nil {
			p.refuse(d, err)
			return after, action, false
		}
		after.Subscription = edited
	case p.options.Whole:
		after.Subscription = of.Subscription.DeepCopy()
		now := p.options.Now
		after.Subscription.DeletionTimestamp = &now
		action = Remove
	}
	updatesOK := p.applyUpdates(ctx, name, &after)
	assignmentsOK := p.applyAssignments(ctx, name, &after)
	return after, action, updatesOK && assignmentsOK
}

// editSubscription is a subscription after its manifest is applied. The manifest is the whole spec: fields that
// others own, which server-side apply would keep, are not known.
func (p *proposal) editSubscription(ctx context.Context, d manifests.Document, before *v1alpha1.Subscription) (*v1alpha1.Subscription, error) {
	admitted, err := admit(ctx, p, d, before)
	if err != nil {
		return nil, err
	}
	after := before.DeepCopy()
	if after.Annotations == nil && len(admitted.Annotations) > 0 {
		after.Annotations = map[string]string{}
	}
	maps.Copy(after.Annotations, admitted.Annotations)
	if !sameSpec(offline.WithoutPeople(before).Spec, offline.WithoutPeople(admitted).Spec) {
		after.Generation++
	}
	after.Spec = admitted.Spec
	return after, nil
}

// applyUpdates applies the manifests of a subscription's updates. An update that is finished stays what it is.
func (p *proposal) applyUpdates(ctx context.Context, of types.NamespacedName, after *offline.Case) (ok bool) {
	documents := p.updates[of]
	open := slices.DeleteFunc(slices.Clone(documents), func(d manifests.Document) bool {
		return slices.Contains(after.Finished, d.Object.GetName())
	})
	updates, ok := applyEach(ctx, p, open, after.Updates, func(u, manifest *v1alpha1.SubscriptionUpdate) {
		if !sameSpec(u.Spec, manifest.Spec) {
			u.Generation++
		}
		u.Spec = manifest.Spec
	})
	if p.options.Whole {
		updates = slices.DeleteFunc(updates, func(u v1alpha1.SubscriptionUpdate) bool { return u.Spec.Cause == nil && !isNamed(documents, u.Name) })
	}
	after.Updates = updates
	return ok
}

// applyAssignments applies the manifests of a subscription's assignments.
func (p *proposal) applyAssignments(ctx context.Context, of types.NamespacedName, after *offline.Case) (ok bool) {
	documents := p.assignments[of]
	assignments, ok := applyEach(ctx, p, documents, after.Assignments, func(a, manifest *v1alpha1.SeatAssignment) {
		a.Spec = manifest.Spec
	})
	if p.options.Whole {
		assignments = slices.DeleteFunc(assignments, func(a v1alpha1.SeatAssignment) bool { return !isNamed(documents, a.Name) })
	}
	after.Assignments = assignments
	return ok
}

// applyEach applies manifests to objects of one kind, which it leaves as they are: it returns them as they would be. edit
// gives a copy of an object the spec of its manifest. It is not ok if a manifest would be refused.
func applyEach[T any, P object[T]](
	ctx context.Context, p *proposal, documents []manifests.Document, objects []T, edit func(object, manifest *T),
) (after []T, ok bool) {
	after, ok = slices.Clone(objects), true
	for _, d := range documents {
		var before *T
		if at := slices.IndexFunc(after, func(o T) bool { return P(&o).GetName() == d.Object.GetName() }); at >= 0 {
			before = &after[at]
		}
		admitted, err := admit(ctx, p, d, before)
		switch {
		case err != nil:
			p.refuse(d, err)
			ok = false
		case before == nil:
			after = append(after, *created[T, P](admitted, p.options.Now))
		default:
			edit(before, admitted)
		}
	}
	return after, ok
}

// isNamed reports whether one of the manifests is that of an object.
func isNamed(documents []manifests.Document, name string) bool {
	return slices.ContainsFunc(documents, func(d manifests.Document) bool { return d.Object.GetName() == name })
}

// createSubscription is a subscription that does not exist yet, with the updates and assignments that come with it.
func (p *proposal) createSubscription(ctx context.Context, d manifests.Document) (of offline.Case, ok bool) {
	admitted, err := admit[v1alpha1.Subscription](ctx, p, d, nil)
	if err != nil {
		p.refuse(d, err)
		return of, false
	}
	of.Subscription = created(admitted, p.options.Now)
	if of.Earlier, err = p.source.EarlierOf(ctx, of.Subscription); err != nil {
		p.unread(err)
		return of, false
	}
	name := nameOf(d.Object)
	updatesOK := p.applyUpdates(ctx, name, &of)
	assignmentsOK := p.applyAssignments(ctx, name, &of)
	return of, updatesOK && assignmentsOK
}

// created gives an object the metadata that the API server sets when it creates the object.
func created[T any, P object[T]](o *T, now metav1.Time) *T {
	P(o).SetUID(types.UID("new:" + P(o).GetNamespace() + "/" + P(o).GetName()))
	P(o).SetGeneration(1)
	P(o).SetCreationTimestamp(now)
	return o
}

// orphans are the updates of subscriptions that do not exist and are not created either.
func (p *proposal) orphans() []Problem {
	var problems []Problem
	for name, documents := range p.updates {
		_, created := p.subscriptions[name]
		if p.seen[name] || created {
			continue
		}
		for _, d := range documents {
			problems = append(problems, Problem{
				Where: d.Place(), Reason: v1alpha1.ReasonSubscriptionNotFound,
				Message: fmt.Sprintf("The Subscription %q does not exist. The update waits until it is created.", name.Name),
			})
		}
	}
	return problems
}
