package term

import (
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"secondaryuse/deid/identity"
)

// names are words that are names, of the lengths that codes and organisations
// have.
var names = strings.Fields("Featherstone Smith Jones Patel Okafor Li Ng Lee Roy Khan Begum Brown Taylor Ali Hussain Evans Walker Wood Xavier MacDonald O-Neill smith SMITH SMITHSON LEE KHAN JONES BROWN PATEL EVANS ADAMS TRACY VERNON NOLAN ROSSI")

// planted is what must never be stored, whatever the system says it is.
func planted() []string {
	out := []string{
		"9434765919", "943-476-5919", "943.476.5919", "943 476 5919", "9-4-3-4-7-6-5-9-1-9", "009434765919", "X9434765919", "9434765919A",
		"ST5 5BG", "ST55BG", "st55bg", "WC1A1AA", "M11AA", "B12-1AB", "ZZ993WZ", "SW1A 2AA",
		"19500304", "1950-03-04", "04/03/1950", "04.03.1950", "12/31/1950",
		"07700900123", "01782-123456", "+447700900123", "a@b.uk", "seen by Dr Smith", "12 High Street", "Smith1952", "SMITH7", "",
		"8a6e0804-2bd0-4672-b79d-d97027f9071a", strings.Repeat("1", 37),
	}
	return append(out, names...)
}

var everySystem = append([]System{DMD, cvx, MainSpecialty, aeTreatment, aeInvestigation, "nobody-knows"}, systems[:]...)

// TestNoPersonIsACode plants identifiers and names under every system, and as
// every other term.
func TestNoPersonIsACode(t *testing.T) {
	for _, text := range planted() {
		for _, s := range everySystem {
			short := (s == aeDiagnosis || s == aeTreatment || s == aeInvestigation) && len(text) == 2 // two letters are one there
			if c, ok := CodeIn(s, []byte(text)); ok && !(s == rxnorm && text == "19500304") && !(short && text == strings.ToUpper(text)) {
				t.Errorf("%s under %s is the code %q", text, s, c)
			}
		}
		three := len(text) == 3 && text == strings.ToUpper(text) && strings.ContainsRune("NQRTX", rune(text[0]))
		if o, ok := ODSOf([]byte(text)); ok && !three {
			t.Errorf("%s is the organisation %s", text, o)
		}
		if a, ok := LSOAOf([]byte(text)); ok {
			t.Errorf("%s is the area %s", text, a)
		}
		if u, ok := UnitOf([]byte(text)); string(u) == text && text != "" || !ok && u != otherUnit && text != "" {
			t.Errorf("%s is the unit %s", text, u)
		}
	}
}

// TestForms holds the form of each system to codes that are and that are not.
func TestForms(t *testing.T) {
	for s, lists := range map[System][2]string{
		SNOMED: {"73211009 22298006 1324681000000101 999000011000000103 827241000000103 1149222004",
			"73211008 27113 E11.9 9434765919 7321100 22298007 22289006 022298006 73211009a 754151000000118 1000001000000000001"},
		DMD:    {"39720311000001101 322280009", "39720311000001102 Paracetamol"},
		ICD10:  {"E11.9 E119 I10 I10X I10.X N40X C61 M10.00 M1000 A54.9A A549D U07.1 e11.9", "E1 E1A M206AX M20.6AX 119 E11.999 Ellen E11Z E11- .E11"},
		OPCS4:  {"X15.1 X151 W37 c75.1", "X1 X15. X15.12 X1512 Xavier W371A"},
		Read2:  {"C10.. C10E. C10EA H33zz PKyz500 424..00 7K20.1E 9Nu0. 9Nd1.00 AyuCD00 AyuCA 0424.00", "C10 Smith Smith00 Disease .C10. C.10. C10E.X0 M11AA C1-E. 12345678"},
		CTV3:   {"L09yz XaKII XaXIc XE0gP X303J AyuCA Xa1O3 7E086 L05..", "Xavie2x Smith XAKII C10EA00 L..05 Jones XE0g"},
		LOINC:  {"8480-6 8462-4 85354-9 44261-6 LA6569-3 93832-4", "8480-7 85354-6 LA-3 smith-6 8480 8480- -6 12345678-1 LB6569-3"},
		cvx:    {"140 08", "1400 A"},
		rxnorm: {"205923 2123111", "205923A 123456789"},

		TreatmentFunction: {"300 100", "30 3000 A30 Oak"},
		MainSpecialty:     {"350", "35 GP"},
		ResourceGroup:     {"EB07I WA14Z U01", "EB07 Smith U1A WA14 wa14z"},
		aeDiagnosis:       {"11 102 L0 04L CH 14124L 8", "ABC 1234567 ab M11AA"},
		Item:              {"21 2A 1 A 99 01 attended did-not-attend 306706006", "AB XX Ali 2a A1 211 306706005"},
		Listed:            {"AMB IMP unknown assess-plan attended", "Ann amb A 1 IMPX"},
		Other:             {"1 A 01 2054-5 wb-1 208D00000X 2D SD4033 Dx0122 11-22 999000011000000103", "AB IMP smith EMISNQAD2 R8000:G8000:R8000:1 1234567890 123456789012 1000001008 Dx_Smith9"},
	} {
		for _, c := range strings.Fields(lists[0]) {
			if got, ok := CodeIn(s, []byte(c)); !ok || string(got) != c || !got.Valid() {
				t.Errorf("%s: %s is no code: %q, valid %v", s, c, got, got.Valid())
			}
		}
		for _, c := range strings.Fields(lists[1]) {
			if got, ok := CodeIn(s, []byte(c)); ok || got != "" {
				t.Errorf("%s: %s is a code", s, c)
			}
		}
	}
}

