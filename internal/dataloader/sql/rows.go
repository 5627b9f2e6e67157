// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	databasesql "database/sql"
	"fmt"
	"strconv"
	"time"

	"github.com/seatplane/seatplane/internal/dataloader"
)

const (
	// maxRows and maxBytes bound what one load reads. Together with the overhead of each row, they fit into the
	// memory of a loader process.
	maxRows  = 1_000_000
	maxBytes = 64 << 20
)

// reader collects the rows of a load within these bounds.
type reader struct {
	rows    []dataloader.Row
	queries int
	bytes   int
}

// read reads all rows of one query. It returns an error if the query did not complete, because a
// part of an answer would mean that the other customers have no seats.
func (r *reader) read(rows *databasesql.Rows) error {
	r.queries++
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	if len(columns) != 2 {
		return dataloader.Failf(dataloader.ReasonSourceError,
			"the query returns %d columns: return two, the key and its count", len(columns))
	}
	var key, count any
	for rows.Next() {
		if err := rows.Scan(&key, &count); err != nil {
			return err
		}
		if err := r.add(key, count); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (r *reader) add(key, count any) error {
	written, err := keyText(key)
	if err != nil {
		return err
	}
	row := dataloader.Row{NullKey: key == nil, NullCount: count == nil, Key: written, Count: text(count)}
	r.bytes += len(row.Key) + len(row.Count)
	if len(r.rows) == maxRows || r.bytes > maxBytes {
		return dataloader.Failf(dataloader.ReasonSourceError,
			"the query returns more than %d rows or %d MiB: count in the query, with GROUP BY", maxRows, maxBytes>>20)
	}
	r.rows = append(r.rows, row)
	return nil
}

// keyText formats a key. The same customer always has the same text, even if the column is a float.
func keyText(key any) (string, error) {
	switch key := key.(type) {
	case float64:
		return dataloader.FloatKey(key)
	case float32:
		return dataloader.FloatKey(float64(key))
	}
	return text(key), nil
}

// text formats a value as the source wrote it. A float keeps all of its digits, so that Judge can
// distinguish seven from a little more than seven.
func text(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		return value
	case []byte:
		return string(value)
	case int64:
		return strconv.FormatInt(value, 10)
	case float64:
		return strconv.FormatFloat(value, 'g', -1, 64)
	case float32:
		return strconv.FormatFloat(float64(value), 'g', -1, 32)
	case time.Time:
		return value.UTC().Format(time.RFC3339Nano)
	default:
		return fmt.Sprint(value)
	}
}
