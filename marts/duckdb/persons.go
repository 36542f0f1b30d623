package duckdb

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"secondaryuse/marts/catalogue"
)

// Persons returns the base ids of everybody of whom a row is staged, each once.
func Persons(ctx context.Context, src Source, lim Limits) ([]int64, error) {
	inputs, err := catalogue.Inputs()
	if err != nil {
		return nil, err
	}
	var parts []string
	for _, in := range inputs {
		if all := src.layers(in.Name, none, src.Manifest.Layer); in.Staged() && len(all) > 0 {
			parts = append(parts, "SELECT person_id FROM ("+src.union(all, []string{"person_id"})+")")
		}
	}
	return persons(ctx, parts, lim)
}

// Listed returns the ids of everybody who is in one of the marts of a snapshot, in
// its domain, each once.
func Listed(ctx context.Context, folder string, lim Limits) ([]int64, error) {
	all, err := catalogue.All()
	if err != nil {
		return nil, err
	}
	var parts []string
	for _, m := range all {
		file := filepath.Join(folder, m.Name+".parquet")
		for _, c := range m.Columns {
			if c.Name == "person_id" {
				parts = append(parts, "SELECT person_id FROM read_parquet("+text(file)+")")
			}
		}
	}
	return persons(ctx, parts, lim)
}

// persons returns what queries yield, each once.
func persons(ctx context.Context, queries []string, lim Limits) (ids []int64, err error) {
	if len(queries) == 0 {
		return nil, nil
	}
	e, err := open(ctx, lim)
	if err != nil {
		return nil, err
	}
	err = e.each(ctx, "SELECT DISTINCT person_id FROM ("+strings.Join(queries, " UNION ALL ")+")", func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, errors.Join(err, e.close())
}
