// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/seatplane/seatplane/internal/announce"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
	"github.com/seatplane/seatplane/operator"
)

// options are the parsed flags.
type options struct {
	operator                operator.Options
	leaderElect             bool
	leaderElectionNamespace string
	metricsAddress          string
	metricsSecure           bool
	probeAddress            string
	printVersion            bool
	zap                     zap.Options
}

// parse parses the command line, and refuses values that would only fail later.
func parse(flags *flag.FlagSet, args []string) (options, error) {
	var o options
	flags.BoolVar(&o.leaderElect, "leader-elect", false,
		"Elect a leader. If several managers watch the same objects, one is active and the others stand by.")
	flags.StringVar(&o.leaderElectionNamespace, "leader-election-namespace", "",
		"Namespace of the leader's lease. Defaults to the manager's own. Required outside a cluster.")
	flags.StringVar(&o.metricsAddress, "metrics-bind-address", "0",
		"Address that metrics are served on, such as :8443 (HTTPS) or :8080 (HTTP); 0 serves none.")
	flags.BoolVar(&o.metricsSecure, "metrics-secure", true,
		"Serve metrics over HTTPS, to clients that the API server authenticates and authorizes.")
	flags.StringVar(&o.probeAddress, "health-probe-bind-address", ":8081",
		"Address that /healthz and /readyz are served on; 0 serves none.")
	flags.IntVar(&o.operator.MaxConcurrentReconciles, "max-concurrent-reconciles", operator.DefaultMaxConcurrentReconciles,
		"How many objects of one kind are reconciled at once.")
	flags.DurationVar(&o.operator.SyncPeriod, "sync-period", operator.DefaultSyncPeriod,
		"How often every object is reconciled even without a change, plus or minus 10 %. "+
			"A pass that finds nothing to do writes nothing.")
	flags.DurationVar(&o.operator.MinUpdateRetention, "min-update-retention", 0,
		"Minimum time for which every finished SubscriptionUpdate is kept, such as 720h, even if spec.history of its "+
			"Subscription says less. 0 leaves that to the Subscription.")
	flags.StringVar(&o.operator.Loaders.SQLiteDir, "sqlite-dir", "",
		"Folder of SQLite databases that data loaders may read. The SeatProducts of a namespace read only the files "+
			"in the subfolder that has the name of the namespace. Defaults to none: SQLite is off.")
	loaders := bindLoaders(flags, &o)
	sinkNetworks := bindSinks(flags, &o)
	watched := bindWatched(flags)
	eventsFlag(flags, &o.operator.Events)
	flags.BoolVar(&o.printVersion, "version", false, "Print the version and exit.")
	o.zap.BindFlags(flags)

	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	if flags.NArg() > 0 {
		return options{}, fmt.Errorf("unexpected argument %q: the manager takes flags only", flags.Arg(0))
	}
	if err := watched.read(&o); err != nil {
		return options{}, err
	}
	if err := loaders.read(&o); err != nil {
		return options{}, err
	}
	networks, err := egress.ParseNetworks(*sinkNetworks)
	if err != nil {
		return options{}, fmt.Errorf("--sink-allowed-networks: %w", err)
	}
	o.operator.Sinks.AllowedNetworks = networks
	return o, o.check()
}

// bindSinks defines the flags about EventSinks, and returns the networks as they are written.
func bindSinks(flags *flag.FlagSet, o *options) (networks *string) {
	flags.BoolVar(&o.operator.Sinks.AllowPlainHTTP, "sink-allow-plain-http", false,
		"Let EventSinks use http as well as https. Events can then be read on the network, and are still signed.")
	return flags.String("sink-allowed-networks", "",
		"Networks that EventSinks may post to although they are not public, in CIDR notation, separated by commas, such as "+
			"10.96.0.0/12 for the Services of a cluster. Anyone who can write an EventSink can make the operator connect to any "+
			"server in them.")
}

// loaderFlags are the flags about data loaders that need parsing, as they are written.
type loaderFlags struct{ networks, memory string }

// bindLoaders defines the flags about data loaders.
func bindLoaders(flags *flag.FlagSet, o *options) *loaderFlags {
	var l loaderFlags
	flags.StringVar(&l.networks, "loader-allowed-networks", "",
		"Networks that data loaders may reach although they are not public, in CIDR notation, separated by commas, "+
			"such as 10.96.0.0/12 for the Services of a cluster. Applies to databases and to HTTP. Anyone who can write a "+
			"SeatProduct can make the operator connect to any server in them.")
	flags.BoolVar(&o.operator.Loaders.AllowPlainHTTP, "loader-allow-plain-http", false,
		"Let data loaders use http as well as https. Tokens and counts can then be read and changed on the network.")
	flags.BoolVar(&o.operator.Loaders.AllowPlainSQL, "loader-allow-plain-sql", false,
		"Let data loaders connect to databases without TLS, or without verifying the server's certificate. "+
			"Counts can then be read and changed on the network.")
	flags.IntVar(&o.operator.Loaders.MaxAtOnce, "max-loaders", operator.DefaultMaxLoaders,
		"How many data sources are read at once, each in a separate process. A namespace uses at most half of those that "+
			"others leave free.")
	flags.StringVar(&l.memory, "loader-memory", strconv.FormatInt(operator.DefaultLoaderMemory>>20, 10)+"Mi",
		"Maximum memory that one loader process may use. Give the pod this much for each loader in addition to what the "+
			"manager needs itself.")
	return &l
}

