package sensitive_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"secondaryuse/deid/gate"
	"secondaryuse/deid/gate/sensitive"
	"secondaryuse/deid/term"
)

const rf2 = "id\teffectiveTime\tactive\tmoduleId\trefsetId\treferencedComponentId\n" +
	"u1\t20260401\t1\t999000011000000103\t1955841000000104\t22298006\n" + // named by the policy
	"u2\t20260401\t0\t999000011000000103\t1955841000000104\t38341003\n" + // no longer active
	"u3\t20260401\t1\t999000011000000103\t999004381000000103\t73211009\n" + // another that is named
	"u4\t20260401\t1\t999000011000000103\t999002271000000101\t195967001\n" // of another reference set

const pcd = "Cluster_Category,Cluster_ID,ConceptId,ConceptId_Description,Sensitive_Status\n" +
	"x,A_COD,22298006,\"heart, attack\",1\n" +
	"x,A_COD,38341003,pressure,0\n" +
	"x,A_COD,73211009,sugar,\n" +
	"x,A_COD,195967001,wheeze,STI\n"

const codes = "# source: made up\ncode\n22298006\n73211009\tsugar, sweet\n195967001,wheeze\n\n"

// with opens the built-in policy and one list.
func with(t *testing.T, m sensitive.Members, content string) (*sensitive.Gate, error) {
	t.Helper()
	if content != "" {
		m.File = filepath.Join(t.TempDir(), "members.txt")
		if err := os.WriteFile(m.File, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return sensitive.Open(sensitive.Config{Now: reviewed, Members: []sensitive.Members{m}})
}

func TestMembers(t *testing.T) {
	for _, tc := range []struct {
		m       sensitive.Members
		content string
		out, in []string
	}{
		{sensitive.Members{Format: sensitive.RF2}, rf2, []string{"22298006", "73211009"}, []string{"38341003", "195967001"}},
		{sensitive.Members{Format: sensitive.RF2}, strings.ReplaceAll(rf2, "\n", "\r\n"), []string{"22298006", "73211009"}, []string{"38341003", "195967001"}},
		{sensitive.Members{Format: sensitive.PCD, Category: "restricted"}, pcd, []string{"22298006", "195967001"}, []string{"38341003", "73211009"}},
		{sensitive.Members{Format: sensitive.Codes, System: term.SNOMED, Category: "fertility"}, codes, []string{"22298006", "73211009", "195967001"}, []string{"38341003"}},
	} {
		g, err := with(t, tc.m, tc.content)
		if err != nil {
			t.Errorf("%s: %v", tc.m.Format, err)
			continue
		}
		for _, c := range tc.out {
			f := g.Explain(term.SNOMED, term.Code(c))
			if judge(g, term.SNOMED, c) != gate.SensitiveCode || len(f) != 1 || !strings.HasSuffix(f[0].Grounds[0].Source, "members.txt") {
				t.Errorf("%s: %s: %v", tc.m.Format, c, f)
			}
		}
		for _, c := range tc.in {
			if judge(g, term.SNOMED, c) != gate.Kept {
				t.Errorf("%s: %s is excluded", tc.m.Format, c)
			}
		}
		if judge(g, term.SNOMED, "86406008") != gate.SensitiveCode {
			t.Errorf("%s: the list took the policy's place", tc.m.Format)
		}
		if !strings.Contains(g.Describe(), "; members.txt, ") || strings.Contains(g.Describe(), "\n") {
			t.Error(g.Describe())
		}
	}
}

func TestMembersRefusals(t *testing.T) {
	list := sensitive.Members{Format: sensitive.Codes, System: term.SNOMED, Category: "fertility"}
	for _, tc := range []struct {
		name    string
		m       sensitive.Members
		content string
		want    string
	}{
		{"missing", sensitive.Members{File: filepath.Join(t.TempDir(), "members.txt"), Format: sensitive.RF2}, "", "missing"},
		{"no codes", list, "# planted\n", "empty: it adds no code"},
		{"cut off", list, "22298006\n7321", "cut off"},
		{"rounded", list, "22298006\n1007761000000100\n", ":2: code: no code of that terminology; a spreadsheet may have rounded it"},
		{"words", list, "planted words\n", ":1: code"},
		{"byte order mark", list, "\xef\xbb\xbf22298006\n", "byte order mark"},
		{"format", sensitive.Members{Format: "planted", Category: "fertility"}, codes, "its format is none of"},
		{"category", sensitive.Members{Format: sensitive.Codes, System: term.SNOMED, Category: "planted"}, codes, "its category is none of"},
		{"action", sensitive.Members{Format: sensitive.Codes, System: term.SNOMED, Category: "fertility", Action: "planted"}, codes, "action is none of"},
		{"keeping", sensitive.Members{Format: sensitive.Codes, System: term.SNOMED, Category: "fertility", Action: "keep"}, codes, "action keep is for a purpose"},
		{"rf2 with an action", sensitive.Members{Format: sensitive.RF2, Action: "drop_person"}, rf2, "the policy says the category and the action"},
		{"system", sensitive.Members{Format: sensitive.Codes, System: "planted", Category: "fertility"}, codes, "its system is a terminology"},
		{"not rf2", sensitive.Members{Format: sensitive.RF2}, codes, ":1: columns"},
		{"rf2 of others", sensitive.Members{Format: sensitive.RF2}, rf2[:strings.Index(rf2, "u1")] + rf2[strings.Index(rf2, "u4"):], "empty: it adds no code"},
		{"rf2 rounded", sensitive.Members{Format: sensitive.RF2}, strings.Replace(rf2, "73211009", "73211000", 1), ":4: code"},
		{"rf2 columns", sensitive.Members{Format: sensitive.RF2}, rf2 + "planted\t1\n", ":6: not six columns"},
		{"not pcd", sensitive.Members{Format: sensitive.PCD, Category: "restricted"}, codes, ":1: columns"},
		{"pcd rounded", sensitive.Members{Format: sensitive.PCD, Category: "restricted"}, strings.Replace(pcd, "195967001", "195967000", 1), ":5: ConceptId"},
		{"pcd fields", sensitive.Members{Format: sensitive.PCD, Category: "restricted"}, pcd + "planted\n", ":6: not CSV"},
		{"pcd quotes", sensitive.Members{Format: sensitive.PCD, Category: "restricted"}, pcd + "x,\"planted\n", ": not CSV"},
		{"pcd without sensitive codes", sensitive.Members{Format: sensitive.PCD, Category: "restricted"}, pcd[:strings.Index(pcd, "\n")+1] + "x,A,38341003,p,0\n", "empty"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g, err := with(t, tc.m, tc.content)
			if g != nil || !errors.Is(err, gate.ErrRefused) || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "members.txt") {
				t.Errorf("got %v, want %q", err, tc.want)
			}
			if err != nil && strings.Contains(err.Error(), "planted") {
				t.Errorf("%q holds what is in the file", err)
			}
		})
	}
}

