package trace

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"
)

const planted = "9434765919"

// person is the wanted of one person, who is not in it if other is set.
func person(t testing.TB) *Wanted {
	t.Helper()
	w := New()
	w.Known("Parkinson's disease")
	add(t, w)
	w.Seal()
	return w
}

// add adds that person.
func add(t testing.TB, w *Wanted) {
	t.Helper()
	if !w.NHS([]byte("943 476 5919")) || w.NHS([]byte("9434765918")) {
		t.Fatal("the check digit is not looked at")
	}
	w.Person("Featherstone", "Aurelia")
	w.Person("Baker", "Ann")
	w.Person("Parkinson", "Zoë")
	w.Person("Núñez-Brönte", "Siân")
	w.Person("O'BRIEN-STRAUẞ", "ANN")
	w.Person("Mcdonaldson", "Ann")
	w.Word(Email, "first.middle.last.name.of.somebody@mail.north.east.example.invalid")
	w.Word(Address, "Flat 3, The Old Mill House, 12 St. Quill's Road West, by the river")
	w.Telephone([]byte("01782 345678"))
	w.Telephone([]byte("+44 (0)7700 900123"))
	w.Word(Postcode, "ZZ99 3WZ")
	w.Word(Address, "10 tovexenmere Drive")
	w.Word(Email, "a.featherstone@example.invalid")
	w.Word(Account, "3e0aed4c-6607-4da5-9c31-4db572fa6aad")
	w.Word(Local, "L00000417")
}

func find(w *Wanted, b []byte) (out []Finding) {
	w.Scanner(func(f Finding) { out = append(out, f) }).Bytes(b)
	return out
}

func wide16(s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}

