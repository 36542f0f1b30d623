// Package optout is the gate of the national data opt-out.
//
// The service that checks opt-outs (Check for National Data Opt-outs, over
// MESH) is sent every number an organisation holds and returns the numbers of
// those who have not opted out. Its reply is an ALLOW list: a person may be
// used only when a fresh reply holds their number. Who is unknown, who was
// never sent and who has no number is out.
//
// Three files make the gate: the request that was sent, the reply, and the
// control file that came with the reply and says when it was issued. Request
// and reply have one line a person, ten digits and a comma, and no header. The
// gate does not open unless every number passes its check, the reply is a
// subset of the request, and the reply is as long as a reply should be: under
// four in a hundred people have opted out, so a reply that is much shorter than
// its request is cut off, or is the list of the other kind; and one that holds all
// of thousands who were sent is no reply, but the request once more.
package optout

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"time"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/gate/list"
	"secondaryuse/deid/identity"
)

// Config says where the files are and what is accepted. A zero field takes the
// default that is given with it.
type Config struct {
	Sent    string // the request
	Reply   string // the numbers that may be used
	Control string // the DTSControl file of the reply

	Workflow   string        // the reply's workflow: SPINE_NTT_UPHOLDING
	MaxAge     time.Duration // since the reply was issued: 20 days
	MinShare   float64       // the smallest share of those sent that must come back: 0.80
	AllowEmpty bool          // accept a reply that allows nobody
	AllowAll   bool          // accept a reply that allows everybody who was sent, of thousands
	Local      bool          // the files hold identifiers of feeds without NHS number, not checked
	Now        time.Time     // the clock
}

// Gate is an opened opt-out list. It answers from any number of goroutines.
type Gate struct {
	people  set // who was sent; marked: who came back
	sent    int
	allowed int
	issued  time.Time
	reply   string
	sha256  string
}

// Open reads and checks the three files.
func Open(c Config) (*Gate, error) {
	c = c.defaults()
	if c.MinShare < 0 || c.MinShare > 1 {
		return nil, &list.Refusal{Gate: "optout", File: c.Reply, Field: "min_share", Reason: "not between 0 and 1", Next: "correct the configuration"}
	}
	issued, err := readControl(c)
	if err != nil {
		return nil, err
	}
	g := &Gate{issued: issued, reply: c.Reply}
	if err := g.readSent(c); err != nil {
		return nil, err
	}
	if err := g.readReply(c); err != nil {
		return nil, err
	}
	if err := g.checkShare(c); err != nil {
		return nil, err
	}
	return g, nil
}

func (c Config) defaults() Config {
	if c.Workflow == "" {
		c.Workflow = "SPINE_NTT_UPHOLDING"
	}
	if c.MaxAge == 0 {
		c.MaxAge = 20 * 24 * time.Hour
	}
	if c.MinShare == 0 {
		c.MinShare = 0.80
	}
	if c.Now.IsZero() {
		c.Now = time.Now()
	}
	return c
}

// Person returns NotAllowed unless the reply holds the number.
func (g *Gate) Person(n identity.Number) gate.Reason {
	if g.people.marked(n) {
		return gate.Kept
	}
	return gate.NotAllowed
}

// Allowed is how many of those who were sent may be used.
func (g *Gate) Allowed() int { return g.allowed }

// Numbers lists everybody who may be used, in no order.
func (g *Gate) Numbers() iter.Seq[identity.Number] { return g.people.all() }

// Describe says in one line which reply the gate stands on.
func (g *Gate) Describe() string {
	return fmt.Sprintf("optout: %s, issued %s, %d of %d sent may be used, sha256 %s",
		filepath.Base(g.reply), g.issued.UTC().Format(time.RFC3339), g.allowed, g.sent, g.sha256)
}

