package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"secondaryuse/deid"
	"secondaryuse/deid/identity"
	"secondaryuse/marts/domain"
	"secondaryuse/pipeline"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/ledger"
	"secondaryuse/pipeline/stage/seal"
	"secondaryuse/pipeline/withdrawal"
)

// kept are the snapshots that are there, the oldest first.
func (d *deltas) kept(c config.Config) (out []string) {
	d.t.Helper()
	entries, err := os.ReadDir(filepath.Join(c.Marts, "snapshots"))
	if err != nil {
		d.t.Fatal(err)
	}
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

// digest is what stands for a patient among those who were affected.
func (o *odd) digest(c config.Config, n identity.Number) withdrawal.Digest {
	o.t.Helper()
	key, err := deid.OpenKey(c.Keys, false)
	if err != nil {
		o.t.Fatal(err)
	}
	return key.Withdrawal(key.Person(n))
}

// TestRetire holds that snapshots made before somebody was taken out are gone with
// the next run, however that ends, and not before; that the current one stays; and
// that others stay until they are too old.
func TestRetire(t *testing.T) {
	t.Parallel()
	w := &withdrawn{odd: newOdd(t)}
	w.number = w.numberText(1)
	c := w.config("kept")
	w.next(map[string][]resource{"Observation.ndjson": {w.made("Observation", "o1", 1, nil)}})
	c = w.config("kept")
	if w.step(c, "publish"); len(w.kept(c)) != 3 {
		t.Fatalf("where nobody was taken out there are %v", w.kept(c))
	}
	departures["an opt-out"].make(w)
	w.step(c, "publish")
	current := served(c).ID
	if len(w.kept(c)) != 3 || w.kept(c)[2] != current {
		t.Errorf("after somebody was taken out: %v", w.kept(c))
	}
	if lines, err := overdue(c, time.Now()); err != nil || len(lines) != 2 || !strings.Contains(lines[0], "ought to be gone") {
		t.Errorf("status says %q, %v", lines, err)
	}
	if err := os.Rename(w.list("optout.dat"), w.list("away")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := begin(w.now(), c, again); code(err) != exitRefused {
		t.Fatalf("without a list: %v", err)
	}
	if got := w.kept(c); !slices.Equal(got, []string{current}) || served(c).ID != current {
		t.Errorf("after a night that failed: %v", got)
	}
	if q, err := proved(t, c, nhs(t, w.number)); q.at("snapshot") != 0 {
		t.Errorf("they are in a snapshot: %v", err)
	}
	if lines, err := overdue(c, time.Now()); err != nil || len(lines) != 0 {
		t.Errorf("status says %q, %v", lines, err)
	}
	if err := os.Rename(w.list("away"), w.list("optout.dat")); err != nil {
		t.Fatal(err)
	}
	w.step(c, "publish")
	old := filepath.Join(c.Marts, "snapshots", current, "manifest.json")
	if err := os.Chtimes(old, time.Time{}, w.plan.AsOf.AddDate(0, 0, -5)); err != nil {
		t.Fatal(err)
	}
	if w.step(c, "verify"); len(w.kept(c)) != 2 {
		t.Errorf("before its time: %v", w.kept(c))
	}
	if err := os.Chtimes(old, time.Time{}, w.plan.AsOf.AddDate(0, 0, -8)); err != nil {
		t.Fatal(err)
	}
	if w.step(c, "verify"); len(w.kept(c)) != 1 {
		t.Errorf("after its time: %v", w.kept(c))
	}
	newest := filepath.Join(c.Marts, "snapshots", served(c).ID, "manifest.json")
	if err := os.Chtimes(newest, time.Time{}, w.plan.AsOf.AddDate(-1, 0, 0)); err != nil {
		t.Fatal(err)
	}
	if w.step(c, "verify"); len(w.kept(c)) != 1 {
		t.Errorf("the current one is gone: %v", w.kept(c))
	}
}

// numberText is a patient's number in the clear, for lists.
func (o *odd) numberText(patient int) string {
	o.t.Helper()
	for _, id := range o.patients[patient]["identifier"].([]any) {
		if x := id.(resource); strings.HasSuffix(x["system"].(string), "nhs-number") {
			return x["value"].(string)
		}
	}
	o.t.Fatal("no number")
	return ""
}

// TestAffected holds that who is taken out, as a whole or in part, or let in again,
// is kept by the run that does it, under the reason, and nobody else; and that an
// extract that holds them can be told by the base ids it was made from.
func TestAffected(t *testing.T) {
	t.Parallel()
	for name, tc := range departures {
		t.Run(name, func(t *testing.T) {
			w := &withdrawn{odd: newOdd(t)}
			w.number = w.numberText(1)
			w.next(map[string][]resource{"Condition.ndjson": {w.made("Condition", "c1", 1, resource{
				"code": resource{"coding": []any{resource{"system": "http://snomed.info/sct", "code": "38341003"}}}})}})
			c := w.config("kept")
			dir := withdrawalsOf(c)
			extract, his, made := w.extract(c, nhs(t, w.number), nhs(t, stranger))
			if all, err := withdrawal.Read(dir); err != nil || slices.ContainsFunc(all, withdrawal.Record.TakesOut) {
				t.Fatalf("before: %v, %v", all, err)
			}
			tc.make(w)
			c = w.configured("kept")
			w.step(c, "publish")
			all, err := withdrawal.Read(dir)
			if err != nil || len(all) != 1 || all[0].Run != served(c).Run {
				t.Fatalf("after: %v, %v", all, err)
			}
			var ids []int64
			for _, d := range withdrawal.Matches(all, made, func(d withdrawal.Digest) bool { return extract[d] != 0 }) {
				ids = append(ids, extract[d])
			}
			if affected := tc.person || tc.mart == "long_term_condition"; affected != slices.Equal(ids, []int64{his}) {
				t.Errorf("of an extract that holds them %v match, want %v to be so", ids, affected)
			}
			var said []string
			for _, g := range all[0].Groups {
				said = append(said, string(g.Change)+" "+g.Gate)
				if g.Persons != len(g.Digests) || g.Persons == 0 {
					t.Errorf("%s: %d persons, %d digests", g.Reason, g.Persons, len(g.Digests))
				}
			}
			if !slices.Contains(said, tc.told) || tc.alone && (len(said) != 1 || all[0].Groups[0].Persons != 1) {
				t.Errorf("it says %q of them, want %q", said, tc.told)
			}
			if w.step(c, "publish"); len(must(withdrawal.Read(dir))) != 1 {
				t.Error("a run that took out nobody says that it did")
			}
		})
	}
}

// extract is what is kept of one that is issued: its ids, under a key of its own, by
// the digests of those they were made from; the id of the first in it; and the run
// that it is made of.
func (o *odd) extract(c config.Config, numbers ...identity.Number) (ids map[withdrawal.Digest]int64, first int64, made string) {
	o.t.Helper()
	base, err := deid.OpenKey(c.Keys, false)
	if err != nil {
		o.t.Fatal(err)
	}
	project, err := domain.New(make([]byte, 32))
	if err != nil {
		o.t.Fatal(err)
	}
	ids = make(map[withdrawal.Digest]int64)
	for _, n := range numbers {
		ids[base.Withdrawal(base.Person(n))] = project.ID(base.Person(n))
	}
	return ids, project.ID(base.Person(numbers[0])), served(c).Run
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestAffectedAreKeptBeforeAnythingElse holds that those taken out are kept though
// the marts cannot be published, and that status says that they still are there.
func TestAffectedAreKeptBeforeAnythingElse(t *testing.T) {
	t.Parallel()
	w := &withdrawn{odd: newOdd(t)}
	w.number = w.numberText(1)
	c := w.config("kept")
	was := served(c).ID
	departures["an objection"].make(w)
	at := w.plan.AsOf.Add(20*time.Hour + time.Duration(w.runs+1)*time.Second) // the time of the next run
	taken := filepath.Join(c.Marts, "snapshots", ".tmp-"+seal.Name(at))
	if err := os.WriteFile(taken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := begin(w.now(), c, again); err == nil {
		t.Fatal("the marts were published")
	}
	if err := os.Remove(taken); err != nil {
		t.Fatal(err)
	}
	him := w.digest(c, nhs(t, w.number))
	all, err := withdrawal.Read(withdrawalsOf(c))
	if err != nil || len(all) == 0 || len(withdrawal.Matches(all, was, func(d withdrawal.Digest) bool { return d == him })) != 1 {
		t.Fatalf("%v, %v", all, err)
	}
	if lines, err := overdue(c, time.Now()); err != nil || len(lines) != 1 || !strings.Contains(lines[0], "still holds them") || served(c).ID != was {
		t.Errorf("status says %q, %v", lines, err)
	}
	w.step(c, "publish")
	if lines, err := overdue(c, time.Now()); err != nil || len(lines) != 1 || !strings.Contains(lines[0], was) {
		t.Errorf("status says %q, %v", lines, err)
	}
}

// TestKillWhileKeepingWhoIsAffected kills the real command, and has the disk fail,
// where it keeps who is affected by a night that takes records out, and between
// that and the stage and the marts that are without them: whatever is published,
// they are kept.
func TestKillWhileKeepingWhoIsAffected(t *testing.T) {
	t.Parallel()
	v := newEve(t)
	dir := filepath.Join(v.left, "work", "withdrawals")
	want := affectedBy(t, dir)
	if want == 0 {
		t.Fatal("the night takes nothing out")
	}
	for _, b := range []blow{
		{path: "work/withdrawals", calls: "mkdir,mkdirat", nth: "1"},
		{path: "work/withdrawals", calls: syncs, nth: "1"},
		{path: "work/stage/CURRENT", calls: renames, nth: "1"},
		{path: "marts/CURRENT", calls: renames, nth: "1"},
	} {
		for _, how := range []string{"signal=KILL", "error=EIO"} {
			v.strikes(b, how)
			if got := affectedBy(t, dir); got != want {
				t.Errorf("%s in %s of %s: %d people are kept, want %d", how, b.calls, b.path, got, want)
			}
		}
	}
}

// affectedBy is how many people were taken out, as a whole or in part, by any run.
func affectedBy(t *testing.T, dir string) int {
	t.Helper()
	all, err := withdrawal.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(withdrawal.Matches(all, "", func(withdrawal.Digest) bool { return true }))
}

// TestWhoWasInIsNotKnown holds that a run that reads everything mends a stage that
// cannot be read, and keeps that nobody knows whom it took out: what was published
// before goes then.
func TestWhoWasInIsNotKnown(t *testing.T) {
	t.Parallel()
	o := &withdrawn{odd: newOdd(t)}
	o.number = o.numberText(1)
	departures["an opt-out"].make(o)
	c := o.config("kept")
	live, err := seal.Current(stageOf(c))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range live.Parts {
		if err := os.Truncate(filepath.Join(seal.Dir(stageOf(c), live.Run), p.File), 100); err != nil {
			t.Fatal(err)
		}
	}
	way := extract
	way.try = func(ctx context.Context, c config.Config, l *ledger.Ledger, id string, asOf, now time.Time) (pipeline.Result, error) {
		return runAll(ctx, c, l, id, asOf, now, true)
	}
	if _, _, err := begin(o.now(), c, way); err != nil {
		t.Fatal(err)
	}
	all, err := withdrawal.Read(withdrawalsOf(c))
	if err != nil || len(all) != 1 || !all[0].Unknown || !all[0].TakesOut() {
		t.Errorf("%v, %v", all, err)
	}
	if o.step(c, "verify"); len(o.kept(c)) != 1 {
		t.Errorf("left are %v", o.kept(c))
	}
}
