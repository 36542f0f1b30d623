package tabular

import (
	"testing"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source"
)

// TestFlags holds what each word makes of a person, and of a record, by the
// table's own codes where it has some.
func TestFlags(t *testing.T) {
	codes := map[string]map[string]string{"confidential": {"2": "S", "I": "N", "Q": "N"}}
	for word, want := range map[string][2]bool{ // without, and with codes
		"S": {true, true}, "Y": {true, true}, "I": {true, false}, "R": {true, true}, "V": {true, true}, "s": {true, true}, "1": {true, true}, "true": {true, true},
		"2": {true, true}, "Q": {true, false}, "restricted": {true, true}, // not known
		"": {false, false}, "N": {false, false}, "U": {false, false}, "0": {false, false}, "false": {false, false},
	} {
		for i, c := range []map[string]map[string]string{nil, codes} {
			for _, as := range []string{"person", "admission"} {
				yes, until, _ := flagOf(t, as, c, wall(2026, 11, 20), word, "", "")
				if yes != want[i] || until != term.Unknown {
					t.Errorf("%q, codes %v, %s: %v until %v", word, c, as, yes, until)
				}
			}
		}
	}
	columns := map[string][]string{"nhs_number": {"nhs"}, "confidential": {"flag"}}
	for code, ok := range map[string]bool{"S": true, "N": true, "": true, "perhaps": false} {
		_, err := Open("", []Table{{File: "a", As: "person", Columns: columns, Codes: map[string]map[string]string{"confidential": {"X": code}}}})
		if (err == nil) != ok {
			t.Errorf("codes.confidential to %q: %v", code, err)
		}
	}
}

// TestFlagDays holds that a flag holds from its first day to before its last, in
// London's time, that the line says when it will be read in another way, and that
// what cannot be read is no end.
func TestFlagDays(t *testing.T) {
	day := wall(2026, 11, 20)
	const noon, hour = 12 * 3600e6, 3600e6
	for _, tc := range []struct {
		from, to string
		now      term.Time
		yes      bool
		until    term.Time
		rejected bool
	}{
		{"", "", day + noon, true, term.Unknown, false},
		{"2026-11-20", "", day, true, term.Unknown, false},
		{"2026-11-20", "", day - 1, false, day, false},
		{"2026-11-21", "", day + noon, false, wall(2026, 11, 21), false},
		{"", "2026-11-21", day + 24*hour - 1, true, wall(2026, 11, 21), false},
		{"", "2026-11-20", day, false, term.Unknown, false},
		{"2026-11-19", "2026-11-20", day - 1, true, day, false},
		{"2026-11-19", "2026-11-20", day, false, term.Unknown, false},
		{"2026-11-22", "2026-11-24", day, false, wall(2026, 11, 22), false},
		{"20/11/2026", "21/11/2026", day, true, wall(2026, 11, 21), false},
		{"2026-11-20", "2026-11-20", day, false, term.Unknown, false},
		{"2026-11-20", "2026-11-19", day + noon, true, term.Unknown, true}, // the wrong way round
		{"soon", "2026-11-30", day, true, wall(2026, 11, 30), true},
		{"2026-11-01", "2026-11-31", day, true, term.Unknown, true},
	} {
		for _, as := range []string{"person", "admission"} {
			yes, until, rejected := flagOf(t, as, nil, tc.now, "S", tc.from, tc.to)
			if yes != tc.yes || until != tc.until || rejected != tc.rejected {
				t.Errorf("%s from %s to %s: %v until %v, rejected %v", as, tc.from, tc.to, yes, until, rejected)
			}
			if yes, until, _ := flagOf(t, as, nil, tc.now, "N", tc.from, tc.to); yes || until != term.Unknown {
				t.Errorf("no flag, from %s to %s: %v until %v", tc.from, tc.to, yes, until)
			}
		}
	}
}

// flagOf reads one line, and returns what it says of its person, and whether its
// records are rejected. What the records say is held against that.
func flagOf(t *testing.T, as string, codes map[string]map[string]string, now term.Time, flag, from, to string) (yes bool, until term.Time, rejected bool) {
	t.Helper()
	table := Table{File: "*.csv", As: as, Codes: codes, Columns: map[string][]string{
		"nhs_number": {"nhs"}, "confidential": {"flag"}, "confidential_from": {"since"}, "confidential_to": {"before"}}}
	if as != "person" {
		table.Columns["record_id"], table.Columns["start"] = []string{"id"}, []string{"day"}
	}
	s, err := Open(folder(t, csvOf([]string{"nhs", "id", "day", "flag", "since", "before"}, [][]string{{"9000000041", "1", "2024-01-02", flag, from, to}})), []Table{table})
	if err != nil {
		t.Fatal(err)
	}
	readAll(t, s.At(now), source.People, func(_ source.Shard, b *record.Block) {
		for _, p := range b.Persons {
			yes, until = p.Confidential, p.Expires
		}
	})
	readAll(t, s, source.Rows, func(_ source.Shard, b *record.Block) {
		rejected = len(b.Rejects) > 0
		for _, p := range b.Persons {
			if p.Confidential != yes || p.Restricted || p.Expires != until {
				t.Errorf("as a person: %v, restricted %v, until %v", p.Confidential, p.Restricted, p.Expires)
			}
		}
		for _, e := range b.Encounters {
			if e.Restricted != yes || e.Expires != until {
				t.Errorf("an encounter: %v until %v", e.Restricted, e.Expires)
			}
		}
		for _, h := range b.Heard {
			if !h.Restricted {
				t.Error("heard without its flag")
			}
		}
	})
	return yes, until, rejected
}
