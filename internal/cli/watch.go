// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/spf13/cobra"
)

const (
	// patience is how long a command waits for the operator, unless --timeout is set.
	patience = 30 * time.Second

	// pause is how long the plugin waits after a watch ended before it watches again.
	pause = 200 * time.Millisecond
)

// errTimedOut is the error of a wait that took too long.
var errTimedOut = errors.New("timed out")

// addTimeout adds the flag --timeout to a command that waits.
func addTimeout(cmd *cobra.Command) *time.Duration {
	return cmd.Flags().Duration("timeout", patience, "how long to wait for the operator")
}

// await watches an object of the namespace until done returns true or an error, and returns its newest version.
// When the time is over, it returns the object and errTimedOut. An object that could not be read in that time has a name
// and nothing else. The list is of the object's kind.
func await[T any, P interface {
	*T
	client.Object
}](ctx context.Context, c *Cluster, timeout time.Duration, list client.ObjectList, name string, done func(P) (bool, error)) (P, error) {
	waiting, stop := context.WithTimeout(ctx, timeout)
	defer stop()
	var last P
	for {
		object := P(new(T))
		err := c.Find(waiting, name, object)
		switch {
		case waiting.Err() != nil && ctx.Err() == nil:
			if last == nil {
				last = P(new(T))
				last.SetName(name)
			}
			return last, errTimedOut
		case err != nil:
			return last, err
		}
		last = object
		if end, err := done(object); end || err != nil {
			return object, err
		}
		changed, end, err := follow(waiting, c, list, object, done)
		if changed != nil {
			last = changed
		}
		if end || err != nil {
			return last, err
		}
		if waiting.Err() != nil {
			return last, ended(ctx)
		}
		time.Sleep(pause)
	}
}

// ended distinguishes a wait that took too long from one that the user interrupted.
func ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return errTimedOut
}

// follow watches an object from its version on. It returns the newest version, and false when the watch ended before
// done returned true.
func follow[P client.Object](ctx context.Context, c *Cluster, list client.ObjectList, from P, done func(P) (bool, error)) (P, bool, error) {
	var last P
	w, err := c.Watch(ctx, list, &client.ListOptions{
		Namespace:     c.Namespace,
		FieldSelector: fields.OneTermEqualSelector("metadata.name", from.GetName()),
		Raw:           &metav1.ListOptions{ResourceVersion: from.GetResourceVersion()},
	})
	if err != nil {
		if ctx.Err() != nil || apierrors.IsResourceExpired(err) || apierrors.IsGone(err) {
			return last, false, nil
		}
		return last, false, err
	}
	defer w.Stop()
	for event := range w.ResultChan() {
		object, ok := event.Object.(P)
		if !ok || event.Type == watch.Error {
			return last, false, nil // too old: read it again
		}
		if event.Type == watch.Deleted {
			return last, false, Fail(Failed, "%q was deleted while the command waited for it", from.GetName())
		}
		last = object
		if end, err := done(object); end || err != nil {
			return last, end, err
		}
	}
	return last, false, nil
}
