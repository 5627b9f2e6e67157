// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"context"
	databasesql "database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
)

// mysqlDialect reads servers of MySQL and MariaDB.
type mysqlDialect struct{}

var mysqlForm = form{
	schemes:  []string{"mysql", "mariadb"},
	port:     3306,
	example:  "mysql://USER:PASSWORD@HOST:3306/DATABASE",
	accepted: []string{"tls"},
	ignored:  []string{"charset", "collation", "loc", "parseTime", "timeout", "readTimeout", "writeTimeout"},
}

// mysqlTrust is the values of tls that are accepted, those of Go's driver.
var mysqlTrust = map[string]trust{"false": plain, "preferred": preferred, "skip-verify": anyone, "true": verified}

// resolve implements dialect.
func (mysqlDialect) resolve(l login) (database, error) {
	dsn := strings.TrimSpace(l.dsn.Reveal())
	parse := mysqlForm.parseGo
	if strings.HasPrefix(dsn, "mysql://") || strings.HasPrefix(dsn, "mariadb://") {
		parse = mysqlForm.parseURL
	}
	to, err := parse(dsn)
	if err != nil {
		return database{}, err
	}
	mode, said := to.parameters["tls"]
	level, known := mysqlTrust[mode]
	switch {
	case !said:
		level = plain
	case !known:
		return database{}, dataloader.Failf(dataloader.ReasonSourceError,
			"the connection string has a value of tls that is not accepted: it may be true, skip-verify, preferred or false")
	}
	if level, err = level.strengthen(said, l.ca); err != nil {
		return database{}, err
	}
	config, err := mysqlConfig(to, level, l.ca)
	if err != nil {
		return database{}, err
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return database{}, mysqlForm.unreadable()
	}
	return database{identity: l.identity("MySQL"), connector: connector, secrets: to.secrets}, nil
}

// mysqlConfig leaves off what the driver has off by itself and a connection string could switch on:
// several statements, local files, passwords in clear text.
func mysqlConfig(to address, level trust, ca dataloader.Secret) (*mysql.Config, error) {
	encryption, err := level.config(to.host, ca)
	if err != nil {
		return nil, err
	}
	config := mysql.NewConfig()
	config.User, config.Passwd = to.user, to.password
	config.Net, config.Addr = "tcp", net.JoinHostPort(to.host, strconv.Itoa(int(to.port)))
	config.DBName = to.database
	config.TLS, config.AllowFallbackToPlaintext = encryption, level == preferred
	config.DialFunc = dial
	// It would write to the operator's standard error what only a Failure may say.
	config.Logger = &mysql.NopLogger{}
	return config, nil
}

// into is how a SELECT writes a file on the server, where the user of the connection string may.
var into = regexp.MustCompile(`(?i)\bINTO\b`)

// check implements dialect.
func (mysqlDialect) check(spec *v1alpha1.SQLSource) error {
	// What looks like a comment is a statement's part to the server.
	if strings.Contains(spec.Query, "/*!") || strings.Contains(spec.Query, "/*M!") {
		return dataloader.Failf(dataloader.ReasonInvalidExpression, "the query has a comment that the server executes: write it without /*!")
	}
	if err := checkStatement(spec.Query, mysqlLexicon); err != nil {
		return err
	}
	code := mysqlLexicon.withoutLiterals(spec.Query)
	if into.MatchString(code) {
		return dataloader.Failf(dataloader.ReasonInvalidExpression, "the query has the word INTO: a data loader only reads")
	}
	if spec.Keys == v1alpha1.QueryBound && strings.Count(code, "?") != 1 {
		return noParameter("MySQL as JSON_TABLE(?, '$[*]' COLUMNS (k VARCHAR(256) PATH '$')) AS wanted")
	}
	return nil
}

// bind implements dialect: the keys as one JSON array, for JSON_TABLE(?).
func (mysqlDialect) bind(keys []string) (any, error) {
	encoded, err := json.Marshal(keys)
	return string(encoded), err
}

// begin implements dialect: every batch sees the state of one instant, the server itself ends a
// statement that takes too long, and a limit on rows that the server has for its users does not cut
// the answer.
func (mysqlDialect) begin(ctx context.Context, connection *databasesql.Conn, timeout time.Duration) error {
	var version string
	if err := connection.QueryRowContext(ctx, "SELECT VERSION()").Scan(&version); err != nil {
		return err
	}
	limit := fmt.Sprintf("max_execution_time = %d", timeout.Milliseconds())
	if strings.Contains(version, "MariaDB") {
		limit = fmt.Sprintf("max_statement_time = %d", int(timeout/time.Second))
	}
	for _, statement := range []string{
		fmt.Sprintf("SET SESSION %s, SESSION sql_select_limit = %d", limit, uint64(math.MaxUint64)),
		"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
		"START TRANSACTION READ ONLY",
	} {
		if _, err := connection.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// The errors of the servers that are told apart.
const (
	mysqlDatabaseDenied    = 1044
	mysqlAccessDenied      = 1045
	mysqlUnknownDatabase   = 1049
	mysqlTooManyUsers      = 1040
	mysqlShutdown          = 1053
	mysqlHostBlocked       = 1129
	mysqlHostNotPrivileged = 1130
	mysqlUserTooOften      = 1203
	mysqlUserLimit         = 1226
	mysqlPasswordless      = 1698
	mariadbKilled          = 1927
	mariadbTimeout         = 1969
	mysqlTimeout           = 3024
	mysqlTLSRequired       = 3159
)

// timedOut implements dialect.
func (mysqlDialect) timedOut(err error) bool {
	said, ok := errors.AsType[*mysql.MySQLError](err)
	return ok && (said.Number == mariadbTimeout || said.Number == mysqlTimeout)
}

// explain implements dialect.
func (mysqlDialect) explain(err error) (dataloader.Reason, string) {
	if said, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return explainMySQL(said)
	}
	if errors.Is(err, mysql.ErrNoTLS) {
		return dataloader.ReasonSourceUnreachable, unreachable("it has no TLS: have it offer TLS, or write tls=false in the connection string")
	}
	problem := networkProblem(err)
	for _, broken := range []error{mysql.ErrInvalidConn, mysql.ErrMalformPkt, mysql.ErrPktSync, mysql.ErrPktSyncMul} {
		if problem == "" && errors.Is(err, broken) {
			problem = brokeOff
		}
	}
	if problem != "" {
		return dataloader.ReasonSourceUnreachable, unreachable(problem)
	}
	return dataloader.ReasonSourceError, queryFailed(err.Error())
}

func explainMySQL(said *mysql.MySQLError) (dataloader.Reason, string) {
	number := fmt.Sprintf("error %d", said.Number)
	words := fmt.Sprintf("%s (%s)", said.Message, number)
	switch said.Number {
	case mysqlAccessDenied, mysqlPasswordless, mysqlHostBlocked, mysqlHostNotPrivileged, mysqlTLSRequired:
		return dataloader.ReasonSourceError, fmt.Sprintf(loginRefused, number)
	case mysqlUnknownDatabase, mysqlDatabaseDenied:
		return dataloader.ReasonSourceError, fmt.Sprintf(databaseUnknown, number)
	case mysqlTooManyUsers, mysqlUserTooOften, mysqlUserLimit, mysqlShutdown, mariadbKilled:
		return dataloader.ReasonSourceUnreachable, unreachable(words)
	}
	return dataloader.ReasonSourceError, queryFailed(words)
}
