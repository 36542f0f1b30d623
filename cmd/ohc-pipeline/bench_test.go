package main

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2" // the peer

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
// with the floor: reading the bytes and finding the line ends. Each is a
// process of its own, so that none has to live with what another has left
// behind, and is timed from its start to its end. Run it as
//
//	OHC_BENCH_MB=1024 go test ./cmd/ohc-pipeline -run '^$' -bench WayIn -benchtime 9x
func BenchmarkWayIn(b *testing.B) {
	dir := b.TempDir()
	rows := benchFeed(b, dir, benchBytes())
	took := make(map[string][]float64)
	var peak []float64
	for b.Loop() {
		for _, who := range []string{"way-in", "flatten", "parquet", "lines"} {
			seconds, memory := contest(b, who, dir, rows)
			took[who] = append(took[who], seconds)
			if who == "way-in" {
				peak = append(peak, memory)
			}
		}
	}
	ours := took["way-in"]
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(ours), "s")
	b.ReportMetric(float64(rows)/median(ours), "records/s")
	b.ReportMetric(median(ratios(took["flatten"], ours)), "x-duckdb-flatten")
	b.ReportMetric(median(ratios(took["parquet"], ours)), "x-duckdb-parquet")
	b.ReportMetric(median(ratios(ours, took["lines"])), "x-floor")
	b.ReportMetric(median(peak), "MB-peak")
}

func ratios(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] / b[i]
	}
	return out
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// contest has one contestant run, and returns how long it took, in seconds,
// and how much memory it had at most, in megabytes.
func contest(b *testing.B, who, dir string, rows int) (seconds, memory float64) {
	b.Helper()
	cmd := exec.Command("contestant", who, dir, strconv.Itoa(rows))
	began := time.Now()
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.Fatalf("%s: %v\n%s", who, err, out)
	}
	return time.Since(began).Seconds(), float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss) / 1024
}

