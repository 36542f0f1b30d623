// Package crate writes the description that lies with an extract: a Five Safes
// RO-Crate 0.4 (w3id.org/5s-crate/0.4), which is an RO-Crate 1.2 that says on whose
// behalf, by what, and after which checks a result of sensitive data was made.
//
// The workflow that the profile asks for is the project's own cohort, as SQL, in a
// Workflow RO-Crate of its own in the folder workflow/. The same Crate gives the
// same bytes.
package crate

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Crate is what is said of an extract.
type Crate struct {
	ID          string // UUID of the bag
	Action      string // another one, of the making
	Name        string
	Description string
	Time        string // RFC 3339
	Publisher   string // organisation
	Terms       string // under which the recipients hold it
	Project     Project
	Program     Program
	Files       []File // of the data folder, but for those of this package
	Checks      []Check
}

// Project is on whose behalf it is made.
type Project struct {
	Reference, Title string
	Applicant        string   // who asks
	Controllers      []string // organisations; the applicant's is the first
}

// Program is what made it.
type Program struct{ Name, Version string }

// File is a file of the crate.
type File struct {
	Name, About, Type string // Type is a media type
	Bytes             int64  // 0: not told, of what tells of the crate itself
	Result            bool   // is what was asked for, and does not only describe it
}

// Check is something that was looked at, with that outcome, before it left.
type Check struct {
	Kind  Kind
	Name  string // with the outcome, in words
	By    string // a person; empty for the program
	Time  string // RFC 3339
	After string // the document that says by what rule, in words; may be empty
}

// Kind is a phase of review, of the Safe Haven Provenance vocabulary.
type Kind string

// The phases.
const (
	CheckValue      Kind = "CheckValue"
	ValidationCheck Kind = "ValidationCheck"
	SignOff         Kind = "SignOff"
	DisclosureCheck Kind = "DisclosureCheck"
)

// Files of a crate that this package writes.
const (
	MetadataFile = "ro-crate-metadata.json"
	CohortFile   = "workflow/cohort.sql"
	WorkflowFile = "workflow/" + MetadataFile
)

const (
	profile  = "https://w3id.org/5s-crate/0.4"
	workflow = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
	version  = "https://w3id.org/ro/crate/1.2"
	older    = "https://w3id.org/ro/crate/1.1" // which the profile of workflows is of
	done     = "http://schema.org/CompletedActionStatus"
	sha512   = "https://www.iana.org/assignments/named-information#sha-512"
)

// entity is one object of the graph; ref points to one.
type entity map[string]any

func ref(id string) entity { return entity{"@id": id} }

// graph is a flat list of entities.
type graph struct {
	version string // of RO-Crate
	all     []entity
}

// add adds an entity, but for what is empty in it, and points to it.
func (g *graph) add(id, kind string, more entity) entity {
	e := entity{"@id": id, "@type": kind}
	for k, v := range more {
		if v != "" && v != nil {
			e[k] = v
		}
	}
	g.all = append(g.all, e)
	return ref(id)
}

func (g *graph) write() ([]byte, error) {
	var out bytes.Buffer
	w := json.NewEncoder(&out)
	w.SetEscapeHTML(false)
	w.SetIndent("", "  ")
	err := w.Encode(entity{"@context": g.version + "/context", "@graph": g.all})
	return out.Bytes(), err
}

// alone is a list, or what is in it where that is one: RO-Crate wants no list of one.
func alone(all []entity) any {
	if len(all) == 1 {
		return all[0]
	}
	return all
}

// descriptor is what every RO-Crate begins with.
func (g *graph) descriptor() {
	g.add(MetadataFile, "CreativeWork", entity{"about": ref("./"), "conformsTo": ref(g.version)})
}

// Metadata writes ro-crate-metadata.json.
func Metadata(c Crate) ([]byte, error) {
	g := graph{version: version}
	g.descriptor()
	root := entity{
		"@id": "./", "@type": "Dataset", "name": c.Name, "description": c.Description, "conformsTo": ref(profile), "identifier": "urn:uuid:" + c.ID,
		"datePublished": c.Time, "publisher": ref("#publisher"), "license": ref("#terms"), "mainEntity": ref("workflow/"), "sourceOrganization": ref("#project"),
	}
	g.all = append(g.all, root)
	g.add(profile, "Profile", entity{"name": "Five Safes RO-Crate profile"})
	g.people(c)
	g.program(c)
	parts, results := g.files(c)
	root["hasPart"], root["mentions"] = parts, append([]entity{g.making(c, results)}, g.checks(c)...)
	return g.write()
}

