package deid

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"secondaryuse/deid/identity"
)

// hand is somebody whom numbers are handed to, and what they read of them.
func hand(t *testing.T) (Hand, func(data []byte) string) {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	h, err := HandOf(id.Recipient().String())
	if err != nil {
		t.Fatal(err)
	}
	return h, func(data []byte) string {
		t.Helper()
		r, err := age.Decrypt(bytes.NewReader(data), id)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

// TestNumbers holds that whoever holds the key reads the numbers, that nobody else
// does, and that of whom has none nothing is handed out.
func TestNumbers(t *testing.T) {
	h, read := hand(t)
	persons := map[int64]identity.Number{7: parse(t, "943 476 5919"), 3: parse(t, "9434765870")}
	var out bytes.Buffer
	if err := h.Numbers(&out, persons); err != nil {
		t.Fatal(err)
	}
	if got := read(out.Bytes()); got != "person_id,nhs_number\n3,9434765870\n7,9434765919\n" {
		t.Errorf("%q", got)
	}
	if s := out.String(); strings.Contains(s, "94347") || strings.Contains(fmt.Sprintf("%v %+v", persons, h), "94347") {
		t.Error("a number is in clear")
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := age.Decrypt(bytes.NewReader(out.Bytes()), other); err == nil {
		t.Error("somebody else can read it")
	}
	if err := (Hand{}).Numbers(io.Discard, persons); err == nil {
		t.Error("numbers were handed to nobody")
	}
	persons[9], _ = identity.Local([]byte("X12345"))
	if err := h.Numbers(io.Discard, persons); err == nil {
		t.Error("a local identifier was handed out")
	}
	for _, public := range []string{"", "age1", "AGE-SECRET-KEY-1", "ssh-ed25519 AAAA", other.String()} {
		if _, err := HandOf(public); err == nil || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%.6s: %v", public, err)
		}
	}
}

// openVectors are OpenPseudonymiser's, as uk-rules.md section 7.1 has them.
var openVectors = []struct {
	values map[string][]byte
	clear  string
	want   string
}{
	{map[string][]byte{"NHSNumber": []byte("943 476 5919"), "DOB": []byte("29.11.1973")}, "29.11.19739434765919mackerel", "ED72F814B7905F3D3958749FA90FE657C101EC657402783DB68CBE3513E76087"},
	{map[string][]byte{"NHSNumber": []byte("9434765919"), "DOB": []byte("29.11.2011")}, "29.11.20119434765919mackerel", "5DFC32BA81EA3E016333687111AE2F63D97DAD05ADF92C61BF06438A08D8BC56"},
	{map[string][]byte{"NHSNumber": []byte("\t943 476\r\n5919 ")}, "9434765919mackerel", "643574A0AEFDA8DAC01EEBE45F7E8CFE814B15BBC3F654AC934518A34A53D575"},
}

func TestOpenPseudonymiser(t *testing.T) {
	for _, v := range openVectors {
		if got := string(openPseudonym(v.values, []byte("mackerel"))); got != v.want {
			t.Errorf("%s: %s, want %s", v.clear, got, v.want)
		}
	}
	h, read := hand(t)
	var out bytes.Buffer
	if err := h.Pseudonyms(&out, []byte("mackerel"), map[int64]identity.Number{7: parse(t, "943 476 5919")}); err != nil {
		t.Fatal(err)
	}
	if got := read(out.Bytes()); got != "person_id,pseudonym\n7,"+openVectors[2].want+"\n" {
		t.Errorf("%q", got)
	}
	if err := h.Pseudonyms(io.Discard, nil, nil); err == nil {
		t.Error("without a salt")
	}
}

// TestOpenPseudonymiserByOpenSSL holds the vectors to a second implementation.
func TestOpenPseudonymiserByOpenSSL(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed; the vectors stand in the table above")
	}
	for _, v := range openVectors {
		cmd := exec.Command(openssl, "dgst", "-sha256", "-r")
		cmd.Stdin = strings.NewReader(v.clear)
		out, err := cmd.Output()
		if err != nil || strings.ToUpper(string(out[:64])) != v.want {
			t.Errorf("%s: openssl says %s: %v", v.clear, out, err)
		}
	}
}

// TestStandardAge holds that the program age reads what is handed out.
func TestStandardAge(t *testing.T) {
	program, err := exec.LookPath("age")
	if err != nil {
		t.Skip("age is not installed")
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	h, err := HandOf(id.Recipient().String())
	if err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte(id.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := h.Numbers(&out, map[int64]identity.Number{7: parse(t, "943 476 5919")}); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-d", "-i", key)
	cmd.Stdin = &out
	if text, err := cmd.Output(); err != nil || string(text) != "person_id,nhs_number\n7,9434765919\n" {
		t.Errorf("%s %v", text, err)
	}
}

// TestReturned holds that what stands for a person in the audit log stands for
// nothing elsewhere.
func TestReturned(t *testing.T) {
	k := testKey(t)
	if k.Returned(5) == k.Withdrawal(5) || k.Returned(5) == k.Returned(6) || k.Returned(5) != k.Returned(5) {
		t.Error("not a digest of one person for one purpose")
	}
}
