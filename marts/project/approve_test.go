package project

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"secondaryuse/marts/people"
	"secondaryuse/marts/sign"
	"secondaryuse/marts/sign/signtest"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// staff are four people, each with a key that signtest makes of their name.
func staff(t *testing.T) people.People {
	t.Helper()
	var out people.People
	for name, role := range map[string]people.Role{"ruth.hall": people.Guardian, "gwen": people.Guardian, "carl": people.Custodian, "rhys": people.Reviewer} {
		out = append(out, people.Person{Name: name, Roles: []people.Role{role}, Key: signtest.Key(t, name).Public()})
	}
	return out
}

// approve signs and keeps, as the command does.
func approve(folder string, p Project, all people.People, name string, key sign.Private, at time.Time) error {
	b := Board{Folder: folder, People: all}
	s, err := b.Sign(context.Background(), p, name, key, "", at)
	if err != nil {
		return err
	}
	return b.keep(p, s)
}

// approved is the example in a folder, approved by two people.
func approved(t *testing.T) (string, Project, people.People) {
	t.Helper()
	dir, _ := example(t)
	p, err := Load(dir, "falls")
	if err != nil {
		t.Fatal(err)
	}
	all := staff(t)
	for _, name := range []string{"gwen", "carl"} {
		if _, err := (Board{Folder: dir, People: all}).Approved(p, now); !errors.Is(err, ErrNotApproved) {
			t.Fatalf("before %s: %v", name, err)
		}
		if err := approve(dir, p, all, name, signtest.Key(t, name), now); err != nil {
			t.Fatal(err)
		}
	}
	return dir, p, all
}

func TestApproved(t *testing.T) {
	dir, p, all := approved(t)
	have, err := (Board{Folder: dir, People: all}).Approved(p, now)
	if err != nil || len(have) != 2 || have[0].Statement.By != "gwen" || have[1].Statement.By != "carl" || have[0].Statement.Digest != p.Digest() {
		t.Errorf("%+v %v", have, err)
	}
}

// TestWhoMayNotApprove holds that nobody approves what they ask for, approves
// twice, or signs with another's key or without the role.
func TestWhoMayNotApprove(t *testing.T) {
	dir, p, all := approved(t)
	if err := os.Remove(filepath.Join(dir, "falls.approval.json")); err != nil {
		t.Fatal(err)
	}
	if err := approve(dir, p, all, "gwen", signtest.Key(t, "gwen"), now); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, key, want string }{
		{"ruth.hall", "ruth.hall", "nobody approves what they ask for"},
		{"gwen", "gwen", "has approved it as it stands"},
		{"carl", "gwen", "the key is not that of carl"},
		{"carl", "ruth.hall", "the key is not that of carl"},
		{"rhys", "rhys", "neither guardian nor custodian"},
		{"nobody", "carl", "nobody in people.yaml has the name"},
	} {
		if err := approve(dir, p, all, tc.name, signtest.Key(t, tc.key), now); !errors.Is(err, ErrNotApproved) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s with the key of %s: %v", tc.name, tc.key, err)
		}
	}
	second := append(people.People{}, all...)
	for i, o := range second { // whoever asks has a second name, but the same key
		if o.Name == "carl" {
			second[i].Key = signtest.Key(t, "ruth.hall").Public()
		}
	}
	if err := approve(dir, p, second, "carl", signtest.Key(t, "ruth.hall"), now); !errors.Is(err, ErrNotApproved) {
		t.Errorf("with the applicant's key: %v", err)
	}
	own := p.Recipients[0].Name
	for _, name := range []string{"carl", "Carl", " CARL  "} {
		p.Recipients[0].Name = name
		if err := approve(dir, p, all, "carl", signtest.Key(t, "carl"), now); !errors.Is(err, ErrNotApproved) || !strings.Contains(err.Error(), "nobody approves what they get") {
			t.Errorf("who gets it, as %q: %v", name, err)
		}
	}
	p.Recipients[0].Name = own
	p.Applicant = "somebody else"
	if err := approve(dir, p, all, "carl", signtest.Key(t, "carl"), now); !errors.Is(err, ErrNotApproved) {
		t.Errorf("of an applicant whom nobody knows: %v", err)
	}
	if err := approve(dir, p, all, "carl", signtest.Key(t, "carl"), time.Date(2027, 11, 10, 0, 0, 0, 0, time.UTC)); !errors.Is(err, ErrNotApproved) {
		t.Errorf("after the end: %v", err)
	}
}

