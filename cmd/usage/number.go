package usage

import (
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// errNumber says that something was typed that may be somebody's number: it would stand
// in the shell's history, in the list of processes, in logs and in registers.
var errNumber = errors.New("this may be somebody's NHS number, which no command line takes; next: put numbers into a file of the owner's alone, name people and things in other words")

// tenDigits are written as an NHS number is, also as it is copied from a page of the web:
// with blanks that do not break, or with any dash.
var tenDigits = regexp.MustCompile(`[0-9]{3}[\s\pZ\p{Pd}._/]?[0-9]{3}[\s\pZ\p{Pd}._/]?[0-9]{4}`)

// least is the first digit from which on an NHS number of England begins. Times in
// seconds, days and hours, and international codes of ten digits begin with less.
const least = '4'

// typed looks for somebody's number in all that was typed for a command.
func typed(c *cobra.Command, args []string) (err error) {
	for _, a := range args {
		if !strings.ContainsFunc(a, unicode.IsSpace) {
			a = filepath.Base(a)
		}
		if holds(a, least) {
			return errNumber
		}
	}
	c.Flags().Visit(func(f *pflag.Flag) {
		if given(f) {
			err = errors.New("--" + f.Name + ": " + errNumber.Error())
		}
	})
	return err
}

// given reports whether a flag's value holds somebody's number. Of the name of a file it
// is the last part that counts, and of all else every digit.
func given(f *pflag.Flag) bool {
	of, _ := pflag.UnquoteUsage(f)
	values := []string{f.Value.String()}
	if several, ok := f.Value.(pflag.SliceValue); ok {
		values = several.GetSlice()
	}
	for _, v := range values {
		switch {
		case strings.Contains(of, "file") || strings.Contains(of, "folder"):
			if holds(filepath.Base(v), least) {
				return true
			}
		case holds(v, '0') && strings.HasPrefix(f.Value.Type(), "string"), holds(v, least):
			return true
		}
	}
	return false
}

// nameless is a text without what may be somebody's number, as the name of a file that
// was typed may have it.
func nameless(text string) string {
	var out strings.Builder
	for {
		at := first(text, least)
		if at == nil {
			out.WriteString(text)
			return out.String()
		}
		out.WriteString(text[:at[0]] + "(a number)")
		text = text[at[1]:]
	}
}

func holds(text string, from byte) bool { return first(text, from) != nil }

// first is where the first number is that begins with a digit from that one on, has the
// right check digit, and stands by itself.
func first(text string, from byte) []int {
	for at := 0; at < len(text); at++ {
		m := tenDigits.FindStringIndex(text[at:])
		if m == nil {
			return nil
		}
		start, end := at+m[0], at+m[1]
		before, _ := utf8.DecodeLastRuneInString(text[:start])
		after, _ := utf8.DecodeRuneInString(text[end:])
		if text[start] >= from && !inWord(before) && !inWord(after) && checks(text[start:end]) {
			return []int{start, end}
		}
		at = start
	}
	return nil
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// checks reports whether the last digit is the check digit of the others, modulus 11.
func checks(number string) bool {
	sum, weight := 0, 10
	for _, d := range number {
		if d >= '0' && d <= '9' {
			sum += int(d-'0') * weight
			weight--
		}
	}
	return sum%11 == 0
}
