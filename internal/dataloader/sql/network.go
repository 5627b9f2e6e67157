// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"context"
	"crypto/x509"
	databasesql "database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"
)

const (
	// connectTimeout bounds reaching a server and logging in, and each step before the query.
	connectTimeout = 10 * time.Second
	// maxReceived bounds the bytes that one connection takes: what readers let pass in the widest
	// writing, and no more from a server that sends without end.
	maxReceived = 2 * maxBytes
)

var (
	errSilent  = errors.New("no answer")
	errTooMuch = errors.New("too much")
)

// within runs do under a limit of time. It returns cause when the limit ended it.
func within(ctx context.Context, limit time.Duration, cause error, do func(context.Context) error) error {
	limited, cancel := context.WithTimeoutCause(ctx, limit, cause)
	defer cancel()
	err := do(limited)
	if err != nil && errors.Is(context.Cause(limited), cause) {
		return cause
	}
	return err
}

// impatient is a connector that gives up on a server that does not answer.
type impatient struct {
	driver.Connector
	patience time.Duration
}

// Connect implements driver.Connector.
func (c impatient) Connect(ctx context.Context) (driver.Conn, error) {
	var connected driver.Conn
	err := within(ctx, c.patience, errSilent, func(ctx context.Context) (err error) {
		connected, err = c.Connector.Connect(ctx)
		return err
	})
	return connected, err
}

// dial opens a TCP connection that takes at most maxReceived bytes.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	connection, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &metered{Conn: connection, left: maxReceived}, nil
}

// metered is a connection that fails when it has taken its share. One goroutine reads at a time.
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

const brokeOff = "the connection broke off"

// networkProblem says why there is no connection, or "" when the error is about something else. The
// words are ours: a driver's name hosts, addresses and users.
func networkProblem(err error) string {
	if problem := certificateProblem(err); problem != "" {
		return problem
	}
	if unknown, ok := errors.AsType[*net.DNSError](err); ok {
		if unknown.IsNotFound {
			return "there is no host of that name"
		}
		return "the name of its host cannot be looked up"
	}
	switch {
	case errors.Is(err, errSilent):
		return fmt.Sprintf("it gives no answer within %d seconds", connectTimeout/time.Second)
	case errors.Is(err, errTooMuch):
		return fmt.Sprintf("it sends more than %d MiB", maxReceived>>20)
	case errors.Is(err, syscall.ECONNREFUSED):
		return "it refuses the connection"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no way to its host"
	case brokenOff(err):
		return brokeOff
	}
	return ""
}

func certificateProblem(err error) string {
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "its certificate is for another host name"
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "its certificate is of an authority that is not trusted: name the authority with caSecretRef"
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if invalid.Reason == x509.Expired {
			return "its certificate is not valid at this time"
		}
		return "its certificate is not valid"
	}
	return ""
}

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
