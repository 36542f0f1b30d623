package exchange

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"secondaryuse/deid/gate/gatetest"
	"secondaryuse/deid/gate/optout"
	"secondaryuse/deid/gate/optout/mesh"
	"secondaryuse/deid/gate/optout/mesh/meshtest"
	"secondaryuse/deid/identity"
	"secondaryuse/pipeline/durable"
)

const workflow = "SPINE_NTT_UPHOLDING"

// world is an exchange, the message exchange that it is held over, and the
// service at its other end.
type world struct {
	t       *testing.T
	mesh    *meshtest.Service
	them    *mesh.Client
	people  []string
	c       Config
	now     time.Time
	save    func(string, []byte) error
	inbox   string // of the service
	answers int
	all     []string // local ids of what the service was sent
	pending func()   // what the service is still to do
}

func newWorld(t *testing.T, people int) *world {
	t.Helper()
	s := meshtest.New(t)
	w := &world{t: t, mesh: s, people: gatetest.New(t, people).People, now: time.Now().Truncate(time.Second), save: durable.Replace, inbox: t.TempDir()}
	us, err := mesh.Open(s.Config(s.URL, meshtest.Ours))
	w.must(err)
	w.them, err = mesh.Open(s.Config(s.URL, meshtest.Theirs))
	w.must(err)
	w.c = Config{Dir: filepath.Join(t.TempDir(), "optout"), Client: us, Mailbox: meshtest.Ours, To: meshtest.Theirs,
		Purpose: "planning", List: optout.Config{Workflow: workflow}, Refresh: 6 * 24 * time.Hour, Within: 48 * time.Hour, Now: func() time.Time { return w.now }}
	t.Cleanup(func() {
		if v := s.Violations(); len(v) > 0 {
			t.Errorf("the client did what it must not: %q", v)
		}
	})
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// open opens the exchange anew, as each call of the command does.
func (w *world) open() *Exchange {
	w.t.Helper()
	x := &Exchange{Config: w.c, save: w.save}
	w.must(x.open())
	return x
}

// who lists the people.
func (w *world) who(context.Context) (iter.Seq[identity.Number], error) {
	var out []identity.Number
	for _, p := range w.people {
		n, err := identity.Parse([]byte(p))
		w.must(err)
		out = append(out, n)
	}
	return slices.Values(out), nil
}

// step does what is due.
func (w *world) step() error { return w.open().Step(w.t.Context(), w.who) }

// asked is what the service was sent, by local id, in the order of sending; it
// is collected by that.
func (w *world) asked() (local []string, text map[string]string) {
	w.t.Helper()
	ids, err := w.them.Inbox(w.t.Context(), workflow)
	w.must(err)
	text = make(map[string]string)
	for _, id := range ids {
		path := filepath.Join(w.inbox, id)
		m, err := w.them.Download(w.t.Context(), id, path)
		w.must(err)
		body, err := os.ReadFile(path)
		w.must(err)
		w.must(w.them.Acknowledge(w.t.Context(), id))
		local, text[m.LocalID] = append(local, m.LocalID), string(body)
	}
	w.all = append(w.all, local...)
	return local, text
}

// say has the service send a message.
func (w *world) say(local, text string) {
	w.t.Helper()
	w.sayFrom(w.them, local, text)
}

func (w *world) sayFrom(c *mesh.Client, local, text string) {
	w.t.Helper()
	w.answers++
	_, err := c.Send(w.t.Context(), mesh.Letter{To: meshtest.Ours, Workflow: workflow, File: fmt.Sprintf("answer-%d.dat", w.answers),
		LocalID: local, Subject: "SUCCESS", Content: strings.NewReader(text), Size: int64(len(text))})
	w.must(err)
}

// status is what the service says that it made of a request.
func status(local, stage string, passed bool) string {
	return fmt.Sprintf(`{"version":1,"id":"a","status":"pending","stages":[{"stage":%q,"ts":"z","passed":%v,"details":"9434765919"}],"metadata":{"request":{"extra":{"local_id":%q}}}}`, stage, passed, local)
}

// serve answers all that was asked: the first of the people has opted out.
func (w *world) serve() {
	w.t.Helper()
	local, text := w.asked()
	for _, id := range local {
		w.say(id, status(id, "validate_in_order", true))
		w.say(id, w.cleaned(text[id]))
	}
}

func (w *world) cleaned(text string) string { return strings.Replace(text, w.people[0]+",\n", "", 1) }

// allowed is how many of the people may be used, by the list in use.
func (w *world) allowed() int {
	w.t.Helper()
	c, err := Where(w.c)
	w.must(err)
	g, err := optout.Open(c)
	w.must(err)
	return g.Allowed()
}

// holds is all that the folder of the exchange holds, but for the state.
func (w *world) holds() (out []string) {
	w.t.Helper()
	w.must(filepath.WalkDir(w.c.Dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() != "state.json" {
			out = append(out, strings.TrimPrefix(path, w.c.Dir+"/"))
			if info, _ := d.Info(); info.Mode().Perm() != 0o600 {
				w.t.Errorf("%s has mode %v", d.Name(), info.Mode())
			}
		}
		return err
	}))
	return out
}

// quiet holds that a text tells nobody's number.
func (w *world) quiet(text string) {
	w.t.Helper()
	for _, p := range append(w.people, gatetest.Number(7777), "9434765919", "GOLDENEYE") {
		if strings.Contains(text, p) {
			w.t.Errorf("an identifier is told")
		}
	}
}

