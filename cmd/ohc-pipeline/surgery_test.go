package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"secondaryuse/marts/domain/keyring"
	"secondaryuse/marts/domain/keyring/kek"
	"secondaryuse/marts/reversal"
	"secondaryuse/marts/sign"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/config"
)

// surgery is an installation that may hand numbers back to two practices.
type surgery struct {
	*odd
	identity map[string]*age.X25519Identity // by practice
	number   map[int64]string               // by person_id, of whom it is known
	codes    []string                       // of the two practices
	mine     []int64                        // of the first practice
	theirs   []int64                        // of the second
}

func newSurgery(t *testing.T, reversible bool) *surgery {
	d := newDeltas(t, 120, 5, 0)
	s := &surgery{identity: make(map[string]*age.X25519Identity), number: make(map[int64]string)}
	public := make(map[string]string)
	for _, of := range []string{"kek", "a", "b"} {
		id, err := age.GenerateX25519Identity()
		if err == nil {
			err = os.WriteFile(filepath.Join(d.root, of+".txt"), []byte(id.String()+"\n"), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		s.identity[of], public[of] = id, id.Recipient().String()
	}
	for _, who := range []string{"ada", "gus", "cora", "rob"} {
		if err := sign.Make(filepath.Join(d.root, who)); err != nil {
			t.Fatal(err)
		}
	}
	own, err := kek.Open(kek.Config{Identity: filepath.Join(d.root, "kek.txt")})
	if err == nil {
		err = os.MkdirAll(filepath.Join(d.root, "keys"), 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
	ring, err := keyring.Open(filepath.Join(d.root, "keys"), own)
	if err == nil {
		_, err = ring.Create("planning", d.plan.AsOf, reversible)
	}
	if err == nil {
		_, err = ring.Create("project-heart", d.plan.AsOf, reversible)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.odd = d.odd()
	s.staff()
	practices := s.practices()
	s.codes = practices
	d.edits = append(d.edits, "gates:\n", fmt.Sprintf("key_encryption: {identity: %s/kek.txt}\npeople: %s/people.yaml\nreidentification: {most: 50, practices: {%s: %s, %s: %s}}\n"+
		"linkage: {projects: %s, link: [{project: falls, approval: 26/CAG/0042, until: 2999-01-01, salt: %s/salt, custodian: %s}]}\ngates:\n",
		d.root, d.root, practices[0], public["a"], practices[1], public["b"], d.root, d.root, public["a"]))
	s.identity[practices[0]], s.identity[practices[1]] = s.identity["a"], s.identity["b"]
	c := s.config("kept")
	s.land(c, "day0", s.plan.AsOf, false)
	s.run(c)
	s.know(c, practices)
	return s
}

// staff writes the file of people.
func (s *surgery) staff() {
	s.t.Helper()
	text := "people:\n"
	for who, is := range map[string]string{"ada": "Ada Asker, roles: [author]", "gus": "Gus Guardian, roles: [guardian]", "cora": "Cora Custodian, roles: [custodian]", "rob": "Rob Reviewer, roles: [reviewer]"} {
		text += "  - {name: " + is + ", key: '" + s.key(who).Public().String() + "'}\n"
	}
	if err := os.WriteFile(filepath.Join(s.root, "people.yaml"), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *surgery) key(who string) sign.Private {
	s.t.Helper()
	k, err := sign.Open(filepath.Join(s.root, who))
	if err != nil {
		s.t.Fatal(err)
	}
	return k
}

// practices are the two that most patients of the feed are registered with.
func (s *surgery) practices() []string {
	n := make(map[string]int)
	for _, p := range s.patients {
		if gp, ok := p["generalPractitioner"].([]any); ok {
			ref := gp[0].(resource)
			if id, ok := ref["identifier"].(resource); ok {
				n[id["value"].(string)]++
			}
		}
	}
	var all []string
	for code := range n {
		all = append(all, code)
	}
	slices.SortFunc(all, func(a, b string) int { return n[b] - n[a] })
	if len(all) < 2 {
		s.t.Fatal("fewer than two practices")
	}
	return all[:2]
}

// know finds out who is registered where, and what their numbers are.
func (s *surgery) know(c config.Config, practices []string) {
	s.t.Helper()
	p, err := newProof(c, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	h, err := openKeys(c, false)
	if err != nil {
		s.t.Fatal(err)
	}
	key, _, err := h.domain("planning")
	if err != nil {
		s.t.Fatal(err)
	}
	for i := range s.patients {
		s.number[key.ID(p.key.Person(nhs(s.t, s.numberText(i))))] = s.numberText(i)
	}
	dir, _, err := snapshot.Current(c.Marts)
	if err != nil {
		s.t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT person_id, practice FROM read_parquet('" + filepath.Join(dir, "population.parquet") + "') WHERE registered ORDER BY 1")
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var practice string
		if err := rows.Scan(&id, &practice); err != nil {
			s.t.Fatal(err)
		}
		switch {
		case s.number[id] == "":
		case practice == practices[0]:
			s.mine = append(s.mine, id)
		case practice == practices[1]:
			s.theirs = append(s.theirs, id)
		}
	}
	if len(s.mine) < 3 || len(s.theirs) < 1 {
		s.t.Fatalf("%d and %d are registered", len(s.mine), len(s.theirs))
	}
}

// asked is a request on its way, and the files of it.
type asking struct {
	*surgery
	dir string
}

// ask writes a list and a request, which Ada Asker signs, and then some people.
func (s *surgery) ask(r reversal.Request, ids []int64, by ...string) (asking, error) {
	s.t.Helper()
	a := asking{s, s.t.TempDir()}
	a.list(ids)
	if r.Made.IsZero() {
		r.Made = nowIn(s.now()).Add(-time.Hour)
	}
	if r.Expires.IsZero() {
		r.Expires = r.Made.Add(48 * time.Hour)
	}
	r.By, r.Reason, r.Approval = "Ada Asker", "rising risk", "CG/2026/17"
	if r.Domain == "" {
		r.Domain = "planning"
	}
	if err := request(s.config("kept"), r, a.path("list"), a.path("request")); err != nil {
		return a, err
	}
	for _, who := range append([]string{"ada"}, by...) {
		f, err := reversal.Read(a.path("request"))
		if err != nil {
			s.t.Fatal(err)
		}
		if err := f.Sign(s.key(who)); err != nil {
			s.t.Fatal(err)
		}
		if err := f.Write(a.path("request")); err != nil {
			s.t.Fatal(err)
		}
	}
	return a, nil
}

func (a asking) path(name string) string { return filepath.Join(a.dir, name) }

func (a asking) list(ids []int64) {
	text := ""
	for _, id := range ids {
		text += fmt.Sprintln(id)
	}
	if err := os.WriteFile(a.path("list"), []byte(text), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

// hand does what was asked for, and returns what the practice reads.
func (a asking) hand(ctx context.Context, practice string) (string, error) {
	a.t.Helper()
	c := a.config("kept")
	err := attested(called(ctx, "hand"), c, func(ctx context.Context, d *deed) error {
		told, err := handBack(ctx, c, a.path("request"), a.path("list"), a.path("out"), d)
		if strings.Contains(told, "9434") {
			a.t.Error("a number is told")
		}
		return err
	})
	data, missing := os.ReadFile(a.path("out"))
	if err != nil {
		if missing == nil {
			a.t.Error("it was refused, and something was written")
		}
		return "", err
	}
	r, err := age.Decrypt(bytes.NewReader(data), a.identity[practice])
	if err != nil {
		a.t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		a.t.Fatal(err)
	}
	for _, n := range a.number {
		if bytes.Contains(data, []byte(n)) {
			a.t.Error("a number is in clear")
		}
	}
	return string(text), nil
}

// lines is what a practice ought to read of some people.
func (s *surgery) lines(ids ...int64) string {
	slices.Sort(ids)
	out := "person_id,nhs_number\n"
	for _, id := range ids {
		out += fmt.Sprintf("%d,%s\n", id, s.number[id])
	}
	return out
}

// edit replaces a text in the file of a request.
func (a asking) edit(old, new string) { a.replace(a.path("request"), old, new) }

// people replaces a text in the file of people.
func (a asking) people(old, new string) {
	a.replace(filepath.Join(a.root, "people.yaml"), old, new)
}

func (a asking) replace(path, old, new string) {
	a.t.Helper()
	text, err := os.ReadFile(path)
	if !bytes.Contains(text, []byte(old)) {
		a.t.Fatalf("%s: no %q: %v", path, old, err)
	}
	if err := os.WriteFile(path, bytes.ReplaceAll(text, []byte(old), []byte(new)), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

// unsigned takes all signatures off a request.
func (a asking) unsigned() { a.change(func(f *reversal.File) { f.Signatures = nil }) }

// add puts a signature under a request as no command does.
func (a asking) add(who, label string) {
	a.change(func(f *reversal.File) {
		text, err := json.Marshal(f.Request)
		if err != nil {
			a.t.Fatal(err)
		}
		f.Signatures = append(f.Signatures, sign.Sign(a.key(who), label, text))
	})
}

func (a asking) change(how func(f *reversal.File)) {
	a.t.Helper()
	f, err := reversal.Read(a.path("request"))
	if err != nil {
		a.t.Fatal(err)
	}
	how(&f)
	if err := f.Write(a.path("request")); err != nil {
		a.t.Fatal(err)
	}
}