// spellings are the ways in which a number is written, each with where it may be found.
func spellings(n string) map[string][]byte {
	v, _ := strconv.ParseUint(n, 10, 64)
	spaced := n[:3] + " " + n[3:6] + " " + n[6:]
	out := map[string][]byte{
		"plain": []byte(n), "spaced": []byte(spaced), "hyphens": []byte(n[:3] + "-" + n[3:6] + "-" + n[6:]), "dots": []byte(n[:3] + "." + n[3:6] + "." + n[6:]),
		"single": []byte(strings.Join(strings.Split(n, ""), " ")), "zeros": []byte("0000" + n), "behind": []byte("RZ7" + n), "before": []byte(n + "01"),
		"utf-16": wide16(n), "utf-16 spaced": wide16(spaced), "big": append([]byte{0}, wide16(n)...),
		"le": binary.LittleEndian.AppendUint64(nil, v), "be": binary.BigEndian.AppendUint64(nil, v),
		"double": binary.LittleEndian.AppendUint64(nil, math.Float64bits(float64(v))), "double be": binary.BigEndian.AppendUint64(nil, math.Float64bits(float64(v))),
		"hex": []byte(hex.EncodeToString([]byte(n))), "HEX": []byte(strings.ToUpper(hex.EncodeToString([]byte(spaced)))),
		"hex number": fmt.Appendf(nil, "%x", v), "hex bytes": []byte(hex.EncodeToString(binary.LittleEndian.AppendUint64([]byte{1, 2}, v))),
		"reversed": []byte(reverse(n)), "prefixed": []byte("nhsnumber_" + n),
	}
	for skip := range 3 {
		out[fmt.Sprintf("base64 %d", skip)] = []byte(base64.StdEncoding.EncodeToString([]byte("xyz"[:skip] + n)))
		out[fmt.Sprintf("base64 url %d", skip)] = []byte(base64.RawURLEncoding.EncodeToString([]byte("\xff\xfe\xfd"[:skip] + spaced + "??")))
	}
	for name, text := range map[string]string{"plain": n, "spaced": spaced, "line": n + "\n", "prefixed": "nhsnumber_" + n} {
		m, s, t, u := md5.Sum([]byte(text)), sha1.Sum([]byte(text)), sha256.Sum256([]byte(text)), sha512.Sum512([]byte(text))
		for kind, sum := range map[string][]byte{"md5": m[:], "sha1": s[:], "sha256": t[:], "sha512": u[:]} {
			out[kind+" "+name] = sum
			out[kind+" hex "+name] = []byte(hex.EncodeToString(sum))
			out[kind+" HEX "+name] = []byte(strings.ToUpper(hex.EncodeToString(sum[:16])))
			out[kind+" base64 "+name] = []byte(base64.StdEncoding.EncodeToString(sum))
			out[kind+" url "+name] = []byte(base64.RawURLEncoding.EncodeToString(sum[:16]))
		}
	}
	each := func(text, sep, form string) string {
		var out []string
		for _, c := range []byte(text) {
			out = append(out, fmt.Sprintf(form, c))
		}
		return strings.Join(out, sep)
	}
	for name, text := range map[string]string{
		"json": each(n, "", "\\u%04x"), "json in json": each(n, "", `\\u%04X`), "program": each(n, "", `\x%02x`), "octal": each(n, "", `\%03o`), "web": each(n, "", "%%%02X"), "web in web": each(n, "", "%%25%02x"),
		"html": each(n, "", "&#%d;"), "html hex": each(n, "", "&#x%X;"), "html space": strings.ReplaceAll(spaced, " ", "&nbsp;"), "web space": strings.ReplaceAll(spaced, " ", "%20"),
		"no-break": strings.ReplaceAll(spaced, " ", "\u00a0"), "no-break of Latin-1": strings.ReplaceAll(spaced, " ", "\xa0"), "thin": strings.ReplaceAll(spaced, " ", "\u2009"), "dashes": strings.ReplaceAll(spaced, " ", "–"),
		"dump": each(n, " ", "%02x"), "dump of fours": n[:0] + hex.EncodeToString([]byte(n))[:4] + " " + hex.EncodeToString([]byte(n))[4:8] + " " + hex.EncodeToString([]byte(n))[8:12] + " " + hex.EncodeToString([]byte(n))[12:16] + " " + hex.EncodeToString([]byte(n))[16:],
		"colons": each(n, ":", "%02X"), "array": each(n, ", ", "0x%02x"), "thousands": `"` + n[:1] + "," + n[1:4] + "," + n[4:7] + "," + n[7:] + `"`, "real": n + ".0", "exponent": n[:1] + "." + n[1:] + "e+09",
		"long word": "thenhsnumberofthepatientis" + n, "data": base64.StdEncoding.EncodeToString([]byte(`{"nhs":"` + n + `"}`)),
	} {
		out[name] = []byte(text)
	}
	for at := 40; at < 60; at++ { // at any place of a line end
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", at) + n + strings.Repeat("y", 60)))
		out[fmt.Sprint("mail ", at)] = []byte(text[:76] + "\r\n" + text[76:])
		dump := hex.EncodeToString([]byte(strings.Repeat("x", at) + n))
		out[fmt.Sprint("plain dump ", at)] = []byte(dump[:100] + "\n" + dump[100:])
	}
	s224, s384, s3, half := sha256.Sum224([]byte(n)), sha512.Sum384([]byte(n)), sha3.Sum256([]byte(n)), sha256.Sum256([]byte(n))
	out["sha224"], out["sha384"], out["sha3"], out["half"] = s224[:], []byte(hex.EncodeToString(s384[:])), s3[:], []byte(hex.EncodeToString(half[:8]))
	return out
}

func reverse(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}

// TestEverySpelling holds that a number is found however it is written, and that
// another, written in the same way, is not.
func TestEverySpelling(t *testing.T) {
	w := person(t)
	for name, b := range spellings(planted) {
		if len(find(w, b)) == 0 {
			t.Errorf("%s: not found", name)
		}
	}
	for name, b := range spellings("9434765870") {
		if f := find(w, b); len(f) != 0 {
			t.Errorf("%s: of another number, found %v", name, f)
		}
	}
}

