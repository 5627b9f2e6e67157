// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	kstatus "github.com/fluxcd/cli-utils/pkg/kstatus/status"
	lua "github.com/yuin/gopher-lua"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/status"
	"github.com/seatplane/seatplane/internal/testing/controlplane"
	"github.com/seatplane/seatplane/internal/testing/health"
)

// healthScript is the script for Argo CD.
func healthScript(t *testing.T) string {
	t.Helper()
	return read(t, controlplane.FromRoot(t, "examples", "gitops", "argocd", "health.lua"))
}

// argoHealth runs the script on an object as Argo CD does, with as little of Lua's library.
func argoHealth(t *testing.T, script string, object map[string]any) (status, message string) {
	t.Helper()
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for name, open := range map[string]lua.LGFunction{lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable} {
		if err := state.CallByParam(lua.P{Fn: state.NewFunction(open), Protect: true}, lua.LString(name)); err != nil {
			t.Fatal(err)
		}
	}
	state.SetGlobal("obj", toLua(state, object))
	if err := state.DoString(script); err != nil {
		t.Fatal(err)
	}
	answer, ok := state.Get(-1).(*lua.LTable)
	if !ok {
		t.Fatalf("the script returns a %s", state.Get(-1).Type())
	}
	return answer.RawGetString("status").String(), answer.RawGetString("message").String()
}

// toLua turns what JSON can say into what Lua can.
func toLua(state *lua.LState, value any) lua.LValue {
	switch v := value.(type) {
	case map[string]any:
		table := state.NewTable()
		for key, each := range v {
			table.RawSetString(key, toLua(state, each))
		}
		return table
	case []any:
		table := state.NewTable()
		for _, each := range v {
			table.Append(toLua(state, each))
		}
		return table
	case string:
		return lua.LString(v)
	case bool:
		return lua.LBool(v)
	case int64:
		return lua.LNumber(v)
	case float64:
		return lua.LNumber(v)
	default:
		return lua.LNil
	}
}

// says is how the operator sets the conditions of an object.
type says func(status.Conditions)

func ready(reason string) says { return func(c status.Conditions) { c.Ready(reason, "It is.") } }

func inProgress(reason string) says {
	return func(c status.Conditions) { c.InProgress(reason, "Wait.") }
}

func stalled(reason string) says { return func(c status.Conditions) { c.Stalled(reason, "Act.") } }

// object makes an object of a kind whose status is about one generation of it, with these conditions.
func object(t *testing.T, kind string, generation, observed int64, say ...says) *unstructured.Unstructured {
	t.Helper()
	var conditions []metav1.Condition
	set := status.Of(&conditions, observed, time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC))
	for _, each := range say {
		each(set)
	}
	raw, err := json.Marshal(map[string]any{
		"apiVersion": v1alpha1.GroupVersion.String(), "kind": kind,
		"metadata": map[string]any{"name": "it", "generation": generation},
		"status":   map[string]any{"observedGeneration": observed, "conditions": conditions},
	})
	if err != nil {
		t.Fatal(err)
	}
	made := &unstructured.Unstructured{}
	if err := made.UnmarshalJSON(raw); err != nil {
		t.Fatal(err)
	}
	return made
}

// agreeing are the words of kstatus that go with each of Argo CD's. What waits for a date or a person is
// well for Argo CD, and is not there yet for kstatus.
var agreeing = map[string][]kstatus.Status{
	"Healthy":     {health.Current},
	"Progressing": {health.InProgress},
	"Degraded":    {health.Failed},
	"Suspended":   {health.InProgress, health.Current},
}

