package bulk_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"secondaryuse/pipeline/fetch"
	"secondaryuse/pipeline/fetch/bulk"
	"secondaryuse/pipeline/fetch/bulk/bulktest"
	"secondaryuse/pipeline/fetch/fetchtest"
)

func TestMain(m *testing.M) {
	if os.Getenv("BULK_CHILD") != "" {
		child()
		return
	}
	flag.Set("rapid.checks", "40") // where the command line does not say otherwise
	goleak.VerifyTestMain(m)
}

// site is a server with something in it, and a client that it knows.
type site struct {
	*bulktest.Server
	config bulk.Config
	t      *testing.T
	notes  notes
}

func newSite(t *testing.T) *site {
	s := &site{Server: bulktest.New(t), t: t}
	path := filepath.Join(t.TempDir(), "key.pem")
	writeKey(t, path, newEC(t))
	s.config = bulk.Config{URL: s.URL, Client: bulktest.Client, Key: path, CA: s.CA, Clock: s.Clock}
	set, err := bulk.PublicKeys(path, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Register(set); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"p1", "p2", "p3"} {
		s.Put("Patient", id, id)
		s.Put("Observation", "o-"+id, id)
		s.Put("Observation", "q-"+id, id)
	}
	t.Cleanup(func() {
		if v := s.Violations(); len(v) > 0 {
			t.Errorf("the client did what it must not: %q", v)
		}
	})
	return s
}

var zero time.Time

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func newEC(t *testing.T) *ecdsa.PrivateKey {
	k, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func writeKey(t *testing.T, path string, k any) {
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err == nil {
		err = os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (s *site) client() *bulk.Fetcher {
	f, err := bulk.New(s.config)
	if err != nil {
		s.t.Fatal(err)
	}
	return f
}

func (s *site) fetch(last fetch.Last, dir string) (fetch.Delivery, error) {
	return s.client().Fetch(context.Background(), last, dir, &s.notes)
}

// take fetches what must come.
func (s *site) take(last fetch.Last, want []string) fetch.Last {
	s.t.Helper()
	dir := s.t.TempDir()
	d, err := s.fetch(last, dir)
	if err != nil {
		s.t.Fatal(err)
	}
	s.holds(dir, want)
	return fetch.Last{Delivery: d, Dir: dir}
}

// everything is what an export of all that the server has holds.
func (s *site) everything() []string { return s.Lines("", time.Time{}, nil) }

func (s *site) holds(dir string, want []string) {
	s.t.Helper()
	got := lines(s.t, dir)
	slices.Sort(got)
	want = slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		s.t.Errorf("got  %d lines %.40q\nwant %d %.40q", len(got), got, len(want), want)
	}
}

// refused wants an error that holds some words, and no secret.
func (s *site) refused(err error, words ...string) {
	s.t.Helper()
	for _, w := range words {
		if err == nil || !strings.Contains(err.Error(), w) {
			s.t.Errorf("the error is %v\nwanted one with %q", err, w)
		}
	}
	for _, secret := range secrets {
		if err != nil && strings.Contains(err.Error(), secret) {
			s.t.Errorf("it tells a secret: %v", err)
		}
	}
}

// secrets are what nothing may tell.
var secrets = []string{bulktest.Name, bulktest.Number, bulktest.Signature, "token-", "client_assertion"}

// files are the names in a folder, those that begin with a dot too.
func files(t *testing.T, dir string) (names []string) {
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func lines(t *testing.T, dir string) (all []string) {
	for _, name := range files(t, dir) {
		if strings.HasPrefix(filepath.Base(name), ".") {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for s := bufio.NewScanner(bytes.NewReader(data)); s.Scan(); {
			all = append(all, s.Text())
		}
	}
	return all
}

// notes keeps what it is told.
type notes struct {
	mu   sync.Mutex
	list []string
}

func (n *notes) Step(string, int64) {}
func (n *notes) Add(int64)          {}
func (n *notes) Note(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, text)
}
func (n *notes) all() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.list)
}

// TestContract holds that the client is a Fetcher, in several ways of asking.
func TestContract(t *testing.T) {
	for name, how := range map[string]func(*site){
		"system":            func(*site) {},
		"gzip":              func(s *site) { s.Gzip = true },
		"group":             func(s *site) { s.config.Of, s.config.Group = "group", "g" },
		"partial manifests": func(s *site) { s.config.Partial, s.PerPage, s.Early, s.Polls = true, 2, true, 2 },
		"the next edition":  func(s *site) { s.config.Edition, s.Next, s.Capability, s.Elsewhere = 4, true, true, true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fetchtest.Run(t, func(t *testing.T) fetchtest.Fixture { return fixture(newSite(t), how) })
		})
	}
}

func fixture(s *site, how func(*site)) fetchtest.Fixture {
	how(s)
	for _, id := range []string{"p1", "p2", "p3"} {
		s.Join("g", id)
	}
	group, before, n := s.config.Group, s.Clock.Now(), 0
	fault := func(name, kind string, f bulktest.Fault) fetchtest.Fault {
		return fetchtest.Fault{Name: name, Break: func() func() {
			s.Fail(kind, slices.Repeat([]bulktest.Fault{f}, 400)...)
			return s.Mend
		}}
	}
	return fetchtest.Fixture{
		New: func() fetch.Fetcher { return s.client() },
		Change: func() {
			before = s.Clock.Now()
			n++
			s.Put("Observation", "o-p1", "p1")
			s.Put("Condition", "c"+string(rune('a'+n)), "p2")
		},
		All:     func() []string { return s.Lines(group, time.Time{}, nil) },
		Changed: func() []string { return s.Lines(group, before, nil) },
		Faults: []fetchtest.Fault{
			fault("no discovery", "discovery", bulktest.Fault{Status: 500}),
			fault("no token", "token", bulktest.Fault{Status: 400, Body: `{"error":"invalid_client","error_description":"` + bulktest.Text + `"}`}),
			fault("no export", "kick-off", bulktest.Fault{Status: 403, Issue: "forbidden"}),
			fault("export fails", "status", bulktest.Fault{Status: 500, Issue: "processing"}),
			fault("status gone", "status", bulktest.Fault{Lose: true}),
			fault("files fail", "file", bulktest.Fault{Status: 503}),
			fault("files gone", "file", bulktest.Fault{Expire: true}),
		},
		Secrets: secrets,
	}
}
