package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"text/tabwriter"

	"secondaryuse/marts/snapshot"
	"secondaryuse/testdata/population"
)

// cell is a gate and what is wrong with a file that it stands on.
type cell struct {
	gate, fault, file string
	spoil             func(text string) string // what the file holds then; nil: there is none
	says              string                   // what the refusal says
}

// TestFailClosed takes every gate through every fault with the real command, as a
// night that reads the feeds and as one that publishes what is staged: each is
// refused with the exit code of a refusal, says why and what to do next, tells
// nobody's identifier, and leaves the snapshot of the night before as it is. What
// happened is a table, which go test -v shows.
func TestFailClosed(t *testing.T) {
	t.Parallel()
	s := newSite(t, population.Plan{Persons: 200, Seed: 21, Months: 2})
	for file, from := range map[string]string{"sensitive.yaml": "sensitive/policy.yaml", "purposes.yaml": "purpose/purposes.yaml"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "deid", "gate", filepath.FromSlash(from)))
		s.must(err)
		s.write("lists/"+file, string(text))
	}
	s.edit("config.yaml", "\ngates:\n", "\npurposes: lists/purposes.yaml\ngates:\n  sensitive: {policy: lists/sensitive.yaml}\n")
	s.run(0, "run")
	served, before, err := snapshot.Current(s.marts())
	s.must(err)

	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "gate\tfault\tfile\trun\tpublish\tserved")
	for _, c := range s.cells() {
		s.how = ", " + c.gate + ", " + c.fault
		codes, said := s.refused(c)
		for _, text := range said {
			for _, want := range []string{c.gate + ": ", c.file, c.says, "next: "} {
				if !strings.Contains(text, want) {
					t.Errorf("%s, %s: it does not say %q%s", c.gate, c.fault, want, s.shown(text))
				}
			}
			if hits := s.identifiers().in([]byte(text)); len(hits) > 0 {
				t.Errorf("%s, %s: it tells %v", c.gate, c.fault, hits)
			}
		}
		now, m, err := snapshot.Current(s.marts())
		s.must(err)
		if now != served || m.ID != before.ID || snapshot.Verify(now) != nil {
			t.Errorf("%s, %s: another snapshot is served, or it was spoilt", c.gate, c.fault)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\tthe night before's\n", c.gate, c.fault, c.file, codes[0], codes[1])
	}
	s.must(w.Flush())
	t.Logf("what happened (3: refused):\n%s", table.String())
	s.how = ", all lists as they were"
	s.run(0, "publish")
	s.run(0, "run")
}

// refused spoils a file, calls for a run and a publication, and puts the file back.
func (s *site) refused(c cell) (codes [2]int, said [2]string) {
	s.t.Helper()
	path, text := s.path("lists/"+c.file), s.read("lists/"+c.file)
	s.must(os.Remove(path))
	if c.spoil != nil {
		s.write("lists/"+c.file, c.spoil(text))
		if s.read("lists/"+c.file) == text {
			s.t.Fatalf("%s, %s: nothing is spoilt", c.gate, c.fault)
		}
	}
	for i, command := range []string{"run", "publish"} {
		cmd := s.command(command, "--config", s.config)
		codes[i], said[i] = s.said(cmd, cmd.Run())
		if codes[i] != exitRefused {
			s.t.Errorf("%s%s: exit code %d%s", command, s.how, codes[i], s.shown(said[i]))
		}
	}
	s.write("lists/"+c.file, text)
	return codes, said
}

// cells is every gate by every fault that its list can have.
func (s *site) cells() (out []cell) {
	out = append(optOutCells(), yamlCells("sensitive", "sensitive.yaml", "sensitive", "reviewed: ")...)
	out = append(out, cell{"sensitive", "wrong polarity", "sensitive.yaml", swap("polarity: exclude", "polarity: include"), "wrong polarity"},
		cell{"sensitive", "short", "sensitive.yaml", become(`(?m)^min_rules: \d+`, "min_rules: 99999"), "short"})
	out = append(out, yamlCells("purpose", "purposes.yaml", "purpose", "review_by: ")...)
	for _, l := range []struct{ gate, file, polarity string }{
		{"objection", "objections.csv", "deny"}, {"connection", "connections.csv", "allow"}, {"agreement", "agreements.csv", "allow"},
	} {
		out = append(out, listCells(l.gate, l.file, l.polarity)...)
	}
	return out
}

