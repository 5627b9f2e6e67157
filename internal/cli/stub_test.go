// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// stub is an API server that has some objects, and that counts what it is asked. It selects by the fields of references
// to subscriptions, and pages through lists, as the real one does.
type stub struct {
	t       *testing.T
	mu      sync.Mutex
	objects map[string][]any // by resource
	// refuse answers every request with an error.
	refuse error
	// secret answers requests for Secrets.
	secret error
	asked  []string
}

func newStub(t *testing.T, objects map[string][]any) *stub {
	t.Helper()
	return &stub{t: t, objects: objects}
}

// run runs the plugin against the stub, in the namespace shop.
func (s *stub) run(args ...string) (code Code, out, said string) {
	s.t.Helper()
	return s.complete(append(args, "--namespace", "shop")...)
}

// complete is run without a flag at the end.
func (s *stub) complete(args ...string) (code Code, out, said string) {
	s.t.Helper()
	stdout, stderr := &bytes.Buffer{}, &bytes.Buffer{}
	o := NewOptions(genericiooptions.IOStreams{In: strings.NewReader(""), Out: stdout, ErrOut: stderr}, "v1.2.3")
	o.Now = func() time.Time { return time.Date(2026, 4, 20, 0, 0, 0, 0, time.UTC) }
	o.Config = func() (*rest.Config, error) { return &rest.Config{Host: "https://stub", Transport: s, QPS: -1}, nil }
	code = Run(s.t.Context(), o, args)
	return code, stdout.String(), stderr.String()
}

// RoundTrip answers a request.
func (s *stub) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.Method+" "+strings.TrimPrefix(r.URL.Path, "/apis/billing.seatplane.dev/v1alpha1/namespaces/shop/"))
	refuse := s.refuse
	if s.secret != nil && strings.Contains(r.URL.Path, "/secrets/") {
		refuse = s.secret
	}
	if refuse != nil {
		if status := apierrors.APIStatus(nil); errorsAs(refuse, &status) {
			return answerStatus(status.Status()), nil
		}
		return nil, refuse
	}
	path := strings.TrimPrefix(r.URL.Path, "/apis/billing.seatplane.dev/v1alpha1/namespaces/shop/")
	parts := strings.Split(strings.TrimPrefix(path, "/api/v1/namespaces/shop/"), "/")
	if len(parts) == 1 && r.Method == http.MethodPost {
		return s.create(parts[0], r), nil
	}
	if len(parts) == 1 {
		return answer(http.StatusOK, s.list(parts[0], r)), nil
	}
	for _, object := range s.objects[parts[0]] {
		if object.(metav1.Object).GetName() == parts[1] {
			return answer(http.StatusOK, object), nil
		}
	}
	missing := apierrors.NewNotFound(v1alpha1.Resource(parts[0]), parts[1])
	return answerStatus(missing.Status()), nil
}

// create answers a request to create an object, and does not store it.
func (s *stub) create(resource string, r *http.Request) *http.Response {
	var object map[string]any
	if err := json.NewDecoder(r.Body).Decode(&object); err != nil {
		s.t.Errorf("it cannot be created: %v", err)
	}
	name := (&unstructured.Unstructured{Object: object}).GetName()
	for _, there := range s.objects[resource] {
		if there.(metav1.Object).GetName() == name {
			return answerStatus(apierrors.NewAlreadyExists(v1alpha1.Resource(resource), name).Status())
		}
	}
	return answer(http.StatusCreated, object)
}

// list returns the page that a request asks for.
func (s *stub) list(resource string, r *http.Request) map[string]any {
	selected := s.objects[resource]
	if of, found := strings.CutPrefix(r.URL.Query().Get("fieldSelector"), "spec.subscriptionRef.name="); found {
		selected = slices.DeleteFunc(slices.Clone(selected), func(object any) bool { return subscriptionOf(object) != of })
	}
	var from, limit int
	_, _ = fmt.Sscan(r.URL.Query().Get("continue"), &from)
	_, _ = fmt.Sscan(r.URL.Query().Get("limit"), &limit)
	to := len(selected)
	list := metav1.ListMeta{ResourceVersion: "1"}
	if limit > 0 && from+limit < to {
		to = from + limit
		list.Continue = fmt.Sprint(to)
	}
	return map[string]any{
		"apiVersion": v1alpha1.GroupVersion.String(), "kind": kindOf(resource) + "List", "metadata": list,
		"items": slices.Concat([]any{}, selected[from:to]),
	}
}

func subscriptionOf(object any) string {
	switch o := object.(type) {
	case *v1alpha1.SubscriptionUpdate:
		return o.Spec.SubscriptionRef.Name
	case *v1alpha1.Invoice:
		return o.Spec.SubscriptionRef.Name
	case *v1alpha1.SeatAssignment:
		return o.Spec.SubscriptionRef.Name
	default:
		return ""
	}
}

// answerStatus answers with an error, as the API server does.
func answerStatus(status metav1.Status) *http.Response {
	status.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}
	return answer(int(status.Code), status)
}

func answer(code int, content any) *http.Response {
	text, err := json.Marshal(content)
	if err != nil {
		panic(err)
	}
	return &http.Response{
		StatusCode: code, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(text)),
	}
}