// people adds who has to do with it, and under which terms, and points to who asks and
// who publishes.
func (g *graph) people(c Crate) (applicant, publisher entity) {
	var members []entity
	for _, name := range c.Project.Controllers {
		members = append(members, g.add("#organisation-"+slug(name), "Organization", entity{"name": name}))
	}
	g.add("#project", "Project", entity{"name": c.Project.Title, "identifier": c.Project.Reference, "member": alone(members)})
	person := entity{"name": c.Project.Applicant, "memberOf": ref("#project")}
	if len(members) > 0 {
		person["affiliation"] = members[0]
	}
	g.add("#terms", "CreativeWork", entity{"name": "Terms of use", "description": c.Terms})
	return g.add("#applicant", "Person", person), g.add("#publisher", "Organization", entity{"name": c.Publisher})
}

// program adds what made it.
func (g *graph) program(c Crate) {
	g.add("#program", "SoftwareApplication", entity{"name": c.Program.Name, "version": c.Program.Version, "url": "urn:ohc:program:" + c.Program.Name, "provider": ref("#publisher")})
	g.add(sha512, "DefinedTerm", entity{"name": "sha-512 algorithm"})
}

// files adds what lies in the crate, and says which of it was asked for.
func (g *graph) files(c Crate) (parts, results []entity) {
	var cohort entity
	for _, f := range c.Files {
		r := g.add(f.Name, "File", entity{"name": f.Name, "description": f.About, "encodingFormat": f.Type, "contentSize": size(f.Bytes)})
		if f.Name == CohortFile {
			cohort = r
			continue
		}
		parts = append(parts, r)
		if f.Result {
			results = append(results, r)
		}
	}
	return append(parts, g.add("workflow/", "Dataset", entity{
		"name": "Whose rows, of which tables", "description": "the project's cohort, as the query that was run", "conformsTo": ref(workflow),
		"hasPart": cohort,
	})), results
}

// size is how long a file is, where that is told.
func size(bytes int64) string {
	if bytes == 0 {
		return ""
	}
	return number(bytes)
}

// making adds the action that made the results.
func (g *graph) making(c Crate, results []entity) entity {
	return g.add("#extract-"+c.Action, "CreateAction", entity{
		"name": "Extract for the project " + c.Project.Reference, "actionStatus": done, "agent": ref("#applicant"),
		"instrument": ref("workflow/"), "result": alone(results), "endTime": c.Time,
	})
}

// checks adds what was looked at before it left.
func (g *graph) checks(c Crate) (out []entity) {
	for i, k := range c.Checks {
		id := "#" + strings.ToLower(string(k.Kind)) + "-" + number(int64(i+1))
		e := entity{
			"additionalType": ref("https://w3id.org/shp#" + string(k.Kind)), "name": k.Name, "actionStatus": done, "endTime": k.Time, "agent": ref("#program"),
			"object": []entity{ref("./"), ref("workflow/"), ref("#project")},
		}
		if k.By != "" {
			e["agent"] = ref("#person-" + slug(k.By))
			if !g.has("#person-" + slug(k.By)) {
				g.add("#person-"+slug(k.By), "Person", entity{"name": k.By})
			}
		}
		if k.After != "" {
			e["instrument"] = g.add(id+"-rule", "CreativeWork", entity{"name": k.After})
		}
		out = append(out, g.add(id, "AssessAction", e))
	}
	return append(out, g.add("#bag", "UpdateAction", entity{
		"additionalType": ref("https://w3id.org/shp#GenerateCheckValue"), "name": "BagIt manifests written", "actionStatus": done,
		"startTime": c.Time, "object": ref("./"), "instrument": ref(sha512), "agent": ref("#program"),
	}))
}

func (g *graph) has(id string) bool {
	for _, e := range g.all {
		if e["@id"] == id {
			return true
		}
	}
	return false
}

// Workflow writes the description of the folder workflow/.
func Workflow(c Crate) ([]byte, error) {
	g := graph{version: older}
	g.descriptor()
	g.all[0]["conformsTo"] = []entity{ref(older), ref(workflow)}
	applicant, publisher := g.people(c)
	g.add("./", "Dataset", entity{
		"name": "Cohort of the project " + c.Project.Reference, "description": "The query that says whose rows are taken.", "datePublished": c.Time,
		"license": ref("#terms"), "conformsTo": ref(workflow), "hasPart": ref("cohort.sql"), "mainEntity": ref("cohort.sql"),
		"author": applicant, "publisher": publisher,
	})
	g.add("#sql", "ComputerLanguage", entity{"name": "SQL", "alternateName": "DuckDB", "version": "1.5", "url": "https://duckdb.org/docs/sql/introduction"})
	g.add("cohort.sql", "File", entity{"name": "cohort.sql", "programmingLanguage": ref("#sql"), "encodingFormat": "application/sql"})
	g.all[len(g.all)-1]["@type"] = []string{"File", "SoftwareSourceCode", "ComputationalWorkflow"}
	return g.write()
}
