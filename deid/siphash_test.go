package deid

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"testing"

	"github.com/dchest/siphash"

	"secondaryuse/deid/record"
	"secondaryuse/testdata/openssl"
	"secondaryuse/testdata/wycheproof"
)

// TestWycheproofSipHash holds the SipHash-2-4 that a feed's own keys are replaced with to
// Wycheproof's vectors.
func TestWycheproofSipHash(t *testing.T) {
	for _, v := range wycheproof.Read(t, "siphash_2_4", 3) {
		k := v.Values[0]
		got := siphash.Hash(binary.LittleEndian.Uint64(k), binary.LittleEndian.Uint64(k[8:]), v.Values[1])
		if !bytes.Equal(binary.LittleEndian.AppendUint64(nil, got), v.Values[2]) {
			t.Errorf("tc %s is not %s", v.Number, v.Result)
		}
	}
}

// TestRecordVector holds what stands for a feed's own key to a fixed value, and to a second
// implementation of HMAC-SHA-256 and SipHash-2-4.
func TestRecordVector(t *testing.T) {
	ref := record.Ref{Kind: record.Encounter, ID: "enc-1"}
	got := (&Crossing{key: testKey(t)}).Desk(record.Feed{Name: "ohc"}).ref(ref)
	if want := int64(5361619873363791094); got != want {
		t.Errorf("it is %d, want %d", got, want)
	}
	own := openssl.HMAC(t, vectorKey, "record\x1fohc")
	sum := openssl.SipHash(t, hex.EncodeToString(own[:16]), append([]byte{byte(ref.Kind)}, ref.ID...))
	if is := int64(binary.LittleEndian.Uint64(sum)); is != got {
		t.Errorf("openssl says %d, we say %d", is, got)
	}
}
