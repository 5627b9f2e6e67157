// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"regexp"
	"strings"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
)

var mysqlForm = form{
	schemes:  []string{"mysql", "mariadb"},
	port:     3306,
	example:  "mysql://USER:PASSWORD@HOST:3306/DATABASE",
	accepted: []string{"tls"},
	ignored:  []string{"charset", "collation", "loc", "parseTime", "timeout", "readTimeout", "writeTimeout"},
}

// mysqlLevels are the values of Go's driver.
var mysqlLevels = []level{
	{"true", verified},
	{"skip-verify", anyone},
	{"preferred", preferred},
	{"false", plain},
}

// mysqlKind is what the manager needs to know about MySQL and MariaDB.
func mysqlKind(policy egress.Policy) serverKind {
	return serverKind{
		form: mysqlForm, parse: parseMySQL, parameter: "tls", levels: mysqlLevels, refuse: checkMySQL, egress: policy,
		neverUnverified: true,
	}
}

func parseMySQL(f form, dsn string) (address, error) {
	if strings.HasPrefix(dsn, "mysql://") || strings.HasPrefix(dsn, "mariadb://") {
		return f.parseURL(dsn)
	}
	return f.parseGo(dsn)
}

var (
	// into is how a SELECT writes a file on the server, if the user has the right.
	into = regexp.MustCompile(`(?i)\bINTO\b`)
	// files are the words that must follow it. They are searched in the whole text, so that they cannot be
	// hidden in something that this package takes for a comment or a string.
	files = regexp.MustCompile(`(?i)OUTFILE|DUMPFILE`)
)

func checkMySQL(spec *v1alpha1.SQLSource) error {
	if files.MatchString(spec.Query) {
		return dataloader.Failf(dataloader.ReasonInvalidExpression,
			"the query has the word OUTFILE or DUMPFILE, also in a comment or a string: a data loader only reads, so remove it")
	}
	if err := checkStatement(spec.Query, mysqlLexicon); err != nil {
		return err
	}
	code := mysqlLexicon.withoutLiterals(spec.Query)
	if into.MatchString(code) {
		return dataloader.Failf(dataloader.ReasonInvalidExpression, "the query has the word INTO: a data loader only reads, so remove it")
	}
	if spec.Keys == v1alpha1.QueryBound && strings.Count(code, "?") != 1 {
		return noParameter("MySQL as JSON_TABLE(?, '$[*]' COLUMNS (k VARCHAR(256) PATH '$')) AS wanted")
	}
	return nil
}
