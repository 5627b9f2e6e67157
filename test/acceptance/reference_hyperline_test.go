// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"fmt"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// The reference's own example: a refresh on demand finds 7 seats instead of 2, which is charged with
// 123 at once.
func TestHyperlineExample(t *testing.T) {
	o := open(t, "2024-11-15T18:24:34Z")
	db := o.database(`CREATE TABLE seats (tenant TEXT, seats INTEGER); INSERT INTO seats VALUES ('acme', 2), ('globex', 2);`)
	const viewers = `
apiVersion: v1
kind: ConfigMap
metadata: {name: viewers}
data: {acme: "%d"}
`
	o.apply(fmt.Sprintf(viewers, 3))
	o.apply(`
kind: SeatProduct
metadata: {name: editor}
spec:
  externalRef: itm_G6nU9iSC7eoDsk
  plans:
  - {name: monthly, currency: EUR, interval: {unit: Month, count: 1}, pricing: {model: PerUnit, unitAmount: "49.20"}}
  dataLoader:
    sql: {driver: SQLite, dsnSecretRef: {name: db, key: dsn}, query: "SELECT tenant, seats FROM seats"}
  onIncrease: {applicationSchedule: Immediately, paymentSchedule: Immediately, calculationMethod: ProRata}
---
kind: SeatProduct
metadata: {name: viewer}
spec:
  plans:
  - {name: monthly, currency: EUR, interval: {unit: Month, count: 1}, pricing: {model: PerUnit, unitAmount: "1"}}
  dataLoader: {configMap: {name: viewers}}
`)
	o.apply(product)
	const manifest = `
kind: Subscription
metadata: {name: acme}
spec:
  customer: {id: acme}
  externalRef: sub_7aWtG7Gb_fwGno
  startTime: 2024-11-15T18:24:34Z
  items:
  - {name: editors, productRef: {name: editor}, plan: monthly}
  - {name: viewers, productRef: {name: viewer}, plan: monthly}
  - {name: support, productRef: {name: seat}, plan: monthly, quantity: 1}
  testClockRef: {name: clock}
`
	o.apply(manifest)
	o.apply(`
kind: Subscription
metadata: {name: globex}
spec:
  customer: {id: globex}
  startTime: 2024-11-15T18:24:34Z
  items:
  - {name: editors, productRef: {name: editor}, plan: monthly}
  testClockRef: {name: clock}
`)
	o.started("acme", "globex")
	o.exec(db, `UPDATE seats SET seats = 7`)
	o.apply(fmt.Sprintf(viewers, 4))
	o.moveClock("2024-11-30T18:24:34Z")
	o.holds("acme", 6) // nobody has asked yet
	o.refresh("acme", "2024-11-30T18:24:34.496Z")

	u := o.adjusted("acme", "editors 2 → 7", "123.00")
	expect(t, "the update has an ID", u.UID != "", true)
	expect(t, "subscription", u.Spec.SubscriptionRef.Name, "acme")
	expect(t, "subscription_id", o.subscription("acme").Spec.ExternalRef, "sub_7aWtG7Gb_fwGno")
	expect(t, "application_schedule", u.Status.ApplicationSchedule, v1alpha1.ApplyImmediately)
	expect(t, "apply_at", when(u.Status.ApplyAt), "2024-11-30T18:24:34Z")
	expect(t, "payment_schedule", u.Status.PaymentSchedule, v1alpha1.PayImmediately)
	expect(t, "calculation_method", u.Status.CalculationMethod, v1alpha1.CalculateProRata)
	expect(t, "one change an update", len(u.Status.Changes), 1)
	expect(t, "the change", u.Status.Changes[0], v1alpha1.ItemChange{
		Item: "editors", Product: "editor", ProductExternalRef: "itm_G6nU9iSC7eoDsk", PreviousPlan: "monthly", NewPlan: "monthly",
		PreviousCount: 2, NewCount: 7, AdjustmentAmount: "123.00",
	}) // refreshed on demand: no next refresh
	expect(t, "what asked for it", u.Spec.Cause.Token, "2024-11-30T18:24:34.496Z")

	other := o.adjusted("acme", "viewers 3 → 4", "0.50")
	expect(t, "each product has an update of its own", other.UID != u.UID, true)
	o.holds("acme", 12)  // the item that no loader counts stays at 1
	o.holds("globex", 2) // the request was for the other subscription
	o.invoiced("acme", "111.40", "123.00")

	before, err := o.readUpdates(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	o.refresh("acme", "again")
	after, err := o.readUpdates(t.Context(), "acme")
	expect(t, "updates after a refresh that found nothing changed", len(after), len(before))
	if err != nil {
		t.Fatal(err)
	}
}

// countedDaily is a product and a subscription of one name, whose seats a ConfigMap "counts" holds by
// that name, and onIncrease of the product.
func countedDaily(name, onIncrease string) string {
	return fmt.Sprintf(`
kind: SeatProduct
metadata: {name: %[1]s}
spec:
  plans:
  - {name: monthly, currency: EUR, interval: {unit: Month, count: 1}, pricing: {model: PerUnit, unitAmount: "10"}}
  dataLoader: {configMap: {name: counts}}
  refresh: {schedule: "0 0 * * *"}
  onIncrease: {%[2]s}
---
kind: Subscription
metadata: {name: %[1]s}
spec:
  customer: {id: %[1]s}
  startTime: 2026-04-01T00:00:00Z
  items:
  - {name: editors, productRef: {name: %[1]s}, plan: monthly}
  testClockRef: {name: clock}
`, name, onIncrease)
}

// counted opens an office with such subscriptions, each with 2 seats and one "custom" that updates
// change; from then on, 7 are counted.
func counted(t *testing.T, onIncrease map[string]string) *office {
	o := open(t, "2026-04-01T00:00:00Z")
	counts := "\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: counts}\ndata:\n"
	names := []string{"custom"}
	for name := range onIncrease {
		counts += "  " + name + ": \"2\"\n"
		names = append(names, name)
	}
	o.apply(counts)
	o.apply(strings.ReplaceAll(limited, "name: acme", "name: custom"))
	for name, policy := range onIncrease {
		o.apply(countedDaily(name, policy))
	}
	o.started(names...)
	o.apply(strings.ReplaceAll(counts, `"2"`, `"7"`))
	return o
}

// When a change takes effect. Custom needs an instant, which only a user's update has.
func TestHyperlineApplicationSchedule(t *testing.T) {
	o := counted(t, map[string]string{
		"immediately": "applicationSchedule: Immediately",
		"next-period": "applicationSchedule: NextPeriod",
		"scheduled":   "applicationSchedule: Scheduled",
	})
	o.moveClock("2026-04-10T00:00:00Z")
	u := o.adjusted("immediately", "editors 2 → 7", "35.00")
	expect(t, "immediately, apply_at", when(u.Status.ApplyAt), "2026-04-10T00:00:00Z")
	expect(t, "next_refresh_date", when(u.Status.Changes[0].NextRefreshTime), "2026-04-11T00:00:00Z")
	o.apply(`
kind: SubscriptionUpdate
metadata: {name: custom}
spec:
  subscriptionRef: {name: custom}
  seats: {increment: 5}
  applicationSchedule: Custom
  applyAt: 2026-04-16T00:00:00Z
`)
	o.decided("custom", v1alpha1.UpdateScheduled)
	const beside = "kind: SubscriptionUpdate\nmetadata: {name: x}\nspec: {subscriptionRef: {name: custom}, seats: {increment: 5}, "
	o.refused(beside+"applicationSchedule: Custom}", "set applyAt")
	o.refused(beside+"applyAt: 2026-04-16T00:00:00Z}", "applyAt needs applicationSchedule: Custom")
	o.refused(beside+`applicationSchedule: Custom, applyAt: "2026-04-16T00:00:00.496Z"}`, "whole seconds")
	o.refused(beside+"applicationSchedule: Sometimes}", `supported values: "Immediately", "NextPeriod", "Custom", "Scheduled"`)
	for name, applyAt := range map[string]string{
		"next-period": "2026-05-01T00:00:00Z", "scheduled": "2026-04-11T00:00:00Z", "custom": "2026-04-16T00:00:00Z",
	} {
		u := o.update(name, "editors 2 → 7")
		expect(t, name+", state", u.Status.State, v1alpha1.UpdateScheduled)
		expect(t, name+", apply_at", when(u.Status.ApplyAt), applyAt)
		o.holds(name, 2)
	}
	o.moveClock("2026-04-11T00:00:00Z")
	o.adjusted("scheduled", "editors 2 → 7", "33.33")
	o.holds("custom", 2)
	o.moveClock("2026-04-16T00:00:00Z")
	o.adjusted("custom", "editors 2 → 7", "25.00")
	o.holds("next-period", 2)
	o.moveClock("2026-05-01T00:00:00Z")
	u = o.adjusted("next-period", "editors 2 → 7", "0.00")
	expect(t, "next_period, in force", u.Status.ApplicationSchedule, v1alpha1.ApplyNextPeriod)
	o.invoiced("immediately", "20.00", "105.00")
	o.invoiced("scheduled", "20.00", "103.33")
	o.invoiced("custom", "20.00", "95.00")
	o.invoiced("next-period", "20.00", "70.00")
}

// When the adjustment is billed, and how it is computed. do_not_charge has none.
func TestHyperlinePaymentScheduleAndCalculationMethod(t *testing.T) {
	o := counted(t, map[string]string{
		"immediately":   "paymentSchedule: Immediately",
		"next-invoice":  "paymentSchedule: NextInvoice",
		"pay-in-full":   "calculationMethod: PayInFull",
		"do-not-charge": "calculationMethod: DoNotCharge",
	})
	o.moveClock("2026-04-16T00:00:00Z")
	o.apply(`
kind: SubscriptionUpdate
metadata: {name: custom}
spec:
  subscriptionRef: {name: custom}
  seats: {increment: 5}
  paymentSchedule: Custom
  billAt: 2026-04-20T00:00:00Z
`)
	o.decided("custom", v1alpha1.UpdateApplied)
	o.clockIsReady()
	for name, want := range map[string]struct {
		adjustment v1alpha1.Amount
		payment    v1alpha1.PaymentSchedule
		method     v1alpha1.CalculationMethod
	}{
		"immediately":   {"25.00", v1alpha1.PayImmediately, v1alpha1.CalculateProRata},
		"next-invoice":  {"25.00", v1alpha1.PayNextInvoice, v1alpha1.CalculateProRata},
		"custom":        {"25.00", v1alpha1.PayCustom, v1alpha1.CalculateProRata},
		"pay-in-full":   {"50.00", v1alpha1.PayNextInvoice, v1alpha1.CalculatePayInFull},
		"do-not-charge": {"", v1alpha1.PayNextInvoice, v1alpha1.CalculateDoNotCharge},
	} {
		u := o.adjusted(name, "editors 2 → 7", want.adjustment)
		expect(t, name+", payment_schedule", u.Status.PaymentSchedule, want.payment)
		expect(t, name+", calculation_method", u.Status.CalculationMethod, want.method)
		expect(t, name+", adjustment_amount of the change", u.Status.Changes[0].AdjustmentAmount, want.adjustment)
		o.holds(name, 7)
	}
	const beside = "kind: SubscriptionUpdate\nmetadata: {name: x}\nspec: {subscriptionRef: {name: custom}, seats: {increment: 5}, "
	o.refused(beside+"paymentSchedule: Custom}", "set billAt")
	o.refused(beside+"paymentSchedule: Sometimes}", `supported values: "Immediately", "NextInvoice", "Custom"`)
	o.refused(beside+"calculationMethod: Sometimes}", `supported values: "ProRata", "PayInFull", "DoNotCharge"`)
	expect(t, "billAt", when(o.update("custom", "editors 2 → 7").Status.BillAt), "2026-04-20T00:00:00Z")
	o.invoiced("immediately", "20.00", "25.00")
	o.invoiced("custom", "20.00")
	o.moveClock("2026-04-20T00:00:00Z")
	invoices := o.invoiced("custom", "20.00", "25.00")
	expect(t, "custom, why there is an invoice", invoices[len(invoices)-1].Spec.Reason, v1alpha1.InvoiceCustom)
	o.moveClock("2026-05-01T00:00:00Z")
	o.invoiced("immediately", "20.00", "25.00", "70.00")
	o.invoiced("next-invoice", "20.00", "95.00")
	o.invoiced("custom", "20.00", "25.00", "70.00")
	o.invoiced("pay-in-full", "20.00", "120.00")
	o.invoiced("do-not-charge", "20.00", "70.00")
}

// Who asks proves who they are with a bearer token, and may do what their roles allow. There is no
// other way in.
func TestHyperlineAuthorization(t *testing.T) {
	o := open(t, "2026-04-01T00:00:00Z")
	o.apply(limited)
	o.started("acme")
	o.apply(`
apiVersion: v1
kind: ServiceAccount
metadata: {name: crm}
`)
	o.apply(`
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: refresher}
rules:
- {apiGroups: [billing.seatplane.dev], resources: [subscriptions], resourceNames: [acme], verbs: [patch]}
`)
	account := &corev1.ServiceAccount{}
	account.Name, account.Namespace = "crm", o.namespace
	var request authenticationv1.TokenRequest
	if err := cluster.SubResource("token").Create(t.Context(), account, &request); err != nil {
		t.Fatal(err)
	}
	ask := func(token, subscription string) error {
		config := rest.AnonymousClientConfig(ground.Plane.Config)
		config.BearerToken = token
		c, err := client.New(config, client.Options{Scheme: cluster.Scheme(), Mapper: cluster.RESTMapper()})
		if err != nil {
			t.Fatal(err)
		}
		s := &v1alpha1.Subscription{}
		s.Name, s.Namespace = subscription, o.namespace
		merge := fmt.Sprintf(`{"metadata":{"annotations":{%q:"now"}}}`, v1alpha1.AnnotationRefreshRequestedAt)
		return c.Patch(t.Context(), s, client.RawPatch(types.MergePatchType, []byte(merge)))
	}
	if err := ask("", "acme"); !apierrors.IsForbidden(err) && !apierrors.IsUnauthorized(err) {
		t.Errorf("without a token: %v", err)
	}
	if err := ask("sk_wrong", "acme"); !apierrors.IsUnauthorized(err) {
		t.Errorf("with a token of nobody: %v", err)
	}
	if err := ask(request.Status.Token, "acme"); !apierrors.IsForbidden(err) {
		t.Errorf("with a token and no role: %v", err)
	}
	o.apply(`
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: crm}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: refresher}
subjects:
- {kind: ServiceAccount, name: crm, namespace: ` + o.namespace + `}
`)
	o.eventually("the role is bound", func(context.Context) (bool, string, error) {
		err := ask(request.Status.Token, "acme")
		return err == nil, fmt.Sprint(err), nil
	})
	if err := ask(request.Status.Token, "globex"); !apierrors.IsForbidden(err) {
		t.Errorf("for a subscription that is not theirs: %v", err)
	}
}
