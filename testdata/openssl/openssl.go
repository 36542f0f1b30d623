// Package openssl has the program openssl compute what this module computes, for tests
// that hold one to the other.
package openssl

import (
	"bytes"
	"encoding/hex"
	"os/exec"
	"testing"
)

// HMAC is HMAC-SHA-256 under a key in hexadecimal digits. Where openssl is not installed
// the test ends here.
func HMAC(t testing.TB, key, text string) []byte {
	t.Helper()
	return Run(t, []byte(text), "dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:"+key, "-binary")
}

// SipHash is SipHash-2-4 of 8 bytes under a key in hexadecimal digits.
func SipHash(t testing.TB, key string, text []byte) []byte {
	t.Helper()
	out := Run(t, text, "mac", "-macopt", "hexkey:"+key, "-macopt", "size:8", "-in", "/dev/stdin", "SIPHASH")
	sum, err := hex.DecodeString(string(bytes.TrimSpace(out)))
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// Run is what openssl writes, called so and with that input.
func Run(t testing.TB, in []byte, args ...string) []byte {
	t.Helper()
	program, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed: the fixed vectors alone were checked")
	}
	cmd := exec.Command(program, args...)
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("openssl: %v", err)
	}
	return out
}
