package leak

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"secondaryuse/deid/trace"
)

// gathered is a search for whoever a folder names.
func gathered(t testing.TB, f Feed) *Search {
	t.Helper()
	w := trace.New()
	if _, err := Gather(context.Background(), w, f); err != nil {
		t.Fatal(err)
	}
	w.Seal()
	return &Search{Wanted: w}
}

// TestGatherBehindFaults holds that what a source rejects hides nobody who stands behind
// it: the source goes on as well.
func TestGatherBehindFaults(t *testing.T) {
	const patient = `{"resourceType":"Patient","name":[{"family":"Featherstone"}]}`
	for name, text := range map[string]string{
		"a.ndjson":       patient[:30] + "\n" + patient + "\n",
		"b.ndjson":       "{}\n{\"resourceType\":\"Pat\n" + patient + "\n",
		"c.ndjson":       "{}\nnot JSON at all\n\n" + patient,
		"d.json":         "{\"entry\":[{\"a\":}],\n\"b\":[\n" + patient + ",\n{}]}",
		"quote.csv":      "nhs,surname,x\n1,Baker,\"open\n2,Featherstone,y\n",
		"goes-on.csv":    "nhs,note,surname\n1,\"one\ntwo\",Featherstone\n",
		"stray.csv":      "nhs,surname,x\n1,Bak\"er,x\n2,Featherstone,y\n",
		"two-quotes.csv": "nhs,surname,x\n1,\"a\"b\",x\n2,Featherstone,y\n3,\"\"\",\n",
		"doubled.csv":    "nhs,surname,x\n1,\"Featherstone\",\"say \"\"x\"\"\"\n",
	} {
		dir := laid(t, map[string]string{name: text})
		if !gathered(t, Feed{Name: "ohc", Dir: dir}).Tells("Featherstone") {
			t.Errorf("%s: nobody is known", name)
		}
	}
}

// TestGatherThroughLinks holds that a feed is read where links lead, as its source reads it.
func TestGatherThroughLinks(t *testing.T) {
	dir := laid(t, map[string]string{"real/a.csv": "surname\nFeatherstone\n"})
	if err := os.Symlink("real", filepath.Join(dir, "feed")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "other"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../real/a.csv", filepath.Join(dir, "other/Patient.csv")); err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{"feed", "other"} {
		if !gathered(t, Feed{Name: "ohc", Dir: filepath.Join(dir, at)}).Tells("Featherstone") {
			t.Errorf("%s: nobody is known", at)
		}
	}
}

// TestParts holds that the parts of a long file hold each of its lines once.
func TestParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var text []byte
		for i := range rapid.IntRange(1, 40).Draw(t, "lines") {
			text = fmt.Appendf(text, "%d%s\n", i, strings.Repeat("x", rapid.IntRange(0, 30).Draw(t, "long")))
		}
		text = text[:len(text)-rapid.IntRange(0, 1).Draw(t, "without an end")]
		var got []byte
		for _, p := range pieces(job{}, int64(len(text)), int64(rapid.IntRange(1, 100).Draw(t, "piece"))) {
			if p.to == 0 {
				p.to = int64(len(text))
			}
			l, err := linesIn(bytes.NewReader(text), p.from, p.to)
			for err == nil {
				var line []byte
				line, err = l.next()
				got = append(got, line...)
			}
		}
		if !bytes.Equal(got, text) {
			t.Fatalf("%q became %q", text, got)
		}
	})
}

// TestGatherInParts holds that of a long file all are known whose lines begin in any part.
func TestGatherInParts(t *testing.T) {
	for header, line := range map[string]string{
		"surname,nhs\n": "Zorv%s,1\n",
		"{}\n":          "{\"resourceType\":\"Patient\",\"name\":[{\"family\":\"Zorv%s\"}]}\n",
	} {
		var text []byte
		name := func(i int) string { return strings.Repeat(string(rune('a'+i%26)), 5+i/26) }
		text = append(text, header...)
		for i := range 100 {
			text = fmt.Appendf(text, line, name(i))
		}
		path := filepath.Join(t.TempDir(), "feed")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		w := trace.New()
		for _, p := range pieces(job{}, int64(len(text)), 700) {
			g := &gatherer{ctx: context.Background(), to: w, path: path, from: p.from, until: p.to}
			if err := g.open(); err != nil {
				t.Fatal(err)
			}
		}
		w.Seal()
		s := Search{Wanted: w}
		if s.Tells("surname") {
			t.Error("a header is somebody")
		}
		for i := range 100 {
			if !s.Tells("Zorv" + name(i)) {
				t.Errorf("line %d of a text that begins with %q: nobody is known", i, header)
			}
		}
	}
}
