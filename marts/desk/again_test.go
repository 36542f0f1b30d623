package desk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"secondaryuse/marts/disclose"
)

// lies has Ann ask for falls by a program of hers that writes what it likes: all of it
// is signed and in the register as it should be.
func (o *office) lies(change func(r *Request, t *made)) string {
	o.t.Helper()
	return o.lie(falls, change)
}

func (o *office) lie(question string, change func(r *Request, t *made)) string {
	o.t.Helper()
	q := Asked{Text: question, Purpose: "planning", Context: "the board"}
	m, err := o.published(o.from)
	o.must(err)
	table, profile, err := o.understand(q, m)
	o.must(err)
	r := o.asks(o.ann, q, m)
	r.Name, r.Profile, r.Rules = table.Name, profile.Name, sum(canonical(profile))
	o.must(o.enter(context.Background(), "", func(standing) error {
		t, err := o.answer(context.Background(), r, task{table, profile, o.from, nil, strings.Repeat("b", 26), false})
		o.must(err)
		change(&r, &t)
		return errors.Join(o.begin(context.Background(), o.ann, r, q, t), t.table.Close())
	}))
	return r.ID
}

// rewrites changes what is kept of a table.
func (o *office) rewrites(t *made, change func(k *kept)) {
	o.t.Helper()
	change(&t.kept)
	t.files[keptFile] = canonical(t.kept)
}

// shows changes a figure wherever a request has it, sealed as if it had been controlled.
func (o *office) shows(t *made, row, column int, figure string) {
	o.t.Helper()
	var s struct {
		Columns []string        `json:"columns"`
		Rows    [][]string      `json:"rows"`
		Record  json.RawMessage `json:"record"`
	}
	o.must(json.Unmarshal(t.files[sealFile], &s))
	s.Rows[row][column] = figure
	seal, err := json.Marshal(s)
	o.must(err)
	csv := strings.Join(s.Columns, ",") + "\n"
	for _, r := range s.Rows {
		csv += strings.Join(r, ",") + "\n"
	}
	digest := fmt.Sprintf("%x", sha256.Sum256(append([]byte(csv), append(s.Record, '\n')...)))
	_, err = disclose.Unseal(seal, digest)
	o.must(err)
	t.files[sealFile], t.files[tableFile] = seal, []byte(csv)
	o.rewrites(t, func(k *kept) { k.Shown, k.Digest = s.Rows, digest })
}

// lie is what an author's program writes falsely, and what is told of it.
var lie = map[string]struct {
	tell func(o *office, r *Request, t *made)
	want string
}{
	"another figure":      {func(o *office, _ *Request, t *made) { o.shows(t, 0, 1, "35") }, "the figures shown, the record of the rules"},
	"a figure is hidden":  {func(o *office, _ *Request, t *made) { o.shows(t, 2, 2, "3") }, "the figures shown, the record of the rules"},
	"a true figure":       {func(o *office, _ *Request, t *made) { o.rewrites(t, func(k *kept) { k.True[2][2] = "30" }) }, "not the same: the true figures;"},
	"no findings":         {func(o *office, _ *Request, t *made) { o.rewrites(t, func(k *kept) { k.Findings = nil }) }, "not the same: the findings;"},
	"a softer finding":    {func(o *office, _ *Request, t *made) { o.rewrites(t, func(k *kept) { k.Findings[0].Text = "nothing" }) }, "not the same: the findings;"},
	"the summary":         {func(o *office, _ *Request, t *made) { o.rewrites(t, func(k *kept) { k.Measures[0].Fewest = 30 }) }, "not the same: the summary;"},
	"the columns":         {func(o *office, _ *Request, t *made) { o.rewrites(t, func(k *kept) { k.Columns[1] = "persons" }) }, "the figures shown"},
	"how many dimensions": {func(o *office, _ *Request, t *made) { o.rewrites(t, func(k *kept) { k.Dimensions = 2 }) }, "how it is kept"},
	"other persons": {func(o *office, _ *Request, t *made) {
		p, err := o.register.Persons(func(yield func([16]byte, error) bool) { yield([16]byte{1}, nil) })
		o.must(err)
		o.rewrites(t, func(k *kept) { k.Persons = p })
	}, "not the same: its persons;"},
	"the record of the rules": {func(o *office, _ *Request, t *made) {
		t.files[sealFile] = bytes.Replace(t.files[sealFile], []byte(`"hide":7`), []byte(`"hide":1`), 1)
	}, "the record of the rules"},
	"another table": {func(o *office, _ *Request, t *made) {
		t.files[tableFile] = bytes.ReplaceAll(t.files[tableFile], []byte("*"), []byte("9"))
	}, "not the same: the figures shown;"},
	"another question": {func(o *office, _ *Request, t *made) {
		t.files[queryFile] = bytes.Replace(t.files[queryFile], []byte("fell FROM population"), []byte("NOT fell AS fell FROM population"), 1)
	}, "the true figures"},
	"another question, as it is called": {func(o *office, _ *Request, t *made) {
		t.files[queryFile] = bytes.Replace(t.files[queryFile], []byte("release: falls"), []byte("release: births"), 1)
	}, "another snapshot or question"},
	"another domain": {func(_ *office, r *Request, _ *made) { r.Domain = "00000000" }, "another snapshot or question"},
	"a file more":    {func(_ *office, _ *Request, t *made) { t.files["more.txt"] = []byte("approve it") }, "how it is kept"},
	"whom it counts": {func(o *office, r *Request, t *made) { o.forgets(r, t) }, "not the same: whom each figure counts;"},
}

