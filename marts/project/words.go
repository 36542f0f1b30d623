package project

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// kinds are what data may be used for. The service promises that data is never
// used to sell: what is not in this list is refused, and so is a text that
// speaks of it.
var kinds = []string{"research", "service-evaluation", "clinical-audit", "planning", "commissioning-of-care", "public-health"}

// selling are words of uses that are refused, whatever the kind says: what sells,
// insures or advertises. "market" alone is none: Market Drayton is a place.
var selling = regexp.MustCompile(`\b(commerc|insur|reinsur|underwrit|actuar|advert|monetis|monetiz|broker|profit|resell|resale)\w*` +
	`|\b(market(ing|er|ers|ed| ?research| ?access| ?share)|premiums?|sell|sells|selling|sellers?|sold|sales?|direct ?mail\w*|credit ?scor\w*|data ?licen[cs]\w*|customers?)\b`)

// accented is letters that are read as plain ones, and those.
const accented, bare = "àáâãäåèéêëìíîïòóôõöøùúûüýÿçñŵŷ", "aaaaaaeeeeiiiioooooouuuuyycnwy"

// figures are signs that stand for letters.
var figures = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "$", "s", "€", "e", "£", "l", "@", "a", "!", "i", "|", "l")

// spaced is a word that is written letter by letter.
var spaced = regexp.MustCompile(`\b\pL( \pL)+\b`)

// sold returns the word of a text that speaks of a use that is refused. It is
// read without what hides a word: case, accents, soft hyphens, signs without width,
// marks inside a word, blanks between all its letters, and signs in the place of letters.
func sold(text string) string {
	plain := strings.Map(func(r rune) rune {
		r = unicode.ToLower(r)
		if at := slices.Index([]rune(accented), r); at >= 0 {
			r = rune(bare[at])
		}
		switch {
		case unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Mn, r):
			return -1
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, text)
	letters := func(keep string) func(r rune) rune {
		return func(r rune) rune {
			if unicode.IsLetter(r) || strings.ContainsRune(keep, r) {
				return r
			}
			return -1
		}
	}
	for _, t := range []string{plain, strings.Map(letters(" "), plain), strings.Map(letters(" "), figures.Replace(plain))} {
		t = strings.Join(strings.Fields(t), " ")
		for _, t := range []string{t, spaced.ReplaceAllStringFunc(t, func(w string) string { return strings.ReplaceAll(w, " ", "") })} {
			if w := selling.FindString(t); w != "" {
				return w
			}
		}
	}
	return ""
}

// foreign reports whether a text has letters that are none of English, Welsh or other
// names in Latin-1: one that looks the same would hide a word.
func foreign(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool {
		return unicode.IsLetter(r) && r > 0xff && !strings.ContainsRune("ŴŵŶŷ", r)
	}) >= 0
}

// hidden reports whether a text has a sign that is not shown, or that changes how others
// are: who approves it would see another text than what is done.
func hidden(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' && r != '\t' }) >= 0
}

// wanted says which words there are.
func wanted(words []string) string { return "one of " + strings.Join(words, ", ") }

func oneOf(s string, words []string) bool { return slices.Contains(words, s) }
