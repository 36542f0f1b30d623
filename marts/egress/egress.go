// Package egress reads egress.yaml, which says where everything is that the way out
// needs, for every command of it. It is strict: an unknown key, a wrong value or a
// missing file of persons in charge is an error with file, line and field.
//
//	marts: marts                    # the published marts
//	keys: keys                      # the keyring
//	key_encryption: {identity: /etc/ohc/kek.txt}
//	people: people.yaml             # who may ask and approve
//	projects: projects              # a file each
//	register: register              # what has left; a folder that nobody else can read
//	outbox: outbox                  # what leaves
//	signing: keys/signing.ed25519   # the key that this installation signs with
//	eligible: {file: eligible, max_age: 24h}
//	links: links                    # the link file of each project that must link to an older study
//	disclosure: strictest           # profile of disclosure control, where a request names none
//	recall: {within: 21d}           # until when recipients must have destroyed what is recalled
//
// Every key but key_encryption has the value above where it is absent. Paths are
// relative to the folder of the file.
package egress

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"secondaryuse/marts/domain/keyring/kek"
	"secondaryuse/pipeline/strict"
)

// Config is where everything is. Paths are absolute once it is loaded.
type Config struct {
	Marts         string     `yaml:"marts"`
	Keys          string     `yaml:"keys"`
	KeyEncryption kek.Config `yaml:"key_encryption"` // nothing of it is set where keys are not wrapped
	People        string     `yaml:"people"`
	Projects      string     `yaml:"projects"`
	Register      string     `yaml:"register"`
	Outbox        string     `yaml:"outbox"`
	Signing       string     `yaml:"signing"`
	Eligible      Eligible   `yaml:"eligible"`
	Links         string     `yaml:"links"`
	Disclosure    string     `yaml:"disclosure"`
	Recall        Recall     `yaml:"recall"`
}

// Recall says how long recipients have to destroy what is recalled. No rule states
// that: 21 days is how long the national data opt-out says it may take to apply.
type Recall struct {
	Within Span `yaml:"within"`
}

// Eligible is the list of who may be used now, and how old it may be.
type Eligible struct {
	File   string `yaml:"file"`
	MaxAge Span   `yaml:"max_age"`
}

// Span is a time span, written in days (2d), hours (24h) or minutes (90m).
type Span time.Duration

// Load reads the file at path. An error names file, line, field and reason, and
// what to do.
func Load(path string) (Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("egress: %w; next: name the file with --egress", err)
	}
	return parse(path, data)
}

func parse(path string, data []byte) (Config, error) {
	var c Config
	d, line, reason := strict.Decode(data, &c)
	if reason != "" {
		return Config{}, misfit(path, max(line, 1), cmp.Or(d.Odd(line), "egress"), reason)
	}
	if field, err := c.check(); err != nil {
		return Config{}, misfit(path, d.Line(field), field, err.Error())
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return Config{}, fmt.Errorf("egress: %w", err)
	}
	c.resolve(dir)
	return c, nil
}

func misfit(path string, line int64, field, reason string) error {
	return fmt.Errorf("egress: %s:%d: %s: %s; next: correct it; nothing leaves until then", path, line, field, reason)
}

var word = regexp.MustCompile(`^[a-z0-9][a-z0-9+-]{0,60}$`)

func (c Config) check() (field string, err error) {
	k := c.KeyEncryption
	switch {
	case k.Identity != "" && k.PKCS11 != nil:
		return "key_encryption", errors.New("an identity or pkcs11, not both")
	case k.PKCS11 != nil && (k.PKCS11.Module == "" || k.PKCS11.Label == "" || k.PKCS11.PIN == ""):
		return "key_encryption.pkcs11", errors.New("module, label and pin are needed")
	case k.PKCS11 != nil && (k.PKCS11.Slot == nil) == (k.PKCS11.Token == ""):
		return "key_encryption.pkcs11", errors.New("a slot or a token, one of them")
	case c.Disclosure != "" && !word.MatchString(c.Disclosure):
		return "disclosure", errors.New("not the name of a profile")
	}
	return "", nil
}

// resolve fills in what is absent and makes every path absolute.
func (c *Config) resolve(dir string) {
	paths := map[*string]string{
		&c.Marts: "marts", &c.Keys: "keys", &c.People: "people.yaml", &c.Projects: "projects", &c.Register: "register",
		&c.Outbox: "outbox", &c.Signing: filepath.Join("keys", SigningKey), &c.Eligible.File: "eligible", &c.Links: "links", &c.KeyEncryption.Identity: "",
	}
	if t := c.KeyEncryption.PKCS11; t != nil {
		paths[&t.Module], paths[&t.PIN] = "", ""
	}
	for p, usual := range paths {
		if *p == "" {
			*p = usual
		}
		if *p != "" && !filepath.IsAbs(*p) && !strings.HasPrefix(*p, "credential:") {
			*p = filepath.Join(dir, *p)
		}
	}
	if c.Eligible.MaxAge == 0 {
		c.Eligible.MaxAge = Span(24 * time.Hour)
	}
	if c.Recall.Within == 0 {
		c.Recall.Within = Span(21 * 24 * time.Hour)
	}
	if c.Disclosure == "" {
		c.Disclosure = "strictest"
	}
}

// SigningKey is the name of the installation's signing key in the folder of keys.
const SigningKey = "signing.ed25519"

var spans = regexp.MustCompile(`^([1-9][0-9]{0,3})([mhd])$`)

// UnmarshalYAML reads a span.
func (s *Span) UnmarshalYAML(n ast.Node) error {
	m := spans.FindStringSubmatch(n.String())
	if m == nil {
		return strict.Misfit{Line: n.GetToken().Position.Line, Reason: "not a span such as 24h or 2d"}
	}
	var v int
	fmt.Sscan(m[1], &v)
	*s = Span(time.Duration(v) * map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}[m[2]])
	return nil
}
