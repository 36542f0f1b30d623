package desk

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"secondaryuse/marts/people"
	"secondaryuse/marts/sign"
)

// TestVotesAreBlind holds that nothing of a first vote is shown before the second:
// not in what anybody can list, and not in the register.
func TestVotesAreBlind(t *testing.T) {
	o := newOffice(t)
	id := o.ask()
	o.look(o.bob, id)
	_, err := o.Vote(context.Background(), o.bob, id, Reject, "far too fine")
	o.must(err)
	log, err := os.ReadFile(filepath.Join(o.config.Register, "log.jsonl"))
	o.must(err)
	lines, err := o.List()
	o.must(err)
	waiting, err := o.Waiting(context.Background(), o.cyd)
	o.must(err)
	var shown bytes.Buffer
	o.must(o.look(o.cyd, id).Write(&shown, 0))
	all := string(log) + string(canonical(lines)) + string(canonical(waiting)) + shown.String()
	for _, told := range []string{"far too fine", "reject", "too fine", `"approve"`} {
		if strings.Contains(all, told) {
			t.Errorf("%q is told before the second vote", told)
		}
	}
	o.must(o.vote(o.cyd, id, Approve))
	lines, err = o.List()
	o.must(err)
	if l := lines[0]; l.State != Rejected || l.Why != "bob: reject: far too fine; cyd: approve" {
		t.Errorf("%+v", l)
	}
	o.refused(ErrRefused, "")
}

// TestDigestsDoNotTell holds that nobody finds a hidden figure by trying which true
// table has the digest that the record shows: each has 130 random bits in it.
func TestDigestsDoNotTell(t *testing.T) {
	o := newOffice(t)
	blind := func() string {
		id := o.ask()
		text, err := o.requests.read(id, keptFile)
		o.must(err)
		k, err := parseKept(text)
		o.must(err)
		return k.Blind
	}
	if a, b := blind(), blind(); a == b || len(a) < 26 || len(b) < 26 {
		t.Errorf("%q and %q can be tried", a, b)
	}
}

// TestRecord holds what the record says, that every signature in it can be verified
// by it and people.yaml alone, and that it tells nothing that is hidden.
func TestRecord(t *testing.T) {
	o := newOffice(t)
	id := o.ask()
	o.approve(o.bob, id)
	o.approve(o.cyd, id)
	text, err := os.ReadFile(filepath.Join(o.config.Outbox, id, recordFile))
	o.must(err)
	var r record
	o.must(json.Unmarshal(text, &r))
	if r.Form != form || r.Digest != r.Request.Digest() || r.Request.ID != id || r.Request.Snapshot != "s1" || len(r.Votes) != 2 || r.Register == "" || len(r.Files) != 1 {
		t.Errorf("%+v", r)
	}
	all, err := people.Load(o.config.People)
	o.must(err)
	for _, v := range r.Votes {
		o.must(v.counts(r.Request, all))
	}
	o.must(sign.Verify(r.Request.Key, requestLabel, r.Request.statement(), r.Submitted))
	for _, want := range []string{`"name": "hes"`, `"small counts"`, "codonPython", r.Request.sha256(queryFile)} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the record does not say %s", want)
		}
	}
	for _, hidden := range []string{"too small", `"true"`, "west", "persons of"} {
		if strings.Contains(string(text), hidden) {
			t.Errorf("the record says %q", hidden)
		}
	}
}

// TestSummary holds the unsuppressed summary to what the snapshot holds: 40 in the
// north, 17 in the south, 3 in the west.
func TestSummary(t *testing.T) {
	o := newOffice(t)
	v := o.look(o.bob, o.ask())
	fallen := measured{Name: "fallen", Cells: 3, Least: 3, LeastNotZero: 3, Most: 30, Sum: 45, Fives: 1, Sixes: 2, Fewest: 3, UnderThreshold: 1, OfDifferencing: 1, Hidden: 2}
	all := measured{Name: "persons", Cells: 3, Least: 3, LeastNotZero: 3, Most: 40, Sum: 60, Fives: 1, Fewest: 3, UnderThreshold: 1, Hidden: 1}
	if v.kept.Measures[0] != fallen || v.kept.Measures[1] != all {
		t.Errorf("%+v", v.kept.Measures)
	}
	if want := [][]string{{"north", "30", "40"}, {"south", "12", "17"}, {"west", "3", "3"}}; !reflect.DeepEqual(v.kept.True, want) {
		t.Errorf("%v", v.kept.True)
	}
	for _, columns := range [][]string{{"place", "n_midpoint_all", "n_midpoint", "n"}, {"place", "n_midpoint_midpoint6", "x", "n_midpoint6"}, {"place", "n_midpoint6_midpoint6", "n_midpoints_midpoint6_derived", "n_midpoint6"}} {
		k := kept{Dimensions: 1, Columns: columns, True: [][]string{{"north", "1", "2", "3"}}}
		if got := k.of("n"); len(got) != 1 || got[0] != 3 {
			t.Errorf("%q: of n are told %v", columns, got)
		}
	}
	m := measured{}
	m.summarise([]float64{0, 2.5, 30, 60, 7})
	if (m != measured{Cells: 5, Zero: 1, LeastNotZero: 2.5, Most: 60, Sum: 99.5, Fives: 3, Sixes: 3}) {
		t.Errorf("%+v", m)
	}
}

