// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package egress

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/seatplane/seatplane/internal/dataloader"
)

func TestRedirects(t *testing.T) {
	seen := make(chan http.Header, 10)
	end := func(w http.ResponseWriter, r *http.Request) {
		seen <- r.Header.Clone()
		_, _ = fmt.Fprintf(w, "%s arrived", r.Method)
	}
	elsewhere := listen(t, end)
	plain := httptest.NewServer(http.HandlerFunc(end))
	defer plain.Close()
	var home string
	back := listen(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, home+"/end", http.StatusFound) })
	home = listen(t, func(w http.ResponseWriter, r *http.Request) {
		to := map[string]string{
			"/here": "/end", "/away": elsewhere, "/plain": plain.URL, "/back": back, "/loop": "/loop",
			"/hop3": "/hop2", "/hop2": "/hop1", "/hop1": "/end", "/hop4": "/hop3",
			"/metadata": "https://169.254.169.254/", "/file": "file:///etc/passwd", "/password": "https://u:p@127.0.0.1/", "/odd": "https://%zz",
		}[r.URL.Path]
		switch {
		case to == "":
			end(w, r)
		case r.URL.Query().Has("keep"):
			http.Redirect(w, r, to, http.StatusTemporaryRedirect)
		default:
			http.Redirect(w, r, to, http.StatusFound)
		}
	})
	allowed := Policy{Networks: loopback}
	cases := map[string]struct {
		reason string
		policy Policy
		method string
		path   string
		// token is whether the token arrives.
		token bool
		want  dataloader.Reason
		says  string
	}{
		"Here":           {"the same server", allowed, http.MethodGet, "/here", true, "", "GET arrived"},
		"Three":          {"three redirects", allowed, http.MethodGet, "/hop3", true, "", "GET arrived"},
		"Four":           {"four redirects", allowed, http.MethodGet, "/hop4", false, dataloader.ReasonSourceError, "more than 3 times"},
		"Loop":           {"forever", allowed, http.MethodGet, "/loop", false, dataloader.ReasonSourceError, "more than 3 times"},
		"Away":           {"another server gets no token", allowed, http.MethodGet, "/away", false, "", "GET arrived"},
		"AwayAndBack":    {"nor does one that another led back to", allowed, http.MethodGet, "/back", false, "", "GET arrived"},
		"Plain":          {"to http", allowed, http.MethodGet, "/plain", false, dataloader.ReasonSourceError, "not https"},
		"PlainAllowed":   {"to http, which is allowed, without the token", Policy{Networks: loopback, PlainHTTP: true}, http.MethodGet, "/plain", false, "", "GET arrived"},
		"Metadata":       {"inside", allowed, http.MethodGet, "/metadata", false, dataloader.ReasonSourceUnreachable, "redirects to cannot be reached"},
		"File":           {"to a file", allowed, http.MethodGet, "/file", false, dataloader.ReasonSourceError, "not https"},
		"Password":       {"with a password", allowed, http.MethodGet, "/password", false, dataloader.ReasonSourceError, "not https"},
		"Unreadable":     {"to nothing", allowed, http.MethodGet, "/odd", false, dataloader.ReasonSourceUnreachable, "cannot be reached"},
		"PostLost":       {"the keys would be lost", allowed, http.MethodPost, "/here", false, dataloader.ReasonSourceError, "POST"},
		"PostKept":       {"the keys go along", allowed, http.MethodPost, "/here?keep", true, "", "POST arrived"},
		"PostToStranger": {"the keys would go to somebody else", allowed, http.MethodPost, "/away?keep", false, dataloader.ReasonSourceError, "POST"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			reply, err := ask(t, tc.policy, tc.method, home+tc.path+map[bool]string{true: "&", false: "?"}[strings.Contains(tc.path, "?")]+"key=hunter2")
			if tc.want != "" {
				mustFail(t, err, tc.want, tc.says)
				return
			}
			if err != nil || string(reply.Body) != tc.says {
				t.Fatalf("%s: got %q, %v", tc.reason, reply.Body, err)
			}
			header := <-seen
			if got := header.Get("Authorization") == "Bearer "+canary; got != tc.token {
				t.Errorf("%s: the token arrived: %v", tc.reason, got)
			}
			if referer := header.Get("Referer"); referer != "" {
				t.Errorf("%s: the address that was asked arrived: %s", tc.reason, referer)
			}
		})
	}
}

func TestSameOrigin(t *testing.T) {
	cases := map[string]struct {
		reason, a, b string
		want         bool
	}{
		"Path":        {"another path", "https://a.example/x", "https://a.example/y", true},
		"Port":        {"the port that goes without saying", "https://a.example", "https://a.example:443", true},
		"PlainPort":   {"the port that goes without saying", "http://a.example:80", "http://a.example", true},
		"Case":        {"names have no case", "https://A.example", "https://a.EXAMPLE", true},
		"OtherPort":   {"another server", "https://a.example", "https://a.example:8443", false},
		"Downgrade":   {"without TLS", "https://a.example:8443", "http://a.example:8443", false},
		"Subdomain":   {"another server", "https://a.example", "https://b.a.example", false},
		"OtherDomain": {"another server", "https://a.example", "https://a.example.org", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			a, errA := url.Parse(tc.a)
			b, errB := url.Parse(tc.b)
			if errA != nil || errB != nil || sameOrigin(a, b) != tc.want || sameOrigin(b, a) != tc.want {
				t.Errorf("%s: %s and %s: want %v", tc.reason, tc.a, tc.b, tc.want)
			}
		})
	}
}
