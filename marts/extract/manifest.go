package extract

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"

	"secondaryuse/marts/extract/parcel"
	"secondaryuse/marts/project"
)

// Manifest is what an extract says of itself, in the archive and beside it. Of those
// who are not in it, it never tells exactly how many they are.
type Manifest struct {
	Form     string    `json:"form"`
	ID       string    `json:"id"` // UUID
	Project  Approved  `json:"project"`
	Snapshot Snapshot  `json:"snapshot"`
	Key      Key       `json:"key"`
	Program  string    `json:"program"`
	Persons  int64     `json:"persons"`
	LeftOut  []Told    `json:"left_out"` // persons
	Rules    []string  `json:"rules"`    // what was done to the rows
	Tables   []Written `json:"tables"`
	Files    []File    `json:"files"` // in the archive, but for this, its signature and the RO-Crate's metadata
}

// Approved is the project as it was approved.
type Approved struct {
	Name      string         `json:"name"`
	Reference string         `json:"reference"`
	Title     string         `json:"title"`
	Digest    string         `json:"sha256"`
	Approvals []string       `json:"approvals"`       // by whom, and when
	Before    project.Before `json:"before,omitzero"` // what was approved and issued before, as who approved it has signed
	Ends      string         `json:"ends"`
	Retain    string         `json:"retain"`
}

// Snapshot is of what the rows were taken.
type Snapshot struct {
	ID       string `json:"id"`
	AsOf     string `json:"as_of"`
	Purpose  string `json:"purpose"`
	Domain   string `json:"domain"`
	Manifest string `json:"sha256"` // of its manifest
}

// Key is the key that the numbers of persons are made with; nothing of it but names.
type Key struct {
	Name        string `json:"name"`
	ID          string `json:"id"`
	Fingerprint string `json:"fingerprint"`
}

// Told is about how many there are of something.
type Told struct {
	Why string `json:"why"`
	N   string `json:"about"` // 0, <8, or to the nearest 5
}

// Written is a table that was written.
type Written struct {
	Mart    string   `json:"mart"`
	Rows    int64    `json:"rows"`
	Columns []string `json:"columns"`
	Files   []string `json:"files"`
	LeftOut []Told   `json:"left_out"` // rows
}

// File is a file of the archive.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA512 string `json:"sha512"`
}

// Issued is the manifest that lies beside the archives, and that is signed: what is
// inside of them, and what is not the same for the same extract.
type Issued struct {
	Manifest
	Name     string   `json:"name"` // of the extract
	By       string   `json:"by"`
	At       string   `json:"at"`
	Eligible Eligible `json:"eligible"`
	Links    *Links   `json:"links,omitempty"` // the link file, where it links to an older study
	Archive  Archive  `json:"archive"`
	Sealed   []Sealed `json:"sealed"`
	Register string   `json:"register"` // its head before this was entered

	Folder string `json:"-"`
}

// Eligible is the list of who may be used that was applied.
type Eligible struct {
	At     string   `json:"at"`
	SHA256 string   `json:"sha256"`
	Lists  []string `json:"lists"`
}

// Links is the link file that the pseudonyms of an older study were taken from.
type Links struct {
	At     string `json:"at"`
	SHA256 string `json:"sha256"` // of what is encrypted in it
}

// Archive is what every recipient has once they have decrypted it.
type Archive struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Sealed is the file for one recipient.
type Sealed struct {
	Recipient string   `json:"recipient"`
	Keys      []string `json:"keys"`
	File      string   `json:"file"`
	Bytes     int64    `json:"bytes"`
	SHA256    string   `json:"sha256"`
}

// Line says in one line what has left.
func (i Issued) Line() string {
	var rows int64
	var tables, to []string
	for _, t := range i.Tables {
		rows, tables = rows+t.Rows, append(tables, t.Mart)
	}
	for _, s := range i.Sealed {
		to = append(to, s.Recipient)
	}
	return fmt.Sprintf("%s: %d persons, %d rows of %s, of the snapshot %s, for %s; in %s", i.Name, i.Persons, rows, strings.Join(tables, " and "), i.Snapshot.ID, strings.Join(to, " and "), i.Folder)
}

// form is the form of manifests.
const form = "ohc-extract/1"

// told tells how many there are as the gate reports do: 1 to 7 as <8, and others to
// the nearest 5.
func told(why string, n int64) Told {
	switch {
	case n == 0:
		return Told{why, "0"}
	case n < 8:
		return Told{why, "<8"}
	}
	return Told{why, fmt.Sprint((n + 2) / 5 * 5)}
}

// identity is a UUID (version 8: made in our own way) of what makes an extract what it
// is, for one purpose.
func (b *basis) identity(what string) string {
	of := append([]string{form, what, b.project.Digest(), b.manifest, b.eligible.SHA256, b.entry.ID, b.entry.Fingerprint, b.Program}, b.linkDigest()...)
	sum := sha256.Sum256([]byte(strings.Join(of, "\x1f")))
	u := sum[:16]
	u[6], u[8] = u[6]&0x0f|0x80, u[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

// text writes a manifest.
func text(m any) []byte {
	out, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		panic("extract: " + err.Error()) // it is of texts and numbers
	}
	return append(out, '\n')
}

func files(entries []parcel.Entry) (out []File) {
	for _, e := range entries {
		out = append(out, File(e))
	}
	return out
}

// split parts mart.column.
func split(name string) (mart, column string) {
	mart, column, _ = strings.Cut(name, ".")
	return mart, column
}