// readSent reads the request into the set.
func (g *Gate) readSent(c Config) error {
	in, err := list.Open("optout", c.Sent)
	if err != nil {
		return err
	}
	defer in.Close()
	room := int(in.Size()/c.shortest()) + 1
	g.people = newSet(room)
	return each(in, func(line []byte) error {
		if g.sent == room {
			return in.Refuse("", "it grew while it was read", "run again when it is complete")
		}
		n, reason := number(line, c.Local)
		if reason != "" {
			return in.Refuse("nhs_number", reason, "write the request again from numbers that pass their check, and send it")
		}
		if g.people.add(n) {
			g.sent++
		}
		return nil
	})
}

// shortest is the length of the shortest line there can be, so that a file's
// size says how many lines it has at most.
func (c Config) shortest() int64 {
	if c.Local {
		return int64(len("1,\n"))
	}
	return int64(len("9990000018,\n"))
}

// invalid is what the service answers when one number of a request is wrong.
var invalid = []byte("The file contains one or more invalid NHS Numbers.")

// readReply marks who came back.
func (g *Gate) readReply(c Config) error {
	if info, err := os.Stat(c.Reply); err == nil && info.Size() == 0 {
		g.sha256 = fmt.Sprintf("%x", sha256.Sum256(nil))
		return c.empty()
	}
	in, err := list.Open("optout", c.Reply)
	if err != nil {
		return err
	}
	defer in.Close()
	err = each(in, func(line []byte) error {
		if bytes.HasPrefix(line, invalid) {
			return in.Refuse("", "the service refused the request: one or more of its numbers are not valid, and nothing was checked",
				"write the request again from numbers that pass their check, send it under a new file name, and put the new reply here")
		}
		n, reason := number(line, c.Local)
		if reason != "" {
			return in.Refuse("nhs_number", reason, "fetch the reply again; do not edit it by hand")
		}
		known, first := g.people.mark(n)
		if !known {
			return in.Refuse("nhs_number", "foreign: the reply holds a number that was not sent", "put the reply beside the request it answers")
		}
		if first {
			g.allowed++
		}
		return nil
	})
	g.sha256 = in.SHA256()
	return err
}

// empty refuses a reply without a byte unless the configuration takes it for
// the answer that everybody has opted out. What the service sends then is not
// known (uk-rules.md section 13).
func (c Config) empty() error {
	if c.AllowEmpty {
		return nil
	}
	return &list.Refusal{Gate: "optout", File: c.Reply, Reason: "empty: it has no bytes",
		Next: "fetch the reply again; if everybody who was sent has opted out, set allow_empty"}
}

// each calls do with every line.
func each(in *list.Lines, do func(line []byte) error) error {
	for {
		line, err := in.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := do(line); err != nil {
			return err
		}
	}
}

// number reads a line of a request or a reply: a number, a comma, nothing.
func number(line []byte, local bool) (identity.Number, string) {
	field, rest, comma := bytes.Cut(line, []byte{','})
	if !comma || len(rest) > 0 {
		return identity.Number{}, "not a number and one comma: a file of another kind"
	}
	return list.Number(field, local)
}

// many is of how many people some have opted out: if one in a hundred does, all of
// them are in for it once in five hundred million requests.
const many = 2000

// checkShare refuses a reply that allows too few of those who were sent, or all.
func (g *Gate) checkShare(c Config) error {
	refuse := func(reason, next string) error {
		return &list.Refusal{Gate: "optout", File: c.Reply, Field: "lines", Reason: reason, Next: next}
	}
	share := float64(g.allowed) / float64(g.sent)
	told := 100 * g.allowed / max(1, g.sent) // never up to the bound
	switch {
	case g.allowed == g.sent && g.sent >= many && !c.AllowAll:
		return refuse("it is the request: of so many people some have opted out, and all who were sent came back",
			"put the service's reply here; if it has answered so, set allow_all")
	case g.allowed == 0 && c.AllowEmpty, share >= c.MinShare:
		return nil
	case share < 0.5:
		return refuse(fmt.Sprintf("wrong polarity: only %d in 100 of those sent came back, so it looks like the list of those who have opted out", told),
			"put the service's reply here: it lists those who may be used")
	}
	return refuse(fmt.Sprintf("short: only %d in 100 of those sent came back, at least %v must", told, float32(100*c.MinShare)),
		"fetch the reply again; if it is whole, set min_share")
}
