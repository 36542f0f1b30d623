package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"secondaryuse/marts/egress"
	"secondaryuse/marts/proof"
	"secondaryuse/marts/sign"
	"secondaryuse/marts/snapshot"
)

// checked is what to verify, and how.
type checked struct {
	marts, key, egress string
	people             string
	alone              bool
}

func verifyCommand() *cobra.Command {
	var v checked
	c := &cobra.Command{
		Use: "verify [FOLDER...]", Short: "Whether a snapshot, an extract or a release is what the installation has signed", Args: cobra.ArbitraryArgs,
		Long: `Checks the signature of each folder (of the newest snapshot, where none is named),
then that its files are those that were signed, all of them and no other, that each table
has the rows it says, and of a snapshot that none beside it was put in the place of
another. An extract is checked as it lies in the outbox, or as its recipient has unpacked
it. With --statement-only the statement, its signature and the key are
enough: no data is needed.

With --egress the register of what has left is checked as well: that no step was edited,
removed, put in, moved or cut off, that whatever was issued was approved by two people, each
signature of theirs by the public key that they have in the file of people (who has left
stays there as former), and that whatever lies in the outbox is in it. With --statement-only
besides, its files log.jsonl and head and the file of people are enough.

Without --key the key is that which lies beside the marts, and without --people the
public keys of people are those of egress.yaml. Whoever can change what is published can
change them, too: name those that you got on another way.`,
		Example: `  ohc-marts verify --marts /srv/ohc/marts
  ohc-marts verify --key ohc.pub --statement-only received/
  ohc-marts verify --egress egress.yaml`,
		RunE: func(cmd *cobra.Command, folders []string) error {
			return v.run(cmd.Context(), cmd.OutOrStdout(), folders)
		},
	}
	f := c.Flags()
	f.StringVar(&v.marts, "marts", "marts", "`folder` with the published marts, where no --egress says so")
	f.StringVar(&v.key, "key", "", "the installation's public `key`, or the file with it")
	f.BoolVar(&v.alone, "statement-only", false, "check the statement and its signature, not the files")
	f.StringVar(&v.people, "people", "", "`file` of people whose public keys count, with --egress")
	f.StringVar(&v.egress, "egress", "", "check the register and the outbox of this `file`, too")
	return c
}

func (v checked) run(ctx context.Context, out io.Writer, folders []string) error {
	var conf egress.Config
	if v.egress != "" {
		var err error
		if conf, err = loadEgress(v.egress); err != nil {
			return err
		}
		v.marts, conf.People = conf.Marts, cmp.Or(v.people, conf.People)
	}
	if len(folders) == 0 && !onTerminal() && v.egress == "" {
		out = io.Discard
	}
	key, err := v.public(out)
	if err != nil {
		return err
	}
	if folders, err = v.named(folders); err != nil {
		return err
	}
	var errs []error
	for _, folder := range folders {
		errs = append(errs, v.folder(ctx, out, folder, key))
	}
	switch {
	case v.egress != "" && v.alone:
		errs = append(errs, auditLog(ctx, out, conf))
	case v.egress != "":
		errs = append(errs, verifyEgress(ctx, out, conf, key))
	}
	return errors.Join(errs...)
}

// named are the folders to verify: where none is named the newest snapshot, which an
// auditor of the register may not have.
func (v checked) named(folders []string) ([]string, error) {
	if len(folders) > 0 {
		return folders, nil
	}
	folder, _, err := current(v.marts)
	if v.alone && v.egress != "" && errors.Is(err, snapshot.ErrNone) {
		return nil, nil
	}
	return []string{folder}, err
}

// public is the key that was named, or that beside the marts.
func (v checked) public(out io.Writer) (key sign.Public, err error) {
	switch {
	case v.key == "":
		if key, err = snapshot.PublicKey(v.marts); errors.Is(err, os.ErrNotExist) {
			return key, coded{exitCheck, fmt.Errorf("%w: nothing there was ever signed; next: ohc-pipeline publish, or name the key with --key", err)}
		}
		fmt.Fprintf(out, "key %s, which lies beside the marts: compare it with the one that you got on another way\n", key)
	case strings.HasPrefix(v.key, "ed25519:"):
		key, err = sign.ParsePublic(v.key)
	default:
		key, err = sign.LoadPublic(v.key)
	}
	if err != nil && v.key != "" {
		return key, coded{exitUsage, fmt.Errorf("--key: %w", err)}
	}
	return key, err
}

// next says what to do where something is not as it was signed.
func next(k proof.Kind) string {
	switch k.Label {
	case snapshot.Label:
		return "next: have ohc-pipeline publish again"
	case "":
		return "next: do not use it: have ohc-pipeline publish again where it is a snapshot, and ask for it anew where it is not"
	}
	return "next: ask for it anew, and do not use this one"
}

// folder verifies one folder; a recipient names that of the whole bag.
func (v checked) folder(ctx context.Context, out io.Writer, folder string, key sign.Public) error {
	whole := folder
	folder, bag := proof.Data(folder)
	s, err := proof.Read(folder, key)
	if errors.Is(err, proof.ErrFound) {
		return fmt.Errorf("%w\n%s", err, next(s.Kind))
	}
	if err != nil {
		return err
	}
	if v.alone {
		_, err := fmt.Fprintf(out, "%s: the statement (%s) is signed; its %d files were not looked at\n", folder, s.Label, len(s.Files))
		return err
	}
	err = s.Held(ctx, folder)
	switch {
	case err == nil && s.Label == snapshot.Label:
		err = chained(folder)
	case bag:
		err = errors.Join(err, s.Bagged(whole))
	}
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", folder, err, next(s.Kind))
	}
	_, err = fmt.Fprintf(out, "%s is as it was signed (%s): %d files\n", folder, s.Label, len(s.Files))
	return err
}

// chained holds a snapshot to its place among the others, where it lies among them.
func chained(folder string) error {
	real, err := filepath.EvalSymlinks(folder)
	if err != nil || filepath.Base(filepath.Dir(real)) != "snapshots" {
		return err
	}
	return snapshot.Chain(filepath.Dir(filepath.Dir(real)))
}
