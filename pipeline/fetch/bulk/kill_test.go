package bulk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"secondaryuse/pipeline/fetch"
	"secondaryuse/pipeline/fetch/bulk"
)

// order is what a child process is to fetch.
type order struct {
	Config bulk.Config
	Last   fetch.Last
	Dir    string
	Event  int // at which it kills itself; 0: none
	Now    time.Time
}

// child is the test's own program as a client in a process of its own.
func child() {
	var o order
	if err := json.Unmarshal([]byte(os.Getenv("BULK_CHILD")), &o); err != nil {
		panic(err)
	}
	o.Config.Clock = atClock{o.Now}
	f, err := bulk.New(o.Config)
	if err == nil {
		_, err = f.Fetch(context.Background(), o.Last, o.Dir, &killer{at: o.Event})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// atClock is a clock that stands, as that of the server does meanwhile.
type atClock struct{ now time.Time }

// Now is the time.
func (c atClock) Now() time.Time { return c.now }

// Sleep lets no time pass.
func (c atClock) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// killer kills its own process at an event, as kill -9 does.
type killer struct {
	mu    sync.Mutex
	n, at int
}

func (k *killer) event() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.n++; k.n == k.at {
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}
func (k *killer) Step(string, int64) { k.event() }
func (k *killer) Add(int64)          { k.event() }
func (k *killer) Note(string)        { k.event() }

// run runs a child, and reports how it ended.
func (s *site) run(o order, env ...string) (killed bool, err error) {
	o.Config, o.Now = s.config, s.Clock.Now()
	o.Config.Clock = nil
	text, err := json.Marshal(o)
	if err != nil {
		s.t.Fatal(err)
	}
	c := exec.Command(os.Args[0])
	c.Env = append(append(os.Environ(), "BULK_CHILD="+string(text)), env...)
	out, err := c.CombinedOutput()
	if err == nil {
		return false, nil
	}
	if status, ok := c.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGKILL {
		return true, nil
	}
	return false, fmt.Errorf("%w: %s", err, out)
}

// TestKilled kills the process at every event, and lets another go on: with the
// same export, and with nothing fetched twice that was whole.
func TestKilled(t *testing.T) {
	t.Parallel()
	s := newGroup(t)
	s.config.Parallel = 1
	l := s.take(fetch.Last{}, s.whole())
	s.Join("g", "p3")
	s.Leave("g", "x1")
	s.Put("Observation", "o-p2", "p2")
	want := append(s.Lines("g", l.At, nil), s.Lines("g", zero, []string{"p3"})...)
	exports := s.Requests("kick-off")
	for event := 1; ; event++ {
		dir := t.TempDir()
		killed, err := s.run(order{Last: l, Dir: dir, Event: event})
		if err != nil {
			t.Fatal(err)
		}
		if !killed {
			if event < 10 {
				t.Errorf("only %d events", event)
			}
			break
		}
		if _, err := s.run(order{Last: l, Dir: dir}); err != nil {
			t.Fatalf("after event %d: %v", event, err)
		}
		s.holds(dir, append(slices.Clone(want), strings.TrimSpace(left(t, dir))))
		if n := s.Requests("kick-off"); n != exports+3 {
			t.Errorf("killed at event %d: %d exports for 3", event, n-exports)
		}
		exports = s.Requests("kick-off")
	}
}

// TestProxy holds that the proxy of the environment is used, and told when it
// does not answer.
func TestProxy(t *testing.T) {
	s := newSite(t)
	target := strings.TrimPrefix(strings.TrimSuffix(s.URL, "/fhir"), "https://")
	var asked []string
	var mu sync.Mutex
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.Method+" "+r.Host)
		mu.Unlock()
		tunnel(t, w, target)
	}))
	defer proxy.Close()
	s.config.URL = "https://example.com/fhir" // which the certificate of the fake is for too
	s.config.Client, s.config.Key, s.Open = "", "", true
	_, err := s.run(order{Dir: t.TempDir()}, "HTTPS_PROXY="+proxy.URL, "NO_PROXY=127.0.0.1")
	mu.Lock()
	defer mu.Unlock()
	// The export is asked for through the proxy; its status, at an address that the
	// environment excepts, is not.
	if err != nil || !slices.Equal(asked, []string{"CONNECT example.com:443"}) {
		t.Errorf("%q %v", asked, err)
	}
	_, err = s.run(order{Dir: t.TempDir()}, "HTTPS_PROXY=http://127.0.0.1:1")
	s.refused(err, "kick-off: the proxy does not answer")
}

func tunnel(t *testing.T, w http.ResponseWriter, target string) {
	out, err := net.Dial("tcp", target)
	if err != nil {
		t.Error(err)
		return
	}
	defer out.Close()
	w.WriteHeader(http.StatusOK)
	in, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		t.Error(err)
		return
	}
	defer in.Close()
	go func() {
		io.Copy(out, buffered)
		out.(*net.TCPConn).CloseWrite()
	}()
	io.Copy(in, out)
}
