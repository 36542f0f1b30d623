package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"secondaryuse/marts/domain"
	"secondaryuse/marts/sign"
	"secondaryuse/marts/sign/signtest"
)

// TestDesk runs the commands of the release desk on a published snapshot of 40
// persons, with three people in people.yaml, of whom Ada asks and all review.
func TestDesk(t *testing.T) {
	dir, key := published(t), signtest.File(t, "ohc")
	testscript.Run(t, testscript.Params{
		Dir: "testdata/desk",
		Setup: func(e *testscript.Env) error {
			e.Setenv("KEY", signtest.Key(t, "ohc").Public().String())
			return errors.Join(employ(e.WorkDir, key), os.WriteFile(filepath.Join(e.WorkDir, "egress.yaml"),
				fmt.Appendf(nil, "marts: %s\nsigning: keys/signing.ed25519\ndisclosure: hes\n", dir), 0o600))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"setid": setid, "code": wantCode},
	})
}

// setid NAME sets $NAME to the id of the request in what was printed last.
func setid(ts *testscript.TestScript, neg bool, args []string) {
	_, after, found := strings.Cut(ts.ReadFile("stdout"), "Request ")
	id, _, _ := strings.Cut(after, ":")
	if neg || !found || len(args) != 1 || len(id) != 26 {
		ts.Fatalf("no request was printed")
	}
	ts.Setenv(args[0], id)
}

// employ makes the people of an installation, and the keys that the way out needs.
func employ(dir, key string) error {
	errs := []error{os.Mkdir(filepath.Join(dir, "register"), 0o700), os.Mkdir(filepath.Join(dir, "keys"), 0o700),
		os.Link(key, filepath.Join(dir, "keys", "signing.ed25519")), domain.Make(filepath.Join(dir, "keys", "register.key"))}
	text := "people:\n"
	for _, p := range [][2]string{{"ada", "author, reviewer"}, {"rob", "reviewer"}, {"rita", "reviewer"}} {
		path := filepath.Join(dir, p[0]+".key")
		errs = append(errs, sign.Make(path))
		k, err := sign.Open(path)
		if err != nil {
			return err
		}
		text += fmt.Sprintf("  - name: %s\n    roles: [%s]\n    key: %s\n", p[0], p[1], k.Public())
	}
	return errors.Join(append(errs, os.WriteFile(filepath.Join(dir, "people.yaml"), []byte(text), 0o600))...)
}
