// Package config reads the operator's configuration: one YAML file that names
// feeds, gates, reference files and folders. It is strict: an unknown key, a
// missing one or a wrong value is an error with file, line and key.
package config

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
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
	AsOf      Date      `yaml:"as_of"`     // day for ages and registers; today when absent
	Purpose   string    `yaml:"purpose"`   // what the marts are for: one of the register's; planning when absent
	Purposes  string    `yaml:"purposes"`  // the register; the embedded one when absent
	Work      string    `yaml:"work"`      // stage, ledger, lock
	Marts     string    `yaml:"marts"`     // snapshots
	Keys      string    `yaml:"keys"`      // the keyring, a file for each key
	Register  string    `yaml:"register"`  // of what has left; every manifest then has its head
	Schedules string    `yaml:"schedules"` // jobs; when absent, the folder of that name beside the file, if there is one
	People    string    `yaml:"people"`    // who may ask, and sign for what needs two; people.yaml when absent
	Feeds     []Feed    `yaml:"feeds"`
	Gates     Gates     `yaml:"gates"`
	Reference Reference `yaml:"reference"`
	Change    Change    `yaml:"change"`     // when a gate that does something else than before stops a run
	OnFailure []string  `yaml:"on_failure"` // an executable and its arguments, told of each turn of a job that fails

	Snapshots     Snapshots     `yaml:"snapshots"`
	Withdrawals   Withdrawals   `yaml:"withdrawals"`
	KeyEncryption KeyEncryption `yaml:"key_encryption"`

	Reidentification *Reidentification `yaml:"reidentification"`
	Linkage          *Linkage          `yaml:"linkage"`
	Leak             Leak              `yaml:"leak"`

	MetricsFile string `yaml:"metrics_file"` // NAME.prom: metrics for node_exporter, left by each run that is called for

	origin origin
	digest string
}

// Digest is the SHA-256 of the file that the configuration was read from.
func (c Config) Digest() string { return c.digest }

