// Package marts is the way out: of a sealed run of the stage it makes tables
// that answer questions, and publishes them as a snapshot.
//
//	catalogue           what marts there are: contracts, SQL, cases; no Go to add one
//	domain              the key that gives persons another number in every domain
//	domain/keyring      where keys lie, wrapped for whoever may use them; keyringtest
//	domain/keyring/kek  what they are wrapped with: age, or a PKCS#11 token
//	domain/bridge       from the ids of a compromised key to those of the one in its place
//	duckdb              the engine: settles a run, builds the marts
//	duckdb/reader       answers questions that anybody may have written
//	duckdb/cut          rows of some persons, under other numbers and on other days
//	snapshot            written beside, hashed, durable, then current by one rename
//	practice            which network and board a GP practice belongs to
//	format              an answer as a table, CSV, JSON, Arrow
//	plot                a picture in a terminal
//
// What leaves the building goes on from a snapshot:
//
//	egress              where everything is on the way out
//	people              who may ask, review and approve
//	sign                statements that are signed, and keys that sign them; signtest
//	eligible            who may be used now, as the operator's side has signed it
//	linkage             what an older study knows the persons of one extract by, encrypted and signed
//	project             the record of an approved project, what it lacks, who approved it
//	extract             what leaves for one approved project, encrypted and entered
//	extract/anonymity   k, l and tails of what leaves, by declared levels
//	extract/crate       the description that lies with it: a Five Safes RO-Crate
//	extract/parcel      one archive, encrypted for each recipient as it is written
//	disclose            what of a table may leave: the only maker of what is Released
//	disclose/margin     hidden figures cannot be computed from totals
//	disclose/differ     nor by comparing two releases
//	desk                a table's way from a request past two reviewers into the outbox
//	register            what has left, on which steps, and whose records were in it
//	proof               what an auditor without data can check of all this
//	reversal            a request to hand numbers back for direct care, and who approved it
//
// Nothing here can see an identity: marts know the stage by its Parquet files
// alone, and link neither package deid nor a source.
package marts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"secondaryuse/marts/catalogue"
	"secondaryuse/marts/domain"
	"secondaryuse/marts/duckdb"
	"secondaryuse/marts/practice"
	"secondaryuse/marts/sign"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/stage/seal"
)

// Publisher publishes marts of sealed runs.
type Publisher struct {
	Dir       string // marts folder
	Practices []practice.Practice
	Key       domain.Key   // of the domain the marts are for
	KeyID     string       // its id; empty where it is not of a keyring
	Signing   sign.Private // of the installation
	Register  string       // the head of the register of what has left; empty where there is none
	Keep      int          // how many snapshots stay; 3 when zero

	// Check looks through the files of a snapshot before it is published, its manifest
	// among them. Where it returns an error, nothing is.
	Check  func(ctx context.Context, dir string) error
	Limits duckdb.Limits
}

// Publish builds every mart of the catalogue from a sealed run and publishes
// them. It goes on from the current snapshot where that is possible, and gives
// the same rows as if it had not. When it returns without an
// error, the snapshot is whole, durable and the current one; otherwise what was
// published before still is. An error wraps duckdb.ErrCheck when a mart is not
// what its contract promises.
func (p Publisher) Publish(ctx context.Context, stage string, m seal.Manifest) (string, error) {
	all, err := catalogue.All()
	if err != nil {
		return "", err
	}
	draft, err := snapshot.Begin(p.Dir, m.Run, p.Signing)
	if err != nil {
		return "", err
	}
	next := p.describe(m, all)
	src := duckdb.Source{Stage: stage, Manifest: m, Practices: p.Practices, Key: p.Key}
	src.Before, next.From = p.before(m, next)
	id, err := p.publish(ctx, draft, next, all, src)
	if err != nil {
		return "", errors.Join(err, draft.Discard())
	}
	return id, nil
}

func (p Publisher) publish(ctx context.Context, draft *snapshot.Draft, m snapshot.Manifest, all []catalogue.Mart, src duckdb.Source) (string, error) {
	lim := p.Limits
	if lim.Temp == "" { // on the stage's side: what spills may hold base ids
		lim.Temp = seal.Spill(src.Stage)
		if err := os.RemoveAll(lim.Temp); err != nil {
			return "", err
		}
		defer os.RemoveAll(lim.Temp)
	}
	built, err := duckdb.Build(ctx, src, all, draft.Dir(), lim)
	if err != nil {
		return "", err
	}
	for _, b := range built {
		name := b.Mart.Name + ".sql"
		if err := os.WriteFile(filepath.Join(draft.Dir(), name), []byte(b.Mart.Text), 0o640); err != nil {
			return "", fmt.Errorf("contract: %w", err)
		}
		m.Files = append(m.Files, snapshot.File{Name: b.File, Mart: b.Mart.Name, Rows: b.Rows, Contract: b.Mart.Hash()})
	}
	if err := duckdb.Views(ctx, draft.Dir(), draft.Final(), all); err != nil {
		return "", err
	}
	if p.Check != nil {
		draft.Check = func(dir string) error { return p.Check(ctx, dir) }
	}
	keep := p.Keep
	if keep == 0 {
		keep = 3
	}
	return draft.ID(), draft.Publish(m, keep)
}
