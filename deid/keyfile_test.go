package deid

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoKey holds that a key that was cut short, padded or is no key is refused, and
// never told.
func TestNoKey(t *testing.T) {
	whole := strings.Repeat("ab", 32)
	for what, text := range map[string]string{"empty": "", "cut short": whole[:62], "half a byte": whole[:63], "padded": whole + "00", "twice": whole + whole,
		"two lines": whole + "\n" + whole, "no digits": strings.Repeat("x", 64), "padded with what is none": whole + "xy", "a key of the ring": "{\n"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "base.key"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenKey(dir, false); err == nil || strings.Contains(err.Error(), "abab") || !strings.Contains(err.Error(), "not 64 hexadecimal digits") {
			t.Errorf("%s: %v", what, err)
		}
	}
}