// filler is bytes that name nobody.
func filler(kind int, n int, r *rand.Rand) []byte {
	b := make([]byte, n)
	for i := range b {
		switch kind {
		case 0:
			b[i] = byte(r.Uint32())
		case 1:
			b[i] = "the quick brown fox, 12 and\n"[i%28]
		case 2:
			b[i] = 0
		default:
			b[i] = "abcdef 0123|,;\"xyzABC"[r.IntN(21)]
		}
	}
	return b
}

// little is how much is read at once where many borders are wanted.
const little = 4096

// TestAnywhere plants a spelling at any place of a stream, the borders of what is read
// at once among them, between anything.
func TestAnywhere(t *testing.T) {
	w := person(t)
	all := spellings(planted)
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		what := rapid.SampledFrom(names).Draw(t, "spelling")
		at := rapid.IntRange(0, 4*little).Draw(t, "at")
		b := filler(rapid.IntRange(0, 3).Draw(t, "filler"), at, r)
		b = append(append(append(b, '\n'), all[what]...), '\n')
		b = append(b, filler(rapid.IntRange(0, 3).Draw(t, "behind"), rapid.IntRange(0, 2000).Draw(t, "more"), r)...)
		var found []Finding
		s := w.Scanner(func(f Finding) { found = append(found, f) })
		s.buffer = make([]byte, little)
		if n, err := s.Read(bytes.NewReader(b)); err != nil || n != int64(len(b)) {
			t.Fatal(n, err)
		}
		hit := slices.ContainsFunc(found, func(f Finding) bool { return f.At >= int64(at)-2 && f.At <= int64(at+1+len(all[what])) })
		if !hit {
			t.Fatalf("%s at %d of %d: found %v", what, at, len(b), found)
		}
		once := make(map[Finding]int)
		for _, f := range found {
			if once[f]++; once[f] > 2 {
				t.Fatalf("%v was told %d times", f, once[f])
			}
		}
	})
}

// TestWords holds what counts as a name, and what does not.
func TestWords(t *testing.T) {
	w := person(t)
	for text, want := range map[string]string{
		"mr FEATHERSTONE came": "name", "Featherstone.json": "name", "x\x00FeatherstoneZZ99": "name", "AureliaFeatherstone": "name", "featherstone1952": "name",
		"Baker, Ann": "name", "ann baker": "name", "\"given\":[\"Ann\"],\"family\":\"Baker\"": "name", "Ann\tBaker\n": "name",
		"a,Baker,b": "name", "\"BAKER\"": "name", "the Baker Street": "", "baker": "name", "bakery": "", "Parkinson's disease": "", "Parkinson": "", "parkinson zoë": "name", "PARKINSON, ZOË": "name",
		"zz99 3wz": "postcode", "code=ZZ993WZ;": "postcode", "ZZ99-3WZ": "postcode", "xzz993wz": "",
		"at 10, Tovexenmere Drive": "address", "10 tovexenmere": "", "a.featherstone@example.invalid": "e-mail address, name", "A.Featherstone@EXAMPLE.invalid": "e-mail address, name",
		"id/3E0AED4C-6607-4DA5-9C31-4DB572FA6AAD": "account", "3e0aed4c66074da59c314db572fa6aad": "account", "l00000417": "local number",
		"07700 900123": "telephone number", "+447700900123": "telephone number", "00447700900123": "telephone number", "7700900123": "telephone number", "tel 0 7700-900-123": "telephone number",
		`"N\u00fa\u00f1ez-Br\u00f6nte"`: "name", "N%C3%BA%C3%B1ez-Br%C3%B6nte": "name", "N&uacute;&ntilde;ez-Br&ouml;nte": "name", "N=C3=BA=C3=B1ez-Br=C3=B6nte": "name",
		"N\xfa\xf1ez-Br\xf6nte": "name", "NUNEZ-BRONTE": "name", "NÚÑEZ BRÖNTE": "name", "Nu\u0301n\u0303ez-Bro\u0308nte": "name", "nunezbronte": "name", string(wide16("Núñez-Brönte")): "name",
		"Núñez": "", "sian nunez bronte": "name", `O\u0027Brien-Strauss, Ann`: "name", "O’Brien-Strauß": "name", "OBRIENSTRAUSS": "name", "O&#39;Brien-Strauss": "name", "McDonaldSon": "name",
		`"x\nfeatherstone"`: "name", `"{\"name\":\"featherstone\"}"`: "name", "a.featherstone%40example.invalid": "e-mail address, name", "10%20tovexenmere%20Drive": "address", "ZZ99+3WZ": "postcode", "ZZ99\u00a03WZ": "postcode",
		base64.StdEncoding.EncodeToString([]byte(`{"sub":"x","name":"Aurelia Featherstone"}`)): "name", hex.EncodeToString([]byte("to: Aurelia Featherstone")): "name",
		"First.Middle.Last.Name.of.somebody@mail.north.east.example.invalid": "e-mail address", "flat 3 the old mill house 12 st. quill's road west, by the river": "address",
		"at 1782345678": "", "01782345678": "telephone number", "+44(0)1782 345678": "telephone number",
		string(wide16("Featherstone")): "name", string(wide16("ZZ99 3WZ")): "postcode",
	} {
		var got []string
		for _, f := range find(w, []byte(text)) {
			got = append(got, f.Kind.String())
		}
		slices.Sort(got)
		if have := strings.Join(slices.Compact(got), ", "); have != want {
			t.Errorf("%q: found %q, want %q", text, have, want)
		}
	}
}

