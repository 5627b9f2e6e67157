// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// lookahead is how many bytes decide whether a file is JSON or YAML.
const lookahead = 4096

// extensions are those of files with records: what kubectl prints, and what kubectl seatplane export writes.
var extensions = []string{".yaml", ".yml", ".json", ".jsonl"}

// ReadFiles adds the records of every .yaml, .yml, .json and .jsonl file below a directory, in the order of their names.
// Files whose names begin with a dot, and folders like that, are left out. It returns an error if there is no such file.
func (l *Ledger) ReadFiles(files fs.FS) error {
	found := false
	err := fs.WalkDir(files, ".", func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case file != "." && path.Base(file)[0] == '.':
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir() || !slices.Contains(extensions, path.Ext(file)):
			return nil
		}
		found = true
		return l.readFile(files, file)
	})
	if err == nil && !found {
		return errors.New("the directory has no .yaml, .yml, .json or .jsonl file: name the directory of an export")
	}
	return err
}

func (l *Ledger) readFile(files fs.FS, file string) error {
	f, err := files.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	return l.Read(file, f)
}

// Read adds the records of one file: objects, or lists of them, in YAML or JSON. Objects of other kinds are counted. The
// error names the file and the document that cannot be read.
func (l *Ledger) Read(name string, content io.Reader) error {
	decoder := yaml.NewYAMLOrJSONDecoder(content, lookahead)
	for number := 1; ; number++ {
		document := runtime.RawExtension{}
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && len(document.Raw) > 0 {
			err = l.add(document.Raw)
		}
		if err != nil {
			return fmt.Errorf("%s, document %d, cannot be read: %w: export with \"kubectl get subscriptionupdates,invoices -o yaml\"",
				name, number, err)
		}
	}
}

// list is a list of any kind.
type list struct {
	metav1.TypeMeta `json:",inline"`
	Items           []runtime.RawExtension `json:"items"`
}

func (l *Ledger) add(raw []byte) error {
	if string(raw) == "null" {
		return nil // a document of comments
	}
	var head list
	if err := json.Unmarshal(raw, &head); err != nil {
		return err
	}
	if head.Items != nil {
		for n := range head.Items {
			if err := l.addItem(head.Items[n].Raw, head.TypeMeta); err != nil {
				return fmt.Errorf("item %d: %w", n+1, err)
			}
		}
		return nil
	}
	return l.addItem(raw, metav1.TypeMeta{})
}

// addItem adds one object. The items of a typed list may lack a kind.
func (l *Ledger) addItem(raw []byte, of metav1.TypeMeta) error {
	var head metav1.TypeMeta
	if err := json.Unmarshal(raw, &head); err != nil {
		return err
	}
	if head.Kind == "" {
		head = of
	}
	if head.GroupVersionKind().Group != v1alpha1.GroupName {
		l.Ignore()
		return nil
	}
	switch head.Kind {
	case "SubscriptionUpdate", "SubscriptionUpdateList":
		update := &v1alpha1.SubscriptionUpdate{}
		if err := json.Unmarshal(raw, update); err != nil {
			return err
		}
		l.AddUpdate(update)
	case "Invoice", "InvoiceList":
		invoice := &v1alpha1.Invoice{}
		if err := json.Unmarshal(raw, invoice); err != nil {
			return err
		}
		l.AddInvoice(invoice)
	default:
		l.Ignore()
	}
	return nil
}
