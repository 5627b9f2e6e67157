// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
)

// recorder is a server of a test that keeps what it is sent.
type recorder struct {
	mu   sync.Mutex
	sent bytes.Buffer
	port string
}

// record starts a server that talks to each client with serve and keeps all that it then reads.
func record(t *testing.T, serve func(io.ReadWriter)) *recorder {
	t.Helper()
	r := &recorder{}
	r.port = listening(t, func(c net.Conn) {
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		serve(struct {
			io.Reader
			io.Writer
		}{io.TeeReader(c, r), c})
	})
	return r
}

// Write implements io.Writer: it keeps what was read from a client.
func (r *recorder) Write(sent []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sent.Write(sent)
}

// text returns what was sent.
func (r *recorder) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sent.String()
}

// postgresAsks serves a server that asks for a login of a kind: 3 is the password in clear, 5 a hash of it.
func postgresAsks(kind uint32) func(io.ReadWriter) {
	return func(c io.ReadWriter) {
		_, _ = io.ReadFull(c, make([]byte, 8))
		message := append([]byte{'R', 0, 0, 0, 8}, binary.BigEndian.AppendUint32(nil, kind)...)
		if kind == 5 {
			message = append([]byte{'R', 0, 0, 0, 12}, binary.BigEndian.AppendUint32(nil, kind)...)
			message = append(message, "salt"...)
		}
		_, _ = c.Write(message)
		_, _ = io.Copy(io.Discard, c)
	}
}

// mysqlAsks serves a server that greets with a plugin for logging in, and then says more.
func mysqlAsks(plugin string, then ...[]byte) func(io.ReadWriter) {
	return func(c io.ReadWriter) {
		greeting := append([]byte{10}, "8.4.0\x00"...)
		greeting = append(greeting, 1, 0, 0, 0)
		greeting = append(greeting, "saltsalt\x00"...)
		// PROTOCOL_41, SECURE_CONNECTION and PLUGIN_AUTH; no SSL.
		greeting = append(greeting, 0x00, 0x82, 45, 2, 0, 0x08, 0, 21)
		greeting = append(greeting, make([]byte, 10)...)
		greeting = append(greeting, "saltsaltsalt\x00"...)
		greeting = append(greeting, plugin+"\x00"...)
		writePacket(c, 0, greeting)
		sequence := readPacket(c)
		for _, each := range then {
			writePacket(c, sequence+1, each)
			sequence = readPacket(c)
		}
		_, _ = io.Copy(io.Discard, c)
	}
}

func writePacket(to io.Writer, sequence byte, content []byte) {
	_, _ = to.Write(append([]byte{byte(len(content)), byte(len(content) >> 8), 0, sequence}, content...))
}

func readPacket(from io.Reader) (sequence byte) {
	header := make([]byte, 4)
	_, _ = io.ReadFull(from, header)
	_, _ = io.ReadFull(from, make([]byte, int(header[0])|int(header[1])<<8))
	return header[3]
}

