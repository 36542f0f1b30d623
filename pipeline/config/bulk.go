package config

// Bulk is a server that speaks FHIR Bulk Data.
type Bulk struct{}
