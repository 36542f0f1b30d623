package apple

import (
	"secondaryuse/deid/record"
	"secondaryuse/pipeline/source/wearable"
)

// workout reads a Workout: its length, and its distance, energy, steps and
// heart rate, which older exports give as attributes and newer ones as
// children. The records of that time tell the same again, so that all of it
// are samples. Its route is passed over.
func (r *reader) workout() error {
	whole := r.x.empty
	field, reason := r.workoutStart()
	for !whole && reason == "" {
		switch r.x.next() {
		case eof:
			return nil // document rejects what is cut off, which is this record
		case broken:
			return r.broken()
		case end:
			whole = string(r.x.name) == "Workout"
		case start:
			if top(r.x.name) {
				whole, r.pending = true, true // it was never closed
			} else if string(r.x.name) == "WorkoutStatistics" {
				field, reason = r.statistic()
			}
		}
	}
	if reason == "" {
		return r.sink.End()
	}
	if err := r.sink.Reject(field, reason); err != nil || whole {
		return err
	}
	return r.skip("Workout")
}

func (r *reader) workoutStart() (field, reason string) {
	if reason := r.read(); reason != "" {
		return "", reason
	}
	s, field, reason := r.when()
	if reason != "" {
		return field, reason
	}
	now := &r.sink.Now
	now.ID = r.key(r.is.kind, r.is.source, s.from.UTC(), s.to.UTC())
	now.Row.Span = wearable.Sample
	now.Sections = record.Activity
	r.told = [2]bool{len(r.is.distance) > 0, len(r.is.energy) > 0}
	if len(r.is.duration) == 0 {
		r.sink.Add(wearable.ActiveMinutes, wearable.Second, float64(s.seconds()))
	} else if field, reason := r.add(wearable.ActiveMinutes, "duration", r.is.duration, r.is.durationUnit); reason != "" {
		return field, reason
	}
	if field, reason := r.add(wearable.Distance, "totalDistance", r.is.distance, r.is.distanceUnit); reason != "" {
		return field, reason
	}
	return r.add(wearable.EnergyActive, "totalEnergyBurned", r.is.energy, r.is.energyUnit)
}

// statistic reads a child that sums the workout up.
func (r *reader) statistic() (field, reason string) {
	if reason := r.read(); reason != "" {
		return "WorkoutStatistics", reason
	}
	m, known := statistics[string(r.is.kind)]
	if !known || m == wearable.Distance && r.told[0] || m == wearable.EnergyActive && r.told[1] {
		return "", ""
	}
	v := r.is.sum
	if m == wearable.HeartRate {
		v = r.is.average
	}
	return r.add(m, "WorkoutStatistics", v, r.is.unit)
}
