// Package sensitive is the gate of what may not be used at all: sexual health,
// fertility treatment, gender reassignment, termination of pregnancy, and what
// else policy adds.
//
// It judges a record by every code that it carries, so that a clinic, a reason
// or a component gives a record away as surely as its own code does. What hangs
// on an excluded record is not this package's concern.
//
// Which codes those are is a policy: a versioned YAML file, of which one is
// built in (policy.yaml). A policy names codes one by one or by prefix; the
// members of licensed reference sets are added by an operator who holds them
// (see Members). A policy that is missing, empty, shorter than it says, of
// another kind or record, past its review, or that includes where it should
// exclude, is refused; so is a list of members that is missing or empty.
//
// How codes are compared: ICD-10 and OPCS-4 without dots and in capitals; Read
// v2 and CTV3 as they are, by their first five characters without the dots that
// fill them up; all others as they are. SNOMED CT and dm+d identifiers never
// collide and often come under each other's name, so each is looked for among
// both, and so is a code of a system that is not known.
package sensitive

import (
	_ "embed"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/gate/list"
	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
	"secondaryuse/deid/term"
)

// Config says which policy applies. A zero field takes the default that is
// given with it.
type Config struct {
	Policy  string    // a YAML file: the one that is built in
	Members []Members // lists that an operator adds
	Record  string    // the shared record it must be about: list.Record
	Now     time.Time // the clock
}

//go:embed policy.yaml
var builtIn []byte

// Gate is an opened policy. It answers from any number of goroutines.
type Gate struct {
	tables tables
	rules  []rule
	about  []string // the policy and each list
}

// Open reads and checks the policy and the lists that are added to it.
func Open(c Config) (*Gate, error) {
	if c.Now.IsZero() {
		c.Now = time.Now()
	}
	if c.Record == "" {
		c.Record = list.Record
	}
	p, sum, err := read(c)
	if err != nil {
		return nil, err
	}
	g := &Gate{tables: newTables()}
	for _, r := range p.Rules {
		g.add(r)
	}
	g.about = append(g.about, fmt.Sprintf("%s, version %s, reviewed %s, %d codes, sha256 %s",
		name(c), p.Version, p.Reviewed, p.codes(), sum))
	for _, m := range c.Members {
		if err := g.load(m, p.Refsets); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// name is what a policy is called in the manifest.
func name(c Config) string {
	if c.Policy == "" {
		return "built-in policy"
	}
	return filepath.Base(c.Policy)
}

// add enters a rule's codes.
func (g *Gate) add(r rule) {
	g.rules = append(g.rules, r)
	for _, system := range r.Systems {
		for _, code := range r.Codes {
			g.tables.of(term.System(system)).add(string(code), r.Match == "prefix", len(g.rules)-1)
		}
	}
}

// Record excludes a record that is flagged, or that carries a code of the
// policy.
func (g *Gate) Record(_ record.Feed, h *record.Head, _ identity.Number) gate.Reason {
	if h.Restricted {
		return gate.Confidential
	}
	for _, c := range h.Codings {
		if _, ok := g.tables.find(c); ok {
			return gate.SensitiveCode
		}
	}
	return gate.Kept
}

// Explain says what the policy makes of a code, and on what ground.
func (g *Gate) Explain(system term.System, code term.Code) string {
	i, ok := g.tables.find(record.Coding{System: system, Code: code})
	if !ok {
		return "kept: no rule of the policy names it"
	}
	w := g.rules[i].Why
	return fmt.Sprintf("excluded: %s: %s; statute: %s; source: %s", w.Category, w.Reason, w.Statute, w.Source)
}

// Describe says in one line which policy and which lists the gate stands on.
func (g *Gate) Describe() string { return "sensitive: " + strings.Join(g.about, "; ") }
