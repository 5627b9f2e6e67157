// Copyright 2026 The Seatplane Authors.
// SPDX-License-Identifier: Apache-2.0

package performance

import (
	databasesql "database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/seatplane/seatplane/api/v1alpha1"
	"github.com/seatplane/seatplane/internal/dataloader"
	"github.com/seatplane/seatplane/internal/dataloader/guest"
	"github.com/seatplane/seatplane/internal/dataloader/sql"
)

// TestTenRows reads ten rows in a loader process, again and again, and prints what one load costs when make
// bench-refresh asks for figures: what a load costs that has next to nothing to do is what its process costs.
func TestTenRows(t *testing.T) {
	const loads = 20
	folder := t.TempDir()
	must(t, os.Mkdir(filepath.Join(folder, "shop"), 0o700))
	db, err := databasesql.Open("sqlite", filepath.Join(folder, "shop", "users.db"))
	must(t, err)
	_, err = db.ExecContext(t.Context(), "CREATE TABLE users AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 10) SELECT 'customer-' || i AS tenant FROM n")
	must(t, err)
	must(t, db.Close())
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "crm", Labels: map[string]string{v1alpha1.LabelAllow: v1alpha1.AllowLoaderDSN}},
		Data:       map[string][]byte{"dsn": []byte("users.db")},
	}
	live := fake.NewClientBuilder().WithObjects(secret).Build()
	registry := dataloader.NewRegistry(sql.New(live, guest.NewProcess(guest.ProcessOptions{}), sql.Options{SQLiteDir: folder}))
	spec := &v1alpha1.DataLoader{SQL: &v1alpha1.SQLSource{
		Driver: v1alpha1.DriverSQLite, DSNSecretRef: v1alpha1.SecretKeyReference{Name: "crm", Key: "dsn"},
		Query: "SELECT tenant, count(*) FROM users GROUP BY tenant",
	}}
	before, began := cpuTime(t), time.Now()
	for range loads {
		answer, err := registry.Load(t.Context(), dataloader.Scope{Namespace: "shop", Product: "seat"}, spec, dataloader.Request{Keys: []string{"customer-7"}})
		must(t, err)
		if len(answer.Rows) != 1 || answer.Others != 9 {
			t.Fatalf("got %+v", answer)
		}
	}
	if os.Getenv(sizesEnv) != "" {
		fmt.Printf("\na load of ten rows: %s of CPU, %s\n", ((cpuTime(t) - before) / loads).Round(100*time.Microsecond), (time.Since(began) / loads).Round(time.Millisecond))
	}
}
