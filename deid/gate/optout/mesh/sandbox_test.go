package mesh_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"secondaryuse/deid/gate/optout/mesh"
	"secondaryuse/deid/gate/optout/mesh/meshtest"
)

const workflow = "SPINE_NTT_UPHOLDING"

var ctx = context.Background()

// open opens a client that does not wait between tries.
func open(t testing.TB, c mesh.Config) *mesh.Client {
	t.Helper()
	client, err := mesh.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	client.Hurry(20 * time.Second)
	return client
}

// letter is a letter from our mailbox to theirs.
func letter(content string) mesh.Letter {
	return mesh.Letter{To: meshtest.Theirs, Workflow: workflow, File: "X26ABC1-22112026-0001.dat", LocalID: "ohc-0001", Subject: "ohc-check",
		Content: strings.NewReader(content), Size: int64(len(content))}
}

// tester is what testing and rapid have in common.
type tester interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

func send(t tester, c *mesh.Client, l mesh.Letter) string {
	t.Helper()
	id, err := c.Send(ctx, l)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// collect downloads a message and acknowledges it.
func collect(t tester, c *mesh.Client, id, path string) (mesh.Message, string) {
	t.Helper()
	m, err := c.Download(ctx, id, path)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Acknowledge(ctx, id); err != nil {
		t.Fatal(err)
	}
	return m, string(text)
}

// inbox holds what lies in an inbox.
func inbox(t tester, c *mesh.Client, filter string, want ...string) {
	t.Helper()
	got, err := c.Inbox(ctx, filter)
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("inbox of %d, %v; want %d: %.100v, want %.100v", len(got), err, len(want), got[:min(3, len(got))], want[:min(3, len(want))])
	}
}

// state holds what has become of a message.
func state(t tester, c *mesh.Client, id, want string) mesh.Tracking {
	t.Helper()
	got, err := c.Track(ctx, id)
	if err != nil || got.State != want {
		t.Fatalf("state %v, %v; want %s", got, err, want)
	}
	return got
}

// TestSandbox holds the client to NHS England's own sandbox.
func TestSandbox(t *testing.T) {
	s := meshtest.NewSandbox(t)
	for _, tc := range []struct {
		name string
		test func(*testing.T, *meshtest.Sandbox)
	}{
		{"a life", life}, {"refusals", refusals}, {"a report", reported}, {"any content", contents}, {"faults on the way", onTheWay}, {"pages", pages},
	} {
		t.Run(tc.name, func(t *testing.T) { tc.test(t, s) })
	}
}

// life takes messages through theirs.
func life(t *testing.T, s *meshtest.Sandbox) {
	path := filepath.Join(t.TempDir(), "reply")
	config := s.Config(s.URL, meshtest.Ours)
	config.Chunk = 10
	us, them := open(t, config), open(t, s.Config(s.URL, meshtest.Theirs))
	if err := us.Handshake(ctx); err != nil {
		t.Fatal(err)
	}
	content := "9000000009,\n9000000017,\n"
	for _, gz := range []bool{false, true} {
		l := letter(content)
		l.Gzip = gz
		id := send(t, us, l)
		inbox(t, them, workflow, id)
		inbox(t, them, "ANOTHER")
		if got := state(t, us, id, "accepted"); time.Since(got.Sent).Abs() > time.Minute || got.Expires.Sub(got.Sent.AddDate(0, 0, 5)).Abs() > time.Minute {
			t.Errorf("%+v", got)
		}
		m, text := collect(t, them, id, path)
		want := mesh.Message{ID: id, From: meshtest.Ours, To: meshtest.Theirs, Workflow: workflow, File: l.File, LocalID: l.LocalID, Subject: l.Subject, Chunks: 3, At: m.At}
		if m != want || m.At.IsZero() || text != content {
			t.Errorf("%+v: %q", m, text)
		}
		state(t, us, id, "acknowledged")
		inbox(t, them, "")
		if err := them.Acknowledge(ctx, id); err != nil {
			t.Error(err)
		}
	}
	left, _ := filepath.Glob(path + "*")
	if info, err := os.Stat(path); len(left) != 1 || err != nil || info.Mode() != 0o600 {
		t.Errorf("left: %v", left)
	}
}

// pages lists more than a page.
func pages(t *testing.T, s *meshtest.Sandbox) {
	us, them := open(t, s.Config(s.URL, meshtest.Ours)), open(t, s.Config(s.URL, meshtest.Theirs))
	var want []string
	for range 510 {
		want = append(want, send(t, us, letter("9000000009,\n")))
	}
	inbox(t, them, "", want...)
	inbox(t, them, workflow, want...)
}

