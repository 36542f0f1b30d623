package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"secondaryuse/marts/catalogue"
	"secondaryuse/marts/snapshot"
)

// martsFlag names the folder of those commands that need no egress.yaml.
func martsFlag(c *cobra.Command) *string {
	return c.Flags().String("marts", "marts", "`folder` with the published marts")
}

// amount is a flag's value: a size of memory as the engine reads it.
type amount string

var size = regexp.MustCompile(`^[0-9]+(\.[0-9]+)? ?([kKmMgGtT]i?)?B$`)

func (a *amount) String() string { return string(*a) }
func (a *amount) Type() string   { return "size" }

// Set refuses what is no size.
func (a *amount) Set(s string) error {
	if !size.MatchString(s) {
		return errors.New("not a size")
	}
	*a = amount(s)
	return nil
}

// memoryFlag says how much memory the engine may take: 2 GB where into says nothing.
func memoryFlag(f *pflag.FlagSet, into *string, what string) {
	*into = cmp.Or(*into, "2GB")
	f.Var((*amount)(into), "memory", what)
}

// current finds the newest snapshot of the marts folder.
func current(dir string) (string, snapshot.Manifest, error) {
	folder, m, err := snapshot.Current(dir)
	if errors.Is(err, snapshot.ErrNone) {
		return "", m, fmt.Errorf("%w in %s; name the folder with --marts, or have ohc-pipeline publish there", err, dir)
	}
	return folder, m, err
}

// contracts reads the contracts that lie in the snapshot beside the marts: what
// its columns meant when it was made, whatever this program knows.
func contracts(folder string, m snapshot.Manifest) ([]catalogue.Mart, error) {
	var out []catalogue.Mart
	for _, f := range m.Files {
		if f.Mart == "" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, strings.TrimSuffix(filepath.Base(f.Name), ".parquet")+".sql"))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", snapshot.ErrDamaged, err)
		}
		c, err := catalogue.Parse(string(text))
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", snapshot.ErrDamaged, f.Mart, err)
		}
		out = append(out, c)
	}
	return out, nil
}
