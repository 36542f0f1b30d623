package mesh

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ids are the ids of messages: no path, and longer than a number of a person.
var ids = regexp.MustCompile(`^[0-9A-Za-z_-]{12,100}$`)

// Message is what the service says of a message. File, LocalID and Subject are
// the sender's words, which may hold anything: they are for comparing, not for
// printing.
type Message struct {
	ID                     string
	From, To               string // mailboxes; From is empty where it is the service itself
	Workflow               string
	File, LocalID, Subject string
	Chunks                 int       // 0 for a report
	At                     time.Time // of its status; zero where the service does not say
	Report                 *Report   // nil: it has content
}

// errHeader is what speaks against the headers of a message.
type errHeader struct{ name, reason string }

// Error names the header.
func (e errHeader) Error() string { return e.name + ": " + e.reason }

// parse reads the headers of a message.
func parse(h http.Header) (m Message, err error) {
	for name, into := range map[string]*string{
		"Mex-MessageID": &m.ID, "Mex-From": &m.From, "Mex-To": &m.To, "Mex-WorkflowID": &m.Workflow,
		"Mex-FileName": &m.File, "Mex-LocalID": &m.LocalID, "Mex-Subject": &m.Subject,
	} {
		if *into, err = text(h, name); err != nil {
			return m, err
		}
	}
	if m.ID = strings.ToUpper(m.ID); m.ID != "" && !ids.MatchString(m.ID) {
		return m, errHeader{"Mex-MessageID", "not the id of a message"}
	}
	if at := h.Get("Mex-StatusTimestamp"); at != "" {
		if m.At, err = time.Parse("20060102150405", at); err != nil {
			return m, errHeader{"Mex-StatusTimestamp", "not yyyymmddhhmmss"}
		}
	}
	switch kind := h.Get("Mex-MessageType"); {
	case strings.EqualFold(kind, "REPORT"):
		m.Report, err = parseReport(h, m.LocalID)
		return m, err
	case !strings.EqualFold(kind, "DATA"):
		return m, errHeader{"Mex-MessageType", "neither DATA nor REPORT"}
	}
	if s, c := h.Get("Mex-StatusSuccess"), h.Get("Mex-StatusCode"); s != "" && !strings.EqualFold(s, "SUCCESS") || c != "" && c != "00" {
		return m, errHeader{"Mex-StatusSuccess", "not a message that was transferred"}
	}
	k, n, err := span(h)
	if err == nil && k != 1 {
		err = errHeader{"Mex-Chunk-Range", "it does not begin with the first"}
	}
	m.Chunks = n
	return m, err
}

// text is one header's text: printable, and of a length that fits.
func text(h http.Header, name string) (string, error) {
	v := strings.TrimSpace(h.Get(name))
	switch {
	case len(h.Values(name)) > 1:
		return "", errHeader{name, "there twice"}
	case len(v) > 500:
		return "", errHeader{name, "too long"}
	case !utf8.ValidString(v) || strings.ContainsFunc(v, unicode.IsControl):
		return "", errHeader{name, "not text"}
	}
	return v, nil
}

// chunksMost is more chunks than a message of the biggest size has.
const chunksMost = 100_000

// span reads the number of a chunk and how many there are. A message without
// that header has one.
func span(h http.Header) (k, n int, err error) {
	v := h.Get("Mex-Chunk-Range")
	if v == "" {
		v = "1:1"
	}
	left, right, ok := strings.Cut(v, ":")
	k, errK := ordinal(left)
	n, errN := ordinal(right)
	if !ok || errK != nil || errN != nil || k < 1 || k > n || n > chunksMost {
		return 0, 0, errHeader{"Mex-Chunk-Range", "not a chunk of so many"}
	}
	if all := h.Get("Mex-Total-Chunks"); all != "" {
		if total, err := ordinal(all); err != nil || total != n {
			return 0, 0, errHeader{"Mex-Total-Chunks", "not what the range says"}
		}
	}
	return k, n, nil
}

var errOrdinal = errors.New("not a number")

func ordinal(s string) (int, error) {
	if s = strings.TrimSpace(s); s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, errOrdinal
	}
	return strconv.Atoi(s)
}

// Report is a message of the service that says that one of ours has failed. It
// is an error.
type Report struct {
	About   string // the id of the message that failed; empty where the service does not say
	LocalID string // ours, of that message
	Code    string // of the closed list of codes, or empty
	// Undelivered says that nobody collected the message in the five days that
	// it was kept for.
	Undelivered bool
}

// Error tells what failed and what to do next.
func (r *Report) Error() string {
	text := "mesh: the service reports that a message failed"
	if r.About != "" {
		text = fmt.Sprintf("mesh: the service reports that message %s failed", r.About)
	}
	next := "see to the cause, and send it with a new file name and local id"
	if r.Undelivered {
		next = "ask the recipient whether its mailbox is looked after; then send it with a new file name and local id"
	}
	if r.Code != "" {
		text += ": code " + r.Code + ": " + codes[r.Code]
	}
	return text + "; next: " + next
}

// undelivered is the code of a message that was not collected.
const undelivered = "14"

// parseReport reads the headers of a report. The service's description is not
// kept: it may hold anything.
func parseReport(h http.Header, local string) (*Report, error) {
	about, err := text(h, "Mex-LinkedMsgID")
	if err != nil {
		return nil, err
	}
	if about = strings.ToUpper(about); about != "" && !ids.MatchString(about) {
		return nil, errHeader{"Mex-LinkedMsgID", "not the id of a message"}
	}
	if strings.EqualFold(h.Get("Mex-StatusSuccess"), "SUCCESS") {
		return nil, errHeader{"Mex-StatusSuccess", "a report of a success"}
	}
	code := known(h.Get("Mex-StatusCode"))
	return &Report{About: about, LocalID: local, Code: code, Undelivered: code == undelivered}, nil
}
