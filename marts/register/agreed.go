package register

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Agreed is what the register has of who approves a project.
type Agreed struct {
	Standing  []Step            // the approvals of what was approved last, where nobody has withdrawn since
	Before    []Step            // those of what two people had approved before that
	Withdrawn *Step             // who has withdrawn, where nobody has approved since
	Since     *Step             // who has withdrawn last, since those of Before stood
	Said      map[string]string // by digest: what the project said that was approved

	seen map[string]bool // what was signed
}

// Agreed returns what the register has of who approves a project. What it said before
// is approved no more once somebody has approved what it says now; and an approval counts
// once, where it was entered: a copy of one that was withdrawn is none.
func (r *Register) Agreed(project string) (Agreed, error) {
	steps, err := r.Steps()
	var a Agreed
	for _, s := range steps {
		if s.Kind == "project" && s.Name == project {
			a.take(s)
		}
	}
	return a, err
}

// take is what becomes of a project with a step.
func (a *Agreed) take(s Step) {
	switch {
	case s.What == "withdrawn":
		a.lapse()
		a.Withdrawn, a.Since = &s, &s
	case s.What != "approved" || s.Statement == "" || a.seen[s.Statement]:
		return
	default:
		if a.seen == nil {
			a.seen, a.Said = make(map[string]bool), make(map[string]string)
		}
		if len(a.Standing) > 0 && a.Standing[0].Subject != s.Subject {
			a.lapse()
		}
		a.seen[s.Statement], a.Withdrawn, a.Standing = true, nil, append(a.Standing, s)
		if s.Said != "" {
			a.Said[s.Subject] = s.Said
		}
	}
}

// lapse ends what stands.
func (a *Agreed) lapse() {
	names := make(map[string]bool)
	for _, s := range a.Standing {
		names[strings.ToLower(s.By)] = true
	}
	if len(names) >= approvers {
		a.Before, a.Since = a.Standing, nil
	}
	a.Standing = nil
}

// refuses says why an extract may not be issued with these approvals: they do not stand.
// Of a project of which no approval was ever entered, it is not said.
func (a *Agreed) refuses(approvals []Approval) error {
	if len(a.seen) == 0 {
		return nil
	}
	if a.Withdrawn != nil {
		return fmt.Errorf("its approval was withdrawn by %s", a.Withdrawn.By)
	}
	for _, x := range approvals {
		if !slices.ContainsFunc(a.Standing, func(s Step) bool { return s.Statement == x.Statement }) {
			return fmt.Errorf("the approval of %s does not stand: it was withdrawn, or the project was approved as something else since, or it was never entered", x.By)
		}
	}
	return nil
}

// turn waits until nobody else decides by what the register has of projects, and holds
// it until unlock is called: between an approval that is withdrawn and an extract that is
// issued under it, one is first.
func (r *Register) turn() (unlock func() error, err error) {
	f, err := os.OpenFile(filepath.Join(r.dir, "turn"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	for err = syscall.EINTR; errors.Is(err, syscall.EINTR); {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("register: %w", err), f.Close())
	}
	return f.Close, nil
}

// decide adds a step that is about who approves a project, or that stands on it, while
// nobody else does.
func (r *Register) decide(ctx context.Context, project string, s Step, refuses func(a Agreed) error) (err error) {
	unlock, err := r.turn()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	a, err := r.Agreed(project)
	if err != nil {
		return err
	}
	if err := refuses(a); err != nil {
		return err
	}
	return r.add(ctx, s)
}
