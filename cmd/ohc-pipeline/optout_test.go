package main

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"secondaryuse/deid/gate/optout/mesh/meshtest"
	"secondaryuse/pipeline/config"
)

// TestOptOutScripts runs the scripts of the exchange, against the strict fake and
// against NHS England's own sandbox. Beside population, code and edit there are
//
//	mesh SITE                    has the configuration in SITE hold the exchange with a service of its own
//	answer HOW                   has the service answer what was asked
//	asked N                      holds that the service was asked by N files, of which none came twice
//	fault KIND STATUS [CODE]     has the next request of a kind meet a fault
func TestOptOutScripts(t *testing.T) {
	for _, kind := range []string{"fake", "sandbox"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			if kind == "sandbox" {
				meshtest.NewSandbox(t) // skips
			}
			var mu sync.Mutex
			desks := make(map[string]*desk)
			of := func(ts *testscript.TestScript) *desk {
				mu.Lock()
				defer mu.Unlock()
				return desks[ts.Getenv("WORK")]
			}
			testscript.Run(t, testscript.Params{
				Dir: "testdata/optout",
				Cmds: map[string]func(*testscript.TestScript, bool, []string){
					"population": writePopulation, "code": wantCode, "edit": editFile,
					"mesh": func(ts *testscript.TestScript, _ bool, args []string) {
						d := newDesk(t, kind == "sandbox")
						d.allowed = ts.MkAbs(filepath.Join(args[0], "lists/optout.dat"))
						path := filepath.Join(args[0], "config.yaml")
						ts.Check(os.WriteFile(ts.MkAbs(path), []byte(d.configured(ts.ReadFile(path), "")), 0o600))
						mu.Lock()
						defer mu.Unlock()
						desks[ts.Getenv("WORK")] = d
					},
					"answer": func(ts *testscript.TestScript, _ bool, args []string) { of(ts).answer(args[0]) },
					"asked": func(ts *testscript.TestScript, _ bool, args []string) {
						if got := strconv.Itoa(len(of(ts).locals())); got != args[0] {
							ts.Fatalf("asked by %s files, want %s", got, args[0])
						}
					},
					"fault": func(ts *testscript.TestScript, _ bool, args []string) {
						status, err := strconv.Atoi(args[1])
						ts.Check(err)
						f := meshtest.Fault{Status: status, Code: strings.Join(args[2:], "")}
						if args[1] == "0" {
							f = meshtest.Fault{Lose: true}
						}
						of(ts).Fail(args[0], f)
					},
				},
				Setup: newIcebox,
			})
		})
	}
}

// TestWhoIsAskedAbout holds that nobody is asked about while nothing was fetched,
// which is told apart from feeds that are not there, and that persons without NHS
// numbers are not.
func TestWhoIsAskedAbout(t *testing.T) {
	dir := t.TempDir()
	fetched := config.Feed{Name: "care", Kind: "fhir", Fetch: config.Fetch{Drop: &config.Drop{Folder: dir}}}
	folder := config.Feed{Name: "other", Kind: "fhir", Path: filepath.Join(dir, "none")}
	c := config.Config{Work: filepath.Join(dir, "work"), Feeds: []config.Feed{fetched}}
	c.Gates.Connection.NotApplicable = "none"
	c.Gates.OptOut.Mesh = &config.Mesh{}
	if _, err := everyone(t.Context(), c, time.Now(), quiet{}); !errors.Is(err, errUnfetched) {
		t.Errorf("nothing was fetched: %v", err)
	}
	c.Feeds = append(c.Feeds, folder)
	if _, err := everyone(t.Context(), c, time.Now(), quiet{}); err == nil || errors.Is(err, errUnfetched) {
		t.Errorf("a folder is not there: %v", err)
	}
	if err := corresponds(c); err != nil {
		t.Error(err)
	}
	c.Feeds = []config.Feed{{Name: "local", Kind: "fhir", Path: dir, Person: config.Person{Check: "none"}}}
	if err := corresponds(c); err == nil || code(err) != exitConfig {
		t.Errorf("persons without NHS numbers: %v", err)
	}
}
