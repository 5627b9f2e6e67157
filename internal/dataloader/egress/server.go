// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/netip"
	"regexp"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
)

// Address is a server as declared in a SeatProduct.
type Address struct {
	// URL is the address as declared in the SeatProduct.
	URL string
	// Token names the bearer token to send. Nil sends none.
	Token *v1alpha1.SecretKeyReference
	// CA names the certificates for verifying the server. Nil means the system's.
	CA *v1alpha1.SecretKeyReference
}

// Server is an address with its Secrets, for a loader process. It contains the token in clear text, so it
// belongs in a guest.Payload and nowhere else.
type Server struct {
	// URL has been accepted by Policy.ParseURL.
	URL string `json:"url"`
	// Token is the bearer token, or empty.
	Token string `json:"token,omitempty"`
	// CA contains certificates in PEM. Empty means the system's.
	CA string `json:"ca,omitempty"`
	// Networks may be reached even if they are not public.
	Networks []netip.Prefix `json:"networks,omitempty"`
	// PlainHTTP allows requests without TLS.
	PlainHTTP bool `json:"plainHTTP,omitempty"`
}

// Resolve reads the Secrets that an address names and checks that they may be used for it. It makes no
// connection to the server. The error is a *dataloader.Failure.
func (p Policy) Resolve(ctx context.Context, live client.Reader, namespace string, address Address) (Server, error) {
	token, err := p.readToken(ctx, live, namespace, address)
	if err != nil {
		return Server{}, err
	}
	authorities, err := readCA(ctx, live, namespace, address.CA)
	if err != nil {
		return Server{}, err
	}
	return Server{URL: address.URL, Token: token, CA: authorities, Networks: p.Networks, PlainHTTP: p.PlainHTTP}, nil
}

// readToken returns the token that an address names, or "". The URL is checked first, because a token must
// not be sent to an address that could not be parsed.
func (p Policy) readToken(ctx context.Context, live client.Reader, namespace string, address Address) (string, error) {
	parsed, err := p.ParseURL(address.URL)
	if err != nil || address.Token == nil {
		return "", err
	}
	secret, err := dataloader.ReadSecret(ctx, live, namespace, *address.Token, dataloader.UseToken)
	if err != nil {
		return "", err
	}
	port, err := PortOf(parsed)
	if err != nil {
		return "", err
	}
	if err := secret.CheckHost(parsed.Hostname(), port); err != nil {
		return "", err
	}
	return parseToken(*address.Token, secret.Reveal())
}

// connectionString matches the beginning of a DSN such as user:password@tcp(db:3306)/crm.
var connectionString = regexp.MustCompile(`^[^/?#@]*:[^/?#]*@`)

// parseToken parses the bearer token in a Secret. The author of a SeatProduct chooses the server that
// gets it, so a value that is a connection string is refused.
func parseToken(ref v1alpha1.SecretKeyReference, value string) (string, error) {
	// A token that was written to a file may end with a line break.
	token := strings.TrimSpace(value)
	switch {
	case token == "" || strings.ContainsFunc(token, unfit):
		return "", dataloader.Failf(dataloader.ReasonSourceError,
			"Secret %q does not have a bearer token under the key %q: write only the token, on one line", ref.Name, ref.Key)
	case strings.Contains(token, "://") || connectionString.MatchString(token):
		return "", dataloader.Failf(dataloader.ReasonSecretNotAllowed,
			"Secret %q has a connection string or URL under the key %q, which is not sent as a bearer token: name the key that holds the token",
			ref.Name, ref.Key)
	}
	return token, nil
}

// unfit reports whether a character cannot be part of a token.
func unfit(r rune) bool { return r <= ' ' || r > '~' }

func readCA(ctx context.Context, live client.Reader, namespace string, ref *v1alpha1.SecretKeyReference) (string, error) {
	if ref == nil {
		return "", nil
	}
	secret, err := dataloader.ReadSecret(ctx, live, namespace, *ref, dataloader.UseCA)
	if err != nil {
		return "", err
	}
	if _, ok := pool(secret.Reveal()); !ok {
		return "", dataloader.Failf(dataloader.ReasonSourceError,
			"Secret %q does not have certificates in PEM format under the key %q", ref.Name, ref.Key)
	}
	return secret.Reveal(), nil
}

// pool returns the certificates in a PEM text, and whether there are any.
func pool(text string) (*x509.CertPool, bool) {
	authorities := x509.NewCertPool()
	found := authorities.AppendCertsFromPEM([]byte(text))
	return authorities, found
}

// Connect returns an Endpoint for the server. It makes no connection yet. Close the Endpoint when done. The
// error is a *dataloader.Failure.
func (s Server) Connect() (*Endpoint, error) {
	return Policy{Networks: s.Networks, PlainHTTP: s.PlainHTTP}.connect(s)
}

func (p Policy) connect(server Server) (*Endpoint, error) {
	parsed, err := p.ParseURL(server.URL)
	if err != nil {
		return nil, err
	}
	trust := &tls.Config{MinVersion: tls.VersionTLS12}
	if server.CA != "" {
		trust.RootCAs, _ = pool(server.CA)
	}
	return &Endpoint{URL: *parsed, token: dataloader.NewSecret(server.Token), client: p.client(trust)}, nil
}

// Secrets returns the texts that no message and no log may contain.
func (s Server) Secrets() []string {
	if s.Token == "" {
		return nil
	}
	return []string{s.Token}
}
