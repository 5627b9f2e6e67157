// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
)

// sqliteKind is what the manager needs to know about SQLite. It only reads files in the folder of the
// product's namespace. The author of a SeatProduct must not be able to read the operator's own disk, or the
// files of another namespace.
type sqliteKind struct {
	// dir is the folder that the flag --sqlite-dir names. "" means off.
	dir string
}

var _ kind = sqliteKind{}

// resolve implements kind. The DSN is a path, absolute or relative to the namespace's folder. A leading
// "file:" and "?mode=ro" are accepted, because people copy them from elsewhere. Any other parameter is
// refused.
func (k sqliteKind) resolve(namespace string, l login) (target, error) {
	if k.dir == "" {
		return target{}, dataloader.Failf(dataloader.ReasonSourceError,
			"SQLite is off: start the operator with the flag --sqlite-dir, which names the folder of the databases")
	}
	if l.ca.Reveal() != "" {
		return target{}, dataloader.Failf(dataloader.ReasonSourceError, "caSecretRef is for database servers: remove it, or use another driver than SQLite")
	}
	dsn := l.dsn.Reveal()
	path, problem := sqlitePath(dsn)
	if problem != "" {
		return target{}, dataloader.Failf(dataloader.ReasonSourceError, "%s", problem)
	}
	file, err := k.inside(namespace, path)
	if err != nil {
		return target{}, err
	}
	return target{file: file, secrets: []string{dsn, path, file, filepath.Base(file), k.dir}}, nil
}

// sqlitePath returns the path in a DSN, or what is wrong with it.
func sqlitePath(dsn string) (path, problem string) {
	dsn = strings.TrimSpace(dsn)
	if rest, isURI := strings.CutPrefix(dsn, "file:"); isURI {
		dsn = strings.TrimPrefix(rest, "//")
	}
	path, parameters, _ := strings.Cut(dsn, "?")
	switch {
	case parameters != "" && parameters != "mode=ro":
		return "", "the connection string of a SQLite file takes no parameters: write its path alone"
	case path == "" || strings.ContainsAny(path, "%#") || strings.ContainsFunc(path, isControl):
		return "", "the connection string does not name a SQLite file: write its path, without % and #"
	}
	return path, ""
}

// inside returns the real path of a file in the namespace's folder after following symbolic links. Its error
// is the same for a file outside the folder and for one that does not exist, because not everyone may find
// out what is on the operator's disk.
func (k sqliteKind) inside(namespace, path string) (string, error) {
	folder, err := k.folder(namespace)
	if err != nil {
		return "", err
	}
	absent := dataloader.Failf(dataloader.ReasonSourceUnreachable,
		"the SQLite file does not exist in the folder %q below the folder that the operator's flag --sqlite-dir names: each namespace reads its own folder",
		namespace)
	if !filepath.IsAbs(path) {
		path = filepath.Join(folder, path)
	}
	file, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", absent
	}
	within, err := filepath.Rel(folder, file)
	if err != nil || !filepath.IsLocal(within) {
		return "", absent
	}
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return "", absent
	case !info.Mode().IsRegular():
		return "", dataloader.Failf(dataloader.ReasonSourceError, "the connection string does not name a SQLite file: write the path of one")
	}
	return file, nil
}

// folder returns the real path of the namespace's folder.
func (k sqliteKind) folder(namespace string) (string, error) {
	missing := dataloader.Failf(dataloader.ReasonSourceUnreachable,
		"the folder %q does not exist below the folder that the operator's flag --sqlite-dir names: create it, and put the namespace's databases there",
		namespace)
	// A namespace's name is a DNS label, without dots and slashes.
	if namespace == "" || !filepath.IsLocal(namespace) || namespace != filepath.Base(namespace) || namespace == "." {
		return "", missing
	}
	folder, err := filepath.Abs(filepath.Join(k.dir, namespace))
	if err != nil {
		return "", missing
	}
	if folder, err = filepath.EvalSymlinks(folder); err != nil {
		return "", missing
	}
	return folder, nil
}

// pragmas are virtual tables of SQLite that reveal the path of the file and change settings. They are
// searched in the whole text, because a quoted name reaches them too.
var pragmas = regexp.MustCompile(`(?i)pragma_`)

// check implements kind. The driver refuses a parameter without a value, but ignores a value that the
// query does not take. Then every batch would return everyone's rows again.
func (sqliteKind) check(spec *v1alpha1.SQLSource) error {
	if pragmas.MatchString(spec.Query) {
		return dataloader.Failf(dataloader.ReasonInvalidExpression, "the query has a name that begins with pragma_: a data loader reads tables, so remove it")
	}
	if err := checkStatement(spec.Query, sqliteLexicon); err != nil {
		return err
	}
	if spec.Keys == v1alpha1.QueryBound && !strings.ContainsAny(sqliteLexicon.withoutLiterals(spec.Query), "?:@$") {
		return noParameter("SQLite as json_each(?)")
	}
	return nil
}
