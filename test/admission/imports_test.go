// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"context"
	"fmt"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/builders"
)

// importer is the account that imports.
const importer = "system:serviceaccount:seatplane-system:seatplane-importer"

// boundImporter lets the importer's account have its role, as an administrator does for an import.
func boundImporter(t *testing.T) {
	t.Helper()
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "seatplane-import"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "seatplane-importer"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: "seatplane-system", Name: "seatplane-importer"}},
	}
	if err := admin.Create(t.Context(), binding); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := admin.Delete(context.WithoutCancel(t.Context()), binding); err != nil {
			t.Error(err)
		}
	})
	probe := invoice("10.00")
	probe.Namespace = "default"
	eventually(t, "the importer has its rights", func(ctx context.Context) (bool, error) {
		return as(t, importer).Create(ctx, probe.DeepCopy(), client.DryRunAll) == nil, nil
	})
}

// importing is a subscription in the midst of an import.
func importing() *v1alpha1.Subscription {
	s := acme().Obj()
	s.Annotations = map[string]string{v1alpha1.AnnotationImporting: "0123456789abcdef"}
	s.Finalizers = []string{v1alpha1.FinalizerSettle}
	return s
}

// TestImports: only the importer's account marks objects, restores records and statuses, and says what an object was. For
// everybody else, what an import wrote is as fixed as what the manager wrote.
func TestImports(t *testing.T) {
	boundImporter(t)
	const marked = "leave it as it is, and finish the import"
	was := fmt.Sprintf(`{"status": {"imported": {"export": "0123456789abcdef", "uid": %q, "creationTime": "2026-04-01T00:00:00Z"}}}`, acmeUID)
	const released = `{"metadata": {"annotations": {"billing.seatplane.dev/importing": null}}}`
	const begun = `{"metadata": {"annotations": {"billing.seatplane.dev/importing": "0123456789abcdef"}}}`
	finished := func(ctx context.Context, c client.Client, namespace string) (*v1alpha1.SubscriptionUpdate, error) {
		record := forged("acme-52zkxz6f92xz", v1alpha1.CauseRefresh)
		record.Namespace = namespace
		err := c.Create(ctx, record)
		record.Status.State = v1alpha1.UpdateApplied
		return record, err
	}
	for title, r := range map[string]request{
		"an import, by the importer":        {reason: "this is what the account is for", by: importer, do: create(importing())},
		"an import, by an owner":            {reason: "it would never be billed", by: owner, do: create(importing()), refused: marked},
		"an import, by an administrator":    {reason: "administrators act as the importer, which the audit log shows", by: administrator, do: create(importing()), refused: marked},
		"an import, by an editor":           {reason: "it would never be billed", by: editor, do: create(importing()), refused: marked},
		"a mark, by an editor":              {reason: "it would not be billed any more", given: acme().Obj(), by: editor, do: patch(begun), refused: marked},
		"a mark on a product, by an editor": {reason: "it would not be counted any more", given: builders.MakeSeatProduct("seat", "").Plan("monthly", "EUR", "10").Obj(), by: editor, do: patch(begun), refused: marked},
		"an edit without a mark":            {reason: "this is what the role is for", given: acme().Obj(), by: editor, do: patch(`{"spec": {"suspend": true}}`)},
		"a status, by the importer":         {reason: "the books are in it", given: acme().Obj(), by: importer, do: restore},
		"a status, by an owner":             {reason: "records would get other names", given: acme().Obj(), by: owner, do: patchStatus(was), refused: "written by Seatplane alone"},
		"a status, by an administrator":     {reason: "records would get other names", given: acme().Obj(), by: administrator, do: patchStatus(was), refused: "written by Seatplane alone"},
		"an invoice's, by the importer":     {reason: "retention goes by its age", given: invoice("10.00"), by: importer, do: restore},
		"an invoice's, by a collector":      {reason: "its age is not the collector's", given: invoice("10.00"), by: collector, do: patchStatus(was), refused: "status.imported says what an invoice was"},
		"an invoice, by the importer":       {reason: "the books are in it", by: importer, do: create(invoice("10.00"))},
		"a release, by the importer": {reason: "the import is done", by: importer, do: func(ctx context.Context, c client.Client, namespace string, _ client.Object) error {
			s := importing()
			s.Namespace = namespace
			if err := c.Create(ctx, s); err != nil {
				return err
			}
			return c.Patch(ctx, s, client.RawPatch(types.MergePatchType, []byte(released)))
		}},
		"a release, by an editor": {reason: "it would be billed from the start", by: editor, refused: marked, do: func(ctx context.Context, c client.Client, namespace string, _ client.Object) error {
			s := importing()
			s.Namespace = namespace
			if err := as(t, importer).Create(ctx, s); err != nil {
				return err
			}
			return c.Patch(ctx, s, client.RawPatch(types.MergePatchType, []byte(released)))
		}},
		"a finished refresh, by the importer": {reason: "it stays finished", by: importer, do: func(ctx context.Context, c client.Client, namespace string, _ client.Object) error {
			record, err := finished(ctx, c, namespace)
			if err != nil {
				return err
			}
			return c.Status().Update(ctx, record)
		}},
		"a finished refresh, by an owner": {reason: "it would be forged", by: owner, refused: "remove spec.cause", do: func(ctx context.Context, c client.Client, namespace string, _ client.Object) error {
			_, err := finished(ctx, c, namespace)
			return err
		}},
		"deleting a record, by the importer": {reason: "an import deletes none", given: update("u").Obj(), state: v1alpha1.UpdateApplied, by: importer, do: remove, refused: byRole},
	} {
		t.Run(title, func(t *testing.T) { r.try(t) })
	}
}

// restore says in the status of what is given what it was, as an import does.
func restore(ctx context.Context, c client.Client, _ string, object client.Object) error {
	was := &v1alpha1.Imported{Export: "0123456789abcdef", UID: acmeUID, CreationTime: metav1.NewTime(april)}
	switch o := object.(type) {
	case *v1alpha1.Subscription:
		o.Status.Imported = was
	case *v1alpha1.Invoice:
		o.Status.Imported = was
	default:
		return fmt.Errorf("%T has no case", object)
	}
	return c.Status().Update(ctx, object)
}
