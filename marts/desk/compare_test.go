package desk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"secondaryuse/marts/disclose"
)

// TestPeopleOfReleases: whoever changes, swaps, cuts, puts back or takes away whom an
// earlier release counts stops the next request, and the verification tells of it. That
// they have the register's key helps nobody.
func TestPeopleOfReleases(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id, other := o.ask(), o.ask()
	for _, r := range []string{id, other} {
		o.approve(o.bob, r)
		o.approve(o.cyd, r)
	}
	path := o.peopleFile(id)
	good, err := os.ReadFile(path)
	o.must(err)
	swapped, err := os.ReadFile(o.peopleFile(other))
	o.must(err)
	changed := slices.Clone(good)
	changed[len(changed)-40] ^= 1
	for name, tc := range map[string]struct {
		text []byte
		want string
	}{
		"changed":                      {changed, "whom it counts has other bytes"},
		"another's":                    {swapped, "whom it counts has other bytes"},
		"cut short":                    {good[:len(good)-52], "whom it counts has other bytes"},
		"empty":                        {nil, "whom it counts has other bytes"},
		"an earlier program's":         {unkeyed(o, good), "whom it counts has other bytes"},
		"of others, under the own key": {o.peopleOfFew(id), "whom it counts has other bytes"},
		"as of another domain":         {bytes.Replace(good, []byte(`"domain":"0123abcd"`), []byte(`"domain":"ffffffff"`), 1), "whom it counts has other bytes"},
	} {
		o.must(os.WriteFile(path, tc.text, 0o600))
		_, err := o.Ask(context.Background(), o.ann, Asked{Text: falls, Purpose: "planning"}, o.from)
		if !errors.Is(err, ErrChanged) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: asked: %v", name, err)
		}
		if err := Verify(o.config); !errors.Is(err, ErrChanged) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: verified: %v", name, err)
		}
	}
	o.must(os.Remove(path))
	_, err = o.Ask(context.Background(), o.ann, Asked{Text: falls, Purpose: "planning"}, o.from)
	if !errors.Is(err, ErrChanged) || Verify(o.config) == nil {
		t.Errorf("gone: %v", err)
	}
	o.must(os.WriteFile(path, good, 0o600))
	o.must(os.WriteFile(o.peopleFile(newID()), good, 0o600))
	_, err = o.Ask(context.Background(), o.ann, Asked{Text: falls, Purpose: "planning"}, o.from)
	if err == nil || !strings.Contains(err.Error(), "the register does not know it") || Verify(o.config) == nil {
		t.Errorf("of a request that was forgotten: %v", err)
	}
}

// TestAChangedHistory: a release of whose history somebody has written on, what cannot
// have happened, is compared with all the same.
func TestAChangedHistory(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.ask()
	o.approve(o.bob, id)
	o.approve(o.cyd, id)
	s, err := o.stands(id)
	o.must(err)
	o.must(o.step(context.Background(), id, event{what: withdrawn, by: "ann", digest: s.digest}, nil))
	with, err := o.comparable("")
	if err != nil || !slices.Equal(with, []string{id}) {
		t.Error(with, err)
	}
	o.must(os.Remove(o.peopleFile(id)))
	if _, err := o.comparable(""); !errors.Is(err, ErrChanged) {
		t.Error(err)
	}
}

// peopleOfFew is a file of the store, under the register's key, of some persons only.
func (o *office) peopleOfFew(id string) []byte {
	o.t.Helper()
	s, err := o.stands(id)
	o.must(err)
	r, files, err := o.requests.get(id, s.digest)
	o.must(err)
	of, err := o.sameTask(r, files)
	o.must(err)
	of.question, err = disclose.Load(strings.Replace(falls, "FROM population", "FROM population WHERE person_id >= 1020", 1))
	o.must(err)
	of.earlier = []string{}
	folder := filepath.Join(o.root, "elsewhere")
	o.must(os.Rename(o.peopleFile(id), folder))
	t, err := o.answer(context.Background(), r, of)
	o.must(err)
	o.must(t.table.Keep(id))
	text, err := os.ReadFile(o.peopleFile(id))
	o.must(errors.Join(err, os.Rename(folder, o.peopleFile(id))))
	return text
}

var keyField = regexp.MustCompile(`"key":"[^"]*",`)

// unkeyed is a file of the store as an earlier program would have written it.
func unkeyed(o *office, text []byte) []byte {
	o.t.Helper()
	line, rest, _ := bytes.Cut(text, []byte("\n"))
	line = keyField.ReplaceAll(line, nil)
	line = append(regexp.MustCompile(`,"gifts":true`).ReplaceAll(bytes.Replace(line, []byte(`"version":2`), []byte(`"version":1`), 1), nil), '\n')
	rest = rest[32 : len(rest)-32]
	head, whole := sha256.Sum256(line), sha256.Sum256(slices.Concat(line, rest))
	return slices.Concat(line, head[:], rest, whole[:])
}

