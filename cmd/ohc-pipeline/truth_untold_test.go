package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// stageRows is all rows of the stage, by what the truth tells of them. It tells
// what a record says in its first row, and of a blood pressure in the others;
// most of the rest it tells only of the marts that are made of it.
var stageRows = []rows{
	{table: "allergy", where: firstRow, untold: untoldKey + "category criticality status provider"},
	{table: "appointment", where: firstRow, untold: untoldKey + "status end_at treatment_function provider"},
	{table: "care_plan", where: firstRow, untold: untoldKey + "status end_at"},
	{table: "encounter", where: alone("problem", "procedure"), untold: untoldKey + untoldStay},
	{table: "encounter", where: leads("problem", "procedure"), untold: untoldStay},
	{table: "immunisation", where: firstRow, untold: untoldKey + "status dose_number provider"},
	{table: "medication", where: firstRow, untold: untoldKey + "kind status intent ended_at quantity unit provider"},
	{table: "observation", where: alone("observation"), untold: untoldKey + "category status comparator value_system value_code provider"},
	{table: "observation", where: leads("observation"), untold: "category status comparator value_system value_code provider"},
	{table: "observation", where: furtherRow, untold: "category status comparator value_system value_code provider"},
	{table: "person", where: firstRow + " AND death_month IS NULL", untold: untoldKey + untoldPerson},
	{table: "person", where: firstRow + " AND death_month IS NOT NULL", untold: untoldKey + untoldPerson + " death_month deceased"},
	{table: "person", where: furtherRow, untold: untoldKey + "part version " + untoldPerson, loose: true},
	{table: "problem", where: firstRow, untold: untoldKey + "category status verification abatement provider"},
	{table: "problem", where: furtherRow + " AND " + spellDiagnosis, untold: "status verification onset abatement provider"},
	{table: "problem", where: furtherRow + " AND NOT " + spellDiagnosis, untold: "system code category status verification onset abatement provider", loose: true},
	{table: "procedure", where: firstRow, untold: untoldKey + "category status provider"},
	{table: "procedure", where: furtherRow, untold: "system code category status at provider", loose: true},
	{table: "reading", where: alone("reading"), untold: untoldKey + "version " + untoldReading},
	{table: "reading", where: leads("reading"), untold: untoldReading},
	{table: "reading", where: furtherRow, untold: "metric start_at " + untoldReading, loose: true},
	{table: "referral", where: firstRow, untold: untoldKey + "status priority treatment_function requester performer"},
	{table: "self_record", where: alone("self_record"), untold: untoldKey + "value_system value_code"},
	{table: "self_record", where: leads("self_record"), untold: "value_system value_code"},
	{table: "self_record", where: furtherRow + " AND system = 'snomed'", untold: "kind value_system value_code"},
	{table: "self_record", where: furtherRow + " AND system <> 'snomed'", untold: "kind system code at value unit value_system value_code", loose: true},
}

const (
	inStage        = " | in the stage"
	firstRow       = "part = 0"
	furtherRow     = "part > 0"
	spellDiagnosis = "(category = 'primary-diagnosis' AND system = 'icd10')"

	untoldKey     = "record_key encounter_key recorded_at " // what only the run can compute, and when a record was entered
	untoldStay    = "class system code status end_at provider treatment_function admission_method discharge_method discharge_destination attendance_outcome"
	untoldReading = "end_at local_day value unit device_kind vendor span"
	untoldPerson  = "sex birth_year birth_month ethnic_category lsoa imd_decile practice registered_from registered_to"
)

// leads is the first rows of records that have further rows in the tables,
// alone those of records that have none.
func leads(tables ...string) string {
	return firstRow + " AND record_key IN (SELECT record_key FROM " + strings.Join(tables, " WHERE part > 0 UNION SELECT record_key FROM ") + " WHERE part > 0)"
}

func alone(tables ...string) string { return strings.Replace(leads(tables...), " IN ", " NOT IN ", 1) }

// stage spoils the stage, of which a few persons are taken: enough that each
// column has a value, and where there are such none, in rows of each kind.
func (s *spoiler) stage(t *testing.T) {
	few := s.few(t)
	want := make(map[string][]string) // of each dataset
	for _, l := range s.wantRecords(s.told) {
		if c := strings.SplitN(l, " | ", 4); few[c[0]] {
			want[c[2]] = append(want[c[2]], l)
		}
	}
	want["problem"] = append(want["problem"], want["encounter"]...) // which have their codes there
	dead := slices.DeleteFunc(s.wantDead(s.told), func(who string) bool { return !few[who] })
	there := slices.DeleteFunc(s.wantPresent(s.told), func(l string) bool { return !few[strings.TrimSuffix(l, inStage)] })
	gotThere := func() []string {
		return slices.DeleteFunc(gotPresent(t, s.world), func(l string) bool { return !strings.HasSuffix(l, inStage) })
	}
	for _, r := range stageRows {
		tables := []string{r.table}
		if r.table == "problem" {
			tables = append(tables, "encounter")
		}
		seen := func() bool {
			return len(differ(want[r.table], s.recordsOf(t, tables...))) > 0 || len(gotStray(t, s.world)) > 0 ||
				r.table == "person" && len(differ(dead, gotDead(t, s.world)))+len(differ(there, gotThere())) > 0
		}
		if seen() {
			t.Fatalf("%s: differs before it is spoilt", r.table)
		}
		s.every(t, r, idOf(s.base, s.out), seen)
		if !r.loose {
			s.wholly(t, r, seen)
		}
	}
}

// few leaves the rows of a few persons in the stage, and says who they are.
func (s *spoiler) few(t *testing.T) map[string]bool {
	t.Helper()
	var picks []string
	for _, r := range stageRows {
		for _, c := range s.columns[r.table] {
			for _, null := range []string{"IS NULL", "IS NOT NULL"} {
				picks = append(picks, fmt.Sprintf(`(SELECT person_id FROM %s WHERE %s AND "%s" %s LIMIT 1)`, r.table, r.where, c.name, null))
			}
		}
	}
	s.do(t, "CREATE TEMP TABLE few AS SELECT DISTINCT person_id FROM ("+strings.Join(picks, " UNION ALL ")+")")
	few := make(map[string]bool)
	for _, who := range s.ask(t, s.base, "SELECT person_id FROM few") {
		few[who] = true
	}
	for _, name := range datasets(t, s.db) {
		var all []string
		for _, r := range stageRows {
			if r.table == name {
				all = append(all, "count(*) FILTER ("+r.where+")")
			}
		}
		if n := s.ask(t, nil, "SELECT count(*) - "+strings.Join(append(all, "0"), " - ")+" FROM "+name); n[0] != "0" {
			t.Errorf("%s: %s rows are spoilt in no way", name, n[0])
		}
		s.do(t, "DELETE FROM "+name+" WHERE person_id NOT IN (SELECT person_id FROM few)")
	}
	return few
}
