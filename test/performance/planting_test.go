// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package performance

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/record"
)

// store is etcd, asked past the API server: what is planted there costs a hundredth of what its creation would, and
// the API server sees it come like everything else.
type store struct{ url string }

// entry is an object as the API server stores it.
type entry struct {
	Key   []byte `json:"key"`
	Value []byte `json:"value"`
	// Version counts how often etcd was told the value, in what it answers.
	Version string `json:"version,omitempty"`
}

// prefix is where etcd has the objects of a resource in a namespace.
func prefix(resource, namespace string) string {
	return "/registry/" + v1alpha1.GroupName + "/" + resource + "/" + namespace + "/"
}

func (s store) ask(ctx context.Context, path string, question, answer any) error {
	body, err := json.Marshal(question)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("etcd answers %s: %s", response.Status, said)
	}
	return json.Unmarshal(said, answer)
}

// wanted asks for what a resource has in a namespace.
type wanted struct {
	First    []byte `json:"key"`
	End      []byte `json:"range_end"`
	KeysOnly bool   `json:"keys_only,omitempty"`
}

func allOf(resource, namespace string) wanted {
	first := []byte(prefix(resource, namespace))
	end := bytes.Clone(first)
	end[len(end)-1]++
	return wanted{First: first, End: end}
}

// read returns what is wanted.
func (s store) read(ctx context.Context, what wanted) ([]entry, error) {
	var found struct {
		KVs []entry `json:"kvs"`
	}
	err := s.ask(ctx, "/v3/kv/range", what, &found)
	return found.KVs, err
}

// write stores objects, each by a request of its own: the objects of one transaction would have one resourceVersion, and
// who begins to watch in the midst of them would never hear of the others.
func (s store) write(ctx context.Context, entries []entry) error {
	var group errgroup.Group
	group.SetLimit(atOnce)
	for _, each := range entries {
		group.Go(func() error { return s.ask(ctx, "/v3/kv/put", each, &struct{}{}) })
	}
	return group.Wait()
}

// template is a subscription that a manager made, with its updates and invoices, to be planted again under other
// names.
type template struct {
	namespace, name string
	entries         []entry
	uids            []string
	// owner is the UID of the subscription, as far as the entries tell: the names of invoices contain a hash of it.
	owner string
}

var uidPattern = regexp.MustCompile(`"uid":"([0-9a-f-]{36})"`)

// cut reads a template: everything in a namespace that has the name of a subscription in its own.
func (y *yard) cut(namespace, name string, resources ...string) template {
	y.Helper()
	made := template{namespace: namespace, name: name}
	seen := map[string]bool{}
	for _, resource := range resources {
		entries, err := y.store.read(y.Context(), allOf(resource, namespace))
		must(y.T, err)
		for _, entry := range entries {
			if !bytes.Contains(entry.Key, []byte(name)) {
				continue
			}
			made.entries = append(made.entries, entry)
			made.owner = cmp.Or(made.owner, ownerIn(y.T, resource, entry.Value))
			for _, match := range uidPattern.FindAllSubmatch(entry.Value, -1) {
				seen[string(match[1])] = true
			}
		}
	}
	if len(made.entries) == 0 {
		y.Fatalf("nothing is named after %s/%s", namespace, name)
	}
	for uid := range seen {
		made.uids = append(made.uids, uid)
	}
	return made
}

// ownerIn returns the UID of the subscription that an object is, or is about; "" if it does not say so.
func ownerIn(t *testing.T, resource string, value []byte) string {
	t.Helper()
	var object struct {
		Metadata struct{ UID string }
		Spec     struct{ SubscriptionRef struct{ UID string } }
	}
	must(t, json.Unmarshal(value, &object))
	if resource == "subscriptions" {
		return object.Metadata.UID
	}
	return object.Spec.SubscriptionRef.UID
}

// uidOf is the UID that an object of a template has under another name: what is planted one kind after the other
// belongs together.
func uidOf(uid, name string) string {
	digest := sha256.Sum256([]byte(uid + "/" + name))
	return fmt.Sprintf("%x-%x-%x-%x-%x", digest[:4], digest[4:6], digest[6:8], digest[8:10], digest[10:16])
}

// invoicesOf is how the names of a subscription's invoices begin.
func invoicesOf(subscription, uid string) string {
	return strings.TrimRight(record.InvoiceName(subscription, uid, 0), "0")
}

// as is the template under another name, with identities of its own.
func (m template) as(namespace, name string) []entry {
	var pairs []string
	if m.owner != "" {
		pairs = append(pairs, invoicesOf(m.name, m.owner), invoicesOf(name, uidOf(m.owner, name)))
	}
	pairs = append(pairs,
		"/"+m.namespace+"/", "/"+namespace+"/",
		`"namespace":"`+m.namespace+`"`, `"namespace":"`+namespace+`"`,
		m.name, name,
	)
	for _, uid := range m.uids {
		pairs = append(pairs, uid, uidOf(uid, name))
	}
	replacer := strings.NewReplacer(pairs...)
	copies := make([]entry, 0, len(m.entries))
	for _, each := range m.entries {
		copies = append(copies, entry{
			Key: []byte(replacer.Replace(string(each.Key))), Value: []byte(replacer.Replace(string(each.Value))),
		})
	}
	return copies
}

// without is the template without its objects of some resources. What is planted of it later belongs to them.
func (m template) without(resources ...string) template {
	kept := m
	kept.entries = slices.DeleteFunc(slices.Clone(m.entries), func(each entry) bool {
		return slices.ContainsFunc(resources, func(resource string) bool {
			return strings.HasPrefix(string(each.Key), prefix(resource, m.namespace))
		})
	})
	return kept
}

// sow plants copies of a template under names.
func (y *yard) sow(from template, namespace string, names []string) {
	y.Helper()
	const together = 200
	for len(names) > 0 {
		var entries []entry
		for _, name := range names[:min(together, len(names))] {
			entries = append(entries, from.as(namespace, name)...)
		}
		must(y.T, y.store.write(y.Context(), entries))
		names = names[min(together, len(names)):]
	}
}

// everything are the resources of a subscription, itself and what is made for it.
var everything = []string{"subscriptions", "subscriptionupdates", "invoices"}
