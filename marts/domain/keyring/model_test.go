package keyring

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"secondaryuse/marts/domain"
)

// kept is a key as it should be: what stands for person 1 under it, and its state.
type kept struct {
	id    string
	one   int64
	state string
}

// model is what a ring should hold: of each name the key in use, that which is to
// take its place, and those whose place was taken.
type model struct {
	ring *Ring
	live map[string]kept
	next map[string]kept
	past map[string][]kept
}

var (
	day    = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	broken = errors.New("the bridge cannot be written")
	few    = []string{"planning", "research", "project-heart"}
)

// TestModel does whatever can be done to a ring, in any order, with a re-key that
// fails half way now and then. A key is never lost but by Destroy, never another
// than it was, and used only while it is active.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "ring")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		r, err := Open(dir, clear{"us"})
		if err != nil {
			t.Fatal(err)
		}
		m := model{r, make(map[string]kept), make(map[string]kept), make(map[string][]kept)}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			name := rapid.SampledFrom(few).Draw(t, "name")
			m.step(t, rapid.SampledFrom([]string{"create", "rewrap", "retire", "rekey", "rekey and fail", "destroy"}).Draw(t, "do"), name)
			m.hold(t)
		}
	})
}

func (m model) step(t *rapid.T, do, name string) {
	was, there := m.live[name]
	switch do {
	case "create":
		e, err := m.ring.Create(name, day, false)
		if (err == nil) == there {
			t.Fatalf("create %s: %v", name, err)
		}
		if !there {
			key, _ := m.ring.Domain(name)
			m.live[name] = kept{e.ID, key.ID(1), Active}
		}
	case "rewrap":
		if _, err := m.ring.Rewrap(name, clear{"us"}, clear{"them"}); (err == nil) != there {
			t.Fatalf("rewrap %s: %v", name, err)
		}
	case "retire":
		if _, err := m.ring.Retire(name); (err == nil) != (was.state == Active) {
			t.Fatalf("retire %s: %v", name, err)
		}
		if was.state == Active {
			m.live[name] = kept{was.id, was.one, Retired}
		}
	case "rekey", "rekey and fail":
		m.rekey(t, name, do == "rekey and fail")
	case "destroy":
		m.destroy(t, name)
	}
}

func (m model) rekey(t *rapid.T, name string, fails bool) {
	was, there := m.live[name]
	_, _, err := m.ring.Rekey(name, day, func(old, key domain.Key, a, b Entry) error {
		if old.ID(1) != was.one || a.ID != was.id {
			t.Fatalf("rekey %s: the bridge leads from another key", name)
		}
		if pending, cut := m.next[name]; cut && (pending.id != b.ID || pending.one != key.ID(1)) {
			t.Fatalf("rekey %s: it has not gone on with the key that it had made", name)
		}
		m.next[name] = kept{b.ID, key.ID(1), waiting}
		if fails {
			return broken
		}
		return nil
	})
	switch {
	case !there && err == nil, there && fails != errors.Is(err, broken), there && !fails && err != nil:
		t.Fatalf("rekey %s: %v", name, err)
	case there && !fails:
		is := m.next[name]
		m.past[name] = append(m.past[name], kept{was.id, was.one, Retired})
		m.live[name] = kept{is.id, is.one, Active}
		delete(m.next, name)
	}
}

// destroy destroys a key of the name that is retired, if there is one, and else
// finds that it cannot.
func (m model) destroy(t *rapid.T, name string) {
	was, past := m.live[name], m.past[name]
	switch {
	case len(past) > 0:
		if _, err := m.ring.Destroy(past[0].id); err != nil {
			t.Fatal(err)
		}
		m.past[name] = past[1:]
	case was.state == Retired:
		if _, err := m.ring.Destroy(was.id); err != nil {
			t.Fatal(err)
		}
		delete(m.live, name)
		delete(m.next, name)
	case was.state == Active:
		if _, err := m.ring.Destroy(was.id); err == nil {
			t.Fatal("an active key was destroyed")
		}
	}
}

// hold holds the ring to the model.
func (m model) hold(t *rapid.T) {
	var want, got []string
	for _, name := range few {
		all := slices.Clone(m.past[name])
		if k, ok := m.next[name]; ok {
			all = append(all, k)
		}
		k, ok := m.live[name]
		if ok {
			all = append(all, k)
		}
		for _, k := range all {
			want = append(want, fmt.Sprintln(name, k.id, k.state, k.one))
		}
		if key, err := m.ring.Domain(name); (err == nil) != (k.state == Active) || err == nil && key.ID(1) != k.one {
			t.Fatalf("%s, which is %s, is used: %v", name, k.state, err)
		}
	}
	entries, err1 := m.ring.List()
	keys, err2 := m.ring.Past()
	if err1 != nil || err2 != nil || len(keys) != len(entries) {
		t.Fatal(err1, err2)
	}
	for i, e := range entries {
		got = append(got, fmt.Sprintln(e.Name, e.ID, e.State, keys[i].ID(1)))
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Fatalf("the ring has\n%swant\n%s", strings.Join(got, ""), strings.Join(want, ""))
	}
}
