package sensitive

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"secondaryuse/deid/gate/list"
	"secondaryuse/deid/term"
)

// Members is a list of codes that an operator adds to the policy: one that is
// licensed, or not ours to publish.
type Members struct {
	File     string
	Format   string      // RF2, Codes or PCD
	System   term.System // Codes: whose codes they are
	Category string      // Codes and PCD: what they are about
	Action   string      // Codes and PCD: as in a policy; drop when empty
}

// The formats of Members.
const (
	// RF2 is a SNOMED CT simple reference set file: tab separated, one header
	// line. Active members of the reference sets that the policy names are
	// added, under the category that it gives them.
	RF2 = "rf2"
	// Codes is one code a line, up to the first comma or tab; lines that begin
	// with # and a first line "code" are passed over.
	Codes = "codes"
	// PCD is the primary care domain reference set file of NHS England: CSV
	// with columns ConceptId and Sensitive_Status. Concepts whose status is
	// neither empty nor 0 are added.
	PCD = "pcd"
)

// loading is a list of members on its way into a gate.
type loading struct {
	Members
	gate    *Gate
	refsets map[string]int // rule by reference set
	met     map[string]int // how many members of each
	rule    int            // where the format has one for all
	n       int
}

// gather adds every list of members, and sees that each reference set has some.
func (g *Gate) gather(c Config, p policy) error {
	met := make(map[string]int)
	for _, m := range c.Members {
		if err := g.load(m, p.Refsets, met); err != nil {
			return err
		}
	}
	var without []string
	why := ""
	for i, r := range p.Refsets {
		if met[string(r.ID)] > 0 {
			continue
		}
		if without, why = append(without, string(r.ID)), r.NotSupplied; why == "" {
			return refuse(c, fmt.Sprintf("refsets[%d]", i), "missing or empty: no list has an active member of it",
				"give the RF2 file that holds it as gates.sensitive.members, format rf2, or have the policy reviewed")
		}
	}
	if len(without) > 0 {
		g.about = append(g.about, fmt.Sprintf("members of reference sets %s not supplied: %s", strings.Join(without, ", "), why))
	}
	return nil
}

// load adds a list of members.
func (g *Gate) load(m Members, refsets []refset, met map[string]int) error {
	l := &loading{Members: m, gate: g, refsets: make(map[string]int), met: met}
	read, reason := l.prepare(refsets)
	if reason != "" {
		return &list.Refusal{Gate: "sensitive", File: m.File, Reason: reason, Next: "correct the configuration"}
	}
	sum, err := read()
	if err != nil {
		return err
	}
	if l.n == 0 {
		return &list.Refusal{Gate: "sensitive", File: m.File, Reason: "empty: it adds no code to the policy",
			Next: "see that it is the right file in the right format, or take it out of the configuration"}
	}
	about := fmt.Sprintf("%s, %d codes, sha256 %s", filepath.Base(m.File), l.n, sum)
	if l.Action != "" {
		about += ", " + l.Action
	}
	g.about = append(g.about, about)
	return nil
}

// prepare makes the rules that the members go under and returns their reader,
// or why there is none.
func (l *loading) prepare(refsets []refset) (read func() (sum string, err error), reason string) {
	source := filepath.Base(l.File)
	if l.Format == RF2 {
		if l.Action != "" || l.Category != "" {
			return nil, "of members of reference sets the policy says the category and the action"
		}
		if strings.Contains(source, "Delta") || strings.Contains(source, "Full") {
			return nil, "by its name it is no snapshot: a delta lacks members, and a full release has those that are none any more"
		}
		for i, r := range refsets {
			r.Why.Source += ", " + source
			l.refsets[string(r.ID)] = l.gate.ground(rule{Why: r.Why, Match: exact, Action: r.Action}, fmt.Sprintf("refsets[%d] of the policy", i))
		}
		return l.rf2, ""
	}
	does := does{all: l.Action}
	if reason := does.check(l.gate.purposes); reason != "" {
		return nil, reason
	}
	if !slices.Contains(categories, l.Category) {
		return nil, "its category is none of " + strings.Join(categories, ", ")
	}
	l.rule = l.gate.ground(rule{Why: ground{Category: l.Category, Reason: "on a list that the operator added", Statute: "see the list", Source: source}, Match: exact, Action: does}, "gates.sensitive.members")
	switch known, _ := judged(l.System); {
	case l.Format == PCD:
		l.System = term.SNOMED
		return l.pcd, ""
	case l.Format != Codes:
		return nil, "its format is none of rf2, codes, pcd"
	case !known:
		return nil, "its system is a terminology that is not judged"
	}
	return l.codes, ""
}

