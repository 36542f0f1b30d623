package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"secondaryuse/marts/domain"
	"secondaryuse/marts/proof"
	"secondaryuse/marts/register"
	"secondaryuse/marts/sign"
)

// registerKey and planningKey are those of the scripts.
func registerKey() domain.Key { return domainKey("r") }
func planningKey() domain.Key { return domainKey("p") }

func domainKey(letter string) domain.Key {
	k, err := domain.New([]byte(strings.Repeat(letter, 32)))
	if err != nil {
		panic(err)
	}
	return k
}

func digestOf(ts *testscript.TestScript, person string) [16]byte {
	id, err := strconv.ParseInt(person, 10, 64)
	ts.Check(err)
	return register.Digest(registerKey(), planningKey().Fingerprint(), id)
}

// putIssue puts what was issued into the register and the outbox. A person A-B is
// all from A to B.
func putIssue(ts *testscript.TestScript, _ bool, args []string) {
	kind, name := args[0], args[1]
	at, err := time.Parse(time.DateOnly, args[2])
	ts.Check(err)
	r, err := register.Open(ts.MkAbs("register"))
	ts.Check(err)
	persons, err := r.Persons(digestsOf(ts, args[3:]))
	ts.Check(err)
	head, err := r.Head(context.Background())
	ts.Check(err)
	text := []byte("the archive of " + name)
	file := register.File{Name: name + ".age", Bytes: int64(len(text)), SHA256: fmt.Sprintf("%x", sha256.Sum256(text))}
	i := register.Issue{Kind: kind, Name: name, Purpose: "research", Snapshot: "r1", Domain: planningKey().Fingerprint(), RegisterKey: registerKey().Fingerprint(), By: "Ada Asker",
		At: at, Files: []register.File{file}, Persons: persons}
	if kind == "extract" {
		i.Project, i.Title, i.Reference, i.Controller = "falls", "Falls at home", "OHC-2026-001", "NHS Staffordshire ICB"
		i.Recipients, i.Ends, i.Retain = []string{"University of X"}, "2027-11-01", "2028-11-01"
		i.Applicant, i.Objective, i.Notice = "Hilda Guardian", "Find why people fall.", "https://example.org/falls"
	}
	i.Approvals = []register.Approval{approvalOf(ts, i, "gwen"), approvalOf(ts, i, "carl")}
	ts.Check(r.Issue(context.Background(), i))
	statement, err := json.Marshal(map[string]any{"register": head, "files": i.Files})
	ts.Check(err)
	key, err := sign.Open(ts.MkAbs("keys/signing.ed25519"))
	ts.Check(err)
	k := proof.Kind{Label: "extract", File: "manifest.json"}
	if kind == "release" {
		k = proof.Kind{Label: "desk-record", File: "record.json"}
	}
	dir := filepath.Join(ts.MkAbs("outbox"), name)
	path := filepath.Join(dir, k.File)
	ts.Check(errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(path, statement, 0o600), os.WriteFile(sign.Beside(path), sign.Sign(key, k.Label, statement).Text(), 0o600),
		os.WriteFile(filepath.Join(dir, file.Name), text, 0o600)))
}

// approvalOf is that somebody of people.yaml has approved an issue.
func approvalOf(ts *testscript.TestScript, i register.Issue, by string) register.Approval {
	key, err := sign.Open(ts.MkAbs("keys/" + by))
	ts.Check(err)
	a := register.Approval{By: by, At: i.At, Subject: strings.Repeat("0f", 32)}
	label, form := "project-approval", `{"project":%q,"digest":%q,"by":%q,"at":%q}`
	of := i.Project
	if i.Kind == "release" {
		label, form, of = "desk-vote", `{"request":%q,"request_sha256":%q,"by":%q,"at":%q,"decision":"approve"}`, i.Name
	}
	a.Statement = fmt.Sprintf(form, of, a.Subject, by, a.At.Format(time.RFC3339))
	a.Signature = sign.Sign(key, label, []byte(a.Statement))
	return a
}

func digestsOf(ts *testscript.TestScript, args []string) iter.Seq2[[16]byte, error] {
	return func(yield func([16]byte, error) bool) {
		for _, arg := range args {
			from, to, _ := strings.Cut(arg, "-")
			first, err := strconv.Atoi(from)
			ts.Check(err)
			last := first
			if to != "" {
				last, err = strconv.Atoi(to)
				ts.Check(err)
			}
			for id := first; id <= last; id++ {
				if !yield(digestOf(ts, strconv.Itoa(id)), nil) {
					return
				}
			}
		}
	}
}

// putDigests leaves out the domain of the snapshot where the first person is "other".
func putDigests(ts *testscript.TestScript, _ bool, args []string) {
	s, domain := register.Sought{Register: registerKey().Fingerprint(), Made: time.Unix(1_790_000_000, 0), By: make(map[string][][16]byte)}, planningKey().Fingerprint()
	people := args[1:]
	if people[0] == "other" {
		people, domain = people[1:], "00000000"
	}
	for d := range digestsOf(ts, people) {
		s.By[domain] = append(s.By[domain], d)
	}
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(errors.Join(s.Write(f), f.Close()))
}

func printDigest(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv("DIGEST", fmt.Sprintf("%x", digestOf(ts, args[0])))
}

func wantCode(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	var exit interface{ ExitCode() int }
	got := 0
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("it ended with %d, want %d", got, want)
	}
}
