// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package egress

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
)

// canary is the token; no message may hold it.
const canary = "canary-hunter2-token"

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// secret is a Secret that is released for a use, and as a token to the hosts.
func secret(name, value string, use dataloader.Use, hosts ...string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "shop", Name: name,
			Labels:      map[string]string{v1alpha1.LabelAllow: string(use)},
			Annotations: map[string]string{v1alpha1.AnnotationAllowHosts: strings.Join(hosts, ", ")},
		},
		Data: map[string][]byte{"value": []byte(value)},
	}
}

func ref(name string) *v1alpha1.SecretKeyReference {
	return &v1alpha1.SecretKeyReference{Name: v1alpha1.ObjectName(name), Key: "value"}
}

// certificate returns the certificate of every server of net/http/httptest, in PEM.
func certificate() string {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

// open resolves an address with the canary as its token, and connects to it, trusting a test's server.
func open(t *testing.T, policy Policy, address string) (*Endpoint, error) {
	t.Helper()
	host := "example.com:443"
	if parsed, err := url.Parse(address); err == nil {
		host = parsed.Host
	}
	live := fake.NewClientBuilder().WithObjects(
		secret("token", canary+"\n", dataloader.UseToken, host, host+":443", host+":80"),
		secret("ca", certificate(), dataloader.UseCA)).Build()
	server, err := policy.Resolve(t.Context(), live, "shop", Address{URL: address, Token: ref("token"), CA: ref("ca")})
	if err != nil {
		return nil, err
	}
	endpoint, err := policy.connect(server)
	if err == nil {
		t.Cleanup(endpoint.Close)
	}
	return endpoint, err
}

// ask opens an address and asks it once by a method.
func ask(t *testing.T, policy Policy, method, address string) (Reply, error) {
	t.Helper()
	endpoint, err := open(t, policy, address)
	if err != nil {
		return Reply{}, err
	}
	return endpoint.Ask(t.Context(), Question{Method: method, URL: endpoint.URL, Body: []byte(`{"keys":["acme"]}`)})
}

// mustFail requires a failure with a reason whose sentence says something, and nothing of the canary.
func mustFail(t *testing.T, err error, reason dataloader.Reason, says string) {
	t.Helper()
	failure, ok := errors.AsType[*dataloader.Failure](err)
	if !ok {
		t.Fatalf("got %v, want a failure that says %q", err, says)
	}
	if failure.Reason != reason || !strings.Contains(failure.Message, says) {
		t.Errorf("got %v, want %s: …%s…", failure, reason, says)
	}
	if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), "hunter2") {
		t.Errorf("the message holds a secret: %v", err)
	}
}

