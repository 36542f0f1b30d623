package connection_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/gate/connection"
	"secondaryuse/deid/gate/gatetest"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// scoped opens a list with both of the columns that it may have besides.
func scoped(t testing.TB, rows ...string) (*connection.Gate, error) {
	f := gatetest.New(t, 10)
	f.Write("connections.csv", gatetest.List("connection", "allow", gatetest.Issued, columns+",sections,erase_requested_at", rows...))
	return f.Connection()
}

// both is what the gate says of a record and then of its row.
func both(g *connection.Gate, f record.Feed, h record.Head, t testing.TB, person int) gate.Reason {
	if why := g.Record(f, &h, number(t, person)); why != gate.Kept {
		return why
	}
	return g.Part(f, &h, number(t, person))
}

// TestScope is what is cut of what, by the sections of the line that covers it.
func TestScope(t *testing.T) {
	a, b := gatetest.Number(0), gatetest.Number(1)
	g, err := scoped(t,
		a+",garmin,acc,2026-02-01T00:00:00Z,2026-04-01T00:00:00Z,activity;heart,",
		a+",garmin,acc,2026-03-01T00:00:00Z,2026-05-01T00:00:00Z,sleep,", // besides, for a month together
		a+",fitbit,none,2026-02-01T00:00:00Z,,,",
		a+",fitbit,all,2026-02-01T00:00:00Z,,*,",
		a+",phr,,2026-02-01T00:00:00Z,,measurement;medicine,",
		b+",phr,pat,2026-02-01T00:00:00Z,,profile;mood,")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		account, from, until string
		of                   record.Sections
		want                 gate.Reason
	}{
		{"garmin|acc", "2026-02-10T00:00:00Z", "", record.Activity, gate.Kept},
		{"garmin|acc", "2026-02-10T00:00:00Z", "", record.Heart | record.Activity, gate.Kept},
		{"garmin|acc", "2026-02-10T00:00:00Z", "", record.Heart | record.Sleep, gate.NotShared},
		{"garmin|acc", "2026-02-10T00:00:00Z", "", record.Sleep, gate.NotShared},
		{"garmin|acc", "2026-02-10T00:00:00Z", "", 0, gate.NotShared},
		{"garmin|acc", "2026-03-10T00:00:00Z", "", record.Sleep, gate.Kept},
		{"garmin|acc", "2026-03-10T00:00:00Z", "", record.Sleep | record.Heart, gate.NotShared}, // no line shares both
		{"garmin|acc", "2026-04-10T00:00:00Z", "", record.Sleep, gate.Kept},
		{"garmin|acc", "2026-04-10T00:00:00Z", "", record.Activity, gate.NotShared}, // that one is closed
		{"garmin|acc", "2026-03-31T00:00:00Z", "2026-04-01T00:00:00Z", record.Activity, gate.Kept},
		{"garmin|acc", "2026-03-31T12:00:00Z", "2026-04-01T12:00:00Z", record.Activity, gate.NotShared}, // over its end
		{"garmin|acc", "2026-02-28T12:00:00Z", "2026-03-01T12:00:00Z", record.Sleep, gate.NotShared},    // over its beginning
		{"garmin|acc", "2026-05-10T00:00:00Z", "", record.Sleep, gate.AfterConnect},
		{"fitbit|none", "2026-03-10T00:00:00Z", "", record.Activity, gate.NotShared},
		{"fitbit|none", "2026-03-10T00:00:00Z", "", 0, gate.NotShared},
		{"fitbit|all", "2026-03-10T00:00:00Z", "", record.OfWearable, gate.Kept},
		{"fitbit|all", "2026-03-10T00:00:00Z", "", 0, gate.Kept},
	} {
		h := record.Head{Subject: account(tc.account), At: at(t, tc.from), Sections: tc.of}
		if tc.until != "" {
			h.Until = at(t, tc.until)
		}
		if got := both(g, wearable, h, t, 0); got != tc.want {
			t.Errorf("%s at %s of %q: %v, want %v", tc.account, tc.from, tc.of.Names(), got, tc.want)
		}
	}
	entry := record.Head{Subject: record.Ref{Kind: record.Patient, ID: "pat"}, At: at(t, "2026-03-01T00:00:00Z")}
	self := record.Head{Subject: entry.Subject, ID: record.Ref{Kind: record.Patient, ID: "pat"}, Sections: record.Profile}
	for of, want := range map[record.Sections][2]gate.Reason{
		record.Measured: {gate.Kept, gate.NotShared}, record.Medicine: {gate.Kept, gate.NotShared}, record.Mood: {gate.NotShared, gate.Kept},
		record.Mood | record.Answer: {gate.NotShared, gate.NotShared}, 0: {gate.NotShared, gate.NotShared},
	} {
		entry.Sections = of
		if got := [2]gate.Reason{both(g, phr, entry, t, 0), both(g, phr, entry, t, 1)}; got != want {
			t.Errorf("PHR, %q: %v, want %v", of.Names(), got, want)
		}
	}
	if got := [2]gate.Reason{both(g, phr, self, t, 0), both(g, phr, self, t, 1)}; got != [2]gate.Reason{gate.NotShared, gate.Kept} {
		t.Errorf("Patients: %v", got)
	}
	if got := g.Part(record.Feed{Kind: record.Shared}, &entry, number(t, 2)); got != gate.Kept {
		t.Errorf("the shared record: %v", got)
	}
}

