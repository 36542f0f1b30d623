package desk

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"secondaryuse/marts/domain"
	"secondaryuse/marts/egress"
	"secondaryuse/marts/sign"
	"secondaryuse/marts/snapshot"
)

// office is a desk with its people, and a snapshot of 60 persons: 40 in the north, 17
// in the south, 3 in the west.
type office struct {
	*Desk
	t                  testing.TB
	root               string
	ann, bob, cyd, dan Actor
	from               string // the folder of the snapshot
}

const falls = `-- release: falls
-- what: Falls by place
-- purpose: planning
-- dimensions:
--   place: where the person lives
-- measures:
--   fallen persons of fell: who fell
--   persons persons: all
-- totals: no
SELECT person_id, place, fell FROM population
`

func newOffice(t testing.TB) *office {
	t.Helper()
	o := &office{t: t, root: t.TempDir()}
	c := egress.Config{Marts: filepath.Join(o.root, "marts"), People: filepath.Join(o.root, "people.yaml"), Register: filepath.Join(o.root, "register"), Outbox: filepath.Join(o.root, "outbox"),
		Signing: filepath.Join(o.root, "signing"), Disclosure: "hes"}
	o.must(os.Mkdir(c.Register, 0o700))
	o.must(sign.Make(c.Signing))
	for _, name := range []string{"ann", "bob", "cyd", "dan"} {
		o.must(sign.Make(filepath.Join(o.root, name)))
	}
	o.employ("ann author, reviewer", "bob reviewer", "cyd reviewer", "dan author")
	o.publish("s1", "SELECT 1000 + range AS person_id, CASE WHEN range < 40 THEN 'north' WHEN range < 57 THEN 'south' ELSE 'west' END AS place, range % 4 > 0 AS fell FROM range(60)")
	o.open(c)
	for name, a := range map[string]*Actor{"ann": &o.ann, "bob": &o.bob, "cyd": &o.cyd, "dan": &o.dan} {
		*a = o.as(name)
	}
	return o
}

func registerKey(t testing.TB) domain.Key {
	k, err := domain.New([]byte(strings.Repeat("r", 32)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func (o *office) means() Means {
	return Means{Key: func() (domain.Key, error) { return registerKey(o.t), nil }}
}

func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) open(c egress.Config) {
	o.t.Helper()
	d, err := Open(c, o.means())
	o.must(err)
	d.now = func() time.Time { return time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC) }
	o.Desk = d
}

// reopen reads people.yaml anew, as the next command does.
func (o *office) reopen() { o.t.Helper(); o.open(o.config) }

// employ writes people.yaml: of each a name, the name of their key's file where that
// is another, and roles.
func (o *office) employ(lines ...string) {
	o.t.Helper()
	text := "people:\n"
	for _, l := range lines {
		name, roles, _ := strings.Cut(l, " ")
		name, file, other := strings.Cut(name, "=")
		if !other {
			file = name
		}
		k, err := sign.Open(filepath.Join(o.root, file))
		o.must(err)
		text += "  - name: " + name + "\n    roles: [" + roles + "]\n    key: " + k.Public().String() + "\n"
	}
	o.must(os.WriteFile(filepath.Join(o.root, "people.yaml"), []byte(text), 0o600))
}

func (o *office) as(name string) Actor {
	o.t.Helper()
	a, err := o.As(name, filepath.Join(o.root, name))
	o.must(err)
	return a
}

// publish publishes a snapshot with a mart population.
func (o *office) publish(id, population string) {
	o.t.Helper()
	key, err := sign.Open(filepath.Join(o.root, "signing"))
	o.must(err)
	d, err := snapshot.Begin(filepath.Join(o.root, "marts"), id, key)
	o.must(err)
	db, err := sql.Open("duckdb", "")
	o.must(err)
	defer db.Close()
	_, err = db.Exec("COPY (" + population + ") TO '" + filepath.Join(d.Dir(), "population.parquet") + "' (FORMAT parquet)")
	o.must(err)
	o.must(d.Publish(snapshot.Manifest{Purpose: "planning", Domain: "0123abcd", Files: []snapshot.File{{Name: "population.parquet", Mart: "population"}}}, 3))
	o.from = d.Final()
}

// ask has Ann ask for falls.
func (o *office) ask() string {
	o.t.Helper()
	id, err := o.Ask(context.Background(), o.ann, Asked{Text: falls, Purpose: "planning", Context: "the board"}, o.from)
	o.must(err)
	return id
}

func (o *office) look(a Actor, id string) View {
	o.t.Helper()
	v, err := o.Look(context.Background(), a, id)
	o.must(err)
	return v
}

func (o *office) vote(a Actor, id string, d Decision) error {
	reason := ""
	if d != Approve {
		reason = "too fine"
	}
	_, err := o.Vote(context.Background(), a, id, d, reason)
	return err
}

// approve has somebody look at a request and approve it.
func (o *office) approve(a Actor, id string) {
	o.t.Helper()
	o.look(a, id)
	o.must(o.vote(a, id, Approve))
}

func (o *office) state(id string) State {
	o.t.Helper()
	s, err := o.stands(id)
	o.must(err)
	return s.state
}

// outbox is what lies in the outbox.
func (o *office) outbox() (out []string) {
	o.t.Helper()
	_ = filepath.WalkDir(o.config.Outbox, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			path, _ = filepath.Rel(o.config.Outbox, path)
			out = append(out, path)
		}
		return nil
	})
	return out
}

// refused holds that something was refused, for a reason, and that nothing has left.
func (o *office) refused(err error, why string) {
	o.t.Helper()
	if !errors.Is(err, ErrRefused) && !errors.Is(err, ErrChanged) || !strings.Contains(err.Error(), why) {
		o.t.Errorf("%v, want %q", err, why)
	}
	if left := o.outbox(); len(left) > 0 {
		o.t.Errorf("left: %v", left)
	}
}

// TestRelease follows a request through two reviewers to the outbox.
func TestRelease(t *testing.T) {
	o := newOffice(t)
	id := o.ask()
	if o.state(id) != Submitted || len(o.outbox()) > 0 {
		t.Fatal(o.state(id), o.outbox())
	}
	o.approve(o.bob, id)
	if o.state(id) != Partially || len(o.outbox()) > 0 {
		t.Fatal(o.state(id), o.outbox())
	}
	o.approve(o.cyd, id)
	if got := strings.Join(o.outbox(), " "); o.state(id) != Released || got != id+"/falls.csv "+id+"/record.json "+id+"/record.sig" {
		t.Fatal(o.state(id), got)
	}
	table, err := os.ReadFile(filepath.Join(o.config.Outbox, id, "falls.csv"))
	if want := "place,fallen,persons\nnorth,30,40\nsouth,*,15\nwest,*,*\n"; err != nil || string(table) != want {
		t.Errorf("%s, want %s", table, want)
	}
	issued, err := o.register.Issued()
	if err != nil || len(issued) != 1 || issued[0].Name != id || issued[0].Persons.Count != 60 || len(issued[0].Approvals) != 2 || len(issued[0].Files) != 3 {
		t.Errorf("%+v %v", issued, err)
	}
}
