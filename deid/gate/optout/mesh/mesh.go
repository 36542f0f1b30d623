// Package mesh is a client of MESH, the NHS's message exchange: it sends files
// from one mailbox to another, sees what lies in the inbox, and collects it. It
// knows nothing of what the files hold.
//
// A message is sent by one POST and, where it is bigger than a chunk, more of
// them. The first POST makes a message, so it is sent again only where it is
// certain that it never left; where its answer is lost, ErrUnsure says that
// nobody knows. All other requests can be sent again, and are.
//
// A message is collected by Download, which leaves a durable file, and then by
// Acknowledge, which the caller gives once the file has done its work: the
// service forgets the message after that.
//
// What a message has in its headers was written by somebody else, and what the
// service says in the body of an answer may repeat it. Neither is ever part of
// an error: its text is ours, but for the id of a message and codes of a closed
// list. Password, shared key and the Authorization header made of them are
// printed by nothing here.
package mesh

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"secondaryuse/pipeline/fetch/credential"
)

// Config says which mailbox is ours, and how to come to it.
type Config struct {
	URL     string // of the service, https and without a path
	Mailbox string // ours

	// Where secrets lie: a file that others cannot read, or credential:NAME.
	Password  string // of the mailbox
	SharedKey string // of the environment, live or integration
	Key       string // the private key of Certificate, in PEM

	Certificate string // file: ours, and those that lead to the authority, in PEM
	CA          string // file: the authorities that the service's certificate must be of; no other is trusted

	Chunk int64 // the most bytes in one request; 75 MB where 0; the service wants no less than 5 MB but in the last
	Most  int64 // the most bytes that a message collected may have; 20 GB where 0
}

const (
	megabyte = 1 << 20
	chunk    = 75 * megabyte        // as NHS England's own client
	most     = 20 * 1024 * megabyte // what the service takes by its API
)

// Client is the way to one mailbox. It may be used by several goroutines; the
// service wants one at a time.
type Client struct {
	base    *url.URL
	mailbox string
	sign    func() string // a closure, so that no verb of fmt can print what it holds
	http    *http.Client
	chunk   int64
	most    int64
	limits  limits
}

// limits is how long we wait for what.
type limits struct {
	tries int           // of a request that may be sent again
	stall time.Duration // without a byte in either direction
	now   func() time.Time
	sleep func(context.Context, time.Duration) error
}

// mailboxes are the ids of mailboxes, as the service writes them.
var mailboxes = regexp.MustCompile(`^[0-9A-Z]{4,30}$`)

// Open reads certificates and secrets. It asks the service nothing.
func Open(c Config) (*Client, error) {
	base, err := url.Parse(c.URL)
	if err != nil || base.Scheme != "https" || base.Host == "" || base.User != nil || strings.Trim(base.Path, "/") != "" || base.RawQuery != "" {
		return nil, errors.New("mesh: url: not an https address without a path")
	}
	if !mailboxes.MatchString(c.Mailbox) {
		return nil, errors.New("mesh: mailbox: not the id of a mailbox, which has digits and capital letters")
	}
	if c.Chunk < 0 || c.Most < 0 {
		return nil, errors.New("mesh: chunk, most: below nothing")
	}
	l := limits{tries: 5, stall: 5 * time.Minute, now: time.Now, sleep: sleep}
	client := &Client{base: &url.URL{Scheme: base.Scheme, Host: base.Host}, mailbox: c.Mailbox, chunk: c.Chunk, most: c.Most, limits: l}
	if client.chunk == 0 {
		client.chunk = chunk
	}
	if client.most == 0 {
		client.most = most
	}
	tls, err := mutual(c)
	if err != nil {
		return nil, fmt.Errorf("mesh: %w", err)
	}
	client.http = transport(tls)
	password, err := secret("password", c.Password)
	if err != nil {
		return nil, err
	}
	key, err := secret("shared key", c.SharedKey)
	if err != nil {
		return nil, err
	}
	client.sign = signer(c.Mailbox, password, key, nonce(), func() time.Time { return client.limits.now() })
	return client, nil
}

// secret reads a secret of one line.
func secret(name, ref string) (string, error) {
	text, err := credential.Read(ref)
	if err != nil {
		return "", fmt.Errorf("mesh: %s: %w", name, err)
	}
	line := strings.TrimRight(string(text), "\r\n")
	if line == "" || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "", fmt.Errorf("mesh: %s: %s: not one line of plain characters", name, ref)
	}
	return line, nil
}

// String names the mailbox.
func (c *Client) String() string { return "mailbox " + c.mailbox + " at " + c.base.Host }

// Handshake sees whether the service knows the mailbox and lets us in.
func (c *Client) Handshake(ctx context.Context) error {
	return c.ask(ctx, call{op: "handshake", method: http.MethodPost, again: true, header: handshake()}, only(http.StatusOK))
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
