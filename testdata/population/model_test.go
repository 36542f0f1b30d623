package population_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zip"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"

	"secondaryuse/testdata/population/internal/hes"
)

// model is what one holds who has taken in deliveries one after another: the
// newest version of everything, by its key, and nothing that was deleted.
type model map[string]held

// held is the newest version of something: its time, where it has one, and all
// texts that have that time. A feed in which two Patients have one id gives two.
type held struct {
	at    string
	texts []string
}

// put takes a version in. fresh is whether it is of a later delivery than what
// is held.
func (m model) put(key, at, text string, fresh bool) {
	h, ok := m[key]
	switch {
	case !ok || at > h.at || fresh && at == h.at:
		m[key] = held{at, []string{text}}
	case at == h.at && !slices.Contains(h.texts, text):
		h.texts = append(h.texts, text)
		slices.Sort(h.texts)
		m[key] = h
	}
}

// take takes a delivery in: a folder with the files of all feeds.
func (m model) take(t testing.TB, dir string) {
	t.Helper()
	one, gone := make(model), make(map[string]string)
	for _, name := range files(t, dir) {
		text := unpacked(t, filepath.Join(dir, name))
		switch feed, rest, _ := strings.Cut(name, "/"); {
		case strings.Contains(name, "deleted/"):
			deletions(t, feed, text, gone)
		case feed == "shared-record" || feed == "phr":
			one.lines(t, feed, text)
		case feed == "gp-connect":
			one.put(name0(name), bundleTime(text), string(text), true)
		case feed == "hospital":
			one.table(t, filepath.Join(dir, name), name, text)
		case feed == "wearable":
			one.worn(t, rest, text)
		}
	}
	for key, h := range one { // what a delivery has of a key is all there is of its newest version
		if old, ok := m[key]; !ok || h.at >= old.at {
			m[key] = h
		}
	}
	for key, at := range gone {
		if h, ok := m[key]; ok && h.at <= at {
			delete(m, key)
		}
	}
}

// name0 is the name of a Bundle's file without what it says of its day, and of a
// copy that of the Bundle it is a copy of.
func name0(name string) string { return dated.ReplaceAllString(name, "") }

var dated = regexp.MustCompile(`_full_\d{8}`)

func bundleTime(text []byte) string {
	if found := regexp.MustCompile(`^.{0,200}"lastUpdated":"([^"]*)"`).FindSubmatch(text); found != nil {
		return string(found[1])
	}
	return ""
}

// resource is the beginning of a line of FHIR, which one that is cut off has too.
var resource = regexp.MustCompile(`^\{"resourceType":"(\w+)","id":"([^"]+)","meta":\{(?:"versionId":"\d+",)?"lastUpdated":"([^"]+)"`)

func (m model) lines(t testing.TB, feed string, text []byte) {
	for line := range bytes.Lines(text) {
		found := resource.FindSubmatch(line)
		if found == nil {
			t.Fatalf("%s: a line does not begin as a resource: %.80s", feed, line)
		}
		m.put(feed+" "+string(found[1])+"/"+string(found[2]), string(found[3]), string(line), false)
	}
}

func deletions(t testing.TB, feed string, text []byte, gone map[string]string) {
	for line := range bytes.Lines(text) {
		var b struct {
			Meta  struct{ LastUpdated string }
			Entry []struct{ Request struct{ Method, URL string } }
		}
		if err := json.Unmarshal(line, &b); err != nil || b.Meta.LastUpdated == "" {
			t.Fatalf("%s: a deletion: %v", feed, err)
		}
		for _, e := range b.Entry {
			key := feed + " " + e.Request.URL
			gone[key] = max(gone[key], b.Meta.LastUpdated)
		}
	}
}

// table takes the lines of a hospital table in by their key; a line without one
// stands for itself.
func (m model) table(t testing.TB, path, name string, text []byte) {
	if strings.HasSuffix(name, ".parquet") {
		rows, err := parquet.ReadFile[hes.Visit](path)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			key := row.Key
			if key == "" {
				key = fmt.Sprint(row)
			}
			m.put("op "+key, "", fmt.Sprint(row), true)
		}
		return
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil || len(rows) == 0 || rows[0][0] != "FYEAR" {
		t.Fatalf("%s: %v", name, err)
	}
	for _, row := range rows[1:] {
		m.put(name+" "+row[1], "", strings.Join(row, ","), true)
	}
}

// worn takes in what a wearable has told.
func (m model) worn(t testing.TB, name string, text []byte) {
	vendor, rest, _ := strings.Cut(name, "/")
	switch {
	case vendor == "apple":
		account, _, _ := strings.Cut(strings.TrimSuffix(rest, ".zip"), "/")
		m.put("apple "+account, "", string(text), true)
	case strings.HasPrefix(rest, "export/"):
		set, _, _ := strings.Cut(rest, "_")
		for line := range bytes.Lines(text) {
			var row struct{ ParticipantIdentifier, Date, StartDate, Steps string }
			if err := json.Unmarshal(line, &row); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			m.put("fitbit "+set+row.ParticipantIdentifier+row.Date[:min(10, len(row.Date))]+row.StartDate+fmt.Sprint(row.Steps == "many"), "", string(line), true)
		}
	default:
		account, _, _ := strings.Cut(rest, "/")
		var payload map[string][]json.RawMessage
		if err := json.Unmarshal(text, &payload); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for collection, list := range payload {
			for _, x := range list {
				var id struct {
					SummaryID, DateTime, DateOfSleep string
				}
				if err := json.Unmarshal(x, &id); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if vendor == "garmin" {
					account = ""
				}
				m.put(vendor+" "+account+collection+id.SummaryID+id.DateTime+id.DateOfSleep, "", string(x), true)
			}
		}
	}
}

// files lists the files of a folder by name, without those of days.
func files(t testing.TB, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if name = filepath.ToSlash(name); !strings.HasPrefix(name, "days/") {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// unpacked returns the text of a file; of an archive that of the export in it.
func unpacked(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var r io.Reader = bytes.NewReader(data)
	switch filepath.Ext(path) {
	case ".gz":
		r, err = gzip.NewReader(r)
	case ".zst":
		var z *zstd.Decoder
		z, err = zstd.NewReader(r)
		r = z
	case ".zip":
		var z *zip.Reader
		if z, err = zip.NewReader(bytes.NewReader(data), int64(len(data))); err == nil {
			r, err = z.Open("apple_health_export/export.xml")
		}
	}
	if err == nil {
		data, err = io.ReadAll(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// differ says how two models differ, a few keys of each kind.
func differ(t testing.TB, what string, want, got model) {
	t.Helper()
	n := 0
	say := func(how, key string) {
		if n++; n <= 8 {
			t.Errorf("%s: %s: %s\n want %.700q\n  got %.700q", what, how, key, want[key], got[key])
		}
	}
	for key, h := range want {
		switch g, ok := got[key]; {
		case !ok:
			say("is missing", key)
		case !slices.Equal(h.texts, g.texts):
			say("says something else", key)
		}
	}
	for key := range got {
		if _, ok := want[key]; !ok {
			say("is too much", key)
		}
	}
	if n > 8 {
		t.Errorf("%s: and %d more", what, n-8)
	}
}
