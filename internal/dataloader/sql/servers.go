// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
)

// serverKind is what the manager needs to know about one kind of database server.
type serverKind struct {
	form  form
	parse func(f form, dsn string) (address, error)
	// parameter is the name of the TLS parameter, and levels are its accepted values.
	parameter string
	levels    []level
	refuse    func(spec *v1alpha1.SQLSource) error
	// neverUnverified means that the driver sends the password in clear text through unverified TLS, so that
	// even the operator's flag does not allow it.
	neverUnverified bool
	egress          egress.Policy
}

// level is a value of the TLS parameter.
type level struct {
	value string
	trust trust
}

var _ kind = serverKind{}

// check implements kind.
func (k serverKind) check(spec *v1alpha1.SQLSource) error { return k.refuse(spec) }

// resolve implements kind. It decides which server may be queried, and how strictly it is verified.
func (k serverKind) resolve(_ string, l login) (target, error) {
	to, err := k.parse(k.form, strings.TrimSpace(l.dsn.Reveal()))
	if err != nil {
		return target{}, err
	}
	level, err := k.trust(to, l.ca)
	if err != nil {
		return target{}, err
	}
	if err := k.checkPlace(to, l.dsn); err != nil {
		return target{}, err
	}
	if _, err := authorities(l.ca.Reveal()); err != nil {
		return target{}, err
	}
	application := "seatplane"
	if name, said := to.parameters["application_name"]; said {
		application = name
	}
	return target{
		server: &server{
			Host: to.host, Port: to.port, User: to.user, Password: to.password, Database: to.database,
			Application: application, Trust: level, CA: l.ca.Reveal(),
		},
		egress:  k.egress,
		secrets: to.secrets,
	}, nil
}

// trust returns how strictly the server is verified. It is verified fully unless the connection string asks
// for less and the operator allows that.
func (k serverKind) trust(to address, ca dataloader.Secret) (trust, error) {
	chosen := verified
	if value, said := to.parameters[k.parameter]; said {
		at := slices.IndexFunc(k.levels, func(l level) bool { return l.value == value })
		if at < 0 {
			return 0, dataloader.Failf(dataloader.ReasonSourceError,
				"the connection string has a value of %s that is not accepted: write %s=%s, or remove it",
				k.parameter, k.parameter, k.levels[0].value)
		}
		chosen = k.levels[at].trust
	}
	chosen, err := chosen.withAuthority(ca.Reveal() != "")
	if err != nil {
		return 0, err
	}
	if !chosen.isVerified() && !k.egress.PlainSQL {
		return 0, dataloader.Failf(dataloader.ReasonSourceError,
			"the connection string does not verify the server, and the operator was started without the flag --loader-allow-plain-sql:"+
				" write %[1]s=%[2]s in it, and name the server's authority in caSecretRef if that is not a public one", k.parameter, k.levels[0].value)
	}
	if k.neverUnverified && (chosen == anyone || chosen == preferred) {
		return 0, dataloader.Failf(dataloader.ReasonSourceError,
			"the connection string uses TLS without verifying the server, so whoever answers could ask for the password:"+
				" write %[1]s=%[2]s in it, and name the server's authority in caSecretRef if that is not a public one", k.parameter, k.levels[0].value)
	}
	return chosen, nil
}

// checkPlace refuses a server that the Secret may not be used for, and an address that is not public. The
// addresses of a name are checked when the connection is made. A check here would reveal them.
func (k serverKind) checkPlace(to address, dsn dataloader.Released) error {
	if err := dsn.CheckHost(to.host, to.port); err != nil {
		return err
	}
	if literal, err := netip.ParseAddr(to.host); err == nil && !k.egress.Permits(literal) {
		return dataloader.Failf(dataloader.ReasonSourceUnreachable,
			"the host of the connection string is not a public address: the operator's flag --loader-allowed-networks allows other networks")
	}
	return nil
}
