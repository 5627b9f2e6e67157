// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"context"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// Who makes the requests: the shipped roles, the administrator of a namespace, and the operator.
const (
	viewer    = "seatplane-viewer"
	editor    = "seatplane-editor"
	seller    = "seatplane-operator-user"
	approver  = "seatplane-approver"
	collector = "seatplane-collector"
	owner     = "owner"
	operator  = "the operator"
	// administrator is in the group system:masters.
	administrator = "administrator"
	// garbageCollector is the account of Kubernetes' own.
	garbageCollector = "system:serviceaccount:kube-system:generic-garbage-collector"
)

// byRole is what RBAC answers where a role lacks the verb.
const byRole = "cannot"

// clocksAllowed is the label that lets a namespace have TestClocks.
var clocksAllowed = map[string]string{v1alpha1.LabelTestClocks: v1alpha1.TestClocksAllowed}

// request is one thing that somebody tries.
type request struct {
	reason string
	// given is what there is before, made by the operator, in the state that it has.
	given client.Object
	state v1alpha1.UpdateState
	// labels are those of the namespace.
	labels map[string]string
	// do makes the request; object is given, as it is stored, if there is one.
	do func(ctx context.Context, c client.Client, namespace string, object client.Object) error
	// by makes the request.
	by string
	// refused is part of what the API server answers. Empty where the request is allowed.
	refused string
}

// try makes a request in a namespace of its own.
func (r request) try(t *testing.T) {
	t.Helper()
	namespace := namespaceWithRoles(t, r.labels)
	object := r.prepare(t, namespace)
	err := r.do(t.Context(), clientOf(t, r.by), namespace, object)
	if r.refused == "" && err != nil {
		t.Errorf("%s, but %s is refused: %v", r.reason, r.by, err)
	}
	if r.refused == "" {
		return
	}
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), r.refused) {
		t.Errorf("%s: %s gets %v, want a refusal that says %q", r.reason, r.by, err, r.refused)
	}
}

// clientOf is a client with the rights of somebody who makes requests.
func clientOf(t *testing.T, who string) client.Client {
	t.Helper()
	switch who {
	case operator:
		return theManager(t)
	case administrator:
		return as(t, who, "system:masters")
	case garbageCollector:
		return as(t, who, "system:serviceaccounts", "system:serviceaccounts:kube-system")
	default:
		return as(t, who)
	}
}

