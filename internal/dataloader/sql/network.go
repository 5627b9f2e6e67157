// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"context"
	"crypto/x509"
	databasesql "database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"syscall"

	"github.com/seatplane/seatplane/internal/dataloader/egress"
)

// maxReceived bounds the bytes that one connection reads: what the reader accepts in the longest encoding.
// It stops a server that sends without end.
const maxReceived = 2 * maxBytes

var errTooMuch = errors.New("the server sends more than a load may read")

// dialer opens connections to addresses that the policy permits. It checks each address when it connects,
// after name resolution.
type dialer struct{ policy egress.Policy }

// dial opens a TCP connection that reads at most maxReceived bytes.
func (d dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	connection, err := d.policy.Dialer().DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &metered{Conn: connection, left: maxReceived}, nil
}

// metered is a connection that fails after maxReceived bytes. Only one goroutine reads at a time.
type metered struct {
	net.Conn
	left int
}

// Read implements net.Conn.
func (m *metered) Read(into []byte) (int, error) {
	if m.left <= 0 {
		return 0, errTooMuch
	}
	n, err := m.Conn.Read(into[:min(len(into), m.left)])
	m.left -= n
	return n, err
}

// certificateProblem explains why a server's certificate is not accepted, or returns "" for any other
// error. Only a server that uses the database's protocol gets as far as sending a certificate.
func certificateProblem(err error) string {
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "the certificate of the database server is for another host name: write the name that it is for in the connection string"
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "the certificate of the database server is signed by an authority that is not trusted: name the authority in caSecretRef"
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if invalid.Reason == x509.Expired {
			return "the certificate of the database server has expired or is not valid yet: renew it"
		}
		return "the certificate of the database server is not valid: replace it"
	}
	return ""
}

// brokenOff reports whether an error means that a connection was closed.
func brokenOff(err error) bool {
	for _, each := range []error{
		io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, driver.ErrBadConn, databasesql.ErrConnDone, syscall.ECONNRESET, syscall.EPIPE,
	} {
		if errors.Is(err, each) {
			return true
		}
	}
	_, isNetwork := errors.AsType[*net.OpError](err)
	return isNetwork
}
