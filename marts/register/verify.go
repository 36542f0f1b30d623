package register

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"secondaryuse/pipeline/audit"
)

// Proof is what Verify has found.
type Proof = audit.Proof

// Audit verifies the log and the file head alone, wherever an auditor has copied them to:
// each step, the heads that are kept elsewhere, and the approvals, but not the files of
// digests, which are of persons and which nobody need be given.
func Audit(ctx context.Context, dir string, elsewhere ...Known) (*Register, Proof, error) {
	r := &Register{dir}
	p, _, err := r.log(ctx, elsewhere)
	return r, p, err
}

// Verify reads the whole register, and holds each step to the one before it, the
// newest to the file head and to the heads that are kept elsewhere, and every file
// of digests to the hash and the number that the log has of it, and what was issued to
// its approvals. Findings are what was done to it; an error says that it could not be
// read. Whose the keys of approvals are, Strangers says.
func (r *Register) Verify(ctx context.Context, elsewhere ...Known) (Proof, error) {
	p, issued, err := r.log(ctx, elsewhere)
	if err != nil {
		return p, err
	}
	checked := make(map[Persons]bool)
	for _, i := range issued {
		if why := r.proven(i.Persons); why != "" && !checked[i.Persons] {
			p.Findings = append(p.Findings, fmt.Sprintf("step %d: its persons: %s", i.Number, why))
		}
		checked[i.Persons] = true
	}
	if n := r.orphans(checked); n > 0 {
		p.Notes = append(p.Notes, fmt.Sprintf("files of digests that are of nothing that was issued, but of a table that waits or of what never left: %d", n))
	}
	return p, ctx.Err()
}

// log verifies the log, and what it has of each issue.
func (r *Register) log(ctx context.Context, elsewhere []Known) (Proof, []Issue, error) {
	p, err := audit.Verify(r.dir, func() ([]audit.Claim, error) { return r.claims(ctx, elsewhere) })
	if err != nil {
		return p, nil, fmt.Errorf("register: %w", err)
	}
	if line, _, _ := anchor(r.dir).Anchor(ctx); line == 0 && p.Lines > 0 {
		p.Findings = append(p.Findings, "the file head is gone: what was cut off at the end cannot be told")
	}
	issued, err := r.Issued()
	if err != nil {
		p.Findings = append(p.Findings, err.Error())
	}
	for _, i := range issued {
		if err := i.approved(); err != nil {
			p.Findings = append(p.Findings, fmt.Sprintf("step %d: %v", i.Number, err))
		}
	}
	p.Findings = append(p.Findings, r.overtaken()...)
	return p, issued, ctx.Err()
}

// overtaken says which extracts were entered as issued when their approvals did not stand
// any more.
func (r *Register) overtaken() (found []string) {
	steps, _ := r.Steps() // Verify has said why it cannot be read
	of := make(map[string]*Agreed)
	for _, s := range steps {
		name := s.Name
		if s.Issue != nil {
			name = s.Issue.Project
		}
		if of[name] == nil {
			of[name] = new(Agreed)
		}
		if s.Kind == "project" {
			of[name].take(s)
		}
		if s.Kind == "extract" && s.Issue != nil {
			if err := of[name].refuses(s.Issue.Approvals); err != nil {
				found = append(found, fmt.Sprintf("step %d: %v, when it was issued", s.Number, err))
			}
		}
	}
	return found
}

// orphans counts the files of digests that no issue names.
func (r *Register) orphans(named map[Persons]bool) (n int) {
	of := make(map[string]bool)
	for p := range named {
		of[p.SHA256] = true
	}
	entries, _ := os.ReadDir(filepath.Join(r.dir, persons)) // of no folder there is none
	for _, e := range entries {
		if !of[e.Name()] && !strings.HasPrefix(e.Name(), half) {
			n++
		}
	}
	return n
}

// claims are the heads that are kept: of the file head, and elsewhere.
func (r *Register) claims(ctx context.Context, elsewhere []Known) (out []audit.Claim, err error) {
	for _, k := range slices.Concat(elsewhere, r.heads()) {
		h, err := audit.ParseHead(k.Head)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k.Where, err)
		}
		out = append(out, audit.Claim{Where: k.Where, Head: h})
	}
	line, sum, err := anchor(r.dir).Anchor(ctx)
	if line > 0 {
		out = append(out, audit.Claim{Where: anchor(r.dir).String(), Head: audit.Head{Line: line, SHA256: sum}, Newest: true})
	}
	return out, err
}

// proven says what is wrong with a file of digests.
func (r *Register) proven(p Persons) string {
	f, err := os.Open(filepath.Join(r.dir, persons, p.SHA256))
	if errors.Is(err, os.ErrNotExist) {
		return "the file of digests is gone"
	}
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	switch {
	case err != nil:
		return err.Error()
	case hex.EncodeToString(h.Sum(nil)) != p.SHA256:
		return "the file of digests has other bytes"
	case n != 16*p.Count:
		return "the file of digests has another number of them"
	}
	return ""
}
