// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package performance

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"k8s.io/client-go/rest"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// exchange is one write of the manager, and what the API server answered.
type exchange struct {
	method, path, contentType string
	query                     url.Values
	body, answer              []byte
}

// recorder is a proxy between the manager and the API server that keeps what the manager writes.
type recorder struct {
	mu        sync.Mutex
	exchanges []exchange
}

// watching returns a round tripper that keeps what passes to next and changes something.
func (r *recorder) watching(next http.RoundTripper) http.RoundTripper {
	return roundTrip(func(request *http.Request) (*http.Response, error) {
		if request.Method == http.MethodGet {
			return next.RoundTrip(request)
		}
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return nil, err
		}
		request.Body = io.NopCloser(bytes.NewReader(body))
		response, err := next.RoundTrip(request)
		if err != nil {
			return nil, err
		}
		answer, err := io.ReadAll(response.Body)
		if err != nil {
			return nil, err
		}
		response.Body = io.NopCloser(bytes.NewReader(answer))
		r.keep(request, response.StatusCode, body, answer)
		return response, nil
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (r roundTrip) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// keep keeps a write that succeeded: a conflict is tried again, and only what came of it counts.
func (r *recorder) keep(request *http.Request, status int, body, answer []byte) {
	if status >= http.StatusBadRequest {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exchanges = append(r.exchanges, exchange{
		method: request.Method, path: request.URL.Path, query: request.URL.Query(),
		contentType: request.Header.Get("Content-Type"), body: body, answer: answer,
	})
}

// record starts a proxy and returns the kubeconfig with which the manager writes through it.
func (y *yard) record() (kept *recorder, kubeconfig string) {
	y.Helper()
	kept = &recorder{}
	server, _, err := rest.DefaultServerUrlFor(y.operator)
	must(y.T, err)
	transport, err := rest.TransportFor(rest.AnonymousClientConfig(y.operator))
	must(y.T, err)
	// Credentials of a kubeconfig are for TLS only.
	proxy := httptest.NewTLSServer(&httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(server) },
		Transport:     kept.watching(transport),
		FlushInterval: -1,
	})
	// The manager's watches end with the manager.
	y.Cleanup(proxy.CloseClientConnections)
	kubeconfig = filepath.Join(y.ground.Plane.Dir, "recorded.kubeconfig")
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: proxy.Certificate().Raw})
	must(y.T, controlplane.WriteKubeconfig(kubeconfig, &rest.Config{
		Host: proxy.URL, TLSClientConfig: rest.TLSClientConfig{CAData: authority}, BearerToken: y.operator.BearerToken,
	}))
	return kept, kubeconfig
}

// script is what the manager wrote about one subscription, to be written again about others.
type script struct {
	namespace, name string
	steps           []exchange
	// uids are those of the recorded objects, by their paths.
	uids map[string]string
}

// about are the writes about a subscription: to itself, and to what is named after it.
func (r *recorder) about(namespace, name string) script {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := script{namespace: namespace, name: name, uids: map[string]string{}}
	for _, each := range r.exchanges {
		if !slices.ContainsFunc(everything, func(resource string) bool { return strings.Contains(each.path, "/"+resource) }) {
			continue
		}
		if !strings.Contains(each.path, name) && !bytes.Contains(each.body, []byte(name)) {
			continue
		}
		found.steps = append(found.steps, each)
		if is, err := identify(each.answer); err == nil {
			found.uids[each.object(is.name)] = is.uid
		}
	}
	return found
}

// bytes is how much of bodies the script holds.
func (s script) bytes() int {
	sum := 0
	for _, step := range s.steps {
		sum += len(step.body)
	}
	return sum
}

// object is the path of the object that is written; name is that which the answer says.
func (e exchange) object(name string) string {
	if e.method == http.MethodPost {
		return e.path + "/" + name
	}
	return strings.TrimSuffix(e.path, "/status")
}

// identity is which object it is, and at which version.
type identity struct{ name, uid, version string }

func identify(object []byte) (identity, error) {
	var read struct {
		Metadata struct {
			Name            string `json:"name"`
			UID             string `json:"uid"`
			ResourceVersion string `json:"resourceVersion"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(object, &read); err != nil {
		return identity{}, err
	}
	return identity{read.Metadata.Name, read.Metadata.UID, read.Metadata.ResourceVersion}, nil
}

// bareWriter writes what the manager wrote and nothing else: no watch, no cache, no decision.
type bareWriter struct{ api rest.Interface }

// target is a subscription that a script is written about, with its objects that are there already, by the paths
// that they have.
type target struct {
	namespace, name string
	objects         map[string]identity
}

var versionPattern = regexp.MustCompile(`"resourceVersion":"[0-9]+"`)

// play writes a script about a target, one step after the other, as one pass of the manager does.
func (b bareWriter) play(ctx context.Context, s script, to target) error {
	names := strings.NewReplacer(
		"/"+s.namespace+"/", "/"+to.namespace+"/",
		`"namespace":"`+s.namespace+`"`, `"namespace":"`+to.namespace+`"`,
		s.name, to.name)
	uids := map[string]string{}
	for path, recorded := range s.uids {
		if is, known := to.objects[names.Replace(path)]; known {
			uids[recorded] = is.uid
		}
	}
	for _, step := range s.steps {
		body := names.Replace(string(step.body))
		for recorded, actual := range uids {
			body = strings.ReplaceAll(body, recorded, actual)
		}
		path := names.Replace(step.path)
		if is, known := to.objects[strings.TrimSuffix(path, "/status")]; known {
			body = versionPattern.ReplaceAllString(body, `"resourceVersion":"`+is.version+`"`)
		}
		request := b.api.Verb(step.method).AbsPath(path).SetHeader("Content-Type", step.contentType).Body([]byte(body))
		for name, values := range step.query {
			request = request.Param(name, values[0])
		}
		answer, err := request.Do(ctx).Raw()
		if err != nil {
			return fmt.Errorf("%s %s: %w: %s", step.method, path, err, answer)
		}
		is, err := identify(answer)
		if err != nil {
			return err
		}
		object := exchange{method: step.method, path: path}.object(is.name)
		to.objects[object] = is
		if recorded, known := s.uids[exchange{method: step.method, path: step.path}.object(s.named(step))]; known {
			uids[recorded] = is.uid
		}
	}
	return nil
}

// named is the name of the object that a recorded step wrote.
func (s script) named(step exchange) string {
	is, err := identify(step.answer)
	if err != nil {
		return ""
	}
	return is.name
}

// pathOf is the path of an object of Seatplane's.
func pathOf(resource, namespace, name string) string {
	return "/apis/" + v1alpha1.GroupVersion.String() + "/namespaces/" + namespace + "/" + resource + "/" + name
}
