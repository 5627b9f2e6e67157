// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/polling"
	"github.com/fluxcd/pkg/ssa"
	"github.com/fluxcd/pkg/ssa/normalize"
	"github.com/fluxcd/pkg/ssa/utils"
	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// owner is how kustomize-controller names itself.
var owner = ssa.Owner{Field: "kustomize-controller", Group: "kustomize.toolkit.fluxcd.io"}

// layers are the folders of the example repository, in the order in which Flux applies them.
var layers = []string{"platform", "catalog", "customers"}

// applier applies as kustomize-controller does.
type applier struct {
	*cluster
	manager *ssa.ResourceManager
}

func newApplier(t *testing.T) *applier {
	t.Helper()
	c := newCluster(t)
	poller := polling.NewStatusPoller(c.Client, c.RESTMapper(), polling.Options{})
	return &applier{cluster: c, manager: ssa.NewResourceManager(c.Client, poller, owner)}
}

// in is the applier for a part of the test.
func (a *applier) in(t *testing.T) *applier {
	return &applier{cluster: a.cluster.in(t), manager: a.manager}
}

// rendered returns what is in a folder of the example repository, as kustomize-controller prepares it.
func (a *applier) rendered(layer string) []*unstructured.Unstructured {
	a.Helper()
	objects, err := utils.ReadObjects(strings.NewReader(
		a.kubectl("kustomize", controlplane.FromRoot(a.T, "examples", "gitops", "repository", layer))))
	if err != nil {
		a.Fatal(err)
	}
	if err := normalize.UnstructuredList(objects); err != nil {
		a.Fatal(err)
	}
	a.manager.SetOwnerLabels(objects, "billing-"+layer, "flux-system")
	return objects
}

// apply applies objects, and returns what was done with each.
func (a *applier) apply(objects []*unstructured.Unstructured) map[string]ssa.Action {
	a.Helper()
	changes, err := a.manager.ApplyAllStaged(a.Context(), objects, ssa.DefaultApplyOptions())
	if err != nil {
		a.Fatal(err)
	}
	done := map[string]ssa.Action{}
	for _, each := range changes.Entries {
		done[each.Subject] = each.Action
	}
	if len(done) != len(objects) {
		a.Errorf("%d of %d objects were looked at: %v", len(done), len(objects), done)
	}
	return done
}

// applyAll applies all layers, and returns the objects for which there was something to do.
func (a *applier) applyAll() map[string]ssa.Action {
	a.Helper()
	changed := map[string]ssa.Action{}
	for _, layer := range layers {
		done := a.apply(a.rendered(layer))
		maps.DeleteFunc(done, func(_ string, is ssa.Action) bool { return is == ssa.UnchangedAction })
		maps.Copy(changed, done)
	}
	return changed
}

// settle waits as a Kustomization with wait: true does.
func (a *applier) settle() {
	a.Helper()
	for _, layer := range layers {
		if err := a.manager.Wait(a.rendered(layer), ssa.WaitOptions{Interval: 200 * time.Millisecond, Timeout: time.Minute, FailFast: true}); err != nil {
			a.Fatalf("%s: %v", layer, err)
		}
	}
}

// live returns the objects of all layers as the API server has them, by kind and name.
func (a *applier) live() map[string]*unstructured.Unstructured {
	a.Helper()
	all := map[string]*unstructured.Unstructured{}
	for _, layer := range layers {
		for _, each := range a.rendered(layer) {
			object := &unstructured.Unstructured{}
			object.SetGroupVersionKind(each.GroupVersionKind())
			if err := a.Get(a.Context(), client.ObjectKeyFromObject(each), object); err != nil {
				a.Fatal(err)
			}
			all[utils.FmtUnstructured(object)] = object
		}
	}
	return all
}

// installed applies everything, and waits until it is Current.
func (a *applier) installed() {
	a.Helper()
	a.apply(a.rendered("platform"))
	a.count()
	for subject, is := range a.applyAll() {
		if is != ssa.CreatedAction {
			a.Errorf("%s is %s, and was not there", subject, is)
		}
	}
	a.settle()
}

const (
	acme     = "Subscription/billing/acme"
	globex   = "Subscription/billing/globex"
	editors  = "SeatProduct/billing/editor-seat"
	rounding = "ClusterProrationPolicy/by-day"
)

// TestApply applies the example repository by Flux's library.
func TestApply(t *testing.T) {
	a := newApplier(t)
	a.installed()
	a.settled()
	before := a.live()
	if changed := a.applyAll(); len(changed) > 0 {
		t.Errorf("applied again, something is left to do: %v", changed)
	}
	if diff := cmp.Diff(versions(before), versions(a.live())); diff != "" {
		t.Errorf("applied again, it writes:\n%s", diff)
	}
	for subject, object := range before {
		requireOnlySpec(t, subject, object)
	}
	for name, part := range map[string]func(*applier){"drift": (*applier).drift, "status": (*applier).status} {
		t.Run(name, func(t *testing.T) { part(a.in(t)) })
	}
	// It ends a contract, so it comes last.
	t.Run("refused", func(t *testing.T) { a.in(t).refused() })
}

// settled waits until the operator has nothing to write.
func (a *applier) settled() {
	a.Helper()
	const quiet = 2 * time.Second
	last, since := versions(a.live()), time.Now()
	for deadline := time.Now().Add(time.Minute); time.Since(since) < quiet; time.Sleep(200 * time.Millisecond) {
		if now := versions(a.live()); !maps.Equal(last, now) {
			last, since = now, time.Now()
		}
		if time.Now().After(deadline) {
			a.Fatal("the operator goes on writing")
		}
	}
}

func versions(objects map[string]*unstructured.Unstructured) map[string]string {
	all := map[string]string{}
	for subject, object := range objects {
		all[subject] = object.GetResourceVersion()
	}
	return all
}

