package main

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2" // the peer

	"secondaryuse/pipeline"
	"secondaryuse/pipeline/config"
	"secondaryuse/pipeline/ledger"
	"secondaryuse/pipeline/stage/seal"
)

// benchPersons is how many persons the observations are about.
const benchPersons = 20_000

// benchBytes is how much NDJSON is read: OHC_BENCH_MB megabytes, or 64.
func benchBytes() int64 {
	if mb, err := strconv.ParseInt(os.Getenv("OHC_BENCH_MB"), 10, 64); err == nil {
		return mb << 20
	}
	return 64 << 20
}

// BenchmarkWayIn takes Observations the whole way in, every gate on and the
// Parquet sealed, in turn with DuckDB's own SQL flattening the same NDJSON, and
// with the floor: reading the bytes and finding the line ends. Run it as
//
//	OHC_BENCH_MB=1024 go test ./cmd/ohc-pipeline -run '^$' -bench WayIn -benchtime 5x
func BenchmarkWayIn(b *testing.B) {
	dir := b.TempDir()
	rows := benchFeed(b, dir, benchBytes())
	conf, err := config.Load(filepath.Join(dir, "config.yaml"))
	if err != nil {
		b.Fatal(err)
	}
	var ours, flat, parquet, floor time.Duration
	for i := 0; b.Loop(); i++ {
		ours += timed(b, func() error { return wayIn(conf, i, rows) })
		flat += timed(b, func() error { return peer(dir, flatten) })
		parquet += timed(b, func() error {
			return peer(dir, "COPY ("+flatten+") TO '"+filepath.Join(dir, "peer.parquet")+"' (FORMAT parquet)")
		})
		floor += timed(b, func() error { return readLines(filepath.Join(dir, "in", "Observation.ndjson")) })
	}
	n := float64(b.N)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ours.Seconds()/n, "ours-s")
	b.ReportMetric(float64(rows)*n/ours.Seconds(), "rows/s")
	b.ReportMetric(flat.Seconds()/ours.Seconds(), "x-duckdb-flatten")
	b.ReportMetric(parquet.Seconds()/ours.Seconds(), "x-duckdb-parquet")
	b.ReportMetric(ours.Seconds()/floor.Seconds(), "x-floor")
}

