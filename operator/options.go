// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"

	"github.com/seatplane/seatplane/internal/announce"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
	"github.com/seatplane/seatplane/internal/dataloader/queue"
)

// The defaults of Options.
const (
	DefaultMaxConcurrentReconciles = 16
	DefaultSyncPeriod              = 10 * time.Hour
)

// The defaults and bounds of LoaderOptions.
const (
	// DefaultMaxLoaders is the default of LoaderOptions.MaxAtOnce.
	DefaultMaxLoaders = queue.DefaultLoaders
	// DefaultLoaderMemory is the default of LoaderOptions.Memory, in bytes.
	DefaultLoaderMemory int64 = guest.DefaultMemory
	// MinLoaderMemory is the least memory that a loader process needs to run, in bytes.
	MinLoaderMemory int64 = guest.MinMemory
)

// Events says which Kubernetes events an operator sends.
type Events string

const (
	// EventsImportant sends warnings, reached limits and other events that may need action. It is the
	// default.
	EventsImportant = Events(announce.Important)
	// EventsAll also sends every start, end, invoice and applied update.
	EventsAll = Events(announce.All)
)

// Options say what an operator watches and how it works. The zero value watches the whole cluster with the defaults.
type Options struct {
	// Namespaces are the namespaces to watch. Empty means all of them.
	Namespaces []string

	// NamespaceSelector selects the namespaces to watch by their labels, which are followed while the operator runs. The
	// operator must be allowed to list and watch Namespaces. Nil means that labels do not matter. It cannot be combined
	// with Namespaces.
	NamespaceSelector labels.Selector

	// Selector selects Subscriptions, and the SeatProducts, policies and TestClocks that they name, so that several
	// operators can share the work. A Subscription and everything that it names must be selected by the same operator.
	// Nil means all of them.
	Selector labels.Selector

	// MaxConcurrentReconciles is how many objects of one kind are reconciled at once. Defaults to
	// DefaultMaxConcurrentReconciles.
	MaxConcurrentReconciles int

	// SyncPeriod is how often every object is reconciled even without a change. It must be at least one second, and
	// varies by up to a tenth. Defaults to DefaultSyncPeriod.
	SyncPeriod time.Duration

	// MinUpdateRetention is the shortest time for which a finished SubscriptionUpdate is kept, even if spec.history
	// of its Subscription says less. If it is zero, spec.history decides.
	MinUpdateRetention time.Duration

	// Events says which Kubernetes events are sent. Defaults to EventsImportant. It has no effect on a Recorder.
	Events Events

	// Recorder receives the Kubernetes events instead of the API server. It gets all of them.
	Recorder events.EventRecorder

	// Metrics is where the operator's metrics are registered while it exists. Defaults to the registry of
	// controller-runtime, which takes the metrics of one operator.
	Metrics prometheus.Registerer

	// Loaders say how seats are counted.
	Loaders LoaderOptions

	// Sinks say where events may be posted.
	Sinks SinkOptions
}

// SinkOptions say what EventSinks may reach.
type SinkOptions struct {
	// AllowedNetworks are private networks that EventSinks may post to. Anyone who can write an EventSink can make
	// the operator connect to any server in them.
	AllowedNetworks []netip.Prefix

	// AllowPlainHTTP allows http as well as https. Events can then be read on the network, and are still signed.
	AllowPlainHTTP bool
}

// egress returns the rules about receivers of events.
func (s SinkOptions) egress() egress.Policy {
	return egress.Policy{Networks: s.AllowedNetworks, PlainHTTP: s.AllowPlainHTTP}
}

// ErrAskSource is returned by a CountFunc to read the product's own source instead.
var ErrAskSource = errors.New("ask the source of the product")

// CountFunc returns how many seats each key has. Keys are sorted. A key that the result lacks counts as missing from
// the source. With ErrAskSource, the product's own source is read instead. Any other error fails the refresh, and its
// text is shown in the condition Loaded of the product, so it must contain no secrets. It is called from several
// goroutines.
type CountFunc func(ctx context.Context, product types.NamespacedName, keys []string) (map[string]int64, error)

