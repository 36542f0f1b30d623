package main

import (
	"fmt"
	"testing"

	"secondaryuse/marts"
	"secondaryuse/marts/domain"
	"secondaryuse/marts/domain/bridge"
	"secondaryuse/marts/domain/keyring"
	"secondaryuse/marts/domain/keyring/keyringtest"
	"secondaryuse/marts/snapshot"
	"secondaryuse/pipeline/stage/seal"
)

// TestDeltaAfterAKeyIsReplaced holds that a re-key leads from every id that is
// published, that the delta after it publishes what reading everything does, all
// under the new key, and that the next goes on from that.
func TestDeltaAfterAKeyIsReplaced(t *testing.T) {
	t.Parallel()
	d := newDeltas(t, 120, 17, 0)
	d.plan.Without = []string{"agreement begins", "agreement ends"}
	identity, _ := keyringtest.Identity(t)
	d.edits = []string{"\nfeeds:", "\nkey_encryption: {identity: " + identity + "}\nfeeds:"}
	c := d.config("kept")
	d.land(c, "day0", d.plan.AsOf, false)
	d.run(c)
	ring := keyringtest.Open(t, c.Keys, identity)
	for day := 1; day <= 3; day++ {
		if day == 2 {
			_, _, err := ring.Rekey("planning", d.plan.AsOf, func(old, key domain.Key, _, _ keyring.Entry) error {
				live, err := seal.Current(stageOf(c))
				if err != nil {
					return err
				}
				pairs, err := marts.Bridge(t.Context(), c.Marts, stageOf(c), live, old, key)
				if err != nil || len(pairs) < 50 {
					t.Errorf("%d people are led from, error %v", len(pairs), err)
				}
				of, err := marts.BridgeProject(t.Context(), c.Marts, stageOf(c), old, key)
				want := make(map[bridge.Pair]bool)
				for _, p := range pairs { // a project's ids are made of those that are published
					want[bridge.Pair{Old: old.ID(p.Old), New: key.ID(p.Old)}] = true
				}
				for _, p := range of {
					if !want[p] {
						t.Fatal("a project's bridge leads from, or to, somebody else")
					}
				}
				if len(of) != len(pairs) {
					t.Errorf("a project's bridge leads from %d people, want %d: %v", len(of), len(pairs), err)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		name := d.next(day)
		c = d.config("kept")
		d.land(c, name, d.plan.AsOf.AddDate(0, 0, day), false)
		if r := d.run(c); r.Plan.Whole {
			t.Errorf("day %d was read whole: %s", day, r.Plan.Why)
		}
		fresh := d.config(fmt.Sprintf("fresh%d", day))
		d.copyLanding(c.Work, fresh.Work)
		d.run(fresh)
		d.same(c, fresh)
		_, m, err := snapshot.Current(c.Marts)
		e, err2 := ring.Entry("planning")
		if err != nil || err2 != nil || m.Domain != e.Fingerprint || m.DomainKey != e.ID || (m.From == "") != (day == 2) {
			t.Errorf("day %d: of key %s %s, want %s %s; from %q; %v %v", day, m.Domain, m.DomainKey, e.Fingerprint, e.ID, m.From, err, err2)
		}
	}
}