func TestOrganisations(t *testing.T) {
	for _, o := range strings.Fields("RJE QNC QOC TAD NVC X26 AXG M82002 Y02519 RXWAS RFGRZ VLAXL 5EAAF RRVN0 RWP-X RN5-X 05D 860 D2P2L FVR79 K81003001 G3472185 EE137546 E38000053 V81999 7A1 RW3XY") {
		if got, ok := ODSOf([]byte(o)); !ok || string(got) != o || !got.Valid() {
			t.Errorf("%s is no organisation", o)
		}
	}
	for _, o := range strings.Fields("RJ rje m82002 EYE SCFT TA LEE SMITH RAJAN 9434765919 943-476-5919 ST55BG M11AA SMITH1 19500304 A-B --- RJE-SMITH 1234567 50-03-04 R-E1-2") {
		if ODS(o).Valid() {
			t.Errorf("%s is an organisation", o)
		}
	}
}

// TestPersonal: every NHS number, however written, and nothing that is a sound
// SNOMED CT identifier.
func TestPersonal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(4_000_000_000, 9_999_999_999).Draw(t, "number")
		text := strconv.FormatInt(n, 10)
		_, err := identity.Parse([]byte(text))
		if sctid([]byte(text)) {
			return
		}
		sep := rapid.SampledFrom([]string{"", " ", "-", ".", "  ", "/", "\u00a0"}).Draw(t, "separator")
		cut := rapid.IntRange(0, 10).Draw(t, "cut")
		before, after := rapid.StringMatching(`([0-9]{0,6}[a-z ]){0,2}`).Draw(t, "before"), rapid.StringMatching(`([a-z ][0-9]{0,3}){0,2}`).Draw(t, "after")
		spelt := before + text[:cut] + sep + text[cut:] + after
		if err == nil && !Personal([]byte(spelt)) {
			t.Fatalf("%q holds a number and was not found", spelt)
		}
		if err != nil && err != identity.ErrDisallowed && Personal([]byte(text)) {
			t.Fatalf("%q is no number: %v", text, err)
		}
	})
	for _, text := range strings.Fields("ST5-5BG l09yz L09YZ ZZ993WZ e1w-1bb 9434765919 99434765919 9434765919x NHS9434765919") {
		if !Personal([]byte(text)) {
			t.Errorf("%s was passed over", text)
		}
	}
	for _, text := range strings.Fields("9434765918 F32.1 73211009 1324681000000101 999000011000000103 EB07I L09yz RW3XY R1A05 5N6AH C10EA 2024-01-02 943476x5919 M82002 - ") {
		if Personal([]byte(text)) {
			t.Errorf("%s is taken for a person's", text)
		}
	}
}

// TestOneInFiveHundred counts the limit that the package comment tells of.
func TestOneInFiveHundred(t *testing.T) {
	numbers, passed := 0, 0
	for n := 9_000_000_000; numbers < 50_000; n += 7 {
		text := []byte(strconv.Itoa(n))
		if _, err := identity.Parse(text); err == nil {
			numbers++
			if sctid(text) {
				passed++
			}
			if other(text) || item(text) && !sctid(text) || ODS(text).Valid() {
				t.Fatalf("%s is stored under a system that is not SNOMED CT", text)
			}
		}
	}
	if passed < numbers/1000 || passed > numbers/250 {
		t.Errorf("%d of %d NHS numbers are sound SNOMED CT identifiers", passed, numbers)
	}
}