// LoaderOptions say how seats are counted, and what data loaders may reach.
type LoaderOptions struct {
	// Count replaces the data sources, for tests. When it returns counts, the operator reads no Secret, connects to no
	// server, and ignores the source in the product's spec.
	Count CountFunc

	// Program is the path of a program that calls RunLoaderIfAsked first, such as Seatplane's manager. It runs the
	// loader processes. Defaults to this program.
	Program string

	// MaxAtOnce is how many sources outside the cluster are read at once. The same number of sources inside the
	// cluster may be read at the same time. Defaults to DefaultMaxLoaders.
	MaxAtOnce int

	// Memory is what one loader process may use, in bytes: at least MinLoaderMemory. Defaults to DefaultLoaderMemory.
	Memory int64

	// SQLiteDir is the folder of SQLite databases. It has a subfolder for each namespace, with the namespace's name.
	// Empty means that SQLite sources are disabled.
	SQLiteDir string

	// AllowedNetworks are private networks that data loaders may connect to, for databases as well as HTTP. Anyone who
	// can write a SeatProduct can make the operator connect to any server in them.
	AllowedNetworks []netip.Prefix

	// AllowPlainHTTP allows http as well as https. Tokens and counts can then be read and changed on the network.
	AllowPlainHTTP bool

	// AllowPlainSQL allows connections to databases without TLS, or without verifying the server. Counts can then be
	// read and changed on the network.
	AllowPlainSQL bool
}

// egress returns the rules about servers outside the cluster.
func (l LoaderOptions) egress() egress.Policy {
	return egress.Policy{Networks: l.AllowedNetworks, PlainHTTP: l.AllowPlainHTTP, PlainSQL: l.AllowPlainSQL}
}

// isPartial reports whether the operator watches only some namespaces.
func (o Options) isPartial() bool {
	return o.NamespaceSelector != nil || len(o.Namespaces) > 0
}

// withDefaults returns the options with every default filled in.
func (o Options) withDefaults() Options {
	if o.MaxConcurrentReconciles == 0 {
		o.MaxConcurrentReconciles = DefaultMaxConcurrentReconciles
	}
	if o.SyncPeriod == 0 {
		o.SyncPeriod = DefaultSyncPeriod
	}
	if o.Events == "" {
		o.Events = EventsImportant
	}
	if o.Loaders.MaxAtOnce == 0 {
		o.Loaders.MaxAtOnce = DefaultMaxLoaders
	}
	if o.Loaders.Memory == 0 {
		o.Loaders.Memory = DefaultLoaderMemory
	}
	return o
}

// check refuses options that would fail later. It expects the defaults to be filled in.
func (o Options) check() error {
	if o.NamespaceSelector != nil && len(o.Namespaces) > 0 {
		return errors.New("the fields Namespaces and NamespaceSelector cannot be combined: set one of them")
	}
	if o.MaxConcurrentReconciles < 1 {
		return errors.New("MaxConcurrentReconciles must be at least 1")
	}
	if o.SyncPeriod < time.Second {
		return errors.New("SyncPeriod must be at least one second")
	}
	if o.MinUpdateRetention < 0 {
		return errors.New("MinUpdateRetention must not be negative")
	}
	if _, err := announce.ParseChoice(string(o.Events)); err != nil {
		return fmt.Errorf("Events: %w", err)
	}
	return o.Loaders.check()
}

func (l LoaderOptions) check() error {
	if l.MaxAtOnce < 1 {
		return errors.New("Loaders.MaxAtOnce must be at least 1")
	}
	if l.Memory < MinLoaderMemory {
		return fmt.Errorf("Loaders.Memory must be at least %d bytes", MinLoaderMemory)
	}
	if l.SQLiteDir == "" {
		return nil
	}
	info, err := os.Stat(l.SQLiteDir)
	if err != nil {
		return fmt.Errorf("Loaders.SQLiteDir: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("Loaders.SQLiteDir: %s is not a folder", l.SQLiteDir)
	}
	return nil
}
