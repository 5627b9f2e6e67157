// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package hostile

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/egress"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
	"github.com/seatplane/seatplane/internal/dataloader/sql"
)

const (
	// inputsEnv says how many random answers each driver reads, and seedEnv from which seed on.
	inputsEnv, seedEnv = "SEATPLANE_HOSTILE_INPUTS", "SEATPLANE_HOSTILE_SEED"
	defaultInputs      = 300
	// atOnce is how many loader processes run at once.
	atOnce = 4
	// driverTimeout is the timeout of each load: a server that goes silent costs this long.
	driverTimeout = time.Second
	// slack is what the machine may add to the time of a load.
	slack = 20 * time.Second
)

// handlers are what a loader process of this test can do: what one of the manager's can.
var handlers = guest.Handlers{sql.Kind: sql.Handle}

// TestDriversReadRandomAnswers has both drivers, in loader processes, read random bytes after a valid
// greeting. Each load ends in time, with rows or with a failure that is fit for a condition.
func TestDriversReadRandomAnswers(t *testing.T) {
	first := uint64(number(t, seedEnv, int(time.Now().UnixNano()>>10)))
	inputs := number(t, inputsEnv, defaultInputs)
	t.Logf("%d inputs for each driver from seed %d on; %s and %s choose others", inputs, first, inputsEnv, seedEnv)
	for driver, serve := range map[v1alpha1.SQLDriver]func(*improviser, *recorded){
		v1alpha1.DriverMySQL: (*improviser).mysql, v1alpha1.DriverPostgres: (*improviser).postgres,
	} {
		t.Run(string(driver), func(t *testing.T) {
			t.Parallel()
			var reached atomic.Int64
			var loads errgroup.Group
			loads.SetLimit(atOnce)
			for n := range inputs {
				seed := first + uint64(n)
				loads.Go(func() error {
					asked, err := improvise(t, driver, seed, serve)
					if err != nil {
						t.Errorf("seed %d: %v", seed, err)
					}
					if asked {
						reached.Add(1)
					}
					return nil
				})
			}
			_ = loads.Wait()
			many := reached.Load()
			t.Logf("%d of %d drivers got as far as the query", many, inputs)
			if many*10 < int64(inputs) {
				t.Errorf("only %d of %d drivers got as far as the query: the servers say too much nonsense", many, inputs)
			}
		})
	}
}

// number reads a number from an environment variable.
func number(t *testing.T, name string, fallback int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return fallback
	}
	read, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s is not a number: %v", name, err)
	}
	return read
}

// improvise has one loader process ask one server, whose answers are those of a seed. It says whether the
// server was asked the query, and what is wrong with the outcome.
func improvise(t *testing.T, driver v1alpha1.SQLDriver, seed uint64, serve func(*improviser, *recorded)) (asked bool, err error) {
	certificate := strangersCertificate(t)
	server, stop, err := listenUntil(func(c *recorded) { serve(&improviser{rand.New(rand.NewPCG(seed, 1)), certificate}, c) })
	if err != nil {
		return false, err
	}
	defer stop()
	dsn := dsns(server.address)[driver]
	spec := &v1alpha1.DataLoader{SQL: &v1alpha1.SQLSource{
		Driver: driver, Query: query, TimeoutSeconds: ptr.To(int32(driverTimeout / time.Second)),
		DSNSecretRef: v1alpha1.SecretKeyReference{Name: "dsn", Key: "value"},
	}}
	if driver == v1alpha1.DriverPostgres {
		dsn = strings.TrimSuffix(dsn, "?sslmode=disable")
		spec.SQL.CASecretRef = &v1alpha1.SecretKeyReference{Name: "dsn", Key: "ca"}
	}
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]})
	secret := &corev1.Secret{Data: map[string][]byte{"value": []byte(dsn), "ca": ca}}
	secret.Namespace, secret.Name = "hostile", "dsn"
	secret.Labels = map[string]string{v1alpha1.LabelAllow: v1alpha1.AllowLoaderDSN}
	secret.Annotations = map[string]string{v1alpha1.AnnotationAllowHosts: server.address}
	networks, err := egress.ParseNetworks("127.0.0.0/8")
	if err != nil {
		return false, err
	}
	provider := sql.New(fake.NewClientBuilder().WithObjects(secret).Build(), guest.NewProcess(guest.ProcessOptions{}),
		sql.Options{Egress: egress.Policy{Networks: networks, PlainSQL: true}})
	source, err := provider.Open(t.Context(), dataloader.Scope{Namespace: "hostile", Product: strconv.FormatUint(seed, 10)}, spec)
	if err != nil {
		return false, fmt.Errorf("the load cannot begin: %w", err)
	}
	err = judge(t.Context(), source)
	return strings.Contains(server.heard(), query), err
}

// judge loads and says what is wrong with the outcome.
func judge(ctx context.Context, source dataloader.Source) error {
	began := time.Now()
	_, err := source.Load(ctx, dataloader.Request{Keys: []string{"acme"}})
	if took := time.Since(began); took > driverTimeout+guest.Grace+slack {
		return fmt.Errorf("the load took %s", took)
	}
	failure, ok := errors.AsType[*dataloader.Failure](err)
	if err != nil && !ok {
		return fmt.Errorf("the outcome is neither rows nor a failure: %w", err)
	}
	if ok && (failure.Reason == v1alpha1.ReasonRefreshed || failure.Message == "") {
		return fmt.Errorf("the failure says nothing: %w", failure)
	}
	return nil
}
