package row

import "secondaryuse/deid/term"

// Problem is a condition or diagnosis.
type Problem struct {
	Key
	System   term.System `parquet:"system,optional,dict"`
	Code     term.Code   `parquet:"code,optional,dict"`
	Category term.Word   `parquet:"category,optional,dict"`     // problem-list-item, encounter-diagnosis, primary-diagnosis, secondary-diagnosis
	Status   term.Word   `parquet:"status,optional,dict"`       // active, recurrence, relapse, inactive, remission, resolved
	Verified term.Word   `parquet:"verification,optional,dict"` // confirmed, provisional, refuted, entered-in-error ...
	Onset    term.Time   `parquet:"onset,optional,timestamp(microsecond:local)"`
	Ended    term.Time   `parquet:"abatement,optional,timestamp(microsecond:local)"`
	Provider term.ODS    `parquet:"provider,optional,dict"`
}

// Observation is a measurement, a laboratory result or a coded finding.
// Value is NaN where the record has no number; its text is never kept.
type Observation struct {
	Key
	System      term.System `parquet:"system,optional,dict"`
	Code        term.Code   `parquet:"code,optional,dict"`
	Category    term.Word   `parquet:"category,optional,dict"` // vital-signs, laboratory, social-history, survey ...
	Status      term.Word   `parquet:"status,optional,dict"`
	At          term.Time   `parquet:"at,optional,timestamp(microsecond:local)"`
	Value       float64     `parquet:"value"`
	Comparator  term.Word   `parquet:"comparator,optional,dict"` // lt, le, ge, gt
	Unit        term.Unit   `parquet:"unit,optional,dict"`
	ValueSystem term.System `parquet:"value_system,optional,dict"`
	ValueCode   term.Code   `parquet:"value_code,optional,dict"`
	Provider    term.ODS    `parquet:"provider,optional,dict"`
}

// Medication is a medicine requested, stated or dispensed.
type Medication struct {
	Key
	Kind     term.Word   `parquet:"kind,dict"` // request, statement, dispense
	System   term.System `parquet:"system,optional,dict"`
	Code     term.Code   `parquet:"code,optional,dict"`
	Status   term.Word   `parquet:"status,optional,dict"`
	Intent   term.Word   `parquet:"intent,optional,dict"`
	At       term.Time   `parquet:"at,optional,timestamp(microsecond:local)"`
	Ended    term.Time   `parquet:"ended_at,optional,timestamp(microsecond:local)"`
	Quantity float64     `parquet:"quantity"` // NaN where not given
	Unit     term.Unit   `parquet:"unit,optional,dict"`
	Provider term.ODS    `parquet:"provider,optional,dict"`
}

// Allergy is an allergy or intolerance.
type Allergy struct {
	Key
	System      term.System `parquet:"system,optional,dict"`
	Code        term.Code   `parquet:"code,optional,dict"`
	Category    term.Word   `parquet:"category,optional,dict"`
	Criticality term.Word   `parquet:"criticality,optional,dict"`
	Status      term.Word   `parquet:"status,optional,dict"`
	Onset       term.Time   `parquet:"onset,optional,timestamp(microsecond:local)"`
	Provider    term.ODS    `parquet:"provider,optional,dict"`
}

// Immunisation is a vaccination given or not given.
type Immunisation struct {
	Key
	System   term.System `parquet:"system,optional,dict"`
	Code     term.Code   `parquet:"code,optional,dict"` // the vaccine or the vaccination procedure
	Status   term.Word   `parquet:"status,optional,dict"`
	At       term.Time   `parquet:"at,optional,timestamp(microsecond:local)"`
	Dose     int32       `parquet:"dose_number,optional"`
	Provider term.ODS    `parquet:"provider,optional,dict"`
}

// Procedure is something done to a person.
type Procedure struct {
	Key
	System   term.System `parquet:"system,optional,dict"`
	Code     term.Code   `parquet:"code,optional,dict"`
	Category term.Word   `parquet:"category,optional,dict"` // primary-procedure, secondary-procedure
	Status   term.Word   `parquet:"status,optional,dict"`
	At       term.Time   `parquet:"at,optional,timestamp(microsecond:local)"`
	Provider term.ODS    `parquet:"provider,optional,dict"`
}
