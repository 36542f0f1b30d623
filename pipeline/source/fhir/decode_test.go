package fhir

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"secondaryuse/deid/record"
)

// linesOf returns the lines of hand-written resources.
func linesOf(t testing.TB, files ...string) (lines [][]byte) {
	t.Helper()
	for _, file := range files {
		data, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, bytes.Split(bytes.TrimSpace(data), []byte("\n"))...)
	}
	return lines
}

// lookups returns the look-up of the test data, for the decoder and for the
// oracle.
func lookups(t testing.TB) (*Lookup, map[string]node) {
	l, plain := NewLookup(), map[string]node{}
	for _, line := range linesOf(t, "lookup.ndjson") {
		l.Add(line)
		n, err := parse(line)
		if err != nil {
			t.Fatal(err)
		}
		plain[n.all("resourceType")[0].text+"/"+n.all("id")[0].text] = n
	}
	return l, plain
}

// render writes a block out, rejects without their fields and reasons.
func render(b *record.Block) string {
	var out strings.Builder
	for i := range b.Rejects {
		r := &b.Rejects[i]
		fmt.Fprintf(&out, "reject %s\n", r.Dataset)
	}
	fmt.Fprintf(&out, "read %d, unused %v\n", b.Read, b.Unused)
	for _, v := range []any{b.Persons, b.Problems, b.Observations, b.Medications, b.Allergies, b.Immunisations,
		b.Encounters, b.Procedures, b.Referrals, b.Appointments, b.CarePlans, b.SelfRecords, b.Readings, b.Deletions} {
		if s := fmt.Sprintf("%+v", v); s != "[]" {
			out.WriteString(strings.ReplaceAll(s, "} {", "}\n {") + "\n")
		}
	}
	return out.String()
}

// expected decodes by the oracle. It reports false for a text that is not for
// it: a Bundle, and what is nested too deep.
func expected(text []byte, lookup map[string]node) (*record.Block, bool) {
	var b record.Block
	reject := func() (*record.Block, bool) {
		b.Read++
		b.Rejects = append(b.Rejects, record.Reject{})
		return &b, true
	}
	n, err := parse(text)
	if err != nil {
		return reject()
	}
	if n.kind != '{' {
		return reject()
	}
	typ := n.all("resourceType")
	if len(typ) == 0 || typ[0].kind != '"' || typ[0].text == "" {
		return reject()
	}
	if typ[0].text == "Bundle" || n.depth() > 900 {
		return nil, false
	}
	o := &oracle{lookup: lookup}
	o.decode(n, typ[0].text, &b)
	return &b, true
}

func compare(t testing.TB, d *Decoder, text []byte, lookup map[string]node) {
	t.Helper()
	want, ok := expected(text, lookup)
	if !ok {
		return
	}
	var got record.Block
	d.Reset()
	d.Decode(text, &got, 7)
	comparePlaces(t, &got, text, lookup, false)
	g, w := render(&got), render(want)
	if len(got.Rejects) == 1 && len(want.Rejects) == 1 {
		g, w = "rejected", "rejected" // a text that is broken has no dataset for the oracle
	}
	if g != w {
		t.Fatalf("%s\n got %s\nwant %s\nrejects %v", text, g, w, got.Rejects)
	}
}

func options(l *Lookup) Options {
	return Options{Lookup: l, Default: "gp", Person: Person{Verification: []string{"01", NoStatus}, Now: testNow}}
}

func TestAgainstOracle(t *testing.T) {
	l, plain := lookups(t)
	d := New(options(l))
	for _, line := range linesOf(t, "r4.ndjson", "stu3.ndjson", "lookup.ndjson") {
		compare(t, d, line, plain)
	}
}

func FuzzDecode(f *testing.F) {
	l, plain := lookups(f)
	for _, line := range linesOf(f, "r4.ndjson", "stu3.ndjson") {
		f.Add(line)
	}
	f.Add([]byte(`{"resourceType":"Flag","id":"f","status":"active","subject":{"reference":"Patient/p"},"period":{"start":"2026"},"code":{"coding":[{"system":"http://snomed.info/sct","code":"416409005"}]},"encounter":{"reference":"Encounter/e"}}`))
	f.Add([]byte(`{"resourceType":"Consent","id":"c","status":"active","patient":{"reference":"Patient/p"},"dateTime":"2026-01-02","category":[{"coding":[{"code":"x"}]}],"provision":{"code":[{"coding":[{"code":"y"}]}]},"meta":{"security":[{"code":"R"}]}}`))
	d := New(options(l))
	f.Fuzz(func(t *testing.T, text []byte) { compare(t, d, text, plain) })
}