func (r request) prepare(t *testing.T, namespace string) client.Object {
	t.Helper()
	if r.given == nil {
		return nil
	}
	object := r.given.DeepCopyObject().(client.Object)
	object.SetNamespace(namespace)
	creator := admin
	switch object := object.(type) {
	case *v1alpha1.Invoice:
		creator = theManager(t)
	case *appsv1.ControllerRevision:
		if _, departed := object.Labels[v1alpha1.LabelDeparted]; departed {
			creator = theManager(t)
		}
	case *v1alpha1.SubscriptionUpdate:
		if object.Spec.Cause != nil {
			creator = theManager(t)
		}
	}
	if err := creator.Create(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	if u, isUpdate := object.(*v1alpha1.SubscriptionUpdate); isUpdate && r.state != "" {
		u.Status.State = r.state
		if err := theManager(t).Status().Update(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	return object
}

// create creates an object.
func create(object client.Object) func(context.Context, client.Client, string, client.Object) error {
	return func(ctx context.Context, c client.Client, namespace string, _ client.Object) error {
		attempt := object.DeepCopyObject().(client.Object)
		attempt.SetNamespace(namespace)
		return c.Create(ctx, attempt)
	}
}

// remove deletes what is given.
func remove(ctx context.Context, c client.Client, _ string, object client.Object) error {
	return c.Delete(ctx, object)
}

// removeAll deletes all updates of the namespace in one request.
func removeAll(ctx context.Context, c client.Client, namespace string, _ client.Object) error {
	return c.DeleteAllOf(ctx, &v1alpha1.SubscriptionUpdate{}, client.InNamespace(namespace))
}

// applyOwn applies an object, as kubectl apply --server-side does.
func applyOwn(object string) func(context.Context, client.Client, string, client.Object) error {
	return func(ctx context.Context, c client.Client, namespace string, _ client.Object) error {
		attempt := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(object), attempt); err != nil {
			return err
		}
		attempt.SetNamespace(namespace)
		return c.Apply(ctx, client.ApplyConfigurationFromUnstructured(attempt), client.FieldOwner("tester"), client.ForceOwnership)
	}
}

// replace writes a whole object in the place of what is given, as kubectl replace and Argo CD's Replace=true do.
func replace(object client.Object) func(context.Context, client.Client, string, client.Object) error {
	return func(ctx context.Context, c client.Client, _ string, given client.Object) error {
		attempt := object.DeepCopyObject().(client.Object)
		attempt.SetNamespace(given.GetNamespace())
		attempt.SetResourceVersion(given.GetResourceVersion())
		return c.Update(ctx, attempt)
	}
}

// patch changes what is given by a merge patch.
func patch(json string) func(context.Context, client.Client, string, client.Object) error {
	return func(ctx context.Context, c client.Client, _ string, object client.Object) error {
		return c.Patch(ctx, object, client.RawPatch("application/merge-patch+json", []byte(json)))
	}
}

// patchStatus changes the status of what is given by a merge patch.
func patchStatus(json string) func(context.Context, client.Client, string, client.Object) error {
	return func(ctx context.Context, c client.Client, _ string, object client.Object) error {
		return c.Status().Patch(ctx, object, client.RawPatch("application/merge-patch+json", []byte(json)))
	}
}

const (
	ownedByNobody = `{"metadata": {"ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "none", "uid": "3b2f5c1e-6f2a-4b7e-9d3c-1a2b3c4d5e6f"}]}}`
	neverDeleted  = `{"metadata": {"finalizers": ["example.com/never"]}}`
	toBePruned    = `{"metadata": {"annotations": {"billing.seatplane.dev/prune": "true"}}}`
	labelled      = `{"metadata": {"labels": {"team": "sales"}}}`
	unkept        = `{"metadata": {"finalizers": null}}`
	approved      = `{"spec": {"approved": true}}`
)

// What somebody applies on the server side.
const (
	updateManifest = `
apiVersion: billing.seatplane.dev/v1alpha1
kind: SubscriptionUpdate
metadata: {name: acme-2026-04}
spec:
  subscriptionRef: {name: acme}
  seats: {item: editors, increment: 1}
`
	forgedManifest = `
apiVersion: billing.seatplane.dev/v1alpha1
kind: SubscriptionUpdate
metadata: {name: acme-2026-04}
spec:
  subscriptionRef: {name: acme, uid: 3b2f5c1e-6f2a-4b7e-9d3c-1a2b3c4d5e6f}
  seats: {item: editors, count: 1}
  cause: {type: Refresh, item: editors, token: t, observedTime: 2026-04-16T00:00:00Z}
`
	subscriptionManifest = `
apiVersion: billing.seatplane.dev/v1alpha1
kind: Subscription
metadata: {name: acme}
spec:
  suspend: true
`
)

// owned is an update that names an owner.
func owned() *v1alpha1.SubscriptionUpdate {
	return update("owned").With(func(u *v1alpha1.SubscriptionUpdate) {
		u.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "none", UID: acmeUID}}
	}).Obj()
}

// kept is an update with a finalizer.
func kept() *v1alpha1.SubscriptionUpdate {
	return update("kept").With(func(u *v1alpha1.SubscriptionUpdate) { u.Finalizers = []string{"example.com/never"} }).Obj()
}

