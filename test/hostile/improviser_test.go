// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package hostile

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/seatplane/seatplane/internal/testing/mysqlwire"
)

// improviser makes up what a server says. Most of it is nearly right, since what is wrong from its first byte
// on is read no further.
type improviser struct {
	*rand.Rand
	// certificate is for PostgreSQL, whose clients log in without TLS only to servers that know the password.
	certificate *tls.Certificate
}

// once says yes once in so many times.
func (i *improviser) once(in int) bool { return i.IntN(in) == 0 }

// noise is up to so many random bytes.
func (i *improviser) noise(most int) []byte {
	noise := make([]byte, i.IntN(most+1))
	for n := range noise {
		noise[n] = byte(i.UintN(256))
	}
	return noise
}

// extremes are numbers at which lengths and counts go wrong.
var extremes = []uint64{0, 1, 0x7f, 0x80, 0xfa, 0xfb, 0xfc, 0xff, 0x7fff, 0xffff, 0xffffff, 0x7fffffff, 0xffffffff, 1 << 40, 1 << 63, 1<<64 - 1}

// spoil returns a packet with some of its bytes changed, cut, doubled, or replaced by an extreme number.
func (i *improviser) spoil(packet []byte) []byte {
	spoiled := bytes.Clone(packet)
	for range 1 + i.IntN(3) {
		if len(spoiled) == 0 {
			return i.noise(16)
		}
		at := i.IntN(len(spoiled))
		switch i.IntN(5) {
		case 0:
			spoiled[at] = byte(i.UintN(256))
		case 1:
			spoiled = spoiled[:at]
		case 2:
			spoiled = append(spoiled, spoiled[at:]...)
		case 3:
			number := binary.LittleEndian.AppendUint64(nil, extremes[i.IntN(len(extremes))])
			copy(spoiled[at:], number[:1+i.IntN(8)])
		case 4:
			spoiled = append(spoiled[:at:at], append(i.noise(8), spoiled[at:]...)...)
		}
	}
	return spoiled
}

// pick returns one of the packets: as it is, spoiled, or noise instead.
func (i *improviser) pick(packets [][]byte) []byte {
	packet := packets[i.IntN(len(packets))]
	switch {
	case i.once(4):
		return packet
	case i.once(6):
		return i.noise(64)
	default:
		return i.spoil(packet)
	}
}

// mysqlPackets are what a server answers a query with.
var mysqlPackets = [][]byte{
	mysqlwire.OK,
	hugeHeader,
	cutOK,
	{0x01},
	{0x02}, // the header of a result with so many columns
	mysqlwire.Column,
	[]byte("\x068.0.36"), []byte("\x04acme\x013"), []byte("\xfb\xfb"), // rows
	mysqlwire.End,
	[]byte("\xff\x28\x04#42000You have an error"),                            // an error
	[]byte("\xfb/etc/hostname"),                                              // a wish for a file
	[]byte("\xfemysql_clear_password\x00"),                                   // a wish for another login
	{0x00, 0x01, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00}, // a prepared statement
}

// mysql is a MySQL server that makes up its answers.
func (i *improviser) mysql(c *recorded) {
	greeting := mysqlwire.Greeting(mysqlwire.NativePassword)
	if i.once(8) {
		greeting = i.spoil(greeting)
	}
	if err := mysqlwire.Write(c, 0, greeting); err != nil {
		return
	}
	_, sequence, err := mysqlwire.Read(c)
	if err != nil {
		return
	}
	login := mysqlwire.OK
	if i.once(8) {
		login = i.pick(mysqlPackets)
	}
	if err := mysqlwire.Write(c, sequence+1, login); err != nil {
		return
	}
	for i.goesOn(c) {
		command, sequence, err := mysqlwire.Read(c)
		if err != nil || len(command) == 0 || command[0] == mysqlwire.Quit {
			return
		}
		if err := i.answerMySQL(c, command, sequence); err != nil {
			return
		}
	}
}

