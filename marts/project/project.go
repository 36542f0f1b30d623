// Package project reads the record of one approved project: who may have which
// rows and columns of the marts, for what, on what basis, from when to when, and
// how coarse. A record is a strict YAML file, projects/NAME.yaml. What it does
// not say is not allowed: a key that is missing, unknown or wrong is an error
// with file, line, field, reason and what to do next.
//
// Load says whether a file can be a project at all, whatever day it is. Check
// says in plain words what it lacks or where it is too wide, by the contracts of
// the marts and on a day. Digest names what the file says, and nothing of how it
// is written: comments, blank space and the order of keys are not part of it.
// Approvals are two people's signatures over the digest, so that whoever
// changes what a file says has no approval any more.
//
// The fields are those of NHS England's data access requests and of the register
// of data uses. Figures that no rule states (k, l, the limits of suppression) are
// ours, and said to be so where they are used.
package project

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Project is one approved use of the marts.
type Project struct {
	Name        string         `yaml:"-" json:"name"` // of the file; Domain is what its key is called
	Reference   string         `yaml:"reference"`     // of the agreement, such as DARS-NIC-nnnnnn-XXXXX
	Title       string         `yaml:"title"`
	Applicant   string         `yaml:"applicant"` // who asks, named as in people.yaml; never approves
	Controllers []organisation `yaml:"controllers"`
	Processors  []organisation `yaml:"processors"`
	Recipients  []recipient    `yaml:"recipients"`
	Purpose     purpose        `yaml:"purpose"`
	LegalBasis  legalBasis     `yaml:"legal_basis"`
	Approvals   []approval     `yaml:"approvals"`
	OptOuts     optOuts        `yaml:"opt_outs"`
	Cohort      string         `yaml:"cohort"` // one SELECT of person_id over the marts
	Tables      []Table        `yaml:"tables"`
	Period      period         `yaml:"period"`
	Anonymity   anonymous      `yaml:"anonymity"`
	Issued      Date           `yaml:"issued"` // day of the agreement
	Start       Date           `yaml:"start"`  // first day of use
	End         Date           `yaml:"end"`    // first day on which it may not be used any more
	Retention   retention      `yaml:"retention"`
	Territory   string         `yaml:"territory"`
	Onward      string         `yaml:"onward_sharing"` // none, or to whom and why
	Outputs     []string       `yaml:"outputs"`
	Notice      string         `yaml:"transparency_notice"` // https address
	Conditions  []string       `yaml:"conditions"`
	Formats     []string       `yaml:"formats"`                      // parquet, csv
	Linkage     *study         `yaml:"linkage" json:",omitempty"`    // nil where it links to no older study
	Generation  int            `yaml:"generation" json:",omitempty"` // of the numbers of persons: 0 for the first, 2 and on for others

	lookups map[string]map[string]string // by file: what each value becomes
	hashes  map[string]string            // by file: SHA-256
	place   place
}

// organisation is a controller or a processor.
type organisation struct {
	Name         string `yaml:"name"`
	Type         string `yaml:"type"`         // of a controller: sole or joint
	Registration string `yaml:"registration"` // with the Information Commissioner
	Security     string `yaml:"security"`     // assurance: DSPT, ISO 27001
}

// recipient is a person or a team who gets an archive that only they can open.
type recipient struct {
	Name         string   `yaml:"name"`
	Organisation string   `yaml:"organisation"` // one of the controllers or processors
	Keys         []string `yaml:"keys"`         // age public keys
}

// purpose is what the data are for.
type purpose struct {
	Kind       string `yaml:"kind"`       // one of kinds
	Marts      string `yaml:"marts"`      // the purpose of the register that the marts are made for
	Objective  string `yaml:"objective"`  // why it is processed
	Processing string `yaml:"processing"` // what is done with it
	Benefits   string `yaml:"benefits"`   // to whom it does good
	Commercial string `yaml:"commercial"` // none: the data are never used to sell
}

// legalBasis is why the use is lawful.
type legalBasis struct {
	Gateway         string `yaml:"gateway"`         // the power to disclose
	Article6        string `yaml:"article_6"`       // of UK GDPR, such as 6(1)(e)
	Article9        string `yaml:"article_9"`       // such as 9(2)(j)
	Confidentiality string `yaml:"confidentiality"` // how the duty of confidentiality is met
}

// approval is one body's approval: of ethics, of confidentiality, of the impact
// assessment.
type approval struct {
	Kind      string `yaml:"kind"` // ethics, confidentiality, impact-assessment, access-committee, other
	Reference string `yaml:"reference"`
	From      Date   `yaml:"from"`
	Until     Date   `yaml:"until"` // first day on which it does not hold
}

