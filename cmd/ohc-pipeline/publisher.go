package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"secondaryuse/deid"
	"secondaryuse/marts"
	"secondaryuse/marts/domain"
	"secondaryuse/marts/practice"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/stage/seal"
)

// keys opens the key of the stage, that of the marts, which are of the domain of
// the run's purpose, and that which signs them. Where nothing was staged or published yet, it
// makes them if create is set, and else leaves them out. With another key than
// what is there was made with every pseudonym would change, so that is refused.
func keys(r *pipeline.Run, c config.Config, practices []practice.Practice, create bool) error {
	var err error
	first := fresh(c)
	r.Key, err = deid.OpenKey(c.Keys, first && create)
	switch {
	case first && !create && errors.Is(err, fs.ErrNotExist):
		r.Rules = append(r.Rules, "base key: none yet; the first run makes it")
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w; what is staged was made with it: put it back", err)
	case err != nil:
		return err
	default:
		if err := r.Fits(); err != nil {
			return err
		}
		r.Rules = append(r.Rules, "base key: fingerprint "+r.Key.Fingerprint())
	}
	key, err := domainKey(c, create)
	if err != nil {
		return err
	}
	signs, err := signer(c, create)
	r.Marts = marts.Publisher{Dir: c.Marts, Practices: practices, Key: key, Signing: signs, Keep: c.Snapshots.Keep}
	return err
}

// fresh reports whether nothing was ever staged, so that a key may be made.
func fresh(c config.Config) bool {
	_, err := seal.Current(stageOf(c))
	return errors.Is(err, seal.ErrNone)
}

func domainKey(c config.Config, create bool) (domain.Key, error) {
	path := filepath.Join(c.Keys, c.Purpose+".key")
	_, m, err := snapshot.Current(c.Marts)
	if err != nil && !errors.Is(err, snapshot.ErrNone) {
		return domain.Key{}, err
	}
	published := err == nil
	if published && m.Purpose != c.Purpose { // who reads them would find other data in their place
		return domain.Key{}, wrong(c, "purpose", "the marts folder holds what is published for "+m.Purpose+"; a purpose has work and marts folders of its own: name others")
	}
	if !published && create {
		if err := domain.Make(path); err != nil {
			return domain.Key{}, err
		}
	}
	key, err := domain.Open(path)
	switch {
	case !published && !create && errors.Is(err, fs.ErrNotExist):
		return key, nil
	case published && errors.Is(err, fs.ErrNotExist):
		return key, fmt.Errorf("%w; what is published was made with it: put it back", err)
	case err == nil && published && key.Fingerprint() != m.Domain:
		return key, fmt.Errorf("marts: %w", pipeline.ErrKey)
	}
	return key, err
}
