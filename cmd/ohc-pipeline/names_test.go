package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"secondaryuse/deid/term"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/leak"
	"secondaryuse/testdata/population"
)

// dialledConcept is a telephone number that is, without its 0, the identifier of a concept
// of SNOMED CT, so that it has no form that a code has not.
func dialledConcept(t *testing.T) string {
	t.Helper()
	for n := 7700900000; n < 7799999999; n++ {
		b := fmt.Appendf(nil, "%d", n)
		if _, concept := term.CodeIn(term.SNOMED, b); concept && !term.Personal(b) {
			return string(b)
		}
	}
	t.Fatal("no number is both")
	return ""
}

// newNamed is a canary whose identifiers are such as a field of codes takes.
func newNamed(t *testing.T) canary {
	c := newCanary(t)
	c.given, c.local, c.street, c.phone = "Lyuba", "QXC-44078", "12 Elm Rd", "0"+dialledConcept(t)
	return c
}

// shownAs are these identifiers as a mart of codes would show them, and what each is told as.
func shownAs(c canary) map[string]string {
	return map[string]string{c.given: "name", "qxc44078": "local number", "12-Elm-Rd": "address", c.phone[1:]: "telephone number", "G7X-4K2-QQ1": "account"}
}

// prescribed adds prescriptions to those of a folder, one of each code for each that is
// there, and returns what the files were, and what they would be if all were right.
func prescribed(t *testing.T, like string, codes ...string) (was, right map[string]string) {
	t.Helper()
	was, right = make(map[string]string), make(map[string]string)
	paths, err := filepath.Glob(like)
	if err != nil || len(paths) == 0 {
		t.Fatalf("there is no %s: %v", like, err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		was[path] = string(text)
		wrong := ""
		for line := range strings.Lines(was[path]) {
			var v map[string]any
			if json.Unmarshal([]byte(line), &v) != nil || v["resourceType"] != "MedicationRequest" {
				continue
			}
			id := fmt.Sprint(v["id"])
			for i, code := range codes {
				v["id"] = fmt.Sprintf("%s%x", id[:len(id)-1], i)
				right[path] += asLine(t, v)
				planted := maps.Clone(v)
				delete(planted, "medicationReference")
				planted["medicationCodeableConcept"] = map[string]any{"coding": []any{map[string]any{"system": systemOf(code), "code": code}}}
				wrong += asLine(t, planted)
			}
		}
		if err := os.WriteFile(path, []byte(wrong), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return was, right
}

// systemOf is a system that takes a code.
func systemOf(code string) string {
	if _, is := term.CodeIn(term.SNOMED, []byte(code)); is {
		return "http://snomed.info/sct"
	}
	if _, is := term.CodeIn(term.CTV3, []byte(code)); is {
		return "http://read.info/ctv3"
	}
	return "https://example.org/codes"
}

func asLine(t *testing.T, v any) string {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out) + "\n"
}

// TestNobodyIsShown plants what names somebody, and has no form that it could be told by, in
// a field that a mart shows: nothing is published, by any command, until it is corrected.
// It is not said whose it is, nor what.
func TestNobodyIsShown(t *testing.T) {
	t.Parallel()
	c := newNamed(t)
	s := newSite(t, population.Plan{Persons: 300, Seed: 1})
	s.hatch(c)
	s.write("wearable/garmin/dailies_99.json", `{"dailies":[{"userId":"G7X-4K2-QQ1"}]}`)
	looked := filepath.Join(s.left, "work", "looked")
	for code, kind := range shownAs(c) {
		was, _ := prescribed(t, s.path("shared-record/MedicationRequest*.ndjson"), code)
		for _, command := range []string{"run", "run", "publish"} {
			said := s.run(exitCheck, command)
			if !strings.Contains(said, "medication_monthly.parquet, column code: "+kind+": it names somebody; ") || !strings.Contains(said, "leak.words") || strings.Contains(said, code) {
				t.Errorf("%s: %s: it does not say what and where, or says whose%s", kind, command, s.shown(said))
			}
		}
		if _, _, err := snapshot.Current(s.marts()); err != snapshot.ErrNone {
			t.Errorf("%s: something is published: %v", kind, err)
		}
		if drafts, _ := filepath.Glob(filepath.Join(s.marts(), "snapshots", "*")); len(drafts) > 0 {
			t.Errorf("%s: %d drafts are left", kind, len(drafts))
		}
		if _, err := os.Lstat(looked); err == nil {
			t.Errorf("%s: it was looked for, and found, and is kept as nobody's", kind)
		}
		for path, text := range was {
			s.must(os.WriteFile(path, []byte(text), 0o600))
		}
	}
	s.run(0, "run")
	s.run(0, "verify", "leak")
}

// TestNobodyIsShownWhereFeedsAreGone holds that what is shown for the first time is not
// published where it cannot be held to everybody, and that what was shown before is.
func TestNobodyIsShownWhereFeedsAreGone(t *testing.T) {
	t.Parallel()
	s := newSite(t, population.Plan{Persons: 300, Seed: 1})
	looked := filepath.Join(s.left, "work", "looked")
	s.run(0, "run")
	s.must(os.Rename(s.path("hospital"), s.path("away")))
	s.run(0, "publish")
	text, err := os.ReadFile(looked)
	s.must(err)
	for name, other := range map[string]string{"gone": "", "cut short": string(text[:len(text)-40]), "edited": strings.Replace(string(text), "\n", "\n0", 1), "of another version": "ohc looked 0" + string(text[len("ohc looked 1"):]),
		"of another search": strings.Replace(string(text), "ohc looked 1 ", "ohc looked 1 0", 1), "no such file": "\x00\xff"} {
		if s.must(os.Remove(looked)); other != "" {
			s.must(os.WriteFile(looked, []byte(other), 0o600))
		}
		if said := s.run(1, "publish"); !strings.Contains(said, "must be held to everybody before it is published: feed hospital: there is no such folder; next: put it there") {
			t.Errorf("%s: it does not say what to do%s", name, s.shown(said))
		}
		s.must(os.WriteFile(looked, text, 0o600))
		s.run(0, "publish")
	}
	s.must(os.Remove(looked))
	s.must(os.Mkdir(s.path("hospital"), 0o700)) // as where what is mounted there is not
	if said := s.run(1, "publish"); !strings.Contains(said, "published: feed hospital: ") {
		t.Errorf("an empty folder: it does not say which%s", s.shown(said))
	}
	if _, err := os.Lstat(looked); err == nil {
		t.Error("an empty folder: it is kept as looked for")
	}
	s.must(os.Remove(s.path("hospital")))
	s.must(os.Rename(s.path("away"), s.path("hospital")))
	s.run(0, "publish")
	s.must(os.Rename(s.path("hospital"), s.path("away")))
	s.run(0, "publish")
}

// TestNobodyIsShownWhereADeliveryIsGone holds the same where only some of what was fetched
// of a feed lies there still, whichever it is: whom the rest names could be looked for alone.
func TestNobodyIsShownWhereADeliveryIsGone(t *testing.T) {
	t.Parallel()
	d := newDeltas(t, 300, 1, 0)
	c := d.config("kept")
	d.dropped(c, "day0")
	d.extract(c)
	day := d.next(1)
	c = d.config("kept")
	d.dropped(c, day)
	d.extract(c)
	looked, away := filepath.Join(c.Work, "looked"), filepath.Join(d.root, "away")
	before, err := os.ReadFile(looked)
	if err != nil {
		t.Fatal(err)
	}
	for _, delivery := range []string{"0000001", "0000002", "0000001"} {
		path := filepath.Join(c.Work, "landing", "ohc", delivery)
		if err := os.Rename(path, away); err != nil {
			t.Fatal(err)
		}
		if _, err := d.publishOther(c); err == nil || !strings.Contains(err.Error(), "must be held to everybody before it is published: feed ohc: ") {
			t.Errorf("without delivery %s: %v", delivery, err)
		}
		if now, err := os.ReadFile(looked); err != nil || string(now) != string(before) {
			t.Errorf("without delivery %s it was kept as looked for: %v", delivery, err)
		}
		if err := os.Rename(away, path); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.publishOther(c); err != nil {
		t.Error(err)
	}
}

// TestLookVersion holds that where a feed is read for other identifiers, what was looked for
// before was not.
func TestLookVersion(t *testing.T) {
	c := config.Config{Feeds: []config.Feed{{Name: "a", Kind: "garmin", Path: "a"}}}
	was, err := lookVersion(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []config.Feed{{Name: "a", Kind: "fitbit", Path: "a"}, {Name: "a", Kind: "garmin", Path: "b"},
		{Name: "a", Kind: "garmin", Path: "a", Tables: []config.Table{{Columns: map[string]config.Columns{"nhs_number": {"id"}}}}}} {
		c.Feeds[0] = f
		if now, err := lookVersion(c); err != nil || now == was {
			t.Errorf("%+v: the same: %v", f, err)
		}
	}
}

// TestNobodyIsShownInADelta does the same in the second night: what was published in the
// first stays served, until the operator says of words and codes that they are published by
// right, and the feed is corrected where it is no word.
func TestNobodyIsShownInADelta(t *testing.T) {
	t.Parallel()
	kinds := shownAs(newNamed(t))
	d := newDeltas(t, 300, 1, 0)
	canaryInto(t, d.unpacked("day0"), newNamed(t))
	c := d.config("kept")
	d.dropped(c, "day0")
	d.extract(c)
	was, before, err := snapshot.Current(c.Marts)
	if err != nil {
		t.Fatal(err)
	}
	day := d.next(1)
	_, right := prescribed(t, filepath.Join(d.unpacked(day), "shared-record/*MedicationRequest*.ndjson"), slices.Sorted(maps.Keys(kinds))...)
	c = d.config("kept")
	d.dropped(c, day)
	d.refused(t, c, kinds, was)

	words := ""
	for code, kind := range kinds {
		if kind != "telephone number" {
			words += code + "\n"
			delete(kinds, code)
		}
	}
	file := filepath.Join(d.root, "words.txt")
	if err := os.WriteFile(file, []byte(words), 0o600); err != nil {
		t.Fatal(err)
	}
	d.edits = append(d.edits, "reference:", "leak: {words: "+file+"}\nreference:")
	c = d.config("kept")
	d.refused(t, c, kinds, was)

	day = d.next(2)
	corrected(t, right, d.unpacked(day), d.plan.AsOf.AddDate(0, 0, 2))
	c = d.config("kept")
	d.dropped(c, day)
	if r := d.extract(c); !r.Delta {
		t.Error("everything was read")
	}
	if _, now, err := snapshot.Current(c.Marts); err != nil || now.ID == before.ID {
		t.Errorf("nothing is published after the correction: %v", err)
	}
}

// canaryInto adds a canary to a folder of a population.
func canaryInto(t *testing.T, dir string, c canary) {
	t.Helper()
	s := &site{t: t, in: dir}
	s.hatch(c)
	s.write("shared-record/Patient.ndjson", s.read("shared-record/Patient.ndjson")+s.read("shared-record/Patient.canary.ndjson"))
	s.write("wearable/garmin/dailies_99.json", `{"dailies":[{"userId":"G7X-4K2-QQ1"}]}`)
	s.must(os.Remove(s.path("shared-record/Patient.canary.ndjson")))
}

// unpacked is the folder of a day, its files unpacked.
func (d *deltas) unpacked(day string) string {
	d.t.Helper()
	dir := filepath.Join(d.root, day)
	err := filepath.WalkDir(filepath.Join(dir, "shared-record"), func(path string, e fs.DirEntry, err error) error {
		if ext := filepath.Ext(path); err == nil && (ext == ".gz" || ext == ".zst") {
			err = unpackFile(path)
		}
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return dir
}

// corrected has the day after deliver resources once more, as they were.
func corrected(t *testing.T, was map[string]string, dir string, day time.Time) {
	t.Helper()
	var text string
	for _, lines := range was {
		text += regexp.MustCompile(`"lastUpdated":"[^"]*"`).ReplaceAllString(lines, `"lastUpdated":"`+day.Format(time.DateOnly)+`T12:00:00.000Z"`)
	}
	path := filepath.Join(dir, "shared-record/MedicationRequest.ndjson")
	before, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(before, text...), 0o600); err != nil {
		t.Fatal(err)
	}
}

// refused takes up what there is, and holds that it is not published, and of each code that
// it is said what it is, and where.
func (d *deltas) refused(t *testing.T, c config.Config, kinds map[string]string, was string) {
	t.Helper()
	_, _, err := begin(d.now(), c, everything(false))
	if !errors.Is(err, leak.ErrShown) {
		t.Fatal(err)
	}
	for code, kind := range kinds {
		if !strings.Contains(err.Error(), "medication_monthly.parquet, column code: "+kind) || strings.Contains(err.Error(), code) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if n := strings.Count(err.Error(), ", column "); n != len(kinds) {
		t.Errorf("it finds %d and not %d: %v", n, len(kinds), err)
	}
	if now, _, err := snapshot.Current(c.Marts); err != nil || now != was {
		t.Errorf("what was published is not served any more: %v", err)
	}
}
