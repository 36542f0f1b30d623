// Package person draws who a synthetic person is: age, sex, home, practice,
// long-term conditions, what they have said about the use of their data, and
// what is wrong with their registration. Everything follows from the seed and
// the person's ordinal.
package person

import (
	"secondaryuse/testdata/population/internal/area"
	"secondaryuse/testdata/population/internal/chance"
	"secondaryuse/testdata/population/internal/clock"
	"secondaryuse/testdata/population/internal/figure"
	"secondaryuse/testdata/population/internal/number"
)

// Person is one synthetic person.
type Person struct {
	Ordinal int
	Number  uint64 // NHS number, as it ought to be
	Old     uint64 // a number it superseded, or 0
	OldSure bool   // ... which the Patient gives as verified

	Female            bool
	Birth             clock.Day
	Age               int // on the day the population is for
	Died              clock.Day
	Ethnic            int // index of figure.Ethnics
	Practice          int // index of the map's practices
	Board             int
	Area, Postcode    int
	Moved             bool // an older version of the registration has another home
	Unlisted          bool // the postcode is not in the look-up file
	Frailty           float64
	Conditions        uint32 // bits of figure.Conditions
	Given, Family     string
	Fault             Fault
	GPConnect         bool // known by a GP Connect record, not by the shared record
	OptedOut          bool
	Local, Type1      Said // in the list of objections
	Type1Coded        Said // in the GP record
	LocalCoded        Said // in the GP record
	Flagged           bool // the person's record is flagged sensitive
	PHR               bool
	Provider          Provider // of the wearable they linked
	SensitiveEpisode  bool
	RestrictedEpisode bool
	Absent            bool // the shared record holds no Patient of theirs, and nothing says that it did
	SharesReferenceOf int  // ordinal of the person with the same Patient id, or -1
}

// Said is what a person has said about an objection.
type Said uint8

// What can be said.
const (
	Nothing Said = iota
	Objected
	Withdrawn // objected first
	Retracted // objected, and withdrew by mistake: the record of that says something else now
)

// Provider is a maker of wearables.
type Provider uint8

// The providers.
const (
	None Provider = iota
	Garmin
	Fitbit
	Apple
)

// Fault is what is wrong with a person's registration.
type Fault uint8

// The faults of a registration.
const (
	Sound      Fault = iota
	NoNumber         // the Patient has no NHS number
	BadNumber        // its check digit does not match
	Unverified       // its verification status is not 01
	SharedID         // two Patients have one id
	Mended           // an older version had no number, the newest has it
	Erased           // the Patient was deleted
	Resent           // the Patient was deleted and sent again
	Merged           // a second Patient of the person was deleted
)

// Rates are how common what can be set by flags is.
type Rates struct {
	NoNumber, BadNumber, Unverified, SharedID, Mended float64 // of persons
	Erased, Resent, Merged                            float64 // of persons
	Superseded                                        float64 // of persons: an old number stands beside the current one
	Objected, Type1Listed, Type1Coded                 float64
	Withdrawn                                         float64 // of objections
	Retracted                                         float64 // of objections in the GP record
	Flagged                                           float64
	OptedOut                                          float64 // how the rate of opt-outs compares with the published one
}

// Usual returns the rates used when none are given.
func Usual() Rates {
	return Rates{
		NoNumber: .002, BadNumber: .002, Unverified: .003, SharedID: .0005, Mended: .001, Superseded: .002,
		Erased: .0005, Resent: .0005, Merged: .0005, Retracted: .05,
		Objected: .010, Type1Listed: .004, Type1Coded: .010, Withdrawn: .12, Flagged: .001, OptedOut: 1,
	}
}

// Source draws the persons of one population.
type Source struct {
	Seed    uint64
	Persons int
	Rates   Rates
	Map     *area.Map
	AsOf    clock.Day
	From    clock.Day // when the history begins
	numbers number.Space
}

