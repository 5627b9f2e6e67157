// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package hostile

import (
	"strings"
	"testing"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/testing/mysqlwire"
)

// Row 9: whoever may write a SeatProduct, but may not read Secrets, had the manager send a Secret to a server
// of their own.
func TestSecretsGoWhereTheyAreReleasedFor(t *testing.T) {
	const token, dsn = "canary-token-0123456789", "postgres://admin:canary-password@db.internal/crm"
	cases := map[string]struct {
		reason string
		// use and server are what the Secret is released for, where "mine" is the server that is asked.
		use, server string
		value       string
		prometheus  bool
	}{
		"other-server":   {reason: "the token is for another server", use: v1alpha1.AllowLoaderToken, server: "crm.example.com:443", value: token},
		"no-server":      {reason: "the token is for no server", use: v1alpha1.AllowLoaderToken, value: token},
		"dsn-as-token":   {reason: "a connection string is not a token", use: v1alpha1.AllowLoaderDSN, server: "mine", value: dsn},
		"ca-as-token":    {reason: "certificates are not a token", use: v1alpha1.AllowLoaderCA, server: "mine", value: token},
		"former-label":   {reason: "the label of earlier versions says nothing about use and place", use: "loader", server: "mine", value: token},
		"sink-as-token":  {reason: "a Secret of an event sink is not for loaders", use: v1alpha1.AllowSink, server: "mine", value: token},
		"other-port":     {reason: "a server is a host and a port", use: v1alpha1.AllowLoaderToken, server: "127.0.0.1:1", value: token},
		"to-prometheus":  {reason: "a Prometheus server is a server too", use: v1alpha1.AllowLoaderToken, server: "prometheus.example.com:443", value: token, prometheus: true},
		"dsn-prometheus": {reason: "a connection string is not a token there either", use: v1alpha1.AllowLoaderDSN, server: "mine", value: dsn, prometheus: true},
	}
	s := start(t, reachable...)
	namespace := s.namespace("hostile")
	for name, tc := range cases {
		server := collecting(t)
		ref := s.released(namespace, name, tc.use, strings.ReplaceAll(tc.server, "mine", server.host()), tc.value)
		s.sells(namespace, name, withToken(server.URL, ref, tc.prometheus)).fails(v1alpha1.ReasonSecretNotAllowed, name)
		if sent := server.collected(); len(sent) > 0 {
			t.Errorf("%s: %s: the server got %q", name, tc.reason, sent)
		}
	}
	s.requireHidden(namespace, token, "canary-password")
	s.requireUnlogged(token, "canary-password")
}

// A token that is released for a server gets there: the servers above would have seen one.
func TestReleasedTokensAreSent(t *testing.T) {
	const token = "canary-token-0123456789"
	s := start(t, reachable...)
	namespace := s.namespace("honest")
	server := collecting(t)
	ref := s.released(namespace, "token", v1alpha1.AllowLoaderToken, "crm.example.com:443, "+server.host(), token)
	s.sells(namespace, "seat", withToken(server.URL, ref, false))
	s.sells(namespace, "seat-on-prometheus", withToken(server.URL, ref, true))
	for range 2 {
		if got := server.next(t); got != "Bearer "+token {
			t.Errorf("the server got %q", got)
		}
	}
}

// Row 9 for connection strings: one that is released for no server, or for another one, is not used.
func TestConnectionStringsGoWhereTheyAreReleasedFor(t *testing.T) {
	s := start(t, reachable...)
	namespace := s.namespace("hostile")
	server := listenToMySQL(t, mysqlwire.OK)
	for driver, dsn := range dsns(server.address) {
		for released, to := range map[string]string{"nowhere": "", "elsewhere": "db.internal:5432"} {
			name := strings.ToLower(string(driver)) + "-" + released
			sold := s.sells(namespace, name, s.sql(namespace, name, driver, to, dsn, query))
			sold.fails(v1alpha1.ReasonSecretNotAllowed, v1alpha1.AnnotationAllowHosts)
		}
	}
	if server.calls() > 0 {
		t.Error("the manager connected to a server that no Secret is released for")
	}
}

// withToken is a loader that sends a bearer token.
func withToken(url string, ref v1alpha1.SecretKeyReference, prometheus bool) *v1alpha1.DataLoader {
	if prometheus {
		return &v1alpha1.DataLoader{Prometheus: &v1alpha1.PrometheusSource{
			URL: url, Query: "seats", KeyLabel: "tenant", BearerTokenSecretRef: &ref,
		}}
	}
	loader := overHTTP(url, "response")
	loader.HTTP.BearerTokenSecretRef = &ref
	return loader
}
