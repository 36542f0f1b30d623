package main

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/ledger"
	"secondaryuse/pipeline/report"
	"secondaryuse/pipeline/stage/seal"
	"secondaryuse/schedules"
)

// TestCompactForgets holds that the job compact takes runs that are long over out
// of the ledger, and not the one that the stage is of.
func TestCompactForgets(t *testing.T) {
	ctx := context.Background()
	c := config.Config{Work: t.TempDir(), Marts: t.TempDir()}
	l, err := openLedger(c)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	now, staged := time.Now(), ""
	for _, days := range []int{405, 404, 403, 402, 398} { // the newest that ended well stays in any case
		at := now.AddDate(0, 0, -days)
		r := ledger.Run{ID: seal.Name(at), Command: "run", Started: at, Finished: at, Status: ledger.Published}
		if staged == "" {
			staged = r.ID
		}
		if err := l.Begin(ctx, r); err != nil {
			t.Fatal(err)
		}
		if err := l.Finish(ctx, r); err != nil {
			t.Fatal(err)
		}
		if _, err := report.Write(ctx, reportsOf(c), l, r); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{seal.Make(stageOf(c), staged), seal.Write(stageOf(c), seal.Manifest{Run: staged}), seal.SetCurrent(stageOf(c), staged)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	way, _ := wayOf(schedules.Job{}, schedules.Step{Word: "compact"})
	if _, _, err := begin(ctx, c, way); err != nil {
		t.Fatal(err)
	}
	runs, err := l.Runs(ctx, 10)
	if err != nil || len(runs) != 3 || runs[0].Command != "compact" || runs[2].ID != staged {
		t.Errorf("left are %s, %v", fmt.Sprint(runs), err)
	}
	if reports, err := os.ReadDir(reportsOf(c)); err != nil || len(reports) != 2*len(runs) || !report.Has(reportsOf(c), staged) {
		t.Errorf("left are the reports %v, %v", reports, err)
	}
}
