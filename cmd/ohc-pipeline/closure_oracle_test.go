package main

import (
	"iter"
	"slices"
	"strings"
)

// graph is what goes with what, of all papers that any night has brought: found
// by walking from paper to paper, with no care for nights, files or speed.
type graph struct {
	papers []*paper
	out    [closurePersons]bool // whose data may not be used
	newest map[string]int       // of the versions of a record that are let through
	upto   map[string]int       // which versions of a record must go: it was deleted, or that or a later one left out
	gone   map[string]bool
}

// wrapped reports whether no row is made of a type.
func wrapped(typ string) bool { return happens[typ] == "" }

// stored reports whether a row is made of a paper by itself.
func (g *graph) stored(p *paper) bool {
	return !p.deleted && !p.broken && !wrapped(p.typ()) && !p.sensitive && !p.foreign && !g.out[p.person]
}

func newGraph(papers []*paper, out [closurePersons]bool) *graph {
	g := &graph{papers, out, make(map[string]int), make(map[string]int), make(map[string]bool)}
	for _, p := range papers {
		switch {
		case g.stored(p):
			g.newest[p.name] = max(g.newest[p.name], p.version)
		case !p.broken && (p.deleted || !wrapped(p.typ())):
			g.upto[p.name] = max(g.upto[p.name], p.version)
		}
		if p.sensitive {
			g.gone[p.name] = true
			for _, r := range p.refers {
				if p.bond(r) != under {
					g.gone[r.to] = true
				}
			}
		}
	}
	for g.walk(slices.Values(papers)) || g.walk(backward(papers)) {
	}
	return g
}

// bond is what a reference of the paper means.
func (p *paper) bond(r reference) pull { return says[r.by].way }

// backward yields papers from the last to the first.
func backward(papers []*paper) iter.Seq[*paper] {
	return func(yield func(*paper) bool) {
		for _, p := range slices.Backward(papers) {
			if !yield(p) {
				return
			}
		}
	}
}

// walk goes on from what is gone, past every paper. What a record refers to counts
// by its newest version, and by each of which there is no row.
func (g *graph) walk(papers iter.Seq[*paper]) (further bool) {
	for p := range papers {
		if g.stored(p) && p.version < g.newest[p.name] {
			continue
		}
		for _, r := range p.refers {
			if g.gone[r.to] && !g.gone[p.name] || g.gone[p.name] && !g.gone[r.to] && p.bond(r) == both {
				g.gone[r.to], g.gone[p.name], further = true, true, true
			}
		}
	}
	return further
}

// may is what may be in the stage: when each record of it happened, by dataset.
func (g *graph) may() []string {
	var all []string
	for _, p := range g.papers {
		if g.stored(p) && p.version == g.newest[p.name] && p.version > g.upto[p.name] && !g.gone[p.name] {
			all = append(all, datasetFor(p.typ())+" "+minute(p.version).Format("2006-01-02 15:04"))
		}
	}
	slices.Sort(all)
	return slices.Compact(all) // what came twice
}

// datasetFor is the dataset of a type.
func datasetFor(typ string) string {
	switch typ {
	case "Condition":
		return "problem"
	case "MedicationRequest", "MedicationDispense":
		return "medication"
	case "ServiceRequest":
		return "referral"
	case "CarePlan":
		return "care_plan"
	case "Immunization":
		return "immunisation"
	case "AllergyIntolerance":
		return "allergy"
	}
	return strings.ToLower(typ)
}
