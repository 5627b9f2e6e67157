// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/seatplane/seatplane/internal/archive"
)

// kinds are stored in this order.
var kinds = []archive.Kind{archive.KindSubscription, archive.KindUpdate, archive.KindInvoice}

// store adds the records that are not there in one transaction, reads all of them back in the next one, and reports
// for each whether it is equal. If the server refuses the content of one of them, that one is found by halving, and the
// others are stored.
func (s *session) store(ctx context.Context, records []archive.Record) error {
	if len(records) == 0 {
		return nil
	}
	err := s.within(ctx, func(tx pgx.Tx) error { return add(ctx, tx, records) })
	refusal, isRefused := refusedContent(err)
	switch {
	case isRefused && len(records) == 1:
		s.say(records[0].Kind, records[0].UID, saysRefused+" "+refusal)
		return nil
	case isRefused:
		half := len(records) / 2
		return errors.Join(s.store(ctx, records[:half]), s.store(ctx, records[half:]))
	case err != nil:
		return err
	}
	return s.within(ctx, func(tx pgx.Tx) error { return s.compare(ctx, tx, records) })
}

// refusedContent returns the SQLSTATE of an error that is about a value, and not about the server or the connection.
func refusedContent(err error) (string, bool) {
	said, isPostgres := errors.AsType[*pgconn.PgError](err)
	if !isPostgres || len(said.Code) != 5 {
		return "", false
	}
	class := said.Code[:2]
	return said.Code, class == "22" || class == "23" || class == "54"
}

// add adds the records that are not there, each with all of its parts.
func add(ctx context.Context, tx pgx.Tx, records []archive.Record) error {
	for _, kind := range kinds {
		head, parts, _ := archive.TableOf(kind)
		mine := ofKind(records, kind)
		if len(mine) == 0 {
			continue
		}
		added, err := addRows(ctx, tx, head, headsOf(mine))
		if err != nil {
			return err
		}
		for n, part := range parts {
			var rows []archive.Row
			for i := range mine {
				if added[mine[i].UID] {
					rows = append(rows, mine[i].Parts[n]...)
				}
			}
			if _, err := addRows(ctx, tx, part, rows); err != nil {
				return err
			}
		}
		if err := putStates(ctx, tx, mine); err != nil {
			return err
		}
	}
	return nil
}

// putStates stores the states of invoices.
func putStates(ctx context.Context, tx pgx.Tx, records []archive.Record) error {
	var states []archive.Row
	for i := range records {
		if records[i].State != nil {
			states = append(states, records[i].State)
		}
	}
	if len(states) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, replaceStates(), columnsOf(states, len(archive.InvoiceStates.Columns))...)
	return err
}

// addRows adds the rows that are not there, and returns the first column of those that it added. The rows are sorted,
// so that two writers of the same rows wait for each other instead of blocking each other.
func addRows(ctx context.Context, tx pgx.Tx, table archive.Table, rows []archive.Row) (map[string]bool, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	sorted := slices.Clone(rows)
	slices.SortStableFunc(sorted, func(a, b archive.Row) int { return slices.Compare(table.Identify(a), table.Identify(b)) })
	found, err := queryTexts(ctx, tx, 1, insert(table), columnsOf(sorted, len(table.Columns))...)
	if err != nil {
		return nil, err
	}
	added := make(map[string]bool, len(found))
	for _, row := range found {
		added[value(row[0])] = true
	}
	return added, nil
}

// compare reads records back and reports for each whether it is equal.
func (s *session) compare(ctx context.Context, tx pgx.Tx, records []archive.Record) error {
	for _, kind := range kinds {
		mine := ofKind(records, kind)
		if len(mine) == 0 {
			continue
		}
		stored, err := readBack(ctx, tx, kind, mine)
		if err != nil {
			return err
		}
		head, _, _ := archive.TableOf(kind)
		for i := range mine {
			answer := saysEqual
			found, isThere := stored[identityOf(head, mine[i].Head)]
			if !isThere {
				answer = saysDiffers + " " + head.Name
			} else if column := archive.Difference(mine[i], found); column != "" {
				answer = saysDiffers + " " + column
			}
			s.say(kind, mine[i].UID, answer)
		}
	}
	return nil
}

// readBack reads stored records, by their identity.
func readBack(ctx context.Context, tx pgx.Tx, kind archive.Kind, records []archive.Record) (map[string]archive.Stored, error) {
	head, parts, _ := archive.TableOf(kind)
	heads, err := queryTexts(ctx, tx, len(head.Columns), read(head), identities(head, headsOf(records))...)
	if err != nil {
		return nil, err
	}
	stored := make(map[string]archive.Stored, len(heads))
	uids := make([]string, len(heads))
	for n, row := range heads {
		stored[identityOf(head, row)] = archive.Stored{Head: row, Parts: make([][]archive.Row, len(parts))}
		uids[n] = value(row[0])
	}
	for n, part := range parts {
		rows, err := queryTexts(ctx, tx, len(part.Columns), read(part), uids)
		if err != nil {
			return nil, err
		}
		byUID := map[string][]archive.Row{}
		for _, row := range rows {
			byUID[value(row[0])] = append(byUID[value(row[0])], row)
		}
		for _, each := range stored {
			each.Parts[n] = byUID[value(each.Head[0])]
		}
	}
	return stored, nil
}

func identityOf(table archive.Table, row archive.Row) string {
	return strings.Join(table.Identify(row), "\x00")
}

func ofKind(records []archive.Record, kind archive.Kind) []archive.Record {
	var mine []archive.Record
	for i := range records {
		if records[i].Kind == kind {
			mine = append(mine, records[i])
		}
	}
	return mine
}

func headsOf(records []archive.Record) []archive.Row {
	heads := make([]archive.Row, len(records))
	for i := range records {
		heads[i] = records[i].Head
	}
	return heads
}
