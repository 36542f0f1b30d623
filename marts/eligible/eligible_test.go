package eligible

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"secondaryuse/marts/sign"
	"secondaryuse/marts/sign/signtest"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// pair makes a key pair.
func pair(t testing.TB) (sign.Private, sign.Public) {
	t.Helper()
	k := signtest.New(t)
	return k, k.Public()
}

var sample = Header{Snapshot: "20261122T020000.000Z", Domain: "0a1b2c3d", Purpose: "research", At: noon, Lists: []string{"optout: list of 2026-11-22, sha256 00"}}

// written writes a list, and returns its bytes.
func written(t testing.TB, key sign.Private, ids ...int64) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "eligible")
	if err := Write(path, sample, ids, key); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestRoundTrip holds that what is written is read, in order, whatever it is.
func TestRoundTrip(t *testing.T) {
	key, public := pair(t)
	path := filepath.Join(t.TempDir(), "eligible")
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfDistinct(rapid.Int64Min(0), rapid.ID[int64]).Draw(t, "ids")
		if err := Write(path, sample, slices.Clone(ids), key); err != nil {
			t.Fatal(err)
		}
		h, got, err := Read(path, public)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(ids)
		if !slices.Equal(got, ids) || h.Persons != int64(len(ids)) || h.Snapshot != sample.Snapshot || !h.At.Equal(noon) {
			t.Fatalf("%d persons of %d; %+v", len(got), len(ids), h)
		}
	})
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others can read it: %v %v", info.Mode(), err)
	}
}

// TestWriteRefuses holds that two persons never share an id.
func TestWriteRefuses(t *testing.T) {
	key, _ := pair(t)
	path := filepath.Join(t.TempDir(), "eligible")
	for _, ids := range [][]int64{{5, 7, 5}, {-1}} {
		if err := Write(path, sample, ids, key); err == nil {
			t.Errorf("%v was written", ids)
		}
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("something was written")
	}
}

// TestEveryByteCounts holds that a list of which one byte is another, or
// missing, or which goes on, is refused.
func TestEveryByteCounts(t *testing.T) {
	key, public := pair(t)
	data := written(t, key, 3, 5, 1<<40)
	if _, _, err := parse(bytes.NewReader(data), public); err != nil {
		t.Fatal(err)
	}
	for i := range data {
		for _, mask := range []byte{1, 0x80, 0x20} {
			edited := bytes.Clone(data)
			edited[i] ^= mask
			if _, _, err := parse(bytes.NewReader(edited), public); !errors.Is(err, ErrRefused) {
				t.Fatalf("byte %d, mask %#x: %v", i, mask, err)
			}
		}
		if _, _, err := parse(bytes.NewReader(data[:i]), public); !errors.Is(err, ErrRefused) {
			t.Fatalf("cut off at %d: %v", i, err)
		}
	}
	if _, _, err := parse(bytes.NewReader(append(bytes.Clone(data), make([]byte, width)...)), public); !errors.Is(err, ErrRefused) {
		t.Errorf("with somebody put at its end: %v", err)
	}
}

