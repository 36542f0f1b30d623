package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"secondaryuse/deid/gate"
	"secondaryuse/marts/domain/bridge"
	"secondaryuse/marts/domain/keyring"
	office "secondaryuse/marts/people"
	"secondaryuse/marts/snapshot"
)

func keysDestroyCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "destroy NAME --id ID --key FILE --second FILE", Short: "Destroy a retired key for ever; two people", Args: cobra.ExactArgs(1),
		Long: `Remove a retired key for ever. Nobody can be found any more in what was made with it:
what was issued from that domain cannot be searched for people who have since
withdrawn. Copies of the file in backups are not reached: have them destroyed too.

Two people sign: --key and --second are the private keys of two custodians or
guardians in the file of people (key people of the configuration). Their names and
signatures are in the audit log. Refused while a snapshot is there that was made with
the key, or a bridge that leads from it.`,
		Example: "  ohc-pipeline keys destroy planning --id 0123456789abcdef --key ada.key --second /mnt/usb/rob.key",
	}
	path := configFlag(c)
	id := c.Flags().String("id", "", "the `id` of the key, as keys list has it")
	var signers [2]string
	c.Flags().StringVar(&signers[0], "key", "", "your private key: a `file` as ohc-marts people key makes it")
	c.Flags().StringVar(&signers[1], "second", "", "the second person's private key: a `file`")
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if *id == "" || signers[0] == "" || signers[1] == "" {
			return coded{exitUsage, errors.New("--id, --key and --second are needed: which key, and the keys of two people; see ohc-pipeline keys destroy --help")}
		}
		return changeKey(cmd, *path, args[0], "", func(k *keyAct) (keyring.Entry, error) { return k.destroy(args[0], *id, signers) })
	}
	return c
}

func (k *keyAct) destroy(name, id string, signers [2]string) (keyring.Entry, error) {
	all, err := k.keys.ring.List()
	if err != nil {
		return keyring.Entry{}, err
	}
	i := slices.IndexFunc(all, func(e keyring.Entry) bool { return e.Name == name && e.ID == id && e.State == keyring.Retired })
	if i < 0 {
		return keyring.Entry{}, coded{exitUsage, errors.New("no retired key has this name and id; next: ohc-pipeline keys list, and keys retire")}
	}
	if err := k.needed(all[i]); err != nil {
		return keyring.Entry{}, err
	}
	statement := fmt.Sprintf("destroy %s %s %s", name, id, all[i].Fingerprint)
	if k.note.With, err = twoPeople(k.conf.People, signers, "key-destroy", statement, office.Custodian, office.Guardian); err != nil {
		return keyring.Entry{}, err
	}
	if err := k.tell("signed"); err != nil {
		return keyring.Entry{}, err
	}
	e, err := k.keys.ring.Destroy(id)
	e.State = "destroyed"
	return e, err
}

// needed returns an error while something is there for which a key is needed.
func (k *keyAct) needed(e keyring.Entry) error {
	if bridge.There(bridge.Path(k.conf.Keys, e.Name)) {
		return coded{exitUsage, fmt.Errorf("a bridge is there that leads from it; next: ohc-pipeline keys bridge destroy %s", e.Name)}
	}
	other := k.conf
	other.Purpose = e.Name
	if _, err := purposeOf(other, k.now); e.Name != k.conf.Purpose && e.Kind == keyring.Release && (err == nil || errors.Is(err, gate.ErrRefused)) {
		return errElsewhere
	}
	folders, err := filepath.Glob(filepath.Join(k.conf.Marts, "snapshots", "*"))
	for _, folder := range folders {
		m, err := snapshot.Read(folder)
		if err != nil {
			return err
		}
		if m.Domain == e.Fingerprint {
			return coded{exitUsage, fmt.Errorf("the snapshot %s was made with it; next: publish until it has gone (snapshots.keep and max_age in the configuration)", m.ID)}
		}
	}
	return err
}
