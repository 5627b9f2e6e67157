// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package hostile

import (
	"testing"

	"github.com/seatplane/seatplane/internal/testing/mysqlwire"
)

// Answers to a query that once ended the manager.
var (
	// hugeHeader is the header of a result with 2^40 columns. A driver that makes room for them runs out
	// of memory, which no Go program survives.
	hugeHeader = []byte{0xfe, 0, 0, 0, 0, 0, 1, 0, 0}
	// cutOK is an OK packet that ends after its first byte. A driver that reads on panics.
	cutOK = []byte{0x00}
)

// listenToMySQL is a MySQL server that lets everybody in and gives one answer to every command.
func listenToMySQL(t testing.TB, answer []byte) *listener {
	t.Helper()
	return listen(t, func(connection *recorded) {
		if err := mysqlwire.Login(connection, mysqlwire.NativePassword); err != nil {
			return
		}
		for {
			command, sequence, err := mysqlwire.Read(connection)
			if err != nil || len(command) == 0 || command[0] == mysqlwire.Quit {
				return
			}
			if err := mysqlwire.Write(connection, sequence+1, answer); err != nil {
				return
			}
		}
	})
}

// listenToMySQLPasswords is a MySQL server in the middle of the network. It asks every client for its
// password in clear text.
func listenToMySQLPasswords(t testing.TB) *listener {
	t.Helper()
	return listen(t, func(connection *recorded) {
		if err := mysqlwire.Write(connection, 0, mysqlwire.Greeting(mysqlwire.NativePassword)); err != nil {
			return
		}
		_, sequence, err := mysqlwire.Read(connection)
		if err != nil {
			return
		}
		if err := mysqlwire.Write(connection, sequence+1, []byte("\xfemysql_clear_password\x00")); err != nil {
			return
		}
		readAll(connection)
	})
}
