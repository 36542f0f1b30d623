package usage

import (
	"strings"

	"github.com/spf13/cobra"
)

// columns is how wide help may be.
const columns = 80

// foldAll has what a command, and all below it, say of themselves fit the columns.
func foldAll(c *cobra.Command) {
	c.Long = fold(c.Long)
	for _, sub := range c.Commands() {
		foldAll(sub)
	}
}

// fold breaks the lines of paragraphs anew. A paragraph with a line that begins with a
// blank stays as it is written: it is a list or a table.
func fold(text string) string {
	paragraphs := strings.Split(text, "\n\n")
	for i, p := range paragraphs {
		if !strings.HasPrefix(p, " ") && !strings.Contains(p, "\n ") && !strings.Contains(p, "\t") {
			paragraphs[i] = broken(strings.Fields(p))
		}
	}
	return strings.Join(paragraphs, "\n\n")
}

func broken(words []string) string {
	var out strings.Builder
	at := 0
	for _, w := range words {
		switch long := len([]rune(w)); {
		case at == 0:
			at = long
		case at+1+long > columns:
			out.WriteByte('\n')
			at = long
		default:
			out.WriteByte(' ')
			at += 1 + long
		}
		out.WriteString(w)
	}
	return out.String()
}
