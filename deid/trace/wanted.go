package trace

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"encoding/binary"
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
	lately                  []uint64        // numbers that were added, each where others may take its place
	proofs                  proofs          // where what was found before is held to what is added
	firsts                  map[uint64]bool // where it is narrowed down: what words others could begin with
	somebody                atomic.Bool
}

// longest is how many letters and digits of an identifier count, and most how many words
// of one are looked at together.
const (
	longest = 64
	most    = 16
)

// New returns an empty set of identifiers.
func New() *Wanted {
	w := &Wanted{known: make(map[uint64]bool), lately: make([]uint64, 1<<20)}
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
	w.lately = nil
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

// Somebody reports whether any NHS number was added, whether it is looked for or not.
func (w *Wanted) Somebody() bool { return w.somebody.Load() }

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
	if !w.somebody.Load() {
		w.somebody.Store(true)
	}
	h := w.mix(v)
	if at := &w.lately[h>>44]; atomic.SwapUint64(at, v) != v { // rows of one person come often, and hashes cost
		w.add(&w.numbers, h, Number, v)
		w.hashes(v)
	}
	return true
}

// add takes up the fingerprint of a number.
func (w *Wanted) add(s *set, h uint64, k Kind, v uint64) {
	if w.proofs == nil {
		s.add(h, k)
	} else {
		w.proofs.hold(w.proof(k, digitsOf(v)))
	}
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
	if w.digests.only != nil && len(w.digests.only) == 0 {
		return
	}
	var b [24]byte
	plain := append(b[10:10], digitsOf(v)...)
	copy(b[:], "nhsnumber_")
	b[20] = '\n'
	spaced := []byte{plain[0], plain[1], plain[2], ' ', plain[3], plain[4], plain[5], ' ', plain[6], plain[7], plain[8], plain[9]}
	for _, text := range [...][]byte{plain, spaced, b[10:21], b[:20]} {
		m, s, t, u := md5.Sum(text), sha1.Sum(text), sha256.Sum256(text), sha512.Sum512(text)
		for _, sum := range [...][]byte{m[:], s[:], t[:], u[:]} {
			w.sum(sum)
		}
	}
	s, t, u := sha256.Sum224(plain), sha512.Sum384(plain), sha3.Sum256(plain)
	w.sum(s[:])
	w.sum(t[:])
	w.sum(u[:])
}

// digitsOf are the ten digits of a number.
func digitsOf(v uint64) []byte {
	b := make([]byte, 10)
	for i := 9; i >= 0; i-- {
		b[i] = byte('0' + v%10)
		v /= 10
	}
	return b
}

// sum adds a hash.
func (w *Wanted) sum(sum []byte) {
	h := w.digest(binary.LittleEndian.Uint64(sum))
	if w.proofs == nil {
		w.digests.add(h, 0)
	} else {
		w.proofs.hold(w.proof(Number, sum[:8]))
		w.proofs.hold(w.proof(Number, sum[:16]))
	}
}

// digest is the fingerprint of the first 8 bytes of a hash.
func (w *Wanted) digest(x uint64) uint64 {
	h := (x ^ w.key[3]) * w.key[1]
	return (h ^ h>>32) * 0x94d049bb133111eb
}

// Telephone adds a telephone number: its ten digits without the 0 or 44 before them. It
// reports whether it is one.
func (w *Wanted) Telephone(b []byte) bool {
	v, n := value(b)
	if n < 10 || n > 14 || v%1e10 < 1e9 {
		return false
	}
	w.add(&w.numbers, w.mix(v%1e10), Phone, v%1e10)
	return true
}

// Known has a word, or each of a text, be one that is published by right: nobody's name,
// account or number is looked for that is spelled so, and a name only beside another. Call
// it before anything is added.
func (w *Wanted) Known(text string) { w.published(text, 1) }

// Written has a text be one that is published by right as it stands: as Known does, and
// nobody's names are looked for that are spelled as up to four words of it in a row.
func (w *Wanted) Written(text string) { w.published(text, 4) }

// published takes up the words of a text, and as many of them in a row.
func (w *Wanted) published(text string, row int) {
	s := splitter{root: w.root}
	s.split([]byte(text))
	for i := range s.tokens[:len(s.tokens)-1] {
		w.known[w.between(&s.tokens[i], &s.tokens[touching(s.tokens, i)])] = true
		for j := i + 1; j < len(s.tokens) && j <= i+row; j++ {
			w.known[w.between(&s.tokens[i], &s.tokens[j])] = true
		}
	}
}

// Word adds an identifier that is found as a whole word, or several in a row, of which
// the first 64 letters and digits count. What has fewer than five is too common to mean
// anything, and so is what is no word; Word reports that.
func (w *Wanted) Word(k Kind, text string) bool { return w.word(k, text, 5) }

// word adds a text. Accents and case do not count, and where a word is parted by them it
// may stand elsewhere as one.
func (w *Wanted) word(k Kind, text string, least int) bool {
	var tokens [most + 2]token
	s := splitter{root: w.root, tokens: tokens[:0]}
	s.split([]byte(text))
	last := min(len(s.tokens)-1, most-4)
	for s.tokens[last].before > longest {
		last--
	}
	to := &s.tokens[last]
	var room [longest]byte
	if to.before < least || w.known[to.hash] || !tellable(letters(room[:0], []byte(text[:to.from]))) {
		return false
	}
	w.spelled(w.mix(to.hash), k, text[:to.from])
	if last > 1 {
		w.start(s.tokens[1].hash)
		w.start(s.tokens[min(last, touching(s.tokens, 0))].hash)
	}
	return true
}

// spelled takes up the fingerprint of a text.
func (w *Wanted) spelled(h uint64, k Kind, text string) {
	if w.proofs == nil {
		w.words.add(h, k)
	} else {
		w.proofs.hold(w.proof(k, letters(nil, []byte(text))))
	}
}

// start takes up the first word of others.
func (w *Wanted) start(h uint64) {
	if w.proofs != nil || w.firsts != nil && !w.firsts[h] {
		return
	}
	w.words.add(w.mix(h), first)
	atomic.OrUint64(&w.short[h>>20&1023], 1<<(h>>8&63))
}

// hash is what the letters and digits of a text come to.
func (w *Wanted) hash(b []byte) (h uint64) {
	var room [longest]byte
	for _, c := range letters(room[:0], b) {
		h = h*w.root + uint64(c) + 1
	}
	return h
}

// Person adds the names of one person.
func (w *Wanted) Person(family string, given ...string) {
	w.single(family)
	for _, g := range given {
		w.single(g)
		if len(family) > 1 && len(g) > 1 {
			w.word(Name, family+" "+g, 6)
			w.word(Name, g+" "+family, 6)
		}
	}
}

// single adds a name that stands for itself.
func (w *Wanted) single(name string) {
	n := len(letters(nil, []byte(name)))
	if n < 4 || w.known[w.hash([]byte(name))] {
		return
	}
	k := Name
	if n < 8 {
		k = Cell
	}
	w.word(k, name, 4)
}
