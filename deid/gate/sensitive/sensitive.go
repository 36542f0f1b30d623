// Package sensitive is the gate of what may not be used at all: sexual health,
// fertility treatment, gender reassignment, termination of pregnancy, and what
// else policy adds.
//
// It judges a record by every code that it carries, so that a clinic, a site, a
// reason, a label or a component gives a record away as surely as its own code
// does, and by whose data it is. What hangs on an excluded record is not this
// package's concern.
//
// Which codes those are is a policy: a versioned YAML file, of which one is
// built in (policy.yaml). It names the purposes for which it holds, and codes
// one by one, by prefix, or with all that is below them in SNOMED CT. The
// members of licensed reference sets, and which concept is below which, are
// added by an operator who holds them (see Members and Config). Each rule says
// on what ground it stands and what becomes of a record: by default it is left
// out (drop). Of several rules that name a record the strictest action holds.
//
// A policy that is missing, empty, shorter than it says, of another kind or
// record, for other purposes, past its review, or that includes where it should
// exclude, is refused; so is a list of members that is missing or empty, and a
// policy of the operator's that names a reference set without members, or
// descendants without relationships. The one that is built in names sets whose
// members nobody may publish: that they are not there is part of Describe.
//
// How codes are compared: ICD-10 and OPCS-4 without dots and in capitals; Read
// v2 and CTV3 as they are, by their first five characters without the dots that
// fill them up; groups, places and labels in capitals; all others as they are.
// SNOMED CT and dm+d identifiers never collide and often come under each other's
// name, so each is looked for among both, and so is a code of a system that is
// not known.
package sensitive

import (
	"cmp"
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
	Policy        string    // a YAML file: the one that is built in
	Purpose       string    // of the run: planning
	Members       []Members // lists that an operator adds
	Relationships []string  // snapshots of RF2 relationships, for rules that match by descendants
	Record        string    // the shared record it must be about: list.Record
	Now           time.Time // the clock
}

//go:embed policy.yaml
var builtIn []byte

// Gate is an opened policy. It answers from any number of goroutines.
type Gate struct {
	tables   tables
	rules    []rule
	does     []action // by rule, for the purpose of the run
	purpose  string
	purposes []string // of the policy
	where    []string // by rule, where it stands
	about    []string // the policy and each list
}

// Open reads and checks the policy and the lists that are added to it.
func Open(c Config) (*Gate, error) {
	if c.Now.IsZero() {
		c.Now = time.Now()
	}
	c.Record, c.Purpose = cmp.Or(c.Record, list.Record), cmp.Or(c.Purpose, "planning")
	p, sum, err := read(c)
	if err != nil {
		return nil, err
	}
	g := &Gate{tables: newTables(), purpose: c.Purpose, purposes: p.Purposes}
	for i, r := range p.Rules {
		g.add(r, fmtRule(i)+" of the "+name(c))
	}
	g.about = append(g.about, fmt.Sprintf("%s, version %s, for %s, reviewed %s, %d codes, sha256 %s",
		name(c), p.Version, c.Purpose, p.Reviewed, p.codes(), sum))
	if err := g.expand(c, p); err != nil {
		return nil, err
	}
	if err := g.gather(c, p); err != nil {
		return nil, err
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

// file is what a policy is called in a refusal.
func file(c Config) string { return cmp.Or(c.Policy, "policy.yaml (built in)") }

// add enters a rule and its codes.
func (g *Gate) add(r rule, where string) {
	at := g.ground(r, where)
	for _, system := range r.Systems {
		for _, code := range r.Codes {
			g.enter(system, string(code), at, "")
		}
	}
}

// ground enters a rule without codes, which stands somewhere, and returns its
// place.
func (g *Gate) ground(r rule, where string) int {
	g.rules, g.does, g.where = append(g.rules, r), append(g.does, r.Action.under(g.purpose)), append(g.where, where)
	return len(g.rules) - 1
}

// enter enters a code of a rule; via is by what it is one of the rule's.
func (g *Gate) enter(system, code string, rule int, via string) {
	g.tables.of(term.System(system)).add(code, g.rules[rule].Match == prefix, rule, via)
}

// Record excludes a record that is flagged, that carries a code of the policy,
// or that is the data of an organisation that the policy names; and, with
// gate.SensitivePerson, the person that it is about.
func (g *Gate) Record(f record.Feed, h *record.Head, _ identity.Number) gate.Reason {
	worst := keep
	for _, c := range h.Codings {
		worst = max(worst, g.strictest(c))
	}
	if len(g.tables.place.entries) > 1 {
		worst = max(worst, g.strictest(record.Coding{System: term.Place, Code: term.Code(cmp.Or(h.Organisation, f.Organisation))}))
	}
	switch {
	case worst == dropPerson:
		return gate.SensitivePerson
	case h.Restricted:
		return gate.Confidential
	case worst == keep:
		return gate.Kept
	case worst == delink:
		return gate.Unlinked
	}
	return gate.SensitiveCode
}

// strictest is what becomes of a record that carries a code, for the purpose of
// the run.
func (g *Gate) strictest(c record.Coding) action {
	in := g.tables.of(c.System)
	if in == nil || !in.has(string(c.Code)) {
		return keep
	}
	worst := keep
	for e := range in.find(string(c.Code)) {
		worst = max(worst, g.does[e.rule])
	}
	return worst
}

// Describe says in one line which policy and which lists the gate stands on.
func (g *Gate) Describe() string { return "sensitive: " + strings.Join(g.about, "; ") }

func fmtRule(i int) string { return fmt.Sprintf("rules[%d]", i) }
