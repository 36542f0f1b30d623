package domain

import (
	"crypto/hmac"
	"testing"

	"secondaryuse/testdata/wycheproof"
)

// TestWycheproof holds the HMAC-SHA-256 that ids are made with to Wycheproof's
// vectors.
func TestWycheproof(t *testing.T) {
	for _, v := range wycheproof.Read(t, "hmac_sha256", 3) {
		k, err := New(v.Values[0])
		if err != nil {
			t.Fatal(err)
		}
		h := k.keyed()
		h.Write(v.Values[1])
		if hmac.Equal(h.Sum(nil), v.Values[2]) != (v.Result == "valid") {
			t.Errorf("tc %s is not %s", v.Number, v.Result)
		}
	}
}
