package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// memory is an anchor.
type memory struct {
	mu   sync.Mutex
	head Head
	err  error
}

func (m *memory) Anchor(context.Context) (int64, string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.head.Line, m.head.SHA256, nil
}

func (m *memory) SetAnchor(_ context.Context, line int64, sha string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err == nil {
		m.head = Head{line, sha}
	}
	return m.err
}

func (m *memory) claims() ([]Claim, error) {
	if m.head.Line == 0 {
		return nil, nil
	}
	return []Claim{{Where: "the ledger", Head: m.head, Newest: true}}, nil
}

// of are claims.
func of(claims ...Claim) func() ([]Claim, error) {
	return func() ([]Claim, error) { return claims, nil }
}

func event(what string) Event {
	return Event{At: time.Unix(1_700_000_000, 0), Who: "ohc", What: what, Lists: []string{"optout: 345 rows"}}
}

// write makes a log of events.
func write(t rapid.TB, dir string, m *memory, n int) []byte {
	for i := range n {
		if _, err := Append(context.Background(), dir, m, event(fmt.Sprint("event ", i))); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(Path(dir))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func proof(t rapid.TB, dir string, m *memory) Proof {
	p, err := Verify(dir, m.claims)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestAnyChangeIsFound holds that of a log whatever is edited, removed, put in, put
// elsewhere or cut off is found; and that it still is when the log has gone on.
func TestAnyChangeIsFound(t *testing.T) {
	top := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp(top, "")
		if err != nil {
			t.Fatal(err)
		}
		m := &memory{}
		text := write(t, dir, m, rapid.IntRange(1, 6).Draw(t, "events"))
		if p := proof(t, dir, m); len(p.Findings)+len(p.Notes) > 0 {
			t.Fatalf("before anything was done: %+v", p)
		}
		lines := bytes.SplitAfter(text, []byte("\n"))
		lines = lines[:len(lines)-1]
		at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		one, other := rapid.IntRange(0, len(lines)-1).Draw(t, "line"), rapid.IntRange(0, len(lines)-1).Draw(t, "other line")
		changed := bytes.Clone(text)
		how := rapid.SampledFrom([]string{"edit", "remove bytes", "cut", "remove line", "swap", "repeat", "insert", "no line end"}).Draw(t, "how")
		switch how {
		case "edit":
			changed[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
		case "remove bytes":
			changed = append(changed[:at:at], text[rapid.IntRange(at+1, len(text)).Draw(t, "to"):]...)
		case "cut":
			changed = changed[:at]
		case "remove line":
			changed = bytes.Join(append(lines[:one:one], lines[one+1:]...), nil)
		case "swap":
			all := append([][]byte(nil), lines...)
			all[one], all[other] = all[other], all[one]
			changed = bytes.Join(all, nil)
		case "repeat":
			changed = bytes.Join(append(append(lines[:one+1:one+1], lines[other]), lines[one+1:]...), nil)
		case "insert":
			changed = append(append(bytes.Clone(text[:at]), byte(rapid.IntRange(0, 255).Draw(t, "byte"))), text[at:]...)
		case "no line end":
			changed = changed[:len(changed)-1]
		}
		if bytes.Equal(changed, text) {
			return
		}
		if err := os.WriteFile(Path(dir), changed, 0o600); err != nil {
			t.Fatal(err)
		}
		if p := proof(t, dir, m); len(p.Findings) == 0 {
			t.Fatalf("%s at %d was not found: %+v\n%s", how, at, p, changed)
		}
		write(t, dir, m, rapid.IntRange(1, 3).Draw(t, "more"))
		if p := proof(t, dir, m); len(p.Findings) == 0 && (!bytes.Equal(changed, text[:len(text)-1]) || len(p.Notes) != 1) { // the last line end is put back, and that is said
			t.Fatalf("%s at %d was not found when the log had gone on: %+v\n%s", how, at, p, changed)
		}
	})
}

// TestCutOffIsFoundBySnapshots holds that without a ledger a snapshot that knows of
// a line tells that it is missing.
func TestCutOffIsFoundBySnapshots(t *testing.T) {
	dir, m := t.TempDir(), &memory{}
	short := write(t, dir, m, 2)
	write(t, dir, m, 2)
	head, err := ParseHead(m.head.String())
	if err != nil || head != m.head {
		t.Fatal(head, err)
	}
	claims := []Claim{{Where: "the snapshot s", Head: head}}
	if p, err := Verify(dir, of(claims...)); err != nil || len(p.Findings) != 0 || len(p.Notes) != 1 {
		t.Errorf("%+v %v", p, err)
	}
	if err := os.WriteFile(Path(dir), short, 0o600); err != nil {
		t.Fatal(err)
	}
	if p, err := Verify(dir, of(claims...)); err != nil || len(p.Findings) != 1 || !strings.Contains(p.Findings[0], "event 4, which the snapshot s knows of, is missing") {
		t.Errorf("%+v %v", p, err)
	}
	for _, s := range []string{"", "1", "0:" + zeros, "1:abc", "1:" + strings.Repeat("g", 64), " 1:" + zeros, "1:" + zeros + "0"} {
		if h, err := ParseHead(s); err == nil {
			t.Errorf("%q was read as %v", s, h)
		}
	}
}

// TestTornLine holds that however much of what was being written a crash has left,
// and however often, the log goes on, says so, and is found whole; and that what
// the crash has left cannot be changed any more.
func TestTornLine(t *testing.T) {
	top := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp(top, "")
		if err != nil {
			t.Fatal(err)
		}
		m := &memory{}
		write(t, dir, m, rapid.IntRange(0, 3).Draw(t, "before")+1)
		for range rapid.IntRange(1, 3).Draw(t, "crashes") {
			kept, whole := m.head, write(t, dir, m, 0)
			after := write(t, dir, m, 1)
			left := rapid.OneOf(rapid.Just(len(after)-1), rapid.IntRange(len(whole), len(after))).Draw(t, "left")
			if err := os.WriteFile(Path(dir), after[:left], 0o600); err != nil {
				t.Fatal(err)
			}
			if m.head = kept; rapid.Bool().Draw(t, "told") {
				proof(t, dir, m)
			}
		}
		text := write(t, dir, m, 2)
		if p := proof(t, dir, m); len(p.Findings) > 0 {
			t.Fatalf("%+v\n%s", p, text)
		}
		at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		text[at] ^= 1
		if err := os.WriteFile(Path(dir), text, 0o600); err != nil {
			t.Fatal(err)
		}
		if p := proof(t, dir, m); len(p.Findings) == 0 {
			t.Fatalf("a change at %d was not found\n%s", at, text)
		}
	})
}

