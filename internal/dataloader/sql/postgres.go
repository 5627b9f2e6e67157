// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"regexp"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
)

var postgresForm = form{
	schemes:  []string{"postgres", "postgresql"},
	port:     5432,
	example:  "postgres://USER:PASSWORD@HOST:5432/DATABASE",
	accepted: []string{"sslmode", "application_name"},
	ignored:  []string{"connect_timeout"},
}

// postgresLevels leaves out "allow", which does not use TLS if the server accepts that.
var postgresLevels = []level{
	{"verify-full", verified},
	{"verify-ca", chained},
	{"require", anyone},
	{"prefer", preferred},
	{"disable", plain},
}

// postgresKind is what the manager needs to know about PostgreSQL.
func postgresKind(policy egress.Policy) serverKind {
	return serverKind{
		form: postgresForm, parse: form.parseURL, parameter: "sslmode", levels: postgresLevels, refuse: checkPostgres, egress: policy,
	}
}

var postgresParameter = regexp.MustCompile(`\$1\b`)

func checkPostgres(spec *v1alpha1.SQLSource) error {
	if err := checkStatement(spec.Query, postgresLexicon); err != nil {
		return err
	}
	if spec.Keys == v1alpha1.QueryBound && !postgresParameter.MatchString(postgresLexicon.withoutLiterals(spec.Query)) {
		return noParameter("PostgreSQL as = ANY($1)")
	}
	return nil
}