// answerMySQL answers one command. What prepares the session is answered well most of the time, so that the
// driver gets as far as the query.
func (i *improviser) answerMySQL(c io.Writer, command []byte, sequence byte) error {
	answer := mysqlPreparation(string(command[1:]))
	switch {
	case len(answer) > 0 && !i.once(12):
		// as it is
	case i.once(10):
		_, err := c.Write(i.noise(256))
		return err
	default:
		answer = nil
		for range 1 + i.IntN(8) {
			answer = append(answer, i.pick(mysqlPackets))
		}
	}
	for _, packet := range answer {
		sequence++
		if err := mysqlwire.Write(c, sequence, packet); err != nil {
			return err
		}
	}
	return nil
}

// mysqlPreparation returns what a server answers to a statement that prepares a session; nothing for others.
func mysqlPreparation(statement string) [][]byte {
	switch {
	case strings.HasPrefix(statement, "SET "), strings.HasPrefix(statement, "START "):
		return [][]byte{mysqlwire.OK}
	case strings.HasPrefix(statement, "SELECT VERSION()"):
		values := []string{"8.0.36"}
		for range strings.Count(statement, ",") {
			values = append(values, "")
		}
		return mysqlwire.Result(values...)
	case strings.HasPrefix(statement, "SHOW GRANTS"):
		return mysqlwire.Result("GRANT SELECT ON `crm`.* TO `editor`@`%`")
	}
	return nil
}

// goesOn says whether the server continues. When it does not, it hangs up, or goes silent.
func (i *improviser) goesOn(c io.Reader) bool {
	switch {
	case !i.once(10):
		return true
	case i.once(4):
		readAll(c)
	}
	return false
}

// postgresMessages are what a server answers a query with.
var postgresMessages = encoded(
	&pgproto3.ParseComplete{}, &pgproto3.BindComplete{}, &pgproto3.NoData{},
	&pgproto3.ParameterDescription{ParameterOIDs: []uint32{25}},
	&pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{
		{Name: []byte("tenant"), DataTypeOID: 25, DataTypeSize: -1, TypeModifier: -1},
		{Name: []byte("count"), DataTypeOID: 20, DataTypeSize: 8, TypeModifier: -1},
	}},
	&pgproto3.DataRow{Values: [][]byte{[]byte("acme"), []byte("3")}},
	&pgproto3.DataRow{Values: [][]byte{[]byte("acme"), {0, 0, 0, 0, 0, 0, 0, 3}}},
	&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")}, &pgproto3.EmptyQueryResponse{},
	&pgproto3.ReadyForQuery{TxStatus: 'T'},
	&pgproto3.ErrorResponse{Severity: "ERROR", Code: "22P02", Message: "invalid input"},
	&pgproto3.NoticeResponse{Severity: "NOTICE", Message: "hm"},
	&pgproto3.ParameterStatus{Name: "client_encoding", Value: "UTF8"},
	&pgproto3.NotificationResponse{PID: 1, Channel: "c", Payload: "p"},
	&pgproto3.CopyInResponse{}, &pgproto3.CopyOutResponse{}, &pgproto3.CopyData{Data: []byte("x")}, &pgproto3.CopyDone{},
	&pgproto3.AuthenticationSASL{AuthMechanisms: []string{"SCRAM-SHA-256"}},
	&pgproto3.AuthenticationMD5Password{}, &pgproto3.AuthenticationCleartextPassword{},
)

func encoded(messages ...pgproto3.BackendMessage) [][]byte {
	var all [][]byte
	for _, message := range messages {
		bytes, err := message.Encode(nil)
		if err != nil {
			panic(err)
		}
		all = append(all, bytes)
	}
	return all
}

// postgresWelcome lets a client in.
var postgresWelcome = encoded(
	&pgproto3.AuthenticationOk{}, &pgproto3.ParameterStatus{Name: "server_version", Value: "17.0"},
	&pgproto3.ParameterStatus{Name: "standard_conforming_strings", Value: "on"},
	&pgproto3.ParameterStatus{Name: "client_encoding", Value: "UTF8"},
	&pgproto3.BackendKeyData{ProcessID: 1, SecretKey: []byte{1, 2, 3, 4}}, &pgproto3.ReadyForQuery{TxStatus: 'I'},
)

