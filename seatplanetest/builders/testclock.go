// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package builders

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// TestClock builds a TestClock.
type TestClock struct{ object v1alpha1.TestClock }

// MakeTestClock begins a TestClock that shows now.
func MakeTestClock(name, namespace string, now time.Time) *TestClock {
	b := &TestClock{}
	b.object.Name, b.object.Namespace = name, namespace
	b.object.Spec.Now = metav1.NewTime(now)
	return b
}

// Obj returns the TestClock.
func (b *TestClock) Obj() *v1alpha1.TestClock {
	return b.object.DeepCopy()
}