// Only the operator says that it made an update, and only it uses the names that it gives.
func TestUpdatesAreNotForged(t *testing.T) {
	const cause, name = "remove spec.cause", "use a shorter or a longer ending"
	approvedRefresh := forged("approved", v1alpha1.CauseRefresh)
	approvedRefresh.Spec.Approved = true
	reserved := update("acme-52zkxz6f92xz").Obj()
	for title, r := range map[string]request{
		"a refresh, by an operator-user":    {reason: "row 1: it would count as the newest answer", by: seller, do: create(forged("u", v1alpha1.CauseRefresh)), refused: cause},
		"a reserved name":                   {reason: "row 2: an answer of the loader would be lost", by: seller, do: create(reserved), refused: name},
		"an edit, by an operator-user":      {reason: "row 3: later edits in Git would be dropped", by: seller, do: create(forged("u", v1alpha1.CauseSpec)), refused: cause},
		"a reserved name, to be applied":    {reason: "row 4: the editor's edit would be taken over", by: seller, do: create(update("acme-0123456789ab").ApplyAt(april.AddDate(172, 0, 0)).Obj()), refused: name},
		"an approved refresh":               {reason: "row 5: it would pass a guard", by: seller, do: create(approvedRefresh), refused: cause},
		"a refresh, by a namespace's owner": {reason: "every right in a namespace is not the operator's account", by: owner, do: create(forged("u", v1alpha1.CauseRefresh)), refused: cause},
		"a reserved name, by an owner":      {reason: "the same", by: owner, do: create(reserved), refused: name},
		"another subscription's name":       {reason: "a name is taken whatever the update is about", by: seller, do: create(builders.MakeSubscriptionUpdate("acme-52zkxz6f92xz", "", "globex").Increment("editors", 1).Obj()), refused: name},
		"a refresh, by an editor":           {reason: "editors create no updates", by: editor, do: create(forged("u", v1alpha1.CauseRefresh)), refused: byRole},
		"an update, by an approver":         {reason: "approvers create no updates", by: approver, do: create(update("u").Obj()), refused: byRole},
		"an update, by a viewer":            {reason: "viewers create nothing", by: viewer, do: create(update("u").Obj()), refused: byRole},
		"an update, by a collector":         {reason: "collectors create nothing", by: collector, do: create(update("u").Obj()), refused: byRole},
		"an update, by an operator-user":    {reason: "this is what the role is for", by: seller, do: create(update("acme-2026-04").Obj())},
		"a generated name":                  {reason: "Kubernetes' own endings are shorter", by: seller, do: create(update("").With(func(u *v1alpha1.SubscriptionUpdate) { u.GenerateName = "acme-" }).Obj())},
		"a longer ending":                   {reason: "thirteen are not twelve", by: seller, do: create(update("acme-52zkxz6f92xzz").Obj())},
		"a word of twelve letters":          {reason: "the operator's names have no i, l, o and u", by: seller, do: create(update("acme-introduction").Obj())},
		"an update with an owner":           {reason: "it would be collected with its owner", by: seller, do: create(owned()), refused: "leave metadata.ownerReferences"},
		"an update with a finalizer":        {reason: "it could never be deleted", by: seller, do: create(kept()), refused: "leave metadata.finalizers"},
		"an update that may be pruned": {reason: "the user's own word on a record of theirs", by: seller, do: create(update("u").With(func(u *v1alpha1.SubscriptionUpdate) {
			u.Annotations = map[string]string{v1alpha1.AnnotationPrune: "true"}
		}).Obj())},
		"a refresh, by the operator":     {reason: "it is the operator's", by: operator, do: create(forged("acme-52zkxz6f92xz", v1alpha1.CauseRefresh))},
		"a refresh, applied by an owner": {reason: "server-side apply creates as well", by: owner, do: applyOwn(forgedManifest), refused: cause},
		"an update, applied by an owner": {reason: "this is how GitOps tools create", by: owner, do: applyOwn(updateManifest)},
		"an edit, by the operator":       {reason: "it is the operator's", by: operator, do: create(forged("acme-0123456789ab", v1alpha1.CauseSpec))},
	} {
		t.Run(title, func(t *testing.T) { t.Parallel(); r.try(t) })
	}
}