// contestant is the command that contest runs.
func contestant() {
	dir := os.Args[2]
	var err error
	switch os.Args[1] {
	case "way-in", "gates":
		if path := os.Getenv("OHC_BENCH_PROFILE"); path != "" {
			defer profile(path)()
		}
		if os.Args[1] == "gates" {
			err = wayInTimed(dir)
		} else {
			err = wayIn(dir, os.Args[3])
		}
	case "flatten":
		err = peer(dir, "CREATE TEMP TABLE flat AS "+flatten)
	case "parquet":
		err = peer(dir, "COPY ("+flatten+") TO '"+filepath.Join(dir, "peer.parquet")+"' (FORMAT parquet)")
	case "lines":
		err = readLines(filepath.Join(dir, "in", "Observation.ndjson"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// profile writes a CPU profile until what it returns is called.
func profile(path string) func() {
	f, err := os.Create(path)
	if err == nil {
		err = pprof.StartCPUProfile(f)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return pprof.StopCPUProfile
}

// nowhere publishes nothing: the way in ends with the seal.
type nowhere struct{}

func (nowhere) Publish(context.Context, string, seal.Manifest) (string, error) { return "none", nil }

// wayIn takes a feed of so many observations the whole way in.
func wayIn(dir, rows string) error {
	c, err := config.Load(filepath.Join(dir, "config.yaml"))
	if err != nil {
		return err
	}
	l, err := ledger.Open(filepath.Join(c.Work, "ledger.db"))
	if err != nil {
		return err
	}
	defer l.Close()
	r, _, err := open(c, c.AsOf.Time, time.Now(), true)
	if err != nil {
		return err
	}
	r.ID, r.Ledger, r.Marts = seal.Name(time.Now()), l, nowhere{}
	if err := l.Begin(context.Background(), ledger.Run{ID: r.ID}); err != nil {
		return err
	}
	result, err := r.Go(context.Background())
	if err != nil {
		return err
	}
	if n, err := strconv.ParseInt(rows, 10, 64); err != nil || result.Account.Read("ohc") != n+benchPersons {
		return fmt.Errorf("read %d records of %s and %d persons", result.Account.Read("ohc"), rows, benchPersons)
	}
	return nil
}

// concept is a CodeableConcept, as far as it is kept.
const concept = `STRUCT(coding STRUCT(system VARCHAR, code VARCHAR)[])`

// flatten is the peer: DuckDB does the flattening that makes row.Observation,
// and no more. References become bare ids, times wall clocks, components rows
// of their own, and of several codings SNOMED CT's is taken. It judges nothing
// and replaces no identifier.
const flatten = `WITH feed AS (
	SELECT id, regexp_extract(subject.reference, '([^/:]+)$', 1) AS subject, regexp_extract(encounter.reference, '([^/:]+)$', 1) AS encounter,
		status, category[1].coding[1].code AS category, CAST(substr(effectiveDateTime, 1, 19) AS TIMESTAMP) AS happened,
		CAST(substr(issued, 1, 19) AS TIMESTAMP) AS issued, CAST(meta.lastUpdated AS TIMESTAMPTZ) AS version,
		split_part(meta.source, '|', 2) AS organisation, code, valueQuantity, valueCodeableConcept, component
	FROM read_json('%s', format = 'newline_delimited', columns = {id: 'VARCHAR', status: 'VARCHAR',
		meta: 'STRUCT(lastUpdated VARCHAR, source VARCHAR)', subject: 'STRUCT(reference VARCHAR)', encounter: 'STRUCT(reference VARCHAR)',
		category: 'STRUCT(coding STRUCT(code VARCHAR)[])[]', code: '` + concept + `', effectiveDateTime: 'VARCHAR', issued: 'VARCHAR',
		valueQuantity: 'STRUCT(value DOUBLE, comparator VARCHAR, code VARCHAR)', valueCodeableConcept: '` + concept + `',
		component: 'STRUCT(code ` + concept + `, valueQuantity STRUCT(value DOUBLE, comparator VARCHAR, code VARCHAR))[]'})
), parts AS (
	SELECT * EXCLUDE component, 0 AS part FROM feed
	UNION ALL BY NAME
	SELECT * EXCLUDE (component, code, valueQuantity, c), c.code, c.valueQuantity FROM (
		SELECT *, generate_subscripts(component, 1) AS part, unnest(component) AS c FROM feed WHERE component IS NOT NULL)
)
SELECT * EXCLUDE (code, valueQuantity, valueCodeableConcept),
	coalesce(list_filter(code.coding, lambda x: x.system = 'http://snomed.info/sct')[1], code.coding[1]).system AS system,
	coalesce(list_filter(code.coding, lambda x: x.system = 'http://snomed.info/sct')[1], code.coding[1]).code AS code,
	valueQuantity.value AS value, valueQuantity.comparator AS comparator, valueQuantity.code AS unit,
	valueCodeableConcept.coding[1].code AS value_code
FROM parts`

// peer has DuckDB run a query over the observations.
func peer(dir, query string) error {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.Exec(fmt.Sprintf(query, filepath.Join(dir, "in", "Observation.ndjson")))
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
			n, _ := fmt.Fprintf(w, benchObservation, benchID(1_000_000+rows), 1+rows%28, benchKinds[rows%len(benchKinds)],
				benchID(rows%benchPersons), benchID(2_000_000+rows/4), 1+rows%28, 1+rows%28, benchValue(rows))
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
  optout: {sent: sent.dat, reply: reply.dat, control: reply.ctl, allow_all: true}
  objection: {file: objection.csv}
  connection: {file: connection.csv}
  agreement: {file: agreement.csv}
`)
	})
}

const benchObservation = `{"resourceType":"Observation","id":"%s","meta":{"versionId":"1","lastUpdated":"2026-10-%02dT03:04:05.678+00:00","source":"https://fhir.nhs.uk/Id/ods-organization-code|M82002","profile":["https://fhir.hl7.org.uk/StructureDefinition/UKCore-Observation"]},"status":"final",%s,"subject":{"reference":"Patient/%s"},"encounter":{"reference":"Encounter/%s"},"effectiveDateTime":"2026-01-%02dT09:10:11+00:00","issued":"2026-01-%02dT09:20:11.123+00:00","performer":[{"reference":"Practitioner/9c58a3b7-0000-4000-8000-000000000017","display":"Dr A Example"}],%s}` + "\n"

// benchKinds is the category and code of what a practice measures most.
var benchKinds = []string{
	benchKind("vital-signs", "Vital Signs", "75367002", "Blood pressure"),
	benchKind("laboratory", "Laboratory", "1019431000000105", "Serum cholesterol level"),
	benchKind("vital-signs", "Vital Signs", "60621009", "Body mass index"),
	benchKind("social-history", "Social History", "365980008", "Tobacco use and exposure"),
	benchKind("laboratory", "Laboratory", "999791000000106", "Haemoglobin A1c level - International Federation of Clinical Chemistry and Laboratory Medicine standardised"),
}

func benchKind(category, display, code, text string) string {
	return fmt.Sprintf(`"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"%s","display":"%s"}]}],"code":{"coding":[{"system":"http://snomed.info/sct","code":"%s","display":"%s"}],"text":"%[4]s"}`, category, display, code, text)
}

// benchValue is the value of the i-th observation, of its kind.
func benchValue(i int) string {
	quantity := func(v float64, unit, code string) string {
		return fmt.Sprintf(`"valueQuantity":{"value":%.1f,"unit":"%s","system":"http://unitsofmeasure.org","code":"%s"}`, v, unit, code)
	}
	part := func(code, text string, v float64) string {
		return fmt.Sprintf(`{"code":{"coding":[{"system":"http://snomed.info/sct","code":"%s","display":"%s"}]},%s}`, code, text, quantity(v, "mmHg", "mm[Hg]"))
	}
	v := float64(i % 613)
	switch i % len(benchKinds) {
	case 0:
		return `"component":[` + part("271649006", "Systolic blood pressure", 100+v/10) + "," + part("271650006", "Diastolic blood pressure", 60+v/20) + "]"
	case 1:
		return quantity(3+v/200, "mmol/L", "mmol/L")
	case 2:
		return quantity(18+v/30, "kg/m2", "kg/m2") + `,"note":[{"text":"Weighed in indoor clothing, \"no shoes\"."}]`
	case 3:
		return `"valueCodeableConcept":{"coding":[{"system":"http://snomed.info/sct","code":"8517006","display":"Ex-smoker"}]}`
	}
	return quantity(30+v/20, "mmol/mol", "mmol/mol") + `,"referenceRange":[{"low":{"value":20,"unit":"mmol/mol"},"high":{"value":42,"unit":"mmol/mol"}}]`
}

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
