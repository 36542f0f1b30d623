package purpose

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"secondaryuse/deid/gate/list"
	"secondaryuse/deid/term"
	"secondaryuse/pipeline/strict"
)

// register is the YAML file.
type register struct {
	Name     string  `yaml:"name"`    // purpose
	Version  string  `yaml:"version"` // of this register
	Record   string  `yaml:"record"`  // the shared record it is about
	Purposes []entry `yaml:"purposes"`
}

// entry is one purpose. No key has a default: what is not said is not allowed.
type entry struct {
	Name      string     `yaml:"name"`
	What      string     `yaml:"what"`
	Basis     string     `yaml:"legal_basis"`
	OptOut    string     `yaml:"national_data_opt_out"` // applies, or exempt
	Exemption *exemption `yaml:"exemption"`             // where it is exempt
	Local     string     `yaml:"local_objection"`       // applies
	Type1     string     `yaml:"type_1_opt_out"`        // applies
	Personal  string     `yaml:"phr_and_wearables"`     // allowed or excluded
	ReviewBy  string     `yaml:"review_by"`             // YYYY-MM-DD, the first day on which it does not hold any more
}

// fault is what is wrong with a register: in which field, and why.
type fault struct{ field, reason, next string }

// read returns the register that the configuration names, checked, where it
// stands, and its SHA-256.
func read(c Config) (r register, at place, sum string, err error) {
	at.file = c.File
	data := builtIn
	if c.File == "" {
		at.file, sum = "purposes.yaml (built in)", fmt.Sprintf("%x", sha256.Sum256(builtIn))
	} else if data, sum, err = list.Whole("purpose", c.File, 1<<20); err != nil {
		return r, at, "", err
	}
	var line int64
	var reason string
	if at.text, line, reason = strict.Decode(data, &r); reason != "" {
		return r, at, "", &list.Refusal{Gate: "purpose", File: at.file, Line: line, Reason: reason, Next: "correct it by the example that is built in, which README shows"}
	}
	if f, ok := r.check(c.Record); !ok {
		return r, at, "", at.refuse(f)
	}
	return r, at, sum, nil
}

// place is where a register stands, and the purpose in it.
type place struct {
	file, entry string
	text        strict.Document
}

func (p place) refuse(f fault) error {
	return &list.Refusal{Gate: "purpose", File: p.file, Line: p.text.Line(f.field), Field: f.field, Reason: f.reason, Next: f.next}
}

// check returns what speaks against a register, whatever day it is.
func (r register) check(record string) (fault, bool) {
	another := "put the register of " + list.Record + " here, or correct the path in the configuration"
	switch {
	case r.Name != "purpose":
		return fault{"name", "foreign: not a register named purpose", another}, false
	case r.Record != record:
		return fault{"record", "foreign: a register of another record than " + record, another}, false
	case !line(r.Version):
		return fault{"version", "missing, or no single line", "give the register's version, in quotes"}, false
	case len(r.Purposes) == 0:
		return fault{"purposes", "empty: it has no purpose", "enter the purposes, or leave the register out of the configuration for the one that is built in"}, false
	}
	for i, e := range r.Purposes {
		f, ok := e.check()
		if ok && slices.ContainsFunc(r.Purposes[:i], func(b entry) bool { return b.Name == e.Name }) {
			f, ok = fault{"name", "another purpose has this name", "name each purpose once"}, false
		}
		if !ok {
			f.field = fmt.Sprintf("purposes[%d].%s", i, f.field)
			return f, false
		}
	}
	return fault{}, true
}

// named is what a purpose may be called. The key of its marts is called so too,
// and base is the key of the stage.
var named = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)

// check returns what speaks against a purpose, whatever day it is.
func (e entry) check() (fault, bool) {
	const never = "say applies: whoever has objected is left out whatever the purpose"
	switch {
	case !named.MatchString(e.Name) || e.Name == "base":
		return fault{"name", "not a word of lower case letters, digits and hyphens, or base", "name it as the configuration does"}, false
	case !line(e.What):
		return fault{"what", "missing, or no single line", "say in one line what the data are used for"}, false
	case !line(e.Basis):
		return fault{"legal_basis", "missing, or no single line", "say in one line on what legal basis the data are used"}, false
	case e.Local != "applies":
		return fault{"local_objection", "missing, or switched off: no rule allows that for any purpose", never}, false
	case e.Type1 != "applies":
		return fault{"type_1_opt_out", "missing, or switched off: no rule allows that for any purpose", never}, false
	case e.Personal != "allowed" && e.Personal != "excluded":
		return fault{"phr_and_wearables", "neither allowed nor excluded", "say whether PHR and wearable data may serve the purpose"}, false
	}
	if _, ok := list.Date([]byte(e.ReviewBy)); !ok {
		return fault{"review_by", "not a date YYYY-MM-DD", "give the day by which the purpose is to be reviewed"}, false
	}
	switch {
	case e.OptOut == "applies" && e.Exemption == nil:
		return fault{}, true
	case e.OptOut == "applies":
		return fault{"exemption", "there is one, and the opt-out applies", "leave the exemption out, or say that the purpose is exempt"}, false
	case e.OptOut != "exempt":
		return fault{"national_data_opt_out", "neither applies nor exempt", "say applies, unless there is an approval to do without"}, false
	case e.Exemption == nil:
		return fault{"exemption", "missing, and the purpose is exempt", "give its kind, approval, valid_from and valid_to; or say that the opt-out applies"}, false
	}
	return e.Exemption.check()
}

// holds returns what speaks against a purpose on a day.
func (e entry) holds(now time.Time) (fault, bool) {
	today := term.At(now, list.London)
	if by, _ := list.Date([]byte(e.ReviewBy)); today >= by {
		return fault{"review_by", "stale: the purpose was to be reviewed by now", "have it reviewed, and enter the day of the next review"}, false
	}
	if e.Exemption != nil {
		return e.Exemption.holds(today)
	}
	return fault{}, true
}

// line reports whether a text is one line that can stand in a manifest.
func line(s string) bool {
	return strings.TrimSpace(s) != "" && len(s) <= 300 && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}
