package extract

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"
	"time"

	"secondaryuse/marts/duckdb/cut"
	"secondaryuse/marts/linkage"
	"secondaryuse/marts/project"
)

// linked is the pseudonyms of an older study that one table leaves with, where the
// project is approved to link to it.
type linked struct {
	header linkage.Header
	all    []linkage.Link // in the order of their ids
	digest string         // the same for the same persons and pseudonyms
}

// openLinks reads the link file of a project that links to an older study: made for
// this project as it stands, for this snapshot, with its key, and no older than the
// list of who may be used may be.
func (b *basis) openLinks(context.Context) error {
	to := b.project.Linkage
	if to == nil {
		return nil
	}
	h, sealed, err := linkage.Read(filepath.Join(b.Egress.Links, b.Project+".link"), b.signing.Public())
	if err == nil {
		err = h.Fits(linkage.Header{Project: b.Project, Digest: b.project.Digest(), Snapshot: b.snapshot.ID, Domain: b.snapshot.Domain, Purpose: b.snapshot.Purpose,
			Key: b.entry.Fingerprint, Approval: to.Approval}, b.Now, time.Duration(b.Egress.Eligible.MaxAge))
	}
	if err != nil {
		return refused("%w", err)
	}
	b.links = &linked{header: h}
	if b.links.all, b.links.digest, err = sealed.Open(h, b.key); err != nil {
		return refused("%w", err)
	}
	return nil
}

// showLinks gives the engine the pseudonyms of the persons who are taken: every one of
// them must have one.
func (b *basis) showLinks(engine *cut.Cut, who persons) error {
	if b.links == nil {
		return nil
	}
	rows := make([]cut.Linked, len(who.all))
	for i, p := range who.all {
		at, ok := slices.BinarySearchFunc(b.links.all, p.Base, func(l linkage.Link, id int64) int { return cmp.Compare(l.Person, id) })
		if !ok {
			return refused("the link file has not everybody who may be used now; next: ohc-pipeline link, and extract again")
		}
		rows[i] = cut.Linked{ID: p.ID, Pseudonym: b.links.all[at].Pseudonym.String()}
	}
	return engine.Linked(rows)
}

// withLinks is the relation of a table that leaves, with the pseudonyms where it is the
// one that has them, and then why.
func (b *basis) withLinks(t table) (relation, why string, err error) {
	to := b.project.Linkage
	switch {
	case to == nil || to.Mart != t.asked.Mart:
		return t.relation, "", nil
	case project.Many(t.mart):
		return "", "", refused("%s: the table has many rows about a person", b.project.Where("linkage.mart"))
	}
	return "(SELECT l.*, k.pseudonym AS " + linkage.Column + " FROM " + t.relation + " l JOIN main.person p ON p.place = l.person_id JOIN main.linked k ON k.id = p.id)", to.Why, nil
}

// linkRules says in words that an extract can be linked, and what that means.
func (b *basis) linkRules() []string {
	if b.links == nil {
		return nil
	}
	to := b.project.Linkage
	return []string{linkage.Column + ": in " + to.Mart + ", the pseudonyms of the study " + to.Study + ", under " + to.Approval, linkage.Line()}
}

// linkFile says which link file an extract was made with; nil where with none.
func (b *basis) linkFile() *Links {
	if b.links == nil {
		return nil
	}
	return &Links{b.links.header.At.UTC().Format(time.RFC3339), b.links.header.SHA256}
}

// linkDigest is part of what makes an extract what it is; empty where it links to nothing.
func (b *basis) linkDigest() []string {
	if b.links == nil {
		return nil
	}
	return []string{b.links.digest}
}
