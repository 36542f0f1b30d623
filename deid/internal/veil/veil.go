// Package veil hides short identifiers in memory.
//
// A veiled value is one AES block under a key that is made when the process
// starts and never leaves this package. It can be compared and used as a map
// key, but no verb of fmt, slog, encoding/json or encoding/gob can print what
// it stands for, because what it stands for is not in it. This stops
// accidents; a debugger attached to the process can still read the key.
//
// This package is internal to deid: nothing outside that folder can lift a
// veil.
package veil

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
)

// Max is the longest value, in bytes, that a Value can hold.
const Max = 15

// Value is a veiled identifier of at most Max bytes. The zero Value holds
// nothing.
type Value [16]byte

var block = newBlock()

func newBlock() cipher.Block {
	var key [32]byte
	rand.Read(key[:]) // never fails: crypto/rand crashes the program instead
	b, err := aes.NewCipher(key[:])
	if err != nil {
		panic("veil: " + err.Error()) // unreachable: the key has 32 bytes
	}
	return b
}

// Drop veils b. It reports false, and veils nothing, when b is empty or
// longer than Max.
func Drop(b []byte) (Value, bool) {
	if len(b) == 0 || len(b) > Max {
		return Value{}, false
	}
	var v Value
	v[0] = byte(len(b))
	copy(v[1:], b)
	block.Encrypt(v[:], v[:])
	return v, true
}

// Lift appends what v holds to dst and returns it. The caller owns a clear
// identifier from then on and must let it go as soon as it can.
func Lift(dst []byte, v Value) []byte {
	if v == (Value{}) {
		return dst
	}
	var clear [16]byte
	block.Decrypt(clear[:], v[:])
	n := int(clear[0])
	if n == 0 || n > Max {
		panic("veil: a value that this process did not make")
	}
	return append(dst, clear[1:1+n]...)
}
