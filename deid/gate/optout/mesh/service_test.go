package mesh_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"secondaryuse/deid/gate/optout/mesh"
	"secondaryuse/deid/gate/optout/mesh/meshtest"
)

func TestMain(m *testing.M) {
	if os.Getenv(childURL) != "" {
		child()
		return
	}
	goleak.VerifyTestMain(m)
}

// pair is the fake with a client at each end.
type pair struct {
	*meshtest.Service
	us, them *mesh.Client
	path     string // to download to
}

func newPair(t *testing.T, chunk int64) *pair {
	s := meshtest.New(t)
	config := s.Config(s.URL, meshtest.Ours)
	config.Chunk = chunk
	p := &pair{s, open(t, config), open(t, s.Config(s.URL, meshtest.Theirs)), filepath.Join(t.TempDir(), "reply")}
	t.Cleanup(func() {
		if v := s.Violations(); len(v) > 0 {
			t.Errorf("violations: %v", v)
		}
	})
	return p
}

// each is every request that a client can make, by its kind.
func (p *pair) each(ctx context.Context, id string) map[string]func() error {
	return map[string]func() error{
		"handshake":   func() error { return p.us.Handshake(ctx) },
		"send":        func() error { _, err := p.us.Send(ctx, letter("9000000009,\n")); return err },
		"chunk":       func() error { _, err := p.us.Send(ctx, letter("9000000009,\n9000000017,\n")); return err },
		"inbox":       func() error { _, err := p.them.Inbox(ctx, ""); return err },
		"head":        func() error { _, err := p.them.Head(ctx, id); return err },
		"download":    func() error { _, err := p.them.Download(ctx, id, p.path); return err },
		"acknowledge": func() error { return p.them.Acknowledge(ctx, id) },
		"track":       func() error { _, err := p.us.Track(ctx, id); return err },
	}
}

// TestStatuses holds that each status is told by its kind with what to do next,
// whatever was asked, and that only what may pass is asked for again.
func TestStatuses(t *testing.T) {
	p := newPair(t, 12)
	id := send(t, p.us, letter("9000000009,\n"))
	for _, tc := range []struct {
		status int
		code   string
		kind   error
		again  bool
	}{
		{302, "", mesh.ErrRefused, false}, {400, "06", mesh.ErrRefused, false}, {401, "", mesh.ErrRefused, false}, {403, "", mesh.ErrDenied, false},
		{404, "20", mesh.ErrMissing, false}, {406, "", mesh.ErrRefused, false}, {408, "", mesh.ErrAway, true}, {410, "", mesh.ErrGone, false}, {413, "", mesh.ErrRefused, false},
		{417, "12", mesh.ErrRefused, false}, {422, meshtest.Text, mesh.ErrRefused, false}, {423, "", mesh.ErrLocked, false},
		{425, "", mesh.ErrAway, true}, {429, "", mesh.ErrAway, true}, {500, "", mesh.ErrAway, false}, {501, "", mesh.ErrAway, false},
		{502, "", mesh.ErrAway, true}, {503, "", mesh.ErrAway, true}, {504, "", mesh.ErrAway, true}, {299, "", mesh.ErrFalse, false},
	} {
		for kind, ask := range p.each(ctx, id) {
			f := meshtest.Fault{Status: tc.status, Code: tc.code}
			tries := 1
			if tc.again && kind != "send" {
				tries = 5
			}
			p.Fail(kind, slices.Repeat([]meshtest.Fault{f}, tries)...)
			p.Requests(kind)
			err := ask()
			refused(t, err, tc.kind, fmt.Sprintf(": %d", tc.status), "; next: ")
			if n := p.Requests(kind); n != tries || p.Kept() {
				t.Errorf("%s: %d: %d requests, not %d", kind, tc.status, n, tries)
			}
			// Whoever said no to a first POST did not take it; who failed may have.
			if unsure := kind == "send" && (tc.status >= 500 || tc.status < 300 || tc.status == 408); errors.Is(err, mesh.ErrUnsure) != unsure {
				t.Errorf("%s: %d: %v", kind, tc.status, err)
			}
			if tc.code == "12" && kind != "head" && !strings.Contains(err.Error(), "code 12: the recipient's mailbox is not registered") {
				t.Errorf("%s: %v", kind, err)
			}
		}
	}
}

