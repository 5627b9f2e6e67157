// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"hash"
	"strconv"
	"strings"
	"time"
)

const (
	// maxNameLength bounds every name made here: that of a label's value, so that a record can be
	// selected by its name wherever a label can.
	maxNameLength = 63

	// updateHashLength is 60 bits: two updates of one subscription that met under one name would
	// count as the same update, and one of them would be lost.
	updateHashLength = 12

	// invoiceHashLength is 30 bits: beside the whole name of a subscription it only has to tell
	// it from its predecessors of that name.
	invoiceHashLength = 6

	// cutInvoiceHashLength is 60 bits: beside a cut name the hash alone tells subscriptions apart.
	cutInvoiceHashLength = 12
)

// encoding is Crockford's alphabet in lower case: no i, l, o or u, which are misread or spell words.
var encoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// RefreshUpdateName names the update that a refresh makes for one item. The same subscription,
// item, refresh token and observation time of the count last applied always give the same name, so
// that creating the update twice is refused by the API server. The result is a valid object name of
// at most 63 characters.
func RefreshUpdateName(subscription, uid, item, token string, lastObserved time.Time) string {
	observed := strconv.FormatInt(lastObserved.Unix(), 10)
	return updateName(subscription, "refresh", uid, item, token, observed)
}

// SpecUpdateName names the update that an edit of a subscription's spec makes: item names the one
// item of which only the quantity changed, and is empty for the update of all else. The result is a
// valid object name of at most 63 characters.
func SpecUpdateName(subscription, uid string, generation int64, item string) string {
	return updateName(subscription, "spec", uid, strconv.FormatInt(generation, 10), item)
}

// NextUpdateName names an update whose name is taken by an object that somebody else made. The same taken name and
// the same UID of what has it always give the same name. The result is a valid object name of at most 63 characters.
func NextUpdateName(subscription, taken, uid string) string {
	return updateName(subscription, "next", taken, uid)
}

// InvoiceName names a subscription's invoice: subscription, hash of its UID, sequence
// ("acme-7f3k2x-000004"). A subscription that is created again under the same name has another UID
// and never meets its predecessor's invoices. The result is a valid object name of at most 63
// characters.
func InvoiceName(subscription, uid string, sequence int64) string {
	digest := hashFields("invoice", uid)
	name := fmt.Sprintf("%s-%s-%06d", subscription, digest[:invoiceHashLength], sequence)
	if len(name) <= maxNameLength {
		return name
	}
	return withPrefix(subscription, fmt.Sprintf("%s-%06d", digest[:cutInvoiceHashLength], sequence))
}

func updateName(subscription string, fields ...string) string {
	return withPrefix(subscription, hashFields(fields...)[:updateHashLength])
}

// withPrefix puts as much of a subscription's name before suffix as fits. A cut prefix may not end
// in a dot or a dash: what follows the dot would begin with a dash, which no object name may.
func withPrefix(subscription, suffix string) string {
	room := maxNameLength - len(suffix) - len("-")
	if len(subscription) > room {
		subscription = strings.TrimRight(subscription[:room], ".-")
	}
	return subscription + "-" + suffix
}

// hashFields hashes a list of fields so that no two different lists give the same input: each
// field goes in behind its length.
func hashFields(fields ...string) string {
	digest := sha256.New()
	for _, field := range fields {
		writeField(digest, field)
	}
	return encoding.EncodeToString(digest.Sum(nil))
}

// writeField cannot fail: a hash's Write never returns an error.
func writeField(digest hash.Hash, field string) {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(field)))
	_, _ = digest.Write(length[:])
	_, _ = digest.Write([]byte(field))
}
