package meshtest

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"secondaryuse/testdata/python"
)

// requirements are NHS England's sandbox and all that it needs.
//
//go:embed requirements.txt
var requirements []byte

// Sandbox is NHS England's own sandbox of the message exchange, authentication
// on, messages in files, certificates wanted from both sides.
type Sandbox struct {
	*Papers
	t      testing.TB
	URL    string
	client *http.Client
	python string
	env    []string
	cmd    *exec.Cmd
}

// NewSandbox starts the sandbox. The test is skipped where there is no Python that it runs on.
func NewSandbox(t testing.TB) *Sandbox {
	s := &Sandbox{Papers: NewPapers(t), t: t, python: python.Environment(t, "mesh-sandbox", requirements)}
	s.client = &http.Client{Transport: &http.Transport{TLSClientConfig: s.tls("client")}, Timeout: time.Minute}
	store := s.Path("store")
	if err := os.Mkdir(store, 0o700); err != nil {
		t.Fatal(err)
	}
	s.env = []string{"AUTH_MODE=full", "SHARED_KEY=" + SharedKey, "STORE_MODE=file", "MAILBOXES_DATA_DIR=" + store,
		"PYTHONWARNINGS=ignore", "PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8"}
	t.Cleanup(s.stop)
	t.Cleanup(s.client.CloseIdleConnections)
	s.start()
	return s
}

// Restart ends the sandbox and starts it anew, with what lies in its files, and
// with more of the environment.
func (s *Sandbox) Restart(env ...string) {
	s.t.Helper()
	s.env = append(s.env, env...)
	s.stop()
	s.client.CloseIdleConnections()
	s.start()
}

func (s *Sandbox) stop() {
	if s.cmd != nil {
		s.cmd.Process.Kill()
		s.cmd.Wait()
		s.cmd = nil
	}
}

// start starts it at a free port, and waits until it answers.
func (s *Sandbox) start() {
	s.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	log, err := os.Create(s.Path("log"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	s.cmd = exec.Command(s.python, "-m", "uvicorn", "mesh_sandbox.api:app", "--host", "127.0.0.1", "--port", strconv.Itoa(port), "--workers", "1",
		"--ssl-certfile", s.Path("server.pem"), "--ssl-keyfile", s.Path("server.key"), "--ssl-ca-certs", s.Path("ca.pem"), "--ssl-cert-reqs", "2")
	s.cmd.Env, s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = s.env, s.Dir, log, log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.URL = "https://127.0.0.1:" + strconv.Itoa(port)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if r, err := s.client.Get(s.URL + "/health"); err == nil {
			r.Body.Close()
			return
		}
	}
	text, _ := os.ReadFile(log.Name())
	s.t.Fatalf("the sandbox does not start: %s", text)
}

// Admin sends a request to the sandbox's own administration, as JSON.
func (s *Sandbox) Admin(method, path string, body any) {
	s.t.Helper()
	text, _ := json.Marshal(body)
	q, err := http.NewRequest(method, s.URL+path, bytes.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	r, err := s.client.Do(q)
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Body.Close()
	if answer, _ := io.ReadAll(r.Body); r.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %d: %s", path, r.StatusCode, answer)
	}
}

// Report has the sandbox put a report into a mailbox that a message was not
// collected in time.
func (s *Sandbox) Report(mailbox, workflow, local, about string) {
	s.t.Helper()
	s.Admin(http.MethodPost, "/messageexchange/admin/report", map[string]string{"mailbox_id": mailbox, "code": "14", "description": Text,
		"workflow_id": workflow, "local_id": local, "linked_message_id": about, "subject": "request"})
}

// Proxy starts a proxy in front of the sandbox.
func (s *Sandbox) Proxy() (*Faults, string) {
	return front(s.t, s.Papers, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, err := http.NewRequestWithContext(r.Context(), r.Method, s.URL+r.URL.RequestURI(), r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		q.Header, q.ContentLength = r.Header, r.ContentLength
		a, err := s.client.Transport.RoundTrip(q)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		defer a.Body.Close()
		for name, values := range a.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(a.StatusCode)
		io.Copy(w, a.Body)
	}))
}
