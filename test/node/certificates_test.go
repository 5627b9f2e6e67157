// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package node

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"time"
)

// writeCertificates writes the certificate and key by which pods and kubelets know the API server. It returns the
// certificate of the authority that signed it, and writes that too.
func (c *cluster) writeCertificates() ([]byte, error) {
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority of a test"},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	server := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "kube-apiserver"},
		IPAddresses: []net.IP{net.ParseIP(hostAddress), net.ParseIP(serviceAddress)},
		KeyUsage:    x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	authorityKey, authorityErr := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	serverKey, serverErr := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err := errors.Join(authorityErr, serverErr); err != nil {
		return nil, err
	}
	now := time.Now()
	for _, each := range []*x509.Certificate{authority, server} {
		each.NotBefore, each.NotAfter = now.Add(-time.Hour), now.Add(24*time.Hour)
	}
	signed, err := x509.CreateCertificate(rand.Reader, authority, authority, authorityKey.Public(), authorityKey)
	if err != nil {
		return nil, err
	}
	served, err := x509.CreateCertificate(rand.Reader, server, authority, serverKey.Public(), authorityKey)
	if err != nil {
		return nil, err
	}
	key, err := x509.MarshalPKCS8PrivateKey(serverKey)
	if err != nil {
		return nil, err
	}
	inPEM := func(kind string, content []byte) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content})
	}
	return inPEM("CERTIFICATE", signed), errors.Join(
		os.WriteFile(c.path("authority.crt"), inPEM("CERTIFICATE", signed), 0o600),
		os.WriteFile(c.path("server.crt"), inPEM("CERTIFICATE", served), 0o600),
		os.WriteFile(c.path("server.key"), inPEM("PRIVATE KEY", key), 0o600),
	)
}
