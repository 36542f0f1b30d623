// Package python makes Pythons for tests that hold what we write to what others
// have written in Python.
package python

import (
	"context"
	"crypto/sha256"
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

// Environment is the interpreter of a Python that has what requirements want, in
// the form of pip's requirements.txt: each package by version and by the digests of
// its files for Linux. It is made once for all tests of this machine, in the user's
// cache, and has another place where Python or what is wanted is another. A test is
// skipped where it cannot be made.
func Environment(t testing.TB, name string, requirements []byte) string {
	t.Helper()
	system := pythonOf(t)
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	version, _ := exec.Command(system, "-VV").Output()
	digest := sha256.Sum256(append(append([]byte(system), version...), requirements...))
	dir := filepath.Join(cache, "ohc-test", name+"-"+hex.EncodeToString(digest[:6]))
	if err := install(system, dir, requirements); err != nil {
		t.Skip(name, " cannot be installed: ", err)
	}
	return filepath.Join(dir, "bin", "python")
}

// install makes the environment. Of several processes one does, and the others
// wait; one that was cut off is made anew.
func install(system, dir string, requirements []byte) error {
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

// pythonOf finds a Python that what is tested with runs on; .ci/run installs one.
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
