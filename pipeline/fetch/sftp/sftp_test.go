package sftp

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"secondaryuse/pipeline/fetch"
	"secondaryuse/pipeline/fetch/fetchtest"
	"secondaryuse/pipeline/fetch/inbox"
)

func TestMain(m *testing.M) { fetchtest.Main(m) }

const secret = fetchtest.Secret

// far is a folder on the server.
type far struct {
	*server
	*fetchtest.Folder
	policy inbox.Policy
}

func newFar(t *testing.T, p inbox.Policy) *far {
	f := &far{start(t), &fetchtest.Folder{T: t, Dir: t.TempDir(), Marker: p.Marker}, p}
	f.must(os.Mkdir(filepath.Join(f.Dir, "taken"), 0o700))
	return f
}

func (f *far) fetcher() *inbox.Inbox {
	b, err := New(f.config(f.Dir), f.policy)
	f.must(err)
	return b
}

func (f *far) fixture() fetchtest.Fixture {
	key, err := os.ReadFile(f.file("user"))
	f.must(err)
	return f.Fixture(func() fetch.Fetcher { return f.fetcher() }, []fetchtest.Fault{
		{Name: "the server hangs up", Break: func() func() {
			f.set(true)
			return func() { f.set(false) }
		}},
		{Name: "another server", Break: func() func() {
			f.know(f.key("other"))
			return func() { f.know(f.host) }
		}},
	}, strings.Split(string(key), "\n")[2])
}

func (f *far) set(refuse bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refuse = refuse
}

func TestSuite(t *testing.T) {
	fetchtest.Run(t, func(t *testing.T) fetchtest.Fixture {
		return newFar(t, inbox.Policy{Marker: ".done"}).fixture()
	})
}

// counter is a fetch.Progress that stops the fetch once so many bytes have
// come.
type counter struct {
	bytes, most int64
	due         int64 // as was told beforehand
	stop        func()
}

func (c *counter) Step(_ string, n int64) { c.due += n }
func (c *counter) Note(string)            {}
func (c *counter) Add(n int64) {
	if c.bytes += n; c.stop != nil && c.bytes >= c.most {
		c.stop()
	}
}

// TestResumed cuts a download off in the middle, in two ways, and holds that
// the next goes on from there.
func TestResumed(t *testing.T) {
	const size = 8 << 20
	f := newFar(t, inbox.Policy{Marker: ".done"})
	text := bytes.Repeat([]byte("0123456789abcde\n"), size/16)
	copy(text[size/2:], "the middle")
	f.Put("big.csv", string(text))
	dir := t.TempDir()
	cuts := map[string]func() (context.Context, func()){
		"stopped": func() (context.Context, func()) { return context.WithCancel(context.Background()) },
		"sshd is killed": func() (context.Context, func()) {
			return context.Background(), func() {
				f.mu.Lock()
				defer f.mu.Unlock()
				for cmd := range f.sshds {
					cmd.Process.Kill()
				}
			}
		},
	}
	left := int64(size)
	for name, cut := range cuts {
		ctx, stop := cut()
		c := &counter{most: size / 4, stop: stop}
		_, err := f.fetcher().Fetch(ctx, fetch.Last{}, dir, c)
		if err == nil || c.bytes < size/4 || c.bytes >= left || c.due != left {
			t.Fatalf("%s: after %d bytes of %d, of which %d were due: %v", name, c.bytes, left, c.due, err)
		}
		left -= c.bytes
	}
	c := &counter{}
	if _, err := f.fetcher().Fetch(context.Background(), fetch.Last{}, dir, c); err != nil || c.bytes != left || c.due != left {
		t.Errorf("%d bytes came in the end, of %d that were left, and %d were due: %v", c.bytes, left, c.due, err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "big.csv")); err != nil || !bytes.Equal(got, text) {
		t.Errorf("it is not the file: %d bytes, %v", len(got), err)
	}
}

