// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// policy reads a policy once the operator has seen its newest generation.
func (o *office) policy(name string) *v1alpha1.ProrationPolicy {
	o.Helper()
	var p v1alpha1.ProrationPolicy
	o.eventually("the policy "+name+" is seen", func(ctx context.Context) (bool, string, error) {
		err := cluster.Get(ctx, o.key(name), &p)
		return p.Status.ObservedGeneration == p.Generation, describe(p.Status.Conditions), err
	})
	return &p
}

// change changes attributes of a policy and leaves the others as they are.
func (o *office) change(policy, attributes string) *v1alpha1.ProrationPolicy {
	o.Helper()
	if err := o.patch(&v1alpha1.ProrationPolicy{}, policy, `{"spec":`+attributes+`}`); err != nil {
		o.Fatal(err)
	}
	return o.policy(policy)
}

// Whichever attributes are given change, the others stay; required ones cannot be removed, and all are
// bounded.
func TestElasticPathAttributes(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	o.apply(`
kind: ProrationPolicy
metadata: {name: store}
spec: {displayName: By day, rounding: Up, externalRef: pol-7}
`)
	created := o.policy("store")
	expect(t, "type", o.run("get", "prorationpolicy", "store", "-o", "jsonpath={.kind}"), "ProrationPolicy")
	o.refused("kind: subscription_proration_policy\nmetadata: {name: other}\nspec: {displayName: By day, rounding: Up}", "no matches for kind")
	expect(t, "it has an ID", created.UID != "", true)

	same := o.change("store", `{}`)
	expect(t, "generation after no change", same.Generation, created.Generation)
	expect(t, "updated_at after no change", when(same.Status.UpdatedTime), when(created.Status.UpdatedTime))

	named := o.change("store", `{"displayName":"By the day"}`)
	expect(t, "after a change of the name", named.Spec, v1alpha1.ProrationPolicySpec{DisplayName: "By the day", Rounding: v1alpha1.RoundUp, ExternalRef: "pol-7"})
	rounded := o.change("store", `{"rounding":"Nearest"}`)
	expect(t, "after a change of the rounding", rounded.Spec, v1alpha1.ProrationPolicySpec{DisplayName: "By the day", Rounding: v1alpha1.RoundNearest, ExternalRef: "pol-7"})
	referred := o.change("store", `{"externalRef":"pol-8"}`)
	expect(t, "after a change of the reference", referred.Spec.ExternalRef, "pol-8")
	bare := o.change("store", `{"externalRef":null}`)
	expect(t, "after its removal", bare.Spec, v1alpha1.ProrationPolicySpec{DisplayName: "By the day", Rounding: v1alpha1.RoundNearest})
	expect(t, "the ID", bare.UID, created.UID)
	expect(t, "created_at", bare.CreationTimestamp.UTC(), created.CreationTimestamp.UTC())

	err := o.patch(&v1alpha1.ProrationPolicy{}, "store", `{"metadata":{"uid":"d18642b3-6dc0-40c4-aaa5-6315ed37c744"}}`)
	if !apierrors.IsInvalid(err) {
		t.Errorf("another ID is not refused: %v", err)
	}
	if err := o.patch(&v1alpha1.ProrationPolicy{}, "nobody", `{"spec":{"rounding":"Up"}}`); !apierrors.IsNotFound(err) {
		t.Errorf("a policy that is not there: %v", err)
	}
	for attributes, says := range map[string]string{
		`{"displayName":null}`: "displayName: Required value",
		`{"rounding":null}`:    "rounding: Required value",
		`{"displayName":"By"}`: "at least 3 chars",
		`{"displayName":"` + strings.Repeat("x", 1025) + `"}`: "1024",
		`{"rounding":"sideways"}`:                             `supported values: "Up", "Down", "Nearest"`,
		`{"externalRef":"` + strings.Repeat("x", 2049) + `"}`: "2048",
		`{"externalRef":""}`:                                  "at least 1 chars",
	} {
		err := o.patch(&v1alpha1.ProrationPolicy{}, "store", `{"spec":`+attributes+`}`)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.40s is not refused with %q: %v", attributes, says, err)
		}
	}
	o.change("store", `{"displayName":"Day"}`)
	o.change("store", `{"displayName":"`+strings.Repeat("x", 1024)+`","externalRef":"`+strings.Repeat("x", 2048)+`"}`)
}

// An external reference is unique in its store: the younger of two is not ready, and prices nothing,
// until one of them gives it up.
func TestElasticPathExternalRefIsUnique(t *testing.T) {
	o, other := open(t, "2026-04-01T00:00:00Z"), openAlone(t, "2026-04-01T00:00:00Z")
	const policy = `
kind: ProrationPolicy
metadata: {name: %s}
spec: {displayName: By day, rounding: Up, externalRef: pol-7}
`
	o.apply(fmt.Sprintf(policy, "a-first"))
	o.run("wait", "prorationpolicy/a-first", "--for=condition=Ready", "--timeout=90s")
	o.apply(fmt.Sprintf(policy, "b-second"))
	other.apply(fmt.Sprintf(policy, "elsewhere"))
	other.run("wait", "prorationpolicy/elsewhere", "--for=condition=Ready", "--timeout=90s")
	ready := meta.FindStatusCondition(o.policy("b-second").Status.Conditions, v1alpha1.ConditionReady)
	if ready.Reason != v1alpha1.ReasonExternalRefConflict || !strings.Contains(ready.Message, `"a-first"`) {
		t.Errorf("the younger policy says %s: %s", ready.Reason, ready.Message)
	}
	o.apply(product)
	o.apply(fmt.Sprintf(declared("acme", "b-second"), 5))
	o.eventually("the subscription waits for its policy", func(ctx context.Context) (bool, string, error) {
		s, err := o.readSubscription(ctx, "acme")
		ready := meta.FindStatusCondition(s.Status.Conditions, v1alpha1.ConditionReady)
		return ready != nil && ready.Reason == v1alpha1.ReasonPolicyNotReady, describe(s.Status.Conditions), err
	})
	o.change("a-first", `{"externalRef":null}`)
	o.run("wait", "prorationpolicy/b-second", "--for=condition=Ready", "--timeout=90s")
	o.started("acme")
}

