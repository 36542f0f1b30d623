package extract

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"

	"secondaryuse/marts/domain"
	"secondaryuse/testdata/openssl"
)

// TestShiftVector holds by how many days dates are moved to fixed values, and to a second
// implementation of HMAC-SHA-256.
func TestShiftVector(t *testing.T) {
	key, err := domain.New(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	by := shifts(key, 30)
	want := map[int64]int{1: -20, 42: -18, 1<<63 - 1: 28}
	for id, days := range want {
		if by(id) != days {
			t.Errorf("%d: %d days, want %d", id, by(id), days)
		}
	}
	own := hex.EncodeToString(openssl.HMAC(t, strings.Repeat("07", 32), "date-shift\x1f"))
	for id := range want {
		sum := openssl.HMAC(t, own, string(binary.BigEndian.AppendUint64([]byte("offset\x1f"), uint64(id))))
		if days := int(binary.BigEndian.Uint64(sum)%61) - 30; days != by(id) {
			t.Errorf("%d: openssl says %d days, we say %d", id, days, by(id))
		}
	}
}
