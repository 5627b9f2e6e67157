// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"errors"
	"fmt"

	"github.com/seatplane/seatplane/internal/dataloader"
)

// The sentences that the dialects share. The database's own text can contain data of a table, and goes only
// to the operator's log.
const (
	// cannotConnect is the sentence for every failure to connect, regardless of its cause. With more than
	// one, a SeatProduct would be a port scanner.
	cannotConnect = "the database could not be reached: check the host and the port in the connection string, that the server offers TLS," +
		" and that its address is public or in a network of the operator's flag --loader-allowed-networks"
	lostConnection  = "the connection to the database was lost during the load: the next refresh tries again"
	sendsTooMuch    = "the server sent more than a load may read: return keys and counts only, and count in the query with GROUP BY"
	loginRefused    = "the database refused the user, the password or the operator's address (%s): check the connection string and the user's rights to log in"
	databaseUnknown = "the server has no such database for this user (%s): check the connection string and the user's rights"
	unsafeLogin     = "the server wants the password in a way that is not safe without verified TLS: write %s in the connection string"
	serverBusy      = "the database server has no connection or memory left for the operator (%s): the next refresh tries again"
	serverStops     = "the database server is stopping, starting or ended the connection (%s): the next refresh tries again"
	unknownError    = "the query failed (%s): run it as the same database user to see the server's own words, or look into the operator's log"
)

// tooPowerful refuses a user whose queries could do more than read tables.
func tooPowerful(right string) error {
	return dataloader.Failf(dataloader.ReasonSourceError,
		"the database user has the right %s, which a query could misuse: use a user who may only read the tables that the query needs", right)
}

// failure explains in a sentence without secrets what went wrong. The text of the database or the network
// is the detail, for the operator's log.
func (l *load) failure(err error) error {
	if failure, ok := errors.AsType[*dataloader.Failure](err); ok {
		return failure
	}
	found := l.explainAny(err)
	failure := dataloader.Failf(found.reason, "%s", dataloader.Scrub(found.sentence, l.Secrets...))
	failure.Detail = dataloader.Scrub(err.Error(), l.Secrets...)
	return failure
}

func (l *load) explainAny(err error) explanation {
	if found := l.explain(err); found.sentence != "" {
		return found
	}
	if problem := certificateProblem(err); problem != "" {
		return explanation{dataloader.ReasonSourceUnreachable, problem}
	}
	if _, connecting := errors.AsType[errConnect](err); connecting {
		return explanation{dataloader.ReasonSourceUnreachable, cannotConnect}
	}
	switch {
	case errors.Is(err, errTooMuch):
		return explanation{dataloader.ReasonSourceError, sendsTooMuch}
	case brokenOff(err):
		return explanation{dataloader.ReasonSourceUnreachable, lostConnection}
	}
	return explanation{dataloader.ReasonSourceError, fmt.Sprintf(unknownError, "without a code")}
}