// TestExchange goes once all the way, and once more when the list has come of
// age: at each call only what is due is done, and what is over is erased.
func TestExchange(t *testing.T) {
	w := newWorld(t, 25)
	w.c.Rows = 10
	w.must(w.step())
	if n := w.mesh.Sent(); n != 3 {
		t.Fatalf("%d files were sent of 25 numbers, at most 10 in each", n)
	}
	w.must(w.step())
	if _, err := Where(w.c); err == nil || !strings.Contains(err.Error(), "there is no list in use; next: ") {
		t.Fatal(err)
	}
	w.serve()
	w.must(w.step())
	if n := w.allowed(); n != 24 {
		t.Fatalf("%d may be used", n)
	}
	first := w.holds()
	if len(first) != 3 {
		t.Fatalf("beside the list there is %q", first)
	}
	if ids, err := w.c.Client.Inbox(t.Context(), ""); err != nil || len(ids) > 0 {
		t.Fatalf("%d messages are left, %v", len(ids), err)
	}
	w.now = w.now.Add(5 * 24 * time.Hour)
	w.must(w.step())
	if local, _ := w.asked(); len(local) > 0 {
		t.Fatal("asked again too early")
	}
	w.now = w.now.Add(25 * time.Hour)
	w.must(w.step())
	if n := w.allowed(); n != 24 {
		t.Fatal("while it waits, the list that there is counts")
	}
	w.serve()
	w.must(w.step())
	if second := w.holds(); len(second) != 3 || second[0] == first[0] || w.allowed() != 24 {
		t.Fatalf("left is %q", second)
	}
	s := w.open().Standing()
	if s.List == nil || !s.List.Until.Equal(s.List.Issued.Add(20*24*time.Hour)) || s.Pending != nil || s.Failed != "" {
		t.Fatalf("%+v", s)
	}
	w.quiet(s.String())
	w.named(6)
}

// named holds that no file that was ever sent has the local id or the name of
// another, and that it is known what each was for.
func (w *world) named(want int) {
	w.t.Helper()
	s := w.open().state
	all := s.Past
	if s.List != nil {
		all = append(all, ended{request: s.List.request})
	}
	seen := make(map[string]bool)
	files := 0
	for _, e := range all {
		if e.Purpose != w.c.Purpose {
			w.t.Errorf("a request was for %q", e.Purpose)
		}
		for _, f := range e.Files {
			files++
			seen[f.LocalID], seen[f.Name] = true, true
		}
	}
	if files != want || len(seen) != 2*want {
		w.t.Errorf("%d files, %d names and local ids; want %d files", files, len(seen), want)
	}
}

// TestExpired holds that a list that is too old is refused, and is erased by
// whoever opens the exchange next, whether or not another is on its way.
func TestExpired(t *testing.T) {
	w := newWorld(t, 20)
	w.c.List.MaxAge = 13 * 24 * time.Hour
	w.must(w.step())
	asked := w.now
	w.now = w.now.Add(26 * time.Hour) // that it is answered late does not make it younger
	w.serve()
	w.must(w.step())
	w.now = asked.Add(13*24*time.Hour - time.Second)
	if w.allowed() != 19 {
		t.Fatal("it may still be used")
	}
	w.now = w.now.Add(2 * time.Second)
	if _, err := Where(w.c); err == nil || !strings.Contains(err.Error(), "stale: ") {
		t.Fatal(err)
	}
	if len(w.holds()) != 3 {
		t.Fatal("to look has written")
	}
	w.open()
	if left := w.holds(); len(left) > 0 {
		t.Fatalf("left is %q", left)
	}
	if _, err := Where(w.c); err == nil || !strings.Contains(err.Error(), "there is no list in use: the last has expired, and was erased") {
		t.Fatal(err)
	}
}

// TestFolder holds that others cannot read the folder, and that a state which
// cannot be read is not guessed at.
func TestFolder(t *testing.T) {
	w := newWorld(t, 20)
	w.must(w.step())
	w.must(os.Chmod(w.c.Dir, 0o750))
	if _, err := Open(w.c); err == nil || !strings.Contains(err.Error(), "others than its owner") {
		t.Error(err)
	}
	w.must(os.Chmod(w.c.Dir, 0o700))
	for _, text := range []string{"", "{", `{"Version":2}`, `{"Version":1,"9434765919":1}`, `{"Version":1,"Pending":{}}`, `{"Version":1}{`} {
		w.must(os.WriteFile(stateFile(w.c.Dir), []byte(text), 0o600))
		_, err := Open(w.c)
		if err == nil || !strings.Contains(err.Error(), "damaged") || strings.Contains(err.Error(), "9434765919") {
			t.Errorf("%s: %v", text, err)
		}
		if len(w.holds()) == 0 {
			t.Fatal("it was swept by a state that cannot be read")
		}
	}
}

// TestNumber holds that the number of a file goes forward, and begins anew with
// the month.
func TestNumber(t *testing.T) {
	w := newWorld(t, 20)
	x := w.open()
	w.must(x.Number(41))
	w.must(x.Request(t.Context(), w.who))
	if name := x.state.Pending.Files[0].Name; !strings.HasSuffix(name, "-0041.dat") {
		t.Error(name)
	}
	for _, n := range []int{0, 41, 10_000} {
		if x.Number(n) == nil {
			t.Errorf("%d is taken", n)
		}
	}
	w.serve()
	w.must(w.step())
	w.now = w.now.AddDate(0, 1, 0)
	w.must(w.step())
	if name := w.open().state.Pending.Files[0].Name; !strings.HasSuffix(name, "-0001.dat") {
		t.Error(name)
	}
}
