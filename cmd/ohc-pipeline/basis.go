package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"runtime/debug"

	"secondaryuse/deid"
	"secondaryuse/pipeline/config"
)

// basis is a digest of all that records are judged and shaped by, but for what
// the lists say of persons: where it is another, nothing that is staged can be
// gone on from. It holds the program as well.
func basis(c config.Config, o opened, places string) (string, error) {
	h := sha256.New()
	for _, f := range c.Feeds {
		fmt.Fprintf(h, "%q %q %q %q %+v %+v\n", f.Name, f.Kind, f.Path, f.Organisation, f.Person, f.Tables)
	}
	fmt.Fprintf(h, "%q %q %q\n", o.purpose.Terms(), o.sensitive, o.agreement)
	for _, why := range []string{c.Gates.OptOut.NotApplicable, c.Gates.Objection.NotApplicable, c.Gates.Connection.NotApplicable, c.Gates.Agreement.NotApplicable} {
		fmt.Fprintf(h, "%v\n", why != "")
	}
	files := append([]string{c.Gates.Sensitive.Policy, c.Reference.Places}, c.Gates.Sensitive.Relationships...)
	for _, m := range c.Gates.Sensitive.Members {
		files = append(files, m.File)
	}
	for _, path := range files {
		if path == "" {
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%q %d %d\n", path, info.Size(), info.ModTime().UnixNano())
	}
	program, err := program()
	fmt.Fprintf(h, "%q %q\n", places, program)
	return hex.EncodeToString(h.Sum(nil)), err
}

// judged is a digest of what the gates of records say on this day: where it is
// another, what is staged may hold what may not be used any more.
func judged(key deid.Key, o opened) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q\n", o.purpose.Terms(), o.agreement, o.sensitive)
	if o.connection != nil && key != (deid.Key{}) {
		fmt.Fprintf(h, "%q\n", o.connection.Standing(key.Person))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// program says which program this is: the commit it was built of, or, where it
// knows of none or of changes since, the file that it is.
func program() (string, error) {
	revision, modified := "", true
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				revision = s.Value
			case "vcs.modified":
				modified = s.Value != "false"
			}
		}
	}
	if revision != "" && !modified {
		return revision, nil
	}
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	return fmt.Sprint(info.Size(), " ", info.ModTime().UnixNano()), nil
}
