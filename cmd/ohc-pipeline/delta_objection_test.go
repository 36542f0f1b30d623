package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// object puts a line about somebody on the list of objections.
func (o *own) object(who int, line string) {
	o.t.Helper()
	path := filepath.Join(o.root, "day0", "lists", "objections.csv")
	text, err := os.ReadFile(path)
	if err != nil {
		o.t.Fatal(err)
	}
	rows := regexp.MustCompile(`rows=([0-9]+)`)
	var n int
	fmt.Sscan(rows.FindStringSubmatch(string(text))[1], &n)
	said := rows.ReplaceAllString(string(text), fmt.Sprintf("rows=%d", n+1)) + o.number(who) + "," + line + "\n"
	if err := os.WriteFile(path, []byte(said), 0o600); err != nil {
		o.t.Fatal(err)
	}
}

// TestDeltaOfObjections holds that who objects, by a code of the GP record or by
// the list, is out of everything, what they wear and record themselves included,
// and that who takes it back is in again with all their history, wherever the one
// and the other was said: by a delta as by reading everything.
func TestDeltaOfObjections(t *testing.T) {
	t.Parallel()
	o := newOwn(t, "0,garmin,u0,2026-03-01T00:00:00Z,,*,", "0,phr,,2026-03-01T00:00:00Z,,*,")
	all := o.held(o.config("kept"))
	if !strings.Contains(all, "steps 4") || !strings.Contains(all, "mood 4") {
		t.Fatal(all)
	}
	code := func(id, code, on string) []resource {
		return []resource{o.made("Observation", id, 0, resource{"effectiveDateTime": on, "issued": on + "T12:00:00Z", "component": nil, "valueQuantity": nil, "code": coding("http://snomed.info/sct", code)})}
	}
	flag := o.made("Condition", "f1", 0, resource{"resourceType": "Flag", "status": "active", "period": resource{"start": "2026-04-01"}, "code": coding("http://read.info/ctv3", "XaZ89")})
	for _, night := range []struct {
		when string
		in   bool
		say  func() map[string][]resource
	}{
		{"a flag", false, func() map[string][]resource { return map[string][]resource{"Flag.ndjson": {flag}} }},
		{"an earlier withdrawal", false, func() map[string][]resource {
			return map[string][]resource{"Observation.ndjson": code("w1", "827261000000102", "2026-03-31")}
		}},
		{"a later withdrawal", true, func() map[string][]resource {
			return map[string][]resource{"Observation.ndjson": code("w2", "827261000000102", "2026-04-02")}
		}},
		{"an e-mail", false, func() map[string][]resource { o.object(0, "shared-record,objected,2026-05-01"); return nil }},
		{"a later consent in the record", true, func() map[string][]resource {
			return map[string][]resource{"Observation.ndjson": code("c1", "417528008", "2026-05-02")}
		}},
		{"a later refusal in the record", false, func() map[string][]resource {
			return map[string][]resource{"Observation.ndjson": code("r1", "416409005", "2026-05-03")}
		}},
		{"a later e-mail takes it back", true, func() map[string][]resource { o.object(0, "shared-record,withdrawn,2026-05-04"); return nil }},
	} {
		o.write(filepath.Join(o.root, fmt.Sprintf("night%d", o.night+1), "shared-record"), night.say())
		want := ""
		if night.in {
			want = all
		}
		if got := o.delta(night.when, 1); got != want {
			t.Errorf("%s: %q, want %q", night.when, got, want)
		}
	}
}
