package catalogue

import (
	"regexp"
	"strings"
)

// token is a word of SQL, a number, a text or a symbol. Words are in capitals,
// so that they can be compared; depth counts the brackets around it.
type token struct {
	kind  byte // w word, n number, t text, s symbol
	text  string
	depth int
}

var lexeme = regexp.MustCompile(`--[^\n]*|/\*(?s:.*?)\*/|'(?:[^']|'')*'|"[^"]*"|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[A-Za-z_]\w*|::|//|\|\||->>|->|<>|<=|>=|!=|\*\*|==|[^\s]`)

// tokens splits SQL into its parts and drops comments.
func tokens(sql string) []token {
	var out []token
	depth := 0
	for _, s := range lexeme.FindAllString(sql, -1) {
		t := token{'s', s, depth}
		switch c := s[0]; {
		case strings.HasPrefix(s, "--") || strings.HasPrefix(s, "/*"):
			continue
		case c == '\'':
			t.kind = 't'
		case c >= '0' && c <= '9':
			t.kind = 'n'
		case c == '_' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z':
			t.kind, t.text = 'w', strings.ToUpper(s)
		case c == '(':
			depth++
		case c == ')':
			depth--
			t.depth = depth
		}
		out = append(out, t)
	}
	return out
}
