// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package documents

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// wrongStatus checks objects as kubectl shows them: all of their fields exist, and so do the types and the
// reasons of their conditions.
func wrongStatus(file string, documents []manifest) []problem {
	var problems []problem
	for _, m := range documents {
		object, err := m.object()
		if err == nil {
			err = asItsKind(object, m.text)
		}
		if err == nil {
			err = knownConditions(object)
		}
		if err != nil {
			problems = append(problems, problem{file, m.line, oneLine(err)})
		}
	}
	return problems
}

func asItsKind(object *unstructured.Unstructured, text string) error {
	kinds := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(kinds); err != nil {
		return err
	}
	typed, err := kinds.New(object.GroupVersionKind())
	if err != nil {
		return fmt.Errorf("yaml status shows an object of the project's: %w", err)
	}
	if err := yaml.UnmarshalStrict([]byte(text), typed); err != nil {
		return fmt.Errorf("kubectl shows no such %s: %w", object.GetKind(), err)
	}
	return nil
}

func knownConditions(object *unstructured.Unstructured) error {
	var shown struct {
		Conditions []metav1.Condition `json:"conditions"`
	}
	status, _, err := unstructured.NestedMap(object.Object, "status")
	if err != nil {
		return err
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(status, &shown); err != nil {
		return err
	}
	page := pageOf[object.GetKind()]
	for _, c := range shown.Conditions {
		if !page.hasCondition(c.Type) {
			return fmt.Errorf("a %s has no condition %s", object.GetKind(), c.Type)
		}
		// Those of an Invoice are chosen by whoever sets them.
		if len(page.reasons) > 0 && !page.hasReason(c.Reason) {
			return fmt.Errorf("no condition of a %s has the reason %s", object.GetKind(), c.Reason)
		}
	}
	return nil
}
