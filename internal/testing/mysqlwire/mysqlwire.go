// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package mysqlwire has the server's side of the MySQL protocol, as much of it as a server needs that lets everybody
// in and then answers what it likes.
package mysqlwire

import (
	"encoding/binary"
	"io"
)

// Capabilities of the protocol that the greeting announces.
const (
	longPassword     = 1 << 0
	connectWithDB    = 1 << 3
	protocol41       = 1 << 9
	transactions     = 1 << 13
	secureConnection = 1 << 15
	pluginAuth       = 1 << 19
)

const (
	// NativePassword is the oldest way to log in.
	NativePassword = "mysql_native_password"

	// Quit is the command by which a client leaves.
	Quit = 0x01

	// LongestPacket is the length of a packet that the next one continues.
	LongestPacket = 1<<24 - 1
)

var (
	// OK ends a login, and answers a statement without a result.
	OK = []byte{0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00}

	// Column describes a column.
	Column = append([]byte("\x03def\x03crm\x05users\x05users\x06tenant\x06tenant\x0c\xff\x00"), "\x40\x00\x00\x00\xfd\x00\x00\x00\x00\x00"...)

	// End ends the columns, and ends the rows.
	End = []byte{0xfe, 0x00, 0x00, 0x02, 0x00}
)

// Greeting is a greeting of protocol version 10 as MySQL 8 sends it, without TLS.
func Greeting(plugin string) []byte {
	const capabilities = longPassword | connectWithDB | protocol41 | transactions | secureConnection | pluginAuth
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

// Login greets a client and lets it in.
func Login(client io.ReadWriter, plugin string) error {
	if err := Write(client, 0, Greeting(plugin)); err != nil {
		return err
	}
	_, sequence, err := Read(client)
	if err != nil {
		return err
	}
	return Write(client, sequence+1, OK)
}

// Result is a result of one row.
func Result(values ...string) [][]byte {
	packets := Header(len(values))
	var row []byte
	for _, value := range values {
		row = append(append(row, byte(len(value))), value...)
	}
	return append(packets, row, End)
}

// Header is what comes before the rows of a result.
func Header(columns int) [][]byte {
	packets := [][]byte{{byte(columns)}}
	for range columns {
		packets = append(packets, Column)
	}
	return append(packets, End)
}

// Write writes a packet.
func Write(to io.Writer, sequence byte, payload []byte) error {
	header := binary.LittleEndian.AppendUint32(nil, uint32(len(payload)))
	header[3] = sequence
	_, err := to.Write(append(header, payload...))
	return err
}

// Read reads a packet.
func Read(from io.Reader) (payload []byte, sequence byte, err error) {
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
