package sftp

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// server is OpenSSH: each connection to a port of this machine is handed to an
// sshd of its own, with a host key and users' keys of the test.
type server struct {
	t        *testing.T
	dir      string // of its files
	address  string
	listener net.Listener
	host     ssh.PublicKey

	mu     sync.Mutex
	refuse bool // hangs up on whoever comes
	sshds  map[*exec.Cmd]bool
	wait   sync.WaitGroup
}

// sshdOf finds OpenSSH, which .ci/run installs.
func sshdOf(t *testing.T) string {
	t.Helper()
	for _, path := range []string{"/usr/sbin/sshd", "/usr/local/sbin/sshd"} {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	t.Skip("there is no sshd on this machine (apt-get install openssh-server)")
	return ""
}

func start(t *testing.T) *server {
	t.Helper()
	sshd := sshdOf(t)
	s := &server{t: t, dir: t.TempDir(), sshds: make(map[*exec.Cmd]bool)}
	if os.Geteuid() == 0 { // sshd wants its empty folder
		s.must(os.MkdirAll("/run/sshd", 0o755))
	}
	s.host = s.key("host")
	s.must(os.WriteFile(s.file("authorised"), ssh.MarshalAuthorizedKey(s.key("user")), 0o600))
	s.must(os.WriteFile(s.file("config"), fmt.Appendf(nil, `HostKey %s
AuthorizedKeysFile %s
PermitRootLogin yes
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PidFile none
MaxStartups 100:30:200
Subsystem sftp internal-sftp
`, s.file("host"), s.file("authorised")), 0o600))
	if out, err := exec.Command(sshd, "-t", "-f", s.file("config")).CombinedOutput(); err != nil {
		t.Fatalf("sshd does not like its configuration: %v %s", err, out)
	}
	var err error
	s.listener, err = net.Listen("tcp", "127.0.0.1:0")
	s.must(err)
	s.address = s.listener.Addr().String()
	s.know(s.host)
	s.wait.Go(func() { s.serve(sshd) })
	t.Cleanup(s.stop)
	return s
}

func (s *server) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) file(name string) string { return filepath.Join(s.dir, name) }

// key makes a private key, and returns its public half.
func (s *server) key(name string) ssh.PublicKey {
	s.t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	s.must(err)
	block, err := ssh.MarshalPrivateKey(private, "")
	s.must(err)
	s.must(os.WriteFile(s.file(name), pem.EncodeToMemory(block), 0o600))
	k, err := ssh.NewPublicKey(public)
	s.must(err)
	return k
}

// know writes a known_hosts file in which the server has a key.
func (s *server) know(k ssh.PublicKey) {
	s.must(os.WriteFile(s.file("known_hosts"), []byte(knownhosts.Line([]string{s.address}, k)+"\n"), 0o600))
}

func (s *server) serve(sshd string) {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		if err := s.hand(sshd, conn.(*net.TCPConn)); err != nil {
			s.t.Error(err)
		}
	}
}

// hand gives a connection to an sshd.
func (s *server) hand(sshd string, conn *net.TCPConn) error {
	defer conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse {
		return nil
	}
	f, err := conn.File()
	if err != nil {
		return err
	}
	cmd := exec.Command(sshd, "-i", "-f", s.file("config"))
	cmd.Stdin, cmd.Stdout = f, f
	if err := errors.Join(cmd.Start(), f.Close()); err != nil {
		return err
	}
	s.sshds[cmd] = true
	s.wait.Go(func() {
		cmd.Wait()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.sshds, cmd)
	})
	return nil
}

func (s *server) stop() {
	s.listener.Close()
	s.mu.Lock()
	for cmd := range s.sshds {
		cmd.Process.Kill()
	}
	s.mu.Unlock()
	s.wait.Wait()
}

func (s *server) config(folder string) Config {
	u, err := user.Current()
	s.must(err)
	return Config{Address: s.address, User: u.Username, Folder: folder, Key: s.file("user"), KnownHosts: s.file("known_hosts")}
}
