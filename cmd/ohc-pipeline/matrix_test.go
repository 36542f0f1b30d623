package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

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
	purposes, err := os.ReadFile(filepath.Join("..", "..", "deid", "gate", "purpose", "purposes.yaml"))
	s.must(err)
	s.write("lists/purposes.yaml", string(purposes))
	s.write("lists/sensitive.yaml", strings.Replace(ownPolicy, "TODAY", time.Now().Format(time.DateOnly), 1))
	s.write("lists/"+refsets, members(ownPolicy))
	s.edit("config.yaml", "\ngates:\n", "\npurposes: lists/purposes.yaml\ngates:\n  sensitive: {policy: lists/sensitive.yaml, members: [{file: lists/"+refsets+", format: rf2}]}\n")
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
			for _, want := range []string{c.gate + ": ", "/lists/", c.says, "next: "} {
				if !strings.Contains(text, want) {
					t.Errorf("%s, %s: it does not say %q%s", c.gate, c.fault, want, s.shown(text))
				}
			}
			if s.identifiers().Tells(text) {
				t.Errorf("%s, %s: it tells somebody", c.gate, c.fault)
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

// ownPolicy is an operator's.
const ownPolicy = `name: sensitive
version: "7"
record: one-health-and-care
polarity: exclude
reviewed: TODAY
valid_for: 365d
min_rules: 2
purposes: [planning, research]
refsets:
  - {id: "1955841000000104", category: fertility, reason: kept out of secondary use, statute: "HFE Act 1990 s33A", source: SNOMED CT}
  - {id: "1955851000000101", category: gender-reassignment, reason: kept out of secondary use, statute: "GRA 2004 s22", source: SNOMED CT}
rules:
  - {category: sexual-health, systems: [icd10], match: prefix, reason: an infection, statute: none (policy), source: own, codes: ["A50", "B20"]}
`

// refsets is the file with the members of the policy's reference sets.
const refsets = "der2_Refset_SimpleSnapshot_GB1000000_20261001.txt"

// members is such a file for a policy: each set has one member.
func members(policy string) string {
	out := "id\teffectiveTime\tactive\tmoduleId\trefsetId\treferencedComponentId\n"
	for i, id := range regexp.MustCompile(`\{id: "(\d+)"`).FindAllStringSubmatch(policy, -1) {
		out += fmt.Sprintf("u%d\t20261001\t1\t999000011000000103\t%s\t86406008\n", i, id[1])
	}
	return out
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
		cell{"sensitive", "members missing", refsets, nil, "missing"},
		cell{"sensitive", "members empty", refsets, func(text string) string { return strings.SplitAfter(text, "\n")[0] }, "empty"},
		cell{"sensitive", "a set without members", refsets, func(text string) string { return text[:strings.LastIndex(text, "\nu")+1] }, "no list has an active member"},
		cell{"sensitive", "members cut off", refsets, func(text string) string { return text[:len(text)-4] }, "cut off"},
		cell{"sensitive", "not for the purpose", "sensitive.yaml", swap("purposes: [planning, research]", "purposes: [research]"), "purpose"},
		cell{"sensitive", "short", "sensitive.yaml", rewrite(`(?m)^min_rules: \d+`, "min_rules: 99999"), "short"})
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
		{gate, "stale", file, rewrite(`issued=\d{4}`, "issued=2019"), "stale"},
		{gate, "issued in the future", file, rewrite(`issued=\d{4}`, "issued=2199"), "future"},
		{gate, "short", file, rewrite(`rows=`, "rows=1"), "short"},
		{gate, "cut off", file, func(text string) string { return text[:len(text)-5] }, "cut off"},
		{gate, "another list", file, rewrite(`name=\w+`, "name=smoking"), "foreign"},
		{gate, "of another shared record", file, rewrite(`record=\S+`, "record=elsewhere"), "foreign"},
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
		{gate, "stale", file, rewrite(day+`\S+`, day+past), ""},
		{gate, "another", file, swap("name: "+name, "name: smoking"), "foreign"},
		{gate, "of another shared record", file, swap("record: one-health-and-care", "record: elsewhere"), "foreign"},
		{gate, "a word it does not know", file, swap("version: ", "planted: 1\nversion: "), "line"},
		{gate, "no YAML", file, all("\x00{{"), ""},
	}
	if future != "" {
		cells = append(cells, cell{gate, "reviewed in the future", file, rewrite(day+`\S+`, day+future), "future"})
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
		{gate, "stale", control, rewrite(`<DateTime>\d{4}`, "<DateTime>2019"), "stale"},
		{gate, "issued in the future", control, rewrite(`<DateTime>\d{4}`, "<DateTime>2199"), "future"},
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

func rewrite(old, new string) func(string) string {
	return func(text string) string { return regexp.MustCompile(old).ReplaceAllString(text, new) }
}
