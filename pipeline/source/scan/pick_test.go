package scan

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"secondaryuse/pipeline/source"
)

// TestPicked holds that the texts that are picked, and no others, are the lines,
// however far from each other they lie and long they are; that they stay as they
// are until Release; and that one which is cut off is an error.
func TestPicked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	text := make([]byte, 3*block)
	for i := range text {
		text[i] = byte(i * i >> 7)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		var spans []source.Span
		at := int64(0)
		for range rapid.IntRange(0, 20).Draw(t, "spans") {
			at += rapid.OneOf(rapid.Int64Range(0, 9), rapid.Int64Range(0, 3*closeBy)).Draw(t, "gap")
			size := rapid.OneOf(rapid.Int64Range(1, 99), rapid.Int64Range(1, block+9)).Draw(t, "size")
			if at+size > int64(len(text)) {
				break
			}
			spans, at = append(spans, source.Span{From: at, Size: size}), at+size
		}
		cut := rapid.Bool().Draw(t, "cut off")
		if cut {
			spans = append(spans, source.Span{From: int64(len(text)) - 5, Size: 6})
		}
		l, err := OpenPicked(path, spans)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		var got [][]byte
		for l.Next() {
			if from, size := l.Span(); (source.Span{From: from, Size: size}) != spans[len(got)] {
				t.Fatalf("%d at %d, want %v", size, from, spans[len(got)])
			}
			got = append(got, l.Bytes())
		}
		if (l.Err() != nil) != cut {
			t.Fatalf("cut off %v: error %v", cut, l.Err())
		}
		for i, line := range got {
			if s := spans[i]; !bytes.Equal(line, text[s.From:s.From+s.Size]) {
				t.Fatalf("line %d is another", i)
			}
		}
		if want := len(spans); !cut && len(got) != want {
			t.Fatalf("%d lines of %d", len(got), want)
		}
	})
}
