package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// tree writes all that lies below a folder, with everything about it that a
// process could change, to a file.
func tree(ts *testscript.TestScript, _ bool, args []string) {
	var b strings.Builder
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		s := info.Sys().(*syscall.Stat_t)
		fmt.Fprintln(&b, path, info.Mode(), info.Size(), info.ModTime().UnixNano(), s.Ctim, s.Ino, s.Nlink)
		return nil
	}))
	if strings.Count(b.String(), "\n") < 20 {
		ts.Fatalf("there is next to nothing in %s", args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(b.String()), 0o600))
}

// spoil replaces the first of a text in a file, wants run and check to end with
// an exit code and an error like a pattern, and puts the file back.
func spoil(ts *testscript.TestScript, _ bool, args []string) {
	path, text := ts.MkAbs(args[0]), ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s has no such text", args[0])
	}
	ts.Check(os.WriteFile(path, []byte(strings.Replace(text, args[1], args[2], 1)), 0o600))
	for _, command := range []string{"run", "check"} {
		wantCode(ts, false, []string{args[3], "ohc-pipeline", command})
		if said := ts.ReadFile("stderr"); !regexp.MustCompile(args[4]).MatchString(said) {
			ts.Fatalf("%s said: %s", command, said)
		}
	}
	ts.Check(os.WriteFile(path, []byte(text), 0o600))
}

// asOf sets as_of in config.yaml to London's day so many days from now, and
// writes it to ../day.
func asOf(ts *testscript.TestScript, _ bool, args []string) {
	days, err := strconv.Atoi(args[0])
	ts.Check(err)
	day := today(time.Now()).AddDate(0, 0, days).Format(time.DateOnly)
	text := regexp.MustCompile(`(?m)^as_of: .*$`).ReplaceAllString(ts.ReadFile("config.yaml"), "as_of: "+day)
	if !strings.Contains(text, day) {
		ts.Fatalf("the configuration has no as_of")
	}
	ts.Check(os.WriteFile(ts.MkAbs("config.yaml"), []byte(text), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("../day"), []byte(day), 0o600))
}
