// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package documents

import (
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// manifest is one document of YAML.
type manifest struct {
	line int // its first line in its file
	text string
}

// split splits YAML into its documents; those without content are left out. The first line has the given
// number.
func split(line int, text string) []manifest {
	var documents []manifest
	current := manifest{line: line}
	flush := func(next int) {
		if hasContent(current.text) {
			documents = append(documents, current)
		}
		current = manifest{line: next}
	}
	for l := range strings.Lines(text) {
		line++
		if strings.TrimSpace(l) == "---" {
			flush(line)
			continue
		}
		current.text += l
	}
	flush(line)
	return documents
}

func hasContent(text string) bool {
	for l := range strings.Lines(text) {
		if l = strings.TrimSpace(l); l != "" && !strings.HasPrefix(l, "#") {
			return true
		}
	}
	return false
}

// object reads a manifest strictly: a key that stands twice is an error.
func (m manifest) object() (*unstructured.Unstructured, error) {
	content := map[string]any{}
	if err := yaml.UnmarshalStrict([]byte(m.text), &content); err != nil {
		return nil, fmt.Errorf("this is not strict YAML: %s", oneLine(err))
	}
	object := &unstructured.Unstructured{Object: content}
	if object.GetAPIVersion() == "" || object.GetKind() == "" {
		return nil, errors.New("this is no whole manifest, for it has no apiVersion and kind: complete it, " +
			"or write after the word yaml what it is instead (status or values)")
	}
	return object, nil
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// foreign are the API groups of tools that Seatplane works with and an API server does not know.
var foreign = map[string]bool{
	"argoproj.io":                    true,
	"helm.toolkit.fluxcd.io":         true,
	"kustomize.config.k8s.io":        true,
	"kustomize.toolkit.fluxcd.io":    true,
	"monitoring.coreos.com":          true,
	"notification.toolkit.fluxcd.io": true,
	"source.toolkit.fluxcd.io":       true,
}

// check tries documents on the API server in their order, in one namespace. Those of other tools are
// only read.
func check(file string, documents []manifest, namespace string) []problem {
	var problems []problem
	for _, m := range documents {
		object, err := m.object()
		if err == nil && !foreign[object.GroupVersionKind().Group] {
			err = server.apply(object, namespace)
		}
		if err != nil {
			problems = append(problems, problem{file, m.line, oneLine(err)})
		}
	}
	return problems
}
