package extract

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"secondaryuse/marts/domain/keyring"
	"secondaryuse/marts/eligible"
	"secondaryuse/marts/project"
	"secondaryuse/marts/register"
	"secondaryuse/marts/sign"
	"secondaryuse/marts/snapshot"
)

// TestRefused holds that nothing leaves, and nothing is entered, where anything that
// an extract stands on does not hold.
func TestRefused(t *testing.T) {
	s := newSite(t, 140, 60)
	whole := s.Order
	text, err := os.ReadFile(s.path("projects/falls.yaml"))
	s.must(err)
	list, err := os.ReadFile(s.Egress.Eligible.File)
	s.must(err)
	manifest := filepath.Join(s.Egress.Marts, "CURRENT", "manifest.json")
	published, err := os.ReadFile(manifest)
	s.must(err)
	refusals := 0
	for name, tc := range map[string]struct {
		do   func()
		want error
		says string
	}{
		"before its start":      {func() { s.Now = time.Date(2026, 11, 9, 23, 59, 0, 0, time.UTC) }, ErrRefused, "begins on 2026-11-10"},
		"on the day of its end": {func() { s.Now = time.Date(2027, 11, 10, 0, 0, 0, 0, time.UTC) }, ErrRefused, "ended on 2027-11-10"},
		"an ethics approval is over": {func() {
			s.edit("26/WM/0123, from: 2026-10-01, until: 2029-10-01", "26/WM/0123, from: 2026-10-01, until: 2026-11-12")
			s.approve("falls")
		}, ErrRefused, "26/WM/0123"},
		"widened after approval":                            {func() { s.edit("WHERE p.registered", "WHERE true") }, ErrRefused, "that approval is void"},
		"nobody has approved it":                            {func() { s.must(os.Remove(s.path("projects/falls.approval.json"))) }, ErrRefused, "0 of the 2 approvals"},
		"a project that is not there":                       {func() { s.Project = "none" }, nil, "there is none of that name"},
		"its key is absent":                                 {func() { s.must(os.Rename(filepath.Join(s.Egress.Keys, "project-falls.key"), s.path("away"))) }, ErrRefused, "keys create project-falls"},
		"its key is retired":                                {func() { _, err := s.ring.Retire("project-falls"); s.must(err) }, ErrRefused, "retired"},
		"no list of who may be used":                        {func() { s.must(os.Remove(s.Egress.Eligible.File)) }, eligible.ErrRefused, "ohc-pipeline eligible"},
		"the list is old":                                   {func() { s.Now = now.Add(24*time.Hour + time.Second) }, eligible.ErrRefused, "is allowed"},
		"the list is of another snapshot":                   {func() { s.listed(func(h *eligible.Header) { h.Snapshot = "r0" }) }, eligible.ErrRefused, "of the snapshot r0"},
		"the list is of another domain":                     {func() { s.listed(func(h *eligible.Header) { h.Domain = "ffffffff" }) }, eligible.ErrRefused, "of the domain ffffffff"},
		"the list is for another purpose":                   {func() { s.listed(func(h *eligible.Header) { h.Purpose = "research" }) }, eligible.ErrRefused, "for research"},
		"nobody may be used":                                {func() { s.allow(func(int64) bool { return false }) }, ErrRefused, "nobody of the cohort"},
		"too few may be used":                               {func() { s.allow(func(id int64) bool { return id < 1009 }) }, ErrRefused, "nothing leaves"},
		"the marts are for another purpose":                 {func() { s.edit("  marts: planning", "  marts: research"); s.approve("falls") }, ErrRefused, "made for planning"},
		"days that are only moved, and nobody has said why": {func() { s.must(os.Remove(s.path("projects/falls.approval.json"))); s.approveDespite("falls", "") }, ErrRefused, "moved and no coarser"},
		"a reason why something else was approved": {func() {
			s.must(os.Remove(s.path("projects/falls.approval.json")))
			s.approveDespite("falls", "k is enough", project.Finding{Field: "anonymity.k", What: "k is 5"})
		}, ErrRefused, "moved and no coarser"},
		"a byte of the snapshot is another": {func() {
			s.must(os.WriteFile(manifest, bytes.Replace(published, []byte("2026-11-11"), []byte("2026-11-10"), 1), 0o640))
		}, snapshot.ErrDamaged, "signature"},
		"k cannot be reached": {func() {
			s.edit("levels: [as-is, 10-years, 20-years, all]", "levels: [as-is]")
			s.edit("  k: 10", "  k: 200")
			s.approve("falls")
		}, ErrRefused, "anonymity"},
	} {
		t.Run(name, func(t *testing.T) {
			s.Order = whole
			tc.do()
			_, err := Issue(t.Context(), s.Order)
			if err == nil || tc.want != nil && !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%v, want %v: %s", err, tc.want, tc.says)
			}
			if left := s.left(); len(left) > 0 {
				t.Errorf("in the outbox: %v", left)
			}
			steps, err := mustRegister(t, s).Steps()
			steps = slices.DeleteFunc(steps, func(p register.Step) bool { return p.What != "refused" })
			if issued, err := mustRegister(t, s).Issued(); len(issued) > 0 || err != nil {
				t.Errorf("in the register: %v, %v", issued, err)
			}
			if tc.want != nil && (err != nil || len(steps) != refusals+1 || steps[refusals].By != "operator" || !strings.Contains(steps[refusals].Why, tc.says)) {
				t.Errorf("the register does not say so: %v, %v", steps, err)
			}
			refusals = len(steps)
		})
		s.Order = whole
		s.must(os.WriteFile(s.path("projects/falls.yaml"), text, 0o600), os.WriteFile(s.Egress.Eligible.File, list, 0o600), os.WriteFile(manifest, published, 0o640))
		s.approve("falls")
		if _, err := os.Stat(s.path("away")); err == nil {
			s.must(os.Rename(s.path("away"), filepath.Join(s.Egress.Keys, "project-falls.key")))
		}
		if e, err := s.ring.Entry("project-falls"); err == nil && e.State == keyring.Retired {
			s.renew()
		}
	}
	s.issue() // with all as it was, it leaves
}

