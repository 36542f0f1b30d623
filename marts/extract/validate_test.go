package extract

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"secondaryuse/testdata/python"
)

// TestValidators holds an extract, as its recipient has it after the standard age
// program and unzip, to Frictionless' validator and to RO-Crate's, both from PyPI, and
// shows that the first finds a cell that is not what the description says, and a file of another length.
func TestValidators(t *testing.T) {
	requirements, err := os.ReadFile("testdata/requirements.txt")
	if err != nil {
		t.Fatal(err)
	}
	interpreter := python.Environment(t, "extract", requirements)
	program := func(name string, args ...string) (string, error) {
		cmd := exec.Command(filepath.Join(filepath.Dir(interpreter), name), args...)
		cmd.Env = append(os.Environ(), "NO_COLOR=1")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	s := newSite(t, 300, 60)
	i := s.issue()
	dir := s.unpacked(s.decrypted(i))
	data := filepath.Join(dir, "data")
	if out, err := program("frictionless", "validate", filepath.Join(data, "datapackage.json")); err != nil || strings.Count(out, "VALID") != 4 {
		t.Errorf("%v\n%s", err, out)
	}
	cache := filepath.Join(t.TempDir(), "cache")
	if out, err := program("python", "testdata/context.py", cache); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for folder, profile := range map[string]string{data: "ro-crate-1.2", filepath.Join(data, "workflow"): "workflow-ro-crate-1.0"} {
		if out, err := program("rocrate-validator", "-y", "validate", "--offline", "--cache-path", cache, "--no-paging", "--verbose", "--no-auto-profile", "--profile-identifier", profile, folder); err != nil {
			t.Errorf("%s: %v\n%s", folder, err, out)
		}
	}
	for name, other := range map[string][2]string{"activity_daily.csv": {"2026-", "20x6-"}, "activity_daily.parquet": {"PAR1", ""}} {
		path := filepath.Join(data, "tables", name)
		text, err := os.ReadFile(path)
		s.must(err, os.WriteFile(path, []byte(strings.Replace(string(text), other[0], other[1], 1)), 0o600))
		if out, err := program("frictionless", "validate", filepath.Join(data, "datapackage.json"), "--resource-name", strings.NewReplacer("_", "-", ".", "-").Replace(name)); err == nil {
			t.Errorf("%s was changed, and passes\n%s", name, out)
		}
	}
}

// decrypted is the archive of the first recipient, as the standard age program opens it.
func (s *site) decrypted(i Issued) []byte {
	s.Helper()
	program, err := exec.LookPath("age")
	if err != nil {
		s.Skip("there is no age on this machine (apt-get install age)")
	}
	s.write("identity.txt", s.own.String()+"\n")
	out, err := exec.Command(program, "--decrypt", "--identity", s.path("identity.txt"), filepath.Join(i.Folder, i.Sealed[0].File)).Output()
	s.must(err)
	return out
}
