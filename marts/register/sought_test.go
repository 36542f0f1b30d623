package register

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const header = "ohc-register-digests 1 0badcafe 2026-11-22T18:00:00Z\n"

// TestHolds holds that as many are found as a plain search finds, of the domain of
// the issue and no other.
func TestHolds(t *testing.T) {
	r := made(t)
	digests := rapid.Custom(func(t *rapid.T) [16]byte {
		return [16]byte{0: rapid.Byte().Draw(t, "a"), 15: rapid.Byte().Draw(t, "b") % 3}
	})
	rapid.Check(t, func(rt *rapid.T) {
		in := rapid.SliceOf(digests).Draw(rt, "in")
		sought := rapid.SliceOf(digests).Draw(rt, "sought")
		i := issue(t, r, "one", in...)
		var file bytes.Buffer
		if err := (Sought{Register: "0badcafe", Made: time.Unix(1e9, 0), By: map[string][][16]byte{i.Domain: sought, "ffffffff": in}}).Write(&file); err != nil {
			rt.Fatal(err)
		}
		s, err := ReadSought("x", &file)
		if err != nil {
			rt.Fatal(err)
		}
		want := 0
		for _, d := range slices.Compact(slices.SortedFunc(slices.Values(sought), order)) {
			if slices.Contains(in, d) {
				want++
			}
		}
		other := i
		other.RegisterKey = "00000000"
		if _, err := r.Holds(other, s); err == nil {
			rt.Fatal("digests by another key were looked for")
		}
		if got, err := r.Holds(i, s); err != nil || got != int64(want) {
			rt.Fatalf("%d, want %d: %v", got, want, err)
		}
	})
}

// TestSoughtRefused holds that a file that is no file of digests is refused, and
// that nothing of it is told.
func TestSoughtRefused(t *testing.T) {
	good := "00112233 " + strings.Repeat("ab", 16) + "\n"
	for text, want := range map[string]string{
		"": "no header", "9434765919\n": "x:1: header", good: "x:1: header", strings.Replace(header, "1", "2", 1): "x:1: header",
		strings.Replace(header, "Z", "+01:00", 1): "x:1: header: not a time", strings.Replace(header, "0bad", "", 1): "x:1: header",
		header + good + "9434765919\n": "x:3: not the fingerprint", header + "\n": "x:2: ", header + strings.ToUpper(good): "x:2: ", header + " " + good: "x:2: ",
		header + strings.Replace(good, " ", "  ", 1): "x:2: ", header + strings.Repeat("9", 70_000): "far too long",
	} {
		if _, err := ReadSought("x", strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "94347") {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
}

// FuzzSought holds that what is read is written as the same, sorted.
func FuzzSought(f *testing.F) {
	f.Add([]byte(header + "00112233 " + strings.Repeat("ab", 16) + "\n"))
	f.Add([]byte(header))
	f.Add([]byte("\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := ReadSought("x", bytes.NewReader(data))
		if err != nil {
			return
		}
		var file bytes.Buffer
		if err := s.Write(&file); err != nil {
			t.Fatal(err)
		}
		if again, err := ReadSought("x", &file); err != nil || !reflect.DeepEqual(again, s) {
			t.Errorf("%+v, then %+v, %v", s, again, err)
		}
	})
}
