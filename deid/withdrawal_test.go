package deid

import (
	"encoding/hex"
	"secondaryuse/testdata/openssl"
	"testing"
)

// TestWithdrawalVector holds what stands for a person among those who were
// affected to a fixed value and to a second implementation of HMAC-SHA-256; and
// that it is nothing that is stored or issued.
func TestWithdrawalVector(t *testing.T) {
	k := testKey(t)
	person := k.Person(parse(t, "943 476 5919")) // 3516417712553835781
	got := k.Withdrawal(person)
	if want := "b34f71cb376b783da1a07cd23e406389"; hex.EncodeToString(got[:]) != want {
		t.Errorf("it is %x, want %s", got, want)
	}
	if k.Withdrawal(person+1) == got {
		t.Error("two persons have one digest")
	}
	mac := func(key, text string) string { return hex.EncodeToString(openssl.HMAC(t, key, text)) }
	var id [8]byte
	for i := range id {
		id[i] = byte(person >> (56 - 8*i))
	}
	own := mac(vectorKey, "withdrawal\x1fpersons")
	if want := mac(own, "person\x1f"+string(id[:])); want[:32] != hex.EncodeToString(got[:]) {
		t.Errorf("openssl says %s, we say %x", want[:32], got)
	}
}
