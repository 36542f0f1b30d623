package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"secondaryuse/marts"
	"secondaryuse/marts/domain"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline"
	"secondaryuse/pipeline/config"
)

// publisher builds marts in the domain of the run's purpose, whose key is made
// when nothing was published yet. With another key than that of the published
// marts every pseudonym would change, so that is refused.
func publisher(c config.Config) (marts.Publisher, error) {
	path := filepath.Join(c.Keys, c.Purpose+".key")
	_, m, err := snapshot.Current(c.Marts)
	if err != nil && !errors.Is(err, snapshot.ErrNone) {
		return marts.Publisher{}, err
	}
	published := err == nil && m.Purpose == c.Purpose
	if published {
		if _, err := os.Stat(path); err != nil {
			return marts.Publisher{}, fmt.Errorf("key: %w", err)
		}
	}
	key, err := domain.Open(path)
	if err == nil && published && key.Fingerprint() != m.Domain {
		err = fmt.Errorf("marts: %w", pipeline.ErrKey)
	}
	return marts.Publisher{Dir: c.Marts, Practices: c.Reference.Practices, Key: key}, err
}
