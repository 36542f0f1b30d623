package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/marts/domain/keyring"
	"secondaryuse/pipeline/audit"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/ledger"
)

// keysUsed has the audit log know that a command uses the keys of all domains. Of
// a run, how it ended says which it used.
func keysUsed(ctx context.Context, c config.Config, command string) error {
	all, err := listKeys(c)
	if err != nil {
		return err
	}
	l, err := openLedger(c)
	if err != nil {
		return err
	}
	var names []string
	for _, e := range all {
		names = append(names, e.Name+" "+e.ID)
	}
	_, err = attest(ctx, c, l, audit.Event{What: "keys used", Command: command, Key: strings.Join(names, ", ")})
	return errors.Join(err, l.Close())
}

// keyAct is something that is done to a key, while no run is going on.
type keyAct struct {
	ctx  context.Context
	conf config.Config
	keys safe
	now  time.Time
	out  io.Writer
	note *audit.Event            // what is said of it
	tell func(what string) error // adds that to the audit log
}

// changeKey does something to the key of a name, between two events of the audit
// log: that it is to be done, and how it ended. It says what the key is then.
func changeKey(cmd *cobra.Command, path, name, reason string, do func(k *keyAct) (keyring.Entry, error)) error {
	if keyring.KindOf(name) == "" {
		return errNoName
	}
	conf, err := load(path)
	if err != nil {
		return err
	}
	if !conf.KeyEncryption.Some() {
		return wrong(conf, "key_encryption", "it is missing: for whom keys are to be wrapped; next: age-keygen -o FILE, and key_encryption: {identity: FILE}")
	}
	unlock, err := lock(conf)
	if err != nil {
		return err
	}
	defer unlock()
	l, err := openLedger(conf)
	if err != nil {
		return err
	}
	defer l.Close()
	k := &keyAct{ctx: cmd.Context(), conf: conf, now: nowIn(cmd.Context()).UTC(), out: cmd.OutOrStdout()}
	return k.attested(l, strings.TrimPrefix(cmd.CommandPath(), "ohc-pipeline "), name, reason, do)
}

func (k *keyAct) attested(l *ledger.Ledger, command, name, reason string, do func(k *keyAct) (keyring.Entry, error)) error {
	k.note = &audit.Event{Command: command, Key: name, Reason: reason}
	k.tell = func(what string) error {
		note := *k.note
		note.What = what
		_, err := attest(context.WithoutCancel(k.ctx), k.conf, l, note)
		return err
	}
	if err := k.tell("began"); err != nil {
		return err
	}
	e, err := k.do(command, name, do)
	k.note.Outcome = outcome(err)
	if err == nil {
		k.note.Key = fmt.Sprintf("%s, id %s, fingerprint %s", e.Name, e.ID, e.Fingerprint)
	}
	if failed := k.tell("ended"); err != nil || failed != nil {
		return errors.Join(err, failed)
	}
	fmt.Fprintf(k.out, "%s: %s, id %s, fingerprint %s, for %d\n", e.Name, e.State, e.ID, e.Fingerprint, len(e.For))
	return nil
}

func (k *keyAct) do(command, name string, do func(k *keyAct) (keyring.Entry, error)) (e keyring.Entry, err error) {
	if k.keys, err = openKeys(k.conf, true); err != nil {
		return e, err
	}
	if command != "keys rewrap" && k.keys.ring.Plain(name) {
		return e, coded{exitUsage, fmt.Errorf("key %s: it is a plain key; next: ohc-pipeline keys rewrap %s", name, name)}
	}
	return do(k)
}
