package leak

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"secondaryuse/deid/term"
	"secondaryuse/deid/trace"
)

// role is what a column, or a member of JSON, says of a person.
type role uint8

const (
	nothing role = iota
	number
	local
	account
	family
	given
	postcode
	address
	phone
	email
)

// roles are the words by which names of columns tell what is in them: the first that
// a name has decides. Names are read without case and separators.
var roles = []struct {
	role  role
	words []string
}{
	{number, []string{"nhsn", "newnhs"}},
	{postcode, []string{"postcode", "postalcode", "homeadd", "pcode"}},
	{email, []string{"email", "mailaddress"}},
	{family, []string{"family", "surname", "lastname"}},
	{given, []string{"given", "forename", "firstname", "middlename"}},
	{address, []string{"addressline", "address1", "address2", "addr1", "street"}},
	{phone, []string{"phone", "mobile", "telno"}},
	{account, []string{"userid", "accountid", "participantidentifier", "encodedid"}},
	{local, []string{"localpat", "lopatid", "hospitalnumber", "hospitalno", "hospno", "patientid", "mrn", "pasid", "crn"}},
}

// roleOf says what a column holds. Names come again and again.
func (g *gatherer) roleOf(name string) role {
	r, is := g.roles[name]
	if !is {
		if r = g.meant(name); len(g.roles) < 1<<12 && g.roles != nil {
			g.roles[strings.Clone(name)] = r
		}
	}
	return r
}

// meant says what a column holds by its name.
func (g *gatherer) meant(name string) role {
	switch {
	case slices.Contains(g.feed.Numbers, name):
		return number
	case slices.Contains(g.feed.Locals, name):
		return local
	}
	bare := strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == ' ' || r == '.' {
			return -1
		}
		return r
	}, strings.ToLower(name))
	for _, r := range roles {
		if slices.ContainsFunc(r.words, func(w string) bool { return strings.Contains(bare, w) }) {
			return r.role
		}
	}
	if bare == "account" {
		return account
	}
	return nothing
}

// take takes up a value of a role.
func (g *gatherer) take(r role, v string) {
	switch v = strings.TrimSpace(v); r {
	case number:
		g.to.NHS([]byte(v))
	case local:
		if singular(v) {
			g.to.Word(trace.Local, v)
		}
	case account:
		if singular(v) {
			g.to.Word(trace.Account, v)
		}
	case family:
		g.to.Person(v)
	case given:
		g.to.Person("", v)
	case postcode:
		if len(v) <= 8 && strings.ContainsAny(v, "0123456789") { // or it says that none is known
			g.to.Word(trace.Postcode, v)
		}
	case address:
		if telling(v) {
			g.to.Word(trace.Address, v)
		}
	case phone:
		g.to.Telephone([]byte(v))
	case email:
		if strings.Contains(v, "@") {
			g.to.Word(trace.Email, v)
		}
	}
}

// singular reports whether an identifier of a system could be found again: fewer than
// nine digits are any number, fewer than eight letters any word, and codes of SNOMED CT
// stand everywhere.
func singular(v string) bool {
	if _, is := term.CodeIn(term.SNOMED, []byte(v)); is {
		return false
	}
	digits, letters := 0, 0
	for _, c := range []byte(v) {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			letters++
		}
	}
	return digits > 0 && letters > 0 || digits >= 9 || letters >= 8
}

// telling reports whether a line of an address says where somebody lives: a town does
// not. It has a number and a word, or twelve letters in several words.
func telling(line string) bool {
	return len(line) >= 8 && strings.ContainsAny(line, "0123456789") && strings.ContainsAny(strings.ToLower(line), "aeiouy") ||
		len(line) >= 12 && strings.Contains(line, " ")
}

func pad(v uint64) string { return fmt.Sprintf("%010d", v) }
func itoa(n int) string   { return strconv.Itoa(n) }
