// Package readme holds README.md and the help of the commands to what the commands
// are: each line that a reader is given to type names a command, flags and arguments
// that there are. Nothing is run.
package readme

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Block is what stands in README.md between two lines of three backquotes.
type Block struct{ Kind, Text string }

// Read returns the text of the README that lies two folders up, and its blocks.
func Read(t testing.TB) (text string, blocks []Block) {
	data, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for i, part := range strings.Split(string(data), "```") {
		if i%2 == 0 {
			text += part
			continue
		}
		kind, inside, _ := strings.Cut(part, "\n")
		blocks = append(blocks, Block{kind, inside})
	}
	return text, blocks
}

// Hold checks all that README.md and the help texts say of a program. It is given what
// makes the program's command anew, since flags keep what they were given.
func Hold(t *testing.T, program func() *cobra.Command) {
	t.Helper()
	text, blocks := Read(t)
	said := ""
	for _, b := range blocks {
		if b.Kind == "sh" {
			said += b.Text + "\n"
		}
	}
	for _, m := range regexp.MustCompile("`(ohc-[^`]+)`").FindAllStringSubmatch(text, -1) {
		said += strings.ReplaceAll(m[1], "\n", " ") + "\n"
	}
	name := program().Name()
	for _, line := range Lines(said, name) {
		if fault := refused(program(), line); fault != "" {
			t.Errorf("README.md: %s %s: %s", name, strings.Join(line, " "), fault)
		}
	}
	help(t, program, program(), said)
}

// help checks the help of a command and of those below it.
func help(t *testing.T, program func() *cobra.Command, c *cobra.Command, said string) {
	if c.Name() == "help" || c.Name() == "completion" {
		return
	}
	path := c.CommandPath()
	if !strings.Contains(said, path) && !c.HasSubCommands() && c.HasParent() {
		t.Errorf("README.md has no example of %s", path)
	}
	examples := Lines(c.Example, c.Root().Name())
	if len(examples) == 0 {
		t.Errorf("%s --help has no example", path)
	}
	for _, line := range examples {
		if fault := refused(program(), line); fault != "" {
			t.Errorf("%s --help: %s: %s", path, strings.Join(line, " "), fault)
		}
	}
	var out strings.Builder
	c.SetOut(&out)
	if err := c.Help(); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if len([]rune(strings.TrimSpace(line))) > 96 {
			t.Errorf("%s --help: a line is wider than 96 columns: %s", path, line)
		}
	}
	for _, sub := range c.Commands() {
		help(t, program, sub, said)
	}
}

// refused says why a command would not take a line.
func refused(root *cobra.Command, words []string) string {
	c, rest, err := root.Find(words)
	if err == nil {
		err = c.ParseFlags(rest)
	}
	if err == nil {
		err = c.ValidateArgs(c.Flags().Args())
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

var (
	joined = regexp.MustCompile(`\\\n\s*`)
	word   = regexp.MustCompile(`'[^']*'|"[^"]*"|[|<>;&]+|#.*|[^\s'"|<>;&#]+`)
)

// Lines returns the words of each line of a script that calls a program.
func Lines(script, program string) (all [][]string) {
	for line := range strings.Lines(joined.ReplaceAllString(script, "")) {
		var call []string
		for _, w := range append(word.FindAllString(line, -1), "#") {
			if !strings.ContainsAny(w[:1], "#|<>;&") {
				call = append(call, strings.Trim(w, `'"`))
				continue
			}
			if len(call) > 2 && call[0] == "go" && call[1] == "run" {
				call = append([]string{strings.TrimPrefix(call[2], "./cmd/")}, call[3:]...)
			}
			if len(call) > 0 && call[0] == program {
				all = append(all, call[1:])
			}
			call = nil
		}
	}
	return all
}
