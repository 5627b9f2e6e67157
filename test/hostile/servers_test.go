// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package hostile

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	_ "github.com/go-sql-driver/mysql" // the driver "mysql"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/seatplane/seatplane/internal/testing/mysqlwire"
)

// A server that real clients do not even log in to attacks nobody.
func TestMySQLServerLetsClientsIn(t *testing.T) {
	server := listenToMySQL(t, mysqlwire.OK)
	client, err := sql.Open("mysql", "editor:hunter2@tcp("+server.address+")/crm")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.ExecContext(t.Context(), "SELECT 1"); err != nil {
		t.Errorf("a client cannot use the server: %v", err)
	}
	if !strings.Contains(server.heard(), "SELECT 1") {
		t.Errorf("the server has not heard the query, only %q", server.heard())
	}
}

func TestMySQLAnswersOnTheWire(t *testing.T) {
	cases := map[string]struct {
		reason string
		answer []byte
		want   []byte
	}{
		"a huge header": {"the packet that the audit sent", hugeHeader, []byte{9, 0, 0, 1, 0xfe, 0, 0, 0, 0, 0, 1, 0, 0}},
		"a cut OK":      {"one byte", cutOK, []byte{1, 0, 0, 1, 0}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", listenToMySQL(t, tc.answer).address)
			if err != nil {
				t.Fatal(err)
			}
			defer connection.Close()
			got := make([]byte, len(tc.want))
			for _, step := range []error{
				expectMySQLPacket(connection), mysqlwire.Write(connection, 1, []byte("login")), expectMySQLPacket(connection),
				mysqlwire.Write(connection, 0, []byte("\x03SELECT 1")), second(io.ReadFull(connection, got)),
			} {
				if step != nil {
					t.Fatal(step)
				}
			}
			if !bytes.Equal(got, tc.want) {
				t.Errorf("%s: got % x, want % x", tc.reason, got, tc.want)
			}
		})
	}
}

func expectMySQLPacket(from io.Reader) error {
	_, _, err := mysqlwire.Read(from)
	return err
}

func second(_ int, err error) error { return err }

// The thief gets the password of a client that does not insist on being safe.
func TestPostgresServerGetsPasswords(t *testing.T) {
	cases := map[string]struct {
		reason  string
		sslmode string
		tls     bool
	}{
		"without TLS":                {"the client does not ask for TLS", "disable", false},
		"TLS not offered":            {"the client continues without TLS", "prefer", false},
		"TLS with any certificate":   {"the client takes every certificate", "require", true},
		"TLS offered, not insisting": {"the same, by default", "prefer", true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			certificate := strangersCertificate(t)
			if !tc.tls {
				certificate = nil
			}
			server := listenToPostgresPasswords(t, certificate)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			// The server never answers the password: what it wants, it has.
			go func() {
				for !strings.Contains(server.heard(), "hunter2") && ctx.Err() == nil {
					pause(ctx)
				}
				cancel()
			}()
			connection, err := pgconn.Connect(ctx, "postgres://editor:hunter2@"+server.address+"/crm?sslmode="+tc.sslmode)
			if err == nil {
				_ = connection.Close(context.Background())
				t.Fatal("the server let somebody in")
			}
			if !strings.Contains(server.heard(), "hunter2") {
				t.Errorf("%s: the server did not get the password: %v", tc.reason, err)
			}
		})
	}
}

func TestMySQLServerAsksForPasswords(t *testing.T) {
	server := listenToMySQLPasswords(t)
	client, err := sql.Open("mysql", "editor:hunter2@tcp("+server.address+")/crm?allowCleartextPasswords=true&timeout=5s&readTimeout=1s")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.PingContext(t.Context()); err == nil {
		t.Error("the server let somebody in")
	}
	if !strings.Contains(server.heard(), "hunter2") {
		t.Errorf("the server did not get the password, only %q", server.heard())
	}
}

func TestLineServerReadsLines(t *testing.T) {
	server := listenToLines(t)
	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.address)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if _, err := connection.Write([]byte("\x00\x00noise\r\nCONFIG SET dir x\r\n")); err != nil {
		t.Fatal(err)
	}
	for len(server.lines()) < 3 && t.Context().Err() == nil {
		pause(t.Context())
	}
	if got := server.lines()[1]; got != "CONFIG SET dir x" {
		t.Errorf("got the line %q", got)
	}
}

func TestDripNeverEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, dripping(t).URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body := bufio.NewReader(response.Body)
	for _, want := range []byte("[ ") {
		if got, err := body.ReadByte(); err != nil || got != want {
			t.Errorf("got %q and %v, want %q", got, err, want)
		}
	}
	if body.Buffered() > 0 {
		t.Errorf("%d bytes came at once", body.Buffered())
	}
}

// An answer that is refused for its length, or for not being JSON, reaches no expression.
func TestAnswersAreRead(t *testing.T) {
	_, text := backtracking(95, 20, longest-20)()
	_, zeros := multiplying(longest/2 - 1)()
	_, pattern := smuggled()
	for name, body := range map[string][]byte{"a text": text, "zeros": zeros, "a pattern": pattern, "nested": nested()} {
		if len(body) > longest {
			t.Errorf("%s: %d bytes are more than is read", name, len(body))
		}
		if !json.Valid(body) {
			t.Errorf("%s: this is not JSON: %.40s…", name, body)
		}
	}
}

func TestCollectorKeepsCredentials(t *testing.T) {
	server := collecting(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer secret")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if got := server.collected(); len(got) != 1 || got[0] != "Bearer secret" {
		t.Errorf("got %q", got)
	}
}