// TestTrust holds that nobody else is taken for the server, and that it is
// said what to do.
func TestTrust(t *testing.T) {
	f := newFar(t, inbox.Policy{Marker: ".done"})
	f.Put("a.csv", "x")
	other := f.key("other")
	known := func(text string) func(*Config) {
		return func(c *Config) { f.must(os.WriteFile(c.KnownHosts, []byte(text), 0o600)) }
	}
	line := func(k ssh.PublicKey) string { return knownhosts.Line([]string{f.address}, k) + "\n" }
	for _, tc := range []struct {
		name  string
		spoil func(*Config)
		want  []string
	}{
		{"changed", known("# one\n" + line(other)), []string{"known_hosts:2", "is not the one", ssh.FingerprintSHA256(f.host), "ask the server's owner"}},
		{"unknown", known(knownhosts.Line([]string{"elsewhere.example"}, f.host) + "\n"), []string{"the server is not in", ssh.FingerprintSHA256(f.host), "ssh-keyscan -H -p"}},
		{"none known", known(""), []string{"the server is not in"}},
		{"revoked", known("@revoked * " + string(ssh.MarshalAuthorizedKey(f.host)) + line(f.host)), []string{"revoked"}},
		{"no file", func(c *Config) { c.KnownHosts += "-none" }, []string{"there is no such file", "ssh-keyscan"}},
		{"not such a file", known("hello\n"), []string{"not a known_hosts file"}},
		{"others write", func(c *Config) { f.know(f.host); f.must(os.Chmod(c.KnownHosts, 0o666)) }, []string{"others can write it"}},
		{"another key of ours", func(c *Config) { c.Key = f.file("other") }, []string{"does not accept the key"}},
		{"others read ours", func(c *Config) { f.must(os.Chmod(c.Key, 0o644)) }, []string{"others can read it", "chmod 600"}},
		{"no key", func(c *Config) { c.Key += "-none" }, []string{"no such file"}},
		{"not a key", func(c *Config) { c.Key = f.file("config") }, []string{"not a private key"}},
		{"no folder", func(c *Config) { c.Folder += "-none" }, []string{"no such folder on the server"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := f.config(f.Dir)
			defer func() {
				f.must(os.Chmod(f.file("known_hosts"), 0o600))
				f.must(os.Chmod(f.file("user"), 0o600))
				f.know(f.host)
			}()
			tc.spoil(&c)
			b, err := New(c, f.policy)
			f.must(err)
			dir := t.TempDir()
			_, err = b.Fetch(context.Background(), fetch.Last{}, dir, &counter{})
			for _, w := range tc.want {
				if err == nil || !strings.HasPrefix(err.Error(), "sftp: ") || !strings.Contains(err.Error(), w) {
					t.Errorf("it says %v, not %q", err, w)
				}
			}
			if entries, _ := os.ReadDir(dir); len(entries) > 0 {
				t.Error("it leaves something")
			}
		})
	}
}

// TestOtherKinds holds that a server with several keys is known by the one in
// the file, and a hashed name is understood.
func TestOtherKinds(t *testing.T) {
	f := newFar(t, inbox.Policy{Marker: ".done"})
	f.Put("a.csv", "x")
	hash := knownhosts.HashHostname(knownhosts.Normalize(f.address))
	f.must(os.WriteFile(f.file("known_hosts"), []byte(hash+" "+string(ssh.MarshalAuthorizedKey(f.host))), 0o600))
	if _, err := f.fetcher().Fetch(context.Background(), fetch.Last{}, t.TempDir(), &counter{}); err != nil {
		t.Error(err)
	}
	_, algorithms, err := f.config("x").hosts()
	if err != nil || len(algorithms) != 1 || algorithms[0] != ssh.KeyAlgoED25519 {
		t.Errorf("it asks for %q, %v", algorithms, err)
	}
}

