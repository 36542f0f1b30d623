// Package bulk fetches from a FHIR server by Bulk Data Access, as published in
// edition 3.0.0 and as the next edition has it: it asks for an export, waits,
// downloads, and lets the server forget the export when what it brought is
// published. The server knows us by SMART Backend Services: a key in a file
// that only its owner can read.
//
// What it promises beyond package fetch:
//
//   - The token goes to the server's own origin and to hosts that the operator
//     names, never to a file that needs none, and never through a redirect to
//     anywhere else.
//   - A file is stored when it is whole: as many lines as the manifest counts, a
//     resource or at least a line end as its end, and the gzip trailer right where
//     there is one. A line in it that is no resource is stored, for the reader to
//     reject; a deletion or a member that cannot be read is not. A download
//     that was cut off goes on where it was, if the server can say that the file
//     is still the same.
//   - What the server could not export is an error, or, where the operator takes
//     that, a reason in Delivery.Incomplete.
//   - The time of the export is the mark. It moves only with a delivery.
//   - Of a group, the history of a patient who joined is fetched, and one who left
//     is deleted.
//   - An error tells the server's configured address, what was asked of it, the
//     status, and issue codes out of FHIR's own list: never a text, an address or
//     a name that came over the wire.
package bulk

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"secondaryuse/pipeline/fetch"
)

// Config says which server is asked for what.
type Config struct {
	URL     string   // of the FHIR server: https
	Of      string   // system, patient or group; system when empty
	Group   string   // the id of the group
	Types   []string // resource types; all when empty
	Filters []string // _typeFilter: such as Observation?category=laboratory

	Client string   // our client id; no token is asked for when it and Key are empty
	Key    string   // the private key, PEM or JWK: a file, or credential:NAME
	KeyID  string   // kid; that of the JWK, or the key's thumbprint, when empty
	Token  string   // address of the token endpoint; discovered when empty
	Scopes []string // by Types when empty
	Hosts  []string // beside the server's own, those that may see the token

	CA       string // file of certificates to be trusted beside the system's
	Edition  int    // 3, or 4: kick-off by POST
	Partial  bool   // take files while the export still runs
	Accept   bool   // take an export that lacks something, marked incomplete
	Parallel int    // downloads at once; 4 when 0

	Clock Clock // the machine's when nil
}

// Clock is the time, and waiting for it.
type Clock interface {
	Now() time.Time
	Sleep(ctx context.Context, d time.Duration) error
}

// Fetcher is the client of one server. It holds nothing between calls.
type Fetcher struct {
	config Config
	base   *url.URL
	limits limits
}

// limits bound what a server can make us do.
type limits struct {
	manifest, file int64         // bytes
	files, pages   int           // of a manifest, all pages together
	tries          int           // of a request that fails
	patience       time.Duration // of one wait for an export
	wait           time.Duration // that one answer may ask for
	stall          time.Duration // without a byte
}

var usual = limits{manifest: 64 << 20, file: 256 << 30, files: 200_000, pages: 10_000, tries: 10, patience: 24 * time.Hour, wait: longest, stall: 2 * time.Minute}

// New makes the client, without any input or output.
func New(c Config) (*Fetcher, error) {
	base, err := address(c.URL)
	if err != nil {
		return nil, fmt.Errorf("bulk: url: %w", err)
	}
	c.Of, c.Edition, c.Parallel = or(c.Of, "system"), or(c.Edition, 3), or(c.Parallel, 4)
	if c.Clock == nil {
		c.Clock = machine{}
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("bulk: %w", err)
	}
	return &Fetcher{config: c, base: base, limits: usual}, nil
}

func (c Config) check() error {
	switch {
	case c.Of != "system" && c.Of != "patient" && c.Of != "group":
		return fmt.Errorf("of: not system, patient or group")
	case (c.Of == "group") != (c.Group != ""):
		return fmt.Errorf("group: give its id, for a group alone")
	case c.Group != "" && !identifier.MatchString(c.Group):
		return fmt.Errorf("group: not the id of a resource")
	case (c.Client == "") != (c.Key == ""):
		return fmt.Errorf("client and key: give both or none")
	case c.Edition != 3 && c.Edition != 4:
		return fmt.Errorf("edition: not 3 or 4")
	case c.Parallel < 1 || c.Parallel > 16:
		return fmt.Errorf("parallel: not from 1 to 16")
	}
	for _, t := range c.Types {
		if !isType(t) {
			return fmt.Errorf("types: not a resource type of FHIR")
		}
	}
	if c.Token != "" {
		if _, err := address(c.Token); err != nil {
			return fmt.Errorf("token_url: %w", err)
		}
	}
	return nil
}

// address reads the address of an endpoint.
func address(text string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(text, "/"))
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("not an https address without credentials and query")
	}
	return u, nil
}

func or[T comparable](v, usual T) T {
	var zero T
	if v == zero {
		return usual
	}
	return v
}

// Plan says what would be asked. It does not ask the server.
func (f *Fetcher) Plan(_ context.Context, last fetch.Last) (fetch.Plan, error) {
	plan := fetch.Plan{From: f.base.String()}
	since, err := sinceOf(last)
	if err != nil {
		return plan, f.name(err)
	}
	if f.config.Key != "" {
		if _, err := readKey(f.config.Key, f.config.KeyID); err != nil {
			return plan, f.name(err)
		}
	}
	if !since.IsZero() {
		plan.Since = "what has changed since " + since.Format(time.RFC3339)
	}
	if f.config.Of == "group" {
		plan.Asks = append(plan.Asks, f.members().String(f))
		if !since.IsZero() {
			plan.Asks = append(plan.Asks, "POST "+f.endpoint()+" for patients who have joined the group")
		}
	}
	plan.Asks = append(plan.Asks, f.changed(since).String(f))
	return plan, nil
}

// name names the server in an error.
func (f *Fetcher) name(err error) error { return fmt.Errorf("bulk: %s: %w", f.base, err) }

// sinceOf is the time of the delivery before.
func sinceOf(last fetch.Last) (time.Time, error) {
	if last.Mark == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, last.Mark)
	if err != nil {
		return t, fmt.Errorf("the mark of the last delivery is not one of ours: %w", fetch.ErrLost)
	}
	return t, nil
}

// Done lets the server forget the exports behind a delivery.
func (f *Fetcher) Done(ctx context.Context, _ fetch.Delivery, dir string) error {
	s, err := readState(dir)
	if err != nil {
		return f.name(err)
	}
	if s == nil {
		return nil
	}
	l, err := f.dial()
	if err != nil {
		return f.name(err)
	}
	defer l.close()
	for _, j := range s.Jobs {
		if j.Status == "" {
			continue
		}
		if err := l.forget(ctx, j.Status); err != nil {
			return f.name(err)
		}
	}
	return nil
}
