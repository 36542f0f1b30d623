package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"secondaryuse/deid/gate/optout/mesh/meshtest"
	"secondaryuse/marts/snapshot"
	"secondaryuse/testdata/population"
)

// TestKillOptOut kills the real command, and has the disk fail, at each of the
// calls by which a request, an answer and a list become durable. The list in use
// and what is published stay, no file comes to the service twice, and the next call
// goes on.
func TestKillOptOut(t *testing.T) {
	t.Parallel()
	n := &night{site: newSite(t, population.Plan{Persons: 120, Seed: 8, Months: 2})}
	n.strace()
	d := newDesk(t, false)
	d.allowed = n.path("lists/optout.dat")
	n.write("config.yaml", d.configured(n.read("config.yaml"), ", within: 1s"))
	n.exchanges(d, "none")
	n.run(0, "run")
	const state, folder = "work/optout/state.json", "work/optout"
	for _, b := range []struct {
		command, path, calls string
		begun                bool // a request was made before, and could not be sent
	}{
		{"request", "work/optout/requests", syncs, false}, // the request has its folder
		{"request", state + ".tmp", syncs, false},         // it is about to be one
		{"request", state, renames, false},
		{"request", folder, syncs, false},
		{"request", state, renames, true}, // it is about to be sent
		{"request", folder, syncs, true},  // whether it was, nobody here knows
		{"collect", state, renames, false},
		{"collect", folder, syncs, false},
		{"collect", "work/optout/lists", syncs, false},
		{"collect", "work/optout/lists/LIST", unlinks, false}, // the one before goes
	} {
		for _, how := range []string{"signal=KILL", "error=EIO"} {
			if b.begun {
				d.Fail("send", meshtest.Fault{Status: 403})
				n.run(3, "optout", "request")
			}
			n.interrupts(d, b.command, b.path, b.calls, how)
		}
	}
	d.locals()
}

// exchanges brings the exchange to its end, in which another list than before is in
// use, and returns that.
func (n *night) exchanges(d *desk, in string) string {
	n.t.Helper()
	before := filepath.Join(n.left, "work/optout/lists", in)
	for range 5 {
		n.run(0, "optout", "status")
		for _, command := range []string{"request", "collect"} {
			cmd := n.command("optout", command, "--config", n.config)
			if code, said := n.said(cmd, cmd.Run()); code != 0 && (code != exitRefused || !strings.Contains(said, "it is not known whether the service took it")) {
				n.t.Errorf("%s: exit code %d%s", command, code, n.shown(said))
			}
			d.answer("well")
		}
		if list, _ := filepath.Glob(filepath.Join(n.left, "work/optout/lists/*")); len(list) == 1 && list[0] != before && n.names("work/optout/requests") == "" {
			break
		}
		time.Sleep(time.Second)
	}
	return n.list()
}

// list is the list in use, by what lies there.
func (n *night) list() string {
	n.t.Helper()
	lists, err := os.ReadDir(filepath.Join(n.left, "work", "optout", "lists"))
	n.must(err)
	if len(lists) != 1 {
		n.t.Fatalf("%d lists", len(lists))
	}
	return lists[0].Name()
}

func (n *night) interrupts(d *desk, command, path, calls, how string) {
	n.t.Helper()
	_, before, err := snapshot.Current(n.marts())
	n.must(err)
	list := n.list()
	if command == "collect" {
		n.run(0, "optout", "request")
		d.answer("well")
	}
	want := -1
	if strings.HasPrefix(how, "error") {
		want = 1
	}
	cmd := n.command("optout", command, "--config", n.config)
	cmd.Path, cmd.Args = n.strace(), slices.Concat([]string{"strace", "-f", "-qq", "-o", "/dev/null", "-P", filepath.Join(n.left, strings.Replace(path, "LIST", list+"/"+list+".dat", 1)),
		"-e", "trace=" + calls, "-e", "inject=" + calls + ":" + how + ":when=1", n.bin}, cmd.Args[1:])
	at := fmt.Sprintf("%s in %s of %s", how, calls, path)
	if code, said := n.said(cmd, cmd.Run()); code != want {
		n.t.Errorf("%s: exit code %d, want %d%s", at, code, want, n.shown(said))
	}
	n.run(0, "check") // a list opens the gate
	d.collect()
	if _, m, err := snapshot.Current(n.marts()); err != nil || m.ID != before.ID {
		n.t.Errorf("%s: another snapshot is served, %v", at, err)
	}
	if after := n.exchanges(d, list); after == list {
		n.t.Errorf("%s: the exchange has not gone on", at)
	}
	if left := n.names("work/optout/requests"); left != "" {
		n.t.Errorf("%s: left is %s", at, left)
	}
}
