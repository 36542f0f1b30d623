package main

import (
	"errors"
	"time"

	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/fetch"
	"secondaryuse/pipeline/fetch/postgres"
)

// postgresFetcher reads a feed's tables out of a database.
func postgresFetcher(f config.Feed) (fetch.Fetcher, error) {
	if f.Kind != "tabular" {
		return nil, errors.New("postgres brings tables: kind must be tabular")
	}
	p := f.Fetch.Postgres
	tables := make([]postgres.Table, len(p.Tables))
	for i, t := range p.Tables {
		tables[i] = postgres.Table{Schema: t.Schema, Table: t.Table, File: t.File, Columns: t.Columns, After: t.After, Lag: t.Lag}
	}
	return postgres.New(postgres.Config{
		Host: p.Host, Port: uint16(p.Port), Database: p.Database, User: p.User, Password: p.Password, // the port was checked
		TLS: p.TLS, CA: p.CA, Certificate: p.Certificate, Key: p.Key, Timeout: time.Duration(p.Timeout), Tables: tables,
	})
}
