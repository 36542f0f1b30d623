package project

import (
	"slices"

	"secondaryuse/marts/linkage"
)

// study is that a project must link to an older study: one table leaves with a
// column more, the pseudonyms that OpenPseudonymiser made for that study. It is the
// only column by which an extract can be joined to anything else.
type study struct {
	Study    string `yaml:"study"`    // the older study
	Why      string `yaml:"why"`      // it must be linked
	Approval string `yaml:"approval"` // reference of the approval to link: one of approvals
	Mart     string `yaml:"mart"`     // the table that has the column; it has one row a person
}

// checkLinkage adds what is wrong with the block linkage.
func (p *Project) checkLinkage(f *faults) {
	l := p.Linkage
	if l == nil {
		return
	}
	f.say(line(l.Study), "linkage.study", "missing, or no single line", "name the older study, or leave the block out")
	f.say(line(l.Why) && prose(l.Why), "linkage.why", "missing, or says nothing", "say in one line why that study must be linked")
	f.say(slices.ContainsFunc(p.Approvals, func(a approval) bool { return a.Reference == l.Approval && l.Approval != "" }), "linkage.approval", "no reference that stands under approvals", "have the linkage approved, and name the approval there and here")
	f.say(slices.ContainsFunc(p.Tables, func(t Table) bool { return t.Mart == l.Mart }), "linkage.mart", "none of the tables that are asked for", "name the table that is to have the column")
	for _, t := range p.Tables {
		if slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Name == linkage.Column }) {
			f.add("tables", "a column is called "+linkage.Column, "leave it out: the block linkage asks for it")
		}
	}
}

// links holds that the column of pseudonyms is in a table of one row a person.
func links(c *checker) {
	if c.Linkage == nil {
		return
	}
	if m, ok := c.mart(c.Linkage.Mart); ok && Many(m) {
		c.say("linkage.mart", c.Linkage.Mart+" has many rows about a person", "name a table that has one, such as population")
	}
}

func (p Project) linked(f *facts) {
	if l := p.Linkage; l != nil {
		f.add("linked to", l.Study+", by "+l.Mart+"."+linkage.Column+", under "+l.Approval+": "+l.Why)
		f.add("what a leaked salt means", linkage.Line())
	}
}
