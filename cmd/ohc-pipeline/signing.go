package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"secondaryuse/marts/egress"
	"secondaryuse/marts/register"
	"secondaryuse/marts/sign"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/config"
)

// signer opens the key that this installation signs with. Where there is none, and
// nothing that is published was signed with one, it is made if create is set.
func signer(c config.Config, create bool) (sign.Private, error) {
	path := filepath.Join(c.Keys, egress.SigningKey)
	_, err := snapshot.PublicKey(c.Marts)
	unsigned := errors.Is(err, fs.ErrNotExist)
	if unsigned && create {
		if err := sign.Make(path); err != nil {
			return sign.Private{}, err
		}
	}
	key, err := sign.Open(path)
	switch {
	case unsigned && !create && errors.Is(err, fs.ErrNotExist):
		return key, nil // the first run makes it
	case err != nil:
		return key, err
	}
	return key, snapshot.Fits(c.Marts, key.Public())
}

// signed returns an error unless a snapshot was signed with the key of this
// installation. Before the first that is signed there is none, and no key.
func signed(c config.Config, folder string) error {
	key, err := sign.Open(filepath.Join(c.Keys, egress.SigningKey))
	if _, none := snapshot.PublicKey(c.Marts); errors.Is(err, fs.ErrNotExist) && errors.Is(none, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = snapshot.Signed(folder, key.Public())
	return err
}

// registerHead is the newest step of the register of what has left, which every
// manifest keeps, so that whoever cuts steps off there is found here.
func registerHead(c config.Config) (string, error) {
	if c.Register == "" {
		return "", nil
	}
	r, err := register.Open(c.Register)
	if err != nil {
		return "", wrong(c, "register", err.Error())
	}
	return r.Head(context.Background())
}

func signingCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "signing", Short: "Print the public key that verifies what this installation signs", Args: cobra.NoArgs,
		Long: `Print the public key that verifies what this installation has published and issued.
It lies beside the marts as well (signing.pub), where whoever can change what is
published can change it: give auditors and recipients this line on another way.`,
		Example: "  ohc-pipeline signing --config config.yaml > ohc.pub",
	}
	path := configFlag(c)
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		conf, err := load(*path)
		if err != nil {
			return err
		}
		if err := lookedAt(cmd, conf, egress.SigningKey); err != nil {
			return err
		}
		key, err := sign.Open(filepath.Join(conf.Keys, egress.SigningKey))
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%w; next: the first run makes it", err)
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(cmd.OutOrStdout(), key.Public())
		return err
	}
	return c
}