// optOuts says which opt-outs are honoured, and why.
type optOuts struct {
	National optOut `yaml:"national"`
	Local    optOut `yaml:"local"`
	Type1    optOut `yaml:"type_1"`
}

// optOut is one of them: applies, or exempt, which only the national one can be.
type optOut struct {
	Rule string `yaml:"rule"`
	Why  string `yaml:"why"`
}

// Table is what leaves of one mart.
type Table struct {
	Mart    string   `yaml:"mart"`
	Why     string   `yaml:"why"`
	Date    string   `yaml:"date"` // the column that the period is about; empty where rows have no day
	Columns []Column `yaml:"columns"`
}

// Column is one column, and why it is needed.
type Column struct {
	Name    string `yaml:"name"`
	Why     string `yaml:"why"`
	Coarsen string `yaml:"coarsen"`               // a level at which it leaves always; as it is when empty
	From    Date   `yaml:"from" json:",omitzero"` // of days that rows are not taken by: those from here leave, and not from the period's first
}

// period is of which days rows may be, and how far a person's days are moved.
type period struct {
	From  Date `yaml:"from"`
	Until Date `yaml:"until"`      // the first day after it
	Shift int  `yaml:"shift_days"` // each person's days move by a keyed offset of up to so many days; 0 for none
}

// anonymous is what an extract is held to before it leaves.
type anonymous struct {
	K           int         `yaml:"k"`           // 10 when absent: ours
	Knows       string      `yaml:"knows"`       // of many rows about a person, what an attacker knows: one-row or all-rows
	Suppression float64     `yaml:"suppression"` // the largest share of persons of whom single values are emptied; 0 when absent
	Quasi       []quasi     `yaml:"quasi_identifiers"`
	Sensitive   []sensitive `yaml:"sensitive"`
	Tails       []tail      `yaml:"tails"`
}

// quasi is a column by which somebody could be found, and how it may be coarsened:
// levels from the finest, at which it leaves if that is enough, to the coarsest.
// Of several columns the one that is named first is coarsened first.
type quasi struct {
	Column string   `yaml:"column"` // mart.column
	Levels []string `yaml:"levels"`
}

// sensitive is a column that must not be known of those who look alike: L of its
// values at least are among them.
type sensitive struct {
	Column  string `yaml:"column"`
	L       int    `yaml:"l"`       // 2 when absent: ours
	Entropy bool   `yaml:"entropy"` // l is e to the entropy, and not the number of values
}

// tail is a number of which the largest and the smallest values may find
// somebody: beyond a value that fewer than k persons reach, it is cut to that
// value, within those who are equal in By.
type tail struct {
	Column string   `yaml:"column"`
	By     []string `yaml:"by"`
}

// retention is until when the recipients keep it, and how they show that it is gone.
type retention struct {
	Until       Date   `yaml:"until"`
	Destruction string `yaml:"destruction"`
}

// Digest names what the project says: the SHA-256 of its fields, with the
// look-ups it coarsens by.
func (p Project) Digest() string {
	sum := sha256.Sum256([]byte(p.said()))
	return hex.EncodeToString(sum[:])
}

// Domain is what the key of the project is called, by which persons have their numbers:
// another generation is another domain, and its numbers say nothing of those before.
func (p Project) Domain() string {
	if p.Generation == 0 {
		return "project-" + p.Name
	}
	return fmt.Sprintf("project-%s--%d", p.Name, p.Generation)
}

// content is what a project says, as it is kept where it was approved.
type content struct {
	Form    string
	Project Project
	Lookups map[string]string // by file: SHA-256
}

// said is the text of what the project says.
func (p Project) said() string {
	text, err := json.Marshal(content{"project/1", p, p.hashes})
	if err != nil {
		panic(err) // no field can fail
	}
	return string(text)
}

// read reads what said has written. The look-ups are known by their hashes alone.
func read(said string) (Project, error) {
	var c content
	if err := json.Unmarshal([]byte(said), &c); err != nil {
		return Project{}, fmt.Errorf("project: what was approved before cannot be read: %w", err)
	}
	c.Project.hashes = c.Lookups
	return c.Project, nil
}

// Lookup returns what each value becomes by a look-up file that a level names.
func (p Project) Lookup(file string) map[string]string { return p.lookups[file] }

// Where says where a field such as tables[0].why stands: file, line, field.
func (p Project) Where(field string) string { return p.place.where(field) }