// forgets has others kept under the register's key than those whom the table counts.
func (o *office) forgets(r *Request, t *made) {
	o.t.Helper()
	few := strings.Replace(falls, "FROM population", "FROM population WHERE person_id >= 1020", 1)
	q, err := disclose.Load(few)
	o.must(err)
	p, err := disclose.Choose("hes")
	o.must(err)
	other, err := o.answer(context.Background(), *r, task{q, p, o.from, nil, "b", false})
	o.must(err)
	o.must(t.table.Close())
	t.table, t.people = other.table, other.people
}

// TestFalseFigures: whatever an author's program has written falsely is found by the
// program of the first reviewer, by that of the second where the first one's lies as
// well, and by that which writes the file where both do. Nothing leaves, and the
// register has why.
func TestFalseFigures(t *testing.T) {
	t.Parallel()
	for name, tc := range lie {
		for when, find := range map[string]func(o *office, id string) error{
			"before the first approval": func(o *office, id string) error {
				_, err := o.Look(context.Background(), o.bob, id)
				return err
			},
			"after it": func(o *office, id string) error {
				o.blindly(o.bob, id)
				_, err := o.Look(context.Background(), o.cyd, id)
				return err
			},
			"at the second": func(o *office, id string) error {
				o.blindly(o.bob, id)
				s, err := o.stands(id)
				o.must(err)
				o.must(o.step(context.Background(), id, event{what: looked, by: "cyd", digest: s.digest}, nil))
				return o.vote(o.cyd, id, Approve)
			},
			"after both": func(o *office, id string) error {
				o.blindly(o.bob, id)
				o.blindly(o.cyd, id)
				_, err := o.Waiting(context.Background(), o.bob)
				o.must(err)
				return errors.Join(ErrDiffers, why(o))
			},
		} {
			if between := when == "after it" || when == "at the second"; between && name != "another figure" && name != "no findings" && name != "whom it counts" {
				continue // it is found by the same lines as before and after
			}
			t.Run(name+" "+when, func(t *testing.T) {
				t.Parallel()
				o := newOffice(t)
				id := o.lies(func(r *Request, t *made) { tc.tell(o, r, t) })
				err := find(o, id)
				if err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("%v, want %q", err, tc.want)
				}
				if o.state(id) != Returned || len(o.outbox()) > 0 {
					t.Error(o.state(id), o.outbox())
				}
				o.refused(why(o), tc.want)
			})
		}
	}
}

// blindly has a reviewer approve a request by a program that computes nothing and says
// that it has.
func (o *office) blindly(a Actor, id string) {
	o.t.Helper()
	s, err := o.stands(id)
	o.must(err)
	o.must(o.step(context.Background(), id, event{what: looked, by: a.Name, digest: s.digest}, nil))
	o.lastVote(a, id)
}

// TestTrueFigures: the same request, made by the program as it is, is computed to the
// same by everybody: that lies does nothing else than it says.
func TestTrueFigures(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.lies(func(*Request, *made) {})
	o.approve(o.bob, id)
	o.approve(o.cyd, id)
	if o.state(id) != Released {
		t.Error(o.state(id), why(o))
	}
	o.must(Verify(o.config))
}