// Without verified TLS, whoever answers gets no password, and nothing from which it can be worked out by a key
// of theirs.
func TestNoPasswordInClear(t *testing.T) {
	cases := map[string]struct {
		reason string
		driver v1alpha1.SQLDriver
		serve  func(io.ReadWriter)
		// asks is what the client would send to ask for the server's key.
		asks byte
	}{
		"PostgresClear": {reason: "the server asks for the password", driver: v1alpha1.DriverPostgres, serve: postgresAsks(3)},
		"PostgresMD5":   {reason: "the server asks for a hash that is as good as the password", driver: v1alpha1.DriverPostgres, serve: postgresAsks(5)},
		"PostgresNone":  {reason: "the server lets everybody in, and so is not the one that knows the password", driver: v1alpha1.DriverPostgres, serve: postgresAsks(0)},
		"MySQLClear": {
			reason: "the server switches to the password in clear", driver: v1alpha1.DriverMySQL,
			serve: mysqlAsks("mysql_native_password", []byte("\xfemysql_clear_password\x00")),
		},
		"MySQLCachingFull": {
			reason: "the server asks for the password encrypted by a key that it will send", driver: v1alpha1.DriverMySQL,
			serve: mysqlAsks("caching_sha2_password", []byte{1, 4}), asks: 2,
		},
		"MySQLSHA256": {
			reason: "the older way to do that", driver: v1alpha1.DriverMySQL,
			serve: mysqlAsks("mysql_native_password", []byte("\xfesha256_password\x00saltsaltsaltsaltsalt\x00")), asks: 1,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			asked := record(t, tc.serve)
			to := order{
				Driver: tc.driver, Query: "SELECT 'acme', 1", Networks: lenient.Networks,
				Server: &server{Host: "127.0.0.1", Port: number(t, asked.port), User: "reader", Password: "hunter2", Database: "crm", Trust: plain},
			}
			l := &load{order: to, dialect: dialects[tc.driver]}
			_, err := l.run(t.Context(), nil)
			failure := dataloader.AsFailure(l.failure(err))
			if err == nil || failure.Reason != dataloader.ReasonSourceError || !strings.Contains(failure.Message, "not safe without verified TLS") {
				t.Errorf("%s: got %v, for the log %q", tc.reason, failure, failure.Detail)
			}
			sent := asked.text()
			if strings.Contains(sent, "hunter2") || tc.asks != 0 && strings.HasSuffix(sent, string([]byte{1, 0, 0, 3, tc.asks})) {
				t.Errorf("%s: the client sent %q", tc.reason, sent)
			}
		})
	}
}

func number(t *testing.T, port string) uint16 {
	t.Helper()
	read, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	return uint16(read)
}

// What a database says itself can hold a cell of a table: it is for the operator's log and not for a status.
func TestServerErrorsAreNotRepeated(t *testing.T) {
	onServers(t, func(t *testing.T, s *stage) {
		s.exec("CREATE TABLE cells (secret VARCHAR(20))", "INSERT INTO cells VALUES ('cell-canary')")
		query := [2]string{
			"SELECT secret, CAST(secret AS int) FROM cells",
			"SELECT secret, (SELECT JSON_TABLE.x FROM JSON_TABLE(secret, '$' COLUMNS (x INT PATH '$')) AS JSON_TABLE) FROM cells",
		}[place(s.driver)]
		_, err := s.load(query)
		failure := dataloader.AsFailure(err)
		if failure.Reason != dataloader.ReasonSourceError || strings.Contains(failure.Message, "canary") {
			t.Errorf("got %v", err)
		}
		code := [2]string{"SQLSTATE 22P02", "error 40"}[place(s.driver)]
		if !strings.Contains(failure.Message, code) || failure.Detail == "" {
			t.Errorf("got %v, want it to have %s; for the log %q", err, code, failure.Detail)
		}
		if s.driver == v1alpha1.DriverPostgres && !strings.Contains(failure.Detail, "cell-canary") {
			t.Errorf("the log has %q", failure.Detail)
		}
	})
}

// A server can send anything for a SQLSTATE.
func TestSQLStateIsChecked(t *testing.T) {
	cases := map[string]struct {
		reason, code, want string
	}{
		"State": {reason: "one", code: "XX000", want: "SQLSTATE XX000"},
		"Text":  {reason: "something else", code: "cell-canary", want: "no SQLSTATE"},
		"Lower": {reason: "five letters of something else", code: "canar", want: "no SQLSTATE"},
		"Empty": {reason: "nothing", want: "no SQLSTATE"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			found := explainPostgres(&pgconn.PgError{Code: tc.code, Message: "cell-canary"})
			if !strings.Contains(found.sentence, tc.want) || strings.Contains(found.sentence, "canar") {
				t.Errorf("%s: got %q", tc.reason, found.sentence)
			}
		})
	}
}
