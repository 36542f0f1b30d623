package meshtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Service is the message exchange. The exported fields are switches, to be set
// while no request is made.
type Service struct {
	*Faults
	*Papers
	URL string

	PerPage int  // messages in a page of the inbox; 500 when 0
	Twice   bool // every message is listed twice
	Swapped bool // the last sent is listed first
	Once    bool // a message can be acknowledged once
	Never   bool // what is sent does not arrive
	Plain   bool // content is never compressed on the way out
	Split   bool // content goes out as one gzip stream, split at odd places

	mu         sync.Mutex
	made       int
	messages   []*message
	used       map[string]bool // Authorization headers
	violations []string
}

type message struct {
	id, from, to, workflow, file, local, subject string
	chunks                                       [][]byte // as they came
	gzip                                         bool
	total                                        int
	state                                        string
	about, code                                  string // of a report
}

// New starts a service.
func New(t testing.TB) *Service {
	s := &Service{Papers: NewPapers(t), used: map[string]bool{}}
	s.Faults, s.URL = front(t, s.Papers, http.HandlerFunc(s.serve))
	return s
}

// Violations is what clients did that they must not do.
func (s *Service) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

// Sent is how many messages were accepted.
func (s *Service) Sent() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.messages {
		if m.state != "uploading" {
			n++
		}
	}
	return n
}

// Expire lets five days pass for a message that was not collected: it goes, and
// its sender gets a report.
func (s *Service) Expire(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.find(id)
	m.state = "undeliverable"
	s.add(&message{to: m.from, workflow: m.workflow, local: m.local, subject: "NDR: " + m.subject, state: "accepted", about: m.id, code: "14"})
}

// add gives a message an id and keeps it.
func (s *Service) add(m *message) {
	s.made++
	m.id = fmt.Sprintf("20261122114%06d_ABC%03X", s.made, s.made)
	s.messages = append(s.messages, m)
}

func (s *Service) find(id string) *message {
	for _, m := range s.messages {
		if m.id == id {
			return m
		}
	}
	return nil
}

// violate notes what a client must not do, and refuses it.
func (s *Service) violate(w http.ResponseWriter, what string) {
	s.violations = append(s.violations, what)
	refuse(w, Fault{Status: http.StatusBadRequest, Code: "06"})
}

// serve answers a request of somebody who is let in.
func (s *Service) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := strings.Split(strings.TrimPrefix(r.URL.Path, "/messageexchange/"), "/")
	mailbox := p[0]
	if why := s.authorise(r, mailbox); why != "" {
		if why != "hash" {
			s.violations = append(s.violations, why)
		}
		refuse(w, Fault{Status: http.StatusForbidden})
		return
	}
	if r.Header.Get("Accept") != "application/vnd.mesh.v2+json" {
		s.violate(w, "accepts another version")
		return
	}
	switch kind := kindOf(r); {
	case kind == "handshake":
		if r.Header.Get("Mex-ClientVersion") == "" || r.Header.Get("Mex-OSName") == "" || r.Header.Get("Mex-OSVersion") == "" {
			s.violate(w, "a handshake without a client's version")
		}
	case kind == "send":
		s.send(w, r, mailbox)
	case kind == "chunk" && len(p) == 4:
		s.chunk(w, r, mailbox, p[2], p[3])
	case kind == "inbox":
		s.inbox(w, r, mailbox)
	case kind == "track" && p[2] == "tracking":
		s.track(w, r, mailbox)
	case kind == "head" && len(p) == 3, kind == "download" && len(p) <= 4, kind == "acknowledge" && len(p) == 5:
		s.collect(w, r, kind, mailbox, p)
	default:
		s.violate(w, "no such request")
	}
}

var authorization = regexp.MustCompile(`^NHSMESH ([0-9A-Z]+):([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}):([0-9]+):([0-9]{12}):([0-9a-f]{64})$`)

// authorise is why a request is not let in, or nothing.
func (s *Service) authorise(r *http.Request, mailbox string) string {
	value := r.Header.Get("Authorization")
	m := authorization.FindStringSubmatch(value)
	if m == nil {
		return "an authorisation that cannot be read"
	}
	if m[1] != mailbox || !slices.Contains([]string{Ours, Theirs, Third}, mailbox) {
		return "a mailbox that is not the one authorised"
	}
	if key := m[2] + m[3]; s.used[key] {
		return "an authorisation used before"
	} else {
		s.used[key] = true
	}
	at, err := time.Parse("200601021504", m[4])
	if err != nil || time.Since(at).Abs() > 10*time.Minute {
		return "a time that is not now"
	}
	hash := hmac.New(sha256.New, []byte(SharedKey))
	hash.Write([]byte(strings.Join([]string{m[1], m[2], m[3], Password, m[4]}, ":")))
	if hex.EncodeToString(hash.Sum(nil)) != m[5] {
		return "hash"
	}
	return ""
}
