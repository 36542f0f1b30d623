package register

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"secondaryuse/marts/domain"
	"secondaryuse/marts/sign"
	"secondaryuse/marts/sign/signtest"
	"secondaryuse/testdata/openssl"
)

// made makes an empty register.
func made(t testing.TB) *Register {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "register")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func all(digests ...[16]byte) iter.Seq2[[16]byte, error] {
	return func(yield func([16]byte, error) bool) {
		for _, d := range digests {
			if !yield(d, nil) {
				return
			}
		}
	}
}

// issue is one with the given persons.
func issue(t testing.TB, r *Register, name string, digests ...[16]byte) Issue {
	t.Helper()
	p, err := r.Persons(all(digests...))
	if err != nil {
		t.Fatal(err)
	}
	sum := strings.Repeat("0f", 32)
	return Issue{Kind: "extract", Name: name, Project: "falls", Purpose: "research", Recipients: []string{"University of X"}, Snapshot: "20261101", Domain: "00112233", RegisterKey: "0badcafe",
		By: "Ada Asker", At: time.Unix(1_790_000_000, 0).UTC(), Ends: "2027-11-01", Retain: "2028-11-01", Files: []File{{Name: "falls.tar", Bytes: 5, SHA256: sum}},
		Counts: map[string]int64{"persons": p.Count}, Persons: p, Applicant: "Ruth Hall", Approvals: []Approval{approval(t, "Carl"), approval(t, "Gwen")}}
}

// approval is that of somebody of the project falls, with whatever else is said.
func approval(t testing.TB, by string, edits ...string) Approval {
	t.Helper()
	a := Approval{By: by, At: time.Unix(1_780_000_000, 0).UTC(), Subject: strings.Repeat("0f", 32)}
	a.Statement = strings.NewReplacer(edits...).Replace(fmt.Sprintf(`{"project":"falls","reference":"R","digest":"%s","by":"%s","at":"%s"}`, a.Subject, a.By, a.At.Format(time.RFC3339)))
	a.Signature = sign.Sign(signtest.Key(t, by), "project-approval", []byte(a.Statement))
	return a
}

func TestIssued(t *testing.T) {
	r := made(t)
	if got, err := r.Issued(); len(got) != 0 || err != nil {
		t.Fatal(got, err)
	}
	one, two := issue(t, r, "one", [16]byte{1}), issue(t, r, "two", [16]byte{1}, [16]byte{2})
	if err := r.Step(t.Context(), Step{What: "requested", Kind: "extract", Name: "one", By: "Ada Asker", At: one.At}); err != nil {
		t.Fatal(err)
	}
	for _, i := range []Issue{one, two} {
		if err := r.Issue(t.Context(), i); err != nil {
			t.Fatal(err)
		}
	}
	one.Number, two.Number = 2, 3
	if got, err := r.Issued(); err != nil || !reflect.DeepEqual(got, []Issue{one, two}) {
		t.Errorf("%+v %v", got, err)
	}
	if head, err := r.Head(t.Context()); err != nil || !strings.HasPrefix(head, "3:") {
		t.Error(head, err)
	}
	if steps, err := r.Steps(); err != nil || len(steps) != 3 || steps[0].What != "requested" || steps[2].Number != 3 {
		t.Error(steps, err)
	}
}

