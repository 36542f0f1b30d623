package config

// Postgres is a database with tables or views to be read.
type Postgres struct{}
