// Package text appends what the feeds are written with: quoted strings, ids,
// decimals. It allocates nothing but the buffer it is given.
package text

const hexits = "0123456789abcdef"

// UUID appends an id in the form of a random UUID.
func UUID(b []byte, hi, lo uint64) []byte {
	hi = hi&^0xF000 | 0x4000
	lo = lo&^(3<<62) | 2<<62
	for i := 60; i >= 0; i -= 4 {
		if i == 28 || i == 12 {
			b = append(b, '-')
		}
		b = append(b, hexits[hi>>i&15])
	}
	for i := 60; i >= 0; i -= 4 {
		if i == 60 || i == 44 {
			b = append(b, '-')
		}
		b = append(b, hexits[lo>>i&15])
	}
	return b
}

// Int appends a whole number.
func Int(b []byte, n int) []byte {
	if n < 0 {
		b, n = append(b, '-'), -n
	}
	var d [20]byte
	i := len(d)
	for {
		i--
		d[i] = byte('0' + n%10)
		if n /= 10; n == 0 {
			return append(b, d[i:]...)
		}
	}
}

// Hundredths appends n/100 with no more decimals than it needs.
func Hundredths(b []byte, n int32) []byte {
	b = Int(b, int(n/100))
	if n %= 100; n == 0 {
		return b
	}
	b = append(b, '.', byte('0'+n/10))
	if n%10 != 0 {
		b = append(b, byte('0'+n%10))
	}
	return b
}

// Pad appends n in so many digits.
func Pad(b []byte, n, digits int) []byte {
	at := len(b)
	for range digits {
		b = append(b, '0')
	}
	for i := len(b) - 1; i >= at; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return b
}

// Quote appends s as a JSON string. s must be plain text without control
// characters, as everything here is.
func Quote(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return append(b, '"')
}
