package main

import (
	"path/filepath"

	"secondaryuse/marts"
	"secondaryuse/marts/domain"
	"secondaryuse/pipeline/config"
)

// publisher builds marts in the domain of the run's purpose, whose key it
// makes when there is none yet.
func publisher(c config.Config) (marts.Publisher, error) {
	key, err := domain.Open(filepath.Join(c.Keys, c.Purpose+".key"))
	return marts.Publisher{Dir: c.Marts, Practices: c.Reference.Practices, Key: key}, err
}
