// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/seatplane/seatplane/internal/dataloader"
)

// This file defines what is sent over the pipes. The manager sends one frame, the order. The loader
// process answers with frames of rows and then with one final frame, an answer or a failure. The manager
// trusts no length that a loader process sends: the sizes of its buffers are fixed.

const (
	// maxFrame bounds the payload of one frame of an answer in bytes.
	maxFrame = 1 << 20
	// maxOrder bounds the payload of an order in bytes: keys of 100,000 customers and some certificates.
	maxOrder = 256 << 20
	// maxReceived bounds all that one loader process sends in bytes.
	maxReceived = 256 << 20
	// maxKey and maxCount bound the texts of a row in bytes. Longer texts are truncated, because no
	// customer has such a key, and no such count is valid.
	maxKey   = 4 << 10
	maxCount = 256
)

// kind is the type of a frame.
type kind byte

const (
	frameOrder   kind = 'O'
	frameRows    kind = 'R'
	frameFailure kind = 'F'
	frameEnd     kind = 'E'
)

// end is the payload of the last frame of an answer.
type end struct {
	Queries int `json:"queries"`
}

// wireFailure is the payload of a frame that explains why there is no answer.
type wireFailure struct {
	Reason  dataloader.Reason `json:"reason"`
	Message string            `json:"message"`
	Detail  string            `json:"detail,omitempty"`
}

var (
	errFrame   = errors.New("the frame is malformed")
	errTooMuch = errors.New("the loader process sent too much")
)

func writeFrame(to io.Writer, of kind, payload []byte) error {
	header := make([]byte, 0, 5)
	header = append(header, byte(of))
	header = binary.BigEndian.AppendUint32(header, uint32(len(payload))) //nolint:gosec // at most maxOrder
	if _, err := to.Write(header); err != nil {
		return err
	}
	_, err := to.Write(payload)
	return err
}

func writeJSON(to io.Writer, of kind, value any) error {
	payload, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return writeFrame(to, of, payload)
}

// readFrame reads one frame of at most limit bytes. The payload is valid until the next frame is read
// into the same buffer.
func readFrame(from io.Reader, limit int, buffer []byte) (kind, []byte, error) {
	var header [5]byte
	if _, err := io.ReadFull(from, header[:]); err != nil {
		return 0, nil, err
	}
	length := int64(binary.BigEndian.Uint32(header[1:]))
	if length > int64(limit) {
		return 0, nil, errFrame
	}
	if int64(cap(buffer)) < length {
		buffer = make([]byte, length)
	}
	buffer = buffer[:length]
	_, err := io.ReadFull(from, buffer)
	return kind(header[0]), buffer, err
}

// The flags of a row.
const (
	nullKey   = 1
	nullCount = 2
)

// writeAnswer sends an answer in frames.
func writeAnswer(to io.Writer, answer dataloader.Answer) error {
	payload := make([]byte, 0, maxFrame)
	for _, row := range answer.Rows {
		payload = appendRow(payload, row)
		if len(payload) > maxFrame-maxKey-maxCount-16 {
			if err := writeFrame(to, frameRows, payload); err != nil {
				return err
			}
			payload = payload[:0]
		}
	}
	if len(payload) > 0 {
		if err := writeFrame(to, frameRows, payload); err != nil {
			return err
		}
	}
	return writeJSON(to, frameEnd, end{Queries: answer.Queries})
}

func appendRow(payload []byte, row dataloader.Row) []byte {
	var flags byte
	if row.NullKey {
		flags |= nullKey
	}
	if row.NullCount {
		flags |= nullCount
	}
	payload = append(payload, flags)
	for _, text := range []string{row.Key[:min(len(row.Key), maxKey)], row.Count[:min(len(row.Count), maxCount)]} {
		payload = binary.AppendUvarint(payload, uint64(len(text)))
		payload = append(payload, text...)
	}
	return payload
}

// receiver assembles an answer. It keeps the wanted rows and counts the others, so that rows for a
// million other people cost the manager nothing.
type receiver struct {
	wanted map[string]int8
	answer dataloader.Answer
}

func newReceiver(wanted []string) *receiver {
	r := &receiver{wanted: make(map[string]int8, len(wanted))}
	for _, key := range wanted {
		r.wanted[key] = 0
	}
	return r
}

// maxOfKey is how many rows of one key are kept. Two are enough to show that the key has more than
// one row.
const maxOfKey = 2

// add reads the rows of one frame.
func (r *receiver) add(payload []byte) error {
	for len(payload) > 0 {
		flags := payload[0]
		key, rest, err := cutText(payload[1:], maxKey)
		if err != nil {
			return err
		}
		count, rest, err := cutText(rest, maxCount)
		if err != nil {
			return err
		}
		payload = rest
		kept, wanted := r.wanted[string(key)]
		if flags&nullKey != 0 || !wanted || kept == maxOfKey {
			r.answer.Others++
			continue
		}
		r.wanted[string(key)]++
		r.answer.Rows = append(r.answer.Rows, dataloader.Row{
			Key: string(key), Count: string(count), NullCount: flags&nullCount != 0,
		})
	}
	return nil
}

// cutText reads a text that is preceded by its length.
func cutText(payload []byte, limit uint64) (text, rest []byte, err error) {
	length, read := binary.Uvarint(payload)
	if read <= 0 || length > limit || length > uint64(len(payload)-read) {
		return nil, nil, errFrame
	}
	return payload[read : read+int(length)], payload[read+int(length):], nil //nolint:gosec // at most limit
}

// receive reads a complete answer or failure.
func receive(from io.Reader, wanted []string) (dataloader.Answer, error) {
	limited := &io.LimitedReader{R: from, N: maxReceived}
	reader := bufio.NewReaderSize(limited, 64<<10)
	got := newReceiver(wanted)
	var buffer []byte
	for {
		of, payload, err := readFrame(reader, maxFrame, buffer)
		if err != nil {
			if limited.N <= 0 {
				return dataloader.Answer{}, errTooMuch
			}
			return dataloader.Answer{}, err
		}
		buffer = payload
		switch of {
		case frameRows:
			if err := got.add(payload); err != nil {
				return dataloader.Answer{}, err
			}
		case frameEnd:
			return got.finish(payload)
		case frameFailure:
			return dataloader.Answer{}, readFailure(payload)
		default:
			return dataloader.Answer{}, fmt.Errorf("%w: kind %q", errFrame, byte(of))
		}
	}
}

func (r *receiver) finish(payload []byte) (dataloader.Answer, error) {
	var said end
	if err := json.Unmarshal(payload, &said); err != nil || said.Queries < 0 {
		return dataloader.Answer{}, errFrame
	}
	r.answer.Queries = said.Queries
	return r.answer, nil
}

// readFailure returns the failure that a loader process reports. It accepts only reasons that a source
// can have.
func readFailure(payload []byte) error {
	var said wireFailure
	if err := json.Unmarshal(payload, &said); err != nil {
		return errFrame
	}
	switch said.Reason {
	case dataloader.ReasonSourceError, dataloader.ReasonSourceUnreachable, dataloader.ReasonInvalidExpression:
	default:
		said.Reason = dataloader.ReasonSourceError
	}
	failure := dataloader.Failf(said.Reason, "%s", said.Message)
	failure.Detail = said.Detail
	return failure
}
