package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"secondaryuse/marts"
	"secondaryuse/marts/domain"
	"secondaryuse/marts/domain/bridge"
	"secondaryuse/marts/domain/keyring"
	"secondaryuse/marts/domain/keyring/kek"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/stage/seal"
)

func keysRekeyCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "rekey NAME --to RECIPIENT --reason WHY", Short: "Replace a key that is compromised", Args: cobra.ExactArgs(1),
		Long: `Make a new key in the place of one that is compromised, wrapped for the configuration's
key_encryption and for every --for. Everybody gets another id in that domain with the
next publication, which builds all marts anew. The old key is retired, and is kept to
find persons in what was made with it, until it is destroyed.

What must be carried over from the old ids to the new ones is carried by a bridge: a
table, in the folder of keys, that --to alone can open with age. Whoever has it can
join the two, so destroy it (keys bridge destroy) as soon as it was used. Where
nothing was published with the key there is none.

A process that dies leaves the old key in use or the new one: where it is the old
one, call it again. The base key and the register's are not replaced so: all that is
staged, or was issued, is known by them.`,
		Example: `  ohc-pipeline keys rekey planning --to age1... --reason "laptop lost, INC-204"
  ohc-pipeline publish
  age -d -i custodian.txt keys/planning.bridge.age > /mnt/sealed/bridge.csv
  ohc-pipeline keys bridge destroy planning`,
	}
	path, others := configFlag(c), forFlag(c)
	to := c.Flags().String("to", "", "the age public `key`, age1..., of who may open the bridge")
	reason := c.Flags().String("reason", "", "`why`, for the audit log; no name of a person and no number")
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if *to == "" || *reason == "" {
			return coded{exitUsage, errors.New("--to and --reason are needed: who may open the bridge, and why; see ohc-pipeline keys rekey --help")}
		}
		if _, err := kek.Recipient(*to); err != nil {
			return coded{exitUsage, fmt.Errorf("--to: %w", err)}
		}
		return changeKey(cmd, *path, args[0], *reason, func(k *keyAct) (keyring.Entry, error) { return k.rekey(args[0], *to, *others) })
	}
	return c
}

// errElsewhere says that what was made with a key is not where this configuration says.
var errElsewhere = coded{exitUsage, errors.New("the key of another purpose than the configuration's; name with --config that by which its marts are published")}

// rekey replaces a key, and makes the bridge before the new one is in use.
func (k *keyAct) rekey(name, to string, others []string) (keyring.Entry, error) {
	wrappers, err := recipients(others)
	if err != nil {
		return keyring.Entry{}, err
	}
	if name != k.conf.Purpose && keyring.KindOf(name) == keyring.Release {
		return keyring.Entry{}, errElsewhere
	}
	path := bridge.Path(k.conf.Keys, name)
	if bridge.There(path) && !k.keys.ring.Rekeying(name) {
		return keyring.Entry{}, coded{exitUsage, fmt.Errorf("the bridge of the last time is still there; next: ohc-pipeline keys bridge destroy %s", name)}
	}
	_, is, err := k.keys.ring.Rekey(name, k.now, func(old, key domain.Key, _, _ keyring.Entry) error {
		pairs, err := k.pairs(name, old, key)
		if err != nil || len(pairs) == 0 {
			return err
		}
		fmt.Fprintln(k.out, "bridge:", path)
		return bridge.Write(path, to, pairs)
	}, wrappers...)
	return is, err
}

// pairs is the ids of everybody who is published, under both keys.
func (k *keyAct) pairs(name string, old, key domain.Key) ([]bridge.Pair, error) {
	live, err := seal.Current(stageOf(k.conf))
	_, _, err2 := snapshot.Current(k.conf.Marts)
	if errors.Is(err, seal.ErrNone) || errors.Is(err2, snapshot.ErrNone) {
		return nil, nil
	}
	if err = errors.Join(err, err2); err != nil {
		return nil, err
	}
	if keyring.KindOf(name) == keyring.Project {
		return marts.BridgeProject(k.ctx, k.conf.Marts, stageOf(k.conf), old, key)
	}
	return marts.Bridge(k.ctx, k.conf.Marts, stageOf(k.conf), live, old, key)
}

func keysBridgeCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "bridge", Short: "Destroy the bridge between an old key and the new one",
		Long:    "A re-key leaves a sealed table of old ids and new ones in the folder of keys, to be\ndestroyed as soon as it was used.",
		Example: "  ohc-pipeline keys bridge destroy planning",
	}
	destroy := &cobra.Command{
		Use: "destroy NAME", Short: "Destroy a bridge", Args: cobra.ExactArgs(1),
		Long: `Remove the bridge of a key from the folder of keys. Copies that its recipient has
made, and those in backups, are not reached: have them destroyed, and say so.`,
		Example: "  ohc-pipeline keys bridge destroy planning",
	}
	path := configFlag(destroy)
	destroy.RunE = func(cmd *cobra.Command, args []string) error {
		return changeKey(cmd, *path, args[0], "the bridge", func(k *keyAct) (keyring.Entry, error) {
			err := bridge.Destroy(bridge.Path(k.conf.Keys, args[0]))
			if errors.Is(err, fs.ErrNotExist) {
				err = coded{exitUsage, errors.New("there is no bridge of that key; see ohc-pipeline keys list")}
			}
			if err != nil {
				return keyring.Entry{}, err
			}
			return k.keys.ring.Entry(args[0])
		})
	}
	c.AddCommand(destroy)
	return c
}