// TestAccept: what an earlier program has kept of a request stops every other, until it
// is withdrawn, or a guardian or custodian answers for it. Then it is compared with; and
// of its persons nothing is added up, as nobody knows what they gave to it.
func TestAccept(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.employ("ann author", "bob reviewer", "cyd reviewer", "dan guardian")
	o.reopen()
	ctx := context.Background()
	id := o.lies(func(_ *Request, t *made) { t.people = "" })
	text, err := os.ReadFile(o.peopleFile(id))
	o.must(err)
	o.must(os.WriteFile(o.peopleFile(id), unkeyed(o, text), 0o600))
	ask := func(text string) error {
		_, err := o.Ask(ctx, o.ann, Asked{Text: text, Purpose: "planning", Draft: true}, o.from)
		return err
	}
	o.refused(ask(falls), "ohc-marts releases --accept "+id)
	o.refused(Verify(o.config), "whom it counts was kept by an earlier program")
	_, err = o.Look(ctx, o.as("bob"), id)
	o.refused(err, "asked by an earlier program")
	if o.state(id) != Returned {
		t.Fatal(o.state(id))
	}
	o.must(ask(falls)) // nothing of it will leave

	id = o.lies(func(_ *Request, t *made) { t.people = "" })
	text, err = os.ReadFile(o.peopleFile(id))
	o.must(err)
	o.must(os.WriteFile(o.peopleFile(id), unkeyed(o, text), 0o600))
	o.refused(o.Accept(ctx, o.as("bob"), id, "as in the copy"), "neither custodian nor guardian")
	o.refused(o.Accept(ctx, o.as("dan"), id, ""), "says by what they know")
	o.must(o.Accept(ctx, o.as("dan"), id, "as in the copy"))
	o.refused(o.Accept(ctx, o.as("dan"), id, "as in the copy"), "nothing of it is to be accepted")
	o.must(Verify(o.config))
	o.must(ask(falls))
	o.must(ask(costs)) // of what counts alone nobody was told what anybody gave
	changed, err := os.ReadFile(o.peopleFile(id))
	o.must(err)
	changed[len(changed)-40] ^= 1
	o.must(os.WriteFile(o.peopleFile(id), changed, 0o600))
	o.refused(ask(falls), "whom it counts has other bytes")
}

var costs = strings.NewReplacer("persons persons: all", "persons persons: all\n--   cost sum of v: v", "SELECT person_id,", "SELECT person_id, 7 + person_id % 90 AS v,").Replace(falls)

// TestAcceptWithoutValues: of the persons of a release that shows what is added up, and
// of which an earlier program has not kept what they gave to it, nothing is added up.
func TestAcceptWithoutValues(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.employ("ann author", "bob reviewer", "cyd reviewer", "dan guardian")
	o.reopen()
	ctx := context.Background()
	ask := func(text string) error {
		_, err := o.Ask(ctx, o.ann, Asked{Text: text, Purpose: "planning", Draft: true}, o.from)
		return err
	}
	id := o.lie(costs, func(_ *Request, t *made) { t.people = "" })
	text, err := os.ReadFile(o.peopleFile(id))
	o.must(err)
	o.must(os.WriteFile(o.peopleFile(id), unkeyed(o, text), 0o600))
	o.must(o.Accept(ctx, o.as("dan"), id, "as in the copy"))
	o.must(ask(falls))
	if err := ask(costs); !errors.Is(err, disclose.ErrRefused) || !strings.Contains(err.Error(), "without what each gave to it") {
		t.Error(err)
	}
}

// TestVerifyWhileAsked: of a request that is being written, or was when the desk died, the
// verification finds nothing; and the next command takes it away.
func TestVerifyWhileAsked(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	ctx := context.Background()
	q := Asked{Text: falls, Purpose: "planning"}
	m, err := o.published(o.from)
	o.must(err)
	question, profile, err := o.understand(q, m)
	o.must(err)
	r := o.asks(o.ann, q, m)
	made, err := o.answer(ctx, r, task{question, profile, o.from, []string{}, "blind", false})
	o.must(err)
	o.must(o.requests.draft(&r, made.files))
	o.must(made.table.Keep(r.ID))
	o.must(Verify(o.config))
	o.ask()
	if disclose.Keeps(o.figures(), r.ID) {
		t.Error("whom it counts is kept")
	}
	o.must(Verify(o.config))
}