// TestOldListsShareAll holds that without the column, which older lists have not,
// everything is shared; and that the columns come in one order.
func TestOldListsShareAll(t *testing.T) {
	row := gatetest.Number(0) + ",garmin,acc,2026-02-01T00:00:00Z,"
	g, err := open(t, row)
	if err != nil {
		t.Fatal(err)
	}
	if got := both(g, wearable, record.Head{Subject: account("garmin|acc"), At: at(t, "2026-03-01T00:00:00Z")}, t, 0); got != gate.Kept {
		t.Error(got)
	}
	f := gatetest.New(t, 10)
	for more, good := range map[string]bool{"": true, ",sections": true, ",sections,erase_requested_at": true, ",erase_requested_at": false,
		",erase_requested_at,sections": false, ",scope": false, ",sections,erase_requested_at,": false} {
		f.Write("connections.csv", gatetest.List("connection", "allow", gatetest.Issued, columns+more, row+strings.Repeat(",", strings.Count(more, ","))))
		if _, err := f.Connection(); (err == nil) != good || err != nil && !errors.Is(err, gate.ErrRefused) {
			t.Errorf("%q: %v", more, err)
		}
	}
}

// TestErase is what goes of what was shared, when it is asked for.
func TestErase(t *testing.T) {
	a, b := gatetest.Number(0), gatetest.Number(1)
	g, err := scoped(t,
		a+",garmin,acc,2026-02-01T00:00:00Z,2026-04-01T00:00:00Z,*,2026-04-02T00:00:00Z",
		a+",garmin,acc,2026-05-01T00:00:00Z,,*,", // connected again
		a+",garmin,acc,2026-02-01T00:00:00Z,2026-06-01T00:00:00Z,*,",
		a+",fitbit,acc,2026-02-01T00:00:00Z,,activity;sleep,",
		a+",fitbit,acc,2026-02-01T00:00:00Z,2026-04-01T00:00:00Z,sleep,2026-04-01T00:00:00Z",
		a+",apple,acc,2026-02-01T00:00:00Z,,*,",
		a+",apple,acc,2026-02-01T00:00:00Z,,,2026-04-01T00:00:00Z",
		b+",garmin,other,2026-02-01T00:00:00Z,,*,",
		b+",phr,one,2026-02-01T00:00:00Z,,*,2026-04-01T00:00:00Z",
		b+",phr,two,2026-02-01T00:00:00Z,,*,",
		a+",phr,,2026-02-01T00:00:00Z,,*,2026-04-01T00:00:00Z",
		b+",garmin,acc,2026-01-01T00:00:00Z,2026-01-20T00:00:00Z,*,") // somebody else's before
	if err != nil {
		t.Fatal(err)
	}
	march, april := "2026-03-10T00:00:00Z", "2026-04-10T00:00:00Z"
	for i, tc := range []struct {
		person      int
		subject, at string
		of          record.Sections
		want        gate.Reason
	}{
		{0, "garmin|acc", march, record.Activity, gate.Erased}, // though another line covers it
		{0, "garmin|acc", "2026-04-01T23:59:59Z", record.Activity, gate.Erased},
		{0, "garmin|acc", april, record.Activity, gate.Kept},
		{1, "garmin|acc", "2026-01-10T00:00:00Z", record.Activity, gate.Kept},
		{1, "garmin|other", march, record.Activity, gate.Kept},
		{0, "fitbit|acc", march, record.Activity, gate.Kept}, // only sleep was to go
		{0, "fitbit|acc", march, record.Sleep, gate.Erased},
		{0, "fitbit|acc", march, record.Sleep | record.Activity, gate.Erased},
		{0, "fitbit|acc", march, 0, gate.Erased},
		{0, "fitbit|acc", april, record.Sleep, gate.Kept},
		{0, "apple|acc", march, record.Activity, gate.Erased}, // the line names no section: all of it
		{0, "apple|acc", april, record.Activity, gate.Kept},
		{1, "one", march, record.Mood, gate.Erased},
		{1, "one", april, record.Mood, gate.Kept},
		{1, "two", march, record.Mood, gate.Kept},
		{0, "one", march, record.Mood, gate.Erased},
		{0, "one", april, record.Mood, gate.Kept},
	} {
		f, h := phr, record.Head{Subject: record.Ref{Kind: record.Patient, ID: tc.subject}, At: at(t, tc.at), Sections: tc.of}
		if strings.Contains(tc.subject, "|") {
			f, h.Subject = wearable, account(tc.subject)
		}
		if got := both(g, f, h, t, tc.person); got != tc.want {
			t.Errorf("%d: %s at %s of %q: %v, want %v", i, tc.subject, tc.at, tc.of.Names(), got, tc.want)
		}
	}
	late := record.Head{Subject: account("garmin|acc"), At: at(t, "2026-05-10T00:00:00Z"), Recorded: at(t, march), Sections: record.Activity}
	if got := both(g, wearable, late, t, 0); got != gate.Erased {
		t.Errorf("what was entered before, of a time after: %v", got)
	}
	self := record.Head{Subject: record.Ref{Kind: record.Patient, ID: "one"}, ID: record.Ref{Kind: record.Patient, ID: "one"}, Sections: record.Profile}
	for version, want := range map[term.Time]gate.Reason{term.Unknown: gate.Erased, at(t, march): gate.Erased, at(t, april): gate.Kept} {
		if self.Version = version; both(g, phr, self, t, 1) != want {
			t.Errorf("a Patient of version %d: not %v", version, want)
		}
	}
}

