package sign

import (
	"crypto/ed25519"
	"testing"

	"secondaryuse/testdata/wycheproof"
)

// TestWycheproof holds the Ed25519 that statements are verified with to Wycheproof's
// vectors: one signature cannot be made of another, nor of nothing.
func TestWycheproof(t *testing.T) {
	for _, v := range wycheproof.Read(t, "ed25519", 3) {
		if ed25519.Verify(v.Values[0], v.Values[1], v.Values[2]) != (v.Result == "valid") {
			t.Errorf("tc %s is not %s", v.Number, v.Result)
		}
	}
}
