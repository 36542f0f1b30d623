package tabular

import (
	"testing"

	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/source"
)

func TestEndOfAnAttendance(t *testing.T) {
	columns := map[string][]string{"nhs_number": {"n"}, "record_id": {"id"}, "start": {"day"}, "start_time": {"in"}, "end_time": {"out"}}
	s, err := Open(folder(t, map[string]string{"ae.csv": `n,id,day,in,out
9000000041,1,2024-02-28,2350,0010
9000000041,2,2024-02-28,0830,08:45
9000000041,3,2024-02-28,0830,4000
9000000041,4,1801-01-01,3000,0900
9000000041,5,2024-02-28,4000,0900
9000000041,6,2024-02-28,0830,2460
`}), []Table{{File: "ae.csv", As: "ae", Columns: columns}})
	if err != nil {
		t.Fatal(err)
	}
	at := func(d, h, m int) term.Time {
		w, _ := term.Wall(2024, 2, d, h, m, 0, 0)
		return w
	}
	want := [][2]term.Time{{at(28, 23, 50), at(29, 0, 10)}, {at(28, 8, 30), at(28, 8, 45)}, {at(28, 8, 30), 0}, {0, 0}, {at(28, 0, 0), at(28, 9, 0)}}
	readAll(t, s, source.Rows, func(_ source.Shard, b *record.Block) {
		for i, w := range want {
			if e := b.Encounters[i]; e.Row.Start != w[0] || e.Row.End != w[1] || e.At != w[0] {
				t.Errorf("line %d: %v to %v, want %v to %v", i+2, e.Row.Start.Clock(), e.Row.End.Clock(), w[0].Clock(), w[1].Clock())
			}
		}
		if len(b.Rejects) != 1 || b.Rejects[0].Field != "end_time" || b.Rejects[0].Line != 7 {
			t.Errorf("rejects %+v", b.Rejects)
		}
	})
}

// TestOutpatients reads a table of the shape of Hospital Episode Statistics,
// with another delimiter and NHS numbers in place of local identifiers.
func TestOutpatients(t *testing.T) {
	s, err := Open(folder(t, map[string]string{"op.txt": `NHSNO|ATTENDKEY|APPTDATE|PROCODET|GPPRAC|SEX|ETHNOS|TRETSPEF|MAINSPEF|ATTENDED|DIAG_4_01|DIAG_4_02|DIAG_4_03|DIAG_4_04|DIAG_4_05|DIAG_4_06|DIAG_4_07|DIAG_4_08|DIAG_4_09|DIAG_4_10|DIAG_4_11|DIAG_4_12
9000000041|A1|2024-03-31|RJE-X|M82002|2|S|360|300|5|R69X|||||||||||
9000000041|A2|2024-04-01|RJE-X|M82002|2|S|360|300|3||||||||||||
`}), []Table{{File: "op.txt", Preset: "hes-op", Delimiter: "|", Columns: map[string][]string{"nhs_number": {"NHSNO"}}}})
	if err != nil {
		t.Fatal(err)
	}
	readAll(t, s, source.Rows, func(_ source.Shard, b *record.Block) {
		if len(b.Encounters) != 2 || len(b.Rejects) > 0 {
			t.Fatalf("%d encounters, rejects %+v", len(b.Encounters), b.Rejects)
		}
		e, f := b.Encounters[0].Row, b.Encounters[1].Row
		if e.Kind != "outpatient" || e.Provider != "RJE-X" || e.Specialty != "360" || e.Outcome != "attended" || e.Status != "finished" {
			t.Errorf("first appointment %+v", e)
		}
		if f.Outcome != "did-not-attend" || f.Status != "cancelled" {
			t.Errorf("second appointment %+v", f)
		}
		if c := b.Encounters[0].Codings; len(c) != 3 || c[1] != (record.Coding{System: term.TreatmentFunction, Code: "360"}) {
			t.Errorf("codings %+v", c)
		}
	})
}
