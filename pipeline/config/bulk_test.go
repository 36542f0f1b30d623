package config

import (
	"path/filepath"
	"strings"
	"testing"
)

const server = `feeds:
  - name: ohc
    kind: fhir
    fetch:
      bulk:
        url: https://fhir.example.nhs.uk/r4
        of: group
        group: g-1
        types: [Patient, Observation]
        filters: ["Observation?category=laboratory"]
        client: us
        key: keys/bulk.pem
        token_url: https://auth.example.nhs.uk/token
        scopes: [system/Patient.rs, "system/*.read"]
        hosts: [files.example.nhs.uk, "other.example.nhs.uk:8443"]
        ca: /etc/ca.pem
        edition: 4
        partial: true
        missing: accept
        parallel: 8
gates:
  optout: {not_applicable: none}
  objection: {not_applicable: none}
  connection: {not_applicable: none}
  agreement: {not_applicable: none}
`

// TestBulk holds what is read of a FHIR server.
func TestBulk(t *testing.T) {
	path := write(t, server)
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	b := c.Feeds[0].Fetch.Bulk
	if b.Key != filepath.Join(filepath.Dir(path), "keys/bulk.pem") || b.CA != "/etc/ca.pem" || len(b.Types) != 2 || !b.Partial || b.Parallel != 8 {
		t.Errorf("%+v", b)
	}
}

// TestBulkRefused holds that what is wrong is told with its line and what to do,
// and that nothing of it is repeated.
func TestBulkRefused(t *testing.T) {
	for _, tc := range []struct{ from, to, want string }{
		{"https://fhir", "http://fhir", "config.yaml:6: feeds[0].fetch.bulk.url: must be an https address"},
		{"https://fhir", "https://me:hunter2@fhir", "config.yaml:6: feeds[0].fetch.bulk.url: must be"},
		{"uk/r4", "uk/r4?key=hunter2", "feeds[0].fetch.bulk.url: must be"},
		{"of: group", "of: hunter2", "config.yaml:7: feeds[0].fetch.bulk.of: not system, patient or group"},
		{"group: g-1", "parallel: 4", "there twice"},
		{"        group: g-1\n", "", "feeds[0].fetch.bulk.group: give the id of the group"},
		{"g-1", "Group/hunter2", "config.yaml:8: feeds[0].fetch.bulk.group: not the id"},
		{"[Patient, O", "[hunter2, O", "config.yaml:9: feeds[0].fetch.bulk.types[0]: not a resource type"},
		{"Observation?c", "hunter2", "config.yaml:10: feeds[0].fetch.bulk.filters[0]: not a query"},
		{"Observation?c", "Encounter?c", "filters[0]: it filters a type that is not in types"},
		{"?category", "?_elements=id&category", "filters[0]: an export is not"},
		{"        client: us\n", "", "feeds[0].fetch.bulk.client: client and key go together"},
		{"https://auth", "auth", "config.yaml:13: feeds[0].fetch.bulk.token_url: must be"},
		{"system/Patient.rs", "hunter2", "scopes[0]: not a scope"},
		{"[files", "[\"https://hunter2\", files", "hosts[0]: not a host"},
		{"edition: 4", "edition: 2", "edition: not 3 or 4"},
		{"missing: accept", "missing: hunter2", "missing: not fail or accept"},
		{"parallel: 8", "parallel: 80", "parallel: not from 1 to 16"},
		{"kind: fhir", "kind: garmin", "feeds[0].kind: what a FHIR server exports"},
		{"client: us", "secret: hunter2", "there is no such key"},
	} {
		_, err := Load(write(t, strings.Replace(server, tc.from, tc.to, 1)))
		if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s for %s: %v\nwant %s", tc.to, tc.from, err, tc.want)
		}
	}
}
