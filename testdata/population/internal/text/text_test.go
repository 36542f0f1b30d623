package text

import (
	"encoding/json"
	"regexp"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func TestUUID(t *testing.T) {
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	rapid.Check(t, func(t *rapid.T) {
		if s := string(UUID(nil, rapid.Uint64().Draw(t, "hi"), rapid.Uint64().Draw(t, "lo"))); !form.MatchString(s) {
			t.Fatalf("%s has not the form of a UUID", s)
		}
	})
}

func TestNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int32Range(0, 1<<30).Draw(t, "n")
		got, err := strconv.ParseFloat(string(Hundredths(nil, n)), 64)
		if want, _ := strconv.ParseFloat(strconv.Itoa(int(n))+"e-2", 64); err != nil || got != want {
			t.Fatalf("%d hundredths is written %v", n, got)
		}
		if got := string(Int(nil, int(n)-1<<20)); got != strconv.Itoa(int(n)-1<<20) {
			t.Fatalf("%d is written %s", n, got)
		}
	})
	if got := string(Pad(nil, 42, 5)); got != "00042" {
		t.Errorf("42 in five digits is %s", got)
	}
}

func TestQuote(t *testing.T) {
	for _, s := range []string{"", `a "b" \ c`, "plain"} {
		var back string
		if err := json.Unmarshal(Quote(nil, s), &back); err != nil || back != s {
			t.Errorf("%q comes back as %q: %v", s, back, err)
		}
	}
}
