package main

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/parquet-go/parquet-go"
)

// faulty returns the lines that the truth says cannot be read, and the faults,
// by feed and file.
func faulty(t *testing.T, dir string) map[string]map[int]string {
	rows, err := csv.NewReader(bytes.NewReader(text(t, filepath.Join(dir, "truth/rejected.csv")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string]map[int]string)
	for _, row := range rows[1:] {
		line, err := strconv.Atoi(row[2])
		if err != nil {
			t.Fatal(err)
		}
		if out[row[1]] == nil {
			out[row[1]] = make(map[int]string)
		}
		out[row[1]][line] = row[4]
	}
	return out
}

// TestFilesParse reads every file with a reader that is not ours and counts
// the records: what cannot be read is what the truth says, and the feeds hold
// as many records as it says.
func TestFilesParse(t *testing.T) {
	dir, s := written(t)
	bad := faulty(t, dir)
	read := make(map[string]int64)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		switch feed, _, _ := strings.Cut(name, "/"); feed {
		case "shared-record":
			read["ohc"] += lines(t, path, bad[name])
		case "phr":
			read["phr"] += lines(t, path, bad[name])
		case "gp-connect":
			read["gp"] += bundle(t, path, bad[name][0])
		case "hospital":
			read["hospital"] += table(t, path, bad[name])
		case "wearable":
			vendor, n := worn(t, path, name)
			read[vendor] += n
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for feed, n := range s.Read {
		if read[feed] != n {
			t.Errorf("%s: the files hold %d records, the truth counts %d", feed, read[feed], n)
		}
	}
}

// lines counts the lines of a file of JSON texts, each of which must be whole
// unless the truth says that it is cut off.
func lines(t *testing.T, path string, bad map[int]string) (n int64) {
	for i, line := range bytes.Split(bytes.TrimSuffix(text(t, path), []byte("\n")), []byte("\n")) {
		n++
		if cut := bad[i+1] == "cut off"; json.Valid(line) == cut {
			t.Errorf("%s:%d: a whole JSON text: %v, cut off by the truth: %v", path, i+1, !cut, cut)
		}
	}
	return n
}

// bundle counts the entries of a Bundle; one that is cut off counts as one.
func bundle(t *testing.T, path, fault string) int64 {
	var b struct {
		ResourceType string
		Entry        []struct {
			Resource struct{ ResourceType, ID string }
		}
	}
	err := json.Unmarshal(text(t, path), &b)
	if fault == "cut off" {
		if err == nil {
			t.Errorf("%s is whole", path)
		}
		return 1
	}
	patients := 0
	for _, e := range b.Entry {
		if e.Resource.ResourceType == "Patient" {
			patients++
		}
	}
	if err != nil || b.ResourceType != "Bundle" || (patients == 1) == (fault == "a Bundle without a Patient") {
		t.Errorf("%s: %v, %d patients", path, err, patients)
	}
	return int64(len(b.Entry))
}

// table counts the lines of a hospital table.
func table(t *testing.T, path string, bad map[int]string) int64 {
	if strings.HasSuffix(path, ".parquet") {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		p, err := parquet.OpenFile(f, info.Size())
		if err != nil {
			t.Fatal(err)
		}
		return p.NumRows()
	}
	r := csv.NewReader(bytes.NewReader(text(t, path)))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	for i, row := range rows {
		if cut := bad[i+1] == "cut off"; (len(row) == len(rows[0])) == cut {
			t.Errorf("%s:%d has %d of %d fields", path, i+1, len(row), len(rows[0]))
		}
	}
	return int64(len(rows) - 1)
}

// worn counts the records of a file of a wearable.
func worn(t *testing.T, path, name string) (vendor string, n int64) {
	parts := strings.Split(name, "/")
	vendor = parts[1]
	switch {
	case vendor == "apple":
		return vendor, elements(t, path)
	case vendor == "fitbit" && parts[2] == "export":
		return vendor, lines(t, path, nil)
	}
	var payload map[string][]json.RawMessage
	if err := json.Unmarshal(text(t, path), &payload); err != nil || len(payload) != 1 {
		t.Errorf("%s: %v, %d collections", path, err, len(payload))
	}
	for _, list := range payload {
		n += int64(len(list))
	}
	return vendor, n
}

// elements counts the records of an Apple Health export.
func elements(t *testing.T, path string) (n int64) {
	data := text(t, path)
	if strings.HasSuffix(path, ".zip") {
		z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		f, err := z.Open("apple_health_export/export.xml")
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		defer f.Close()
		if data, err = io.ReadAll(f); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return n
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if e, ok := token.(xml.StartElement); ok {
			switch e.Name.Local {
			case "Record", "Workout", "ActivitySummary":
				n++
			}
		}
	}
}

// TestConfiguration reads the configuration as YAML and looks for the folders
// it names.
func TestConfiguration(t *testing.T) {
	dir, _ := written(t)
	var c struct {
		Feeds []struct{ Name, Path string }
	}
	if err := yaml.Unmarshal(text(t, filepath.Join(dir, "config.yaml")), &c); err != nil {
		t.Fatal(err)
	}
	if len(c.Feeds) != 7 {
		t.Errorf("%d feeds", len(c.Feeds))
	}
	for _, f := range c.Feeds {
		if entries, err := os.ReadDir(filepath.Join(dir, f.Path)); err != nil || len(entries) == 0 {
			t.Errorf("feed %s: %v, %d files", f.Name, err, len(entries))
		}
	}
}