// TestAgain holds that whatever is found, in whatever spelling, is certain once the same
// persons are added again, and not where others are.
func TestAgain(t *testing.T) {
	w := person(t)
	texts := spellings(planted)
	for _, text := range []string{"N\xfa\xf1ez-Br\xf6nte", "sian NUNEZ bronte", `"\u0027Brien" O\u0027Brien-Strauss, Ann`, "a.featherstone%40example.invalid", "07700 900123", "zz993wz", string(wide16("Núñez-Brönte")),
		"flat 3 the old mill house, 12 st quills road west by the river", "BAKER", "3e0aed4c66074da59c314db572fa6aad", "l00000417", "McDonaldSon"} {
		texts[text] = []byte(text)
	}
	for name, b := range texts {
		found := find(w, b)
		var proofs []Proof
		for _, f := range found {
			proofs = append(proofs, f.Proof)
		}
		same, others := w.Again(proofs), w.Again(proofs)
		add(t, same)
		others.NHS([]byte("9434765870"))
		others.Person("Featherstoke", "Aurelio")
		for _, f := range found {
			if !same.Certain(f.Proof) || others.Certain(f.Proof) {
				t.Errorf("%s: %s, %s: of the same persons %v, of others %v", name, f.Kind, f.Form, same.Certain(f.Proof), others.Certain(f.Proof))
			}
		}
		if len(found) == 0 {
			t.Errorf("%s: not found", name)
		}
	}
}

// TestSilence holds that what only looks like an identifier is none.
func TestSilence(t *testing.T) {
	w := person(t)
	for _, text := range []string{"9434765918", "943476591", "943,476,5919", "943  476 5919", "feathers", "zz99", "", "12345678901234567890",
		"a9434765919b9434765919c9434765919d", "943:476:5919", "9,434,765,919", "x,9,434,765,919,1", "%39", "&#57;", "\\u0039\\u0034", "=94=33", "&;&&&%%%"} {
		if f := find(w, []byte(text)); len(f) != 0 {
			t.Errorf("%v found in %q", f, text)
		}
	}
}

