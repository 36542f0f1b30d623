package purpose

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"secondaryuse/deid/gate/list"
	"secondaryuse/deid/term"
)

// exemption is why the national data opt-out does not apply to a purpose, and
// who has approved that, for how long.
type exemption struct {
	Kind     string `yaml:"kind"`
	Approval string `yaml:"approval"`   // its reference
	From     string `yaml:"valid_from"` // YYYY-MM-DD
	To       string `yaml:"valid_to"`   // YYYY-MM-DD, the first day on which it does not hold any more
}

// kinds are the cases in which the national data opt-out does not apply (its
// operational policy guidance, chapters 6 and 7), but for individual care, which
// is no secondary use.
var kinds = map[string]string{
	"explicit-consent":        "explicit consent to the specific use",
	"legal-duty":              "a legal duty or an order of a court",
	"public-interest":         "an overriding public interest",
	"public-health":           "communicable disease and other risks to public health (COPI regulation 3)",
	"anonymised":              "information anonymised in line with the ICO's code",
	"aggregate":               "aggregate or count data",
	"official-statistics":     "official statistics of the ONS",
	"cancer-registry":         "the cancer registry (NDRS)",
	"congenital-anomalies":    "the register of congenital anomalies and rare diseases (NCARDRS)",
	"national-patient-survey": "a national patient survey that is exempt",
	"invoice-validation":      "validation of invoices of non-contracted activity (CAG 7-07)",
	"prescription-charges":    "checks of prescription charges by the NHSBSA",
}

// check returns what speaks against an exemption, whatever day it is.
func (x exemption) check() (fault, bool) {
	if _, ok := kinds[x.Kind]; !ok {
		return fault{"exemption.kind", "no kind of exemption that there is", "give one of " + strings.Join(slices.Sorted(maps.Keys(kinds)), ", ")}, false
	}
	if !line(x.Approval) {
		return fault{"exemption.approval", "missing, or no single line", "give the reference of the approval"}, false
	}
	from, ok := list.Date([]byte(x.From))
	if !ok {
		return fault{"exemption.valid_from", "not a date YYYY-MM-DD", "give the first day of the approval"}, false
	}
	to, ok := list.Date([]byte(x.To))
	if !ok {
		return fault{"exemption.valid_to", "not a date YYYY-MM-DD", "give the day on which the approval ends: none is for ever"}, false
	}
	if to <= from {
		return fault{"exemption.valid_to", "not after valid_from", "give the days as the approval has them"}, false
	}
	return fault{}, true
}

// holds returns what speaks against an exemption on a day.
func (x exemption) holds(today term.Time) (fault, bool) {
	from, _ := list.Date([]byte(x.From))
	to, _ := list.Date([]byte(x.To))
	switch {
	case today < from:
		return fault{"exemption.valid_from", "the approval does not hold yet", "wait for that day, or have the opt-out apply"}, false
	case today >= to:
		return fault{"exemption.valid_to", "the approval has expired", "enter the new approval, or have the opt-out apply"}, false
	}
	return fault{}, true
}

// String says it in one line.
func (x exemption) String() string {
	return fmt.Sprintf("%s, under approval %s, from %s to before %s", kinds[x.Kind], x.Approval, x.From, x.To)
}