// TestReadRefuses holds that a list that others signed, or nobody, is refused,
// though it is whole.
func TestReadRefuses(t *testing.T) {
	ours, public := pair(t)
	other, theirs := pair(t)
	data := written(t, ours, 3, 5)
	lines := strings.SplitN(string(data), "\n", 4)
	signed := func(key sign.Private, label, head string) string {
		return strings.Join([]string{lines[0], head, base64.StdEncoding.EncodeToString(sign.Sign(key, label, []byte(head)).Bytes), lines[3]}, "\n")
	}
	for name, text := range map[string]string{
		"signed by another":        signed(other, label, lines[1]),
		"unsigned":                 strings.Join([]string{lines[0], lines[1], "", lines[3]}, "\n"),
		"signed as something else": signed(ours, "snapshot", lines[1]),
		"a key more":               signed(ours, label, strings.Replace(lines[1], "{", `{"more":1,`, 1)),
		"a key twice":              signed(ours, label, strings.Replace(lines[1], "{", `{"snapshot":"x",`, 1)),
		"a negative count":         signed(ours, label, strings.Replace(lines[1], `"persons":2`, `"persons":-2`, 1)),
		"a count too high":         signed(ours, label, strings.Replace(lines[1], `"persons":2`, `"persons":9007199254740991`, 1)),
		"not in order":             strings.Join(lines[:3], "\n") + "\n" + lines[3][8:] + lines[3][:8],
	} {
		if _, _, err := parse(strings.NewReader(text), public); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, key := range map[string]sign.Public{"another's": theirs, "none": {}} {
		if _, _, err := parse(bytes.NewReader(data), key); !errors.Is(err, ErrRefused) {
			t.Errorf("checked by the public key %s: %v", name, err)
		}
	}
	if _, _, err := Read(filepath.Join(t.TempDir(), "none"), public); !errors.Is(err, ErrRefused) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
}

// TestFits holds that a list that is old, from the future, or of something else
// is refused.
func TestFits(t *testing.T) {
	const day = 24 * time.Hour
	for name, tc := range map[string]struct {
		snapshot, domain, purpose string
		now                       time.Time
		maxAge                    time.Duration
		ok                        bool
	}{
		"new":                {sample.Snapshot, sample.Domain, sample.Purpose, noon, day, true},
		"as old as may be":   {sample.Snapshot, sample.Domain, sample.Purpose, noon.Add(day), day, true},
		"older":              {sample.Snapshot, sample.Domain, sample.Purpose, noon.Add(day + 1), day, false},
		"clocks differ":      {sample.Snapshot, sample.Domain, sample.Purpose, noon.Add(-ahead), day, true},
		"from the future":    {sample.Snapshot, sample.Domain, sample.Purpose, noon.Add(-ahead - 1), day, false},
		"no age":             {sample.Snapshot, sample.Domain, sample.Purpose, noon, 0, false},
		"another snapshot":   {"20261123T020000.000Z", sample.Domain, sample.Purpose, noon, day, false},
		"another domain":     {sample.Snapshot, "ffffffff", sample.Purpose, noon, day, false},
		"another purpose":    {sample.Snapshot, sample.Domain, "planning", noon, day, false},
		"nothing to compare": {"", "", "", noon, day, false},
	} {
		err := sample.Fits(tc.snapshot, tc.domain, tc.purpose, tc.now, tc.maxAge)
		if tc.ok != (err == nil) || err != nil && !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestMemory holds that reading takes no more memory than the list is long,
// whatever a header promises: 3.2 million persons are 25.6 MB.
func TestMemory(t *testing.T) {
	const n = 3_200_000
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = int64(i) * 7
	}
	key, public := pair(t)
	data := written(t, key, ids...)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	_, got, err := parse(bytes.NewReader(data), public)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if err != nil || len(got) != n {
		t.Fatal(len(got), err)
	}
	if held := after.HeapAlloc - before.HeapAlloc; held > 2*n*width {
		t.Errorf("it holds %d bytes for %d persons", held, n)
	}
	runtime.KeepAlive(got)
}

// FuzzRead holds that nothing but what was written is read, and nothing panics.
func FuzzRead(f *testing.F) {
	key, public := pair(f)
	data := written(f, key, 3, 5)
	f.Add(data)
	f.Add(data[:len(data)-1])
	f.Add([]byte(form + "{}\n\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		if _, _, err := parse(bytes.NewReader(in), public); err == nil && !bytes.Equal(in, data) {
			t.Error("a list that was never written was read")
		}
	})
}

// FuzzSigned holds that a header that was signed is read only as it is written.
func FuzzSigned(f *testing.F) {
	key, public := pair(f)
	head, _ := json.Marshal(sample)
	f.Add(head, []byte{})
	f.Add([]byte(`{"snapshot":"a","persons":1}`), []byte{0, 0, 0, 0, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, head, body []byte) {
		text := slices.Concat([]byte(form), head, []byte("\n"), []byte(base64.StdEncoding.EncodeToString(sign.Sign(key, label, head).Bytes)), []byte("\n"), body)
		h, ids, err := parse(bytes.NewReader(text), public)
		if err != nil {
			return
		}
		if again, _ := json.Marshal(h); !bytes.Equal(again, head) || len(ids)*width != len(body) || !slices.IsSorted(ids) {
			t.Errorf("%d persons, %+v", len(ids), h)
		}
	})
}
