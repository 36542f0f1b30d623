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
	"secondaryuse/marts/egress"
	"secondaryuse/pipeline/audit"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/ledger"
)

// keysUsed has the audit log know that a command uses keys, before it does; those of all
// domains where none is named. Where none of them is there, nothing is used, and no log
// is made. Of a run, or of what releases, the event that it begins says so.
func keysUsed(ctx context.Context, c config.Config, command string, names ...string) error {
	keys := keysNamed(c, names...)
	if keys == "" {
		return nil
	}
	l, err := openLedger(c)
	if err != nil {
		return err
	}
	_, err = attest(ctx, c, l, audit.Event{What: "keys used", Command: command, Key: keys})
	return errors.Join(err, l.Close())
}

// lookedAt is keysUsed for what is no run and releases nothing.
func lookedAt(cmd *cobra.Command, c config.Config, names ...string) error {
	return keysUsed(cmd.Context(), c, strings.TrimPrefix(cmd.CommandPath(), "ohc-pipeline "), names...)
}

// keysOfRun is the names of the keys that open opens: whatever stands on what is staged and
// published uses them.
func keysOfRun(c config.Config) []string {
	return []string{string(keyring.Base), c.Purpose, egress.SigningKey}
}

// keysNamed is the names of keys that are there, those that are retired too, each with
// the id that its file says, unproven; those of all domains where none is named.
func keysNamed(c config.Config, names ...string) string {
	var out []string
	for _, file := range keyFiles(c) {
		name := strings.TrimSuffix(file, ".key")
		of, _, _ := strings.Cut(name, ".")
		if file == egress.SigningKey {
			of = file
		} else if keyring.KindOf(of) == "" {
			continue
		}
		if !slices.Contains(names, of) && (len(names) > 0 || of == egress.SigningKey) {
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
