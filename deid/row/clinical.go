package row

import "secondaryuse/deid/term"

// Problem is a condition or diagnosis.
type Problem struct {
	Key
	System   term.System `parquet:"system,dict"`
	Code     term.Code   `parquet:"code,dict"`
	Category term.Word   `parquet:"category,dict"`     // problem-list-item, encounter-diagnosis, primary-diagnosis, secondary-diagnosis
	Status   term.Word   `parquet:"status,dict"`       // active, recurrence, relapse, inactive, remission, resolved
	Verified term.Word   `parquet:"verification,dict"` // confirmed, provisional, refuted, entered-in-error ...
	Onset    term.Time   `parquet:"onset,timestamp(microsecond:local)"`
	Ended    term.Time   `parquet:"abatement,timestamp(microsecond:local)"`
	Provider term.ODS    `parquet:"provider,dict"`
}

// Observation is a measurement, a laboratory result or a coded finding.
// Value is NaN where the record has no number; its text is never kept.
type Observation struct {
	Key
	System      term.System `parquet:"system,dict"`
	Code        term.Code   `parquet:"code,dict"`
	Category    term.Word   `parquet:"category,dict"` // vital-signs, laboratory, social-history, survey ...
	Status      term.Word   `parquet:"status,dict"`
	At          term.Time   `parquet:"at,timestamp(microsecond:local)"`
	Value       float64     `parquet:"value"`
	Comparator  term.Word   `parquet:"comparator,dict"` // lt, le, ge, gt
	Unit        term.Unit   `parquet:"unit,dict"`
	ValueSystem term.System `parquet:"value_system,dict"`
	ValueCode   term.Code   `parquet:"value_code,dict"`
	Provider    term.ODS    `parquet:"provider,dict"`
}

// Medication is a medicine requested, stated or dispensed.
type Medication struct {
	Key
	Kind     term.Word   `parquet:"kind,dict"` // request, statement, dispense
	System   term.System `parquet:"system,dict"`
	Code     term.Code   `parquet:"code,dict"`
	Status   term.Word   `parquet:"status,dict"`
	Intent   term.Word   `parquet:"intent,dict"`
	At       term.Time   `parquet:"at,timestamp(microsecond:local)"`
	Ended    term.Time   `parquet:"ended_at,timestamp(microsecond:local)"`
	Quantity float64     `parquet:"quantity"` // NaN where not given
	Unit     term.Unit   `parquet:"unit,dict"`
	Provider term.ODS    `parquet:"provider,dict"`
}

// Allergy is an allergy or intolerance.
type Allergy struct {
	Key
	System      term.System `parquet:"system,dict"`
	Code        term.Code   `parquet:"code,dict"`
	Category    term.Word   `parquet:"category,dict"`
	Criticality term.Word   `parquet:"criticality,dict"`
	Status      term.Word   `parquet:"status,dict"`
	Onset       term.Time   `parquet:"onset,timestamp(microsecond:local)"`
	Provider    term.ODS    `parquet:"provider,dict"`
}

// Immunisation is a vaccination given or not given.
type Immunisation struct {
	Key
	System   term.System `parquet:"system,dict"`
	Code     term.Code   `parquet:"code,dict"` // the vaccine or the vaccination procedure
	Status   term.Word   `parquet:"status,dict"`
	At       term.Time   `parquet:"at,timestamp(microsecond:local)"`
	Dose     int32       `parquet:"dose_number"`
	Provider term.ODS    `parquet:"provider,dict"`
}

// Procedure is something done to a person.
type Procedure struct {
	Key
	System   term.System `parquet:"system,dict"`
	Code     term.Code   `parquet:"code,dict"`
	Category term.Word   `parquet:"category,dict"` // primary-procedure, secondary-procedure
	Status   term.Word   `parquet:"status,dict"`
	At       term.Time   `parquet:"at,timestamp(microsecond:local)"`
	Provider term.ODS    `parquet:"provider,dict"`
}
