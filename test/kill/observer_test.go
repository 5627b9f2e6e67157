// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package kill

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// version is one version of one object, or its end.
type version struct {
	revision int64
	key      string
	// object is nil if the object was deleted.
	object client.Object
}

// observer keeps every version of every object of Seatplane's that etcd stored. It asks etcd itself, whose history
// survives a kill, and goes on where it was: it misses nothing, whatever becomes of the API server.
type observer struct {
	url string

	mu   sync.Mutex
	seen []version
	// current are the objects that there are, by key.
	current map[string]client.Object
	// upTo is the last revision with a version of ours.
	upTo int64
	err  error
}

// everything is the range of etcd's keys that are Seatplane's.
func everything() (first, end []byte) {
	return []byte("/registry/" + v1alpha1.GroupName + "/"), []byte("/registry/" + v1alpha1.GroupName + "0")
}

// observe watches until the context ends.
func observe(ctx context.Context, url string) *observer {
	o := &observer{url: url, current: map[string]client.Object{}}
	go func() {
		for ctx.Err() == nil {
			if err := o.follow(ctx); errors.Is(err, errMissed) {
				o.mu.Lock()
				o.err = err
				o.mu.Unlock()
				return
			}
			time.Sleep(20 * time.Millisecond) // etcd is being started again
		}
	}()
	return o
}

// errMissed means that the observer cannot vouch for the history.
var errMissed = errors.New("the observer missed versions")

// event is an event of etcd's watch, in the JSON of its gateway.
type event struct {
	Type string `json:"type"`
	KV   entry  `json:"kv"`
}

type entry struct {
	Key         []byte `json:"key"`
	Value       []byte `json:"value"`
	ModRevision string `json:"mod_revision"`
}

func (o *observer) post(ctx context.Context, path string, question any) (*http.Response, error) {
	body, err := json.Marshal(question)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, o.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(request)
}

// follow watches from where it was until the connection breaks.
func (o *observer) follow(ctx context.Context) error {
	first, end := everything()
	o.mu.Lock()
	from := o.upTo + 1
	o.mu.Unlock()
	response, err := o.post(ctx, "/v3/watch", map[string]any{"create_request": map[string]any{
		"key": first, "range_end": end, "start_revision": strconv.FormatInt(from, 10),
	}})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	for decoder := json.NewDecoder(response.Body); ; {
		var said struct {
			Result struct {
				Canceled bool    `json:"canceled"`
				Events   []event `json:"events"`
			} `json:"result"`
		}
		if err := decoder.Decode(&said); err != nil {
			return err
		}
		if said.Result.Canceled {
			return fmt.Errorf("%w: etcd has no history from revision %d", errMissed, from)
		}
		for _, each := range said.Result.Events {
			if err := o.note(each); err != nil {
				return fmt.Errorf("%w: %w", errMissed, err)
			}
		}
	}
}

func (o *observer) note(e event) error {
	revision, err := strconv.ParseInt(e.KV.ModRevision, 10, 64)
	if err != nil {
		return err
	}
	v := version{revision: revision, key: string(e.KV.Key)}
	if e.Type != "DELETE" {
		if v.object, err = parse(v.key, e.KV.Value); err != nil {
			return err
		}
		v.object.SetResourceVersion(e.KV.ModRevision)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.seen, o.upTo = append(o.seen, v), revision
	if v.object == nil {
		delete(o.current, v.key)
	} else {
		o.current[v.key] = v.object
	}
	return nil
}

// objects returns what there is in a namespace, as of a revision that may be a moment old.
func (o *observer) objects(namespace string) []client.Object {
	o.mu.Lock()
	defer o.mu.Unlock()
	var found []client.Object
	for key, object := range o.current {
		if strings.Contains(key, "/"+namespace+"/") {
			found = append(found, object)
		}
	}
	return found
}

// parse reads an object as etcd has it. The kind follows from the key.
func parse(key string, value []byte) (client.Object, error) {
	kinds := map[string]func() client.Object{
		"subscriptions":       func() client.Object { return &v1alpha1.Subscription{} },
		"subscriptionupdates": func() client.Object { return &v1alpha1.SubscriptionUpdate{} },
		"invoices":            func() client.Object { return &v1alpha1.Invoice{} },
		"seatassignments":     func() client.Object { return &v1alpha1.SeatAssignment{} },
		"seatproducts":        func() client.Object { return &v1alpha1.SeatProduct{} },
		"testclocks":          func() client.Object { return &v1alpha1.TestClock{} },
	}
	resource := strings.Split(strings.TrimPrefix(key, "/registry/"+v1alpha1.GroupName+"/"), "/")[0]
	build := kinds[resource]
	if build == nil {
		return nil, fmt.Errorf("nothing is known of %s", key)
	}
	object := build()
	return object, json.Unmarshal(value, object)
}

// history returns all versions in a namespace, oldest first, when it includes what etcd has now.
func (o *observer) history(ctx context.Context, namespace string) ([]version, error) {
	last, err := o.last(ctx)
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		o.mu.Lock()
		seen, upTo, err := slices.Clone(o.seen), o.upTo, o.err
		o.mu.Unlock()
		if err != nil {
			return nil, err
		}
		if upTo >= last {
			return slices.DeleteFunc(seen, func(v version) bool { return !strings.Contains(v.key, "/"+namespace+"/") }), nil
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("%w: it is at revision %d, and etcd at %d", errMissed, upTo, last)
		}
	}
}

// forget forgets what it has seen, also what there still is: another round has namespaces of its own.
func (o *observer) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.seen = nil
	clear(o.current)
}

// last returns the newest revision of any object of ours that exists.
func (o *observer) last(ctx context.Context) (int64, error) {
	first, end := everything()
	response, err := o.post(ctx, "/v3/kv/range", map[string]any{
		"key": first, "range_end": end, "keys_only": true, "limit": "1", "sort_order": "DESCEND", "sort_target": "MOD",
	})
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	var found struct {
		KVs []entry `json:"kvs"`
	}
	if err := json.NewDecoder(response.Body).Decode(&found); err != nil {
		return 0, err
	}
	if len(found.KVs) == 0 {
		return 0, errors.New("etcd has nothing")
	}
	return strconv.ParseInt(found.KVs[0].ModRevision, 10, 64)
}
