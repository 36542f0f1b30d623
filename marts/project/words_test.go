package project

import "testing"

// TestSold holds that a use that is refused is found however its word is written, and
// that words that are none are not.
func TestSold(t *testing.T) {
	for _, text := range []string{
		"to sell them", "to SELL them", "to s\u00e9ll them", "to s-e-l-l them", "to s e l l them", "to s/e/l/l them", "to s3ll them", "to $ell them", "for 1nsurance", "for ins'urance",
		"ín\u00adsurance", "market research", "market  res\u200bearch", "direct-mail", "Re-sale", "pr0fit", "data licences",
	} {
		if sold(text) == "" && !foreign(text) {
			t.Errorf("%q is not found", text)
		}
	}
	for _, text := range []string{
		"people of Market Drayton", "the sea salt study of 2,011 persons", "themselves, and the counsellor", "vitamin B 1 2 in ward A or B", "rates in 5 of 14 areas; 1 in 3", "Siân and Zoë of Tŷ Gŵyr",
		"a class of cells", "wholesome meals", "GP's assessment", "an actual fall", "insulin",
	} {
		if w := sold(text); w != "" || foreign(text) {
			t.Errorf("%q is found: %s", text, w)
		}
	}
	for _, text := range []string{"\u0455ell", "\u017fell", "\u0131nsurance", "\uff53ell", "\u026ansurance"} {
		if !foreign(text) {
			t.Errorf("%q is not foreign", text)
		}
	}
}
