// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
	"github.com/seatplane/seatplane/internal/table"
)

// refreshed is the result of a refresh.
type refreshed struct {
	// Request is the value of the annotation that requested the refresh.
	Request string `json:"request"`
	// Updates are those that the refresh made.
	Updates []refreshedUpdate `json:"updates"`
	// Failures explain why a source or a key had no usable count.
	Failures []string `json:"failures,omitempty"`
}

// refreshedUpdate is an update that a refresh made.
type refreshedUpdate struct {
	Name         string `json:"name"`
	Subscription string `json:"subscription"`
	Change       string `json:"change"`
	State        string `json:"state"`
	Adjustment   string `json:"adjustment,omitempty"`
}

func newRefresh(o *Options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "refresh [SUBSCRIPTION]",
		Short: "Count seats now, and print the updates that follow",
		Long: "Request a refresh of one subscription, or of a product with all its subscriptions, and wait for it. The command " +
			"prints the updates that the refresh made. It ends with code 2 if the source failed, and with code 4 if an update " +
			"is pending approval.",
		Example:           "  kubectl seatplane refresh acme\n  kubectl seatplane refresh --product editor-seat",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: o.completeNames("subscriptions"),
	}
	product := cmd.Flags().String("product", "", "refresh this SeatProduct with all its subscriptions")
	timeout, out := addTimeout(cmd), AddOutput(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if _, err := out.Format(); err != nil {
			return err
		}
		if (len(args) == 1) == (*product != "") {
			return Fail(Failed, "choose either a subscription or --product: run the command with --help for an example")
		}
		c, err := o.Connect()
		if err != nil {
			return err
		}
		r := &refresh{c: c, timeout: *timeout, request: "kubectl-seatplane/" + o.Now().UTC().Format(time.RFC3339Nano)}
		result, err := r.run(cmd.Context(), args, *product)
		if err != nil {
			return err
		}
		return printRefreshed(o, out, result)
	}
	return cmd
}

// refresh requests one refresh.
type refresh struct {
	c       *Cluster
	timeout time.Duration
	request string
}

func (r *refresh) run(ctx context.Context, args []string, product string) (*refreshed, error) {
	if product != "" {
		return r.product(ctx, product)
	}
	return r.subscription(ctx, args[0])
}

// subscription refreshes the counted items of a subscription.
func (r *refresh) subscription(ctx context.Context, name string) (*refreshed, error) {
	s := &v1alpha1.Subscription{}
	if err := r.c.Find(ctx, name, s); err != nil {
		return nil, err
	}
	products, err := r.counting(ctx, s)
	if err != nil {
		return nil, err
	}
	if len(products) == 0 {
		return nil, Fail(Refused, "subscription %q has nothing to refresh: none of its products has a data loader", name)
	}
	if err := r.ask(ctx, s); err != nil {
		return nil, err
	}
	s, err = await(ctx, r.c, r.timeout, &v1alpha1.SubscriptionList{}, name, func(s *v1alpha1.Subscription) (bool, error) {
		return s.Status.LastHandledRefreshRequest == r.request, nil
	})
	if err != nil {
		return nil, r.late(err, "subscription", name)
	}
	result := &refreshed{Request: r.request}
	for _, product := range products {
		if load := facts.Load(s, product); load.Reason != "" {
			result.Failures = append(result.Failures, fmt.Sprintf("%s (%s): %s", product, load.Reason, load.Message))
			continue
		}
		p := &v1alpha1.SeatProduct{}
		if err := r.c.Find(ctx, product, p); err != nil {
			return nil, err
		}
		result.Failures = append(result.Failures, failureOf(p)...)
	}
	made, err := r.listed(ctx, name)
	if err != nil {
		return nil, err
	}
	return result, r.settle(ctx, result, made)
}