// TestHostileURLs asks addresses that lead inside, by every way of writing them. Nothing may be connected
// to, so all of them fail at once.
func TestHostileURLs(t *testing.T) {
	inside := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the server inside was reached")
	}))
	defer inside.Close()
	port := inside.Listener.Addr().(*net.TCPAddr).Port
	onLoopback := func(host string) string { return fmt.Sprintf("https://%s:%d/", host, port) }

	unreachable, refused := dataloader.ReasonSourceUnreachable, dataloader.ReasonInvalidExpression
	cases := map[string]struct {
		reason string
		url    string
		want   dataloader.Reason
	}{
		"Loopback":          {"loopback", onLoopback("127.0.0.1"), unreachable},
		"LoopbackOther":     {"another address of loopback", onLoopback("127.1.2.3"), unreachable},
		"LoopbackName":      {"a name of it", onLoopback("localhost"), unreachable},
		"LoopbackDot":       {"a name that ends", onLoopback("localhost."), unreachable},
		"LoopbackUpper":     {"in capitals", onLoopback("LOCALHOST"), unreachable},
		"LoopbackV6":        {"loopback", onLoopback("[::1]"), unreachable},
		"LoopbackLong":      {"loopback, in full", onLoopback("[0:0:0:0:0:0:0:1]"), unreachable},
		"Zero":              {"connects to loopback", onLoopback("0.0.0.0"), unreachable},
		"ZeroV6":            {"connects to loopback", onLoopback("[::]"), unreachable},
		"ZeroShort":         {"0 is 0.0.0.0 to some", onLoopback("0"), unreachable},
		"Short":             {"127.1 is loopback to some", onLoopback("127.1"), unreachable},
		"Decimal":           {"loopback as one number", onLoopback("2130706433"), unreachable},
		"Hexadecimal":       {"loopback in hexadecimal", onLoopback("0x7f000001"), unreachable},
		"HexadecimalParts":  {"loopback in hexadecimal", onLoopback("0x7f.0.0.1"), unreachable},
		"Octal":             {"loopback in octal", onLoopback("0177.0.0.1"), unreachable},
		"OctalLong":         {"loopback in octal", onLoopback("017700000001"), unreachable},
		"Mapped":            {"loopback as IPv6", onLoopback("[::ffff:127.0.0.1]"), unreachable},
		"MappedHexadecimal": {"loopback as IPv6", onLoopback("[::ffff:7f00:1]"), unreachable},
		"Compatible":        {"loopback as IPv6", onLoopback("[::127.0.0.1]"), unreachable},
		"Translated":        {"loopback, to be translated", onLoopback("[::ffff:0:7f00:1]"), unreachable},
		"EscapedDot":        {"an escape in the host", onLoopback("127.0.0%2e1"), refused},
		"Escaped":           {"an escape in the host", onLoopback("%6c%6f%63%61%6c%68%6f%73%74"), refused},
		"FullWidth":         {"digits of another width", onLoopback("127.0.0.1"), unreachable},
		"CircledDigits":     {"digits in circles", onLoopback("①②⑦.⓪.⓪.①"), unreachable},
		"Metadata":          {"metadata", "https://169.254.169.254/latest/meta-data/", unreachable},
		"MetadataDecimal":   {"metadata as one number", "https://2852039166/", unreachable},
		"MetadataV6":        {"metadata", "https://[fd00:ec2::254]/", unreachable},
		"MetadataMapped":    {"metadata as IPv6", "https://[::ffff:169.254.169.254]/", unreachable},
		"AlibabaMetadata":   {"metadata", "https://100.100.100.200/", unreachable},
		"AzureMetadata":     {"metadata", "https://168.63.129.16/", unreachable},
		"OracleMetadata":    {"metadata", "https://192.0.0.192/", unreachable},
		"Private":           {"private", "https://10.0.0.1/", unreachable},
		"PrivateOther":      {"private", "https://172.16.0.1/", unreachable},
		"PrivateHome":       {"private", "https://192.168.0.1/", unreachable},
		"CGNAT":             {"carrier-grade NAT", "https://100.64.0.1/", unreachable},
		"UniqueLocal":       {"unique-local", "https://[fc00::1]/", unreachable},
		"LinkLocal":         {"link-local", "https://[fe80::1]/", unreachable},
		"LinkLocalZone":     {"with a zone", "https://[fe80::1%25lo]/", unreachable},
		"LoopbackZone":      {"with a zone", onLoopback("[::1%25lo]"), unreachable},
		"Multicast":         {"multicast", "https://224.0.0.1/", unreachable},
		"MulticastV6":       {"multicast", "https://[ff02::1]/", unreachable},
		"Broadcast":         {"broadcast", "https://255.255.255.255/", unreachable},
		"NAT64":             {"private behind NAT64", "https://[64:ff9b::a00:1]/", unreachable},
		"NAT64Local":        {"private behind NAT64 of one's own", "https://[64:ff9b:1::a00:1]/", unreachable},
		"6to4":              {"loopback behind 6to4", "https://[2002:7f00:1::]/", unreachable},
		"Teredo":            {"loopback behind Teredo", "https://[2001:0:4136:e378:8000:63bf:80ff:fffe]/", unreachable},
		"Documentation":     {"nobody's", "https://192.0.2.1/", unreachable},
		"DocumentationV6":   {"nobody's", "https://[2001:db8::1]/", unreachable},
		"Benchmark":         {"nobody's", "https://198.18.0.1/", unreachable},
		"PlainHTTP":         {"not https", strings.Replace(onLoopback("127.0.0.1"), "https", "http", 1), refused},
		"UserInfo":          {"a host that looks like another", onLoopback("example.com@127.0.0.1"), refused},
		"Password":          {"a password", "https://user:hunter2@example.com/", refused},
		"File":              {"no server", "file:///etc/passwd", refused},
		"Gopher":            {"another protocol", "gopher://127.0.0.1:70/_x", refused},
		"FTP":               {"another protocol", "ftp://127.0.0.1/", refused},
		"Unix":              {"another protocol", "unix:///var/run/docker.sock", refused},
		"Javascript":        {"another protocol", "javascript:alert(1)", refused},
		"Data":              {"another protocol", "data:application/json,[]", refused},
		"NoScheme":          {"no protocol", "//127.0.0.1/", refused},
		"NoHost":            {"no host", "https:///seats", refused},
		"OnlyPort":          {"no host", "https://:443/", refused},
		"Opaque":            {"no host", "https:127.0.0.1", refused},
		"Fragment":          {"a part that is not sent", "https://example.com/#@127.0.0.1", refused},
		"Backslash":         {"a backslash is a slash to some", `https://example.com\@127.0.0.1/`, refused},
		"LineBreak":         {"a second header", "https://example.com/\r\nHost: 127.0.0.1", refused},
		"Null":              {"a null byte", "https://127.0.0.1\x00.example.com/", refused},
		"Space":             {"a blank in the host", "https://127.0.0.1 .example.com/", refused},
		"BadPort":           {"no port", "https://127.0.0.1:99999999/", refused},
		"ZeroPort":          {"no port", "https://127.0.0.1:0/", refused},
		"NotAnAddress":      {"too many parts", "https://[::1::2]/", refused},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ask(t, Policy{}, http.MethodGet, tc.url)
			mustFail(t, err, tc.want, "")
		})
	}
}

