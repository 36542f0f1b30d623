package tabular

import (
	"slices"
	"testing"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source"
)

// TestRejectedLinesAreHeard holds that a line that is rejected for one cell is
// still heard for its codes, its flag and the spell it is of, in the midst of
// others; and that a line that says nothing against the use of data is not.
func TestRejectedLinesAreHeard(t *testing.T) {
	const spell = "s"
	table := Table{File: "*.csv", As: "admission", Columns: map[string][]string{
		"nhs_number": {"nhs"}, "record_id": {"id"}, "spell_id": {"spell"}, "start": {"from"}, "diagnoses": {"d1", "d2"}, "confidential": {"flag"},
	}}
	names := []string{"nhs", "id", "spell", "from", "d1", "d2", "flag"}
	sound := []string{"9000000041", "1", spell, "2024-01-02", "J45", "", "N"}
	other := []string{"9000000041", "3", "t", "2024-01-03", "I10", "E11", "N"}
	for _, tc := range []struct {
		line  []string
		codes []term.Code // nil: not heard
		flag  bool
	}{
		{[]string{"9000000041", "2", spell, "2024-02-30", "B20", "Z21", "N"}, []term.Code{"B20", "Z21"}, false},
		{[]string{"9000000041", "2", spell, "2024-02-01", "B20", "no code", "N"}, []term.Code{"B20"}, false},
		{[]string{"9000000041", "2", spell, "2024-02-01", "B20", "Jones", "N"}, []term.Code{"B20", "JONES"}, false},
		{[]string{"9000000041", "2", spell, "2024-02-30", "", "", "S"}, nil, true},
		{[]string{"9000000041", "2", spell, "2024-02-30", "", "", "N"}, nil, false},
	} {
		s, err := Open(folder(t, csvOf(names, [][]string{sound, tc.line, other})), []Table{table})
		if err != nil {
			t.Fatal(err)
		}
		readAll(t, s, source.Rows, func(_ source.Shard, b *record.Block) {
			if len(b.Rejects) != 1 || len(b.Encounters) != 2 || len(b.Problems) != 3 {
				t.Fatalf("%v: %d rejects, %d encounters, %d problems", tc.line, len(b.Rejects), len(b.Encounters), len(b.Problems))
			}
			if want := tc.codes != nil || tc.flag; (len(b.Heard) == 1) != want {
				t.Fatalf("%v: %d heard", tc.line, len(b.Heard))
			}
			for _, o := range b.Heard {
				var codes []term.Code
				for _, c := range o.Codings {
					if !slices.Contains(codes, c.Code) {
						codes = append(codes, c.Code)
					}
				}
				if !slices.Equal(codes, tc.codes) || o.Restricted != tc.flag || o.Encounter != b.Encounters[0].Encounter || o.Subject != b.Encounters[0].Subject {
					t.Errorf("%v: heard %+v", tc.line, o.Head)
				}
			}
		})
	}
}

// TestFlagOfARejectedLine holds that a person is flagged by a line that is
// rejected for another cell, and by one whose flag cannot be read, but not by one
// whose cells have been shifted.
func TestFlagOfARejectedLine(t *testing.T) {
	table := Table{File: "*.csv", As: "person", Columns: map[string][]string{
		"nhs_number": {"nhs"}, "version": {"changed"}, "confidential": {"flag"},
	}}
	for flag, want := range map[string]int{"S": 1, "I": 1, "N": 0, "perhaps": 1, "9000000041": 0} {
		s, err := Open(folder(t, csvOf([]string{"nhs", "changed", "flag"}, [][]string{{"9000000041", "2024-02-30", flag}})), []Table{table})
		if err != nil {
			t.Fatal(err)
		}
		persons := 0
		readAll(t, s, source.People, func(_ source.Shard, b *record.Block) {
			for _, p := range b.Persons {
				persons++
				if !p.Confidential || p.Number.Zero() {
					t.Errorf("flag %s: %+v", flag, p.Head)
				}
			}
		})
		if persons != want {
			t.Errorf("flag %s: %d persons", flag, persons)
		}
		readAll(t, s, source.Rows, func(_ source.Shard, b *record.Block) {
			if len(b.Persons) != 0 || len(b.Rejects) != 1 {
				t.Errorf("flag %s: %d persons and %d rejects", flag, len(b.Persons), len(b.Rejects))
			}
		})
	}
}
