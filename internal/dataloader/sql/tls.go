// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"crypto/tls"
	"crypto/x509"
	"errors"

	"github.com/seatplane/seatplane/internal/dataloader"
)

// trust is how far a server's certificate is looked at.
type trust int

const (
	// plain is without TLS.
	plain trust = iota
	// preferred is TLS with whoever answers, and without it where the server has none.
	preferred
	// anyone is TLS with whoever answers.
	anyone
	// chained is TLS with a certificate of a trusted authority, for whatever name.
	chained
	// verified is TLS with a certificate of a trusted authority for the host's name.
	verified
)

// strengthen applies the certificates of caSecretRef to what the connection string says: naming an
// authority asks for a certificate of its, which some ways of TLS never look at.
func (t trust) strengthen(said bool, ca dataloader.Secret) (trust, error) {
	switch {
	case ca.Reveal() == "":
		return t, nil
	case !said:
		return verified, nil
	case t == plain, t == preferred:
		return t, dataloader.Failf(dataloader.ReasonSourceError,
			"caSecretRef is set, but the connection string does not insist on TLS: let it verify the certificate")
	case t == anyone:
		return chained, nil
	}
	return t, nil
}

// config returns the settings of TLS, nil for none. ca is in PEM; the system's authorities are
// trusted when it is empty.
func (t trust) config(host string, ca dataloader.Secret) (*tls.Config, error) {
	if t == plain {
		return nil, nil
	}
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if pem := ca.Reveal(); pem != "" {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM([]byte(pem)) {
			return nil, dataloader.Failf(dataloader.ReasonSourceError, "what caSecretRef names is no certificate in PEM")
		}
	}
	if t == verified {
		return config, nil
	}
	// Go verifies the name along with the chain or neither of them.
	config.InsecureSkipVerify = true
	if t == chained {
		config.VerifyConnection = func(state tls.ConnectionState) error { return verifyChain(state, config.RootCAs) }
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
