// Package purpose is the register of what the shared record is used for, and on
// what terms: the legal basis of each purpose, whether the national data opt-out
// applies to it, or which exemption under which approval, and whether what people
// record themselves (PHR, wearables) may serve it.
//
// The local objection and the Type 1 opt-out are in the register so that whoever
// signs it reads that they apply. They cannot be switched off: no rule is known
// that would allow it for any purpose.
//
// The register is a YAML file, of which one is built in (purposes.yaml). It is
// strict: what it does not say is not allowed. One that is missing, empty,
// foreign or wrong anywhere is refused, and so is a purpose that was to be
// reviewed by now, or whose exemption does not hold on the day.
package purpose

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/gate/list"
	"secondaryuse/deid/identity"
	"secondaryuse/deid/record"
)

// Config says which register holds, and for what a run is. A zero field takes
// the default that is given with it.
type Config struct {
	File    string    // a YAML file: the one that is built in
	Purpose string    // what the run is for
	Record  string    // the shared record it must be about: list.Record
	Now     time.Time // the clock
}

//go:embed purposes.yaml
var builtIn []byte

// ErrUnknown is wrapped where the register does not have the purpose.
var ErrUnknown = errors.New("not in the register")

// Gate is one purpose. It leaves out the records of feeds that may not serve it.
type Gate struct {
	entry
	about string // the register
}

// Open reads and checks the register, and finds the purpose in it.
func Open(c Config) (*Gate, error) {
	if c.Now.IsZero() {
		c.Now = time.Now()
	}
	e, at, about, err := find(c)
	if err != nil {
		return nil, err
	}
	if f, ok := e.holds(c.Now); !ok {
		f.field = at.entry + "." + f.field
		return nil, at.refuse(f)
	}
	return &Gate{e, about}, nil
}

// Until returns when a purpose does not hold any more, unless the register is
// changed: when it is to be reviewed, or its exemption ends.
func Until(c Config) (time.Time, error) {
	e, _, _, err := find(c)
	if err != nil {
		return time.Time{}, err
	}
	day := e.ReviewBy
	if e.Exemption != nil {
		day = min(day, e.Exemption.To)
	}
	return time.ParseInLocation(time.DateOnly, day, list.London)
}

// find reads and checks the register, and finds the purpose in it, whatever day
// it is.
func find(c Config) (entry, place, string, error) {
	c.Record = cmp.Or(c.Record, list.Record)
	r, at, sum, err := read(c)
	if err != nil {
		return entry{}, at, "", err
	}
	var names []string
	for i, e := range r.Purposes {
		if e.Name == c.Purpose {
			at.entry = fmt.Sprintf("purposes[%d]", i)
			return e, at, fmt.Sprintf("%s, version %s, sha256 %s", name(c), r.Version, sum), nil
		}
		names = append(names, e.Name)
	}
	return entry{}, at, "", fmt.Errorf("%w %s, which has %s", ErrUnknown, at.file, strings.Join(names, ", "))
}

// name is what a register is called in the manifest.
func name(c Config) string {
	if c.File == "" {
		return "built-in register"
	}
	return filepath.Base(c.File)
}

// Record excludes what a feed of what people record themselves holds, unless
// that may serve the purpose.
func (g *Gate) Record(f record.Feed, _ *record.Head, _ identity.Number) gate.Reason {
	if f.Kind != record.Shared && g.Personal != "allowed" {
		return gate.NotForPurpose
	}
	return gate.Kept
}

// Exempt says which exemption from the national data opt-out the purpose has;
// nothing where that applies.
func (g *Gate) Exempt() string {
	if g.Exemption == nil {
		return ""
	}
	return g.Exemption.String()
}

// Terms says in one line what the register says of the purpose.
func (g *Gate) Terms() string {
	optout := "national data opt-out applies"
	if g.Exemption != nil {
		optout = "exempt from the national data opt-out: " + g.Exempt()
	}
	return fmt.Sprintf("purpose: %s: %s; legal basis: %s; %s; local objection and Type 1 opt-out apply; PHR and wearables %s; to be reviewed by %s",
		g.Name, g.What, g.Basis, optout, g.Personal, g.ReviewBy)
}

// Describe says in one line which register the purpose is from.
func (g *Gate) Describe() string { return "register: " + g.about }
