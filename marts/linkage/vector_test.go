package linkage

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"secondaryuse/marts/sign/signtest"
	"secondaryuse/testdata/openssl"
	"secondaryuse/testdata/wycheproof"
)

// TestOpenSSL holds that a second implementation decrypts what is in a file: the key by
// HMAC-SHA-256, and the persons by the counter mode that AES-256-GCM is made of.
func TestOpenSSL(t *testing.T) {
	path, own := filepath.Join(t.TempDir(), "falls.link"), signtest.New(t)
	if err := Write(path, header(), links(), key(t, 1), own); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sealed := bytes.SplitN(text, []byte("\n"), 4)[3]
	secret := openssl.HMAC(t, strings.Repeat("01", 32), "linkage\x1ffile")
	body := openssl.Run(t, sealed[12:len(sealed)-16], "enc", "-d", "-aes-256-ctr", "-K", hex.EncodeToString(secret), "-iv", hex.EncodeToString(sealed[:12])+"00000002")
	var want []byte
	for _, l := range []Link{links()[1], links()[0]} {
		want = append(append(want, 0, 0, 0, 0, 0, 0, 0, byte(l.Person)), l.Pseudonym[:]...)
	}
	if !bytes.Equal(body, want) {
		t.Errorf("openssl reads %x, want %x", body, want)
	}
}

// TestWycheproof holds the AES-GCM that a file is encrypted with to Wycheproof's vectors,
// and that no bit of a tag can be another.
func TestWycheproof(t *testing.T) {
	for _, v := range wycheproof.Read(t, "aes_gcm", 6) {
		block, err := aes.NewCipher(v.Values[0])
		if err != nil {
			t.Fatal(err)
		}
		gcm, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			t.Fatal(err)
		}
		sealed := bytes.Join([][]byte{v.Values[1], v.Values[4], v.Values[5]}, nil)
		if got, err := gcm.Open(nil, nil, sealed, v.Values[2]); err != nil || !bytes.Equal(got, v.Values[3]) {
			t.Errorf("tc %s: another message: %v", v.Number, err)
		}
		for bit := range 128 {
			edited := bytes.Clone(sealed)
			edited[len(sealed)-1-bit/8] ^= 1 << (bit % 8)
			if _, err := gcm.Open(nil, nil, edited, v.Values[2]); err == nil {
				t.Errorf("tc %s: bit %d of the tag may be another", v.Number, bit)
			}
		}
	}
}