// add enters one code. It returns why it cannot.
func (l *loading) add(code string, rule int, via string) (field, reason string) {
	if !shaped(l.System, code, false) {
		return "code", "no code of that terminology; a spreadsheet may have rounded it"
	}
	l.gate.enter(string(l.System), code, rule, via)
	l.n++
	return "", ""
}

// lines reads a file line by line.
func (l *loading) lines(each func(n int, line string) (field, reason string)) (string, error) {
	in, err := list.Open("sensitive", l.File)
	if err != nil {
		return "", err
	}
	defer in.Close()
	for n := 1; ; n++ {
		line, err := in.Next()
		if err == io.EOF {
			return in.SHA256(), nil
		}
		if err != nil {
			return "", err
		}
		if field, reason := each(n, string(line)); reason != "" {
			return "", in.Refuse(field, reason, notPublished)
		}
	}
}

func (l *loading) codes() (string, error) {
	return l.lines(func(_ int, line string) (string, string) {
		code := line
		if end := strings.IndexAny(line, ",\t"); end >= 0 {
			code = line[:end]
		}
		code = strings.TrimSpace(code)
		if code == "" || code[0] == '#' || strings.EqualFold(code, "code") {
			return "", ""
		}
		return l.add(code, l.rule, "")
	})
}

// rf2Columns begin the header of a simple reference set.
const rf2Columns = "id\teffectiveTime\tactive\tmoduleId\trefsetId\treferencedComponentId"

func (l *loading) rf2() (string, error) {
	l.System = term.SNOMED
	return l.lines(func(n int, line string) (string, string) {
		if n == 1 {
			if line != rf2Columns {
				return "columns", "not the header of an RF2 simple reference set"
			}
			return "", ""
		}
		f := strings.Split(line, "\t")
		if len(f) != 6 {
			return "", "not six columns"
		}
		rule, named := l.refsets[f[4]]
		if f[2] != "1" || !named {
			return "", ""
		}
		l.met[f[4]]++
		return l.add(f[5], rule, f[4])
	})
}

func (l *loading) pcd() (string, error) {
	data, sum, err := list.Whole("sensitive", l.File, 512<<20)
	if err != nil {
		return "", err
	}
	in := csv.NewReader(bytes.NewReader(data))
	in.ReuseRecord = true
	head, err := in.Read()
	concept, status := slices.Index(head, "ConceptId"), slices.Index(head, "Sensitive_Status")
	if err != nil || concept < 0 || status < 0 {
		return "", l.refuse(1, "columns", "ConceptId or Sensitive_Status is missing")
	}
	for {
		f, err := in.Read()
		if err == io.EOF {
			return sum, nil
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			return "", l.refuse(bad.Line, "", "not CSV with as many fields as the header")
		}
		if s := strings.TrimSpace(f[status]); s == "" || s == "0" {
			continue
		}
		if _, reason := l.add(strings.TrimSpace(f[concept]), l.rule, ""); reason != "" {
			line, _ := in.FieldPos(concept)
			return "", l.refuse(line, "ConceptId", reason)
		}
	}
}

// notPublished is what to do about a list that is not as it was published.
const notPublished = "use the file as it was published; do not save it from a spreadsheet"

func (l *loading) refuse(line int, field, reason string) error {
	return &list.Refusal{Gate: "sensitive", File: l.File, Line: int64(line), Field: field, Reason: reason, Next: notPublished}
}