// TestWaits holds how long is waited between tries: more each time, and what the
// service asks for.
func TestWaits(t *testing.T) {
	p := newPair(t, 0)
	slept := p.us.Hurry(20 * time.Second)
	p.Fail("handshake", meshtest.Fault{Status: 503}, meshtest.Fault{Status: 429, RetryAfter: "7"}, meshtest.Fault{Drop: true}, meshtest.Fault{Status: 503, RetryAfter: "99999999999"})
	if err := p.us.Handshake(ctx); err != nil {
		t.Fatal(err)
	}
	if want := []time.Duration{time.Second, 7 * time.Second, 4 * time.Second, 10 * time.Minute}; !slices.Equal(*slept, want) {
		t.Errorf("waited %v, want %v", *slept, want)
	}
}

// TestFirstPost holds that a message is never made twice: what may have been
// taken is not sent again, and what cannot have been is said to be refused.
func TestFirstPost(t *testing.T) {
	p := newPair(t, 0)
	p.us.Hurry(300 * time.Millisecond)
	list := func(h http.Header, b *[]byte) { *b = []byte(`{"message_id":"` + meshtest.Text + `"}`) }
	for name, tc := range map[string]struct {
		fault meshtest.Fault
		made  int
	}{
		"the answer is lost":       {meshtest.Fault{Lose: true}, 1},
		"the answer is cut":        {meshtest.Fault{Cut: 4}, 1},
		"the answer sticks":        {meshtest.Fault{Stick: true, Cut: 4}, 1},
		"the answer names nothing": {meshtest.Fault{Alter: list}, 1},
		"it does not arrive":       {meshtest.Fault{Drop: true}, 0},
		"no answer":                {meshtest.Fault{Hang: true}, 0},
		"gateway":                  {meshtest.Fault{Status: 504}, 0},
		"timeout":                  {meshtest.Fault{Status: 408}, 0},
	} {
		before := p.Sent()
		p.Requests("send")
		p.Fail("send", tc.fault)
		id, err := p.us.Send(ctx, letter("9000000009,\n"))
		refused(t, err, mesh.ErrUnsure, "may or may not", "with a new file name and local id")
		if made, n := p.Sent()-before, p.Requests("send"); id != "" || made != tc.made || n != 1 {
			t.Errorf("%s: id %q, %d made in %d requests", name, id, made, n)
		}
	}
	gone := open(t, p.Config("https://127.0.0.1:1", meshtest.Ours))
	slept := gone.Hurry(time.Second)
	_, err := gone.Send(ctx, letter("9000000009,\n"))
	refused(t, err, mesh.ErrAway, "the connection was refused; next: try later")
	if errors.Is(err, mesh.ErrUnsure) || len(*slept) != 4 {
		t.Errorf("waited %v: %v", *slept, err)
	}
}

// TestChunks holds that later chunks are sent until they are there, once, and
// that a message of which some are missing is told by its id.
func TestChunks(t *testing.T) {
	p := newPair(t, 5)
	content := "9000000009,\n" // three chunks
	p.Fail("chunk", meshtest.Fault{Lose: true}, meshtest.Fault{}, meshtest.Fault{Lose: true})
	id := send(t, p.us, letter(content))
	if p.Kept() {
		t.Error("the last chunk was not sent again")
	}
	if _, text := collect(t, p.them, id, p.path); text != content {
		t.Errorf("%q", text)
	}
	before := p.Sent()
	for _, f := range []meshtest.Fault{{Status: 423}, {Status: 406}, {Status: 403}} {
		p.Fail("chunk", meshtest.Fault{}, f)
		id, err := p.us.Send(ctx, letter(content))
		refused(t, err, err, id, "next: ")
		if err == nil || id == "" || p.Sent() != before {
			t.Errorf("%q, %v", id, err)
		}
		state(t, p.us, id, "uploading")
	}
	inbox(t, p.them, "")
}