// TestRegisterChanged holds that nothing leaves once a step of the register was edited,
// removed, put in or cut off, its head gone as well, and that nothing is added to it.
func TestRegisterChanged(t *testing.T) {
	s := newSite(t, 140, 30)
	s.issue()
	s.issue()
	path, head := filepath.Join(s.Egress.Register, "log.jsonl"), filepath.Join(s.Egress.Register, "head")
	log, err := os.ReadFile(path)
	s.must(err)
	kept, err := os.ReadFile(head)
	s.must(err)
	lines := bytes.SplitAfter(log, []byte("\n"))
	for name, is := range map[string][2][]byte{
		"edited": {bytes.Replace(log, []byte("Falls study team"), []byte("Other study team"), 1), kept}, "cut off": {lines[0], kept}, "removed": {lines[1], kept},
		"put in": {bytes.Join([][]byte{lines[0], lines[0], lines[1]}, nil), kept}, "gone": {nil, nil}, "cut off with its head": {lines[0][:0], nil},
	} {
		s.must(os.WriteFile(path, is[0], 0o600), os.Remove(head))
		if is[1] != nil {
			s.must(os.WriteFile(head, is[1], 0o600))
		}
		if _, err := Issue(t.Context(), s.Order); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "the register was changed") {
			t.Errorf("%s: %v", name, err)
		}
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, is[0]) {
			t.Errorf("%s: the register was added to", name)
		}
		s.must(os.WriteFile(path, log, 0o600), os.WriteFile(head, kept, 0o600))
	}
	if i := s.issue(); i.Name != "falls-3" {
		t.Errorf("as it was: %s", i.Name)
	}
}

