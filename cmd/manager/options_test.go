// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
	if o.leaderElect || o.watchSelector != nil || len(o.watchNamespaces) > 0 || o.sqliteDir != "" || o.printVersion {
		t.Errorf("got %+v", o)
	}
	if o.maxConcurrentReconciles != 16 || o.metricsAddress != "0" || !o.metricsSecure || o.probeAddress != ":8081" {
		t.Errorf("got %+v", o)
	}
	if o.maxLoaders != 8 || o.loaderMemory != 256<<20 {
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
		"sqlite":        {"a folder is taken", []string{"--sqlite-dir", folder}, ""},
		"no sqlite":     {"a folder that is not there is refused at once", []string{"--sqlite-dir", folder + "/none"}, "--sqlite-dir: stat"},
		"sqlite file":   {"a file is no folder", []string{"--sqlite-dir", file}, "is not a folder"},
		"networks":      {"networks that are not public", []string{"--loader-allowed-networks=10.96.0.0/12,fd00::/8", "--loader-allow-plain-http"}, ""},
		"no network":    {"an address is no network", []string{"--loader-allowed-networks=10.0.0.1"}, "--loader-allowed-networks: \"10.0.0.1\" is not a network"},
		"loaders":       {"no source would ever be read", []string{"--max-loaders=0"}, "--max-loaders must be at least 1"},
		"memory":        {"an amount as Kubernetes writes it", []string{"--loader-memory=512Mi"}, ""},
		"no memory":     {"what cannot be read", []string{"--loader-memory=much"}, "--loader-memory: \"much\" is not an amount of memory"},
		"little memory": {"less than a process needs to start", []string{"--loader-memory=16Mi"}, "--loader-memory must be at least 96Mi"},
		"concurrency":   {"nothing would ever happen", []string{"--max-concurrent-reconciles=0"}, "must be at least 1"},
		"sync period":   {"everything would be looked at all the time", []string{"--sync-period=0s"}, "must be at least 1s"},
		"retention":     {"records are kept for a time, not until a past one", []string{"--min-update-retention=-1h"}, "must not be negative"},
		"namespace":     {"no namespace has such a name", []string{"--watch-namespaces=a,B"}, `"B" is not the name of a namespace`},
		"selector":      {"a selector that cannot be read", []string{"--watch-label-selector=a=b=c"}, "--watch-label-selector"},
		"argument":      {"a flag without its dashes", []string{"leader-elect"}, `unexpected argument "leader-elect"`},
		"unknown flags": {"a flag that does not exist", []string{"--leader-elekt"}, "not defined"},
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
	if err != nil || none.loaderEgress.PlainHTTP || none.loaderEgress.PlainSQL || len(none.loaderEgress.Networks) > 0 {
		t.Errorf("without flags only public servers over https are asked: got %+v, %v", none.loaderEgress, err)
	}
	some, err := parseArgs("--loader-allowed-networks=10.96.0.0/12", "--loader-allow-plain-http")
	if err != nil || !some.loaderEgress.PlainHTTP || !some.loaderEgress.Permits(netip.MustParseAddr("10.96.0.1")) {
		t.Errorf("got %+v, %v", some.loaderEgress, err)
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
