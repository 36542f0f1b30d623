package pipeline

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/pipeline/guard"
	"secondaryuse/pipeline/stage/seal"
)

// keepRoster begins to write what is known of persons, for the next delta; wait
// ends that. Of nobody there is nothing to write.
func (r *Run) keepRoster(k *gate.Keeper) (wait func() ([]seal.Part, error)) {
	if k == nil {
		return func() ([]seal.Part, error) { return nil, nil }
	}
	var err error
	var beside guard.Group
	p := seal.Part{Dataset: seal.Roster, File: seal.Roster + ".bin"}
	beside.Go(func() { err = save(k, filepath.Join(seal.Dir(r.Stage, r.ID), p.File)) })
	return func() ([]seal.Part, error) {
		beside.Wait()
		return []seal.Part{p}, err
	}
}

func save(k *gate.Keeper, path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err == nil {
		err = errors.Join(k.Save(f), f.Close())
	}
	if err != nil {
		return fmt.Errorf("stage: roster: %w", err)
	}
	return nil
}

// linkSet is the dataset of links.
var linkSet = record.DatasetOf[row.Link]().String()

// keepLinks puts the links aside, which settling takes away: what comes later
// may take out what they link to.
func (r *Run) keepLinks(parts []seal.Part) ([]seal.Part, error) {
	if !r.Keep {
		return nil, nil
	}
	var out []seal.Part
	for _, p := range parts {
		if p.Dataset != linkSet {
			continue
		}
		from := filepath.Join(seal.Dir(r.Stage, r.ID), p.File)
		p.File = "kept-" + p.File
		if err := os.Link(from, filepath.Join(seal.Dir(r.Stage, r.ID), p.File)); err != nil {
			return nil, fmt.Errorf("stage: links: %w", err)
		}
		out = append(out, p)
	}
	return out, nil
}

// intact returns an error that wraps seal.ErrDamaged unless what a sealed run
// kept for deltas is there, as long as it was: to read all of it takes longer
// than many a delta, and is what verifying is for.
func (r *Run) intact(live seal.Manifest) error {
	for _, p := range live.State {
		if info, err := os.Stat(filepath.Join(seal.Dir(r.Stage, live.Run), p.File)); err != nil || info.Size() != p.Bytes {
			return fmt.Errorf("stage: %s: %w", p.Dataset, seal.ErrDamaged)
		}
	}
	return nil
}
