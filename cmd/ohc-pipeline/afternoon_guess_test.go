package main

import (
	"compress/gzip"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash"
	"hash/crc64"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"secondaryuse/marts/domain/keyring"
	"secondaryuse/pipeline/config"
)

// bruteForce is an attacker who knows everybody's NHS number, and how ids are made, and
// has no key: they try each number against every 64-bit number in the Parquet files of
// some folders. They find nobody. With the keys, the same search finds everybody.
func bruteForce(ts *testscript.TestScript, _ bool, dirs []string) {
	everybody, seen, persons := numbersOf(ts), make(map[int64]bool), make(map[int64]string)
	for _, dir := range dirs {
		before := len(persons)
		idsIn(ts, ts.MkAbs(dir), seen, persons)
		if len(persons) < before+500 {
			ts.Fatalf("%s: only %d persons to be found", dir, len(persons)-before)
		}
	}
	try := func(how string, id int64) {
		if seen[id] {
			ts.Fatalf("without a key, %s finds somebody", how)
		}
	}
	common, own := commonKeys(ts), ownKeys(ts)
	for _, n := range everybody {
		unkeyed(n, try)
		keyed(n, common, try)
		keyed(n, own, func(_ string, id int64) { delete(persons, id) }) // whom they do find
	}
	for _, where := range persons {
		ts.Fatalf("with the keys, %d persons are not found, such as one of %s", len(persons), where)
	}
}

// numbersOf are the NHS numbers of the whole population, former ones too.
func numbersOf(ts *testscript.TestScript) (out []string) {
	f, err := os.Open(ts.MkAbs("truth/identifiers.ndjson.gz"))
	ts.Check(err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	ts.Check(err)
	for d := json.NewDecoder(z); ; {
		var x subject
		if err := d.Decode(&x); err == io.EOF {
			break
		} else if err != nil {
			ts.Fatalf("a line of the identifiers cannot be read")
		}
		out = append(out, x.NHSNumber)
		if x.OldNumber != "" {
			out = append(out, x.OldNumber)
		}
	}
	if len(out) < 1000 {
		ts.Fatalf("%d numbers are not the whole population", len(out))
	}
	return out
}

// idsIn takes every 64-bit number of the Parquet files below a folder, and the persons
// apart.
func idsIn(ts *testscript.TestScript, dir string, seen map[int64]bool, persons map[int64]string) {
	db, err := sql.Open("duckdb", "")
	ts.Check(err)
	defer db.Close()
	ts.Check(filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".parquet" {
			return err
		}
		from := "read_parquet('" + path + "')"
		var columns string
		err = db.QueryRow("SELECT coalesce(string_agg(column_name, ' '), '') FROM (DESCRIBE FROM " + from + ") WHERE column_type IN ('BIGINT', 'UBIGINT')").Scan(&columns)
		for _, c := range strings.Fields(columns) {
			err = errors.Join(err, each(db, "SELECT DISTINCT "+c+" FROM "+from+" WHERE "+c+" IS NOT NULL", func(id int64) {
				seen[id] = true
				if c == "person_id" {
					persons[id] = filepath.Base(path)
				}
			}))
		}
		return err
	}))
}

func each(db *sql.DB, query string, do func(int64)) error {
	rows, err := db.Query(query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var v any
		if err := rows.Scan(&v); err != nil {
			return err
		}
		switch v := v.(type) {
		case int64:
			do(v)
		case uint64:
			do(int64(v))
		}
	}
	return rows.Err()
}

// spellings are how a number is commonly hashed: with the salt that OpenPseudonymiser
// publishes, and as the source of this program shows, among them.
func spellings(n string) [][]byte {
	v, _ := strconv.ParseUint(n, 10, 64)
	big, little := binary.BigEndian.AppendUint64(nil, v), binary.LittleEndian.AppendUint64(nil, v)
	spaced := n[:3] + " " + n[3:6] + " " + n[6:]
	out := [][]byte{big, little}
	for _, s := range []string{n, spaced, strings.ReplaceAll(spaced, " ", "-"), n + "\n", "nhsnumber_" + n, n + "mackerel", "person\x1f" + n} {
		out = append(out, []byte(s))
	}
	return out
}

