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
	`|\b(market(ing|er|ers|ed| research| access| share)|premiums?|sell|sells|selling|sellers?|sold|sales?|direct mail|credit scor\w*|data licen[cs]\w*|customers?)\b`)

// sold returns the word of a text that speaks of a use that is refused. It is
// read without what hides a word: case, soft hyphens, signs without width, and
// marks inside a word.
func sold(text string) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Mn, r):
			return -1
		case unicode.IsSpace(r):
			return ' '
		}
		return unicode.ToLower(r)
	}, text)
	joined := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Pd, r) || r == '.' || r == '_' || r == '*' {
			return -1
		}
		return r
	}, plain)
	for _, t := range []string{plain, joined} {
		if w := selling.FindString(strings.Join(strings.Fields(t), " ")); w != "" {
			return w
		}
	}
	return ""
}

// foreign reports whether a text has letters of another script than ours: one
// that looks the same would hide a word.
func foreign(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool {
		return unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r) || r >= 0xff00 && r <= 0xffef
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
