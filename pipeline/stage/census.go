package stage

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/parquet-go/parquet-go"

	"secondaryuse/deid/term"
	"secondaryuse/pipeline/stage/seal"
)

// Census is who and how much a sealed run holds.
type Census struct {
	Persons map[int64]struct{}  // every person_id
	Records map[term.Word]int64 // input records (rows with Part 0), by feed
}

// Count reads the keys of every part of a sealed run.
func Count(stage string, m seal.Manifest) (Census, error) {
	c := Census{make(map[int64]struct{}), make(map[term.Word]int64)}
	for _, p := range m.Parts {
		if err := c.part(filepath.Join(seal.Dir(stage, m.Run), p.File)); err != nil {
			return c, fmt.Errorf("%s: stage: %w", p.Dataset, err)
		}
	}
	return c, nil
}

// key is the columns of row.Key that a census needs.
type key struct {
	PersonID int64     `parquet:"person_id"`
	Feed     term.Word `parquet:"feed,dict"`
	Part     int32     `parquet:"part"`
}

func (c *Census) part(path string) error {
	f, file, err := read(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := parquet.NewGenericReader[key](file)
	defer r.Close()
	rows := make([]key, 4096)
	for {
		n, err := r.Read(rows)
		for _, k := range rows[:n] {
			c.Persons[k.PersonID] = struct{}{}
			if k.Part == 0 {
				c.Records[term.Word([]byte(k.Feed))]++
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
