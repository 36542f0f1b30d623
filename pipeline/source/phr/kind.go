package phr

import (
	"secondaryuse/deid/record"
	"secondaryuse/deid/row"
	"secondaryuse/deid/term"
)

// kindOf says what kind of thing a person has recorded as an Observation. It
// is the one place where that is decided; the first rule that fits holds:
//
//	a coding of the record whose code is     that kind
//	  the name of a kind, whatever its
//	  system (an app's own categories)
//	the code of the record, in kinds below   its kind
//	a code of a part, likewise               its kind
//	category survey, social-history          answer
//	category vital-signs, laboratory, exam,  measurement
//	  imaging, procedure, therapy, activity
//	any number                               measurement
//	else: a finding without a number         symptom
//
// A MedicationStatement is a medicine, and a QuestionnaireResponse is answers.
func kindOf(rows []record.Of[row.Observation]) term.Word {
	for _, c := range rows[0].Codings {
		if names[c.Code] {
			return term.Word(c.Code)
		}
	}
	for i := range rows {
		if kind, ok := kinds[record.Coding{System: rows[i].Row.System, Code: rows[i].Row.Code}]; ok {
			return kind
		}
	}
	switch rows[0].Row.Category {
	case "survey", "social-history":
		return "answer"
	case "vital-signs", "laboratory", "exam", "imaging", "procedure", "therapy", "activity":
		return "measurement"
	}
	for i := range rows {
		if v := rows[i].Row.Value; v == v {
			return "measurement"
		}
	}
	return "symptom"
}

// names are the kinds that an app may name itself.
var names = map[term.Code]bool{
	"measurement": true, "symptom": true, "mood": true, "sleep": true, "diet": true, "alcohol": true, "tobacco": true,
}

// kinds are the codes that tell the kind. They are general knowledge, to be
// checked against a release of each terminology.
var kinds = map[record.Coding]term.Word{
	{System: term.SNOMED, Code: "418799008"}: "symptom", // finding reported by subject or history provider
	{System: term.SNOMED, Code: "22253000"}:  "symptom", // pain
	{System: term.SNOMED, Code: "225908003"}: "symptom", // pain score
	{System: term.LOINC, Code: "72514-3"}:    "symptom", // pain severity, 0 to 10
	{System: term.LOINC, Code: "75325-1"}:    "symptom", // symptom

	{System: term.SNOMED, Code: "106131003"}: "mood", // mood finding
	{System: term.SNOMED, Code: "366979004"}: "mood", // depressed mood
	{System: term.SNOMED, Code: "48694002"}:  "mood", // anxiety
	{System: term.LOINC, Code: "44261-6"}:    "mood", // PHQ-9 total score
	{System: term.LOINC, Code: "70274-6"}:    "mood", // GAD-7 total score

	{System: term.SNOMED, Code: "248263006"}: "sleep", // duration of sleep
	{System: term.SNOMED, Code: "258158006"}: "sleep", // sleep
	{System: term.LOINC, Code: "93832-4"}:    "sleep", // sleep duration

	{System: term.SNOMED, Code: "41829006"}: "diet", // dietary finding
	{System: term.LOINC, Code: "9052-2"}:    "diet", // calorie intake, total

	{System: term.SNOMED, Code: "160573003"}: "alcohol", // alcohol intake
	{System: term.SNOMED, Code: "228273003"}: "alcohol", // finding of alcohol drinking behaviour
	{System: term.LOINC, Code: "74013-4"}:    "alcohol", // alcoholic drinks per day
	{System: term.LOINC, Code: "11331-6"}:    "alcohol", // history of alcohol use
	{System: term.LOINC, Code: "75626-2"}:    "alcohol", // AUDIT-C total score

	{System: term.SNOMED, Code: "365981007"}: "tobacco", // finding of tobacco smoking behaviour
	{System: term.SNOMED, Code: "229819007"}: "tobacco", // tobacco use and exposure
	{System: term.SNOMED, Code: "230056004"}: "tobacco", // cigarette consumption
	{System: term.SNOMED, Code: "77176002"}:  "tobacco", // smoker
	{System: term.SNOMED, Code: "8517006"}:   "tobacco", // ex-smoker
	{System: term.SNOMED, Code: "266919005"}: "tobacco", // never smoked
	{System: term.LOINC, Code: "72166-2"}:    "tobacco", // tobacco smoking status
}
