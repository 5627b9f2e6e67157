// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"context"
	"crypto/rsa"
	databasesql "database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"math/big"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

// mysqlDialect reads MySQL and MariaDB servers.
type mysqlDialect struct{}

var _ dialect = mysqlDialect{}

// sealedKey names a public key with which nothing can be encrypted.
const sealedKey = "seatplane-sealed"

// seal registers a public key that is too short to encrypt any password. Without TLS, users with the plugins
// caching_sha2_password and sha256_password log in with a password that is encrypted with a key. The driver
// requests the key from the server in clear text, so a man in the middle can answer with a key of their own.
// A driver that has a key does not request one. It fails to encrypt with this key, and nothing is sent.
func seal() { mysql.RegisterServerPubKey(sealedKey, &rsa.PublicKey{N: big.NewInt(15), E: 3}) }

// connector implements dialect. It leaves disabled what the driver disables by default and what a
// connection string could enable: multiple statements, local files, and passwords in clear text.
func (mysqlDialect) connector(o order) (driver.Connector, error) {
	to := o.Server
	encryption, err := to.tls()
	if err != nil {
		return nil, err
	}
	seal()
	config := mysql.NewConfig()
	config.User, config.Passwd = to.User, to.Password
	config.Net, config.Addr = "tcp", net.JoinHostPort(to.Host, strconv.Itoa(int(to.Port)))
	config.DBName = to.Database
	config.TLS, config.AllowFallbackToPlaintext = encryption, to.Trust == preferred
	config.AllowCleartextPasswords, config.AllowOldPasswords = false, false
	config.ServerPubKey = sealedKey
	config.DialFunc = o.dialer().dial
	// The logger would write text to the standard error that only a Failure may contain.
	config.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, mysqlForm.unreadable()
	}
	return connector, nil
}

// keptModes are the modes of a server that change what a query means. All others are removed. Some of
// those change where a string or a name ends.
var keptModes = []string{
	"EMPTY_STRING_IS_NULL", "HIGH_NOT_PRECEDENCE", "IGNORE_SPACE", "NO_UNSIGNED_SUBTRACTION", "ONLY_FULL_GROUP_BY",
	"PAD_CHAR_TO_FULL_LENGTH", "PIPES_AS_CONCAT", "REAL_AS_FLOAT", "STRICT_ALL_TABLES", "STRICT_TRANS_TABLES", "TIME_TRUNCATE_FRACTIONAL",
}

// ownMode returns the modes of a server that a load keeps.
func ownMode(mode string) string {
	var kept []string
	for each := range strings.SplitSeq(mode, ",") {
		if slices.Contains(keptModes, each) {
			kept = append(kept, each)
		}
	}
	return strings.Join(kept, ",")
}

// begin implements dialect. The server parses the text of a query as mysqlLexicon does, and a row limit
// that the server sets for its users does not truncate the answer.
func (mysqlDialect) begin(ctx context.Context, connection *databasesql.Conn, limit time.Duration) error {
	var version, mode string
	if err := connection.QueryRowContext(ctx, "SELECT VERSION(), @@SESSION.sql_mode").Scan(&version, &mode); err != nil {
		return err
	}
	timeout := fmt.Sprintf("max_execution_time = %d", limit.Milliseconds())
	if strings.Contains(version, "MariaDB") {
		timeout = fmt.Sprintf("max_statement_time = %.3f", limit.Seconds())
	}
	for _, statement := range []string{
		"SET NAMES utf8mb4",
		fmt.Sprintf("SET SESSION sql_mode = '%s', SESSION %s, SESSION sql_select_limit = %d", ownMode(mode), timeout, uint64(math.MaxUint64)),
		"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
		"START TRANSACTION READ ONLY",
	} {
		if _, err := connection.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// mysqlExcess are the rights that allow more than reading tables. FILE lets a SELECT read and write files of
// the server.
var mysqlExcess = []string{"ALL PRIVILEGES", "FILE", "SUPER"}

// excess implements dialect.
func (mysqlDialect) excess(ctx context.Context, connection *databasesql.Conn) (string, error) {
	rows, err := connection.QueryContext(ctx, "SHOW GRANTS")
	if err != nil {
		return "", err
	}
	var found, grant string
	for found == "" && err == nil && rows.Next() {
		err = rows.Scan(&grant)
		found = excessOf(grant)
	}
	return found, errors.Join(err, rows.Err(), rows.Close()) //nolint:sqlclosecheck // a panic of the driver has to end the process, and not wait for its locks
}

// excessOf returns a right that a grant gives but that a user must not have, or "". All of these are
// rights on everything, which the server writes as *.*.
func excessOf(grant string) string {
	rights, isGlobal := strings.CutPrefix(grant, "GRANT ")
	rights, _, hasPlace := strings.Cut(rights, " ON *.* TO ")
	if !isGlobal || !hasPlace {
		return ""
	}
	for each := range strings.SplitSeq(rights, ",") {
		if each = strings.TrimSpace(each); slices.Contains(mysqlExcess, each) {
			return each
		}
	}
	return ""
}

// binder implements dialect: the keys as one JSON array, for JSON_TABLE(?).
func (mysqlDialect) binder(context.Context, *databasesql.Conn, string) (binder, error) {
	return bindJSON, nil
}
