// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/seatplane/seatplane/internal/dataloader"
)

// castKeys is the advice if keys do not fit the type of a column.
const castKeys = "with keys: Bound, compare the column as text, such as tenant_id::text = ANY($1)"

// postgresWords are sentences about a query, by SQLSTATE. %s is the SQLSTATE and, if the server reports it,
// the position in the query.
var postgresWords = map[string]string{
	"42P01": "the query names a table that does not exist (%s): check its name and its schema",
	"3F000": "the query names a schema that does not exist (%s): check its name",
	"42703": "the query names a column that does not exist (%s): check its name",
	"42702": "the query names a column that more than one table has (%s): write the table's name before it",
	"42P10": "the query refers to a column in a way that is not possible (%s): check its GROUP BY and ORDER BY",
	"42803": "the query has a column that is neither grouped nor counted (%s): add the column to GROUP BY",
	"42883": "the query uses a function or an operator that does not exist for its types (%s): check the name, or cast; " + castKeys,
	"42804": "the query mixes types that do not fit (%s): cast one of them",
	"42P18": "the type of a parameter of the query is not known (%s): " + castKeys,
	"42P02": "the query has a parameter without a value (%s): write keys: Bound, and use $1 alone",
	"42501": "the user may not read what the query names (%s): grant SELECT on it",
	"42601": "the query has a syntax error (%s): correct it",
	"42P08": "the type of a parameter of the query is ambiguous (%s): " + castKeys,
	"22P02": "a value does not have the form that its type needs (%s): cast the column and not the value; " + castKeys,
	"22007": "a value is not a date or a time as its type needs it (%s): cast the column and not the value; " + castKeys,
	"22003": "a number is too large for its type (%s): cast to a larger type",
	"22012": "the query divides by zero (%s): use nullif",
	"21000": "a subquery returns more than one row (%s): limit or group it",
	"25006": "the query writes, and a data loader only reads (%s): remove what writes",
	"57014": "the server stopped the query (%s): look for a limit of time on the server, or for an administrator who canceled it",
	"40001": "the server stopped the query because of a conflict with other transactions (%s): the next refresh tries again",
	"40P01": "the server stopped the query because of a deadlock (%s): the next refresh tries again",
	"08P01": "the query cannot be run with the parameters that it has (%s): with keys: Bound, use $1; otherwise use none",
}

var sqlState = regexp.MustCompile(`^[0-9A-Z]{5}$`)

// explain implements dialect.
func (postgresDialect) explain(err error) explanation {
	if said, ok := errors.AsType[*pgconn.PgError](err); ok {
		return explainPostgres(said)
	}
	// The driver has no error values for these.
	text := err.Error()
	_, connecting := errors.AsType[errConnect](err)
	switch {
	case connecting && strings.Contains(text, "authentication method requirement"):
		return explanation{dataloader.ReasonSourceError, fmt.Sprintf(unsafeLogin, "sslmode=verify-full")}
	case connecting:
		return explanation{}
	case strings.Contains(text, "failed to encode args"):
		return explanation{dataloader.ReasonSourceError, "the wanted keys do not fit the type of the query's parameter: " + castKeys}
	case strings.Contains(text, "expected 0 arguments, got 1"):
		return explanation{dataloader.ReasonInvalidExpression, "the query does not take the wanted keys: use $1, or write keys: All"}
	case strings.Contains(text, "expected 1 arguments, got 0"):
		return explanation{dataloader.ReasonSourceError, fmt.Sprintf(postgresWords["42P02"], "no value for $1")}
	case errors.Is(err, pgconn.ErrConnClosed):
		return explanation{dataloader.ReasonSourceUnreachable, lostConnection}
	}
	if _, ok := errors.AsType[*pgproto3.ExceededMaxBodyLenErr](err); ok {
		return explanation{dataloader.ReasonSourceError, sendsTooMuch}
	}
	return explanation{}
}

// explainPostgres describes an error of the server. A server can send anything, so its SQLSTATE is
// repeated only if it is a valid one.
func explainPostgres(said *pgconn.PgError) explanation {
	code := "SQLSTATE " + said.Code
	if !sqlState.MatchString(said.Code) {
		code = "no SQLSTATE"
	}
	class := said.Code[:min(2, len(said.Code))]
	switch {
	case class == "28":
		return explanation{dataloader.ReasonSourceError, fmt.Sprintf(loginRefused, code)}
	case said.Code == "3D000":
		return explanation{dataloader.ReasonSourceError, fmt.Sprintf(databaseUnknown, code)}
	case class == "53":
		return explanation{dataloader.ReasonSourceUnreachable, fmt.Sprintf(serverBusy, code)}
	case class == "08" && said.Code != "08P01", said.Code == "57P01", said.Code == "57P02", said.Code == "57P03":
		return explanation{dataloader.ReasonSourceUnreachable, fmt.Sprintf(serverStops, code)}
	}
	place := code
	if said.Position > 0 {
		place = fmt.Sprintf("%s, character %d", code, said.Position)
	}
	if sentence, known := postgresWords[said.Code]; known {
		return explanation{dataloader.ReasonSourceError, fmt.Sprintf(sentence, place)}
	}
	return explanation{dataloader.ReasonSourceError, fmt.Sprintf(unknownError, place)}
}
