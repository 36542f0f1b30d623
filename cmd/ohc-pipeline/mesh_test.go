package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"secondaryuse/deid/gate/gatetest"
	"secondaryuse/deid/gate/optout/mesh"
	"secondaryuse/deid/gate/optout/mesh/meshtest"
)

const upholding = "SPINE_NTT_UPHOLDING"

// desk is MESH with the opt-out service at its other end. The service knows who
// has not opted out from a list.
type desk struct {
	*meshtest.Faults
	t       testing.TB
	papers  *meshtest.Papers
	url     string
	them    *mesh.Client
	dir     string
	allowed string // file: who has not opted out
	expire  func(id, local string)
	asked   []letter // all that came
	open    []letter // what is not answered
}

// letter is a request as the service has it.
type letter struct{ local, text string }

// newDesk opens one on the strict fake, or on NHS England's own sandbox with a
// proxy in front.
func newDesk(t testing.TB, sandbox bool) *desk {
	t.Helper()
	d := &desk{t: t, dir: t.TempDir()}
	if sandbox {
		s := meshtest.NewSandbox(t)
		d.Faults, d.url = s.Proxy()
		d.papers = s.Papers
		d.expire = func(id, local string) { s.Report(meshtest.Ours, upholding, local, id) }
	} else {
		s := meshtest.New(t)
		d.Faults, d.url, d.papers = s.Faults, s.URL, s.Papers
		d.expire = func(id, _ string) { s.Expire(id) }
		t.Cleanup(func() {
			if v := s.Violations(); len(v) > 0 {
				t.Errorf("the client did what it must not: %q", v)
			}
		})
	}
	var err error
	d.them, err = mesh.Open(d.papers.Config(d.url, meshtest.Theirs))
	d.must(err)
	return d
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// configured is a configuration with the exchange in place of the files.
func (d *desk) configured(text, more string) string {
	at := strings.Index(text, "  optout: {")
	if at < 0 {
		d.t.Fatal("there are no files to replace")
	}
	end := at + strings.IndexByte(text[at:], '\n')
	c := d.papers.Config(d.url, meshtest.Ours)
	return text[:at] + fmt.Sprintf("  optout: {mesh: {url: %q, mailbox: %s, to: %s, password: %s, shared_key: %s, certificate: %s, key: %s, ca: %s%s}}",
		d.url, meshtest.Ours, meshtest.Theirs, c.Password, c.SharedKey, c.Certificate, c.Key, c.CA, more) + text[end:]
}

// collect has the service look into its inbox.
func (d *desk) collect() {
	d.t.Helper()
	ctx := context.Background()
	ids, err := d.them.Inbox(ctx, upholding)
	d.must(err)
	for _, id := range ids {
		path := filepath.Join(d.dir, id)
		m, err := d.them.Download(ctx, id, path)
		d.must(err)
		text, err := os.ReadFile(path)
		d.must(err)
		d.must(d.them.Acknowledge(ctx, id))
		l := letter{m.LocalID, string(text)}
		d.asked, d.open = append(d.asked, l), append(d.open, l)
	}
}

// cleaned is a request without those who have opted out.
func (d *desk) cleaned(l letter) string {
	d.t.Helper()
	allowed, err := os.ReadFile(d.allowed)
	d.must(err)
	known := make(map[string]bool)
	for line := range strings.Lines(string(allowed)) {
		known[line] = true
	}
	var out strings.Builder
	for line := range strings.Lines(l.text) {
		if known[line] {
			out.WriteString(line)
		}
	}
	return out.String()
}

func (d *desk) say(local, text string) {
	d.t.Helper()
	_, err := d.them.Send(context.Background(), mesh.Letter{To: meshtest.Ours, Workflow: upholding, File: "answer.dat", LocalID: local,
		Subject: "SUCCESS", Content: strings.NewReader(text), Size: int64(len(text))})
	d.must(err)
}

func statusOf(local, stage string, passed bool) string {
	return fmt.Sprintf(`{"version":1,"id":"a","status":"pending","stages":[{"stage":%q,"ts":"z","passed":%v,"details":"9434765919"}],"metadata":{"request":{"extra":{"local_id":%q}}}}`, stage, passed, local)
}

// answer has the service answer what was asked, in a way that has a name; with
// "none" it only collects.
func (d *desk) answer(how string) {
	d.t.Helper()
	if how == "undelivered" {
		ids, err := d.them.Inbox(context.Background(), upholding)
		d.must(err)
		for _, id := range ids {
			m, err := d.them.Head(context.Background(), id)
			d.must(err)
			d.expire(id, m.LocalID)
		}
		return
	}
	d.collect()
	if how == "none" {
		return
	}
	for _, l := range d.open {
		d.answers(l, how)
	}
	if how != "status" {
		d.open = nil
	}
}

// answers answers one file.
func (d *desk) answers(l letter, how string) {
	d.t.Helper()
	cleaned := d.cleaned(l)
	all := map[string][]string{
		"well":      {statusOf(l.local, "validate_in_order", true), cleaned},
		"status":    {statusOf(l.local, "validate_in_order", true)},
		"refused":   {statusOf(l.local, "validate_is_unique_upload", false)},
		"twice":     {cleaned, cleaned},
		"differing": {cleaned, l.text},
		"foreign":   {cleaned + gatetest.Number(7777) + ",\n"},
		"invalid":   {"The file contains one or more invalid NHS Numbers. \n"},
		"truncated": {cleaned[:max(len(cleaned)-7, 0)]},
	}
	if all[how] == nil {
		d.t.Fatalf("no such answer: %s", how)
	}
	for _, text := range all[how] {
		d.say(l.local, text)
	}
}

// locals are the local ids of all that was asked, which must differ.
func (d *desk) locals() []string {
	d.t.Helper()
	var out []string
	for _, l := range d.asked {
		if slices.Contains(out, l.local) {
			d.t.Error("a request was sent twice")
		}
		out = append(out, l.local)
	}
	return out
}