// TestStepsAreStrict holds that what lacks something is not written.
func TestStepsAreStrict(t *testing.T) {
	r := made(t)
	good := issue(t, r, "one", [16]byte{1})
	for name, spoil := range map[string]func(i *Issue){
		"no kind": func(i *Issue) { i.Kind = "" }, "a project": func(i *Issue) { i.Kind = "project" }, "no name": func(i *Issue) { i.Name = "" }, "two lines": func(i *Issue) { i.Name = "a\nb" },
		"nobody": func(i *Issue) { i.By = "" }, "no time": func(i *Issue) { i.At = time.Time{} }, "no purpose": func(i *Issue) { i.Purpose = " " }, "no snapshot": func(i *Issue) { i.Snapshot = "" },
		"no domain": func(i *Issue) { i.Domain = "" }, "no key": func(i *Issue) { i.RegisterKey = "" }, "no files": func(i *Issue) { i.Files = nil }, "a file without a hash": func(i *Issue) { i.Files = []File{{Name: "a"}} },
		"no persons": func(i *Issue) { i.Persons = Persons{} }, "other persons": func(i *Issue) { i.Persons.SHA256 = strings.Repeat("a", 64) }, "more persons": func(i *Issue) { i.Persons.Count++ },
		"persons elsewhere": func(i *Issue) { i.Persons.SHA256 = "../head" }, "nobody to send it to": func(i *Issue) { i.Recipients = nil }, "no end": func(i *Issue) { i.Ends = "" },
		"no day": func(i *Issue) { i.Retain = "2028-02-30" }, "an approval of nothing": func(i *Issue) { i.Approvals = []Approval{{By: "B", At: i.At}} },
	} {
		i := good
		if spoil(&i); r.Issue(t.Context(), i) == nil {
			t.Errorf("%s: written", name)
		}
	}
	for name, s := range map[string]Step{
		"unknown": {What: "lost", Kind: "extract", Name: "a", By: "b", At: good.At}, "issued what": {What: "issued", Kind: "extract", Name: "a", By: "b", At: good.At},
		"no subject": {What: "approved", Kind: "project", Name: "a", By: "b", At: good.At, Subject: "abc"}, "an issue": {What: "approved", Kind: "extract", Name: "one", By: good.By, At: good.At, Issue: &good},
	} {
		if r.Step(t.Context(), s) == nil {
			t.Errorf("%s: written", name)
		}
	}
	if steps, err := r.Steps(); len(steps) != 0 || err != nil {
		t.Error(steps, err)
	}
}

// TestOpenRefuses holds that a register that is not there, or that others can read,
// is not taken for one of nothing.
func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(filepath.Join(dir, "none")); err == nil || !strings.Contains(err.Error(), "next: ") {
		t.Error(err)
	}
	open, file := filepath.Join(dir, "open"), filepath.Join(dir, "file")
	if err := os.Mkdir(open, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{open, file} {
		if _, err := Open(path); err == nil {
			t.Error(path, "was opened")
		}
	}
}

// TestPersons holds that a file of digests holds each that was given once, in order,
// whatever fits into memory at once, and that it is called by what it holds.
func TestPersons(t *testing.T) {
	r := made(t)
	defer func(n int) { held = n }(held)
	rapid.Check(t, func(t *rapid.T) {
		held = rapid.IntRange(1, 10).Draw(t, "held")
		var given, want [][16]byte
		for _, b := range rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 1, 2), 0, 60).Draw(t, "digests") {
			var d [16]byte
			copy(d[:], b)
			given = append(given, d)
		}
		want = slices.Compact(slices.SortedFunc(slices.Values(given), order))
		p, err := r.Persons(all(given...))
		if err != nil || p.Count != int64(len(want)) {
			t.Fatal(p, err)
		}
		var got [][16]byte
		for d, err := range r.Each(p) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, d)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%x, want %x", got, want)
		}
	})
	left, _ := filepath.Glob(filepath.Join(r.dir, persons, ".half-*"))
	if len(left) > 0 {
		t.Error("left:", left)
	}
}

// TestDigest holds a digest to a fixed value and to a second implementation of
// HMAC-SHA-256, and that another key, domain or person has another.
func TestDigest(t *testing.T) {
	k, err := domain.New(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	d := Digest(k, "00112233", 42)
	if got := hex.EncodeToString(d[:]); got != "52f02743fc251856c00e9934bd0fc118" {
		t.Error(got)
	}
	other, _ := domain.New(bytes.Repeat([]byte{8}, 32))
	if d == Digest(k, "00112234", 42) || d == Digest(k, "00112233", 43) || d == Digest(other, "00112233", 42) {
		t.Error("two have one digest")
	}
	if sum := openssl.HMAC(t, strings.Repeat("07", 32), "register\x1f00112233\x1f\x00\x00\x00\x00\x00\x00\x00\x2a"); !bytes.Equal(sum[:16], d[:]) {
		t.Errorf("openssl says %x", sum[:16])
	}
}
