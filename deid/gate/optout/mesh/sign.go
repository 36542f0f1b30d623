package mesh

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync/atomic"
	"time"
)

// signer returns what makes the value of the Authorization header, another for
// each request: the count goes up, so that no two are the same.
func signer(mailbox, password, key, nonce string, now func() time.Time) func() string {
	var count atomic.Int64
	return func() string {
		n, at := count.Add(1)-1, now().UTC().Format("200601021504")
		hash := hmac.New(sha256.New, []byte(key))
		fmt.Fprintf(hash, "%s:%s:%d:%s:%s", mailbox, nonce, n, password, at)
		return fmt.Sprintf("NHSMESH %s:%s:%d:%s:%s", mailbox, nonce, n, at, hex.EncodeToString(hash.Sum(nil)))
	}
}

// nonce is a UUID of version 4.
func nonce() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
