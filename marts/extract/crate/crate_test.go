package crate

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"secondaryuse/testdata/python"
)

var sample = Crate{
	ID: "9796155a-fe44-4614-89b8-71945f718ffb", Action: "37252371-c937-43bd-a0a7-3680b48c0538",
	Name: "Extract for DARS-NIC-000001-AAAAA", Description: "Rows of the people of the cohort, under numbers of this project's own.",
	Time: "2026-11-01T00:00:00Z", Publisher: "One Health and Care", Terms: "For this project alone, until 2028-01-01; not to be linked, nor passed on.",
	Project: Project{Reference: "DARS-NIC-000001-AAAAA", Title: "Steps and blood pressure", Applicant: "A. Researcher", Controllers: []string{"University of Somewhere", "An NHS Trust"}},
	Program: Program{Name: "ohc-marts", Version: "1"},
	Files: []File{
		{Name: "tables/population.parquet", About: "one row for every person", Type: "application/vnd.apache.parquet", Bytes: 4, Result: true},
		{Name: CohortFile, About: "whose rows", Type: "application/sql", Bytes: 7},
		{Name: "datapackage.json", About: "what the columns are", Type: "application/json", Bytes: 2},
	},
	Checks: []Check{
		{Kind: CheckValue, Name: "Digests of the snapshot: hold", Time: "2026-11-01T00:00:00Z"},
		{Kind: SignOff, Name: "Project: approved", By: "C. Guardian", Time: "2026-10-01T09:00:00Z", After: "the project's record"},
		{Kind: SignOff, Name: "Project: approved", By: "D. Custodian", Time: "2026-10-02T09:00:00Z", After: "the project's record"},
		{Kind: DisclosureCheck, Name: "Anonymity: k of 10 reached", Time: "2026-11-01T00:00:00Z", After: "k of 10"},
	},
}

// laid writes a crate's files to a folder.
func laid(t *testing.T, c Crate) string {
	t.Helper()
	dir := t.TempDir()
	meta, err := Metadata(c)
	if err != nil {
		t.Fatal(err)
	}
	flow, err := Workflow(c)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{MetadataFile: meta, WorkflowFile: flow, CohortFile: []byte("SELECT person_id FROM population\n")}
	for _, f := range c.Files {
		files[f.Name] = bytes.Repeat([]byte("x"), int(f.Bytes))
	}
	for name, data := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// unknown is what is recommended and nobody can give here: who pays, ORCIDs, RORs, web
// addresses and contacts of persons and organisations, terms with a web address; a
// README of the cohort's SQL, and Bioschemas' word for its parameters, of which it has none.
var unknown = map[string]string{
	"ro-crate-1.2":          "ro-crate-1.2_49.0,ro-crate-1.2_54.0,ro-crate-1.2_85.0,ro-crate-1.2_86.2,ro-crate-1.2_89.0,ro-crate-1.2_90.1,ro-crate-1.2_91.0,ro-crate-1.2_93.0",
	"workflow-ro-crate-1.0": "ro-crate-1.1_31.2,workflow-ro-crate-1.0_6.1,workflow-ro-crate-1.0_6.2,workflow-ro-crate-1.0_8.1",
}

// TestValidator holds a crate to the RO-Crate validator from PyPI, in all that is required
// and in what is recommended but for unknown, and shows that the validator finds one that
// is broken.
func TestValidator(t *testing.T) {
	requirements, err := os.ReadFile("../testdata/requirements.txt")
	if err != nil {
		t.Fatal(err)
	}
	interpreter := python.Environment(t, "extract", requirements)
	cache := filepath.Join(t.TempDir(), "cache")
	if out, err := exec.Command(interpreter, "../testdata/context.py", cache).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	validate := func(dir, profile string) (string, error) {
		out, err := exec.Command(filepath.Join(filepath.Dir(interpreter), "rocrate-validator"), "-y", "validate", "--offline", "--cache-path", cache,
			"--no-paging", "--verbose", "--no-auto-profile", "--requirement-severity", "RECOMMENDED", "--skip-checks", unknown[profile], "--profile-identifier", profile, dir).CombinedOutput()
		return string(out), err
	}
	dir := laid(t, sample)
	if out, err := validate(dir, "ro-crate-1.2"); err != nil {
		t.Errorf("the crate: %v\n%s", err, out)
	}
	if out, err := validate(filepath.Join(dir, "workflow"), "workflow-ro-crate-1.0"); err != nil {
		t.Errorf("its workflow: %v\n%s", err, out)
	}
	if err := os.Remove(filepath.Join(dir, "datapackage.json")); err != nil {
		t.Fatal(err)
	}
	if out, err := validate(dir, "ro-crate-1.2"); err == nil {
		t.Errorf("a crate of which a file is missing passes\n%s", out)
	}
}

// TestFiveSafes holds a crate to what the profile wants, which no validator on PyPI
// checks: what points to what, and with which words.
func TestFiveSafes(t *testing.T) {
	text, err := Metadata(sample)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Graph []map[string]any `json:"@graph"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	of := make(map[string]map[string]any)
	for _, e := range doc.Graph {
		id := e["@id"].(string)
		if of[id] != nil {
			t.Errorf("%s is there twice", id)
		}
		of[id] = e
	}
	root := of["./"]
	at := func(x any) string { return x.(map[string]any)["@id"].(string) }
	if at(root["conformsTo"]) != "https://w3id.org/5s-crate/0.4" || of[at(root["sourceOrganization"])]["@type"] != "Project" || at(of[at(root["mainEntity"])]["conformsTo"]) != workflow {
		t.Error("the root does not name the profile, a project and a workflow")
	}
	kinds := make(map[string]int)
	for _, m := range root["mentions"].([]any) {
		e := of[at(m)]
		if e["@type"] == "CreateAction" && (of[at(e["agent"])]["@type"] != "Person" || at(e["instrument"]) != at(root["mainEntity"]) || of[at(e["result"])]["@type"] != "File") {
			t.Error("the making names no person, not the workflow, or not its results")
		}
		if e["actionStatus"] != done {
			t.Errorf("%s is not completed", e["@id"])
		}
		if a, ok := e["additionalType"]; ok {
			kinds[strings.TrimPrefix(at(a), "https://w3id.org/shp#")]++
		}
	}
	for kind, n := range map[string]int{"CheckValue": 1, "SignOff": 2, "DisclosureCheck": 1, "GenerateCheckValue": 1} {
		if kinds[kind] != n {
			t.Errorf("%d of %s, want %d", kinds[kind], kind, n)
		}
	}
	pointed(t, doc.Graph, of)
	if again, _ := Metadata(sample); !bytes.Equal(again, text) {
		t.Error("the same crate gives other bytes")
	}
}

// pointed holds that whatever an entity points to is there, or an address.
func pointed(t *testing.T, x any, of map[string]map[string]any) {
	t.Helper()
	switch x := x.(type) {
	case []map[string]any:
		for _, e := range x {
			for _, v := range e {
				pointed(t, v, of)
			}
		}
	case []any:
		for _, v := range x {
			pointed(t, v, of)
		}
	case map[string]any:
		if id, _ := x["@id"].(string); of[id] == nil && !strings.HasPrefix(id, "https://") {
			t.Errorf("%s is pointed to, and is not there", id)
		}
	}
}