// TestWidened holds that whoever changes what an approved file says has no
// approval any more, and that comments and blank space change nothing.
func TestWidened(t *testing.T) {
	for _, tc := range []struct {
		from, to string
		holds    bool
	}{
		{"# A project that can be extracted.", "# Words.\n\n\n", true},
		{"formats: [parquet, csv]", "formats:   [parquet,    csv]   # both", true},
		{"k: 10", "k: 9", false},
		{"WHERE p.registered AND p.long_term_conditions >= 2", "WHERE p.registered", false},
		{"end: 2027-11-10", "end: 2028-06-10", false},
		{"      - {name: lsoa", "      - {name: practice, why: rates by practice}\n      - {name: lsoa", false},
		{"coarsen: month", "coarsen: as-is", false},
		{"until: 2026-11-01, shift", "until: 2026-11-02, shift", false},
		{"reference: DARS-NIC-123456-A1B2C", "reference: DARS-NIC-123456-A1B2D", false},
	} {
		dir, _, all := approved(t)
		path := filepath.Join(dir, "falls.yaml")
		text, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(text), tc.from) {
			t.Fatal(tc.from, err)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(text), tc.from, tc.to, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := Load(dir, "falls")
		if err != nil {
			t.Fatal(err)
		}
		_, err = (Board{Folder: dir, People: all}).Approved(p, now)
		if tc.holds != (err == nil) || err != nil && (!errors.Is(err, ErrNotApproved) || !strings.Contains(err.Error(), "that approval is void")) {
			t.Errorf("%s: %v", tc.to, err)
		}
		if err := approve(dir, p, all, "gwen", signtest.Key(t, "gwen"), now); !tc.holds && err != nil {
			t.Errorf("%s: cannot be approved anew: %v", tc.to, err)
		}
	}
}

