package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"secondaryuse/marts/domain/keyring"
	"secondaryuse/pipeline/audit"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/ledger"
)

// keysUsed has the audit log know that a command uses keys, before it does; all of
// them where none is named. Of a run, or of what releases, the event that it begins
// says so.
func keysUsed(ctx context.Context, c config.Config, command string, names ...string) error {
	l, err := openLedger(c)
	if err != nil {
		return err
	}
	_, err = attest(ctx, c, l, audit.Event{What: "keys used", Command: command, Key: keysNamed(c, names...)})
	return errors.Join(err, l.Close())
}

// lookedAt is keysUsed for a command that only looks at keys: where there was no run yet,
// and nothing was done to a key, it makes no log.
func lookedAt(cmd *cobra.Command, c config.Config, names ...string) error {
	l, err := pastLedger(c)
	if errors.Is(err, errNoRun) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(l.Close(), keysUsed(cmd.Context(), c, strings.TrimPrefix(cmd.CommandPath(), "ohc-pipeline "), names...))
}

// keysNamed is the names of keys that are there, those that are retired too, each with
// the id that its file says, unproven; all keys where none is named.
func keysNamed(c config.Config, names ...string) string {
	var out []string
	for _, file := range keyFiles(c) {
		name, key := strings.CutSuffix(file, ".key")
		if name, _, _ := strings.Cut(name, "."); !key || keyring.KindOf(name) == "" || len(names) > 0 && !slices.Contains(names, name) {
			continue
		}
		out = append(out, strings.TrimSpace(name+" "+keyID(filepath.Join(c.Keys, file))))
	}
	return strings.Join(out, ", ")
}

// keyID is the id that a file says; empty where it says none.
func keyID(path string) string {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > 64<<10 {
		return ""
	}
	var of struct{ ID string }
	text, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(text, &of) != nil || !idForm.MatchString(of.ID) {
		return ""
	}
	return of.ID
}

var idForm = regexp.MustCompile(`^[0-9a-f]{16}$`)

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
