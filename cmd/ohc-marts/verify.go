package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"secondaryuse/marts/duckdb/reader"
	"secondaryuse/marts/egress"
	"secondaryuse/marts/proof"
	"secondaryuse/marts/sign"
	"secondaryuse/marts/snapshot"
)

// checked is what to verify, and how.
type checked struct {
	marts, key, egress string
	alone              bool
}

func verifyCommand(dir *string) *cobra.Command {
	var v checked
	c := &cobra.Command{
		Use: "verify [FOLDER...]", Short: "Whether a snapshot, an extract or a release is what the installation has signed", Args: cobra.ArbitraryArgs,
		Long: `Checks the signature of each folder (of the newest snapshot, where none is named),
then that its files are those that were signed, all of them and no other; of a snapshot
also that each mart has the rows it says, and that no snapshot beside it was put in the
place of another. With --statement-only the statement, its signature and the key are
enough: no data is needed.

With --egress the register of what has left is checked as well: that no step was edited,
removed, put in, moved or cut off, and that whatever lies in the outbox is in it.

Without --key the key is that which lies beside the marts. Whoever can change what is
published can change it, too: name the one that you got on another way.`,
		Example: `  ohc-marts verify --marts /srv/ohc/marts
  ohc-marts verify --key ohc.pub --statement-only received/
  ohc-marts verify --egress egress.yaml`,
		RunE: func(cmd *cobra.Command, folders []string) error {
			v.marts = *dir
			return v.run(cmd.Context(), cmd.OutOrStdout(), folders)
		},
	}
	f := c.Flags()
	f.StringVar(&v.key, "key", "", "the installation's public `key`, or the file with it")
	f.BoolVar(&v.alone, "statement-only", false, "check the statement and its signature, not the files")
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
		v.marts = conf.Marts
	}
	if len(folders) == 0 && onTerminal() == false && v.egress == "" {
		out = io.Discard
	}
	key, err := v.public(out)
	if err != nil {
		return err
	}
	if len(folders) == 0 {
		folder, _, err := current(v.marts)
		if err != nil {
			return err
		}
		folders = []string{folder}
	}
	var errs []error
	for _, folder := range folders {
		errs = append(errs, v.folder(ctx, out, folder, key))
	}
	if v.egress != "" {
		errs = append(errs, verifyEgress(ctx, out, conf, key))
	}
	return errors.Join(errs...)
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

// folder verifies one folder.
func (v checked) folder(ctx context.Context, out io.Writer, folder string, key sign.Public) error {
	s, err := proof.Read(folder, key)
	if err != nil {
		return err
	}
	if v.alone {
		_, err := fmt.Fprintf(out, "%s: the statement (%s) is signed; its %d files were not looked at\n", folder, s.Label, len(s.Files))
		return err
	}
	if err := s.Held(folder); err != nil {
		return fmt.Errorf("%s: %w", folder, err)
	}
	if s.Label == snapshot.Label {
		if err := whole(ctx, folder); err != nil {
			return fmt.Errorf("%s: %w\nhave ohc-pipeline publish again", folder, err)
		}
	}
	_, err = fmt.Fprintf(out, "%s is as it was signed (%s): %d files\n", folder, s.Label, len(s.Files))
	return err
}

// whole holds what only a snapshot has: the rows of its marts, and its place among
// the others where it lies among them.
func whole(ctx context.Context, folder string) error {
	m, err := snapshot.Read(folder)
	if err != nil {
		return err
	}
	r, err := reader.Open(ctx, folder, reader.Limits{})
	if err != nil {
		return err
	}
	errs := []error{rows(ctx, r, m), r.Close()}
	if real, err := filepath.EvalSymlinks(folder); err == nil && filepath.Base(filepath.Dir(real)) == "snapshots" {
		errs = append(errs, snapshot.Chain(filepath.Dir(filepath.Dir(real))))
	}
	return errors.Join(errs...)
}

// rows counts those of every mart.
func rows(ctx context.Context, r *reader.Reader, m snapshot.Manifest) error {
	for _, f := range m.Files {
		if f.Mart == "" {
			continue
		}
		res, err := r.Query(ctx, fmt.Sprintf(`SELECT CAST(count(*) AS BIGINT) FROM "%s"`, f.Mart))
		if err != nil {
			return err
		}
		err = res.Each(func(row []any) error {
			if n, ok := row[0].(int64); !ok || n != f.Rows {
				return fmt.Errorf("%w: %s has other rows than the manifest says", snapshot.ErrDamaged, f.Mart)
			}
			return nil
		})
		if err = errors.Join(err, res.Close()); err != nil {
			return err
		}
	}
	return nil
}
