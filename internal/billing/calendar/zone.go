// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package calendar

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the zone database, in the binary (billing.md#1-calendar)
)

// zones caches the loaded zones, so that each table is parsed once. Only names that exist are kept,
// so the cache cannot outgrow the zone database.
var zones sync.Map // string → *time.Location

// maxZoneName is longer than any name in the zone database.
const maxZoneName = 64

// LoadZone returns the time zone with an IANA name, such as "Europe/Paris". The empty name means
// UTC. "Local" is refused, because what a subscription costs must not depend on where it is
// computed. The error is a sentence.
//
// A zone is read when it is first asked for, and is cached. It comes from the zone database of the
// machine if there is one (Go prefers it, so that a base image can have newer rules), and otherwise
// from the one in the binary.
func LoadZone(name string) (*time.Location, error) {
	if name == "" || name == "UTC" {
		return time.UTC, nil
	}
	if zone, ok := zones.Load(name); ok {
		return zone.(*time.Location), nil
	}
	if !ianaName(name) {
		return nil, unknownZone(name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, unknownZone(name)
	}
	kept, _ := zones.LoadOrStore(name, zone)
	return kept.(*time.Location), nil
}

// ianaName refuses names that [time.LoadLocation] could find in a zone directory but that are not
// in the zone database: the zone of the machine, and the copies of all zones with leap seconds
// ("right/") or without ("posix/").
func ianaName(name string) bool {
	if len(name) > maxZoneName || name[0] < 'A' || name[0] > 'Z' || name == "Local" {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		letter := 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z'
		digit := '0' <= r && r <= '9'
		return !letter && !digit && !strings.ContainsRune("/_-+", r)
	})
}

func unknownZone(name string) error {
	if len(name) > maxZoneName {
		name = name[:maxZoneName] + "…"
	}
	return fmt.Errorf("%s is not a time zone: write its IANA name, such as \"Europe/Paris\", or leave it out for UTC", strconv.Quote(name))
}

func orUTC(zone *time.Location) *time.Location {
	if zone == nil {
		return time.UTC
	}
	return zone
}
