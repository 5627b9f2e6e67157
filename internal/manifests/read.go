// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package manifests

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/table"
)

// Stdin is the path that stands for the standard input.
const Stdin = "-"

// maxDocument bounds one document, in bytes. etcd does not accept a larger object.
const maxDocument = 4 << 20

// Document is one object of a file.
type Document struct {
	// File is the path as it was read, and Number is which document of the file it is, from 1.
	File   string
	Number int
	Object *unstructured.Unstructured
}

// Place says where a document stands, for messages.
func (d Document) Place() string {
	if d.Number <= 1 {
		return d.File
	}
	return fmt.Sprintf("%s, document %d", d.File, d.Number)
}

// Read reads the manifests at a path: a file, [Stdin], or a directory with everything below it. Files end in .yaml, .yml
// or .json, and a file may hold several documents, or a List. Names that begin with a dot are left out, which is an error
// if such a file declares an object of Seatplane's. Kustomize is not run. An error says which document of which file
// cannot be read.
func Read(path string, stdin io.Reader) ([]Document, error) {
	if path == Stdin {
		return decode("standard input", stdin)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	if !info.IsDir() {
		return readFile(path)
	}
	files, err := filesBelow(path)
	if err != nil {
		return nil, err
	}
	var documents []Document
	for _, file := range files {
		read, err := readFile(file)
		if err != nil {
			return nil, err
		}
		documents = append(documents, read...)
	}
	return documents, nil
}

// IsDirectory reports whether a path is a directory.
func IsDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// filesBelow lists the manifests below a directory, which may itself be a symbolic link.
func filesBelow(root string) ([]string, error) {
	var files, hidden []string
	err := fs.WalkDir(os.DirFS(root), ".", func(local string, entry fs.DirEntry, err error) error {
		file := filepath.Join(root, local)
		switch {
		case err != nil && isHidden(local):
			return nil
		case err != nil:
			return unreadable(file, err)
		case entry.IsDir() && entry.Name() == ".git":
			return fs.SkipDir
		case isHidden(local):
			hidden = append(hidden, file)
			return nil
		case entry.Type()&fs.ModeSymlink != 0 && IsDirectory(file):
			return fmt.Errorf("%s is a symbolic link to a directory, which is not followed: choose that directory with -f instead", file)
		case entry.IsDir() || !isNamedLikeManifest(file):
			return nil
		}
		files = append(files, file)
		return isFile(file)
	})
	if err != nil {
		return nil, err
	}
	return files, declareNothing(hidden, files)
}

func isNamedLikeManifest(file string) bool {
	return slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(file))
}

// isHidden reports whether a part of a path begins with a dot.
func isHidden(local string) bool {
	return local != "." && slices.ContainsFunc(strings.Split(local, "/"), func(part string) bool { return strings.HasPrefix(part, ".") })
}

// declareNothing returns an error if a file that is left out declares an object of Seatplane's. kubectl apply -R reads such
// files, so that a change in one of them would be applied, and nobody would have seen its price. A file that has another
// name too, under which it is read, is none of them: a mounted ConfigMap has its files in a folder whose name begins with
// a dot.
func declareNothing(hidden, read []string) error {
	for _, file := range hidden {
		kind := declaredIn(file)
		if kind != "" && !slices.ContainsFunc(read, func(other string) bool { return isSame(file, other) }) {
			return fmt.Errorf("%s has a %s, and files whose names begin with a dot are left out: rename it, or move it elsewhere", file, kind)
		}
	}
	return nil
}

// declaredIn returns the kind of an object of Seatplane's in a file; "" if it has none.
func declaredIn(file string) string {
	if !isNamedLikeManifest(file) || isFile(file) != nil {
		return ""
	}
	documents, err := readFile(file)
	if err != nil {
		return "" // it is not a manifest
	}
	for _, d := range documents {
		if d.Object.GroupVersionKind().Group == v1alpha1.GroupName {
			return d.Object.GetKind()
		}
	}
	return ""
}

// isSame reports whether two paths lead to one file.
func isSame(a, b string) bool {
	left, err := os.Stat(a)
	if err != nil {
		return false
	}
	right, err := os.Stat(b)
	return err == nil && os.SameFile(left, right)
}

// isFile returns an error for anything that is not a file, such as a named pipe: reading it might
// never end.
func isFile(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return unreadable(path, err)
	}
	if !info.Mode().IsRegular() {
		return unreadable(path, errors.New("it is not a file"))
	}
	return nil
}

// UnreadableError is the error for a file or directory that cannot be read, so that nobody knows what is in it.
type UnreadableError struct {
	Path string
	Err  error
}

// Error returns the path and the reason.
func (e *UnreadableError) Error() string { return fmt.Sprintf("%s cannot be read: %v", e.Path, e.Err) }

// Unwrap returns the reason.
func (e *UnreadableError) Unwrap() error { return e.Err }

