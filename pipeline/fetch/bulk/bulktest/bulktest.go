// Package bulktest is a FHIR server with Bulk Data Access, written from the
// text of the specification (edition 3.0.0 and the draft of the next, SMART
// Backend Services) and not from our client. It is strict: what a client must
// not do is refused and kept in Violations. Every way in which a server may
// answer, or fail, is a switch.
package bulktest

import (
	"context"
	"encoding/pem"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// Clock is a clock that goes on when somebody sleeps.
type Clock struct {
	mu    sync.Mutex
	now   time.Time
	slept []time.Duration
	other func() time.Time
}

// Follow has the clock show the time of another one.
func (c *Clock) Follow(other func() time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.other = other
}

// Now is the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.other != nil {
		return c.other()
	}
	return c.now
}

// Sleep lets the time pass at once.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.slept = append(c.slept, d)
	return ctx.Err()
}

// Slept is how long each sleep so far was.
func (c *Clock) Slept() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]time.Duration(nil), c.slept...)
}

// Server is such a server. The exported fields are switches, to be set while no
// request is made.
type Server struct {
	URL   string // of the FHIR server
	CA    string // file of the authority of its certificate
	Clock *Clock

	Open       bool                              // no token is wanted
	Lifetime   int                               // seconds of a token; 300 when 0
	Grant      func(asked []string) []string     // scopes granted; those asked for when nil
	Algorithms []string                          // of signatures; RS384 and ES384 when nil
	Next       bool                              // the next edition: POST alone, no comma-delimited values, outcome for error, no request
	PerFile    int                               // resources in a file; 2 when 0
	PerPage    int                               // files in a page of the manifest, where partial ones are allowed; all when 0
	Early      bool                              // pages are told while the export still runs
	Polls      int                               // how often an export is in progress; once when 0, -1 never
	Gzip       bool                              // files come compressed
	NoTag      bool                              // and without ETag
	NoRange    bool                              // and always whole
	Chunked    bool                              // and without length
	Endless    bool                              // and end where the connection does
	NoCount    bool                              // the manifest counts nothing
	Capability bool                              // files need no token, and must not be given one
	Elsewhere  bool                              // files lie on another host
	Issues     []Issue                           // what the manifest says that went wrong
	Time       func(now time.Time) time.Time     // the transactionTime; now when nil
	NoElements bool                              // _elements is refused
	NoPatients bool                              // patient is refused
	File       func(typ string, b []byte) []byte // what becomes of a file's content at kick-off

	// Content is what an export since a time holds, and its transactionTime; the
	// server's own resources, by its clock, when nil.
	Content func(since time.Time) (at time.Time, all []Given)

	mu         sync.Mutex
	files      *httptest.Server
	keys       map[string]any // by kid
	used       map[string]bool
	tokens     map[string]grant
	resources  map[string]resource
	gone       map[string]time.Time
	groups     map[string]map[string]bool
	jobs       map[string]*job
	faults     map[string][]Fault
	requests   map[string]int
	violations []string
	serial     int
}

// Given is a file, or several, of an export: lines of one type.
type Given struct {
	Type    string
	Lines   []string
	Deleted bool // they are Bundles of deletions
}

// Issue is an issue of an OperationOutcome.
type Issue struct{ Severity, Code string }

// Client is the client id that the server knows.
const Client = "secondary-use"

// New starts a server that ends with the test.
func New(t testing.TB) *Server {
	s := &Server{
		Clock: &Clock{now: time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)},
		keys:  map[string]any{}, used: map[string]bool{}, tokens: map[string]grant{}, resources: map[string]resource{}, gone: map[string]time.Time{},
		groups: map[string]map[string]bool{}, jobs: map[string]*job{}, faults: map[string][]Fault{}, requests: map[string]int{},
	}
	main := s.serve(t)
	s.files = s.serve(t)
	s.URL = main.URL + "/fhir"
	s.CA = filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: main.Certificate().Raw})
	if err := os.WriteFile(s.CA, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return s
}

// serve starts one host.
func (s *Server) serve(t testing.TB) *httptest.Server {
	h := httptest.NewUnstartedServer(s.handler())
	h.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections that were given up
	h.StartTLS()
	t.Cleanup(h.Close)
	return h
}

// Host is the other host, where files may lie.
func (s *Server) Host() string { return s.files.Listener.Addr().String() }

// Violations are what the client did that it must not do.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.violations...)
}

// Requests is how many requests of a kind there were: discovery, token,
// kick-off, status, file, delete; late is those with a token that had ended.
func (s *Server) Requests(kind string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests[kind]
}

// Jobs is how many exports the server still keeps.
func (s *Server) Jobs() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.jobs)
}
