// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/table"
)

// explained returns an error as one sentence that explains what to do. Errors that commands make already do so.
func explained(err error) string {
	return table.Plain(sentence(err))
}

func sentence(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted: what the command created stays; see it with \"kubectl get seatplane\""
	}
	if e, found := errors.AsType[*Error](err); found {
		return e.Error()
	}
	status := apierrors.APIStatus(nil)
	switch {
	case clientcmd.IsEmptyConfig(err):
		return "no cluster is configured: set KUBECONFIG, or choose a file with --kubeconfig"
	case errors.As(err, &status):
		return ofStatus(err, status.Status())
	case isSilence(err):
		return fmt.Sprintf("the cluster does not answer (%v): check it with \"kubectl cluster-info\", or choose another with --context",
			rootOf(err))
	default:
		return err.Error()
	}
}

// ofStatus explains what the API server answered.
func ofStatus(err error, status metav1.Status) string {
	switch {
	case isKindMissing(err):
		return "the cluster does not have Seatplane's kinds: install Seatplane, or choose another cluster with --context"
	case apierrors.IsNotFound(err):
		return missing(status)
	case apierrors.IsUnauthorized(err):
		return "the cluster does not accept your credentials: log in again, or choose other credentials with --user"
	case apierrors.IsForbidden(err):
		return fmt.Sprintf("you may not do this (%s): ask your administrator for one of the roles seatplane-viewer, "+
			"seatplane-operator-user and seatplane-approver", status.Message)
	case apierrors.IsTimeout(err), apierrors.IsServerTimeout(err), apierrors.IsTooManyRequests(err):
		return fmt.Sprintf("the cluster is busy (%s): try again in a minute", status.Message)
	default:
		return status.Message
	}
}

// missing is the message for an object that does not exist. It explains how to list those that do.
func missing(status metav1.Status) string {
	if status.Details == nil || status.Details.Name == "" {
		return status.Message
	}
	return fmt.Sprintf("there is no %s %q in the namespace: list those that exist with \"kubectl get %s\", or choose "+
		"another namespace with -n", kindOf(status.Details.Kind), status.Details.Name, status.Details.Kind)
}

// kindOf is the kind of a resource: Details of the API server name the resource.
func kindOf(resource string) string {
	for kind, plural := range map[string]string{
		"Subscription": "subscriptions", "SubscriptionUpdate": "subscriptionupdates", "Invoice": "invoices",
		"SeatProduct": "seatproducts", "SeatAssignment": "seatassignments", "TestClock": "testclocks", "EventSink": "eventsinks",
	} {
		if resource == plural {
			return kind
		}
	}
	return strings.TrimSuffix(resource, "s")
}

// isKindMissing reports whether the API server does not serve the resource at all. In that case, the answer names no
// object, and does not come from the registry of the resource.
func isKindMissing(err error) bool {
	status := apierrors.APIStatus(nil)
	if !errors.As(err, &status) || !apierrors.IsNotFound(err) {
		return false
	}
	details := status.Status().Details
	if details == nil {
		return false
	}
	for _, cause := range details.Causes {
		if cause.Type == metav1.CauseTypeUnexpectedServerResponse {
			return details.Group == v1alpha1.GroupName || details.Group == ""
		}
	}
	return false
}

// isSilence reports whether there was no answer.
func isSilence(err error) bool {
	if _, ofFile := errors.AsType[*fs.PathError](err); ofFile {
		return false // such as a full disk, whose cause is also a net.Error
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	if _, found := errors.AsType[*url.Error](err); found {
		return true
	}
	_, found := errors.AsType[net.Error](err)
	return found
}

// rootOf is the innermost error: the cause, without the request.
func rootOf(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// codeOf returns the exit code for what the API server answered: [Refused] for an object that it does not accept.
func codeOf(err error) Code {
	if _, found := errors.AsType[*Error](err); found {
		return CodeOf(err)
	}
	if apierrors.IsInvalid(err) || apierrors.IsBadRequest(err) {
		return Refused
	}
	return CodeOf(err)
}