// meanwhile is a key-encryption key that does something when it is first used, which is
// after all that an extract stands on was opened.
type meanwhile struct {
	keyring.KEK
	do func()
}

func (m *meanwhile) Unwrap(wrapped []byte) ([]byte, error) {
	if m.do != nil {
		m.do()
		m.do = nil
	}
	return m.KEK.Unwrap(wrapped)
}

// TestMeanwhile holds that nothing leaves that was begun, where what it stands on
// changes before it could be taken.
func TestMeanwhile(t *testing.T) {
	s := newSite(t, 140, 30)
	whole := s.Order
	text, err := os.ReadFile(s.path("projects/falls.yaml"))
	s.must(err)
	current := filepath.Join(s.Egress.Marts, "CURRENT")
	newest, err := os.Readlink(current)
	s.must(err)
	for name, tc := range map[string]struct {
		do   func()
		says string
	}{
		"somebody withdraws":         {func() { s.allow(func(id int64) bool { return id != 1001 }) }, "the list of who may be used is another"},
		"there is no list":           {func() { s.must(os.Remove(s.Egress.Eligible.File)) }, "the list of who may be used is another"},
		"an approval goes":           {func() { s.must(os.Remove(s.path("projects/falls.approval.json"))) }, "0 of the 2 approvals"},
		"it is changed":              {func() { s.edit("title: Falls", "title: More falls") }, "that approval is void"},
		"its approval is taken back": {func() { s.withdraw() }, "its approval was withdrawn by Dora Custodian on 2026-11-12: the recipients were burgled"},
		"and then given anew":        {func() { s.withdraw(); s.approve("falls") }, "the approval of Carl Guardian does not stand"},
		"it is approved anew":        {func() { s.edit("title: Falls", "title: More falls"); s.approve("falls") }, "was changed while its extract was made"},
		"marts are published": {func() {
			to, err := os.Readlink(current)
			s.must(err, os.CopyFS(filepath.Join(filepath.Dir(current), to+"-2"), os.DirFS(filepath.Join(filepath.Dir(current), to))), os.Remove(current), os.Symlink(to+"-2", current))
		}, "a newer snapshot was published"},
		"nothing does": {func() {}, ""},
	} {
		s.Order = whole
		s.KEK = &meanwhile{whole.KEK, tc.do}
		_, err := Issue(t.Context(), s.Order)
		if tc.says == "" && err != nil || tc.says != "" && (!errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), tc.says)) {
			t.Errorf("%s: %v, want %s", name, err, tc.says)
		}
		if left := s.left(); tc.says != "" && len(left) > 1 || tc.says == "" && len(left) == 0 {
			t.Errorf("%s: in the outbox: %v", name, left)
		}
		s.must(os.WriteFile(s.path("projects/falls.yaml"), text, 0o600), os.Remove(current), os.Symlink(newest, current))
		s.approve("falls")
		s.allow(func(int64) bool { return true })
	}
	if issued, err := mustRegister(t, s).Issued(); err != nil || len(issued) != 1 {
		t.Errorf("the register has %d: %v", len(issued), err)
	}
}

// TestDaysPass holds that what is begun before a project's end, or while the list is
// fresh, does not leave after it; nor does anything by a clock that was put back to
// before the day that the marts show.
func TestDaysPass(t *testing.T) {
	s := newSite(t, 140, 30)
	for _, at := range []time.Time{time.Date(2027, 11, 9, 23, 59, 0, 0, time.UTC), now.Add(24 * time.Hour)} {
		s.Now = now
		b, err := stand(t.Context(), s.Order, mustRegister(t, s))
		s.must(err, b.still(t.Context()))
		b.began = b.began.Add(-at.Sub(now) - 2*time.Minute)
		if err := b.still(t.Context()); !errors.Is(err, ErrRefused) && !errors.Is(err, eligible.ErrRefused) {
			t.Errorf("2 minutes after %s: %v", at, err)
		}
	}
	s.Now = time.Date(2026, 11, 10, 22, 59, 0, 0, time.UTC)
	if err := (&basis{Order: s.Order}).openSnapshot(t.Context()); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "put the clock right") {
		t.Error("a day before the marts:", err)
	}
}