// TestAnswer holds that an author is told nothing that is hidden.
func TestAnswer(t *testing.T) {
	o := newOffice(t)
	v, err := o.Own(context.Background(), o.ann, o.ask())
	o.must(err)
	var out bytes.Buffer
	o.must(v.Answer(&out, 0))
	for _, row := range []string{"north +30 +40\n", "south +\\* +15\n", "west +\\* +\\*\n"} {
		if !regexp.MustCompile(row).MatchString(out.String()) {
			t.Errorf("want %s: %s", row, out.String())
		}
	}
	if strings.Contains(out.String(), "12") || strings.Contains(out.String(), "true") {
		t.Errorf("a hidden figure is told: %s", out.String())
	}
}

// TestNothingIsHiddenFromReviewers holds that what an author has written cannot make
// a terminal hide, move or overwrite anything.
func TestNothingIsHiddenFromReviewers(t *testing.T) {
	o := newOffice(t)
	text := strings.Replace(falls, "SELECT person_id, place", "/* \x1b[8m\u202e\u200b\x07 */ SELECT person_id, CASE place WHEN 'west' THEN place ELSE place || chr(27) || '[2K' END AS place", 1)
	id, err := o.Ask(context.Background(), o.ann, Asked{Text: text, Purpose: "planning"}, o.from)
	o.must(err)
	var out bytes.Buffer
	o.must(o.look(o.bob, id).Write(&out, 0))
	if strings.ContainsAny(out.String(), "\x1b\u202e\u200b\x07") || !strings.Contains(out.String(), "<U+001B>[8m<U+202E><U+200B><U+0007>") || !strings.Contains(out.String(), "north<U+001B>[2K") {
		t.Errorf("%q", out.String())
	}
	for _, bad := range []string{"two\nlines", "\x1b[8m", "\u202e", " blank", "\xff"} {
		_, err := o.Ask(context.Background(), o.ann, Asked{Text: falls, Purpose: "planning", Context: bad}, o.from)
		o.refused(err, "one line of text")
		_, err = o.Vote(context.Background(), o.bob, id, Reject, bad)
		o.refused(err, "one line of text")
		o.refused(o.Withdraw(context.Background(), o.ann, id, bad), "one line of text")
	}
}

// TestDifferences holds that what lines up is compared figure by figure.
func TestDifferences(t *testing.T) {
	k := kept{Dimensions: 1, Columns: []string{"place", "n", "m"}, Shown: [][]string{{"a", "10", "*"}, {"b", "20", "15"}, {"d", "5", "5"}}}
	got := k.differences([][]string{{"a", "10", "*"}, {"b", "*", "15"}, {"c", "30", "30"}})
	want := cells{{"b", "n", "*", "20"}, {"d", "n", "(no such row)", "5"}, {"d", "m", "(no such row)", "5"}, {"c", "(all)", "was there", "(no such row)"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
}

// TestParquet holds that the Parquet of a release has the figures of its CSV, and none
// where that has the mark.
func TestParquet(t *testing.T) {
	o := newOffice(t)
	id, err := o.Ask(context.Background(), o.ann, Asked{Text: falls, Purpose: "planning", Parquet: true}, o.from)
	o.must(err)
	o.approve(o.bob, id)
	o.approve(o.cyd, id)
	db, err := sql.Open("duckdb", "")
	o.must(err)
	defer db.Close()
	var got string
	o.must(db.QueryRow("SELECT string_agg(concat_ws(' ', place, coalesce(CAST(fallen AS VARCHAR), '-'), coalesce(CAST(persons AS VARCHAR), '-')), ', ' ORDER BY place) FROM '" +
		filepath.Join(o.config.Outbox, id, "falls.parquet") + "'").Scan(&got))
	if got != "north 30.0 40.0, south - 15.0, west - -" {
		t.Error(got)
	}
}

// TestDifferencing holds that a table is compared with those that were asked before,
// released or not yet, and no more with one that was rejected.
func TestDifferencing(t *testing.T) {
	o := newOffice(t)
	ask := func(where string) View {
		id, err := o.Ask(context.Background(), o.ann, Asked{Text: falls + " WHERE " + where, Purpose: "planning"}, o.from)
		o.must(err)
		v, err := o.Own(context.Background(), o.ann, id)
		o.must(err)
		return v
	}
	first := ask("true")
	if n := first.kept.Shown[0][2]; n != "40" {
		t.Fatal(n)
	}
	if n := ask("person_id > 1002").kept.Shown[0][2]; n != "*" {
		t.Errorf("37 of 40 in the north are shown as %s, beside 40", n)
	}
	kept := filepath.Join(o.figures(), first.Request.ID+".people")
	o.must(os.Rename(kept, filepath.Join(o.root, "away")))
	_, err := o.Ask(context.Background(), o.ann, Asked{Text: falls + " WHERE person_id > 1003", Purpose: "planning"}, o.from)
	o.refused(err, "whom it counts is not kept any more")
	o.must(os.Rename(filepath.Join(o.root, "away"), kept))
	o.must(o.Withdraw(context.Background(), o.ann, first.Request.ID, ""))
	if n := ask("person_id > 1001").kept.Shown[0][2]; n != "40" {
		t.Errorf("38 in the north are shown as %s, beside nothing that has left", n)
	}
}
