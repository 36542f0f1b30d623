package config

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const ageKey = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"

// TestHanding holds that no number is handed to anybody, and nothing is linked,
// unless it is configured, and what is then usual.
func TestHanding(t *testing.T) {
	c, err := Load(write(t, good))
	if err != nil || c.Reidentification != nil || c.Linkage != nil {
		t.Fatalf("%+v %v", c, err)
	}
	path := write(t, good+"reidentification: {practices: {M85001: "+ageKey+"}}\n"+
		"linkage: {projects: projects, link: [{project: heart, approval: 26/CAG/0042, until: 2027-01-01, salt: salt, custodian: "+ageKey+"}]}\n")
	c, err = Load(path)
	in := func(name string) string { return filepath.Join(filepath.Dir(path), name) }
	if err != nil || c.Reidentification.Most != 100 || time.Duration(c.Reidentification.Longest) != 7*24*time.Hour {
		t.Fatalf("%+v %v", c.Reidentification, err)
	}
	if l := c.Linkage; l.Folder != in("projects") || l.Projects[0].Salt != in("salt") || l.Projects[0].Until.Format(time.DateOnly) != "2027-01-01" {
		t.Errorf("%+v", l)
	}
	const ours = "linkage: {projects: q, link: "
	for text, want := range map[string]string{
		"reidentification: {}":                                                                                     "it needs practices",
		"reidentification: {practices: {}}":                                                                        "it needs practices",
		"reidentification: {practices: {m85: " + ageKey + "}}":                                                     "not the shape of an ODS code",
		"reidentification: {practices: {M85001: AGE-SECRET-KEY-1ABC}}":                                             noAge,
		"reidentification: {most: 10001, practices: {M85001: " + ageKey + "}}":                                     "from 1 to 10000",
		"reidentification: {most: -1, practices: {M85001: " + ageKey + "}}":                                        "from 1 to 10000",
		"reidentification: {people: p, practices: {M85001: " + ageKey + "}}":                                       "there is no such key",
		"linkage: {people: p, projects: q}":                                                                        "there is no such key",
		"linkage: {projects: q}":                                                                                   "it needs projects",
		ours + "[{project: a, until: 2027-01-01, salt: s, custodian: " + ageKey + "}]}":                            "it needs approval",
		ours + "[{project: a, approval: x, salt: s, custodian: " + ageKey + "}]}":                                  "it needs approval",
		ours + "[{project: a, approval: x, until: 2027-01-01, custodian: " + ageKey + "}]}":                        "it needs approval",
		ours + "[{project: a, approval: x, until: 2027-01-01, salt: s, custodian: mackerel}]}":                     noAge,
		ours + "[{project: ../a, approval: x, until: 2027-01-01, salt: s, custodian: " + ageKey + "}]}":            "each project once",
		ours + "[{project: a, approval: x, until: 2027-01-01, salt: s, custodian: " + ageKey + "}, {project: a}]}": "each project once",
		ours + "[{project: a, approval: x, until: never, salt: s, custodian: " + ageKey + "}]}":                    "not a date",
		ours + "[{project: a, approval: x, until: 2027-01-01, salt: s, custodian: " + ageKey + ", mode: open}]}":   "there is no such key",
	} {
		if _, err := Load(write(t, good+text+"\n")); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "SECRET") || strings.Contains(err.Error(), "mackerel") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
