package meshtest

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// requirements are NHS England's sandbox and all that it needs, each by version
// and by the digests of its files for Linux.
//
//go:embed requirements.txt
var requirements []byte

// environment is a Python that has the sandbox, made once for all tests of this
// machine in the user's cache. It has another place where Python or what is
// wanted is another.
func environment(t testing.TB) string {
	t.Helper()
	system := pythonOf(t)
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	version, _ := exec.Command(system, "-VV").Output()
	digest := sha256.Sum256(append(append([]byte(system), version...), requirements...))
	dir := filepath.Join(cache, "ohc-test", "mesh-sandbox-"+hex.EncodeToString(digest[:6]))
	if err := install(system, dir); err != nil {
		t.Skip("the sandbox cannot be installed: ", err)
	}
	return filepath.Join(dir, "bin", "python")
}

// install makes the environment. Of several processes one does, and the others
// wait; one that was cut off is made anew.
func install(system, dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return err
	}
	lock, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	done := filepath.Join(dir, "done")
	if _, err := os.Stat(done); err == nil {
		return nil
	}
	list := filepath.Join(dir, "requirements.txt")
	if err := run(system, "-m", "venv", "--clear", dir); err != nil {
		return err
	}
	if err := os.WriteFile(list, requirements, 0o600); err != nil {
		return err
	}
	if err := run(filepath.Join(dir, "bin", "python"), "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes", "-r", list); err != nil {
		return err
	}
	return os.WriteFile(done, nil, 0o600)
}

func run(name string, args ...string) error {
	ctx, stop := context.WithTimeout(context.Background(), 10*time.Minute)
	defer stop()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

// pythonOf finds a Python that the sandbox runs on, which .ci/run installs.
func pythonOf(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"python3", "python3.13", "python3.12", "python3.11"} {
		path, err := exec.LookPath(name)
		if err == nil && exec.Command(path, "-c", "import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))").Run() == nil {
			return path
		}
	}
	t.Skip("there is no Python 3.11 to 3.13 with venv on this machine (apt-get install python3 python3-venv)")
	return ""
}
