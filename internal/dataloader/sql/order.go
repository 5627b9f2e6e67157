// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"net/netip"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// order is what a loader process gets for one load. It holds credentials.
type order struct {
	Driver v1alpha1.SQLDriver
	Query  string
	// Bound says that the query takes the wanted keys as its parameter.
	Bound bool
	// Server is where to connect; nil for SQLite.
	Server *server
	// File is the path of a SQLite file; "" for servers.
	File string
	// Networks may be reached although they are not public.
	Networks []netip.Prefix
	// Secrets are the texts that no message and no log may repeat.
	Secrets []string
}

// server is a database server, and who asks it for what.
type server struct {
	Host           string
	Port           uint16
	User, Password string
	Database       string
	// Application is the name that the connection gives itself; only PostgreSQL shows it.
	Application string
	Trust       trust
	// CA is the authority's certificates in PEM; "" means the system's authorities.
	CA string
}
