package disclose

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"secondaryuse/marts/duckdb/reader"
)

// wards asks for persons by ward, with totals or without.
func wards(t *testing.T, r *reader.Reader, profile, folder, totals, sql string) Released {
	t.Helper()
	in := input(t, r, profile, "-- release: r\n-- what: x\n-- purpose: planning\n-- dimensions:\n--   ward: x\n-- measures:\n--   n persons: x\n-- totals: "+totals+"\n"+sql+"\n")
	in.Folder = folder
	out, _, err := Control(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	return out
}

func kept(t *testing.T, out Released, id string) string {
	t.Helper()
	text := text(out)
	if err := out.Keep(id); err != nil {
		t.Fatal(err)
	}
	return text
}

// TestHiddenStaysHidden: what is hidden so that another figure cannot be
// computed cannot be asked for by itself afterwards, nor a piece at a time.
func TestHiddenStaysHidden(t *testing.T) {
	r := published(t, map[string]string{"population": `SELECT range AS person_id, CASE WHEN range < 3 THEN 'A' WHEN range < 23 THEN 'B' WHEN range < 63 THEN 'C' ELSE 'D' END AS ward FROM range(123)`})
	folder := filepath.Join(t.TempDir(), "people")
	first := kept(t, wards(t, r, "sacro", folder, "yes", "SELECT * FROM population"), "first")
	if first != "ward,n\nA,*\nB,*\nC,40\nD,60\nTotal,123\n" {
		t.Fatal(first)
	}
	// B and C are in it, and D: C is told again and nothing new by it, B is not told.
	if got := text(wards(t, r, "sacro", folder, "no", "SELECT * FROM population WHERE ward <> 'A'")); got != "ward,n\nB,*\nC,40\nD,60\n" {
		t.Error(got)
	}
	// one half of B, and then the other: with both, A could be computed.
	half := kept(t, wards(t, r, "sacro", folder, "no", "SELECT person_id, 'B1' AS ward FROM population WHERE person_id >= 3 AND person_id < 13"), "half")
	if half != "ward,n\nB1,10\n" {
		t.Fatal(half)
	}
	in := "SELECT person_id, CASE WHEN person_id < 23 THEN 'B2' ELSE ward END AS ward FROM population WHERE person_id >= 13"
	if got := text(wards(t, r, "sacro", folder, "no", in)); got != "ward,n\nB2,*\nC,40\nD,60\n" {
		t.Error(got)
	}
}

// TestSameAgain: a table that is asked for again is the same again, and a month
// later, when two persons have come to a ward, that ward is not told.
func TestSameAgain(t *testing.T) {
	r := published(t, map[string]string{"population": `SELECT range AS person_id, CASE WHEN range < 30 THEN 'A' WHEN range < 90 THEN 'B' ELSE 'C' END AS ward FROM range(160)`})
	folder := filepath.Join(t.TempDir(), "people")
	october := "SELECT * FROM population WHERE person_id <> 28 AND person_id <> 29"
	first := kept(t, wards(t, r, "", folder, "yes", october), "october")
	if first != "ward,n\nA,30\nB,60\nC,70\nTotal,160\n" {
		t.Fatal(first)
	}
	if again := text(wards(t, r, "", folder, "yes", october)); again != first {
		t.Error(again)
	}
	if got := text(wards(t, r, "", folder, "yes", "SELECT * FROM population")); got != "ward,n\nA,*\nB,60\nC,70\nTotal,130\n" {
		t.Error(got)
	}
}

// TestOtherMeasure: a figure of all of a cell's people and one of some of them,
// in two releases, are compared as well.
func TestOtherMeasure(t *testing.T) {
	r := published(t, map[string]string{"population": `SELECT range AS person_id, 'A' AS ward, range >= 5 AS ill FROM range(60)`})
	folder := filepath.Join(t.TempDir(), "people")
	kept(t, wards(t, r, "hes", folder, "no", "SELECT * FROM population"), "all")
	if _, err := Load(heart); err != nil {
		t.Fatal(err)
	}
	in := input(t, r, "hes", strings.NewReplacer("age: age band", "ward: x", "persons of heart", "persons of ill", "--   population persons: all\n", "", "SELECT person_id, age, heart", "SELECT person_id, ward, ill").Replace(heart))
	in.Folder = folder
	if out, _, err := Control(context.Background(), in); err == nil {
		t.Errorf("55 of 60 are told:\n%s", text(out))
	}
}

// TestAnotherProfile: what was released by one profile is not released by another,
// in whole or in part; other people's figures are.
func TestAnotherProfile(t *testing.T) {
	r := published(t, map[string]string{"population": `SELECT range AS person_id, CASE WHEN range < 30 THEN 'A' WHEN range < 90 THEN 'B' ELSE 'C' END AS ward FROM range(160)`})
	folder := filepath.Join(t.TempDir(), "people")
	kept(t, wards(t, r, "hes", folder, "no", "SELECT * FROM population WHERE ward <> 'C'"), "first")
	const head = "-- release: r\n-- what: x\n-- purpose: planning\n-- dimensions:\n--   ward: x\n-- measures:\n--   n persons: x\n-- totals: no\n"
	for sql, refused := range map[string]bool{
		"SELECT * FROM population WHERE ward <> 'C'": true,
		"SELECT * FROM population":                   true,
		"SELECT * FROM population WHERE ward = 'C'":  false,
	} {
		in := input(t, r, "sacro", head+sql+"\n")
		in.Folder = folder
		out, _, err := Control(context.Background(), in)
		if errors.Is(err, ErrRefused) != refused || err != nil && !refused {
			t.Errorf("%s: %v", sql, err)
		}
		if err == nil {
			out.Close()
		}
	}
}
