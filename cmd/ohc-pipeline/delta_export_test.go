package main

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"secondaryuse/marts/snapshot"
)

// TestDeltaOfExports holds that what a phone says of a stretch of time in a later
// export takes the place of what it said in an earlier one, in whichever order
// they come: by a delta as by reading everything.
func TestDeltaOfExports(t *testing.T) {
	t.Parallel()
	o := newOwn(t, "0,apple,a0,2026-03-01T00:00:00Z,,*,")
	for _, night := range []struct {
		when     string
		exported int      // the day of June
		steps    []string // of an hour each, from eight in the morning
		want     string
	}{
		{"one export", 2, []string{"400", "50"}, "450"},
		{"corrected", 4, []string{"300", "50", "7"}, "357"},
		{"an older one comes late", 3, []string{"999", "50"}, "357"},
		{"told again", 5, []string{"300", "50", "7"}, "357"},
	} {
		o.export(fmt.Sprintf("night%d", o.night+1), "a0", night.exported, night.steps)
		o.delta(night.when, 1)
		if got := o.steps(); got != night.want {
			t.Errorf("%s: %s steps, want %s", night.when, got, night.want)
		}
	}
}

// export writes what a phone exports on a day of June: the steps of the first of
// June, which it says every time that it took down on that day.
func (o *own) export(folder, account string, day int, steps []string) {
	o.t.Helper()
	at := func(hour int) string {
		return time.Date(2026, 6, 1, hour, 0, 0, 0, time.UTC).Format("2006-01-02 15:04:05 -0700")
	}
	var text strings.Builder
	fmt.Fprintf(&text, "<HealthData>\n<ExportDate value=\"2026-06-%02d 09:00:00 +0000\"/>\n", day)
	for i, n := range steps {
		fmt.Fprintf(&text, "<Record type=\"HKQuantityTypeIdentifierStepCount\" sourceName=\"P\" unit=\"count\" creationDate=%q startDate=%q endDate=%q value=%q/>\n",
			at(20), at(8+i), at(9+i), n)
	}
	text.WriteString("</HealthData>\n")
	dir := filepath.Join(o.root, folder, "wearable", "apple", account)
	if err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(filepath.Join(dir, "export.xml"), []byte(text.String()), 0o600)); err != nil {
		o.t.Fatal(err)
	}
}

// steps are those that the mart has of phones, day by day.
func (o *own) steps() (out string) {
	o.t.Helper()
	dir, _, err := snapshot.Current(o.config("kept").Marts)
	if err != nil {
		o.t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		o.t.Fatal(err)
	}
	defer db.Close()
	err = db.QueryRow(fmt.Sprintf("SELECT coalesce(string_agg(steps::VARCHAR, ' ' ORDER BY day), '') FROM '%s' WHERE steps_vendor = 'apple'", filepath.Join(dir, "wearable_daily.parquet"))).Scan(&out)
	if err != nil {
		o.t.Fatal(err)
	}
	return out
}
