package extract

import (
	"bytes"
	"encoding/csv"
	"path"
	"slices"
	"strings"
	"time"

	"secondaryuse/marts/catalogue"
	"secondaryuse/marts/duckdb/cut"
	"secondaryuse/marts/extract/crate"
	"secondaryuse/marts/extract/parcel"
	"secondaryuse/marts/linkage"
	"secondaryuse/marts/project"
)

// publisher is whose shared record the data are of.
const publisher = "One Health and Care"

// meant says of a column what the contract of its mart says, and what for it was
// asked. Of person_id it says what it is in an extract.
func (t table) meant(c cut.Column) (have catalogue.Column, asked project.Column) {
	if i := slices.IndexFunc(t.mart.Columns, func(m catalogue.Column) bool { return m.Name == c.Name }); i >= 0 {
		have = t.mart.Columns[i]
	}
	if i := slices.IndexFunc(t.asked.Columns, func(a project.Column) bool { return a.Name == c.Name }); i >= 0 {
		asked = t.asked.Columns[i]
	}
	if c.Name == "person_id" {
		have.Meaning = "the person, under a number that this project alone has: whole, of up to 19 digits; read it as text or as 64 bits, for a floating point number would make two persons one"
		asked.Why = "which rows are about one person"
	}
	if c.Name == linkage.Column {
		have.Meaning = "the person, under the pseudonym of an older study. " + linkage.Line()
		asked.Why = t.link
	}
	return have, asked
}

// empty reports whether a column may be empty: as the contract says, or since it is
// not as the contract says any more.
func (t table) empty(c cut.Column) bool {
	have, asked := t.meant(c)
	return c.Name != "person_id" && c.Name != linkage.Column && (have.Null || asked.Coarsen != "" || !slices.Contains(t.kept, c.Name))
}

// dictionary is a line for every column.
func dictionary(t *tables) []byte {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	_ = w.Write([]string{"table", "column", "type", "may be empty", "meaning", "why it is here"}) // to memory
	for _, one := range t.all {
		for _, c := range one.columns {
			_, asked := one.meant(c)
			null := "no"
			if one.empty(c) {
				null = "yes"
			}
			_ = w.Write([]string{one.asked.Mart, c.Name, c.Type, null, one.meaning(c), asked.Why})
		}
	}
	w.Flush()
	return out.Bytes()
}

// The types of Frictionless Data, by those of marts.
var frictionless = map[string]string{"BIGINT": "integer", "INTEGER": "integer", "DOUBLE": "number", "VARCHAR": "string", "BOOLEAN": "boolean", "DATE": "date", "TIMESTAMP": "datetime"}

type object = map[string]any

// datapackage is datapackage.json, by Frictionless Data's Data Package 1.
func (b *basis) datapackage(m Manifest, t *tables, entries []parcel.Entry) []byte {
	var resources []object
	for i, one := range t.all {
		for _, file := range m.Tables[i].Files {
			e := entries[slices.IndexFunc(entries, func(e parcel.Entry) bool { return e.Name == file })]
			kind := strings.TrimPrefix(path.Ext(file), ".")
			profile, sort := framed(kind)
			resources = append(resources, object{
				"name": strings.ReplaceAll(one.asked.Mart, "_", "-") + "-" + kind, "path": file, "title": one.asked.Mart, "description": strings.TrimSpace(one.mart.What + "\n\n" + one.mart.Rule),
				"profile": profile, "type": sort, "format": kind, "mediatype": media(file), "encoding": "utf-8", "bytes": e.Bytes, "hash": "sha512:" + e.SHA512, "schema": schema(one),
			})
		}
	}
	return text(object{
		"name": b.Project, "id": m.ID, "title": b.project.Title, "profile": "data-package", "version": b.snapshot.ID, "created": b.asOf.Format(time.RFC3339),
		"description": "Extract for " + b.project.Reference + " of the snapshot " + b.snapshot.ID + ". What was left out, and why, stands in manifest.json.",
		"resources":   resources,
	})
}

// framed is what Frictionless Data calls a file, in the words of Data Package 1 and of its own
// program. A table is text by its rules; of any other file a validator counts the bytes.
func framed(kind string) (profile, sort string) {
	if kind == "csv" {
		return "tabular-data-resource", "table"
	}
	return "data-resource", "file"
}