func timed(b *testing.B, f func() error) time.Duration {
	began := time.Now()
	if err := f(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

// nowhere publishes nothing: the way in ends with the seal.
type nowhere struct{}

func (nowhere) Publish(context.Context, string, seal.Manifest) (string, error) { return "none", nil }

func wayIn(c config.Config, i, rows int) error {
	l, err := ledger.Open(filepath.Join(c.Work, "ledger.db"))
	if err != nil {
		return err
	}
	defer l.Close()
	r, _, err := assemble(c, c.AsOf.Time, time.Now())
	if err != nil {
		return err
	}
	r.ID, r.Ledger, r.Marts = fmt.Sprint("bench", i), l, nowhere{}
	if err := l.Begin(context.Background(), ledger.Run{ID: r.ID}); err != nil {
		return err
	}
	var result pipeline.Result
	if result, err = r.Go(context.Background()); err != nil {
		return err
	}
	if got := result.Account.Read("ohc"); got != int64(rows)+benchPersons {
		return fmt.Errorf("read %d records of %d", got, rows+benchPersons)
	}
	return nil
}

// flatten is the peer: DuckDB reads the columns that row.Observation keeps.
const flatten = `SELECT id, subject.reference AS subject, encounter.reference AS encounter, status,
	category[1].coding[1].code AS category, code.coding[1].system AS system, code.coding[1].code AS code,
	effectiveDateTime AS at, issued, meta.lastUpdated AS version, meta.source AS source,
	valueQuantity.value AS value, valueQuantity.code AS unit,
	valueCodeableConcept.coding[1].code AS value_code
FROM read_json('%s', format = 'newline_delimited', columns = {id: 'VARCHAR', status: 'VARCHAR',
	meta: 'STRUCT(lastUpdated TIMESTAMPTZ, source VARCHAR)', subject: 'STRUCT(reference VARCHAR)', encounter: 'STRUCT(reference VARCHAR)',
	category: 'STRUCT(coding STRUCT(code VARCHAR)[])[]', code: 'STRUCT(coding STRUCT(system VARCHAR, code VARCHAR)[])',
	effectiveDateTime: 'TIMESTAMPTZ', issued: 'TIMESTAMPTZ', valueQuantity: 'STRUCT(value DOUBLE, code VARCHAR)',
	valueCodeableConcept: 'STRUCT(coding STRUCT(code VARCHAR)[])'})`

// peer has DuckDB run a query over the observations; a plain SELECT goes into a
// temporary table, so that every column is really made.
func peer(dir, query string) error {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return err
	}
	defer db.Close()
	query = fmt.Sprintf(query, filepath.Join(dir, "in", "Observation.ndjson"))
	if query[:4] != "COPY" {
		query = "CREATE TEMP TABLE flat AS " + query
	}
	_, err = db.Exec(query)
	return err
}

func readLines(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(make([]byte, 1<<20), 1<<20)
	for s.Scan() {
	}
	return s.Err()
}

// benchFeed writes a feed of that many bytes of Observations with its lists and
// returns how many there are.
func benchFeed(b *testing.B, dir string, bytes int64) int {
	b.Helper()
	now := time.Now().UTC()
	os.MkdirAll(filepath.Join(dir, "in"), 0o700)
	var numbers []string
	for i := 0; len(numbers) < benchPersons; i++ {
		if n, ok := testNumber(i); ok {
			numbers = append(numbers, n)
		}
	}
	write(b, filepath.Join(dir, "in", "Patient.ndjson"), func(w *bufio.Writer) {
		for i, n := range numbers {
			fmt.Fprintf(w, `{"resourceType":"Patient","id":"%s","meta":{"lastUpdated":"2026-10-01T00:00:00Z"},"identifier":[{"extension":[{"url":"https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus","valueCodeableConcept":{"coding":[{"system":"https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland","code":"01"}]}}],"system":"https://fhir.nhs.uk/Id/nhs-number","value":"%s"}],"gender":"female","birthDate":"1961-02-03"}`+"\n", benchID(i), n)
		}
	})
	rows := 0
	write(b, filepath.Join(dir, "in", "Observation.ndjson"), func(w *bufio.Writer) {
		for written := int64(0); written < bytes; rows++ {
			n, _ := fmt.Fprintf(w, benchObservation, benchID(1_000_000+rows), benchID(rows%benchPersons), benchID(2_000_000+rows/4),
				1+rows%28, 1+rows%28, 100+rows%80)
			written += int64(n)
		}
	})
	for _, name := range []string{"sent", "reply"} {
		write(b, filepath.Join(dir, name+".dat"), func(w *bufio.Writer) {
			for _, n := range numbers {
				fmt.Fprintf(w, "%s,\n", n)
			}
		})
	}
	benchLists(b, dir, now, numbers[0])
	return rows
}

func benchLists(b *testing.B, dir string, now time.Time, number string) {
	list := func(name, polarity, header, row string) {
		write(b, filepath.Join(dir, name+".csv"), func(w *bufio.Writer) {
			fmt.Fprintf(w, "#list name=%s version=1 record=one-health-and-care polarity=%s issued=%s rows=1\n%s\n%s\n",
				name, polarity, now.Add(-time.Hour).Format(time.RFC3339), header, row)
		})
	}
	list("objection", "deny", "nhs_number,kind,status,recorded_on", number+",type-1,withdrawn,2020-01-01")
	list("connection", "allow", "nhs_number,provider,account,connected_at,disconnected_at", number+",garmin,a1,2020-01-01T00:00:00Z,")
	list("agreement", "allow", "ods_code,feed,valid_from,valid_to", "M82002,*,2000-01-01,")
	write(b, filepath.Join(dir, "reply.ctl"), func(w *bufio.Writer) {
		fmt.Fprintf(w, `<DTSControl><Version>1.0</Version><AddressType>DTS</AddressType><MessageType>Data</MessageType><From_DTS>X26HC065</From_DTS><To_DTS>OHC</To_DTS><Subject>bench</Subject><LocalId>bench</LocalId><WorkflowId>SPINE_NTT_UPHOLDING</WorkflowId><StatusRecord><DateTime>%s</DateTime><Event>TRANSFER</Event><Status>SUCCESS</Status><StatusCode>00</StatusCode></StatusRecord></DTSControl>`+"\n", now.Add(-time.Hour).Format("20060102150405"))
	})
	write(b, filepath.Join(dir, "config.yaml"), func(w *bufio.Writer) {
		fmt.Fprint(w, `as_of: 2026-11-01
feeds:
  - {name: ohc, kind: fhir, path: in, organisation: M82002}
gates:
  optout: {sent: sent.dat, reply: reply.dat, control: reply.ctl}
  objection: {file: objection.csv}
  connection: {file: connection.csv}
  agreement: {file: agreement.csv}
`)
	})
}

const benchObservation = `{"resourceType":"Observation","id":"%s","meta":{"versionId":"1","lastUpdated":"2026-10-02T03:04:05.678+00:00","source":"https://fhir.nhs.uk/Id/ods-organization-code|M82002","profile":["https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation"]},"status":"final","category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs","display":"Vital Signs"}]}],"code":{"coding":[{"system":"http://snomed.info/sct","code":"271649006","display":"Systolic blood pressure"}],"text":"Systolic blood pressure"},"subject":{"reference":"Patient/%s"},"encounter":{"reference":"Encounter/%s"},"effectiveDateTime":"2026-01-%02dT09:10:11+00:00","issued":"2026-01-%02dT09:20:11.123+00:00","performer":[{"reference":"Practitioner/9c58a3b7-0000-4000-8000-000000000017","display":"Dr A Example"}],"valueQuantity":{"value":%d.5,"unit":"mmHg","system":"http://unitsofmeasure.org","code":"mm[Hg]"},"note":[{"text":"Taken seated after five minutes of rest, left arm, \"large\" cuff."}]}` + "\n"

func benchID(i int) string { return fmt.Sprintf("7d5f2c1e-93a4-4b6e-8c1d-%012d", i) }

// testNumber makes the i-th candidate of the NHS number range for tests.
func testNumber(i int) (string, bool) {
	nine := fmt.Sprintf("9%08d", i*7919%100_000_000)
	sum := 0
	for j, c := range nine {
		sum += int(c-'0') * (10 - j)
	}
	check := (11 - sum%11) % 11
	return fmt.Sprint(nine, check), check < 10 && len(nine) == 9 && nine != "900000000"
}

func write(b *testing.B, path string, f func(*bufio.Writer)) {
	b.Helper()
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(file, 1<<20)
	f(w)
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
}
