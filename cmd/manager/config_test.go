// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"k8s.io/client-go/rest"
)

func mustParse(t *testing.T, args ...string) options {
	t.Helper()
	o, err := parseArgs(args...)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestClusterConfigLeavesThePaceToTheServer(t *testing.T) {
	from := &rest.Config{Host: "https://example", QPS: 5}
	to := clusterConfig(from)
	if to.QPS >= 0 || from.QPS != 5 || to.Host != from.Host {
		t.Errorf("from %+v to %+v", from, to)
	}
}

func TestMetricsOptions(t *testing.T) {
	if secure := metricsOptions(mustParse(t, "--metrics-bind-address=:8443")); !secure.SecureServing || secure.FilterProvider == nil {
		t.Errorf("over HTTPS only who is authorized reads metrics: %+v", secure)
	}
	if plain := metricsOptions(mustParse(t, "--metrics-bind-address=:8080", "--metrics-secure=false")); plain.SecureServing || plain.FilterProvider != nil {
		t.Errorf("got %+v", plain)
	}
}
