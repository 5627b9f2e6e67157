// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package facts

import (
	"cmp"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Age tells which of two objects of a kind is older.
type Age struct {
	// Created is when the object was first created, in whole seconds.
	Created time.Time
	Name    string
}

// AgeOf returns the age of an object.
func AgeOf(object metav1.Object) Age {
	return Age{Created: Created(object), Name: object.GetName()}
}

// Compare is negative if a is the older one, and 0 if both are the same. Of two objects that were created in the same
// second, the one whose name comes first is the older one.
func (a Age) Compare(b Age) int {
	return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.Name, b.Name))
}
