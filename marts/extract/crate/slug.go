package crate

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// slug makes a part of an identifier of a name. Two names never have one.
func slug(name string) string {
	sum := sha256.Sum256([]byte(name))
	plain := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, name)
	if len(plain) > 40 {
		plain = plain[:40]
	}
	return strings.Trim(plain, "-") + "-" + hex.EncodeToString(sum[:4])
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
