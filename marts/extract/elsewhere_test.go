package extract

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestElsewhere holds that what is in an archive does not follow from the machine: not
// from its time zone, language, umask, folder of temporary files, number of cores or
// how much memory there is.
func TestElsewhere(t *testing.T) {
	s := newSite(t, 400, 60)
	want := s.issue().Archive
	for n, run := range []struct {
		prefix, memory string
		env            []string
	}{
		{"umask 077; exec ", "", []string{"TZ=Pacific/Auckland", "LC_ALL=de_DE.UTF-8", "LANG=de_DE.UTF-8"}},
		{"umask 000; exec ", "300MB", []string{"TZ=America/St_Johns", "LC_ALL=tr_TR.UTF-8", "TMPDIR=" + t.TempDir()}},
		{"exec taskset -c 0 ", "", []string{"TZ=", "GOMAXPROCS=1"}},
	} {
		if _, err := exec.LookPath("taskset"); err != nil && n == 2 {
			run.prefix = "exec "
		}
		order := s.Order
		order.KEK, order.Memory = nil, run.memory
		body, err := json.Marshal(struct {
			Order
			Identity string
		}{order, s.identity})
		s.must(err, os.WriteFile(s.path("order.json"), body, 0o600))
		cmd := exec.Command("sh", "-c", run.prefix+os.Args[0])
		cmd.Env = append(append(os.Environ(), child+"="+s.path("order.json")), run.env...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", run, err, out)
		}
		text, err := os.ReadFile(filepath.Join(s.Egress.Outbox, fmt.Sprintf("falls-%d", n+2), "manifest.json"))
		s.must(err)
		var got Issued
		if s.must(json.Unmarshal(text, &got)); got.Archive != want {
			t.Errorf("%v: another archive: %+v, want %+v", run, got.Archive, want)
		}
		for _, f := range got.Sealed {
			info, err := os.Stat(filepath.Join(s.Egress.Outbox, got.Name, f.File))
			if s.must(err); info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%v: others may read %s: %v", run, f.File, info.Mode())
			}
		}
	}
}