func TestArgoHealth(t *testing.T) {
	invoice := object(t, "Invoice", 1, 0)
	unstructured.RemoveNestedField(invoice.Object, "status")
	paid := object(t, "Invoice", 1, 0, func(c status.Conditions) {
		c.Set(v1alpha1.ConditionPaid, metav1.ConditionTrue, "Paid", "By transfer.")
	})
	unstructured.RemoveNestedField(paid.Object, "status", "observedGeneration")
	notInSync := func(c status.Conditions) {
		c.Set(v1alpha1.ConditionInSync, metav1.ConditionFalse, v1alpha1.ReasonBelowMinimum, "Too few.")
	}
	cases := map[string]struct {
		reason string
		object *unstructured.Unstructured
		want   string
	}{
		"New":                  {"nobody has looked at it", object(t, "SeatProduct", 1, -1), "Progressing"},
		"Edited":               {"what it says is about an older version", object(t, "SeatProduct", 2, 1, ready(v1alpha1.ReasonReconciled)), "Progressing"},
		"ProductReady":         {"it is counted", object(t, "SeatProduct", 1, 1, ready(v1alpha1.ReasonReconciled)), "Healthy"},
		"ProductUnreachable":   {"it is tried again", object(t, "SeatProduct", 1, 1, inProgress(v1alpha1.ReasonSourceUnreachable)), "Progressing"},
		"ProductInvalid":       {"only an edit helps", object(t, "SeatProduct", 1, 1, stalled(v1alpha1.ReasonInvalidSchedule)), "Degraded"},
		"ProductSuspended":     {"a person stopped its refreshes", object(t, "SeatProduct", 1, 1, ready(v1alpha1.ReasonSuspended)), "Suspended"},
		"PolicyReady":          {"it prices", object(t, "ProrationPolicy", 1, 1, ready(v1alpha1.ReasonReconciled)), "Healthy"},
		"PolicyConflict":       {"only an edit helps", object(t, "ProrationPolicy", 1, 1, stalled(v1alpha1.ReasonExternalRefConflict)), "Degraded"},
		"ClusterPolicyReady":   {"it prices", object(t, "ClusterProrationPolicy", 1, 1, ready(v1alpha1.ReasonReconciled)), "Healthy"},
		"SubscriptionReady":    {"all that was due is billed", object(t, "Subscription", 1, 1, ready(v1alpha1.ReasonReconciled)), "Healthy"},
		"SubscriptionEnded":    {"the end was asked for", object(t, "Subscription", 1, 1, ready(v1alpha1.ReasonCanceled)), "Healthy"},
		"SubscriptionHeldUp":   {"it continues when the product is there", object(t, "Subscription", 1, 1, inProgress(v1alpha1.ReasonProductNotFound)), "Progressing"},
		"SubscriptionParked":   {"a person must let it go on", object(t, "Subscription", 1, 1, stalled(v1alpha1.ReasonParked)), "Degraded"},
		"SubscriptionPaused":   {"a person suspended it", object(t, "Subscription", 1, 1, ready(v1alpha1.ReasonSuspended)), "Suspended"},
		"SubscriptionNotAsked": {"what is in force is billed, regardless of what the edit waits for", object(t, "Subscription", 1, 1, ready(v1alpha1.ReasonReconciled), notInSync), "Healthy"},
		"UpdateApplied":        {"it took effect", object(t, "SubscriptionUpdate", 1, 1, ready(v1alpha1.ReasonApplied)), "Healthy"},
		"UpdateSuperseded":     {"a newer one took its place", object(t, "SubscriptionUpdate", 1, 1, ready(v1alpha1.ReasonSupersededByRefresh)), "Healthy"},
		"UpdateHeld":           {"a person is to approve it", object(t, "SubscriptionUpdate", 1, 1, inProgress(v1alpha1.ReasonAwaitingApproval)), "Suspended"},
		"UpdateScheduled":      {"its time has not come", object(t, "SubscriptionUpdate", 1, 1, inProgress(v1alpha1.ReasonScheduled)), "Suspended"},
		"UpdateTooEarly":       {"the subscription has not started", object(t, "SubscriptionUpdate", 1, 1, inProgress(v1alpha1.ReasonNotStarted)), "Suspended"},
		"UpdateRejected":       {"it cannot be had", object(t, "SubscriptionUpdate", 1, 1, stalled(v1alpha1.ReasonAboveMaximum)), "Degraded"},
		"UpdateWaits":          {"the subscription may yet come", object(t, "SubscriptionUpdate", 1, 1, inProgress(v1alpha1.ReasonSubscriptionNotFound)), "Progressing"},
		"AssignmentAssigned":   {"the holder has a seat", object(t, "SeatAssignment", 1, 1, ready(v1alpha1.ReasonAssigned)), "Healthy"},
		"AssignmentWaits":      {"no seat is free", object(t, "SeatAssignment", 1, 1, inProgress(v1alpha1.ReasonWaitingForSeat)), "Suspended"},
		"AssignmentDuplicate":  {"one of the two must go", object(t, "SeatAssignment", 1, 1, stalled(v1alpha1.ReasonDuplicateHolder)), "Degraded"},
		"ClockReady":           {"all has reached its time", object(t, "TestClock", 1, 1, ready(v1alpha1.ReasonReconciled)), "Healthy"},
		"ClockMoves":           {"not all has", object(t, "TestClock", 1, 1, inProgress(v1alpha1.ReasonProgressing)), "Progressing"},
		"SinkDelivers":         {"events arrive", object(t, "EventSink", 1, 1, ready(v1alpha1.ReasonDelivering)), "Healthy"},
		"SinkFails":            {"they are sent again", object(t, "EventSink", 1, 1, inProgress(v1alpha1.ReasonDeliveryFailing)), "Progressing"},
		"SinkBlocked":          {"an event is tried once a day", object(t, "EventSink", 1, 1, inProgress(v1alpha1.ReasonDeadLettered)), "Progressing"},
		"SinkDisabled":         {"a person must repair it", object(t, "EventSink", 1, 1, stalled(v1alpha1.ReasonDisabled)), "Degraded"},
		"SinkNew":              {"the operator has not seen it", object(t, "EventSink", 1, -1), "Progressing"},
		"ArchiveWorks":         {"records are copied", object(t, "Archive", 1, 1, ready(v1alpha1.ReasonArchiving)), "Healthy"},
		"ArchiveUnreachable":   {"the operator keeps trying", object(t, "Archive", 1, 1, inProgress(v1alpha1.ReasonDatabaseUnreachable)), "Progressing"},
		"ArchiveDiffers":       {"a person has to look", object(t, "Archive", 1, 1, stalled(v1alpha1.ReasonRecordDiffers)), "Degraded"},
		"Invoice":              {"it has no status until somebody collects", invoice, "Healthy"},
		"InvoicePaid":          {"what others say of it does not matter", paid, "Healthy"},
	}
	script := healthScript(t)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, message := argoHealth(t, script, c.object.Object)
			if got != c.want || message == "" {
				t.Errorf("%s: it is %s (%q), want %s", c.reason, got, message, c.want)
			}
			requireAgreement(t, c.object, got)
		})
	}
}

// requireAgreement requires that kstatus, and with it Flux and kubectl wait, says the same of an object.
func requireAgreement(t *testing.T, object *unstructured.Unstructured, argo string) {
	t.Helper()
	is, err := health.Of(object)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range agreeing[argo] {
		if is == word {
			return
		}
	}
	t.Errorf("it is %s for Argo CD and %s for kstatus", argo, is)
}

// TestArgoConfigMap requires that the ConfigMap for Argo CD carries the script that is tested.
func TestArgoConfigMap(t *testing.T) {
	var config struct{ Data map[string]string }
	if err := yaml.Unmarshal([]byte(read(t, controlplane.FromRoot(t, "examples", "gitops", "argocd", "argocd-cm.yaml"))), &config); err != nil {
		t.Fatal(err)
	}
	var customizations map[string]map[string]string
	if err := yaml.Unmarshal([]byte(config.Data["resource.customizations"]), &customizations); err != nil {
		t.Fatal(err)
	}
	got := strings.TrimSpace(customizations[v1alpha1.GroupName+"/*"]["health.lua"])
	if got != strings.TrimSpace(healthScript(t)) {
		t.Error("argocd-cm.yaml has another script than health.lua: copy it, indented by eight spaces")
	}
}
