package trace

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"math/bits"
	"strings"
	"sync/atomic"
)

// Wanted is the identifiers that are looked for, as fingerprints. Any number of goroutines
// add them, then it is sealed, then any number of scanners may use it.
type Wanted struct {
	numbers, words, digests set
	known                   map[uint64]bool // words that stand in what is published by right
	key                     [4]uint64
	root                    uint64
	power                   [longest + 1]uint64
	short                   [1 << 10]uint64 // which words of less than four letters others begin with
}

// longest is how many letters and digits of a word count, and most how many words of
// one identifier are looked at together.
const (
	longest = 64
	most    = 8
)

// New returns an empty set of identifiers.
func New() *Wanted {
	w := &Wanted{known: make(map[uint64]bool)}
	w.numbers.low, w.words.low = kindBits, kindBits
	var b [40]byte
	rand.Read(b[:]) // never fails: crypto/rand crashes the program instead
	for i := range w.key {
		w.key[i] = binary.LittleEndian.Uint64(b[8*i:]) | 1
	}
	w.root = binary.LittleEndian.Uint64(b[32:])<<3 | 5
	w.power[0] = 1
	for i := range longest {
		w.power[i+1] = w.power[i] * w.root
	}
	return w
}

// Seal ends the adding.
func (w *Wanted) Seal() {
	w.numbers.seal()
	w.words.seal()
	w.digests.seal()
}

// People is how many NHS numbers are looked for.
func (w *Wanted) People() (n int64) {
	for k := range w.numbers.all {
		if Kind(k&kindBits) == Number {
			n++
		}
	}
	return n
}

// Bytes is how much memory the fingerprints take.
func (w *Wanted) Bytes() int64 { return w.numbers.bytes() + w.words.bytes() + w.digests.bytes() }

// mix spreads what is told apart by all bits.
func (w *Wanted) mix(x uint64) uint64 {
	x = (x ^ w.key[0]) * w.key[1]
	x = (x ^ x>>29 ^ w.key[2]) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>32) * 0x94d049bb133111eb
	return x ^ x>>31
}

// NHS adds an NHS number, in whatever spelling. What has not ten digits with a sound
// check digit is none, and NHS reports that.
func (w *Wanted) NHS(b []byte) bool {
	v, n := value(b)
	if n != 10 || !sound(v) {
		return false
	}
	h := w.mix(v)
	w.numbers.add(h, Number)
	w.hashes(v)
	return true
}

// value is what the digits of b come to, and how many there are.
func value(b []byte) (v uint64, n int) {
	for _, c := range b {
		if c >= '0' && c <= '9' {
			v, n = v*10+uint64(c-'0'), n+1
		}
	}
	return v, n
}

// sound reports whether ten digits have the check digit of an NHS number, and are not
// one digit ten times over.
func sound(v uint64) bool {
	sum, same := uint64(0), v%10*1111111111 == v
	for i := range uint64(10) {
		sum += v % 10 * (i + 1)
		v /= 10
	}
	return sum%11 == 0 && !same
}

// hashes adds what unkeyed hashes make of a number.
func (w *Wanted) hashes(v uint64) {
	var b [24]byte
	plain := b[10:20]
	for i := 9; i >= 0; i-- {
		plain[i] = byte('0' + v%10)
		v /= 10
	}
	copy(b[:], "nhsnumber_")
	b[20] = '\n'
	spaced := []byte{plain[0], plain[1], plain[2], ' ', plain[3], plain[4], plain[5], ' ', plain[6], plain[7], plain[8], plain[9]}
	for _, text := range [...][]byte{plain, spaced, b[10:21], b[:20]} {
		m, s, t, u := md5.Sum(text), sha1.Sum(text), sha256.Sum256(text), sha512.Sum512(text)
		for _, sum := range [...][]byte{m[:], s[:], t[:], u[:]} {
			w.digests.add(w.digest(binary.LittleEndian.Uint64(sum), binary.LittleEndian.Uint64(sum[8:])), 0)
		}
	}
}

// digest is the fingerprint of the first 16 bytes of a hash.
func (w *Wanted) digest(x, y uint64) uint64 {
	h := (x^w.key[3])*w.key[1] ^ bits.RotateLeft64(y*w.key[2], 31)
	return (h ^ h>>32) * 0x94d049bb133111eb
}

// Telephone adds a telephone number: its ten digits without the 0 or 44 before them.
func (w *Wanted) Telephone(b []byte) {
	v, n := value(b)
	if n >= 10 && n <= 14 && v%1e10 >= 1e9 {
		w.numbers.add(w.mix(v%1e10), Phone)
	}
}

// Known has a word, or each of a text, be one that is published by right: it counts as
// a name no more where it stands alone. Call it before names are added.
func (w *Wanted) Known(text string) {
	for t := range words([]byte(text)) {
		w.known[w.hash([]byte(t))] = true
	}
}

// Word adds an identifier that is found as a whole word, or several in a row. What has
// fewer than five letters and digits is too common to mean anything, and Word reports
// that.
func (w *Wanted) Word(k Kind, text string) bool {
	added := false
	for _, way := range [...]string{text, strings.ToLower(text), strings.ToUpper(text), bare(text)} {
		added = w.word(k, []byte(way), 5) || added
	}
	return added
}

// bare is a text without what stands between its letters and digits.
func bare(text string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && class(byte(r)) == other {
			return -1
		}
		return r
	}, text)
}

// word adds a text in one spelling.
func (w *Wanted) word(k Kind, text []byte, least int) bool {
	tokens, n := 0, 0
	start := uint64(0)
	h := uint64(0)
	for t := range words(text) {
		for _, c := range []byte(t) {
			h = h*w.root + uint64(lower[c]) + 1
		}
		if n += len(t); tokens == 0 {
			start = h
		}
		tokens++
		if n > longest || tokens > most {
			return false
		}
	}
	if n < least {
		return false
	}
	w.words.add(w.mix(h), k)
	if tokens > 1 {
		w.words.add(w.mix(start), first)
		atomic.OrUint64(&w.short[start>>20&1023], 1<<(start>>8&63))
	}
	return true
}

// hash is the fingerprint of letters and digits.
func (w *Wanted) hash(b []byte) uint64 {
	h := uint64(0)
	for _, c := range b {
		h = h*w.root + uint64(lower[c]) + 1
	}
	return w.mix(h)
}

// Person adds the names of one person.
func (w *Wanted) Person(family string, given ...string) {
	w.single(family)
	for _, g := range given {
		w.single(g)
		if len(family) < 2 || len(g) < 2 {
			continue
		}
		for _, pair := range [...]string{family + " " + g, g + " " + family} {
			for _, way := range [...]string{pair, strings.ToLower(pair), strings.ToUpper(pair)} {
				w.word(Name, []byte(way), 6)
			}
		}
	}
}

// single adds a name that stands for itself.
func (w *Wanted) single(name string) {
	n := len(bare(name))
	if n < 4 || w.known[w.hash([]byte(bare(name)))] {
		return
	}
	k := Name
	if n < 8 {
		k = Cell
	}
	for _, way := range [...]string{name, strings.ToLower(name), strings.ToUpper(name)} {
		w.word(k, []byte(way), 4)
	}
}