// withdraw takes back the approval of the project.
func (s *site) withdraw() {
	s.Helper()
	key, err := sign.Open(s.path("Dora Custodian"))
	s.must(err, s.board().Withdraw(s.Context(), "falls", "Dora Custodian", key, "the recipients were burgled", now))
}

// TestOldApproval holds that no extract leaves under approvals that were given before the
// project was approved as something else, or before that was withdrawn, though the file
// and the signatures of then are put back; and that none is entered that would.
func TestOldApproval(t *testing.T) {
	s := newSite(t, 140, 30)
	read := func(name string) []byte {
		text, err := os.ReadFile(s.path("projects/falls" + name))
		s.must(err)
		return text
	}
	wide, signed := read(".yaml"), read(".approval.json")
	b, err := stand(t.Context(), s.Order, mustRegister(t, s))
	s.must(err)
	for says, do := range map[string]func(){
		"says something else now": func() { s.edit("  k: 10", "  k: 12"); s.approve("falls") },
		"was withdrawn by Dora":   s.withdraw,
	} {
		do()
		s.must(os.WriteFile(s.path("projects/falls.yaml"), wide, 0o600), os.WriteFile(s.path("projects/falls.approval.json"), signed, 0o600))
		if _, err := Issue(t.Context(), s.Order); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
		p, err := b.register.Persons(func(yield func([16]byte, error) bool) { yield([16]byte{1}, nil) })
		s.must(err)
		i := register.Issue{Kind: "extract", Name: "falls-1", Project: "falls", Purpose: "planning", Recipients: []string{"a"}, Snapshot: "r1", Domain: "00112233", RegisterKey: "00112233", By: "operator", At: now,
			Ends: "2027-11-09", Retain: "2028-01-09", Files: []register.File{{Name: "a", SHA256: strings.Repeat("0f", 32)}}, Persons: p}
		for _, a := range b.approvals {
			i.Approvals = append(i.Approvals, register.Approval{By: a.Statement.By, At: a.Statement.At, Subject: a.Statement.Digest, Statement: a.Text(), Signature: a.Signature})
		}
		if err := b.register.Issue(t.Context(), i); !errors.Is(err, register.ErrRefused) {
			t.Errorf("%s: it was entered as issued: %v", says, err)
		}
		s.approve("falls")
	}
	s.issue()
}

// TestWithdrawnMeanwhile holds that of an extract and of who takes back its approval one is
// first: whatever the register has as issued was issued before.
func TestWithdrawnMeanwhile(t *testing.T) {
	s := newSite(t, 140, 30)
	for n := range 6 {
		s.approve("falls")
		var both sync.WaitGroup
		both.Go(func() {
			time.Sleep(time.Duration(n) * 60 * time.Millisecond)
			s.withdraw()
		})
		_, err := Issue(t.Context(), s.Order)
		if both.Wait(); err != nil && !errors.Is(err, ErrRefused) {
			t.Error(err)
		}
	}
	issued, err := mustRegister(t, s).Issued()
	s.must(err)
	t.Logf("%d of 6 were first", len(issued))
	proof, err := mustRegister(t, s).Verify(t.Context())
	if err != nil || len(proof.Findings) > 0 {
		t.Errorf("%v: %v", proof.Findings, err)
	}
}

// listed writes the list of who may be used with another header.
func (s *site) listed(change func(h *eligible.Header)) {
	h, ids, err := eligible.Read(s.Egress.Eligible.File, s.sign.Public())
	s.must(err)
	change(&h)
	s.must(eligible.Write(s.Egress.Eligible.File, h, ids, s.sign))
}