// Feed is one feed.
type Feed struct {
	Name         string  `yaml:"name"`
	Kind         string  `yaml:"kind"` // fhir, gp-connect, tabular, phr, garmin, fitbit, apple
	Path         string  `yaml:"path"` // absent where it is fetched
	Fetch        Fetch   `yaml:"fetch"`
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

// OptOut is what the national data opt-out service has answered: files that
// somebody has put there, or what the exchange with it has brought.
type OptOut struct {
	Mesh          *Mesh    `yaml:"mesh"` // the exchange; the files are its own then
	Sent          string   `yaml:"sent"`
	Reply         string   `yaml:"reply"`
	Control       string   `yaml:"control"`
	Workflow      string   `yaml:"workflow"` // of the reply, where it is not the service's usual one
	MaxAge        Duration `yaml:"max_age"`
	MinShare      float64  `yaml:"min_share"`   // how many of those sent must come back, from 0 to 1
	AllowEmpty    bool     `yaml:"allow_empty"` // an empty reply says that everybody has opted out
	AllowAll      bool     `yaml:"allow_all"`   // a reply of all that were sent, of thousands, says that nobody has
	NotApplicable string   `yaml:"not_applicable"`
}

// List is a list file of ours.
type List struct {
	File          string   `yaml:"file"`
	MaxAge        Duration `yaml:"max_age"`
	AllowEmpty    bool     `yaml:"allow_empty"` // a list of nobody is a list
	NotApplicable string   `yaml:"not_applicable"`
}

// Policy is the sensitive-data policy; the embedded one when absent.
type Policy struct {
	Policy        string    `yaml:"policy"`
	Members       []Members `yaml:"members"`
	Relationships []string  `yaml:"relationships"` // RF2 snapshots, for rules that match by descendants
}

// Members is a licensed list that adds codes to the policy: an RF2 simple
// refset (rf2), a plain list of codes (codes), or the primary care domain
// refset file (pcd).
type Members struct {
	File     string `yaml:"file"`
	Format   string `yaml:"format"`
	System   string `yaml:"system"`   // codes: whose they are
	Category string `yaml:"category"` // codes, pcd: what they are about
	Action   string `yaml:"action"`   // codes, pcd: what becomes of a record; drop when absent
}

// Snapshots says how long what was published before stays beside what is
// published now. No rule states these figures: they are ours.
type Snapshots struct {
	Keep   int      `yaml:"keep"`    // how many stay, with the current one; 3 when absent
	MaxAge Duration `yaml:"max_age"` // none but the current one is older; 7d when absent
}

// Withdrawals says how long it is kept who was affected by withdrawals. No rule
// states how long: what was issued must not outlast it.
type Withdrawals struct {
	Keep Duration `yaml:"keep"` // 1826d, five years, when absent
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
	if err := o.tagged(); err != nil {
		return c, o.explain(err)
	}
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(&c); err != nil {
		return c, o.explain(err)
	}
	c.origin = o
	c.digest = fmt.Sprintf("%x", sha256.Sum256(data))
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return c, fmt.Errorf("configuration: %w", err)
	}
	c.resolve(dir)
	if usual := filepath.Join(dir, "schedules"); c.Schedules == "" && isFolder(usual) {
		c.Schedules = usual
	}
	return c, c.check()
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
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
	defaults(&c.People, "people.yaml")
	c.Change.resolve()
	c.Reidentification.resolve()
	if c.Snapshots.Keep == 0 {
		c.Snapshots.Keep = 3
	}
	if c.Snapshots.MaxAge == 0 {
		c.Snapshots.MaxAge = Duration(7 * 24 * time.Hour)
	}
	if c.Withdrawals.Keep == 0 {
		c.Withdrawals.Keep = Duration(1826 * 24 * time.Hour)
	}
	for _, why := range []*string{&c.Gates.OptOut.NotApplicable, &c.Gates.Objection.NotApplicable, &c.Gates.Connection.NotApplicable, &c.Gates.Agreement.NotApplicable} {
		*why = strings.Join(strings.Fields(*why), " ") // one line of the manifest; a blank is no reason
	}
	paths := []*string{&c.Work, &c.Marts, &c.Keys, &c.Register, &c.People, &c.Schedules, &c.Purposes, &c.Gates.OptOut.Sent, &c.Gates.OptOut.Reply, &c.Gates.OptOut.Control,
		&c.Gates.Objection.File, &c.Gates.Connection.File, &c.Gates.Agreement.File, &c.Gates.Sensitive.Policy,
		&c.Reference.Places, &c.Reference.Practices, &c.MetricsFile}
	paths = append(append(paths, c.KeyEncryption.paths()...), c.Linkage.resolve()...)
	if c.Gates.OptOut.Mesh != nil {
		paths = append(paths, c.Gates.OptOut.Mesh.resolve()...)
	}
	paths = append(paths, c.Leak.paths()...)
	for i := range c.Feeds {
		paths = append(append(paths, &c.Feeds[i].Path), c.Feeds[i].Fetch.paths()...)
	}
	for i := range c.Gates.Sensitive.Members {
		paths = append(paths, &c.Gates.Sensitive.Members[i].File)
	}
	for i := range c.Gates.Sensitive.Relationships {
		paths = append(paths, &c.Gates.Sensitive.Relationships[i])
	}
	if len(c.OnFailure) > 0 && strings.Contains(c.OnFailure[0], "/") {
		paths = append(paths, &c.OnFailure[0])
	}
	for _, p := range paths {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
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

// Duration is a time span, written in days (20d), hours (36h), minutes (10m) or
// seconds (90s).
type Duration time.Duration

// UnmarshalYAML reads a span.
func (d *Duration) UnmarshalYAML(node ast.Node) error {
	s := plain(node)
	n := strings.TrimRight(s, "smhd")
	unit, ok := units[s[len(n):]]
	v, err := strconv.Atoi(n)
	if !ok || err != nil || v <= 0 || v > 100_000 {
		return misfit(node, "not a span such as 20d or 36h")
	}
	*d = Duration(time.Duration(v) * unit)
	return nil
}

var units = map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}
