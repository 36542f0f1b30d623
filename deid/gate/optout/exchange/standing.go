package exchange

import (
	"fmt"
	"time"
)

// Standing is how an exchange stands.
type Standing struct {
	List    *Listing // nil: there is none in use
	Pending *Waiting // nil: nothing is on its way
	Failed  string   // why the last request failed, where none was sent since
}

// Listing is the list in use.
type Listing struct {
	ID             string
	Issued, Until  time.Time
	Sent, Returned int // numbers
}

// Waiting is a request on its way.
type Waiting struct {
	ID                            string
	Since                         time.Time // when it was begun
	Sent                          int       // numbers
	Files, Left, Unsure, Answered int       // all of them; not sent; not known whether; answered
}

// Look tells how an exchange stands. It writes nothing.
func Look(c Config) (Standing, error) {
	s, err := load(c.Dir)
	if err != nil {
		return Standing{}, err
	}
	return (&Exchange{Config: c, state: s}).Standing(), nil
}

// Standing tells how it stands.
func (x *Exchange) Standing() (out Standing) {
	if l := x.state.List; l != nil {
		out.List = &Listing{l.ID, l.Issued, x.until(l), l.Sent, l.Returned}
	}
	if p := x.state.Pending; p != nil {
		w := &Waiting{ID: p.ID, Since: p.begun(), Sent: p.Sent, Files: len(p.Files)}
		for _, f := range p.Files {
			switch f.State {
			case made:
				w.Left++
			case sending, unsure:
				w.Unsure++
			case replied:
				w.Answered++
			}
		}
		out.Pending = w
	} else if f := x.state.Failed; f != nil {
		out.Failed = f.Why
	}
	return out
}

// String says it in one line.
func (s Standing) String() string {
	text := "no list in use"
	if l := s.List; l != nil {
		text = "the list in use is of " + l.Issued.UTC().Format(time.RFC3339) + ", until " + l.Until.UTC().Format(time.RFC3339)
	}
	switch w := s.Pending; {
	case w == nil && s.Failed != "":
		return text + "; the last request failed"
	case w == nil:
		return text + "; nothing is on its way"
	case w.Unsure > 0:
		return fmt.Sprintf("%s; it is not known whether the service took all of request %s, which an answer will tell", text, w.ID)
	case w.Left > 0:
		return fmt.Sprintf("%s; of request %s %d of %d files are still to be sent", text, w.ID, w.Left, w.Files)
	default:
		return fmt.Sprintf("%s; request %s waits for the service: %d of %d files are answered", text, w.ID, w.Answered, w.Files)
	}
}
