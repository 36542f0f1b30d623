// Package config reads the operator's configuration: one YAML file that names
// feeds, gates, reference files and folders. It is strict: an unknown key, a
// missing one or a wrong value is an error with file, line and key.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Config is a configuration. Paths are absolute, or relative to the folder of
// the file they were read from until Load resolves them.
type Config struct {
	AsOf      Date      `yaml:"as_of"`   // day for ages and registers; today when absent
	Purpose   string    `yaml:"purpose"` // planning
	Work      string    `yaml:"work"`    // stage, ledger, lock
	Marts     string    `yaml:"marts"`   // snapshots
	Keys      string    `yaml:"keys"`    // key files
	Feeds     []Feed    `yaml:"feeds"`
	Gates     Gates     `yaml:"gates"`
	Reference Reference `yaml:"reference"`

	origin origin
}

// Feed is one feed.
type Feed struct {
	Name         string  `yaml:"name"`
	Kind         string  `yaml:"kind"` // fhir, gp-connect, tabular, phr, garmin, fitbit, apple
	Path         string  `yaml:"path"`
	Organisation string  `yaml:"organisation"` // ODS code: whose data it is where a record does not say
	Person       Person  `yaml:"person"`
	Tables       []Table `yaml:"tables"`
}

// Person says how a FHIR feed names its persons.
type Person struct {
	System       string   `yaml:"system"`       // identifier system; the NHS number's when absent
	Check        string   `yaml:"check"`        // nhs-number (default) or none
	Verification []string `yaml:"verification"` // accepted status codes; 01 when absent
}

// Table maps the columns of the files that match a pattern to roles.
type Table struct {
	File      string                       `yaml:"file"`
	As        string                       `yaml:"as"`
	Preset    string                       `yaml:"preset"`
	Check     string                       `yaml:"check"` // none: local identifiers instead of NHS numbers
	Delimiter string                       `yaml:"delimiter"`
	Columns   map[string]Columns           `yaml:"columns"` // by role
	Codes     map[string]map[string]string `yaml:"codes"`   // by role: the table's code to ours
	Systems   map[string]string            `yaml:"systems"` // by role: the terminology
}

// Columns is one column name, or a list of them.
type Columns []string

// UnmarshalYAML reads a name or a list of names.
func (c *Columns) UnmarshalYAML(n ast.Node) error {
	var one string
	if yaml.NodeToValue(n, &one) == nil && n.Type() != ast.SequenceType {
		*c = Columns{one}
		return nil
	}
	if n.Type() != ast.SequenceType || yaml.NodeToValue(n, (*[]string)(c)) != nil {
		return misfit(n, "must be a name or a list of names")
	}
	return nil
}

// Gates says where each gate's list is. A gate can be left out only by saying
// why it does not apply; that goes into the manifest of every run.
type Gates struct {
	OptOut     OptOut `yaml:"optout"`
	Objection  List   `yaml:"objection"`
	Connection List   `yaml:"connection"`
	Agreement  List   `yaml:"agreement"`
	Sensitive  Policy `yaml:"sensitive"`
}

// OptOut is the exchange with the national data opt-out service.
type OptOut struct {
	Sent          string   `yaml:"sent"`
	Reply         string   `yaml:"reply"`
	Control       string   `yaml:"control"`
	MaxAge        Duration `yaml:"max_age"`
	MinShare      float64  `yaml:"min_share"`
	NotApplicable string   `yaml:"not_applicable"`
}

// List is a list file of ours.
type List struct {
	File          string   `yaml:"file"`
	MaxAge        Duration `yaml:"max_age"`
	NotApplicable string   `yaml:"not_applicable"`
}

// Policy is the sensitive-data policy; the embedded one when absent.
type Policy struct {
	Policy  string    `yaml:"policy"`
	Members []Members `yaml:"members"`
}

// Members is a licensed list that adds codes to the policy: an RF2 simple
// refset (rf2), a plain list of codes (codes), or the primary care domain
// refset file (pcd).
type Members struct {
	File     string `yaml:"file"`
	Format   string `yaml:"format"`
	System   string `yaml:"system"`   // codes: whose they are
	Category string `yaml:"category"` // codes, pcd: what they are about
}