// An approval changes spec.approved and nothing else.
func TestApproversApprove(t *testing.T) {
	const marks = "approving an update changes spec.approved and nothing else"
	open := update("open").Obj()
	for title, r := range map[string]request{
		"approval":                       {reason: "this is what the role is for", given: open, by: approver, do: patch(approved)},
		"an owner":                       {reason: "row 7: the record would be collected", given: open, by: approver, do: patch(ownedByNobody), refused: "leave metadata.ownerReferences"},
		"a finalizer":                    {reason: "row 7: the record could never be deleted", given: open, by: approver, do: patch(neverDeleted), refused: "leave metadata.finalizers"},
		"an annotation":                  {reason: "row 7: retention would delete it", given: open, by: approver, do: patch(toBePruned), refused: marks},
		"a label":                        {reason: "row 7: a tracking label would have it pruned", given: open, by: approver, do: patch(labelled), refused: marks},
		"approval and a label":           {reason: "one request, two changes", given: open, by: approver, do: patch(`{"spec": {"approved": true}, "metadata": {"labels": {"a": "b"}}}`), refused: marks},
		"an owner, by an owner":          {reason: "nor may whoever owns the namespace", given: open, by: owner, do: patch(ownedByNobody), refused: "leave metadata.ownerReferences"},
		"a finalizer, by an owner":       {reason: "the same", given: open, by: owner, do: patch(neverDeleted), refused: "leave metadata.finalizers"},
		"a label, by an owner":           {reason: "whoever may create an update may label it, as GitOps tools do", given: open, by: owner, do: patch(labelled)},
		"approval, by an operator-user":  {reason: "who asks does not approve", given: open, by: seller, do: patch(approved), refused: byRole},
		"approval, by an editor":         {reason: "the same", given: open, by: editor, do: patch(approved), refused: byRole},
		"a deletion":                     {reason: "approvers do not delete", given: open, by: approver, do: remove, refused: byRole},
		"a status, by an approver":       {reason: "the status is the operator's", given: open, by: approver, do: patchStatus(`{"status": {"state": "Applied"}}`), refused: byRole},
		"a status, by an owner":          {reason: "every right in a namespace is not the operator's account", given: open, by: owner, do: patchStatus(`{"status": {"state": "Applied"}}`), refused: "written by Seatplane alone"},
		"a finished status, by an owner": {reason: "the same", given: open, state: v1alpha1.UpdateApplied, by: owner, do: patchStatus(`{"status": {"state": "Rejected"}}`), refused: "written by Seatplane alone"},
	} {
		t.Run(title, func(t *testing.T) { t.Parallel(); r.try(t) })
	}
}

// A finished update is kept until retention deletes it.
func TestFinishedUpdatesAreKept(t *testing.T) {
	const keep, takeBack = "a finished update is the record of a change", "only Seatplane takes back an update that it made"
	given := update("u").Obj()
	counted, edited := forged("acme-52zkxz6f92xz", v1alpha1.CauseRefresh), forged("acme-0123456789ab", v1alpha1.CauseSpec)
	pruned := update("u").With(func(u *v1alpha1.SubscriptionUpdate) {
		u.Annotations = map[string]string{v1alpha1.AnnotationPrune: "true"}
	}).Obj()
	for title, r := range map[string]request{
		"a new one":                {reason: "nobody has seen it yet", given: given, by: seller, do: remove},
		"a scheduled one":          {reason: "an open change can be taken back", given: given, state: v1alpha1.UpdateScheduled, by: seller, do: remove},
		"a held one":               {reason: "the same", given: given, state: v1alpha1.UpdateHeld, by: seller, do: remove},
		"a pending one":            {reason: "the same", given: given, state: v1alpha1.UpdatePending, by: seller, do: remove},
		"an applied one":           {reason: "it is the record", given: given, state: v1alpha1.UpdateApplied, by: seller, do: remove, refused: keep},
		"a rejected one":           {reason: "it is the record", given: given, state: v1alpha1.UpdateRejected, by: seller, do: remove, refused: keep},
		"a superseded one":         {reason: "it is the record", given: given, state: v1alpha1.UpdateSuperseded, by: seller, do: remove, refused: keep},
		"a preview":                {reason: "it is the record", given: given, state: v1alpha1.UpdatePreviewed, by: seller, do: remove, refused: keep},
		"one to be pruned":         {reason: "retention prunes, the user does not", given: pruned, state: v1alpha1.UpdateApplied, by: seller, do: remove, refused: keep},
		"by an owner":              {reason: "nor may whoever owns the namespace", given: given, state: v1alpha1.UpdateApplied, by: owner, do: remove, refused: keep},
		"all, by an owner":         {reason: "nor in one request", given: given, state: v1alpha1.UpdateApplied, by: owner, do: removeAll, refused: keep},
		"an open one, by editor":   {reason: "editors have no part in updates", given: given, by: editor, do: remove, refused: byRole},
		"by the garbage collector": {reason: "records of an older version have owners", given: given, state: v1alpha1.UpdateApplied, by: garbageCollector, do: remove},
		"by an administrator":      {reason: "the cluster's administrator can repair everything", given: given, state: v1alpha1.UpdateApplied, by: administrator, do: remove},
		"by the operator":          {reason: "retention is the operator's", given: given, state: v1alpha1.UpdateApplied, by: operator, do: remove},

		"the operator's, new":                 {reason: "the count or the edit would be lost", given: counted, by: seller, do: remove, refused: takeBack},
		"the operator's, held":                {reason: "a guard is passed by approval alone", given: counted, state: v1alpha1.UpdateHeld, by: seller, do: remove, refused: takeBack},
		"the operator's, scheduled":           {reason: "what was counted is billed when it is due", given: counted, state: v1alpha1.UpdateScheduled, by: seller, do: remove, refused: takeBack},
		"the operator's edit, scheduled":      {reason: "an edit in Git takes effect", given: edited, state: v1alpha1.UpdateScheduled, by: seller, do: remove, refused: takeBack},
		"the operator's, by an owner":         {reason: "nor may whoever owns the namespace", given: counted, state: v1alpha1.UpdateHeld, by: owner, do: remove, refused: takeBack},
		"the operator's, all, by an owner":    {reason: "nor in one request", given: counted, state: v1alpha1.UpdateHeld, by: owner, do: removeAll, refused: takeBack},
		"the operator's, by the operator":     {reason: "it is the operator's", given: counted, state: v1alpha1.UpdateHeld, by: operator, do: remove},
		"the operator's, by an administrator": {reason: "the cluster's administrator can repair everything", given: edited, state: v1alpha1.UpdateScheduled, by: administrator, do: remove},
	} {
		t.Run(title, func(t *testing.T) { t.Parallel(); r.try(t) })
	}
}

