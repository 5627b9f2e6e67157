// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package hostile

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
)

// listenToPostgresPasswords is a PostgreSQL server in the middle of the network. It asks every client for
// its password in clear text. With a certificate it offers TLS, signed by nobody whom anyone trusts.
func listenToPostgresPasswords(t testing.TB, certificate *tls.Certificate) *listener {
	t.Helper()
	return listen(t, func(connection *recorded) { askForPassword(connection, certificate) })
}

func askForPassword(connection *recorded, certificate *tls.Certificate) {
	server := pgproto3.NewBackend(connection, connection)
	first, err := server.ReceiveStartupMessage()
	if err != nil {
		return
	}
	if _, wantsTLS := first.(*pgproto3.SSLRequest); wantsTLS {
		if connection = answerTLS(connection, certificate); connection == nil {
			return
		}
		server = pgproto3.NewBackend(connection, connection)
		if _, err := server.ReceiveStartupMessage(); err != nil {
			return
		}
	}
	server.Send(&pgproto3.AuthenticationCleartextPassword{})
	if err := server.Flush(); err != nil {
		return
	}
	readAll(connection)
}

// answerTLS says whether there is TLS, and returns the connection to go on with; nil when there is none.
func answerTLS(connection *recorded, certificate *tls.Certificate) *recorded {
	if certificate == nil {
		_, err := connection.Write([]byte("N"))
		if err != nil {
			return nil
		}
		return connection
	}
	if _, err := connection.Write([]byte("S")); err != nil {
		return nil
	}
	encrypted := tls.Server(connection, &tls.Config{Certificates: []tls.Certificate{*certificate}})
	if err := encrypted.Handshake(); err != nil {
		return nil
	}
	return &recorded{Conn: encrypted, by: connection.by}
}

// strangersCertificate returns a certificate for the loopback that nobody trusts.
func strangersCertificate(t testing.TB) *tls.Certificate {
	t.Helper()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	return &server.TLS.Certificates[0]
}
