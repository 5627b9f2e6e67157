// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package egress

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
)

func TestSecrets(t *testing.T) {
	token := func(value string, hosts ...string) *corev1.Secret {
		return secret("crm", value, dataloader.UseToken, hosts...)
	}
	labelled := func(label string) *corev1.Secret {
		made := token(canary, "crm.example.com:443")
		made.Labels = map[string]string{v1alpha1.LabelAllow: label}
		return made
	}
	notAllowed, wrong := dataloader.ReasonSecretNotAllowed, dataloader.ReasonSourceError
	cases := map[string]struct {
		reason string
		secret *corev1.Secret
		url    string
		asCA   bool
		want   dataloader.Reason
		says   string
	}{
		"Released":      {reason: "the right use and host", secret: token(canary, "crm.example.com:443"), url: "https://crm.example.com/seats"},
		"Case":          {reason: "host names have no case", secret: token(canary, "CRM.example.com:443"), url: "https://crm.EXAMPLE.com/seats"},
		"WrittenPort":   {reason: "the port of https may be written", secret: token(canary, "crm.example.com:443"), url: "https://crm.example.com:443/seats"},
		"Several":       {reason: "one of several hosts", secret: token(canary, "a.example:443", "crm.example.com:8443"), url: "https://crm.example.com:8443/seats"},
		"IPv6":          {reason: "an address of IPv6", secret: token(canary, "[2606:2800:21f:cb07:6820:80da:af6b:8b2c]:443"), url: "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/"},
		"OtherHost":     {reason: "the writer's own server", secret: token(canary, "crm.example.com:443"), url: "https://evil.example.net/", want: notAllowed, says: "may not be sent to this server"},
		"OtherPort":     {reason: "another service on the host", secret: token(canary, "crm.example.com:443"), url: "https://crm.example.com:8443/", want: notAllowed, says: "may not be sent to this server"},
		"Subdomain":     {reason: "a host of the same domain", secret: token(canary, "example.com:443"), url: "https://crm.example.com/", want: notAllowed, says: "may not be sent to this server"},
		"NoHosts":       {reason: "released for no host", secret: token(canary), url: "https://crm.example.com/", want: notAllowed, says: v1alpha1.AnnotationAllowHosts},
		"DSNLabel":      {reason: "released as a DSN", secret: labelled(v1alpha1.AllowLoaderDSN), url: "https://crm.example.com/", want: notAllowed, says: "allow: loader-token"},
		"CALabel":       {reason: "released as a certificate", secret: labelled(v1alpha1.AllowLoaderCA), url: "https://crm.example.com/", want: notAllowed, says: "allow: loader-token"},
		"FormerLabel":   {reason: "released as before", secret: labelled("loader"), url: "https://crm.example.com/", want: notAllowed, says: "set it to loader-token"},
		"NoLabel":       {reason: "not released", secret: labelled(""), url: "https://crm.example.com/", want: notAllowed, says: "allow: loader-token"},
		"CANoLabel":     {reason: "not released", secret: labelled(""), url: "https://crm.example.com/", asCA: true, want: notAllowed, says: "allow: loader-ca"},
		"DSN":           {reason: "a DSN under the token's label", secret: token("postgres://admin:hunter2@db.internal/crm", "crm.example.com:443"), url: "https://crm.example.com/", want: notAllowed, says: "a connection string or URL"},
		"MySQLDSN":      {reason: "a DSN of the MySQL driver", secret: token("admin:hunter2@tcp(db:3306)/crm", "crm.example.com:443"), url: "https://crm.example.com/", want: notAllowed, says: "a connection string or URL"},
		"UserPassword":  {reason: "a user with a password", secret: token("admin:hunter2@db", "crm.example.com:443"), url: "https://crm.example.com/", want: notAllowed, says: "a connection string or URL"},
		"KeywordDSN":    {reason: "a DSN of keywords", secret: token("host=db password=hunter2", "crm.example.com:443"), url: "https://crm.example.com/", want: wrong, says: "does not have a bearer token"},
		"Lines":         {reason: "a token that would be a second header", secret: token(canary+"\r\nHost: x", "crm.example.com:443"), url: "https://crm.example.com/", want: wrong, says: "does not have a bearer token"},
		"Blank":         {reason: "no token", secret: token(" \n", "crm.example.com:443"), url: "https://crm.example.com/", want: wrong, says: "does not have a bearer token"},
		"Missing":       {reason: "no such Secret", secret: secret("other", canary, dataloader.UseToken), url: "https://crm.example.com/", want: dataloader.ReasonSecretNotFound, says: "does not exist"},
		"NoPEM":         {reason: "no certificate", secret: labelled(v1alpha1.AllowLoaderCA), url: "https://crm.example.com/", asCA: true, want: wrong, says: "certificates in PEM format"},
		"URLIsFirst":    {reason: "a URL that is not understood gets no token", secret: token(canary), url: "https://", want: dataloader.ReasonInvalidExpression, says: "does not name a server"},
		"LiteralDenied": {reason: "an address that is denied gets no token", secret: token(canary, "10.0.0.1:443"), url: "https://10.0.0.1/", want: dataloader.ReasonSourceUnreachable, says: "--loader-allowed-networks"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			address := Address{URL: tc.url, Token: ref("crm")}
			if tc.asCA {
				address = Address{URL: tc.url, CA: ref("crm")}
			}
			live := fake.NewClientBuilder().WithObjects(tc.secret).Build()
			server, err := Policy{}.Resolve(t.Context(), live, "shop", address)
			if tc.want != "" {
				mustFail(t, err, tc.want, tc.says)
				return
			}
			if err != nil || server.Token != canary {
				t.Errorf("%s: got %q, %v", tc.reason, server.Token, err)
			}
		})
	}
}

