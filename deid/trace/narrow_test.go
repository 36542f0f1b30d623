package trace

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// found is what is found in texts, each by itself.
func found(w *Wanted, texts []string) (out []string) {
	for i, text := range texts {
		w.Scanner(func(f Finding) { out = append(out, fmt.Sprint(i, f.Kind, f.Form, f.At)) }).Bytes([]byte(text))
	}
	slices.Sort(out)
	return out
}

// TestNarrow holds that in the texts which a search was narrowed down to the same is found
// as by one that takes up everybody.
func TestNarrow(t *testing.T) {
	p := New()
	add(t, p)
	some := []string{"Longton", "E01014370", "322236009", "not", "known", "9434765919", "943 476", "5919", "07700 900123", "AB", "Quetzalbird", "Philomena", "ST4", "7PB", "x@example.org",
		"M85001", "M85001Z", "e10adc3949ba59abbe56e057f20f883e", "NDM0NzY1OTE5", "°", "\"", "-", "12", "Baker", "McDonald", "Mc", "Donald", "unknown", "123456789", "12345678", "UXVldHphbGJpcmQgUGhpbG9tZW5h"}
	text := rapid.Custom(func(t *rapid.T) string {
		s := ""
		for range rapid.IntRange(1, 5).Draw(t, "parts") {
			s += rapid.SampledFrom(some).Draw(t, "part") + rapid.SampledFrom([]string{"", " ", ",", "\n", "-"}).Draw(t, "between")
		}
		return s
	})
	rapid.Check(t, func(t *rapid.T) {
		texts, people := rapid.SliceOfN(text, 1, 8).Draw(t, "texts"), rapid.SliceOfN(text, 0, 30).Draw(t, "people")
		right := rapid.SliceOfN(text, 0, 2).Draw(t, "right")
		whole, narrow := New(), New()
		for _, w := range []*Wanted{whole, narrow} {
			for i, r := range right {
				if i == 0 {
					w.Known(r)
				} else {
					w.Written(r)
				}
			}
		}
		could := false
		for _, text := range texts {
			could = narrow.Narrow(func(s *Scanner) { s.Bytes([]byte(text)) }) || could
		}
		for _, w := range []*Wanted{whole, narrow} {
			for i, p := range people {
				q := people[(i+1)%len(people)]
				w.NHS([]byte(p))
				w.Telephone([]byte(p))
				w.Person(p, q)
				w.Word(Kind(2+i%8), p)
			}
			w.Seal()
		}
		want, got := found(whole, texts), found(narrow, texts)
		if !slices.Equal(got, want) {
			t.Fatalf("found %q, and of everybody %q", got, want)
		}
		if len(want) > 0 && !could {
			t.Fatalf("%q is found where nothing could be", want)
		}
		if n := len(slices.Collect(narrow.words.all)); n > len(slices.Collect(whole.words.all)) {
			t.Fatalf("it is no narrower: %d words are taken up", n)
		}
	})
}

// TestNarrowByRight holds which texts nobody need be taken up for.
func TestNarrowByRight(t *testing.T) {
	for text, could := range map[string]bool{"male": true, "E01014370": true, "Z99999": true, "M85001": false, "Age not known": true, "39113611000001102": false, "73211009": false,
		"9434765919": true, "J45": false, "0-4": false, "2026": false, "°C": false} {
		w := New()
		w.Known("M85001,The Surgery")
		w.Written("male 85-89 Age not known")
		if got := w.Narrow(func(s *Scanner) { s.Bytes([]byte(text)) }); got != (could && text != "male" && text != "Age not known") {
			t.Errorf("%q: could be somebody's %v", text, got)
		}
	}
}

// TestWritten holds that what is published by right is nobody's, spelled as it is there.
func TestWritten(t *testing.T) {
	w := New()
	w.Known("M85001 Church Lane")
	w.Written("where it is not known")
	w.Person("KNOWN", "NOT")
	w.Person("Lane", "Church")
	w.Word(Local, "m85001")
	w.Word(Local, "M85002")
	w.Word(Postcode, "KNOWN")
	w.Word(Local, "73211009")
	w.Seal()
	for text, want := range map[string]bool{"Age not known": false, "known, not": true, "M85001": false, "M85002": true, "Church Lane": true, "known": false, "73211009": false} {
		if got := len(found(w, []string{text})) > 0; got != want {
			t.Errorf("%q: found %v, want %v", text, got, want)
		}
	}
}
