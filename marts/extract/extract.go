// Package extract issues what leaves for one approved project: rows about single
// persons, under numbers and on days that no other project has.
//
// Issue is the whole way, in one straight line. It begins with what an extract
// stands on (basis.go): the project as it was approved, valid today; the current
// snapshot, whole and signed; the list of who may be used at this moment; the
// project's own key. Then the persons (persons.go): the cohort, but for everybody who
// may not be used now; each under the number of the project's domain and with the
// offset of their dates. Then the tables and columns that were asked for, coarser
// where that was declared (tables.go), held to the anonymity that was declared, or
// refused (package anonymity). Then all is written (write.go): rows go from the engine
// through a pipe into an archive that is encrypted for each recipient as it grows, so
// that nothing is on a disk in clear but what the engine spills, in a folder that only
// its owner can enter and that is swept, after a crash too (outbox.go). At last it is
// entered in the register, and only then can anybody take it from the outbox.
//
// What is inside of the archive follows from the snapshot, the project, the list of
// who may be used, the keys and the program alone. What is issued is whole and
// entered, or it is not there.
//
// The limits: a person's offset is one number, so that who knows the day of one thing
// in a record knows the days of all; and days of the week are not hidden by it.
package extract

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"secondaryuse/marts/domain/keyring"
	"secondaryuse/marts/duckdb/cut"
	"secondaryuse/marts/egress"
	"secondaryuse/marts/eligible"
	"secondaryuse/marts/register"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/guard"
)

// Order is what is asked for, by whom and when.
type Order struct {
	Project string
	Egress  egress.Config
	KEK     keyring.KEK
	By      string
	Now     time.Time
	Program string // its version
	Memory  string // that the engine may take, as DuckDB writes it; cut.Enough when empty
}

// ErrRefused is wrapped by every reason why nothing may leave.
var ErrRefused = errors.New("nothing leaves")

func refused(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrRefused, fmt.Errorf(format, args...))
}

// Issue issues an extract. When it returns without an error, the extract is in the
// outbox and in the register. Otherwise it is in neither, or, where the register had
// taken it, comes into the outbox with the next call. That something was refused, and
// why, is a step of the register.
func Issue(ctx context.Context, o Order) (Issued, error) {
	r, err := opened(ctx, o)
	if err != nil {
		return Issued{}, err
	}
	issued, err := issue(ctx, o, r)
	if errors.Is(err, ErrRefused) || errors.Is(err, eligible.ErrRefused) || errors.Is(err, snapshot.ErrDamaged) {
		step := register.Step{What: "refused", Kind: "extract", Name: o.Project, By: o.By, At: o.Now, Why: strings.Join(strings.Fields(err.Error()), " ")}
		err = errors.Join(err, r.Step(context.WithoutCancel(ctx), step))
	}
	return issued, err
}

// opened opens the register. Where somebody has changed it nothing leaves, and nothing
// is added to it.
func opened(ctx context.Context, o Order) (*register.Register, error) {
	r, err := register.Open(o.Egress.Register)
	if err != nil {
		return nil, err
	}
	known, err := register.Elsewhere(o.Egress.Outbox, o.Egress.Marts)
	if err == nil {
		err = r.Whole(ctx, known...)
	}
	if err != nil {
		return nil, refused("%w", err)
	}
	return r, nil
}

func issue(ctx context.Context, o Order, r *register.Register) (issued Issued, err error) {
	b, err := stand(ctx, o, r)
	if err != nil {
		return Issued{}, err
	}
	box, err := openOutbox(o.Egress.Outbox, b.register)
	if err != nil {
		return Issued{}, err
	}
	defer func() { err = errors.Join(err, box.close()) }()
	who, err := b.persons(ctx)
	if err != nil {
		return Issued{}, err
	}
	engine, err := cut.Open(ctx, cut.Limits{Memory: o.Memory, Temp: box.work})
	if err != nil {
		return Issued{}, fmt.Errorf("extract: %w", err)
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	t, err := b.tables(ctx, engine, who)
	if err != nil {
		return Issued{}, err
	}
	d, err := box.begin(o.Project)
	if err != nil {
		return Issued{}, err
	}
	defer func() { err = errors.Join(err, d.discard()) }()
	issued, held, err := b.written(ctx, engine, t, d)
	if err != nil {
		return Issued{}, fmt.Errorf("extract: %w", err)
	}
	return issued, b.leave(ctx, d, b.enter(t, issued, held))
}

// written writes the extract, and beside it who is in it, to the register.
func (b *basis) written(ctx context.Context, engine *cut.Cut, t *tables, d *draft) (issued Issued, held register.Persons, err error) {
	var beside guard.Group
	var also error
	beside.Go(func() { held, also = b.digests(t) })
	issued, err = b.write(ctx, engine, t, d)
	beside.Wait()
	return issued, held, errors.Join(err, also)
}

// leave lets the extract be taken, where it still may.
func (b *basis) leave(ctx context.Context, d *draft, entry register.Issue) error {
	if err := errors.Join(b.since(entry), b.still(ctx)); err != nil {
		return err
	}
	err := d.publish(ctx, entry)
	if errors.Is(err, register.ErrRefused) { // its approval was withdrawn this very moment
		err = refused("%w; next: ohc-marts project show %s", err, b.Project)
	}
	return err
}
