// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"net/netip"

	"github.com/seatplane/seatplane/api/v1alpha1"
)

// order is what a loader process gets for one load. It contains credentials.
type order struct {
	Driver v1alpha1.SQLDriver
	Query  string
	// Bound means that the query takes the wanted keys as its parameter.
	Bound bool
	// Server is the server to connect to, or nil for SQLite.
	Server *server
	// File is the path of a SQLite file, or "" for servers.
	File string
	// Networks may be reached even if they are not public.
	Networks []netip.Prefix
	// Secrets are the texts that no message and no log may contain.
	Secrets []string
}

// server is a database server with the login for it.
type server struct {
	Host           string
	Port           uint16
	User, Password string
	Database       string
	// Application is the application name of the connection. Only PostgreSQL shows it.
	Application string
	Trust       trust
	// CA contains the authority's certificates in PEM. "" means the system's authorities.
	CA string
}
