// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package facts

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// Selector returns what a label selector selects. No selector selects everything. The error says which key or value
// is not valid.
func Selector(written *v1alpha1.LabelSelector) (labels.Selector, error) {
	if written == nil {
		return labels.Everything(), nil
	}
	selector := &metav1.LabelSelector{MatchLabels: map[string]string{}}
	for key, value := range written.MatchLabels {
		selector.MatchLabels[key] = string(value)
	}
	for _, requirement := range written.MatchExpressions {
		values := make([]string, len(requirement.Values))
		for n, value := range requirement.Values {
			values[n] = string(value)
		}
		selector.MatchExpressions = append(selector.MatchExpressions, metav1.LabelSelectorRequirement{
			Key: requirement.Key, Operator: metav1.LabelSelectorOperator(requirement.Operator), Values: values,
		})
	}
	return metav1.LabelSelectorAsSelector(selector)
}
