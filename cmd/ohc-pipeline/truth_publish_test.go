package main

import (
	"bytes"
	"context"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"secondaryuse/testdata/population"
)

// publishTakesOut takes persons off the allow list, and has others object. With
// the next publication, which reads no feed, they are nowhere, and everything
// else is as the truth has it of the same population in which they have opted
// out. Their word taken back, publishing does not bring them back, for their
// rows are off the disk; a run does, and all is as it was.
func publishTakesOut(t *testing.T, w *world, _ map[string][]string) {
	without := twin(t, w)
	gone := w.leavers(t, without)
	lists := w.lists(t)

	w.move(t, "", ".away")
	w.change(t, lists, gone, 7)
	w.again(t, again)
	w.holds(t, "taken out", without, martChecks, stageChecks)
	w.accounts(t, "taken out", without, gone)

	w.change(t, lists, nil, 8)
	w.again(t, again)
	w.holds(t, "taken back", without, martChecks, stageChecks)
	w.accounts(t, "taken back", without, nil)

	w.move(t, ".away", "")
	w.again(t, extract)
	w.holds(t, "run again", w.told, checks)
}

// twin is the truth of the same population of which more have opted out.
func twin(t *testing.T, w *world) *told {
	t.Helper()
	plan := truthPlan
	plan.Out, plan.AsOf = filepath.Join(t.TempDir(), "twin"), w.conf.AsOf.Time
	plan.Faults.Persons.OptedOut *= 5
	summary, err := population.Write(context.Background(), plan, nil)
	if err != nil {
		t.Fatal(err)
	}
	return readTold(t, plan.Out, summary)
}

// way is how somebody leaves.
type way struct{ kind, gate, reason string } // kind of objection, if any

var leave = []way{
	{"", "optout", "not on the allow list"},
	{"shared-record", "objection", "shared record objection"},
	{"type-1", "objection", "Type 1 opt-out"},
}

// leavers says who is to leave, and how: all who are kept by the truth of w
// and not by the other.
func (w *world) leavers(t *testing.T, without *told) map[int]way {
	t.Helper()
	gone, wearers := make(map[int]way), 0
	for i, p := range w.told.Persons {
		if p.Outcome == "kept" && without.Persons[i].Outcome != "kept" {
			gone[p.Person] = leave[len(gone)%len(leave)]
		}
	}
	for i, d := range w.told.Days { // of few persons
		if _, ok := gone[d.Person]; ok && (i == 0 || w.told.Days[i-1].Person != d.Person) {
			gone[d.Person] = leave[wearers%len(leave)]
			wearers++
		}
	}
	for _, c := range slices.Concat(martChecks, stageChecks) {
		w.leave(t, c, without, gone)
	}
	return gone
}

// leave wants a check to see by the other truth that somebody is gone. Where it
// is about persons, it must see those who leave in each way, and nobody else.
func (w *world) leave(t *testing.T, c check, without *told, gone map[int]way) {
	t.Helper()
	all := c.want(w, w.told)
	lost := differ(all, c.want(w, without))
	if len(lost) == 0 && len(all) > 0 {
		t.Errorf("%s: nothing changes", c.name)
	}
	if !slices.Contains(perPerson, c.name) {
		return
	}
	ways := make(map[way]bool)
	for _, l := range lost {
		sign, rest, _ := strings.Cut(l, " ")
		who, _, _ := strings.Cut(rest, " | ")
		n, err := strconv.Atoi(who)
		how, ok := gone[n]
		if sign != "-" || err != nil || !ok {
			t.Errorf("%s: the truths differ about somebody who stays: %s", c.name, l)
		}
		ways[how] = true
	}
	if len(ways) != len(leave) {
		t.Errorf("%s: somebody leaves it in these ways only: %v", c.name, ways)
	}
}

// perPerson is the checks that are about persons.
var perPerson = []string{"stage", "nobody who is out", "mart population", "mart long_term_condition", "mart measurement_latest", "mart activity_daily", "mart wearable_daily"}

// holds holds what is sealed and published against a truth.
func (w *world) holds(t *testing.T, when string, truth *told, lists ...[]check) {
	t.Helper()
	for _, c := range slices.Concat(lists...) {
		if d := differ(c.want(w, truth), c.got(t, w)); len(d) > 0 {
			t.Errorf("%s, %s: %d lines differ (-truth +run), the first: %q", when, c.name, len(d), d[:min(len(d), 5)])
		}
	}
	if runs, err := os.ReadDir(filepath.Join(stageOf(w.conf), "runs")); err != nil || len(runs) != 1 {
		t.Errorf("%s: %d runs are on the disk, error %v", when, len(runs), err)
	}
}

// accounts holds the tallies of a publication against the truth: what was
// staged is kept, or excluded for how its person has left.
func (w *world) accounts(t *testing.T, when string, without *told, gone map[int]way) {
	t.Helper()
	o := &told{}
	for _, r := range w.told.Records {
		if how, ok := gone[r.Person]; ok && r.Outcome == "kept" {
			r.Outcome, r.Gate, r.Reason = "excluded", how.gate, how.reason
			o.Records = append(o.Records, r)
		}
	}
	for _, r := range without.Records {
		if r.Outcome == "kept" {
			o.Records = append(o.Records, r)
		}
	}
	if d := differ(w.wantTalliesOfRecords(o), gotTallies(t, w)); len(d) > 0 {
		t.Errorf("%s: the tallies differ (-truth +run): %q", when, d)
	}
}

// move renames the folder of each feed.
func (w *world) move(t *testing.T, from, to string) {
	t.Helper()
	for _, f := range w.conf.Feeds {
		if err := os.Rename(f.Path+from, f.Path+to); err != nil {
			t.Fatal(err)
		}
	}
}

// lists returns the lists that say who may be used, as they are.
func (w *world) lists(t *testing.T) map[string][]byte {
	t.Helper()
	out := make(map[string][]byte)
	for _, path := range []string{w.conf.Gates.OptOut.Reply, w.conf.Gates.OptOut.Control, w.conf.Gates.Objection.File} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out[path] = text
	}
	return out
}

var (
	headerOf = regexp.MustCompile(`issued=(\S*?)T[^ ]*Z rows=(\d+)`)
	stampOf  = regexp.MustCompile(`<DateTime>(\d{8})\d{6}<`)
)

// change writes the lists anew, as issued at another hour of the same day, with
// the word of those who leave.
func (w *world) change(t *testing.T, lists map[string][]byte, gone map[int]way, hour int) {
	t.Helper()
	lists = maps.Clone(lists)
	reply, control, objections := w.conf.Gates.OptOut.Reply, w.conf.Gates.OptOut.Control, w.conf.Gates.Objection.File
	head := headerOf.FindSubmatch(lists[objections])
	day := string(head[1])
	for _, who := range w.told.Identifiers {
		how, ok := gone[who.Person]
		if line := []byte(who.Number + ",\n"); ok && how.kind == "" {
			lists[reply] = bytes.Replace(lists[reply], line, nil, 1)
		} else if ok {
			lists[objections] = append(slices.Clip(lists[objections]), who.Number+","+how.kind+",objected,"+day+"\n"...)
		}
	}
	at := "0" + strconv.Itoa(hour)
	n := strconv.Itoa(bytes.Count(lists[objections], []byte("\n")) - 2)
	lists[objections] = headerOf.ReplaceAll(lists[objections], []byte("issued="+day+"T"+at+":00:00Z rows="+n))
	lists[control] = stampOf.ReplaceAll(lists[control], []byte("<DateTime>${1}"+at+"0000<"))
	for path, text := range lists {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
