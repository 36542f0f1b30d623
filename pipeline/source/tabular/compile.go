package tabular

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"secondaryuse/deid/term"
)

// table is a Table that has been checked.
type table struct {
	pattern string
	as      kind
	local   bool // local identifiers instead of NHS numbers
	delim   byte
	columns [roles][]column
	codes   [roles]map[string]string
	systems [roles]term.System
}

// column is a column by name.
type column struct {
	name     string
	optional bool // the file may lack it
}

// kind is what a line of a table is about.
type kind struct {
	word  term.Word // of row.Encounter; "person" for persons
	class term.Code // v3-ActCode
}

var kinds = map[string]kind{
	"admission":  {"admission", "IMP"},
	"ae":         {"ae", "EMER"},
	"outpatient": {"outpatient", "AMB"},
	"person":     {word: "person"},
}

func (k kind) person() bool { return k.word == "person" }

// compile checks a Table.
func compile(t Table) (*table, error) {
	t, err := t.withPreset()
	if err != nil {
		return nil, err
	}
	c := &table{pattern: t.File, delim: ','}
	if _, err := path.Match(t.File, ""); err != nil || t.File == "" {
		return nil, errors.New("file: not a pattern")
	}
	var ok bool
	if c.as, ok = kinds[t.As]; !ok {
		return nil, fmt.Errorf("as: must be one of %s", list(slices.Sorted(maps.Keys(kinds))))
	}
	if len(t.Delimiter) > 1 || strings.ContainsAny(t.Delimiter, "\"\r\n") {
		return nil, errors.New("delimiter: must be one character")
	}
	if t.Delimiter != "" {
		c.delim = t.Delimiter[0]
	}
	return c, errors.Join(c.setColumns(t), c.setCodes(t), c.setSystems(t), c.setPerson(t))
}

func list(words []string) string { return strings.Join(words, ", ") }

func (c *table) setColumns(t Table) error {
	for _, name := range slices.Sorted(maps.Keys(t.Columns)) {
		r, ok := byName[name]
		if !ok {
			return fmt.Errorf("columns: unknown role %s; there are %s", name, list(Roles()))
		}
		if use := map[bool]use{true: forPerson, false: forEncounter}[c.as.person()]; roleInfo[r].use&use == 0 {
			return fmt.Errorf("columns.%s: not for a table as %s", name, t.As)
		}
		for _, text := range t.Columns[name] {
			columns, err := expand(text)
			if err != nil {
				return fmt.Errorf("columns.%s: %w", name, err)
			}
			c.columns[r] = append(c.columns[r], columns...)
		}
	}
	return c.complete(t)
}

// complete checks that what every table needs is there.
func (c *table) complete(t Table) error {
	need := []role{recordID, start}
	if c.as.person() {
		need = nil
	}
	for _, r := range need {
		if len(c.columns[r]) == 0 {
			return fmt.Errorf("columns.%s: missing", roleInfo[r].name)
		}
	}
	if n := len(c.columns[procedureDates]); n > 0 && n != len(c.columns[procedures]) {
		return fmt.Errorf("columns.procedure_dates: %d of them for %d procedures", n, len(c.columns[procedures]))
	}
	return nil
}

// setPerson settles how the table names persons.
func (c *table) setPerson(t Table) error {
	byNumber, byLocal := len(c.columns[nhsNumber]) > 0, len(c.columns[localID]) > 0
	switch {
	case byNumber == byLocal:
		return errors.New("columns: exactly one of nhs_number and local_id is needed")
	case t.Check != "" && t.Check != "none":
		return errors.New("check: must be none or absent")
	case byLocal && t.Check != "none":
		return errors.New("columns.local_id: needs check: none, for it is no NHS number")
	}
	c.local = t.Check == "none"
	if byNumber {
		c.columns[localID] = c.columns[nhsNumber]
	} else {
		c.columns[nhsNumber] = c.columns[localID]
	}
	c.columns[localID] = nil
	return nil
}

func (c *table) setCodes(t Table) error {
	for _, name := range slices.Sorted(maps.Keys(t.Codes)) {
		r, ok := byName[name]
		if !ok || !roleInfo[r].mapped {
			return fmt.Errorf("codes: %s is no role with a map of codes", name)
		}
		for _, code := range t.Codes[name] {
			if !storable(r, code) {
				return fmt.Errorf("codes.%s: %q cannot be stored in that column", name, code)
			}
		}
		c.codes[r] = t.Codes[name]
	}
	return nil
}

// storable reports whether a code of the configuration has a place in the
// column of a role.
func storable(r role, code string) bool {
	switch r {
	case sex:
		return slices.Contains(sexes, term.Word(code))
	case status:
		return slices.Contains(statuses, term.Word(code))
	case confidential:
		_, known := flags[code]
		return known
	case ethnicity:
		return ethnicCategory([]byte(code)) != nil
	}
	return term.Code(code).In(term.Item)
}

func (c *table) setSystems(t Table) error {
	for r := range roles {
		c.systems[r] = roleInfo[r].system
	}
	if c.as.word == "ae" {
		c.systems[diagnoses] = "ae-diagnosis"
	}
	for _, name := range slices.Sorted(maps.Keys(t.Systems)) {
		r, ok := byName[name]
		if !ok || roleInfo[r].system == "" {
			return fmt.Errorf("systems: %s is no role that holds codes", name)
		}
		word, ok := term.WordOf([]byte(t.Systems[name]))
		if !ok {
			return fmt.Errorf("systems.%s: must be a word such as icd10 or snomed", name)
		}
		c.systems[r] = term.System(word)
	}
	return nil
}

// expand reads the name of a column, or of a run of them such as
// DIAG_4_01..20. A question mark behind it says that a file may lack it.
func expand(text string) ([]column, error) {
	name, optional := strings.CutSuffix(text, "?")
	head, last, isRun := strings.Cut(name, "..")
	if !isRun {
		if name == "" {
			return nil, errors.New("a column without a name")
		}
		return []column{{name, optional}}, nil
	}
	digits := len(last)
	if digits == 0 || len(head) <= digits {
		return nil, fmt.Errorf("%s: a run of columns is written as DIAG_4_01..20", text)
	}
	stem := head[:len(head)-digits]
	from, err1 := strconv.Atoi(head[len(head)-digits:])
	to, err2 := strconv.Atoi(last)
	if err1 != nil || err2 != nil || from > to || to-from > 1000 {
		return nil, fmt.Errorf("%s: a run of columns is written as DIAG_4_01..20", text)
	}
	var columns []column
	for i := from; i <= to; i++ {
		columns = append(columns, column{fmt.Sprintf("%s%0*d", stem, digits, i), optional})
	}
	return columns, nil
}
