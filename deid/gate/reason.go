package gate

// Reason is why a record was left out. The zero Reason is Kept.
type Reason uint8

// The reasons, each of one gate.
const (
	Kept Reason = iota

	NoNumber       // identity: the person has no number
	BadNumber      // identity: the number is malformed, fails its check digit or is a sentinel
	NotVerified    // identity: the number's verification status is not accepted
	Ambiguous      // identity: one reference or account, two persons
	UnknownPerson  // identity: the record refers to a person the feed does not hold
	NotAllowed     // optout: the number is not on the allow list
	ObjectedLocal  // objection: to the shared record
	ObjectedType1  // objection: Type 1 opt-out in the GP record
	NotConnected   // connection: no connection of this person or account
	BeforeConnect  // connection: recorded before the person connected
	AfterConnect   // connection: recorded after the person disconnected
	NotShared      // connection: of a section that the person does not share
	Erased         // connection: from before the person asked for it to be erased
	NoTime         // connection or agreement: the record has no time to judge it by
	NoAgreement    // agreement: the organisation has none, or is not known
	OutOfAgreement // agreement: outside its dates
	SensitiveCode  // sensitive: by code
	SensitiveLink  // sensitive: hangs on a record that is
	Confidential   // sensitive: the person or the record is flagged
	NotForPurpose  // purpose: what people record themselves may not serve the purpose of the run

	SensitivePerson // sensitive: by code, and the person with everything
	Unlinked        // sensitive: by code, but kept without its person; no record is left out for it

	reasons // how many there are
)

var names = [reasons]struct{ gate, reason string }{
	Kept:           {"", "kept"},
	NoNumber:       {"identity", "no NHS number"},
	BadNumber:      {"identity", "NHS number not valid"},
	NotVerified:    {"identity", "NHS number not verified"},
	Ambiguous:      {"identity", "one key, several persons"},
	UnknownPerson:  {"identity", "person not in the feed"},
	NotAllowed:     {"optout", "not on the allow list"},
	ObjectedLocal:  {"objection", "shared record objection"},
	ObjectedType1:  {"objection", "Type 1 opt-out"},
	NotConnected:   {"connection", "not connected"},
	BeforeConnect:  {"connection", "before the connection"},
	AfterConnect:   {"connection", "after the connection"},
	NotShared:      {"connection", "section not shared"},
	Erased:         {"connection", "erased on request"},
	NoTime:         {"connection", "no time to judge by"},
	NoAgreement:    {"agreement", "no sharing agreement"},
	OutOfAgreement: {"agreement", "outside its dates"},
	SensitiveCode:  {"sensitive", "by code"},
	SensitiveLink:  {"sensitive", "by what it hangs on"},
	Confidential:   {"sensitive", "flagged confidential"},
	NotForPurpose:  {"purpose", "PHR and wearables may not serve it"},

	SensitivePerson: {"sensitive", "by code, the whole person"},
	Unlinked:        {"sensitive", "by code, kept without its person"},
}

// Gate names the gate the reason belongs to.
func (r Reason) Gate() string { return names[r].gate }

// String says the reason in plain words.
func (r Reason) String() string { return names[r].reason }

// sensitive reports whether what hangs on a record that is left out for this
// reason must go as well.
func (r Reason) sensitive() bool {
	return r == SensitiveCode || r == Confidential || r == SensitivePerson
}

// Reasons is how many reasons there are; a Reason is below it.
const Reasons = int(reasons)