// postgres is a PostgreSQL server that makes up its answers.
func (i *improviser) postgres(c *recorded) {
	if _, err := pgproto3.NewBackend(c, c).ReceiveStartupMessage(); err != nil {
		return
	}
	if c = answerTLS(c, i.certificate); c == nil {
		return
	}
	client := pgproto3.NewBackend(c, c)
	if _, err := client.ReceiveStartupMessage(); err != nil {
		return
	}
	spoiled := i.once(6)
	for _, message := range postgresWelcome {
		if spoiled && i.once(3) {
			message = i.pick(postgresMessages)
		}
		if _, err := c.Write(message); err != nil {
			return
		}
	}
	for statement := ""; i.goesOn(c); {
		answer, err := readPostgres(client, &statement)
		if err != nil {
			return
		}
		if err := i.answerPostgres(c, statement, answer); err != nil {
			return
		}
	}
}

// readPostgres reads what a client sends at once. It keeps the statement that was sent last, and returns what
// a server answers when the statement prepares a session.
func readPostgres(client *pgproto3.Backend, statement *string) ([][]byte, error) {
	var answer []pgproto3.BackendMessage
	for {
		message, err := client.Receive()
		if err != nil {
			return nil, err
		}
		switch sent := message.(type) {
		case *pgproto3.Query:
			*statement = sent.String
			return encoded(&pgproto3.CommandComplete{CommandTag: []byte("BEGIN")}, &pgproto3.ReadyForQuery{TxStatus: 'T'}), nil
		case *pgproto3.Parse:
			*statement = sent.Query
			answer = append(answer, &pgproto3.ParseComplete{})
		case *pgproto3.Describe:
			if sent.ObjectType == 'S' {
				answer = append(answer, &pgproto3.ParameterDescription{ParameterOIDs: make([]uint32, min(1, strings.Count(*statement, "$1")))})
			}
			answer = append(answer, &pgproto3.RowDescription{Fields: postgresTexts(max(1, strings.Count(*statement, "set_config(")))})
		case *pgproto3.Bind:
			answer = append(answer, &pgproto3.BindComplete{})
		case *pgproto3.Execute:
			answer = append(answer, &pgproto3.CommandComplete{CommandTag: []byte("SELECT 0")})
		case *pgproto3.Sync:
			return encoded(append(answer, &pgproto3.ReadyForQuery{TxStatus: 'T'})...), nil
		}
	}
}

// postgresTexts are columns of texts.
func postgresTexts(many int) []pgproto3.FieldDescription {
	fields := make([]pgproto3.FieldDescription, many)
	for n := range fields {
		fields[n] = pgproto3.FieldDescription{Name: []byte("text"), DataTypeOID: 25, DataTypeSize: -1, TypeModifier: -1}
	}
	return fields
}

// answerPostgres answers what was read at once. What prepares the session is answered well most of the time,
// so that the driver gets as far as the query.
func (i *improviser) answerPostgres(c io.Writer, statement string, answer [][]byte) error {
	if statement == query || i.once(12) {
		answer = nil
		for range 1 + i.IntN(10) {
			answer = append(answer, i.pick(postgresMessages))
		}
	}
	for _, message := range answer {
		if _, err := c.Write(message); err != nil {
			return err
		}
	}
	return nil
}

// What is made up follows from its seed alone, so that a failure can be repeated; and what is nearly right is
// made from copies.
func TestImproviserRepeatsItself(t *testing.T) {
	said := func(seed uint64) []byte {
		i := &improviser{Rand: rand.New(rand.NewPCG(seed, 1))}
		var all []byte
		for range 50 {
			all = append(all, i.pick(mysqlPackets)...)
			all = append(all, i.pick(postgresMessages)...)
		}
		return all
	}
	for seed := range uint64(200) {
		if once, again := said(seed), said(seed); !bytes.Equal(once, again) {
			t.Errorf("seed %d: % x, then % x", seed, once, again)
		}
	}
	if bytes.Equal(said(1), said(2)) {
		t.Error("two seeds say the same")
	}
}