// A change of a policy reaches every subscription that uses it, through itself or its product, also for
// what is scheduled already.
func TestElasticPathChangeReachesSubscriptions(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	o.apply(strings.ReplaceAll(product, "spec:\n", "spec:\n  prorationPolicyRef: {kind: ProrationPolicy, name: store}\n"))
	o.apply(`
kind: ProrationPolicy
metadata: {name: store}
spec: {displayName: By day, rounding: Up}
`)
	o.apply(strings.ReplaceAll(strings.ReplaceAll(declared("direct", "store"), ", quantity: %d", ""), "acme", "direct"))
	through := strings.ReplaceAll(declared("through", "store"), ", quantity: %d", "")
	o.apply(strings.ReplaceAll(through, "  prorationPolicyRef: {kind: ProrationPolicy, name: store}\n", ""))
	o.started("direct", "through")
	for _, name := range []string{"direct", "through"} {
		o.apply(fmt.Sprintf(`
kind: SubscriptionUpdate
metadata: {name: %[1]s}
spec:
  subscriptionRef: {name: %[1]s}
  seats: {increment: 1}
  applicationSchedule: Custom
  applyAt: 2026-04-11T12:00:00Z
`, name))
		o.decided(name, v1alpha1.UpdateScheduled)
	}
	o.eventually("both are counted", func(context.Context) (bool, string, error) {
		n := o.policy("store").Status.Subscriptions
		return n != nil && *n == 2, fmt.Sprint(n), nil
	})
	o.change("store", `{"rounding":"Down"}`)
	o.moveClock("2026-04-11T12:00:00Z")
	for _, name := range []string{"direct", "through"} {
		u := o.adjusted(name, "editors 0 → 1", "6.33") // 6.67 by the policy as it was
		expect(t, name+", priced by", *u.Status.ProrationPolicy, v1alpha1.ProrationPolicyInForce{
			Kind: v1alpha1.KindProrationPolicy, Name: "store", Rounding: v1alpha1.RoundDown, Unit: v1alpha1.UnitDay,
		})
		expect(t, name+", by generation", u.Status.PolicyGeneration, int64(2))
	}
}

// A policy belongs to a store, which is a namespace, or to the organization, which is the cluster.
func TestElasticPathOwner(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	name := "organization-" + o.namespace
	o.apply(fmt.Sprintf(`
kind: ProrationPolicy
metadata: {name: store}
spec: {displayName: The store's, rounding: Up}
---
kind: ClusterProrationPolicy
metadata: {name: %s}
spec: {displayName: The organization's, rounding: Down}
`, name))
	t.Cleanup(func() {
		policy := &v1alpha1.ClusterProrationPolicy{}
		policy.Name = name
		if err := cluster.Delete(context.WithoutCancel(t.Context()), policy); err != nil {
			t.Error(err)
		}
	})
	o.apply(product)
	store := strings.ReplaceAll(declared("store", "store"), ", quantity: %d", ", quantity: 5")
	organization := strings.ReplaceAll(declared("organization", name), ", quantity: %d", ", quantity: 5")
	o.apply(store)
	o.apply(strings.ReplaceAll(organization, "kind: ProrationPolicy", "kind: ClusterProrationPolicy"))
	o.started("store", "organization")
	o.moveClock("2026-04-11T12:00:00Z")
	for owner, want := range map[string]v1alpha1.Amount{"store": "6.67", "organization": "6.33"} {
		item := `[{"name":"editors","productRef":{"name":"seat"},"plan":"monthly","quantity":6}]`
		if err := o.patch(&v1alpha1.Subscription{}, owner, `{"spec":{"items":`+item+`}}`); err != nil {
			t.Fatal(err)
		}
		o.settled(owner)
		o.adjusted(owner, "editors 5 → 6", want)
	}
	u := o.update("organization", "editors 5 → 6")
	expect(t, "owner", u.Status.ProrationPolicy.Kind, v1alpha1.KindClusterProrationPolicy)
}

// updated_at moves when the policy changes, and with nothing else; created_at never.
func TestElasticPathTimestamps(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	o.apply(`
kind: ProrationPolicy
metadata: {name: store}
spec: {displayName: By day, rounding: Up}
`)
	created := o.policy("store")
	expect(t, "updated_at at first", created.Status.UpdatedTime != nil, true)
	edits := 0
	o.eventually("updated_at moves with the policy", func(context.Context) (bool, string, error) {
		edits++
		changed := o.change("store", fmt.Sprintf(`{"displayName":"Edit %d"}`, edits))
		return changed.Status.UpdatedTime.After(created.Status.UpdatedTime.Time), when(changed.Status.UpdatedTime), nil
	})
	before := o.policy("store")
	o.apply(product) // a subscription more: its status changes, the policy does not
	o.apply(fmt.Sprintf(declared("acme", "store"), 5))
	o.started("acme")
	o.eventually("the subscription is counted", func(context.Context) (bool, string, error) {
		n := o.policy("store").Status.Subscriptions
		return n != nil && *n == 1, fmt.Sprint(n), nil
	})
	after := o.policy("store")
	expect(t, "updated_at when it is used", when(after.Status.UpdatedTime), when(before.Status.UpdatedTime))
	expect(t, "created_at", after.CreationTimestamp.UTC(), created.CreationTimestamp.UTC())
}