// Of returns a source of persons.
func Of(seed uint64, persons int, rates Rates, m *area.Map, asOf, from clock.Day) *Source {
	return &Source{seed, persons, rates, m, asOf, from, number.Of(seed)}
}

// The ordinals of the number space that other numbers are taken from.
const (
	oldNumbers     = 30_000_000
	foreignNumbers = 60_000_000
	newNumbers     = 75_000_000
)

// Foreign returns the i-th number of somebody the feeds know only in passing.
func (s *Source) Foreign(i int) uint64 { return s.numbers.At(foreignNumbers + i) }

// Next returns the number that takes the place of a person's.
func (s *Source) Next(ordinal int) uint64 { return s.numbers.At(newNumbers + ordinal) }

// Draw fills in the person of an ordinal.
func (s *Source) Draw(p *Person, ordinal int) {
	r := chance.Of(s.Seed, uint64(ordinal), 1)
	*p = Person{Ordinal: ordinal, Number: s.numbers.At(ordinal), SharesReferenceOf: -1}
	s.life(p, &r)
	s.home(p, &r)
	s.health(p, &r)
	p.Given, p.Family = names(&r)
	r = chance.Of(s.Seed, uint64(ordinal), 2)
	s.faults(p, &r)
	s.wishes(p, &r)
	s.own(p, &r)
}

// life draws sex, birth and death.
func (s *Source) life(p *Person, r *chance.Rand) {
	band := r.Pick(figure.AgeShare[:])
	p.Female = r.Hit(figure.FemaleShare[band])
	low, high := figure.Ages[band], figure.Ages[band+1]
	years := r.Float()
	if band >= figure.Bands-2 { // the old are fewer, the older they are
		years *= years
	}
	p.Age = low + int(years*float64(high-low))
	born := s.AsOf.Months(-12*p.Age) - clock.Day(r.Below(365))
	p.Birth = born
	p.Age = clock.Age(born, s.AsOf)
	window := float64(s.AsOf-s.From) / 365.25
	if r.Hit(figure.Use.Deaths.At(band) * window) {
		p.Died = max(s.From, born) + clock.Day(r.Below(int(s.AsOf-max(s.From, born))))
	}
}

// home draws where a person lives.
func (s *Source) home(p *Person, r *chance.Rand) {
	p.Board, p.Practice, p.Area, p.Postcode = s.Map.Home(r)
	p.Unlisted = r.Hit(0.003)
	p.Moved = r.Hit(0.01)
	shares := make([]float64, 0, 20)
	for i := range figure.Ethnics {
		shares = append(shares, figure.Ethnics[i].Share[p.Board])
	}
	p.Ethnic = r.Pick(shares)
}

// health draws frailty, which goes with deprivation, and the conditions that
// go with frailty. The mean of frailty is 1.
func (s *Source) health(p *Person, r *chance.Rand) {
	p.Frailty = [4]float64{0.55, 0.8, 1.15, 2.1}[r.Pick([]float64{.34, .30, .22, .14})]
	p.Frailty *= 1 + 0.05*(5.1-float64(s.Map.Areas[p.Area].Decile))
	band := figure.Band(p.Age)
	for i := range figure.Conditions {
		c := &figure.Conditions[i]
		share := c.Share(band)
		if share = share * power(p.Frailty, c.Frailty); r.Hit(min(share, 0.97)) {
			p.Conditions |= 1 << i
		}
	}
}

// power goes from 1 to f as w goes from 0 to 1.
func power(f, w float64) float64 { return 1 + w*(f-1) }