// TestWhatIsMadeIsValid: whatever these functions make, its method Valid holds
// to it; so the inspection of what is stored accepts what was made by them.
func TestWhatIsMadeIsValid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(rapid.OneOf(
			rapid.StringMatching(`[A-Za-z0-9.\-+:/ ]{0,12}`), rapid.StringMatching(`[A-Z][0-9]{2}[.X]?[0-9]?[ADX]?`),
			rapid.StringMatching(`[0-9]{1,18}`), rapid.StringMatching(`[A-Z]{0,3}[0-9]{0,4}[A-Z-]{0,3}`), rapid.SampledFrom(planted()),
		).Draw(t, "text"))
		for _, s := range everySystem {
			if c, ok := CodeIn(s, text); ok && (!c.Valid() || len(c) > 36) {
				t.Fatalf("%s under %s is stored but not valid", text, s)
			}
		}
		if u, _ := UnitOf(text); u != "" && !u.Valid() {
			t.Fatalf("%s: unit %s", text, u)
		}
		if o, ok := ODSOf(text); ok && !o.Valid() {
			t.Fatalf("%s: organisation", text)
		}
	})
}

func TestUnits(t *testing.T) {
	by := make(map[string]string)
	for line := range strings.Lines(unitList) {
		all := strings.Split(strings.TrimSpace(line), " | ")
		for _, text := range all {
			key := string(fold(make([]byte, 0, 2*longest), []byte(text)))
			if was, ok := by[key]; ok && was != all[0] {
				t.Errorf("%s spells both %s and %s", text, was, all[0])
			}
			by[key] = all[0]
			if u, ok := UnitOf([]byte(text)); text != "" && (!ok || string(u) != all[0]) {
				t.Errorf("%s is the unit %q, want %s", text, u, all[0])
			}
			if len(key) > longest-2 {
				t.Errorf("%s is too long to be told from what is longer", text)
			}
		}
		if u := Unit(all[0]); u != "" && (!u.Valid() || len(u) > 24) {
			t.Errorf("%s is not valid", u)
		}
	}
	for text, want := range map[string]Unit{
		"mm[Hg]": "mm[Hg]", "mmHg": "mm[Hg]", "MMOL/L": "mmol/L", "µmol/L": "umol/L", "μg/l": "ug/L", "x10^9/L": "10*9/L", "10*12 cells/L": "10*12/L",
		"IU/L 37C": "[iU]/L", "tablet": "{tablet}", "kg/m^2": "kg/m2", "day": "d", "mls": "mL", "(score)": "{score}", "pH": "[pH]", "beats\u00a0/min": "/min",
		"[lb_av]": "[lb_av]", "%{Hb}": "%{Hb}", "mL/min/1.73m²": "mL/min/{1.73_m2}",
	} {
		if u, ok := UnitOf([]byte(text)); !ok || u != want {
			t.Errorf("%s: %q, want %s", text, u, want)
		}
	}
	for _, text := range []string{"Banana", "9434765919", "{other}", "{Smith}", "mm[Hg]x", strings.Repeat("kg", 40), "kg" + strings.Repeat(" ", 60) + "x"} {
		if u, ok := UnitOf([]byte(text)); ok || u != otherUnit {
			t.Errorf("%s: %q %v", text, u, ok)
		}
	}
	if Unit("Banana").Valid() || Unit("").Valid() || Unit("mmHg").Valid() || !otherUnit.Valid() {
		t.Error("valid is what is on the list, as UCUM writes it")
	}
}

// TestCheckDigits holds the check digits to numbers published with theirs.
func TestCheckDigits(t *testing.T) {
	for _, id := range strings.Fields("73211009 271649006 827241000000103 699999000") {
		for i := range len(id) { // any one digit changed is found
			b := []byte(id)
			b[i] = '0' + (b[i]-'0'+1)%10
			if sctid([]byte(id)) != (id != "699999000") || sctid(b) && id != "699999000" {
				t.Errorf("%s or %s", id, b)
			}
		}
	}
	for _, code := range strings.Fields("8480-6 85354-9 44261-6 93832-4 9052-2") {
		number, check, _ := strings.Cut(code, "-")
		if got := luhn([]byte(number)); string(got) != check {
			t.Errorf("%s: %c", code, got)
		}
	}
}
