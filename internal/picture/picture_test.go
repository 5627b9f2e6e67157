// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package picture_test

import (
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seatplane/seatplane/internal/picture"
)

var update = flag.Bool("update", false, "write the golden pictures")

var january = time.Date(2027, time.January, 1, 0, 0, 0, 0, time.UTC)

// months is a chart of so many monthly invoices.
func months(n int) picture.Chart {
	c := picture.Chart{Title: "Subscription acme", From: january, Until: january.AddDate(0, n, 0)}
	line := picture.Line{Name: "acme"}
	for i := range n {
		at := january.AddDate(0, i, 0)
		line.Points = append(line.Points, picture.Point{Time: at, Value: int64(8 + i%7*3)})
		c.Invoices = append(c.Invoices, picture.Invoice{
			Time: at, Name: fmt.Sprintf("acme-7f3k2x-%06d", i+1), Currency: "EUR", Amount: fmt.Sprintf("%d.50", 100+i%7*37), What: "Renewal",
		})
	}
	c.Seats = []picture.Line{line}
	return c
}

// charts are the pictures that are looked at.
func charts() map[string]picture.Chart {
	credits := months(12)
	credits.Invoices[5].Amount, credits.Invoices[5].What = "-180.00", "Update"
	credits.Invoices[11].Amount, credits.Invoices[11].What = "-95.25", "Final"
	credits.Seats[0].Points[11].Value = 0
	currencies := months(12)
	currencies.Title = "All subscriptions, simulated"
	for i := range 12 {
		currencies.Invoices = append(currencies.Invoices, picture.Invoice{
			Time: january.AddDate(0, i, 14), Name: fmt.Sprintf("globex-%d", i), Currency: "JPY", Amount: fmt.Sprint(120000 + i*5000), What: "Renewal",
		})
	}
	currencies.Seats = append(currencies.Seats, picture.Line{Name: "globex", Points: []picture.Point{{Time: january.AddDate(0, 0, 14), Value: 40}}})
	long := months(3)
	long.Title = "Subscription " + strings.Repeat("an-extraordinarily-long-name-", 8) + "<&>, simulated"
	long.Invoices[1].Amount, long.Invoices[2].Amount = "123456789.00", "98765432.10"
	long.Seats[0].Points[1].Value = 1234567
	near := months(2)
	near.Invoices = append(near.Invoices, picture.Invoice{Time: january.Add(time.Hour), Name: "acme-update", Currency: "EUR", Amount: "-20.00", What: "Update"})
	return map[string]picture.Chart{
		"none": {Title: "Subscription acme", From: january, Until: january.AddDate(0, 1, 0)},
		"one":  months(1), "twelve": months(12), "sixty": months(60), "credits": credits, "currencies": currencies, "long": long, "near": near,
	}
}

// Pictures are as they were when somebody looked at them.
func TestPictures(t *testing.T) {
	for name, chart := range charts() {
		t.Run(name, func(t *testing.T) {
			got := picture.SVG(chart)
			path := filepath.Join("testdata", name+".svg")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("look at the new picture, then run with -update (-want +got):\n%s", diff)
			}
		})
	}
}

// Pictures are well-formed, have text as text, run nothing and load nothing.
func TestPicturesAreHarmless(t *testing.T) {
	for name, chart := range charts() {
		for i := range chart.Invoices {
			chart.Invoices[i].Name += `"><script>alert(1)</script>`
		}
		svg := picture.SVG(chart)
		texts := 0
		decoder := xml.NewDecoder(strings.NewReader(svg))
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			element, isStart := token.(xml.StartElement)
			if !isStart {
				continue
			}
			switch element.Name.Local {
			case "text":
				texts++
			case "script", "foreignObject", "image", "use", "a":
				t.Errorf("%s has the element %s", name, element.Name.Local)
			}
			for _, a := range element.Attr {
				if strings.HasPrefix(a.Name.Local, "on") || strings.HasSuffix(a.Name.Local, "href") {
					t.Errorf("%s has the attribute %s", name, a.Name.Local)
				}
			}
		}
		if texts < 8 {
			t.Errorf("%s has %d texts: its axes have no labels", name, texts)
		}
		page, err := picture.HTML(chart, nil)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(page, "<script") || !strings.Contains(page, svg) {
			t.Errorf("the page of %s has a script, or not the picture", name)
		}
	}
}