// TestScopeIsChecked holds each way the two columns can be wrong to its field,
// without telling what is in it.
func TestScopeIsChecked(t *testing.T) {
	garmin, phr := gatetest.Number(0)+",garmin,acc,2026-02-01T00:00:00Z,,", gatetest.Number(0)+",phr,,2026-02-01T00:00:00Z,,"
	for _, tc := range []struct{ row, want string }{
		{garmin + "planted,", ":3: sections"},
		{garmin + "Activity,", ":3: sections"},
		{garmin + " activity,", ":3: sections"},
		{garmin + "activity; sleep,", ":3: sections"},
		{garmin + "activity;,", ":3: sections"},
		{garmin + ";,", ":3: sections"},
		{garmin + "activity;activity,", ":3: sections"},
		{garmin + "*;activity,", ":3: sections"},
		{garmin + "mood,", ":3: sections"},
		{garmin + "profile,", ":3: sections"},
		{phr + "activity,", ":3: sections"},
		{garmin + "*,planted", ":3: erase_requested_at: not"},
		{garmin + "*,2026-02-03", ":3: erase_requested_at: not"},
		{garmin + "*,2026-11-20T12:00:01Z", ":3: erase_requested_at: in the future"},
		{garmin + "*", ":3: not 7 fields"},
	} {
		_, err := scoped(t, tc.row)
		if !errors.Is(err, gate.ErrRefused) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%q: %v", tc.want, err)
		}
		if err != nil && strings.Contains(err.Error(), "plan") {
			t.Errorf("%q holds what is in the file", err)
		}
	}
	for _, row := range []string{garmin + ",", garmin + "*,", garmin + "sleep;body;stress;breathing;heart;activity,2026-11-20T12:00:00Z", phr + "sleep;profile,"} {
		if _, err := scoped(t, row); err != nil {
			t.Error(err)
		}
	}
}

