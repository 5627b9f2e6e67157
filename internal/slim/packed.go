// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package slim

import (
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"
	"unique"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// packed is an object as it is stored. Client libraries read its name and version.
type packed interface {
	metav1.ObjectMetaAccessor
	// whole makes the object that was packed, a new one each time.
	whole() any
}

// pack returns the stored form of an object from Transform. An object that is not a record, or that has anything
// unusual, is stored unchanged.
func pack(object any) any {
	switch o := object.(type) {
	case *v1alpha1.SubscriptionUpdate:
		if p := packUpdate(o); p != nil {
			return p
		}
	case *v1alpha1.Invoice:
		if p := packInvoice(o); p != nil {
			return p
		}
	}
	return object
}

// whole returns the whole object for a stored one.
func whole(stored any) any {
	if p, isPacked := stored.(packed); isPacked {
		return p.whole()
	}
	return stored
}

// packedMeta is the metadata of a record.
type packedMeta struct {
	namespace  unique.Handle[string]
	name       string
	uid        packedUID
	version    uint64
	generation int64
	created    packedTime
}

// packMeta packs what recordMeta keeps. It reports false for metadata that cannot be packed: the object is being
// deleted, or has an owner, or an unusual UID or version.
func packMeta(m *metav1.ObjectMeta) (at packedMeta, plain bool) {
	version, err := strconv.ParseUint(m.ResourceVersion, 10, 64)
	uid, uidIsPlain := packUID(m.UID)
	plain = uidIsPlain && err == nil && strconv.FormatUint(version, 10) == m.ResourceVersion &&
		m.DeletionTimestamp == nil && len(m.OwnerReferences) == 0
	return packedMeta{
		namespace: unique.Make(m.Namespace), name: m.Name, uid: uid,
		version: version, generation: m.Generation, created: packTime(m.CreationTimestamp),
	}, plain
}

func (p *packedMeta) objectMeta() metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Namespace: p.namespace.Value(), Name: p.name, UID: p.uid.uid(),
		ResourceVersion: strconv.FormatUint(p.version, 10), Generation: p.generation, CreationTimestamp: p.created.time(),
	}
}

// GetObjectMeta implements metav1.ObjectMetaAccessor.
func (p *packedMeta) GetObjectMeta() metav1.Object {
	m := p.objectMeta()
	return &m
}

// packedUID is a UID in the format that the API server uses. Zero stands for an empty UID.
type packedUID [16]byte

// packUID reports false for a UID in another form.
func packUID(uid types.UID) (p packedUID, plain bool) {
	if uid == "" {
		return p, true
	}
	bytes, err := hex.DecodeString(strings.ReplaceAll(string(uid), "-", ""))
	if err != nil || len(bytes) != len(p) {
		return p, false
	}
	p = packedUID(bytes)
	return p, p.uid() == uid
}

func (p packedUID) uid() types.UID {
	if p == (packedUID{}) {
		return ""
	}
	var text [36]byte
	at := 0
	for n, group := range [][]byte{p[:4], p[4:6], p[6:8], p[8:10], p[10:]} {
		if n > 0 {
			text[at] = '-'
			at++
		}
		at += hex.Encode(text[at:], group)
	}
	return types.UID(text[:])
}

// packedTime is an instant in whole seconds since 1970, as all instants in objects are. Zero stands for an empty one.
type packedTime int64

func packTime(t metav1.Time) packedTime {
	if t.IsZero() {
		return 0
	}
	return packedTime(t.Unix())
}

func packInstant(t *metav1.Time) packedTime {
	if t == nil {
		return 0
	}
	return packTime(*t)
}

func (p packedTime) time() metav1.Time {
	if p == 0 {
		return metav1.Time{}
	}
	return metav1.Time{Time: time.Unix(int64(p), 0)}
}

func (p packedTime) instant() *metav1.Time {
	if p == 0 {
		return nil
	}
	t := p.time()
	return &t
}

// place returns the index of a value in a short list, or -1.
func place[T comparable](list []T, value T) int8 {
	return int8(slices.Index(list, value)) //nolint:gosec // lists are a handful long
}

// shared returns a text that uses the memory of another one, if the other one begins with it. The names of records that
// the operator makes begin with the name of their subscription.
func shared(text, with string) string {
	if strings.HasPrefix(with, text) {
		return with[:len(text)]
	}
	return text
}
