// Package withdrawal keeps who was affected when a run took people, or some of
// what is held of them, out of what is used, or let them in again: as counts by
// reason, and as digests by which what was issued before can be matched.
//
//	DIR/RUN.json   what one run changed; written before the run is published
//
// A digest is keyed, for this purpose alone (deid.Key.Withdrawal), and made of the
// base person_id: without the key it names nobody, and it can be joined to nothing
// that is stored or issued. Who issues an extract keeps with it, for each of its ids, the
// digest of the base id that the id was made from, and the run it was made of;
// Matches says who in it is affected, and so which of its ids.
package withdrawal

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"secondaryuse/pipeline/durable"
)

// Digest stands for one person.
type Digest [16]byte

// MarshalText writes it in hexadecimal.
func (d Digest) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(d[:])), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Digest) UnmarshalText(text []byte) error {
	if n, err := hex.Decode(d[:], text); n != len(d) || err != nil || len(text) != 2*len(d) {
		return errors.New("no digest")
	}
	return nil
}

// Change is what became of people.
type Change string

// The changes. Less is of people who stay, but of whom there is less in a dataset
// than before: a code, an agreement, a connection or a deletion took it out.
const (
	Out  Change = "out"
	Less Change = "less"
	In   Change = "in"
)

// Group is those whom one change befell for one reason.
type Group struct {
	Change  Change   `json:"change"`
	Gate    string   `json:"gate,omitempty"` // whose reason it is; empty where no gate of persons gave one
	Reason  string   `json:"reason"`
	Persons int      `json:"persons"`
	Digests []Digest `json:"digests"` // in order
}

// Record is what one run changed.
type Record struct {
	Run    string    `json:"run"`
	At     time.Time `json:"at"` // the day that the run was for
	Groups []Group   `json:"groups"`

	// Unknown says that what was staged before could not be read, so that nobody
	// knows who was in it: anything that was issued before may be affected.
	Unknown bool `json:"unknown,omitempty"`
}

// TakesOut reports whether the run took anything out, or may have.
func (r Record) TakesOut() bool {
	return r.Unknown || slices.ContainsFunc(r.Groups, func(g Group) bool { return g.Change != In })
}

// Matches returns those of the people of something that was issued who were taken
// out since, as a whole or in part, each once. It was made of what the run since
// had published, and issued says whether it holds somebody. What a record that is
// Unknown took out is not among them.
func Matches(all []Record, since string, issued func(Digest) bool) (out []Digest) {
	seen := make(map[Digest]bool)
	for _, r := range all {
		for _, g := range r.Groups {
			for _, d := range g.Digests {
				if r.Run > since && g.Change != In && !seen[d] && issued(d) {
					seen[d] = true
					out = append(out, d)
				}
			}
		}
	}
	return out
}

// Write keeps a record in dir, if it says anything. It is there after a crash,
// once Write has returned.
func Write(dir string, r Record) error {
	if len(r.Groups) == 0 && !r.Unknown {
		return nil
	}
	for i := range r.Groups {
		g := &r.Groups[i]
		slices.SortFunc(g.Digests, func(a, b Digest) int { return slices.Compare(a[:], b[:]) })
		g.Persons = len(g.Digests)
	}
	data, err := json.Marshal(r)
	if err == nil {
		err = durable.Folder(dir, 0o700)
	}
	if err == nil {
		err = durable.Replace(filepath.Join(dir, r.Run+ext), append(data, '\n'))
	}
	if err != nil {
		return fmt.Errorf("withdrawal: %w", err)
	}
	return nil
}

const ext = ".json"

// Read returns the records in dir, in the order of their runs. One that cannot be
// read is an error: somebody in it would go unmatched.
func Read(dir string) (all []Record, err error) {
	names, err := names(dir)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, fmt.Errorf("withdrawal: %w", err)
		}
		var r Record
		if err := json.Unmarshal(data, &r); err != nil || r.Run+ext != name {
			return nil, fmt.Errorf("withdrawal: %s is not what was written; next: put it back from a backup", filepath.Join(dir, name))
		}
		all = append(all, r)
	}
	return all, nil
}

// names are those of the records.
func names(dir string) (out []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("withdrawal: %w", err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ext) {
			out = append(out, e.Name())
		}
	}
	return out, nil
}

// Newest returns the run that took anything out last; "" where none did.
func Newest(dir string) (run string, err error) {
	all, err := Read(dir)
	for _, r := range all {
		if r.TakesOut() {
			run = r.Run
		}
	}
	return run, err
}

// Forget removes the records of runs before a time. They are gone from the disk
// when it returns.
func Forget(dir string, before time.Time) error {
	all, err := Read(dir)
	gone := false
	for _, r := range all {
		if r.At.Before(before) {
			err, gone = errors.Join(err, os.Remove(filepath.Join(dir, r.Run+ext))), true
		}
	}
	if gone {
		err = errors.Join(err, durable.Sync(dir))
	}
	return err
}