// Invoices are issued by the operator, and their status belongs to whoever collects.
func TestInvoicesAreIssuedByTheOperator(t *testing.T) {
	const issued = "invoices are issued by Seatplane alone"
	paid := patchStatus(`{"status": {"conditions": [{"type": "Paid", "status": "True", "reason": "Paid", "message": "", "lastTransitionTime": "2026-04-16T00:00:00Z"}]}}`)
	given := invoice("30.00")
	for title, r := range map[string]request{
		"created by an owner":         {reason: "row 6: it would be taken for the operator's", by: owner, do: create(invoice("10.00")), refused: issued},
		"created by an editor":        {reason: "no role creates invoices", by: editor, do: create(invoice("10.00")), refused: byRole},
		"created by an operator-user": {reason: "no role creates invoices", by: seller, do: create(invoice("10.00")), refused: byRole},
		"created by the operator":     {reason: "it is the operator's", by: operator, do: create(invoice("30.00"))},
		"paid, by a collector":        {reason: "this is what the role is for", given: given, by: collector, do: paid},
		"paid, by an owner":           {reason: "an owner may collect", given: given, by: owner, do: paid},
		"paid, by an editor":          {reason: "who sells does not collect", given: given, by: editor, do: paid, refused: byRole},
		"labelled by a collector":     {reason: "the role is about the status", given: given, by: collector, do: patch(labelled), refused: byRole},
		"labelled by an owner":        {reason: "labels say nothing about the document", given: given, by: owner, do: patch(labelled)},
		"owned":                       {reason: "it would be collected with its owner", given: given, by: owner, do: patch(ownedByNobody), refused: "it cannot have an owner"},
		"deleted by an owner":         {reason: "whoever has the right keeps it", given: given, by: owner, do: remove},
		"deleted by a collector":      {reason: "no role deletes invoices", given: given, by: collector, do: remove, refused: byRole},
		"deleted by the operator":     {reason: "retention is the operator's", given: given, by: operator, do: remove},
	} {
		t.Run(title, func(t *testing.T) { t.Parallel(); r.try(t) })
	}
}

