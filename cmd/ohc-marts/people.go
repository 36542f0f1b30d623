package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"secondaryuse/marts/format"
	"secondaryuse/marts/people"
	"secondaryuse/marts/sign"
)

func peopleCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "people", Short: "Who may ask, review and approve", Args: cobra.NoArgs,
		Long: `Everybody who asks for, reviews or approves what leaves signs with a key of their own.
people.yaml, which egress.yaml names, has their names, public keys and roles: author,
reviewer, custodian, guardian.`,
		Example: "  ohc-marts people key --out ada.key\n  ohc-marts people list",
	}
	c.AddCommand(keyCommand(), peopleListCommand())
	return c
}

func keyCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "key", Short: "Make a key pair for yourself", Args: cobra.NoArgs,
		Long: `Makes a private key in a file that nobody else can read, and prints the public key, for
people.yaml. Each person makes their own, and gives it to nobody: who has the file can
sign in their name. A file that is there already is not replaced.`,
		Example: "  ohc-marts people key --out ~/.ohc.key",
	}
	path := c.Flags().String("out", "", "`file` for the private key")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		if *path == "" {
			return coded{exitUsage, errors.New("name the file for the private key with --out")}
		}
		if _, err := os.Lstat(*path); !errors.Is(err, os.ErrNotExist) {
			return coded{exitUsage, errors.Join(err, fmt.Errorf("%s is there already; next: name another file, or use that key", *path))}
		}
		if err := sign.Make(*path); err != nil {
			return err
		}
		key, err := sign.Open(*path)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(cmd.OutOrStdout(), key.Public())
		return err
	}
	return c
}

func peopleListCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "list", Short: "Who is in people.yaml, and in which roles", Args: cobra.NoArgs,
		Long:    "Lists everybody in people.yaml, with roles and public key.",
		Example: "  ohc-marts people list --egress egress.yaml",
	}
	path := egressFlag(c)
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		conf, err := loadEgress(*path)
		if err != nil {
			return err
		}
		all, err := people.Load(conf.People)
		if err != nil {
			return coded{exitConfig, err}
		}
		return peopleTable(cmd.OutOrStdout(), all)
	}
	return c
}

func peopleTable(w io.Writer, all people.People) error {
	var rows given
	for _, p := range all {
		var roles []string
		for _, r := range p.Roles {
			roles = append(roles, string(r))
		}
		rows = append(rows, []any{p.Name, strings.Join(roles, ", "), p.Key.String()})
	}
	return format.Table(w, []format.Column{{Name: "name"}, {Name: "roles"}, {Name: "key"}}, rows, 0)
}
