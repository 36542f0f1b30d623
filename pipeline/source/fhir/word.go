package fhir

import "secondaryuse/deid/term"

// The closed lists: what a status, a category and the like may be. Anything
// else is stored as nothing.

// erroneous is the status of a record that should never have been.
const erroneous term.Word = "entered-in-error"

func gender(b []byte) term.Word { return among(b, "male", "female", "other", "unknown") }

func clinicalStatus(b []byte) term.Word {
	return among(b, "active", "recurrence", "relapse", "inactive", "remission", "resolved")
}

func verificationStatus(b []byte) term.Word {
	return among(b, "confirmed", "unconfirmed", "provisional", "differential", "refuted", "unknown", erroneous)
}

func conditionCategory(b []byte) term.Word {
	return among(b, "problem-list-item", "encounter-diagnosis", "primary-diagnosis", "secondary-diagnosis")
}

func observationStatus(b []byte) term.Word {
	return among(b, "final", "amended", "corrected", "preliminary", "registered", "cancelled", "unknown")
}

func observationCategory(b []byte) term.Word {
	return among(b, "vital-signs", "laboratory", "social-history", "survey", "exam", "imaging", "procedure", "therapy", "activity")
}

func comparator(b []byte) term.Word {
	switch string(b) {
	case "<":
		return "lt"
	case "<=":
		return "le"
	case ">=":
		return "ge"
	case ">":
		return "gt"
	}
	return ""
}

func medicationStatus(b []byte) term.Word {
	return among(b, "active", "completed", "stopped", "on-hold", "cancelled", "draft", "intended", "not-taken",
		"preparation", "in-progress", "declined", "unknown")
}

func medicationIntent(b []byte) term.Word {
	return among(b, "order", "plan", "proposal", "original-order", "reflex-order", "filler-order", "instance-order", "option")
}

func allergyCategory(b []byte) term.Word {
	return among(b, "food", "medication", "environment", "biologic")
}

func criticality(b []byte) term.Word { return among(b, "low", "high", "unable-to-assess") }

func immunizationStatus(b []byte) term.Word { return among(b, "completed", "not-done") }

func encounterStatus(b []byte) term.Word {
	return among(b, "finished", "planned", "arrived", "triaged", "in-progress", "onleave", "cancelled", "unknown")
}

func procedureStatus(b []byte) term.Word {
	return among(b, "completed", "preparation", "in-progress", "not-done", "on-hold", "stopped", "suspended", "aborted", "unknown")
}

func procedureCategory(b []byte) term.Word {
	return among(b, "primary-procedure", "secondary-procedure")
}

func requestStatus(b []byte) term.Word {
	return among(b, "active", "completed", "draft", "on-hold", "revoked", "suspended", "cancelled", "unknown")
}

func priority(b []byte) term.Word { return among(b, "routine", "urgent", "asap", "stat") }

func appointmentStatus(b []byte) term.Word {
	return among(b, "booked", "fulfilled", "noshow", "cancelled", "arrived", "checked-in", "pending", "proposed", "waitlist")
}

// among returns the member of a list that b is.
func among(b []byte, list ...term.Word) term.Word {
	for _, w := range list {
		if string(b) == string(w) {
			return w
		}
	}
	return ""
}

// isSure reports whether a status is one of what is so.
func isSure(status []byte) bool {
	return among(status, "final", "amended", "corrected", "active", "completed", "finished", "fulfilled", "arrived", "in-progress") != ""
}

// isNo reports whether a coded value says that something is not so: in the codes
// of HL7, or by a qualifier of SNOMED CT, which are general knowledge.
func isNo(code []byte) bool {
	return among(code, "N", "n", "no", "No", "false",
		"373067005", // no
		"2667000",   // absent
		"410516002", // known absent
		"385658003", // not done
		"260385009", // negative
		"64100000",  // false
	) != ""
}