// A subscription is kept until what it owes is on record.
func TestSubscriptionsAreSettled(t *testing.T) {
	const settle = "only Seatplane adds or removes it"
	kept := acme().With(func(s *v1alpha1.Subscription) { s.Finalizers = []string{v1alpha1.FinalizerSettle} }).Obj()
	for title, r := range map[string]request{
		"the finalizer removed by an editor": {reason: "what is owed would be lost", given: kept, by: editor, do: patch(`{"metadata": {"finalizers": null}}`), refused: settle},
		"the finalizer removed by an owner":  {reason: "the same", given: kept, by: owner, do: patch(`{"metadata": {"finalizers": null}}`), refused: settle},
		"the finalizer added by an editor":   {reason: "it would be kept forever where no operator runs", given: acme().Obj(), by: editor, do: patch(`{"metadata": {"finalizers": ["billing.seatplane.dev/settle"]}}`), refused: settle},
		"another finalizer":                  {reason: "it is the user's own", given: kept, by: editor, do: patch(`{"metadata": {"finalizers": ["billing.seatplane.dev/settle", "example.com/mine"]}}`)},
		"an edit":                            {reason: "this is what the role is for", given: kept, by: editor, do: patch(`{"spec": {"suspend": true}}`)},
		"a label":                            {reason: "GitOps tools need theirs", given: kept, by: editor, do: patch(labelled)},
		"a deletion":                         {reason: "it settles what is owed", given: kept, by: editor, do: remove},
		"the finalizer removed by the garbage collector": {reason: "it removes only its own", given: kept, by: garbageCollector, do: patch(unkept), refused: settle},
		"an edit, applied":                      {reason: "server-side apply keeps the finalizers of others", given: kept, by: editor, do: applyOwn(subscriptionManifest)},
		"a replacement":                         {reason: "kubectl replace and Replace=true drop what the manifest does not have", given: kept, by: editor, do: replace(acme().Obj()), refused: settle},
		"a replacement with the finalizer":      {reason: "nothing is dropped", given: kept, by: editor, do: replace(kept)},
		"a status by an owner":                  {reason: "what a customer owes is in the status", given: kept, by: owner, do: patchStatus(`{"status": {"state": "Canceled"}}`), refused: "written by Seatplane alone"},
		"the finalizer removed by the operator": {reason: "it is the operator's", given: kept, by: operator, do: patch(`{"metadata": {"finalizers": null}}`)},
	} {
		t.Run(title, func(t *testing.T) { t.Parallel(); r.try(t) })
	}
}

// Time is driven by hand only where an administrator allows it.
func TestTestClocksAreAllowedByLabel(t *testing.T) {
	const clocks, onClock = "TestClocks are for namespaces without paying customers", "a subscription on a TestClock is not billed by the real time"
	clock := builders.MakeTestClock("clock", "", april).Obj()
	moved := patch(`{"spec": {"now": "2026-05-01T00:00:00Z"}}`)
	unlabel := func(then func(context.Context, client.Client, string, client.Object) error) func(context.Context, client.Client, string, client.Object) error {
		return func(ctx context.Context, c client.Client, namespace string, object client.Object) error {
			plain := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}
			if err := admin.Patch(ctx, plain, client.RawPatch("application/merge-patch+json", []byte(`{"metadata": {"labels": {"billing.seatplane.dev/test-clocks": null}}}`))); err != nil {
				return err
			}
			return then(ctx, c, namespace, object)
		}
	}
	onTheClock := acme().TestClock("clock").Obj()
	for title, r := range map[string]request{
		"a clock":                         {reason: "a namespace is for paying customers unless it says otherwise", by: seller, do: create(clock), refused: clocks},
		"a clock, by an owner":            {reason: "an owner of a namespace does not label it", by: owner, do: create(clock), refused: clocks},
		"another value":                   {reason: "the label has one value", labels: map[string]string{"billing.seatplane.dev/test-clocks": "true"}, by: seller, do: create(clock), refused: clocks},
		"a clock where allowed":           {reason: "this is what the label is for", labels: clocksAllowed, by: seller, do: create(clock)},
		"a clock, by an editor":           {reason: "editors have no clocks", labels: clocksAllowed, by: editor, do: create(clock), refused: byRole},
		"a clock moved":                   {reason: "where clocks are allowed they move", labels: clocksAllowed, given: clock, by: seller, do: moved},
		"a clock moved, label gone":       {reason: "where they are not, they stand still", labels: clocksAllowed, given: clock, by: seller, do: unlabel(moved), refused: clocks},
		"a clock deleted, label gone":     {reason: "it can always be tidied up", labels: clocksAllowed, given: clock, by: seller, do: unlabel(remove)},
		"a subscription on a clock":       {reason: "row 13: a clock that stands still bills nothing", by: editor, do: create(onTheClock), refused: onClock},
		"a subscription where allowed":    {reason: "this is what the label is for", labels: clocksAllowed, by: editor, do: create(onTheClock)},
		"a subscription edited":           {reason: "its clock is as it was", labels: clocksAllowed, given: onTheClock, by: editor, do: unlabel(patch(`{"spec": {"suspend": true}}`))},
		"a subscription without a clock":  {reason: "the real time needs no label", by: editor, do: create(acme().Obj())},
		"an update, by a namespace admin": {reason: "updates need no label", by: owner, do: create(update("u").Obj())},
	} {
		t.Run(title, func(t *testing.T) { t.Parallel(); r.try(t) })
	}
}
