// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

// Package inkwell is a fictitious product: teams write together in workspaces, and pay for each editor. It shows how a
// repository of your own tests, against Seatplane, what its customers pay for the seats that it counts.
package inkwell

import (
	_ "embed"
	"errors"
	"fmt"
)

// Product is the SeatProduct that Inkwell is sold by, as it is applied in production.
//
//go:embed product.yaml
var Product []byte

// Role is what a member may do.
type Role string

const (
	// Editor writes, and needs a seat.
	Editor Role = "editor"
	// Guest reads and comments, free of charge.
	Guest Role = "guest"
)

// errNotMember is the error of a change to somebody who is not a member.
var errNotMember = errors.New("is not a member")

// Workspaces are the members of all workspaces, by workspace and e-mail address. The zero value has none.
type Workspaces struct {
	members map[string]map[string]Role
}

// Invite adds a member to a workspace, or gives one another role.
func (w *Workspaces) Invite(workspace, email string, role Role) {
	if w.members == nil {
		w.members = map[string]map[string]Role{}
	}
	if w.members[workspace] == nil {
		w.members[workspace] = map[string]Role{}
	}
	w.members[workspace][email] = role
}

// Remove removes a member from a workspace.
func (w *Workspaces) Remove(workspace, email string) error {
	if _, ok := w.members[workspace][email]; !ok {
		return fmt.Errorf("%s %w of %s", email, errNotMember, workspace)
	}
	delete(w.members[workspace], email)
	return nil
}

// Seats returns how many seats each workspace needs. In production, the query of product.yaml returns the same.
func (w *Workspaces) Seats() map[string]int64 {
	seats := map[string]int64{}
	for workspace, members := range w.members {
		seats[workspace] = 0
		for _, role := range members {
			if role == Editor {
				seats[workspace]++
			}
		}
	}
	return seats
}