// faults draws what is wrong with the registration. Persons 2k and 2k+1 may
// share a Patient id.
func (s *Source) faults(p *Person, r *chance.Rand) {
	step := max(200, (s.Persons+199)/200)
	p.GPConnect = p.Ordinal%step == step/2
	other := p.Ordinal ^ 1
	pair := chance.Of(s.Seed, uint64(p.Ordinal/2), 3)
	x := r.Float()
	for _, f := range []struct {
		rate  float64
		fault Fault
	}{{s.Rates.NoNumber, NoNumber}, {s.Rates.BadNumber, BadNumber}, {s.Rates.Unverified, Unverified}, {s.Rates.Mended, Mended},
		{s.Rates.Erased, Erased}, {s.Rates.Resent, Resent}, {s.Rates.Merged, Merged}} {
		if x -= f.rate; x < 0 {
			p.Fault = f.fault
			break
		}
	}
	if pair.Hit(s.Rates.SharedID) && other < s.Persons {
		p.Fault, p.GPConnect = SharedID, false
		p.SharesReferenceOf = min(p.Ordinal, other)
	}
	if p.GPConnect && p.Fault >= Mended {
		p.Fault = Sound
	}
	if p.Fault == Sound && r.Hit(s.Rates.Superseded) {
		p.Old = s.numbers.At(oldNumbers + p.Ordinal)
	}
	more := chance.Of(s.Seed, uint64(p.Ordinal), 12)
	p.OldSure = more.Hit(0.6)
}

// wishes draws what the person has said about the use of their data.
func (s *Source) wishes(p *Person, r *chance.Rand) {
	p.OptedOut = r.Hit(s.Rates.OptedOut * figure.OptOut(p.Board, p.Age, p.Female))
	said := func(rate float64) Said {
		if !r.Hit(rate) {
			return Nothing
		}
		if r.Hit(s.Rates.Withdrawn) {
			return Withdrawn
		}
		return Objected
	}
	p.Local = said(s.Rates.Objected)
	p.Type1 = said(s.Rates.Type1Listed)
	coded := said(s.Rates.Type1Coded)
	more := chance.Of(s.Seed, uint64(p.Ordinal), 13)
	if coded == Objected && more.Hit(s.Rates.Retracted) && !p.GPConnect { // which has one version of everything
		coded = Retracted
	}
	if p.Fault == Merged && more.Hit(0.4) { // what is said where a Patient was deleted is rare, and must be seen
		coded = [2]Said{Objected, Withdrawn}[more.Below(2)]
	}
	switch { // each kind is said in one place only
	case r.Hit(0.15) && p.Local == Nothing:
		p.LocalCoded = coded
	case p.Type1 == Nothing:
		p.Type1Coded = coded
	}
	p.Flagged = r.Hit(s.Rates.Flagged)
}

// own draws what a person records themselves, and whether their life has an
// episode that the sensitive policy takes out.
func (s *Source) own(p *Person, r *chance.Rand) {
	if r.Hit(figure.Share.WithPHR) && p.Age >= 13 && p.Died == 0 && p.Named() {
		p.PHR = true
		if r.Hit(figure.Share.WithWearable) {
			p.Provider = Provider(1 + r.Pick([]float64{.35, .30, .35}))
		}
	}
	share := figure.Share.SensitiveEver / (1 - figure.AgeShare[0] - figure.AgeShare[1]) // none before 15
	p.SensitiveEpisode = r.Hit(share) && p.Age >= 16
	p.RestrictedEpisode = r.Hit(0.004)
}

// Named reports whether the feeds know the person by a number.
func (p *Person) Named() bool { return p.Fault == Sound || p.Fault >= Mended }

// Gone reports whether nobody may use a person's data, for the shared record
// has deleted their Patient and no other stands.
func (p *Person) Gone() bool { return p.Fault == Erased && !p.PHR && !p.Absent }

// Astray reports whether what the person has said in the GP record refers to
// the second Patient, which was deleted.
func (p *Person) Astray() bool { return p.Fault == Merged && p.Ordinal%2 == 0 }

// NumberOf returns the number of the person of an ordinal.
func (s *Source) NumberOf(ordinal int) uint64 { return s.numbers.At(ordinal) }

// Has reports whether the person has the i-th condition.
func (p *Person) Has(i int) bool { return p.Conditions>>i&1 == 1 }
