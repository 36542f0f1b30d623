package sensitive

import (
	"fmt"
	"strings"

	"secondaryuse/deid/gate/list"
)

// expand adds to the rules that match by descendants what is below their
// concepts.
func (g *Gate) expand(c Config, p policy) error {
	var rules []int
	for i, r := range p.Rules {
		if r.Match == descendants {
			rules = append(rules, i)
		}
	}
	switch {
	case len(rules) == 0 && len(c.Relationships) > 0:
		return refuse(c, "rules", "none matches by descendants, for which relationships are given", "take the relationships out of the configuration, or say match: descendants")
	case len(rules) == 0:
		return nil
	case len(c.Relationships) == 0 && c.Policy == "":
		g.about = append(g.about, "what is below its concepts not supplied: no file of relationships")
		return nil
	case len(c.Relationships) == 0:
		return refuse(c, fmtRule(rules[0]), "it matches by descendants, and no file of relationships is given", "give the snapshot of the SNOMED CT release as gates.sensitive.relationships")
	}
	t, err := readTree(c.Relationships)
	if err != nil {
		return err
	}
	g.about = append(g.about, t.about...)
	return g.below(c, p, t, rules)
}

// readTree reads files of relationships as one hierarchy.
func readTree(files []string) (tree, error) {
	h := hierarchy{number: make(map[uint64]int32)}
	for _, file := range files {
		if err := h.read(file); err != nil {
			return tree{}, err
		}
	}
	t, ok := h.order()
	if !ok {
		return t, &list.Refusal{Gate: "sensitive", File: strings.Join(files, ", "), Reason: "a concept is below itself", Next: notPublished}
	}
	return t, nil
}

// below adds what is below the concepts of some rules. A concept that the
// hierarchy does not know could lose what is below it unseen; only of the
// built-in policy, which nobody has fitted to the release, that is merely said.
func (g *Gate) below(c Config, p policy, t tree, rules []int) error {
	lost := 0
	for _, i := range rules {
		for j, code := range p.Rules[i].Codes {
			known := t.descendants(string(code), func(below string) {
				for _, system := range p.Rules[i].Systems {
					g.enter(system, below, i, string(code))
				}
			})
			if !known && c.Policy != "" {
				return refuse(c, fmtRule(i), fmt.Sprintf("codes[%d] is in no relationship: of another edition, or not active any more", j),
					"give the relationships of its edition, or have the policy reviewed")
			}
			if !known {
				lost++
			}
		}
	}
	if lost > 0 {
		g.about = append(g.about, fmt.Sprintf("%d of the concepts of its rules are in no relationship", lost))
	}
	return nil
}

// refuse is the refusal of a policy together with what is added to it.
func refuse(c Config, field, reason, next string) error {
	return &list.Refusal{Gate: "sensitive", File: file(c), Field: field, Reason: reason, Next: next}
}
