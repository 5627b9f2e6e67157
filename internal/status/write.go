// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"context"
	"fmt"
	"reflect"

	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Write writes the status of after if it differs from that of before, a copy that was made before the
// changes. It reports whether it wrote. The write uses the resourceVersion of after, so it is a conflict,
// and nothing happens, if someone else has written since the object was read. A write that changes
// nothing is never sent, because it would cost the API server almost as much as one that does.
func Write(ctx context.Context, c client.Client, before, after client.Object) (changed bool, err error) {
	if equality.Semantic.DeepEqual(statusOf(before), statusOf(after)) {
		return false, nil
	}
	if after.GetResourceVersion() == "" {
		return false, fmt.Errorf("status of %s %s: refused to write it without a resourceVersion",
			reflect.TypeOf(after).Elem().Name(), client.ObjectKeyFromObject(after))
	}
	if err := c.Status().Update(ctx, after); err != nil {
		return false, fmt.Errorf("status of %s %s: %w",
			reflect.TypeOf(after).Elem().Name(), client.ObjectKeyFromObject(after), err)
	}
	return true, nil
}

// statusOf returns the field Status, which every kind of this project has, or nil.
func statusOf(object client.Object) any {
	field := reflect.ValueOf(object).Elem().FieldByName("Status")
	if !field.IsValid() {
		return nil
	}
	return field.Interface()
}