// schema is the columns of a table.
func schema(t table) object {
	var fields []object
	for _, c := range t.columns {
		_, asked := t.meant(c)
		kind, ok := frictionless[c.Type]
		if !ok {
			kind = "number" // DECIMAL, and sums
		}
		f := object{"name": c.Name, "type": kind, "description": t.meaning(c), "justification": asked.Why}
		if kind == "datetime" {
			f["format"] = "%Y-%m-%d %H:%M:%S.%f"
		}
		if !t.empty(c) {
			f["constraints"] = object{"required": true}
		}
		fields = append(fields, f)
	}
	out := object{"fields": fields, "missingValues": []string{""}}
	if t.unique != nil {
		out["primaryKey"] = t.unique
	}
	return out
}

func media(file string) string {
	switch path.Ext(file) {
	case ".parquet":
		return "application/vnd.apache.parquet"
	case ".csv":
		return "text/csv"
	case ".json":
		return "application/json"
	case ".sql":
		return "application/sql"
	}
	return "text/plain"
}

// about says what the files are that are in every extract.
var about = map[string]string{
	"dictionary.csv":   "every column: its type, its meaning, and why it is here",
	"datapackage.json": "the tables as a Frictionless Data Package",
	manifestFile:       "of what and by what it was made, what was left out and why, digests",
	signatureFile:      "signature of manifest.json",
	crate.CohortFile:   "whose rows are taken",
}

// crate is what the RO-Crate says. Its time is the day that the marts show, so that
// the same extract has the same bytes; when it was issued stands in the manifest
// beside the archives.
func (b *basis) crate(m Manifest, t *tables, entries []parcel.Entry) crate.Crate {
	at := b.asOf.Format(time.RFC3339)
	c := crate.Crate{
		ID: m.ID, Action: b.identity("action"), Name: "Extract for " + b.project.Reference, Time: at, Publisher: publisher,
		Description: "Rows about the persons of one cohort, under numbers that this project alone has, of the snapshot " + b.snapshot.ID + ".",
		Terms:       "For the project " + b.project.Reference + " alone, until " + b.project.End.String() + "; to be destroyed by " + b.project.Retention.Until.String() + ".",
		Project:     crate.Project{Reference: b.project.Reference, Title: b.project.Title, Applicant: b.project.Applicant},
		Program:     crate.Program{Name: "ohc-marts", Version: b.Program},
	}
	for _, o := range b.project.Controllers {
		c.Project.Controllers = append(c.Project.Controllers, o.Name)
	}
	for _, e := range append(slices.Clip(entries), parcel.Entry{Name: manifestFile}, parcel.Entry{Name: signatureFile}) {
		if e.Name == crate.WorkflowFile {
			continue
		}
		f := crate.File{Name: e.Name, About: about[e.Name], Type: media(e.Name), Bytes: e.Bytes, Result: strings.HasPrefix(e.Name, "tables/")}
		if i := slices.IndexFunc(t.all, func(one table) bool { return strings.HasPrefix(e.Name, "tables/"+one.asked.Mart+".") }); i >= 0 {
			f.About = t.all[i].mart.What
		}
		c.Files = append(c.Files, f)
	}
	c.Checks = b.checks(m, at)
	return c
}

// checks is what was looked at before the extract was made.
func (b *basis) checks(m Manifest, at string) []crate.Check {
	out := []crate.Check{
		{Kind: crate.CheckValue, Name: "Digests of the snapshot " + b.snapshot.ID + ": hold", Time: at},
		{Kind: crate.ValidationCheck, Name: "Project against the contracts of the marts: nothing found", Time: at},
	}
	if why := b.despite(); len(why) > 0 {
		out[1].Name = "Project against the contracts of the marts: something found, and approved all the same: " + strings.Join(why, "; ")
	}
	for _, a := range b.approvals {
		out = append(out, crate.Check{Kind: crate.SignOff, Name: "Project as it stands: approved", By: a.Statement.By, Time: a.Statement.At.UTC().Format(time.RFC3339), After: "the project's record, SHA-256 " + m.Project.Digest})
	}
	return append(out, crate.Check{Kind: crate.DisclosureCheck, Name: "Anonymity as declared: reached", Time: at, After: strings.Join(m.Rules, "; ")})
}
