package register

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"secondaryuse/marts/people"
	"secondaryuse/marts/sign"
	"secondaryuse/marts/sign/signtest"
	"secondaryuse/pipeline/audit"
)

// unapproved are approvals with which nothing is issued, and in whose place nothing
// that was issued is proven.
func unapproved(t testing.TB) map[string]func(i *Issue) {
	later := func(i *Issue) { i.At = time.Unix(1_779_999_999, 0).UTC() }
	put := func(a Approval) func(i *Issue) { return func(i *Issue) { i.Approvals[1] = a } }
	other := approval(t, "Gwen")
	other.By = "Dora"
	vote := approval(t, "Gwen")
	vote.Signature = sign.Sign(signtest.Key(t, "Gwen"), "desk-vote", []byte(vote.Statement))
	stolen := approval(t, "Gwen")
	stolen.Signature = approval(t, "Carl").Signature
	return map[string]func(i *Issue){
		"none": func(i *Issue) { i.Approvals = nil }, "one": func(i *Issue) { i.Approvals = i.Approvals[:1] }, "twice one": put(approval(t, "Carl")),
		"without what was signed": func(i *Issue) { i.Approvals[0].Statement = "" }, "another's name": put(other), "another label": put(vote), "another's signature": put(stolen),
		"of another project": put(approval(t, "Gwen", `"falls"`, `"hips"`)), "of another text": put(approval(t, "Gwen", "0f0f", "0e0e")), "of another day": put(approval(t, "Gwen", "2026", "2025")),
		"a vote against": put(approval(t, "Gwen", `"falls"`, `"falls","decision":"reject"`)), "who asked": func(i *Issue) { i.Applicant = "gwen" }, "who gets it": func(i *Issue) { i.Recipients = []string{"University of X", "CARL (University of X)"} }, "afterwards": later,
		"another project": func(i *Issue) { i.Project = "hips" }, "another kind": func(i *Issue) { i.Kind = "release" },
	}
}

// TestApproved holds that nothing is entered as issued without two people's approvals
// of it, each as it was signed; and that what was entered so by another way is found.
func TestApproved(t *testing.T) {
	for name, spoil := range unapproved(t) {
		r := made(t)
		i := issue(t, r, "one", [16]byte{1})
		if spoil(&i); r.Issue(t.Context(), i) == nil {
			t.Errorf("%s: written", name)
		}
		if err := r.Step(t.Context(), Step{What: "issued", Kind: i.Kind, Name: i.Name, By: i.By, At: i.At, Issue: &i}); err != nil {
			t.Fatal(name, err)
		}
		if f := findings(t, r); len(f) != 1 || !strings.Contains(f[0], "step 1: ") {
			t.Errorf("%s: %v", name, f)
		}
	}
}

// TestStrangers holds that whoever has people's public keys alone finds what others
// have signed in their names, and nothing where people have left or have new keys.
func TestStrangers(t *testing.T) {
	r := made(t)
	key := signtest.Key(t, "Dora")
	project := approval(t, "Gwen")
	steps := []Step{
		Step{What: "recalled", Kind: "extract", Name: "one", By: "Dora", At: time.Unix(1_790_000_001, 0).UTC()}.Signed(key),
		{What: "approved", Kind: "project", Name: "falls", By: "Gwen", At: project.At, Subject: project.Subject, Statement: project.Statement, Signature: &project.Signature},
	}
	if err := r.Issue(t.Context(), issue(t, r, "one", [16]byte{1})); err != nil {
		t.Fatal(err)
	}
	for _, s := range steps {
		if err := r.Step(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		for _, spoil := range []func(s *Step){func(s *Step) { s.Name = "hips" }, func(s *Step) { s.By = "Carl" }, func(s *Step) { s.At = s.At.Add(time.Second) }, func(s *Step) { s.Subject = strings.Repeat("0e", 32) }} {
			bad := s
			if spoil(&bad); r.Step(t.Context(), bad) == nil {
				t.Errorf("%+v: written", bad)
			}
		}
	}
	all := people.People{{Name: "Carl", Roles: []people.Role{people.Guardian}, Key: signtest.Key(t, "Carl").Public()}, {Name: "Gwen", Roles: []people.Role{people.Former}, Key: signtest.Key(t, "Gwen").Public()},
		{Name: "Dora", Roles: []people.Role{people.Custodian}, Key: signtest.New(t).Public(), Past: []sign.Public{key.Public()}}}
	if f, err := r.Strangers(all); err != nil || len(f) > 0 {
		t.Error(f, err)
	}
	for k, want := range []int{1, 2, 1} { // Gwen's are of the project and of the extract
		some := append(people.People{}, all...)
		some[k].Key, some[k].Past = signtest.New(t).Public(), nil
		if f, err := r.Strangers(some); err != nil || len(f) != want || !strings.Contains(f[0], all[k].Name) {
			t.Errorf("%s has another key: %v %v", all[k].Name, f, err)
		}
		if f, err := r.Strangers(append(append(people.People{}, all[:k]...), all[k+1:]...)); err != nil || len(f) != want {
			t.Errorf("%s is not there: %v %v", all[k].Name, f, err)
		}
	}
}

// TestApprovalIsText holds that an approval that the log has can be verified with what
// stands in it and a public key.
func TestApprovalIsText(t *testing.T) {
	r := made(t)
	if err := r.Issue(t.Context(), issue(t, r, "one", [16]byte{1})); err != nil {
		t.Fatal(err)
	}
	line, err := os.ReadFile(filepath.Join(audit.Path(r.dir)))
	if err != nil {
		t.Fatal(err)
	}
	var said struct {
		Record struct {
			Issue struct{ Approvals []Approval }
		}
	}
	if err := json.Unmarshal(line, &said); err != nil || len(said.Record.Issue.Approvals) != 2 {
		t.Fatal(err, string(line))
	}
	for _, a := range said.Record.Issue.Approvals {
		if err := sign.Verify(signtest.Key(t, a.By).Public(), "project-approval", []byte(a.Statement), a.Signature); err != nil {
			t.Error(err)
		}
	}
}
