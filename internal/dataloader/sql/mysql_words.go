// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/seatplane/seatplane/internal/dataloader"
)

// mysqlWords are sentences about a query, by error number. %s is the number.
var mysqlWords = map[uint16]string{
	1146: "the query names a table that does not exist (%s): check its name",
	1109: "the query names a table that does not exist (%s): check its name",
	1054: "the query names a column that does not exist (%s): check its name",
	1052: "the query names a column that more than one table has (%s): write the table's name before it",
	1055: "the query has a column that is neither grouped nor counted (%s): add the column to GROUP BY",
	1140: "the query has a column that is neither grouped nor counted (%s): add the column to GROUP BY",
	1305: "the query uses a function that does not exist (%s): check its name",
	1064: "the query has a syntax error (%s): correct it",
	1142: "the user may not read a table that the query names (%s): grant SELECT on it",
	1143: "the user may not read a column that the query names (%s): grant SELECT on it",
	1370: "the user may not execute a function that the query uses (%s): grant EXECUTE on it",
	1227: "the user lacks a right that the query needs (%s): read only tables that were granted to the user",
	1222: "the parts of a UNION return different numbers of columns (%s): return the key and its count in each",
	1242: "a subquery returns more than one row (%s): limit or group it",
	1267: "the query compares texts of different collations (%s): add COLLATE to one of them",
	1690: "a number is too large for its type (%s): cast to a larger type",
	1792: "the query writes, and a data loader only reads (%s): remove what writes",
	1205: "the server stopped the query because it waited for a lock (%s): the next refresh tries again",
	1213: "the server stopped the query because of a deadlock (%s): the next refresh tries again",
	1317: "the server stopped the query (%s): look for an administrator who canceled it",
	1969: "the server stopped the query (%s): look for a limit of time on the server",
	3024: "the server stopped the query (%s): look for a limit of time on the server",
	1210: "the query has a parameter without a value (%s): write keys: Bound, and use ? once",
}

// explain implements dialect.
func (mysqlDialect) explain(err error) explanation {
	if said, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return explainMySQL(said)
	}
	_, connecting := errors.AsType[errConnect](err)
	switch {
	case connecting && (errors.Is(err, mysql.ErrCleartextPassword) || errors.Is(err, mysql.ErrOldPassword) || sealed(err)):
		return explanation{dataloader.ReasonSourceError, fmt.Sprintf(unsafeLogin, "tls=true")}
	case connecting:
		return explanation{}
	case errors.Is(err, mysql.ErrInvalidConn), errors.Is(err, mysql.ErrMalformPkt), errors.Is(err, mysql.ErrPktSync), errors.Is(err, mysql.ErrPktSyncMul):
		return explanation{dataloader.ReasonSourceUnreachable, lostConnection}
	case strings.Contains(err.Error(), "expected 1 arguments, got 0"):
		return explanation{dataloader.ReasonSourceError, fmt.Sprintf(mysqlWords[1210], "no value for ?")}
	}
	return explanation{}
}

// sealed reports whether the driver failed to encrypt a password with the sealed key.
func sealed(err error) bool {
	return errors.Is(err, rsa.ErrMessageTooLong) || strings.Contains(err.Error(), "crypto/rsa")
}

func explainMySQL(said *mysql.MySQLError) explanation {
	code := fmt.Sprintf("error %d", said.Number)
	switch said.Number {
	case 1045, 1698, 1129, 1130, 3159: // denied, no password, a blocked host, an unknown host, TLS needed
		return explanation{dataloader.ReasonSourceError, fmt.Sprintf(loginRefused, code)}
	case 1044, 1049: // denied to the database, an unknown database
		return explanation{dataloader.ReasonSourceError, fmt.Sprintf(databaseUnknown, code)}
	case 1040, 1203, 1226: // too many connections in total, of the user
		return explanation{dataloader.ReasonSourceUnreachable, fmt.Sprintf(serverBusy, code)}
	case 1053, 1927: // shutting down, killed
		return explanation{dataloader.ReasonSourceUnreachable, fmt.Sprintf(serverStops, code)}
	}
	if sentence, known := mysqlWords[said.Number]; known {
		return explanation{dataloader.ReasonSourceError, fmt.Sprintf(sentence, code)}
	}
	return explanation{dataloader.ReasonSourceError, fmt.Sprintf(unknownError, code)}
}