// TestTokens accepts the forms that bearer tokens have.
func TestTokens(t *testing.T) {
	for _, token := range []string{
		"ghp_16C7e42F292c6912E7710c838347Ae178B4a", "sk_live_abc-123", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
		"YWRtaW46c2VjcmV0==", "a/b+c~d", "key:secret", "user@example.com",
	} {
		if got, err := parseToken(*ref("crm"), token+"\n"); err != nil || got != token {
			t.Errorf("%s: got %q, %v", token, got, err)
		}
	}
}

func TestNext(t *testing.T) {
	endpoint, err := Server{URL: "https://crm.example.com/v1/seats?page=1"}.Connect()
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		reason    string
		reference string
		want      string
		says      string
	}{
		"Full":      {reason: "a URL", reference: "https://crm.example.com/v1/seats?page=2", want: "https://crm.example.com/v1/seats?page=2"},
		"Path":      {reason: "a path", reference: "/v1/seats?page=2", want: "https://crm.example.com/v1/seats?page=2"},
		"Query":     {reason: "a query", reference: "?page=2", want: "https://crm.example.com/v1/seats?page=2"},
		"Relative":  {reason: "relative to the page", reference: "page2", want: "https://crm.example.com/v1/page2"},
		"Port":      {reason: "the same port, written", reference: "https://crm.example.com:443/2", want: "https://crm.example.com:443/2"},
		"Fragment":  {reason: "a fragment is not sent", reference: "?page=2#top", want: "https://crm.example.com/v1/seats?page=2"},
		"Host":      {reason: "another host", reference: "https://evil.example.net/", says: "not on the server"},
		"NoScheme":  {reason: "another host", reference: "//evil.example.net/", says: "not on the server"},
		"Subdomain": {reason: "another host", reference: "https://crm.example.com.evil.net/", says: "not on the server"},
		"OtherPort": {reason: "another server", reference: "https://crm.example.com:8443/", says: "not on the server"},
		"Downgrade": {reason: "without TLS", reference: "http://crm.example.com/", says: "not on the server"},
		"User":      {reason: "a password", reference: "https://a:hunter2@crm.example.com/", says: "not on the server"},
		"Opaque":    {reason: "no address", reference: "mailto:a@b", says: "not on the server"},
		"Odd":       {reason: "no address", reference: "https://%zz/hunter2", says: "cannot be parsed"},
		"Newline":   {reason: "no address", reference: "/a\r\nHost: b", says: "cannot be parsed"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := endpoint.Next(endpoint.URL, tc.reference)
			if tc.says != "" {
				mustFail(t, err, dataloader.ReasonSourceError, tc.says)
				return
			}
			if err != nil || got.String() != tc.want {
				t.Errorf("%s: got %s, %v", tc.reason, got.String(), err)
			}
		})
	}
}

// TestPrintingAnEndpoint finds the token in nothing that prints or describes an endpoint.
func TestPrintingAnEndpoint(t *testing.T) {
	endpoint, err := Server{URL: "https://example.com", Token: canary}.Connect()
	if err != nil {
		t.Fatal(err)
	}
	for _, printed := range []string{
		fmt.Sprintf("%v %+v %#v", *endpoint, endpoint, endpoint), endpoint.Scrub("wrong token " + canary),
	} {
		if strings.Contains(printed, "hunter2") {
			t.Errorf("the token is printed: %s", printed)
		}
	}
}
