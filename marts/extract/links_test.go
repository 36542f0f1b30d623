package extract

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"secondaryuse/marts/linkage"
	"secondaryuse/marts/project"
	"secondaryuse/marts/sign/signtest"
	"secondaryuse/marts/snapshot"
)

const study = "linkage: {study: FALLS-2014, why: the cohort of 2014 is followed on, approval: 26/CAG/0042, mart: population}\n"

// linking is an installation of which the project links to an older study.
func linking(t *testing.T, people int) *site {
	s := newSite(t, people, 200)
	s.edit("formats: ", study+"formats: ")
	s.approve("falls")
	s.Egress.Links = s.path("links")
	s.must(os.Mkdir(s.Egress.Links, 0o700))
	return s
}

// pseudonym is what the older study knows a person by.
func pseudonym(id int64) linkage.Pseudonym { return sha256.Sum256(fmt.Append(nil, id, "mackerel")) }

// link writes the link file, of everybody whom who says, with something of it changed.
func (s *site) link(who func(id int64) bool, change func(h *linkage.Header)) {
	s.Helper()
	p, err := project.Load(s.Egress.Projects, "falls")
	s.must(err)
	_, m, err := snapshot.Current(s.Egress.Marts)
	s.must(err)
	var all []linkage.Link
	for id := int64(1000); id < 3000; id++ {
		if who(id) {
			all = append(all, linkage.Link{Person: id, Pseudonym: pseudonym(id)})
		}
	}
	h := linkage.Header{Project: "falls", Digest: p.Digest(), Snapshot: m.ID, Domain: m.Domain, Purpose: m.Purpose, Approval: "26/CAG/0042", At: now}
	change(&h)
	key, err := s.ring.Domain("project-falls")
	s.must(err, linkage.Write(filepath.Join(s.Egress.Links, "falls.link"), h, all, key, s.sign))
}

func everybody(int64) bool        { return true }
func unchanged(h *linkage.Header) {}

// TestLinked holds that the one table has the pseudonym of each person, under the
// project's number and never the snapshot's, that no other table has, and that whoever
// opens the extract reads what a leaked salt means.
func TestLinked(t *testing.T) {
	s := linking(t, 700)
	s.link(everybody, unchanged)
	i := s.issue()
	dir := s.unpacked(s.opened(i))
	key, err := s.ring.Domain("project-falls")
	s.must(err)
	var pairs []string
	for id := int64(1000); id < 1700; id++ {
		if (id-1000)%7 > 0 {
			pairs = append(pairs, fmt.Sprintf("(%d, '%s')", key.ID(id), pseudonym(id)))
		}
	}
	values := "(VALUES " + strings.Join(pairs, ", ") + ") v(id, pseudonym)"
	for _, kind := range []string{"'$/population.parquet'", "read_csv('$/population.csv')"} {
		if n := s.answer(dir, "SELECT count(*) FROM "+kind+" p JOIN "+values+" ON p.person_id = v.id AND p.openpseudonymiser = v.pseudonym"); n != 600 {
			t.Errorf("%s: %d of 600 have their pseudonym", kind, n)
		}
	}
	if n := s.answer(dir, "SELECT count(*) FROM (DESCRIBE FROM '$/activity_daily.parquet') WHERE column_name = 'openpseudonymiser'"); n != 0 {
		t.Error("another table has the column, too")
	}
	if !slices.Equal(i.Tables[0].Columns, []string{"person_id", "age_band", "sex", "long_term_conditions", "openpseudonymiser"}) || i.Links == nil {
		t.Errorf("the manifest has %v, %v", i.Tables[0].Columns, i.Links)
	}
	for _, name := range []string{"dictionary.csv", "manifest.json", "datapackage.json"} {
		text, err := os.ReadFile(filepath.Join(dir, "data", name))
		if s.must(err); !strings.Contains(string(text), "back into an NHS number, in minutes") {
			t.Errorf("%s does not say what a leaked salt means", name)
		}
	}
	s.link(everybody, unchanged)
	if again := s.issue(); again.Archive != i.Archive {
		t.Error("the same persons and pseudonyms are another extract")
	}
}

// TestLinkedRefused holds that nothing leaves with a link file that is missing, stale,
// unsigned, or made for anything else than this snapshot and this project as it stands;
// and that a project which asks for no link has none, whatever file lies there.
func TestLinkedRefused(t *testing.T) {
	s := linking(t, 300)
	path := filepath.Join(s.Egress.Links, "falls.link")
	refuse := func(what, why string) {
		t.Helper()
		if _, err := Issue(t.Context(), s.Order); !errors.Is(err, ErrRefused) || !strings.Contains(fmt.Sprint(err), why) {
			t.Errorf("%s: %v", what, err)
		}
		if left := s.left(); len(left) > 0 {
			t.Fatalf("%s: left %v", what, left)
		}
	}
	refuse("none", "the link file is refused")
	for what, change := range map[string]func(h *linkage.Header){
		"of another project":                            func(h *linkage.Header) { h.Project = "other" },
		"the project says something else":               func(h *linkage.Header) { h.Digest = strings.Repeat("0", 64) },
		"it is of the snapshot r0":                      func(h *linkage.Header) { h.Snapshot = "r0" },
		"another domain or purpose than this":           func(h *linkage.Header) { h.Domain = "00112234" },
		"under another approval than the project names": func(h *linkage.Header) { h.Approval = "26/CAG/0043" },
		"old, and 24h0m0s is allowed":                   func(h *linkage.Header) { h.At = now.Add(-24*time.Hour - time.Second) },
		"from the future":                               func(h *linkage.Header) { h.At = now.Add(time.Hour) },
	} {
		s.link(everybody, change)
		refuse(what, what)
	}
	s.link(func(id int64) bool { return id != 1001 }, unchanged)
	refuse("somebody is missing", "not everybody who may be used now")
	own := s.sign
	s.sign = signtest.New(t)
	s.link(everybody, unchanged)
	refuse("signed by somebody else", "signature is not of the installation's key")
	s.sign = own
	s.link(everybody, unchanged)
	text, err := os.ReadFile(path)
	s.must(err)
	text[len(text)-1] ^= 1
	s.must(os.WriteFile(path, text, 0o600))
	refuse("altered", "not those that were signed")
	s.Project = "other"
	if i := s.issue(); i.Links != nil || slices.Contains(i.Tables[0].Columns, linkage.Column) {
		t.Error("a project that asks for no link has one")
	}
}

// TestBegun holds that the register has it that an extract was begun, of which project as
// it stood and by whom, where nothing leaves in the end, too.
func TestBegun(t *testing.T) {
	s := newSite(t, 300, 10)
	s.must(os.Remove(filepath.Join(s.Egress.Keys, "project-falls.key")))
	if _, err := Issue(t.Context(), s.Order); !errors.Is(err, ErrRefused) {
		t.Fatal(err)
	}
	steps, err := mustRegister(t, s).Steps()
	s.must(err)
	p, err := project.Load(s.Egress.Projects, "falls")
	s.must(err)
	if last := steps[len(steps)-1]; last.What != "refused" {
		t.Errorf("the register ends with %+v", last)
	}
	if last := steps[len(steps)-2]; last.What != "begun" || last.Kind != "extract" || last.Name != "falls" || last.By != "operator" || last.Subject != p.Digest() {
		t.Errorf("before its end the register has %+v", last)
	}
}
