package mesh_test

import (
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"secondaryuse/deid/gate/optout/mesh"
	"secondaryuse/deid/gate/optout/mesh/meshtest"
)

// TestOpen holds that nothing is begun with a configuration that is not whole,
// and that no secret is told.
func TestOpen(t *testing.T) {
	p := meshtest.NewPapers(t)
	p.Write("two", []byte(meshtest.Password+"\n"+meshtest.SharedKey))
	p.Write("open", []byte(meshtest.Password))
	if err := os.Chmod(p.Path("open"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		spoil func(*mesh.Config)
		want  string
	}{
		"http":             {func(c *mesh.Config) { c.URL = "http://127.0.0.1" }, "url: "},
		"a path":           {func(c *mesh.Config) { c.URL += "/messageexchange" }, "url: "},
		"a user":           {func(c *mesh.Config) { c.URL = "https://a:b@127.0.0.1" }, "url: "},
		"small letters":    {func(c *mesh.Config) { c.Mailbox = "x26abc1" }, "mailbox: "},
		"a negative chunk": {func(c *mesh.Config) { c.Chunk = -1 }, "chunk, most: "},
		"no ca":            {func(c *mesh.Config) { c.CA = "" }, "ca: "},
		"not a ca":         {func(c *mesh.Config) { c.CA = c.Password }, "ca: "},
		"no certificate":   {func(c *mesh.Config) { c.Certificate = "" }, "certificate: "},
		"no key":           {func(c *mesh.Config) { c.Key = "" }, "key: "},
		"another's key":    {func(c *mesh.Config) { c.Key = p.Path("server.key") }, "certificate, key: "},
		"no password":      {func(c *mesh.Config) { c.Password = "" }, "password: "},
		"others read it":   {func(c *mesh.Config) { c.Password = p.Path("open") }, "password: "},
		"two lines":        {func(c *mesh.Config) { c.Password = p.Path("two") }, "password: "},
		"no shared key":    {func(c *mesh.Config) { c.SharedKey = "" }, "shared key: "},
		"in systemd":       {func(c *mesh.Config) { c.SharedKey = "credential:shared" }, "shared key: credential:shared: "},
	} {
		c := p.Config("https://127.0.0.1", meshtest.Ours)
		tc.spoil(&c)
		client, err := mesh.Open(c)
		if client != nil || err == nil || !strings.HasPrefix(err.Error(), "mesh: "+tc.want) || strings.Contains(err.Error(), meshtest.Password+"\n") || strings.Contains(err.Error(), meshtest.SharedKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	client := open(t, p.Config("https://127.0.0.1", meshtest.Ours))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		for _, v := range []any{client, *client, mesh.Config{}} {
			if s := fmt.Sprintf(verb, v); strings.Contains(s, meshtest.Password) || strings.Contains(s, meshtest.SharedKey) || strings.Contains(s, fmt.Sprintf("%x", meshtest.SharedKey)) {
				t.Errorf("%s prints a secret", verb)
			}
		}
	}
	if client.String() != "mailbox X26ABC1 at 127.0.0.1" {
		t.Error(client)
	}
}

// TestTLS holds that both sides are who they say, by a protocol that is safe.
func TestTLS(t *testing.T) {
	s := meshtest.New(t)
	other := meshtest.NewPapers(t)
	config := s.Config(s.URL, meshtest.Ours)
	config.CA = other.Path("ca.pem")
	refused(t, open(t, config).Handshake(ctx), mesh.ErrDenied, "of an authority that is not in ca")
	_, err := open(t, config).Send(ctx, letter("9000000009,\n"))
	refused(t, err, mesh.ErrDenied, "of an authority that is not in ca")
	config = s.Config(strings.Replace(s.URL, "127.0.0.1", "localhost", 1), meshtest.Ours)
	refused(t, open(t, config).Handshake(ctx), mesh.ErrDenied, "that of another host")
	config = s.Config(s.URL, meshtest.Ours)
	config.Certificate, config.Key = other.Path("client.pem"), other.Path("client.key")
	if err := open(t, config).Handshake(ctx); err == nil {
		t.Error("a certificate of somebody else's authority is taken")
	}
	if n := s.Requests("handshake") + s.Requests("send"); n != 0 {
		t.Errorf("%d requests", n)
	}
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.Config.ErrorLog = log.New(io.Discard, "", 0)
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	old.StartTLS()
	defer old.Close()
	config = s.Config(old.URL, meshtest.Ours)
	s.Write("old.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: old.Certificate().Raw}))
	config.CA = s.Path("old.pem")
	refused(t, open(t, config).Handshake(ctx), mesh.ErrAway, "the connection failed")
}

// TestSigner holds the header to what NHS England's own client (mesh-client
// 5.0.2) makes of the same.
func TestSigner(t *testing.T) {
	sign := mesh.Signer("X26ABC1", "password", "TestKey", "2c001608-5f09-4840-9611-bea43e666a30", func() time.Time {
		return time.Date(2026, 7, 1, 12, 30, 59, 0, time.FixedZone("BST", 3600))
	})
	for _, want := range vectors {
		if got := sign(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

const childURL, childDir = "OHC_MESH_URL", "OHC_MESH_DIR"

// child is this test in a process of its own, for an environment of its own.
func child() {
	dir := os.Getenv(childDir)
	c := mesh.Config{URL: os.Getenv(childURL), Mailbox: meshtest.Ours, Password: dir + "/password", SharedKey: dir + "/shared",
		Certificate: dir + "/client.pem", Key: dir + "/client.key", CA: dir + "/ca.pem"}
	client, err := mesh.Open(c)
	if err == nil {
		client.Hurry(10 * time.Second)
		err = client.Handshake(ctx)
	}
	fmt.Println("handshake:", err)
}

// TestProxy holds that the proxy of the environment is used, that it sees
// nothing but where we go, and that it is told when it does not answer.
func TestProxy(t *testing.T) {
	s := meshtest.New(t)
	var through atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != "mesh.example:443" || r.Header.Get("Authorization") != "" {
			t.Errorf("the proxy is asked for %s %s", r.Method, r.Host)
		}
		through.Add(1)
		there, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "https://"))
		if err != nil {
			t.Error(err)
			return
		}
		defer there.Close()
		here, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer here.Close()
		io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
		go io.Copy(there, here)
		io.Copy(here, there)
	}))
	defer proxy.Close()
	for address, want := range map[string]string{proxy.URL: "handshake: <nil>\n", "http://127.0.0.1:1": "mesh: handshake: the proxy does not answer; next: check HTTPS_PROXY"} {
		cmd := exec.Command(os.Args[0])
		cmd.Env = []string{"HTTPS_PROXY=" + address, childURL + "=https://mesh.example", childDir + "=" + s.Dir}
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%v: %s", err, out)
		}
	}
	if through.Load() == 0 || s.Requests("handshake") != 1 {
		t.Errorf("%d times through the proxy", through.Load())
	}
}

var vectors = []string{
	"NHSMESH X26ABC1:2c001608-5f09-4840-9611-bea43e666a30:0:202607011130:9cb2078ef823a8b5555b16fdb622f0ae8013eb8ba74e4b47591444ba218f07b8",
	"NHSMESH X26ABC1:2c001608-5f09-4840-9611-bea43e666a30:1:202607011130:4b4334b6ecfa6d6a2f885e303826b6c594db2471bdd4ee34bbf2ccafc60f1495",
	"NHSMESH X26ABC1:2c001608-5f09-4840-9611-bea43e666a30:2:202607011130:49c62f7f7c7c7d5d838152676115094f0b9b4921ec5a0e199cda01a782f5d3cb",
}
