package population

// Rate is one of the rates of Faults, by the name of its flag.
type Rate struct {
	Name, About string
	Value       *float64
}

// Rates lists the rates of f, to be looked at or set.
func (f *Faults) Rates() []Rate {
	p, r := &f.Persons, &f.Records
	return []Rate{
		{"opted-out", "national data opt-outs, times the published rate (0 to 10)", &p.OptedOut},
		{"objected", "share of persons with an objection to the shared record", &p.Objected},
		{"type1-listed", "share of persons with a Type 1 opt-out on the list of objections", &p.Type1Listed},
		{"type1-coded", "share of persons with an objection in their GP record", &p.Type1Coded},
		{"withdrawn", "share of objections that were withdrawn", &p.Withdrawn},
		{"flagged", "share of persons whose record is flagged sensitive", &p.Flagged},
		{"no-number", "share of persons without NHS number", &p.NoNumber},
		{"bad-number", "share of persons whose NHS number fails its check digit", &p.BadNumber},
		{"unverified", "share of persons whose NHS number is not verified", &p.Unverified},
		{"shared-id", "share of pairs of persons with one Patient id", &p.SharedID},
		{"mended", "share of persons whose number was given only later", &p.Mended},
		{"erased", "share of persons whose Patient was deleted", &p.Erased},
		{"resent", "share of persons whose Patient was deleted and sent again", &p.Resent},
		{"merged", "share of persons of whose two Patients one was deleted", &p.Merged},
		{"retracted", "share of coded objections whose withdrawal was a mistake, put right later", &p.Retracted},
		{"superseded", "share of persons with a former NHS number", &p.Superseded},
		{"duplicate", "share of records written twice", &r.Duplicate},
		{"corrected", "share of records with an older version", &r.Corrected},
		{"deleted", "share of records that were deleted later", &r.Deleted},
		{"late", "share of records entered months after", &r.Late},
		{"broken", "share of records that are cut off", &r.Broken},
		{"wrong-type", "share of records with a value of another type", &r.WrongType},
		{"bad-date", "share of records with a date that does not exist", &r.BadDate},
		{"orphan", "share of records of unknown patients", &r.Orphan},
		{"two-named", "share of records that name one person and the number of another", &r.TwoNamed},
		{"drifted", "share of values in another unit, where there is one", &r.Drifted},
		{"unnumbered", "share of hospital lines without number", &r.Unnumbered},
		{"misnumbered", "share of hospital lines whose number fails its check digit", &r.Misnumbered},
	}
}

// Wrong returns the name of a rate that cannot be, or nothing.
func (f *Faults) Wrong() string {
	for _, r := range f.Rates() {
		most := 1.0
		if r.Value == &f.Persons.OptedOut {
			most = 10
		}
		if v := *r.Value; !(v >= 0 && v <= most) {
			return r.Name
		}
	}
	return ""
}
