// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/operator"
)

// parseArgs parses a command line without touching the process's own flags.
func parseArgs(args ...string) (options, error) {
	flags := flag.NewFlagSet("manager", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	return parse(flags, args)
}

func TestParseDefaults(t *testing.T) {
	o, err := parseArgs()
	if err != nil {
		t.Fatal(err)
	}
	if o.leaderElect || o.operator.Selector != nil || len(o.operator.Namespaces) > 0 || o.operator.Loaders.SQLiteDir != "" || o.printVersion {
		t.Errorf("got %+v", o)
	}
	if o.operator.MaxConcurrentReconciles != 16 || o.metricsAddress != "0" || !o.metricsSecure || o.probeAddress != ":8081" {
		t.Errorf("got %+v", o)
	}
	if o.operator.Events != operator.EventsImportant {
		t.Errorf("sends the events %q", o.operator.Events)
	}
	if o.operator.Loaders.MaxAtOnce != 8 || o.operator.Loaders.Memory != 256<<20 {
		t.Errorf("got %+v", o)
	}
}

func TestParse(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		reason  string
		args    []string
		refused string
	}{
		"kubebuilder's flags": {"they are all there", []string{
			"--leader-elect", "--metrics-bind-address=:8443", "--metrics-secure=false",
			"--health-probe-bind-address=:8081", "--zap-devel", "--zap-log-level=debug", "--zap-encoder=console",
		}, ""},
		"sqlite":              {"a folder is taken", []string{"--sqlite-dir", folder}, ""},
		"no sqlite":           {"a folder that is not there is refused at once", []string{"--sqlite-dir", folder + "/none"}, "--sqlite-dir: stat"},
		"sqlite file":         {"a file is not a folder", []string{"--sqlite-dir", file}, "is not a folder"},
		"networks":            {"networks that are not public", []string{"--loader-allowed-networks=10.96.0.0/12,fd00::/8", "--loader-allow-plain-http"}, ""},
		"no network":          {"an address is not a network", []string{"--loader-allowed-networks=10.0.0.1"}, "--loader-allowed-networks: \"10.0.0.1\" is not a network"},
		"loaders":             {"no source would ever be read", []string{"--max-loaders=0"}, "--max-loaders must be at least 1"},
		"memory":              {"an amount as Kubernetes writes it", []string{"--loader-memory=512Mi"}, ""},
		"no memory":           {"what cannot be read", []string{"--loader-memory=much"}, "--loader-memory: \"much\" is not an amount of memory"},
		"little memory":       {"less than a process needs to start", []string{"--loader-memory=16Mi"}, "--loader-memory must be at least 96Mi"},
		"concurrency":         {"nothing would ever happen", []string{"--max-concurrent-reconciles=0"}, "must be at least 1"},
		"sync period":         {"everything would be looked at all the time", []string{"--sync-period=0s"}, "must be at least 1s"},
		"retention":           {"records are kept for a time, not until a past one", []string{"--min-update-retention=-1h"}, "must not be negative"},
		"namespace":           {"no namespace has such a name", []string{"--watch-namespaces=a,B"}, `"B" is not the name of a namespace`},
		"selector":            {"a selector that cannot be read", []string{"--watch-label-selector=a=b=c"}, "--watch-label-selector"},
		"namespaces by label": {"a selector of namespaces", []string{"--watch-namespace-selector=shard in (a,b)"}, ""},
		"no labels":           {"a selector that cannot be read", []string{"--watch-namespace-selector=a=b=c"}, "--watch-namespace-selector"},
		"two ways":            {"which of the two would hold?", []string{"--watch-namespace-selector=shard=a", "--watch-namespaces=a"}, "cannot be combined"},
		"argument":            {"a flag without its dashes", []string{"leader-elect"}, `unexpected argument "leader-elect"`},
		"unknown flags":       {"a flag that does not exist", []string{"--leader-elekt"}, "not defined"},
		"all events":          {"also those that are routine", []string{"--events=All"}, ""},
		"some events":         {"there are two choices", []string{"--events=Warnings"}, `"Warnings" is neither Important nor All`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := parseArgs(tc.args...)
			if tc.refused == "" && err != nil || tc.refused != "" && (err == nil || !strings.Contains(err.Error(), tc.refused)) {
				t.Errorf("%s: got error %v", tc.reason, err)
			}
		})
	}
}

func TestWhatDataLoadersMayReach(t *testing.T) {
	none, err := parseArgs()
	if err != nil || none.operator.Loaders.AllowPlainHTTP || none.operator.Loaders.AllowPlainSQL || len(none.operator.Loaders.AllowedNetworks) > 0 {
		t.Errorf("without flags only public servers over https are asked: got %+v, %v", none.operator.Loaders, err)
	}
	some, err := parseArgs("--loader-allowed-networks=10.96.0.0/12", "--loader-allow-plain-http")
	if err != nil || !some.operator.Loaders.AllowPlainHTTP ||
		!slices.Equal(some.operator.Loaders.AllowedNetworks, []netip.Prefix{netip.MustParsePrefix("10.96.0.0/12")}) {
		t.Errorf("got %+v, %v", some.operator.Loaders, err)
	}
}

func TestParseNamespaces(t *testing.T) {
	got, err := parseNamespaces(" b, a,,b ")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "b"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestBuiltVersion(t *testing.T) {
	if builtVersion() == "" {
		t.Error("no version at all")
	}
}
