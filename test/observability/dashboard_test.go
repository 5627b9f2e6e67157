// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package observability

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/seatplane/seatplane/internal/testing/controlplane"
)

// dashboard is a Grafana dashboard, as far as these tests look at it.
type dashboard struct {
	UID           string `json:"uid"`
	SchemaVersion int    `json:"schemaVersion"`
	Templating    struct {
		List []struct {
			Name       string `json:"name"`
			Type       string `json:"type"`
			Definition string `json:"definition"`
		} `json:"list"`
	} `json:"templating"`
	Panels []panel `json:"panels"`
}

type panel struct {
	ID          int        `json:"id"`
	Type        string     `json:"type"`
	Title       string     `json:"title"`
	Description string     `json:"description"`
	Datasource  datasource `json:"datasource"`
	GridPos     struct{ H, W, X, Y int }
	Targets     []struct {
		RefID      string     `json:"refId"`
		Expr       string     `json:"expr"`
		Datasource datasource `json:"datasource"`
	} `json:"targets"`
}

type datasource struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

// chosen is the data source that the reader of the dashboard chooses.
var chosen = datasource{Type: "prometheus", UID: "${datasource}"}

func loadDashboard(t *testing.T) dashboard {
	t.Helper()
	var d dashboard
	if err := json.Unmarshal(read(t, controlplane.FromRoot(t, "dashboards", "seatplane.json")), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// expressions returns the dashboard's queries by where they stand, with its variables filled in as
// Grafana does.
func (d dashboard) expressions() map[string]string {
	fill := strings.NewReplacer("$namespace", ".*", "$__rate_interval", "1m")
	all := map[string]string{}
	for _, panel := range d.Panels {
		for _, target := range panel.Targets {
			all[panel.Title+" "+target.RefID] = fill.Replace(target.Expr)
		}
	}
	return all
}

// TestDashboard requires what Grafana needs to show every panel.
func TestDashboard(t *testing.T) {
	d := loadDashboard(t)
	if d.UID == "" || d.SchemaVersion < 39 {
		t.Errorf("uid %q, schemaVersion %d", d.UID, d.SchemaVersion)
	}
	variables := map[string]string{}
	for _, v := range d.Templating.List {
		variables[v.Name] = v.Type
	}
	if variables["datasource"] != "datasource" || variables["namespace"] != "query" {
		t.Errorf("the variables are %v, want a data source and a namespace", variables)
	}
	ids, rows := map[int]string{}, 0
	var taken [][24]bool
	for _, p := range d.Panels {
		if other, seen := ids[p.ID]; seen || p.ID == 0 {
			t.Errorf("the panels %q and %q have the id %d", other, p.Title, p.ID)
		}
		ids[p.ID] = p.Title
		taken = place(t, taken, p)
		if p.Type == "row" {
			rows++
			continue
		}
		if p.Title == "" || p.Description == "" || len(p.Targets) == 0 || p.Datasource != chosen {
			t.Errorf("panel %d (%q) lacks a title, a description, a query or the chosen data source", p.ID, p.Title)
		}
		for _, target := range p.Targets {
			if target.Datasource != chosen {
				t.Errorf("query %s of %q asks %v", target.RefID, p.Title, target.Datasource)
			}
		}
	}
	if rows == 0 {
		t.Error("there are no rows")
	}
}

// place notes where a panel stands in the grid, and complains about one that covers another.
func place(t *testing.T, taken [][24]bool, p panel) [][24]bool {
	t.Helper()
	for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
		for len(taken) <= y {
			taken = append(taken, [24]bool{})
		}
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			if x >= 24 || taken[y][x] {
				t.Errorf("panel %q is outside the grid or covers another at %d, %d", p.Title, x, y)
				return taken
			}
			taken[y][x] = true
		}
	}
	return taken
}
