package course

// Kind is what can happen to a person.
type Kind uint8

// What can happen.
const (
	Consulted Kind = iota
	Corrected
	Erased
	Late
	Booked
	Kept
	Unreadable
	Mended
	Infected
	Mistaken
	Dissented
	Assented
	OptedOut
	Returned
	Objected
	Relented
	Linked
	Unlinked
	Treated
	TreatedLate
	Recoded
	Noted
	Rewritten
	Unwritten
	Wore
	Died
	Renumbered
	Doubled
	Merged
	Removed
	Resent
	Moved
	Born
	Arrived
	Preceded
	Followed
	Chosen
	Asked
	AgreementBegan
	AgreementEnded
	Kinds
)

// happenings says how each kind is called, how often it comes by itself, and
// how it is done: do reports false where it cannot happen to the person.
var happenings = [Kinds]struct {
	name   string
	weight float64
	do     func(*Course) bool
}{
	Consulted:   {"consultation", 20, (*Course).consult},
	Corrected:   {"value corrected", 6, (*Course).correct},
	Erased:      {"record deleted", 4, (*Course).erase},
	Late:        {"late observation", 4, (*Course).late},
	Booked:      {"appointment booked", 5, (*Course).book},
	Kept:        {"appointment came true", 0, (*Course).keep},
	Unreadable:  {"unreadable line", 1.5, (*Course).spoil},
	Mended:      {"unreadable line sent again", 0, (*Course).mend},
	Infected:    {"sensitive record", 2.5, (*Course).infect},
	Mistaken:    {"sensitive record corrected away", 0, (*Course).mistake},
	Dissented:   {"type 1 dissent", 2, (*Course).dissent},
	Assented:    {"type 1 dissent withdrawn", 0, (*Course).assent},
	OptedOut:    {"opted out", 2.5, (*Course).optOut},
	Returned:    {"opt-out withdrawn", 1, (*Course).optIn},
	Objected:    {"objected", 2.5, (*Course).object},
	Relented:    {"objection withdrawn", 0.5, (*Course).relent},
	Linked:      {"connected", 2.5, (*Course).link},
	Unlinked:    {"disconnected", 4, (*Course).unlink},
	Treated:     {"hospital line", 6, (*Course).treat},
	TreatedLate: {"late hospital line", 3, (*Course).treatLate},
	Recoded:     {"hospital line corrected", 3, (*Course).recode},
	Noted:       {"entry", 10, (*Course).note},
	Rewritten:   {"entry corrected", 5, (*Course).rewrite},
	Unwritten:   {"entry deleted", 5, (*Course).unwrite},
	Wore:        {"wearable push", 30, (*Course).wear},
	Died:        {"death", 1, (*Course).die},
	Renumbered:  {"number superseded", 1.2, (*Course).renumber},
	Doubled:     {"second patient", 1.2, (*Course).double},
	Merged:      {"patients merged", 0, (*Course).merge},
	Removed:     {"patient deleted", 0.8, (*Course).remove},
	Resent:      {"patient sent again", 0, (*Course).resend},
	Moved:       {"moved house", 1.2, (*Course).move},
	Born:        {"birth", 0, (*Course).come},
	Arrived:     {"moved in", 0, (*Course).come},
	Preceded:    {"records before their patient", 0, (*Course).come},
	Followed:    {"patient after the records", 0, (*Course).follow},
	Chosen:      {"shares something else", 0, (*Course).choose}, // see decide
	Asked:       {"asked to erase", 0, (*Course).ask},

	AgreementBegan: {"agreement begins", 0, nil}, // of organisations, see Agreements
	AgreementEnded: {"agreement ends", 0, nil},
}

// String names the kind in plain words.
func (k Kind) String() string { return happenings[k].name }

// weights are those of happenings.
var weights = func() (w []float64) {
	for i := range happenings {
		w = append(w, happenings[i].weight)
	}
	return w
}()

// pick draws a kind that comes by itself.
func (c *Course) pick() Kind { return Kind(c.rand.Pick(weights)) }

// KindOf returns the kind of a name.
func KindOf(name string) (Kind, bool) {
	for k := range Kinds {
		if k.String() == name {
			return k, true
		}
	}
	return 0, false
}