var plainHashes = map[string]func() hash.Hash{
	"MD5": md5.New, "SHA-1": sha1.New, "SHA-224": sha256.New224, "SHA-256": sha256.New, "SHA-384": sha512.New384,
	"SHA-512": sha512.New, "SHA-512/256": sha512.New512_256, "SHA3-256": func() hash.Hash { return sha3.New256() },
	"FNV": func() hash.Hash { return fnv.New64a() }, "CRC": func() hash.Hash { return crc64.New(crc64.MakeTable(crc64.ECMA)) },
}

// unkeyed tries the number itself, and its hashes without a key or with one that
// somebody might think of.
func unkeyed(n string, try func(how string, id int64)) {
	v, _ := strconv.ParseInt(n, 10, 64)
	try("the number itself", v)
	for _, text := range spellings(n) {
		for name, of := range plainHashes {
			h := of()
			h.Write(text)
			cuts(name, h.Sum(nil), try)
			if strings.HasPrefix(name, "SHA3") || h.Size() < md5.Size {
				continue
			}
			for _, key := range []string{"", strings.Repeat("\x00", 32), "secret", "password", "changeme", "salt", "nhs", "NHS"} {
				m := hmac.New(of, []byte(key))
				m.Write(text)
				cuts("HMAC-"+name, m.Sum(nil), try)
			}
		}
	}
}

// cuts are the 64 and 63 bits that an id may be of a hash, from either end.
func cuts(how string, sum []byte, try func(how string, id int64)) {
	for _, eight := range [][]byte{sum[:8], sum[len(sum)-8:]} {
		for _, v := range []uint64{binary.BigEndian.Uint64(eight), binary.LittleEndian.Uint64(eight)} {
			try(how, int64(v))
			try(how, int64(v>>1))
			try(how, int64(v&(1<<63-1)))
		}
	}
}

// secret is a key, as far as somebody has it: it makes an id of a number or an id.
type secret func(of []byte) int64

// keyed makes ids exactly as this program does, under some keys: of the stage from the
// number, of a mart from that, of an extract from that.
func keyed(n string, keys []secret, try func(how string, id int64)) {
	ids := [][]byte{[]byte(n)}
	for _, layer := range []string{"stage", "marts", "extracts"} {
		var next [][]byte
		for _, of := range ids {
			for _, k := range keys {
				id := k(of)
				try("a guessed key of the "+layer, id)
				next = append(next, binary.BigEndian.AppendUint64(nil, uint64(id)))
			}
		}
		ids = next
	}
}

func guessed(key []byte) secret {
	h := hmac.New(sha256.New, key)
	return func(of []byte) int64 {
		h.Reset()
		h.Write([]byte("person\x1f"))
		h.Write(of)
		var sum [sha256.Size]byte
		return int64(binary.BigEndian.Uint64(h.Sum(sum[:0])) >> 1)
	}
}

// commonKeys are what somebody might try: nothing, one byte again and again, words,
// names, and what manifests tell of the keys.
func commonKeys(ts *testscript.TestScript) (out []secret) {
	for _, key := range []string{"", strings.Repeat("\x00", 32), strings.Repeat("\xff", 32), "secret", "password", "planning"} {
		out = append(out, guessed([]byte(key)))
	}
	entries, err := ringOf(ts).List()
	ts.Check(err)
	for _, e := range entries {
		out = append(out, guessed([]byte(e.Fingerprint)))
	}
	return out
}

// ownKeys are the true ones.
func ownKeys(ts *testscript.TestScript) (out []secret) {
	ring := ringOf(ts)
	base, err := ring.Base()
	ts.Check(err)
	out = append(out, guessed(base[:]))
	for _, name := range []string{"planning", "project-falls", "project-hips"} {
		k, err := ring.Domain(name)
		ts.Check(err)
		out = append(out, func(of []byte) int64 { return k.ID(int64(binary.BigEndian.Uint64(of))) })
	}
	return out
}

func ringOf(ts *testscript.TestScript) *keyring.Ring {
	conf, err := config.Load(ts.MkAbs("config.yaml"))
	ts.Check(err)
	keys, err := openKeys(conf, false)
	ts.Check(err)
	return keys.ring
}
