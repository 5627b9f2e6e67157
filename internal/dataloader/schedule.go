// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package dataloader

import (
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/netresearch/go-cron"
)

// Schedule computes when refreshes are due. It is pure: the same input always has the same result.
type Schedule interface {
	// Next returns the first tick strictly after the instant, in UTC and whole seconds.
	Next(after time.Time) time.Time
}

// MinInterval is the shortest interval between two refreshes.
const MinInterval = 10 * time.Second

// parser accepts the five fields that users know from Kubernetes' CronJob, and names such as
// @daily. As in CronJob, a day of the month and a day of the week together mean either of them.
var parser = cron.MustNewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor | cron.DowOrDom)

// ParseCron returns the schedule of a cron expression in an IANA time zone ("" is UTC). Cron
// expressions are never jittered (billing.md#load-spreading). The error says which of the two is
// wrong, and why.
//
// A schedule that names its hours follows the wall clock of its zone. It runs once for each wall
// time that it names: at the first of two occurrences, and later by the gap if a clock change skips
// the wall time. A schedule that runs in every hour follows elapsed time, and is not affected by
// clock changes.
func ParseCron(expression, zone string) (Schedule, error) {
	location, err := time.LoadLocation(zone)
	if err != nil || zone == "Local" {
		return nil, fmt.Errorf("time zone %q is unknown", zone)
	}
	if problem := unsupported(expression); problem != "" {
		return nil, errors.New(problem)
	}
	parsed, err := parser.Parse(expression)
	if err != nil {
		return nil, fmt.Errorf("schedule %q is not a cron expression of five fields, such as \"0 3 * * *\": %w", expression, err)
	}
	spec, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return nil, fmt.Errorf("schedule %q is not a cron expression of five fields, such as \"0 3 * * *\"", expression)
	}
	if spec.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, fmt.Errorf("schedule %q never matches a date", expression)
	}
	if spec.Hour&everyHour == everyHour {
		spec.Location = location
		return elapsed{spec}, nil
	}
	spec.Location = time.UTC
	return wall{spec: spec, location: location}, nil
}

// everyHour has a bit for each hour of the day.
const everyHour = 1<<24 - 1

func unsupported(expression string) string {
	switch {
	case strings.Contains(expression, "TZ="):
		return "the time zone of a schedule is written in refresh.timeZone"
	case strings.HasPrefix(expression, "@every"):
		return "an interval is written in refresh.every"
	}
	return ""
}

// elapsed is a schedule that runs in every hour, computed by the parser in the zone.
type elapsed struct{ spec *cron.SpecSchedule }

// Next implements Schedule.
func (s elapsed) Next(after time.Time) time.Time { return s.spec.Next(after).UTC() }

// wall is a schedule that names hours. Its ticks are found on a calendar without clock changes (the
// zone's wall time, written as UTC) and are converted to instants only then.
type wall struct {
	spec     *cron.SpecSchedule
	location *time.Location
}

// aroundChange is longer than the effect of any zone's clock change.
const aroundChange = 26 * time.Hour

// Next implements Schedule.
func (s wall) Next(after time.Time) time.Time {
	// A skipped wall time comes later than its name says, so the search begins early enough to find
	// it: at the lower of the offsets before and now.
	offset := min(offsetAt(after, s.location), offsetAt(after.Add(-aroundChange), s.location))
	for name := s.spec.Next(after.UTC().Add(offset)); !name.IsZero(); name = s.spec.Next(name) {
		if tick := instantOf(name, s.location); tick.After(after) {
			return tick
		}
	}
	// ParseCron refuses schedules without ticks.
	return time.Time{}
}

// instantOf returns the instant of a wall time of the zone: the first of two occurrences, or moved
// forward by the gap if it does not occur.
func instantOf(name time.Time, location *time.Location) time.Time {
	before := name.Add(-offsetAt(name.Add(-aroundChange), location))
	later := name.Add(-offsetAt(name.Add(aroundChange), location))
	switch {
	case occurs(before, name, location) && occurs(later, name, location) && later.Before(before):
		return later
	case occurs(before, name, location):
		return before
	case occurs(later, name, location):
		return later
	default:
		return before
	}
}

func occurs(instant, name time.Time, location *time.Location) bool {
	return instant.Add(offsetAt(instant, location)).Equal(name)
}

func offsetAt(instant time.Time, location *time.Location) time.Duration {
	_, seconds := instant.In(location).Zone()
	return time.Duration(seconds) * time.Second
}

// Every returns the schedule of an interval, in whole seconds and at least MinInterval. Its ticks lie
// on a grid that is shifted by a stable jitter below one interval, which is derived from the seed
// (the product's UID). This way a thousand products with "every: 1h" are spread over the hour, and a
// restart changes no tick.
func Every(interval time.Duration, seed string) (Schedule, error) {
	interval = interval.Truncate(time.Second)
	if interval < MinInterval {
		return nil, fmt.Errorf("interval %s is shorter than %s", interval, MinInterval)
	}
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(seed))
	seconds := int64(interval / time.Second)
	return grid{seconds: seconds, shift: int64(hash.Sum64() % uint64(seconds))}, nil
}

// grid ticks at every instant whose Unix time is shift modulo seconds.
type grid struct{ seconds, shift int64 }

// Next implements Schedule.
func (g grid) Next(after time.Time) time.Time {
	unix := after.Unix()
	past := (unix - g.shift) % g.seconds
	if past < 0 {
		past += g.seconds
	}
	return time.Unix(unix-past+g.seconds, 0).UTC()
}

// OnDemand is the schedule of a product that is refreshed on demand only: it never ticks.
type OnDemand struct{}

// Next implements Schedule: the zero time.
func (OnDemand) Next(time.Time) time.Time { return time.Time{} }
