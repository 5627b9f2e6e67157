// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"
)

const (
	// rootsModule is the module that the image's root certificates come from.
	rootsModule = "golang.org/x/crypto/x509roots/fallback"

	noAssertion = "NOASSERTION"
	documentID  = "SPDXRef-DOCUMENT"
	managerID   = "SPDXRef-Manager"
	rootsID     = "SPDXRef-Certificates"
)

// The types below are the part of SPDX 2.3 that a bill of materials of a Go binary needs.
type (
	document struct {
		SPDXVersion       string         `json:"spdxVersion"`
		DataLicense       string         `json:"dataLicense"`
		SPDXID            string         `json:"SPDXID"`
		Name              string         `json:"name"`
		DocumentNamespace string         `json:"documentNamespace"`
		CreationInfo      creationInfo   `json:"creationInfo"`
		Packages          []component    `json:"packages"`
		Relationships     []relationship `json:"relationships"`
	}
	creationInfo struct {
		Created  string   `json:"created"`
		Creators []string `json:"creators"`
	}
	component struct {
		SPDXID           string        `json:"SPDXID"`
		Name             string        `json:"name"`
		VersionInfo      string        `json:"versionInfo"`
		DownloadLocation string        `json:"downloadLocation"`
		FilesAnalyzed    bool          `json:"filesAnalyzed"`
		LicenseConcluded string        `json:"licenseConcluded"`
		LicenseDeclared  string        `json:"licenseDeclared"`
		CopyrightText    string        `json:"copyrightText"`
		Checksums        []checksum    `json:"checksums,omitempty"`
		SourceInfo       string        `json:"sourceInfo,omitempty"`
		ExternalRefs     []externalRef `json:"externalRefs"`
	}
	checksum struct {
		Algorithm string `json:"algorithm"`
		Value     string `json:"checksumValue"`
	}
	externalRef struct {
		Category string `json:"referenceCategory"`
		Type     string `json:"referenceType"`
		Locator  string `json:"referenceLocator"`
	}
	relationship struct {
		Element string `json:"spdxElementId"`
		Type    string `json:"relationshipType"`
		Related string `json:"relatedSpdxElement"`
	}
)

// sbomOf returns the bill of materials of a program: each module that Go linked into it, the standard library,
// and the certificates next to it.
func sbomOf(of release, p program, info *debug.BuildInfo) ([]byte, error) {
	digest := sha256.Sum256(p.content)
	sum := hex.EncodeToString(digest[:])
	manager := module(managerID, modulePath, of.version)
	manager.LicenseDeclared = "Apache-2.0"
	manager.Checksums = []checksum{{Algorithm: "SHA256", Value: sum}}
	roots := module(rootsID, rootsModule, of.rootsVersion)
	bill := document{
		SPDXVersion: "SPDX-2.3", DataLicense: "CC0-1.0", SPDXID: documentID,
		Name:              fmt.Sprintf("seatplane-manager %s for %s/%s", of.version, p.os, p.architecture),
		DocumentNamespace: "https://spdx.org/spdxdocs/seatplane-manager-" + sum,
		CreationInfo:      creationInfo{Created: of.created.Format(time.RFC3339), Creators: []string{"Tool: seatplane-hack-image"}},
		Packages:          []component{manager, roots},
		Relationships: []relationship{
			{documentID, "DESCRIBES", managerID},
			{documentID, "DESCRIBES", rootsID},
		},
	}
	for i, each := range linked(info) {
		each.SPDXID = fmt.Sprintf("SPDXRef-Module-%d", i+1)
		bill.Packages = append(bill.Packages, each)
		bill.Relationships = append(bill.Relationships, relationship{managerID, "DEPENDS_ON", each.SPDXID})
	}
	content, err := json.MarshalIndent(bill, "", "  ")
	return append(content, '\n'), err
}

// linked returns the standard library and the modules in a binary. A module that is replaced is listed as what
// replaces it.
func linked(info *debug.BuildInfo) []component {
	all := []component{module("", "stdlib", strings.TrimPrefix(info.GoVersion, "go"))}
	for _, each := range info.Deps {
		if each.Replace != nil {
			each = each.Replace
		}
		c := module("", each.Path, each.Version)
		if each.Sum != "" {
			c.SourceInfo = "go.sum: " + each.Sum
		}
		all = append(all, c)
	}
	return all
}

func module(id, path, version string) component {
	return component{
		SPDXID: id, Name: path, VersionInfo: version, DownloadLocation: noAssertion,
		LicenseConcluded: noAssertion, LicenseDeclared: noAssertion, CopyrightText: noAssertion,
		ExternalRefs: []externalRef{{
			Category: "PACKAGE-MANAGER", Type: "purl",
			// Package URLs of Go are in lower case, and a plus sign stands for a space in them.
			Locator: "pkg:golang/" + strings.ToLower(path) + "@" + strings.ReplaceAll(version, "+", "%2B"),
		}},
	}
}

// rootsVersion returns the version of the certificates that are linked into this program.
func rootsVersion() (string, error) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", errors.New("this program was not built as a module: run it with go run")
	}
	for _, each := range info.Deps {
		if each.Path == rootsModule {
			return each.Version, nil
		}
	}
	return "", fmt.Errorf("this program was built without %s", rootsModule)
}