func unreadable(path string, err error) error {
	var reason *fs.PathError
	if errors.As(err, &reason) {
		err = reason.Err
	}
	return &UnreadableError{path, err}
}

func readFile(path string) ([]Document, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer func() { _ = file.Close() }()
	return decode(path, file)
}

// decode reads every document of a stream. A document without content is left out.
func decode(name string, from io.Reader) ([]Document, error) {
	reader := utilyaml.NewYAMLReader(bufio.NewReader(from))
	var documents []Document
	for number := 1; ; number++ {
		text, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		if err != nil {
			return nil, unreadable(name, err)
		}
		place := Document{File: name, Number: number}
		objects, err := parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s does not parse: %w", place.Place(), err)
		}
		for _, object := range objects {
			documents = append(documents, Document{File: name, Number: number, Object: object})
		}
	}
}

// parse reads one document, or the items of a List. It returns nothing if there is no content.
func parse(text []byte) ([]*unstructured.Unstructured, error) {
	if len(text) > maxDocument {
		return nil, fmt.Errorf("it is larger than %d MiB: no object can be that large", maxDocument>>20)
	}
	if endsEarly(text) {
		return nil, errors.New("it has content after the end of an object: begin each document with the line \"---\"")
	}
	// A duplicate key is always a mistake.
	raw, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return nil, oneLine(err)
	}
	if bytes.Equal(bytes.TrimSpace(raw), []byte("null")) {
		return nil, nil
	}
	content := map[string]any{}
	if err := utilyaml.Unmarshal(raw, &content); err != nil {
		return nil, errors.New("it is not an object: a manifest begins with apiVersion and kind")
	}
	return flatten(&unstructured.Unstructured{Object: content})
}

// flatten returns an object, or the items of a List and of the lists in it.
func flatten(object *unstructured.Unstructured) ([]*unstructured.Unstructured, error) {
	if object.GetKind() == "" || object.GetAPIVersion() == "" {
		return nil, errors.New("it has no apiVersion and kind, so it is not a manifest: complete it, or move it elsewhere")
	}
	if table.Plain(object.GetKind()+object.GetAPIVersion()) != object.GetKind()+object.GetAPIVersion() {
		return nil, errors.New("its apiVersion or kind has control or format characters: remove them")
	}
	// An object of another kind may have a field with the name items. It is not a List.
	if !strings.HasSuffix(object.GetKind(), "List") {
		return []*unstructured.Unstructured{object}, nil
	}
	items, isList := object.Object["items"].([]any)
	if object.Object["items"] != nil && !isList {
		return nil, errors.New("its items are not a list: write one manifest for each item")
	}
	var all []*unstructured.Unstructured
	for n, item := range items {
		content, isObject := item.(map[string]any)
		if !isObject {
			return nil, fmt.Errorf("item %d is not an object: a manifest begins with apiVersion and kind", n+1)
		}
		objects, err := flatten(&unstructured.Unstructured{Object: content})
		if err != nil {
			return nil, fmt.Errorf("item %d: %w", n+1, err)
		}
		all = append(all, objects...)
	}
	return all, nil
}

// endMarker is a line that ends a YAML document. The parser reads no further than the first one.
var endMarker = regexp.MustCompile(`(?m)^\.\.\.(\s|$)`)

// endsEarly reports whether a YAML text has content after the end of its first document. A parser of one document would
// leave it out silently.
func endsEarly(text []byte) bool {
	if after, isObject := afterObject(text); isObject {
		return len(bytes.TrimSpace(after)) > 0 && !bytes.HasPrefix(bytes.TrimSpace(after), []byte("#"))
	}
	end := endMarker.FindIndex(text)
	if end == nil {
		return false
	}
	for line := range bytes.Lines(text[end[0]:]) {
		line = bytes.TrimSpace(line)
		isMarker := bytes.Equal(line, []byte("...")) || bytes.HasPrefix(line, []byte("... #"))
		if len(line) > 0 && line[0] != '#' && !isMarker {
			return true
		}
	}
	return false
}

// afterObject returns what follows the JSON object that a text begins with, if it begins with one.
func afterObject(text []byte) (after []byte, isObject bool) {
	if !bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		return nil, false
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	var object json.RawMessage
	if err := decoder.Decode(&object); err != nil {
		return nil, false
	}
	return text[decoder.InputOffset():], true
}

// IsOneDocument reports whether a YAML text has at most one document with content. A parser of one document leaves out
// the others silently.
func IsOneDocument(text []byte) bool {
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	full := 0
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return full <= 1
		}
		if err != nil || endsEarly(document) {
			return false
		}
		raw, err := yaml.YAMLToJSON(document)
		if err != nil || !bytes.Equal(bytes.TrimSpace(raw), []byte("null")) {
			full++
		}
	}
}

func oneLine(err error) error { return errors.New(strings.Join(strings.Fields(err.Error()), " ")) }
