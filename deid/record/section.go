package record

import "math/bits"

// Sections is a set of the sections into which what people record or wear is
// divided, so that somebody may share their activity and keep their sleep.
type Sections uint32

// The sections. The first six are what wearables give, the others what a Personal
// Health Record holds; sleep is in both. No source says how such data is to be
// divided: these are ours, and this is the one place where they are named.
const (
	Activity  Sections = 1 << iota // steps, distance, floors, energy, active minutes, fitness, workouts
	Sleep                          // nights, naps and their stages; what a person says of their sleep
	Heart                          // heart rate and its variability, blood pressure
	Breathing                      // respiration, oxygen saturation
	Stress                         // stress scores
	Body                           // weight, body fat, temperature, glucose
	Profile                        // who the person is: the Patient of a Personal Health Record
	Measured                       // measurements that a person has entered
	Symptom
	Mood
	Diet
	Alcohol
	Tobacco
	Medicine // the medication diary
	Answer   // answers to questionnaires

	everySection = 1<<iota - 1
)

// EverySection is all there are, and any that are still to come.
const EverySection = ^Sections(0)

// OfWearable and OfPHR are the sections that there are in the two.
const (
	OfWearable = Activity | Sleep | Heart | Breathing | Stress | Body
	OfPHR      = everySection &^ (OfWearable &^ Sleep)
)

// names of sections, by the place of their bit.
var sectionNames = [...]string{"activity", "sleep", "heart", "breathing", "stress", "body",
	"profile", "measurement", "symptom", "mood", "diet", "alcohol", "tobacco", "medicine", "answer"}

// SectionOf returns the section of a name, and none for what is no name of one.
func SectionOf(name string) Sections {
	for i, n := range sectionNames {
		if n == name {
			return 1 << i
		}
	}
	return 0
}

// Names lists the sections by their names, in one order.
func (s Sections) Names() (out []string) {
	for s &= everySection; s != 0; s &= s - 1 {
		out = append(out, sectionNames[bits.TrailingZeros32(uint32(s))])
	}
	return out
}

// Within reports whether what belongs to the sections s may be used where only
// those of shared may: all of them must be. Of what no section is known of, all
// there are must be.
func (s Sections) Within(shared Sections) bool {
	if s == 0 {
		return shared == EverySection
	}
	return s&^shared == 0
}
