// Package meshtest is what the client of MESH is tested against: a service
// written from the text of the interface and not from our client, strict, with
// every way in which it may fail as a switch; NHS England's own sandbox, started
// for the test; and a proxy that puts the same faults in front of it.
package meshtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"secondaryuse/deid/gate/optout/mesh"
)

// What the mailboxes are called and secured by, as the sandbox has it.
const (
	Ours, Theirs, Third = "X26ABC1", "X26ABC2", "X26ABC3"
	Password            = "password"
	SharedKey           = "TestKey"
)

// Papers are certificates and secrets, as files.
type Papers struct {
	t   testing.TB
	Dir string
	key *ecdsa.PrivateKey
	ca  *x509.Certificate
}

// NewPapers makes an authority, and certificates of it for both sides.
func NewPapers(t testing.TB) *Papers {
	p := &Papers{t: t, Dir: t.TempDir()}
	p.ca, p.key = p.issue("ca", &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	p.issue("server", &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"mesh.example"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	p.issue("client", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	p.Write("password", []byte(Password+"\n"))
	p.Write("shared", []byte(SharedKey+"\n"))
	return p
}

// Path is where a file lies.
func (p *Papers) Path(name string) string { return filepath.Join(p.Dir, name) }

// Write writes a file that only its owner can read.
func (p *Papers) Write(name string, data []byte) {
	p.t.Helper()
	if err := os.WriteFile(p.Path(name), data, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// issue makes a certificate and its key, and writes NAME.pem and NAME.key.
func (p *Papers) issue(name string, c *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	p.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	c.SerialNumber, c.Subject = big.NewInt(time.Now().UnixNano()), pkix.Name{CommonName: "mesh test " + name}
	c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	c.KeyUsage |= x509.KeyUsageDigitalSignature
	by, with := p.ca, p.key
	if by == nil {
		by, with = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, by, &key.PublicKey, with)
	if err != nil {
		p.t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		p.t.Fatal(err)
	}
	p.Write(name+".pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	p.Write(name+".key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
	made, err := x509.ParseCertificate(der)
	if err != nil {
		p.t.Fatal(err)
	}
	return made, key
}

// Config is the configuration of a client.
func (p *Papers) Config(url, mailbox string) mesh.Config {
	return mesh.Config{URL: url, Mailbox: mailbox, Password: p.Path("password"), SharedKey: p.Path("shared"),
		Certificate: p.Path("client.pem"), Key: p.Path("client.key"), CA: p.Path("ca.pem")}
}

// Server is the server's side of TLS.
func (p *Papers) Server() *tls.Config { return p.tls("server") }

// tls is a side that shows the certificate of a name and wants one of the other.
func (p *Papers) tls(name string) *tls.Config {
	p.t.Helper()
	pair, err := tls.LoadX509KeyPair(p.Path(name+".pem"), p.Path(name+".key"))
	if err != nil {
		p.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(p.ca)
	return &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: pool, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert}
}
