// Package people reads who may do what on the way out: people.yaml, which names
// each person, the public key that they sign with, and their roles.
//
//	people:
//	  - name: Ada Asker
//	    roles: [author]
//	    key: ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a
//	    former_keys: []    # that they signed with before
//
// Who has left has the one role former: they ask and approve nothing, and what they
// have signed can still be verified.
//
// Two people are two names and two keys: a file in which a name or a key is there
// twice is refused, and so is one that is wrong anywhere. Nobody's private key is
// in it. That two keys are held by two people, no file can show: who signs for
// another, or holds two, is found by nobody but those who know them.
package people

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"secondaryuse/marts/sign"
	"secondaryuse/pipeline/strict"
)

// Role is what a person may do.
type Role string

// The roles: an author asks for a release or an extract, a reviewer approves a
// release, a custodian looks after data and keys, and a guardian, the Caldicott
// Guardian, approves projects.
const (
	Author    Role = "author"
	Reviewer  Role = "reviewer"
	Custodian Role = "custodian"
	Guardian  Role = "guardian"
	Former    Role = "former" // who has left: nothing
)

var roles = []Role{Author, Reviewer, Custodian, Guardian, Former}

// Person is one person.
type Person struct {
	Name  string
	Roles []Role
	Key   sign.Public
	Past  []sign.Public // keys of before, with which nothing can be signed any more
}

// Has reports whether a person has one of the roles.
func (p Person) Has(any ...Role) bool {
	return slices.ContainsFunc(any, func(r Role) bool { return slices.Contains(p.Roles, r) })
}

// People is everybody of a file, in its order. None is there twice.
type People []Person

// Named returns the person of that name.
func (p People) Named(name string) (Person, bool) {
	return p.find(func(o Person) bool { return o.Name == name })
}

// Signs reports whether a key is one of the person of that name, or was.
func (p People) Signs(name string, key sign.Public) bool {
	o, ok := p.Named(name)
	return ok && o.has(key)
}

func (p Person) has(key sign.Public) bool { return p.Key == key || slices.Contains(p.Past, key) }

// Holder returns the person who signs with that key.
func (p People) Holder(key sign.Public) (Person, bool) {
	return p.find(func(o Person) bool { return o.Key == key })
}

func (p People) find(is func(Person) bool) (Person, bool) {
	if i := slices.IndexFunc(p, is); i >= 0 {
		return p[i], true
	}
	return Person{}, false
}

// Load reads a file of people. An error names file, line, field and reason, and
// what to do.
func Load(path string) (People, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("people: %w; next: name the file that says who may ask and approve (key people of egress.yaml)", err)
	}
	return Parse(path, data)
}

// file is what a file of people holds, before it is judged.
type file struct {
	People []entry `yaml:"people"`
}

type entry struct {
	Name  string   `yaml:"name"`
	Roles []string `yaml:"roles"`
	Key   string   `yaml:"key"`
	Past  []string `yaml:"former_keys"`
}

// Parse is Load for what was read already; path is for what errors say.
func Parse(path string, data []byte) (People, error) {
	var f file
	d, line, reason := strict.Decode(data, &f)
	if reason != "" {
		return nil, misfit(path, max(line, 1), cmp.Or(d.Odd(line), "people"), reason)
	}
	if len(f.People) == 0 {
		return nil, misfit(path, 1, "people", "there is nobody")
	}
	var out People
	for i, e := range f.People {
		p, field, err := out.next(e)
		if err != nil {
			field = fmt.Sprintf("people[%d].%s", i, field)
			return nil, misfit(path, d.Line(field), field, err.Error())
		}
		out = append(out, p)
	}
	return out, nil
}

func misfit(path string, line int64, field, reason string) error {
	return fmt.Errorf("people: %s:%d: %s: %s; next: correct it; nothing is asked or approved until then", path, line, field, reason)
}

// name is the shape of a name, which no two writings look alike in: letters of
// the Latin alphabet, none of them composed.
var name = regexp.MustCompile(`^[A-Za-zÀ-ÖØ-öø-ÿŴŵŶŷ][A-Za-zÀ-ÖØ-öø-ÿŴŵŶŷ'.-]*( [A-Za-zÀ-ÖØ-öø-ÿŴŵŶŷ'.-]+)*$`)

// next judges one entry against those before it.
func (p People) next(e entry) (out Person, field string, err error) {
	if !name.MatchString(e.Name) || len(e.Name) > 64 {
		return out, "name", errors.New("not a name of Latin letters, hyphens, full stops and single blanks")
	}
	if _, twice := p.find(func(o Person) bool { return strings.EqualFold(o.Name, e.Name) }); twice {
		return out, "name", errors.New("the name is there twice: two people are two names and two keys")
	}
	out = Person{Name: e.Name}
	for i, text := range append([]string{e.Key}, e.Past...) {
		field := "key"
		if i > 0 {
			field = fmt.Sprintf("former_keys[%d]", i-1)
		}
		key, err := sign.ParsePublic(text)
		if err != nil {
			return out, field, err
		}
		if _, twice := p.find(func(o Person) bool { return o.has(key) }); twice || i > 0 && out.has(key) {
			return out, field, errors.New("another has this key: two people are two names and two keys")
		}
		if i == 0 {
			out.Key = key
		} else {
			out.Past = append(out.Past, key)
		}
	}
	for _, r := range e.Roles {
		if !slices.Contains(roles, Role(r)) || out.Has(Role(r)) {
			return out, "roles", errors.New("each role once, of author, reviewer, custodian and guardian, or former alone")
		}
		out.Roles = append(out.Roles, Role(r))
	}
	if len(out.Roles) == 0 || out.Has(Former) && len(out.Roles) > 1 {
		return out, "roles", errors.New("there is none, or former and another")
	}
	return out, "", nil
}