// requireOnlySpec requires that Flux manages fields of an object, and none of its status.
func requireOnlySpec(t *testing.T, subject string, object *unstructured.Unstructured) {
	t.Helper()
	managed := slices.DeleteFunc(object.GetManagedFields(), func(e metav1.ManagedFieldsEntry) bool { return e.Manager != owner.Field })
	if len(managed) != 1 || managed[0].Subresource != "" || managed[0].FieldsV1 == nil {
		t.Errorf("%s: Flux manages %v", subject, managed)
		return
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(managed[0].FieldsV1.GetRawString()), &fields); err != nil {
		t.Fatal(err)
	}
	if fields["f:status"] != nil {
		t.Errorf("%s: Flux manages fields of the status", subject)
	}
}

// drift has somebody edit an object past Git. Flux takes the edit back, and touches nothing else.
func (a *applier) drift() {
	a.Helper()
	cases := map[string]struct {
		reason, subject, kind, patch string
	}{
		"Quantity": {
			reason: "a quantity that Git declares", subject: acme, kind: "subscriptions.billing.seatplane.dev/acme",
			patch: `[{"op":"replace","path":"/spec/items/1/quantity","value":9}]`,
		},
		"Suspended": {
			reason: "a field that Git does not have stays: whoever wrote it owns it", subject: "", kind: "subscriptions.billing.seatplane.dev/globex",
			patch: `[{"op":"add","path":"/spec/suspend","value":true}]`,
		},
		"Protection": {
			reason: "the annotation that keeps a contract from being pruned", subject: globex, kind: "subscriptions.billing.seatplane.dev/globex",
			patch: `[{"op":"remove","path":"/metadata/annotations/kustomize.toolkit.fluxcd.io~1prune"}]`,
		},
		"Price": {
			reason: "a price", subject: editors, kind: "seatproducts.billing.seatplane.dev/editor-seat",
			patch: `[{"op":"replace","path":"/spec/plans/0/pricing/unitAmount","value":"1.00"}]`,
		},
		"Rounding": {
			reason: "how money is rounded", subject: rounding, kind: "clusterprorationpolicies.billing.seatplane.dev/by-day",
			patch: `[{"op":"replace","path":"/spec/rounding","value":"Down"}]`,
		},
	}
	for name, tc := range cases {
		a.Run(name, func(t *testing.T) {
			a := a.in(t)
			before := a.live()
			a.kubectl("patch", "-n", "billing", tc.kind, "--type=json", "-p", tc.patch)
			want := map[string]ssa.Action{}
			if tc.subject != "" {
				want[tc.subject] = ssa.ConfiguredAction
			}
			if diff := cmp.Diff(want, a.applyAll()); diff != "" {
				t.Errorf("%s (-want +done):\n%s", tc.reason, diff)
			}
			a.settle()
			if changed := a.applyAll(); len(changed) > 0 {
				t.Errorf("%s: Flux corrects it again: %v", tc.reason, changed)
			}
			if tc.subject == "" {
				return
			}
			after := a.live()[tc.subject]
			for _, part := range []string{"spec", "metadata.annotations"} {
				path := strings.Split(part, ".")
				was, _, _ := unstructured.NestedFieldNoCopy(before[tc.subject].Object, path...)
				is, _, _ := unstructured.NestedFieldNoCopy(after.Object, path...)
				if diff := cmp.Diff(was, is); diff != "" {
					t.Errorf("%s: %s (-before +after):\n%s", tc.reason, part, diff)
				}
			}
		})
	}
}

// status has a manifest carry a status, as an exported one does. Flux does not send it to where it would count.
func (a *applier) status() {
	a.Helper()
	a.settled()
	before := a.live()[acme]
	objects := a.rendered("customers")
	for _, object := range objects {
		forged := map[string]any{"creditBalance": "1000.00", "sequence": int64(1), "state": "Canceled"}
		if err := unstructured.SetNestedMap(object.Object, forged, "status"); err != nil {
			a.Fatal(err)
		}
	}
	for subject, is := range a.apply(objects) {
		if is != ssa.UnchangedAction {
			a.Errorf("with a status in its manifest, %s is %s", subject, is)
		}
	}
	after := a.live()[acme]
	if diff := cmp.Diff(before.Object, after.Object); diff != "" {
		a.Errorf("a status in the manifest changes the object:\n%s", diff)
	}
}

// refused has Git declare what the API server refuses. Flux says so and changes nothing. With force, it deletes the
// object to create it again, which docs/gitops/flux.md warns of.
func (a *applier) refused() {
	a.Helper()
	a.settled()
	objects := a.rendered("customers")
	var wrong []*unstructured.Unstructured
	for _, object := range objects {
		if object.GetName() == "globex" {
			if err := unstructured.SetNestedField(object.Object, "another", "spec", "customer", "id"); err != nil {
				a.Fatal(err)
			}
			wrong = append(wrong, object)
		}
	}
	before := versions(a.live())
	opts := ssa.DefaultApplyOptions()
	if _, err := a.manager.ApplyAll(a.Context(), wrong, opts); err == nil || !strings.Contains(err.Error(), "customer") {
		a.Errorf("another customer.id: %v", err)
	}
	if diff := cmp.Diff(before, versions(a.live())); diff != "" {
		a.Errorf("what is refused changes something:\n%s", diff)
	}

	opts.Force = true
	was := a.live()[globex]
	if _, err := a.manager.ApplyAll(a.Context(), wrong, opts); err != nil {
		a.Fatal(err)
	}
	if is := a.live()[globex]; is.GetUID() == was.GetUID() {
		a.Error("with force, the subscription was not deleted: docs/gitops/flux.md says that it is")
	}
}
