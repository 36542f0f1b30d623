package config

import (
	"regexp"
	"strings"
	"time"
)

// Reidentification says that person_ids may be turned back into numbers, for the
// care of the people themselves, and to whom; who may ask and approve is in the file
// of people. Where it is absent, they may not.
type Reidentification struct {
	Practices map[string]string `yaml:"practices"` // by ODS code, who may ask, and the age public key of each
	Most      int               `yaml:"most"`      // how many persons a request may be about; 100 when absent
	Longest   Duration          `yaml:"longest"`   // how long a request is good; 7d when absent
}

// Linkage says for which projects OpenPseudonymiser's pseudonyms may be made, so
// that they can link to an older study. Where it is absent, for none.
type Linkage struct {
	Folder   string        `yaml:"projects"` // the folder of the projects' files
	Projects []LinkProject `yaml:"link"`
}

// LinkProject is one project that links to an older study.
type LinkProject struct {
	Project   string `yaml:"project"`
	Approval  string `yaml:"approval"`  // reference of the approval to link
	Until     Date   `yaml:"until"`     // the first day on which it does not hold any more
	Salt      string `yaml:"salt"`      // file, or credential:NAME, with the study's salt
	Custodian string `yaml:"custodian"` // age public key of who adds it to the extract
}

// No rule states these two: they are ours.
const (
	usualMost    = 100
	usualLongest = Duration(7 * 24 * time.Hour)
)

func (r *Reidentification) resolve() {
	if r == nil {
		return
	}
	if r.Most == 0 {
		r.Most = usualMost
	}
	if r.Longest == 0 {
		r.Longest = usualLongest
	}
}

func (l *Linkage) resolve() (paths []*string) {
	if l == nil {
		return nil
	}
	for i := range l.Projects {
		paths = append(paths, files(&l.Projects[i].Salt)...)
	}
	return append(paths, &l.Folder)
}

var (
	odsForm = regexp.MustCompile(`^[A-Z][0-9A-Z]{2,7}$`)
	ageForm = regexp.MustCompile(`^age1[02-9ac-hj-np-z]{58}$`)
)

const noAge = "not a public key of age such as age1..."

func (r *Reidentification) check(fail func(key, reason string)) {
	if r == nil {
		return
	}
	if len(r.Practices) == 0 {
		fail("reidentification", "it needs practices (the ODS code and the age public key of each)")
	}
	if r.Most < 1 || r.Most > 10_000 {
		fail("reidentification.most", "not a number from 1 to 10000")
	}
	for code, key := range r.Practices {
		if !odsForm.MatchString(code) {
			fail("reidentification.practices", "not the shape of an ODS code")
		}
		if !ageForm.MatchString(key) {
			fail("reidentification.practices", noAge)
		}
	}
}

func (l *Linkage) check(fail func(key, reason string)) {
	if l == nil {
		return
	}
	if l.Folder == "" || len(l.Projects) == 0 {
		fail("linkage", "it needs projects (their folder) and link (the projects that link)")
	}
	seen := make(map[string]bool)
	for _, p := range l.Projects {
		switch {
		case !feedName.MatchString(p.Project) || seen[p.Project]:
			fail("linkage.link", "each project once, by its name")
		case strings.TrimSpace(p.Approval) == "" || p.Until.IsZero() || p.Salt == "":
			fail("linkage.link", "it needs approval (a reference), until (a day) and salt (a file, or credential:NAME)")
		case !ageForm.MatchString(p.Custodian):
			fail("linkage.link", "custodian: "+noAge)
		}
		seen[p.Project] = true
	}
}
