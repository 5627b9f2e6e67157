// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/go-sql-driver/mysql"

	"github.com/seatplane/seatplane/internal/dataloader"
)

// address is the address of a database server and the login for it, as given in a connection string. It
// is parsed here and not by a driver, because a driver also accepts files, sockets, environment
// variables and options that a stranger must not reach.
type address struct {
	user, password string
	host           string
	port           uint16
	database       string
	// parameters are the accepted parameters in the connection string.
	parameters map[string]string
	// secrets are the texts that no message may contain.
	secrets []string
}

// form describes the connection strings of one kind of server.
type form struct {
	schemes []string
	port    uint16
	// example is shown in the message about a connection string that cannot be parsed.
	example string
	// accepted are the parameters that are understood.
	accepted []string
	// ignored are parameters that people copy from other programs and that do not change counts.
	ignored []string
}

// parseURL parses a connection string that is a URL. The error repeats nothing from it.
func (f form) parseURL(dsn string) (address, error) {
	read, err := url.Parse(dsn)
	if err != nil || !slices.Contains(f.schemes, read.Scheme) || read.Opaque != "" || read.User == nil {
		return address{}, f.unreadable()
	}
	password, _ := read.User.Password()
	_, written, _ := strings.Cut(read.User.String(), ":")
	a := address{
		user:     read.User.Username(),
		password: password,
		host:     read.Hostname(),
		database: strings.TrimPrefix(read.Path, "/"),
		secrets:  []string{dsn, written},
	}
	return f.complete(a, read.Port(), read.RawQuery)
}

// parseGo parses a connection string in the format of Go's MySQL driver:
// user:password@tcp(host:port)/database?parameters.
func (f form) parseGo(dsn string) (address, error) {
	slash := strings.LastIndex(dsn, "/")
	path, parameters, _ := strings.Cut(dsn[slash+1:], "?")
	read, err := mysql.ParseDSN(dsn[:slash+1] + path)
	if err != nil || read.Net != "tcp" {
		return address{}, f.unreadable()
	}
	host, port, err := net.SplitHostPort(read.Addr)
	if err != nil {
		return address{}, f.unreadable()
	}
	a := address{user: read.User, password: read.Passwd, host: host, database: read.DBName, secrets: []string{dsn}}
	return f.complete(a, port, parameters)
}

// hostName is a name or an IP address. It is not a list, and not the path of a socket.
var hostName = regexp.MustCompile(`^[A-Za-z0-9_:][A-Za-z0-9_.:-]*$`)

// complete checks what both formats contain, and adds the port and the parameters.
func (f form) complete(a address, port, query string) (address, error) {
	// A zero byte ends a text of the protocol, and the rest would be read as a setting.
	if strings.ContainsFunc(a.user+a.password+a.database, unicode.IsControl) ||
		a.user == "" || a.database == "" || !hostName.MatchString(a.host) {
		return address{}, f.unreadable()
	}
	a.port = f.port
	if port != "" {
		number, err := strconv.ParseUint(port, 10, 16)
		if err != nil || number == 0 {
			return address{}, f.unreadable()
		}
		a.port = uint16(number)
	}
	// The name of the database is not a secret, because the author of a query knows it.
	a.secrets = append(a.secrets, a.password, a.user, a.host)
	var err error
	a.parameters, err = f.parseParameters(query)
	return a, err
}

func (f form) parseParameters(query string) (map[string]string, error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, f.unreadable()
	}
	parameters := map[string]string{}
	for name, each := range values {
		switch {
		case slices.ContainsFunc(each, unprintable):
			return nil, dataloader.Failf(dataloader.ReasonSourceError,
				"a parameter of the connection string is longer than %d characters or has a character that is not printable ASCII: write plain letters and digits",
				maxParameter)
		case slices.Contains(f.ignored, name):
		case slices.Contains(f.accepted, name) && len(each) == 1:
			parameters[name] = each[0]
		default:
			// The parameter is not named. In a connection string with an unusual password, it may be a part of
			// the password.
			return nil, dataloader.Failf(dataloader.ReasonSourceError,
				"the connection string has a parameter that is not accepted: it may have %s, each once", strings.Join(f.accepted, ", "))
		}
	}
	return parameters, nil
}

// maxParameter bounds the value of a parameter: PostgreSQL cuts names at this length.
const maxParameter = 63

// unprintable reports whether the value of a parameter could be more than one word to its reader on the
// wire. For example, a line break would begin a command on a line-based server.
func unprintable(value string) bool {
	return len(value) > maxParameter || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' })
}

func (f form) unreadable() error {
	return dataloader.Failf(dataloader.ReasonSourceError,
		"the connection string cannot be read: write %s, with every special character of the password percent-encoded", f.example)
}
