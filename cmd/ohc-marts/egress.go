package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/marts/desk"
	"secondaryuse/marts/egress"
	"secondaryuse/marts/people"
	"secondaryuse/marts/proof"
	"secondaryuse/marts/register"
	"secondaryuse/marts/sign"
)

// egressFlag names the file that says where everything is on the way out.
func egressFlag(c *cobra.Command) *string {
	return c.Flags().String("egress", "egress.yaml", "`file` that says where everything is on the way out")
}

func loadEgress(path string) (egress.Config, error) {
	c, err := egress.Load(path)
	if err != nil {
		return c, coded{exitConfig, err}
	}
	return c, nil
}

// registered opens the register of what has left, and holds that nobody has changed
// it: what it says is told to nobody otherwise. That a process died while it added a
// step is said in it first.
func registered(ctx context.Context, c egress.Config) (*register.Register, register.Proof, error) {
	r, err := register.Open(c.Register)
	if err != nil {
		return nil, register.Proof{}, coded{exitConfig, err}
	}
	heads, err := register.Elsewhere(c.Outbox, c.Marts)
	if err != nil {
		return nil, register.Proof{}, err
	}
	_ = r.Mend(ctx, "ohc-marts", time.Now()) // what it cannot mend, Verify finds
	p, err := r.Verify(ctx, heads...)
	return r, p, found(p, err)
}

// found is an error of what a proof of the register has found.
func found(p register.Proof, err error) error {
	if err == nil && len(p.Findings) > 0 {
		err = fmt.Errorf("register: %w: %s; next: find out who did that, and keep the folder as it is", proof.ErrFound, strings.Join(p.Findings, "\nregister: "))
	}
	return err
}

// auditLog verifies the log of the register, and who has signed what is in it, for
// somebody who has been given nothing but that: no digests, no outbox.
func auditLog(ctx context.Context, out io.Writer, c egress.Config) error {
	heads, err := register.Elsewhere(c.Outbox, c.Marts)
	if err != nil {
		return err
	}
	r, p, err := register.Audit(ctx, c.Register, heads...)
	if err = found(p, err); err == nil {
		err = signers(r, c.People)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "register: %d steps, head %s: compare it with the one that is kept elsewhere; digests and outbox were not looked at\n", p.Lines, p.Head)
	return err
}

// verifyEgress verifies the register, and that the outbox holds what it has as issued
// and nothing else.
func verifyEgress(ctx context.Context, out io.Writer, c egress.Config, key sign.Public) error {
	r, p, err := registered(ctx, c)
	for _, note := range p.Notes {
		fmt.Fprintln(out, "note:", note)
	}
	if err != nil {
		return err
	}
	issued, err := r.Issued()
	if err != nil {
		return err
	}
	errs := []error{outbox(ctx, c.Outbox, issued, key), desk.Verify(c), signers(r, c.People)}
	fmt.Fprintf(out, "register: %d steps, %d issued, head %s: write it down elsewhere\n", p.Lines, len(issued), p.Head)
	return errors.Join(errs...)
}

// signers holds who has signed a step or an approval to their public keys.
func signers(r *register.Register, file string) error {
	signed, err := r.Strangers(nil)
	if err != nil || len(signed) == 0 {
		return err
	}
	all, err := people.Load(file)
	if err != nil {
		return coded{exitConfig, err}
	}
	found, err := r.Strangers(all)
	if err == nil && len(found) > 0 {
		err = fmt.Errorf("register: %w: %s", proof.ErrFound, strings.Join(found, "\nregister: "))
	}
	return err
}

// outbox holds each folder of the outbox to its signature and to the register.
func outbox(ctx context.Context, dir string, issued []register.Issue, key sign.Public) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	files := make(map[string]bool)
	for _, i := range issued {
		for _, f := range i.Files {
			files[f.SHA256] = true
		}
	}
	var errs []error
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue // being written, or nothing of ours
		}
		folder := filepath.Join(dir, e.Name())
		s, err := proof.Read(folder, key)
		if err == nil {
			err = s.Held(ctx, folder)
		}
		for _, f := range s.Files {
			if err == nil && !files[f.Digest] {
				err = fmt.Errorf("%w: %s is not in the register: it was issued by somebody who went past it", proof.ErrFound, f.Name)
			}
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", folder, err))
		}
	}
	return errors.Join(errs...)
}
