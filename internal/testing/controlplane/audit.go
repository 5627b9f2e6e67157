// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
)

// auditPolicy makes the API server log the requests of one user and their results, without the objects
// themselves. A watch is logged when it begins, and again when it ends.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: Metadata, users: [%q]}
- {level: None}
`

// audit makes the API server keep an audit log of a user's requests.
func (r *Running) audit(user string) error {
	policy := filepath.Join(r.Dir, "audit-policy.yaml")
	if err := os.WriteFile(policy, fmt.Appendf(nil, auditPolicy, user), 0o600); err != nil {
		return err
	}
	flags := r.plane.APIServer.Configure()
	flags.Set("audit-policy-file", policy)
	flags.Set("audit-log-path", r.auditLog())
	return nil
}

func (r *Running) auditLog() string { return filepath.Join(r.Dir, "audit.log") }

// Request is a request of a user to the API server.
type Request struct {
	// Group, Resource and Verb are as in a role. A subresource follows its resource after a slash.
	Group, Resource, Verb string

	// Namespace and Name are empty if the request names none.
	Namespace, Name string

	// Forbidden means that the user may not do that.
	Forbidden bool
}

// Asked returns the requests of the user in Options.AuditUser, in order, except for paths that are
// not resources.
func (r *Running) Asked() ([]Request, error) {
	file, err := os.Open(r.auditLog())
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var asked []Request
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var event auditv1.Event
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			return nil, fmt.Errorf("reading the audit log: %w", err)
		}
		if event.ObjectRef != nil {
			asked = append(asked, requestOf(&event))
		}
	}
	return asked, lines.Err()
}

func requestOf(event *auditv1.Event) Request {
	object := event.ObjectRef
	request := Request{
		Group: object.APIGroup, Resource: object.Resource, Verb: event.Verb,
		Namespace: object.Namespace, Name: object.Name,
		Forbidden: event.ResponseStatus != nil && event.ResponseStatus.Code == http.StatusForbidden,
	}
	if object.Subresource != "" {
		request.Resource += "/" + object.Subresource
	}
	return request
}