// counting returns the products of a subscription that have a data loader.
func (r *refresh) counting(ctx context.Context, s *v1alpha1.Subscription) ([]string, error) {
	var names []string
	for _, name := range facts.ProductsOf(s) {
		p := &v1alpha1.SeatProduct{}
		found, err := exists(r.c.Find(ctx, name, p))
		if err != nil {
			return nil, err
		}
		if found && p.Spec.DataLoader != nil {
			names = append(names, name)
		}
	}
	return names, nil
}

// product refreshes all subscriptions of a product.
func (r *refresh) product(ctx context.Context, name string) (*refreshed, error) {
	p := &v1alpha1.SeatProduct{}
	if err := r.c.Find(ctx, name, p); err != nil {
		return nil, err
	}
	if p.Spec.DataLoader == nil {
		return nil, Fail(Refused, "product %q has nothing to refresh: it has no data loader", name)
	}
	// Updates that are created from here on are watched, so the updates of earlier refreshes need not be listed.
	newest := &v1alpha1.SubscriptionUpdateList{}
	if err := r.c.List(ctx, newest, client.InNamespace(r.c.Namespace), client.Limit(1)); err != nil {
		return nil, err
	}
	if err := r.ask(ctx, p); err != nil {
		return nil, err
	}
	p, err := await(ctx, r.c, r.timeout, &v1alpha1.SeatProductList{}, name, func(p *v1alpha1.SeatProduct) (bool, error) {
		return p.Status.LastHandledRefreshRequest == r.request, nil
	})
	if err != nil {
		return nil, r.late(err, "product", name)
	}
	result := &refreshed{Request: r.request, Failures: failureOf(p)}
	for _, entry := range p.Status.Refreshes {
		if entry.Failed > 0 && entry.LastRefreshToken == r.request {
			result.Failures = append(result.Failures, fmt.Sprintf("%s: %d subscriptions have no usable count: see their condition SeatsCurrent",
				name, entry.Failed))
		}
	}
	made, err := r.watched(ctx, newest.ResourceVersion, r.changed(p))
	if err != nil {
		return nil, err
	}
	return result, r.settle(ctx, result, made)
}

// changed is how many updates the refresh made.
func (r *refresh) changed(p *v1alpha1.SeatProduct) int64 {
	var changed int64
	for _, entry := range p.Status.Refreshes {
		if entry.LastRefreshToken == r.request {
			changed += entry.Changed
		}
	}
	return changed
}

// watched returns the updates that the refresh made after a version of their list. It returns once it has the given
// number of updates, or no more arrive.
func (r *refresh) watched(ctx context.Context, version string, want int64) (map[string]*v1alpha1.SubscriptionUpdate, error) {
	made := map[string]*v1alpha1.SubscriptionUpdate{}
	if want == 0 {
		return made, nil
	}
	waiting, stop := context.WithTimeout(ctx, r.timeout)
	defer stop()
	w, err := r.c.Watch(waiting, &v1alpha1.SubscriptionUpdateList{}, &client.ListOptions{
		Namespace: r.c.Namespace, Raw: &metav1.ListOptions{ResourceVersion: version},
	})
	if err != nil {
		return nil, err
	}
	defer w.Stop()
	for event := range w.ResultChan() {
		u, ok := event.Object.(*v1alpha1.SubscriptionUpdate)
		if ok && r.made(u) {
			made[u.Name] = u
		}
		if int64(len(made)) >= want {
			break
		}
	}
	return made, ctx.Err()
}

// ask writes the annotation that requests a refresh.
func (r *refresh) ask(ctx context.Context, object client.Object) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"annotations": map[string]string{v1alpha1.AnnotationRefreshRequestedAt: r.request},
	}})
	if err != nil {
		return err
	}
	return r.c.Patch(ctx, object, client.RawPatch(types.MergePatchType, patch), client.FieldOwner(fieldManager))
}

// late explains a wait that took too long.
func (r *refresh) late(err error, kind, name string) error {
	if !errors.Is(err, errTimedOut) {
		return err
	}
	return Fail(Failed, "the refresh of %s %q was requested, but has not finished after %s: check with \"kubectl seatplane status\" "+
		"that the operator runs, or wait longer with --timeout", kind, name, r.timeout)
}