// renew puts a new key in the place of one that is retired.
func (s *site) renew() {
	s.must(os.Remove(filepath.Join(s.Egress.Keys, "project-falls.key")))
	_, err := s.ring.Create("project-falls", now, false)
	s.must(err)
}

// TestEligible holds that who may not be used any more is not in an extract, and that
// nobody is told how many they are.
func TestEligible(t *testing.T) {
	s := newSite(t, 700, 30)
	s.allow(func(id int64) bool { return id%100 != 3 })
	i := s.issue()
	if i.Persons != 594 { // of 1003, 1103 ... 1603, those who are registered
		t.Errorf("%d persons", i.Persons)
	}
	told := i.LeftOut[0]
	if told.N != "<8" {
		t.Errorf("told: %+v", told)
	}
	if issued, err := mustRegister(t, s).Issued(); err != nil || issued[0].Counts["not eligible"] != 6 {
		t.Errorf("the register has %+v, %v", issued, err)
	}
}

// TestDeterministic holds that two extracts of the same are the same inside, and that
// another key, list or project is another.
func TestDeterministic(t *testing.T) {
	s := newSite(t, 300, 60)
	one := s.issue()
	s.Now = now.Add(time.Hour)
	two := s.issue()
	if one.Name != "falls-1" || two.Name != "falls-2" || !bytes.Equal(s.opened(one), s.opened(two)) || one.ID != two.ID {
		t.Error("two extracts of the same differ inside")
	}
	if one.Sealed[0].SHA256 == two.Sealed[0].SHA256 || one.Archive.SHA256 != two.Archive.SHA256 {
		t.Error("age files are alike, or the archive is told as another")
	}
	s.allow(func(id int64) bool { return id != 1001 })
	three := s.issue()
	s.edit("title: Falls", "title: More falls")
	s.approve("falls")
	if four := s.issue(); three.ID == one.ID || four.ID == three.ID || four.Archive == three.Archive {
		t.Error("others have the same identity")
	}
}

// TestCannotBeLinked holds that two projects of the same persons have no number in
// common, nor the offsets of their dates, and that one project's are the same in each
// of its extracts.
func TestCannotBeLinked(t *testing.T) {
	s := newSite(t, 700, 100)
	one := s.unpacked(s.opened(s.issue()))
	again := s.unpacked(s.opened(s.issue()))
	s.Project = "other"
	other := s.unpacked(s.opened(s.issue()))
	both := func(a, b, how string) int64 {
		return s.answer(a, "SELECT count(*) FROM '$/population.parquet' a JOIN '"+filepath.Join(b, "data", "tables", "population.parquet")+"' b ON "+how)
	}
	if n := both(one, other, "a.person_id = b.person_id"); n != 0 {
		t.Errorf("%d persons have one number in two projects", n)
	}
	if n := both(one, again, "a.person_id = b.person_id"); n != 600 {
		t.Errorf("%d of 600 persons have the same number in two extracts of one project", n)
	}
	// Nor do rows lie in the same order: a join by place finds no more than chance does.
	place := func(dir string) string {
		return "(SELECT row_number() OVER () AS place, * FROM '" + filepath.Join(dir, "data", "tables", "activity_daily.parquet") + "')"
	}
	same := s.answer(one, "SELECT count(*) FROM "+place(one)+" a JOIN "+place(other)+" b USING (place) WHERE a.kind = b.kind AND a.activity = b.activity")
	if all := s.answer(one, "SELECT count(*) FROM '$/activity_daily.parquet'"); same*3 > all {
		t.Errorf("%d of %d rows are alike at the same place", same, all)
	}
}

