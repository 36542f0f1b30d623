package credential

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, tc := range []struct{ ref, want string }{
		{write("good", "s3cret", 0o600), ""},
		{write("only-read", "s3cret", 0o400), ""},
		{"credential:good", ""},
		{write("group", "s3cret", 0o640), "others can read it"},
		{"credential:group", ""},
		{write("all", "s3cret", 0o604), "others can read it"},
		{"credential:all", "others can read it"},
		{write("empty", "", 0o600), "it is empty"},
		{write("long", strings.Repeat("s3cret", limit), 0o600), "too long"},
		{dir, "not a file"},
		{filepath.Join(dir, "none"), "no such file"},
		{"credential:none", "no such file"},
		{"credential:../x", "not the name of a credential"},
		{"credential:", "not the name of a credential"},
	} {
		text, err := Read(tc.ref)
		switch {
		case tc.want == "" && (err != nil || string(text) != "s3cret"):
			t.Errorf("%s: %v", tc.ref, err)
		case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "s3cret")):
			t.Errorf("%s: %v, want %s", tc.ref, err, tc.want)
		}
	}
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	if _, err := Read("credential:good"); err == nil || !strings.Contains(err.Error(), "LoadCredential=good") {
		t.Errorf("outside of systemd: %v", err)
	}
}
