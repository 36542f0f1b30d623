package sensitive

import (
	"cmp"
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
	Purposes []string `yaml:"purposes"`  // for which it says what to do
	Refsets  []refset `yaml:"refsets"`
	Rules    []rule   `yaml:"rules"`
}

// rule says of some codes that they are sensitive, on what ground, and what
// becomes of a record that carries one.
type rule struct {
	Why     ground   `yaml:",inline"`
	Systems []string `yaml:"systems"`
	Match   string   `yaml:"match"` // exact, prefix, or descendants: the concepts and all that are below them
	Codes   []quoted `yaml:"codes"`
	Action  does     `yaml:"action"` // drop, when absent
}

// The ways to match.
const (
	exact       = "exact"
	prefix      = "prefix"
	descendants = "descendants"
)

// refset names a SNOMED CT reference set whose members are sensitive. The
// members themselves are licensed and come by a list in the format RF2. Only of
// the policy that is built in can it be said why they need not be there.
type refset struct {
	Why         ground `yaml:",inline"`
	ID          quoted `yaml:"id"`
	Action      does   `yaml:"action"`
	NotSupplied string `yaml:"not_supplied"`
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

// read returns the policy that the configuration names, checked, and its
// SHA-256.
func read(c Config) (p policy, sum string, err error) {
	data := builtIn
	if c.Policy == "" {
		sum = fmt.Sprintf("%x", sha256.Sum256(builtIn))
	} else if data, sum, err = list.Whole("sensitive", c.Policy, 4<<20); err != nil {
		return p, "", err
	}
	p, line, reason := parse(data)
	field := ""
	if reason == "" {
		field, reason = p.check(c.Record, c.Now)
	}
	if reason == "" && !slices.Contains(p.Purposes, c.Purpose) {
		field, reason = "purposes", "the purpose of the run is none of them"
	}
	if i := p.excused(); reason == "" && i >= 0 && c.Policy != "" {
		field, reason = fmt.Sprintf("refsets[%d].not_supplied", i), "only of the built-in policy may it be said; a policy of your own must have its members"
	}
	if reason != "" {
		return p, "", &list.Refusal{Gate: "sensitive", File: file(c), Line: line, Field: field, Reason: reason,
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
	if reason := p.purposes(); reason != "" {
		return "purposes", reason
	}
	for i, r := range p.Refsets {
		if reason := cmp.Or(r.check(), r.Action.check(p.Purposes)); reason != "" {
			return fmt.Sprintf("refsets[%d]", i), reason
		}
	}
	for i, r := range p.Rules {
		if reason := cmp.Or(r.check(), r.Action.check(p.Purposes)); reason != "" {
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

// purposes returns why the purposes are none.
func (p policy) purposes() string {
	for i, name := range p.Purposes {
		if _, ok := term.WordOf([]byte(name)); !ok || slices.Contains(p.Purposes[:i], name) {
			return "a purpose is no word of lower case letters, digits and hyphens, or is there twice"
		}
	}
	if len(p.Purposes) == 0 {
		return "missing: the policy does not say for which purposes it holds"
	}
	return ""
}

// excused returns a reference set that may be without members, or -1.
func (p policy) excused() int {
	return slices.IndexFunc(p.Refsets, func(r refset) bool { return r.NotSupplied != "" })
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
	if r.Match != exact && r.Match != prefix && r.Match != descendants {
		return "match is none of exact, prefix, descendants"
	}
	if len(r.Systems) == 0 || len(r.Codes) == 0 {
		return "systems or codes is empty"
	}
	for _, s := range r.Systems {
		known, byPrefix := judged(term.System(s))
		switch {
		case !known:
			return "systems names a terminology that is not judged"
		case r.Match == prefix && !byPrefix:
			return "a prefix means nothing in that terminology"
		case r.Match == descendants && term.System(s) != term.SNOMED && term.System(s) != term.DMD:
			return "only concepts of SNOMED CT and dm+d have descendants"
		}
		for i, code := range r.Codes {
			if !shaped(term.System(s), string(code), r.Match == prefix) {
				return fmt.Sprintf("codes[%d] is no code of that terminology", i)
			}
		}
	}
	return ""
}
