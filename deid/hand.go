package deid

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"filippo.io/age"

	"secondaryuse/deid/identity"
	"secondaryuse/deid/internal/veil"
)

// Hand is whom something about numbers is handed to: whoever holds an age key.
// What a Hand writes is encrypted for that key before it leaves this package; there
// is no other way out for a number.
type Hand struct{ to age.Recipient }

// HandOf returns the Hand of a public key of age, as age-keygen prints it.
func HandOf(public string) (Hand, error) {
	to, err := age.ParseX25519Recipient(public)
	if err != nil {
		return Hand{}, errors.New("not a public key of age such as age1...")
	}
	return Hand{to}, nil
}

// errNoNumber says that somebody is known by a local identifier.
var errNoNumber = errors.New("a person has no NHS number, but a local identifier, which is not kept")

var errNoSalt = errors.New("the salt is empty")

// Numbers writes the NHS number of each person, beside the id that the receiver
// knows them by: CSV with a header, in the order of the ids.
func (h Hand) Numbers(out io.Writer, persons map[int64]identity.Number) error {
	return h.write(out, "person_id,nhs_number", persons, func(dst, digits []byte) []byte { return append(dst, digits...) })
}

// Pseudonyms writes OpenPseudonymiser's pseudonym of each person's NHS number,
// beside the id that the receiver knows them by: CSV with a header, in the order of
// the ids. Whoever learns the salt can undo every one of them: there are but 10^9
// NHS numbers, and to try them all takes minutes.
func (h Hand) Pseudonyms(out io.Writer, salt []byte, persons map[int64]identity.Number) error {
	if len(salt) == 0 {
		return errNoSalt
	}
	return h.write(out, "person_id,pseudonym", persons, func(dst, digits []byte) []byte {
		return append(dst, openPseudonym(map[string][]byte{"NHSNumber": digits}, salt)...)
	})
}

// Pseudonyms returns the same as bytes, for who writes them encrypted.
func Pseudonyms(salt []byte, persons map[int64]identity.Number) (map[int64][sha256.Size]byte, error) {
	if len(salt) == 0 {
		return nil, errNoSalt
	}
	out := make(map[int64][sha256.Size]byte, len(persons))
	var clear [veil.Max]byte
	for id, n := range persons {
		digits, err := lifted(clear[:0], n)
		if err != nil {
			return nil, err
		}
		out[id] = openSum(map[string][]byte{"NHSNumber": digits}, salt)
	}
	return out, nil
}

// lifted is the digits of an NHS number.
func lifted(dst []byte, n identity.Number) ([]byte, error) {
	digits := veil.Lift(dst, n.V)
	if len(digits) != 10 || strings.Trim(string(digits), "0123456789") != "" {
		return nil, fmt.Errorf("deid: %w", errNoNumber)
	}
	return digits, nil
}

func (h Hand) write(out io.Writer, header string, persons map[int64]identity.Number, as func(dst, digits []byte) []byte) error {
	if h.to == nil {
		return errors.New("deid: there is nobody to hand it to")
	}
	w, err := age.Encrypt(out, h.to)
	if err != nil {
		return fmt.Errorf("deid: %w", err)
	}
	lines := bufio.NewWriter(w)
	lines.WriteString(header + "\n") // the first error stays with lines
	var clear [veil.Max]byte
	var line []byte
	for _, id := range slices.Sorted(maps.Keys(persons)) {
		digits, err := lifted(clear[:0], persons[id])
		if err != nil {
			return err
		}
		line = append(as(append(strconv.AppendInt(line[:0], id, 10), ','), digits), '\n')
		lines.Write(line)
	}
	return errors.Join(lines.Flush(), w.Close())
}

// openPseudonym is OpenPseudonymiser's: the values in the order of their names,
// without white space, and the salt; SHA-256, in capitals (uk-rules.md section 7.1).
func openPseudonym(values map[string][]byte, salt []byte) []byte {
	sum := openSum(values, salt)
	return []byte(strings.ToUpper(hex.EncodeToString(sum[:])))
}

func openSum(values map[string][]byte, salt []byte) (out [sha256.Size]byte) {
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, c := range values[name] {
			if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
				sum.Write([]byte{c})
			}
		}
	}
	sum.Write(salt)
	sum.Sum(out[:0])
	return out
}