func TestDenied(t *testing.T) {
	_, err := ask(t, Policy{}, http.MethodGet, "https://127.0.0.1:1/")
	mustFail(t, err, dataloader.ReasonSourceUnreachable, `the server "127.0.0.1:1" has an address in a network that data loaders may not reach: the operator's flag --loader-allowed-networks`)
}

// listen serves a test's handler over TLS on loopback.
func listen(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewTLSServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func TestAsk(t *testing.T) {
	if transport := (Policy{}).client(nil).Transport.(*http.Transport); transport.Proxy != nil {
		t.Error("a proxy from the environment would be asked, and would connect to wherever it can")
	}
	address := listen(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprint(w, strings.Join([]string{
			r.Method, r.URL.Path, r.Header.Get("Authorization"), r.Header.Get("Accept-Encoding"), string(body),
		}, " "))
	})
	reply, err := ask(t, Policy{Networks: loopback}, http.MethodPost, address+"/seats")
	if err != nil {
		t.Fatal(err)
	}
	want := "POST /seats Bearer " + canary + ` identity {"keys":["acme"]}`
	if diff := cmp.Diff(want, string(reply.Body)); diff != "" || reply.Status != http.StatusOK {
		t.Errorf("status %d, -want +got:\n%s", reply.Status, diff)
	}
}

func TestPlainHTTP(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "[]") }))
	defer server.Close()
	if _, err := ask(t, Policy{Networks: loopback, PlainHTTP: true}, http.MethodGet, server.URL); err != nil {
		t.Errorf("the operator allows it: %v", err)
	}
	_, err := ask(t, Policy{Networks: loopback}, http.MethodGet, server.URL)
	mustFail(t, err, dataloader.ReasonInvalidExpression, "--loader-allow-plain-http")
}

// TestNothingStaysOpen asks many times, with success and without, and finds no connection and no goroutine
// more than before.
func TestNothingStaysOpen(t *testing.T) {
	var opened atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/long" {
			_, _ = w.Write(make([]byte, MaxAnswer+1))
		}
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			opened.Add(1)
		case http.StateClosed, http.StateHijacked:
			opened.Add(-1)
		case http.StateActive, http.StateIdle:
		}
	}
	server.StartTLS()
	defer server.Close()
	before := runtime.NumGoroutine()
	for range 20 {
		for _, path := range []string{"/", "/long"} {
			endpoint, err := open(t, Policy{Networks: loopback}, server.URL+path)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = endpoint.Ask(t.Context(), Question{Method: http.MethodGet, URL: endpoint.URL})
			_, _ = endpoint.Ask(t.Context(), Question{Method: http.MethodGet, URL: endpoint.URL})
			endpoint.Close()
		}
	}
	// Shorter than the time after which idle connections go by themselves.
	ctx, cancel := context.WithTimeout(t.Context(), connectTimeout/2)
	defer cancel()
	for opened.Load() > 0 || runtime.NumGoroutine() > before+2 {
		select {
		case <-ctx.Done():
			t.Fatalf("%d connections and %d goroutines more than before", opened.Load(), runtime.NumGoroutine()-before)
		default:
			runtime.Gosched()
		}
	}
}