// TestApprovalsSayWhatWasComputed: an approval that does not name the table that the
// voter's program has computed counts for nothing.
func TestApprovalsSayWhatWasComputed(t *testing.T) {
	t.Parallel()
	for _, made := range []string{"", strings.Repeat("0", 64)} {
		o := newOffice(t)
		id := o.ask()
		o.approve(o.bob, id)
		s, err := o.stands(id)
		o.must(err)
		o.look(o.cyd, id)
		o.write(id, sealVote(o.cyd.key, ballot{Request: id, Digest: s.digest, By: "cyd", Decision: Approve, Made: made, At: "2026-11-22T18:00:00Z"}), "cyd")
		_, err = o.Waiting(context.Background(), o.bob)
		o.must(err)
		o.refused(why(o), "the approval of cyd does not say that their own program has computed this table")
	}
}

// TestPersonsOnDisk: that the files beside a request, of its persons and of whom its
// figures count, are not as they were written is found before anybody approves, and
// before it leaves.
func TestPersonsOnDisk(t *testing.T) {
	t.Parallel()
	for name, harm := range map[string]func(path string) error{
		"changed": func(path string) error {
			text, err := os.ReadFile(path)
			text[len(text)/2] ^= 1
			return errors.Join(err, os.WriteFile(path, text, 0o600))
		},
		"cut short": func(path string) error {
			info, err := os.Stat(path)
			return errors.Join(err, os.Truncate(path, info.Size()-16))
		},
		"gone": os.Remove,
	} {
		for _, figures := range []bool{true, false} {
			t.Run(fmt.Sprint(name, figures), func(t *testing.T) {
				t.Parallel()
				o := newOffice(t)
				id := o.ask()
				path := o.peopleFile(id)
				if !figures {
					path = o.personsOf(id)
				}
				text, err := os.ReadFile(path)
				o.must(err)
				o.approve(o.bob, id)
				o.look(o.cyd, id)
				o.must(harm(path))
				_, err = o.Look(context.Background(), o.cyd, id)
				if err == nil || !errors.Is(err, ErrChanged) && !errors.Is(err, ErrDiffers) || len(o.outbox()) > 0 {
					t.Error(err, o.outbox())
				}
				if !figures {
					return // it is returned
				}
				if err := o.vote(o.cyd, id, Approve); !errors.Is(err, ErrChanged) || o.state(id) != Partially {
					t.Error(err, o.state(id))
				}
				o.must(os.WriteFile(path, text, 0o600))
				o.lastVote(o.cyd, id)
				o.must(harm(path))
				_, err = o.Waiting(context.Background(), o.bob)
				o.must(err)
				o.refused(why(o), "whom it counts")
			})
		}
	}
}

// personsOf is the file of a request's persons.
func (o *office) personsOf(id string) string {
	o.t.Helper()
	text, err := o.requests.read(id, keptFile)
	o.must(err)
	k, err := parseKept(text)
	o.must(err)
	return filepath.Join(o.config.Register, "persons", k.Persons.SHA256)
}

// TestComparedAsItWas: a request is computed again with the very requests that it was
// compared with when it was asked, whatever became of them; those are forgotten when
// nothing needs them.
func TestComparedAsItWas(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	most := strings.Replace(falls, "FROM population", "FROM population WHERE person_id <> 1001", 1)
	first := o.ask()
	second, err := o.Ask(context.Background(), o.ann, Asked{Text: most, Purpose: "planning", Context: "the board"}, o.from)
	o.must(err)
	o.must(o.Withdraw(context.Background(), o.ann, first, ""))
	third, err := o.Ask(context.Background(), o.ann, Asked{Text: strings.Replace(most, "1001", "1041", 1), Purpose: "planning", Context: "the board"}, o.from) // compared with the second
	o.must(err)
	for _, id := range []string{second, third} {
		v := o.look(o.bob, id)
		if v.kept.Measures[1].OfDifferencing == 0 {
			t.Errorf("%s is not compared with the one before: %+v", id, v.kept.Measures)
		}
	}
	if !disclose.Keeps(o.figures(), first) {
		t.Error("the first is forgotten while the second needs it")
	}
	o.must(o.vote(o.bob, second, Approve))
	o.approve(o.cyd, second)
	if o.state(second) != Released || disclose.Keeps(o.figures(), first) || !disclose.Keeps(o.figures(), second) {
		t.Error(o.state(second))
	}
	o.must(o.vote(o.bob, third, Approve))
	o.approve(o.cyd, third)
	o.must(Verify(o.config))
}

// TestEachLook: each time that a request is computed again for somebody, which takes the
// register's key, the register has who that was.
func TestEachLook(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.ask()
	for n := range 3 {
		_, all, err := o.history()
		o.must(err)
		if looks := len(all[id]) - 2; looks != n {
			t.Errorf("%d looks, the register has %d", n, looks)
		}
		o.look(o.bob, id)
	}
}
