package sensitive

import (
	"strings"
	"testing"
	"time"

	"secondaryuse/deid/term"
)

// TestCheckDigit takes identifiers that SNOMED International prints, and spoils
// every digit of one.
func TestCheckDigit(t *testing.T) {
	for _, id := range []string{"138875005", "404684003", "900000000000207008", "999000041000000102", "44054006"} {
		if !sctid(id) {
			t.Errorf("%s fails its check", id)
		}
	}
	const good = "827241000000103"
	for i := range good {
		for d := byte('0'); d <= '9'; d++ {
			spoiled := good[:i] + string(d) + good[i+1:]
			if sctid(spoiled) != (spoiled == good) {
				t.Errorf("%s: %v", spoiled, sctid(spoiled))
			}
		}
	}
	for _, id := range []string{"", "44054", "04405400", "44054006 ", "4405400x", "1007761000000100" /* a spreadsheet keeps fifteen digits */, "9000000000002070080"} {
		if sctid(id) {
			t.Errorf("%q passes", id)
		}
	}
}

// TestBuiltInCodes holds every code of the built-in policy to the check of its
// terminology, and the policy to naming none twice.
func TestBuiltInCodes(t *testing.T) {
	p, _, reason := parse(builtIn)
	if reason != "" {
		t.Fatal(reason)
	}
	if field, reason := p.check("one-health-and-care", time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)); reason != "" {
		t.Fatal(field, reason)
	}
	if p.MinRules != p.codes() {
		t.Errorf("min_rules is %d, there are %d codes", p.MinRules, p.codes())
	}
	seen := map[string]bool{}
	for i, r := range p.Rules {
		for _, system := range r.Systems {
			for _, c := range r.Codes {
				key := system + " " + string(c)
				if seen[key] {
					t.Errorf("rules[%d]: %s is there twice", i, key)
				}
				seen[key] = true
				if system == string(term.LOINC) && !loinc(string(c)) {
					t.Errorf("%s fails its check", c)
				}
			}
		}
	}
	for _, c := range []string{"sexual-health", "fertility", "gender-reassignment", "termination"} {
		n := 0
		for _, r := range p.Rules {
			if r.Why.Category == c {
				n += len(r.Codes)
			}
		}
		if n < 10 {
			t.Errorf("%s: %d codes", c, n)
		}
	}
}

// loinc checks the digit behind the hyphen (modulus 10 with doubling).
func loinc(code string) bool {
	body, check, ok := strings.Cut(code, "-")
	sum := 0
	for i := range len(body) {
		d := int(body[len(body)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return ok && len(check) == 1 && int(check[0]-'0') == (10-sum%10)%10
}

// FuzzParse reads any bytes as a policy: what comes out of it can be checked,
// and what is wrong is said in words of this program.
func FuzzParse(f *testing.F) {
	f.Add([]byte("name: sensitive\nversion: \"7\"\nrules:\n  - {category: fertility, systems: [icd10], match: prefix, codes: [\"N97\"]}\n"))
	f.Add([]byte("refsets: [{id: \"999004351000000109\"}]\n"))
	f.Add([]byte("a: &b [*b]\n"))
	f.Add([]byte("? [a, b]\n: {c: 1e3}\n"))
	f.Add([]byte("---\n...\n"))
	said := map[string]bool{}
	for _, r := range []string{"", "not YAML, or a key that is there twice", "empty, or more than one document",
		"a key that is no word, an anchor or an alias", "an unknown key", "a key that is there twice",
		"a code that is not in quotes", "an action that is no word, and no word for each purpose", "a value of the wrong kind"} {
		said[r] = true
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, line, reason := parse(data)
		if !said[reason] || line < 0 {
			t.Errorf("line %d: %q", line, reason)
		}
		if reason == "" {
			p.check("one-health-and-care", time.Now())
		}
	})
}
