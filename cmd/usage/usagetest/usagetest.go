// Package usagetest tests that a program repeats nobody's number.
package usagetest

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Number is an NHS number that was given to nobody, as people write it.
var Number = []string{"9434765919", "943 476 5919", "943-476-5919", "943\u00a0476\u00a05919", "943.476.5919", "asked for 9434765919, see there", "of-9434765919.txt"}

// Nameless calls every command of a program, made anew for each call, with somebody's
// number as each of its arguments and as the value of each of its flags. Each call must
// end as wrong usage, as right says, before anything is done; the number must be in
// nothing that is printed or said, and nothing may be written.
func Nameless(t *testing.T, root func() *cobra.Command, right func(error) bool, said func(error) string) {
	t.Chdir(t.TempDir())
	for _, call := range calls(root()) {
		c, out := root(), &bytes.Buffer{}
		c.SetOut(out)
		c.SetErr(out)
		c.SetArgs(call)
		var err error
		printed := caught(t, func() { err = c.Execute() })
		if err == nil || !right(err) {
			t.Errorf("%q: it ends with %v", call, err)
		}
		if err != nil && strings.Contains(said(err), "5919") || strings.Contains(out.String()+printed, "5919") {
			t.Errorf("%q: the number is repeated: %v %s%s", call, err, out, printed)
		}
	}
	if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
		t.Errorf("something was written: %v %v", left, err)
	}
}

// calls are all ways in which a number can be typed for a command and all below it.
func calls(c *cobra.Command) (out [][]string) {
	path := strings.Fields(c.CommandPath())[1:]
	for _, n := range Number {
		out = append(out, append(append([]string{}, path...), n), append(append([]string{}, path...), "x", n))
		c.NonInheritedFlags().VisitAll(func(f *pflag.Flag) { out = append(out, typed(path, c, f.Name, n)) })
		c.InheritedFlags().VisitAll(func(f *pflag.Flag) { out = append(out, typed(path, c, f.Name, n)) })
	}
	for _, sub := range c.Commands() {
		out = append(out, calls(sub)...)
	}
	return out
}

// typed is a call with a number as a flag's value, and as many arguments as it takes.
func typed(path []string, c *cobra.Command, flag, number string) []string {
	call := append(append([]string{}, path...), "--"+flag+"="+number)
	if c.Args != nil && strings.Contains(c.Use, " ") && !strings.Contains(c.Use, "[") {
		call = append(call, "x")
	}
	return call
}

// caught is what is printed past the command while f runs.
func caught(t *testing.T, f func()) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	was, errs := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = w, w
	text := make(chan []byte)
	go func() { b, _ := io.ReadAll(r); text <- b }()
	f()
	os.Stdout, os.Stderr = was, errs
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return string(<-text)
}
