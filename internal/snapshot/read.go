// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/offline"
)

// Is reports whether a text begins like a snapshot. It distinguishes a snapshot from manifests.
func Is(beginning []byte) bool {
	decoder := json.NewDecoder(bytes.NewReader(beginning))
	first, err := decoder.Token()
	if err != nil || first != json.Delim('{') {
		return false
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return false
		}
		value, err := decoder.Token()
		if err != nil {
			return false
		}
		if key == "kind" {
			return value == Kind
		}
		if _, nested := value.(json.Delim); nested {
			return false
		}
	}
	return false
}

// Read reads a snapshot. name identifies it in messages. The subscriptions are read while [offline.Source.Each] runs, which
// you can call only once, because it reads from to the end. An incomplete snapshot is an error.
func Read(name string, from io.Reader) (*offline.Source, error) {
	decoder := json.NewDecoder(from)
	h, err := readHead(decoder)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read as a snapshot: %w", name, err)
	}
	at, err := time.Parse(time.RFC3339, h.Time)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read as a snapshot: its time %q is not an instant, take a new one", name, h.Time)
	}
	departed := map[types.NamespacedName][]v1alpha1.Invoice{}
	for i := range h.Departed {
		key := types.NamespacedName{Namespace: h.Departed[i].Namespace, Name: h.Departed[i].Spec.SubscriptionRef.Name}
		departed[key] = append(departed[key], h.Departed[i])
	}
	rest := io.MultiReader(decoder.Buffered(), from)
	return &offline.Source{
		Name: "the snapshot " + name, Time: at, Catalogue: h.catalogue(),
		Earlier: func(_ context.Context, of types.NamespacedName) ([]v1alpha1.Invoice, error) { return departed[of], nil },
		Each: func(ctx context.Context, do func(offline.Case) error) error {
			if err := each(ctx, rest, do); err != nil {
				return fmt.Errorf("%s cannot be read as a snapshot: %w", name, err)
			}
			return nil
		},
	}, nil
}

func (h *head) catalogue() *offline.Catalogue {
	c := offline.NewCatalogue()
	for _, p := range h.Products {
		c.Products[types.NamespacedName{Namespace: p.Namespace, Name: p.Name}] = p
	}
	for _, p := range h.Policies {
		c.Policies[types.NamespacedName{Namespace: p.Namespace, Name: p.Name}] = p
	}
	for _, p := range h.ClusterPolicies {
		c.ClusterPolicies[p.Name] = p
	}
	for _, t := range h.Clocks {
		c.Clocks[types.NamespacedName{Namespace: t.Namespace, Name: t.Name}] = t
	}
	return c
}

// readHead reads up to the list of subscriptions.
func readHead(decoder *json.Decoder) (head, error) {
	var h head
	if first, err := decoder.Token(); err != nil || first != json.Delim('{') {
		return h, errors.New("it is not JSON")
	}
	fields := map[string]any{
		"kind": &h.Kind, "schemaVersion": &h.SchemaVersion, "time": &h.Time, "products": &h.Products, "prorationPolicies": &h.Policies,
		"clusterProrationPolicies": &h.ClusterPolicies, "testClocks": &h.Clocks, "departed": &h.Departed,
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return h, errors.New("it is incomplete: take a new one")
		}
		name, _ := key.(string)
		if name == subscriptionsKey {
			if h.Kind != Kind {
				return h, fmt.Errorf("its kind is %q and not %s", h.Kind, Kind)
			}
			_, err = decoder.Token() // the bracket
			return h, err
		}
		field, known := fields[name]
		if !known {
			return h, fmt.Errorf("it has the unknown field %q: take a new one with this version of kubectl seatplane", name)
		}
		if err := decoder.Decode(field); err != nil {
			return h, fmt.Errorf("%q does not parse: take a new one", name)
		}
		if name == "schemaVersion" && h.SchemaVersion != SchemaVersion {
			return h, fmt.Errorf("it has schemaVersion %q, and this version of kubectl seatplane reads %q: take a new one", h.SchemaVersion, SchemaVersion)
		}
	}
	return h, errors.New("it has no subscriptions: take a new one")
}

// ahead is the number of lines that wait for the workers.
const ahead = 256

// maxLine bounds the line of one subscription, in bytes.
const maxLine = 32 << 20

// each reads the subscriptions, one a line, with a worker for each core.
func each(ctx context.Context, from io.Reader, do func(offline.Case) error) error {
	group, ctx := errgroup.WithContext(ctx)
	lines := make(chan []byte, ahead)
	group.Go(func() error {
		defer close(lines)
		return split(ctx, from, lines)
	})
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() error {
			for line := range lines {
				var of offline.Case
				if err := json.Unmarshal(line, &of); err != nil || of.Subscription == nil {
					return errors.New("a subscription does not parse: take a new one, and do not edit it")
				}
				if err := do(of); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// split sends the lines that hold a subscription.
func split(ctx context.Context, from io.Reader, lines chan<- []byte) error {
	scanner := bufio.NewScanner(from)
	scanner.Buffer(make([]byte, 0, 1<<20), maxLine)
	complete := false
	for scanner.Scan() {
		line := bytes.TrimSpace(scanner.Bytes())
		if bytes.Equal(line, []byte("]}")) {
			complete = true
			break
		}
		if line = bytes.TrimSuffix(line, []byte(",")); len(line) == 0 {
			continue
		}
		select {
		case lines <- bytes.Clone(line):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err := scanner.Err(); err != nil {
		return err
	}
	if !complete {
		return errors.New("it is incomplete: take a new one")
	}
	return nil
}
