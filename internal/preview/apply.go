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
	open, ok := p.openUpdates(documents, after)
	updates, admitted := applyEach(ctx, p, open, withReasons(after.Updates, open), func(u, manifest *v1alpha1.SubscriptionUpdate) {
		if !sameSpec(u.Spec, manifest.Spec) {
			u.Generation++
		}
		u.Spec = manifest.Spec
	})
	if p.options.Whole {
		updates = slices.DeleteFunc(updates, func(u v1alpha1.SubscriptionUpdate) bool { return u.Spec.Cause == nil && !isNamed(documents, u.Name) })
	}
	after.Updates = updates
	return ok && admitted
}

// openUpdates leaves out the manifests of finished updates. It is not ok if one of those would be refused.
func (p *proposal) openUpdates(documents []manifests.Document, after *offline.Case) (open []manifests.Document, ok bool) {
	ok = true
	for _, d := range documents {
		isFinished, err := after.IsFinished(d.Object)
		if err != nil {
			p.refuse(d, err)
			ok = false
		}
		if !isFinished {
			open = append(open, d)
		}
	}
	return open, ok
}

// withReasons returns updates with the reasons of their manifests, where a snapshot has left them out.
func withReasons(updates []v1alpha1.SubscriptionUpdate, documents []manifests.Document) []v1alpha1.SubscriptionUpdate {
	updates = slices.Clone(updates)
	for _, d := range documents {
		for i := range updates {
			if updates[i].Name == d.Object.GetName() {
				updates[i] = *offline.WithReason(&updates[i], d.Object)
			}
		}
	}
	return updates
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

// refuseTaken refuses the updates and assignments whose names belong to those of another subscription. The API server would
// take such a manifest for an edit of the one that exists, and nobody can give that to another subscription.
func (p *proposal) refuseTaken(of *offline.Case) {
	owner := types.NamespacedName{Namespace: of.Subscription.Namespace, Name: of.Subscription.Name}
	refuse := func(kind, name string) {
		d, named := p.records[recordName(kind, owner.Namespace, name)]
		if named && subscriptionOf(d.Object) != owner {
			p.refuse(d, fmt.Errorf("%s %q exists, and its Subscription is %q, which is immutable: choose another name", kind, name, owner.Name))
		}
	}
	for i := range of.Updates {
		refuse(manifests.KindUpdate, of.Updates[i].Name)
	}
	for _, name := range of.Finished {
		refuse(manifests.KindUpdate, name)
	}
	for i := range of.Assignments {
		refuse(manifests.KindAssignment, of.Assignments[i].Name)
	}
}

// recordName names an object among manifests, or in the source.
func recordName(kind, namespace, name string) string {
	return fmt.Sprintf("%s %s/%s", kind, namespace, name)
}

// orphans are the updates of subscriptions that do not exist and are not created either. Like the assignments of such
// subscriptions, they are checked as the API server would check them.
func (p *proposal) orphans(ctx context.Context) []Problem {
	var problems []Problem
	for name, documents := range p.updates {
		if p.isThere(name) {
			continue
		}
		for _, d := range documents {
			if _, err := admit[v1alpha1.SubscriptionUpdate](ctx, p, d, nil); err != nil {
				p.refuse(d, err)
				continue
			}
			problems = append(problems, Problem{
				Where: d.Place(), Reason: v1alpha1.ReasonSubscriptionNotFound,
				Message: fmt.Sprintf("The Subscription %q does not exist. The update waits until it is created.", name.Name),
			})
		}
	}
	for name, documents := range p.assignments {
		if p.isThere(name) {
			continue
		}
		for _, d := range documents {
			if _, err := admit[v1alpha1.SeatAssignment](ctx, p, d, nil); err != nil {
				p.refuse(d, err)
			}
		}
	}
	return problems
}

// isThere reports whether a subscription exists, or the manifests create it.
func (p *proposal) isThere(name types.NamespacedName) bool {
	_, created := p.subscriptions[name]
	return p.seen[name] || created
}