// FuzzScan holds that any bytes can be searched, and come to the same whether they are
// read or lie in memory.
func FuzzScan(f *testing.F) {
	f.Add([]byte("943 476 5919, Featherstone"), uint16(0))
	f.Add([]byte(strings.Repeat("OTQzNDc2NTkxOQ==", 4)), uint16(1000))
	f.Add([]byte(strings.Repeat("39", 40)+"\x00F\x00e\x00"), uint16(65535))
	f.Add([]byte("\\u0039434%37&#54;59\\x319 N\xfa\xf1ez-Br\xf6nte =C3=\r\n"), uint16(4000))
	f.Add([]byte("39 34:33 0x34,37-36 3539\r\n31 39 Nu\u0301n\u0303ez\u00a0Br\u00f6nte"), uint16(3500))
	w := person(f)
	f.Fuzz(func(t *testing.T, b []byte, before uint16) {
		if len(b) > overlap-context {
			b = b[:overlap-context]
		}
		all := append(bytes.Repeat([]byte{'\n'}, int(before)%(2*little)), b...)
		var read []Finding
		s := w.Scanner(func(f Finding) { read = append(read, f) })
		s.buffer = make([]byte, little)
		if _, err := s.Read(bytes.NewReader(all)); err != nil {
			t.Fatal(err)
		}
		order := func(a, b Finding) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) }
		whole := find(w, all)
		slices.SortFunc(read, order)
		slices.SortFunc(whole, order)
		if !slices.Equal(slices.Compact(read), slices.Compact(whole)) {
			t.Errorf("read: %v, whole: %v", read, whole)
		}
	})
}

// TestNoise holds that random bytes and texts of digits hold nobody of many.
func TestNoise(t *testing.T) {
	w := New()
	r := rand.New(rand.NewPCG(1, 2))
	for n := 0; n < 20000; n++ {
		w.NHS(fmt.Appendf(nil, "%010d", r.Uint64N(1e10)))
		w.Word(Local, fmt.Sprintf("L%08d", r.Uint64N(1e8)))
	}
	w.Seal()
	b := filler(0, 8<<20, r)
	for range 50000 {
		b = fmt.Appendf(b, "%d\n", r.Int64())
		b = fmt.Appendf(b, "%x\n", r.Uint64())
	}
	if f := find(w, b); len(f) > 0 {
		t.Errorf("in noise, found %d: %v", len(f), f[0])
	}
	if per := w.Bytes() / w.People(); per > 350 {
		t.Errorf("%d bytes a person", per)
	}
}

func BenchmarkScan(b *testing.B) {
	w := New()
	r := rand.New(rand.NewPCG(1, 2))
	for n := 0; n < 100000; {
		if w.NHS(fmt.Appendf(nil, "9%09d", r.Uint64N(1e9))) {
			n++
			w.Word(Local, fmt.Sprintf("L%08d", r.Uint64N(1e8)))
			w.Word(Address, fmt.Sprintf("%d Tovexen%dmere Drive", r.Uint64N(200), r.Uint64N(100000)))
			w.Word(Postcode, fmt.Sprintf("ST%d %dAB", r.Uint64N(99), r.Uint64N(9)))
			w.Person(fmt.Sprintf("Zorv%dtovexen", r.Uint64N(100000)), "Bjaxtundraett")
		}
	}
	w.Seal()
	for name, kind := range map[string]int{"random": 0, "text": 1, "zeros": 2, "cells": 3} {
		data := filler(kind, 16<<20, r)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			s := w.Scanner(func(Finding) {})
			var before, after syscall.Rusage
			syscall.Getrusage(syscall.RUSAGE_SELF, &before)
			for b.Loop() {
				s.Read(bytes.NewReader(data))
			}
			syscall.Getrusage(syscall.RUSAGE_SELF, &after)
			b.ReportMetric(float64(w.Bytes()/w.People()), "B/person")
			b.ReportMetric(float64(b.N*len(data))*1e3/float64(after.Utime.Nano()-before.Utime.Nano()), "MB/core-s")
		})
	}
}
