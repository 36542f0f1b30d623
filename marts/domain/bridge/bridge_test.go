package bridge

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
)

// TestBridge holds that the standard age program opens a bridge with the
// recipient's identity, that nobody else can, and that it goes when it is destroyed.
func TestBridge(t *testing.T) {
	dir := t.TempDir()
	own, err1 := age.GenerateX25519Identity()
	other, err2 := age.GenerateX25519Identity()
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	path := Path(dir, "planning")
	if err := Write(path, own.Recipient().String(), []Pair{{30, 1}, {-2, 9}, {7, 8}}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	sealed, _ := os.ReadFile(path)
	if strings.Contains(string(sealed), "old_id") || !There(path) {
		t.Error("it is not sealed")
	}
	if _, err := age.Decrypt(strings.NewReader(string(sealed)), other); err == nil {
		t.Error("another identity opens it")
	}
	program, err := exec.LookPath("age")
	if err != nil {
		t.Skip("age is not installed")
	}
	identity := filepath.Join(dir, "identity.txt")
	if err := os.WriteFile(identity, []byte(own.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.Command(program, "-d", "-i", identity, path).Output(); err != nil || string(text) != "old_id,new_id\n-2,9\n7,8\n30,1\n" {
		t.Errorf("age: %v, %q", err, text)
	}
	if err := os.WriteFile(path+".tmp", []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(path, path+".kept"); err != nil {
		t.Fatal(err)
	}
	if err := Destroy(path); err == nil || !There(path) {
		t.Errorf("it was destroyed, and is there under another name: %v", err)
	}
	if err := os.Remove(path + ".kept"); err != nil {
		t.Fatal(err)
	}
	if err := Destroy(path); err != nil || There(path) {
		t.Errorf("it is still there: %v", err)
	}
	if err := Destroy(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("destroyed twice: %v", err)
	}
}

// TestRefused holds that nothing is written for nobody, nor left of what fails.
func TestRefused(t *testing.T) {
	dir := t.TempDir()
	if err := Write(Path(dir, "planning"), "age1nobody", nil); err == nil || strings.Contains(err.Error(), "nobody") {
		t.Error(err)
	}
	own, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(Path(dir, "research"), 0o700); err != nil { // where the file should go
		t.Fatal(err)
	}
	if err := Write(Path(dir, "research"), own.Recipient().String(), nil); err == nil {
		t.Error("a folder was replaced")
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left: %v", left)
	}
}
