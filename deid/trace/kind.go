package trace

// Kind is what an identifier is.
type Kind uint8

// The kinds of identifiers.
const (
	Number  Kind = iota + 1 // NHS number
	Local                   // a person's number or reference in one system
	Account                 // with a vendor of wearables
	Name                    // a family and a given name, or one that stands for itself
	Cell                    // a shorter name, where it is all of a value
	Postcode
	Address
	Phone
	Email
	first // the first word of others: found by itself it is nothing
)

var kindNames = [...]string{Number: "NHS number", Local: "local number", Account: "account", Name: "name", Cell: "name",
	Postcode: "postcode", Address: "address", Phone: "telephone number", Email: "e-mail address"}

func (k Kind) String() string { return kindNames[k] }

// kinds is a set of them.
type kinds uint16

func (s kinds) has(k Kind) bool { return s>>k&1 != 0 }

// Finding is something that names a person, and where it stands. It does not say
// whom or what.
type Finding struct {
	Kind Kind
	Form string // how it is written
	At   int64  // offset in what was scanned

	Proof Proof // by which it can be made certain: see Again
}
