package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"secondaryuse/marts/domain/bridge"
	"secondaryuse/marts/domain/keyring"
	"secondaryuse/marts/domain/keyring/kek"
	"secondaryuse/pipeline/config"
)

func keysCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "keys", Short: "Make, wrap, replace and destroy the keys of the domains",
		Long: `Keys turn NHS numbers into ids of persons (base), and those into the ids of a
release (planning, research, ...), of a project (project-NAME), and of the register
of what was issued (register). Each lies in the folder of keys, wrapped for those
who may use it: for what key_encryption in the configuration names, an age identity
file or a key in a PKCS#11 token, and for others by their age public keys.

No command prints a key, or takes one. Each change is in the audit log, before it is
made and when it is.`,
		Example: `  age-keygen -o /etc/ohc/kek.txt                 # key_encryption: {identity: /etc/ohc/kek.txt}
  ohc-pipeline keys rewrap base planning         # plain keys of before, into the ring
  ohc-pipeline keys create project-heart
  ohc-pipeline keys list
  ohc-pipeline keys rekey planning --to age1... --reason "laptop lost, INC-204"`,
	}
	c.AddCommand(keysCreateCommand(), keysListCommand(), keysFingerprintCommand(), keysRewrapCommand(), keysRetireCommand(), keysRekeyCommand(), keysBridgeCommand(), keysDestroyCommand())
	return c
}

func keysCreateCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "create NAME", Short: "Make a key", Args: cobra.ExactArgs(1),
		Long: `Make the key of a name, of 32 random bytes, wrapped for the key_encryption of the
configuration and for every --for. The first run makes base and the key of its
purpose where there is none; others are made by this alone.

Whether ids may be turned back into persons for direct care (--reversible: a separate
command, with approval, by two people) is fixed here, and cannot be changed.`,
		Example: "  ohc-pipeline keys create project-heart --for age1...\n  ohc-pipeline keys create register",
	}
	path, others := configFlag(c), forFlag(c)
	reversible := c.Flags().Bool("reversible", false, "ids may be turned back, by the command that does so; of a release or a project alone")
	c.RunE = func(cmd *cobra.Command, args []string) error {
		return changeKey(cmd, *path, args[0], "", func(k *keyAct) (keyring.Entry, error) {
			to, err := recipients(*others)
			if err != nil {
				return keyring.Entry{}, err
			}
			return k.keys.ring.Create(args[0], k.now, *reversible, to...)
		})
	}
	return c
}

func keysRewrapCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "rewrap NAME...", Short: "Wrap keys anew: for another identity, for more people, or for fewer", Args: cobra.MinimumNArgs(1),
		Long: `Wrap keys anew, for the key_encryption of the configuration and for every --for, and
for nobody else. The keys themselves, and so all ids, stay. Those that a key has taken the
place of (keys rekey) are wrapped with it, so that people are still found in what was
made with them. Plain keys of before there was a ring are taken into it.

To go over to another identity: rewrap with --for and its public key, name it in the
configuration, and rewrap without; or name it in the configuration at once, and
rewrap with --old-identity and the file of the one before. Copies of the files from
before can still be opened with it: where it is lost to others, re-key.`,
		Example: `  ohc-pipeline keys rewrap base planning
  ohc-pipeline keys rewrap research --for age1...
  ohc-pipeline keys rewrap base planning --old-identity /etc/ohc/kek-2025.txt`,
	}
	path, others := configFlag(c), forFlag(c)
	old := c.Flags().String("old-identity", "", "the age identity `file` that the keys are wrapped for so far, where that is not the configuration's")
	c.RunE = func(cmd *cobra.Command, args []string) error {
		for _, name := range args {
			if err := changeKey(cmd, *path, name, "", func(k *keyAct) (keyring.Entry, error) { return k.rewrap(name, *others, *old) }); err != nil {
				return err
			}
		}
		return nil
	}
	return c
}

// rewrap wraps a key for the configuration's key-encryption key and for others.
func (k *keyAct) rewrap(name string, others []string, old string) (keyring.Entry, error) {
	to, err := recipients(others)
	if err != nil {
		return keyring.Entry{}, err
	}
	if k.keys.ring.Plain(name) {
		return k.keys.ring.Take(name, k.now, to...)
	}
	own, err := openKEK(k.conf.KeyEncryption)
	if err != nil {
		return keyring.Entry{}, coded{exitConfig, err}
	}
	from := k.keys.ring
	if old != "" {
		was, err := kek.Open(kek.Config{Identity: old})
		if err != nil {
			return keyring.Entry{}, coded{exitUsage, fmt.Errorf("--old-identity: %w", err)}
		}
		if from, err = keyring.Open(k.conf.Keys, was); err != nil {
			return keyring.Entry{}, err
		}
	}
	gone, err := from.Rewrap(name, append([]keyring.Wrapper{own}, to...)...)
	if err != nil {
		return keyring.Entry{}, err
	}
	for _, who := range gone {
		fmt.Fprintf(k.out, "%s: no longer for %s\n", name, who)
	}
	return k.keys.ring.Entry(name)
}

func keysRetireCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "retire NAME", Short: "Have a key no longer be used", Args: cobra.ExactArgs(1),
		Long: `Have a key no longer be used for anything: no marts are published with it, no extract
made. It stays in the folder, so that persons can still be found in what was made
with it, until it is destroyed. base is not retired: nothing could be run.`,
		Example: "  ohc-pipeline keys retire project-heart",
	}
	path := configFlag(c)
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if args[0] == string(keyring.Base) {
			return coded{exitUsage, errors.New("base is not retired; move the work and marts folders and base.key away to begin anew")}
		}
		return changeKey(cmd, *path, args[0], "", func(k *keyAct) (keyring.Entry, error) { return k.keys.ring.Retire(args[0]) })
	}
	return c
}

func keysListCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "list", Short: "List the keys, and who may use each", Args: cobra.NoArgs,
		Long: `List every key: kind, id, fingerprint, whether its ids may be turned back, and for
whom it is wrapped. Plain keys are wrapped for nobody. A bridge that was not
destroyed is told. It prints no key.`,
		Example: "  ohc-pipeline keys list --config config.yaml",
	}
	path := configFlag(c)
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		conf, err := load(*path)
		if err != nil {
			return err
		}
		if err := lookedAt(cmd, conf); err != nil {
			return err
		}
		all, err := listKeys(conf)
		if err != nil {
			return err
		}
		rows := [][]string{{"KEY", "KIND", "STATE", "ID", "FINGERPRINT", "REVERSIBLE", "MADE", "FOR"}}
		for _, e := range all {
			rows = append(rows, []string{e.Name, string(e.Kind), e.State, cmp.Or(e.ID, "-"), e.Fingerprint, map[bool]string{true: "yes", false: "no"}[e.Reversible],
				cmp.Or(strings.TrimSuffix(e.Created, "Z"), "-"), cmp.Or(strings.Join(e.For, " "), "NOT WRAPPED")})
		}
		if err := table(cmd.OutOrStdout(), 9, rows); err != nil {
			return err
		}
		left, err := filepath.Glob(bridge.Path(conf.Keys, "*"))
		for _, path := range left {
			name := strings.TrimSuffix(filepath.Base(path), filepath.Base(bridge.Path("", "")))
			fmt.Fprintf(cmd.OutOrStdout(), "\nA bridge from the key before is there: %s; next: ohc-pipeline keys bridge destroy %s\n", path, name)
		}
		return err
	}
	return c
}

// listKeys tells of all keys, plain ones too.
func listKeys(c config.Config) (out []keyring.Entry, err error) {
	h, err := openKeys(c, false)
	if err != nil {
		return nil, err
	}
	if h.ring != nil {
		if out, err = h.ring.List(); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{string(keyring.Base), c.Purpose} {
		if !h.plain(name) {
			continue
		}
		print, err := h.fingerprint(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, keyring.Entry{Name: name, Kind: keyring.KindOf(name), State: keyring.Active, Fingerprint: print})
	}
	return out, nil
}

func keysFingerprintCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "fingerprint NAME", Short: "Print the fingerprint of a key, as manifests have it", Args: cobra.ExactArgs(1),
		Long: `Print the fingerprint of a key: what manifests name it by. The key is unwrapped for
that and proven to be what its file says. It fails where there is none.`,
		Example: "  ohc-pipeline keys fingerprint planning",
	}
	path := configFlag(c)
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if keyring.KindOf(args[0]) == "" {
			return errNoName
		}
		conf, err := load(*path)
		if err != nil {
			return err
		}
		if err := lookedAt(cmd, conf, args[0]); err != nil {
			return err
		}
		h, err := openKeys(conf, false)
		if err != nil {
			return err
		}
		print, err := h.fingerprint(args[0])
		if err != nil {
			return err
		}
		fmt.Fprintln(cmd.OutOrStdout(), print)
		return nil
	}
	return c
}

// fingerprint is that of a key, whatever its kind and state.
func (h safe) fingerprint(name string) (string, error) {
	switch {
	case !h.plain(name):
		e, err := h.ring.Entry(name)
		return e.Fingerprint, err
	case name == string(keyring.Base):
		k, _, err := h.base()
		if err != nil {
			return "", err
		}
		return k.Fingerprint(), nil
	}
	_, e, err := h.domain(name)
	return e.Fingerprint, err
}

var errNoName = coded{exitUsage, errors.New("not the name of a key: base, register, a purpose, or project-NAME; see ohc-pipeline keys --help")}

// forFlag adds --for to a command.
func forFlag(c *cobra.Command) *[]string {
	return c.Flags().StringArray("for", nil, "the age public `key`, age1..., of somebody else who may use it; may be given more than once")
}

func recipients(keys []string) (out []keyring.Wrapper, err error) {
	for i, key := range keys {
		w, err := kek.Recipient(key)
		if err != nil {
			return nil, coded{exitUsage, fmt.Errorf("--for, number %d: %w", i+1, err)}
		}
		out = append(out, w)
	}
	return out, nil
}
