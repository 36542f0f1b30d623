// Package form is the form of what is exchanged with the service that checks
// national data opt-outs (uk-rules.md section 1): the request and its name, the
// message in which the service says what it made of it, and the control file
// that the reply would have come with from another client. The reply itself is
// read by package optout, which holds it to the request.
//
// The request is the one file in which NHS numbers are written out. It is for
// the service alone.
package form

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"slices"
	"time"

	"secondaryuse/deid/gate/list"
	"secondaryuse/deid/identity"
	"secondaryuse/deid/internal/veil"
)

// Count is what became of the numbers that a request was to be written of.
type Count struct {
	Sent    int // written, each once
	Twice   int // written before
	Without int // nobody's, or of a feed that has no NHS numbers: the service does not know them
	Files   int
}

// ErrNobody says that there is no number to ask about. The service refuses a
// file without a line.
var ErrNobody = errors.New("optout: request: there is no NHS number to ask about")

// Write writes requests, in as many files as it takes for none to have more
// lines than most; 0: one file. They are in the order of the numbers, so that
// nothing shows in what order people came. Create makes the nth file, from 1;
// Write closes it.
func Write(numbers iter.Seq[identity.Number], most int, create func(n int) (io.WriteCloser, error)) (c Count, err error) {
	var all []uint64
	for n := range numbers {
		if digits, ok := lift(n); ok {
			all = append(all, digits)
		} else {
			c.Without++
		}
	}
	defer func() { clear(all) }()
	slices.Sort(all)
	rest := slices.Compact(all)
	c.Sent, c.Twice = len(rest), len(all)-len(rest)
	if c.Sent == 0 {
		return c, ErrNobody
	}
	for len(rest) > 0 {
		size := len(rest)
		if most > 0 {
			size = min(size, most)
		}
		c.Files++
		if err := file(rest[:size], c.Files, create); err != nil {
			return c, err
		}
		rest = rest[size:]
	}
	return c, nil
}

// lift is an NHS number as a number. It reports false for what is none.
func lift(n identity.Number) (digits uint64, ok bool) {
	var room [veil.Max]byte
	text := veil.Lift(room[:0], n.V)
	defer clear(room[:])
	if len(text) != 10 {
		return 0, false
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		digits = 10*digits + uint64(c-'0')
	}
	return digits, true
}

// file writes one file: ten digits, a comma, LF.
func file(numbers []uint64, n int, create func(int) (io.WriteCloser, error)) error {
	out, err := create(n)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	for _, digits := range numbers {
		fmt.Fprintf(w, "%010d,\n", digits)
	}
	return errors.Join(w.Flush(), out.Close())
}

var mailbox = regexp.MustCompile(`^[0-9A-Z]{4,30}$`)

// Name is the name of a request: the mailbox that sends it, the date, and its
// number in the month, from 1. The service takes numbers in order, and none
// twice.
func Name(from string, at time.Time, number int) (string, error) {
	if !mailbox.MatchString(from) || number < 1 || number > 9999 {
		return "", errors.New("optout: request: its name needs a mailbox, and a number from 1 to 9999")
	}
	return fmt.Sprintf("%s-%s-%04d.dat", from, at.In(list.London).Format("02012006"), number), nil
}

// Control is the control file of a reply that came at a time: what MESH's own
// client would have put beside it, and what the gate reads its age from.
func Control(at time.Time, workflow string) []byte {
	return fmt.Appendf(nil, `<?xml version="1.0"?>
<DTSControl><Version>1.0</Version><AddressType>DTS</AddressType><MessageType>Data</MessageType><WorkflowId>%s</WorkflowId>
<StatusRecord><DateTime>%s</DateTime><Event>TRANSFER</Event><Status>SUCCESS</Status><StatusCode>00</StatusCode></StatusRecord></DTSControl>
`, workflow, at.In(list.London).Format("20060102150405"))
}
