package connection_test

import (
	"slices"
	"testing"
	"time"

	"secondaryuse/deid/gate/connection"
	"secondaryuse/deid/gate/gatetest"
	"secondaryuse/deid/identity"
)

// TestStand holds that the digest of a person is another one when anything that
// their records are judged by is, and the same when it is somebody else's
// business.
func TestStand(t *testing.T) {
	a, b, c := gatetest.Number(0), gatetest.Number(1), gatetest.Number(2)
	base := []string{
		a + ",garmin,acc,2026-02-01T09:00:00Z,2026-03-01T09:00:00Z",
		a + ",phr,,2026-02-01T09:00:00Z,",
		b + ",fitbit,other,2026-02-01T09:00:00Z,",
	}
	stands := func(rows ...string) [2]uint64 {
		g, err := open(t, rows...)
		if err != nil {
			t.Fatal(err)
		}
		return [2]uint64{g.Stand(number(t, 0)), g.Stand(number(t, 3))}
	}
	was := stands(base...)
	if was[0] == 0 || was[1] != 0 {
		t.Errorf("of one who is connected %d, of one who never was %d", was[0], was[1])
	}
	for name, tc := range map[string]struct {
		rows []string
		same bool
	}{
		"in another order":        {[]string{base[2], base[1], base[0]}, true},
		"somebody else's":         {append(slices.Clone(base), c+",apple,third,2026-02-01T09:00:00Z,"), true},
		"cut later":               {[]string{a + ",garmin,acc,2026-02-01T09:00:00Z,2026-03-02T09:00:00Z", base[1], base[2]}, false},
		"another account":         {append(slices.Clone(base), a+",garmin,more,2026-02-01T09:00:00Z,"), false},
		"no PHR any more":         {[]string{base[0], base[2]}, false},
		"the PHR is disconnected": {[]string{base[0], a + ",phr,,2026-02-01T09:00:00Z,2026-03-01T09:00:00Z", base[2]}, false},
		"the account is shared":   {append(slices.Clone(base), b+",garmin,acc,2026-02-10T09:00:00Z,"), false},
	} {
		if got := stands(tc.rows...); (got[0] == was[0]) != tc.same {
			t.Errorf("%s: the same %v, want %v", name, got[0] == was[0], tc.same)
		}
	}
}

// TestStandOfDays holds that the same list makes another digest on the day from
// which, or until which, a PHR is connected, for a Patient has no time of its own;
// and the same on any other, and of an account of a wearable always.
func TestStandOfDays(t *testing.T) {
	f := gatetest.New(t, 10)
	a, b := gatetest.Number(0), gatetest.Number(1)
	f.Write("connections.csv", gatetest.List("connection", "allow", gatetest.Issued, columns,
		a+",phr,,2026-11-01T09:00:00Z,2026-11-22T09:00:00Z", b+",garmin,acc,2026-11-01T09:00:00Z,2026-11-22T09:00:00Z"))
	stand := func(now string, who int) uint64 {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		g, err := connection.Open(connection.Config{File: f.Path("connections.csv"), Now: at})
		if err != nil {
			t.Fatal(err)
		}
		return g.Stand(number(t, who))
	}
	for _, tc := range []struct {
		now  string
		same bool
	}{{"2026-11-21T12:00:00Z", true}, {"2026-11-22T08:59:59Z", true}, {"2026-11-22T09:00:00Z", false}, {"2026-11-23T12:00:00Z", false}} {
		if got := stand(tc.now, 0) == stand("2026-11-20T12:00:00Z", 0); got != tc.same {
			t.Errorf("%s: the PHR stands as before %v, want %v", tc.now, got, tc.same)
		}
		if stand(tc.now, 1) != stand("2026-11-20T12:00:00Z", 1) {
			t.Errorf("%s: the wearable stands otherwise", tc.now)
		}
	}
}

// TestAccounts holds that the accounts of wearables are listed, each once, and
// no other.
func TestAccounts(t *testing.T) {
	a := gatetest.Number(0)
	g, err := open(t, a+",garmin,acc,2026-02-01T09:00:00Z,2026-03-01T09:00:00Z", a+",garmin,acc,2026-04-01T09:00:00Z,",
		a+",apple,watch,2026-04-01T09:00:00Z,", a+",phr,patient,2026-04-01T09:00:00Z,")
	if err != nil {
		t.Fatal(err)
	}
	got := slices.Sorted(slices.Values(g.Accounts(number(t, 0))))
	if !slices.Equal(got, []string{"apple|watch", "garmin|acc"}) || len(g.Accounts(number(t, 1))) != 0 {
		t.Errorf("the accounts are %d", len(got))
	}
}

// TestStanding holds that a list that says the same says it in the same words, in
// whatever order and under whatever date, and that one that says anything else of
// anybody does not.
func TestStanding(t *testing.T) {
	a, b := gatetest.Number(0), gatetest.Number(1)
	base := []string{a + ",garmin,acc,2026-02-01T09:00:00Z,", a + ",phr,,2026-02-01T09:00:00Z,", b + ",phr,x,2026-02-01T09:00:00Z,"}
	standing := func(rows ...string) string {
		g, err := open(t, rows...)
		if err != nil {
			t.Fatal(err)
		}
		return g.Standing(func(n identity.Number) int64 {
			for i := range 3 {
				if n == number(t, i) {
					return int64(i)
				}
			}
			return -1
		})
	}
	was := standing(base...)
	if was == "" || standing(base[2], base[0], base[1]) != was {
		t.Error("the order matters")
	}
	for name, rows := range map[string][]string{
		"an account is disconnected": {a + ",garmin,acc,2026-02-01T09:00:00Z,2026-02-02T09:00:00Z", base[1], base[2]},
		"an account is somebody's":   {b + ",garmin,acc,2026-02-01T09:00:00Z,", base[1], base[2]},
		"a PHR is disconnected":      {base[0], a + ",phr,,2026-02-01T09:00:00Z,2026-02-02T09:00:00Z", base[2]},
		"another Patient":            {base[0], base[1], b + ",phr,y,2026-02-01T09:00:00Z,"},
		"somebody is gone":           base[:2],
	} {
		if standing(rows...) == was {
			t.Errorf("%s: and it says the same", name)
		}
	}
}