// Reference names the look-up files.
type Reference struct {
	Places    string `yaml:"places"`
	Practices string `yaml:"practices"`
}

// Load reads and checks the configuration at path.
func Load(path string) (Config, error) {
	var c Config
	data, err := os.ReadFile(path)
	if err != nil {
		return c, fmt.Errorf("configuration: %w", err)
	}
	o := origin{path: path}
	if o.text, err = parser.ParseBytes(data, 0); err != nil {
		return c, origin{path: path}.explain(err)
	}
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(&c); err != nil {
		return c, o.explain(err)
	}
	c.origin = o
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return c, fmt.Errorf("configuration: %w", err)
	}
	c.resolve(dir)
	return c, c.check()
}

// resolve makes every path absolute and fills in the defaults.
func (c *Config) resolve(dir string) {
	defaults := func(p *string, v string) {
		if *p == "" {
			*p = v
		}
	}
	defaults(&c.Purpose, "planning")
	defaults(&c.Work, "work")
	defaults(&c.Marts, "marts")
	defaults(&c.Keys, "keys")
	paths := []*string{&c.Work, &c.Marts, &c.Keys, &c.Gates.OptOut.Sent, &c.Gates.OptOut.Reply, &c.Gates.OptOut.Control,
		&c.Gates.Objection.File, &c.Gates.Connection.File, &c.Gates.Agreement.File, &c.Gates.Sensitive.Policy,
		&c.Reference.Places, &c.Reference.Practices}
	for i := range c.Feeds {
		paths = append(paths, &c.Feeds[i].Path)
	}
	for i := range c.Gates.Sensitive.Members {
		paths = append(paths, &c.Gates.Sensitive.Members[i].File)
	}
	for _, p := range paths {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
}

var feedName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)

// personal is the kinds of feed that hold only what a person has connected.
var personal = map[string]bool{"phr": true, "garmin": true, "fitbit": true, "apple": true}

func (c *Config) check() error {
	var errs []error
	fail := func(key, reason string) { errs = append(errs, fmt.Errorf("%s: %s", c.Where(key), reason)) }
	if len(c.Feeds) == 0 {
		fail("feeds", "there is none; name at least one")
	}
	if c.Purpose != "planning" && c.Purpose != "research" {
		fail("purpose", "not planning or research")
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
		if f.Path == "" {
			fail(key+"path", "is missing")
		}
		if personal[f.Kind] && c.Gates.Connection.NotApplicable != "" {
			fail("gates.connection", "it applies to a feed of kind "+f.Kind+"; give its file")
		}
	}
	for _, g := range []struct{ name, file, why string }{
		{"optout", c.Gates.OptOut.Reply, c.Gates.OptOut.NotApplicable},
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
	return errors.Join(errs...)
}

// Date is a day, written YYYY-MM-DD.
type Date struct{ time.Time }

// UnmarshalYAML reads YYYY-MM-DD.
func (d *Date) UnmarshalYAML(n ast.Node) error {
	t, err := time.Parse(time.DateOnly, plain(n))
	if err != nil {
		return misfit(n, "not a date written YYYY-MM-DD")
	}
	d.Time = t
	return nil
}

// plain is the text of a value without quotes.
func plain(n ast.Node) string { return strings.Trim(strings.TrimSpace(n.String()), `"'`) }

// Duration is a time span, written in days (20d) or hours (36h).
type Duration time.Duration

// UnmarshalYAML reads a span.
func (d *Duration) UnmarshalYAML(node ast.Node) error {
	s := plain(node)
	unit := time.Hour
	n, ok := strings.CutSuffix(s, "h")
	if !ok {
		unit = 24 * time.Hour
		n, ok = strings.CutSuffix(s, "d")
	}
	v, err := strconv.Atoi(n)
	if !ok || err != nil || v <= 0 || v > 100_000 {
		return misfit(node, "not a span such as 20d or 36h")
	}
	*d = Duration(time.Duration(v) * unit)
	return nil
}
