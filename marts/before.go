package marts

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"secondaryuse/marts/catalogue"
	"secondaryuse/marts/duckdb"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/stage/seal"
)

// describe returns what the manifest of a snapshot says, but for its files.
func (p Publisher) describe(m seal.Manifest, all []catalogue.Mart) snapshot.Manifest {
	return snapshot.Manifest{
		Run: m.Run, AsOf: m.AsOf, Purpose: m.Purpose, Domain: p.Key.Fingerprint(), DomainKey: p.KeyID, Rules: m.Rules, Audit: m.Audit, Register: p.Register,
		Epoch: m.Epoch, Layer: m.Layer, Basis: p.basis(m, all),
	}
}

// basis is a hash of everything that a mart's bytes depend on besides the rows
// of the stage, the day and the domain's key: the contracts, the practices, how
// marts see the stage, the engine.
func (p Publisher) basis(m seal.Manifest, all []catalogue.Mart) string {
	h := sha256.New()
	write := json.NewEncoder(h)
	for _, mart := range all {
		_ = write.Encode([]string{mart.Name, mart.Hash()}) // a hash takes everything
	}
	_ = write.Encode([]any{m.Key, m.Purpose, duckdb.Edition, p.Practices})
	return hex.EncodeToString(h.Sum(nil))
}

// before returns the current snapshot, and its name, when the one that is
// described can go on from it: it is of the same epoch, domain and basis; the
// stage still says who was touched since, so that its layer is not below the
// run's Since; neither its layer nor its day is after the run's; and its files
// are as they were published. Otherwise all is built anew: that needs nothing
// of what was published, and so whatever is wrong with it is no hindrance.
func (p Publisher) before(m seal.Manifest, next snapshot.Manifest) (duckdb.Before, string) {
	folder, was, err := snapshot.Current(p.Dir)
	if err != nil {
		return duckdb.Before{}, ""
	}
	same := was.Epoch != "" && was.Epoch == next.Epoch && was.Domain == next.Domain && was.Basis == next.Basis
	if !same || was.Layer < m.Since || was.Layer > m.Layer || was.AsOf > next.AsOf || snapshot.Verify(folder) != nil {
		return duckdb.Before{}, ""
	}
	return duckdb.Before{Folder: folder, AsOf: was.AsOf, Layer: was.Layer}, was.ID
}
