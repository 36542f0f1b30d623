package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
)

// check returns everything that is wrong with the configuration as such.
func (c *Config) check() error {
	var errs []error
	fail := func(key, reason string) { errs = append(errs, fmt.Errorf("%s: %s", c.Where(key), reason)) }
	if !feedName.MatchString(c.Purpose) || c.Purpose == "base" || c.Purpose == "register" || strings.HasPrefix(c.Purpose, "project-") {
		fail("purpose", "must be a word of lower case letters, digits and hyphens, as the register has it, and not base, register or project-NAME, which are keys")
	}
	c.KeyEncryption.check(fail)
	c.checkFolders(fail)
	if c.Schedules != "" && !isFolder(c.Schedules) {
		fail("schedules", "there is no such folder; make it, or leave the key out for the built-in jobs alone")
	}
	if len(c.OnFailure) > 0 && c.OnFailure[0] == "" {
		fail("on_failure", "must begin with the name of an executable")
	}
	if c.MetricsFile != "" && filepath.Ext(c.MetricsFile) != ".prom" {
		fail("metrics_file", "must end in .prom, or node_exporter passes the file over")
	}
	if c.Snapshots.Keep < 1 || c.Snapshots.Keep > 1000 {
		fail("snapshots.keep", "not a number from 1 to 1000")
	}
	c.checkFeeds(fail)
	c.checkGates(fail)
	c.Change.check(fail)
	c.Reidentification.check(fail)
	c.Linkage.check(fail)
	return errors.Join(errs...)
}

// checkFolders keeps apart what analysts read and what they must not.
func (c *Config) checkFolders(fail func(key, reason string)) {
	for _, f := range []struct{ key, path string }{{"work", c.Work}, {"keys", c.Keys}, {"register", c.Register}} {
		if f.path == "" {
			continue
		}
		if rest, err := filepath.Rel(c.Marts, f.path); err == nil && rest != ".." && !strings.HasPrefix(rest, "../") {
			fail(f.key, "it lies in the marts folder, which analysts read")
		}
	}
}

// feedName is how feeds and purposes are called.
var feedName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)

// personal is the kinds of feed that hold only what a person has connected.
var personal = map[string]bool{"phr": true, "garmin": true, "fitbit": true, "apple": true}

func (c *Config) checkFeeds(fail func(key, reason string)) {
	if len(c.Feeds) == 0 {
		fail("feeds", "there is none; name at least one")
	}
	seen := make(map[string]bool)
	for i, f := range c.Feeds {
		key := fmt.Sprintf("feeds[%d].", i)
		if !feedName.MatchString(f.Name) {
			fail(key+"name", "must be a word of lower case letters, digits and hyphens")
		}
		if seen[f.Name] {
			fail(key+"name", "another feed has this name")
		}
		seen[f.Name] = true
		f.Fetch.check(key, f.Path, fail)
		if f.Fetch.Bulk != nil && f.Kind != "fhir" && f.Kind != "phr" {
			fail(key+"kind", "what a FHIR server exports is of kind fhir or phr")
		}
		if personal[f.Kind] && c.Gates.Connection.NotApplicable != "" {
			fail("gates.connection", "it applies to a feed of kind "+f.Kind+"; give its file")
		}
	}
}

func (c *Config) checkGates(fail func(key, reason string)) {
	for _, g := range []struct{ name, file, why string }{
		{"optout", c.Gates.OptOut.source(), c.Gates.OptOut.NotApplicable},
		{"objection", c.Gates.Objection.File, c.Gates.Objection.NotApplicable},
		{"connection", c.Gates.Connection.File, c.Gates.Connection.NotApplicable},
		{"agreement", c.Gates.Agreement.File, c.Gates.Agreement.NotApplicable},
	} {
		if g.file == "" && g.why == "" {
			fail("gates."+g.name, "no file; a gate is left out only with not_applicable and the reason")
		}
		if g.file != "" && g.why != "" {
			fail("gates."+g.name, "both a file and not_applicable")
		}
	}
	o := c.Gates.OptOut
	if o.Reply != "" && (o.Sent == "" || o.Control == "") {
		fail("gates.optout", "it needs sent (the request) and control (the reply's control file) beside reply")
	}
	if o.Mesh != nil {
		o.Mesh.check(o, fail)
	}
	if o.MinShare < 0 || o.MinShare > 1 {
		fail("gates.optout.min_share", "not from 0 to 1")
	}
}
