// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package hostile

import (
	"bytes"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// listener is a server on the loopback that keeps what it is sent.
type listener struct {
	address string

	mu          sync.Mutex
	connections int
	received    bytes.Buffer
}

// listen serves connections, each in a goroutine of its own, until the test ends.
func listen(t testing.TB, serve func(*recorded)) *listener {
	t.Helper()
	l, stop, err := listenUntil(serve)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return l
}

// listenUntil serves connections until stop is called, which closes them.
func listenUntil(serve func(*recorded)) (l *listener, stop func(), err error) {
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	l = &listener{address: socket.Addr().String()}
	var open sync.WaitGroup
	ended := make(chan struct{})
	open.Go(func() {
		for {
			connection, err := socket.Accept()
			if err != nil {
				return
			}
			l.count()
			open.Go(func() { l.handle(connection, ended, serve) })
		}
	})
	return l, func() {
		close(ended)
		_ = socket.Close()
		open.Wait()
	}, nil
}

// handle serves one connection, and closes it when it is served or the test ends.
func (l *listener) handle(connection net.Conn, ended <-chan struct{}, serve func(*recorded)) {
	served := make(chan struct{})
	go func() {
		select {
		case <-ended:
		case <-served:
		}
		_ = connection.Close()
	}()
	defer close(served)
	serve(&recorded{Conn: connection, by: l})
}

func (l *listener) count() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.connections++
}

// note keeps something that was sent.
func (l *listener) note(sent []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.received.Write(sent)
}

// heard returns everything that was sent to it so far.
func (l *listener) heard() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.received.String()
}

// calls returns how many connections it has accepted so far.
func (l *listener) calls() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.connections
}

// recorded is a connection whose listener keeps what is read from it.
type recorded struct {
	net.Conn
	by *listener
}

// Read implements net.Conn.
func (r *recorded) Read(into []byte) (int, error) {
	n, err := r.Conn.Read(into)
	r.by.note(into[:n])
	return n, err
}

// listenToLines is a server such as Redis or memcached: it reads whatever it is sent and acts on each line.
func listenToLines(t testing.TB) *listener {
	t.Helper()
	return listen(t, func(connection *recorded) { readAll(connection) })
}

func readAll(connection io.Reader) {
	for buffer := make([]byte, 4096); ; {
		if _, err := connection.Read(buffer); err != nil {
			return
		}
	}
}

// lines returns the lines that a server has read.
func (l *listener) lines() []string {
	return strings.Split(strings.ReplaceAll(l.heard(), "\r\n", "\n"), "\n")
}

// closedPort returns an address that nobody listens on.
func closedPort(t testing.TB) string {
	t.Helper()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = socket.Close() }()
	return socket.Addr().String()
}

// silentPort is a server that accepts connections and never says a word.
func silentPort(t testing.TB) *listener {
	t.Helper()
	return listen(t, func(connection *recorded) { readAll(connection) })
}

// otherPort is a server of another protocol.
func otherPort(t testing.TB) *listener {
	t.Helper()
	return listen(t, func(connection *recorded) {
		_, _ = connection.Read(make([]byte, 1))
		_, _ = connection.Write([]byte("-ERR unknown command\r\n"))
	})
}
