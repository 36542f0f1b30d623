package postgres

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"
)

// The one PostgreSQL of the tests. Each test has a database of its own in it.
var server cluster

const password = "s3cret-of-the-reader"

// cluster is a real server, started by the test as a user who is not root.
type cluster struct {
	bin, dir string
	port     int
	cmd      *exec.Cmd
	as       *syscall.Credential
	log      *os.File
	number   int
	why      string // there is none
}

func TestMain(m *testing.M) {
	if err := server.start(); err != nil {
		fmt.Fprintln(os.Stderr, "postgres:", err)
		os.Exit(1)
	}
	code := m.Run()
	server.stop()
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// find finds PostgreSQL, which .ci/run installs.
func (c *cluster) find() bool {
	if path, err := exec.LookPath("initdb"); err == nil {
		c.bin = filepath.Dir(path)
		return true
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	slices.Sort(found)
	if len(found) == 0 {
		return false
	}
	c.bin = filepath.Dir(found[len(found)-1])
	return true
}

func (c *cluster) start() error {
	if !c.find() {
		c.why = "there is no PostgreSQL on this machine (apt-get install postgresql)"
		return nil
	}
	var err error
	if c.dir, err = os.MkdirTemp("/tmp", "ohc-postgres-"); err != nil {
		return err
	}
	if err := c.disguise(); err != nil {
		return err
	}
	if c.log, err = os.Create(filepath.Join(c.dir, "log")); err != nil {
		return err
	}
	if out, err := c.command("initdb", "-D", c.data(), "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C").CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return errors.Join(c.certificates(), c.configure(), c.run())
}

// disguise finds whom to be: PostgreSQL refuses to be root.
func (c *cluster) disguise() error {
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		u, err = user.Lookup("nobody")
	}
	if err != nil {
		return err
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	c.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(c.dir, uid, gid)
}

func (c *cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(c.bin, name), args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.as, Pdeathsig: syscall.SIGQUIT}
	cmd.Dir, cmd.Env = c.dir, []string{"LC_ALL=C", "PATH=" + os.Getenv("PATH")}
	return cmd
}

// configure lets the reader in from this machine with a password, the tests
// through the socket.
func (c *cluster) configure() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	c.port = l.Addr().(*net.TCPAddr).Port
	l.Close()
	settings := fmt.Sprintf(`port = %d
listen_addresses = '127.0.0.1'
unix_socket_directories = '%s'
fsync = off
autovacuum = off
shared_buffers = 16MB
max_connections = 30
password_encryption = 'scram-sha-256'
ssl = on
ssl_cert_file = '%s/server.pem'
ssl_key_file = '%s/server.key'
restart_after_crash = on
`, c.port, c.dir, c.dir, c.dir)
	return errors.Join(
		os.WriteFile(filepath.Join(c.data(), "postgresql.conf"), []byte(settings), 0o644),
		os.WriteFile(filepath.Join(c.data(), "pg_hba.conf"), []byte("local all postgres trust\nhost all reader 127.0.0.1/32 scram-sha-256\n"), 0o644))
}

// certificates makes an authority, and a certificate of it for localhost.
func (c *cluster) certificates() error {
	for _, name := range []string{"ca", "other"} {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return err
		}
		ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
		der, err := x509.CreateCertificate(rand.Reader, ca, ca, key.Public(), key)
		if err != nil {
			return err
		}
		leaf := &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
		own, err := x509.CreateCertificate(rand.Reader, leaf, ca, key.Public(), key)
		if err != nil {
			return err
		}
		private, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return err
		}
		if err := c.pem(name+".pem", "CERTIFICATE", der); err != nil {
			return err
		}
		if name == "ca" {
			err = errors.Join(c.pem("server.pem", "CERTIFICATE", own), c.pem("server.key", "PRIVATE KEY", private))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *cluster) pem(name, kind string, der []byte) error {
	path := filepath.Join(c.dir, name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil || c.as == nil {
		return err
	}
	return os.Chown(path, int(c.as.Uid), int(c.as.Gid))
}

func (c *cluster) run() error {
	c.cmd = c.command("postgres", "-D", c.data())
	c.cmd.Stdout, c.cmd.Stderr = c.log, c.log
	if err := c.cmd.Start(); err != nil {
		return err
	}
	if err := c.await(); err != nil {
		text, _ := os.ReadFile(c.log.Name())
		return fmt.Errorf("%w: %s", err, text)
	}
	return c.exec("postgres", "CREATE ROLE reader LOGIN PASSWORD '"+password+"'")
}

// await polls until the server takes connections.
func (c *cluster) await() (err error) {
	for range 600 {
		if err = c.exec("postgres", "SELECT 1"); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return err
}

func (c *cluster) stop() {
	if c.cmd != nil {
		c.cmd.Process.Signal(syscall.SIGQUIT)
		c.cmd.Wait()
		c.log.Close()
	}
	if c.dir != "" {
		os.RemoveAll(c.dir)
	}
}

// open opens a connection of the administrator.
func (c *cluster) open(database string) (*pgx.Conn, error) {
	return pgx.Connect(context.Background(), fmt.Sprintf("host=%s port=%d user=postgres dbname=%s", c.dir, c.port, database))
}

func (c *cluster) exec(database, sql string) error {
	conn, err := c.open(database)
	if err != nil {
		return err
	}
	defer conn.Close(context.Background())
	_, err = conn.PgConn().Exec(context.Background(), sql).ReadAll()
	return err
}

// database is one of a test.
type database struct {
	t    *testing.T
	name string
	dir  string
	conn *pgx.Conn
}

func newDatabase(t *testing.T) *database {
	t.Helper()
	if server.why != "" {
		t.Skip(server.why)
	}
	server.number++
	d := &database{t: t, name: fmt.Sprintf("test%d", server.number), dir: t.TempDir()}
	d.must(server.exec("postgres", "CREATE DATABASE "+d.name))
	d.conn = d.open()
	d.exec(`CREATE SCHEMA care; GRANT USAGE ON SCHEMA care TO reader; ALTER DEFAULT PRIVILEGES IN SCHEMA care GRANT SELECT ON TABLES TO reader`)
	d.must(os.WriteFile(filepath.Join(d.dir, "password"), []byte(password+"\n"), 0o600))
	return d
}

func (d *database) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *database) open() *pgx.Conn {
	d.t.Helper()
	conn, err := server.open(d.name)
	d.must(err)
	d.t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func (d *database) exec(sql string) {
	d.t.Helper()
	_, err := d.conn.PgConn().Exec(context.Background(), sql).ReadAll()
	d.must(err)
}

func (d *database) config(tables ...Table) Config {
	return Config{Host: "127.0.0.1", Port: uint16(server.port), Database: d.name, User: "reader", Password: filepath.Join(d.dir, "password"), Tables: tables}
}

func (d *database) fetcher(tables ...Table) *Fetcher {
	d.t.Helper()
	f, err := New(d.config(tables...))
	d.must(err)
	return f
}