// read parses them.
func (l *loaderFlags) read(o *options) (err error) {
	if o.operator.Loaders.AllowedNetworks, err = egress.ParseNetworks(l.networks); err != nil {
		return fmt.Errorf("--loader-allowed-networks: %w", err)
	}
	o.operator.Loaders.Memory, err = parseMemory(l.memory)
	return err
}

// eventsFlag is which Kubernetes events are sent.
func eventsFlag(flags *flag.FlagSet, choice *operator.Events) {
	*choice = operator.EventsImportant
	flags.Func("events", "Kubernetes events to send: Important for warnings, limits and anything else that a person may want to act on, or "+
		"All to also announce every start, end, invoice and applied update, which their statuses and records show anyway. "+
		"Defaults to Important.", func(text string) error {
		parsed, err := announce.ParseChoice(text)
		*choice = operator.Events(parsed)
		return err
	})
}

// watchedFlags are the flags that say what is watched, as they are written.
type watchedFlags struct{ namespaces, namespaceSelector, selector string }

// bindWatched defines the flags that say what is watched.
func bindWatched(flags *flag.FlagSet) *watchedFlags {
	var w watchedFlags
	flags.StringVar(&w.namespaces, "watch-namespaces", "",
		"Namespaces to watch, separated by commas. Defaults to all namespaces.")
	flags.StringVar(&w.namespaceSelector, "watch-namespace-selector", "",
		"Label selector of the namespaces to watch, such as billing.seatplane.dev/shard=a. The manager follows the labels "+
			"without a restart and keeps only these namespaces in memory. It must be allowed to list and watch Namespaces. "+
			"Cannot be combined with --watch-namespaces.")
	flags.StringVar(&w.selector, "watch-label-selector", "",
		"Label selector of the objects that this manager handles, to share the work among several managers (see docs). "+
			"It selects Subscriptions and the SeatProducts, policies and TestClocks that they name. A Subscription and everything that "+
			"it names must be selected by the same manager. Updates, invoices and seat assignments follow their Subscription, "+
			"regardless of their labels. Defaults to all objects.")
	return &w
}

// read reads them.
func (w *watchedFlags) read(o *options) (err error) {
	if o.operator.Namespaces, err = parseNamespaces(w.namespaces); err != nil {
		return err
	}
	if o.operator.NamespaceSelector, err = parseSelector("watch-namespace-selector", w.namespaceSelector); err != nil {
		return err
	}
	o.operator.Selector, err = parseSelector("watch-label-selector", w.selector)
	return err
}

// check refuses values that could only fail later.
func (o options) check() error {
	if o.operator.MaxConcurrentReconciles < 1 {
		return errors.New("--max-concurrent-reconciles must be at least 1")
	}
	if o.operator.Loaders.MaxAtOnce < 1 {
		return errors.New("--max-loaders must be at least 1")
	}
	if o.operator.SyncPeriod < time.Second {
		return errors.New("--sync-period must be at least 1s")
	}
	if o.operator.MinUpdateRetention < 0 {
		return errors.New("--min-update-retention must not be negative")
	}
	if o.operator.NamespaceSelector != nil && len(o.operator.Namespaces) > 0 {
		return errors.New("--watch-namespace-selector and --watch-namespaces cannot be combined: remove one of them")
	}
	return checkFolder("--sqlite-dir", o.operator.Loaders.SQLiteDir)
}

// checkFolder refuses a flag whose folder does not exist. An empty flag names no folder.
func checkFolder(flag, folder string) error {
	if folder == "" {
		return nil
	}
	info, err := os.Stat(folder)
	if err != nil {
		return fmt.Errorf("%s: %w", flag, err)
	}
	if !info.IsDir() {
		return fmt.Errorf("%s: %s is not a folder", flag, folder)
	}
	return nil
}

// parseNamespaces parses a list of namespaces, and returns each once and sorted.
func parseNamespaces(list string) ([]string, error) {
	var namespaces []string
	for part := range strings.SplitSeq(list, ",") {
		name := strings.TrimSpace(part)
		if name == "" {
			continue
		}
		if problems := validation.IsDNS1123Label(name); len(problems) > 0 {
			return nil, fmt.Errorf("--watch-namespaces: %q is not the name of a namespace: %s", name, strings.Join(problems, "; "))
		}
		namespaces = append(namespaces, name)
	}
	slices.Sort(namespaces)
	return slices.Compact(namespaces), nil
}

// parseMemory parses an amount of memory, in bytes.
func parseMemory(text string) (int64, error) {
	amount, err := resource.ParseQuantity(text)
	if err != nil {
		return 0, fmt.Errorf("--loader-memory: %q is not an amount of memory: write it like 256Mi", text)
	}
	if amount.Value() < operator.MinLoaderMemory {
		return 0, fmt.Errorf("--loader-memory must be at least %dMi", operator.MinLoaderMemory>>20)
	}
	return amount.Value(), nil
}

// parseSelector reads the label selector of a flag; nil when there is none.
func parseSelector(flag, selector string) (labels.Selector, error) {
	if strings.TrimSpace(selector) == "" {
		return nil, nil
	}
	parsed, err := labels.Parse(selector)
	if err != nil {
		return nil, fmt.Errorf("--%s: %w", flag, err)
	}
	return parsed, nil
}
