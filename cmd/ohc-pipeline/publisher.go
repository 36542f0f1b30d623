package main

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"secondaryuse/marts"
	"secondaryuse/marts/domain"
	"secondaryuse/marts/domain/keyring"
	"secondaryuse/marts/practice"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/stage/seal"
)

// keys opens the key of the stage, that of the marts, which are of the domain of
// the run's purpose, and that which signs them. Where nothing was staged or
// published yet, it makes them if create is set, and else leaves them out. With
// another key than what is there was made with every pseudonym would change, so that
// is refused.
func keys(r *pipeline.Run, c config.Config, practices []practice.Practice, create bool, now time.Time) error {
	h, err := openKeys(c, create)
	none := errors.Is(err, fs.ErrNotExist)
	if err != nil && !none {
		return err
	}
	if err := baseKey(r, h, create, none, now); err != nil {
		return err
	}
	key, entry, err := domainKey(h, create, none, now)
	if err != nil {
		return err
	}
	signs, err := signer(c, create)
	if err != nil {
		return err
	}
	head, err := registerHead(c)
	if err != nil {
		return err
	}
	r.Marts = marts.Publisher{Dir: c.Marts, Practices: practices, Key: key, KeyID: entry.ID, Signing: signs, Register: head, Keep: c.Snapshots.Keep}
	if entry.ID != "" {
		r.Rules = append(r.Rules, fmt.Sprintf("domain key: %s, fingerprint %s, id %s%s", entry.Name, entry.Fingerprint, entry.ID, instead(entry)))
	}
	if line := h.unwrapped(); line != "" {
		r.Rules = append(r.Rules, line)
	}
	return nil
}

// instead says whose place a key has taken.
func instead(e keyring.Entry) string {
	if e.Replaces == "" {
		return ""
	}
	return ", in place of fingerprint " + e.Replaces + ": the ids of persons are others than those made with that"
}

// baseKey opens the key of the stage. none says that there is no folder of keys.
func baseKey(r *pipeline.Run, h safe, create, none bool, now time.Time) (err error) {
	first, told := fresh(h.c), ""
	if first && create {
		if err := h.make(string(keyring.Base), now); err != nil {
			return fmt.Errorf("key: %w", err)
		}
	}
	if err = keyring.ErrNone; !none {
		r.Key, told, err = h.base()
	}
	switch {
	case first && !create && errors.Is(err, fs.ErrNotExist):
		r.Rules = append(r.Rules, "base key: none yet; the first run makes it")
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w; what is staged was made with it: put it back", err)
	case err != nil:
		return err
	}
	r.Rules = append(r.Rules, "base key: "+told)
	return r.Fits()
}

// fresh reports whether nothing was ever staged, so that a key may be made.
func fresh(c config.Config) bool {
	_, err := seal.Current(stageOf(c))
	return errors.Is(err, seal.ErrNone)
}

// domainKey opens the key of the marts. One that was made in the place of that
// which the published marts were made with, because that was compromised, is
// taken: everybody gets another id then, as was meant.
func domainKey(h safe, create, none bool, now time.Time) (key domain.Key, e keyring.Entry, err error) {
	c := h.c
	_, m, err := snapshot.Current(c.Marts)
	if err != nil && !errors.Is(err, snapshot.ErrNone) {
		return key, e, err
	}
	published := err == nil
	if published && m.Purpose != c.Purpose { // who reads them would find other data in their place
		return key, e, wrong(c, "purpose", "the marts folder holds what is published for "+m.Purpose+"; a purpose has work and marts folders of its own: name others")
	}
	if !published && create {
		if err := h.make(c.Purpose, now); err != nil {
			return key, e, fmt.Errorf("domain key: %w", err)
		}
	}
	if err = keyring.ErrNone; !none {
		key, e, err = h.domain(c.Purpose)
	}
	switch {
	case !published && !create && errors.Is(err, fs.ErrNotExist):
		return key, e, nil
	case published && errors.Is(err, fs.ErrNotExist):
		return key, e, fmt.Errorf("%w; what is published was made with it: put it back", err)
	case err == nil && published && m.Domain != e.Fingerprint && m.Domain != e.Replaces:
		return key, e, fmt.Errorf("marts: %w", pipeline.ErrKey)
	}
	return key, e, err
}