// TestSilent holds that a server that takes the connection and says nothing is
// given up.
func TestSilent(t *testing.T) {
	f := newFar(t, inbox.Policy{Marker: ".done"})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	f.must(err)
	defer l.Close()
	c := f.config(f.Dir)
	c.Address, c.Patience = l.Addr().String(), 50*time.Millisecond
	b, err := New(c, f.policy)
	f.must(err)
	if _, err := b.Fetch(context.Background(), fetch.Last{}, t.TempDir(), &counter{}); err == nil || err.Error() != "sftp: the server does not answer" {
		t.Errorf("it says %v", err)
	}
}

// cable is a way to the server that can be cut without either end being told.
func cable(t *testing.T, to string) (address string, cut func()) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	var dead atomic.Bool
	carry := func(dst, src net.Conn) {
		defer dst.Close()
		b := make([]byte, 4096)
		for {
			n, err := src.Read(b)
			if err != nil {
				return
			}
			if !dead.Load() {
				dst.Write(b[:n])
			}
		}
	}
	wait.Go(func() {
		for {
			a, err := l.Accept()
			if err != nil {
				return
			}
			b, err := net.Dial("tcp", to)
			if err != nil {
				a.Close()
				return
			}
			wait.Go(func() { carry(a, b) })
			wait.Go(func() { carry(b, a) })
		}
	})
	t.Cleanup(func() { l.Close(); wait.Wait() })
	return l.Addr().String(), func() { dead.Store(true) }
}

// TestCable holds that a connection which dies without a word is given up.
func TestCable(t *testing.T) {
	f := newFar(t, inbox.Policy{Marker: ".done"})
	f.Put("a.csv", strings.Repeat("x", 1<<20))
	c := f.config(f.Dir)
	var cut func()
	c.Address, cut = cable(t, f.address)
	c.Patience = 300 * time.Millisecond
	f.must(os.WriteFile(c.KnownHosts, []byte(knownhosts.Line([]string{c.Address}, f.host)+"\n"), 0o600))
	b, err := New(c, f.policy)
	f.must(err)
	_, err = b.Fetch(context.Background(), fetch.Last{}, t.TempDir(), &counter{most: 1, stop: cut})
	if err == nil || errors.Is(err, fetch.ErrNothing) {
		t.Errorf("it says %v", err)
	}
}

// TestReadOnly holds that files that cannot be moved are an error of Done that
// names none.
func TestReadOnly(t *testing.T) {
	f := newFar(t, inbox.Policy{Marker: ".done"})
	f.Put(secret+".csv", "x")
	dir := t.TempDir()
	d, err := f.fetcher().Fetch(context.Background(), fetch.Last{}, dir, &counter{})
	f.must(err)
	f.must(os.Remove(filepath.Join(f.Dir, "taken")))
	f.must(os.WriteFile(filepath.Join(f.Dir, "taken"), nil, 0o600))
	if err := f.fetcher().Done(context.Background(), d, dir); err == nil || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "cannot be moved") {
		t.Errorf("it says %v", err)
	}
}

func TestNew(t *testing.T) {
	good := Config{Address: "a:22", User: "u", Folder: "f", Key: "k", KnownHosts: "h"}
	if _, err := New(good, inbox.Policy{Marker: ".x"}); err != nil {
		t.Error(err)
	}
	for _, spoil := range []func(*Config){
		func(c *Config) { c.Address = "a" }, func(c *Config) { c.Address = ":22" }, func(c *Config) { c.User = "" },
		func(c *Config) { c.Folder = "" }, func(c *Config) { c.Key = "" }, func(c *Config) { c.KnownHosts = "" },
	} {
		c := good
		if spoil(&c); errors.Is(second(New(c, inbox.Policy{Marker: ".x"})), nil) {
			t.Errorf("%+v is taken", c)
		}
	}
}

func second(_ *inbox.Inbox, err error) error { return err }
