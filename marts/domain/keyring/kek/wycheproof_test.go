package kek_test

import (
	"bytes"
	"testing"

	"github.com/miekg/pkcs11"
	"golang.org/x/crypto/chacha20poly1305"
	"golang.org/x/crypto/curve25519"

	"secondaryuse/testdata/wycheproof"
)

// TestWycheproofX25519 holds the X25519 of age, by which whoever receives something
// is reached, to Wycheproof's vectors. A public key that leads to a shared secret of
// zeros is refused.
func TestWycheproofX25519(t *testing.T) {
	for _, v := range wycheproof.Read(t, "x25519", 3) {
		got, err := curve25519.X25519(v.Values[1], v.Values[0])
		switch {
		case v.Result == "zero" && err == nil:
			t.Errorf("tc %s: a secret of zeros", v.Number)
		case v.Result == "valid" && (err != nil || !bytes.Equal(got, v.Values[2])):
			t.Errorf("tc %s: another secret: %v", v.Number, err)
		}
	}
}

// TestWycheproofChaCha holds the ChaCha20-Poly1305 of age, with which what leaves is
// encrypted, to Wycheproof's vectors, and that no bit of a tag can be another.
func TestWycheproofChaCha(t *testing.T) {
	for _, v := range wycheproof.Read(t, "chacha20_poly1305", 6) {
		key, nonce, more, message, tag := v.Values[0], v.Values[1], v.Values[2], v.Values[3], v.Values[5]
		sealed := append(bytes.Clone(v.Values[4]), tag...)
		a, err := chacha20poly1305.New(key)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.Seal(nil, nonce, message, more); !bytes.Equal(got, sealed) {
			t.Errorf("tc %s: another ciphertext", v.Number)
		}
		if got, err := a.Open(nil, nonce, sealed, more); err != nil || !bytes.Equal(got, message) {
			t.Errorf("tc %s: another message: %v", v.Number, err)
		}
		for bit := range 8 * len(tag) {
			edited := bytes.Clone(sealed)
			edited[len(sealed)-1-bit/8] ^= 1 << (bit % 8)
			if _, err := a.Open(nil, nonce, edited, more); err == nil {
				t.Errorf("tc %s: bit %d of the tag may be another", v.Number, bit)
			}
		}
	}
}

// TestWycheproofToken holds the AES-GCM of a token, in which keys are wrapped, to
// Wycheproof's vectors, and that it refuses another tag.
func TestWycheproofToken(t *testing.T) {
	softToken(t)
	ctx, s, must, leave := session(t)
	defer leave()
	for _, v := range wycheproof.Read(t, "aes_gcm", 6) {
		key, err := ctx.CreateObject(s, []*pkcs11.Attribute{
			pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_SECRET_KEY), pkcs11.NewAttribute(pkcs11.CKA_KEY_TYPE, pkcs11.CKK_AES),
			pkcs11.NewAttribute(pkcs11.CKA_VALUE, v.Values[0]), pkcs11.NewAttribute(pkcs11.CKA_TOKEN, false), pkcs11.NewAttribute(pkcs11.CKA_DECRYPT, true),
		})
		must(err)
		open := func(sealed []byte) ([]byte, error) {
			p := pkcs11.NewGCMParams(v.Values[1], v.Values[2], 128)
			defer p.Free()
			must(ctx.DecryptInit(s, []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_AES_GCM, p)}, key))
			return ctx.Decrypt(s, sealed)
		}
		sealed := append(bytes.Clone(v.Values[4]), v.Values[5]...)
		if got, err := open(sealed); err != nil || !bytes.Equal(got, v.Values[3]) {
			t.Errorf("tc %s: another message: %v", v.Number, err)
		}
		sealed[len(sealed)-1] ^= 1
		if _, err := open(sealed); err == nil {
			t.Errorf("tc %s: the tag may be another", v.Number)
		}
	}
}
