package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"secondaryuse/deid/gate"
	"secondaryuse/pipeline/ledger"
)

// TestDeltaSudden holds that a delta knows of everybody what the gates say, however
// few it is about; that where that is suddenly another nothing is published; and
// that it is once that has been accepted.
func TestDeltaSudden(t *testing.T) {
	t.Parallel()
	d := newDeltas(t, 120, 5, 0)
	d.plan.Without = []string{"agreement begins", "agreement ends"}
	c := d.config("kept")
	few, least := int64(10), int64(50)
	c.Change.Fewest, c.Change.Least = &few, &least
	d.land(c, "day0", d.plan.AsOf, false)
	d.run(c)
	if r := d.run(c); r.Plan.Whole {
		t.Fatal(r.Plan.Why)
	}
	before := served(c)
	c.Gates.Objection.File = d.everybody(c.Gates.OptOut.Reply, c.Gates.Objection.File)
	ctx := d.now()
	r, _, err := begin(ctx, c, extract)
	if !errors.Is(err, gate.ErrRefused) || !r.Delta || !strings.Contains(err.Error(), "sudden change: the gate objection leaves out ") || !strings.Contains(err.Error(), " persons, and before it was ") {
		t.Fatalf("%+v %v", r.Plan, err)
	}
	if after := served(c); after.ID != before.ID {
		t.Error("it has published")
	}
	r, _, err = begin(context.WithValue(d.now(), acceptedKey{}, "a test"), c, extract)
	if err != nil || !r.Delta || served(c).ID == before.ID || !strings.Contains(strings.Join(served(c).Rules, "\n"), "change: ACCEPTED by ") {
		t.Fatalf("%+v %v %v", r.Plan, served(c).Rules, err)
	}
	if r := d.run(c); !r.Delta {
		t.Error(r.Plan.Why)
	}
	l, err := openLedger(c)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	runs, err := l.Runs(ctx, 9)
	if err != nil || len(runs) != 5 || runs[0].Kind != ledger.Delta || runs[2].Status != ledger.Refused || runs[4].Kind != ledger.Whole {
		t.Errorf("%+v %v", runs, err)
	}
	sums := make([]int64, len(runs))
	for i, run := range runs {
		all, err := l.Verdicts(ctx, run.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range all {
			sums[i] += v.Persons
		}
	}
	if sums[0] < 100 || sums[0] != sums[2] || sums[3] != sums[4] {
		t.Errorf("persons known: %v", sums)
	}
}

// everybody writes an objection list of all whom an opt-out reply names.
func (d *deltas) everybody(reply, list string) string {
	d.t.Helper()
	text, err := os.ReadFile(reply)
	if err != nil {
		d.t.Fatal(err)
	}
	was, err := os.ReadFile(list)
	if err != nil {
		d.t.Fatal(err)
	}
	head := strings.SplitN(string(was), "\n", 3)
	var rows []string
	for line := range strings.Lines(string(text)) {
		if number := strings.Trim(line, ",\r\n "); number != "" {
			rows = append(rows, number+",shared-record,objected,"+d.plan.AsOf.Format("2006-01-02"))
		}
	}
	first := head[0][:strings.Index(head[0], "rows=")] + fmt.Sprint("rows=", len(rows))
	path := filepath.Join(d.root, "everybody.csv")
	if err := os.WriteFile(path, []byte(first+"\n"+head[1]+"\n"+strings.Join(rows, "\n")+"\n"), 0o600); err != nil {
		d.t.Fatal(err)
	}
	return path
}
