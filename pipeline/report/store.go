package report

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"secondaryuse/pipeline/durable"
	"secondaryuse/pipeline/ledger"
)

// The endings of a report's two files, which are named for its run.
const (
	Text = ".md"
	Data = ".json"
)

// Gather reads from the ledger what is known of a run; nothing for the zero Run.
func Gather(ctx context.Context, l *ledger.Ledger, r ledger.Run) (Facts, error) {
	f := Facts{Run: r}
	if r.ID == "" {
		return f, nil
	}
	var errs [4]error
	f.Rules, errs[0] = l.RulesOf(ctx, r.ID)
	f.Verdicts, errs[1] = l.Verdicts(ctx, r.ID)
	f.Tallies, errs[2] = l.Tallies(ctx, r.ID)
	f.Held, errs[3] = l.Organisations(ctx, r.ID)
	return f, errors.Join(errs[:]...)
}

// Write makes the report of a run that has ended, against the run before that
// can be compared with it, and puts both its files into a folder, which only its
// owner can read. They are durable on return. It returns the SHA-256 of the JSON.
func Write(ctx context.Context, dir string, l *ledger.Ledger, r ledger.Run) (digest string, err error) {
	known, err := l.Find(ctx, r.ID)
	if err != nil {
		return "", err
	}
	r.Kind = known.Kind // what was accounted for says so
	then, err := l.Before(ctx, r.ID, r.Kind, r.Purpose)
	if err != nil {
		return "", err
	}
	now, err := Gather(ctx, l, r)
	if err != nil {
		return "", err
	}
	before, err := Gather(ctx, l, then)
	if err != nil {
		return "", err
	}
	of := compose(now, before)
	var data bytes.Buffer
	w := json.NewEncoder(&data)
	w.SetIndent("", "  ")
	w.SetEscapeHTML(false) // "<8" is to be read
	if err := w.Encode(of); err != nil {
		return "", fmt.Errorf("report: %w", err)
	}
	if err := save(dir, r.ID, data.Bytes(), of.Markdown()); err != nil {
		return "", fmt.Errorf("report: %w", err)
	}
	sum := sha256.Sum256(data.Bytes())
	return hex.EncodeToString(sum[:]), nil
}

func save(dir, run string, data, text []byte) error {
	if err := durable.Folder(dir, 0o700); err != nil {
		return err
	}
	path := filepath.Join(dir, run)
	if err := durable.Replace(path+Text, text); err != nil {
		return err
	}
	return durable.Replace(path+Data, data) // last: where it is, both are
}

// Has reports whether the report of a run was written.
func Has(dir, run string) bool {
	_, err := os.Stat(filepath.Join(dir, run+Data))
	return err == nil
}

// named is what a report's files are called; others are not ours.
var named = regexp.MustCompile(`^([0-9]{8}T[0-9]{6}\.[0-9]{3}Z)\.(md|json)(\.tmp)?$`)

// Prune removes the reports of runs that the ledger has forgotten.
func Prune(ctx context.Context, dir string, l *ledger.Ledger) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	removed := false
	for _, e := range entries {
		m := named.FindStringSubmatch(e.Name())
		if m == nil {
			continue
		}
		r, err := l.Find(ctx, m[1])
		if err != nil {
			return err
		}
		if r.ID != "" && !strings.HasSuffix(e.Name(), durable.Half) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("report: %w", err)
		}
		removed = true
	}
	if !removed {
		return nil
	}
	return durable.Sync(dir)
}
