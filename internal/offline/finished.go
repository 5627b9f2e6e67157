// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package offline

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// digestLength is how many bytes of a digest are kept. They only have to tell an edit from none.
const digestLength = 8

// Finish adds a finished update of a user to a case. What remains of it is its name, and a digest of the change that it
// asked for.
func (c *Case) Finish(u *v1alpha1.SubscriptionUpdate) {
	c.Finished = append(c.Finished, u.Name)
	if c.FinishedSpecs == nil {
		c.FinishedSpecs = map[string]string{}
	}
	c.FinishedSpecs[u.Name] = digestOf(&u.Spec)
}

// IsFinished reports whether a manifest is that of a finished update. The error explains why the API server would refuse it:
// it asks for another change than the update did.
func (c *Case) IsFinished(manifest *unstructured.Unstructured) (bool, error) {
	name := manifest.GetName()
	if !slices.Contains(c.Finished, name) {
		return false, nil
	}
	known := c.FinishedSpecs[name]
	if known == "" {
		return true, nil // a snapshot of an earlier version
	}
	var u v1alpha1.SubscriptionUpdate
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(manifest.Object, &u); err != nil {
		return true, fmt.Errorf("SubscriptionUpdate %q cannot be read: %w", name, err)
	}
	if digestOf(&u.Spec) != known {
		return true, fmt.Errorf("SubscriptionUpdate %q is finished, and everything in an update except approved is immutable: "+
			"create another SubscriptionUpdate", name)
	}
	return true, nil
}

// digestOf is a digest of the change that an update asks for. Its reason is left out, because it may name people, and a
// digest of a short text can be guessed.
func digestOf(spec *v1alpha1.SubscriptionUpdateSpec) string {
	asked := spec.DeepCopy()
	asked.Approved, asked.Reason = false, ""
	text, err := json.Marshal(asked)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:digestLength])
}