// TestForged holds that approvals are held against today's people.yaml, and that
// no byte of them can be another.
func TestForged(t *testing.T) {
	dir, p, all := approved(t)
	path := filepath.Join(dir, "falls.approval.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{
		`"by": "carl"`: `"by": "rhys"`, `"by": "gwen"`: `"by": "carl"`, `"at": "2026-11-22T12:00:00Z"`: `"at": "2026-11-21T12:00:00Z"`,
		`"label": "project-approval"`: `"label": "release-approval"`, `"project": "falls"`: `"project": "other"`,
	} {
		if err := os.WriteFile(path, []byte(strings.Replace(string(text), from, to, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := (Board{Folder: dir, People: all}).Approved(p, now); !errors.Is(err, ErrNotApproved) {
			t.Errorf("%s: %v", to, err)
		}
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	for i, o := range all { // a role that was taken away
		if o.Name == "carl" {
			all[i].Roles = []people.Role{people.Author}
		}
	}
	if _, err := (Board{Folder: dir, People: all}).Approved(p, now); !errors.Is(err, ErrNotApproved) {
		t.Errorf("without the role: %v", err)
	}
}

// TestOneIsNotTwo holds that one person's approvals, however many, are one, and
// that a statement about something else is none.
func TestOneIsNotTwo(t *testing.T) {
	dir, p, all := approved(t)
	if err := os.Remove(filepath.Join(dir, "falls.approval.json")); err != nil {
		t.Fatal(err)
	}
	gwen, carl := signtest.Key(t, "gwen"), signtest.Key(t, "carl")
	first, err := (Board{Folder: dir, People: all}).Sign(t.Context(), p, "gwen", gwen, "", now)
	if err != nil {
		t.Fatal(err)
	}
	later := first.Statement
	later.At = now.Add(-time.Hour)
	other, elsewhere := later, later
	other.By, other.Project = "carl", "another"
	elsewhere.By, elsewhere.Reference = "carl", "DARS-NIC-000000-X"
	for name, second := range map[string]Signed{
		"the same": first, "another hour": {later, sign.Sign(gwen, label, later.bytes())},
		"another project": {other, sign.Sign(carl, label, other.bytes())}, "another reference": {elsewhere, sign.Sign(carl, label, elsewhere.bytes())},
	} {
		text, err := json.Marshal([]Signed{first, second})
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "falls.approval.json"), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := (Board{Folder: dir, People: all}).Approved(p, now); !errors.Is(err, ErrNotApproved) || !strings.Contains(err.Error(), "1 of the 2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDays holds that an approval is for the days of the project and of what it
// rests on.
func TestDays(t *testing.T) {
	dir, p, all := approved(t)
	for at, want := range map[string]string{
		"2026-11-09T23:00:00Z": "begins on 2026-11-10", "2026-11-22T11:59:00Z": "0 of the 2", "2026-11-22T12:00:00Z": "", "2027-11-09T23:59:00Z": "",
		"2027-11-10T00:00:00Z": "ended on 2027-11-10", "2030-01-01T00:00:00Z": "ended",
	} {
		moment, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		_, err = (Board{Folder: dir, People: all}).Approved(p, moment)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", at, err)
		}
	}
	until := p.Retention.Until
	p.Retention.Until = Date{time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)}
	if _, err := (Board{Folder: dir, People: all}).Approved(p, now); !errors.Is(err, ErrNotApproved) || !strings.Contains(err.Error(), "all copies of project falls were to be destroyed") {
		t.Errorf("on the day by which it is to be destroyed: %v", err)
	}
	p.Retention.Until = until
	p.Approvals[0].Until = Date{time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)}
	if _, err := (Board{Folder: dir, People: all}).Approved(p, now); !errors.Is(err, ErrNotApproved) || !strings.Contains(err.Error(), "does not hold today") {
		t.Errorf("an approval that has ended: %v", err)
	}
}

// TestAtOnce holds that of people who approve at the same instant each one's approval
// is kept.
func TestAtOnce(t *testing.T) {
	dir, _ := example(t)
	p, err := Load(dir, "falls")
	if err != nil {
		t.Fatal(err)
	}
	all := staff(t)
	for n := range 24 {
		name := "custodian " + string(rune('a'+n))
		all = append(all, people.Person{Name: name, Roles: []people.Role{people.Custodian}, Key: signtest.Key(t, name).Public()})
	}
	var each sync.WaitGroup
	for _, who := range all[4:] {
		key := signtest.Key(t, who.Name)
		each.Go(func() {
			if err := approve(dir, p, all, who.Name, key, now); err != nil {
				t.Error(who.Name, err)
			}
		})
	}
	each.Wait()
	if have, err := (Board{Folder: dir, People: all}).Approved(p, now); err != nil || len(have) != 24 {
		t.Errorf("%d of 24 approvals hold: %v", len(have), err)
	}
}

// TestChangedMeanwhile holds that an approval of what a file said before it was changed
// is not kept, and takes out none of what it says now.
func TestChangedMeanwhile(t *testing.T) {
	dir, p, all := approved(t)
	before := p
	before.Anonymity.K = 9
	s, err := (Board{Folder: dir, People: all}).Sign(t.Context(), before, "gwen", signtest.Key(t, "gwen"), "", now)
	if err != nil {
		t.Fatal(err)
	}
	if err := (Board{Folder: dir, People: all}).keep(before, s); !errors.Is(err, ErrNotApproved) || !strings.Contains(err.Error(), "changed while gwen approved it") {
		t.Error(err)
	}
	if have, err := (Board{Folder: dir, People: all}).Approved(p, now); err != nil || len(have) != 2 {
		t.Errorf("%d approvals are left: %v", len(have), err)
	}
}

// TestDespite holds that who approves a project although something was found gives a
// reason, that the reason is for what was found then, and that no byte of either can be
// another.
func TestDespite(t *testing.T) {
	dir, p, all := approved(t)
	if err := os.Remove(filepath.Join(dir, "falls.approval.json")); err != nil {
		t.Fatal(err)
	}
	k, days := Finding{1, "anonymity.k", "k is 5", "more"}, Finding{2, "tables[0].columns[0].coarsen", "exact days", "months"}
	if _, err := (Board{Folder: dir, People: all}).Sign(t.Context(), p, "gwen", signtest.Key(t, "gwen"), " ", now, k); !errors.Is(err, ErrNotApproved) {
		t.Error("without a reason:", err)
	}
	for _, why := range []string{"fine\x1b[2Kapproved by two", "one\ntwo", "\u202efine", strings.Repeat("fine ", 100)} { // others read it in a terminal
		if _, err := (Board{Folder: dir, People: all}).Sign(t.Context(), p, "gwen", signtest.Key(t, "gwen"), why, now, k); !errors.Is(err, ErrNotApproved) {
			t.Errorf("%q: %v", why, err)
		}
	}
	s, err := (Board{Folder: dir, People: all}).Sign(t.Context(), p, "gwen", signtest.Key(t, "gwen"), "the agreement  says 5", now, k)
	if err != nil || s.Statement.Despite != "the agreement says 5" {
		t.Fatal(s, err)
	}
	elsewhere, other := k, k
	elsewhere.Line, elsewhere.Next, other.What = 7, "", "k is 4"
	if !s.Excuses(k) || !s.Excuses(elsewhere) || s.Excuses(days) || s.Excuses(other) {
		t.Error("it excuses something else than what was found")
	}
	if plain, err := (Board{Folder: dir, People: all}).Sign(t.Context(), p, "carl", signtest.Key(t, "carl"), "no reason is needed", now); err != nil || plain.Statement.Despite != "" || plain.Excuses(k) {
		t.Error(plain, err)
	}
	s.Statement.Found = append(s.Statement.Found, days.text())
	if err := (Board{Folder: dir, People: all}).keep(p, s); err != nil {
		t.Fatal(err)
	}
	if _, err := (Board{Folder: dir, People: all}).Approved(p, now); !errors.Is(err, ErrNotApproved) || !strings.Contains(err.Error(), "0 of the 2") {
		t.Error(err)
	}
}
