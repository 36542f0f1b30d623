package extract

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"secondaryuse/marts/register"
	"secondaryuse/pipeline/durable"
)

// outbox is the folder from which extracts are taken. One call at a time writes to it.
//
//	OUTBOX/NAME/RECIPIENT.zip.age, manifest.json, manifest.sig    an extract
//	OUTBOX/.half-NAME/    one that is being written, or that the register has just taken
//	OUTBOX/.work/         what the engine spills; only its owner can enter it
//	OUTBOX/.lock
type outbox struct {
	dir, work string
	register  *register.Register
	lock      *os.File
}

const (
	half = ".half-"
	work = ".work"
)

// ErrBusy says that another process is writing to the outbox.
var ErrBusy = errors.New("another extract is being made; next: wait for it")

// openOutbox opens the outbox, and ends what calls that died had begun: what the
// register has taken comes out, everything else goes.
func openOutbox(dir string, r *register.Register) (*outbox, error) {
	if err := durable.Folder(dir, 0o700); err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, ".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(ErrBusy, f.Close())
	}
	o := &outbox{dir: dir, work: filepath.Join(dir, work), register: r, lock: f}
	if err := o.sweep(); err != nil {
		return nil, errors.Join(fmt.Errorf("outbox: %w", err), f.Close())
	}
	return o, nil
}

func (o *outbox) close() error { return errors.Join(os.RemoveAll(o.work), o.lock.Close()) }

func (o *outbox) sweep() error {
	if err := os.RemoveAll(o.work); err != nil {
		return err
	}
	if err := os.Mkdir(o.work, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(o.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name, ours := strings.CutPrefix(e.Name(), half)
		if !ours {
			continue
		}
		taken, err := o.taken(name)
		if err == nil && taken {
			err = o.out(name)
		} else if err == nil {
			err = os.RemoveAll(filepath.Join(o.dir, e.Name()))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// taken reports whether the register has an extract of that name.
func (o *outbox) taken(name string) (bool, error) {
	all, err := o.register.Issued()
	for _, i := range all {
		if i.Kind == "extract" && i.Name == name {
			return true, err
		}
	}
	return false, err
}

// out gives a whole extract its name, under which it can be taken.
func (o *outbox) out(name string) error {
	if err := os.Rename(filepath.Join(o.dir, half+name), filepath.Join(o.dir, name)); err != nil {
		return err
	}
	return durable.Sync(o.dir)
}

// draft is an extract that is being written.
type draft struct {
	*outbox
	name, folder string
}

// begin makes the folder of the next extract of a project.
func (o *outbox) begin(project string) (*draft, error) {
	for n := 1; ; n++ {
		name := fmt.Sprintf("%s-%d", project, n)
		taken, err := o.taken(name)
		if err != nil {
			return nil, fmt.Errorf("outbox: %w", err)
		}
		if taken {
			continue
		}
		if _, err := os.Lstat(filepath.Join(o.dir, name)); !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("outbox: %s is there, and the register has it not; next: find out where it comes from, and keep both as they are", filepath.Join(o.dir, name))
		}
		d := &draft{o, name, filepath.Join(o.dir, half+name)}
		return d, os.Mkdir(d.folder, 0o700)
	}
}

// discard removes the draft. Once it is published, or the register has it, it does
// nothing.
func (d *draft) discard() error {
	if taken, err := d.taken(d.name); err != nil || taken {
		return err
	}
	return os.RemoveAll(d.folder)
}

// publish enters the extract in the register, and then lets it be taken.
func (d *draft) publish(ctx context.Context, entry register.Issue) error {
	if err := durable.Sync(d.folder); err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	if err := durable.Sync(d.dir); err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	entry.Name = d.name
	if err := d.register.Issue(ctx, entry); err != nil {
		return err
	}
	if err := d.out(d.name); err != nil {
		return fmt.Errorf("outbox: %w; the register has the extract %s, and the next ohc-marts extract brings it out", err, d.name)
	}
	return nil
}