// TestContentThatShrinks holds that a file that is not what it was makes no
// message, compressed or not.
func TestContentThatShrinks(t *testing.T) {
	p := newPair(t, 0)
	for _, gz := range []bool{false, true} {
		l := letter("9000000009,\n")
		l.Size += 5
		l.Gzip = gz
		_, err := p.us.Send(ctx, l)
		if err == nil || errors.Is(err, mesh.ErrUnsure) || !strings.Contains(err.Error(), "the content cannot be read") || p.Sent() != 0 {
			t.Errorf("%d sent: %v", p.Sent(), err)
		}
	}
}

// TestLetters holds that what the service was seen to refuse is not sent.
func TestLetters(t *testing.T) {
	p := newPair(t, 0)
	for name, spoil := range map[string]func(*mesh.Letter){
		"recipient":  func(l *mesh.Letter) { l.To = "x26abc2" },
		"workflow":   func(l *mesh.Letter) { l.Workflow = "" },
		"file name":  func(l *mesh.Letter) { l.File = "a b" },
		"local id":   func(l *mesh.Letter) { l.LocalID = "12:30" },
		"subject":    func(l *mesh.Letter) { l.Subject = "a\r\nMex-To: X26ABC3" },
		"content":    func(l *mesh.Letter) { l.Size = 0 },
		"content: e": func(l *mesh.Letter) { l.Content = nil },
	} {
		l := letter("9000000009,\n")
		spoil(&l)
		_, err := p.us.Send(ctx, l)
		refused(t, err, mesh.ErrRefused, "mesh: send: "+strings.TrimSuffix(name, ": e")+": empty, or not as the service takes it")
	}
	if n := p.Requests("send"); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// TestTwiceSwappedNever holds what the inbox tells of messages that come twice,
// out of order, or never, and that they are reported when nobody collected them.
func TestTwiceSwappedNever(t *testing.T) {
	p := newPair(t, 0)
	p.PerPage, p.Twice = 3, true
	var sent []string
	for range 5 {
		sent = append(sent, send(t, p.us, letter("9000000009,\n")))
	}
	inbox(t, p.them, workflow, sent...)
	p.Swapped = true
	slices.Reverse(sent)
	inbox(t, p.them, "", sent...)
	inbox(t, p.them, "OTHER")
	p.Never = true
	lost := send(t, p.us, letter("9000000009,\n"))
	inbox(t, p.them, "", sent...)
	_, err := p.them.Download(ctx, lost, p.path)
	refused(t, err, mesh.ErrGone)
	p.Expire(lost)
	reports, err := p.us.Inbox(ctx, workflow)
	if err != nil || len(reports) != 1 {
		t.Fatalf("%v, %v", reports, err)
	}
	m, err := p.us.Head(ctx, reports[0])
	if err != nil || m.Report == nil || *m.Report != (mesh.Report{About: lost, LocalID: "ohc-0001", Code: "14", Undelivered: true}) {
		t.Errorf("%+v, %v", m, err)
	}
}

// TestPagesThatLead holds that a listing goes nowhere but to the inbox, and ends.
func TestPagesThatLead(t *testing.T) {
	p := newPair(t, 0)
	send(t, p.us, letter("9000000009,\n"))
	for next, want := range map[string]string{
		"https://elsewhere.example/messageexchange/X26ABC2/inbox?continue_from=1": "not one of the inbox",
		"/messageexchange/X26ABC1/inbox?continue_from=1":                          "not one of the inbox",
		"/messageexchange/X26ABC2/inbox":                                          "not one of the inbox",
		"://":                                                                     "not one of the inbox",
		"/messageexchange/X26ABC2/inbox?continue_from=0":                          "has no end",
	} {
		alter := func(h http.Header, b *[]byte) { *b = fmt.Appendf(nil, `{"messages":[],"links":{"next":%q}}`, next) }
		p.Fail("inbox", meshtest.Fault{Alter: alter}, meshtest.Fault{Alter: alter})
		_, err := p.them.Inbox(ctx, "")
		refused(t, err, mesh.ErrFalse, want)
		p.Mend()
	}
	for _, body := range []string{"[", `{"messages":["9434765919"]}`, `{"messages":["../../../etc/passwd"]}`, `{"messages":"x"}`, strings.Repeat(" ", 2<<20)} {
		p.Fail("inbox", meshtest.Fault{Alter: func(h http.Header, b *[]byte) { *b = []byte(body) }})
		_, err := p.them.Inbox(ctx, "")
		refused(t, err, mesh.ErrFalse)
	}
}

// TestTrack holds that only what is said of the message, in words that are
// known, is taken.
func TestTrack(t *testing.T) {
	p := newPair(t, 0)
	id := send(t, p.us, letter("9000000009,\n"))
	for _, body := range []string{"", "{}", `{"message_id":"20220228174323222_ABCDEF","status":"accepted"}`, `{"message_id":"` + id + `","status":"` + meshtest.Text + `"}`} {
		p.Fail("track", meshtest.Fault{Alter: func(h http.Header, b *[]byte) { *b = []byte(body) }})
		got, err := p.us.Track(ctx, id)
		refused(t, err, mesh.ErrFalse, "mesh: track "+id)
		if got != (mesh.Tracking{}) {
			t.Errorf("%+v", got)
		}
	}
	p.Fail("track", meshtest.Fault{Alter: func(h http.Header, b *[]byte) {
		*b = []byte(`{"message_id":"` + id + `","status":"Undeliverable","status_code":"14","expiry_time":"soon"}`)
	}})
	if got := state(t, p.us, id, "undeliverable"); got.Code != "14" || !got.Expires.IsZero() {
		t.Errorf("%+v", got)
	}
}

// TestAcknowledge holds that it may be said again where its answer was lost, by
// a service that takes it once, and that a message is not gone before.
func TestAcknowledge(t *testing.T) {
	p := newPair(t, 0)
	p.Once = true
	id := send(t, p.us, letter("9000000009,\n"))
	for range 2 {
		if _, err := p.them.Download(ctx, id, p.path); err != nil {
			t.Fatal(err)
		}
	}
	p.Fail("acknowledge", meshtest.Fault{Lose: true})
	if err := p.them.Acknowledge(ctx, id); err != nil {
		t.Error(err)
	}
	refused(t, p.them.Acknowledge(ctx, id), mesh.ErrGone, "acknowledged already")
	for _, bad := range []string{"", "..", "a/../../../outbox", "9434765919", strings.Repeat("a", 101)} {
		err := p.them.Acknowledge(ctx, bad)
		refused(t, err, mesh.ErrRefused, "not the id of a message")
		_, err = p.them.Download(ctx, bad, p.path)
		refused(t, err, mesh.ErrRefused, "not the id of a message")
		_, err = p.us.Track(ctx, bad)
		refused(t, err, mesh.ErrRefused, "not the id of a message")
	}
}

// TestContext holds that whatever hangs ends with its context, at once.
func TestContext(t *testing.T) {
	p := newPair(t, 12)
	id := send(t, p.us, letter("9000000009,\n"))
	for kind := range p.each(ctx, id) {
		limited, stop := context.WithTimeout(ctx, 100*time.Millisecond)
		p.Fail(kind, meshtest.Fault{Hang: true})
		begun := time.Now()
		err := p.each(limited, id)[kind]()
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) > 5*time.Second || errors.Is(err, mesh.ErrUnsure) != (kind == "send") {
			t.Errorf("%s: %v after %v", kind, err, time.Since(begun))
		}
		stop()
	}
}

// TestAnyContent holds that any content, in chunks of any size, comes back byte
// for byte, however it is compressed on the way and whatever passing fault any
// request but the first POST meets.
func TestAnyContent(t *testing.T) {
	p := newPair(t, 0)
	kinds := []string{"chunk", "inbox", "head", "download", "acknowledge", "track"}
	rapid.Check(t, func(t *rapid.T) {
		p.Plain, p.Split = rapid.Bool().Draw(t, "plain"), false
		if !p.Plain {
			p.Split = rapid.Bool().Draw(t, "split")
		}
		for range rapid.IntRange(0, 4).Draw(t, "faults") {
			p.Fail(rapid.SampledFrom(kinds).Draw(t, "kind"), rapid.SampledFrom([]meshtest.Fault{
				{Drop: true}, {Lose: true}, {Status: 503}, {Cut: 1}, {Cut: 20}}).Draw(t, "fault"))
		}
		anyContent(t, p.Config(p.URL, meshtest.Ours), p.them, filepath.Dir(p.path))
		p.Mend()
	})
}
