package tabular

import (
	"maps"
	"slices"

	"secondaryuse/deid/term"
)

// role is what a column is for.
type role uint8

const (
	nhsNumber role = iota
	localID
	numberStatus
	recordID
	spellID
	version
	recorded
	start
	startTime
	end
	endTime
	provider
	site
	practice
	sex
	birth
	death
	ethnicity
	lsoa
	postcode
	specialty
	mainSpecialty
	status
	admissionMethod
	dischargeMethod
	destination
	outcome
	confidential
	confidentialFrom
	confidentialTo
	hrg
	cause
	diagnoses
	procedures
	procedureDates
	treatments
	investigations

	roles // how many there are
)

// use says for which tables a role is.
type use uint8

const (
	forPerson use = 1 << iota
	forEncounter
	forBoth = forPerson | forEncounter
)

// roleInfo is what is known of each role. Of several columns of a role the first
// that is not empty counts; but those of record_id and spell_id are parts of one
// key, and those of roles in the plural stand each for itself.
var roleInfo = [roles]struct {
	name   string
	use    use
	people bool        // needed in pass People
	system term.System // of its codes; codes go into the Codings
	mapped bool        // takes a map of codes
	term   bool        // what a cell says is stored or judged as a term: a code, an organisation, an area, a word
}{
	nhsNumber:        {name: "nhs_number", use: forBoth, people: true},
	localID:          {name: "local_id", use: forBoth, people: true},
	numberStatus:     {name: "nhs_number_status", use: forBoth, people: true, term: true},
	recordID:         {name: "record_id", use: forEncounter},
	spellID:          {name: "spell_id", use: forEncounter},
	version:          {name: "version", use: forBoth, people: true},
	recorded:         {name: "recorded", use: forBoth},
	start:            {name: "start", use: forEncounter},
	startTime:        {name: "start_time", use: forEncounter},
	end:              {name: "end", use: forEncounter},
	endTime:          {name: "end_time", use: forEncounter},
	provider:         {name: "provider", use: forBoth, term: true},
	site:             {name: "site", use: forEncounter, term: true},
	practice:         {name: "practice", use: forBoth, term: true},
	sex:              {name: "sex", use: forBoth, mapped: true, term: true},
	birth:            {name: "birth", use: forBoth},
	death:            {name: "death", use: forBoth},
	ethnicity:        {name: "ethnic_category", use: forBoth, mapped: true, term: true},
	lsoa:             {name: "lsoa", use: forBoth, term: true},
	postcode:         {name: "postcode", use: forBoth},
	specialty:        {name: "treatment_function", use: forEncounter, system: term.TreatmentFunction, term: true},
	mainSpecialty:    {name: "main_specialty", use: forEncounter, system: "main-specialty", term: true},
	status:           {name: "status", use: forEncounter, mapped: true, term: true},
	admissionMethod:  {name: "admission_method", use: forEncounter, mapped: true, term: true},
	dischargeMethod:  {name: "discharge_method", use: forEncounter, mapped: true, term: true},
	destination:      {name: "discharge_destination", use: forEncounter, mapped: true, term: true},
	outcome:          {name: "attendance_outcome", use: forEncounter, mapped: true, term: true},
	confidential:     {name: "confidential", use: forBoth, people: true, mapped: true, term: true},
	confidentialFrom: {name: "confidential_from", use: forBoth, people: true},
	confidentialTo:   {name: "confidential_to", use: forBoth, people: true},
	hrg:              {name: "hrg", use: forEncounter, system: "hrg", term: true},
	cause:            {name: "cause", use: forEncounter, system: term.ICD10, term: true},
	diagnoses:        {name: "diagnoses", use: forEncounter, system: term.ICD10, term: true},
	procedures:       {name: "procedures", use: forEncounter, system: term.OPCS4, term: true},
	procedureDates:   {name: "procedure_dates", use: forEncounter},
	treatments:       {name: "treatments", use: forEncounter, system: "ae-treatment", term: true},
	investigations:   {name: "investigations", use: forEncounter, system: "ae-investigation", term: true},
}

// Roles lists the names of the roles that a column can have, in alphabetical
// order.
func Roles() []string {
	return slices.Sorted(maps.Keys(byName))
}

var byName = func() map[string]role {
	m := make(map[string]role, roles)
	for r := range roles {
		m[roleInfo[r].name] = r
	}
	return m
}()

// demographic lists the roles that make a line say something of the person.
var demographic = []role{practice, sex, birth, death, ethnicity, lsoa, postcode}
