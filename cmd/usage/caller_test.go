package usage_test

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"secondaryuse/cmd/usage"
)

// TestMain says who calls, where the test has itself run by somebody.
func TestMain(m *testing.M) {
	if os.Getenv("OHC_CALLER") != "" {
		fmt.Print(usage.Caller())
		return
	}
	os.Exit(m.Run())
}

// A container may run as a number that no file of users has.
func TestCallerWithoutName(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can run something as another user")
	}
	self, err := os.ReadFile("/proc/self/exe") // the test's own folder is for its user alone
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.CreateTemp("/tmp", "caller")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(f.Name()) })
	if _, err := f.Write(self); err != nil {
		t.Fatal(err)
	}
	if err := f.Chmod(0o755); err != nil || f.Close() != nil {
		t.Fatal("the copy cannot be made")
	}
	c := exec.Command(f.Name())
	c.Dir, c.Env = "/", []string{"OHC_CALLER=1"}
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 61234, Gid: 61234}}
	out, err := c.CombinedOutput()
	if err != nil || string(out) != "uid 61234" {
		t.Fatalf("%v: %s", err, out)
	}
}