// listCells are the faults of a list of ours.
func listCells(gate, file, polarity string) []cell {
	other := map[string]string{"allow": "deny", "deny": "allow"}[polarity]
	return []cell{
		{gate, "missing", file, nil, "missing"},
		{gate, "empty", file, all(""), "empty"},
		{gate, "no rows", file, func(text string) string {
			lines := strings.SplitAfterN(text, "\n", 3)
			return regexp.MustCompile(`rows=\d+`).ReplaceAllString(lines[0], "rows=0") + lines[1]
		}, "empty"},
		{gate, "stale", file, become(`issued=\d{4}`, "issued=2019"), "stale"},
		{gate, "issued in the future", file, become(`issued=\d{4}`, "issued=2199"), "future"},
		{gate, "short", file, become(`rows=`, "rows=1"), "short"},
		{gate, "cut off", file, func(text string) string { return text[:len(text)-5] }, "cut off"},
		{gate, "another list", file, become(`name=\w+`, "name=smoking"), "foreign"},
		{gate, "of another shared record", file, become(`record=\S+`, "record=elsewhere"), "foreign"},
		{gate, "no list", file, all("one,two\n"), "#list"},
		{gate, "wrong polarity", file, swap("polarity="+polarity, "polarity="+other), "wrong polarity"},
		{gate, "another version", file, swap("version=1", "version=2"), "version"},
	}
}

// yamlCells are the faults of a policy or register.
func yamlCells(gate, file, name, day string) []cell {
	past, future := "2019-01-01", ""
	if gate == "sensitive" {
		future = "2099-01-01"
	}
	cells := []cell{
		{gate, "missing", file, nil, "missing"},
		{gate, "empty", file, all(""), "empty"},
		{gate, "stale", file, become(day+`\S+`, day+past), ""},
		{gate, "another", file, swap("name: "+name, "name: smoking"), "foreign"},
		{gate, "of another shared record", file, swap("record: one-health-and-care", "record: elsewhere"), "foreign"},
		{gate, "a word it does not know", file, swap("version: ", "planted: 1\nversion: "), "line"},
		{gate, "no YAML", file, all("\x00{{"), ""},
	}
	if future != "" {
		cells = append(cells, cell{gate, "reviewed in the future", file, become(day+`\S+`, day+future), "future"})
	}
	return cells
}

// optOutCells are the faults of what the service has answered.
func optOutCells() []cell {
	const gate, request, reply, control = "optout", "optout-request.dat", "optout.dat", "optout.ctl"
	return []cell{
		{gate, "request missing", request, nil, "missing"},
		{gate, "reply missing", reply, nil, "missing"},
		{gate, "control file missing", control, nil, "missing"},
		{gate, "request empty", request, all(""), "empty"},
		{gate, "reply empty", reply, all(""), "empty"},
		{gate, "control file empty", control, all(""), "empty"},
		{gate, "stale", control, become(`<DateTime>\d{4}`, "<DateTime>2019"), "stale"},
		{gate, "issued in the future", control, become(`<DateTime>\d{4}`, "<DateTime>2199"), "future"},
		{gate, "cut off", reply, func(text string) string { return text[:len(text)-3] }, "cut off"},
		{gate, "a number that was not sent", reply, func(text string) string { return text + "9999999468,\n" }, "foreign"},
		{gate, "of another workflow", control, swap("SPINE_NTT_UPHOLDING", "SPINE_OTHER"), "foreign"},
		{gate, "nearly everybody is out", reply, func(text string) string { return strings.SplitAfterN(text, "\n", 2)[0] }, "wrong polarity"},
		{gate, "a quarter of it gone", reply, func(text string) string {
			lines := strings.SplitAfter(text, "\n")
			return strings.Join(lines[:len(lines)*3/4], "")
		}, "short"},
		{gate, "the service could not read the request", reply, all("The file contains one or more invalid NHS Numbers. "), ""},
	}
}

func all(text string) func(string) string { return func(string) string { return text } }

func swap(old, new string) func(string) string {
	return func(text string) string { return strings.Replace(text, old, new, 1) }
}

func become(old, new string) func(string) string {
	return func(text string) string { return regexp.MustCompile(old).ReplaceAllString(text, new) }
}
