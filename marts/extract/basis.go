package extract

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"secondaryuse/marts/catalogue"
	"secondaryuse/marts/domain"
	"secondaryuse/marts/domain/keyring"
	"secondaryuse/marts/eligible"
	"secondaryuse/marts/people"
	"secondaryuse/marts/project"
	"secondaryuse/marts/register"
	"secondaryuse/marts/sign"
	"secondaryuse/marts/snapshot"
)

// basis is what an extract stands on.
type basis struct {
	Order
	began     time.Time // by the clock of the machine
	project   project.Project
	approvals []project.Signed
	known     func(name string) bool
	folder    string // of the snapshot
	snapshot  snapshot.Manifest
	manifest  string // SHA-256 of the snapshot's manifest
	asOf      time.Time
	marts     []catalogue.Mart
	eligible  eligible.Header
	list      os.FileInfo // of the file of it
	ids       []int64     // who may be used, in order
	key       domain.Key
	entry     keyring.Entry
	persona   domain.Key // the register's
	links     *linked    // nil where the project links to no older study
	register  *register.Register
	signing   sign.Private
}

// stand opens all that an extract stands on, and refuses what does not hold.
func stand(ctx context.Context, o Order, r *register.Register) (*basis, error) {
	b := &basis{Order: o, register: r, began: time.Now()}
	for _, step := range []func(context.Context) error{b.openProject, b.openSnapshot, b.check, b.openEligible, b.openKeys, b.openLinks} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// openProject reads the project, and who has approved it as it stands.
func (b *basis) openProject(context.Context) (err error) {
	if b.project, err = project.Load(b.Egress.Projects, b.Project); err != nil {
		return err
	}
	everybody, err := people.Load(b.Egress.People)
	if err != nil {
		return err
	}
	b.known = func(name string) bool { _, ok := everybody.Named(name); return ok }
	board := project.Board{Folder: b.Egress.Projects, Register: b.register, People: everybody}
	if b.approvals, err = board.Approved(b.project, b.Now); err != nil {
		return refused("%w", err)
	}
	return nil
}

// openSnapshot reads the current snapshot, which must be signed by this installation,
// and of which every byte must be as it was published.
func (b *basis) openSnapshot(context.Context) (err error) {
	if b.signing, err = sign.Open(b.Egress.Signing); err != nil {
		return err
	}
	if b.folder, _, err = snapshot.Current(b.Egress.Marts); err != nil {
		return fmt.Errorf("%w in %s; next: name the right folder (key marts of egress.yaml), or ohc-pipeline publish", err, b.Egress.Marts)
	}
	if b.snapshot, err = snapshot.Signed(b.folder, b.signing.Public()); err != nil {
		return fmt.Errorf("%w; next: ohc-pipeline publish", err)
	}
	if err := snapshot.Verify(b.folder); err != nil {
		return fmt.Errorf("%w; next: ohc-pipeline publish", err)
	}
	text, err := os.ReadFile(filepath.Join(b.folder, "manifest.json"))
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	b.manifest = hex.EncodeToString(sum[:])
	if b.asOf, err = time.Parse(time.DateOnly, b.snapshot.AsOf); err != nil {
		return fmt.Errorf("%w: manifest: as_of is no day", snapshot.ErrDamaged)
	}
	if b.asOf.After(b.Now.Add(time.Hour)) { // London's day may begin so much earlier; by a clock that was put back, a project that has ended would go on
		return refused("the clock says %s, and the marts are of %s; next: put the clock right", b.Now.UTC().Format(time.RFC3339), b.snapshot.AsOf)
	}
	for _, f := range b.snapshot.Files {
		if f.Mart == "" {
			continue
		}
		m, err := contract(b.folder, f)
		if err != nil {
			return err
		}
		b.marts = append(b.marts, m)
	}
	return nil
}

// contract reads the contract that lies beside a mart.
func contract(folder string, f snapshot.File) (catalogue.Mart, error) {
	text, err := os.ReadFile(filepath.Join(folder, strings.TrimSuffix(filepath.Base(f.Name), ".parquet")+".sql"))
	if err != nil {
		return catalogue.Mart{}, fmt.Errorf("%w: %w", snapshot.ErrDamaged, err)
	}
	m, err := catalogue.Parse(string(text))
	if err == nil && m.Name != f.Mart {
		err = errors.New("its contract is another mart's")
	}
	if err != nil {
		return m, fmt.Errorf("%w: %s: %w", snapshot.ErrDamaged, f.Mart, err)
	}
	return m, nil
}

// check refuses a project that lacks something or is too wide, by the contracts of
// this very snapshot, unless everybody who approved it was told of that and said why it
// may all the same; and marts that are made for another purpose.
func (b *basis) check(context.Context) error {
	if b.project.Purpose.Marts != b.snapshot.Purpose {
		return refused("the marts are made for %s, and the project %s is for %s; next: name the marts of that purpose in egress.yaml", b.snapshot.Purpose, b.Project, b.project.Purpose.Marts)
	}
	found := project.Check(b.project, project.Against{Marts: b.marts, MadeFor: b.snapshot.Purpose, AsOf: b.asOf, Now: b.Now, Known: b.known})
	for _, f := range found {
		if slices.ContainsFunc(b.approvals, func(a project.Signed) bool { return !a.Excuses(f) }) {
			return refused("%s: %s; next: %s, have it approved again, and see ohc-marts project check %s", b.project.Where(f.Field), f.What, f.Next, b.Project)
		}
	}
	return nil
}

// despite is why the project was approved although something was found, by each who
// did so.
func (b *basis) despite() (out []string) {
	for _, a := range b.approvals {
		if a.Statement.Despite != "" {
			out = append(out, a.Statement.Despite)
		}
	}
	return out
}

// openEligible reads who may be used at this moment.
func (b *basis) openEligible(context.Context) (err error) {
	if b.list, err = os.Stat(b.Egress.Eligible.File); err != nil && !errors.Is(err, fs.ErrNotExist) { // Read says what to do then
		return err
	}
	if b.eligible, b.ids, err = eligible.Read(b.Egress.Eligible.File, b.signing.Public()); err != nil {
		return err
	}
	return b.eligible.Fits(b.snapshot.ID, b.snapshot.Domain, b.snapshot.Purpose, b.Now, time.Duration(b.Egress.Eligible.MaxAge))
}

// openKeys opens the project's key and the register's. That they are to be used, by whom
// and for what, is in the register before, so that it is there when nothing leaves, too.
func (b *basis) openKeys(ctx context.Context) error {
	if err := b.register.Step(ctx, register.Step{What: "begun", Kind: "extract", Name: b.Project, By: b.By, At: b.Now, Subject: b.project.Digest()}); err != nil {
		return err
	}
	ring, err := keyring.Open(b.Egress.Keys, b.KEK)
	if err != nil {
		return err
	}
	name := b.project.Domain()
	if b.key, err = ring.Domain(name); err == nil {
		b.entry, err = ring.Entry(name)
	}
	if err != nil {
		return unkeyed(err, name)
	}
	if b.persona, err = ring.Domain(string(keyring.Register)); err != nil {
		return unkeyed(err, string(keyring.Register))
	}
	return nil
}

// unkeyed refuses for want of a key. Only one that is not there is to be made.
func unkeyed(err error, name string) error {
	if errors.Is(err, keyring.ErrNone) {
		return refused("%w; next: ohc-pipeline keys create %s", err, name)
	}
	return refused("%w", err)
}
