// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"crypto/tls"
	"crypto/x509"
	"errors"

	"github.com/seatplane/seatplane/internal/dataloader"
)

// trust is how strictly a server's certificate is verified.
type trust int

const (
	// plain means no TLS.
	plain trust = iota
	// preferred means TLS with any server, and no TLS if the server does not support it.
	preferred
	// anyone means TLS with any server.
	anyone
	// chained means TLS with a certificate of the authority that caSecretRef names, for any host.
	chained
	// verified means TLS with a certificate of a trusted authority for the host's name.
	verified
)

// isVerified reports whether nobody between the operator and the server can read or change the
// traffic.
func (t trust) isVerified() bool { return t >= chained }

// withAuthority applies caSecretRef to the level that a connection string asks for. If an authority is
// named, its certificates are verified even at a level that would not do so. Without one, the public
// authorities are trusted, and the chain alone proves nothing, because everyone can get a certificate from
// them for some name.
func (t trust) withAuthority(named bool) (trust, error) {
	switch {
	case !named && t == chained:
		return verified, nil
	case !named:
		return t, nil
	case t == plain, t == preferred:
		return t, dataloader.Failf(dataloader.ReasonSourceError,
			"caSecretRef is set, but the connection string allows connections without TLS: remove its TLS parameter, so that the certificate is verified")
	case t == anyone:
		return chained, nil
	}
	return t, nil
}

// authorities returns the certificates of an authority, or nil for the system's.
func authorities(pem string) (*x509.CertPool, error) {
	if pem == "" {
		return nil, nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(pem)) {
		return nil, dataloader.Failf(dataloader.ReasonSourceError,
			"the entry that caSecretRef names holds no certificate in PEM: store the certificate of the server's authority there")
	}
	return pool, nil
}

// tls returns the TLS configuration for the server, or nil for none.
func (s *server) tls() (*tls.Config, error) {
	if s.Trust == plain {
		return nil, nil
	}
	roots, err := authorities(s.CA)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{ServerName: s.Host, MinVersion: tls.VersionTLS12, RootCAs: roots}
	if s.Trust == verified {
		return config, nil
	}
	// Go verifies the name together with the chain, or neither of them.
	config.InsecureSkipVerify = true
	if s.Trust == chained {
		config.VerifyConnection = func(state tls.ConnectionState) error { return verifyChain(state, roots) }
	}
	return config, nil
}

func verifyChain(state tls.ConnectionState, roots *x509.CertPool) error {
	if len(state.PeerCertificates) == 0 {
		return errors.New("no certificate")
	}
	options := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
	for _, certificate := range state.PeerCertificates[1:] {
		options.Intermediates.AddCert(certificate)
	}
	_, err := state.PeerCertificates[0].Verify(options)
	return err
}
