package objection_test

import (
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/gate/gatetest"
	"secondaryuse/deid/gate/list"
	"secondaryuse/deid/gate/objection"
	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// open opens a list of the given rows.
func open(t testing.TB, rows ...string) (*objection.Gate, error) {
	f := gatetest.New(t, 10)
	f.Write("objections.csv", gatetest.List("objection", "deny", gatetest.Issued, "nhs_number,kind,status,recorded_on", rows...))
	return f.Objection()
}

func number(t testing.TB, i int) identity.Number {
	n, err := identity.Parse([]byte(gatetest.Number(i)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

var feed = record.Feed{Name: "ohc", Kind: record.Shared}

// late is what a gate says at last, if every version that it has met is the
// newest of its record.
func late(g *objection.Gate, n identity.Number) (out gate.Reason) {
	g.Late(n, func(why gate.Reason, unless []record.Version) {
		if len(unless) == 0 && out == gate.Kept {
			out = why
		}
	})
	return out
}

// wall is half past nine on a day.
func wall(t testing.TB, date string) term.Time {
	d, ok := list.Date([]byte(date))
	if !ok {
		t.Fatal("no such date")
	}
	return d + 9.5*3600*1_000_000
}

func coded(t testing.TB, system term.System, code term.Code, date string) *record.Head {
	h := &record.Head{Codings: []record.Coding{{System: system, Code: code}}}
	if date != "" {
		h.At = wall(t, date)
	}
	return h
}

func TestList(t *testing.T) {
	a, b, c := gatetest.Number(0), gatetest.Number(1), gatetest.Number(2)
	g, err := open(t,
		a+",shared-record,objected,2026-01-01", a+",shared-record,withdrawn,2026-02-01", a+",type-1,objected,2025-01-01",
		b+",shared-record,withdrawn,2026-01-01", b+",shared-record,objected,2026-01-01",
		c+",type-1,objected,2026-01-01", c+",type-1,objected,2026-01-01", c+",type-1,withdrawn,2026-01-02")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []gate.Reason{gate.ObjectedType1, gate.ObjectedLocal, gate.Kept, gate.Kept} {
		if got := g.Person(number(t, i)); got != want {
			t.Errorf("person %d: %v, want %v", i, got, want)
		}
	}
	if n := len(slices.Collect(g.Numbers())); n != 2 {
		t.Errorf("lists %d", n)
	}
}

func TestRowsAreChecked(t *testing.T) {
	n := gatetest.Number(0)
	for _, tc := range []struct{ row, want string }{
		{n[:9] + ",shared-record,objected,2026-01-01", ":3: nhs_number: not ten digits"},
		{n + ",Shared-Record,objected,2026-01-01", ":3: kind"},
		{n + ",shared-record,,2026-01-01", ":3: status"},
		{n + ",shared-record,objected,", ":3: recorded_on: not a date"},
		{n + ",shared-record,objected,2026-11-31", ":3: recorded_on: not a date"},
		{n + ",shared-record,objected,2026-11-21", ":3: recorded_on: in the future"},
	} {
		_, err := open(t, tc.row)
		if !errors.Is(err, gate.ErrRefused) || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), n) {
			t.Errorf("%s: %v", tc.want, err)
		}
	}
}

// TestCodes holds what each code says, one person a code, and that a code in
// another case, of another terminology or about another record says nothing.
func TestCodes(t *testing.T) {
	for _, tc := range []struct {
		system term.System
		code   term.Code
		want   gate.Reason
	}{
		{term.SNOMED, "416409005", gate.ObjectedLocal},
		{term.CTV3, "XaKRw", gate.ObjectedLocal},
		{term.CTV3, "XaKII", gate.ObjectedLocal},
		{term.Read2, "93C1.", gate.ObjectedLocal},
		{term.Read2, "93C1.00", gate.ObjectedLocal},
		{term.Read2, "9Nd1.", gate.ObjectedLocal},
		{term.SNOMED, "827241000000103", gate.ObjectedType1},
		{term.Other, "827241000000103", gate.ObjectedType1},
		{term.CTV3, "XaZ89", gate.ObjectedType1},
		{term.Read2, "9Nu0.", gate.ObjectedType1},
		{term.Read2, "9Nu0.00", gate.ObjectedType1},
		{term.CTV3, "xaz89", gate.Kept},
		{term.CTV3, "XaZ8A", gate.Kept},
		{term.Read2, "9NU0.", gate.Kept},
		{term.CTV3, "9Nu0.", gate.Kept},
		{term.ICD10, "416409005", gate.Kept},
		{term.SNOMED, "417528008", gate.Kept},
		{term.SNOMED, "827261000000102", gate.Kept},
		{term.CTV3, "XaZ8a", gate.Kept},
		{term.Read2, "9Nu1.", gate.Kept},
		{term.SNOMED, "881561000000100", gate.Kept}, // Type 2, replaced by the national opt-out
		{term.SNOMED, "416308001", gate.Kept},       // the national record
		{term.Read2, "9Ndo.", gate.Kept},            // the Summary Care Record
	} {
		g, err := open(t, gatetest.Number(0)+",type-1,objected,2026-01-01")
		if err != nil {
			t.Fatal(err)
		}
		g.Watch(feed, coded(t, tc.system, tc.code, "2026-05-01"), number(t, 1), true)
		if got := late(g, number(t, 1)); got != tc.want {
			t.Errorf("%s %s: %v, want %v", tc.system, tc.code, got, tc.want)
		}
		if got := g.Person(number(t, 1)); got != gate.Kept {
			t.Errorf("%s %s: the list says %v", tc.system, tc.code, got)
		}
	}
}

// TestWithdrawals goes through what a withdrawal can and cannot undo.
func TestWithdrawals(t *testing.T) {
	const no, yes = term.Code("416409005"), term.Code("417528008")
	for _, tc := range []struct {
		name  string
		row   string
		codes []term.Code
		dates []string
		want  gate.Reason
	}{
		{"later code undoes earlier code", "", []term.Code{no, yes}, []string{"2026-01-01", "2026-01-02"}, gate.Kept},
		{"earlier code does not", "", []term.Code{no, yes}, []string{"2026-01-02", "2026-01-01"}, gate.ObjectedLocal},
		{"same day does not", "", []term.Code{no, yes}, []string{"2026-01-01", "2026-01-01"}, gate.ObjectedLocal},
		{"future does not", "", []term.Code{no, yes}, []string{"2026-01-01", "2026-11-21"}, gate.ObjectedLocal},
		{"today does", "", []term.Code{no, yes}, []string{"2026-01-01", "2026-11-20"}, gate.Kept},
		{"undated does not", "", []term.Code{no, yes}, []string{"2026-01-01", ""}, gate.ObjectedLocal},
		{"undated objection stays", "", []term.Code{no, yes}, []string{"", "2026-01-01"}, gate.ObjectedLocal},
		{"later code undoes the list", ",shared-record,objected,2026-01-01", []term.Code{yes}, []string{"2026-01-02"}, gate.Kept},
		{"later list undoes the code", ",shared-record,withdrawn,2026-01-02", []term.Code{no}, []string{"2026-01-01"}, gate.Kept},
		{"later code against the list", ",shared-record,withdrawn,2026-01-02", []term.Code{no}, []string{"2026-01-03"}, gate.ObjectedLocal},
		{"another kind undoes nothing", ",type-1,objected,2026-01-01", []term.Code{yes}, []string{"2026-01-02"}, gate.ObjectedType1},
		{"list alone", ",type-1,objected,2026-01-01", nil, nil, gate.ObjectedType1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rows := []string{gatetest.Number(5) + ",type-1,objected,2026-01-01"}
			if tc.row != "" {
				rows = append(rows, gatetest.Number(1)+tc.row)
			}
			g, err := open(t, rows...)
			if err != nil {
				t.Fatal(err)
			}
			for i, c := range tc.codes {
				g.Watch(feed, coded(t, term.SNOMED, c, tc.dates[i]), number(t, 1), true)
			}
			if got := late(g, number(t, 1)); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

// TestDeletedWithdrawal is that a withdrawal falls with its record, whichever is
// met first, and that an objection does not.
func TestDeletedWithdrawal(t *testing.T) {
	no, yes := coded(t, term.SNOMED, "416409005", "2026-01-01"), coded(t, term.SNOMED, "417528008", "2026-02-01")
	no.ID, yes.ID = record.Ref{Kind: record.Observation, ID: "no"}, record.Ref{Kind: record.Observation, ID: "yes"}
	no.Version, yes.Version = 10, 20
	newer := *yes // the same record, corrected to an objection of an earlier day
	newer.Codings, newer.At, newer.Version = no.Codings, no.At, 30
	for name, tc := range map[string]struct {
		steps func(g *gateUnderTest)
		want  gate.Reason
	}{
		"neither":             {func(g *gateUnderTest) { g.see(no, yes) }, gate.Kept},
		"deleted after":       {func(g *gateUnderTest) { g.see(no, yes); g.Deleted(feed, yes.ID, 20) }, gate.ObjectedLocal},
		"deleted before":      {func(g *gateUnderTest) { g.Deleted(feed, yes.ID, 25); g.see(yes, no) }, gate.ObjectedLocal},
		"deleted, undated":    {func(g *gateUnderTest) { g.Deleted(feed, yes.ID, term.Unknown); g.see(yes, no) }, gate.ObjectedLocal},
		"older deletion":      {func(g *gateUnderTest) { g.Deleted(feed, yes.ID, 19); g.see(yes, no) }, gate.Kept},
		"another's deletion":  {func(g *gateUnderTest) { g.see(no, yes); g.Deleted(feed, no.ID, 20) }, gate.Kept},
		"replaced":            {func(g *gateUnderTest) { g.see(no, yes, &newer) }, gate.ObjectedLocal},
		"replaced, met first": {func(g *gateUnderTest) { g.see(&newer, yes, no) }, gate.ObjectedLocal},
		"objection deleted":   {func(g *gateUnderTest) { g.see(no); g.Deleted(feed, no.ID, 10) }, gate.ObjectedLocal},
	} {
		opened, err := open(t, gatetest.Number(5)+",type-1,objected,2026-01-01")
		if err != nil {
			t.Fatal(err)
		}
		g := &gateUnderTest{opened, number(t, 1)}
		tc.steps(g)
		if got := late(g.Gate, g.who); got != tc.want {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}

type gateUnderTest struct {
	*objection.Gate
	who identity.Number
}

func (g *gateUnderTest) see(heads ...*record.Head) {
	for _, h := range heads {
		g.Watch(feed, h, g.who, true)
	}
}

func TestWatchFromManyGoroutines(t *testing.T) {
	g, err := open(t, gatetest.Number(0)+",type-1,objected,2026-01-01")
	if err != nil {
		t.Fatal(err)
	}
	no, yes := coded(t, term.CTV3, "XaZ89", "2026-03-01"), coded(t, term.CTV3, "XaZ8a", "2026-04-01")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 100 {
				g.Watch(feed, no, number(t, i), true)
				if i%2 == 0 {
					g.Watch(feed, yes, number(t, i), true)
				}
				late(g, number(t, i))
			}
		})
	}
	all.Wait()
	for i := range 100 {
		want := gate.Kept
		if i%2 == 1 {
			want = gate.ObjectedType1
		}
		if got := late(g, number(t, i)); got != want {
			t.Errorf("person %d: %v", i, got)
		}
	}
}

// TestAgainstTheReference reads the code list that the rules were written from:
// what objects puts a person out, what withdraws lets in who has objected to that
// before, in whichever terminology, and nothing else does either.
func TestAgainstTheReference(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "objection_consent_codes.csv"))
	if err != nil {
		t.Fatal(err)
	}
	in := csv.NewReader(strings.NewReader(string(data)))
	in.Comment, in.FieldsPerRecord = '#', -1
	rows, err := in.ReadAll()
	if err != nil || len(rows) != 26 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	systems := map[string]term.System{"SNOMED": term.SNOMED, "CTV3": term.CTV3, "READ2": term.Read2}
	objects := map[string]gate.Reason{"type1_optout": gate.ObjectedType1, "local_record_dissent": gate.ObjectedLocal}
	undoes := map[string]gate.Reason{"type1_withdrawn": gate.ObjectedType1, "local_record_consent": gate.ObjectedLocal}
	for _, r := range rows[1:] {
		said := coded(t, systems[r[0]], term.Code(r[1]), "2026-05-01")
		g, err := open(t, gatetest.Number(0)+",type-1,objected,2026-01-01", gatetest.Number(2)+",type-1,objected,2026-01-01", gatetest.Number(3)+",shared-record,objected,2026-01-01")
		if err != nil {
			t.Fatal(err)
		}
		for i := 1; i < 4; i++ {
			g.Watch(feed, said, number(t, i), true)
		}
		if got := late(g, number(t, 1)); got != objects[r[3]] {
			t.Errorf("%s %s (%s): %v", r[0], r[1], r[3], got)
		}
		for i, was := range map[int]gate.Reason{2: gate.ObjectedType1, 3: gate.ObjectedLocal} {
			if got := late(g, number(t, i)); (got == gate.Kept) != (undoes[r[3]] == was) {
				t.Errorf("%s %s (%s) after an objection, %v: %v", r[0], r[1], r[3], was, got)
			}
		}
	}
}

// TestListAndCode is the rule of the list and the codes as a table: the latest by
// day counts, wherever it stands; where either has no day, or both have the same,
// and the entry does not tell, the objection does.
func TestListAndCode(t *testing.T) {
	const no, yes = term.Code("827241000000103"), term.Code("827261000000102")
	for _, tc := range []struct {
		list string // status and day
		code term.Code
		at   string
		head func(h *record.Head)
		want bool // the person may be used
	}{
		{"objected,2026-01-01", yes, "2026-01-02", nil, true},
		{"objected,2026-01-02", yes, "2026-01-01", nil, false},
		{"objected,2026-01-01", yes, "2026-01-01", nil, false},
		{"objected,2026-01-01", yes, "", nil, false},
		{"objected,2026-01-01", yes, "2026-11-21", nil, false}, // to come
		{"objected,2026-01-01", yes, "2026-01-02", func(h *record.Head) { h.Undated = true }, false},
		{"objected,2026-01-01", yes, "2026-01-02", func(h *record.Head) { h.Doubtful = true }, false},
		{"objected,2026-01-01", yes, "", func(h *record.Head) { h.Recorded = wall(t, "2026-01-02") }, true}, // entered, if nothing else
		{"objected,2026-01-01", yes, "2026-01-01", func(h *record.Head) { h.Recorded = wall(t, "2026-03-01") }, false},
		{"objected,2026-05-01", yes, "2026-01-01", func(h *record.Head) { h.Vague = 366 * 86_400_000_000 }, false}, // some day of that year
		{"withdrawn,2026-01-02", no, "2026-01-01", nil, true},
		{"withdrawn,2026-01-01", no, "2026-01-02", nil, false},
		{"withdrawn,2026-01-01", no, "2026-01-01", nil, false},
		{"withdrawn,2026-01-02", no, "", nil, false},
		{"withdrawn,2026-01-02", no, "2026-01-01", func(h *record.Head) { h.Undated = true }, false},
		{"withdrawn,2026-01-02", no, "2026-01-01", func(h *record.Head) { h.Vague = 31 * 86_400_000_000 }, false},
		{"withdrawn,2026-05-02", no, "2026-01-01", func(h *record.Head) { h.Vague = 31 * 86_400_000_000 }, true},
		{"withdrawn,2026-01-01", no, "2026-01-02", func(h *record.Head) { h.Doubtful = true }, false},
		{"withdrawn,2026-01-01", no, "2027-01-02", nil, false},
		{"withdrawn,2026-01-02", yes, "2026-01-03", nil, true},
	} {
		g, err := open(t, gatetest.Number(1)+",type-1,"+tc.list)
		if err != nil {
			t.Fatal(err)
		}
		h := coded(t, term.SNOMED, tc.code, tc.at)
		if tc.head != nil {
			tc.head(h)
		}
		g.Watch(feed, h, number(t, 1), true)
		if got := late(g, number(t, 1)); (got == gate.Kept) != tc.want {
			t.Errorf("the list says %s, code %s of %q: %v", tc.list, tc.code, tc.at, got)
		}
	}
}

// TestCodesOfNoTerminology holds that a code without a terminology that is known
// counts as far as it objects, and a Read v2 code with or without its ends.
func TestCodesOfNoTerminology(t *testing.T) {
	for _, tc := range []struct {
		system    term.System
		no, yes   term.Code
		out, back bool
	}{
		{term.Other, "XaZ89", "XaZ8a", true, false},
		{term.Other, "9Nu0.", "9Nu1.", true, false},
		{term.Other, "9Nu0.00", "9Nu1.00", true, false},
		{term.Other, "827241000000103", "827261000000102", true, true},
		{term.Read2, "9Nu0", "9Nu1", true, true},
		{term.Read2, "9Nu0.11", "9Nu1.11", true, true},
		{term.Read2, "9nu0.", "9nu1.", false, false},
		{term.Read2, "XaZ89", "XaZ8a", false, false},
		{term.LOINC, "XaZ89", "XaZ8a", false, false},
	} {
		g, err := open(t, gatetest.Number(2)+",type-1,objected,2026-01-01")
		if err != nil {
			t.Fatal(err)
		}
		g.Watch(feed, coded(t, tc.system, tc.no, "2026-05-01"), number(t, 1), true)
		g.Watch(feed, coded(t, tc.system, tc.yes, "2026-05-01"), number(t, 2), true)
		if out, back := late(g, number(t, 1)) != gate.Kept, late(g, number(t, 2)) == gate.Kept; out != tc.out || back != tc.back {
			t.Errorf("%s %s, %s: out %v, back %v", tc.system, tc.no, tc.yes, out, back)
		}
	}
}
