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

	"github.com/seatplane/seatplane/internal/dataloader/egress"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
	"github.com/seatplane/seatplane/internal/dataloader/queue"
)

// options is what the command line says.
type options struct {
	leaderElect             bool
	leaderElectionNamespace string
	metricsAddress          string
	metricsSecure           bool
	probeAddress            string
	maxConcurrentReconciles int
	syncPeriod              time.Duration
	minUpdateRetention      time.Duration
	sqliteDir               string
	loaderEgress            egress.Policy
	maxLoaders              int
	// loaderMemory is in bytes.
	loaderMemory    int64
	watchNamespaces []string
	// watchSelector is nil when everything is watched.
	watchSelector labels.Selector
	printVersion  bool
	zap           zap.Options
}

// parse reads the command line, and refuses what could only fail later.
func parse(flags *flag.FlagSet, args []string) (options, error) {
	var o options
	var namespaces, selector, networks, memory string
	flags.BoolVar(&o.leaderElect, "leader-elect", false,
		"Elect a leader. If several managers watch the same objects, one works and the others stand by.")
	flags.StringVar(&o.leaderElectionNamespace, "leader-election-namespace", "",
		"Namespace of the leader's lease. Defaults to the manager's own. Required outside a cluster.")
	flags.StringVar(&o.metricsAddress, "metrics-bind-address", "0",
		"Address that metrics are served on, such as :8443 (HTTPS) or :8080 (HTTP); 0 serves none.")
	flags.BoolVar(&o.metricsSecure, "metrics-secure", true,
		"Serve metrics over HTTPS, to clients that the API server authenticates and authorizes.")
	flags.StringVar(&o.probeAddress, "health-probe-bind-address", ":8081",
		"Address that /healthz and /readyz are served on; 0 serves none.")
	flags.IntVar(&o.maxConcurrentReconciles, "max-concurrent-reconciles", 16,
		"How many objects of one kind are reconciled at once.")
	flags.DurationVar(&o.syncPeriod, "sync-period", 10*time.Hour,
		"How often every object is reconciled even without a change, give or take a tenth. "+
			"A pass that finds nothing to do writes nothing.")
	flags.DurationVar(&o.minUpdateRetention, "min-update-retention", 0,
		"How long every finished SubscriptionUpdate is kept at least, such as 720h, even if spec.history of its "+
			"Subscription says less. 0 leaves that to the Subscription.")
	flags.StringVar(&o.sqliteDir, "sqlite-dir", "",
		"Folder of SQLite databases that data loaders may read. The SeatProducts of a namespace read only the files "+
			"in the folder of that name below it. Defaults to none: SQLite is off.")
	flags.StringVar(&networks, "loader-allowed-networks", "",
		"Networks that data loaders may reach although they are not public, in CIDR notation, separated by commas, "+
			"such as 10.96.0.0/12 for the Services of a cluster. Applies to databases and to HTTP. Anyone who can write a "+
			"SeatProduct can make the operator connect to any server in them.")
	flags.BoolVar(&o.loaderEgress.PlainHTTP, "loader-allow-plain-http", false,
		"Let data loaders use http as well as https. Tokens and counts can then be read and changed on the network.")
	flags.BoolVar(&o.loaderEgress.PlainSQL, "loader-allow-plain-sql", false,
		"Let data loaders connect to databases without TLS, or without verifying the server's certificate. "+
			"Counts can then be read and changed on the network.")
	flags.IntVar(&o.maxLoaders, "max-loaders", queue.DefaultLoaders,
		"How many data sources are read at once, each in a process of its own. A namespace uses at most half of what "+
			"the others leave.")
	flags.StringVar(&memory, "loader-memory", strconv.Itoa(guest.DefaultMemory>>20)+"Mi",
		"Maximum memory that one loader process may use. Give the pod this much for each loader in addition to what the "+
			"manager needs itself.")
	flags.StringVar(&namespaces, "watch-namespaces", "",
		"Namespaces to watch, separated by commas. Defaults to all namespaces.")
	flags.StringVar(&selector, "watch-label-selector", "",
		"Label selector of the objects that this manager handles, to share the work among several managers (see docs). "+
			"It selects Subscriptions and the SeatProducts, policies and TestClocks that they name. A Subscription and everything that "+
			"it names must be selected by the same manager. Updates, invoices and seat assignments follow their Subscription, "+
			"regardless of their labels. Defaults to all objects.")
	flags.BoolVar(&o.printVersion, "version", false, "Print the version and exit.")
	o.zap.BindFlags(flags)

	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	if flags.NArg() > 0 {
		return options{}, fmt.Errorf("unexpected argument %q: the manager takes flags only", flags.Arg(0))
	}
	var err error
	if o.watchNamespaces, err = parseNamespaces(namespaces); err != nil {
		return options{}, err
	}
	if o.loaderEgress.Networks, err = egress.ParseNetworks(networks); err != nil {
		return options{}, fmt.Errorf("--loader-allowed-networks: %w", err)
	}
	if o.loaderMemory, err = parseMemory(memory); err != nil {
		return options{}, err
	}
	if o.watchSelector, err = parseSelector(selector); err != nil {
		return options{}, err
	}
	return o, o.check()
}

// check refuses values that could only fail later.
func (o options) check() error {
	if o.maxConcurrentReconciles < 1 {
		return errors.New("--max-concurrent-reconciles must be at least 1")
	}
	if o.maxLoaders < 1 {
		return errors.New("--max-loaders must be at least 1")
	}
	if o.syncPeriod < time.Second {
		return errors.New("--sync-period must be at least 1s")
	}
	if o.minUpdateRetention < 0 {
		return errors.New("--min-update-retention must not be negative")
	}
	if o.sqliteDir == "" {
		return nil
	}
	info, err := os.Stat(o.sqliteDir)
	if err != nil {
		return fmt.Errorf("--sqlite-dir: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("--sqlite-dir: %s is not a folder", o.sqliteDir)
	}
	return nil
}

// parseNamespaces reads a list of namespaces, each once and sorted.
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

// parseMemory reads an amount of memory, in bytes.
func parseMemory(text string) (int64, error) {
	amount, err := resource.ParseQuantity(text)
	if err != nil {
		return 0, fmt.Errorf("--loader-memory: %q is not an amount of memory: write it like 256Mi", text)
	}
	if amount.Value() < guest.MinMemory {
		return 0, fmt.Errorf("--loader-memory must be at least %dMi", guest.MinMemory>>20)
	}
	return amount.Value(), nil
}

func parseSelector(selector string) (labels.Selector, error) {
	if strings.TrimSpace(selector) == "" {
		return nil, nil
	}
	parsed, err := labels.Parse(selector)
	if err != nil {
		return nil, fmt.Errorf("--watch-label-selector: %w", err)
	}
	return parsed, nil
}
