// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package node

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"regexp"

	"github.com/seatplane/seatplane/internal/testing/mysqlwire"
)

// hostile are sources that answer with what takes more memory than a loader process may use, as many of each as half
// of the loader processes.
var hostile = map[string]struct {
	reason string
	begin  func(i *installation) (dataLoader, secret string)
	says   *regexp.Regexp
}{
	"nested": {
		"an answer of 8 MiB takes more than a hundred times as much when it is decoded, unless its values are counted",
		(*installation).servesNested, regexp.MustCompile(`^SourceError: .*(values|needed more than 256 MiB)`),
	},
	"endless": {
		"nothing but the kernel limits how much memory a driver takes for one row",
		(*installation).servesEndlessRow,
		regexp.MustCompile(`^SourceError: .*the data source's answer could not be processed: it needed more than 256 MiB\.$`),
	},
}

// attack is a product of a name with a data loader, and a subscription that has its seats counted.
const attack = `
apiVersion: billing.seatplane.dev/v1alpha1
kind: SeatProduct
metadata: {name: %[1]s}
spec:
  plans:
  - {name: monthly, currency: EUR, interval: {unit: Month, count: 1}, pricing: {model: PerUnit, unitAmount: "1"}}
  dataLoader: %[2]s
  refresh: {every: 1h}
---
apiVersion: billing.seatplane.dev/v1alpha1
kind: Subscription
metadata: {name: %[1]s}
spec:
  customer: {id: %[1]s}
  items:
  - {name: editors, productRef: {name: %[1]s}, plan: monthly}
`

// resistsHostileSources has as many hostile sources as there are loader processes answer at once. Each fails its own
// refresh. No container is killed, and another customer is billed.
func (i *installation) resistsHostileSources() {
	const each = 4
	before := i.restarts()
	for kind, source := range hostile {
		loader, secret := source.begin(i)
		for n := range each {
			name := fmt.Sprintf("%s-%d", kind, n)
			if err := site.apply(i.Context(), "default", secret+fmt.Sprintf(attack, name, loader)); err != nil {
				i.Fatal(err)
			}
		}
	}
	i.bills("umbrella", 4, "50.00")
	for kind, source := range hostile {
		for n := range each {
			name := fmt.Sprintf("%s-%d", kind, n)
			i.eventually(name+" fails because "+source.reason, func() (bool, string) {
				said := i.conditionsOf(name)
				return source.says.MatchString(said), said
			})
		}
	}
	if after := i.restarts(); fmt.Sprint(after) != fmt.Sprint(before) {
		i.Errorf("containers were started again: %v, before the attack %v\n%s", after, before, i.state())
	}
	peak, limit := peakMemory(i.leader())
	if peak >= limit {
		i.Errorf("the leader's pod used %d bytes of %d", peak, limit)
	}
	i.Logf("the leader's pod used at most %d MiB of %d", peak>>20, limit>>20)
}

// servesNested serves an answer of objects in objects that fits into the limit of 8 MiB.
func (i *installation) servesNested() (dataLoader, secret string) {
	const each, longest = `{"":{"":{"":{}}}}`, 8 << 20
	var body bytes.Buffer
	body.WriteString("[" + each)
	for body.Len()+len(each)+2 < longest {
		body.WriteString("," + each)
	}
	body.WriteString("]")
	url := i.serves(func(response http.ResponseWriter, _ *http.Request) {
		response.Header().Set("Content-Type", "application/json")
		_, _ = response.Write(body.Bytes())
	})
	return fmt.Sprintf("{http: {url: %q, rows: response, rowKey: row.id, rowCount: int(row.n)}}", url), ""
}

// servesEndlessRow is a MySQL server that lets everybody in and answers every statement with a row that never ends.
func (i *installation) servesEndlessRow() (dataLoader, secret string) {
	listener := i.listens()
	i.Cleanup(func() {
		if err := listener.Close(); err != nil {
			i.Error(err)
		}
	})
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go answerEndlessly(client)
		}
	}()
	address := listener.Addr().String()
	secret = fmt.Sprintf(`
apiVersion: v1
kind: Secret
metadata:
  name: endless
  labels: {billing.seatplane.dev/allow: loader-dsn}
  annotations: {billing.seatplane.dev/allow-hosts: %q}
stringData: {dsn: %q}
---`, address, "mysql://editor:hunter2@"+address+"/crm?tls=false")
	return "{sql: {driver: MySQL, dsnSecretRef: {name: endless, key: dsn}, query: \"SELECT tenant, n FROM seats\"}}", secret
}

// answerEndlessly answers one client until it leaves.
func answerEndlessly(client net.Conn) {
	defer client.Close()
	if err := mysqlwire.Login(client, mysqlwire.NativePassword); err != nil {
		return
	}
	_, sequence, err := mysqlwire.Read(client)
	for _, packet := range mysqlwire.Header(2) {
		if err == nil {
			sequence++
			err = mysqlwire.Write(client, sequence, packet)
		}
	}
	part := bytes.Repeat([]byte("x"), mysqlwire.LongestPacket)
	for err == nil {
		sequence++
		err = mysqlwire.Write(client, sequence, part)
	}
}