// TestShifts holds that offsets are within what was declared, use all of it, are the
// same for one key and others for another.
func TestShifts(t *testing.T) {
	s := newSite(t, 50, 2)
	keys := make([]func(int64) int, 2)
	for i, name := range []string{"project-falls", "project-other"} {
		k, err := s.ring.Domain(name)
		s.must(err)
		keys[i] = shifts(k, 20)
		if shifts(k, 0)(5) != 0 {
			t.Error("where none is to be moved, somebody is")
		}
	}
	seen, alike := make(map[int]int), 0
	for id := range int64(41_000) {
		x := keys[0](id)
		seen[x]++
		if x < -20 || x > 20 || x != keys[0](id) {
			t.Fatal("an offset that was not declared, or that changes")
		}
		if x == keys[1](id) {
			alike++
		}
	}
	for x := -20; x <= 20; x++ {
		if seen[x] < 800 || seen[x] > 1200 {
			t.Errorf("%d days: %d of about 1000", x, seen[x])
		}
	}
	if alike < 800 || alike > 1200 {
		t.Errorf("two keys give %d of 41,000 the same offset, want about 1000", alike)
	}
}

// TestArchive holds what lies in an archive: the manifest signed, every file in it
// told, and nothing of the snapshot's numbers nor of who was left out.
func TestArchive(t *testing.T) {
	s := newSite(t, 300, 60)
	i := s.issue()
	archive := s.opened(i)
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	s.must(err)
	var names []string
	for _, f := range z.File {
		names = append(names, strings.TrimPrefix(f.Name, "falls-r1/"))
	}
	want := []string{"data/tables/population.parquet", "data/tables/population.csv", "data/tables/activity_daily.parquet", "data/tables/activity_daily.csv", "data/dictionary.csv",
		"data/datapackage.json", "data/workflow/cohort.sql", "data/workflow/ro-crate-metadata.json", "data/ro-crate-metadata.json", "data/manifest.json", "data/manifest.sig",
		"bagit.txt", "bag-info.txt", "manifest-sha512.txt", "tagmanifest-sha512.txt"}
	if !slices.Equal(names, want) {
		t.Errorf("it holds %v", names)
	}
	dir := s.unpacked(archive)
	body, err := os.ReadFile(filepath.Join(dir, "data", "manifest.json"))
	s.must(err)
	var m Manifest
	s.must(json.Unmarshal(body, &m))
	if m.Project.Digest == "" || m.Key.Fingerprint == "" || m.Snapshot.ID != "r1" || len(m.Files) != 9 || len(m.Project.Approvals) != 2 || m.Persons != i.Persons {
		t.Errorf("the manifest says %+v", m)
	}
	text, err := os.ReadFile(filepath.Join(dir, "data", "dictionary.csv"))
	if lines := strings.Split(strings.TrimSpace(string(text)), "\n"); err != nil || len(lines) != 1+4+4 || !strings.Contains(string(text), "falls go with age") {
		t.Errorf("the dictionary is %q, %v", text, err)
	}
}

// TestUnkeyed holds that only who has no key is told to make one.
func TestUnkeyed(t *testing.T) {
	for _, err := range []error{keyring.ErrNone, keyring.ErrAltered} {
		if told := strings.Contains(unkeyed(err, "project-falls").Error(), "keys create project-falls"); told != errors.Is(err, keyring.ErrNone) {
			t.Errorf("%v: told to make it is %v", err, told)
		}
	}
}

// TestProjectOfNoTable holds that tables, columns and levels that a mart has not are
// refused though they were approved.
func TestProjectOfNoTable(t *testing.T) {
	s := newSite(t, 140, 10)
	b, err := stand(t.Context(), s.Order, mustRegister(t, s))
	s.must(err)
	for name, asked := range map[string]project.Table{
		"no mart":   {Mart: "none"},
		"no person": {Mart: "activity_monthly"},
		"no column": {Mart: "population", Columns: []project.Column{{Name: "nhs_number"}}},
		"no level":  {Mart: "population", Columns: []project.Column{{Name: "sex", Coarsen: "none"}}},
	} {
		if _, err := b.show(t.Context(), nil, asked, 1); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
