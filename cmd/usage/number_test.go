package usage

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A number is found wherever it stands by itself, and is in no error.
func TestNumber(t *testing.T) {
	for text, want := range map[string]bool{
		"9434765919": true, "943 476 5919": true, "943-476-5919": true, "943\u00a0476\u00a05919": true, "943\u2011476\u20115919": true, "943.476.5919": true, "943_476_5919": true, " 9434765919.": true,
		"patient-9434765919.txt": true, "see (9434765919), please": true, "x=9434765919;": true,
		"12 943 476 5919": true, "111 943 476 5919": true,
		"9434765918": false, "19434765919": false, "94347659190": false, "a9434765919": false,
		"9434765919f": false, "943476591": false, "": false, "1700000006": false,
	} {
		if holds(text, least) != want {
			t.Errorf("%q: want %t", text, want)
		}
		if told := Advice(errors.New("open " + text + ": no")); strings.Contains(told, text) == want && text != "" {
			t.Errorf("%q: %q", text, told)
		}
	}
	if !holds("0101011113", '0') && !holds("1700000009", '0') {
		t.Error("what begins with less is somebody's as well, where no time is told")
	}
}

// TestChecks holds that of ten last digits one at most is right.
func TestChecks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nine, right := rapid.StringMatching(`[4-9][0-9]{8}`).Draw(t, "nine"), 0
		for d := range 10 {
			if holds(fmt.Sprint(nine, d), least) {
				right++
			}
		}
		if right > 1 {
			t.Fatalf("%d check digits are right", right)
		}
	})
}