// TestAdded holds that a line which nobody knows of is found, until the next event
// has said so.
func TestAdded(t *testing.T) {
	dir, m := t.TempDir(), &memory{}
	write(t, dir, m, 2)
	kept := m.head
	write(t, dir, m, 1)
	m.head = kept
	if p := proof(t, dir, m); len(p.Findings) != 1 || !strings.Contains(p.Findings[0], "events from 3 on are not known to the ledger") {
		t.Errorf("%+v", p)
	}
	write(t, dir, m, 1)
	if p := proof(t, dir, m); len(p.Findings) != 0 || len(p.Notes) != 1 || !strings.Contains(p.Notes[0], "1 lines ahead of the ledger") {
		t.Errorf("%+v", p)
	}
}

// TestManyAtOnce holds that events of many at once are all there, in one chain.
func TestManyAtOnce(t *testing.T) {
	dir, m := t.TempDir(), &memory{}
	var wg sync.WaitGroup
	wg.Go(func() {
		for range 20 { // whoever looks meanwhile sees it whole
			if p := proof(t, dir, m); len(p.Findings) > 0 {
				t.Errorf("%+v", p)
			}
		}
	})
	for i := range 8 {
		wg.Go(func() {
			for range 5 {
				if _, err := Append(context.Background(), dir, m, event("began"), event(fmt.Sprint(i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	p := proof(t, dir, m)
	events, err := List(dir)
	if err != nil || len(p.Findings)+len(p.Notes) > 0 || p.Lines != 80 || len(events) != 80 || p.Head != m.head {
		t.Errorf("%+v %d %v", p, len(events), err)
	}
}

// TestUnwritten holds that what cannot be written, or anchored, is an error, and
// that only the owner can read what can.
func TestUnwritten(t *testing.T) {
	dir, m := t.TempDir(), &memory{err: errors.New("full")}
	if _, err := Append(t.Context(), dir, m, event("began")); err == nil {
		t.Error("an event that the ledger does not know of was taken for written")
	}
	if info, err := os.Stat(Path(dir)); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
	if err := errors.Join(os.Remove(Path(dir)), os.Mkdir(Path(dir), 0o700)); err != nil {
		t.Fatal(err)
	}
	if _, err := Append(t.Context(), dir, &memory{}, event("began")); err == nil || !strings.Contains(err.Error(), "next: ") {
		t.Error(err)
	}
	if _, err := Verify(dir, of()); err == nil {
		t.Error("a log that cannot be read was verified")
	}
	if p, err := Verify(t.TempDir(), of()); err != nil || p.Lines != 0 || len(p.Findings) != 0 {
		t.Errorf("of no log: %+v %v", p, err)
	}
	if p, err := Verify(t.TempDir(), of(Claim{Where: "the ledger", Head: Head{3, zeros}, Newest: true})); err != nil || len(p.Findings) != 1 {
		t.Errorf("of one that is gone: %+v %v", p, err)
	}
}

// FuzzLog holds that whatever the file holds is read to its end, that the log goes
// on after it, and that what is in it is never taken for whole unless it is a chain.
func FuzzLog(f *testing.F) {
	dir, m := f.TempDir(), &memory{}
	for i := range 3 {
		if _, err := Append(f.Context(), dir, m, event(fmt.Sprint(i))); err != nil {
			f.Fatal(err)
		}
	}
	text, err := os.ReadFile(Path(dir))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{nil, text, text[:len(text)-1], text[:len(text)/2], []byte("\n\n{}\n"), []byte("null\n"), text[10:]} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(Path(dir), b, 0o600); err != nil {
			t.Fatal(err)
		}
		m := &memory{}
		p, err := Verify(dir, of())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Append(t.Context(), dir, m, event("next")); err != nil {
			t.Fatal(err)
		}
		after, err := Verify(dir, m.claims)
		if err != nil || after.Head != m.head || after.Lines <= p.Lines {
			t.Fatalf("%+v, then %+v, %v", p, after, err)
		}
	})
}
