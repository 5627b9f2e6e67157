// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/record"
)

// assignment is what the commands about seat assignments print.
type assignment struct {
	Name         string `json:"name"`
	Subscription string `json:"subscription"`
	Item         string `json:"item"`
	Holder       string `json:"holder"`
	Outcome      string `json:"outcome"`
	Message      string `json:"message"`
}

func (a assignment) text() string { return fmt.Sprintf("SeatAssignment %s: %s\n", a.Name, a.Message) }

func newAssign(o *Options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "assign SUBSCRIPTION ITEM HOLDER",
		Short: "Give a person or a device a seat",
		Long: "Create a SeatAssignment, and wait until the assignee has a seat. If no seat is free, the command ends with code " +
			"4, and the assignee waits for one in order. Running the command again changes nothing.",
		Example:           "  kubectl seatplane assign acme editors u-77 --display-name Ada",
		Args:              arguments("SUBSCRIPTION", "ITEM", "HOLDER"),
		ValidArgsFunction: o.completeNames("subscriptions"),
	}
	displayName := cmd.Flags().String("display-name", "", "the display name of the assignee")
	email := cmd.Flags().String("email", "", "the email address of the assignee")
	timeout, out := addTimeout(cmd), AddOutput(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if _, err := out.Format(); err != nil {
			return err
		}
		c, err := o.Connect()
		if err != nil {
			return err
		}
		a := &v1alpha1.SeatAssignment{
			ObjectMeta: metav1.ObjectMeta{Namespace: c.Namespace, Name: record.AssignmentName(args[0], args[1], args[2])},
			Spec: v1alpha1.SeatAssignmentSpec{
				SubscriptionRef: v1alpha1.LocalReference{Name: args[0]}, Item: args[1],
				Holder: v1alpha1.Holder{ID: args[2], DisplayName: *displayName, Email: *email},
			},
		}
		if err := assign(cmd.Context(), c, a); err != nil {
			return err
		}
		a, err = await(cmd.Context(), c, *timeout, &v1alpha1.SeatAssignmentList{}, a.Name, isAnswered)
		if err != nil && !errors.Is(err, errTimedOut) {
			return err
		}
		return printAssignment(o, out, a)
	}
	return cmd
}

// assign creates an assignment for a subscription that exists. An existing assignment with that name comes from an
// earlier attempt, unless it is being deleted: then its assignee still seems to have the seat, and loses it.
func assign(ctx context.Context, c *Cluster, a *v1alpha1.SeatAssignment) error {
	if err := c.Find(ctx, a.Spec.SubscriptionRef.Name, &v1alpha1.Subscription{}); err != nil {
		return err
	}
	err := c.Create(ctx, a, client.FieldOwner(fieldManager))
	if !apierrors.IsAlreadyExists(err) {
		return err
	}
	existing := &v1alpha1.SeatAssignment{}
	if err := c.Find(ctx, a.Name, existing); err != nil {
		return err
	}
	if !existing.DeletionTimestamp.IsZero() {
		return Fail(Failed, "SeatAssignment %q is being deleted, and waits for its finalizers (%s): try again when it is gone", a.Name,
			strings.Join(existing.Finalizers, ", "))
	}
	return nil
}

// isAnswered reports whether the operator has decided on an assignment.
func isAnswered(a *v1alpha1.SeatAssignment) (bool, error) {
	return a.Status.ObservedGeneration >= a.Generation && meta.FindStatusCondition(a.Status.Conditions, v1alpha1.ConditionAssigned) != nil, nil
}

// printAssignment prints what the operator decided, and returns the exit code that belongs to it.
func printAssignment(o *Options, out *Output, a *v1alpha1.SeatAssignment) error {
	assigned := meta.FindStatusCondition(a.Status.Conditions, v1alpha1.ConditionAssigned)
	if assigned == nil {
		return Fail(Failed, "the operator has not processed SeatAssignment %q yet: check that it is running. The assignment stays, and takes effect then", a.Name)
	}
	said := assignment{
		Name: a.Name, Subscription: a.Spec.SubscriptionRef.Name, Item: a.Spec.Item, Holder: a.Spec.Holder.ID,
		Outcome: assigned.Reason, Message: assigned.Message,
	}
	switch {
	case assigned.Status == metav1.ConditionTrue:
		return out.Print(o, said, said.text)
	case assigned.Reason == v1alpha1.ReasonWaitingForSeat:
		return Fail(LimitExceeded, "SeatAssignment %q waits: %s", a.Name, assigned.Message)
	default:
		return Fail(Refused, "SeatAssignment %q is refused (%s): %s", a.Name, assigned.Reason, assigned.Message)
	}
}

func newUnassign(o *Options) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "unassign SUBSCRIPTION ITEM HOLDER",
		Short:             "Take a seat back from its assignee",
		Long:              "Delete the SeatAssignment of an assignee. The seat is then free, but you still pay for it until the quantity changes.",
		Example:           "  kubectl seatplane unassign acme editors u-77",
		Args:              arguments("SUBSCRIPTION", "ITEM", "HOLDER"),
		ValidArgsFunction: o.completeNames("subscriptions"),
	}
	out := AddOutput(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if _, err := out.Format(); err != nil {
			return err
		}
		c, err := o.Connect()
		if err != nil {
			return err
		}
		a, err := theAssignment(cmd.Context(), c, args[0], args[1], args[2])
		if err != nil {
			return err
		}
		if err := c.Delete(cmd.Context(), a, client.Preconditions{UID: &a.UID}); err != nil {
			return err
		}
		said := assignment{
			Name: a.Name, Subscription: args[0], Item: args[1], Holder: args[2], Outcome: "Deleted",
			Message: fmt.Sprintf("deleted. The seat of %s is free, but is still billed until the quantity changes.", args[2]),
		}
		return out.Print(o, said, said.text)
	}
	return cmd
}

// theAssignment returns the only assignment of an assignee.
func theAssignment(ctx context.Context, c *Cluster, subscription, item, holder string) (*v1alpha1.SeatAssignment, error) {
	all, err := listAssignments(ctx, c, subscription)
	if err != nil {
		return nil, err
	}
	var found []*v1alpha1.SeatAssignment
	var names []string
	for n := range all {
		if a := &all[n]; a.Spec.Item == item && a.Spec.Holder.ID == holder {
			found, names = append(found, a), append(names, a.Name)
		}
	}
	switch len(found) {
	case 0:
		return nil, Fail(Failed, "%q has no seat assignment of item %q of subscription %q: list those that exist with "+
			"\"kubectl get seatassignments --field-selector spec.subscriptionRef.name=%s\"", holder, item, subscription, subscription)
	case 1:
		return found[0], nil
	default:
		return nil, Fail(Failed, "%q has several seat assignments of item %q: %s; delete those that are wrong with "+
			"\"kubectl delete seatassignment\"", holder, item, strings.Join(names, ", "))
	}
}
