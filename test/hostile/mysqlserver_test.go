// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package hostile

import (
	"encoding/binary"
	"io"
	"testing"
)

// Capabilities of the MySQL protocol that the greeting announces.
const (
	mysqlLongPassword     = 1 << 0
	mysqlConnectWithDB    = 1 << 3
	mysqlProtocol41       = 1 << 9
	mysqlTransactions     = 1 << 13
	mysqlSecureConnection = 1 << 15
	mysqlPluginAuth       = 1 << 19
)

const mysqlQuit = 0x01

// Answers to a query that once ended the manager.
var (
	// hugeHeader is the header of a result with 2^40 columns. A driver that makes room for them runs out
	// of memory, which no Go program survives.
	hugeHeader = []byte{0xfe, 0, 0, 0, 0, 0, 1, 0, 0}
	// cutOK is an OK packet that ends after its first byte. A driver that reads on panics.
	cutOK = []byte{0x00}
)

// mysqlGreeting is a greeting of protocol version 10 as MySQL 8 sends it, without TLS.
func mysqlGreeting(plugin string) []byte {
	const capabilities = mysqlLongPassword | mysqlConnectWithDB | mysqlProtocol41 | mysqlTransactions | mysqlSecureConnection | mysqlPluginAuth
	greeting := append([]byte{10}, "8.0.36\x00"...)
	greeting = binary.LittleEndian.AppendUint32(greeting, 7)
	greeting = append(greeting, "12345678\x00"...)
	greeting = binary.LittleEndian.AppendUint16(greeting, capabilities&0xffff)
	greeting = append(greeting, 0xff)
	greeting = binary.LittleEndian.AppendUint16(greeting, 2)
	greeting = binary.LittleEndian.AppendUint16(greeting, capabilities>>16)
	greeting = append(greeting, 21)
	greeting = append(greeting, make([]byte, 10)...)
	greeting = append(greeting, "123456789012\x00"...)
	return append(append(greeting, plugin...), 0)
}

// mysqlOK ends a login, and answers a statement without a result.
var mysqlOK = []byte{0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00}

// listenToMySQL is a MySQL server that lets everybody in and gives one answer to every command.
func listenToMySQL(t testing.TB, answer []byte) *listener {
	t.Helper()
	return listen(t, func(connection *recorded) {
		if err := mysqlLogin(connection, "mysql_native_password"); err != nil {
			return
		}
		for {
			command, sequence, err := readMySQLPacket(connection)
			if err != nil || len(command) == 0 || command[0] == mysqlQuit {
				return
			}
			if err := writeMySQLPacket(connection, sequence+1, answer); err != nil {
				return
			}
		}
	})
}

// mysqlLogin greets a client and lets it in.
func mysqlLogin(connection io.ReadWriter, plugin string) error {
	if err := writeMySQLPacket(connection, 0, mysqlGreeting(plugin)); err != nil {
		return err
	}
	_, sequence, err := readMySQLPacket(connection)
	if err != nil {
		return err
	}
	return writeMySQLPacket(connection, sequence+1, mysqlOK)
}

// listenToMySQLPasswords is a MySQL server in the middle of the network. It asks every client for its
// password in clear text.
func listenToMySQLPasswords(t testing.TB) *listener {
	t.Helper()
	return listen(t, func(connection *recorded) {
		if err := writeMySQLPacket(connection, 0, mysqlGreeting("mysql_native_password")); err != nil {
			return
		}
		_, sequence, err := readMySQLPacket(connection)
		if err != nil {
			return
		}
		if err := writeMySQLPacket(connection, sequence+1, []byte("\xfemysql_clear_password\x00")); err != nil {
			return
		}
		readAll(connection)
	})
}

func writeMySQLPacket(to io.Writer, sequence byte, payload []byte) error {
	header := binary.LittleEndian.AppendUint32(nil, uint32(len(payload)))
	header[3] = sequence
	_, err := to.Write(append(header, payload...))
	return err
}

func readMySQLPacket(from io.Reader) (payload []byte, sequence byte, err error) {
	header := make([]byte, 4)
	if _, err := io.ReadFull(from, header); err != nil {
		return nil, 0, err
	}
	sequence = header[3]
	header[3] = 0
	payload = make([]byte, binary.LittleEndian.Uint32(header))
	_, err = io.ReadFull(from, payload)
	return payload, sequence, err
}
