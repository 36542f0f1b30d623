// Package sftp fetches from a folder on another machine, over SFTP. What is
// taken, when, and what becomes of it is package inbox's; here is how the
// folder is reached.
//
// The server must be the one in the known_hosts file: an unknown key is refused
// as a changed one is, and nothing is ever added to the file. We show who we
// are by a key from a file, or a systemd credential; there is no password, no
// agent and no question. A download that was cut off goes on where it was.
//
// The protocol tells times in seconds. A file counts as unchanged when size and
// second are what they were: a sender who sets times back and writes another
// content of the same size is not seen.
package sftp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"path"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"secondaryuse/pipeline/fetch/inbox"
	"secondaryuse/pipeline/guard"
)

// Config is a folder on another machine.
type Config struct {
	Address    string // host:port
	User       string
	Folder     string        // there
	Key        string        // a file with our private key, or credential:NAME
	KnownHosts string        // a file with the keys of the servers
	Patience   time.Duration // for an answer; a minute when 0
}

// New returns the Fetcher of the folder.
func New(c Config, p inbox.Policy) (*inbox.Inbox, error) {
	for _, f := range []struct{ name, value string }{{"user", c.User}, {"folder", c.Folder}, {"key", c.Key}, {"known_hosts", c.KnownHosts}} {
		if f.value == "" {
			return nil, fmt.Errorf("%s: is missing", f.name)
		}
	}
	if host, port, err := net.SplitHostPort(c.Address); err != nil || host == "" || port == "" {
		return nil, errors.New("address: not host:port")
	}
	if c.Patience == 0 {
		c.Patience = time.Minute
	}
	place := "sftp://" + c.Address + path.Join("/", c.Folder)
	return inbox.New("sftp", place, func(ctx context.Context) (inbox.Folder, error) { return dial(ctx, c) }, p)
}

// session is one visit.
type session struct {
	client *sftp.Client
	ssh    *ssh.Client
	folder string
	hurry  func() bool // takes back that the connection ends with its context
	done   chan struct{}
	beats  guard.Group
}

func dial(ctx context.Context, c Config) (inbox.Folder, error) {
	config, err := c.client()
	if err != nil {
		return nil, err
	}
	conn, err := (&net.Dialer{Timeout: c.Patience}).DialContext(ctx, "tcp", c.Address)
	if err != nil {
		return nil, err
	}
	s := &session{folder: c.Folder, done: make(chan struct{})}
	s.hurry = context.AfterFunc(ctx, func() { conn.Close() })
	if err := s.begin(conn, c, config); err != nil {
		s.hurry()
		conn.Close()
		return nil, err
	}
	s.beats.Go(func() { s.beat(c.Patience) })
	return s, nil
}

// begin shakes hands, within the time that there is patience for.
func (s *session) begin(conn net.Conn, c Config, config *ssh.ClientConfig) error {
	if err := conn.SetDeadline(time.Now().Add(c.Patience)); err != nil {
		return err
	}
	hello, channels, requests, err := ssh.NewClientConn(conn, c.Address, config)
	if err != nil {
		return c.refused(err)
	}
	s.ssh = ssh.NewClient(hello, channels, requests)
	if s.client, err = sftp.NewClient(s.ssh); err != nil {
		s.ssh.Close()
		return errors.New("the server has no SFTP for this user")
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return err
	}
	if info, err := s.client.Stat(c.Folder); err != nil || !info.IsDir() {
		s.Close()
		return errors.New("there is no such folder on the server")
	}
	return nil
}

// beat asks now and then whether the server is still there, and ends the
// connection when it does not answer: a read would wait for ever.
func (s *session) beat(every time.Duration) {
	tick := time.NewTicker(every / 2)
	defer tick.Stop()
	for {
		select {
		case <-s.done:
			return
		case <-tick.C:
		}
		late := time.AfterFunc(every, func() { s.ssh.Close() })
		_, _, err := s.ssh.SendRequest("keepalive@openssh.com", true, nil)
		if late.Stop(); err != nil {
			return
		}
	}
}

// Close ends the visit.
func (s *session) Close() error {
	select {
	case <-s.done:
	default:
		close(s.done)
	}
	s.hurry()
	s.client.Close()
	s.ssh.Close()
	s.beats.Wait()
	return nil
}

func (s *session) path(name string) string { return path.Join(s.folder, name) }

// List reads a folder.
func (s *session) List(ctx context.Context, dir string) ([]fs.FileInfo, error) {
	infos, err := s.client.ReadDirContext(ctx, s.path(dir))
	return infos, say(err)
}

// Open opens a file.
func (s *session) Open(_ context.Context, name string, from int64) (io.ReadCloser, error) {
	info, err := s.client.Lstat(s.path(name))
	if err != nil {
		return nil, say(err)
	}
	if !info.Mode().IsRegular() {
		return nil, fs.ErrNotExist
	}
	f, err := s.client.Open(s.path(name))
	if err != nil {
		return nil, say(err)
	}
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		f.Close()
		return nil, say(err)
	}
	return file{f}, nil
}

// file says what goes wrong without the server's words.
type file struct{ f *sftp.File }

// Read reads on.
func (f file) Read(b []byte) (int, error) {
	n, err := f.f.Read(b)
	return n, say(err)
}

// WriteTo reads the rest, with several requests on their way at once.
func (f file) WriteTo(w io.Writer) (int64, error) {
	n, err := f.f.WriteTo(w)
	return n, say(err)
}

// Close closes the file.
func (f file) Close() error { return say(f.f.Close()) }

// Move renames a file within the folder.
func (s *session) Move(_ context.Context, from, to string) error {
	if err := s.client.MkdirAll(s.path(path.Dir(to))); err != nil {
		return say(err)
	}
	if _, ok := s.client.HasExtension("posix-rename@openssh.com"); ok {
		return say(s.client.PosixRename(s.path(from), s.path(to)))
	}
	return say(s.client.Rename(s.path(from), s.path(to)))
}

// say takes the server's words, in which a name may stand, out of an error.
func say(err error) error {
	var status *sftp.StatusError
	switch {
	case err == nil, err == io.EOF:
		return err
	case errors.Is(err, fs.ErrNotExist):
		return fs.ErrNotExist
	case errors.Is(err, fs.ErrPermission):
		return fs.ErrPermission
	case errors.As(err, &status):
		return fmt.Errorf("the server refuses it (status %d)", status.Code)
	}
	return err
}
