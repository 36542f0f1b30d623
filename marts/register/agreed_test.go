package register

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"secondaryuse/marts/sign/signtest"
)

// given is a step by which somebody approves what the project falls says: the n-th time.
func given(t testing.TB, by, said string, n int) Step {
	t.Helper()
	subject := fmt.Sprintf("%x", sha256.Sum256([]byte(said)))
	a := approval(t, by, strings.Repeat("0f", 32), subject, `"R"`, fmt.Sprintf(`"R%d"`, n))
	return Step{What: "approved", Kind: "project", Name: "falls", By: by, At: a.At, Subject: subject, Said: said, Statement: a.Statement, Signature: &a.Signature}
}

// taken is a step by which somebody takes the approval back.
func taken(t testing.TB, by string) Step {
	t.Helper()
	return Step{What: "withdrawn", Kind: "project", Name: "falls", By: by, At: time.Unix(1_785_000_000, 0).UTC(), Why: "burgled"}.Signed(signtest.Key(t, by))
}

// under is what is issued under approvals.
func under(i Issue, steps ...Step) Issue {
	i.Approvals = nil
	for _, s := range steps {
		i.Approvals = append(i.Approvals, Approval{By: s.By, At: s.At, Subject: s.Subject, Statement: s.Statement, Signature: *s.Signature})
	}
	return i
}

// TestAgreed holds, of any steps, that an extract is issued under the approvals of what
// two people have approved last, and that nobody has withdrawn, and under no others: not
// with such as were entered before, and are entered again.
func TestAgreed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := made(t)
		first := issue(t, r, "one", [16]byte{1})
		var past []Step // every approval that was entered
		var stands []Step
		withdrawn := false
		for n := range rapid.IntRange(1, 12).Draw(rt, "steps") {
			switch rapid.IntRange(0, 4).Draw(rt, "what") {
			case 0, 1:
				s := given(t, rapid.SampledFrom([]string{"Gwen", "Carl"}).Draw(rt, "who"), rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "said"), n)
				if len(stands) > 0 && stands[0].Subject != s.Subject {
					stands = nil
				}
				if err := r.Step(t.Context(), s); err != nil {
					rt.Fatal(err)
				}
				past, stands, withdrawn = append(past, s), append(stands, s), false
			case 2:
				if len(past) > 0 {
					s := rapid.SampledFrom(past).Draw(rt, "again")
					if err := r.Step(t.Context(), s); err != nil {
						rt.Fatal(err)
					}
				}
			case 3:
				err := r.Step(t.Context(), taken(t, "Gwen"))
				if (err == nil) != (len(stands) > 0) || err != nil && !errors.Is(err, ErrRefused) {
					rt.Fatalf("withdrawn with %d that stand: %v", len(stands), err)
				}
				if err == nil {
					stands, withdrawn = nil, true
				}
			case 4:
				if len(past) < 2 {
					continue
				}
				i := under(first, rapid.SampledFrom(past).Draw(rt, "one"), rapid.SampledFrom(past).Draw(rt, "two"))
				if i.approved() != nil {
					continue // not two people's, of one thing
				}
				ok := !withdrawn
				for _, a := range i.Approvals {
					ok = ok && containsStatement(stands, a.Statement)
				}
				i.Name = fmt.Sprintf("extract-%d", n)
				if err := r.Issue(t.Context(), i); (err == nil) != ok || err != nil && !errors.Is(err, ErrRefused) {
					rt.Fatalf("issued, want %v: %v", ok, err)
				}
			}
		}
		a, err := r.Agreed("falls")
		if err != nil || len(a.Standing) != len(stands) || (a.Withdrawn != nil) != withdrawn {
			rt.Fatalf("%d stand, want %d; %v", len(a.Standing), len(stands), err)
		}
		if f := findings(t, r); len(f) > 0 {
			rt.Fatal(f)
		}
	})
}

func containsStatement(steps []Step, text string) bool {
	for _, s := range steps {
		if s.Statement == text {
			return true
		}
	}
	return false
}

// TestIssuedAfterWithdrawn holds that Verify finds what was entered as issued, by
// whomever, after its approval was taken back.
func TestIssuedAfterWithdrawn(t *testing.T) {
	r := made(t)
	gwen, carl := given(t, "Gwen", "a", 1), given(t, "Carl", "a", 1)
	i := under(issue(t, r, "one", [16]byte{1}), gwen, carl)
	for _, s := range []Step{gwen, carl, taken(t, "Gwen"), {What: "issued", Kind: i.Kind, Name: i.Name, By: i.By, At: i.At, Issue: &i}} {
		if err := r.Step(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if f := findings(t, r); len(f) != 1 || !strings.Contains(f[0], "step 4: its approval was withdrawn by Gwen, when it was issued") {
		t.Error(f)
	}
}

// TestWithdrawnAtOnce holds that of many who issue, and one who takes the approval back,
// at the same instant, nothing is issued after it, and that it is taken back once.
func TestWithdrawnAtOnce(t *testing.T) {
	r := made(t)
	gwen, carl := given(t, "Gwen", "a", 1), given(t, "Carl", "a", 1)
	i := under(issue(t, r, "one", [16]byte{1}), gwen, carl)
	for _, s := range []Step{gwen, carl} {
		if err := r.Step(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	back := 0
	for n := range 12 {
		all.Go(func() {
			if n%4 == 0 {
				if err := r.Step(t.Context(), taken(t, "Carl")); err == nil {
					mu.Lock()
					back++
					mu.Unlock()
				} else if !errors.Is(err, ErrRefused) {
					t.Error(err)
				}
				return
			}
			one := i
			one.Name = fmt.Sprintf("extract-%d", n)
			if err := r.Issue(t.Context(), one); err != nil && !errors.Is(err, ErrRefused) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if f := findings(t, r); len(f) > 0 || back != 1 {
		t.Errorf("taken back %d times: %v", back, f)
	}
}

// TestMadeAnew holds that a register is found to be changed of which somebody has made the
// whole log and its head anew without one step, and nothing elsewhere holds a head: who
// approved something afterwards has signed the head of then.
func TestMadeAnew(t *testing.T) {
	r := made(t)
	other := made(t) // the same without the step
	for n, s := range []Step{given(t, "Gwen", "a", 1), taken(t, "Gwen"), given(t, "Carl", "b", 2)} {
		head, err := r.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 2 {
			a := approval(t, s.By, strings.Repeat("0f", 32), s.Subject, `"R"`, fmt.Sprintf(`"R","register":%q`, head))
			s.Statement, s.Signature = a.Statement, &a.Signature
		}
		if err := r.Step(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		if n == 1 {
			continue
		}
		if err := other.Step(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if f := findings(t, r); len(f) > 0 {
		t.Error("as it was:", f)
	}
	if f := findings(t, other); len(f) == 0 || !strings.Contains(f[0], "what Carl has signed") {
		t.Error("without the step by which it was withdrawn:", f)
	}
	if err := other.Whole(t.Context()); err == nil {
		t.Error("something may leave")
	}
}
