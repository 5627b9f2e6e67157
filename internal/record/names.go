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

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/facts"
)

const (
	// maxNameLength bounds every name created here. It is the limit of a label's value, so that a
	// record can be selected by its name in a label.
	maxNameLength = 63

	// updateHashLength is 60 bits. If two updates of one subscription had the same name, they would
	// count as the same update, and one of them would be lost.
	updateHashLength = 12

	// invoiceHashLength is 30 bits. Next to the whole name of a subscription, the hash only has to
	// distinguish it from its predecessors with that name.
	invoiceHashLength = 6

	// cutInvoiceHashLength is 60 bits. Next to a truncated name, only the hash distinguishes
	// subscriptions.
	cutInvoiceHashLength = 12
)

// encoding is Crockford's alphabet in lower case. It has no i, l, o or u, which are misread or spell
// words.
var encoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// RefreshUpdateName names the update that a refresh creates for one item. The same subscription,
// item, refresh token and observation time of the count last applied always give the same name, so
// the API server refuses to create the update twice. The result is a valid object name of at most
// 63 characters.
func RefreshUpdateName(subscription, uid, item, token string, lastObserved time.Time) string {
	observed := strconv.FormatInt(lastObserved.Unix(), 10)
	return updateName(subscription, "refresh", uid, item, token, observed)
}

// SpecUpdateName names the update for an edit of a subscription's spec. Item names the item whose
// quantity is all that changed. It is empty for the update of everything else. The result is a
// valid object name of at most 63 characters.
func SpecUpdateName(subscription, uid string, generation int64, item string) string {
	return updateName(subscription, "spec", uid, strconv.FormatInt(generation, 10), item)
}

// NextUpdateName names an update whose name is taken by an object that somebody else created. The same taken name
// and the same UID of that object always give the same name. The result is a valid object name of at most 63
// characters.
func NextUpdateName(subscription, taken, uid string) string {
	return updateName(subscription, "next", taken, uid)
}

// InvoiceName names a subscription's invoice by subscription, hash of its UID, and sequence
// ("acme-7f3k2x-000004"). A subscription that is created again under the same name has another UID,
// so its invoices never have the same names as those of its predecessor. The result is a valid
// object name of at most 63 characters.
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

// withPrefix puts as much of a subscription's name before the suffix as fits. A truncated prefix
// may not end in a dot or a dash. After a dot the next part would begin with a dash, which is not
// allowed in an object name.
func withPrefix(subscription, suffix string) string {
	room := maxNameLength - len(suffix) - len("-")
	if len(subscription) > room {
		subscription = strings.TrimRight(subscription[:room], ".-")
	}
	return subscription + "-" + suffix
}

// hashFields hashes a list of fields so that no two different lists give the same input: each field
// is preceded by its length.
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

// AssignmentName names the SeatAssignment of a holder. The same subscription, item and holder always give the same name,
// so that assigning twice is refused by the API server. The result is a valid object name of at most 63 characters.
func AssignmentName(subscription, item, holder string) string {
	return updateName(subscription, "assignment", item, holder)
}

// DepartedName names the object that keeps the events of a deleted subscription, up to the one with the given number. A
// process with an older state of the subscription uses another name, so it does not overwrite newer events. The result
// is a valid object name of at most 63 characters.
func DepartedName(subscription, uid string, sequence int64) string {
	return updateName(subscription, "departed", uid, strconv.FormatInt(sequence, 10))
}

// CouldBeDepartedOf reports whether an object with a name could keep the events of a deleted subscription. The object need
// not be read for the answer no. A name shows only as much of the subscription's name as fits, so the answer yes is not
// certain.
func CouldBeDepartedOf(name, subscription string) bool {
	at := len(name) - updateHashLength
	return at > 0 && name == withPrefix(subscription, name[at:])
}

// HasForeignStatus reports whether the status of a subscription was written for another object, which had another UID:
// a tool that restores objects with their statuses gives them new UIDs. The names of invoices contain a hash of the
// UID, so the name of the newest one shows it. For a subscription without an invoice, this cannot be detected, but
// nothing was billed for it either.
func HasForeignStatus(s *v1alpha1.Subscription) bool {
	newest := s.Status.RecentInvoice
	if newest == nil {
		return false
	}
	own := strings.TrimRight(InvoiceName(s.Name, string(facts.Identity(s)), 0), "0")
	return !strings.HasPrefix(string(newest.Name), own)
}
