package veil

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "value")
		v, ok := Drop(b)
		if ok != (len(b) >= 1 && len(b) <= Max) {
			t.Fatalf("%d bytes: %v", len(b), ok)
		}
		if !ok {
			return
		}
		if got := Lift(nil, v); !bytes.Equal(got, b) {
			t.Fatal("another value came back")
		}
		if len(b) > 3 && bytes.Contains(v[:], b) {
			t.Fatal("the value shows through")
		}
		if w, _ := Drop(b); w != v {
			t.Fatal("one value, two veils")
		}
	})
}

func TestNothing(t *testing.T) {
	if got := Lift([]byte("x"), Value{}); string(got) != "x" {
		t.Errorf("nothing lifts to %q", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("a value of another process was lifted")
		}
	}()
	for i := range 1000 { // a made-up value lifts to a fair length one time in seventeen
		Lift(nil, Value{1: byte(i), 2: byte(i >> 8), 3: 1})
	}
}