// failureOf explains why a refresh of a product failed; empty if it succeeded.
func failureOf(p *v1alpha1.SeatProduct) []string {
	loaded := meta.FindStatusCondition(p.Status.Conditions, v1alpha1.ConditionLoaded)
	if loaded == nil || loaded.Status != metav1.ConditionFalse {
		return nil
	}
	return []string{fmt.Sprintf("%s (%s): %s", p.Name, loaded.Reason, loaded.Message)}
}

// listed returns the updates of a subscription that the refresh made.
func (r *refresh) listed(ctx context.Context, subscription string) (map[string]*v1alpha1.SubscriptionUpdate, error) {
	made := map[string]*v1alpha1.SubscriptionUpdate{}
	all, err := listUpdates(ctx, r.c, subscription)
	for n := range all {
		if r.made(&all[n]) {
			made[all[n].Name] = &all[n]
		}
	}
	return made, err
}

// settle adds updates to the result, once all of them are settled or the time is over.
func (r *refresh) settle(ctx context.Context, result *refreshed, made map[string]*v1alpha1.SubscriptionUpdate) error {
	for name, u := range made {
		if isSettled(u) {
			continue
		}
		done := func(u *v1alpha1.SubscriptionUpdate) (bool, error) { return isSettled(u), nil }
		settled, err := await(ctx, r.c, r.timeout, &v1alpha1.SubscriptionUpdateList{}, name, done)
		if errors.Is(err, errTimedOut) {
			continue
		}
		if err != nil {
			return err
		}
		made[name] = settled
	}
	result.Updates = []refreshedUpdate{}
	for _, u := range made {
		result.Updates = append(result.Updates, refreshedUpdate{
			Name: u.Name, Subscription: u.Spec.SubscriptionRef.Name, Change: u.Status.Summary,
			State: string(cmp.Or(u.Status.State, v1alpha1.UpdatePending)), Adjustment: u.Status.AdjustmentText,
		})
	}
	slices.SortFunc(result.Updates, func(a, b refreshedUpdate) int {
		return cmp.Or(cmp.Compare(a.Subscription, b.Subscription), cmp.Compare(a.Name, b.Name))
	})
	return nil
}

// made reports whether the refresh made an update. The token of an update that replaced another one begins with
// the request.
func (r *refresh) made(u *v1alpha1.SubscriptionUpdate) bool {
	cause := u.Spec.Cause
	return cause != nil && cause.Type == v1alpha1.CauseRefresh && strings.HasPrefix(cause.Token, r.request)
}

func (r *refreshed) text() string {
	if len(r.Updates) == 0 {
		return "The refresh found no change.\n"
	}
	rows := table.Table{Columns: []string{"SUBSCRIPTION", "CHANGE", "ADJUSTMENT", "STATE", "UPDATE"}}
	for _, u := range r.Updates {
		rows.Add(u.Subscription, u.Change, u.Adjustment, u.State, u.Name)
	}
	return rows.String()
}

// printRefreshed prints the updates, and returns the exit code that belongs to them.
func printRefreshed(o *Options, out *Output, r *refreshed) error {
	if len(r.Failures) > 0 && len(r.Updates) == 0 {
		return Fail(Refused, "the refresh failed, and the last counts stay: %s", strings.Join(r.Failures, "; "))
	}
	if err := out.Print(o, r, r.text); err != nil {
		return err
	}
	isHeld := func(u refreshedUpdate) bool { return u.State == string(v1alpha1.UpdateHeld) }
	switch {
	case len(r.Failures) > 0:
		return Fail(Refused, "some counts failed and stay as they were: %s", strings.Join(r.Failures, "; "))
	case slices.ContainsFunc(r.Updates, isHeld):
		held := r.Updates[slices.IndexFunc(r.Updates, isHeld)]
		return Fail(LimitExceeded, "an update is pending approval: to approve it, run \"kubectl seatplane approve %s\"", held.Name)
	default:
		return nil
	}
}