// refusals holds that each refusal of the sandbox is told by its kind
// and with what to do next.
func refusals(t *testing.T, s *meshtest.Sandbox) {
	us, them := open(t, s.Config(s.URL, meshtest.Ours)), open(t, s.Config(s.URL, meshtest.Theirs))
	id := send(t, us, letter("9000000009,\n"))
	none := "20220228174323222_ABCDEF"
	path := filepath.Join(t.TempDir(), "reply")
	to := letter("9000000009,\n")
	to.To = "X26NONE"
	_, err := us.Send(ctx, to)
	refused(t, err, mesh.ErrRefused, "417 Expectation Failed: code 12: the recipient's mailbox is not registered", "next: check recipient and workflow")
	_, err = us.Download(ctx, id, path) // the sender may look at it, not take it
	refused(t, err, mesh.ErrRefused, "to another mailbox")
	_, err = open(t, s.Config(s.URL, meshtest.Third)).Download(ctx, id, path)
	refused(t, err, mesh.ErrMissing, "404 Not Found")
	_, err = them.Download(ctx, none, path)
	refused(t, err, mesh.ErrMissing, "404 Not Found", "list the inbox again")
	_, err = them.Head(ctx, none)
	refused(t, err, mesh.ErrMissing, "404 Not Found")
	refused(t, them.Acknowledge(ctx, none), mesh.ErrMissing, "404 Not Found")
	_, err = them.Track(ctx, id)
	refused(t, err, mesh.ErrMissing, "404 Not Found")
	s.Admin(http.MethodPost, "/messageexchange/admin/message/"+id+"/event", map[string]string{"status": "undeliverable", "code": "14"})
	_, err = them.Download(ctx, id, path)
	refused(t, err, mesh.ErrGone, "410 Gone", "must be sent again")
	state(t, us, id, "undeliverable")
	s.Write("wrong", []byte("passw0rd"))
	config := s.Config(s.URL, meshtest.Ours)
	config.Password = s.Path("wrong")
	refused(t, open(t, config).Handshake(ctx), mesh.ErrDenied, "403 Forbidden", "check mailbox, password, shared key")
	config = s.Config(s.URL, meshtest.Ours)
	config.SharedKey = s.Path("wrong")
	refused(t, open(t, config).Handshake(ctx), mesh.ErrDenied, "403 Forbidden")
	refused(t, open(t, s.Config(s.URL, "X26NONE")).Handshake(ctx), mesh.ErrDenied, "403 Forbidden")
	if left, _ := filepath.Glob(path + "*"); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// refused holds that an error is of a kind, says what is wanted, and repeats
// nothing that the service said.
func refused(t testing.TB, err, kind error, want ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("%v is not %v", err, kind)
		return
	}
	for _, w := range append(want, "mesh: ") {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q lacks %q", err, w)
		}
	}
	for _, secret := range []string{"GOLDENEYE", "9434765919", meshtest.Password + ":", meshtest.SharedKey, "NHSMESH", "passw0rd"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%q tells %q", err, secret)
		}
	}
}

// reported holds that the sandbox's report of a message that nobody
// collected comes as a Report.
func reported(t *testing.T, s *meshtest.Sandbox) {
	us := open(t, s.Config(s.URL, meshtest.Ours))
	id := send(t, us, letter("9000000009,\n"))
	s.Admin(http.MethodPost, "/messageexchange/admin/message/"+id+"/event", map[string]string{"status": "undeliverable", "code": "14"})
	s.Report(meshtest.Ours, workflow, "ohc-0001", id)
	list, err := us.Inbox(ctx, workflow)
	if err != nil || len(list) != 1 {
		t.Fatalf("inbox %v, %v", list, err)
	}
	path := filepath.Join(t.TempDir(), "reply")
	m, err := us.Download(ctx, list[0], path)
	told, is := errors.AsType[*mesh.Report](err)
	if !is || *told != (mesh.Report{About: id, LocalID: "ohc-0001", Code: "14", Undelivered: true}) || m.Report != told {
		t.Fatalf("%+v, %v", m, err)
	}
	if want := "message " + id + " failed: code 14: the recipient did not collect it in time; next: ask the recipient"; !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "GOLDENEYE") {
		t.Errorf("%q", err)
	}
	if left, _ := filepath.Glob(path + "*"); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	if err := us.Acknowledge(ctx, list[0]); err != nil {
		t.Fatal(err)
	}
	inbox(t, us, "")
}

// TestSandboxExpiry holds that what the sandbox holds is there when it comes
// back, and missing when it has been kept too long.
func TestSandboxExpiry(t *testing.T) {
	s := meshtest.NewSandbox(t)
	path := filepath.Join(t.TempDir(), "reply")
	id := send(t, open(t, s.Config(s.URL, meshtest.Ours)), letter("9000000009,\n"))
	s.Restart()
	them := open(t, s.Config(s.URL, meshtest.Theirs))
	inbox(t, them, "", id)
	if _, err := them.Download(ctx, id, path); err != nil {
		t.Fatal(err)
	}
	s.Restart("MESSAGE_EXPIRY_DAYS=0")
	them = open(t, s.Config(s.URL, meshtest.Theirs))
	inbox(t, them, "")
	_, err := them.Download(ctx, id, path)
	refused(t, err, mesh.ErrMissing, "404 Not Found", "has expired")
	refused(t, them.Acknowledge(ctx, id), mesh.ErrMissing, "404 Not Found")
}

// contents holds that any content, in chunks of any size, goes out
// and comes back byte for byte.
func contents(t *testing.T, s *meshtest.Sandbox) {
	them, dir := open(t, s.Config(s.URL, meshtest.Theirs)), t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		anyContent(t, s.Config(s.URL, meshtest.Ours), them, dir)
	})
}

// anyContent sends and collects a message as rapid draws it.
func anyContent(t *rapid.T, config mesh.Config, them *mesh.Client, dir string) {
	content := string(rapid.SliceOfN(rapid.Byte(), 1, 300).Draw(t, "content"))
	config.Chunk = rapid.Int64Range(int64(len(content)+11)/12, int64(len(content))+3).Draw(t, "chunk")
	us, err := mesh.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	us.Hurry(20 * time.Second)
	l := letter(content)
	l.Gzip = rapid.Bool().Draw(t, "gzip")
	if _, text := collect(t, them, send(t, us, l), filepath.Join(dir, "reply")); text != content {
		t.Fatalf("%q came back as %q", content, text)
	}
}
