package sensitive

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"secondaryuse/deid/gate/list"
	"secondaryuse/deid/term"
)

// policy is the YAML file.
type policy struct {
	Name     string   `yaml:"name"`      // sensitive
	Version  string   `yaml:"version"`   // of this policy
	Record   string   `yaml:"record"`    // the shared record it is about
	Polarity string   `yaml:"polarity"`  // exclude
	Reviewed string   `yaml:"reviewed"`  // YYYY-MM-DD
	ValidFor string   `yaml:"valid_for"` // days since then: 365d
	MinRules int      `yaml:"min_rules"` // how many codes it must at least hold
	Refsets  []refset `yaml:"refsets"`
	Rules    []rule   `yaml:"rules"`
}

// rule says of some codes that they are sensitive, and on what ground.
type rule struct {
	Why     ground   `yaml:",inline"`
	Systems []string `yaml:"systems"`
	Match   string   `yaml:"match"` // exact or prefix
	Codes   []quoted `yaml:"codes"`
}

// refset names a SNOMED CT reference set whose members are sensitive. The
// members themselves are licensed and come by a list in the format RF2.
type refset struct {
	Why ground `yaml:",inline"`
	ID  quoted `yaml:"id"`
}

// ground is why something is sensitive.
type ground struct {
	Category string `yaml:"category"`
	Reason   string `yaml:"reason"`
	Statute  string `yaml:"statute"`
	Source   string `yaml:"source"`
}

// categories are what a rule may be of; restricted is for what a source calls
// legally sensitive without saying why.
var categories = []string{"sexual-health", "fertility", "gender-reassignment", "termination", "restricted"}

// systems are the terminologies that are judged, and whether a prefix means
// anything there.
var systems = map[term.System]bool{
	term.SNOMED: false, term.DMD: false, term.LOINC: false, term.TreatmentFunction: false,
	term.ICD10: true, term.OPCS4: true, term.Read2: true, term.CTV3: true,
}

// read returns the policy that the configuration names, checked, and its
// SHA-256.
func read(c Config) (p policy, sum string, err error) {
	file, data := c.Policy, builtIn
	if file == "" {
		file, sum = "policy.yaml (built in)", fmt.Sprintf("%x", sha256.Sum256(builtIn))
	} else if data, sum, err = list.Whole("sensitive", file, 4<<20); err != nil {
		return p, "", err
	}
	p, line, reason := parse(data)
	field := ""
	if reason == "" {
		field, reason = p.check(c.Record, c.Now)
	}
	if reason != "" {
		return p, "", &list.Refusal{Gate: "sensitive", File: file, Line: line, Field: field, Reason: reason,
			Next: "put the reviewed policy back, or have it reviewed; without a policy in the configuration the one that is built in applies"}
	}
	return p, sum, nil
}

// check returns the field of a policy that speaks against it, and why.
func (p policy) check(record string, now time.Time) (field, reason string) {
	switch {
	case p.Name != "sensitive":
		return "name", "foreign: not a policy named sensitive"
	case p.Record != record:
		return "record", "foreign: a policy of another record than " + record
	case p.Polarity != "exclude":
		return "polarity", "wrong polarity: the policy must be polarity: exclude"
	case p.Version == "":
		return "version", "missing"
	}
	if field, reason := p.fresh(now); reason != "" {
		return field, reason
	}
	for i, r := range p.Refsets {
		if reason := r.check(); reason != "" {
			return fmt.Sprintf("refsets[%d]", i), reason
		}
	}
	for i, r := range p.Rules {
		if reason := r.check(); reason != "" {
			return fmt.Sprintf("rules[%d]", i), reason
		}
	}
	if n := p.codes(); n == 0 || p.MinRules < 1 {
		return "rules", "empty: no codes, or no min_rules"
	} else if n < p.MinRules {
		return "rules", fmt.Sprintf("short: %d codes, and min_rules is %d", n, p.MinRules)
	}
	return "", ""
}

// fresh returns why a policy is past its review.
func (p policy) fresh(now time.Time) (field, reason string) {
	day, ok := list.Date([]byte(p.Reviewed))
	if !ok {
		return "reviewed", "not a date YYYY-MM-DD"
	}
	days, err := strconv.ParseUint(strings.TrimSuffix(p.ValidFor, "d"), 10, 16)
	if err != nil || !strings.HasSuffix(p.ValidFor, "d") {
		return "valid_for", "not a number of days such as 365d"
	}
	switch age := term.At(now, list.London) - day; {
	case age < 0:
		return "reviewed", "in the future"
	case age > term.Time(days)*term.Time(24*time.Hour/time.Microsecond):
		return "reviewed", fmt.Sprintf("stale: reviewed more than %d days ago", days)
	}
	return "", ""
}

// codes is how many codes the rules name.
func (p policy) codes() (n int) {
	for _, r := range p.Rules {
		n += len(r.Codes)
	}
	return n
}

func (g ground) check() string {
	switch {
	case !slices.Contains(categories, g.Category):
		return "category is none of " + strings.Join(categories, ", ")
	case g.Reason == "" || g.Statute == "" || g.Source == "":
		return "reason, statute or source is missing"
	}
	return ""
}

func (r refset) check() string {
	if !sctid(string(r.ID)) {
		return "id is no SNOMED CT identifier: its check digit does not match"
	}
	return r.Why.check()
}

func (r rule) check() string {
	if reason := r.Why.check(); reason != "" {
		return reason
	}
	if r.Match != "exact" && r.Match != "prefix" {
		return "match is neither exact nor prefix"
	}
	if len(r.Systems) == 0 || len(r.Codes) == 0 {
		return "systems or codes is empty"
	}
	for _, s := range r.Systems {
		prefix, known := systems[term.System(s)]
		if !known {
			return "systems names a terminology that is not judged"
		}
		if r.Match == "prefix" && !prefix {
			return "a prefix means nothing in that terminology"
		}
		for i, code := range r.Codes {
			if !shaped(term.System(s), string(code), r.Match == "prefix") {
				return fmt.Sprintf("codes[%d] is no code of that terminology", i)
			}
		}
	}
	return ""
}
