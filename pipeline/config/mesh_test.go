package config

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const exchanged = `feeds:
  - {name: ohc, kind: fhir, path: in}
gates:
  optout:
    mesh:
      url: https://mesh.example.nhs.uk
      mailbox: 8HQ50OT001
      to: X26HC065
      password: credential:mesh-password
      shared_key: keys/mesh-shared
      certificate: keys/mesh.pem
      key: keys/mesh.key
      ca: /etc/nhs-ca.pem
      chunk: 20000000
      max_rows: 100000
      weekly: true
      refresh: 5d
      within: 36h
  objection: {not_applicable: none}
  connection: {not_applicable: none}
  agreement: {not_applicable: none}
`

// TestMesh holds what is read of an exchange, and what is taken where it is not
// said.
func TestMesh(t *testing.T) {
	path := write(t, exchanged)
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	m := c.Gates.OptOut.Mesh
	if m.Key != filepath.Join(filepath.Dir(path), "keys/mesh.key") || m.Password != "credential:mesh-password" || m.CA != "/etc/nhs-ca.pem" ||
		m.Workflow != "SPINE_NTT_UPHOLDING" || m.From != m.To || m.Chunk != 20_000_000 || m.MaxRows != 100_000 || time.Duration(m.Within) != 36*time.Hour {
		t.Errorf("%+v", m)
	}
	for _, tc := range []struct {
		from, to     string
		age, refresh int
	}{
		{"weekly: true", "weekly: true", 13, 5},
		{"weekly: true", "weekly: false", 20, 5},
		{"weekly: true\n      refresh: 5d\n", "weekly: false\n", 20, 6},
		{"    mesh:", "    max_age: 10d\n    mesh:", 10, 5},
	} {
		c, err := Load(write(t, strings.Replace(exchanged, tc.from, tc.to, 1)))
		if err != nil {
			t.Fatal(err)
		}
		day := 24 * time.Hour
		if o := c.Gates.OptOut; o.Age() != time.Duration(tc.age)*day || time.Duration(o.Mesh.Refresh) != time.Duration(tc.refresh)*day {
			t.Errorf("%s: %v, %v", tc.to, o.Age(), o.Mesh.Refresh)
		}
	}
}

// TestMeshRefused holds that what is wrong is told with its line and what to do,
// and that nothing of it is repeated.
func TestMeshRefused(t *testing.T) {
	for _, tc := range []struct{ from, to, want string }{
		{"https://mesh", "http://mesh", "config.yaml:6: gates.optout.mesh.url: must be the https address"},
		{"https://mesh", "https://me:hunter2@mesh", "config.yaml:6: gates.optout.mesh.url: must be"},
		{"8HQ50OT001", "hunter2", "config.yaml:7: gates.optout.mesh.mailbox: give the id"},
		{"X26HC065", "hunter2", "config.yaml:8: gates.optout.mesh.to: give the id"},
		{"      to: X26HC065\n", "", "gates.optout.mesh.to: give the id of the service's mailbox"},
		{"X26HC065", "X26HC065\n      from: hunter2", "config.yaml:9: gates.optout.mesh.from: give"},
		{"      password: credential:mesh-password\n", "", "gates.optout.mesh.password: is missing; give the file"},
		{"      shared_key: keys/mesh-shared\n", "", "gates.optout.mesh.shared_key: is missing"},
		{"      key: keys/mesh.key\n", "", "gates.optout.mesh.key: is missing"},
		{"      certificate: keys/mesh.pem\n", "", "gates.optout.mesh.certificate: is missing"},
		{"      ca: /etc/nhs-ca.pem\n", "", "gates.optout.mesh.ca: is missing"},
		{"      to:", "      secret: hunter2\n      to:", "config.yaml:8: gates.optout.mesh.secret: there is no such key"},
		{"      to:", "      workflow: hunter 2\n      to:", "config.yaml:8: gates.optout.mesh.workflow: must be letters"},
		{"chunk: 20000000", "chunk: 2000000", "config.yaml:14: gates.optout.mesh.chunk: MESH wants"},
		{"max_rows: 100000", "max_rows: -1", "config.yaml:15: gates.optout.mesh.max_rows: must be"},
		{"refresh: 5d", "refresh: 8d", "config.yaml:17: gates.optout.mesh.refresh: a weekly cache"},
		{"weekly: true\n      refresh: 5d", "refresh: 20d", "gates.optout.mesh.refresh: the list would expire"},
		{"    mesh:", "    reply: a\n    mesh:", "gates.optout.mesh: the exchange has its own files"},
		{"    mesh:", "    workflow: A\n    mesh:", "gates.optout.mesh: its workflow is gates.optout.mesh.workflow"},
		{"    mesh:", "    not_applicable: none\n    mesh:", "gates.optout: both a file and not_applicable"},
	} {
		_, err := Load(write(t, strings.Replace(exchanged, tc.from, tc.to, 1)))
		if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s for %s: %v\nwant %s", tc.to, tc.from, err, tc.want)
		}
	}
}
