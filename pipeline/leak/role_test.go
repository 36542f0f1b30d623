package leak

import "testing"

// TestRoles holds by which names columns are known, and which of them name nobody.
func TestRoles(t *testing.T) {
	g := gatherer{feed: Feed{Numbers: []string{"PAT_ID2"}, Locals: []string{"KEY"}}}
	for name, want := range map[string]role{
		"NHSNUMBER": number, "nhs_number": number, "NEWNHSNO": number, "PAT_ID2": number, "KEY": local, "FAMILYNAME": family, "Surname": family, "FORENAME": given,
		"HOMEADD": postcode, "Post Code": postcode, "AddressLine1": address, "email_address": email, "MobilePhone": phone, "LOPATID": local, "account": account,
		"PROCODE5": nothing, "DIAG_4_01": nothing, "LSOA11": nothing, "ADMIDATE": nothing, "SEX": nothing, "": nothing, "EPIKEY": nothing,
	} {
		if got := g.roleOf(name); got != want {
			t.Errorf("%q: role %d, want %d", name, got, want)
		}
	}
	for v, want := range map[string]bool{"12345678": false, "123456789": true, "322236009": false, "L0000": true, "admin": false, "3e0aed4c-6607": true, "": false} {
		if singular(v) != want {
			t.Errorf("%q: singular %v", v, !want)
		}
	}
}