// TestStandOfScope holds that the digest of a person tells what they share and
// have asked to be erased, in whatever order the list has it.
func TestStandOfScope(t *testing.T) {
	a := gatetest.Number(0)
	line := func(sections, erase string) string {
		return a + ",garmin,acc,2026-02-01T00:00:00Z,," + sections + "," + erase
	}
	stand := func(rows ...string) uint64 {
		g, err := scoped(t, rows...)
		if err != nil {
			t.Fatal(err)
		}
		return g.Stand(number(t, 0))
	}
	seen := make(map[uint64]string)
	for _, row := range []string{line("*", ""), line("", ""), line("activity", ""), line("sleep", ""), line("activity;sleep", ""),
		line("*", "2026-03-01T00:00:00Z"), line("*", "2026-03-02T00:00:00Z"), line("", "2026-03-01T00:00:00Z"), line("activity", "2026-03-01T00:00:00Z")} {
		s := stand(row)
		if seen[s] != "" {
			t.Errorf("%q stands as %q does", row, seen[s])
		}
		seen[s] = row
	}
	rows := []string{line("activity", "2026-03-01T00:00:00Z"), line("sleep", "2026-03-02T00:00:00Z"), line("heart", "2026-03-03T00:00:00Z"), a + ",phr,,2026-02-01T00:00:00Z,,mood,"}
	want := stand(rows...)
	rapid.Check(t, func(rt *rapid.T) {
		if stand(rapid.Permutation(slices.Clone(rows)).Draw(rt, "order")...) != want {
			rt.Error("another order, another digest")
		}
	})
}

// TestScopeAgainstOracle compares with asking every line in turn: a row is kept if
// one line covers it and shares its sections, and no line has it erased.
func TestScopeAgainstOracle(t *testing.T) {
	f := gatetest.New(t, 10)
	cells := []string{"", "*", "activity", "sleep", "activity;sleep;heart"}
	shares := func(cell, name string) bool { return cell == "*" || slices.Contains(strings.Split(cell, ";"), name) }
	type line struct {
		from, to, erase int
		cell            string
	}
	rapid.Check(t, func(rt *rapid.T) {
		lines := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) (l line) {
			l.from = rapid.IntRange(0, 10).Draw(t, "from")
			l.to = l.from + rapid.IntRange(0, 8).Draw(t, "hours")
			l.erase = rapid.IntRange(-8, 16).Draw(t, "erase")
			l.cell = rapid.SampledFrom(cells).Draw(t, "sections")
			return l
		}), 1, 4).Draw(rt, "lines")
		var rows []string
		for _, l := range lines {
			row := fmt.Sprintf("%s,garmin,a,%s,%s,%s,", gatetest.Number(0), hour(l.from), hour(l.to), l.cell)
			if l.erase >= 0 {
				row += hour(l.erase)
			}
			rows = append(rows, row)
		}
		f.Write("connections.csv", gatetest.List("connection", "allow", gatetest.Issued, columns+",sections,erase_requested_at", rows...))
		g, err := f.Connection()
		if err != nil {
			rt.Fatal(err)
		}
		for h := range 20 {
			for _, name := range []string{"activity", "sleep", "body"} {
				want := false
				for _, l := range lines {
					want = want || l.from <= h && h < l.to && shares(l.cell, name)
				}
				for _, l := range lines {
					want = want && !(h < l.erase && (l.cell == "" || shares(l.cell, name)))
				}
				head := record.Head{Subject: account("garmin|a"), At: at(t, hour(h)), Sections: record.SectionOf(name)}
				if got := both(g, wearable, head, t, 0); (got == gate.Kept) != want {
					rt.Fatalf("%s at hour %d: %v", name, h, got)
				}
			}
		}
	})
}

// FuzzScope holds that no text in the two columns does more than refuse the list,
// and that what is not refused shares only what it names.
func FuzzScope(f *testing.F) {
	for _, text := range []string{"activity,", "*,2026-03-01T00:00:00Z", ",", "activity;sleep,", "*", "a;b;c,d"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		g, err := scoped(t, gatetest.Number(0)+",garmin,acc,2026-02-01T00:00:00Z,,"+text)
		if err != nil {
			if !errors.Is(err, gate.ErrRefused) {
				t.Error(err)
			}
			return
		}
		cell, _, _ := strings.Cut(text, ",")
		for _, name := range record.OfWearable.Names() {
			h := record.Head{Subject: account("garmin|acc"), At: at(t, "2026-11-20T11:00:00Z"), Sections: record.SectionOf(name)}
			if both(g, wearable, h, t, 0) == gate.Kept && cell != "*" && !strings.Contains(cell, name) {
				t.Errorf("%s is shared", name)
			}
		}
	})
}
