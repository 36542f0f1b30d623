package identity

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The numbers are made up within the range reserved for tests, apart from the
// one printed in the NHS Data Dictionary.
func TestParse(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want error
	}{
		{"9434765919", nil},
		{"943 476 5919", nil},
		{"943-476-5919", nil},
		{"\t9434765919\r\n", nil},
		{"9990000019", ErrCheckDigit},
		{"9434765918", ErrCheckDigit},
		{"1234567890", ErrCheckDigit},
		{"943-476 5919", ErrForm},
		{"94 3476 5919", ErrForm},
		{"943476591", ErrForm},
		{"94347659190", ErrForm},
		{"943476591O", ErrForm},
		{"", ErrForm},
		{"0000000000", ErrDisallowed},
		{"9999999999", ErrDisallowed},
		{"2222222222", ErrDisallowed},
		{"4000000004", ErrDisallowed},
		{"0123456789", ErrDisallowed},
	} {
		if _, err := Parse([]byte(tc.in)); !errors.Is(err, tc.want) {
			t.Errorf("Parse(%q) = %v, want %v", tc.in, err, tc.want)
		}
	}
}

// oracle is the rule as the NHS Data Dictionary words it.
func oracle(s string) bool {
	s = strings.TrimSpace(s)
	if len(s) == 12 && (s[3] == ' ' && s[7] == ' ' || s[3] == '-' && s[7] == '-') {
		s = s[:3] + s[4:7] + s[8:]
	}
	if len(s) != 10 || strings.Trim(s, "0123456789") != "" {
		return false
	}
	total := 0
	for i, weight := range []int{10, 9, 8, 7, 6, 5, 4, 3, 2} {
		total += int(s[i]-'0') * weight
	}
	check := 11 - total%11
	if check == 11 {
		check = 0
	}
	if check == 10 || int(s[9]-'0') != check {
		return false
	}
	return strings.Count(s, s[:1]) != 10 && s != "0123456789" && !(s[1:9] == "00000000" && s[0] == s[9])
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"9434765919", "943 476 5919", "0000000000", "4000000004", " 9434765919 ", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := Parse([]byte(s))
		trimmed := strings.Trim(s, " \t\r\n")
		if (err == nil) != (trimmed == strings.TrimSpace(trimmed) && oracle(trimmed)) {
			t.Errorf("Parse(%q) = %v, the rule says %v", s, err, oracle(trimmed))
		}
		if n.Zero() != (err != nil) {
			t.Error("a refused number is somebody's, or an accepted one nobody's")
		}
	})
}

func TestSpellingsAreOneNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`9[0-9]{9}`).Draw(t, "number")
		a, err := Parse([]byte(s))
		b, err2 := Parse([]byte(s[:3] + " " + s[3:6] + " " + s[6:]))
		if (err == nil) != (err2 == nil) || a != b {
			t.Fatal("two spellings, two numbers")
		}
	})
}

func TestLocalNeverMeetsANumber(t *testing.T) {
	n, _ := Parse([]byte("9434765919"))
	l, ok := Local([]byte("9434765919"))
	if !ok || n == l {
		t.Error("a local identifier equals an NHS number")
	}
	if _, ok := Local(nil); ok {
		t.Error("an empty local identifier is somebody's")
	}
}

// TestNothingPrints prints a number in every way that the standard library
// offers and looks for its digits.
func TestNothingPrints(t *testing.T) {
	const digits = "9434765919"
	n, err := Parse([]byte(digits))
	if err != nil {
		t.Fatal(err)
	}
	p, _ := ParsePostcode([]byte("ZZ99 3WZ"))
	b, _ := ParseBirth([]byte("1931-04-05"))
	type wrap struct {
		n  Number
		N  Number
		P  *Number
		Pc Postcode
		B  Birth
	}
	shapes := []any{n, &n, []Number{n}, map[Number]Number{n: n}, wrap{n, n, &n, p, b}, &wrap{n, n, &n, p, b}, [1]Number{n},
		fmt.Errorf("%v", n), struct{ any }{n}}
	var out bytes.Buffer
	for _, shape := range shapes {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%b", "%c", "%U", "%e"} {
			fmt.Fprintf(&out, verb+"\n", shape)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "n", shape)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "n", shape)
		if err := json.NewEncoder(&out).Encode(shape); err != nil {
			out.WriteString(err.Error())
		}
	}
	if err := gob.NewEncoder(&out).Encode(n); err != nil {
		out.WriteString(err.Error())
	}
	for _, clear := range []string{digits, "943 476", "57 52 51 52 55", "39343334", "ZZ993WZ", "19310405", "1931-04"} {
		if strings.Contains(out.String(), clear) {
			t.Errorf("%q was printed", clear)
		}
	}
}

func TestPostcode(t *testing.T) {
	a, ok := ParsePostcode([]byte("zz99 3wz"))
	b, ok2 := ParsePostcode([]byte("ZZ993WZ"))
	if !ok || !ok2 || a != b {
		t.Error("two spellings, two postcodes")
	}
	for _, s := range []string{"", "ZZ99", "99ZZ3WZ", "ZZ993W1", "ZZ99-3WZ", "ZZ99 3WZ X"} {
		if _, ok := ParsePostcode([]byte(s)); ok {
			t.Errorf("%q was accepted", s)
		}
	}
}

func TestBirth(t *testing.T) {
	for s, want := range map[string]bool{
		"1931-04-05": true, "19310405": true, "1931-04": true, "1931": true, "2024-02-29": true,
		"": false, "1931-02-29": false, "1931-13": false, "31": false, "1931-04-05T00:00": false, "1849": false, "193-14-05": false,
	} {
		if _, ok := ParseBirth([]byte(s)); ok != want {
			t.Errorf("ParseBirth(%q) = %v", s, ok)
		}
	}
}
