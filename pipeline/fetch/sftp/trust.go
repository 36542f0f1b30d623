package sftp

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"secondaryuse/pipeline/fetch/credential"
)

// client is how we show who we are, and want to be shown who the server is.
func (c Config) client() (*ssh.ClientConfig, error) {
	text, err := credential.Read(c.Key)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	signer, err := ssh.ParsePrivateKey(text)
	var locked *ssh.PassphraseMissingError
	switch {
	case errors.As(err, &locked):
		return nil, fmt.Errorf("key: %s: it has a passphrase, and at night nobody types one; next: a key of its own without, ssh-keygen -t ed25519 -N ''", c.Key)
	case err != nil:
		return nil, fmt.Errorf("key: %s: not a private key in OpenSSH or PEM form", c.Key)
	}
	check, algorithms, err := c.hosts()
	if err != nil {
		return nil, err
	}
	return &ssh.ClientConfig{
		User:              c.User,
		Auth:              []ssh.AuthMethod{ssh.PublicKeys(signer)},
		HostKeyCallback:   func(host string, a net.Addr, k ssh.PublicKey) error { return c.judge(check(host, a, k), k) },
		HostKeyAlgorithms: algorithms,
		Timeout:           c.Patience,
	}, nil
}

// hosts reads the known_hosts file, and says which kinds of key it has for the
// server: another kind would be unknown though the server is known.
func (c Config) hosts() (ssh.HostKeyCallback, []string, error) {
	info, err := os.Stat(c.KnownHosts)
	if err != nil || !info.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("known_hosts: %s: there is no such file; next: ssh-keyscan -H %s, and compare with what the server's owner says", c.KnownHosts, c.scan())
	}
	if info.Mode().Perm()&0o022 != 0 {
		return nil, nil, fmt.Errorf("known_hosts: %s: others can write it; next: chmod 644", c.KnownHosts)
	}
	check, err := knownhosts.New(c.KnownHosts)
	if err != nil {
		return nil, nil, fmt.Errorf("known_hosts: %s: not a known_hosts file", c.KnownHosts)
	}
	text, err := os.ReadFile(c.KnownHosts)
	if err != nil || bytes.Contains(text, []byte("@cert-authority")) {
		return check, nil, err
	}
	var wanted *knownhosts.KeyError
	if errors.As(check(c.Address, &net.TCPAddr{IP: net.IPv4zero}, nobody{}), &wanted) {
		return check, kinds(wanted.Want), nil
	}
	return check, nil, nil
}

// nobody is a key that no server has.
type nobody struct{}

// Type is not a kind of key.
func (nobody) Type() string { return "nobody" }

// Marshal is of no key.
func (nobody) Marshal() []byte { return []byte("nobody") }

// Verify verifies nothing.
func (nobody) Verify([]byte, *ssh.Signature) error { return errors.New("nobody") }

func kinds(known []knownhosts.KnownKey) (list []string) {
	for _, k := range known {
		of := []string{k.Key.Type()}
		if of[0] == ssh.KeyAlgoRSA {
			of = []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
		}
		for _, a := range of {
			if !slices.Contains(list, a) {
				list = append(list, a)
			}
		}
	}
	return list
}

// hostError is a server that is not the one that is known.
type hostError struct{ text string }

// Error says what to do.
func (e *hostError) Error() string { return e.text }

func (c Config) judge(err error, key ssh.PublicKey) error {
	var known *knownhosts.KeyError
	print := ssh.FingerprintSHA256(key)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known) && len(known.Want) > 0:
		return &hostError{fmt.Sprintf("the server's key is not the one in %s:%d; it shows %s: somebody may be in between; next: ask the server's owner, and change the file only if they confirm the new key",
			c.KnownHosts, known.Want[0].Line, print)}
	case errors.As(err, &known):
		return &hostError{fmt.Sprintf("the server is not in %s; it shows %s; next: compare that with what the server's owner says, then ssh-keyscan -H %s >>%s", c.KnownHosts, print, c.scan(), c.KnownHosts)}
	}
	return &hostError{fmt.Sprintf("the server's key %s is revoked or not valid for it", print)}
}

func (c Config) scan() string {
	host, port, _ := net.SplitHostPort(c.Address)
	return "-p " + port + " " + host
}

// refused says why there is no connection.
func (c Config) refused(err error) error {
	var host *hostError
	var timeout net.Error
	var method *ssh.ServerAuthError
	switch {
	case errors.As(err, &host):
		return host
	case errors.As(err, &method), bytes.Contains([]byte(err.Error()), []byte("unable to authenticate")):
		return fmt.Errorf("the server does not accept the key %s for this user; next: have its public half added there", c.Key)
	case errors.As(err, &timeout) && timeout.Timeout():
		return errors.New("the server does not answer")
	}
	return errors.New("no SSH connection: the server hangs up, speaks something else, or has no method in common")
}
