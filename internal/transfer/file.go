// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package transfer

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// idLength is how many digits of the checksum identify an export.
const idLength = 16

// File is an export that was read once and is whole.
type File struct {
	Header Header
	// ID identifies the export.
	ID string

	content io.ReadSeeker
	// objects are all objects of the file.
	objects map[key]struct{}
	// uids are those of all objects, while the file is opened.
	uids map[types.UID]struct{}
	// owed are the updates that the outboxes name, with the UIDs that they name.
	owed map[key]types.UID
}

// ErrIncomplete means that the file was cut off, or changed after it was written.
var ErrIncomplete = errors.New("the file is not a whole export, or was changed: export again")

// Open reads an export and checks that it is whole and unchanged. It reads the content from the start, and again for
// each step of an import.
func Open(content io.ReadSeeker) (*File, error) {
	f := &File{content: content, objects: map[key]struct{}{}, owed: map[key]types.UID{}, uids: map[types.UID]struct{}{}}
	sum, number := sha256.New(), 0
	var end *End
	err := f.lines(func(line []byte) error {
		number++
		switch {
		case number == 1:
			sum.Write(line)
			return f.readHeader(line)
		case end != nil:
			return ErrIncomplete
		case isEnd(line):
			end = &End{}
			return json.Unmarshal(line, end)
		}
		sum.Write(line)
		object, err := readObject(line)
		if err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		return f.add(object)
	})
	if err != nil {
		return nil, err
	}
	checksum := hex.EncodeToString(sum.Sum(nil))
	if end == nil || end.SHA256 != checksum || end.Objects != len(f.objects) {
		return nil, ErrIncomplete
	}
	f.ID, f.uids = checksum[:idLength], nil
	return f, nil
}

// Total returns the number of objects.
func (f *File) Total() int { return len(f.objects) }

func (f *File) readHeader(line []byte) error {
	if err := json.Unmarshal(line, &f.Header); err != nil || f.Header.Kind != headerKind {
		return errors.New("the file is not an export: write one with kubectl seatplane export")
	}
	if f.Header.SchemaVersion != schemaVersion {
		return fmt.Errorf("the export has schemaVersion %q, and this version of kubectl seatplane reads %q: use the version that wrote it",
			f.Header.SchemaVersion, schemaVersion)
	}
	return nil
}

// isEnd reports whether a line is the end, without parsing objects that are not.
func isEnd(line []byte) bool {
	var head metav1.TypeMeta
	return len(line) < 1024 && json.Unmarshal(line, &head) == nil && head.Kind == endKind
}

func readObject(line []byte) (*unstructured.Unstructured, error) {
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(line); err != nil {
		return nil, ErrIncomplete
	}
	if object.GroupVersionKind() != gvk(object.GetKind()) || !slices.Contains(kinds, object.GetKind()) {
		return nil, fmt.Errorf("there is a %s, %s, which this version of kubectl seatplane cannot import: use the version that wrote the file",
			object.GetAPIVersion(), object.GetKind())
	}
	return object, nil
}

// add remembers an object, and what the outbox of a subscription owes to updates.
func (f *File) add(object *unstructured.Unstructured) error {
	at := keyOf(object)
	if _, twice := f.objects[at]; twice {
		return ErrIncomplete
	}
	f.objects[at] = struct{}{}
	if err := f.identify(object); err != nil {
		return err
	}
	if object.GetKind() != kindSubscription {
		return nil
	}
	for _, effect := range outboxOf(object) {
		if effect["type"] == string(v1alpha1.EffectMarkUpdate) {
			name, _ := effect["name"].(string)
			uid, _ := effect["uid"].(string)
			f.owed[key{kindUpdate, object.GetNamespace(), name}] = types.UID(uid)
		}
	}
	return nil
}

// identify checks what the identity of an object is made from, and that it is where the file says: an import examines
// only the namespace of the file before it creates objects.
func (f *File) identify(object *unstructured.Unstructured) error {
	uid, namespace, created := object.GetUID(), object.GetNamespace(), object.GetCreationTimestamp()
	_, twice := f.uids[uid]
	switch {
	case object.GetName() == "" || uid == "" || created.IsZero() || object.GetGeneration() < 0:
		return fmt.Errorf("%s has no name, no UID, no creation time, or no generation: export again", keyOf(object))
	case twice:
		return fmt.Errorf("%s has the UID %s of another object, and would be billed under its identity: export again", keyOf(object), uid)
	case (namespace == "") != (object.GetKind() == kindClusterPolicy), f.Header.Namespace != "" && namespace != f.Header.Namespace:
		return fmt.Errorf("%s is not in the namespace that the first line of the file names: export again", keyOf(object))
	}
	f.uids[uid] = struct{}{}
	return nil
}

// outboxOf returns the effects in the outbox of a subscription. They can be changed.
func outboxOf(object *unstructured.Unstructured) []map[string]any {
	status, _ := object.Object["status"].(map[string]any)
	entries, _ := status["outbox"].([]any)
	var effects []map[string]any
	for _, entry := range entries {
		if effect, ok := entry.(map[string]any); ok {
			effects = append(effects, effect)
		}
	}
	return effects
}

// Has reports whether the file has an object.
func (f *File) has(at key) bool {
	_, found := f.objects[at]
	return found
}

// each calls do with every object of the kinds, in the order of the file.
func (f *File) each(do func(*unstructured.Unstructured) error, of ...string) error {
	first := true
	return f.lines(func(line []byte) error {
		if first {
			first = false
			return nil
		}
		var head metav1.TypeMeta
		if err := json.Unmarshal(line, &head); err != nil {
			return ErrIncomplete
		}
		if !slices.Contains(of, head.Kind) {
			return nil
		}
		object, err := readObject(line)
		if err != nil {
			return err
		}
		return do(object)
	})
}

// lines calls do with every line, with its line feed.
func (f *File) lines(do func([]byte) error) error {
	if _, err := f.content.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read the export: %w", err)
	}
	scanner := bufio.NewScanner(f.content)
	scanner.Buffer(make([]byte, 0, 1<<20), maxLine)
	scanner.Split(wholeLines)
	for scanner.Scan() {
		if err := do(scanner.Bytes()); err != nil {
			return err
		}
	}
	if err := scanner.Err(); err != nil {
		return fmt.Errorf("read the export: %w", err)
	}
	return nil
}

// wholeLines splits after each line feed. A last line without one was cut off.
func wholeLines(data []byte, atEnd bool) (advance int, token []byte, err error) {
	if at := bytes.IndexByte(data, '\n'); at >= 0 {
		return at + 1, data[:at+1], nil
	}
	if atEnd && len(data) > 0 {
		return 0, nil, ErrIncomplete
	}
	return 0, nil, nil
}
