package people

import (
	"fmt"
	"strings"
	"testing"
)

func entries(lines ...string) string { return "people:\n" + strings.Join(lines, "\n") + "\n" }

func one(name, roles, digit string) string {
	return fmt.Sprintf("  - name: %s\n    roles: [%s]\n    key: ed25519:%s", name, roles, strings.Repeat(digit, 64))
}

func TestParse(t *testing.T) {
	p, err := Parse("people.yaml", []byte(entries(one("Ada Asker", "author, reviewer", "1"), one("Siân O'Keeper-Smith Jr.", "custodian", "2"))))
	if err != nil || len(p) != 2 {
		t.Fatal(p, err)
	}
	ada, ok := p.Named("Ada Asker")
	if by, held := p.Holder(ada.Key); !ok || !held || by.Name != "Ada Asker" || !ada.Has(Guardian, Reviewer) || ada.Has(Guardian, Custodian) || ada.Has() {
		t.Errorf("%+v %+v", ada, by)
	}
	p, err = Parse("people.yaml", []byte(entries(one("Ada", "former", "1")+"\n    former_keys: ['ed25519:"+strings.Repeat("3", 64)+"']", one("Rob", "reviewer", "2"))))
	if err != nil {
		t.Fatal(err)
	}
	if old := p[0].Past[0]; p[0].Has(Author, Reviewer, Custodian, Guardian) || !p.Signs("Ada", p[0].Key) || !p.Signs("Ada", old) || p.Signs("Rob", old) || p.Signs("Eve", old) {
		t.Errorf("who has left, or has a new key: %+v", p)
	}
	if _, held := p.Holder(p[0].Past[0]); held {
		t.Error("somebody signs with a key of before")
	}
	if _, ok := p.Named("ada asker"); ok {
		t.Error("another name was found")
	}
}

// TestRefused holds that whatever is wrong anywhere is refused, with file, line and
// field, and without any of what the file holds.
func TestRefused(t *testing.T) {
	ada := one("Ada Asker", "author", "1")
	for name, tc := range map[string]struct{ text, want string }{
		"nothing":           {"", "people: x.yaml:1: people: "},
		"nobody":            {"people: []\n", "x.yaml:1: people: there is nobody"},
		"another key":       {"people: []\nothers: []\n", "x.yaml:2: others: an unknown key"},
		"unknown field":     {entries(ada + "\n    email: a@b.c"), "x.yaml:5: people[0].email: an unknown key"},
		"key twice":         {entries(ada, one("Rob Reviewer", "reviewer", "1")), "x.yaml:7: people[1].key: another has this key"},
		"name twice":        {entries(ada, one("Ada Asker", "reviewer", "2")), "x.yaml:5: people[1].name: the name is there twice"},
		"the same name":     {entries(ada, one("ADA ASKER", "reviewer", "2")), "x.yaml:5: people[1].name: the name is there twice"},
		"two blanks":        {entries(one("'Ada  Asker'", "author", "1")), "people[0].name: not a name"},
		"a blank behind":    {entries(one("'Ada '", "author", "1")), "people[0].name: not a name"},
		"another alphabet":  {entries(one("Аda Asker", "author", "1")), "people[0].name: not a name"},
		"composed":          {entries(one("Sia\u0302n", "author", "1")), "people[0].name: not a name"},
		"no name":           {entries(one("''", "author", "1")), "people[0].name: not a name"},
		"no roles":          {entries(one("Ada", "", "1")), "x.yaml:3: people[0].roles: there is none"},
		"an unknown role":   {entries(one("Ada", "king", "1")), "people[0].roles: each role once"},
		"a role twice":      {entries(one("Ada", "author, author", "1")), "people[0].roles: each role once"},
		"former and more":   {entries(one("Ada", "former, author", "1")), "people[0].roles: there is none, or former and another"},
		"a former key":      {entries(ada+"\n    former_keys: ['ed25519:"+strings.Repeat("2", 64)+"']", one("Rob Reviewer", "reviewer", "2")), "x.yaml:8: people[1].key: another has this key"},
		"a key of before":   {entries(ada + "\n    former_keys: ['ed25519:" + strings.Repeat("1", 64) + "']"), "people[0].former_keys[0]: another has this key"},
		"no former key":     {entries(ada + "\n    former_keys: [ed25519]"), "people[0].former_keys[0]: not a public key"},
		"half a key":        {entries(strings.Replace(ada, "1111", "", 1)), "x.yaml:4: people[0].key: not a public key"},
		"the private key":   {entries(strings.Replace(ada, "ed25519:", "ed25519-private:", 1)), "people[0].key: not a public key"},
		"a field twice":     {entries(ada + "\n    name: Eve"), "there twice"},
		"an alias":          {"a: &a x\npeople: *a\n", "an anchor or an alias"},
		"two documents":     {entries(ada) + "---\n" + entries(ada), "more than one document"},
		"a list of nothing": {"people:\n  -\n", "people[0].name: not a name"},
	} {
		_, err := Parse("x.yaml", []byte(tc.text))
		if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "next: ") {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		} else if strings.Contains(err.Error(), "1111") || strings.Contains(err.Error(), "Asker") {
			t.Errorf("%s: the error shows what the file holds: %v", name, err)
		}
	}
	if _, err := Load("testdata/none.yaml"); err == nil || !strings.Contains(err.Error(), "next: ") {
		t.Error(err)
	}
}

// FuzzParse holds that of whatever is read no two have a name or a key in common,
// and that each can be found.
func FuzzParse(f *testing.F) {
	f.Add([]byte(entries(one("Ada", "author", "1"), one("Rob", "reviewer, guardian", "2"))))
	f.Add([]byte(entries(one("Ada", "author", "1"), one("ada", "reviewer", "1"))))
	f.Add([]byte("people: !!"))
	f.Add([]byte("? - : -"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse("x", data)
		for i, a := range p {
			if by, ok := p.Holder(a.Key); !ok || by.Name != a.Name || len(a.Roles) == 0 {
				t.Errorf("%d: %+v", i, a)
			}
			for _, b := range p[:i] {
				if strings.EqualFold(a.Name, b.Name) || a.Key == b.Key {
					t.Errorf("%+v and %+v", a, b)
				}
			}
		}
		if (err == nil) != (len(p) > 0) {
			t.Error(len(p), err)
		}
	})
}