// TestSnapshotAlone is that of a reference set neither a delta is taken, which
// lacks members, nor a full release.
func TestSnapshotAlone(t *testing.T) {
	for name, ok := range map[string]bool{"der2_Refset_SimpleUKCLSnapshot_GB_20260401.txt": true,
		"der2_Refset_SimpleUKCLDelta_GB_20260401.txt": false, "der2_Refset_SimpleUKCLFull_GB_20260401.txt": false} {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, []byte(rf2), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := sensitive.Open(sensitive.Config{Now: reviewed, Members: []sensitive.Members{{File: file, Format: sensitive.RF2}}})
		if (err == nil) != ok || err != nil && !strings.Contains(err.Error(), "by its name it is no snapshot") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestMembersNotSupplied is that the built-in policy says, as long as it is so,
// of which reference sets it has no members.
func TestMembersNotSupplied(t *testing.T) {
	ids := []string{"1955841000000104", "1955851000000101", "999004371000000100", "999004351000000109", "999004361000000107", "999004381000000103"}
	told := func(g *sensitive.Gate) string {
		_, tail, _ := strings.Cut(g.Describe(), "members of reference sets ")
		head, _, _ := strings.Cut(tail, " not supplied: they are licensed")
		return head
	}
	if got := told(builtIn(t)); got != strings.Join(ids, ", ") {
		t.Errorf("none: %q", got)
	}
	g, err := with(t, sensitive.Members{Format: sensitive.RF2}, rf2)
	if err != nil {
		t.Fatal(err)
	}
	if got := told(g); got != strings.Join(ids[1:5], ", ") {
		t.Errorf("of two: %q", got)
	}
}

// FuzzMembers reads any text as a list of members: it adds codes or is refused,
// in words of this program.
func FuzzMembers(f *testing.F) {
	for i, text := range []string{rf2, pcd, codes} {
		f.Add(uint8(i), text)
	}
	f.Add(uint8(1), "ConceptId,Sensitive_Status\n\"22298006\n")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, format uint8, text string) {
		m := sensitive.Members{File: filepath.Join(dir, "members.txt"), Format: []string{sensitive.RF2, sensitive.PCD, sensitive.Codes}[format%3]}
		if m.Format != sensitive.RF2 {
			m.System, m.Category = term.SNOMED, "restricted"
		}
		if err := os.WriteFile(m.File, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		g, err := sensitive.Open(sensitive.Config{Now: reviewed, Members: []sensitive.Members{m}})
		if (g == nil) != (err != nil) || err != nil && (!errors.Is(err, gate.ErrRefused) || !strings.Contains(err.Error(), "members.txt")) {
			t.Error(g, err)
		}
	})
}
