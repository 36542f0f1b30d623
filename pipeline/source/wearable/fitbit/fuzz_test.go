package fitbit

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"secondaryuse/deid/record"
	"secondaryuse/pipeline/source"

	"secondaryuse/pipeline/source/wearable/wearabletest"
)

// tally reads a file and checks that every record ended in one tally.
func tally(t testing.TB, r *reader, path string, sh source.Shard) (read int64) {
	t.Helper()
	var b record.Block
	var sum int64
	r.folder = append(r.folder[:0], "a"...)
	r.sink.Reset(t.Context(), "fitbit", &b, func() error {
		for i := range b.Readings {
			if b.Readings[i].Part == 0 {
				sum++
			}
		}
		for _, n := range b.Unused {
			sum += n
		}
		sum += int64(len(b.Rejects))
		read += b.Read
		return nil
	})
	if err := r.file(path, sh); err != nil {
		t.Fatal(err)
	}
	if err := r.sink.Close(); err != nil {
		t.Fatal(err)
	}
	if sum != read {
		t.Fatalf("%d read, %d in tallies", read, sum)
	}
	return read
}

// FuzzFile: whatever a file holds, every record ends in one tally. Of lines
// that encoding/json takes as objects with a ParticipantIdentifier, each is one
// record; and a file that is one answer of series and logs has a record for
// each entry.
func FuzzFile(f *testing.F) {
	f.Add([]byte(wearabletest.File(f, "export.json")))
	f.Add([]byte(wearabletest.File(f, "answer.json")))
	for _, s := range strings.Split(wearabletest.File(f, "export.json"), "\n") {
		f.Add([]byte(s))
	}
	for _, s := range []string{`[{"dateTime":"2026-01-10","minutes":[]}]`, `{"sleep":[{}],"br":[{"dateTime":"\u0032026-01-10"}],"x-intraday":{}}`, "{\n}", `{"activities-heart":[{"dateTime":"2026-01-10"}],"activities-heart-intraday":{"dataset":[{"time":"01:02"}]}}`} {
		f.Add([]byte(s))
	}
	path := filepath.Join(f.TempDir(), "file.json")
	var r reader
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		read := tally(t, &r, path, source.Shard{})
		if want, ok := rows(text); ok && read != want {
			t.Fatalf("%d rows read, want %d", read, want)
		}
		if want, ok := logs(text); ok && read != want {
			t.Fatalf("%d entries read, want %d", read, want)
		}
	})
}

// rows counts the rows of a text that is nothing but rows of the export.
func rows(text []byte) (n int64, ok bool) {
	for _, line := range bytes.Split(text, []byte("\n")) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var row struct{ ParticipantIdentifier string }
		if json.Unmarshal(line, &row) != nil || row.ParticipantIdentifier == "" || bytes.IndexByte(line, 0) >= 0 {
			return 0, false
		}
		n++
	}
	return n, n > 0
}

// logs counts the entries of a text that is one answer of logs.
func logs(text []byte) (n int64, ok bool) {
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return 0, false
	}
	for d.More() {
		key, err := d.Token()
		var list []json.RawMessage
		if err != nil || key != "sleep" && key != "weight" && key != "fat" && key != "activities" || d.Decode(&list) != nil || list == nil {
			return 0, false
		}
		n, ok = n+int64(len(list)), true
	}
	_, err := d.Token()
	return n, ok && err == nil && !d.More() && !bytes.Contains(text, []byte{0})
}

func BenchmarkRows(b *testing.B) {
	text := bytes.Repeat([]byte(strings.Join(strings.Split(wearabletest.File(b, "export.json"), "\n")[:9], "\n")+"\n"), 2000)
	bench(b, "rows.json", text)
}

func BenchmarkAnswer(b *testing.B) {
	var t bytes.Buffer
	t.WriteString(`{"activities-heart":[{"dateTime":"2026-01-10","value":{"restingHeartRate":60}}],"activities-heart-intraday":{"dataset":[{"time":"00:00:00","value":66}`)
	for i := 1; i < 17280; i++ {
		s := i * 5
		t.WriteString(`,{"time":"` + two(s/3600) + ":" + two(s/60%60) + ":" + two(s%60) + `","value":7` + two(s % 10)[1:] + "}")
	}
	t.WriteString("],\n\"datasetInterval\":1,\"datasetType\":\"second\"}}\n")
	bench(b, "answer.json", t.Bytes())
}

func two(n int) string { return string([]byte{byte('0' + n/10), byte('0' + n%10)}) }

func bench(b *testing.B, name string, text []byte) {
	path := filepath.Join(b.TempDir(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		b.Fatal(err)
	}
	var r reader
	var block record.Block
	n := 0
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		n = 0
		r.folder = append(r.folder[:0], "a"...)
		r.sink.Reset(b.Context(), "fitbit", &block, func() error { n += len(block.Readings); return nil })
		if err := r.file(path, source.Shard{}); err != nil {
			b.Fatal(err)
		}
		if err := r.sink.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
